"""Laws of the dbt project that dbt itself does not keep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

PUBLIC_FOLDERS = ("models/facts", "models/marts")
DBT_FOLDERS = ("models", "macros", "tests", "analyses", "seeds", "integration_tests")


def test_no_model_names_a_warehouse(texts: dict[Path, str]) -> None:
    named = [
        str(file)
        for file, text in texts.items()
        if file.parts[0] == "models"
        and file.suffix == ".sql"
        and re.search(r"\btarget\.|\badapter\.type", text)
    ]
    assert not named, f"their place is macros/warehouse/: {named}"


def test_no_view_says_how_a_cte_is_read(texts: dict[Path, str]) -> None:
    """DuckDB keeps a view without those words: the next process reads it without them."""
    views = {
        file: text
        for file, text in texts.items()
        if file.parts[0] == "models"
        and (file.parts[1] == "staging" or "materialized='view'" in text)
    }
    assert len(views) > 10
    told = [
        str(file) for file, text in views.items() if re.search(r"(inlined|materialized)\(\)", text)
    ]
    assert not told, f"give a CTE that is read twice a second one beside it: {told}"


def test_no_var_has_a_second_default(texts: dict[Path, str]) -> None:
    second = [
        f"{file}: {match.group()}"
        for file, text in texts.items()
        if file.parts[0] in DBT_FOLDERS and file.suffix in (".sql", ".yml")
        for match in re.finditer(r"\bvar\(\s*(['\"])[\w:]+\1\s*,[^)]*\)", text)
    ]
    assert not second, f"the default of a var stands in dbt_project.yml only: {second}"


def test_every_var_has_its_reason_above_it(root: Path) -> None:
    text = (root / "dbt_project.yml").read_text()
    # Vars that stand together under one comment share it.
    paragraphs = re.split(r"\n\s*\n", text[text.index("\nvars:") :])
    bare = [
        name
        for name in _vars(root)
        if not any(
            re.search(rf"^\s+#[^\n]*\n(?:\s+[^\n]*\n)*?\s+{name}:", f"{paragraph}\n", re.M)
            for paragraph in paragraphs
        )
    ]
    assert not bare, f"vars without a comment that says what, why this value, what breaks: {bare}"


def test_every_var_is_used_and_every_used_var_is_there(root: Path, texts: dict[Path, str]) -> None:
    used = {
        name
        for file, text in texts.items()
        if file.parts[0] in DBT_FOLDERS and file.suffix in (".sql", ".yml")
        for _, name in re.findall(r"\bvar\(\s*(['\"])(\w+)\1", text)
    }
    assert used == set(_vars(root))


def test_every_public_model_says_its_grain_first(root: Path, files: list[Path]) -> None:
    described = _descriptions(root, files)
    wrong = [
        str(model)
        for model in _public_models(files)
        if not described.get(model.stem, "").startswith("One row per ")
    ]
    assert not wrong, f"the first words of a description are 'One row per …': {wrong}"


def test_the_readme_lists_exactly_the_marts(root: Path, files: list[Path]) -> None:
    table = re.findall(r"^\| `(\w+)` \|", (root / "README.md").read_text(), re.MULTILINE)
    assert sorted(table) == sorted(
        model.stem for model in _public_models(files) if not _is_fact(root, model)
    )


def test_the_readme_lists_exactly_the_facts(root: Path, files: list[Path]) -> None:
    paragraph = re.search(
        r"^They stand on facts.*?\n\n", (root / "README.md").read_text(), re.M | re.S
    )
    assert paragraph
    named = re.findall(r"`(\w+)`", paragraph.group().split(":", 1)[1].split(".", 1)[0])
    assert sorted(named) == sorted(
        model.stem for model in _public_models(files) if _is_fact(root, model)
    )


def test_a_macro_file_is_named_as_its_macro(texts: dict[Path, str]) -> None:
    wrong = [
        str(file)
        for file, text in texts.items()
        if file.parts[0] == "macros"
        and file.suffix == ".sql"
        # A warehouse is one file that holds all its differences.
        and file.parts[1] != "warehouse"
        and not re.search(rf"{{%-?\s*(macro|test|materialization)\s+{file.stem}\b", text)
    ]
    assert not wrong, f"no macro of the file's name in: {wrong}"


def test_a_yaml_is_named_for_its_folder_or_stands_beside_its_model(files: list[Path]) -> None:
    wrong = [
        str(file)
        for file in files
        if file.parts[0] == "models"
        and file.suffix == ".yml"
        and not file.stem.startswith("_")
        and file.with_suffix(".sql") not in files
    ]
    assert not wrong, f"a YAML is _<what>.yml or <model>.yml: {wrong}"


def _vars(root: Path) -> dict[str, Any]:
    variables: dict[str, Any] = yaml.safe_load((root / "dbt_project.yml").read_text())["vars"]
    return variables.get("spanmart", variables)


def _public_models(files: list[Path]) -> list[Path]:
    return [
        file
        for file in files
        if file.suffix == ".sql"
        and str(file).startswith(PUBLIC_FOLDERS)
        and not file.stem.startswith("int_")
    ]


def _is_fact(root: Path, model: Path) -> bool:
    """A model elsewhere can say that it is a fact: failure_tag stands with its tags."""
    if model.parts[1] == "facts":
        return True
    return bool(re.search(r"config\(.*schema\s*=\s*'facts'", (root / model).read_text()))


def _descriptions(root: Path, files: list[Path]) -> dict[str, str]:
    return {
        model["name"]: str(model.get("description", "")).strip()
        for file in files
        if file.parts[0] == "models" and file.suffix == ".yml"
        for model in (yaml.safe_load((root / file).read_text()) or {}).get("models", [])
    }
