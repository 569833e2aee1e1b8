"""Reads and checks privacy.yml: the package's defaults, and over them what a project's own file
says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from spanmart.privacy.policy import Policy
from spanmart.privacy.policy_fields import policy_of
from spanmart.privacy.raw_key import RawKey
from spanmart.privacy.unusable import UnusableSetting

FILE_NAME = "privacy.yml"
_DEFAULT = Path(__file__).with_name("default.yml")


@cache
def default_policy() -> Policy:
    """The policy of the package's own file."""
    return policy_of(_read(_DEFAULT), _DEFAULT.name)


def load_policy(
    project: Path,
    given: Path | None = None,
    aliases: Mapping[str, Iterable[str]] | None = None,
) -> Policy:
    """The defaults, changed by `given`, else SPANMART_PRIVACY, else `privacy.yml` in `project`.

    `aliases` are a project's own attribute names by field; they win over those of the policy.
    Raises UnusableSetting with a sentence that names the file and the setting.
    """
    settings = _read(_DEFAULT)
    path = _own_file(project, given)
    if path is not None:
        settings = _merged(settings, _read(path))
    own = {field: tuple(keys) for field, keys in (aliases or {}).items()}
    return policy_of(settings, str(path or _DEFAULT.name), own)


def require_ready(policy: Policy) -> None:
    """Raises UnusableSetting where the policy asks for what this machine does not have."""
    if policy.keeps_raw:
        RawKey.from_environment()
    if policy.names == "presidio" and find_spec("presidio_analyzer") is None:
        raise UnusableSetting(
            "the privacy policy says `names: presidio`, which is not installed: "
            "pip install 'spanmart[presidio]', or set `names: \"off\"`"
        )


def _own_file(project: Path, given: Path | None) -> Path | None:
    named = given or (Path(text) if (text := os.environ.get("SPANMART_PRIVACY")) else None)
    if named is not None:
        if not named.is_file():
            raise UnusableSetting(f"there is no privacy policy at {named}")
        return named
    path = project / FILE_NAME
    return path if path.is_file() else None


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a fault: the last one would win in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise UnusableSetting(f"line {line}: `{key.value}` stands there twice")
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _read(path: Path) -> dict[str, Any]:
    try:
        # A subclass of the safe loader.
        parsed = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        raise UnusableSetting(f"{path} is not YAML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableSetting(f"{path} cannot be read: {error}") from error
    except UnusableSetting as error:
        raise UnusableSetting(f"{path}, {error}") from error
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise UnusableSetting(f"{path} must hold settings (`key: value`), not a {_kind(parsed)}")
    return parsed


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` wins; mappings are merged key by key, its keys first: the first glob counts."""
    merged = {**above, **{key: value for key, value in below.items() if key not in above}}
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            merged[key] = _merged(below[key], value)
    return merged


def _kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "plain value"
