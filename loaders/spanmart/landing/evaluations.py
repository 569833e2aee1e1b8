"""Evaluations that come as telemetry: log records, span events and attributes that are feedback
rows.

- `gen_ai.evaluation.result` (OpenTelemetry GenAI) as a log record becomes a feedback row and
  nothing else; as a span event, a feedback row beside the span.
- The same attributes on a span: on the span they are about, or on a span of the evaluation's own,
  which is about the one span that it links to, or else about its parent.
- `annotations.<n>.annotation.*` and `evaluations.<n>.evaluation.*` (OpenInference), on the span
  they are about or on a carrier span with exactly one link to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.feedback import Feedback, feedback_records
from spanmart.landing.derived import has_key
from spanmart.records import KeyValues, Mask, Records

EVALUATION_RESULT = "gen_ai.evaluation.result"
_EVENT_NAME_KEYS = ("event.name", "otel.event.name")
_NAME, _SCORE = "gen_ai.evaluation.name", "gen_ai.evaluation.score.value"
_LABEL, _EXPLANATION = "gen_ai.evaluation.score.label", "gen_ai.evaluation.explanation"
# A span with one of these does the evaluating; any other with an evaluation was evaluated.
_EVALUATING = {
    "gen_ai.operation.name": ("evaluate", "evaluation"),
    "openinference.span.kind": ("evaluator",),
    "traceloop.span.kind": ("evaluator",),
}
_ANNOTATION = re.compile(
    r"(?:(trace|session)\.)?(?:annotations|evaluations)\.(\d+)\.(?:annotation|evaluation)\.(.+)"
)
_ANNOTATION_HINT = "s."
# OpenInference says who annotated; each becomes the feedback source and kind of ours.
_ANNOTATORS = {"HUMAN": ("reviewer", "reviewer_label"), "LLM": ("evaluator", "evaluator_label")}

Texts = Mapping[str, str | None]


def with_event_names(logs: Records) -> Records:
    """Event names that stand in an attribute, where older producers put them, in their column."""
    places = has_key(logs.attributes, _EVENT_NAME_KEYS)
    if len(places) == 0:
        return logs
    names: list[str | None] = [None] * len(logs)
    for place in places.tolist():
        names[int(logs.attributes.owner[place])] = logs.attributes.value[place].as_py()
    at = logs.columns.schema.get_field_index("event_name")
    own = logs.columns.column("event_name").combine_chunks()
    column = pc.coalesce(own, pa.array(names, pa.string()))
    return replace(logs, columns=logs.columns.set_column(at, "event_name", column))


def split_logs(logs: Records) -> tuple[Records, Records | None]:
    """The log records that stay log records, and those that are evaluations."""
    is_evaluation = _equal(logs.columns.column("event_name"), EVALUATION_RESULT)
    if not is_evaluation.any():
        return logs, None
    chosen = logs.select(is_evaluation)
    attributes = _by_owner(chosen.attributes, len(chosen))
    rows = [
        _evaluation(texts, row, time=row["time_unix_nano"])
        for texts, row in zip(attributes, chosen.columns.to_pylist(), strict=True)
    ]
    return logs.select(~is_evaluation), feedback_records(rows)


def of_spans(spans: Records) -> Records | None:
    """The evaluations that stand on spans, as events or as annotations."""
    rows = [*_in_events(spans), *_in_attributes(spans), *_in_annotations(spans)]
    return feedback_records(rows) if rows else None


def _in_events(spans: Records) -> Iterator[Feedback]:
    if spans.events is None or len(spans.events) == 0:
        return
    is_evaluation = _equal(spans.events.columns.column("name"), EVALUATION_RESULT)
    if not is_evaluation.any():
        return
    owner = spans.events.owner[is_evaluation]
    attributes = spans.events.attributes.of_owners(is_evaluation)
    times = spans.events.columns.column("time_unix_nano").filter(pa.array(is_evaluation))
    owners = spans.columns.take(pa.array(owner)).to_pylist()
    texts = _by_owner(attributes, len(owner))
    for row, text, time in zip(owners, texts, times.to_pylist(), strict=True):
        yield _evaluation(text, row, time or row["end_time_unix_nano"])


def _in_attributes(spans: Records) -> Iterator[Feedback]:
    """An evaluation says how it came out: a name alone is a plan."""
    # Few exports have any: the different names are known anyway, and there are few of them.
    if not {_SCORE, _LABEL} & set(spans.attributes.names.different):
        return
    rows = np.unique(spans.attributes.owner[has_key(spans.attributes, (_SCORE, _LABEL))])
    kept = np.zeros(len(spans), dtype=bool)
    kept[rows] = True
    chosen = spans.select(kept)
    targets = _linked(chosen)
    columns = chosen.columns.to_pylist()
    for place, texts in enumerate(_by_owner(chosen.attributes, len(chosen))):
        row = columns[place]
        if _is_evaluating(row["name"], texts):
            trace_id, span_id = targets.get(place, (row["trace_id"], row["parent_span_id"]))
            row = row | {"trace_id": trace_id, "span_id": span_id}
        said = {key: texts[key] for key in (_NAME, _SCORE, _LABEL, _EXPLANATION) if key in texts}
        for key in ("gen_ai.response.id", "gen_ai.conversation.id"):
            if texts.get(key):
                said[key] = texts[key]
        yield _evaluation(said, row, row["end_time_unix_nano"] or row["start_time_unix_nano"])


def _is_evaluating(name: str, texts: Texts) -> bool:
    """Whether the span is the evaluation's own."""
    return name.startswith(("gen_ai.evaluation", "evaluate ", "evaluation ")) or any(
        (texts.get(key) or "").lower() in values for key, values in _EVALUATING.items()
    )


