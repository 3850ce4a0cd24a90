"""The Data workspace: rows are found, changed, added, removed and undone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from functools import partial
from pathlib import Path

import pytest
from builders import MONDAY_AT_8, create_store, project_from
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner import storage
from zoneplanner.app.data.calendar_rows import CALENDAR_TABLE
from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.project import Project
from zoneplanner.ui.data.data_panel import OfficeDataPanel
from zoneplanner.ui.data.projects.rollover_wizard import RolloverWizard
from zoneplanner.ui.data.row_form import RowForm
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE


@pytest.fixture
def panel(window: MainWindow) -> OfficeDataPanel:
    window.desk.actions["go_data"].trigger()
    found = window.findChild(OfficeDataPanel)
    assert found is not None and found.isVisible()
    return found


def find_field(panel: OfficeDataPanel, column: str) -> QLineEdit:
    field = panel.form.cells[column].widget
    assert isinstance(field, QLineEdit)
    return field


def click_row(panel: OfficeDataPanel, key: str) -> None:
    at = panel.rows.table.place(key)
    assert at is not None
    index = panel.rows.sorted.mapFromSource(panel.rows.table.index(at, 0))
    view = panel.rows.view
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center()
    )


def type_over(panel: OfficeDataPanel, column: str, text: str) -> None:
    field = find_field(panel, column)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def test_a_phone_number_is_typed_saved_and_undone(
    panel: OfficeDataPanel, session: Session, window: MainWindow
) -> None:
    click_row(panel, "r1c1")
    assert panel.form.heading.text() == session.project.sites["r1c1"].name
    assert not panel.form.save.isEnabled()
    before = session.project.sites["r1c1"].phone
    type_over(panel, "phone", "(916) 555-0142")
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert session.project.sites["r1c1"].phone == "(916) 555-0142"
    assert not panel.form.save.isEnabled()
    session.undo()
    assert find_field(panel, "phone").text() == before


def test_tab_goes_from_the_last_field_to_the_buttons(
    panel: OfficeDataPanel, window: MainWindow, qtbot: QtBot
) -> None:
    """It went to the menu, because the buttons came before the first field."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    click_row(panel, "r1c1")
    type_over(panel, "phone", "(916) 555-0142")
    list(panel.form.cells.values())[-1].widget.setFocus()
    stops = []
    for _ in range(3):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        stops.append(window.focusWidget())
    shown = (panel.form.remove, panel.form.discard, panel.form.save)
    assert [one for one in shown if one.isVisible()] == [one for one in stops if one in shown]


def test_a_rejected_form_says_so_on_every_press_and_keeps_the_focus(
    panel: OfficeDataPanel, session: Session, window: MainWindow
) -> None:
    click_row(panel, "r1c1")
    QTest.qWait(20)  # the fields are laid out
    type_over(panel, "name", " ")
    before = session.saved_project
    for press in (panel.add, panel.kinds["unit"]):
        panel.rows.filter.setFocus()
        QTest.mouseClick(press, Qt.MouseButton.LeftButton)
        assert panel.form.refusal.isVisible()
        assert says(panel.form.refusal.text.text(), "data_cell_empty", name="Name")
        assert window.focusWidget() is find_field(panel, "name")
        assert panel.table.kind == "site" and session.saved_project is before
    QTest.keyClicks(find_field(panel, "name"), "Elm")
    assert not panel.form.refusal.isVisible()
    QTest.mouseClick(panel.kinds["unit"], Qt.MouseButton.LeftButton)
    assert session.saved_project.sites["r1c1"].name.strip() == "Elm"
    assert panel.table.kind == "unit"


def test_a_notice_does_not_cover_the_buttons_of_the_form(
    panel: OfficeDataPanel, session: Session, window: MainWindow
) -> None:
    window.resize(1280, 720)
    panel.show_kind("agency")
    set_data_row(session, "agency", "Fire District", {"phone": "(916) 555-0111"}, new=True)
    click_row(panel, "Fire District")
    notices = window.desk.notices
    notices.show_notice("Removed Fire District. " * 6)
    QTest.qWait(20)
    for button in (panel.form.remove, panel.form.save):
        place = QRect(button.mapTo(window, QPoint(0, 0)), button.size())
        assert button.isVisible() and not notices.geometry().intersects(
            QRect(notices.parentWidget().mapFrom(window, place.topLeft()), place.size())
        )


