"""Numbers that a state gives to a person (and Brazil's to a company): is this text one?

Every check follows the published rule of its country. The tests compare each with python-stdnum,
which is not used here: its licence (LGPL) is one that some users may not ship.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence

_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"
# Italy: what a digit, or the letter of the same place, counts in an odd place.
_ITALIAN_VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22)
_ITALIAN_ODD = {
    **dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (*_ITALIAN_VALUES, 25, 24, 23), strict=True)),
    **dict(zip("0123456789", _ITALIAN_VALUES, strict=False)),
}
_ITALIAN_EVEN = {**{str(n): n for n in range(10)}, **{chr(65 + n): n for n in range(26)}}
_CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_ITIN_GROUPS = {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}

# Verhoeff: multiplication in the dihedral group of order ten, and its permutation.
_TIMES = [
    [(a + b) % 5 + (5 if b > 4 else 0) if a < 5 else (a - b) % 5 + (5 if b < 5 else 0)
     for b in range(10)]
    for a in range(10)
]  # fmt: skip
_PERMUTED = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    _PERMUTED.append([_PERMUTED[1][each] for each in _PERMUTED[-1]])


def is_national_id(text: str) -> bool:
    """A number written as its country writes it: separators or letters tell which it is."""
    return any(
        shape.fullmatch(text) and check(re.sub(r"[^0-9A-Z]", "", text)) for shape, check in _SHAPES
    )


def is_named_id(text: str) -> bool:
    """Digits behind a word such as "SSN" or "PESEL", so that their number alone may decide."""
    number = re.sub(r"[^0-9]", "", text)
    return any(check(number) for check in _BY_LENGTH.get(len(number), ()))


def luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, reversed(number))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def us_ssn(number: str) -> bool:
    """No check digit, but areas, groups and serials that nobody gets; or a tax number (ITIN)."""
    area, group, serial = int(number[:3]), int(number[3:5]), int(number[5:])
    if area >= 900:
        return group in _ITIN_GROUPS
    return area not in (0, 666) and group > 0 and serial > 0


def uk_nino(number: str) -> bool:
    return number[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def es_dni(number: str) -> bool:
    if number[0] in "XYZ":
        number = str("XYZ".index(number[0])) + number[1:]
    return _SPANISH[int(number[:-1]) % 23] == number[-1]


def it_codice_fiscale(number: str) -> bool:
    total = sum(
        (_ITALIAN_EVEN if place % 2 else _ITALIAN_ODD)[character]
        for place, character in enumerate(number[:15])
    )
    return chr(65 + total % 26) == number[15]


def fr_nir(number: str) -> bool:
    month = int(number[3:5])
    if not (1 <= month <= 12 or 20 <= month <= 42 or 50 <= month <= 99) or number[5:7] == "00":
        return False
    # Corsica's departments hold a letter: 2A counts as 19, 2B as 18.
    body = number[:13].replace("2A", "19", 1) if "A" in number else number[:13]
    body = body.replace("2B", "18", 1)
    return 97 - int(body) % 97 == int(number[13:])


def de_steuer_id(number: str) -> bool:
    """One digit of the first ten stands there twice or thrice, the others once; ISO 7064."""
    repeats = sorted(number[:10].count(each) for each in set(number[:10]))
    if number[0] == "0" or repeats[-1] not in (2, 3) or repeats[:-1] != [1] * (len(repeats) - 1):
        return False
    product = 10
    for digit in map(int, number[:10]):
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


def nl_bsn(number: str) -> bool:
    total = _weighted(number[:8], range(9, 1, -1)) - int(number[8])
    return int(number) > 0 and total % 11 == 0


def pl_pesel(number: str) -> bool:
    month = int(number[2:4])
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[month // 20]
    return (
        _is_day(century + int(number[:2]), month % 20, int(number[4:6]))
        and _weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    )


def se_personnummer(number: str) -> bool:
    """Ten digits, or twelve with the century. A coordination number adds 60 to the day."""
    short = number[-10:]
    year = int(number[:4]) if len(number) == 12 else 2000 + int(short[:2])
    day = int(short[4:6])
    return luhn(short) and _is_day(year, int(short[2:4]), day - 60 if day > 60 else day)


def fi_hetu(number: str) -> bool:
    # The sign of the century is a letter or was a separator.
    digits = number[:6] + number[-4:-1]
    return _is_day(2000 + int(number[4:6]), int(number[2:4]), int(number[:2])) and (
        _FINNISH[int(digits) % 31] == number[-1]
    )


def no_fodselsnummer(number: str) -> bool:
    return (
        _weighted(number[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and _weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def be_national_number(number: str) -> bool:
    given = int(number[9:])
    return given in (97 - int(number[:9]) % 97, 97 - int("2" + number[:9]) % 97)


def ch_ahv(number: str) -> bool:
    return number.startswith("756") and _weighted(number, (1, 3) * 6 + (1,)) % 10 == 0


def br_cpf(number: str) -> bool:
    return len(set(number)) > 1 and all(
        _brazilian(number[:length], range(length + 1, 1, -1)) == int(number[length])
        for length in (9, 10)
    )


def br_cnpj(number: str) -> bool:
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return len(set(number)) > 1 and all(
        _brazilian(number[:length], weights[13 - length :]) == int(number[length])
        for length in (12, 13)
    )


def in_aadhaar(number: str) -> bool:
    state = 0
    for place, digit in enumerate(map(int, reversed(number))):
        state = _TIMES[state][_PERMUTED[place % 8][digit]]
    return number[0] not in "01" and state == 0 and number != number[::-1]


def cn_resident_id(number: str) -> bool:
    total = sum(pow(2, 17 - place, 11) * int(digit) for place, digit in enumerate(number[:17]))
    return (
        _is_day(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        and "10X98765432"[total % 11] == number[17]
    )


def kr_rrn(number: str) -> bool:
    """A day of birth and a sign of the century; since October 2020 there is no check digit."""
    century = 1900 if number[6] in "1256" else 2000
    return _is_day(century + int(number[:2]), int(number[2:4]), int(number[4:6]))


def mx_curp(number: str) -> bool:
    total = sum(_CURP.index(each) * (18 - place) for place, each in enumerate(number[:17]))
    return (10 - total % 10) % 10 == int(number[17])


def gb_nhs(number: str) -> bool:
    return _weighted(number, range(10, 0, -1)) % 11 == 0


def tr_kimlik(number: str) -> bool:
    digits = [int(each) for each in number]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and tenth == digits[9] and sum(digits[:10]) % 10 == digits[10]


def au_tfn(number: str) -> bool:
    return _weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def za_id(number: str) -> bool:
    return luhn(number) and _is_day(2000 + int(number[:2]), int(number[2:4]), int(number[4:6]))


Check = Callable[[str], bool]

# How each country writes its number. The order decides nothing: a text that is two is one.
SHAPES: tuple[tuple[str, Check], ...] = (
    (r"[0-9]{3}-[0-9]{2}-[0-9]{4}", us_ssn),
    (r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:[0-9]{2} ?){3}[A-D]", uk_nino),
    (r"[0-9]{8}[- ]?[A-HJ-NP-TV-Z]", es_dni),
    (r"[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]", es_dni),
    (r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]", it_codice_fiscale),
    (
        r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3}[ -]?[0-9]{2}",
        fr_nir,
    ),
    (r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}", de_steuer_id),
    (r"[0-9]{6}[-+][0-9]{4}", se_personnummer),
    (r"(?:19|20)[0-9]{6}[-+][0-9]{4}", se_personnummer),
    (r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]", fi_hetu),
    (r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", be_national_number),
    (r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}", ch_ahv),
    (r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", br_cpf),
    (r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}", br_cnpj),
    (r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}", in_aadhaar),
    (r"[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]", cn_resident_id),
    (r"[0-9]{6}-[1-8][0-9]{6}", kr_rrn),
    (r"[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]", mx_curp),
)
_SHAPES = [(re.compile(shape), check) for shape, check in SHAPES]

# Digits alone: only behind a word that says what they are.
_BY_LENGTH: dict[int, tuple[Check, ...]] = {
    9: (us_ssn, nl_bsn, luhn, au_tfn),
    10: (gb_nhs, se_personnummer),
    11: (pl_pesel, de_steuer_id, br_cpf, no_fodselsnummer, tr_kimlik, be_national_number),
    12: (in_aadhaar, se_personnummer),
    13: (za_id, ch_ahv),
    14: (br_cnpj,),
    15: (fr_nir,),
}


def _weighted(number: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))


def _brazilian(number: str, weights: Sequence[int]) -> int:
    rest = _weighted(number, weights) * 10 % 11
    return rest % 10


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
