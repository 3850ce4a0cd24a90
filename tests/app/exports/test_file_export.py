"""Exports are complete or absent, equal when imported again, and free of formulas."""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from, refused
from openpyxl import load_workbook
from sentences import says
from storage_samples import full_disk

from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.exports.file_export import EXPORT_FORMATS, export_file, list_format_layers
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.errors import Cancelled, UserError

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)


def opened(folder: Path, project: Project) -> Session:
    folder.mkdir()
    store = create_store(folder / "p.gpkg", project, actor="p", at=NOW)
    return Session(store, actor="p", desk="d", clock=lambda: NOW)


def create_full_project() -> Project:
    """Return a small project with texts that file formats tend to break."""
    project = project_from("AAB / aab")
    note = "“Größe”, <b>=1+1</b>; 5 < 6"
    site = replace(project.sites["r1c1"], name="=Hill & Dale", note=note, charter=True)
    bare = replace(project.sites["r1c2"], enrollment=None, phone="", level="k8", patrolled=False)
    return replace(project, sites={**project.sites, site.id: site, bare.id: bare})


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    own = opened(tmp_path / "own", create_full_project())
    yield own
    own.close()


def test_an_exported_plan_and_entries_are_known_on_import(session: Session, tmp_path: Path) -> None:
    log_record(session, "visit", {"site": "r1c1", "unit": "A", "arrived_at": "2026-11-16T08:00",
                                   "note": "=1+1"})  # fmt: skip
    log_record(session, "incident", {"site": "r1c3", "type": "fight", "units": "A;B",
                                      "received_at": "2026-11-01T01:30-07:00"})  # fmt: skip
    bring_roster(session, tmp_path)
    done = export_file(session, "csv", tmp_path / "out")
    assert done.rows == {
        **{"sites": 6, "zones": 4, "jurisdictions": 2, "blocks": 6, "district": 1, "plan": 6},
        **{"agencies": 2, "units": 4},
        **{"officers": 1, "shifts": 1, "visits": 1, "incidents": 1},
    }
    for kind in ("officers", "shifts"):
        again = import_file(session, tmp_path / "out" / f"{kind}.csv", kind)
        assert (again.taken, again.already, again.refused) == (0, 1, ())
    calendar = export_file(session, "ics", tmp_path / "shifts.ics").files[0].read_text()
    assert "UID:" in calendar and "TZID=America/Los_Angeles" in calendar
    for kind in ("visits", "incidents"):
        again = import_file(session, tmp_path / "out" / f"{kind}.csv", kind)
        assert (again.taken, again.already, again.refused) == (0, 1, ())
    text = (tmp_path / "out" / "incidents.csv").read_text(encoding="utf-8-sig")
    assert "2026-11-01T01:30:00-07:00" in text
    book = export_file(session, "xlsx", tmp_path / "all.xlsx").files[0]
    sheets = load_workbook(book).sheetnames
    assert sheets == [
        *(
            "Sites",
            "Zones of Plan",
            "Plan Plan",
            "Agencies",
            "Units",
            "Officers",
            "Shifts",
            "Visits",
            "Incidents",
        ),
    ]


def bring_roster(session: Session, folder: Path) -> None:
    """Add an officer with a posted shift."""
    officers, shifts = folder / "officers.csv", folder / "shifts.csv"
    officers.write_text("id,name,agency,units\no1,Officer A,Sheriff,A;B\n")
    shifts.write_text(
        "unit,officer,starts_at,ends_at,status\nA,o1,2026-11-30T07:30,2026-11-30T15:30,final\n"
    )
    import_file(session, officers, "officers")
    import_file(session, shifts, "shifts")


def test_no_cell_of_a_table_is_a_formula(session: Session, tmp_path: Path) -> None:
    path = export_file(session, "csv", tmp_path / "sites.csv").files[0]
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert rows[0]["name"] == "'=Hill & Dale"
    assert float(rows[0]["longitude"]) < 0
    path = export_file(session, "xlsx", tmp_path / "book.xlsx").files[0]
    sheet = load_workbook(path)["Sites"]
    assert sheet.freeze_panes == "A2"
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=Hill & Dale", "s")
    assert (sheet["A2"].number_format, sheet["I2"].number_format) == ("@", "#,##0")
    with zipfile.ZipFile(path) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


