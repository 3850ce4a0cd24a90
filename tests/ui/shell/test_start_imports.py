"""Modules that starting the program must not load."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project

HEAVY = (
    "scipy", "highspy", "pandas", "geopandas", "pyogrio", "folium", "jinja2", "reportlab",
    "qtawesome", "rich", "openpyxl", "psycopg", "sqlalchemy.dialects.postgresql",
    "zoneplanner.publish", "zoneplanner.cli",
    "zoneplanner.analysis.districting.proof.branch_and_price", "zoneplanner.analysis.hypercube",
)  # fmt: skip
VISIBLE = """
import sys
from pathlib import Path
from zoneplanner.app.desk.settings import Settings
from zoneplanner.ui import application
app = application._make_application(sys.argv[:1])
planner = application.ApplicationWindow(app, Settings(appearance="light"), lambda _: None)
planner.show()
app.processEvents()
print(*sys.modules)
"""
START = f"""{VISIBLE.rsplit("print", 1)[0]}
planner.open_first(Path(sys.argv[1]))
app.processEvents()
assert planner.main is not None
print(*sys.modules)
planner.close()
"""
FIRST_PLAN = """
import sys
from pathlib import Path
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.plans.zone_proposals import search_proposals
session = open_session(Path(sys.argv[1]))
candidates = search_proposals(session.project, session.plan, session.state.basis)
assert next(candidates).plan.assignment
print(*sys.modules)
candidates.close()
session.close()
"""


def list_loaded_modules(code: str, project: Path) -> set[str]:
    """Return the modules that a separate process has loaded after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(project)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled district with a proposed plan."""
    path = tmp_path_factory.mktemp("start") / "district.gpkg"
    session = create_project(path)
    add_first_plan(session)
    session.close()
    return path


def test_the_window_appears_before_loading_what_only_a_project_needs(district: Path) -> None:
    assert not {"numpy", "shapely", "sqlalchemy", "asyncio"} & list_loaded_modules(
        VISIBLE, district
    )


def test_the_window_opens_without_the_heavy_libraries(district: Path) -> None:
    assert not set(HEAVY) & list_loaded_modules(START, district)


def test_the_first_plan_does_not_load_a_solver(district: Path) -> None:
    assert not {"scipy", "highspy", "pandas"} & list_loaded_modules(FIRST_PLAN, district)
