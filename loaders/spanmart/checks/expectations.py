"""Every expectation of `spanmart check`: those that the landing schemas give, and those written in
expectations.yml; with the thresholds that a project overrides in its `checks.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from spanmart.landing.schemas import RECORD_TABLES
from spanmart.safe_text import one_line

CRITICAL, WARNING = "critical", "warning"
COUNT, SHARE = "count", "share"
OVERRIDES = "checks.yml"

_LINEAGE = ("source_file", "record_number", "load_id", "landed_at")
_RECORD = ("record_hash", "source", "source_format", *_LINEAGE)
# What the contract demands of every row; any other column may be NULL, which means unknown.
# `redaction_count` has an expectation of its own.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "spans": ("trace_id", "span_id", "name", "kind", "status_code", *_RECORD),
    "log_records": _RECORD,
    "feedback": ("feedback_id", "kind", "feedback_source", *_RECORD),
    "vendor_usage": ("vendor", "kind", "start_time_unix_nano", "end_time_unix_nano", *_RECORD),
    "artifacts": (
        *("artifact_id", "artifact_kind", "privacy_class", "retention_class"),
        *("load_id", "landed_at"),
    ),
    "rejects": ("load_id", "source_file", "record_number", "reason_code", "reason", "landed_at"),
    "loads": (
        *("load_id", "source", "source_format", "source_file", "content_sha256", "bytes"),
        *("records_read", "records_landed", "records_duplicate", "records_rejected"),
        *("redactions", "started_at", "landed_at", "spanmart_version"),
    ),
}

# The tables that loads write; those of no load (checks, audits, retention classes) are written by
# the commands that answer for them.
CHECKED_TABLES = tuple(REQUIRED)


class UnusableChecks(ValueError):
    """A checks.yml that cannot be used as it is."""


@dataclass(frozen=True)
class Expectation:
    """`name` is the landed table, a dot, and what must hold of it."""

    name: str
    severity: str
    measure: str
    at_most: float
    description: str
    reason: str
    remedy: str

    @property
    def table(self) -> str:
        return self.name.partition(".")[0]

    @property
    def limit(self) -> str:
        """The threshold as a person says it."""
        if self.measure == COUNT:
            return "none" if self.at_most == 0 else f"{self.at_most:,.0f}"
        return f"{self.at_most * 100:.4g} %"


@dataclass(frozen=True)
class Limits:
    """What measuring goes by; the values and their reasons stand in expectations.yml."""

    clock_skew_seconds: float
    future_minutes: float
    far_future_hours: float
    oldest_year: int
    late_hours: float
    sample_rows: int
    memory_mb: int


@dataclass(frozen=True)
class Catalogue:
    expectations: tuple[Expectation, ...]
    limits: Limits

    @classmethod
    def load(cls, project: Path | None = None) -> Catalogue:
        """What is shipped, with the overrides of `project`/checks.yml.

        Raises `UnusableChecks` for a name or value there that means nothing.
        """
        shipped = _shipped()
        rules = {name: _rule(name, said) for name, said in shipped["expectations"].items()}
        expectations = {each.name: each for each in _from_schemas()} | rules
        limits = Limits(**{name: said["value"] for name, said in shipped["settings"].items()})
        path = None if project is None else project / OVERRIDES
        if path is not None and path.is_file():
            said = _read(path)
            for name, change in _section(said, "expectations", path).items():
                expectations[name] = _overridden(expectations, name, change, path)
            for name, value in _section(said, "settings", path).items():
                limits = _with_setting(limits, name, value, path)
        order = {table: place for place, table in enumerate(CHECKED_TABLES)}
        # The ledger first: when it is wrong, nothing else needs to be read.
        ranked = sorted(
            expectations.values(), key=lambda each: (each.table != "loads", order[each.table])
        )
        return cls(tuple(ranked), limits)


def setting_reasons() -> dict[str, tuple[Any, str]]:
    """Each setting with its value as shipped and its reason."""
    return {
        name: (said["value"], said["reason"].strip())
        for name, said in _shipped()["settings"].items()
    }


def _from_schemas() -> list[Expectation]:
    """Columns and types of every table, and what may not be NULL."""
    made = []
    for table in CHECKED_TABLES:
        is_record = table in RECORD_TABLES
        made.append(
            Expectation(
                f"{table}.readable",
                CRITICAL,
                COUNT,
                0,
                f"Every new file of {table} can be read as Parquet.",
                "A damaged file stops every model that reads the table.",
                "Restore the file from a copy, or land its export again into a fresh folder.",
            )
        )
        made.append(
            Expectation(
                f"{table}.columns",
                CRITICAL,
                COUNT,
                0,
                f"New files of {table} have the columns of the landing schema, in its types.",
                "Models read columns by name and type; one missing column is NULL everywhere.",
                "Land with `spanmart land` only; a file of another writer goes out of the folder.",
            )
        )
        for column in REQUIRED[table]:
            made.append(
                Expectation(
                    f"{table}.{column}.not_null",
                    CRITICAL,
                    COUNT,
                    0,
                    f"No row of {table} has a NULL {column}.",
                    "The loader writes it on every record it lands."
                    if is_record
                    else "The loader writes it on every row.",
                    f"Find the rows (select load_id from {table} where {column} is null) and land "
                    "their file again.",
                )
            )
    return made


@cache
def _shipped() -> dict[str, Any]:
    text = files("spanmart.checks").joinpath("expectations.yml").read_text(encoding="utf-8")
    shipped: dict[str, Any] = yaml.safe_load(text)
    return shipped


def _rule(name: str, said: Mapping[str, Any]) -> Expectation:
    texts = {key: " ".join(said[key].split()) for key in ("description", "reason", "remedy")}
    return Expectation(name, said["severity"], said["measure"], said["at_most"], **texts)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnusableChecks(f"{path} is not YAML: {one_line(str(error))}") from error
    said = {} if said is None else said
    if not isinstance(said, dict) or not set(said) <= {"expectations", "settings"}:
        raise UnusableChecks(f"{path}: only `expectations:` and `settings:` are known at its top")
    return said


def _section(said: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    section = said.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise UnusableChecks(f"{path}: `{name}:` is a list of names with their values")
    return {str(key): value for key, value in section.items()}


def _overridden(
    known: Mapping[str, Expectation], name: str, change: Any, path: Path
) -> Expectation:
    where = f"{path}: {one_line(name, 80)}"
    if name not in known:
        raise UnusableChecks(f"{where} is no expectation; docs/checks.md lists them")
    if not isinstance(change, dict) or not change.keys() <= {"at_most", "severity", "reason"}:
        raise UnusableChecks(f"{where}: says at_most or severity, and the reason")
    reason = change.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise UnusableChecks(f"{where}: give the reason of the change in a sentence (reason: …)")
    severity = change.get("severity", known[name].severity)
    if severity not in (CRITICAL, WARNING):
        raise UnusableChecks(f"{where}: severity is {CRITICAL} or {WARNING}")
    at_most = change.get("at_most", known[name].at_most)
    highest = 1 if known[name].measure == SHARE else float("inf")
    if not _is_number(at_most) or not 0 <= at_most <= highest:
        kind = "a share from 0 to 1" if highest == 1 else "a count from 0"
        raise UnusableChecks(f"{where}: at_most is {kind}")
    return replace(known[name], severity=severity, at_most=at_most, reason=reason.strip())


def _with_setting(limits: Limits, name: str, value: Any, path: Path) -> Limits:
    names = [each.name for each in fields(Limits)]
    if name not in names:
        raise UnusableChecks(
            f"{path}: {one_line(name, 80)} is no setting; known are {', '.join(names)}"
        )
    if not _is_number(value) or value <= 0:
        raise UnusableChecks(f"{path}: {name} is a number above 0")
    return replace(limits, **{name: type(getattr(limits, name))(value)})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
