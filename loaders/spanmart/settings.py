"""Where things are and what is secret: the settings that the command line and dbt share."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DEFAULT_LANDING = Path("landing")
DEFAULT_WAREHOUSE = Path("warehouse/spanmart.duckdb")
# The secret is never written where exports or results go: it stands beside the landing directory.
KEY_SUFFIX = ".hash_key"
_KEY_MODE = 0o600
_KEY_BYTES = 32


class UnusableSetting(ValueError):
    """A setting that cannot be used as it is."""


@dataclass(frozen=True)
class HashKey:
    """The secret of the keyed hashes. `made_at` is set when this run had to make one."""

    secret: bytes = field(repr=False)
    made_at: Path | None = None


@dataclass(frozen=True)
class Settings:
    """The knobs of landing. A default's reason stands beside it."""

    # A longer attribute value is content whatever its key is called: it moves to the artifacts
    # table, which keeps the spans table narrow. Structured values that models read (see
    # landing/content.py) stay.
    long_value_chars: int = 4096
    # Batches are kept in memory up to this much, then spooled to disk, so that a file of any size
    # lands.
    spool_bytes: int = 256 << 20
    # Files are committed together up to this much input: many small files make one Parquet file a
    # table, and a run that is killed loses no more work than this.
    commit_bytes: int = 512 << 20
    # More keys whose values identify a person, beyond the rule in redaction/identity.py.
    identity_keys: tuple[str, ...] = ()

    @classmethod
    def load(cls, project: Path | None = None) -> Settings:
        """The defaults, and the identity keys that the dbt project in `project` (here, if None)
        names."""
        return cls(identity_keys=tuple(identity_keys(project or Path.cwd())))


def landing_directory(given: Path | None = None) -> Path:
    return given or Path(os.environ.get("SPANMART_LANDING") or DEFAULT_LANDING)


def warehouse_file(given: Path | None = None) -> Path:
    return given or Path(os.environ.get("SPANMART_WAREHOUSE") or DEFAULT_WAREHOUSE)


def hash_key(landing: Path) -> HashKey:
    """SPANMART_HASH_KEY, or the key beside the landing directory, which is made if there is
    none."""
    if from_environment := os.environ.get("SPANMART_HASH_KEY"):
        return HashKey(from_environment.encode())
    path = landing.absolute().with_name(landing.absolute().name + KEY_SUFFIX)
    made_at = None if path.exists() else path
    if made_at:
        _make_key(path)
    secret = path.read_bytes().strip()
    if not secret:
        raise UnusableSetting(f"{path} is empty: restore it, or delete it to have a new key made")
    return HashKey(secret, made_at)


def identity_keys(project: Path) -> Iterator[str]:
    """Attribute keys that the dbt setting `attribute_aliases` lists under `user_id_hash`.

    An entry is `KEY`, `resource:KEY` or `KEY#json.path`, each perhaps with a factor (`*1000`); the
    key is what is hashed here.
    """
    path = project / "dbt_project.yml"
    if not path.is_file():
        return
    try:
        parsed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UnusableSetting(f"{path} is not YAML: {error}") from error
    variables = _mapping(_mapping(parsed).get("vars"))
    scopes = [_mapping(variables.get("spanmart")), variables]
    for scope in scopes:
        listed = _mapping(scope.get("attribute_aliases")).get("user_id_hash")
        for entry in listed if isinstance(listed, list) else [listed]:
            if isinstance(entry, str):
                yield re.sub(r"\*[0-9.]+$", "", entry).removeprefix("resource:")


def _make_key(path: Path) -> None:
    """Whole or not at all, and once: of two landers that start together one makes it, both use
    it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _KEY_MODE)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
