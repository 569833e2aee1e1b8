r"""The patterns that find what must be masked, in the order in which they are applied.

Every pattern is in the syntax that Rust's `regex` (through polars) and Python's `re` share: no look-around.
A pattern may start in the middle of escaped text (JSON inside an attribute), where `\n` before a word is two
characters of which the second looks like the first letter of the word. So patterns begin with `_EDGE`, which
takes such an escape and gives it back, and masking never breaks an escape.

IP addresses: public ones are masked, loopback, private and network ones are not (they say where a service
runs, not who used it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from spanmart.redaction import checks

_EDGE = r"(\\[nrtbf]|\\u[0-9a-fA-F]{4}|\b)"
_KEY_NAMES = (
    r"pass(?:word|wd|phrase|code)?|pwd|passwort|secret|client[_-]?secret|api[_-]?key|apikey|access[_-]?key"
    r"|account[_-]?key|private[_-]?key|secret[_-]?access[_-]?key|access[_-]?token|auth[_-]?token"
    r"|refresh[_-]?token|id[_-]?token|session[_-]?token|sharedaccesskey|sharedaccesssignature"
)


@dataclass(frozen=True)
class Detector:
    """`pattern` with its first group (and those named in `kept`) given back around the mask.

    `contains` is a literal without which the pattern cannot match: looking for it is far cheaper. `check` has
    the last word on what a pattern found: it returns how much of it, from its start, is the real thing.
    """

    name: str
    mask: str
    pattern: str
    replacement: str = "${1}{mask}"
    contains: tuple[str, ...] = ()
    check: Callable[[str], int | None] | None = None

    @property
    def masked(self) -> str:
        return self.replacement.replace("{mask}", self.mask)


def _whole_if(test: Callable[[str], bool]) -> Callable[[str], int | None]:
    return lambda text: len(text) if test(text) else None


DETECTORS = (
    Detector(
        "private_key",
        "[private_key]",
        r"()-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[^-]|-[^-])*(?:-----END [A-Z0-9 ]*PRIVATE KEY-----)?",
        contains=("PRIVATE KEY-----",),
    ),
    Detector(
        "url_password",
        "[password]",
        r"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@\"'\\]{0,200}:)[^\s@/\"'\\\[]{1,200}@",
        replacement="${1}{mask}@",
        contains=("://",),
    ),
    Detector("jwt", "[jwt]", _EDGE + r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", contains=("eyJ",)),
    Detector(
        "bearer",
        "[token]",
        r"((?:\\[nrt]|\b)(?i:bearer)\s+|(?i:authorization)\W{1,8}(?i:basic|token|apikey)\s+)"
        r"[A-Za-z0-9._~+/-]{15,}=*",
        contains=("earer", "EARER", "uthorization", "UTHORIZATION"),
    ),
    Detector(
        "api_key",
        "[api_key]",
        _EDGE + r"(?:"
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"
        r"|(?:sk|pk|rk)[-_](?:[a-z]{2,8}[-_]){0,3}[A-Za-z0-9][A-Za-z0-9_-]{15,}"
        r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
        r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"
        r"|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"
        r"|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|dop_v1_[a-f0-9]{40,}"
        r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}|whsec_[A-Za-z0-9]{20,}"
        r"|AC[0-9a-f]{32}\b|key-[0-9a-f]{32}\b"
        r")",
        contains=(
            *("AKIA", "ASIA", "ABIA", "ACCA", "sk-", "pk-", "rk-", "sk_", "pk_", "rk_"),
            *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-"),
            *("AIza", "ya29.", "GOCSPX-", "hf_", "npm_", "pypi-", "dop_v1_", "SG.", "lsv2_"),
            *("whsec_", "AC", "key-"),
        ),
    ),
    Detector(
        "password",
        "[secret]",
        r"((?:\\[nrt]|\b|_)(?i:" + _KEY_NAMES + r")\\*[\"']?\s{0,3}(?:=|:)\s{0,3}\\*[\"']?)"
        r"[^\s\"'\\,;&}\)\]\[]{5,}",
        contains=("=", ":"),
    ),
    Detector(
        "spoken_password",
        "[secret]",
        r"((?i:password|passwort|passphrase|pin|api key)\s+(?i:is|ist|was)\s+[\"'`]?)"
        r"[^\s\"'`]*[0-9][^\s\"'`,;]*[^\s\"'`,;.]",
        contains=(" is ", " ist ", " was "),
    ),
    Detector(
        "email",
        "[email]",
        r"(\\[nrtbf]|\\u[0-9a-fA-F]{4}|)[\w.%+'-]*[\w%+-]@(?:[\w-]+\.)+\p{L}{2,}",
        contains=("@",),
    ),
    Detector(
        "iban",
        "[iban]",
        _EDGE + r"([A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{2,4}){3,8})",
        check=checks.iban_length,
    ),
    Detector(
        "card",
        "[card]",
        r"(^|\\[nrtbf]|[^\w.\\-])([2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}"
        r"|3[0-9]{3}[ -]?[0-9]{6}[ -]?[0-9]{4,5})\b",
        check=_whole_if(checks.is_card),
    ),
    Detector(
        "phone",
        "[phone]",
        r"(^|\\[nrtbf]|[^\w+/=.-])(?:\+[1-9][0-9]{0,3}|00 ?[1-9][0-9]{0,2} )"
        r"(?:[ ./-]?\(0?[0-9]{0,4}\)|[ ./-]?[0-9]{1,4})(?:[ ./-]?[0-9]{2,4}){2,4}\b",
        contains=("+", "00"),
    ),
    Detector(
        "national_phone",
        "[phone]",
        r"(^|\\[nrtbf]|[^\w+/=.-])(?:\([2-9][0-9]{2}\) ?[0-9]{3}[-. ][0-9]{4}|[2-9][0-9]{2}-[0-9]{3}-[0-9]{4})\b",
    ),
    Detector(
        "ip",
        "[ip]",
        r"(^|\\[nrtbf]|//|@|[^\w./:-])((?:[0-9]{1,3}\.){3}[0-9]{1,3})\b",
        check=_whole_if(checks.is_personal_address),
    ),
    Detector(
        "ipv6",
        "[ip]",
        r"(^|\\[nrtbf]|[^\w:.])((?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,6})\b",
        contains=(":",),
        check=_whole_if(checks.is_personal_address),
    ),
)


def python_pattern(detector: Detector) -> re.Pattern[str]:
    """For the detectors with a check, whose matches are looked at one by one."""
    return re.compile(detector.pattern.replace(r"\p{L}", r"[^\W\d_]"))
