"""The import dialog and the export dialog."""

import csv
import multiprocessing
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store
from openpyxl import Workbook
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot
from sentences import says
from vector_files import write_endless_layer

from zoneplanner import cli
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.desk import settings
from zoneplanner.app.exports.file_export import export_file
from zoneplanner.app.exports.layers import LAYER_BUILDERS, TABLE_BUILDERS
from zoneplanner.app.imports import file_import, file_kinds
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.projects import open_project as projects
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.log.office_entries import RETURN_SHEETS
from zoneplanner.exchange.row_results import RowOutcome
from zoneplanner.messages import Message
from zoneplanner.ui.data.export_dialog import ExportDialog
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.data.imports.row_results import MAX_LISTED_ROWS
from zoneplanner.ui.shell.main_window import MainWindow

ReadFile = Callable[[Path], ImportDialog]


def write_schools(path: Path, *extra: str) -> Path:
    """Write a list of two new schools, a known one and one far away."""

    def at(x_m: float, y_m: float) -> str:
        lon, lat = to_lonlat("EPSG:26910", x_m, y_m)
        return f"{float(lat):.8f},{float(lon):.8f}"

    path.write_text(
        "Code,Title of it,School,Lat,Lon,District\n"
        f"s1,a,Hill High,{at(1200, -300)},Elm\n"
        f"s2,b,Dale High,{at(1300, -700)},Oak\n"
        f"r1c1,c,School r1c1,{at(500, -500)},Elm\n"
        "s3,d,Null Island,0,0,Elm\n" + "".join(extra)
    )
    return path


def read_counts(dialog: ImportDialog) -> dict[str, str]:
    return {key: chip.text() for key, chip in dialog.results.chips.items() if not chip.isHidden()}


