"""Published recordings of agents against the truth that their authors wrote beside them."""

from __future__ import annotations

import pytest
from agentevals import FIXTURES, Recording, recordings
from built_project import Warehouse

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not FIXTURES.is_dir(), reason="no ../shared/fixtures beside this clone to compare with"
    ),
]
each_recording = pytest.mark.parametrize("recording", recordings(), ids=lambda each: each.name)


@each_recording
def test_tokens_are_those_of_the_truth(built: Warehouse, recording: Recording) -> None:
    """A wrapper span and the provider's span inside it are one call."""
    found = built.row(
        """
        select
            coalesce(sum(input_tokens), 0) as input,
            coalesce(sum(output_tokens), 0) as output,
        from facts.usage_record
        where source = ? and is_usage_counted
        """,
        recording.name,
    )
    assert found == recording.truth["tokens"]


@each_recording
def test_model_calls_are_those_of_the_truth(built: Warehouse, recording: Recording) -> None:
    """Where the truth does not count them, calls there are none without tokens of the truth."""
    found = built.row(
        "select count(*) as calls from facts.model_span where source = ? and is_call_counted",
        recording.name,
    )
    if recording.model_calls is None:
        assert (found["calls"] > 0) == (recording.truth["tokens"]["input"] > 0)
    else:
        assert found["calls"] == recording.model_calls


@each_recording
def test_tools_are_those_of_the_truth(built: Warehouse, recording: Recording) -> None:
    rows = built.rows(
        "select tool_name, not is_success as is_error from facts.tool_span where source = ?",
        recording.name,
    )
    assert sorted((row["tool_name"], row["is_error"]) for row in rows) == recording.tools


@each_recording
def test_evaluations_are_those_of_the_truth(built: Warehouse, recording: Recording) -> None:
    rows = built.rows(
        """
        select evaluator_name, score, label
        from facts.feedback_event
        where landing_source = ?
        """,
        recording.name,
    )
    found = sorted((row["evaluator_name"], row["score"], row["label"]) for row in rows)
    assert found == recording.evaluations
