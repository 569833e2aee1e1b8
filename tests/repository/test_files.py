"""What must hold of the files themselves: their size, their links, and what they do not name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

MOST_LINES = 400
# Data, and texts that are not ours to cut.
ANY_LENGTH = {".csv", ".json", ".jsonl", ".lock"}
# An address that packages come from: that is the business of the machine that installs them.
REGISTRY = re.compile(
    r"pypi\.(org|python)|pythonhosted|registry\.(npmjs|yarnpkg)|crates\.io|proxy\.golang"
    r"|(?<!emit-)index-url|(?<!emit-)find-links",
    re.IGNORECASE,
)
# An absolute path into somebody's own folders.
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:home|root|Users|work|farm|mnt)/[A-Za-z.]")


def test_no_file_is_longer_than_it_can_be_read(texts: dict[Path, str]) -> None:
    long = {
        str(file): text.count("\n")
        for file, text in texts.items()
        if file.suffix not in ANY_LENGTH
        and file.parts[0] != "examples"
        and text.count("\n") > MOST_LINES
    }
    assert not long, f"one room each: {long}"


def test_no_file_names_a_path_of_a_machine(texts: dict[Path, str]) -> None:
    named = _lines_with(MACHINE_PATH, texts)
    assert not named, named


def test_no_file_names_where_packages_come_from(texts: dict[Path, str]) -> None:
    own = Path("tests/repository/test_files.py")
    named = _lines_with(REGISTRY, {file: text for file, text in texts.items() if file != own})
    assert not named, named


def test_links_between_documents_lead_somewhere(root: Path, texts: dict[Path, str]) -> None:
    broken = [
        f"{file}: {link}"
        for file, text in texts.items()
        if file.suffix == ".md"
        for link in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text)
        if "://" not in link and not (root / file.parent / link).exists()
    ]
    assert not broken, broken


def test_every_make_target_that_a_document_names_is_there(
    root: Path, texts: dict[Path, str]
) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for file, text in texts.items()
        if file.suffix == ".md" or file in (Path(".ci/run"), Path(".pre-commit-config.yaml"))
        for target in re.findall(r"(?:^|`|: )make ([a-z][a-z-]*)", text, re.MULTILINE)
    }
    assert {"demo", "test"} <= named <= targets


def test_decisions_are_numbered_without_a_gap(files: list[Path]) -> None:
    numbers = sorted(
        int(file.name[:4])
        for file in files
        if file.parts[:2] == ("docs", "decisions") and re.match(r"\d{4}-", file.name)
    )
    assert numbers == list(range(1, len(numbers) + 1))


def test_python_and_dbt_agree_on_the_version(root: Path) -> None:
    package = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    project = yaml.safe_load((root / "dbt_project.yml").read_text())["version"]
    assert package == project
    assert f"| {package} |" in (root / "CHANGELOG.md").read_text()


def test_the_lock_pins_every_dependency(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    wanted = [
        *settings["project"]["dependencies"],
        *settings["dependency-groups"]["dev"],
        *settings["build-system"]["requires"],
    ]
    lock = (root / "requirements.lock").read_text()
    pinned = {_plain(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    missing = [each for each in wanted if _plain(re.split(r"[<>=!~\[ ]", each)[0]) not in pinned]
    assert not missing, f"`make lock` is due: {missing}"
    loose = [
        line for line in lock.splitlines() if line and line[0] not in "# \t" and "==" not in line
    ]
    assert not loose, f"not pinned: {loose}"


def test_every_dependency_has_its_reason(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    reasons = (root / "docs/decisions/0002-dependencies.md").read_text()
    said = {
        name.strip()
        for row in re.findall(r"^\| ([\w, -]+) \|", reasons, re.MULTILINE)
        for name in row.split(",")
    }
    wanted = {
        re.split(r"[<>=!~\[ ]", each)[0]
        for each in (*settings["project"]["dependencies"], *settings["dependency-groups"]["dev"])
    }
    assert wanted <= said, f"without a line in 0002-dependencies.md: {sorted(wanted - said)}"


def _lines_with(pattern: re.Pattern[str], texts: dict[Path, str]) -> list[str]:
    return [
        f"{file}:{number}: {line.strip()[:120]}"
        for file, text in texts.items()
        if file.parts[0] != "examples"
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