def test_a_plan_with_any_name_can_be_exported_to_a_workbook(
    session: Session, tmp_path: Path
) -> None:
    plan = replace(session.state.saved_project.plans["plan"], name="2026/27: [first] draft?")
    session.apply("Rename", lambda project: project.with_plan(plan))
    path = export_file(session, "xlsx", tmp_path / "book.xlsx", layers=["zones"]).files[0]
    assert load_workbook(path).sheetnames == ["Zones of 2026-27"]


def test_zones_are_exported_in_the_nena_layout_with_a_warning(
    session: Session, tmp_path: Path
) -> None:
    done = export_file(session, "nena", tmp_path / "police")
    base = sqlite3.connect(done.files[0])
    fields = [row[1] for row in base.execute("PRAGMA table_info(PolicePolygon)")]
    (about,) = base.execute("SELECT description FROM gpkg_contents").fetchone()
    rows = base.execute("SELECT NGUID, ServiceURN, DsplayName FROM PolicePolygon").fetchall()
    base.close()
    assert fields[2:] == [
        *("DiscrpAgID", "DateUpdate", "Effective", "Expire", "NGUID", "Agency_ID"),
        *("ServiceURI", "ServiceURN", "ServiceNum", "AVcard_URI", "DsplayName"),
    ]
    assert about.startswith("Planning only, not for 9-1-1 routing.")
    assert done.files[1].read_text().startswith("Planning only, not for 9-1-1 routing.")
    assert rows[0] == (
        "urn:emergency:uid:gis:Pol:A:sheriff.invalid",
        "urn:emergency:service:responder.police.sheriff",
        "Sheriff, Zone A",
    )
    assert rows[2][1].endswith(".local")


def test_google_earth_gets_names_colors_and_every_column(session: Session, tmp_path: Path) -> None:
    text = export_file(session, "kml", tmp_path / "all").files[0].read_text(encoding="utf-8")
    assert "<name>=Hill &amp; Dale</name>" in text
    assert "<PolyStyle><color>66B27200</color>" in text
    assert text.count("<Style>") == len(session.project.sites) + 4, "schools in their zone's color"
    assert '<Data name="load_min">' in text


FULL_DISK = """
import resource, sys
from pathlib import Path
from zoneplanner.app.exports.file_export import EXPORT_FORMATS, export_file
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.errors import UserError

if __name__ == "__main__":
    project, target = map(Path, sys.argv[1:])
    session = open_session(project, read_only=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
    for kind in EXPORT_FORMATS:
        try:
            export_file(session, kind, target / "all" if EXPORT_FORMATS[kind].several else target)
        except UserError as error:
            print(kind, "refused:", error.message)
"""
"""Let no file grow beyond 300 bytes, as where the disk is full."""


def test_a_full_disk_leaves_nothing_half_written(session: Session, tmp_path: Path) -> None:
    bring_roster(session, tmp_path)
    target = tmp_path / "out"
    target.mkdir()
    kept = target / "sites.csv"
    kept.write_text("what was there")
    script = tmp_path / "full_disk.py"
    script.write_text(FULL_DISK)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, script, session.store.path, target],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    refused = [line.split(" ", 1) for line in done.stdout.splitlines()]
    assert [kind for kind, _ in refused] == list(EXPORT_FORMATS)
    assert all(
        "refused: Cannot write" in text or says(text, "cannot_write.layers") for _, text in refused
    )
    assert [path.name for path in target.iterdir()] == ["sites.csv"]
    assert kept.read_text() == "what was there"


