"""Edits by other programs while a project is open; GDAL's tools stand in for QGIS."""

import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely
from builders import create_store, project_from
from rosters import MONDAY, officer, roster
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from zoneplanner import storage
from zoneplanner.app.plans.manual_assignment import RedrawnZones
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.app.session.state import SessionChange
from zoneplanner.app.session.undo_stack import needs_confirmation
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.domain.roster.shift_edits import assign_shift, finalize_shifts
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

OGRINFO, OGR2OGR = shutil.which("ogrinfo"), shutil.which("ogr2ogr")
NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    store = create_store(tmp_path / "p.gpkg", project_from("AAB / aab"), actor="p", at=NOW)
    own = Session(store, actor="p", desk="d", clock=lambda: NOW)
    own.apply("Rename", lambda project: replace(project, name="Hill"))
    own.write_outlines()
    yield own
    own.close()


def run_in_gdal(session: Session, statement: str) -> None:
    """Change the project in a separate process with SQL through GDAL, like QGIS."""
    if OGRINFO is None:
        pytest.skip("gdal-bin is not installed")
    path = str(session.store.path)
    subprocess.run([OGRINFO, "-q", path, "-sql", statement], check=True, capture_output=True)


def write_by_ogr(session: Session, layer: str, where: str, **to: object) -> None:
    """Overwrite a feature with OGR, like QGIS."""
    if OGR2OGR is None:
        pytest.skip("gdal-bin is not installed")
    path = session.store.path
    assert path is not None
    copy = path.with_name("copy.gpkg")
    ends = ["-preserve_fid", "-lco", "SPATIAL_INDEX=NO"]
    subprocess.run([OGR2OGR, copy, path, layer, "-where", where, *ends], check=True)
    base = sqlite3.connect(copy)
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    for column, value in to.items():
        base.execute(f"UPDATE {layer} SET {column} = ?", (value,))
    base.commit()
    base.close()
    command = [OGR2OGR, "-update", "-upsert", "-preserve_fid", path, copy, layer]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "ERROR" not in done.stderr


def encode_shape(shape: BaseGeometry) -> bytes:
    """Return a shape in GeoPackage encoding."""
    return b"GP\0\1" + struct.pack("<i", 26910) + shapely.to_wkb(shape)


def draw_zone(session: Session, zone: str, area: Polygon) -> None:
    """Redraw a zone in a separate process that uses only SQLite."""
    shape = encode_shape(MultiPolygon([area]))
    script = (
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]); "
        "base.execute('UPDATE zone_area SET geom = ? WHERE zone = ?', "
        "(bytes.fromhex(sys.argv[2]), sys.argv[3])); base.commit()"
    )
    args = [sys.executable, "-c", script, str(session.store.path), shape.hex(), zone]
    subprocess.run(args, check=True)


def test_an_edit_by_another_program_becomes_a_history_step(session: Session) -> None:
    heard: list[SessionChange] = []
    session.listen(heard.append)
    run_in_gdal(session, "UPDATE site SET name = 'Hill High', enrollment = 7 WHERE id = 'r1c1'")
    assert session.poll()
    site = session.project.sites["r1c1"]
    assert (site.name, site.enrollment) == ("Hill High", 7)
    assert [edit.label for edit in heard[-1].others][-1] == str(
        Message("external_edit.kept", rows="School r1c1 changed")
    )
    assert session.undo_label == str(Message("external_edit.kept", rows="School r1c1 changed"))
    session.undo()
    assert session.project.sites["r1c1"].name == "School r1c1"
    session.undo()
    assert session.project.name == "Letters"
    session.redo()
    session.redo()
    assert session.project.sites["r1c1"].name == "Hill High"
    assert session.store.verify().ok
    path = session.store.path
    session.close()
    assert path is not None
    again = Session(storage.open(path), actor="p", desk="d", clock=lambda: NOW)
    taken = [step.label for step in again.history].index(
        str(Message("external_edit.kept", rows="School r1c1 changed"))
    )
    again.restore_step(taken - 1)
    assert again.project.sites["r1c1"].name == "School r1c1"
    again.close()


