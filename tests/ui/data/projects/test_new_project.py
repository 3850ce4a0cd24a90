"""A project of another district, made in the window from its files."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from vector_files import geojson

from zoneplanner.app.desk import settings as desk_settings
from zoneplanner.app.desk.settings import Settings
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.data.projects.new_project import NewProjectDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

WEST, SOUTH = -121.40, 38.42
SCHOOLS = Path(__file__).parents[5] / "shared" / "data" / "california_schools.csv"


@pytest.fixture
def planner(
    looks: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ApplicationWindow]:
    folders = desk_settings.platformdirs
    for name in ("user_config_dir", "user_data_dir", "user_documents_dir"):
        monkeypatch.setattr(folders, name, lambda *_, **__: str(tmp_path / "desk"))
    made = ApplicationWindow(looks, Settings(appearance="light"), lambda _: None)
    made.resize(1280, 800)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def area(left: float, bottom: float, right: float, top: float) -> dict[str, object]:
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    return {"type": "Polygon", "coordinates": [ring]}


def bring(main: MainWindow, qtbot: QtBot, file: Path, kind: str, count: int, **only: str) -> None:
    """Take a file in the dialog: what it is, which rows, and how many that are."""
    main.files.open(file)
    own = main.findChildren(ImportDialog)[-1]
    qtbot.waitUntil(lambda: own.found is not None, timeout=60_000)
    own.question.show_kind(kind)
    own.question.kind_chosen.emit()
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=60_000)
    for column, value in only.items():
        box = own.columns.filter_column
        box.setCurrentIndex(box.findData(column))
        own.columns.filter_value.setCurrentText(value)
    rows = "row" if count == 1 else "rows"
    qtbot.waitUntil(lambda: own.ok.text() == f"Import {count} {rows}", timeout=60_000)
    with qtbot.waitSignal(own.finished, timeout=60_000):
        own.ok.click()


def test_another_district_is_started_filled_and_zoned_in_the_window(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    outline = area(WEST, SOUTH, WEST + 0.12, SOUTH + 0.08)
    district = geojson(tmp_path / "unsd.geojson", (outline, {"NAME": "Elm Unified"}))
    county = geojson(
        tmp_path / "county.geojson",
        (area(WEST - 1, SOUTH - 1, WEST + 1, SOUTH + 1), {"name": "Elm County", "kind": "county"}),
    )
    spots = [(WEST + 0.01 + 0.02 * (at % 6), SOUTH + 0.01 + 0.03 * (at // 6)) for at in range(12)]
    schools = tmp_path / "schools.csv"
    rows = (f"e{at},Elm {at},K-6,{lat},{lon}" for at, (lon, lat) in enumerate(spots))
    schools.write_text("\n".join(["code,school,grades,latitude,longitude", *rows]) + "\n")
    planner._ask_new()
    asked = planner.findChild(NewProjectDialog)
    assert isinstance(asked, NewProjectDialog)
    asked.district.setCurrentIndex(1)
    asked.accept()
    assert "Choose a file of the district" in asked.refused.text()
    asked.boundary.setText(str(tmp_path / "nowhere.geojson"))
    asked.file.setText(str(tmp_path / "elm.gpkg"))
    asked.zones.setValue(2)
    asked.accept()
    qtbot.waitUntil(lambda: "There is no file" in asked.refused.text())
    asked.boundary.setText(str(district))
    asked.accept()
    qtbot.waitUntil(lambda: planner.main is not None, timeout=20_000)
    main = planner.main
    assert main is not None
    assert "boundaries of the county" in main.desk.notices.text.text()
    session = main.desk.session
    assert (session.project.name, session.project.crs) == ("Elm Unified", "EPSG:26910")
    assert list(session.project.units) == ["Z1", "Z2"]
    bring(main, qtbot, county, "jurisdictions", 1)
    bring(main, qtbot, schools, "sites", 12)
    assert len(session.project.patrolled) == 12
    main.desk.actions["propose"].trigger()
    main.optimizer.body.form.limit.setValue(5)
    main.optimizer.body.start_button.click()
    qtbot.waitUntil(
        lambda: bool(session.plan is not None and len(session.plan.assignment) == 12),
        timeout=30_000,
    )
    main.desk.jobs.cancel_all()
    assert session.undo_label is not None


@pytest.mark.long  # the command line's story of the same schools runs always
@pytest.mark.skipif(not SCHOOLS.exists(), reason="the state's list of schools is not at hand")
def test_elk_grove_is_zoned_in_the_window_from_the_states_list_of_schools(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    with SCHOOLS.open(newline="", encoding="utf-8") as file:
        own = [row for row in csv.DictReader(file) if row["district"] == "Elk Grove Unified"]
    lons, lats = ([float(row[name]) for row in own] for name in ("longitude", "latitude"))
    left, bottom = min(lons) - 0.01, min(lats) - 0.01
    right, top = max(lons) + 0.01, max(lats) + 0.01
    outline, whole = area(left, bottom, right, top), area(left - 1, bottom - 1, right + 1, top + 1)
    town = area((left + right) / 2, bottom, right, (bottom + top) / 2)
    unsd = geojson(tmp_path / "unsd.geojson", (outline, {"NAME": "Elk Grove Unified"}))
    lines = geojson(
        tmp_path / "lines.geojson",
        (whole, {"name": "Sacramento County", "kind": "county"}),
        (town, {"name": "Elk Grove", "kind": "city"}),
    )
    planner._ask_new()
    asked = planner.findChild(NewProjectDialog)
    assert isinstance(asked, NewProjectDialog)
    asked.district.setCurrentIndex(1)
    asked.boundary.setText(str(unsd))
    asked.file.setText(str(tmp_path / "elk-grove.gpkg"))
    asked.zones.setValue(4)
    asked.accept()
    qtbot.waitUntil(lambda: planner.main is not None, timeout=20_000)
    main = planner.main
    assert main is not None
    bring(main, qtbot, lines, "jurisdictions", 2)
    bring(main, qtbot, SCHOOLS, "sites", len(own), district="Elk Grove Unified")
    session = main.desk.session
    patrolled = len(session.project.patrolled)
    assert patrolled == len(session.project.sites) == len(own)
    main.desk.actions["propose"].trigger()
    main.optimizer.body.form.limit.setValue(2)
    main.optimizer.body.start_button.click()
    qtbot.waitUntil(
        lambda: bool(session.plan is not None and len(session.plan.assignment) == patrolled),
        timeout=60_000,
    )
    main.desk.jobs.cancel_all()
