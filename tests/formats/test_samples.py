"""Every format has a sample, and golden rows small enough to be checked by eye.

A new sample, or a change that is meant: `SPANMART_UPDATE_GOLDEN=1 pytest tests/formats` writes the
golden files; compare each with its sample.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spanmart import formats, testing

SAMPLES = Path(__file__).parent / "samples"
FILES = sorted(
    path
    for path in SAMPLES.glob("*/*")
    if path.is_file() and not path.name.endswith(".golden.json")
)


@pytest.mark.parametrize("sample", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_is_read_as_its_golden_file_says(sample: Path) -> None:
    name = sample.parent.name
    if os.environ.get("SPANMART_UPDATE_GOLDEN"):
        testing.write_golden(name, sample)
    testing.check_sample(name, sample)


@pytest.mark.parametrize("name", formats.names())
def test_every_format_has_a_sample(name: str) -> None:
    assert any(sample.parent.name == name for sample in FILES)


@pytest.mark.parametrize("name", formats.names())
def test_every_format_says_how_its_export_is_made(name: str, paragraphs: dict[str, str]) -> None:
    assert len(paragraphs.get(name, "")) > 100, f"docs/formats.md has no paragraph under ## {name}"


@pytest.mark.parametrize("name", formats.names())
def test_every_format_says_what_it_is(name: str) -> None:
    about = formats.named(name).ABOUT
    assert about.title and about.record_key and about.version
    assert isinstance(about.status, formats.Status)


def test_every_golden_file_has_its_sample_and_every_folder_its_format() -> None:
    golden = {path for path in SAMPLES.glob("*/*.golden.json")}
    assert golden == {testing.golden_of(sample) for sample in FILES}
    assert {path.name for path in SAMPLES.iterdir()} <= set(formats.names())
