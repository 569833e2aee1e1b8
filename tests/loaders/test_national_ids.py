"""Our checks of national ids against python-stdnum, on random numbers of each one's form."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from importlib import import_module

import pytest

from spanmart.redaction import national_ids as ours

stdnum = pytest.importorskip("stdnum", reason="python-stdnum is a dependency for development")

RNG = random.Random(7)
NUMBERS = 4000


def digits(length: int) -> str:
    return "".join(RNG.choices("0123456789", k=length))


def day(form: str) -> str:
    return (datetime.date(1930, 1, 1) + datetime.timedelta(RNG.randrange(28000))).strftime(form)


def steuer() -> str:
    ten = RNG.sample("0123456789", 9)
    return "".join(RNG.sample([*ten, RNG.choice(ten)], 10)) + digits(1)


# What is ours, what is theirs, a number of that form; whether ours may accept more, and why.
CASES: list[tuple[str, str, Callable[[], str], str]] = [
    ("us_ssn", "us.ssn us.itin", lambda: digits(9), "numbers that Americans know from advertising"),
    ("es_dni", "es.dni", lambda: digits(8) + RNG.choice("TRWAGMYFPDXBNJZSQVHLCKE"), ""),
    ("de_steuer_id", "de.idnr", steuer, ""),
    ("nl_bsn", "nl.bsn", lambda: digits(9), ""),
    ("pl_pesel", "pl.pesel", lambda: day("%y%m%d") + digits(5), ""),
    ("se_personnummer", "se.personnummer", lambda: day("%y%m%d") + digits(4), ""),
    ("br_cpf", "br.cpf", lambda: digits(11), ""),
    ("br_cnpj", "br.cnpj", lambda: digits(14), ""),
    ("in_aadhaar", "in_.aadhaar", lambda: digits(12), ""),
    ("gb_nhs", "gb.nhs", lambda: digits(10), ""),
    ("tr_kimlik", "tr.tckimlik", lambda: digits(11), ""),
    ("au_tfn", "au.tfn", lambda: digits(9), ""),
    ("ch_ahv", "ch.ssn", lambda: "756" + digits(10), ""),
    ("mx_curp", "mx.curp", lambda: f"BOXW{day('%y%m%d')}MCLNSN0{digits(1)}", ""),
    ("fr_nir", "fr.nir", lambda: f"1{day('%y%m')}75{digits(8)}", ""),
    ("cn_resident_id", "cn.ric", lambda: f"110101{day('%Y%m%d')}{digits(3)}X", ""),
    (
        "it_codice_fiscale",
        "it.codicefiscale",
        lambda: f"RSSMRA{day('%y')}{RNG.choice('ABCDEHLMPRST')}10A{digits(3)}{RNG.choice('QWXYZ')}",
        "",
    ),
    ("za_id", "za.idnr", lambda: f"{day('%y%m%d')}{digits(4)}08{digits(1)}", ""),
    ("no_fodselsnummer", "no.fodselsnummer", lambda: day("%d%m%y") + digits(5), "no day of birth"),
    ("be_national_number", "be.nn", lambda: day("%y%m%d") + digits(5), "either century"),
    (
        "fi_hetu",
        "fi.hetu",
        lambda: f"{day('%d%m%y')}A{digits(3)}{RNG.choice('0123456789ABC')}",
        "test",
    ),
    ("kr_rrn", "kr.rrn", lambda: f"{day('%y%m%d')}1{digits(6)}", "no check digit since 2020"),
]


@pytest.mark.parametrize(("name", "theirs", "make", "more"), CASES, ids=[case[0] for case in CASES])
def test_a_check_agrees_with_python_stdnum(
    name: str, theirs: str, make: Callable[[], str], more: str
) -> None:
    modules = [import_module(f"stdnum.{each}") for each in theirs.split()]
    check = getattr(ours, name)
    numbers = [make() for _ in range(NUMBERS)]
    accepted = {number for number in numbers if check(number)}
    valid = {number for number in numbers if any(each.is_valid(number) for each in modules)}
    assert valid, "the form is wrong: nothing valid was drawn"
    assert valid <= accepted
    if not more:
        assert accepted == valid