def test_selecting_another_row_saves_the_typed_text(
    panel: OfficeDataPanel, session: Session
) -> None:
    click_row(panel, "r1c1")
    type_over(panel, "grades", "9-12")
    click_row(panel, "r1c2")
    assert session.project.sites["r1c1"].grades == "9-12"
    assert panel.row == "r1c2"


def test_a_rejected_value_stays_in_the_form(panel: OfficeDataPanel, session: Session) -> None:
    click_row(panel, "r1c1")
    type_over(panel, "enrollment", "many")
    click_row(panel, "r1c2")
    assert panel.row == "r1c1"
    assert find_field(panel, "enrollment").text() == "many"
    QTest.mouseClick(panel.form.discard, Qt.MouseButton.LeftButton)
    assert find_field(panel, "enrollment").text() == str(session.project.sites["r1c1"].enrollment)


def test_an_edit_at_another_desk_keeps_the_typed_text(
    panel: OfficeDataPanel, session: Session
) -> None:
    click_row(panel, "r1c1")
    type_over(panel, "grades", "9-12")
    session.apply("Other", lambda project: project.with_site(project.sites["r1c2"]))
    assert find_field(panel, "grades").text() == "9-12"


def test_an_agency_is_added_and_removed(panel: OfficeDataPanel, session: Session) -> None:
    QTest.mouseClick(panel.kinds["agency"], Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    type_over(panel, "name", "Fire District")
    type_over(panel, "phone", "(916) 555-0111")
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert session.project.agencies["Fire District"].phone == "(916) 555-0111"
    assert panel.row == "Fire District"
    QTest.mouseClick(panel.form.remove, Qt.MouseButton.LeftButton)
    assert "Fire District" not in session.project.agencies


def test_the_areas_of_a_unit_are_checked(panel: OfficeDataPanel, session: Session) -> None:
    panel.show_kind("unit")
    click_row(panel, "A")
    boxes = panel.form.cells["assist"].widget.findChildren(QCheckBox)
    assert len(boxes) == len(session.project.jurisdictions)
    QTest.mouseClick(boxes[1], Qt.MouseButton.LeftButton, pos=boxes[1].rect().center() / 4)
    boxes[1].setChecked(True)
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    area = list(session.project.jurisdictions)[1]
    assert session.project.units["A"].access[area].value == "assist"


def test_missing_values_are_counted_and_can_be_listed_alone(
    panel: OfficeDataPanel, session: Session
) -> None:
    panel.show_kind("agency")
    assert "2" in panel.kinds["agency"].text()
    assert "2 phone numbers" in panel.overall.text() and "principals" in panel.overall.text()
    QTest.mouseClick(panel.attention, Qt.MouseButton.LeftButton)
    assert panel.rows.sorted.rowCount() == 2
    click_row(panel, "Sheriff")
    type_over(panel, "phone", "(916) 555-0100")
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert panel.rows.sorted.rowCount() == 1


def test_a_read_only_project_has_no_button_that_writes(
    tmp_path: Path, open_window: Callable[[Session], MainWindow]
) -> None:
    path = tmp_path / "one.gpkg"
    create_store(path, project_from("AA / aa"), actor="planner", at=MONDAY_AT_8).close()
    store = storage.open(path, read_only=True)
    window = open_window(Session(store, actor="p", desk="d", clock=lambda: MONDAY_AT_8))
    window.desk.actions["go_data"].trigger()
    panel = window.findChild(OfficeDataPanel)
    assert panel is not None
    click_row(panel, "r1c1")
    assert panel.form.heading.text() and not panel.form.save.isVisible()
    assert not panel.add.isEnabled() and not find_field(panel, "phone").isEnabled()


def test_a_date_without_a_year_is_in_the_current_year(qtbot: QtBot) -> None:
    form, project = RowForm(lambda *_: QIcon()), project_from("AA / aa")
    qtbot.addWidget(form)
    today = date(2041, 1, 7)
    show = partial(form.show_row, project, CALENDAR_TABLE, "New", {}, today=today, new=True)
    show(formats=US_FORMATS, may_edit=True)
    field = form.cells["first"].widget
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "2/12")
    assert form.cells["first"].read() == "2041-02-12"


def test_rows_are_sorted_and_fields_need_a_selected_row(panel: OfficeDataPanel) -> None:
    names = [str(panel.rows.sorted.index(at, 0).data()) for at in range(12)]
    assert names == sorted(names)
    assert panel.form.cells == {}
    assert panel.form.hint.isVisible() and not panel.form.save.isVisible()
    click_row(panel, "r1c1")
    assert panel.form.cells and panel.form.save.isVisible()


