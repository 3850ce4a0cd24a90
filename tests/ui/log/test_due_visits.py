"""Visits due this week: a rule, a list, one key to log them; late entries are marked."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import log_visit_now
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.due_visits import change_visit_rule, find_started_plan
from zoneplanner.app.log.logbook import list_visits, log_record
from zoneplanner.app.log.record_history import list_record_revisions
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.visit_rule import ANY_TIME, VisitRule
from zoneplanner.messages import Message
from zoneplanner.ui.log.due_visits_table import _COLUMNS, DueVisitsPanel, VisitRuleDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.tables.record_rows import build_record_rows

RULE = VisitRule({"elementary": {BellWindow.ARRIVAL: 2, ANY_TIME: 1}})


@pytest.fixture
def panel(window: MainWindow, session: Session) -> DueVisitsPanel:
    """The list in the Log workspace on a school Monday at eight."""
    calendar = SchoolCalendar((DateRange("fall", date(2026, 8, 13), date(2026, 12, 18)),), ())
    session.apply("Term", lambda project: replace(project, calendar=calendar))
    change_visit_rule(session, RULE)
    window.show_workspace("log")
    found: DueVisitsPanel = window.tabs.panels["due"]
    window.tabs.show_table(found)
    return found


def cells(panel: DueVisitsPanel, key: str) -> list[str]:
    row = panel.table.place(key)
    assert row is not None
    return [panel.table.index(row, at).data() for at in range(panel.table.columnCount())]


def test_the_list_shows_what_is_due_where_and_when(panel: DueVisitsPanel) -> None:
    assert cells(panel, "r1c1|arrival") == [
        *("School r1c1", "Arrival", "0 of 2"),
        *("○ due", "today 07:30–08:00", "A", "A"),
    ]
    assert panel.counted.text() == "0 of 36"


def test_one_key_begins_a_visit_and_again_ends_it(
    panel: DueVisitsPanel, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.bridge.select(site="r1c1")
    qtbot.keyClick(window, Qt.Key.Key_K)
    assert list_visits(session) == ()
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Return)
    (made,) = list_visits(session)
    assert (made.site, made.unit, made.status, made.departed_at) == ("r1c1", "A", "on_site", None)
    assert cells(panel, "r1c1|arrival")[2] == "1 of 2"
    start = session.clock()
    session.clock = lambda: start + timedelta(minutes=20)
    panel.view.opened.emit("r1c1|arrival")
    facts = {"site": "School r1c1", "unit": "A", "at": "08:20"}
    assert says(window.desk.pending.text.text(), "pending_visit.ended", **facts)
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Return)
    (ended,) = list_visits(session)
    assert ended.uid == made.uid and ended.status == "completed"
    assert ended.departed_at == start + timedelta(minutes=20)
    log_visit_now(session, "r1c1")
    assert len(list_visits(session)) == 2


def test_completed_visits_are_shown_on_request(panel: DueVisitsPanel, session: Session) -> None:
    log_visit_now(session, "r1c2")
    assert panel.table.place("r1c2|") is None
    panel.all.setChecked(True)
    assert cells(panel, "r1c2|")[3] == "✓ done"


def test_the_rule_is_edited_in_a_dialog_and_undone(
    panel: DueVisitsPanel, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    dialog = VisitRuleDialog(window.desk)
    qtbot.addWidget(dialog)
    assert dialog.fields["elementary", "arrival"].value() == 2
    dialog.fields["elementary", "arrival"].setValue(4)
    dialog.late.setValue(5)
    dialog.open()
    heads = [one for one in dialog.findChildren(QLabel) if one.text() in _COLUMNS.values()]
    assert len(heads) == 5, "titles stand above their figures, at the right"
    assert all(one.alignment() & Qt.AlignmentFlag.AlignRight for one in heads)
    dialog.accept()
    rule = session.project.visit_rule
    assert rule.by_level == {"elementary": {"arrival": 4, ANY_TIME: 1}} and rule.late_min == 5
    assert cells(panel, "r1c1|arrival")[2] == "0 of 4"
    session.undo()
    assert session.project.visit_rule == RULE


def test_the_default_rule_is_not_stored(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    dialog = VisitRuleDialog(window.desk)
    qtbot.addWidget(dialog)
    assert dialog.fields["elementary", ANY_TIME].value() == 5
    assert dialog.rule() == VisitRule()


def test_a_late_entry_is_marked_in_its_history(session: Session) -> None:
    early = (session.clock() - timedelta(hours=2)).isoformat()
    late = log_record(session, "visit", {"site": "r1c1", "arrived_at": early})
    prompt = log_record(session, "visit", {"site": "r1c2"})
    assert list_record_revisions(session, late.uid)[0].what == "First entry, entered later"
    assert list_record_revisions(session, prompt.uid)[0].what == "First entry"


def test_a_planned_visit_is_late_and_then_missed_in_the_log(session: Session) -> None:
    planned = (session.clock() + timedelta(minutes=5)).isoformat()
    columns = {"site": "r1c1", "arrived_at": planned, "status": "scheduled"}
    log_record(session, "visit", columns)
    start = session.clock()
    stands = []
    for minutes in (0, 10, 30):
        now = start + timedelta(minutes=minutes)
        session.clock = lambda now=now: now  # type: ignore[misc]
        (row,) = build_record_rows(session, list_visits(session), ())
        stands.append(row.status)
    assert stands == ["Scheduled", "Late", "Missed"]


def test_a_visit_planned_in_the_form_can_begin_from_the_list(
    panel: DueVisitsPanel, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    start = session.clock()
    dialog = VisitDialog(window.desk, "r1c1")
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.ahead.setChecked(True)
    dialog.accept()
    assert dialog.isVisible() and says(dialog.refused.text(), "visit_not_ahead")
    dialog.arrived.put(start + timedelta(hours=3))
    dialog.accept()
    (planned,) = list_visits(session)
    assert (planned.status, planned.arrived_at) == ("scheduled", start + timedelta(hours=3))
    assert cells(panel, planned.uid)[:4] == ["School r1c1", "Planned", "0 of 1", "○ due"]
    assert panel.counted.text() == "0 of 36"
    session.clock = lambda: start + timedelta(hours=3, minutes=2)
    panel.view.opened.emit(planned.uid)
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Return)
    (begun,) = list_visits(session)
    assert (begun.uid, begun.status) == (planned.uid, "on_site")
    assert begun.arrived_at == session.clock()
    assert panel.table.place(planned.uid) is None


@pytest.mark.parametrize(("minutes", "taken"), [(-50, False), (-40, True), (14, True), (16, False)])
def test_a_logged_visit_fulfills_one_planned_there_within_the_grace(
    session: Session, minutes: int, taken: bool
) -> None:
    at = session.clock() + timedelta(hours=3)
    columns = {"site": "r1c1", "arrived_at": at.isoformat(), "status": "scheduled"}
    planned = log_record(session, "visit", {**columns, "unit": "B", "purpose": "teaching"})
    session.clock = lambda: at + timedelta(minutes=minutes)
    log_visit_now(session, "r1c2")
    log_visit_now(session, "r1c1")
    made = {one.uid: one for one in list_visits(session) if one.site == "r1c1"}
    assert len(made) == (1 if taken else 2)
    own = made[planned.uid]
    assert (own.status, own.unit, own.purpose) == (
        "on_site" if taken else "scheduled",
        "B",
        "teaching",
    )


def test_the_key_fulfills_a_planned_visit_and_undo_makes_it_planned_again(
    panel: DueVisitsPanel, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    at = session.clock() + timedelta(minutes=20)
    columns = {"site": "r1c1", "arrived_at": at.isoformat(), "status": "scheduled"}
    planned = log_record(session, "visit", columns)
    to = Message("record.visit_to", site="School r1c1")
    record = str(Message("record.by_unit", record=to, unit="A"))
    facts = {"record": record, "at": "08:20"}
    assert says(window.desk.notices.text.text(), "logged.scheduled", record=facts["record"])
    window.desk.bridge.select(site="r1c1")
    qtbot.keyClick(window, Qt.Key.Key_K)
    qtbot.keyClick(window.desk.pending, Qt.Key.Key_Return)
    said = window.desk.notices
    assert says(said.text.text(), "logged.planned_visit", **facts)
    assert panel.table.place(planned.uid) is None
    said.offer.click()
    (again,) = list_visits(session)
    assert (again.uid, again.status, again.arrived_at) == (planned.uid, "scheduled", at)
    assert panel.table.place(planned.uid) is not None
    assert len(list_record_revisions(session, planned.uid)) == 3


def test_a_corrected_visit_still_fulfills_its_planned_visit(session: Session) -> None:
    at = (session.clock() + timedelta(minutes=20)).isoformat()
    planned = log_record(
        session, "visit", {"site": "r1c1", "arrived_at": at, "status": "scheduled"}
    )
    begun = log_visit_now(session, "r1c1")
    later = log_record(session, "visit", {"supersedes": begun.uid, "note": "gate"})
    found = find_started_plan(session, begun)
    assert found is not None and found.uid == planned.uid
    assert find_started_plan(session, later) is None


def test_a_late_visit_in_the_form_fulfills_and_ends_the_planned_one(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    start = session.clock()
    columns = {"site": "r1c1", "status": "scheduled"}
    planned = log_record(
        session, "visit", {**columns, "arrived_at": (start + timedelta(minutes=5)).isoformat()}
    )
    session.clock = lambda: start + timedelta(hours=2)
    dialog = VisitDialog(window.desk, "r1c1")
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.arrived.put(start)
    dialog.stay.setValue(20)
    dialog.accept()
    (made,) = list_visits(session)
    assert (made.uid, made.status) == (planned.uid, "completed")
    assert made.departed_at == start + timedelta(minutes=20)
    again = VisitDialog(window.desk, None, corrects=made)
    qtbot.addWidget(again)
    again.open()
    again.departed.taken.setChecked(False)
    again.accept()
    (open_again,) = list_visits(session)
    assert (open_again.status, open_again.departed_at) == ("on_site", None)


def test_a_planned_visit_made_the_week_before_is_not_due(
    panel: DueVisitsPanel, session: Session
) -> None:
    ahead = (session.clock() + timedelta(hours=1)).isoformat()
    columns = {"site": "r1c1", "arrived_at": ahead, "status": "scheduled"}
    planned = log_record(session, "visit", columns)
    assert panel.table.place(planned.uid) is not None
    before = (session.clock() - timedelta(days=3)).isoformat()
    made = {"supersedes": planned.uid, "arrived_at": before, "status": "on_site"}
    log_record(session, "visit", made)
    assert panel.table.place(planned.uid) is None
