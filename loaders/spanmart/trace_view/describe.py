"""Word what a span did. Any value may come from an export: it is made safe as it is put in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from spanmart.safe_text import one_line
from spanmart.warehouse.reading import Row

UNKNOWN = "unknown"


def describe(kind: str, row: Row) -> list[str]:
    """What to say of a span beside its name and times: short phrases, the unknown left out."""
    return [phrase for phrase in _PHRASES.get(kind, _nothing)(row) if phrase]


def words(value: object) -> str:
    """A value from an export as words on one line; '' when it is unknown."""
    return "" if value is None else one_line(str(value), limit=120)


def count(value: object, noun: str) -> str:
    return "" if value is None else f"{value:,} {noun}"


def milliseconds(value: object) -> str:
    if not isinstance(value, int | float | Decimal):
        return ""
    return f"{value / 1000:,.2f} s" if value >= 1000 else f"{value:,.0f} ms"


def dollars(value: object) -> str:
    """US dollars; small sums keep the digits that make them differ."""
    if not isinstance(value, int | float | Decimal):
        return ""
    return f"${value:,.2f}" if value >= 100 else f"${value:,.6f}"


def tokens(row: Row) -> str:
    if row.get("input_tokens") is None and row.get("output_tokens") is None:
        return "tokens unknown" if "input_tokens" in row else ""
    sides = []
    for total, parts, direction in (
        (
            "input_tokens",
            {"cache_read_tokens": "from cache", "cache_write_tokens": "to cache"},
            "in",
        ),
        ("output_tokens", {"reasoning_tokens": "reasoning"}, "out"),
    ):
        value = row.get(total)
        shown = f"{value:,} {direction}" if value is not None else f"{UNKNOWN} {direction}"
        inside = [f"{row[part]:,} {name}" for part, name in parts.items() if row.get(part)]
        sides.append(shown + (f" ({', '.join(inside)})" if inside else ""))
    return " → ".join(sides) + " tokens"


def prompt(row: Row) -> str:
    name, version = words(row.get("prompt_name")), words(row.get("prompt_version"))
    return f"prompt {name or UNKNOWN}@{version or UNKNOWN}" if name or version else ""


def cost(row: Row) -> str:
    if row.get("cost_usd") is not None:
        return dollars(row["cost_usd"])
    return f"cost unknown ({words(row['cost_status'])})" if row.get("cost_status") else ""


def _nothing(row: Row) -> Iterable[str]:
    return ()


def _model(row: Row) -> Iterable[str]:
    yield words(row.get("model_used") or row.get("model_requested"))
    yield prompt(row)
    yield tokens(row)
    yield cost(row) if row.get("is_usage_counted") is not False else _not_counted(row)
    yield _labelled("finish", row.get("finish_class"))
    yield "TRUNCATED" if row.get("is_truncated") else ""
    yield _labelled("first token", milliseconds(row.get("time_to_first_token_ms")))
    yield count(row.get("retry_count") or None, "retries")
    yield _labelled("tools proposed", row.get("tool_calls_proposed") or None)


def _not_counted(row: Row) -> str:
    """Wrappers and second instrumentors repeat a call's usage; the totals take it once."""
    reason = words(row.get("duplicate_reason"))
    return f"not counted ({reason})" if reason else "not counted"


def _retrieval(row: Row) -> Iterable[str]:
    yield words(row.get("retriever_type"))
    yield _labelled("index", row.get("index_version"))
    requested = row.get("top_k_requested")
    returned = row.get("top_k_returned")
    if returned is not None:
        yield f"{returned} documents" + (
            f" of {requested} asked for" if requested is not None else ""
        )
    if row.get("score_min") is not None and row.get("score_max") is not None:
        yield f"scores {row['score_min']:.3g} to {row['score_max']:.3g}"
    yield count(row.get("filtered_by_acl_count") or None, "kept back by permissions")
    yield _labelled("cache", row.get("cache_status"))


def _prompt_assembly(row: Row) -> Iterable[str]:
    yield prompt(row)
    sections = ("system", "history", "context", "tool_schema", "user")
    known = [
        f"{section.replace('_', ' ')} {row[f'{section}_tokens']:,}"
        for section in sections
        if row.get(f"{section}_tokens") is not None
    ]
    yield f"tokens: {' + '.join(known)}" if known else ""
    yield _labelled("budget", count(row.get("token_budget"), "tokens"))
    yield "TRUNCATED" if row.get("is_truncated") else ""
    yield _labelled("chunks left out", _how_many(row.get("excluded_chunk_ids")) or None)
    yield _labelled("because of", row.get("exclusion_reasons") or None)


def _tool(row: Row) -> Iterable[str]:
    yield words(row.get("tool_name"))
    if row.get("is_success") is not None:
        yield (
            "ok" if row["is_success"] else f"FAILED ({words(row.get('error_category')) or UNKNOWN})"
        )
    if (row.get("attempt_number") or 1) > 1:
        yield f"attempt {row['attempt_number']}"
    yield count(row.get("result_bytes"), "bytes back")
    yield _labelled("of", row.get("downstream_dependency"))


def _check(row: Row) -> Iterable[str]:
    yield words(row.get("validator_name"))
    if row.get("is_passed") is not None:
        yield "passed" if row["is_passed"] else "NOT PASSED"
    yield _labelled("repairs", row.get("repair_attempts") or None)
    yield "fell back" if row.get("is_fallback") else ""
    yield _labelled("filtered", row.get("filtered_categories") or None)


def _any_of(*columns: str) -> Callable[[Row], Iterable[str]]:
    """For the kinds that need no grammar: the columns that are there, each with its name."""

    def phrases(row: Row) -> Iterable[str]:
        for column in columns:
            value = row.get(column)
            if isinstance(value, bool):
                yield column.removeprefix("is_").replace("_", " ") if value else ""
            else:
                yield _labelled(column.replace("_", " "), value)

    return phrases


def _labelled(label: str, value: object) -> str:
    said = words(value)
    return f"{label} {said}" if said else ""


def _how_many(value: object) -> int:
    return len(value) if isinstance(value, list | tuple) else 0


_PHRASES: dict[str, Callable[[Row], Iterable[str]]] = {
    "model": _model,
    "retrieval": _retrieval,
    "prompt": _prompt_assembly,
    "tool": _tool,
    "check": _check,
    "routing": _any_of(
        "route_name", "selected_model", "selection_reason", "is_fallback", "confidence"
    ),
    "rewrite": _any_of("rewrite_strategy_version", "subquery_count", "confidence"),
    "embedding": _any_of("model_used", "input_tokens", "cache_status"),
    "rerank": _any_of("model_used", "candidate_count", "top_n_selected", "changed_rank_count"),
    "planning": _any_of("tool_selected", "rationale_category", "confidence"),
    "delivery": _any_of("event_kind", "is_render_error"),
}
