r"""Which names in JSON text stand for a person or an account, and where their values are.

The text may be JSON in JSON in JSON, so that each quote is preceded by any number of backslashes,
and it may be what Python prints of a dictionary, with its single quotes. It is never parsed and
written anew: only the values change, everything else stays as its producer wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

# A user's id, address or name. A bare "user" is a person in parameters and metadata, but a line of
# a dialogue in content.
USER_NAMES = r"(?:[A-Za-z_]*[._-])?(?:end_?)?user[._-]?(?:id|uid|email|name|login)"
BARE_USER_NAMES = r"(?:end_?)?user"
SESSION_NAMES = r"(?:[A-Za-z_]*[._-])?(?:session|conversation|thread)[._-]?id"
# What none of these can match without.
USER_HINT = r"(?:user|User|USER)[A-Za-z._-]{0,8}\\*[\"'] ?:"
SESSION_HINT = (
    r"(?:session|Session|SESSION|conversation|Conversation|CONVERSATION|thread|Thread|THREAD)"
    r"[._-]?[iI][dD]\\*[\"'] ?:"
)

# The rule for arguments and results of tools: a word for a person or an account, and behind it a
# word for what tells one from another. `order_id`, `document_id` and `product_number` are no such
# thing: they name what was bought, not who bought it, and analysts count them.
_SOMEBODY = (
    r"(?:user|customer|client|account|acct|member|membership|patient|employee|person|people|personal"
    r"|subscriber|contact|guest|passenger|driver|student|applicant|claimant|borrower|beneficiary"
    r"|cardholder|policy[_-]?holder|insured|citizen|resident|owner|payer|payee|buyer|seller|recipient"
    r"|sender|requester|assignee|author|loyalty|passport|social[_-]?security|tax(?:payer)?|national"
    r"|medical[_-]?record|licen[cs]e|card|bank|phone|device|advertising)"
)
_ID_WORD = (
    r"(?:ids?|uid|uuid|guid|no|nr|num|numbers?|ref|reference|handle|login|e?-?mail|identifier)"
)
# `primary_customer_id`, `primaryCustomerId`, but not `discardId`.
_PREFIX = r"(?:[A-Za-z0-9_.-]*[._-]|(?-i:[a-z][A-Za-z0-9]*(?=[A-Z])))?"
# `username` and its like need no second word.
TOOL_NAMES = (
    rf"{_PREFIX}(?:{_SOMEBODY}[._ -]?{_ID_WORD}|policy[._ -]?(?:no|number)"
    r"|(?:user|customer|client|patient|member|employee|recipient|sender|guest|account)[._ -]?name"
    r"|ssn|iban|bsn|nino|mrn|msisdn|imei)"
)
# `{"customer": {"id": …}}` says the same in two steps.
_OBJECT_NAMES = rf"{_PREFIX}{_SOMEBODY}s?"
_OBJECT_MEMBERS = rf"(?:{_ID_WORD}|name|[A-Za-z_]*[_-]id)"
TOOL_HINT = (
    r"(?i-u:user|customer|client|account|acct|member|patient|employee|person|people|subscri|contact|guest"
    r"|passenger|driver|student|applicant|claimant|borrower|beneficiary|holder|policy|insured"
    r"|citizen|resident|owner|payer|payee|buyer|seller|recipient|sender|requester|assignee"
    r"|author|loyalty|passport|security|tax|national|medical|licen|card|bank|iban|phone|device"
    r"|advertising|ssn|bsn|nino|mrn|msisdn|imei)[A-Za-z0-9._ -]{0,24}\\*[\"'][ ]{0,2}:"
)

# A quoted value ends at a quote with as many backslashes as it began with; one more level of
# escaping is a quote inside it. What follows on a run of backslashes otherwise is left as it is.
_QUOTED = (
    r"(?P<open>(?P<slashes>\\*)(?P<quote>[\"']))"
    r"(?P<text>(?:[^\\\"']|(?!(?P=quote))[\"']|\\+(?![\\\"'])|(?P=slashes){2}\\[\"'])*)"
    r"(?P<close>(?P=open))?"
)
_BARE = r"(?P<bare>-?[0-9][0-9.eE+-]*|[A-Za-z_][\w.-]*)"
_LIST = r"\[(?P<list>[^\[\]{}]*)\]"
_ITEM = re.compile(rf"{_QUOTED}|{_BARE}")
_LITERALS = {"null", "true", "false", "None", "True", "False", "nan", "NaN"}

Hash = Callable[[str], str]
Replace = Callable[[str], tuple[str, int]]


def replacer(names: Iterable[str], hashed: Hash, objects: bool = False) -> Replace:
    """A function that hashes the values of members with these names (patterns, any case), and
    returns the text and how many there were. `objects`: also members of a person's object."""
    members = re.compile(member("|".join(names)) + rf"(?:{_QUOTED}|{_BARE}|{_LIST})", re.IGNORECASE)
    inner = re.compile(member(_OBJECT_MEMBERS) + rf"(?:{_QUOTED}|{_BARE}|{_LIST})", re.IGNORECASE)
    outer = re.compile(member(_OBJECT_NAMES) + r"(?P<object>\{[^{}]*\})", re.IGNORECASE)

    def replace(text: str) -> tuple[str, int]:
        count = 0

        def value(match: re.Match[str], key_quote: str) -> str:
            nonlocal count
            groups = match.groupdict()
            if (text := groups["text"]) is not None:
                count += text != ""
                person = hashed(_decoded(text, len(groups["slashes"])))
                return f"{groups['open']}{person}{groups['close'] or ''}"
            bare = match["bare"]
            if bare in _LITERALS:
                return bare
            count += 1
            # A number becomes text: without its quotes the JSON would break.
            return f"{key_quote}{hashed(bare)}{key_quote}"

        def one(match: re.Match[str]) -> str:
            if (items := match["list"]) is None:
                return match["before"] + value(match, match["key"])
            new = _ITEM.sub(lambda item: value(item, match["key"]), items)
            return f"{match['before']}[{new}]"

        text = members.sub(one, text)
        if objects:
            text = outer.sub(lambda m: m["before"] + inner.sub(one, m["object"]), text)
        return text, count

    return replace


def member(names: str) -> str:
    """The pattern of a member's name, quotes and colon; groups `before` (all of it) and `key`."""
    return rf"(?P<before>(?P<key>\\*[\"'])(?:{names})(?P=key)\s*:\s*)"


def _decoded(text: str, slashes: int) -> str:
    """The value that was escaped: a person has one hash, however their name was written.

    At the n-th level of JSON in JSON a quote has 2^n - 1 backslashes before it.
    """
    for _ in range((slashes + 1).bit_length() if "\\" in text else 0):
        try:
            text = json.loads(f'"{text}"', strict=False)
        except ValueError:
            break
    return text
