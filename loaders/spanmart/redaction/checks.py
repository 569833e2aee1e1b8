"""Checks that tell a card, a bank account or an address from a number that only looks like one."""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from types import ModuleType

from spanmart.redaction.national_ids import luhn

# Issuer prefixes and the lengths that go with them: without these, one random number in ten passes
# Luhn.
_CARDS = re.compile(
    r"""
      4\d{15}(?:\d{3})?                                                 # Visa
    | (?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}   # Mastercard
    | 3[47]\d{13}                                                        # American Express
    | 3(?:0[0-5]|[689]\d)\d{11}                                          # Diners
    | 6(?:011|5\d\d|4[4-9]\d)\d{12}                                      # Discover
    | 35\d{14}                                                          # JCB
    | 62\d{14,17}                                                        # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12,15}                # Maestro
    """,
    re.VERBOSE,
)

# Length of an IBAN by country: ISO 13616's registry, the countries that are in use.
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24,
    "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip


def is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    if not _CARDS.fullmatch(digits):
        return False
    return luhn(digits)


def is_named_card(text: str) -> bool:
    """Behind a word that says card, the check digit is enough."""
    digits = re.sub(r"[ -]", "", text)
    return luhn(digits) and len(set(digits)) > 1


def iban_length(text: str) -> int | None:
    """How many characters of the text, from its start, are an IBAN; None if they are not one."""
    wanted = IBAN_LENGTHS.get(text[:2])
    taken = ""
    for position, character in enumerate(text, start=1):
        taken += character if character != " " else ""
        if len(taken) == wanted:
            rearranged = taken[4:] + taken[:4]
            number = int("".join(str(int(each, 36)) for each in rearranged))
            return position if number % 97 == 1 else None
    return None


def is_international_phone(text: str) -> bool:
    """Has the number, with its country's code, a length that the country's plan knows?

    Length and not validity: people mistype, and test with numbers that nobody has.
    """
    text = re.sub(r" ?(?:x|ext\.? ?)[0-9]{1,5}$", "", text)
    # The trunk zero that is written in brackets is not dialled from abroad.
    digits = re.sub(r"[^0-9]", "", re.sub(r"\(0\)", "", text)).removeprefix("00")
    library = _phonenumbers()
    try:
        number = library.parse("+" + digits, None)
    except library.NumberParseException:
        return False
    return bool(library.is_possible_number(number))


def is_local_phone(text: str) -> bool:
    """Digits behind a word such as "phone": no date, and no longer than a number gets."""
    if re.match(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}$", text):
        return False
    number = re.sub(r" ?(?:x|ext\.? ?)[0-9]{1,5}$", "", text)
    digits = re.sub(r"[ ./()+-]", "", number)
    return digits.isdigit() and 7 <= len(digits) <= 15


def is_personal_address(text: str) -> bool:
    """An IP address that can point to a person: public, so no loopback, private or test network."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address) and text.endswith(".0.0"):
        # A version (120.0.0.0 in a user agent) or a network, never a host.
        return False
    documentation = any(address in network for network in _DOCUMENTATION)
    return address.is_global or documentation


# Reserved for examples, so no real person; masked all the same, because it is what people test
# with.
_DOCUMENTATION = [
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


@cache
def _phonenumbers() -> ModuleType:
    """Loaded when the first candidate comes: most runs of the command line see none."""
    import phonenumbers

    return phonenumbers
