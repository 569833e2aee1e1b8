r"""Detectors of what points to a person: addresses, numbers, accounts.

IP addresses: public ones are masked; loopback, private and network ones are not (they say where a
service runs, not who used it).
"""

from __future__ import annotations

from spanmart.redaction import checks, national_ids
from spanmart.redaction.detector import (
    BOUNDARY,
    EDGE,
    ESCAPE,
    NUMBER_EDGE,
    Detector,
    whole_if,
)

_LETTER = r"\\{1,4}u[0-9a-fA-F]{4}"
_SHAPES = "|".join(shape for shape, _ in national_ids.SHAPES)

# Words that say that the number behind them is a person's. Few, because a search for some twenty
# literals is fast, and one for forty is not; in the hint as much of each as is rare. No mask stands
# between a word and its number, so that the second number of two is not taken for the first.
_ID_WORDS = (
    r"(?:SSN|ssn|[Ss]ocial (?:[Ss]ecurity|insurance)|BSN|PESEL|CPF|[Aa]adhaar"
    r"|[Nn]ational (?:ID|id|[Ii]nsurance)|[Ss]teuer-I[Dd]|[Pp]ersonnummer|NHS)"
)
_ID_HINT = (
    r"SSN|ssn[\"\\: ]|ial secu|ial Secu|ial insu|BSN|PESEL|CPF|adhaar|nal ID|nal id|nal Insu"
    r"|nal insu|euer-I|NHS|rsonnum"
)
# What is dialled behind a number.
_EXTENSION = r"(?: ?(?:x|ext\.? ?)[0-9]{1,5})?"
_PHONE_WORDS = (
    r"(?:[Pp]hone|[Mm]obile|[Tt]elephone|[Tt]elefono?|[Tt]éléphone|Handy|WhatsApp|[Tt]el:|Fax)"
)

PERSONAL = (
    Detector(
        "email",
        "[email]",
        hint=r"@",
        # Letters beyond ASCII may be escaped, and so may the backslash of the escape.
        pattern=rf"({ESCAPE}|)(?:[\w.%+'-]|{_LETTER})*(?:[\w%+-]|{_LETTER})@"
        rf"(?:(?:[\w-]|{_LETTER})+\.)+(?:\p{{L}}|{_LETTER}){{2,}}",
    ),
    Detector(
        "iban",
        "[iban]",
        # Without the country's letters: a search that begins with a digit is five times as fast.
        hint=r"[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{3,4} ?[A-Z0-9]{3}",
        pattern=EDGE + r"([A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{2,4}){3,8})",
        check=checks.iban_length,
    ),
    Detector(
        "card",
        "[card]",
        hint=r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{2}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4}",
        pattern=r"(^|\\[nrtbf]|[^\w.\\-])([2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}"
        rf"|3[0-9]{{3}}[ -]?[0-9]{{6}}[ -]?[0-9]{{4,5}}){BOUNDARY}",
        check=whole_if(checks.is_card),
    ),
    Detector(
        # Lengths and makers that a product's or an order's number has just as well: twelve digits,
        # fifteen, or thirteen (an EAN).
        "named_card",
        "[card]",
        hint=r"ard",
        pattern=rf"([Cc]ard[^0-9\]]{{0,30}})([0-9](?:[ -]?[0-9]){{11,18}}){BOUNDARY}",
        check=whole_if(checks.is_named_card),
    ),
    Detector(
        "national_id",
        "[national_id]",
        # The shapes of national_ids.SHAPES without what stands before two digits, and without what
        # dates, times and hexadecimal ids are made of.
        hint=r"[0-9]{2}(?:[0-9]{4}(?:[+-]|[ ]?[A-Z]|[0-9]{9})| [0-9]{2} [0-9]{2} [0-9A-D]"
        r"|[0-9]-[0-9]{2}-[0-9]{4}|[0-9]{2} [0-9]{4} [0-9]{4}"
        r"|[0-9]?[ .][0-9]{3}[ .][0-9]{3}[ /-][0-9]|\.[0-9]{2}\.[0-9]{2}-[0-9]{3}"
        r"|[0-9]\.[0-9]{4}\.[0-9]{4}\.|[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z])",
        # What follows on a number belongs to it, so that the check sees that it is none.
        pattern=rf"{NUMBER_EDGE}((?:{_SHAPES})(?:[-/_.:]?[0-9A-Za-z]+)?){BOUNDARY}",
        check=whole_if(national_ids.is_national_id),
    ),
    Detector(
        "named_id",
        "[national_id]",
        hint=_ID_HINT,
        pattern=rf"({_ID_WORDS}[^0-9\n\]]{{0,30}})"
        rf"([0-9][0-9]?(?:[ ./-]?[0-9]){{7,13}}(?:[-/_.]?[0-9A-Za-z]+)?){BOUNDARY}",
        check=whole_if(national_ids.is_named_id),
    ),
    Detector(
        "phone",
        "[phone]",
        hint=r"\+[1-9]|00 ?[1-9][0-9]{0,2} ",
        pattern=r"(^|\\[nrtbf]|[^\w+/=.-])"
        r"((?:\(\+[1-9][0-9]{0,2}\)|\+[1-9][0-9]{0,3}|00 ?[1-9][0-9]{0,2} )"
        r"(?:[ ./-]?\(0?[0-9]{0,4}\)|[ ./-]?[0-9]{1,4})"
        rf"(?:[ ./-]?[0-9]{{1,4}}){{2,6}}{_EXTENSION}){BOUNDARY}",
        check=whole_if(checks.is_international_phone),
    ),
    Detector(
        "national_phone",
        "[phone]",
        hint=r"[0-9]{3}[-. ][0-9]{4}",
        pattern=r"(^|\\[nrtbf]|[^\w+/=.-])(?:\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[-. ][0-9]{4}"
        r"|(?:1[-.])?[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}"
        rf"|(?:1\.)?[2-9][0-9]{{2}}\.[2-9][0-9]{{2}}\.[0-9]{{4}}){_EXTENSION}{BOUNDARY}",
    ),
    Detector(
        "named_phone",
        "[phone]",
        hint=r"hone|obile|elefon|Handy|hatsApp|Tel:|tel:|Fax",
        pattern=rf"({_PHONE_WORDS}[^0-9+(\]]{{0,20}})(\(?\+?[0-9](?:[ ./()-]{{0,3}}[0-9]){{6,13}}"
        rf"{_EXTENSION}(?:[-/_.:]?[0-9A-Za-z]+)?){BOUNDARY}",
        check=whole_if(checks.is_local_phone),
    ),
    Detector(
        "ip",
        "[ip]",
        hint=r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
        # A version of four parts is told by the word before it, an object identifier by its length.
        pattern=r"(^|\\[nrtbf]|//|[^\w./:-])((?:[Vv]ersion:? |[Rr]elease |[Bb]uild )?"
        rf"(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}(?:\.[0-9]+)*){BOUNDARY}",
        check=whole_if(checks.is_personal_address),
        is_one=True,
    ),
    Detector(
        "ipv6",
        "[ip]",
        hint=r":[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:",
        pattern=r"(^|\\[nrtbf]|[^\w:.])((?:[0-9a-fA-F]{1,4}:){1,7}(?::?[0-9a-fA-F]{1,4}){1,6}"
        rf"|::[fF]{{4}}:(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}){BOUNDARY}",
        check=whole_if(checks.is_personal_address),
    ),
)
