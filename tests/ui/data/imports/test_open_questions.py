"""The import dialog asks about unknown values and stores the answers with the project."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.geography.site_aliases import add_alias
from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.session.session import Session
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.data.site_aliases import SiteAliasesDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style.theme import SPACING_PX

ReadFile = Callable[[Path], ImportDialog]

VISITS = (
    "Date,Time,School,Unit,Purpose\n11/12/2026,8:10 AM,School r1c1,A,patrol\n"
    "11/12/2026,9:10 AM,R1C2 SCHOOL GYM,A,patrol\n11/12/2026,10:10 AM,WALMART,A,patrol\n"
    "11/13/2026,8:10 AM,School r1c1,A,teaching\n"
)


def test_unknown_places_and_words_are_asked_once_and_stored(
    read_file: ReadFile, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text(VISITS)
    own = read_file(file)
    assert own.ok.text() == "Import 2 rows"
    assert own.options.kind == "visits"
    boxes = own.questions.boxes
    assert list(boxes) == [("site", "R1C2 SCHOOL GYM"), ("purpose", "patrol")]
    place = boxes["site", "R1C2 SCHOOL GYM"]
    assert place.itemData(1) == "r1c2"
    place.setCurrentIndex(1)
    qtbot.waitUntil(lambda: own.ok.text() == "Import 3 rows", timeout=20_000)
    word = own.questions.boxes["purpose", "patrol"]
    word.setCurrentIndex(word.findData("enforcement"))
    qtbot.waitUntil(lambda: own.ok.isEnabled() and not own.job.busy, timeout=20_000)
    with qtbot.waitSignal(own.finished, timeout=20_000):
        own.ok.click()
    made = list_visits(session)
    assert [one.purpose for one in made] == ["enforcement", "enforcement", "teaching"]
    assert session.saved_project.sites["r1c2"].aliases == ("R1C2 SCHOOL GYM",)
    assert session.saved_project.mappings.words("visits", "purpose") == {"patrol": "enforcement"}
    again = read_file(file)
    assert again.questions.boxes == {}
    again.reject()


def test_ambiguous_dates_are_asked_about(
    window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text(VISITS.replace("11/12", "05/06").replace("11/13", "06/05"))
    window.files.open(file)
    own = dialog()
    qtbot.waitUntil(own.options.dates.hasFocus, timeout=20_000)
    assert not own.ok.isEnabled()
    assert "05/06/2026 and 06/05/2026" in own.options.problem.text()
    assert "8:10" not in own.options.problem.text() and "--" not in own.options.problem.text()
    assert own.questions.about.text() == "" and own.questions.boxes == {}
    assert "Choose" not in own.results.view.empty_text
    own.options.dates.setCurrentIndex(2)
    own.options.dates.activated.emit(2)
    qtbot.waitUntil(lambda: own.ok.text() == "Import 2 rows", timeout=20_000)
    assert own.questions.about.text()
    own.reject()


def test_site_aliases_are_listed_and_removed(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    add_alias(session, "r1c1", "DCH")
    window.desk.actions["site_aliases"].trigger()
    own = next(one for one in window.findChildren(SiteAliasesDialog) if one.isVisible())
    assert [own.view.sorted.index(0, at).data() for at in (0, 1)] == ["DCH", "School r1c1"]
    assert own.buttons.y() - own.view.geometry().bottom() - 1 == SPACING_PX, (
        "an empty message takes no room"
    )
    own.view.select_key("DCH")
    assert own.remove.isEnabled()
    own.remove.click()
    assert session.saved_project.sites["r1c1"].aliases == ()
    assert own.view.sorted.rowCount() == 0
    own.reject()
    session.undo()
    said = session.saved_project.mappings.with_words("visits", {"units": {"1S10": "A"}})
    session.apply("Say", lambda project: replace(project, mappings=said))
    own = SiteAliasesDialog(window.desk, parent=window)
    own.view.select_key("units:1s10")
    own.remove.click()
    assert session.saved_project.mappings.explained == ()
    own.reject()
    assert session.saved_project.sites["r1c1"].aliases == ("DCH",)


def test_rows_of_other_places_and_of_open_questions_are_listed_separately(
    read_file: ReadFile, tmp_path: Path
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text(VISITS)
    own = read_file(file)
    assert own.ok.text() == "Import 2 rows"
    table = own.results
    for key, row, place in (("asked", "3", "R1C2 SCHOOL GYM"), ("elsewhere", "4", "WALMART")):
        assert table.chips[key].text() == f"1 {key}"
        table.chips[key].click()
        assert [table.view.sorted.index(0, at).data() for at in (0, 2)] == [row, place]
        assert table.view.sorted.rowCount() == 1 and table.cut.isHidden()
    own.reject()


def test_rows_of_other_places_are_not_called_recognized(
    window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "visits.csv"
    head, first, *_ = VISITS.replace("patrol", "teaching").splitlines()
    for rows, code, facts in (
        ([first], "import_questions.none", {}),
        (
            [first, first.replace("School r1c1", "WALMART")],
            "import_questions.other_places",
            {"n": "1 row"},
        ),
    ):
        file.write_text("\n".join((head, *rows)))
        window.files.open(file)
        own = dialog()
        qtbot.waitUntil(lambda own=own: own.ok.text() == "Import 1 row", timeout=20_000)
        assert own.questions.boxes == {}
        assert says(own.questions.about.text(), code, **facts)
        own.reject()


CHECKS = (
    "Event No,Nature,Premise Name,Received,Dispatched,Arrived,Cleared\n"
    "1,PATROL CHECK,r1c1,11/12/2026 9:09,11/12/2026 9:09,11/12/2026 9:09,11/12/2026 9:26\n"
    "2,PATROL CHECK,r1c2,11/13/2026 9:30,11/13/2026 9:30,11/13/2026 9:30,11/13/2026 9:41\n"
    "3,FIGHT,r1c1,11/13/2026 9:48,11/13/2026 9:50,11/13/2026 9:59,11/13/2026 10:28\n"
)


def test_self_initiated_calls_can_be_imported_as_visits_by_keyboard(
    read_file: ReadFile, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "cad.csv"
    file.write_text(CHECKS)
    own = read_file(file)
    assert own.ok.text() == "Import 1 row"
    assert own.options.kind == "incidents"
    assert list(own.questions.boxes) == [("type", "PATROL CHECK")]
    asked = {"n": "2 rows look", "words": "PATROL CHECK (2)"}
    assert says(own.options.warning.text(), "self_initiated.asked", **asked)
    box = own.questions.boxes["type", "PATROL CHECK"]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == "Visits (nobody called)"
    qtbot.waitUntil(lambda: own.ok.text() == "Import 3 rows", timeout=20_000)
    with qtbot.waitSignal(own.finished, timeout=20_000):
        qtbot.mouseClick(own.ok, Qt.MouseButton.LeftButton)
    assert [one.site for one in list_visits(session)] == ["r1c1", "r1c2"]
    assert [one.type for one in list_incidents(session)] == ["FIGHT"]