def test_an_invalid_edit_is_reverted_and_reported(session: Session) -> None:
    before = session.project
    run_in_gdal(session, "UPDATE site SET name = ' ' WHERE id = 'r1c1'")
    heard: list[SessionChange] = []
    session.listen(heard.append)
    session.poll()
    assert session.project.sites == before.sites
    assert session.store.project().sites == before.sites
    lacking = CheckFinding("external_change.no_name", {"row": "School r1c1"})
    assert heard[-1].others[-1].label == str(
        Message("external_edit.put_back", rows=lacking.text.rstrip("."))
    )
    assert session.undo_label == "Rename"
    session.apply("Again", lambda project: replace(project, name="Dale"))
    session.undo()
    assert session.project.name == "Hill"


def test_a_posted_shift_cannot_be_changed_by_another_program_or_silent_undo(
    tmp_path: Path,
) -> None:
    """Other programs give no person and reason, so it is refused; undoing the posting asks."""
    project = roster(officer("A", "A", "B"), officer("B", "A", "B"))
    uid = f"A-day-{MONDAY}"
    project = assign_shift(project, uid, "A", RosterDecision(NOW))
    store = create_store(tmp_path / "posted.gpkg", project, actor="p", at=NOW)
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    session.apply("Post", lambda one: finalize_shifts(one, MONDAY, MONDAY, now=NOW))
    posted = session.project.shifts[uid]
    path, where = tmp_path / "posted.gpkg", f"WHERE uid = '{uid}'"
    for statement in (
        f"UPDATE shift SET officer = 'B' {where}",
        f"UPDATE shift SET status = 'draft' {where}",
        f"DELETE FROM shift {where}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="change it in the planner"):
            run_plain(path, statement)
    run_plain(
        path, f"UPDATE shift SET officer = 'B', row_version = 9 {where}"
    )  # bypasses the trigger
    session.poll()
    assert session.project.shifts[uid] == posted == session.store.project().shifts[uid]
    decision = RosterDecision(NOW, by="coordinator", reason="court date")
    session.apply("Give", lambda one: assign_shift(one, uid, "B", decision))
    session.undo()
    assert session.project.shifts[uid] == posted, "as it was posted, and not as changed since"
    session.redo()
    change = session.project.shifts[uid].posted_change
    assert change is not None and (change.by, change.reason) == ("coordinator", "court date")
    session.undo()
    step = session.undoable_step
    assert step is not None and needs_confirmation(step, session.effect_of_undo(step))
    session.close()


BY_OGR: list[tuple[dict[str, object], str]] = [
    ({"geom": encode_shape(Point(750, -500))}, "School r1c1 moved"),
    ({"name": "Hill High", "note": "Größe"}, "School r1c1 changed"),
]


@pytest.mark.parametrize(("to", "told"), BY_OGR)
def test_a_site_changed_in_gis_becomes_a_history_step(
    to: dict[str, object], told: str, session: Session
) -> None:
    before = session.project.sites
    write_by_ogr(session, "site", "id = 'r1c1'", **to)
    assert session.poll()
    assert session.project.sites != before
    assert session.undo_label == str(Message("external_edit.kept", rows=told))
    session.undo()
    assert session.project.sites == session.store.project().sites == before
    assert session.store.verify().ok


def test_an_assigned_site_deleted_in_gis_is_restored(session: Session) -> None:
    before = session.project.sites
    run_in_gdal(session, "DELETE FROM site WHERE id = 'r1c2'")
    session.poll()
    assert session.project.sites == session.store.project().sites == before
    assert [one.fault and one.fault.template for one in session.external] == [
        "external_change.dangling"
    ]
    assert session.store.verify().ok


def remove_zone(site: str) -> ProjectEdit:

    def edit(project: Project) -> Project:
        plan = project.plans["plan"]
        rest = {key: zone for key, zone in plan.assignment.items() if key != site}
        return project.with_plan(replace(plan, assignment=rest))

    return edit


def test_undo_restores_an_unassigned_site_deleted_in_gis(session: Session) -> None:
    session.apply("Free", remove_zone("r1c2"))
    before = session.project.sites
    run_in_gdal(session, "DELETE FROM site WHERE id = 'r1c2'")
    assert session.poll()
    assert session.undo_label == str(Message("external_edit.kept", rows="School r1c2 removed"))
    assert "r1c2" not in session.project.sites
    session.undo()
    assert session.store.project().sites == before


BOW = MultiPolygon([Polygon([(0, 0), (1000, -1000), (1000, 0), (0, -1000)])])
NOT_BY_OGR = [
    (
        "site",
        {"geom": encode_shape(Point(500_500, -500))},
        CheckFinding("external_change.far", {"row": "School r1c1"}, {"away_m": 497_500.0}),
    ),
    (
        "block",
        {"geom": encode_shape(BOW)},
        CheckFinding("external_change.unreadable", {"row": "block B1-1"}),
    ),
]


@pytest.mark.parametrize(("layer", "to", "fault"), NOT_BY_OGR)
def test_a_forbidden_gis_edit_is_reverted(
    layer: str, to: dict[str, object], fault: CheckFinding, session: Session
) -> None:
    before = session.project
    write_by_ogr(session, layer, f"id = '{'B1-1' if layer == 'block' else 'r1c1'}'", **to)
    session.poll()
    label = Message("external_edit.put_back", rows=fault.text.rstrip("."))
    assert session.store.edits()[-1].label == str(label)
    kept = session.store.project()
    assert session.project.sites == kept.sites == before.sites
    assert kept.blocks["B1-1"].area == before.blocks["B1-1"].area
    assert session.undo_label == "Rename"


def test_a_zone_drawn_in_gis_is_a_proposed_assignment(session: Session) -> None:
    zones = RedrawnZones(session)
    shape = encode_shape(MultiPolygon([box(1000, -1000, 3000, 0)]))
    write_by_ogr(session, "zone_area", "zone = 'B'", geom=shape)
    session.poll()
    done = zones.poll()
    assert done is not None and done.taken
    assert session.plan is not None and session.plan.assignment["r1c2"] == "B"


def test_an_external_edit_is_accepted_by_one_of_two_desks_only(session: Session) -> None:
    path = session.store.path
    assert path is not None
    other = Session(storage.open(path), actor="q", desk="e", clock=lambda: NOW)
    run_in_gdal(session, "UPDATE site SET grades = 'K-8' WHERE id = 'r1c2'")
    session.poll()
    other.poll()
    session.poll()
    kinds = [edit.kind for edit in session.store.edits()]
    assert kinds.count(EditKind.EXTERNAL) == 1
    assert other.project.sites["r1c2"].grades == "K-8"
    other.close()


def test_a_zone_redrawn_while_open_is_a_proposed_assignment(
    session: Session,
) -> None:
    zones = RedrawnZones(session)
    assert zones.poll() is None
    draw_zone(session, "B", box(1000, -1000, 3000, 0))
    session.poll()
    done = zones.poll()
    assert done is not None and done.taken
    assert done.message == Message("redrawn", zones="B", n=1, plan="Plan")
    assert session.plan is not None and session.plan.assignment["r1c2"] == "B"
    assert session.store.edits()[-1].kind is EditKind.IMPORT
    assert zones.poll() is None
    session.undo()
    assert session.plan.assignment["r1c2"] == "A"
    assert zones.poll() is None


def test_a_zone_redrawn_outside_its_jurisdiction_is_reported_and_restored(
    session: Session,
) -> None:
    zones = RedrawnZones(session)
    plan = session.plan
    draw_zone(session, "A", box(0, -2000, 1000, 0))
    session.poll()
    done = zones.poll()
    assert done is not None and not done.taken
    assert done.message == Message("redrawn.nothing", zones="A")
    facts = {name: done.refused[0].details[name] for name in ("agency", "zone")}
    assert (done.refused[0].template, facts) == (
        "zone_not_allowed.jurisdiction",
        {"agency": "Sheriff", "zone": "A"},
    )
    assert session.plan is plan
    kept = session.store.drawn_areas()[session.plan_uid or "", "A"]
    assert kept.area == pytest.approx(2_000_000)


def test_a_zone_of_an_adopted_plan_is_proposed_in_a_branch(
    session: Session,
) -> None:
    adopted = replace(session.state.saved_project.plans["plan"], effective_on=date(2026, 1, 1))
    session.apply("Adopt", lambda project: project.with_plan(adopted))
    zones = RedrawnZones(session)
    draw_zone(session, "B", box(1000, -1000, 3000, 0))
    session.poll()
    done = zones.poll()
    assert done is not None
    assert done.message == Message("redrawn.draft", zones="B", n=1, plan="Plan as drawn")
    assert session.project.plans["plan"].assignment["r1c2"] == "A"
    assert session.project.plan("Plan as drawn").assignment["r1c2"] == "B"


def test_saves_by_desks_are_not_external_zone_edits(session: Session) -> None:
    path = session.store.path
    assert path is not None
    zones = RedrawnZones(session)
    other = Session(storage.open(path), actor="q", desk="e", clock=lambda: NOW)
    from zoneplanner.domain.plans.edits import assign_sites

    other.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    session.poll()
    assert zones.poll() is None
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "A"}))
    assert zones.poll() is None
    other.close()
    with pytest.raises(UserError):
        session.apply("No", lambda project: assign_sites(project, "plan", {"r1c2": "a"}))


