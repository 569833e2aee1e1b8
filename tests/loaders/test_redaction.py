"""Every detector finds what it is for, and leaves alone what only looks like it."""

from __future__ import annotations

import json
import uuid

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanmart.redaction.detectors import DETECTORS
from spanmart.redaction.identity import Identities
from spanmart.redaction.masking import mask, mask_text

# Built from parts, so that a scanner of this repository finds no key in it.
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
OPENAI = "sk-" + "proj-abcdefghij0123456789"
ANTHROPIC = "sk-" + "ant-api03-AbCdEfGhIjKlMnOpQr"
GITHUB = "ghp" + "_0123456789abcdefghij0123456789abcdef"
SLACK = "xox" + "b-123456789012-abcdefghijkl"
GOOGLE = "AIza" + "SyA1234567890abcdefghijklmnopqrstuv"
STRIPE = "sk_" + "live_0123456789abcdefghij"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-123"
PRIVATE_KEY = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEabc\n-----END RSA PRIVATE " + "KEY-----"

FOUND = [
    ("write to alice@example.com now", "write to [email] now"),
    ("bob.o'neil+tag@mail.example.co.uk", "[email]"),
    ("jürgen@größe.example", "[email]"),
    ("call +49 170 1234567 today", "call [phone] today"),
    ("+1-415-555-0132", "[phone]"),
    ("+44 (0)20 7946 0958", "[phone]"),
    ("0049 170 1234567", "[phone]"),
    ("(415) 555-0132 or 415-555-0132", "[phone] or [phone]"),
    ("card 4111 1111 1111 1111 ok", "card [card] ok"),
    ("5555-5555-5555-4444", "[card]"),
    ("amex 378282246310005", "amex [card]"),
    ("3782 822463 10005", "[card]"),
    ("IBAN DE89 3704 0044 0532 0130 00 and", "IBAN [iban] and"),
    ("GB82WEST12345698765432", "[iban]"),
    ("from 8.8.8.8", "from [ip]"),
    ("http://93.184.216.34:80/x", "http://[ip]:80/x"),
    ("2001:db8::8a2e:370:7334", "[ip]"),
    (AWS, "[api_key]"),
    (OPENAI, "[api_key]"),
    (ANTHROPIC, "[api_key]"),
    (GITHUB, "[api_key]"),
    (SLACK, "[api_key]"),
    (GOOGLE, "[api_key]"),
    (STRIPE, "[api_key]"),
    (JWT, "[jwt]"),
    ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [token]"),
    ("authorization: Basic dXNlcjpwYXNzd29yZA==", "authorization: Basic [token]"),
    (f"a {PRIVATE_KEY} b", "a [private_key] b"),
    ("postgres://bob:hunter2@db/x", "postgres://bob:[password]@db/x"),
    ("password=hunter22&x=1", "password=[secret]&x=1"),
    ('{"api_key": "abcdefgh", "x": 1}', '{"api_key": "[secret]", "x": 1}'),
    ("AWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI", "AWS_SECRET_ACCESS_KEY = [secret]"),
    ("my password is hunter2.", "my password is [secret]."),
    ("clientSecret: abc123def", "clientSecret: [secret]"),
    ("PGPASSWORD=hunter22", "PGPASSWORD=[secret]"),
    ('{"password": "a,b;c d&e"}', '{"password": "[secret]"}'),
    ("{'password': 'a b,c', 'x': 1}", "{'password': '[secret]', 'x': 1}"),
    ('{"password": 12345678, "x": 1}', '{"password": "[secret]", "x": 1}'),
    ("token=" + "0123456789abcdef0123", "token=[secret]"),
    ("redis://:hunter2@cache:6379", "redis://:[password]@cache:6379"),
    ("gl" + "pat-0123456789abcdefghij", "[api_key]"),
    ("h" + "f_abcdefghijklmnopqrstuvwxyz0123456789", "[api_key]"),
    ("np" + "m_0123456789abcdefghij0123456789abcdef", "[api_key]"),
    ("acme_live_" + "0123456789abcdefghij", "[api_key]"),
    ("tv" + "ly-0123456789abcdefghij", "[api_key]"),
    ("S" + "G.0123456789abcdefgh.0123456789abcdefgh", "[api_key]"),
    ("my SSN: 123-45-6789.", "my SSN: [national_id]."),
    ('{"ssn": "123456789"}', '{"ssn": "[national_id]"}'),
    ("NINO AB 12 34 56 C", "NINO [national_id]"),
    ("DNI 12345678Z, NIE X1234567L", "DNI [national_id], NIE [national_id]"),
    ("RSSMRA85T10A562S", "[national_id]"),
    ("1 85 05 78 006 084 91", "[national_id]"),
    ("born 811228-9874", "born [national_id]"),
    ("529.982.247-25 and 11.222.333/0001-81", "[national_id] and [national_id]"),
    ("11010519491231002X", "[national_id]"),
    ("756.9217.0769.85", "[national_id]"),
    ("my PESEL is 44051401359", "my PESEL is [national_id]"),
    ("BSN 111222333", "BSN [national_id]"),
    ("call me, phone: 0170 1234567", "call me, phone: [phone]"),
    ("Tel: (030) 901820", "Tel: [phone]"),
    ("(+358) 40 1234567", "[phone]"),
    ("415.555.0132x77", "[phone]"),
    ("card no. 6759 6498 2643 8453", "card no. [card]"),
    ("::ffff:8.8.8.8", "[ip]"),
]

