"""The policy: one default, a project's file over it, and a sentence for all that is wrong."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest

from spanmart.privacy.policy import ToolFields
from spanmart.privacy.policy_file import default_policy
from spanmart.settings import Settings, UnusableSetting, privacy_policy

ROOT = Path(__file__).resolve().parents[2]
Refused = Callable[[str], str]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """What is said about a policy file."""

    def say(text: str) -> str:
        (tmp_path / "privacy.yml").write_text(text, encoding="utf-8")
        with pytest.raises(UnusableSetting) as raised:
            Settings.load(tmp_path)
        return str(raised.value)

    return say


def policy(tmp_path: Path, text: str) -> Any:
    (tmp_path / "privacy.yml").write_text(text, encoding="utf-8")
    return privacy_policy(tmp_path)


def test_without_a_file_and_with_the_shipped_one_the_package_s_defaults_hold(
    tmp_path: Path,
) -> None:
    assert privacy_policy(tmp_path) == privacy_policy(ROOT) == default_policy()
    assert Settings().policy == default_policy()


def test_settings_with_their_policy_can_go_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(Settings())) == Settings()


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    changed = policy(tmp_path, "retention:\n  classes: {short: 7}\n  default: short\n")
    assert dict(changed.retention.classes) == {"short": 7, "standard": 90, "sensitive": 14}
    assert changed.retention.default == "short"
    assert changed.retention.raw == default_policy().retention.raw
    assert changed.tools == default_policy().tools


def test_a_named_file_wins_over_the_environment_and_that_over_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, days in (("privacy.yml", 1), ("environment.yml", 2), ("given.yml", 3)):
        (tmp_path / name).write_text(f"retention: {{classes: {{standard: {days}}}}}")
    assert privacy_policy(tmp_path).retention.classes["standard"] == 1
    monkeypatch.setenv("SPANMART_PRIVACY", str(tmp_path / "environment.yml"))
    assert privacy_policy(tmp_path).retention.classes["standard"] == 2
    given = privacy_policy(tmp_path, tmp_path / "given.yml")
    assert given.retention.classes["standard"] == 3
    monkeypatch.setenv("SPANMART_PRIVACY", str(tmp_path / "nowhere.yml"))
    with pytest.raises(UnusableSetting, match=r"no privacy policy at .*nowhere\.yml"):
        privacy_policy(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hash_session: true", "hash_session is no setting (did you mean hash_sessions?)"),
        ("tiers: {redacted: 1}", "tiers.redacted: 1 must be true or false"),
        ("tiers: {tier2: true}", "tiers.tier2 is no setting"),
        ("identity_keys: user.name", "identity_keys: 'user.name' must be a list of texts"),
        ("names: spacy", "names: 'spacy' can be"),
        ("retention: {classes: {short: 0}}", "retention.classes.short: 0 must be whole days"),
        ("retention: {classes: {short: 1.5}}", "retention.classes.short: 1.5 must be whole days"),
        ("retention: {classes: {short: true}}", "retention.classes.short: True must be whole days"),
        ("retention: {classes: {../x: 3}}", "is no name of a class"),
        (
            "retention: {default: standart}",
            "no class under retention.classes (did you mean standard",
        ),
        (
            "retention: {rules: [{class: gone, when: {tenant_id: a}}]}",
            "retention.rules[1].class: 'gone' is no class",
        ),
        ("retention: {rules: [{class: standard, when: {}}]}", "rules[1].when: {} must name"),
        (
            "retention: {rules: [{class: standard, when: {tenant_ids: a}}]}",
            "did you mean tenant_id?",
        ),
        ("retention: {rules: [standard]}", "rules[1]: 'standard' must be a mapping"),
        ("retention: {classes: {sensitive: forever}}", "raw content needs a class that ends"),
        ("tools: {crm: [a]}", "tools.crm: ['a'] must hold settings"),
        ("tools: {crm: {}}", "needs a list under `arguments` or `result`"),
        ("tools: {crm: {results: [a]}}", "tools.crm.results is no setting (did you mean result?)"),
        ("tools:\n  '*': {result: []}\n  crm: {result: [a]}", "stands after tools.*"),
        ("tiers: {redacted: false, raw: true}", "would keep content only as it came"),
        ("names: off\nnames: presidio", "`names` stands there twice"),
        ("- a", "must hold settings (`key: value`), not a list"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    refused: Refused, text: str, sentence: str
) -> None:
    said = refused(text)
    assert sentence in said
    assert "privacy.yml" in said


def test_raw_content_without_its_key_is_refused_at_the_start(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "SPANMART_RAW_KEY is not set" in refused("tiers: {raw: true}")
    monkeypatch.setenv("SPANMART_RAW_KEY", "a passphrase")
    said = refused("tiers: {raw: true}")
    assert "64 hex digits" in said and "a passphrase" not in said


def test_names_are_refused_where_presidio_is_not_installed(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanmart.privacy.policy_file.find_spec", lambda name: None)
    assert "pip install 'spanmart[presidio]'" in refused("names: presidio")
    assert "no content to read" in refused("names: presidio\ntiers: {redacted: false}")


def test_off_means_off_with_and_without_quotes(tmp_path: Path) -> None:
    assert policy(tmp_path, "names: off").names == policy(tmp_path, 'names: "off"').names == "off"


def test_sessions_are_people_only_where_that_is_asked_for(tmp_path: Path) -> None:
    assert "session.id" not in Settings.load(tmp_path).identity_keys
    (tmp_path / "privacy.yml").write_text("hash_sessions: true\nidentity_keys: [staff.number]")
    keys = Settings.load(tmp_path).identity_keys
    assert {"session.id", "metadata#session_id", "staff.number"} <= set(keys)


def test_identity_keys_of_dbt_and_of_the_policy_add_up(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text(
        "vars: {attribute_aliases: {user_id_hash: ['resource:app.login'], tenant_id: [app.tenant]}}"
    )
    (tmp_path / "privacy.yml").write_text("identity_keys: [staff.number]")
    settings = Settings.load(tmp_path)
    assert settings.identity_keys == ("app.login", "staff.number")
    assert settings.policy.attributes["tenant_id"][0] == "app.tenant"


def test_the_names_of_the_policy_are_those_of_the_models() -> None:
    """The one list of attribute names is the macro's; the shipped policy repeats four lines."""

    class Returned(Exception):
        pass

    def returned(value: Any) -> None:
        raise Returned(value)

    source = (ROOT / "macros/spans/attribute_aliases.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module = environment.from_string(source, globals={"return": returned}).module
    with pytest.raises(Returned) as raised:
        module.attribute_aliases()  # type: ignore[attr-defined]
    aliases = raised.value.args[0]
    attributes = default_policy().attributes
    assert attributes
    for field, keys in attributes.items():
        assert list(keys) == aliases[field][1], field


def test_the_first_list_of_a_project_counts_before_the_next(tmp_path: Path) -> None:
    own = policy(tmp_path, "tools:\n  crm_read: {result: []}\n  crm_*: {arguments: [tier]}\n")
    assert own.fields_of("crm_read") == ToolFields("crm_read", None, ())
    assert own.fields_of("crm_write") == ToolFields("crm_*", ("tier",), None)
    assert own.fields_of("search") is None and own.fields_of(None) is None


def test_raw_content_never_outlives_its_redacted_form(tmp_path: Path) -> None:
    classes = "{tiny: 3, eternal: forever}"
    retention = policy(tmp_path, f"retention: {{classes: {classes}}}").retention
    assert retention.raw_class("tiny") == "tiny"
    assert retention.raw_class("standard") == retention.raw_class("eternal") == "sensitive"
