"""The privacy policy as types. `policy_file` reads it; nothing here looks at the disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

# Conditions of a retention rule that are no attribute keys.
ARTIFACT_KIND = "artifact_kind"
NAMES = ("off", "presidio")


@dataclass(frozen=True)
class ToolFields:
    """Which JSON fields of a tool's payloads stay. None: no list, so all of that side stays."""

    tool: str
    arguments: tuple[str, ...] | None = None
    result: tuple[str, ...] | None = None


@dataclass(frozen=True)
class RetentionRule:
    """Content that meets all conditions (each a field or attribute key with globs) gets the
    class."""

    retention_class: str
    when: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Retention:
    """Classes with their days (None: forever), and who gets which."""

    classes: Mapping[str, int | None]
    default: str
    raw: str
    rejects: str
    rules: tuple[RetentionRule, ...] = ()

    def raw_class(self, of_redacted: str) -> str:
        """The class of raw content whose redacted form has this class: the one that ends first."""
        own, other = self.classes[self.raw], self.classes.get(of_redacted)
        return of_redacted if other is not None and own is not None and other < own else self.raw

    def landed_before(self, retention_class: str, as_of: datetime) -> datetime | None:
        """What landed before this time has expired; None where nothing ever does.

        A class that the policy no longer defines counts as the default one: content must not
        become eternal because somebody took a line out of a file.
        """
        days = self.classes.get(retention_class, self.classes[self.default])
        return None if days is None else as_of - timedelta(days=days)


@dataclass(frozen=True)
class Policy:
    """What is kept of content, in which tier and for how long."""

    retention: Retention
    identity_keys: tuple[str, ...] = ()
    hash_sessions: bool = False
    argument_keys: tuple[str, ...] = ()
    names: str = "off"
    keeps_redacted: bool = True
    keeps_raw: bool = False
    tools: tuple[ToolFields, ...] = ()
    # Field of a rule -> attribute keys that hold it, most specific first.
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def fields_of(self, tool: str | None) -> ToolFields | None:
        """The list for a tool; a call whose tool nothing names is only under the list for `*`."""
        for each in self.tools:
            if each.tool == "*" or (tool is not None and fnmatchcase(tool, each.tool)):
                return each
        return None

    def all_identity_keys(self) -> tuple[str, ...]:
        """Keys whose values become keyed hashes, sessions among them where that is asked for."""
        sessions = self.attributes.get("session_id", ()) if self.hash_sessions else ()
        return (*self.identity_keys, *(key.removeprefix("resource:") for key in sessions))
