"""Object storage for DuckDB: read through the library that landing writes with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from spanmart.landing import objects


def make_readable(connection: duckdb.DuckDBPyConnection, location: str) -> None:
    """Lets a connection read below a URL. Raises UnusableLocation when the library is missing."""
    bucket, _ = objects.split(location)
    objects.open_bucket(bucket)
    try:
        from spanmart.warehouse._bucket_files import BucketFiles
    except ImportError as error:
        raise objects.UnusableLocation(
            f"{location}: to read it, DuckDB needs one more package: pip install 'spanmart[cloud]'"
        ) from error
    connection.register_filesystem(BucketFiles(bucket.partition("://")[0]))


def read_contents(location: str, artifact_ids: Sequence[str]) -> dict[str, str]:
    """The redacted content of artifacts in a landing place by URL; what is gone is left out."""
    with duckdb.connect() as connection:
        make_readable(connection, location)
        found: list[tuple[Any, ...]] = connection.execute(
            "select artifact_id, any_value(content) from read_parquet(?, union_by_name = true)"
            " where list_contains(?, artifact_id) group by artifact_id",
            [f"{location.rstrip('/')}/artifacts/*/*.parquet", list(artifact_ids)],
        ).fetchall()
    return {artifact_id: content for artifact_id, content in found if content is not None}