def test_save_stays_in_view_in_a_long_form(panel: OfficeDataPanel, window: MainWindow) -> None:
    window.resize(1280, 620)
    click_row(panel, "r1c1")
    QTest.qWait(50)
    button = panel.form.save
    assert button.visibleRegion().boundingRect().size() == button.size()


def test_switching_workspaces_saves_the_typed_text(
    panel: OfficeDataPanel, session: Session, window: MainWindow
) -> None:
    click_row(panel, "r1c1")
    type_over(panel, "grades", "9-12")
    window.desk.actions["go_plan"].trigger()
    assert session.project.sites["r1c1"].grades == "9-12"
    window.desk.actions["go_data"].trigger()
    click_row(panel, "r1c2")
    type_over(panel, "enrollment", "many")
    window.desk.actions["go_plan"].trigger()
    window.desk.actions["go_data"].trigger()
    assert find_field(panel, "enrollment").text() == "many"


def test_a_new_connection_of_two_schools_becomes_the_selected_row(
    panel: OfficeDataPanel, session: Session, window: MainWindow
) -> None:
    panel.show_kind("connection")
    assert "file" not in panel.rows.view.empty_text
    QTest.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    for column, site in (("site", "r3c1"), ("other", "r1c2")):
        box = panel.form.cells[column].widget
        assert isinstance(box, QComboBox)
        box.setCurrentIndex(box.findData(site))
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert session.project.connections.joined == (("r1c2", "r3c1"),)
    assert panel.row == "r1c2 r3c1"
    assert panel.rows.view.currentIndex().data(KEY_ROLE) == panel.row
    told = window.desk.notices.text.text()
    assert all(session.project.sites[key].name in told for key in ("r1c2", "r3c1"))
    QTest.mouseClick(panel.form.remove, Qt.MouseButton.LeftButton)
    assert session.project.connections.joined == ()


def test_long_names_leave_the_buttons_in_view(
    open_session: Callable[[Project], Session], open_window: Callable[[Session], MainWindow]
) -> None:
    project = project_from("AA / aa")
    long = replace(project.sites["r1c1"], name="Elementary School of the " * 6)
    window = open_window(open_session(project.with_site(long)))
    window.desk.actions["go_data"].trigger()
    panel = window.findChild(OfficeDataPanel)
    assert panel is not None
    panel.show_kind("connection")
    QTest.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    QTest.qWait(50)
    button = panel.form.save
    assert button.visibleRegion().boundingRect().size() == button.size()


def test_preferences_are_a_single_row_to_save(
    panel: OfficeDataPanel, session: Session, window: MainWindow
) -> None:
    QTest.mouseClick(panel.kinds["preference"], Qt.MouseButton.LeftButton)
    clock = panel.form.cells["clock"].widget
    assert isinstance(clock, QComboBox)
    clock.setFocus()
    QTest.keyClicks(clock, "15")
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert session.saved_project.preferences.clock == "24"
    assert not panel.add.isEnabled()


def test_a_contact_without_a_name_is_rejected(panel: OfficeDataPanel, session: Session) -> None:
    panel.show_kind("contact")
    QTest.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    box = panel.form.cells["site"].widget
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData("r1c1"))
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert session.saved_project.directory.contacts == {}


