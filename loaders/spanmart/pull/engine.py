"""A pull: from what was read last time to now, some hours at a time, into the landing."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from spanmart.landing import LandResult, land, objects
from spanmart.landing.results import UNREADABLE
from spanmart.pull import remembered
from spanmart.pull.client import Client, whole_milliseconds
from spanmart.pull.errors import NotLanded, PullFailed, ServerAway
from spanmart.pull.groups import Group
from spanmart.pull.remembered import Of, Read
from spanmart.pull.site import Site
from spanmart.pull.streams import Project, Stream, Vendor, Window
from spanmart.redaction.masking import mask_text
from spanmart.settings import Settings, landing_directory

# A failure reviewed on Monday was answered on Friday, and scores, ends of long runs and corrections
# come later than what they belong to: no vendor's API lists what changed since (docs/pull.md).
LOOKBACK = timedelta(days=3)
# Where a stream was never read.
FIRST = timedelta(days=7)
# A window is what is read again when a pull is interrupted, and what pages by number can shift in.
_WINDOW = timedelta(days=1)
# Empty ones grow: a year of silence is a dozen requests.
_LONGEST_WINDOW = timedelta(days=32)


@dataclass
class StreamResult:
    """What became of one stream of a project."""

    project: str
    stream: str
    since: datetime
    until: datetime
    rows: int = 0
    is_first: bool = False


@dataclass
class PullResult:
    """Of a run. `failure` says why it ended early; what was read before is landed."""

    vendor: str
    host: str
    landed: LandResult
    streams: list[StreamResult] = field(default_factory=list)
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    failure: str = ""

    @property
    def exit_code(self) -> int:
        """1 if it ended early, or nothing could be read; 3 if there are rejects; else 0."""
        return 1 if self.failure else self.landed.exit_code


@dataclass
class Doing:
    """How far a run has come, for a terminal."""

    what: str = ""
    rows: int = 0
    requests: int = 0
    waits: str = ""


Watch = Callable[[Doing], None]


def vendor_named(name: str) -> Vendor:
    return cast(Vendor, importlib.import_module(f"spanmart.pull.{name}"))


def pull(
    vendor: str,
    environment: Mapping[str, str],
    *,
    landing: Path | str | None = None,
    projects: tuple[str, ...] = (),
    since: datetime | None = None,
    lookback: timedelta = LOOKBACK,
    page_rows: int | None = None,
    source: str | None = None,
    settings: Settings | None = None,
    is_dry_run: bool = False,
    watch: Watch | None = None,
    make_client: Callable[[Site], Client] = Client,
) -> PullResult:
    """Lands what `vendor` holds of these projects (all, if none is named).

    A stream that was read before is read from there less `lookback`; another one from `since`. A
    dry run asks for the same, lands nothing and remembers nothing.

    Raises PullFailed where the environment does not say whom to ask; a failure on the way is in the
    result. Raises what `landing.land` raises.
    """
    place = landing if landing is not None else landing_directory()
    if isinstance(place, str) and not objects.is_url(place):
        place = Path(place)
    module = vendor_named(vendor)
    client = make_client(module.site(environment))
    result = PullResult(
        vendor, client.site.host, LandResult(landing=str(place), is_dry_run=is_dry_run)
    )
    run = _Run(
        client,
        place,
        result,
        settings or Settings.load(),
        lookback=lookback,
        since=since,
        page_rows=page_rows,
        source=source or vendor,
        watch=watch,
    )
    began = time.monotonic()
    try:
        run.known = remembered.known(place)
        wanted = module.projects(client, projects)
        streams = module.streams(client) if wanted else ()
        for project in wanted:
            for stream in streams:
                run.stream(project, stream)
    except PullFailed as error:
        run.fails(error)
    finally:
        client.close()
        counts = client.counts
        result.requests, result.retries, result.bytes = (
            counts.requests,
            counts.retries,
            counts.bytes,
        )
        result.landed.seconds = time.monotonic() - began
    return result


@dataclass
class _Run:
    """One run over projects and their streams."""

    client: Client
    place: Path | str
    result: PullResult
    settings: Settings
    lookback: timedelta
    since: datetime | None
    page_rows: int | None
    source: str
    watch: Watch | None
    known: dict[Of, datetime] = field(default_factory=dict)
    _doing: Doing = field(default_factory=Doing)
    _requests: int = 0
    _retries: int = 0

    def __post_init__(self) -> None:
        self.client.notice = self._waits

    def stream(self, project: Project, stream: Stream) -> None:
        """All of it from where it was read last time, window by window, to now."""
        of = Of(self.result.vendor, self.result.host, project.id, stream.name)
        now = self.client.now()
        read_before = self.known.get(of)
        since = self._since(read_before, now)
        done = StreamResult(mask_text(project.name), stream.name, since, now)
        done.is_first = read_before is None
        self.result.streams.append(done)
        self._show(what=f"{stream.name} of {done.project}")
        group = Group(of, since, since, since)
        try:
            self._windows(group, project, stream, done)
            self._land(group, project)
        except NotLanded as error:
            self.fails(error)
        except PullFailed as error:
            # What came before a failure is landed, and remembered as far as all was read.
            self._land(group, project)
            if isinstance(error, ServerAway):
                raise
            # What this project or stream is refused, the next may be given.
            self.fails(error)

    def fails(self, error: PullFailed) -> None:
        said = mask_text(str(error))
        self.result.failure = f"{self.result.failure}; {said}" if self.result.failure else said

    def _windows(self, group: Group, project: Project, stream: Stream, done: StreamResult) -> None:
        rows = min(self.page_rows or stream.most_rows, stream.most_rows)
        length = _WINDOW
        while group.until < done.until:
            window = Window(group.until, min(group.until + length, done.until))
            group.reading_until = window.until
            before = done.rows
            for page in stream.read(self.client, project, window, rows):
                group.add(page)
                done.rows += len(page.rows)
                self._show(rows=len(page.rows))
                if group.is_full:
                    self._land(group)
            group.until = window.until
            length = _WINDOW if done.rows > before else min(length * 2, _LONGEST_WINDOW)
            if group.is_full:
                self._land(group, project)

    def _since(self, read_before: datetime | None, now: datetime) -> datetime:
        if read_before is None:
            return whole_milliseconds(min(self.since, now)) if self.since else now - FIRST
        return min(read_before, now) - self.lookback

    def _land(self, group: Group, project: Project | None = None) -> None:
        """Lands what waits in the group; and remembers how far it reaches, where windows are
        whole."""
        for format_name, found in group.files():
            landed = land(
                [found],
                landing=self.place,
                source=self.source,
                format=format_name,
                settings=self.settings,
                is_dry_run=self.result.landed.is_dry_run,
            )
            self._add(landed)
        if project is None or group.until <= group.since:
            return
        if not self.result.landed.is_dry_run:
            self._remember(group, project)
        group.since, group.rows = group.until, 0

    def _remember(self, group: Group, project: Project) -> None:
        counts = self.client.counts
        remembered.remember(
            self.place,
            Read(
                group.of,
                mask_text(project.name),
                group.since,
                group.until,
                group.rows,
                counts.requests - self._requests,
                counts.retries - self._retries,
            ),
        )
        self._requests, self._retries = counts.requests, counts.retries

    def _add(self, landed: LandResult) -> None:
        total = self.result.landed
        total.files += landed.files
        total.landing = landed.landing
        total.key_made_at = total.key_made_at or landed.key_made_at
        for each in landed.of_status(UNREADABLE):
            raise NotLanded(f"{each.name}: {each.note}")

    def _show(self, what: str | None = None, rows: int = 0) -> None:
        doing = self._doing
        doing.what = what or doing.what
        doing.rows += rows
        doing.requests, doing.waits = self.client.counts.requests, ""
        if self.watch:
            self.watch(doing)

    def _waits(self, why: str) -> None:
        self._doing.waits = why
        if self.watch:
            self.watch(self._doing)
