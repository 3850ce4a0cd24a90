"""QGIS working on a project file, with the planner closed or open."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import project_from
from shapely import affinity

from zoneplanner import storage
from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.tokens import zone_color

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
PYTHON = "/usr/bin/python3"


def has_qgis() -> bool:
    if not Path(PYTHON).exists():
        return False
    look = [PYTHON, "-c", "import qgis.core"]
    return subprocess.run(look, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not has_qgis(), reason="python3-qgis is not installed"),
]


def run_qgis(path: Path, act: str, *more: str) -> dict[str, Any]:
    """Run an action in QGIS in a separate process and return its output."""
    command = [PYTHON, str(Path(__file__).with_name("qgis_edits.py")), act, str(path), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    said = [line for line in done.stdout.splitlines() if line.startswith("said ")]
    assert said, done.stderr
    found: dict[str, Any] = json.loads(said[-1].removeprefix("said "))
    return found


def move_far_from_origin(project: Project) -> Project:
    """Move a test project to realistic coordinates, far from (0, 0)."""
    east, north = 640_000.0, 4_270_000.0

    def shifted(one: Any, name: str) -> Any:
        return replace(one, **{name: affinity.translate(getattr(one, name), east, north)})

    return replace(
        project,
        sites={
            key: replace(one, x_m=one.x_m + east, y_m=one.y_m + north)
            for key, one in project.sites.items()
        },
        jurisdictions={k: shifted(one, "area") for k, one in project.jurisdictions.items()},
        blocks={k: shifted(one, "area") for k, one in project.blocks.items()},
        features=tuple(shifted(one, "geometry") for one in project.features),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "p.gpkg"
    storage.create(
        place, move_far_from_origin(project_from("AAB / aab")), actor="p", at=NOW
    ).close()
    session = open_session(place, clock=lambda: NOW)
    session.apply("Rename", lambda project: replace(project, name="Hill"))
    session.write_outlines()
    session.close()
    return place


@pytest.fixture(params=["closed", "open"])
def planner(request: pytest.FixtureRequest, path: Path) -> Iterator[tuple[Path, str]]:
    yield path, request.param


def adopt(path: Path) -> None:
    session = open_session(path, clock=lambda: NOW)
    plan = replace(session.state.saved_project.plans["plan"], effective_on=date(2026, 1, 1))
    session.apply("Adopt", lambda project: project.with_plan(plan))
    session.close()


def change_in_qgis(path: Path, state: str, act: str) -> tuple[Session, dict[str, Any], int]:
    """Change the project in QGIS while the planner is closed or open; return what it then has."""
    if state == "open":
        session = open_session(path, clock=lambda: NOW)
        steps = len(session.history)
        said = run_qgis(path, act)
        session.poll()
    else:
        session = open_session(path, clock=lambda: NOW)
        steps = len(session.history)
        session.close()
        said = run_qgis(path, act)
        session = open_session(path, clock=lambda: NOW)
    return session, said, steps


FAULTS = {
    "move": "external_change.far",
    "blank": "external_change.no_name",
    "cross": "external_change.unreadable",
}


@pytest.mark.parametrize("act", FAULTS)
def test_a_forbidden_change_made_in_qgis_is_undone(planner: tuple[Path, str], act: str) -> None:
    path, state = planner
    with storage.open(path, read_only=True) as store:
        before = store.project()
    session, said, steps = change_in_qgis(path, state, act)
    assert said == {"done": True, "errors": said["errors"]}, said
    assert [one.finding.template for one in session.external] == [FAULTS[act]]
    now = session.state.saved_project
    assert now.sites == before.sites
    assert now.jurisdictions["county"].area.equals(before.jurisdictions["county"].area)
    assert len(session.history) == steps + 1
    session.restore_step(0)
    assert session.project.name == "Letters"
    assert session.store.verify().ok
    session.close()


def test_an_adopted_plan_cannot_be_changed_in_qgis(planner: tuple[Path, str]) -> None:
    path, state = planner
    adopt(path)
    session, said, steps = change_in_qgis(path, state, "assign")
    assert not said["done"]
    assert "change it in the planner" in " ".join(said["errors"])
    assert session.state.saved_project.plans["plan"].assignment["r1c2"] == "A"
    assert len(session.history) == steps
    assert session.store.verify().ok
    session.close()


@pytest.mark.parametrize("act", ["note", "add"])
def test_an_allowed_change_made_in_qgis_becomes_a_history_step(
    planner: tuple[Path, str], act: str
) -> None:
    """For a new school only code, name, level and position are entered."""
    path, state = planner
    session, said, steps = change_in_qgis(path, state, act)
    assert said["done"], said
    assert [one.fault for one in session.external] == [None]
    sites = session.project.sites
    if act == "note":
        assert sites["r1c2"].note == "north gate"
    else:
        assert (sites["new"].name, sites["new"].patrolled, sites["new"].kind) == (
            *("New", True),
            "school",
        )
    assert len(session.history) == steps + 1
    session.undo()
    assert "new" not in session.project.sites and session.project.sites["r1c2"].note == ""
    assert session.store.verify().ok
    session.close()


def test_the_embedded_project_colors_schools_by_zone(path: Path, tmp_path: Path) -> None:
    session = open_session(path, clock=lambda: NOW)
    plan = session.state.saved_project.plans["plan"]
    named = replace(plan, zones=tuple(replace(one, name=f"Beat {one.id}") for one in plan.zones))
    draft = replace(named, uid="draft", name="Draft")
    session.apply("Name", lambda project: project.with_plan(named))
    session.close()
    picture = tmp_path / "qgis.png"
    said = run_qgis(path, "draw", str(picture))
    assert said["read"] and said["crs"] == "EPSG:26910"
    assert all(said["layers"].values())
    assert said["legends"] == {"Plan": ["Beat A", "Beat B", "Beat a", "Beat b", "No zone"]}
    assert said["zones"] == dict(plan.assignment)
    colors = {one.id: zone_color(one.color).lower() for one in plan.zones}
    assert said["colors"] == {site: colors[zone] for site, zone in plan.assignment.items()}
    session = open_session(path, clock=lambda: NOW)
    session.apply("Draft", lambda project: project.with_plan(draft))
    session.close()
    again = run_qgis(path, "draw", str(picture))
    assert set(again["legends"]) == {"Plan", "Draft"}
    assert all(again["layers"].values())


def test_views_open_as_layers_of_schools_by_zone_and_visits(path: Path) -> None:
    session = open_session(path, clock=lambda: NOW)
    first = log_visit(session, "r1c1", arrived_at="2026-11-23 09:00").uid
    second = log_visit(session, "r1c2", arrived_at="2026-11-23 10:00").uid
    log_record(session, "visit", {"void": second, "reason": "logged twice"})
    zones = dict(session.state.saved_project.plans["plan"].assignment)
    session.close()
    said = run_qgis(path, "views")
    assert said["valid"] == [True, True, True]
    assert (said["zones"], said["visits"], said["joins"]) == (zones, [first], 0)
    assert said["renderer"] == "categorizedSymbol" and said["symbols"] >= 8
