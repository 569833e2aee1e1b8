"""Write the price seeds anew from the installed genai-prices package, keeping all history."""

import csv
import tempfile
from datetime import date
from pathlib import Path
from typing import NamedTuple

from genai_prices import types as genai

from spanmart.prices import matching, upstream
from spanmart.prices.history import Changes, merge_tables
from spanmart.prices.price_rows import read_price_table, write_price_table

PRICES = "model_prices.csv"
MODEL_MATCHES = "price_model_matches.csv"
PROVIDER_MATCHES = "price_provider_matches.csv"
FALLBACKS = "price_provider_fallbacks.csv"


class Refreshed(NamedTuple):
    changes: Changes
    row_count: int
    source_version: str
    changed_files: list[str]


def refresh(
    folder: Path,
    today: date,
    published: list[genai.Provider] | None = None,
    source_version: str | None = None,
) -> Refreshed:
    """Bring the seeds in `folder` up to date. Running it twice on one day changes nothing more."""
    published = upstream.providers() if published is None else published
    source_version = source_version or upstream.source_version()
    table, changes = merge_tables(
        read_price_table(folder / PRICES), upstream.published_prices(published), today
    )
    folder.mkdir(parents=True, exist_ok=True)
    # All files are made first and moved afterwards: an error midway leaves the seeds as they were.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".refresh-") as scratch_name:
        scratch = Path(scratch_name)
        row_count = write_price_table(scratch / PRICES, table, source_version)
        _write_matches(folder, scratch, published)
        _write_fallbacks(scratch / FALLBACKS, published)
        changed_files = sorted(
            made.name for made in scratch.iterdir() if _replace(made, folder / made.name)
        )
    return Refreshed(changes, row_count, source_version, changed_files)


def _write_matches(folder: Path, scratch: Path, published: list[genai.Provider]) -> None:
    for name, subject, rows in (
        (MODEL_MATCHES, "model_id", matching.model_matches(published)),
        (PROVIDER_MATCHES, "matched_name", matching.provider_matches(published)),
    ):
        kept = matching.keep_gone(matching.read_match_rows(folder / name), rows)
        matching.write_match_rows(scratch / name, subject, kept)


def _write_fallbacks(path: Path, published: list[genai.Provider]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("provider_id", "fallback_order", "fallback_provider_id"))
        for provider in published:
            for order, fallback in enumerate(provider.fallback_model_providers or (), start=1):
                writer.writerow((provider.id, order, fallback))


def _replace(made: Path, target: Path) -> bool:
    """Move `made` into place unless it says the same; tells whether it did."""
    if target.exists() and target.read_bytes() == made.read_bytes():
        return False
    made.replace(target)
    return True
