"""Texts with secrets and personal data whose places are known, and texts without any.

Values come from generators that know nothing of our patterns: Faker in the locales of each number,
and Presidio's own data generator (its sentences, its people). Keys and tokens have no generator of
others; they are built from the makers' documented forms. One seed, one set.
"""

from __future__ import annotations

import base64
import inspect
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from faker import Faker


@dataclass(frozen=True)
class Labelled:
    """`spans` are the places of the values, each with the kind of value; a text without any has a
    kind itself."""

    text: str
    spans: tuple[tuple[int, int, str], ...] = ()
    kind: str = ""


Make = Callable[[], str]

# What people and programs write around a value. The second half is what telemetry looks like.
AROUND = (
    "please use {} for this",
    "Is it {}? I can't find it.",
    "Customer wrote: {}, thanks!",
    "{}",
    "first line\n{}\nlast line",
    "ERROR 2026-11-21T10:00:00Z worker-3 failed for {} after 3 retries",
)
PHONE_LOCALES = (
    *("de_DE", "fr_FR", "it_IT", "es_ES", "en_GB", "pl_PL", "sv_SE", "nl_NL", "pt_BR", "en_IN"),
    *("tr_TR", "ru_RU", "en_AU", "da_DK", "no_NO", "fi_FI", "cs_CZ", "pt_PT", "uk_UA"),
)
# How each country writes its number, with separators or letters of its own.
# Not en_GB and en_IN: Faker's numbers of theirs begin with letters, or end in a digit, that the
# rules of the country exclude.
ID_LOCALES = (
    "en_US",
    "es_ES",
    "it_IT",
    "fr_FR",
    "sv_SE",
    "fi_FI",
    "pt_BR",
    "zh_CN",
    "ko_KR",
    "de_CH",
)
# Digits alone, and the word that people put before them.
NAMED_IDS = {
    **{"nl_NL": "BSN", "pl_PL": "PESEL", "en_CA": "social insurance number", "pt_BR": "CPF"},
    **{"no_NO": "national ID", "nl_BE": "national ID", "tr_TR": "national ID"},
}


def positives(seed: int, each: int) -> Iterator[Labelled]:
    """`each` texts a kind of value."""
    rng = random.Random(seed)
    for label, make in _values(seed, rng).items():
        for number in range(each):
            value = make()
            around = AROUND[number % len(AROUND)] if label not in _SPEAK_FOR_THEMSELVES else "{}"
            text = around.format(value)
            # Of a key and its value, only the value must go: it is marked.
            start, value, text = _unmarked(text, value)
            if number % 2:
                text = json.dumps({"role": "user", "content": text}, ensure_ascii=number % 4 == 1)
                escaped = json.dumps(value, ensure_ascii=number % 4 == 1)[1:-1]
                start, value = text.index(escaped), escaped
            yield Labelled(text, ((start, start + len(value), label),))


def presidio_sentences(seed: int, count: int) -> Iterator[Labelled]:
    """Sentences of Presidio's generator, and what they hold of our kinds.

    Needs presidio-evaluator. Without its list of hospitals, which it would download.
    """
    from presidio_evaluator.data_generator import PresidioSentenceFaker
    from presidio_evaluator.data_generator import presidio_sentence_faker as defaults

    ours = {
        "EMAIL_ADDRESS": "email",
        "PHONE_NUMBER": "phone",
        "CREDIT_CARD": "card",
        "IBAN_CODE": "iban",
        "IP_ADDRESS": "ip",
        "US_SSN": "national id",
    }
    offline = [
        each
        for each in defaults.presidio_additional_entity_providers
        if each is not defaults.HospitalProvider
    ]
    faker = PresidioSentenceFaker(
        locale="en_US", lower_case_ratio=0.05, entity_providers=offline, random_seed=seed
    )
    for sample in faker.generate_new_fake_sentences(num_samples=count):
        spans = [
            (span.start_position, span.end_position, f"Presidio: {ours[span.entity_type]}")
            for span in sample.spans
            if span.entity_type in ours
        ]
        yield Labelled(sample.full_text, tuple(spans), "" if spans else "Presidio: none of these")