def reopen(path: Path) -> Session:
    return Session(storage.open(path), actor="p", desk="d", clock=lambda: NOW)


def run_plain(path: Path, statement: str) -> None:
    """Change the project like a program that knows only SQLite."""
    with closing(sqlite3.connect(path)) as base:
        base.execute(statement)
        base.commit()


ZERO = f"UPDATE site SET geom = x'{encode_shape(Point(-9e6, 0)).hex()}' WHERE id = 'r1c1'"
CLOSED = [
    (ZERO, "external_change.far"),
    ("UPDATE site SET name = '' WHERE id = 'r1c1'", "external_change.no_name"),
    (
        f"UPDATE jurisdiction SET geom = x'{encode_shape(BOW).hex()}' WHERE id = 'county'",
        "external_change.unreadable",
    ),
    ("UPDATE assignment SET zone = 'nowhere' WHERE site = 'r1c2'", "external_change.dangling"),
    ("UPDATE app_meta SET value = 'x' WHERE key = 'project_uid'", "external_change.identity"),
    ("UPDATE plan SET tolerance = 9e999", "external_change.unreadable"),
    ("UPDATE plan SET tolerance = -1", "external_change.no_number"),
    ("UPDATE site SET enrollment = -400 WHERE id = 'r1c1'", "external_change.no_number"),
    (
        "UPDATE site SET enrollment = 9223372036854775807 WHERE id = 'r1c1'",
        "external_change.no_number",
    ),
    (
        "UPDATE site SET name = printf('%.*c', 100000, 'x') WHERE id = 'r1c1'",
        "external_change.long_name",
    ),
    (
        "UPDATE app_meta SET value = 'Mars/Phobos' WHERE key = 'project_time_zone'",
        "external_change.no_time_zone",
    ),
    (
        "UPDATE setting SET value = printf('%.*c', 200000, '[') WHERE fid = 1",
        "external_change.unreadable",
    ),
]


