"""From parsed YAML to a checked `Policy`. Every fault is a sentence: file, setting, what was seen,
what it can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from spanmart.privacy.policy import (
    ARTIFACT_KIND,
    NAMES,
    Policy,
    Retention,
    RetentionRule,
    ToolFields,
)
from spanmart.privacy.unusable import UnusableSetting
from spanmart.safe_text import one_line

# A class is a part of a path (tier 3) and a value that people type.
_CLASS_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
FOREVER = "forever"
# Beyond this a period is a typing error: dates end in the year 9999.
_MOST_DAYS = 36_500

_TOP = (
    "identity_keys",
    "hash_sessions",
    "argument_keys",
    "names",
    "tiers",
    "tools",
    "retention",
    "attributes",
)
_FIELDS = ("tenant_id", "session_id", "service_name", "tool_name")


def policy_of(
    settings: Mapping[str, Any], file: str, own_names: Mapping[str, tuple[str, ...]] | None = None
) -> Policy:
    """The policy that the settings (defaults included) say; raises UnusableSetting."""
    own_names = own_names or {}
    read = _Reader(file)
    read.known(settings, "", _TOP)
    tiers = read.mapping(settings, "", "tiers")
    read.known(tiers, "tiers", ("redacted", "raw"))
    found = read.mapping(settings, "", "attributes")
    read.known(found, "attributes", _FIELDS)
    attributes = {
        name: (*own_names.get(name, ()), *read.texts(found, "attributes", name)) for name in _FIELDS
    }
    names = settings.get("names")
    # `off` without quotes is "false" in YAML 1.1.
    names = "off" if names is False else names
    if names not in NAMES:
        read.fail("names", names, 'can be "off" or presidio')
    policy = Policy(
        identity_keys=read.texts(settings, "", "identity_keys"),
        hash_sessions=read.flag(settings, "", "hash_sessions"),
        argument_keys=read.texts(settings, "", "argument_keys"),
        names=str(names),
        keeps_redacted=read.flag(tiers, "tiers", "redacted"),
        keeps_raw=read.flag(tiers, "tiers", "raw"),
        tools=_tools(read, read.mapping(settings, "", "tools")),
        retention=_retention(read, read.mapping(settings, "", "retention")),
        attributes=attributes,
    )
    _refuse_contradictions(read, policy)
    return policy


def _tools(read: _Reader, tools: Mapping[str, Any]) -> tuple[ToolFields, ...]:
    lists = []
    for tool in tools:
        where = f"tools.{tool}"
        sides = read.mapping(tools, "tools", tool)
        read.known(sides, where, ("arguments", "result"))
        if not sides:
            read.fail(where, sides, "needs a list under `arguments` or `result`")
        fields = {side: read.texts(sides, where, side) for side in sides}
        lists.append(ToolFields(str(tool), fields.get("arguments"), fields.get("result")))
    return tuple(lists)


def _retention(read: _Reader, settings: Mapping[str, Any]) -> Retention:
    read.known(settings, "retention", ("classes", "default", "raw", "rejects", "rules"))
    classes: dict[str, int | None] = {}
    for name, days in read.mapping(settings, "retention", "classes").items():
        where = f"retention.classes.{name}"
        if not isinstance(name, str) or not _CLASS_NAME.fullmatch(name):
            read.fail(where, name, "is no name of a class: lower-case letters, digits and _")
        if days == FOREVER:
            classes[name] = None
        elif isinstance(days, int) and not isinstance(days, bool) and 0 < days <= _MOST_DAYS:
            classes[name] = days
        else:
            read.fail(where, days, f"must be whole days (1 to {_MOST_DAYS:,}) or `{FOREVER}`")

    def chosen(given: Any, where: str) -> str:
        if not isinstance(given, str) or given not in classes:
            read.fail(
                where, given, f"is no class under retention.classes{_nearest(given, classes)}"
            )
        return given

    rules = settings.get("rules")
    if not isinstance(rules, list):
        read.fail("retention.rules", rules, "must be a list of rules (or [])")
    return Retention(
        classes=classes,
        **{
            name: chosen(settings.get(name), f"retention.{name}")
            for name in ("default", "raw", "rejects")
        },
        rules=tuple(
            _rule(read, rule, f"retention.rules[{number}]", chosen)
            for number, rule in enumerate(rules, start=1)
        ),
    )


def _rule(read: _Reader, rule: Any, where: str, chosen: Any) -> RetentionRule:
    if not isinstance(rule, dict):
        read.fail(where, rule, "must be a mapping with `class` and `when`")
    read.known(rule, where, ("class", "when"))
    conditions = read.mapping(rule, where, "when")
    if not conditions:
        read.fail(f"{where}.when", conditions, "must name at least one condition")
    when = {
        str(key): read.texts(conditions, f"{where}.when", key, may_be_one=True)
        for key in conditions
    }
    # A misspelt field would be looked for as an attribute, and the rule would never match.
    for key in when:
        near = get_close_matches(key, (*_FIELDS, ARTIFACT_KIND), n=1, cutoff=0.8)
        if near and near[0] != key:
            read.fail(f"{where}.when", key, f"is no condition: did you mean {near[0]}?")
    return RetentionRule(chosen(rule.get("class"), f"{where}.class"), when)


def _refuse_contradictions(read: _Reader, policy: Policy) -> None:
    retention = policy.retention
    if retention.classes[retention.raw] is None:
        read.fail(
            "retention.raw", retention.raw, "keeps forever; raw content needs a class that ends"
        )
    if policy.keeps_raw and not policy.keeps_redacted:
        read.say(
            "tiers.raw is on and tiers.redacted is off: that would keep content only as it came. "
            "Turn both on, or raw off"
        )
    if policy.names != "off" and not policy.keeps_redacted:
        read.say(f"names is {policy.names} and tiers.redacted is off: there is no content to read")
    seen: set[str] = set()
    for each in policy.tools:
        if "*" in seen:
            read.say(f"tools.{each.tool} stands after tools.*, which takes every tool before it")
        seen.add(each.tool)


class _Reader:
    """Takes settings by name, and says what is wrong with one."""

    def __init__(self, file: str) -> None:
        self._file = file

    def known(self, settings: Mapping[str, Any], where: str, names: Iterable[str]) -> None:
        names = tuple(names)
        for key in settings:
            if key not in names:
                raise self._fault(
                    f"{_path(where, key)} is no setting{_nearest(key, names)}. "
                    f"Known: {', '.join(names)}"
                )

    def mapping(self, settings: Mapping[str, Any], where: str, name: str) -> Mapping[str, Any]:
        value = settings.get(name)
        if not isinstance(value, dict):
            self.fail(_path(where, name), value, "must hold settings (`key: value`)")
        return value

    def flag(self, settings: Mapping[str, Any], where: str, name: str) -> bool:
        value = settings.get(name)
        if not isinstance(value, bool):
            self.fail(_path(where, name), value, "must be true or false")
        return value

    def texts(
        self, settings: Mapping[str, Any], where: str, name: str, may_be_one: bool = False
    ) -> tuple[str, ...]:
        value = settings.get(name)
        if may_be_one and not isinstance(value, list):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            self.fail(_path(where, name), value, "must be a list of texts")
        return tuple(value)

    def fail(self, setting: str, seen: Any, wanted: str) -> NoReturn:
        shown = "nothing" if seen is None else repr(seen)
        raise self._fault(f"{setting}: {shown} {wanted}")

    def say(self, sentence: str) -> NoReturn:
        raise self._fault(sentence)

    def _fault(self, sentence: str) -> UnusableSetting:
        return UnusableSetting(f"privacy policy {self._file}: {one_line(sentence)}")


def _path(where: str, name: Any) -> str:
    return f"{where}.{name}" if where else str(name)


def _nearest(given: Any, names: Iterable[str]) -> str:
    near = get_close_matches(str(given), list(names), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
