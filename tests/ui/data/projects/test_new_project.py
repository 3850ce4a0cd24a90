"""A project of another district is created in the window from its files."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest
from file_dialogs import answered
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from raw_files import write_made_up_district
from sentences import says
from vector_files import write_geojson

from zoneplanner.app.desk import settings as desk_settings
from zoneplanner.app.projects.backups import list_backups_of
from zoneplanner.domain.geography.map_edits import find_district_boundary
from zoneplanner.messages import Message
from zoneplanner.ui.data.imports.file_options import LayerChoiceDialog
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.data.projects.district_wizard import DistrictWizard
from zoneplanner.ui.data.projects.new_project import NewProjectDialog
from zoneplanner.ui.publish.publish_panel import PublishPanel
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow

WEST, SOUTH = -121.40, 38.42
SCHOOLS = Path(__file__).parents[5] / "shared" / "data" / "california_schools.csv"


@pytest.fixture
def planner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_planner: Callable[[], ApplicationWindow]
) -> ApplicationWindow:
    folders = desk_settings.platformdirs
    for name in ("user_config_dir", "user_data_dir", "user_documents_dir"):
        monkeypatch.setattr(folders, name, lambda *_, **__: str(tmp_path / "desk"))
    window = open_planner()
    window.resize(1280, 800)
    return window


def build_box(left: float, bottom: float, right: float, top: float) -> dict[str, object]:
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    return {"type": "Polygon", "coordinates": [ring]}


def import_rows(
    main: MainWindow, qtbot: QtBot, file: Path, kind: str, count: int, **only: str
) -> None:
    """Import rows of a file in the dialog: its kind, a filter, and the expected count."""
    main.files.open(file)
    own = main.findChildren(ImportDialog)[-1]
    qtbot.waitUntil(lambda: own.file is not None, timeout=60_000)
    own.options.show_kind(kind)
    own.options.kind_chosen.emit()
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=60_000)
    for column, value in only.items():
        box = own.columns.filter_column
        box.setCurrentIndex(box.findData(column))
        own.columns.filter_value.setCurrentText(value)
    rows = "row" if count == 1 else "rows"
    qtbot.waitUntil(lambda: own.ok.text() == f"Import {count} {rows}", timeout=60_000)
    with qtbot.waitSignal(own.finished, timeout=60_000):
        own.ok.click()


def wait_for_wizard(main: MainWindow, qtbot: QtBot) -> DistrictWizard:
    qtbot.waitUntil(lambda: bool(main.findChildren(DistrictWizard)), timeout=20_000)
    return main.findChildren(DistrictWizard)[-1]


def import_step_file(wizard: DistrictWizard, qtbot: QtBot, step: str, file: Path) -> str:
    """Click a step, select its file in the dialog, and return the message."""
    model = wizard.view.model()
    row = next(at for at in range(model.rowCount()) if wizard.states[at].step.key == step)
    place = wizard.view.visualRect(model.index(row, 1)).center()
    qtbot.mouseClick(wizard.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wizard.step == step
    with answered(type_path(file)):
        qtbot.mouseClick(wizard.choose, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: wizard.choose.isEnabled() and bool(wizard.message.text()), timeout=60_000
    )
    return wizard.message.text()


def import_step_layer(
    wizard: DistrictWizard, qtbot: QtBot, step: str, file: Path, other: Path
) -> None:
    """Give a step two files in one zip, and select one of them."""
    both = file.with_name("both.zip")
    with ZipFile(both, "w") as packed:
        for own in (file, other):
            packed.write(own, own.name)
    assert says(import_step_file(wizard, qtbot, step, both), "several_layers", file="both.zip")
    asked = wizard.findChild(LayerChoiceDialog)
    assert isinstance(asked, LayerChoiceDialog)
    asked.choice.setCurrentText(file.stem)
    wizard.message.clear()
    qtbot.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: wizard.choose.isEnabled() and bool(wizard.message.text()), timeout=20_000
    )


def accounts_for_each_row(told: str) -> bool:
    """Tell whether the counts of a sentence add up to the rows that were read."""
    first, *others = told.split(". ")
    taken, _, read, *_ = first.split()
    return int(read) == int(taken) + sum(int(part.split()[0]) for part in others)


def match_columns(main: MainWindow, wizard: DistrictWizard, qtbot: QtBot, kind: str) -> None:
    """Continue in the import dialog with a file that has other columns; its kind is preset."""
    qtbot.mouseClick(wizard.match, Qt.MouseButton.LeftButton)
    asked = main.findChildren(ImportDialog)[-1]
    qtbot.waitUntil(lambda: asked.file is not None, timeout=20_000)
    assert asked.options.kind == kind
    asked.close()


NO_CITY = Message("setup_found.no_city", names=["Unincorporated Elm County"])
NO_NAME, NO_PHONE = Message("setup_missing.agency_name"), Message("setup_missing.phone")


def name_agency(main: MainWindow, wizard: DistrictWizard, qtbot: QtBot) -> None:
    """Type the agency's name in its step and press Enter; units follow, and nothing closes."""
    row = [own.step.key for own in wizard.states].index("units")
    place = wizard.view.visualRect(wizard.view.model().index(row, 1)).center()
    qtbot.mouseClick(wizard.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wizard.agency.isVisible() and wizard.states[row].missing == NO_NAME
    qtbot.mouseClick(wizard.agency, Qt.MouseButton.LeftButton)
    QTest.keyClicks(wizard.agency, "Elm Police")
    QTest.keyClick(wizard.agency, Qt.Key.Key_Return)
    project = main.desk.session.project
    assert list(project.agencies) == ["Elm Police"] and wizard.isVisible()
    assert {unit.agency for unit in project.units.values()} == {"Elm Police"}
    assert wizard.agency.text() == "Elm Police" and wizard.states[row].missing == NO_PHONE
    wizard.view.setFocus()


def type_path(file: Path) -> Callable[[QFileDialog], None]:
    """Return an act that types a file's path and presses Enter."""

    def act(dialog: QFileDialog) -> None:
        field = dialog.findChild(QLineEdit)
        field.setText(str(file))
        QTest.keyClick(field, Qt.Key.Key_Return)

    return act


def begin_elm(
    planner: ApplicationWindow, qtbot: QtBot, files: Mapping[str, Path], folder: Path
) -> MainWindow:
    """Create a project from the list of schools, after a newcomer's mistakes."""
    planner._ask_new()
    asked = planner.findChild(NewProjectDialog)
    assert isinstance(asked, NewProjectDialog)
    asked.district.setCurrentIndex(1)
    QTest.qWait(60)
    before = asked.frameGeometry(), asked.named.y()
    asked.accept()
    assert says(asked.refused.text(), "field_empty.district_file")
    QTest.qWait(60)
    assert (asked.frameGeometry(), asked.named.y()) == before, "an error moves no field"
    asked.boundary.setText(str(folder / "nowhere.geojson"))
    offered = Path(asked.file.text())
    asked.file.setText(str(folder / "elm.gpkg"))
    asked.accept()
    qtbot.waitUntil(lambda: says(asked.refused.text(), "no_file"))
    asked.boundary.setText(str(files["enrollment"]))
    asked.boundary.editingFinished.emit()
    QApplication.sendPostedEvents()
    assert "Reading" in asked.about.text() and asked.named.y() == before[1]
    qtbot.waitUntil(lambda: asked.findChild(LayerChoiceDialog) is not None, timeout=20_000)
    sheets = asked.findChild(LayerChoiceDialog)
    assert isinstance(sheets, LayerChoiceDialog)
    assert (sheets.windowTitle(), sheets.choice.currentText()) == (
        "Which sheet?",
        "FRPM School-Level Data",  # not the title page before it
    )
    sheets.reject()
    asked.boundary.setText(str(files["schools"]))
    asked.boundary.editingFinished.emit()
    qtbot.waitUntil(lambda: asked.named.count() == 3, timeout=20_000)
    assert "(1 school)" in asked.named.itemText(2)
    screen = asked.screen().availableGeometry()
    asked.move(asked.x(), screen.bottom() - asked.height() - 4)
    qtbot.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "several districts" in asked.refused.text(), timeout=20_000)
    qtbot.waitUntil(lambda: screen.contains(asked.frameGeometry()))  # including its buttons
    cancel = asked.buttons.button(asked.buttons.StandardButton.Cancel)
    assert not cancel.hasFocus(), "Enter after a correction cancels nothing"
    (folder / "desk").mkdir(exist_ok=True)
    for name in ("Elm Unified.gpkg", "New district.gpkg"):
        (folder / "desk" / name).touch()  # left over from an earlier try
    asked.district.setCurrentIndex(0)
    asked.district.setCurrentIndex(1)
    assert Path(asked.file.text()) == folder / "elm.gpkg"  # the typed path stays
    asked.file.setText(str(offered))
    asked.named.setCurrentIndex(asked.named.findData("Elm Unified"))
    assert Path(asked.file.text()) == folder / "desk" / "Elm Unified 2.gpkg"
    assert asked.zones.value() == 2  # 18 schools, a dozen a zone, as on the command line
    asked.file.setText(str(folder / "elm.gpkg"))
    asked.accept()
    qtbot.waitUntil(lambda: planner.main is not None, timeout=20_000)
    main = planner.main
    assert main is not None
    return main


