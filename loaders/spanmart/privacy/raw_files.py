"""Files of tier 3: their columns, their permissions, and how they are encrypted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spanmart.landing.schemas import UTC_MICROSECONDS
from spanmart.privacy.raw_key import RawKey
from spanmart.privacy.unusable import UnusableSetting

DIRECTORY_MODE, FILE_MODE = 0o700, 0o600
# Content is long: this many rows of it in memory at a time are some tens of megabytes.
_BATCH_ROWS = 8_192

# What `RawStaging.add` takes, but for `load_id` and `landed_at` in the order of the stored rows.
SCHEMA = pa.schema(
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("attribute_key", pa.string()),
        ("artifact_kind", pa.string()),
        # Of the redacted form: tier 2 under the same id is the same content.
        ("artifact_id", pa.string()),
        ("content", pa.string()),
        ("retention_class", pa.string()),
        # The landed record that it came with.
        ("record_hash", pa.string()),
        ("load_id", pa.string()),
        ("landed_at", UTC_MICROSECONDS),
    ]
)
DRAFT_SCHEMA = pa.schema([each for each in SCHEMA if each.name != "landed_at"])


def read_batches(path: Path, key: RawKey) -> Iterator[pa.Table]:
    """The rows of a file, some thousands at a time."""
    try:
        with pq.ParquetFile(path, decryption_properties=key.decryption(path.name)) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                yield pa.Table.from_batches([batch])
    except OSError as error:
        raise UnusableSetting(
            f"{path} cannot be decrypted: it is damaged, or does not have the name under which it "
            "was written"
        ) from error


class RawWriter:
    """Writes a file that nobody else could open at any moment; `name` is the one that it will
    have, from which its key comes."""

    def __init__(self, path: Path, name: str, key: RawKey, schema: pa.Schema) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        self._sink = os.fdopen(descriptor, "wb")
        self._writer = pq.ParquetWriter(
            self._sink, schema, compression="zstd", encryption_properties=key.encryption(name)
        )

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows)

    def close(self) -> None:
        self._writer.close()
        self._sink.close()


def make_directory(path: Path) -> None:
    """One that only its owner may enter, unless it is there already."""
    # The mode of mkdir holds for the last part only, and the parents of the root are not ours.
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