def test_the_school_year_is_rolled_over_step_by_step(
    session: Session, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    fall = {"name": "Fall", "kind": "term", "first": "2026-08-13", "last": "2026-12-18"}
    set_data_row(session, "calendar", "fall", fall, new=True)
    window.desk.actions["rollover"].trigger()
    wizard = window.findChild(RolloverWizard)
    assert wizard is not None
    assert wizard.year.currentData() == "2027-28"
    wizard.view.select_key("calendar")
    QTest.mouseClick(wizard.acts["draft"], Qt.MouseButton.LeftButton)
    assert not wizard.acts["draft"].isVisible() and wizard.acts["check"].isVisible()
    QTest.mouseClick(wizard.acts["check"], Qt.MouseButton.LeftButton)
    assert wizard.steps[0].done and wizard.below.text().startswith("Checked.")
    wizard.activateWindow()
    qtbot.waitUntil(wizard.isActiveWindow)
    QTest.keyClick(wizard.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not wizard.steps[0].done
    assert says(wizard.below.text(), "rollover_todo.check_calendar")
    for _ in range(3):  # the draft too, but nothing before the wizard
        QTest.keyClick(wizard.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert wizard.acts["draft"].isVisible() and len(session.project.calendar.terms) == 1
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(wizard.view, Qt.Key.Key_Z, redo)
    assert len(session.project.calendar.terms) == 2
    wizard.view.chosen.emit("lock")
    assert says(wizard.below.text(), "rollover_found.not_over")
    assert not wizard.acts["lock"].isEnabled()
    for step in ("officers", "principals"):  # both are imported as lists
        wizard.view.chosen.emit(step)
        assert wizard.acts["import"].isVisible()
    QTest.mouseClick(wizard.acts["check"], Qt.MouseButton.LeftButton)
    asked = wizard.findChild(LeaveQuestion)  # there is no principal yet
    assert asked is not None and says(asked.text(), "rollover_lacks.principals")
    assert not wizard.acts["reopen"].isVisible()
    mark = next(own for own in asked.buttons() if own is not asked.stay)
    QTest.mouseClick(mark, Qt.MouseButton.LeftButton)
    assert wizard.acts["reopen"].isVisible()
    wizard.save_drills(tmp_path / "drills.csv")
    done = {own.key: own.done for own in wizard.steps}
    assert (done["principals"], done["drills"]) == (True, (tmp_path / "drills.csv").exists())
    wizard.reject()
    window.desk.actions["rollover"].trigger()  # the wizard resumes
    again = window.findChildren(RolloverWizard)[-1]
    assert {own.key: own.done for own in again.steps}["principals"]
    QTest.mouseClick(again.acts["show"], Qt.MouseButton.LeftButton)
    again.view.chosen.emit("principals")
    QTest.mouseClick(again.acts["show"], Qt.MouseButton.LeftButton)
    assert window.workspace == "data"


def list_texts(panel: OfficeDataPanel) -> list[list[str]]:
    model = panel.rows.view.model()
    columns = range(model.columnCount())
    return [
        [str(model.index(row, column).data()) for column in columns]
        for row in range(model.rowCount())
    ]


def test_lists_show_dates_times_levels_and_contacts_as_people_write_them(
    panel: OfficeDataPanel, session: Session
) -> None:
    session.formats = US_FORMATS
    panel.show_kind("area")
    assert " an area " in panel.form.hint.text()
    panel.show_kind("bells")
    row = next(one for one in list_texts(panel) if one[0] == "K-8")
    assert row[1] == "8:00 AM"
    click_row(panel, "k8")
    assert not find_field(panel, "name").isEnabled(), "the name of a level cannot be edited"
    type_over(panel, "starts", "8:25 am")
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert session.project.calendar.bells.by_level["k8"].starts == time(8, 25)
    fall = {"name": "Fall", "kind": "term", "first": "2026-08-13", "last": "2026-12-18"}
    set_data_row(session, "calendar", "fall", fall, new=True)
    panel.show_kind("calendar")
    assert "Aug 13, 2026" in {cell for one in list_texts(panel) for cell in one}
    click_row(panel, next(iter(panel.table.read(session.saved_project))))
    assert find_field(panel, "first").text() == "08/13/2026" and not panel.form.changes()
    type_over(panel, "first", "8/17")
    QTest.mouseClick(panel.form.save, Qt.MouseButton.LeftButton)
    assert next(iter(panel.table.read(session.saved_project).values()))["first"] == "2026-08-17"
    panel.show_kind("assumption")
    assert any(one[0].endswith(": K-8") for one in list_texts(panel))
    panel.show_kind("contact")
    key = next(iter(panel.table.read(session.saved_project)))
    click_row(panel, key)
    school = next(one for one in session.project.patrolled if key.startswith(one.id))
    assert panel.form.heading.text() == f"{school.name}, Principal"


def test_a_form_with_a_long_text_stacks_its_fields(panel: OfficeDataPanel, qtbot: QtBot) -> None:
    panel.show_kind("term")
    click_row(panel, "lockdown")
    first, second = (cell.widget for cell in panel.form.cells.values())
    qtbot.waitUntil(lambda: second.mapTo(panel.form, QPoint(0, 0)).y() > first.height())
    end = first.mapTo(panel.form, QPoint(0, first.height()))
    assert second.mapTo(panel.form, QPoint(0, 0)).y() - end.y() < first.height()
