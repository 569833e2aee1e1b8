"""One fault planted in a sound landing folder: what ought to notice does, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from planted_landing import (
    FIRST_NIGHT,
    SECOND,
    PlantedLanding,
    failing,
    hexadecimal,
    nanoseconds,
)

from spanmart.checks.expectations import Catalogue
from spanmart.checks.sample import TEXT_COLUMNS, count_unmasked
from spanmart.checks.tables import Tables

Spoil = Callable[[PlantedLanding], None]


def set_in(table: str, column: str, value: object, row: int = 0) -> Spoil:
    def spoil(landing: PlantedLanding) -> None:
        landing.tables[table][row][column] = value

    return spoil


def a_share_of_spans(share: float, **values: object) -> Spoil:
    def spoil(landing: PlantedLanding) -> None:
        for span in landing.spans[: int(len(landing.spans) * share)]:
            span.update(values)

    return spoil


def a_share_of_calls(share: float, **attributes: str | None) -> Spoil:
    def spoil(landing: PlantedLanding) -> None:
        for call in landing.calls[: int(len(landing.calls) * share)]:
            changed = {
                **call["attributes"],
                **{k.replace("__", "."): attributes[k] for k in attributes},
            }
            call["attributes"] = {key: value for key, value in changed.items() if value is not None}

    return spoil


def also_rejected(landing: PlantedLanding, count: int) -> None:
    load = landing.tables["loads"][0]
    load["records_read"] += count
    load["records_rejected"] += count
    landing.tables["rejects"] += landing.tables["rejects"][:1] * count


def a_copy(landing: PlantedLanding) -> None:
    landing.spans.append(dict(landing.spans[5]))
    landing.tables["loads"][0]["records_landed"] += 1
    landing.tables["loads"][0]["records_read"] += 1


def an_empty_load(landing: PlantedLanding) -> None:
    sound = landing.tables["loads"][0]
    nothing = dict.fromkeys(("records_read", "records_landed", "records_rejected"), 0)
    landing.tables["loads"].append({**sound, "load_id": "load of nothing", **nothing})


def orphans(landing: PlantedLanding) -> None:
    children = [span for span in landing.spans if span["parent_span_id"]]
    for span in children[:30]:
        span["parent_span_id"] = hexadecimal(span["span_id"], 16)


def a_clock_that_is_off(landing: PlantedLanding) -> None:
    children = [span for span in landing.spans if span["parent_span_id"]]
    for span in children[:10]:
        for column in ("start_time_unix_nano", "end_time_unix_nano"):
            span[column] -= 300 * SECOND


def a_row_of_nobody(landing: PlantedLanding) -> None:
    landing.tables["artifacts"][3]["load_id"] = "a load that is not in the ledger"


def a_column_of_another_type(landing: PlantedLanding) -> None:
    wrong = pa.schema(
        [
            pa.field(each.name, pa.string() if each.name == "flags" else each.type)
            for each in landing.schemas["spans"]
        ]
    )
    landing.schemas["spans"] = wrong


def a_missing_column(landing: PlantedLanding) -> None:
    schema = landing.schemas["feedback"]
    landing.schemas["feedback"] = schema.remove(schema.get_field_index("score"))


SECRET = "mail jane.roe@example.org, card 4111 1111 1111 1111"
TOMORROW = nanoseconds(FIRST_NIGHT + timedelta(hours=3))
YEAR_2099 = 4_070_908_800 * SECOND
AT_NOON = nanoseconds(FIRST_NIGHT - timedelta(hours=5))

FAULTS: dict[str, tuple[Spoil, dict[str, int]]] = {
    "upper-case trace id": (
        lambda landing: landing.spans[0].update(
            trace_id=landing.spans[0]["trace_id"].upper(), parent_span_id=None
        ),
        {"spans.trace_id_shape": 1},
    ),
    "zero span id": (
        set_in("spans", "span_id", "0" * 16, row=1),
        {"spans.span_id_shape": 1},
    ),
    "unreadable parent id": (
        set_in("spans", "parent_span_id", "parent?", row=1),
        {"spans.parent_id_shape": 1},
    ),
    "its own parent": (
        lambda landing: landing.spans[1].update(parent_span_id=landing.spans[1]["span_id"]),
        {"spans.not_its_own_parent": 1},
    ),
    "a copy": (a_copy, {"spans.once_each": 1}),
    "ends before it starts": (
        a_share_of_spans(0.02, end_time_unix_nano=AT_NOON - SECOND),
        {"spans.ends_after_it_starts": 8},
    ),
    "no end": (a_share_of_spans(0.1, end_time_unix_nano=None), {"spans.times_known": 40}),
    "a fast clock": (
        set_in("spans", "end_time_unix_nano", TOMORROW),
        {"spans.not_from_the_future": 1},
    ),
    "another century": (
        set_in("spans", "end_time_unix_nano", YEAR_2099),
        {"spans.not_from_the_future": 1, "spans.not_from_another_day": 1},
    ),
    "milliseconds for nanoseconds": (
        lambda landing: landing.spans[3].update(
            start_time_unix_nano=1_772_000_000_000, parent_span_id=None
        ),
        {"spans.not_older_than_telemetry": 1},
    ),
    "a backlog": (
        a_share_of_spans(
            0.1,
            start_time_unix_nano=AT_NOON - 72 * 3600 * SECOND,
            end_time_unix_nano=AT_NOON - 72 * 3600 * SECOND,
        ),
        {"spans.arrive_in_time": 40},
    ),
    "parents that never came": (orphans, {"spans.parents_landed": 30}),
    "a clock that is off": (a_clock_that_is_off, {"spans.clocks_agree": 10}),
    "a model that nobody sells": (
        a_share_of_calls(0.1, gen_ai__request__model="the-model-of-nobody"),
        {"spans.models_priced": 10},
    ),
    "calls without a model": (
        a_share_of_calls(0.1, gen_ai__request__model=None),
        {"spans.models_priced": 10},
    ),
    "calls without usage": (
        a_share_of_calls(0.3, gen_ai__usage__input_tokens=None, gen_ai__usage__output_tokens=None),
        {"spans.usage_reported": 30},
    ),
    "a key for which there is no value": (
        set_in("spans", "attribute_keys", "spanmart.route.name\x1fmore"),
        {"spans.keys_are_those_of_the_map": 1},
    ),
    "two resources with one hash": (
        set_in("spans", "resource_attributes", {"service.name": "not web"}),
        {"spans.resources_told_apart": 1},
    ),
    "a span that was not redacted": (
        set_in("spans", "redaction_count", None),
        {"spans.redaction_ran": 1},
    ),
    "a log record that was not redacted": (
        set_in("log_records", "redaction_count", None),
        {"log_records.redaction_ran": 1},
    ),
    "feedback that was not redacted": (
        set_in("feedback", "redaction_count", None),
        {"feedback.redaction_ran": 1},
    ),
    "a line of a page that was not redacted": (
        set_in("vendor_usage", "redaction_count", None),
        {"vendor_usage.redaction_ran": 1},
    ),
    "an amount that is no number": (
        set_in("vendor_usage", "amount", "twelve"),
        {"vendor_usage.amounts_are_numbers": 1},
    ),
    "a secret in the name of a model": (
        set_in("vendor_usage", "model", SECRET),
        {"vendor_usage.nothing_left_to_mask": 1},
    ),
    "an artifact that was not redacted": (
        set_in("artifacts", "redaction_count", None),
        {"artifacts.redaction_ran": 1},
    ),
    "a secret in an attribute": (
        set_in("spans", "attributes", {"note": SECRET}),
        {"spans.nothing_left_to_mask": 1},
    ),
    "a secret in an event": (
        set_in("spans", "events", [{"name": "e"}, {"attributes": {"said": SECRET}}], row=7),
        {"spans.nothing_left_to_mask": 1},
    ),
    "a secret in a log record": (
        set_in("log_records", "attributes", {"note": SECRET}),
        {"log_records.nothing_left_to_mask": 1},
    ),
    "a secret in a label": (
        set_in("feedback", "label", SECRET),
        {"feedback.nothing_left_to_mask": 1},
    ),
    "a secret in content": (
        set_in("artifacts", "content", SECRET),
        {"artifacts.nothing_left_to_mask": 1},
    ),
    "a secret in a reject": (
        set_in("rejects", "record_redacted", SECRET),
        {"rejects.nothing_left_to_mask": 1},
    ),
    "feedback of an unknown kind": (
        set_in("feedback", "kind", "wink"),
        {"feedback.kinds_known": 1},
    ),
    "feedback about nothing": (
        set_in("feedback", "trace_id", None),
        {"feedback.about_something": 1},
    ),
    "a lost artifact": (
        lambda landing: landing.tables["artifacts"].pop(),
        {"artifacts.referred_are_there": 1},
    ),
    "an artifact id that is no hash": (
        lambda landing: landing.tables["artifacts"].append(
            {**landing.tables["artifacts"][0], "artifact_id": "my prompt"}
        ),
        {"artifacts.id_shape": 1},
    ),
    "an unbalanced load": (set_in("loads", "records_read", 10_000), {"loads.balance": 1}),
    "a lost row": (lambda landing: landing.spans.pop(1), {"loads.rows_are_there": 1}),
    "a lost reject": (
        lambda landing: landing.tables["rejects"].clear(),
        {"loads.rejects_are_there": 1},
    ),
    "a row of nobody": (a_row_of_nobody, {"loads.own_every_row": 1}),
    "a load of nothing": (an_empty_load, {"loads.bring_something": 1}),
    "some rejects": (
        lambda landing: also_rejected(landing, 9),
        {"loads.few_records_rejected": 10},
    ),
    "mostly rejects": (
        lambda landing: also_rejected(landing, 399),
        {"loads.few_records_rejected": 400, "loads.most_records_landed": 400},
    ),
    "no id": (set_in("feedback", "feedback_id", None), {"feedback.feedback_id.not_null": 1}),
    "no name": (set_in("spans", "name", None), {"spans.name.not_null": 1}),
    "a column of another type": (a_column_of_another_type, {"spans.columns": 1}),
    "a missing column": (a_missing_column, {"feedback.columns": 1}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_fails_what_ought_to_notice_it(fault: str, planted: PlantedLanding) -> None:
    spoil, expected = FAULTS[fault]
    spoil(planted)
    assert failing(planted.write()) == expected


def test_what_is_sound_fails_nothing(planted: PlantedLanding) -> None:
    assert failing(planted.write()) == {}


def test_keys_are_compared_as_they_are_written(planted: PlantedLanding) -> None:
    """Of an empty map, of a key that holds the separator, and before there was the column."""
    empty, odd, old, wrong = planted.spans[:4]
    empty.update(attributes={}, attribute_keys="")
    odd.update(attributes={"a": "1", "b\x1fc": "2"}, attribute_keys="a\x1fb?c")
    old.update(attribute_keys=None, resource_hash=None)
    assert failing(planted.write()) == {}
    wrong.update(attributes={"a": "1", "b": "2"}, attribute_keys="b\x1fa")
    assert failing(planted.write()) == {"spans.keys_are_those_of_the_map": 1}


def test_every_rule_has_a_planted_fault() -> None:
    planted = {name for _, expected in FAULTS.values() for name in expected}
    missing = {
        each.name
        for each in Catalogue.load().expectations
        if not each.name.endswith((".not_null", ".readable", ".columns"))
    } - planted
    assert not missing


def test_a_damaged_file_is_told_and_the_rest_is_still_checked(planted: PlantedLanding) -> None:
    root = planted.write()
    planted.file("feedback").write_bytes(b"no Parquet")
    assert failing(root) == {"feedback.readable": 1, "loads.rows_are_there": 1}


def test_an_artifact_that_retention_emptied_is_still_there(planted: PlantedLanding) -> None:
    for artifact in planted.tables["artifacts"]:
        artifact["content"] = None
    assert failing(planted.write()) == {}


def test_a_parent_that_landed_nights_before_is_no_orphans_parent(planted: PlantedLanding) -> None:
    later = PlantedLanding(planted.root, FIRST_NIGHT + timedelta(days=1), "b")
    later.spans[:] = [{**span, "parent_span_id": None} for span in later.spans]
    for child, parent in zip(later.spans[:60], planted.spans[:60], strict=True):
        child["trace_id"], child["parent_span_id"] = parent["trace_id"], parent["span_id"]
        child["start_time_unix_nano"] = parent["start_time_unix_nano"]
        child["end_time_unix_nano"] = parent["end_time_unix_nano"]
    root = planted.write()
    later.write()
    assert failing(root, after=FIRST_NIGHT) == {}


def test_a_copy_of_what_landed_nights_before_is_found(planted: PlantedLanding) -> None:
    later = PlantedLanding(planted.root, FIRST_NIGHT + timedelta(days=1), "b")
    same = ("trace_id", "span_id", "record_hash", "start_time_unix_nano")
    later.spans[0].update({name: planted.spans[0][name] for name in same}, parent_span_id=None)
    later.spans[1]["parent_span_id"] = later.spans[2]["parent_span_id"] = None
    later.spans[3]["parent_span_id"] = None
    root = planted.write()
    later.write()
    assert failing(root, after=FIRST_NIGHT) == {"spans.once_each": 1}


def test_a_sample_reaches_every_part_of_what_landed(tmp_path: Path) -> None:
    """A leak that fills a fiftieth of a file is hit however the sample falls."""
    rows, leaking = 20_000, 400
    for seed in range(5):
        first = 4_000 * seed
        contents = [SECRET if first <= n < first + leaking else "fine" for n in range(rows)]
        path = tmp_path / "artifacts.parquet"
        pq.write_table(pa.table({"content": contents}), path, row_group_size=3_000)
        files: dict[str, list[Path]] = {name: [] for name in TEXT_COLUMNS}
        tables = Tables(duckdb.connect(), {}, {**files, "artifacts": [path], "rejects": []})
        counts = count_unmasked(tables, 1000, np.random.default_rng(seed))
        found, looked_at = counts["artifacts.nothing_left_to_mask"]
        assert 900 <= looked_at <= 1100
        assert 0 < found <= 3 * looked_at * leaking / rows
