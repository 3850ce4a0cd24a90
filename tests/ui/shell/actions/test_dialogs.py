"""Dialogs: defaults, keyboard use, and staying open if something is rejected."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QDate, QDateTime, Qt, QTime
from PySide6.QtWidgets import QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_incidents, list_visits, log_record, log_visit
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans.plan import PlanStatus
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.data.projects.new_project import NewProjectDialog
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.plan.plans.plan_dialogs import AdoptPlanDialog, find_next_school_day
from zoneplanner.ui.shifts.shift_forms import ShiftForm
from zoneplanner.ui.widgets.services.ui_context import UiContext


def test_a_visit_is_logged_by_enter_alone(desk: UiContext, qtbot: QtBot) -> None:
    dialog = VisitDialog(desk, "r1c3")
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    (visit,) = list_visits(desk.session)
    assert (visit.site, visit.unit, visit.status) == ("r1c3", "B", "on_site")
    assert visit.arrived_at == desk.session.clock()


def test_a_visits_unit_follows_its_site(desk: UiContext, qtbot: QtBot) -> None:
    dialog = VisitDialog(desk, None)
    qtbot.addWidget(dialog)
    dialog.site.setCurrentIndex(dialog.site.findData("r3c2"))
    assert dialog.unit.currentData() == "a"


def test_a_visit_without_a_school_is_rejected_in_the_dialog(desk: UiContext, qtbot: QtBot) -> None:
    dialog = VisitDialog(desk, None)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.accept()
    assert dialog.isVisible() and says(dialog.refused.text(), "field_empty.visited_site")
    assert list_visits(desk.session) == ()


def test_a_future_visit_is_rejected_in_the_dialog(desk: UiContext, qtbot: QtBot) -> None:
    dialog = VisitDialog(desk, "r1c1")
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.arrived.setDate(QDate(2027, 1, 4))
    dialog.accept()
    assert dialog.isVisible() and says(dialog.refused.text(), "in_the_future")


def test_an_invalid_time_is_marked_and_disables_log_it(desk: UiContext, qtbot: QtBot) -> None:
    dialog = IncidentDialog(desk, "r1c1")
    dialog.type.setCurrentText("trespass")
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    received, day = dialog.stamps["received_at"].time, desk.session.formats.field_pattern
    assert day == "yyyy-MM-dd" and dialog.ok.isEnabled()
    for typed, said in (
        ("2027-01-05", Message("in_the_future", name="Received")),
        ("2026-13-40", Message("not_read", text="2026-13-40", shown="2026-11-16 08:00")),
        ("last night", Message("not_read", text="last night", shown="2026-11-16 08:00")),
        ("yesterday 9:15", None),
        ("7:15", None),
    ):
        received.put(desk.session.clock())
        received.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClicks(received, typed)
        qtbot.keyClick(received, Qt.Key.Key_Tab)
        assert dialog.focusWidget() is dialog.stamps["dispatched_at"].taken
        assert dialog.required.text() == str(said or "") and dialog.ok.isEnabled() == (not said)
        assert received.property("role") == ("problem" if said else "")
        assert received.accessibleDescription() == dialog.required.text()


def test_a_correction_replaces_the_old_visit(desk: UiContext, qtbot: QtBot) -> None:
    log_visit(desk.session, "r1c1", note="gate")
    (first,) = list_visits(desk.session)
    dialog = VisitDialog(desk, first.site, corrects=first)
    qtbot.addWidget(dialog)
    dialog.purpose.setCurrentIndex(dialog.purpose.findData("teaching"))
    dialog.accept()
    (now,) = list_visits(desk.session)
    assert (now.uid, now.purpose, now.note) == (first.uid, "teaching", "gate")


def test_an_incident_stores_only_the_times_entered(desk: UiContext, qtbot: QtBot) -> None:
    dialog = IncidentDialog(desk, "r1c1")
    qtbot.addWidget(dialog)
    dialog.type.setCurrentText("trespass")
    dialog.stamps["onscene_at"].taken.setChecked(True)
    dialog.accept()
    (incident,) = list_incidents(desk.session)
    assert (incident.type, incident.units) == ("Trespass", ("A",))
    assert incident.onscene_at == desk.session.clock()
    assert incident.dispatched_at is None and incident.cleared_at is None


def test_a_late_entry_starts_at_the_site_field_and_fills_unit_and_times(
    desk: UiContext, qtbot: QtBot
) -> None:
    """Another school sets its unit, and no time defaults to today."""
    dialog = IncidentDialog(desk, "r1c1")
    qtbot.addWidget(dialog)
    dialog.open()
    line = dialog.site.lineEdit()
    assert line is not None and line.hasSelectedText()
    assert dialog.unit.currentData() is None, "nothing says yet that anybody went"
    dialog.stamps["onscene_at"].taken.setChecked(True)
    assert dialog.unit.currentData() == "A"
    dialog.site.setCurrentIndex(dialog.site.findData("r1c4"))
    assert dialog.unit.currentData() == "B"
    dialog.stamps["onscene_at"].taken.setChecked(False)
    assert dialog.unit.currentData() is None
    dialog.type.setCurrentText("trespass")
    received = desk.session.clock() - timedelta(days=1)
    dialog.stamps["received_at"].time.put(received)
    for name in ("dispatched_at", "onscene_at"):
        dialog.stamps[name].taken.setChecked(True)
    minute = received.replace(second=0, microsecond=0)
    dialog.accept()
    (call,) = list_incidents(desk.session)
    assert call.units == ("B",)
    for at in (call.dispatched_at, call.onscene_at):
        assert at is not None and at.replace(second=0, microsecond=0) == minute


def test_a_time_in_the_minute_of_receipt_is_not_before_the_call(
    desk: UiContext, qtbot: QtBot
) -> None:
    received = (desk.session.clock() - timedelta(minutes=5)).replace(second=25)
    given = {"type": "alarm", "site": "r1c1", "received_at": received.isoformat()}
    log_record(desk.session, "incident", given)
    dialog = IncidentDialog(desk, None, corrects=list_incidents(desk.session)[0])
    qtbot.addWidget(dialog)
    dialog.stamps["cleared_at"].taken.setChecked(True)
    minute = dialog.stamps["received_at"].time.dateTime()
    dialog.stamps["cleared_at"].time.setDateTime(minute)
    dialog.accept()
    (call,) = list_incidents(desk.session)
    assert call.cleared_at == call.received_at


def test_an_incident_without_a_type_is_rejected(desk: UiContext, qtbot: QtBot) -> None:
    dialog = IncidentDialog(desk, "r1c1")
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.accept()
    assert dialog.isVisible() and says(dialog.refused.text(), "field_empty.incident_type_words")


def test_adopting_fills_in_the_next_school_day(desk: UiContext, qtbot: QtBot) -> None:
    term = DateRange("Fall", date(2026, 8, 12), date(2026, 12, 18))
    friday = date(2026, 11, 20)
    assert find_next_school_day(SchoolCalendar((term,), ()), friday) == date(2026, 11, 23)
    dialog = AdoptPlanDialog(desk)
    qtbot.addWidget(dialog)
    dialog.accept()
    plan = desk.session.plan
    assert plan is not None and plan.effective_on == date(2026, 11, 17)
    assert plan.status(date(2026, 11, 17)) is PlanStatus.IN_FORCE


def test_a_new_project_file_gets_its_extension_and_an_error_keeps_the_dialog_open(
    qtbot: QtBot, tmp_path: Path
) -> None:
    asked: list[tuple[Path, str, bool]] = []

    def create(path: Path, preset: str, empty: bool) -> None:
        asked.append((path, preset, empty))
        raise UserError("file_exists.project", file=path.name)

    dialog = NewProjectDialog(tmp_path / "district", {"one": "One", "two": "Two"}, "two", create)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.accept()
    assert asked == [(tmp_path / "district.gpkg", "two", False)]
    assert dialog.isVisible() and "district.gpkg" in dialog.refused.text()


def test_a_time_repeated_by_the_clock_change_is_asked_about(desk: UiContext, qtbot: QtBot) -> None:
    second = {"site": "r1c1", "arrived_at": "2026-11-01T01:30-08:00", "departed_at": "now"}
    log_record(desk.session, "visit", second)
    (made,) = list_visits(desk.session)
    again = VisitDialog(desk, None, corrects=made)
    qtbot.addWidget(again)
    again.open()
    again.purpose.setCurrentIndex(again.purpose.findData("teaching"))
    again.accept()
    (corrected,) = list_visits(desk.session)
    assert (corrected.arrived_at, corrected.purpose) == (made.arrived_at, "teaching")
    for day, clock, code in (
        ((2026, 11, 1), (1, 30), "clock_change.twice_in_form"),
        ((2026, 3, 8), (2, 30), "clock_change.skipped_in_form"),
    ):
        dialog = VisitDialog(desk, "r1c2")
        qtbot.addWidget(dialog)
        dialog.open()
        dialog.arrived.setDateTime(QDateTime(QDate(*day), QTime(*clock)))
        dialog.accept()
        assert dialog.isVisible() and says(dialog.refused.text(), code)
    assert len(list_visits(desk.session)) == 1


def test_a_planned_visit_is_canceled_in_its_form(desk: UiContext, qtbot: QtBot) -> None:
    ahead = (desk.session.clock() + timedelta(hours=1)).isoformat()
    log_record(desk.session, "visit", {"site": "r1c1", "arrived_at": ahead, "status": "scheduled"})
    (planned,) = list_visits(desk.session)
    dialog = VisitDialog(desk, None, corrects=planned)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.status.setCurrentIndex(dialog.status.findData("cancelled"))
    dialog.accept()
    (off,) = list_visits(desk.session)
    assert (off.status, off.arrived_at) == ("cancelled", planned.arrived_at)


def test_tab_goes_through_a_form_from_first_field_to_buttons_and_enter_saves_it(
    desk: UiContext, qtbot: QtBot
) -> None:
    over = desk.notices.parentWidget()
    assert over is not None
    desk.session.formats = US_FORMATS
    form = ShiftForm(desk, date(2026, 11, 16), over)
    form.ask()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    assert form.focusWidget() is form.unit, "the keys stand in a button"
    qtbot.keyClick(form.unit, Qt.Key.Key_Return)
    assert form.isVisible() and "title" in form.refused.text(), "an empty Enter added an event"
    reached: dict[QWidget, None] = {}
    while form.focusWidget() is not form.ok:
        reached[form.focusWidget()] = None  # a day and a time are left after their last section
        qtbot.keyClick(form.focusWidget(), Qt.Key.Key_Tab)
    fields = [form.unit, form.kind, form.title_field, form.day, form.starts, form.ends, form.needs]
    assert list(reached) == fields
    qtbot.keyClick(form.ok, Qt.Key.Key_Tab)
    assert form.focusWidget() is form.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    form.title_field.setFocus()
    qtbot.keyClicks(form.title_field, "Homecoming game")
    form.day.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.keyClicks(form.day, QDate(2026, 12, 4).toString(form.day.displayFormat()))
    assert form.day.day() == date(2026, 12, 4), "the separators were taken for something else"
    qtbot.keyClick(form.day, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(form.day, QDate(2027, 1, 15).toString(form.day.displayFormat()))
    assert form.day.day() == date(2027, 1, 15), "the whole day was chosen, a part was written"
    form.ends.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.keyClicks(form.ends, QTime(21, 30).toString(form.ends.displayFormat()))
    qtbot.keyClick(form.ends, Qt.Key.Key_Return)
    (shift,) = desk.session.project.shifts.values()
    assert shift.title == "Homecoming game"
    assert shift.ends_at == datetime(2027, 1, 16, 5, 30, tzinfo=UTC)
