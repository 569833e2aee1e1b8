"""The loader and the models read the same attributes.

What one splits off or hashes, the other must not miss.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest

from spanmart.landing.content import artifact_kind
from spanmart.redaction.identity import IDENTITY_KEY, IN_PARAMETERS

ROOT = Path(__file__).resolve().parents[2]


class _Returned(Exception):
    pass


@pytest.fixture(scope="module")
def aliases() -> dict[str, list[str]]:
    """Canonical field to keys, as the macro says it."""

    def returned(value: Any) -> None:
        raise _Returned(value)

    source = (ROOT / "macros/spans/attribute_aliases.sql").read_text()
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module = environment.from_string(source, globals={"return": returned}).module
    with pytest.raises(_Returned) as raised:
        module.attribute_aliases()  # type: ignore[attr-defined]
    return {field: keys for field, (_, keys) in raised.value.args[0].items()}


def _attribute(key: str) -> str:
    return key.partition("*")[0].removeprefix("resource:").partition("#")[0]


def test_no_attribute_that_models_read_is_split_off_as_content(
    aliases: dict[str, list[str]],
) -> None:
    split_off = {
        key
        for keys in aliases.values()
        for key in keys
        if artifact_kind(_attribute(key)) is not None
    }
    assert not split_off


def test_every_shipped_name_of_a_user_is_hashed_by_the_loader(
    aliases: dict[str, list[str]],
) -> None:
    for key in aliases["user_id_hash"]:
        name, _, member = key.partition("#")
        if member:
            assert IN_PARAMETERS.search(f'{{"{member}": "someone"}}'), key
        else:
            assert IDENTITY_KEY.search(name), key


def test_no_key_stands_twice_under_one_field(aliases: dict[str, list[str]]) -> None:
    for field, keys in aliases.items():
        assert len(keys) == len(set(keys)), field