def test_a_dropped_list_of_schools_is_previewed_and_imported_as_one_step(
    window: MainWindow,
    dialog: Callable[[], ImportDialog],
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    drop_file(window, write_schools(tmp_path / "schools.csv"))
    own = dialog()
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert own.options.kind == "sites"
    assert "EPSG:4326" in own.options.crs.currentText() and not own.options.crs.currentData()
    assert own.columns.boxes["name"].currentText() == "School"
    assert read_counts(own) == {
        "all": "4 all",
        "new": "2 new",
        "known": "1 already known",
        "refused": "1 rejected",
        "repaired": "2 repaired",
    }
    assert own.ok.text() == "Import 2 rows"
    assert "s1" not in session.project.sites
    own.results.chips["refused"].click()
    assert own.results.view.sorted.rowCount() == 1
    assert says(own.results.view.sorted.index(0, 3).data(), "far_from_project")
    own.map.picked.emit(2)
    box = own.columns.boxes["name"]
    box.setCurrentIndex(box.findData("Title of it"))
    qtbot.waitUntil(lambda: own.prepared is not None)
    assert own.prepared is not None and own.prepared.outcome.rows[0].name == "a"
    box.setCurrentIndex(box.findData("School"))
    own.columns.filter_column.setCurrentIndex(own.columns.filter_column.findData("District"))
    own.columns.filter_value.setCurrentText("Elm")
    qtbot.waitUntil(lambda: read_counts(own).get("elsewhere") == "1 elsewhere")
    with qtbot.waitSignal(own.finished, timeout=20_000):
        QTest.keyClick(own, Qt.Key.Key_Return)
    assert list(session.project.sites)[-1] == "s1"
    assert session.undo_label == "Import 1 site from “schools.csv”"
    assert window.desk.notices.text.text() == "1 of 4 rows of “schools.csv” is imported."
    (report,) = (tmp_path / "import-reports").glob("*.csv")
    assert [row["fate"] for row in csv.DictReader(report.read_text("utf-8-sig").splitlines())] == [
        *("new", "elsewhere", "known", "refused"),
    ]
    window.desk.notices.offer.click()
    asked = window.undo_actions.asked
    assert asked is not None and "s1" in session.project.sites
    asked.accept()
    assert "s1" not in session.project.sites


def test_the_dialog_asks_for_an_unknown_coordinate_system(
    window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "schools.csv"
    file.write_text("School,x,y\nHill High,1200,-300\n")
    window.files.open(file)
    own = dialog()
    qtbot.waitUntil(lambda: "does not name" in own.options.problem.text(), timeout=20_000)
    assert not own.ok.isEnabled()
    own.options.crs.setCurrentIndex(own.options.crs.findData("EPSG:26910"))
    own.options.crs.activated.emit(own.options.crs.currentIndex())
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert own.prepared is not None and own.prepared.outcome.rows[0].outcome is RowOutcome.NEW
    assert own.options.problem.isHidden()


def test_nothing_of_the_previous_file_is_shown_with_the_next(
    read_file: ReadFile, qtbot: QtBot, tmp_path: Path
) -> None:
    visits = tmp_path / "visits.csv"
    visits.write_text("site,arrived_at\nr1c1,2026-11-16T07:00\n")
    plain = tmp_path / "plain.csv"
    plain.write_text("School,x,y\nHill High,1200,-300\n")
    own = read_file(write_schools(tmp_path / "schools.csv"))
    assert "EPSG:4326" in own.options.crs.currentText()
    own.open_file(visits)
    qtbot.waitUntil(lambda: own.options.kind == "visits", timeout=20_000)
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    own.open_file(plain)
    qtbot.waitUntil(lambda: "does not name" in own.options.problem.text(), timeout=20_000)
    assert own.options.summary.text() == "" and own.columns.boxes == {}
    assert own.options.crs.isVisible() and "EPSG" not in own.options.crs.currentText()


def test_a_typed_file_is_read_when_its_field_is_left(
    read_file: ReadFile, qtbot: QtBot, tmp_path: Path
) -> None:
    own = read_file(write_schools(tmp_path / "schools.csv"))
    visits = tmp_path / "visits.csv"
    visits.write_text("site,arrived_at\nr1c1,2026-11-16T07:00\n")
    own.options.file.setFocus()
    own.options.file.selectAll()
    QTest.keyClicks(own.options.file, str(visits))
    QTest.keyClick(own.options.file, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: own.options.kind == "visits", timeout=20_000)


def test_a_saved_profile_is_offered_for_the_next_file(
    read_file: ReadFile, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_schools(tmp_path / "schools.csv")
    own = read_file(file)
    box = own.columns.boxes["note"]
    box.setCurrentIndex(box.findData("Title of it"))
    monkeypatch.setattr(
        "zoneplanner.ui.data.imports.import_job.QInputDialog.getText",
        lambda *_: ("Our own list", True),
    )
    own.options.save.click()
    assert own.options.profiles.currentText() == "Our own list"
    own.open_file(file)
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert own.options.profiles.itemText(0).endswith(": Our own list")
    assert own.columns.boxes["note"].currentText() == "Title of it"


def test_visits_are_previewed_first_and_esc_stops_reading(
    window: MainWindow,
    dialog: Callable[[], ImportDialog],
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("site,arrived_at,car\nr1c1,2026-11-16T07:00,x\nr9c9,2026-11-16T07:00,\n")
    window.files.open(file)
    own = dialog()
    QTest.keyClick(own, Qt.Key.Key_Escape)
    assert own.isVisible() and says(own.options.summary.text(), "import_stopped.reading")
    own.open_file(file)
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert own.options.kind == "visits"
    assert read_counts(own) == {"all": "2 all", "new": "1 new", "refused": "1 rejected"}
    assert says(own.options.warning.text(), "columns_left_out", columns="car")
    assert session.store.head().entries == 0
    with qtbot.waitSignal(own.finished, timeout=20_000):
        own.ok.click()
    assert session.store.head().entries == 1


def test_nothing_below_the_summary_moves_while_a_file_is_written(
    read_file: ReadFile, qtbot: QtBot, tmp_path: Path
) -> None:
    """The Stop button made its line 12 pixels taller, so everything below moved twice."""
    own = read_file(write_visits(tmp_path / "visits.csv", 3000))
    qtbot.waitUntil(lambda: not own.job.busy)
    summary, below = own.options.summary, own.results

    def find_places() -> tuple[int, int]:
        QApplication.processEvents()
        return summary.geometry().center().y(), below.mapTo(own, QPoint(0, 0)).y()

    before = find_places()
    QTest.mouseClick(own.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(own.options.stop.isVisible)
    assert find_places() == before
    own.job.stop()
    qtbot.waitUntil(lambda: not own.job.busy)


@pytest.mark.parametrize("declared", [True, False])
def test_a_log_file_is_complete_only_for_the_days_declared(
    window: MainWindow, read_file: ReadFile, qtbot: QtBot, tmp_path: Path, declared: bool
) -> None:
    session = window.desk.session
    file, last = tmp_path / "visits.csv", date(2026, 11, 13)
    days = ("2026-11-02", "2026-11-06", "2026-11-12")
    file.write_text("site,arrived_at\n" + "".join(f"r1c1,{day}T09:00\n" for day in days))
    own = read_file(file)
    row = own.complete
    assert row.isVisible() and not row.declared.isChecked()
    assert (row.first.day(), row.last.day()) == (date(2026, 11, 2), date(2026, 11, 12))
    assert row.first.text() == session.formats.day(row.first.day())
    assert says(row.explanation.text(), "file_undeclared")
    if declared:
        qtbot.mouseClick(row.declared, Qt.MouseButton.LeftButton)
        assert says(row.explanation.text(), "file_declares", kind="visits")
        row.first.put(last)
        qtbot.mouseClick(own.ok, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(
            lambda: says(own.options.problem.text(), "days_out_of_order.complete"), timeout=20_000
        )
        assert session.store.head().entries == 0 and own.isVisible()
        row.first.put(date(2026, 11, 5))
        row.last.put(last)
    with qtbot.waitSignal(own.finished, timeout=20_000):
        qtbot.mouseClick(own.ok, Qt.MouseButton.LeftButton)
    assert session.store.head().entries == 3
    span = DaySpan(date(2026, 11, 5), last)
    assert session.saved_project.records.kind("visits").complete == ((span,) if declared else ())
    assert session.saved_project.records.kind("incidents").complete == ()
    cut = select_period(
        session.store.log(),
        project=session.saved_project,
        now=session.clock(),
        first=date(2026, 11, 2),
        last=last,
    )
    assert len(cut.visits) == (2 if declared else 3)
    assert not window.desk.notices.offer.isVisible()


def test_the_dates_of_a_calendar_use_the_desks_format(
    window: MainWindow, read_file: ReadFile, tmp_path: Path
) -> None:
    window.desk.session.formats = US_FORMATS
    file = tmp_path / "year.csv"
    file.write_text("kind,name,first,last\nterm,Fall,2026-08-13,2026-12-18\n")
    own = read_file(file)
    assert "Fall (Aug 13, 2026 to Dec 18, 2026)" in own.options.warning.text()


def test_a_file_already_in_the_log_can_still_declare_its_days(
    window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    session, file = window.desk.session, write_visits(tmp_path / "visits.csv", 3)
    for again in (False, True):
        window.files.open(file)
        own = dialog()
        qtbot.waitUntil(own.complete.isVisible, timeout=20_000)
        assert own.ok.isEnabled() is not again
        if again:
            qtbot.mouseClick(own.complete.declared, Qt.MouseButton.LeftButton)
            assert own.ok.isEnabled() and not re.search(r"\d", own.ok.text()), own.ok.text()
        with qtbot.waitSignal(own.finished, timeout=20_000):
            qtbot.mouseClick(own.ok, Qt.MouseButton.LeftButton)
    assert session.store.head().entries == 3
    assert len(session.saved_project.records.kind("visits").complete) == 1


def test_a_map_file_asks_for_no_complete_days(
    window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    window.files.open(write_visits(tmp_path / "visits.csv", 2))
    own = dialog()
    qtbot.waitUntil(own.complete.isVisible, timeout=20_000)
    qtbot.mouseClick(own.complete.declared, Qt.MouseButton.LeftButton)
    own.open_file(write_schools(tmp_path / "schools.csv"))
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert own.complete.isHidden() and own.complete.read_days() is None


def write_visits(path: Path, count: int, note: str = "") -> Path:
    """Write a table of distinct visits."""
    start = datetime(2026, 11, 2, tzinfo=UTC)
    times = (start + timedelta(minutes=n) for n in range(count))
    rows = (f"r1c1,{at:%Y-%m-%dT%H:%M},{note}{at:%d}\n" for at in times)
    path.write_text("site,arrived_at,note\n" + "".join(rows))
    return path


def test_an_import_stopped_while_writing_imports_nothing(
    window: MainWindow, read_file: ReadFile, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    own = read_file(write_visits(tmp_path / "visits.csv", 1000))
    own.accept()
    assert not own.ok.isEnabled() and not own.options.inputs.isEnabled()
    assert session.listeners.paused
    own.options.stop.click()
    qtbot.waitUntil(lambda: says(own.options.summary.text(), "import_stopped"), timeout=20_000)
    assert session.store.head().entries == 0
    with qtbot.waitSignal(own.finished, timeout=20_000):
        own.ok.click()
    assert session.store.head().entries == 1000
    assert window.desk.notices.text.text() == "1,000 of 1,000 rows of “visits.csv” are imported."


def test_the_rows_that_matter_come_first_in_a_large_file(
    read_file: ReadFile, tmp_path: Path
) -> None:
    more = (f",,New {n},,,Elm\n" for n in range(5000))
    own = read_file(write_schools(tmp_path / "schools.csv", *more))
    assert read_counts(own)["refused"] == "5,001 rejected"
    assert own.results.view.sorted.rowCount() == MAX_LISTED_ROWS
    assert says(own.results.cut.text(), "rows_not_listed", listed="2,000", n="5,004")
    own.results.chips["new"].click()
    assert own.results.view.sorted.rowCount() == 2
    assert own.results.cut.isHidden()


@pytest.mark.parametrize("how", ["Esc", "Stop", "Close"])
def test_an_endless_file_does_not_block_and_is_released_at_once(
    how: str, window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    window.files.open(write_endless_layer(tmp_path / "endless.gpkg"))
    own = dialog()
    qtbot.waitUntil(lambda: bool(multiprocessing.active_children()), timeout=20_000)
    ticks: list[int] = []
    clock = QTimer(own, interval=5)
    clock.timeout.connect(lambda: ticks.append(len(ticks)))
    clock.start()
    qtbot.waitUntil(lambda: len(ticks) > 20)
    assert own.job.busy and own.options.bar.isVisible()
    if how == "Esc":
        QTest.keyClick(own, Qt.Key.Key_Escape)
    else:
        (own.options.stop if how == "Stop" else own.close_button).click()
    assert not own.job.busy
    assert own.isVisible() is (how != "Close")
    qtbot.waitUntil(lambda: not multiprocessing.active_children(), timeout=20_000)
    assert window.desk.session.undo_label is None


def test_a_large_log_file_lists_its_first_rows_and_imports_all(
    read_file: ReadFile, tmp_path: Path
) -> None:
    own = read_file(write_visits(tmp_path / "visits.csv", 2_800, note="x" * 1_900))
    assert "2,000 rows, 3 columns" in own.options.summary.text()
    assert own.options.kind == "visits"
    assert own.ok.text() == "Import 2,800 rows"
    assert own.results.view.sorted.rowCount() == MAX_LISTED_ROWS
    assert re.findall(r"[\d,]*\d", own.results.cut.text()) == ["2,000", "2,800"]


def test_each_row_of_the_log_is_listed_with_its_place_time_and_result(
    read_file: ReadFile, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    soon = {"site": "r1c1", "unit": "A", "arrived_at": "2026-11-16T07:40", "status": "scheduled"}
    log_record(session, "visit", soon)
    log_record(session, "visit", {"uid": "v1", "site": "r1c2", "arrived_at": "2026-11-16T07:00"})
    path = tmp_path / "visits.csv"
    path.write_text(
        "uid,site,unit,arrived_at\n"
        "v1,r1c2,,2026-11-16T07:00\n"
        "v2,r1c1,A,2026-11-16T07:45\n"
        "v3,nowhere,A,2026-11-16T07:45\n"
        "v4,r1c2,B,2026-11-16T07:50\n"
    )
    own = read_file(path)
    assert read_counts(own) == {
        **{"all": "4 all", "new": "2 new", "known": "1 already known", "refused": "1 rejected"},
    }
    places = range(own.results.view.sorted.rowCount())
    rows = [
        [own.results.view.sorted.index(at, column).data() for column in range(4)] for at in places
    ]
    planned = Message("row_reason.fulfills", row="2026-11-16 07:45, A")
    unknown = Message("unknown_site", site="nowhere")
    assert sorted(rows) == [
        ["2", "Already known", "School r1c2", "2026-11-16 07:00"],
        ["3", "Added", "School r1c1", str(planned)],
        ["4", "Rejected", "", str(unknown)],
        ["5", "Added", "School r1c2", "2026-11-16 07:50, B"],
    ]
    own.results.chips["new"].click()
    assert own.results.view.sorted.rowCount() == 2 and own.results.cut.isHidden()
    own.open_file(write_returns(tmp_path / "returns"))
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert own.options.kind == "return", "a folder of workbooks is a month's returns"
    assert read_counts(own) == {"all": "3 all", "new": "2 new", "refused": "1 rejected"}
    wrong = {"day": "2026-05-10", "month": "2026-10"}
    assert says(own.options.warning.text(), "return_doubt.month", **wrong)
    assert own.options.dates.isVisibleTo(own)
    choose(own.options.dates, "day first: 5/6 is June 5")
    qtbot.waitUntil(lambda: "2026-05-10" not in own.options.warning.text(), timeout=9_000)
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
    assert "r1c2.xlsx" in own.results.view.sorted.index(0, 0).data()
    said = own.options.warning.text()
    assert says(said, "returns_read.preview", taken="1", files="2 workbooks")
    assert says(said, "returns_missing", month="October 2026") and "School r1c2" in said
    with qtbot.waitSignal(own.finished, timeout=20_000):
        QTest.keyClick(own, Qt.Key.Key_Return)
    (kept,) = session.store.entries(kinds=("monthly_return",))
    assert (kept.site, kept.payload["drills"]) == ("r1c1", 2)
    (drill,) = session.store.entries(kinds=("drill",))
    assert f"{drill.occurred_at:%m-%d}" == "10-05", "dates are read with the day first"


def write_returns(folder: Path) -> Path:
    """Write the completed workbook of one school, and a file that is not a workbook."""
    folder.mkdir()
    book = Workbook()
    for title, (_, columns) in RETURN_SHEETS.items():
        book.create_sheet(title).append(list(columns))
    book["Return"].append(["r1c1", "School r1c1", "2026-10-01", 2])
    book["Drills"].append(["r1c1", "School r1c1", "fire", "5/10/2026 9:15 AM"])
    book.save(folder / "r1c1.xlsx")
    (folder / "r1c2.xlsx").write_bytes(b"none")
    return folder


def test_every_kind_of_file_can_be_chosen_in_the_dialog() -> None:
    assert set(file_kinds.IMPORT_KIND_TITLES) == {
        *file_import.IMPORT_KINDS,
        file_kinds.LAYER_KIND,
    }


def test_dispatch_calls_are_mapped_in_the_dialog(
    window: MainWindow,
    dialog: Callable[[], ImportDialog],
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(
        "Nr,Nature,Place,Came in\n1,Trespass,r1c1,2026-11-01 01:30\n2,Fight,r1c1,2026-11-02 10:00\n"
    )
    window.files.open(file)
    own = dialog()
    qtbot.waitUntil(lambda: own.file is not None, timeout=20_000)
    own.options.show_kind("incidents")
    own.options.kind_chosen.emit()
    qtbot.waitUntil(lambda: "No column matches" in own.options.problem.text(), timeout=20_000)
    for name, column in (("received_at", "came_in"), ("type", "nature"), ("site", "place")):
        box = own.columns.boxes[name]
        box.setCurrentIndex(box.findData(column))
    qtbot.waitUntil(lambda: own.ok.text() == "Import 2 rows", timeout=20_000)
    assert read_counts(own).get("repaired") == "1 repaired"
    choose(own.options.twice, "are the second of the two")
    qtbot.waitUntil(lambda: not own.ok.isEnabled(), timeout=20_000)
    qtbot.waitUntil(lambda: own.ok.text() == "Import 2 rows", timeout=20_000)
    with qtbot.waitSignal(own.finished, timeout=20_000):
        own.ok.click()
    assert session.store.head().entries == 2


CAD = """Call Number,Call Date,Time Received,Time Cleared,Call Type,Location Name,Common Place,\
District
C-1,11/13/2026,08:10:00,08:40:00,FIGHT,School r1c1,,Elm
C-2,11/01/2026,01:30:00,,ALARM,,School r1c2,Elm
C-3,03/08/2026,02:30:00,,ALARM,School r1c1,,Elm
C-4,11/13/2026,10:00:00,,ALARM,School r1c1,,Oak
"""


def test_a_saved_profile_stores_every_choice_and_yields_the_same_rows(
    window: MainWindow,
    read_file: ReadFile,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = window.desk.session
    file = tmp_path / "calls.csv"
    file.write_text(CAD)
    own = read_file(file)
    assert own.ok.text() == "Import 4 rows"
    received = own.columns.boxes["received_at"]
    assert received.currentText() == "call_date and time_received"
    assert own.columns.boxes["site"].currentText() == "location_name, else common_place"
    choose(own.options.twice, "are the second of the two")
    choose(own.options.skipped, "are daylight time (after the change)")
    choose(own.columns.boxes["note"], "district")
    own.columns.filter_column.setCurrentIndex(own.columns.filter_column.findData("district"))
    own.columns.filter_value.setCurrentText("Elm")
    qtbot.waitUntil(lambda: own.ok.text() == "Import 3 rows", timeout=20_000)
    monkeypatch.setattr(
        "zoneplanner.ui.data.imports.import_job.QInputDialog.getText", lambda *_: ("Our CAD", True)
    )
    own.options.save.click()
    with qtbot.waitSignal(own.finished, timeout=20_000):
        own.ok.click()
    by_window = list_calls(session)
    assert [(one.uid, one.site, one.received_at.isoformat(), one.note) for one in by_window] == [
        ("C-3", "r1c1", "2026-03-08T09:30:00+00:00", "Elm"),
        ("C-2", "r1c2", "2026-11-01T09:30:00+00:00", "Elm"),
        ("C-1", "r1c1", "2026-11-13T16:10:00+00:00", "Elm"),
    ]
    again = read_file(file)
    assert read_counts(again)["known"] == "3 already known"
    assert again.options.profiles.itemText(0).endswith(": Our CAD")
    assert again.options.twice.currentData() == "second"
    second = tmp_path / "second.gpkg"
    create_store(second, session.project, actor="planner", at=session.clock()).close()
    line = ["import", str(second), str(file), "--as", "incidents", "--mapping", "our-cad"]
    assert cli.main(line) == 0
    by_line = projects.open_session(second)
    assert list_calls(by_line) == by_window
    by_line.close()


def test_the_row_filter_of_a_profile_can_be_cleared(
    read_file: ReadFile, qtbot: QtBot, tmp_path: Path
) -> None:
    settings.find_profile_folder().mkdir(parents=True)
    (settings.find_profile_folder() / "elm.toml").write_text(
        'title = "Elm"\nkind = "visits"\nsigns = ["site", "arrived_at", "district"]\n'
        '[columns]\nsite = ["site"]\narrived_at = ["arrived_at"]\n[only]\ndistrict = ["Elm"]\n'
    )
    file = tmp_path / "visits.csv"
    file.write_text(
        "site,arrived_at,district\nr1c1,2026-11-13T08:00,Elm\nr1c2,2026-11-13T08:00,Oak\n"
    )
    own = read_file(file)
    assert own.ok.text() == "Import 1 row"
    assert own.columns.filter_value.currentText() == "Elm"
    own.columns.filter_column.setCurrentIndex(0)
    qtbot.waitUntil(lambda: own.ok.text() == "Import 2 rows", timeout=20_000)


def list_calls(session: Session) -> list[Incident]:
    """Return the calls by the time they were received."""
    return sorted(list_incidents(session), key=lambda one: one.received_at)


def choose(box: QComboBox, text: str) -> None:
    """Select an entry of a box as a person does."""
    box.setCurrentIndex(box.findText(text))
    assert box.currentText() == text
    box.activated.emit(box.currentIndex())


def test_zones_are_imported_from_a_file_with_several_layers(
    read_file: ReadFile, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    file = export_file(session, "gpkg", tmp_path / "all.gpkg", layers=["sites", "zones"]).files[0]
    own = read_file(file)
    own.options.layers.setCurrentIndex(own.options.layers.findData("zones"))
    own.options.layers.activated.emit(1)
    qtbot.waitUntil(lambda: own.ok.text() == "Import 3 rows", timeout=20_000)
    assert own.options.kind == "zones"
    with qtbot.waitSignal(own.finished, timeout=20_000):
        own.ok.click()
    assert session.project.plan("all").assignment == session.project.plans["plan"].assignment


def test_a_typed_source_is_credited(
    read_file: ReadFile, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    own = read_file(write_schools(tmp_path / "schools.csv"))
    assert own.options.source.isVisible()
    QTest.keyClicks(own.options.source, "Elm County  Schools ")
    with qtbot.waitSignal(own.finished, timeout=20_000):
        own.ok.click()
    assert session.project.layers["sites"].publisher == "Elm County Schools"
    assert "s1" in session.project.sites
    session.undo()
    assert "sites" not in session.project.layers and "s1" not in session.project.sites


def test_the_open_project_and_a_missing_file_are_refused_in_the_dialog(
    window: MainWindow, dialog: Callable[[], ImportDialog], session: Session, qtbot: QtBot
) -> None:
    window.files.open(session.store.files[0])
    own = dialog()
    for path, code in (
        (session.store.files[0], "project_itself.file"),
        (Path("nowhere.csv"), "no_file"),
    ):
        own.open_file(path)
        qtbot.waitUntil(lambda code=code: says(own.options.problem.text(), code))
        assert not own.ok.isEnabled()


def test_an_export_is_offered_in_a_folder_that_exists(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    dialog = ExportDialog(window.desk, window)
    assert Path(dialog.place.text()).parent == tmp_path
    (tmp_path / "Documents").mkdir()
    assert Path(ExportDialog(window.desk, window).place.text()).parent == tmp_path / "Documents"


def test_data_is_exported_in_the_background(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    window.desk.actions["export"].trigger()
    own = window.findChild(ExportDialog)
    assert isinstance(own, ExportDialog)
    assert set(own.layers) == {*LAYER_BUILDERS, *TABLE_BUILDERS}
    assert own.audience.currentData() == "own"
    own.kind.setCurrentIndex(own.kind.findData("csv"))
    own.audience.setCurrentIndex(own.audience.findData("public"))
    assert own.form.isRowVisible(own.layers["sites"])
    assert not own.form.isRowVisible(own.layers["visits"])
    own.audience.setCurrentIndex(own.audience.findData("own"))
    own.kind.setCurrentIndex(own.kind.findData("nena"))
    assert "not for 9-1-1 routing" in own.note.text()
    own.kind.setCurrentIndex(own.kind.findData("geojson"))
    assert [name for name, box in own.layers.items() if not box.isHidden()] == [*LAYER_BUILDERS]
    for name, box in own.layers.items():
        box.setChecked(name == "zones")
    own.place.setText("")
    own.accept()
    assert says(own.refused.text(), "field_empty.export_place")
    own.place.setText(str(tmp_path / "out"))
    own.accept()
    qtbot.waitUntil(lambda: "zones (3)" in window.desk.notices.text.text(), timeout=20_000)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["zones.geojson"]


def drop_file(window: MainWindow, file: Path) -> None:
    """Drag a file from the desktop and drop it on the map."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(600, 300), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(600, 300), copy, data, left, none))


@pytest.mark.long
def test_the_dialog_imports_as_many_rows_of_the_log_as_the_command(
    window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    times = (start + timedelta(minutes=n) for n in range(450_000))
    file = tmp_path / "visits.csv"
    file.write_text(
        "uid,site,arrived_at\n"
        + "".join(f"{n},r1c1,{at:%Y-%m-%dT%H:%M}+00:00\n" for n, at in enumerate(times))
    )
    window.files.open(file)
    own = dialog()
    qtbot.waitUntil(lambda: own.prepared is not None, timeout=200_000)
    assert own.ok.text() == "Import 450,000 rows"
    with qtbot.waitSignal(own.finished, timeout=400_000):
        own.ok.click()
    assert window.desk.session.store.head().entries == 450_000
