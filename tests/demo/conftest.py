"""The generated traffic as these tests read it: as JSON, knowing nothing of the generator."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import pytest

from spanmart.demo.generate import Settings, generate

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Span:
    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    start: int
    end: int
    status: int
    attributes: dict[str, Any]
    service: str

    @property
    def stage(self) -> str:
        said = self.attributes.get("spanmart.span.type")
        return said or self.attributes["gen_ai.operation.name"]


@dataclass(frozen=True)
class Traffic:
    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_bytes())

    def lines(self) -> Iterator[bytes]:
        for path in sorted((self.folder / "traces").iterdir()):
            content = path.read_bytes()
            yield from (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()

    @cached_property
    def spans(self) -> list[Span]:
        return [
            span
            for line in self.lines()
            for resource in json.loads(line)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in (_span(each, resource["resource"]) for each in scope["spans"])
        ]

    @cached_property
    def traces(self) -> dict[str, list[Span]]:
        traces: dict[str, list[Span]] = {}
        for span in self.spans:
            traces.setdefault(span.trace_id, []).append(span)
        return traces

    @cached_property
    def feedback(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for path in sorted((self.folder / "feedback").iterdir()):
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".csv":
                rows += csv.DictReader(text.splitlines())
            else:
                rows += [json.loads(line) for line in text.splitlines()]
        return rows


def _span(span: dict[str, Any], resource: dict[str, Any]) -> Span:
    return Span(
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_span_id=span.get("parentSpanId"),
        name=span["name"],
        start=int(span["startTimeUnixNano"]),
        end=int(span["endTimeUnixNano"]),
        status=span["status"].get("code", 0),
        attributes={each["key"]: _value(each["value"]) for each in span["attributes"]},
        service=next(
            each["value"]["stringValue"]
            for each in resource["attributes"]
            if each["key"] == "service.name"
        ),
    )


def _value(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [_value(member) for member in content["values"]]
    return content


@pytest.fixture(scope="session")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Traffic:
    """The forty days of the demo, as `make demo` makes them."""
    folder = tmp_path_factory.mktemp("traffic") / "out"
    assert generate(folder, Settings())
    return Traffic(folder)


@pytest.fixture(scope="session")
def aliases() -> dict[str, list[str]]:
    """Canonical field: keys, from the one list of attribute names."""

    class Returned(Exception):
        pass

    def returned(value: Any) -> None:
        raise Returned(value)

    source = (ROOT / "macros" / "spans" / "attribute_aliases.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module = environment.from_string(source, globals={"return": returned}).module
    with pytest.raises(Returned) as raised:
        module.attribute_aliases()  # type: ignore[attr-defined]
    return {field: keys for field, (_, keys) in raised.value.args[0].items()}