def negatives(seed: int, each: int) -> Iterator[Labelled]:
    """Texts that hold nothing, `each` a kind; most look like something that is masked."""
    rng = random.Random(seed)
    for label, make in _look_alikes(seed, rng).items():
        for number in range(each):
            text = AROUND[number % len(AROUND)].format(make())
            yield Labelled(json.dumps({"content": text}) if number % 2 else text, kind=label)


_MARK = "\x00"
_SPEAK_FOR_THEMSELVES = {"private key"}


def _unmarked(text: str, value: str) -> tuple[int, str, str]:
    if _MARK not in value:
        return text.index(value), value, text
    before, secret, _ = value.split(_MARK)
    return text.index(value) + len(before), secret, text.replace(_MARK, "")


def _faker(seed: int, locale: str = "en_US") -> Faker:
    fake = Faker(locale)
    fake.seed_instance(seed)
    return fake


def _values(seed: int, rng: random.Random) -> dict[str, Make]:
    fake = _faker(seed)
    phones = [_faker(seed, locale) for locale in PHONE_LOCALES]
    ids = [_faker(seed, locale) for locale in ID_LOCALES]
    named = [(_faker(seed, locale), word) for locale, word in NAMED_IDS.items()]
    anywhere = [*phones, *ids]

    def phone(international: bool) -> str:
        while True:
            number = rng.choice(phones).phone_number()
            if number.startswith("+") == international:
                return number

    def named_id() -> str:
        person, word = rng.choice(named)
        return f"my {word} is {_MARK}{person.ssn()}{_MARK}"

    def id_in_its_form() -> str:
        place = rng.randrange(len(ids))
        return ids[place].cpf() if ID_LOCALES[place] == "pt_BR" else ids[place].ssn()

    return {
        "email": lambda: rng.choice(anywhere).email(),
        "phone, international": lambda: phone(True),
        "phone, national, behind a word": lambda: f"phone: {_MARK}{phone(False)}{_MARK}",
        "phone, national, alone": lambda: phone(False),
        "phone, North America": fake.basic_phone_number,
        "card": fake.credit_card_number,
        "card, grouped": lambda: _grouped(fake.credit_card_number("visa16")),
        "card, behind a word": lambda: f"my card is {_MARK}{fake.credit_card_number()}{_MARK}",
        "iban": lambda: rng.choice(phones[:5]).iban(),
        "national id, in its own form": id_in_its_form,
        "national id, digits behind a word": named_id,
        "ip": fake.ipv4_public,
        "ip, version 6": lambda: "2a02:" + fake.ipv6().partition(":")[2],
        "password in a URL": lambda: (
            f"postgres://{fake.user_name()}:{_MARK}{_letters(rng, 12)}{_MARK}@db/x"
        ),
        "password, key=value": lambda: f"DB_PASSWORD={_MARK}{_letters(rng, 14)}{_MARK}",
        "password, JSON": lambda: f'{{"password": "{_MARK}{_quotable(fake)}{_MARK}"}}',
        "bearer header": lambda: f"Authorization: Bearer {_MARK}{_letters(rng, 40)}{_MARK}",
        "jwt": lambda: _jwt(fake, rng),
        "private key": lambda: _pem(rng),
        "cloud or API key": lambda: _key(rng),
    }