@pytest.mark.parametrize(("statement", "fault"), CLOSED)
def test_a_forbidden_change_is_reverted_at_opening_and_recorded(
    session: Session, statement: str, fault: str
) -> None:
    path, before = session.store.path, session.state.saved_project
    assert path is not None
    session.close()
    run_plain(path, statement)
    with storage.open(path, read_only=True) as reader:
        looking = Session(reader, actor="p", desk="d", clock=lambda: NOW)
        assert [one.finding.template for one in looking.external] == [fault]
        assert looking.state.saved_project.sites == before.sites
    again = reopen(path)
    assert [one.finding.template for one in again.external] == [fault]
    assert again.store.edits()[-1].kind is EditKind.EXTERNAL
    assert len(again.history) == len(session.history) + 1
    again.restore_step(0)
    assert again.project.name == "Letters"
    assert again.store.verify().ok
    again.close()
    assert storage.open(path).external == ()


def test_each_of_several_changed_rows_is_kept_or_restored(session: Session) -> None:
    path = session.store.path
    assert path is not None
    session.close()
    run_plain(path, "UPDATE site SET name = '' WHERE id = 'r1c1'")
    run_plain(path, "UPDATE site SET note = 'north gate' WHERE id = 'r1c2'")
    again = reopen(path)
    assert {one.row: one.fault is None for one in again.external} == {
        "School r1c1": False,
        "School r1c2": True,
    }
    sites = again.project.sites
    assert (sites["r1c1"].name, sites["r1c2"].note) == ("School r1c1", "north gate")
    again.undo()
    assert again.project.sites["r1c2"].note == ""
    assert again.store.verify().ok
    again.close()


