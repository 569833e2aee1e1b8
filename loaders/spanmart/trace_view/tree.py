"""Draw a trace as a tree: each span under its parent if a fact holds it, in order of beginning."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from spanmart.safe_text import printable
from spanmart.trace_view.describe import (
    UNKNOWN,
    cost,
    describe,
    milliseconds,
    prompt,
    tokens,
    words,
)
from spanmart.trace_view.facts import Span, Trace
from spanmart.warehouse.reading import Row

CONTENT_SHOWN = 4000
_BAD = "bold red"
_STATUS_STYLE = {"success": "green", "degraded": "yellow", "blocked": "yellow", "failed": _BAD}


def draw(trace: Trace) -> RenderableType:
    """The whole page: the request, its spans, then what people and rules said of it."""
    parts: list[RenderableType] = [_header(trace), _tree(trace)]
    hidden = (trace.request.get("span_count") or 0) - len(trace.spans)
    if hidden > 0:
        parts.append(
            Text(
                f"{hidden} more spans (the root, agents, chains and the like) carry no facts",
                style="dim",
            )
        )
    parts += [*_feedback(trace), *_tags(trace)]
    return Group(*parts)


def _header(trace: Trace) -> Text:
    row = trace.request
    status = words(row.get("final_status")) or UNKNOWN
    success = {True: "successful", False: "not successful", None: "success unknown"}[
        row.get("task_success")
    ]
    basis = words(row.get("task_success_basis"))
    lines = [
        Text.assemble(
            ("trace ", "bold"), words(row["trace_id"]), "  ", words(row.get("root_name"))
        ),
        Text.assemble(
            (status, _STATUS_STYLE.get(status, "")),
            f" · task {success}" + (f" (by {basis})" if basis else ""),
            " · TRUNCATED" if row.get("is_output_truncated") else "",
            " · its root span never came" if row.get("is_orphan") else "",
        ),
        Text(
            _joined(
                [
                    _at(row.get("started_at")),
                    milliseconds(row.get("duration_ms")),
                    tokens(row),
                    cost(row),
                ]
            )
        ),
        Text(
            _joined(
                f"{label} {words(row.get(column))}" if row.get(column) is not None else ""
                for label, column in (
                    ("service", "service_name"),
                    ("tenant", "tenant_id"),
                    ("task", "task_type"),
                    ("route", "route_name"),
                    ("conversation", "conversation_id"),
                    ("request", "request_id"),
                    ("release", "release_sha"),
                )
            )
        ),
        Text(prompt(row)),
    ]
    return Text("\n").join(line for line in lines if line.plain)


def _tree(trace: Trace) -> Tree:
    known = {span.row["span_id"] for span in trace.spans}
    below: dict[str | None, list[Span]] = defaultdict(list)
    for span in sorted(trace.spans, key=_began):
        parent = span.row.get("parent_span_id")
        # A parent that no fact holds (an agent, a chain), or the span itself: on the request.
        below[parent if parent in known and parent != span.row["span_id"] else None].append(span)
    documents = Counter(row["span_id"] for row in trace.documents if row.get("is_included"))
    cited = Counter(row["span_id"] for row in trace.documents if row.get("is_cited"))
    contents: dict[str, list[Row]] = defaultdict(list)
    for artifact in trace.artifacts:
        contents[artifact["span_id"]].append(artifact)

    root = Tree(Text(words(trace.request.get("root_name")) or "request", style="bold"))
    drawn: set[int] = set()

    def add_content(branch: Tree, artifact: Row) -> None:
        if artifact["artifact_id"] in trace.contents:
            branch.add(_content(artifact, trace.contents[artifact["artifact_id"]]))

    def add(branch: Tree, spans: Iterable[Span]) -> None:
        for span in spans:
            # Loops of parents exist in the wild; what is drawn once is not drawn again.
            if id(span) in drawn:
                continue
            drawn.add(id(span))
            span_id = span.row["span_id"]
            label = _label(span, trace.request.get("started_at"))
            if span.kind == "retrieval" and (documents[span_id] or cited[span_id]):
                label.append(f" · {documents[span_id]} in the prompt · {cited[span_id]} cited")
            node = branch.add(label)
            # A span can be rows of two facts (a rewrite is a model call, too): its content once.
            for artifact in contents.pop(span_id, []):
                add_content(node, artifact)
            add(node, below[span_id])

    add(root, below[None])
    add(root, (span for span in trace.spans if id(span) not in drawn))
    # What is left hangs on spans without facts, the root first of all: shown on the request.
    for artifacts in contents.values():
        for artifact in artifacts:
            add_content(root, artifact)
    return root


def _label(span: Span, request_began: object) -> Text:
    row = span.row
    label = Text()
    began = row.get("started_at") or row.get("occurred_at")
    if isinstance(began, datetime) and isinstance(request_began, datetime):
        offset = (began - request_began).total_seconds() * 1000
        label.append(f"+{milliseconds(offset) if offset >= 0 else '0 ms'}".ljust(10), style="dim")
    label.append(span.kind.ljust(10), style="bold cyan")
    label.append((milliseconds(row.get("duration_ms")) or "-").rjust(9))
    phrases = describe(span.kind, row)
    failed = row.get("span_status") == "error"
    if failed:
        phrases.append(f"ERROR {words(row.get('error_type'))}".strip())
    label.append("  " + _joined(phrases))
    if failed or any(
        phrase.isupper() or phrase.startswith(("FAILED", "NOT ")) for phrase in phrases
    ):
        label.stylize("red")
    return label


def _content(artifact: Row, content: str) -> Text:
    shown = printable(content[:CONTENT_SHOWN])
    left_out = len(content) - CONTENT_SHOWN
    text = Text(
        f"{words(artifact.get('artifact_kind'))} (redacted, {len(content):,} characters)\n",
        style="dim",
    )
    text.append(shown, style="default")
    if left_out > 0:
        text.append(f"\n… {left_out:,} more characters", style="dim")
    return text


def _feedback(trace: Trace) -> list[Text]:
    if not trace.feedback:
        return []
    lines = [Text("feedback", style="bold")]
    for row in trace.feedback:
        phrases = [
            _at(row.get("occurred_at")),
            words(row.get("kind")),
            f"by {words(row.get('source')) or UNKNOWN}",
            words(row.get("label")),
            f"score {row['score']:g}" if row.get("score") is not None else "",
            "" if row.get("is_latest") is not False else "(superseded)",
        ]
        lines.append(Text("  " + _joined(phrases)))
    return lines


def _tags(trace: Trace) -> list[Text]:
    if not trace.tags:
        return []
    lines = [Text("failure tags", style="bold")]
    for row in trace.tags:
        said = (
            f"  {words(row.get('failure_tag'))} ({words(row.get('failure_family')) or UNKNOWN}), "
        )
        lines.append(Text(f"{said}by {words(row.get('source')) or UNKNOWN}", style="red"))
    return lines


def _began(span: Span) -> tuple[datetime, str]:
    began = span.row.get("started_at") or span.row.get("occurred_at") or datetime.max
    return began, str(span.row["span_id"])


def _at(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else ""


def _joined(phrases: Iterable[str]) -> str:
    return " · ".join(phrase for phrase in phrases if phrase)
