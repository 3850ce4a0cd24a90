"""The docs site has every page of docs and handbook and builds without errors."""

import importlib.util
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from zoneplanner.app.help.handbook import load_handbook
from zoneplanner.cli.parser import load_commands

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "docs/site/build.py"
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def test_every_page_is_in_the_site_and_its_links_work(tmp_path: Path) -> None:
    made = runpy.run_path(str(BUILD))["write_sources"](tmp_path / "sources")
    docs = [path.stem for path in (ROOT / "docs").glob("*.md")]
    decisions = [f"decisions/{path.stem}" for path in (ROOT / "docs/decisions").glob("*.md")]
    recipes = [f"notebooks/{path.stem}.ipynb" for path in (ROOT / "docs/recipes").glob("*.md")]
    handbook = [f"handbook/{key}" for key in load_handbook()]
    assert {*docs, *decisions, *recipes, *handbook} <= set(made)
    commands = (tmp_path / "sources/commands.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", commands, re.MULTILINE) == list(load_commands())
    later = {"static/map.html"}  # a public map written after the pages
    broken = [
        (path.name, target)
        for path in (tmp_path / "sources").rglob("*.md")
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        if target not in later and not (path.parent / target).exists()
    ]
    assert broken == []
    contents = "".join(
        (tmp_path / f"sources/{page}.md").read_text(encoding="utf-8")
        for page in ("index", "recipes", "decisions")
    )
    names = {name.removesuffix(".ipynb") for name in made} - {"index"}
    assert {name for name in names if f"\n{name}\n" not in contents} == set()


@pytest.mark.long
@pytest.mark.skipif(not importlib.util.find_spec("myst_nb"), reason="`make docs` was never run")
def test_the_site_contains_the_output_of_tutorial_and_recipes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(BUILD), str(tmp_path / "site")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    pages = tmp_path / "site/html"
    tutorial = (pages / "notebooks/tutorial.html").read_text(encoding="utf-8")
    questions = tutorial.count("<h2>") - 1  # the last heading is no question
    assert tutorial.count('class="cell_output') >= questions == 10
    for recipe in (ROOT / "docs/recipes").glob("*.md"):
        page = (pages / f"notebooks/{recipe.stem}.html").read_text(encoding="utf-8")
        assert "cell_input" in page and "cell_output" in page, recipe.stem
    assert "Zone S1" in (pages / "_static/map.html").read_text(encoding="utf-8")
