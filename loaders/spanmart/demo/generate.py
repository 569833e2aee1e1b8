"""Write the traffic: a file of spans and a file of feedback a day, and the manifest last."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import orjson

from spanmart.demo import feedback, flows, manifest, people, scenario
from spanmart.demo.otlp import Service, Span, export_requests
from spanmart.demo.plan import SECOND, Planner
from spanmart.demo.trace import Processes

# Raise it whenever the bytes change for the same arguments: older traffic is then made anew.
GENERATION = 1
OURS = ".spanmart-demo-traffic"
MANIFEST = "manifest.json"
DAY = 24 * 3600 * SECOND
# Every n-th day is compressed, as files that were rotated are.
COMPRESSED_EVERY = 4


class NotOurs(Exception):
    """The output folder holds something that this command did not make."""


@dataclass(frozen=True)
class Settings:
    days: int = scenario.FULL_RUN
    seed: int = 7
    requests_per_day: int = scenario.REQUESTS_PER_DAY

    def as_dict(self) -> dict[str, int]:
        return {
            "generation": GENERATION,
            "days": self.days,
            "seed": self.seed,
            "requests_per_day": self.requests_per_day,
        }


def generate(out: Path, settings: Settings | None = None) -> bool:
    """Fill `out` with traffic. False if it is there already, made by the same settings."""
    settings = settings or Settings()
    if _is_complete(out, settings):
        return False
    _clear(out)
    planner = Planner(
        people.users(settings.seed), settings.seed, settings.days, settings.requests_per_day
    )
    ledger = manifest.Ledger(settings.days)
    late_spans: list[Span] = []
    said: list[feedback.Event] = []
    reviewed: list[feedback.Event] = []
    start = scenario.first_day(settings.days)
    for day in range(settings.days):
        rng = Random(f"traffic:{settings.seed}:{day}")
        feedback_rng = Random(f"feedback:{settings.seed}:{day}")
        today = start + timedelta(days=day)
        midnight = _nanoseconds(today)
        spans = late_spans
        for plan in planner.day(rng, day, midnight, today.weekday()):
            traces = flows.play(rng, plan, _processes(plan.workload_class, day, settings.days))
            ledger.enter(plan, traces)
            spans += flows.spans_of(traces)
            said += feedback.events(feedback_rng, traces[-1], day / settings.days)
            reviewed += feedback.reviews(feedback_rng, traces[-1])
        # What ends after midnight is in the next day's file: a trace may lie in two files.
        is_last = day == settings.days - 1
        late_spans = [] if is_last else [span for span in spans if span.end >= midnight + DAY]
        ended = spans if is_last else [span for span in spans if span.end < midnight + DAY]
        _write_spans(out / "traces", today, ended, compressed=day % COMPRESSED_EVERY == 0)
    # The export ends with the last day: what people say later is not known yet.
    closing = _nanoseconds(start + timedelta(days=settings.days))
    said = [event for event in said if event.occurred < closing]
    reviewed = [event for event in reviewed if event.occurred < closing]
    _write_feedback(out / "feedback", said)
    _write_reviews(out / "feedback", reviewed)
    ledger.feedback_events = len(said) + len(reviewed)
    # Last, because a folder with a manifest is a complete one.
    truth = manifest.write(settings.as_dict(), ledger)
    (out / MANIFEST).write_bytes(orjson.dumps(truth, option=orjson.OPT_INDENT_2) + b"\n")
    return True


def _is_complete(out: Path, settings: Settings) -> bool:
    path = out / MANIFEST
    if not (out / OURS).exists() or not path.exists():
        return False
    return bool(orjson.loads(path.read_bytes())["settings"] == settings.as_dict())


def _clear(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise NotOurs(f"{out} is a file: name a folder with --out")
    if out.exists() and any(out.iterdir()) and not (out / OURS).exists():
        raise NotOurs(
            f"{out} is not empty and was not made by demo-traffic: name another folder with --out"
        )
    # The manifest goes first, so that an interrupted run never looks complete.
    (out / MANIFEST).unlink(missing_ok=True)
    for folder in ("traces", "feedback"):
        shutil.rmtree(out / folder, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / OURS).write_text(
        "Made by `spanmart demo-traffic`, which may replace everything in here.\n"
    )
    (out / "traces").mkdir()
    (out / "feedback").mkdir()


def _processes(workload_class: str, day: int, days: int) -> Processes:
    version, commit = scenario.release(day, days)
    environment = "production" if workload_class == "production" else "staging"
    return Processes(
        app=Service("support-copilot", version, commit, "python", environment),
        web=Service("support-copilot-web", version, commit, "webjs", environment),
    )


def _write_spans(folder: Path, day: date, spans: Iterable[Span], compressed: bool) -> None:
    content = b"".join(line + b"\n" for line in export_requests(spans))
    path = folder / f"{day}.otlp.jsonl"
    if not compressed:
        path.write_bytes(content)
        return
    # Without a time of its own, so that the same traffic is the same bytes.
    packed = gzip.compress(content, compresslevel=6, mtime=0)
    (folder / f"{path.name}.gz").write_bytes(packed)


def _write_feedback(folder: Path, events: Iterable[feedback.Event]) -> None:
    by_day: dict[str, list[feedback.Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: (event.occurred, event.feedback_id)):
        by_day[_day_of(event)].append(event)
    for day, members in by_day.items():
        lines = b"".join(
            orjson.dumps({key: value for key, value in event.row().items() if value is not None})
            + b"\n"
            for event in members
        )
        (folder / f"feedback-{day}.jsonl").write_bytes(lines)


def _write_reviews(folder: Path, events: Iterable[feedback.Event]) -> None:
    """Reviewers work in a spreadsheet: one CSV a week."""
    by_week: dict[str, list[feedback.Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: (event.occurred, event.feedback_id)):
        week = datetime.fromtimestamp(event.occurred // SECOND, UTC).isocalendar()
        by_week[f"{week.year}-W{week.week:02d}"].append(event)
    for name, members in by_week.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(members[0].row()), lineterminator="\n")
        writer.writeheader()
        writer.writerows(event.row() for event in members)
        (folder / f"reviews-{name}.csv").write_text(text.getvalue(), encoding="utf-8")


def _day_of(event: feedback.Event) -> str:
    return f"{datetime.fromtimestamp(event.occurred // SECOND, UTC):%Y-%m-%d}"


def _nanoseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND
