r"""The patterns that find what must be masked, in the order in which they are applied.

A pattern is tried only on rows that match its `hint`, a pattern so plain that an engine looks for
it at gigabytes a second: most text holds nothing, and that must be cheap to know.

Patterns are in the syntax that Rust's `regex` (through polars) and Python's `re` share: no
look-around. A word boundary is written `(?-u:\b)`, because the Unicode one is many times slower.

Text may be JSON inside an attribute, where a line feed before a word is the two characters `\n`,
the second of which looks like the first letter of the word. So patterns begin with an edge that
takes such an escape as group 1 and gives it back: nothing is missed behind one, and masking never
breaks one.

IP addresses: public ones are masked; loopback, private and network ones are not (they say where a
service runs, not who used it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from spanmart.redaction import checks

_BOUNDARY = r"(?-u:\b)"
_ESCAPE = r"\\[nrtbf]|\\u[0-9a-fA-F]{4}"
_LETTER = r"\\{1,4}u[0-9a-fA-F]{4}"
_EDGE = rf"({_ESCAPE}|{_BOUNDARY})"


@dataclass(frozen=True)
class Detector:
    """`pattern` begins with group 1, which is given back before the mask.

    A detector with a `check` has a second group: the check says how much of it, from its start, is
    the real thing, or None if it only looks like one.
    """

    name: str
    mask: str
    hint: str
    pattern: str
    after: str = ""
    check: Callable[[str], int | None] | None = None

    @property
    def replacement(self) -> str:
        return "${1}" + self.mask + self.after


def _whole_if(test: Callable[[str], bool]) -> Callable[[str], int | None]:
    return lambda text: len(text) if test(text) else None


# Names of secrets in `key=value` and `"key": "value"`, in the cases that programs use.
# Case-insensitive matching would be Unicode's, which costs the fast search for literals.
_SECRET_NAMES = (
    r"(?:[Pp]ass(?:[Ww]ord|wd|phrase|code)|PASS(?:WORD|WD|PHRASE|CODE)?|pwd|PWD|[Pp]asswort|[Ss]ecret|SECRET"
    r"|(?:[Aa]pi|[Aa]ccess|[Aa]ccount|[Pp]rivate|[Ss]ecret|[Ss]igning|[Ee]ncryption)[_-]?[Kk]ey"
    r"|(?:API|ACCESS|ACCOUNT|PRIVATE|SECRET|SIGNING|ENCRYPTION)[_-]?KEY"
    r"|(?:[Aa]ccess|[Aa]uth|[Rr]efresh|[Ii]d|[Ss]ession|[Bb]earer)[_-]?[Tt]oken"
    r"|(?:ACCESS|AUTH|REFRESH|ID|SESSION|BEARER)[_-]?TOKEN|SharedAccess(?:Key|Signature))"
)
_SECRET_HINT = (
    r"(?:assword|asswd|asscode|assphrase|asswort|PASS(?:WORD|WD|PHRASE|CODE)?|pwd|PWD|ecret|SECRET|[kK]ey|KEY|[tT]oken"
    r"|TOKEN|Signature)\\*[\"']?[ ]{0,3}[=:]"
)

DETECTORS = (
    Detector(
        "private_key",
        "[private_key]",
        hint=r"PRIVATE KEY-----",
        pattern=r"()-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[^-]|-[^-])*"
        r"(?:-----END [A-Z0-9 ]*PRIVATE KEY-----)?",
    ),
    Detector(
        "url_password",
        "[password]",
        hint=r"://[^ /]*@",
        pattern=r"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@\"'\\]{0,200}:)[^\s@/\"'\\\[]{1,200}@",
        after="@",
    ),
    Detector(
        "jwt",
        "[jwt]",
        hint=r"eyJ",
        pattern=_EDGE + r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    ),
    Detector(
        "bearer",
        "[token]",
        hint=r"[Bb]earer|BEARER|[Aa]uthorization|AUTHORIZATION",
        pattern=rf"((?:{_ESCAPE}|{_BOUNDARY})(?:[Bb]earer|BEARER) +"
        r"|(?:[Aa]uthorization|AUTHORIZATION)[^A-Za-z0-9]{1,8}(?:[Bb]asic|[Tt]oken|[Aa]pi[Kk]ey) +)"
        r"[A-Za-z0-9._~+/-]{15,}=*",
    ),
    Detector(
        "api_key",
        "[api_key]",
        hint=r"AKIA|ASIA|ABIA|ACCA|sk-|sk_|pk-|pk_|rk_|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|xox|xapp-|AIza|ya29\."
        r"|GOCSPX-|hf_|npm_|pypi-|dop_v1_|SG\.|lsv2_|whsec_",
        pattern=_EDGE + r"(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"
        r"|(?:sk|pk|rk)[-_](?:[a-z]{2,8}[-_]){0,3}[A-Za-z0-9][A-Za-z0-9_-]{15,}"
        r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
        r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"
        r"|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"
        r"|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|dop_v1_[a-f0-9]{40,}"
        r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}|whsec_[A-Za-z0-9]{20,})",
    ),
    Detector(
        "named_secret",
        "[secret]",
        hint=_SECRET_HINT,
        pattern=rf"((?:{_ESCAPE}|{_BOUNDARY}|_){_SECRET_NAMES}"
        r"\\*[\"']?[ ]{0,3}[=:][ ]{0,3}\\*[\"']?)[^\s\"'\\,;&}\)\]\[]{5,}",
    ),
    Detector(
        "spoken_password",
        "[secret]",
        hint=r"(?:assword|asswort|assphrase|PIN|pin|key) (?:is|ist|was) ",
        pattern=r"((?:[Pp]assword|[Pp]asswort|[Pp]assphrase|PIN|pin|(?:API|api) key)"
        r" (?:is|ist|was) [\"'`]?)"
        r"[^\s\"'`,;.]*[0-9][^\s\"'`,;.]*",
    ),
    Detector(
        "email",
        "[email]",
        hint=r"@",
        # Letters beyond ASCII may be escaped, and so may the backslash of the escape.
        pattern=rf"({_ESCAPE}|)(?:[\w.%+'-]|{_LETTER})*(?:[\w%+-]|{_LETTER})@"
        rf"(?:(?:[\w-]|{_LETTER})+\.)+(?:\p{{L}}|{_LETTER}){{2,}}",
    ),
    Detector(
        "iban",
        "[iban]",
        hint=rf"(?:{'|'.join(checks.IBAN_LENGTHS)})[0-9]{{2}}[ A-Z0-9]{{10}}",
        pattern=_EDGE + r"([A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{2,4}){3,8})",
        check=checks.iban_length,
    ),
    Detector(
        "card",
        "[card]",
        hint=r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{2}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4}",
        pattern=r"(^|\\[nrtbf]|[^\w.\\-])([2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}"
        rf"|3[0-9]{{3}}[ -]?[0-9]{{6}}[ -]?[0-9]{{4,5}}){_BOUNDARY}",
        check=_whole_if(checks.is_card),
    ),
    Detector(
        "phone",
        "[phone]",
        hint=r"\+[1-9]|00 ?[1-9][0-9]{0,2} ",
        pattern=r"(^|\\[nrtbf]|[^\w+/=.-])(?:\+[1-9][0-9]{0,3}|00 ?[1-9][0-9]{0,2} )"
        r"(?:[ ./-]?\(0?[0-9]{0,4}\)|[ ./-]?[0-9]{1,4})"
        rf"(?:[ ./-]?[0-9]{{2,4}}){{2,4}}{_BOUNDARY}",
    ),
    Detector(
        "national_phone",
        "[phone]",
        hint=r"[0-9]{3}[-. ][0-9]{4}",
        pattern=r"(^|\\[nrtbf]|[^\w+/=.-])(?:\([2-9][0-9]{2}\) ?[0-9]{3}[-. ][0-9]{4}"
        rf"|[2-9][0-9]{{2}}-[0-9]{{3}}-[0-9]{{4}}){_BOUNDARY}",
    ),
    Detector(
        "ip",
        "[ip]",
        hint=r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
        pattern=rf"(^|\\[nrtbf]|//|[^\w./:-])((?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}){_BOUNDARY}",
        check=_whole_if(checks.is_personal_address),
    ),
    Detector(
        "ipv6",
        "[ip]",
        hint=r":[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:",
        pattern=r"(^|\\[nrtbf]|[^\w:.])((?:[0-9a-fA-F]{1,4}:){1,7}(?::?[0-9a-fA-F]{1,4}){1,6})"
        + _BOUNDARY,
        check=_whole_if(checks.is_personal_address),
    ),
)


def python_pattern(detector: Detector) -> re.Pattern[str]:
    """For the detectors with a check, whose matches are looked at one by one."""
    return re.compile(detector.pattern.replace(_BOUNDARY, r"\b"))
