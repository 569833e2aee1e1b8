"""A second look at a sample of what landed: our detectors again, and Presidio's beside them.

Presidio was written by others from other rules, so that it finds what ours have no eye for. Only
counts leave this module, never the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from spanmart.landing.store import open_store
from spanmart.redaction import checks, names
from spanmart.redaction.detectors import DETECTORS
from spanmart.redaction.masking import mask

# Presidio is sure of what has a checksum (1.0), and of an e-mail; a bare number of nine digits has
# 0.05. Half is what its own documentation starts with.
_SURE = 0.5
# A model reads some 30 KB a second. The start of a long text is enough for a sample.
_CHARS = 4000
NAME_ENTITIES = ("PERSON",)


class NothingToAudit(ValueError):
    """There is no content in the landing place."""


@dataclass(frozen=True)
class Audit:
    """`found` counts by who found it, what it is and the artifact's kind: `("presidio",
    "CREDIT_CARD", "prompt")`. `affected` artifacts had one that is not a name."""

    sampled: int
    by_kind: dict[str, int]
    affected: int
    found: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.affected / self.sampled


def audit(
    landing: Path | str,
    size: int,
    seed: int = 0,
    with_presidio: bool = True,
    names_count: bool = False,
) -> Audit:
    """Looks at up to `size` artifacts of tier 2.

    Raises NothingToAudit, and names.NamesUnavailable without the extra.
    """
    look = _presidio() if with_presidio else None
    sample = _sample(landing, size, seed)
    if sample.is_empty():
        raise NothingToAudit(f"{landing} holds no content: land an export first")
    texts, kinds = sample["content"].to_list(), sample["artifact_kind"].to_list()
    found: Counter[tuple[str, str, str]] = Counter()
    affected = np.zeros(len(texts), dtype=bool)
    for row, detector in _own_findings(sample["content"]):
        found["spanmart", detector, kinds[row]] += 1
        affected[row] = True
    for row, entity in look(texts) if look else ():
        found["presidio", entity, kinds[row]] += 1
        affected[row] |= names_count or entity not in NAME_ENTITIES
    return Audit(len(texts), dict(Counter(kinds)), int(affected.sum()), found)


def _sample(landing: Path | str, size: int, seed: int) -> pl.DataFrame:
    """Ids are SHA-256: the smallest of some of their digits are a fair draw that anyone can
    repeat."""
    store = open_store(landing)
    wanted = ["artifact_id", "artifact_kind", "content"]
    rows = store.columns("artifacts", list(store.ledger().commits), wanted)
    drawn = pl.col("artifact_id").str.slice(seed % 48, 16)
    return (
        rows.filter(pl.col("content").is_not_null())
        .bottom_k(size, by=drawn)
        .unique("artifact_id", maintain_order=True)
        .with_columns(pl.col("content").str.slice(0, _CHARS))
        .collect(engine="streaming")
    )


def _own_findings(column: pl.Series) -> Iterator[tuple[int, str]]:
    counts = mask(column.to_arrow()).counts
    for row in np.flatnonzero(counts) if counts is not None else ():
        text = pl.Series([column[int(row)]])
        # Which of them it was: by its pattern alone, before its check.
        for detector in DETECTORS:
            if text.str.contains(detector.pattern).item():
                yield int(row), detector.name


def _presidio() -> Any:
    """A function from texts to pairs of row and entity."""
    engine = names.nlp_engine()
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
    from presidio_analyzer import predefined_recognizers as known
    from tldextract import TLDExtract

    suffixes = TLDExtract(suffix_list_urls=())

    def has_known_suffix(self: Any, text: str) -> bool:
        return bool(suffixes(text).top_domain_under_public_suffix)

    # Presidio's own asks the network for the list of domain suffixes; this one takes the list that
    # comes with the package.
    offline_email = type(
        "OfflineEmail", (known.EmailRecognizer,), {"validate_result": has_known_suffix}
    )
    recognizers = [
        offline_email(),
        *(
            recognizer(supported_language="en")
            for recognizer in (
                known.SpacyRecognizer,
                known.CreditCardRecognizer,
                known.IbanRecognizer,
                known.IpRecognizer,
                known.PhoneRecognizer,
                known.UsSsnRecognizer,
                known.UsItinRecognizer,
                known.UkNinoRecognizer,
                known.NhsRecognizer,
                known.CryptoRecognizer,
                known.MedicalLicenseRecognizer,
            )
        ),
    ]
    registry = RecognizerRegistry(recognizers, supported_languages=["en"])
    analyzer = AnalyzerEngine(registry, engine, supported_languages=["en"])
    entities = sorted(
        {each for one in recognizers for each in one.supported_entities}
        - {"LOCATION", "DATE_TIME", "NRP", "ORGANIZATION"}
    )

    def look(texts: list[str]) -> Iterator[tuple[int, str]]:
        results = BatchAnalyzerEngine(analyzer).analyze_iterator(
            texts, language="en", entities=entities, score_threshold=_SURE
        )
        for row, each in enumerate(results):
            for result in each:
                text = texts[row][result.start : result.end]
                # Where a service runs stays on purpose.
                if result.entity_type == "IP_ADDRESS" and not checks.is_personal_address(text):
                    continue
                yield row, result.entity_type

    return look
