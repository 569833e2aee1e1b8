"""Simulated production tasks: versions that come and go, users of unlike luck, shifting mixes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
START = datetime(2026, 1, 1)


def rollout(seed: int, n: int) -> tuple[Array, Array]:
    """Days, and who got version 2: version 1 alone, ten days side by side, version 2 alone."""
    rng = np.random.default_rng(seed)
    days = np.sort(rng.uniform(0, 30, n))
    return days, (days > 20) | ((days > 10) & (rng.random(n) < 0.4))


def rollover(seed: int, n: int, at: float = 15) -> tuple[Array, Array]:
    """Days, and who got version 2: everyone from one moment on (nobody, if after day 30)."""
    days = np.sort(np.random.default_rng(seed).uniform(0, 30, n))
    return days, days > at


def tasks(
    seed: int,
    prompt: str,
    days: Array,
    second: Array,
    *,
    success: Array | float = 0.75,
    tokens: Array | float = 300.0,
    task_type: Array | None = None,
    user_spread: float = 1.0,
    unknown: float = 0.1,
) -> dict[str, Any]:
    """A task for each day; `success` and `tokens` are expectations before the user's luck."""
    rng = np.random.default_rng(seed)
    n = len(days)
    user = rng.integers(0, max(2, n // 15), n)
    luck = rng.normal(0, user_spread, user.max() + 1)[user]
    odds = np.log(np.asarray(success) / (1 - np.asarray(success))) + luck
    is_success = rng.random(n) < 1 / (1 + np.exp(-odds))
    output = rng.lognormal(0, 0.5, n) * np.asarray(tokens) * np.exp(0.2 * luck)
    known: Any = lambda values: np.where(rng.random(n) < unknown, None, values)  # noqa: E731
    return {
        "task_key": [f"{prompt}-{seed}-{i}" for i in range(n)],
        "started_at": [START + timedelta(seconds=round(float(d) * 86400)) for d in days],
        "cluster_key": [f"user-{u}" for u in user],
        "prompt_name": [prompt] * n,
        "prompt_version": list(np.where(second, "2", "1")),
        "task_type": list(task_type if task_type is not None else rng.choice(["qa", "code"], n)),
        "model_requested": list(rng.choice(["small", "large"], n)),
        "locale": list(rng.choice(["en", "de", "ja"], n, p=[0.8, 0.17, 0.03])),
        "customer_tier": list(rng.choice(np.array(["free", "paid", None]), n)),
        "sample_weight": list(rng.choice([1.0, 4.0], n)),
        "is_success": list(known(is_success)),
        "is_escalated": list(rng.random(n) < 0.05),
        "is_blocked": list(rng.random(n) < 0.002),
        "is_output_truncated": list(known(rng.random(n) < 0.08)),
        "cost_usd": list(known(np.round(rng.lognormal(-5, 1, n), 9))),
        "output_tokens": list(known(np.round(output).astype(int))),
        "duration_ms": list(rng.lognormal(7, 0.8, n)),
    }


def together(*groups: dict[str, Any]) -> dict[str, Any]:
    """All of them, and one late task that makes everything else old enough to be judged."""
    late = {name: [values[0]] for name, values in groups[0].items()}
    late |= {"task_key": ["late"], "prompt_name": ["other"], "prompt_version": ["0"]}
    late["started_at"] = [START + timedelta(days=200)]
    return {name: [v for g in (*groups, late) for v in g[name]] for name in groups[0]}