LEFT_ALONE = [
    "0af7651916cd43dd8448eb211c80319c",
    "d41d8cd98f00b204e9800998ecf8427e",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "66c7cf45-0045-4123-9e91-251ee91aa166",
    "chatcmpl-66c7cf45-645-415-9e91",
    "1795254720957611856",
    "1795254720957",
    "2026-11-21T10:00:00+02:00",
    "2026-11-21 10:00:00.123456",
    "order A-1000, invoice 2026-000123",
    "order 4012888888881882",
    "4111111111111112",
    "DE89370400440532013001",
    "gpt-4o-2024-08-06",
    "1.45.2",
    "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
    "http://127.0.0.1:45877/v1/",
    "10.0.0.12 and 192.168.1.1",
    "std::string ab::cd 10:00:00",
    "0.4111111111111111",
    "max_tokens=2000, completion_tokens: 12345",
    "the password is incorrect",
    "Password reset: use the reset link",
    "risk-assessment-framework-for-banks",
    "task-queue-0123456789abcdef",
    "npm install @scope/package@1.2.3",
    "[0.24618297815322876, 0.12309148907661438]",
    "4006381333931",  # an EAN, which thirteen digits of a card would be
    "11010519491231002Y and 11019949123100200",
    "123-45-67890 and 000-45-6789",
    "123.456.789-00",
    "44051401359",
    "2026-11-21-1015, 20261121-101500",
    "tel 3.14159265 seconds",
    "phone model 2026-11-21",
    "version 8.8.4.4 of 1.3.6.1.4.1.311.21",
    "call_0123456789abcdefghijkl",
    "user_preferences_and_settings_store",
    '{"show_password": false, "reset_token": null}',
    "password: ${DB_PASSWORD}",
    "next_page_token=2",
    "12 345 678 900 EUR",
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_it_is_masked(text: str, expected: str) -> None:
    assert mask_text(text) == expected


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_it_is_left_alone(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_it_is_masked_behind_an_escape_and_the_json_stays_json(text: str, expected: str) -> None:
    """Content is often JSON in an attribute, and JSON in that JSON."""
    once = json.dumps({"content": f"first line\n{text}"})
    masked = json.loads(mask_text(once))["content"]
    assert masked == f"first line\n{expected}"
    twice = json.dumps({"outer": once})
    inner = json.loads(json.loads(mask_text(twice))["outer"])["content"]
    assert inner == f"first line\n{expected}"


def test_long_and_short_columns_are_masked_alike() -> None:
    """Which search is used depends on the length of the text; what it finds must not."""
    short = [text for text, _ in FOUND] * 300
    long = [text + " and so on" * 100 for text, _ in FOUND] * 20
    for texts in (short, long):
        alone = {text: mask(pa.array([text])) for text in set(texts)}
        masked = mask(pa.array([*texts, None]))
        assert masked.texts.to_pylist() == [*(alone[text].texts[0].as_py() for text in texts), None]
        counts = [0 if alone[text].counts is None else int(alone[text].counts[0]) for text in texts]
        assert masked.counts is not None
        assert masked.counts.tolist() == [*counts, 0]
        assert min(counts) > 0


def test_masks_are_counted() -> None:
    masked = mask(pa.array(["a@example.com, b@example.com", "nothing", "c@example.com 8.8.8.8"]))
    assert masked.counts is not None
    assert masked.counts.tolist() == [2, 0, 2]


def test_masking_what_is_masked_changes_nothing() -> None:
    for _, expected in FOUND:
        assert mask_text(expected) == expected


def test_every_detector_has_an_example() -> None:
    for detector in DETECTORS:
        seen = pl.Series([text for text, _ in FOUND])
        assert seen.str.contains(detector.pattern).any(), detector.name
        masks = [expected for _, expected in FOUND if detector.mask in expected]
        assert masks, detector.name


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_what_a_pattern_matches_its_hint_matches_too(text: str, expected: str) -> None:
    """A hint that is narrower than its pattern would hide secrets from it."""
    row = pl.Series([text])
    for detector in DETECTORS:
        if row.str.contains(detector.pattern).item() and detector.check is None:
            assert row.str.contains(detector.hint).item(), detector.name


# Fragments that patterns are made of, so that what is put together comes near to them.
FRAGMENTS = st.sampled_from(
    [text for text, _ in FOUND]
    + LEFT_ALONE
    + [" ", "\n", '"', "\\", ": ", "=", "@", "é", "\u2028", "'", "{", "[", "0", "4111", "+"]
)
# Parted: of two values that are glued together, the first one's mask is an edge for the second.
TEXTS = st.lists(FRAGMENTS, max_size=5).map("; ".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_masking_again_changes_nothing(text: str) -> None:
    once = mask_text(text)
    assert mask_text(once) == once


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["content", "password", "card", "x"]), TEXTS), st.booleans())
def test_json_stays_json_with_the_same_names(record: dict[str, str], ascii_only: bool) -> None:
    once = json.dumps(record, ensure_ascii=ascii_only)
    assert json.loads(mask_text(once)).keys() == record.keys()
    twice = json.dumps({"outer": once}, ensure_ascii=ascii_only)
    assert json.loads(json.loads(mask_text(twice))["outer"]).keys() == record.keys()


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8))
def test_ids_of_traces_and_spans_are_never_masked(trace: bytes, span: bytes) -> None:
    text = f"{trace.hex()} {uuid.UUID(bytes=trace)} 00-{trace.hex()}-{span.hex()}-01 {span.hex()}"
    assert mask_text(text) == text


