"""Files, pictures and commands named in the documents exist, and the front page is short."""

import re
import runpy
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

from zoneplanner.cli.parser import load_commands

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/decisions").glob("*.md")]
HISTORY_PAGES = {"docs/renamed.md", "CHANGELOG.md"}
"""Pages that may name removed files."""
NAMED = re.compile(r"`((?:docs|resources|tests|zoneplanner|gis_data|packaging)/[\w./-]+\w)`")
PICTURE = re.compile(r"!\[[^]]+\]\(([^)]+)\)")
COMMAND = re.compile(r"`zoneplanner ([a-z_]+(?:-[a-z]+)*)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_pictures_named_in_a_page_exist(page: Path) -> None:
    if str(page.relative_to(ROOT)) in HISTORY_PAGES:
        return
    text = page.read_text(encoding="utf-8")
    named = [*NAMED.findall(text), *(p for p in PICTURE.findall(text) if "://" not in p)]
    assert [name for name in named if not (ROOT / name).exists() and "_N" not in name] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_in_a_page_exist(page: Path) -> None:
    known = {*load_commands(), "ui"}
    assert set(COMMAND.findall(page.read_text(encoding="utf-8"))) <= known


def test_the_front_page_is_short_and_links_every_page() -> None:
    front = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(front.splitlines()) <= 150
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    linked = front + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {page for page in pages if page not in linked} == set()


def test_every_distributed_part_has_a_listed_and_permissive_license() -> None:
    tool = runpy.run_path(str(ROOT / "packaging/license_texts.py"))
    parts = tool["list_parts"]()
    named = {name: tool["name_license"](name, part) for name, part in parts.items()}
    assert {
        name: words for name, words in named.items() if not any(w in words for w in tool["ALLOWED"])
    } == {}
    page = (ROOT / "resources/handbook/licenses.md").read_text(encoding="utf-8")
    assert [name for name in named if f"| {name} |" not in page] == []


def test_version_changelog_and_whats_new_match() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", cited, re.MULTILINE) == [version]
    for page, named in (
        ("CHANGELOG.md", version),
        ("resources/handbook/whats-new.md", version.rpartition(".")[0]),
    ):
        heads = re.findall(r"^## (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert next(one for one in heads if one != "Unreleased") == named, page


def test_the_license_is_distributed_with_the_program() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert set(project["license-files"]) == {"LICENSE", "NOTICE"}
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert distribution("zoneplanner").metadata["Name"] == "zoneplanner"


def test_each_sentence_of_the_programme_names_existing_tests() -> None:
    table = (ROOT / "docs" / "programme.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if re.match(r"\| \d+ \|", line)]
    known = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", file.read_text(encoding="utf-8"))
    }
    assert len(rows) >= 19
    for row in rows:
        named = (
            re.findall(r"`(test_\w+)`", row.split("|")[4]),
            re.findall(r"`(test_\w+)`", row.split("|")[5]),
        )
        assert named[0] and (named[1] or "the same" in row.split("|")[5]), row
        assert {*named[0], *named[1]} <= known, row
