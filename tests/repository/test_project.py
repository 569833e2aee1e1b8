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
        if file.parts[0] == "models" and re.search(r"\btarget\.|\badapter\.type", text)
    ]
    assert not named, f"their place is macros/warehouse/: {named}"


def test_no_var_has_a_second_default(texts: dict[Path, str]) -> None:
    second = [
        f"{file}: {match.group()}"
        for file, text in texts.items()
        if file.parts[0] in DBT_FOLDERS and file.suffix in (".sql", ".yml")
        for match in re.finditer(r"\bvar\(\s*(['\"])[\w:]+\1\s*,[^)]*\)", text)
    ]
    assert not second, f"the default of a var stands in dbt_project.yml only: {second}"


def test_every_var_has_its_reason_above_it(root: Path) -> None:
    lines = (root / "dbt_project.yml").read_text().splitlines()
    bare = [
        name
        for name in _vars(root)
        if not any(
            re.match(rf"\s+{name}:", line) and lines[number - 1].lstrip().startswith("#")
            for number, line in enumerate(lines)
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
        model.stem for model in _public_models(files) if model.parts[1] == "marts"
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


def test_each_folder_of_models_has_one_yaml(files: list[Path]) -> None:
    yamls = [file for file in files if file.parts[0] == "models" and file.suffix == ".yml"]
    wrong = [str(file) for file in yamls if file.stem != f"_{file.parent.name}"]
    assert not wrong, f"a folder's YAML is _<folder>.yml: {wrong}"


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


def _descriptions(root: Path, files: list[Path]) -> dict[str, str]:
    return {
        model["name"]: str(model.get("description", "")).strip()
        for file in files
        if file.parts[0] == "models" and file.suffix == ".yml"
        for model in (yaml.safe_load((root / file).read_text()) or {}).get("models", [])
    }
