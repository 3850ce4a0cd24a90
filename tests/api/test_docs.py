"""The recipes and the tutorial in docs/ run as they stand, on the district that they name."""

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.projects.sample_data import log_sample_week

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
RECIPES = sorted((DOCS / "recipes").glob("*.md"))


@pytest.fixture(scope="session")
def sampled(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The district with four sample weeks."""
    path = tmp_path_factory.mktemp("docs") / "district.gpkg"
    shutil.copy(made, path)
    session = open_session(path)
    log_sample_week(session, days=28)
    session.close()
    return path


@pytest.fixture
def desk(sampled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the district and the tables that the recipes name."""
    for file in (sampled, *(DOCS / "recipes" / "data").iterdir()):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_cell(code: str, names: dict[str, Any], where: str) -> Any:
    """Run code as a notebook does, and return the value of its last line."""
    tree = ast.parse(code, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), where, "eval"), names)


SEARCHES = ("parks", "two-plans")


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(one, id=one.stem, marks=[pytest.mark.long] * (one.stem in SEARCHES))
        for one in RECIPES
    ],
)
def test_a_recipe_runs(recipe: Path, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = BLOCK.findall(recipe.read_text(encoding="utf-8"))
    assert blocks
    names: dict[str, Any] = {}
    for block in blocks:
        run_cell(block, names, recipe.name)
    assert capsys.readouterr().out or (desk / "coverage.html").stat().st_size > 10_000


def test_there_are_five_recipes_and_one_has_ten_lines() -> None:
    assert len(RECIPES) == 5
    text = (DOCS / "recipes" / "coverage-map.md").read_text(encoding="utf-8")
    (block,) = BLOCK.findall(text)
    lines = [line for line in block.splitlines() if line and not line.startswith("import")]
    assert len(lines) <= 10


@pytest.mark.long
def test_the_tutorial_answers_its_ten_questions(desk: Path) -> None:
    cells = json.loads((DOCS / "tutorial.ipynb").read_text(encoding="utf-8"))["cells"]
    titles = [cell["source"][0] for cell in cells if cell["cell_type"] == "markdown"]
    assert sum(bool(re.match(r"## \d+\. .*\?", title)) for title in titles) == 10
    names: dict[str, Any] = {}
    shown = [
        run_cell("".join(cell["source"]), names, cell["id"])
        for cell in cells
        if cell["cell_type"] == "code"
    ]
    tables = [one for one in shown if hasattr(one, "empty")]
    assert len(tables) >= 8 and not any(one.empty for one in tables)
