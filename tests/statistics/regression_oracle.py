"""What the regression mart should say, row by row in numpy: the mart goes by sums over clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

Array = np.ndarray[Any, Any]
ALPHA = 0.05
TARGET = 2000


@dataclass
class Sample:
    """Tasks with a known value: x over y (y is 1 but for ratios), `candidate` marks the arm."""

    kind: str
    candidate: Array
    stratum: Array
    cluster: Array
    weight: Array
    x: Array
    y: Array


@dataclass
class Effect:
    observed: float
    standard: float
    kept: Array
    strata: int
    balanced_n: float
    standard_influence: Array
    observed_influence: Array


def _link(kind: str, x: Array, y: Array) -> float:
    """The difference of [baseline, candidate] means on the scale where effects add up."""
    return float(np.diff(np.log(x / y) if kind == "ratio" else x)[0])


def _means(values: Array, sample: Sample) -> Array:
    arms = (~sample.candidate, sample.candidate)
    return np.array([np.average(values[a], weights=sample.weight[a]) for a in arms])


def effect(s: Sample) -> Effect:
    codes = np.unique(s.stratum, return_inverse=True)[1]
    cells = [[(codes == c) & (s.candidate == arm) for arm in (False, True)] for c in set(codes)]
    cells = [pair for pair in cells if pair[0].any() and pair[1].any()]
    sizes = np.array([[s.weight[cell].sum() for cell in pair] for pair in cells])
    share = sizes.prod(axis=1) / sizes.sum(axis=1)
    share /= share.sum()
    cell_means = {
        name: np.array([[np.average(v[c], weights=s.weight[c]) for c in pair] for pair in cells])
        for name, v in (("x", s.x), ("y", s.y))
    }
    standard = {name: share @ means for name, means in cell_means.items()}

    influence, kept = np.zeros(len(s.x)), np.zeros(len(s.x), dtype=bool)
    for pair, part, mx, my in zip(cells, share, cell_means["x"], cell_means["y"], strict=True):
        for arm, cell in enumerate(pair):
            n, other = cell.sum(), pair[1 - arm].sum()
            residual = {}
            for name, values, mean in (("x", s.x, mx), ("y", s.y, my)):
                if n > 1:
                    residual[name] = (values[cell] - mean[arm]) * np.sqrt(n / (n - 1))
                else:
                    shift = np.diff(standard[name])[0] * (1 if arm else -1)
                    lone = values[cell] - mean[1 - arm] - shift
                    residual[name] = lone * np.sqrt(other / (other + 1))
            score = residual["x"]
            if s.kind == "ratio":
                score = score / standard["x"][arm] - residual["y"] / standard["y"][arm]
            influence[cell] = (1 if arm else -1) * part * s.weight[cell] * score
            influence[cell] /= s.weight[cell].sum()
            kept |= cell

    observed = {"x": _means(s.x, s), "y": _means(s.y, s)}
    raw = np.zeros(len(s.x))
    for arm in (0, 1):
        rows = s.candidate == bool(arm)
        score = s.x[rows] - observed["x"][arm]
        if s.kind == "ratio":
            score = s.x[rows] / observed["x"][arm] - s.y[rows] / observed["y"][arm]
        raw[rows] = (1 if arm else -1) * s.weight[rows] / s.weight[rows].sum() * score
    counts = np.array([[cell.sum() for cell in pair] for pair in cells])
    return Effect(
        observed=_link(s.kind, observed["x"], observed["y"]),
        standard=_link(s.kind, standard["x"], standard["y"]),
        kept=kept,
        strata=len(cells),
        balanced_n=4 * float((counts.prod(axis=1) / counts.sum(axis=1)).sum()),
        standard_influence=_small_sample(influence, s, kept),
        observed_influence=_small_sample(raw, s, np.ones_like(kept)),
    )


def _small_sample(influence: Array, s: Sample, rows: Array) -> Array:
    scaled = influence.copy()
    for arm in (s.candidate, ~s.candidate):
        clusters = len(np.unique(s.cluster[arm & rows]))
        scaled[arm] *= np.sqrt(clusters / (clusters - 1))
    return scaled


def clustered_se(*parts: tuple[Array, Array]) -> float:
    """Of the sum of all parts, each given as its rows' clusters and influences."""
    cluster = np.concatenate([p[0] for p in parts])
    codes = np.unique(cluster, return_inverse=True)[1]
    return float(np.sqrt((np.bincount(codes, np.concatenate([p[1] for p in parts])) ** 2).sum()))


def sparse_se(s: Sample, kept: Array) -> float:
    """Agresti-Coull, where a rate has fewer than five events or non-events in either arm."""
    if s.kind != "binary":
        return 0.0
    counts = [(s.x[a & kept].sum(), (a & kept).sum()) for a in (s.candidate, ~s.candidate)]
    if min(min(e, n - e) for e, n in counts) >= 5:
        return 0.0
    rates = [((e + 2) / (n + 4), n + 4) for e, n in counts]
    return float(np.sqrt(sum(p * (1 - p) / n for p, n in rates)))


def report(main: Sample, control: Sample | None) -> dict[str, float | int | bool | None]:
    """One row of the mart, by the mart's column names."""
    shown: Callable[[float], float] = (lambda v: v) if main.kind == "binary" else np.expm1
    mine = effect(main)
    parts = [(main.cluster, mine.standard_influence)]
    change = 0.0
    if control is not None:
        theirs = effect(control)
        change = theirs.standard
        parts.append((control.cluster, -theirs.standard_influence))
    adjusted = mine.standard - change
    se = max(clustered_se(*parts), sparse_se(main, mine.kept))
    rho2 = (-2 * np.log(ALPHA) + np.log(1 - 2 * np.log(ALPHA))) / TARGET
    t = mine.balanced_n * rho2
    radius = se * np.sqrt(2 * (t + 1) / t * np.log(np.sqrt(t + 1) / ALPHA))
    z = stats.norm.ppf(1 - ALPHA / 2)
    row: dict[str, float | int | bool | None] = {
        "candidate_n": int(main.candidate.sum()),
        "baseline_n": int((~main.candidate).sum()),
        "candidate_kept_n": int((main.candidate & mine.kept).sum()),
        "strata_count": mine.strata,
        "overlap_share": float(mine.kept.mean()),
        "difference": shown(mine.observed),
        "adjusted_difference": shown(adjusted),
        "ci_low": shown(adjusted - z * se),
        "ci_high": shown(adjusted + z * se),
        "cs_low": shown(adjusted - radius),
        "cs_high": shown(adjusted + radius),
        "mix_effect": shown(mine.observed) - shown(mine.standard),
        "control_difference": None if control is None else shown(change),
        "p_value": float(2 * stats.norm.sf(abs(adjusted / se))),
        "unadjusted_p_value": float(
            2
            * stats.norm.sf(
                abs(mine.observed) / clustered_se((main.cluster, mine.observed_influence))
            )
        ),
    }
    if main.kind == "binary":
        row |= _contingency(main)
    return row


def _contingency(s: Sample) -> dict[str, float | int | bool | None]:
    tables = []
    for c in np.unique(s.stratum):
        rows = s.stratum == c
        arms = [s.x[rows & a] for a in (s.candidate, ~s.candidate)]
        if all(len(x) for x in arms):
            tables.append([[x.sum(), (1 - x).sum()] for x in arms])
    table = StratifiedTable(np.array(tables).transpose(1, 2, 0))
    return {
        "cmh_p_value": float(table.test_null_odds().pvalue),
        "odds_ratio": float(table.oddsratio_pooled),
    }
