"""People become keyed hashes: one rule for the attributes that name a person, one way to hash."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable

PREFIX = "h1_"
_DIGITS = 32
_HASHED = re.compile(rf"{PREFIX}[0-9a-f]{{{_DIGITS}}}")

# The one rule: a last part that says user and id, name, mail and the like, however it is joined.
IDENTITY_KEY = re.compile(
    r"""(?ix)
    (?:^|[._-]|(?<=[a-z]))(?:end[._-]?)?user[._-]?
        (?:id|ids|uid|email|e_mail|mail|name|full[._-]?name|phone(?:[._-]?number)?|login|pseudo[._-]?id)$
    | (?:^|\.)(?:gen_ai|llm|openai\.request|mlflow\.trace|metadata)\.(?:end_?)?user$
    | ^(?:enduser|end_user|user)$
    """
)

# The same keys inside JSON text. A bare "user" is a person in parameters and metadata, but a line
# of a dialogue in content.
_JSON_NAMES = r"(?:[A-Za-z_]*[._-])?(?:end_?)?user[._-]?(?:id|uid|email|name|login)"
_JSON_PAIR = r'(\\*"(?:{names})\\*"\s*:\s*)(\\*")?([^"\\,}}\]\s][^"\\,}}\]]*)'
IN_CONTENT = re.compile(_JSON_PAIR.format(names=_JSON_NAMES), re.IGNORECASE)
IN_PARAMETERS = re.compile(_JSON_PAIR.format(names=_JSON_NAMES + "|(?:end_?)?user"), re.IGNORECASE)
# What both cannot match without.
IN_JSON_HINT = r'(?:user|User|USER)[A-Za-z._-]{0,8}\\*" ?:'


# A person in a record that could not be read: OTLP's key and value beside each other, and the
# author of feedback.
_VALUE = r'\\*"value\\*"\s*:\s*\{\s*\\*"\w+\\*"\s*:\s*\\*"?([^"\\}\]]+)'
_KEY = r'\\*"key\\*"\s*:\s*\\*"([^"\\]*)\\*"'
_KEY_THEN_VALUE = re.compile(_KEY + r"\s*,\s*" + _VALUE)
_VALUE_THEN_KEY = re.compile(_VALUE + r'\\*"?\s*\}\s*,\s*' + _KEY)
_AUTHOR = re.compile(r'("author"\s*:\s*"?)([^"\\,}]+)')


class Identities:
    """Hashes of people under one secret; whoever lacks it cannot tell who a hash is."""

    def __init__(self, secret: bytes, extra_keys: Iterable[str] = ()) -> None:
        self._secret = secret
        entries = [entry.partition("#") for entry in extra_keys]
        self._keys = {key for key, _, path in entries if not path}
        self._paths = {path.rpartition(".")[2] for _, _, path in entries if path}
        self._known: dict[str, str] = {}
        # Without a match of this pattern, text names nobody in JSON.
        own = [rf'{re.escape(name)}\\*"\s*:' for name in sorted(self._paths)]
        self.json_hint = "|".join([IN_JSON_HINT, *own])

    def is_identity(self, key: str) -> bool:
        return key in self._keys or IDENTITY_KEY.search(key) is not None

    def hashed(self, value: str) -> str:
        if value == "" or _HASHED.fullmatch(value):
            return value
        if value not in self._known:
            digest = hmac.digest(self._secret, value.encode(), "sha256").hex()
            self._known[value] = PREFIX + digest[:_DIGITS]
        return self._known[value]

    def in_raw_record(self, text: str) -> str:
        """Hashes the people in the text of a record that could not be read."""

        def known(match: re.Match[str], key: int, value: int) -> str:
            if not self.is_identity(match[key]):
                return match[0]
            start, end = match.start(value) - match.start(), match.end(value) - match.start()
            return match[0][:start] + self.hashed(match[value]) + match[0][end:]

        text = _KEY_THEN_VALUE.sub(lambda match: known(match, 1, 2), text)
        text = _VALUE_THEN_KEY.sub(lambda match: known(match, 2, 1), text)
        text = _AUTHOR.sub(lambda match: match[1] + self.hashed(match[2]), text)
        return self.in_json(is_content=False)(text)[0]

    def in_json(self, is_content: bool) -> Callable[[str], tuple[str, int]]:
        """Hashes the people named in JSON text; returns the text and how many there were."""
        patterns = [IN_CONTENT if is_content else IN_PARAMETERS]
        if self._paths:
            names = "|".join(map(re.escape, sorted(self._paths)))
            patterns.append(re.compile(_JSON_PAIR.format(names=names)))

        def replace(text: str) -> tuple[str, int]:
            count = 0

            def one(match: re.Match[str]) -> str:
                nonlocal count
                value = match[3].strip()
                if value in ("null", "true", "false") and not match[2]:
                    return match[0]
                count += 1
                # A number becomes text: without its quotes the JSON would break.
                opening, closing = (match[2], "") if match[2] else ('"', '"')
                return f"{match[1]}{opening}{self.hashed(value)}{closing}"

            for pattern in patterns:
                text = pattern.sub(one, text)
            return text, count

        return replace


def record_key(secret: bytes) -> bytes:
    """The key of record hashes: derived, so that they say nothing about the hashes of people."""
    return hmac.digest(secret, b"spanmart record hash", hashlib.sha256)