def _evaluation(texts: Texts, row: Mapping[str, object], time: object) -> Feedback:
    rest = dict(texts)
    for name in _EVENT_NAME_KEYS:
        rest.pop(name, None)
    return Feedback(
        kind="evaluator_label",
        feedback_source="evaluator",
        record_number=_int(row["record_number"]) or 0,
        trace_id=_text(row["trace_id"]),
        span_id=_text(row["span_id"]),
        conversation_id=texts.get("gen_ai.conversation.id"),
        time_unix_nano=_int(time),
        score=_float(rest.pop(_SCORE, None)),
        label=rest.pop(_LABEL, None),
        comment=rest.pop(_EXPLANATION, None),
        evaluator_name=rest.pop(_NAME, None),
        attributes=rest,
    )


def _in_annotations(spans: Records) -> Iterator[Feedback]:
    names = spans.attributes.key.dictionary_encode().dictionary.to_pylist()
    wanted = tuple(
        name for name in names if _ANNOTATION_HINT in name and _ANNOTATION.fullmatch(name)
    )
    if not wanted:
        return
    found: dict[tuple[int, str, str, bool], dict[str, str | None]] = {}
    for place in has_key(spans.attributes, wanted).tolist():
        key = spans.attributes.key[place].as_py()
        match = _ANNOTATION.fullmatch(key)
        assert match is not None
        group = (int(spans.attributes.owner[place]), match[1] or "", match[2], "eval" in key[:15])
        found.setdefault(group, {})[match[3]] = spans.attributes.value[place].as_py()
    sessions = _sessions(spans)
    targets = _linked(spans)
    for (owner, scope, _, _), texts in found.items():
        row = spans.columns.slice(owner, 1).to_pylist()[0]
        trace_id, span_id = targets.get(owner, (row["trace_id"], row["span_id"]))
        source, kind = _ANNOTATORS.get(
            (texts.get("annotator_kind") or "").upper(), ("system", "evaluator_label")
        )
        yield Feedback(
            kind=kind,
            feedback_source=source,
            record_number=row["record_number"],
            # Identity is scope, target, name and identifier; an index in a list is none.
            feedback_id=texts.get("identifier"),
            trace_id=None if scope == "session" else trace_id,
            span_id=None if scope else span_id,
            conversation_id=sessions.get(owner) if scope == "session" else None,
            time_unix_nano=row["end_time_unix_nano"] or row["start_time_unix_nano"],
            score=_float(texts.get("score")),
            label=texts.get("label"),
            comment=texts.get("explanation"),
            evaluator_name=texts.get("name"),
            attributes={"metadata": texts["metadata"]} if texts.get("metadata") else {},
        )


def _linked(spans: Records) -> dict[int, tuple[str, str]]:
    """For spans with exactly one link, what it points to: a carrier span is about that."""
    if spans.links is None or len(spans.links) == 0:
        return {}
    owner, count = np.unique(spans.links.owner, return_counts=True)
    single = set(owner[count == 1].tolist())
    rows = zip(spans.links.owner.tolist(), spans.links.columns.to_pylist(), strict=True)
    return {each: (link["trace_id"], link["span_id"]) for each, link in rows if each in single}


def _sessions(spans: Records) -> dict[int, str]:
    places = has_key(spans.attributes, ("session.id", "gen_ai.conversation.id"))
    return {
        int(spans.attributes.owner[place]): spans.attributes.value[place].as_py()
        for place in places.tolist()
    }


def _by_owner(pairs: KeyValues, owners: int) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = [{} for _ in range(owners)]
    triples = zip(pairs.owner.tolist(), pairs.key.to_pylist(), pairs.value.to_pylist(), strict=True)
    for owner, key, value in triples:
        rows[owner][key] = value
    return rows


def _equal(column: pa.ChunkedArray, text: str) -> Mask:
    equal = pc.fill_null(pc.equal(column, text), False)
    return np.asarray(equal.to_numpy()).astype(bool)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _float(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
