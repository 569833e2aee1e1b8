"""Object storage as the file system that DuckDB asks for."""

from __future__ import annotations

from typing import Any

from obstore.fsspec import FsspecStore

from spanmart.landing.objects import client_options


class BucketFiles(FsspecStore):
    """The library's own adapter, but for globs: DuckDB asks with the scheme in front of the bucket,
    and the adapter would look for a bucket called `s3:`."""

    # Where the service is comes from the environment, which may change between two of them.
    cachable = False

    def __init__(self, protocol: str) -> None:
        options: dict[str, Any] = {"client_options": client_options(f"{protocol}://")}
        super().__init__(protocol, **options)  # type: ignore[call-overload]

    async def _glob(self, path: str, **options: Any) -> Any:
        _, _, below = path.rpartition("://")
        return await super()._glob(below, **options)
