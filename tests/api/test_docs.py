"""The recipes and the tutorial in docs/ run unchanged on the district they name."""

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import zoneplanner as zp
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.projects.sample_data import add_sample_weeks

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
RECIPES = sorted((DOCS / "recipes").glob("*.md"))


@pytest.fixture(scope="session")
def sample_district(district_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The district with four sample weeks, as ``demo --weeks 4`` makes it."""
    path = tmp_path_factory.mktemp("docs") / "district.gpkg"
    shutil.copy(district_file, path)
    session = open_session(path)
    add_sample_weeks(session, 4)
    session.close()
    return path


@pytest.fixture
def desk_folder(sample_district: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the district and the tables used by the recipes."""
    for file in (sample_district, *(DOCS / "recipes" / "data").iterdir()):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_cell(code: str, names: dict[str, Any], where: str) -> Any:
    """Run code like a notebook and return the value of its last line."""
    tree = ast.parse(code, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), where, "eval"), names)


SEARCHES = ("parks", "two-plans")
OF_THEIR_OWN = ("coverage-map", "response-by-hour")
"""Recipes that run in tests of their own."""


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(one, id=one.stem, marks=[pytest.mark.long] * (one.stem in SEARCHES))
        for one in RECIPES
        if one.stem not in OF_THEIR_OWN
    ],
)
def test_a_recipe_runs(recipe: Path, desk_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = BLOCK.findall(recipe.read_text(encoding="utf-8"))
    assert blocks
    run_recipe(recipe.stem)
    assert capsys.readouterr().out


def run_recipe(name: str) -> dict[str, Any]:
    """Run a recipe and return its variables."""
    path, names = DOCS / "recipes" / f"{name}.md", dict[str, Any]()
    for block in BLOCK.findall(path.read_text(encoding="utf-8")):
        run_cell(block, names, name)
    return names


def test_response_by_hour_matches_the_program(
    desk_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_recipe("response-by-hour")
    with zp.open(desk_folder / "district.gpkg") as district:
        own = district.coverage(by="all").iloc[0]
        by_zone = district.coverage(by="zone")["calls"]
        assert (
            by_zone.sum()
            == own["calls"]
            == len(district.incidents())
            == found["by_hour"]["calls"].sum()
        )
    minutes, by_hour = found["minutes"], found["by_hour"]
    assert minutes.median() == pytest.approx(own["response_p50_min"])
    assert minutes.quantile(0.9) == pytest.approx(own["response_p90_min"])
    assert by_hour["responses"].sum() == minutes.notna().sum() < by_hour["calls"].sum()
    assert by_hour.loc[by_hour["responses"] < 29, "p90"].isna().all()
    assert by_hour["p90"].notna().any()


def test_the_coverage_map_has_every_school_and_needs_no_network(desk_folder: Path) -> None:
    with zp.open(desk_folder / "district.gpkg", write=True) as district:
        visits = district.visits()
        for one in visits.loc[visits["site"] == visits["site"].value_counts().idxmin(), "uid"]:
            district.log("visit", void=one, reason="for this test")
    run_recipe("coverage-map")
    page = (desk_folder / "coverage.html").read_text(encoding="utf-8")
    assert len(re.findall(r"var circle_marker_\w+ = L\.circleMarker", page)) == 67
    assert page.count("#b3261e") >= 1
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=", page) == []


def test_there_are_five_recipes_and_one_has_ten_lines() -> None:
    assert len(RECIPES) == 5
    text = (DOCS / "recipes" / "coverage-map.md").read_text(encoding="utf-8")
    (block,) = BLOCK.findall(text)
    lines = [line for line in block.splitlines() if line and not line.startswith("import")]
    assert len(lines) <= 10


@pytest.mark.long
def test_the_tutorial_answers_its_ten_questions(desk_folder: Path) -> None:
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