GUARDED = [
    "UPDATE assignment SET zone = 'B' WHERE site = 'r1c2'",
    "DELETE FROM assignment WHERE site = 'r1c2'",
    "INSERT INTO plan_lock (plan, kind, target) VALUES ('plan', 'site', 'r1c1')",
    "UPDATE plan SET name = 'Mine'",
    "UPDATE plan SET effective_on = NULL",
    "UPDATE zone SET unit = 'X'",
]


@pytest.mark.parametrize("statement", GUARDED)
def test_another_program_cannot_change_an_adopted_plan(session: Session, statement: str) -> None:
    adopted = replace(session.state.saved_project.plans["plan"], effective_on=date(2026, 1, 1))
    session.apply("Adopt", lambda project: project.with_plan(adopted))
    path = session.store.path
    assert path is not None
    with pytest.raises(sqlite3.IntegrityError, match="change it in the planner"):
        run_plain(path, statement)
    # bypassing the trigger leaves no trace to accept
    run_plain(path, "UPDATE assignment SET zone = 'B', row_version = 9 WHERE site = 'r1c2'")
    session.close()
    again = reopen(path)
    assert [one.finding.template for one in again.external] == ["external_change.unmarked"]
    assert again.project.plans["plan"].assignment["r1c2"] == "A"
    again.close()


def test_a_school_can_be_added_with_code_name_level_and_position_only(session: Session) -> None:
    path = session.store.path
    assert path is not None
    session.close()
    shape = encode_shape(Point(600, -600)).hex()
    run_plain(
        path,
        f"INSERT INTO site (geom, id, name, level) VALUES (x'{shape}', 'new', 'New', 'high')",
    )
    again = reopen(path)
    assert (again.project.sites["new"].name, again.project.sites["new"].patrolled) == ("New", True)
    again.apply("Rename", lambda project: replace(project, name="Vale"))
    assert again.store.verify().ok
    again.close()


def test_a_school_can_be_appended_by_ogr_with_required_fields_only(session: Session) -> None:
    if OGR2OGR is None:
        pytest.skip("gdal-bin is not installed")
    path = session.store.path
    assert path is not None
    table = path.with_name("new.csv")
    table.write_text('WKT,id,name,level\n"POINT (600 -600)",new,New,high\n', encoding="utf-8")
    reads = [
        "-a_srs",
        "EPSG:26910",
        "-oo",
        "GEOM_POSSIBLE_NAMES=WKT",
        "-oo",
        "KEEP_GEOM_COLUMNS=NO",
    ]
    command = [OGR2OGR, "-append", path, table, "-nln", "site", *reads]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "ERROR" not in done.stderr
    assert session.poll()
    site = session.project.sites["new"]
    assert (site.name, site.patrolled, site.charter, site.kind) == ("New", True, False, "school")
    session.undo()
    assert "new" not in session.project.sites
    assert session.store.verify().ok


def test_an_untracked_change_is_reverted_while_the_project_is_open(session: Session) -> None:
    path = session.store.path
    assert path is not None
    run_plain(path, "UPDATE site SET name = 'Forged', row_version = 7 WHERE id = 'r1c1'")
    session.poll()
    assert [one.finding.template for one in session.external] == ["external_change.unmarked"]
    assert session.project.sites["r1c1"].name == "School r1c1"
    assert session.store.verify().ok
