"""Where a vendor is and as whom it is asked. Secrets come from the environment, and go nowhere but
into the headers of a request."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from spanmart.pull.errors import PullFailed
from spanmart.redaction.masking import mask_text
from spanmart.safe_text import one_line

SCRUBBED = "[secret]"
# A shorter secret may be a word ("admin") that answers rightly contain.
_LONG_ENOUGH_TO_BE_NO_WORD = 16
_MOST_SAID = 300


@dataclass(frozen=True)
class Site:
    """One vendor as it is asked.

    `variables` are the environment variables that name it and let us in: errors say them. A request
    starts no sooner than `seconds_between` after the one before it. `is_gone` says of the status
    and the body of an error whether it means that what was asked for is not there.
    """

    vendor: str
    url: str
    variables: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    seconds_between: float = 0.0
    is_gone: Callable[[int, bytes], bool] = lambda status, body: False

    @property
    def host(self) -> str:
        """How the site is named in the ledger: host, port and path."""
        parts = urlsplit(self.url)
        return f"{parts.netloc.lower()}{parts.path}".rstrip("/")

    def said(self, text: str) -> str:
        """What a server says, fit to be shown: without secrets and personal data, on one line."""
        for secret in self.secrets:
            text = text.replace(secret, SCRUBBED)
        return one_line(mask_text(text), _MOST_SAID)

    def scrubbed(self, body: bytes) -> bytes:
        """An answer without our own secrets, wherever a server repeats them."""
        for secret in self.secrets:
            if len(secret) >= _LONG_ENOUGH_TO_BE_NO_WORD and secret.encode() in body:
                body = body.replace(secret.encode(), SCRUBBED.encode())
        return body


def base_url(text: str, variable: str) -> str:
    """A URL of http or https without its last slash. Raises PullFailed for any other."""
    parts = urlsplit(text.strip())
    if parts.username or parts.password:
        raise PullFailed(
            f"{variable} holds a name or a password inside its URL: leave them out, and set the "
            "variables of their own (docs/pull.md)"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = one_line(mask_text(text), 80)
        raise PullFailed(f"{variable}={shown}: not a URL of http or https")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def required(environment: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """The values of these variables. Raises PullFailed, which names all that are missing."""
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise PullFailed(f"{' and '.join(missing)} must be set in the environment: docs/pull.md")
    return tuple(environment[name].strip() for name in names)


def basic(user: str, password: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The header of HTTP Basic, and what of it is secret."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}, (password, token)


def bearer(token: str) -> tuple[dict[str, str], tuple[str, ...]]:
    return {"Authorization": f"Bearer {token}"}, (token,)
