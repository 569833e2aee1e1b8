"""Ids of people and accounts in the payloads of tools become keyed hashes; nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanmart.redaction.identity import Identities

IDENTITIES = Identities(b"secret")
REPLACE = IDENTITIES.in_tool_payload()
HASH = IDENTITIES.hashed

HASHED = [
    *("customer_id", "customerId", "CustomerID", "customer-id", "primary_customer_id"),
    *("primaryCustomerId", "accountNumber", "account_number", "acct_no", "user_id", "userId"),
    *("patient_id", "employeeNumber", "member_ref", "username", "user_name", "customer_email"),
    *("contact_email", "passport_number", "policy_number", "national_id", "tax_id", "ssn", "iban"),
    *("phone_number", "card_number", "device_id", "recipient_name", "billing.customer_id"),
]
KEPT = [
    *("order_id", "orderNumber", "product_id", "document_id", "ticket_id", "id", "discard_id"),
    *(
        "discardId",
        "postcardno",
        "trace_id",
        "tool_call_id",
        "model_name",
        "file_name",
        "tenant_id",
    ),
    *("session_id", "query", "customer_tier", "account_type", "user_agent", "policy_id", "name"),
]


@pytest.mark.parametrize("name", HASHED)
def test_a_name_of_somebody_is_hashed(name: str) -> None:
    text = json.dumps({name: "C-17", "x": 1})
    assert json.loads(REPLACE(text)[0]) == {name: HASH("C-17"), "x": 1}
    assert pl.Series([text]).str.contains(IDENTITIES.tool_hint).item()


@pytest.mark.parametrize("name", KEPT)
def test_a_name_of_something_is_kept(name: str) -> None:
    text = json.dumps({name: "C-17"})
    assert REPLACE(text) == (text, 0)


def test_every_form_of_a_value() -> None:
    given = {
        "customer_id": 17,
        "account_id": None,
        "member_ids": ["a", 2, None],
        "customer": {"id": "C-17", "email": "a@example.com", "tier": "gold"},
        "owner_name": "left alone",
        "client_name": 'Smith, "Bo" \\ Zoë {x}',
        "items": [{"user_id": "u", "amount": 1.5}],
    }
    wanted = {
        "customer_id": HASH("17"),
        "account_id": None,
        "member_ids": [HASH("a"), HASH("2"), None],
        "customer": {"id": HASH("C-17"), "email": HASH("a@example.com"), "tier": "gold"},
        "owner_name": "left alone",
        "client_name": HASH('Smith, "Bo" \\ Zoë {x}'),
        "items": [{"user_id": HASH("u"), "amount": 1.5}],
    }
    for ascii_only in (True, False):
        once = json.dumps(given, ensure_ascii=ascii_only)
        assert json.loads(REPLACE(once)[0]) == wanted
        twice = json.dumps({"arguments": once}, ensure_ascii=ascii_only)
        assert json.loads(json.loads(REPLACE(twice)[0])["arguments"]) == wanted
    assert REPLACE(once)[1] == 7


def test_what_python_prints_of_a_dictionary_is_read_too() -> None:
    text = repr({"customer_id": "C-17", "n": 1})
    assert REPLACE(text) == (repr({"customer_id": HASH("C-17"), "n": 1}), 1)


def test_the_same_person_has_the_same_hash_in_arguments_and_attributes() -> None:
    """So that a user's spans join with the calls that were about them."""
    name = "Zoë 🦊"
    for text in (json.dumps({"user_id": name}), json.dumps({"user_id": name}, ensure_ascii=False)):
        for replace in (REPLACE, IDENTITIES.in_json(True), IDENTITIES.in_json(False)):
            assert json.loads(replace(text)[0]) == {"user_id": HASH(name)}
    assert HASH(name) == Identities(b"secret").hashed(name)


def test_hashing_again_changes_nothing() -> None:
    once = REPLACE(json.dumps({name: "C-17" for name in HASHED}))[0]
    assert REPLACE(once)[0] == once


def test_own_names_and_sessions_on_request() -> None:
    own = Identities(b"secret", hash_sessions=True, argument_keys=["contractRef"])
    text = json.dumps({"contractRef": "k", "session_id": "s", "sessionId": "s"})
    assert set(json.loads(own.in_tool_payload()(text)[0]).values()) == {HASH("k"), HASH("s")}
    assert REPLACE(text) == (text, 0)
    for key in ("session.id", "traceloop.association.properties.session_id", "app.sessionId"):
        assert own.is_identity(key) and not IDENTITIES.is_identity(key)
    for name in ("contractRef", "session_id"):
        assert pl.Series([json.dumps({name: "k"})]).str.contains(own.tool_hint).item()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*HASHED[:6], *KEPT[:6], "customer"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(VALUES, st.booleans())
def test_json_stays_json_of_the_same_shape(value: Any, ascii_only: bool) -> None:
    before = json.dumps(value, ensure_ascii=ascii_only)
    after = REPLACE(before)[0]
    assert _shape(json.loads(after)) == _shape(value)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    return [_shape(each) for each in value] if isinstance(value, list) else None
