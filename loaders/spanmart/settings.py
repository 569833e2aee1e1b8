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

from spanmart import bounds
from spanmart.bounds import Bounds
from spanmart.privacy.policy import Policy
from spanmart.privacy.policy_file import default_policy, load_policy, require_ready
from spanmart.privacy.unusable import UnusableSetting as UnusableSetting

DEFAULT_LANDING = Path("landing")
DEFAULT_WAREHOUSE = Path("warehouse/spanmart.duckdb")
# The secret is never written where exports or results go: it stands beside the landing directory.
KEY_SUFFIX = ".hash_key"
_KEY_MODE = 0o600
_KEY_BYTES = 32
# Tier 3 stands beside the landing directory too: who may read the one need not read the other.
RAW_SUFFIX = ".raw"


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
    # Rows wait in memory up to this much, then they are written to the draft of their table. A row
    # group takes at most landing.parquet.ROW_GROUP_BYTES of it.
    draft_bytes: int = 64 << 20
    # Files are committed together up to this much input: many small files make one Parquet file a
    # table, and a run that is killed loses no more work than this.
    commit_bytes: int = 512 << 20
    # A bigger file of lines or frames lands in parts, so that the keys of its records, by which a
    # commit tells what is new, do not grow with it.
    part_bytes: int = 512 << 20
    # A compressed file may become this large, and this many times larger than it is (looked at once
    # it has become 256 MB). The first is what a day of a million calls of 100 KB would be. The
    # exports that we tested with compress 10 to 25 fold, one line repeated 230 fold (gzip), and a
    # gzip made to fill a disk 1,032 fold, which is the most that its format can.
    max_decompressed_bytes: int = 100 << 30
    max_compression_ratio: int = 500
    # More keys whose values identify a person, beyond the rule in redaction/identity.py.
    identity_keys: tuple[str, ...] = ()
    # What is kept of content and for how long: privacy/default.yml says why for each of its knobs.
    policy: Policy = field(default_factory=default_policy)
    # How much of one record is landed: bounds.py says why for each of them.
    bounds: Bounds = field(default_factory=Bounds)

    @classmethod
    def load(cls, project: Path | None = None, policy_file: Path | None = None) -> Settings:
        """The defaults, the privacy policy (`policy_file`, else SPANMART_PRIVACY, else the
        project's privacy.yml) and the identity keys that the dbt project in `project` names.

        Raises UnusableSetting where a setting is wrong, contradicts another, or asks for what is
        not there (tier 3 without its key).
        """
        project = project or project_directory()
        policy = privacy_policy(project, policy_file)
        require_ready(policy)
        keys = (*identity_keys(project), *policy.all_identity_keys())
        return cls(
            identity_keys=tuple(dict.fromkeys(keys)),
            policy=policy,
            bounds=Bounds.from_environment(),
            max_decompressed_bytes=bounds.most(
                "decompressed_bytes", cls.max_decompressed_bytes, below=1 << 63
            ),
            max_compression_ratio=bounds.most("compression_ratio", cls.max_compression_ratio),
        )


def project_directory() -> Path:
    """The dbt project: DBT_PROJECT_DIR, or this folder."""
    return Path(os.environ.get("DBT_PROJECT_DIR") or Path.cwd())


def privacy_policy(project: Path | None = None, given: Path | None = None) -> Policy:
    """The policy in force, checked in itself; whether this machine can keep it is not asked."""
    project = project or project_directory()
    aliases = {
        field_name: tuple(attribute_aliases(project, field_name))
        for field_name in default_policy().attributes
    }
    return load_policy(project, given, aliases)


def landing_directory(given: Path | None = None) -> Path:
    return given or Path(os.environ.get("SPANMART_LANDING") or DEFAULT_LANDING)


def raw_directory(landing: Path, given: Path | None = None) -> Path:
    """Where tier 3 lies: SPANMART_RAW_LANDING, or beside the landing directory, never in it.

    Raises UnusableSetting for a place inside the landing directory, or one that holds it.
    """
    named = given or (Path(text) if (text := os.environ.get("SPANMART_RAW_LANDING")) else None)
    beside = landing.absolute().with_name(landing.absolute().name + RAW_SUFFIX)
    raw = (named or beside).absolute()
    inside, outside = raw.resolve(), landing.resolve()
    if inside.is_relative_to(outside) or outside.is_relative_to(inside):
        raise UnusableSetting(
            f"raw content cannot lie in {raw}: whoever reads the landing directory {landing} would "
            "read it too. Name another place in SPANMART_RAW_LANDING"
        )
    return raw


def warehouse_file(given: Path | None = None) -> Path:
    return given or Path(os.environ.get("SPANMART_WAREHOUSE") or DEFAULT_WAREHOUSE)


def hash_key(landing: Path) -> HashKey:
    """SPANMART_HASH_KEY, or the key beside the landing directory, which is made if there is
    none."""
    if from_environment := os.environ.get("SPANMART_HASH_KEY"):
        return HashKey(from_environment.encode())
    path = hash_key_file(landing)
    made_at = None if path.exists() else path
    if made_at:
        _make_key(path)
    secret = path.read_bytes().strip()
    if not secret:
        raise UnusableSetting(f"{path} is empty: restore it, or delete it to have a new key made")
    return HashKey(secret, made_at)


def existing_hash_key(landing: Path) -> HashKey | None:
    """As `hash_key`, but None where there is none: a new one would recognise nobody."""
    if os.environ.get("SPANMART_HASH_KEY") or hash_key_file(landing).exists():
        return hash_key(landing)
    return None


def hash_key_file(landing: Path) -> Path:
    return landing.absolute().with_name(landing.absolute().name + KEY_SUFFIX)


def identity_keys(project: Path) -> Iterator[str]:
    """Attribute keys that the dbt setting `attribute_aliases` lists under `user_id_hash`."""
    for key in attribute_aliases(project, "user_id_hash"):
        yield key.removeprefix("resource:")


def attribute_aliases(project: Path, field_name: str) -> Iterator[str]:
    """What the dbt setting `attribute_aliases` of a project lists under a field.

    An entry is `KEY`, `resource:KEY` or `KEY#json.path`; a factor behind it (`*1000`) is dropped.
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
        listed = _mapping(scope.get("attribute_aliases")).get(field_name)
        for entry in listed if isinstance(listed, list) else [listed]:
            if isinstance(entry, str):
                yield re.sub(r"\*[0-9.]+$", "", entry)


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