def _look_alikes(seed: int, rng: random.Random) -> dict[str, Make]:
    fake = _faker(seed)
    locales = [_faker(seed, locale) for locale in ("en_US", "de_DE", "fr_FR", "ja_JP")]
    source = "".join(inspect.getsource(module) for module in (argparse_module(), inspect, json))
    source = source.replace("@", " at ")
    return {
        "order number": lambda: rng.choice(
            (
                f"order {rng.randrange(10**9, 10**10)}",
                f"A-{rng.randrange(10**6)}",
                f"INV-2026-{rng.randrange(10**6):06}",
                f"#{rng.randrange(10**11, 10**12)}",
                f"ticket {rng.randrange(10**6, 10**7)}-{rng.randrange(100)}",
            )
        ),
        "SHA": lambda: fake.sha256() if rng.random() < 0.5 else fake.sha1(),
        "UUID": lambda: str(fake.uuid4()),
        "trace and span id": lambda: f"{rng.getrandbits(128):032x} {rng.getrandbits(64):016x}",
        "version": lambda: (
            f"v{rng.randrange(20)}.{rng.randrange(60)}.{rng.randrange(300)}"
            if rng.random() < 0.5
            else fake.chrome()
        ),
        "date and time": lambda: fake.date_time().isoformat() + rng.choice(("", "Z", "+02:00")),
        "timestamp": lambda: str(int(rng.uniform(1.5e9, 1.9e9) * 10 ** rng.choice((0, 3, 6, 9)))),
        "price": lambda: fake.pricetag() + f" or {rng.uniform(1, 99999):,.2f} EUR",
        "token counts": lambda: (
            f"input_tokens={rng.randrange(10**6)}, max_tokens: {rng.randrange(10**5)}"
        ),
        "embedding": lambda: json.dumps([rng.gauss(0, 0.05) for _ in range(24)]),
        "base64": lambda: base64.b64encode(rng.randbytes(120)).decode(),
        "ISBN and EAN": lambda: f"{fake.isbn13()} {fake.ean13()}",
        "private address": lambda: f"{fake.ipv4_private()} {fake.mac_address()}",
        "source code": lambda: _excerpt(source, rng),
        "prose": lambda: rng.choice(locales).text(300),
    }


def argparse_module() -> object:
    import argparse

    return argparse


def _excerpt(source: str, rng: random.Random) -> str:
    start = rng.randrange(len(source) - 600)
    return source[start : start + 600].replace("{", "(").replace("}", ")")


def _letters(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits, k=length))


def _quotable(fake: Faker) -> str:
    """Every sign that a password has but quotes and backslashes, which JSON escapes."""
    return "".join(each for each in fake.password(14) if each not in '"\\[{}')


def _grouped(digits: str) -> str:
    return " ".join(digits[place : place + 4] for place in range(0, 16, 4))


def _jwt(fake: Faker, rng: random.Random) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": fake.uuid4(), "name": fake.name()})
    raw = [json.dumps(part).encode() for part in parts] + [rng.randbytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in raw)


def _pem(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(400)).decode()
    kind = rng.choice(("RSA PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE", "PRIVATE"))
    lines = "\n".join(body[place : place + 64] for place in range(0, len(body), 64))
    return f"-----BEGIN {kind} KEY-----\n{lines}\n-----END {kind} KEY-----"


# In parts, so that a scanner of this repository finds no key in it. `*`: any letter or digit.
_KEYS = (
    *(("AK" + "IA", "U", 16), ("sk-" + "proj-", "*", 48), ("sk-" + "ant-api03-", "*", 60)),
    *(("gh" + "p_", "*", 36), ("github" + "_pat_", "*", 60), ("gl" + "pat-", "*", 20)),
    *(("xox" + "b-", "D", 24), ("AI" + "za", "*", 35), ("sk_" + "live_", "*", 24)),
    *(
        ("h" + "f_", "*", 34),
        ("np" + "m_", "*", 36),
        ("gs" + "k_", "*", 52),
        ("hv" + "s.", "*", 90),
    ),
    *(("shp" + "at_", "H", 32), ("tv" + "ly-", "*", 32), ("pp" + "lx-", "*", 48)),
    *(("dop" + "_v1_", "H", 64), ("NR" + "AK-", "U", 27), ("pyp" + "i-", "*", 80)),
)
_ALPHABETS = {
    "*": string.ascii_letters + string.digits,
    "U": string.ascii_uppercase + string.digits,
    "D": string.digits,
    "H": "0123456789abcdef",
}


def _key(rng: random.Random) -> str:
    prefix, alphabet, length = rng.choice(_KEYS)
    return prefix + "".join(rng.choices(_ALPHABETS[alphabet], k=length))