def test_two_values_in_a_row_are_both_masked() -> None:
    iban = "GB82WEST12345698765432"
    assert mask_text(f"{iban} {iban}") == "[iban] [iban]"
    assert mask_text("12 4111 1111 1111 1111") == "12 [card]"


@pytest.mark.parametrize("value", [4111111111111111, 5555555555554444])
def test_a_number_in_json_becomes_text(value: int) -> None:
    once = json.dumps({"a": value, "b": 1})
    assert json.loads(mask_text(once)) == {"a": "[card]", "b": 1}
    assert json.loads(json.loads(mask_text(json.dumps({"o": once})))["o"])["a"] == "[card]"


IDENTITIES = Identities(b"secret", ["app.uid", "metadata#who"])


@pytest.mark.parametrize(
    "key",
    [
        *(
            "user.id",
            "enduser.id",
            "user.email",
            "user.name",
            "userId",
            "app.user_id",
            "gen_ai.user",
            "llm.user",
        ),
        *(
            "traceloop.association.properties.user_id",
            "ai.telemetry.metadata.userId",
            "langfuse.user.id",
        ),
        *("mlflow.trace.user", "metadata.user", "endUserId", "app.uid"),
    ],
)
def test_keys_that_name_a_person(key: str) -> None:
    assert IDENTITIES.is_identity(key)


@pytest.mark.parametrize(
    "key",
    [
        "user_agent.original",
        "user_agent.name",
        "http.user_agent",
        "user.roles",
        "db.user",
        "gen_ai.system",
        "session.id",
    ],
)
def test_keys_that_do_not(key: str) -> None:
    assert not IDENTITIES.is_identity(key)


def test_a_person_has_one_hash_for_one_secret() -> None:
    assert IDENTITIES.hashed("alice") == Identities(b"secret").hashed("alice")
    assert IDENTITIES.hashed("alice") != Identities(b"another").hashed("alice")
    assert IDENTITIES.hashed(IDENTITIES.hashed("alice")) == IDENTITIES.hashed("alice")


def test_people_in_json_are_hashed_and_the_json_stays_json() -> None:
    replace = IDENTITIES.in_json(is_content=False)
    given = {
        "user_id": "alice",
        "n": {"userId": 7},
        "user": "bob",
        "who": "eve",
        "prompt": "user: hi",
    }
    hashed, count = replace(json.dumps(given))
    h = IDENTITIES.hashed
    assert json.loads(hashed) == {
        "user_id": h("alice"),
        "n": {"userId": h("7")},
        "user": h("bob"),
        "who": h("eve"),
        "prompt": "user: hi",
    }
    assert count == 4


def test_a_dialogue_is_no_person() -> None:
    text = json.dumps([{"user": "where is my order", "role": "user"}])
    assert IDENTITIES.in_json(is_content=True)(text) == (text, 0)
