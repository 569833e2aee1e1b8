"""Landing: from the files that a user names to rows in `landing/`, and an account of every
record."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from spanmart import bounds, formats
from spanmart.landing import files, objects
from spanmart.landing.attributes import Processor
from spanmart.landing.draft import Draft
from spanmart.landing.lander import Lander
from spanmart.landing.prepare import Preparer
from spanmart.landing.results import Done, LandResult, Progress
from spanmart.landing.store import open_store, storing
from spanmart.privacy.policy_file import require_ready
from spanmart.privacy.raw_store import RawStaging, RawStore
from spanmart.redaction.identity import Identities, record_key
from spanmart.settings import (
    HashKey,
    Settings,
    UnusableSetting,
    hash_key,
    landing_directory,
    raw_directory,
)

DEFAULT_SOURCE = "default"
# Batches that are prepared while the next is read. Each is some 100 MB of columns on its way, so
# more than this would leave the memory of a small machine.
_MOST_WORKERS = 4


def land(
    paths: Iterable[Path | str | files.Found],
    *,
    landing: Path | str | None = None,
    source: str | None = None,
    format: str | None = None,
    settings: Settings | None = None,
    since: datetime | None = None,
    is_dry_run: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> LandResult:
    """Lands files, folders, globs and URLs of object storage.

    `landing` is a folder or a URL. `since` leaves out what was modified before (a time with a
    zone). A dry run reads and counts, and writes nothing at all. `workers` is how many batches are
    prepared at once, the cores of this process if None; with 1, everything is done in this thread.
    `progress` is called with how far the run has come.

    Raises FileNotFoundError for a path that leads nowhere, UnusableSetting, UnusableLocation,
    UnknownFormat for a `format` that is not there, CannotStore and TooManyLanders.
    """
    began = time.monotonic()
    settings = settings or Settings.load()
    require_ready(settings.policy)
    chosen = formats.named(format) if format else None
    place = landing if landing is not None else landing_directory()
    if isinstance(place, str) and not objects.is_url(place):
        place = Path(place)
    raw_place = _raw_place(place, settings)
    apart_from = place if isinstance(place, Path) else None
    found = list(files.find(paths, since=since, apart_from=apart_from))
    store = open_store(place)
    key = _throwaway_or_known_key(place) if is_dry_run else _key(place)
    result = LandResult(landing=store.location, key_made_at=key.made_at, is_dry_run=is_dry_run)
    done = Done(files_total=len(found), bytes_total=sum(each.size for each in found))
    workers = workers or min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
    with ExitStack() as stack:
        token = bounds.READING.set(settings.bounds)
        stack.callback(bounds.READING.reset, token)
        raw = None
        if is_dry_run:
            staging = None
        else:
            store.make_readable()
            store.publish_classes(settings.policy)
            staging = stack.enter_context(store.staging())
            if raw_place is not None:
                raw = _raw_staging(stack, raw_place)
        threads = stack.enter_context(ThreadPoolExecutor(workers)) if workers > 1 else None
        hashing = stack.enter_context(ThreadPoolExecutor(1)) if workers > 1 else None
        lander = Lander(
            store=store,
            staging=staging,
            draft=Draft(store, staging, settings.draft_bytes),
            settings=settings,
            preparer=_preparer(key, settings),
            threads=threads,
            workers=workers,
            hashing=hashing,
            done=done,
            progress=progress,
            raw=raw,
        )
        for each in found:
            result.files.extend(lander.land(each, source or DEFAULT_SOURCE, chosen))
        lander.commit()
    result.seconds = time.monotonic() - began
    return result


def _preparer(key: HashKey, settings: Settings) -> Preparer:
    identities = Identities(
        key.secret,
        settings.identity_keys,
        hash_sessions=settings.policy.hash_sessions,
        argument_keys=settings.policy.argument_keys,
    )
    processor = Processor(identities, settings.long_value_chars)
    return Preparer(processor, record_key(key.secret), settings.policy, settings.bounds)


def _raw_place(place: Path | str, settings: Settings) -> Path | None:
    """Where raw content goes; None where the policy keeps none."""
    if not settings.policy.keeps_raw:
        return None
    if isinstance(place, str):
        raise UnusableSetting(
            f"{place}: the privacy policy keeps raw content (tiers: {{raw: true}}), which lies "
            "beside a landing directory and never in object storage. Land in a folder, or turn "
            "tiers.raw off"
        )
    return raw_directory(place)


def _raw_staging(stack: ExitStack, place: Path) -> RawStaging:
    with storing(str(place)):
        return stack.enter_context(RawStore(place).staging())


def _key(place: Path | str) -> HashKey:
    if isinstance(place, Path):
        return hash_key(place)
    if not os.environ.get("SPANMART_HASH_KEY"):
        raise UnusableSetting(
            f"{place}: set SPANMART_HASH_KEY. A landing place in object storage has no folder "
            "beside it for the secret of the keyed hashes, and every machine that lands there must "
            "use the same one."
        )
    return hash_key(Path())


def _throwaway_or_known_key(place: Path | str) -> HashKey:
    """A dry run makes no key. Where there is none nothing can have landed, so that any will do to
    compare records with each other."""
    from spanmart.settings import KEY_SUFFIX

    if isinstance(place, Path) and not os.environ.get("SPANMART_HASH_KEY"):
        beside = place.absolute().with_name(place.absolute().name + KEY_SUFFIX)
        if not beside.exists():
            return HashKey(secrets.token_bytes())
    return _key(place)
