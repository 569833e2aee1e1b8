"""People become keyed hashes: one rule for the attributes that name a person, one way to hash."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable

from spanmart.redaction import json_names

PREFIX = "h1_"
_DIGITS = 32
_HASHED = re.compile(rf"{PREFIX}[0-9a-f]{{{_DIGITS}}}")

# The one rule: a last part that says user and id, name, mail and the like, however it is joined.
IDENTITY_KEY = re.compile(
    r"""(?ix)
    (?:^|[._-]|(?<=[a-z]))(?:end[._-]?)?user[._-]?
        (?:id|ids|uid|email|e_mail|mail|name|full[._-]?name|phone(?:[._-]?number)?|login|pseudo[._-]?id)$
    | (?:^|\.)(?:gen_ai|llm(?:\.[a-z0-9_-]+)?|openai\.request|mlflow(?:\.trace)?|metadata)
        \.(?:end_?)?user$
    | ^(?:enduser|end_user|user)$
    """
)

# What tells one conversation from another, under any of its names.
SESSION_KEY = re.compile(r"(?i)(?:^|[._-]|(?<=[a-z]))(?:session|conversation|thread)[._-]?id$")

# The same keys inside JSON text.
IN_PARAMETERS = re.compile(
    json_names.member(f"{json_names.USER_NAMES}|{json_names.BARE_USER_NAMES}"), re.IGNORECASE
)


# A person in a record that could not be read: OTLP's key and value beside each other.
_VALUE = re.compile(r'(\\*")value\1\s*:\s*(?=\{)')
_KEY = r'(\\*")key\\*"\s*:\s*\\*"([^"\\]*)\\*"'
_KEY_BEFORE = re.compile(_KEY + r"\s*,\s*\Z")
_KEY_BEHIND = re.compile(r"\s*,\s*" + _KEY)
# The names in front of OTLP's values, and of any value where a producer wrote none.
_LEAF = r"(?:string|int|double|bytes|bool)_?[vV]alue"
_KEY_CHARS = 512
# Users come again and again; a file of millions of them must not fill the memory (some 30 MB).
_MOST_KNOWN = 100_000


class Identities:
    """Hashes of people under one secret; whoever lacks it cannot tell who a hash is.

    `extra_keys`: attribute keys beyond the rule, `KEY` or `KEY#json.path`. `hash_sessions`: session
    ids, too. `argument_keys`: names of JSON members beyond the rule, in the payloads of tools.
    """

    def __init__(
        self,
        secret: bytes,
        extra_keys: Iterable[str] = (),
        *,
        hash_sessions: bool = False,
        argument_keys: Iterable[str] = (),
    ) -> None:
        self._secret = secret
        self._hash_sessions = hash_sessions
        entries = [entry.partition("#") for entry in extra_keys]
        self._keys = {key for key, _, path in entries if not path}
        # Only the last step of a path is looked for: content is never parsed.
        own = {path.rpartition(".")[2] for _, _, path in entries if path}
        sessions = [json_names.SESSION_NAMES] if hash_sessions else []
        own_names = [re.escape(name) for name in sorted(own)]
        arguments = [re.escape(name) for name in sorted(set(argument_keys))]
        names = [json_names.USER_NAMES, *sessions, *own_names]
        self._in_content = json_names.replacer(names, self.hashed)
        self._in_parameters = json_names.replacer([*names, json_names.BARE_USER_NAMES], self.hashed)
        self._in_tool_payload = json_names.replacer(
            [*names, json_names.TOOL_NAMES, *arguments], self.hashed, objects=True
        )
        # Also the author of feedback, and own keys where attributes are a plain object.
        own_keys = [re.escape(key) for key in sorted(self._keys)]
        self._in_raw = json_names.replacer(
            [
                *(*names, json_names.BARE_USER_NAMES, json_names.TOOL_NAMES, "author"),
                *(*own_keys, *arguments),
            ],
            self.hashed,
            objects=True,
        )
        self._leaves = json_names.replacer([_LEAF], self.hashed)
        self._known: dict[str, str] = {}
        # Without a match of these, text names nobody in JSON: Rust's syntax, for whole columns.
        by_name = [rf"{name}\\*[\"']\s*:" for name in own_names]
        self.json_hint = "|".join(
            [json_names.USER_HINT, *([json_names.SESSION_HINT] if hash_sessions else []), *by_name]
        )
        self.tool_hint = "|".join(
            [self.json_hint, json_names.TOOL_HINT] + [rf"{name}\\*[\"']\s*:" for name in arguments]
        )

    @property
    def hash_sessions(self) -> bool:
        return self._hash_sessions

    def is_identity(self, key: str) -> bool:
        if key in self._keys or IDENTITY_KEY.search(key) is not None:
            return True
        return self._hash_sessions and SESSION_KEY.search(key) is not None

    def hashed(self, value: str) -> str:
        if value == "" or _HASHED.fullmatch(value):
            return value
        known = self._known.get(value)
        if known is None:
            text = value.encode("utf-8", "surrogatepass")
            known = PREFIX + hmac.digest(self._secret, text, "sha256").hex()[:_DIGITS]
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[value] = known
        return known

    def in_raw_record(self, text: str) -> str:
        """Hashes the people in the text of a record that could not be read."""
        parts, written, position = [], 0, 0
        while match := _VALUE.search(text, position):
            start, end = match.end(), _end_of_object(text, match.end(), match[1])
            before = _KEY_BEFORE.search(text, max(match.start() - _KEY_CHARS, 0), match.start())
            behind = _KEY_BEHIND.match(text, end)
            if any(key and self.is_identity(key[2]) for key in (before, behind)):
                # Every leaf: a person may have been given as a list of their names.
                parts += [text[written:start], self._leaves(text[start:end])[0]]
                written = position = end
            else:
                position = start
        return self._in_raw("".join([*parts, text[written:]]))[0]

    def in_json(self, is_content: bool) -> Callable[[str], tuple[str, int]]:
        """Hashes the people named in JSON text; returns the text and how many there were.

        For rows that match `json_hint`; others hold nothing.
        """
        return self._in_content if is_content else self._in_parameters

    def in_tool_payload(self) -> Callable[[str], tuple[str, int]]:
        """As `in_json`, for what a tool is given and gives back, where ids of people and accounts
        stand under many names (`json_names.TOOL_NAMES`). For rows that match `tool_hint`.

        The same value has the same hash here and under `user.id`, so that both join.
        """
        return self._in_tool_payload


def _end_of_object(text: str, start: int, quote: str) -> int:
    """Behind the brace that closes the one at `start`, in JSON with such quotes; the end of the
    text, where it was cut off before."""
    depth, is_text = 0, False
    for match in re.compile(r'\\*"|[{}]').finditer(text, start):
        if match[0] == quote:
            is_text = not is_text
        elif match[0] in "{}" and not is_text:
            depth += 1 if match[0] == "{" else -1
            if depth == 0:
                return match.end()
    return len(text)


def record_key(secret: bytes) -> bytes:
    """The key of record hashes: derived, so that they say nothing about the hashes of people."""
    return hmac.digest(secret, b"spanmart record hash", hashlib.sha256)
