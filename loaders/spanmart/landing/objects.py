"""Object storage by URL: which URLs there are, and their errors as sentences.

One library for all of it, obstore (docs/decisions/0007-object-storage.md). Where an endpoint is and
who asks come from the environment, by the names that each cloud's own tools use (docs/landing.md).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore

SCHEMES = ("s3", "gs", "az")
_URL = re.compile(r"([a-z][a-z0-9+]*)://(.*)", re.IGNORECASE | re.DOTALL)
# A service that is away for longer than these take (about a minute) is a failure to be told.
_RETRIES = 5


class UnusableLocation(ValueError):
    """A URL that leads nowhere we can go."""


def is_url(path: str) -> bool:
    return bool(_URL.match(path))


def split(url: str) -> tuple[str, str]:
    """The part of a URL that names the bucket (or container), and the key or prefix in it."""
    match = _URL.match(url)
    scheme, rest = (match[1].lower(), match[2]) if match else ("", "")
    if scheme not in SCHEMES:
        known = ", ".join(f"{each}://" for each in SCHEMES)
        raise UnusableLocation(f"{url}: not a URL of object storage that is known ({known})")
    bucket, _, key = rest.partition("/")
    if not bucket:
        raise UnusableLocation(f"{url}: names no bucket")
    return f"{scheme}://{bucket}", key


def open_bucket(bucket: str, prefix: str = "") -> ObjectStore:
    """The bucket, or what lies below a prefix of it. Nothing is asked of the network yet."""
    try:
        from obstore.store import from_url
    except ImportError as error:
        raise UnusableLocation(
            f"{bucket}: object storage needs one more package: pip install 'spanmart[cloud]'"
        ) from error
    url = f"{bucket}/{prefix}" if prefix else bucket
    return from_url(
        url,
        client_options=client_options(bucket),
        retry_config={"max_retries": _RETRIES},
    )


def client_options(url: str) -> ClientConfig | None:
    """A service that is named without TLS is asked without: one on this machine, or in this
    network, of whoever set it so."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
    if url.startswith("s3://") and endpoint.startswith("http://"):
        return {"allow_http": True}
    return None


@contextmanager
def as_os_errors(url: str) -> Iterator[None]:
    """Errors of object storage as OSError, in one line that names the place."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{url}: no such object or bucket") from error
    except BaseError as error:
        raise OSError(f"{url}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """The library's errors carry a debug dump after the first line, and the answer's XML in it."""
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return re.sub(r"\s*<\?xml.*", "", line)
