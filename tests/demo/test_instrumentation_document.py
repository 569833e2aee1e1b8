"""docs/instrumentation.md against what it speaks of: the alias list, the facts, its example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "instrumentation.md").read_text(encoding="utf-8")
OURS = r"`(spanmart(?:\.[a-z0-9_]+)+)`"
Aliases = dict[str, list[str]]


def names(keys: set[str]) -> set[str]:
    return {re.split(r"[#*]", key.removeprefix("resource:"))[0] for key in keys}


def test_every_name_of_ours_in_the_document_is_read_by_the_models(aliases: Aliases) -> None:
    documented = set(re.findall(OURS, DOCUMENT))
    known = names({key for keys in aliases.values() for key in keys})
    assert documented - known == set()


def test_every_name_of_ours_that_the_models_read_is_documented(aliases: Aliases) -> None:
    ours = {
        name
        for name in names({key for keys in aliases.values() for key in keys})
        # What the loader derives is not for applications to set.
        if name.startswith("spanmart.") and not name.startswith("spanmart.derived.")
    }
    assert len(ours) > 100
    documented = set(re.findall(OURS, DOCUMENT))
    assert ours - documented == set()


def test_every_other_attribute_of_the_tables_is_read_too(aliases: Aliases) -> None:
    """A name that the tables ask for and nobody reads would be work for nothing."""
    cells = [row.split("|")[2] for row in DOCUMENT.splitlines() if row.startswith("| ")]
    asked = {
        name
        for cell in cells
        for name in re.findall(
            r"`((?:gen_ai|reranker|openai|user|session|service)\.[a-z_.]+)`", cell
        )
    }
    assert len(asked) > 25
    content = {"gen_ai.input.messages", "gen_ai.output.messages"} | {
        f"gen_ai.tool.call.{part}" for part in ("arguments", "result")
    }
    known = names({key for keys in aliases.values() for key in keys})
    assert asked - known - content == set()


def test_every_column_that_the_document_promises_is_in_the_contract_of_its_fact() -> None:
    declared: dict[str, set[str]] = {}
    for path in [*(ROOT / "models" / "facts").glob("*.yml"), *ROOT.glob("models/marts/*/*.yml")]:
        for model in yaml.safe_load(path.read_text()).get("models", []):
            declared[model["name"]] = {column["name"] for column in model.get("columns", [])}
    promised = set(
        re.findall(r"`([a-z_]+_(?:span|trace|document|event|reference))\.([a-z_]+)`", DOCUMENT)
    )
    assert len(promised) > 100
    missing = {
        f"{fact}.{column}" for fact, column in promised if column not in declared.get(fact, ())
    }
    assert missing == set()


def test_every_field_of_the_settings_example_exists(aliases: Aliases) -> None:
    (text,) = re.findall(r"```yaml\n(# dbt_project.yml.*?)```", DOCUMENT, re.DOTALL)
    setting = yaml.safe_load(text)["vars"]["spanmart"]["attribute_aliases"]
    assert setting.keys() <= aliases.keys()
    example = yaml.safe_load((ROOT / "examples" / "vars.yml").read_text())["attribute_aliases"]
    assert example.keys() <= aliases.keys()


def test_the_example_runs_and_says_what_the_document_says(
    aliases: Aliases, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    (source,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    scope: dict[str, object] = {}
    exec(compile(source, "docs/instrumentation.md", "exec"), scope)
    answer = scope["answer"]
    assert callable(answer)
    assert answer("When do I get my money?", "req-1", "u-1").startswith("Refunds")

    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {
        "handle_request",
        "retrieval knowledge-base",
        "assemble_prompt",
        "chat gpt-4o",
        "validate_citations",
    }
    root = spans["handle_request"]
    assert all(
        span.parent is not None and span.parent.span_id == root.context.span_id
        for name, span in spans.items()
        if name != "handle_request"
    )
    known = names({key for keys in aliases.values() for key in keys})
    used = {key for span in spans.values() for key in span.attributes or {}}
    assert used - known == {"input.value", "gen_ai.output.messages"}
    # The SDK drops what it cannot carry with no more than a warning.
    assert sum(len(span.attributes or {}) for span in spans.values()) == 45