def test_a_canceled_export_leaves_nothing(session: Session, tmp_path: Path) -> None:
    def report(_fraction: float, _text: str) -> None:
        raise Cancelled

    for kind in ("gpkg", "csv"):
        with pytest.raises(Cancelled):
            export_file(session, kind, tmp_path / kind, report=report)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_an_impossible_export_is_refused(session: Session, tmp_path: Path) -> None:
    live = session.store.path
    for kind, path, layers, code in (
        ("dwg", tmp_path / "x", [], "unknown_format"),
        ("gpkg", live, [], "project_itself"),
        ("csv", tmp_path / "x.csv", ["sites", "plan"], "several_layers"),
        ("shp", tmp_path / "x", ["visits"], "format_cannot_hold"),
        ("csv", tmp_path / "x.csv", ["drills"], None),
        ("ics", tmp_path / "x.ics", [], "no_final_shift"),
        ("csv", tmp_path / "no" / "x.csv", [], "cannot_write"),
    ):
        if code is None:
            assert export_file(session, kind, path, layers=layers).rows == {"drills": 0}
            continue
        with pytest.raises(UserError) as caught:
            export_file(session, kind, path, layers=layers)
        assert caught.value.code == code
    assert session.store.verify().ok


def test_a_shapefile_is_zipped_and_another_plan_can_be_named(
    session: Session, tmp_path: Path
) -> None:
    done = export_file(session, "shp", tmp_path / "zones.zip", layers=["zones"], plan="Plan")
    with zipfile.ZipFile(done.files[0]) as packed:
        assert {Path(name).suffix for name in packed.namelist()} >= {".shp", ".dbf", ".prj"}
    with refused("unknown_plan", plan="Other"):
        export_file(session, "shp", tmp_path / "zones.zip", plan="Other")
    one = export_file(session, "geojson", tmp_path / "zones.geojson", layers=["zones"])
    data = json.loads(one.files[0].read_text())
    assert [item["properties"]["zone"] for item in data["features"]] == ["A", "B", "a", "b"]


def test_a_project_without_a_plan_is_exported_without_zones(tmp_path: Path) -> None:
    own = opened(tmp_path / "bare", replace(create_full_project(), plans={}))
    assert "zones" not in export_file(own, "csv", tmp_path / "out").rows
    with refused("no_plan"):
        export_file(own, "csv", tmp_path / "out", layers=["zones"])
    own.close()


def test_every_format_lists_the_layers_it_can_hold() -> None:
    assert list_format_layers("geojson") == (
        "sites",
        "zones",
        "jurisdictions",
        "blocks",
        "district",
    )
    assert list_format_layers("csv")[4:6] == ("district", "plan")
    assert list_format_layers("xlsx")[:3] == ("sites", "zones", "plan")


@pytest.mark.parametrize("kind", [kind for kind in EXPORT_FORMATS if kind != "ics"])
def test_an_export_to_a_full_disk_is_refused_and_leaves_nothing(
    session: Session, tmp_path: Path, kind: str
) -> None:
    """A truncated shapefile used to be reported as written, and a workbook printed a traceback.

    An error that Python prints for a discarded generator fails this test.
    """
    (tmp_path / "out").mkdir()
    with full_disk(600), pytest.raises(UserError) as caught:
        export_file(session, kind, tmp_path / "out" / f"sites{EXPORT_FORMATS[kind].ending}")
    assert caught.value.code == "cannot_write"
    assert [*(tmp_path / "out").iterdir()] == []


def test_nena_agencies_are_domain_names_and_nena_days_are_dates(
    session: Session, tmp_path: Path
) -> None:
    set_data_row(session, "agency", "Sheriff", {"domain": "SacSheriff.com"})
    with refused("not_a_domain", domain="the sheriff"):
        set_data_row(session, "agency", "Police", {"domain": "the sheriff"})
    path = export_file(session, "nena", tmp_path / "police").files[0]
    with closing(sqlite3.connect(path)) as base:
        kinds = {row[1]: row[2] for row in base.execute("PRAGMA table_info(PolicePolygon)")}
        ids = {row[0] for row in base.execute("SELECT Agency_ID FROM PolicePolygon")}
        (updated,) = base.execute("SELECT DateUpdate FROM PolicePolygon").fetchone()
    assert {kinds[own] for own in ("DateUpdate", "Effective", "Expire")} == {"DATETIME"}
    assert ids == {"sacsheriff.com", "police.invalid"}
    assert datetime.fromisoformat(updated) == session.clock()