def publish(main: MainWindow, qtbot: QtBot, folder: Path) -> set[str]:
    """Publish a plan that is still a draft, and return the suffixes of its files."""
    main.desk.actions["go_publish"].trigger()
    (page,) = main.findChildren(PublishPanel)
    page.form.folder.setText(str(folder))
    qtbot.mouseClick(page.form.make, Qt.MouseButton.LeftButton)
    assert says(main.desk.notices.text.text(), "unreleased_plan")
    page.form.draft.click()
    qtbot.mouseClick(page.form.make, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "files made" in main.desk.notices.text.text(), timeout=60_000)
    return {file.suffix for file in folder.rglob("*") if file.is_file()}


def test_six_raw_files_become_a_published_plan_in_the_window(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    files = write_made_up_district(tmp_path)
    main = begin_elm(planner, qtbot, files, tmp_path)
    session, wizard = main.desk.session, wait_for_wizard(main, qtbot)
    qtbot.waitUntil(lambda: len(session.project.sites) == 18, timeout=20_000)
    assert (session.project.name, session.project.crs) == ("Elm Unified", "EPSG:26910")
    assert "Elm Unified" in wizard.about.text() and "New Project" in wizard.about.text()
    shown = main.map.viewpoint()
    main.map.fit()
    assert shown.m_px == pytest.approx(main.map.viewpoint().m_px)  # the schools fill the map
    assert wizard.step == "boundary"
    assert "Census" in wizard.below.text() and "unsd" in wizard.below.text()
    refused = import_step_file(wizard, qtbot, "boundary", files["schools"])
    assert refused and "boundary" in {s.step.key for s in wizard.states if not s.done}
    import_step_layer(wizard, qtbot, "boundary", files["boundary"], files["county"])
    assert find_district_boundary(session.project) is not None
    import_step_file(wizard, qtbot, "jurisdictions", files["county"])
    assert wizard.step == "jurisdictions" and wizard.states[1].found == NO_CITY
    import_step_file(wizard, qtbot, "jurisdictions", files["places"])
    assert len(session.project.jurisdictions) == 2
    empty = tmp_path / "empty.csv"
    empty.write_text("nothing\n", encoding="utf-8")
    before = session.saved_project
    for step in ("jurisdictions", "blocks", "enrollment", "units", "roads", "basemap", "zones"):
        told = import_step_file(wizard, qtbot, step, empty) if step != "zones" else "empty.csv"
        assert told and session.saved_project is before, step  # a wrong file changes nothing
    assert import_step_file(wizard, qtbot, "jurisdictions", empty)
    folders: list[str] = []
    with answered(lambda dialog: (folders.append(dialog.directory().path()), dialog.reject())):
        QTest.keyClick(
            wizard.view, Qt.Key.Key_Return
        )  # Enter opens the file dialog and closes nothing
    assert folders == [str(tmp_path)] and wizard.isVisible()
    match_columns(main, wizard, qtbot, "jurisdictions")
    assert accounts_for_each_row(import_step_file(wizard, qtbot, "blocks", files["blocks"]))
    import_step_file(wizard, qtbot, "enrollment", files["enrollment"])
    made = [one.why for one in list_backups_of(session.store.path)]
    assert {f"before importing {step}" for step in ("jurisdictions", "enrollment")} <= set(made)
    assert all(site.enrollment for site in session.project.patrolled)
    wizard.close()
    main.desk.actions["district_setup"].trigger()  # the wizard resumes
    again = wait_for_wizard(main, qtbot)
    lacking = [own.step.key for own in again.states if not own.done]
    assert lacking == ["units", "roads", "basemap", "zones"]
    name_agency(main, again, qtbot)
    QTest.keyClick(again.view, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert again.step == "zones"
    again.zones.setValue(3)
    qtbot.mouseClick(again.propose, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.plan is not None, timeout=60_000)
    assert session.plan is not None and len(session.plan.assignment) == 18
    assert session.undo_label is not None
    again.close()
    assert {".html", ".pdf"} <= publish(main, qtbot, tmp_path / "out")


@pytest.mark.long  # the same story on the command line always runs
@pytest.mark.skipif(not SCHOOLS.exists(), reason="the state list of schools is not available")
def test_elk_grove_is_zoned_in_the_window_from_the_state_list_of_schools(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    with SCHOOLS.open(newline="", encoding="utf-8") as file:
        own = [row for row in csv.DictReader(file) if row["district"] == "Elk Grove Unified"]
    lons, lats = ([float(row[name]) for row in own] for name in ("longitude", "latitude"))
    left, bottom = min(lons) - 0.01, min(lats) - 0.01
    right, top = max(lons) + 0.01, max(lats) + 0.01
    outline, whole = (
        build_box(left, bottom, right, top),
        build_box(left - 1, bottom - 1, right + 1, top + 1),
    )
    town = build_box((left + right) / 2, bottom, right, (bottom + top) / 2)
    unsd = write_geojson(tmp_path / "unsd.geojson", (outline, {"NAME": "Elk Grove Unified"}))
    lines = write_geojson(
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
    wizard = wait_for_wizard(main, qtbot)
    qtbot.waitUntil(wizard.choose.isEnabled, timeout=20_000)
    wizard.close()
    import_rows(main, qtbot, lines, "jurisdictions", 2)
    import_rows(main, qtbot, SCHOOLS, "sites", len(own), district="Elk Grove Unified")
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
