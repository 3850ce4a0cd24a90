"""People by day: a row per officer with hours, time off and certificates; drag and keys."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from rosters import MONDAY, NOW, clock, officer, own_time, roster

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.roster.relief import list_relief_candidates
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.officer_edits import put_officer_file
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import AvailabilityKind, OfficerFile, RosterDecision
from zoneplanner.domain.roster.shift_edits import assign_shifts, finalize_shifts
from zoneplanner.ui.shifts.officer_forms import OffboardForm
from zoneplanner.ui.shifts.officers_panel import OfficersPanel
from zoneplanner.ui.shifts.roster_board import RosterBoard
from zoneplanner.ui.shifts.roster_forms import OverrideReasonForm, RosterRulesForm
from zoneplanner.ui.shifts.shift_card import ReliefOptionCard, ShiftCard
from zoneplanner.ui.shifts.shift_forms import SplitShiftForm
from zoneplanner.ui.shifts.week_board import describe_override
from zoneplanner.ui.widgets.services.ui_context import UiContext

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
UID = f"A-day-{MONDAY}"


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    nights = own_time(
        AvailabilityKind.MAIN_JOB, WEDNESDAY, starts=clock("18:00"), ends=clock("22:00")
    )
    project = roster(
        officer("A", "A", "B", contact="(916) 555-0134"),
        officer("B", "A", "B", times=(own_time(AvailabilityKind.LEAVE, TUESDAY), nights)),
        officer("C", "B", qualifications=("CIT",)),
    )
    return open_session(
        assign_shifts(project, {UID: "A", f"B-day-{MONDAY}": "C"}, RosterDecision(NOW))
    )


@pytest.fixture
def board(desk: UiContext, session: Session, qtbot: QtBot) -> RosterBoard:
    made = RosterBoard(desk)
    qtbot.addWidget(made)
    made.resize(1100, 500)
    made.selection.show_day(MONDAY)
    made.show()
    made.by_officer.click()
    return made


def text_of(card: ReliefOptionCard) -> str:
    return " ".join(label.text() for label in card.findChildren(QLabel))


def find_row(board: RosterBoard, officer_id: str) -> int:
    return next(at for at, row in enumerate(board.model.board.rows) if row.officer == officer_id)


def test_a_row_shows_hours_time_off_and_certificates_with_expiry(
    board: RosterBoard, session: Session
) -> None:
    log_record(
        session,
        "training",
        {"course": "cpr_aed", "held_on": "2026-09-01", "officer": "A", "who_kind": "officers",
         "trained": "1", "employed": "1", "expires_on": "2028-09-01"},
    )  # fmt: skip
    rows, model = board.model.board.rows, board.model
    a, b, c = (find_row(board, one) for one in "ABC")
    hours, certificate = rows[a].about.split(" · ")
    assert hours.count("8.5 h") == 2, "of the week and of four weeks"
    assert certificate.endswith(" 2028-09-01")
    assert "CIT" in rows[c].about
    assert model.index(b, 1).data() == "leave"
    assert str(model.index(b, 2).data()).startswith("main job 18:00")
    said = model.index(b, 1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Tue, Officer B, leave"
    head, aloud = Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
    assert str(model.headerData(0, head, aloud)) == f"Mon {MONDAY.day}"
    named = model.headerData(a, Qt.Orientation.Vertical, Qt.ItemDataRole.AccessibleTextRole)
    assert str(named).startswith("Officer A, 8.5 h")
    assert rows[0].name == "Open", "what is open stands above the officers"


def test_a_shift_dropped_on_a_free_day_is_assigned_to_that_officer(
    board: RosterBoard, session: Session
) -> None:
    model = board.model
    data = model.mimeData([model.find_index(UID)])
    free = model.index(find_row(board, "B"), 0)
    copy = Qt.DropAction.CopyAction
    assert model.canDropMimeData(data, copy, -1, -1, free)
    assert not model.canDropMimeData(data, copy, -1, -1, model.index(find_row(board, "B"), 3))
    not_theirs = model.mimeData([model.find_index(f"A-day-{TUESDAY}")])
    assert not model.canDropMimeData(
        *(not_theirs, copy, -1, -1, model.index(find_row(board, "C"), 1))
    ), "C may not serve there"
    model.dropMimeData(data, copy, -1, -1, free)
    assert session.project.shifts[UID].officer == "B"
    open_one = model.find_index(f"A-day-{TUESDAY}")
    assert model.flags(open_one) & Qt.ItemFlag.ItemIsDragEnabled


def test_enter_on_a_free_day_lists_shifts_the_officer_could_take(
    board: RosterBoard, session: Session
) -> None:
    asked: list[tuple[str, object]] = []
    board.week.free_day_opened.disconnect(board._open_free_day)
    board.week.free_day_opened.connect(lambda officer, day, _at: asked.append((officer, day)))
    board.week.setCurrentIndex(board.model.index(find_row(board, "A"), 1))
    QTest.keyClick(board.week, Qt.Key.Key_Return)
    assert asked == [("A", TUESDAY)]
    offered = board.menu_of_free_day("A", TUESDAY).actions()
    assert [one.text().split(" on")[0] for one in offered] == ["Assign", "A", "B"]
    offered[1].trigger()
    assert session.project.shifts[f"A-day-{TUESDAY}"].officer == "A"


def test_a_posted_week_is_marked_and_shows_who_changed_it_and_why(
    board: RosterBoard, session: Session
) -> None:
    session.apply("Post", lambda one: finalize_shifts(one, MONDAY, WEDNESDAY, now=NOW))
    assert "posted" not in board.counted.toolTip(), "Thursday and Friday are drafts"
    last = MONDAY + timedelta(days=6)
    session.apply("Post", lambda one: finalize_shifts(one, MONDAY, last, now=NOW))
    assert "✓ posted" in board.counted.toolTip()
    session.formats = US_FORMATS
    board.roster_actions.assign(UID, "B")
    form = board.findChild(OverrideReasonForm)
    assert form is not None and session.project.shifts[UID].officer == "A"
    assert "on Mon, Sep 14, 7:30 AM–4 PM:" in form.about.text()
    form.reason.setText("court date")
    form.accept()
    assert session.project.shifts[UID].officer == "B"
    assert "1 change since" in board.counted.toolTip()
    board.resize(972, board.height())  # what a window of 1280 leaves beside the panel
    QApplication.processEvents()
    line, right = board.counted, Qt.TextElideMode.ElideRight
    shown = line.fontMetrics().elidedText(line.text(), right, line.contentsRect().width())
    assert "✓ posted · 1 change" in shown
    cell = board.model.cell(board.model.find_index(UID))
    assert cell is not None and cell.shift.posted_change is not None
    assert describe_override(cell.shift.posted_change) in cell.tip and "court date" in cell.tip


def test_canceling_or_splitting_a_posted_shift_asks_for_a_reason_and_shows_it(
    board: RosterBoard, session: Session
) -> None:
    session.apply("Post", lambda one: finalize_shifts(one, MONDAY, WEDNESDAY, now=NOW))
    board.roster_actions.cancel(UID)
    form = board.findChild(OverrideReasonForm)
    assert form is not None and session.project.shifts[UID].is_active
    form.reason.setText("school closed")
    form.accept()
    assert not session.project.shifts[UID].is_active
    assert "1 change since" in board.counted.toolTip()
    (change,) = board.model.board.changes
    assert change in board.counted.toolTip()
    assert "planner" in change and "school closed" in change
    other = session.project.shifts[f"B-day-{MONDAY}"]
    split = SplitShiftForm(board._desk, other, board)
    assert split.form.isRowVisible(split.reason)
    split.accept()
    assert f"{other.uid}-part2" not in session.project.shifts, "no reason was given"
    split.reason.setText("half a day")
    split.accept()
    assert f"{other.uid}-part2" in session.project.shifts
    assert "2 changes since" in board.counted.toolTip()


def test_the_month_names_who_serves(board: RosterBoard) -> None:
    board.by_month.click()
    assert board.month.names[MONDAY][:2] == [
        ("A", "Officer A", False),
        ("B", "Officer C", False),
    ]
    said = board.month.accessibleDescription()
    day = board._desk.session.formats.long_day(MONDAY)
    assert said.startswith(f"{day}: 2 of 3 shifts filled. ")
    assert "A Officer A" in said


def test_relief_cards_show_the_phone_and_the_last_answer(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    card = ShiftCard(desk)
    qtbot.addWidget(card)
    card.show()
    board.selection.choose_shift(f"A-day-{TUESDAY}")
    with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
        card.buttons["cover"].click()
    (first,) = [one for one in card.findChildren(ReliefOptionCard) if one.option.officer == "A"]
    assert first.contact.text() == "(916) 555-0134"
    assert not first.last_answer.isVisible()
    first.answers["declined"].click()
    assert first.last_answer.text().startswith("Last call: declined, ")
    with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
        card.buttons["cover"].click()
    again = next(one for one in card.findChildren(ReliefOptionCard) if one.option.officer == "A")
    assert again.last_answer.text().startswith("Last call: declined, ")


def test_the_call_order_is_set_in_its_form_and_explained_on_each_card(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    session.formats = US_FORMATS
    senior = OfficerFile(seniority=date(2012, 3, 1))
    session.apply("Senior", lambda one: put_officer_file(one, "B", senior))
    card, uid = ShiftCard(desk), f"A-day-{WEDNESDAY + timedelta(days=2)}"
    qtbot.addWidget(card)
    card.show()
    board.selection.choose_shift(uid)
    reasons = {
        "Seniority": ["call_place.seniority", "call_place.no_seniority"],
        "Rotation": ["call_place.none_taken", "call_place.none_taken"],
        "Equal hours": ["call_place.year_hours", "call_place.year_hours"],
    }
    for order, found in reasons.items():
        form = RosterRulesForm(desk, board)
        form.order.setCurrentText(order)
        form.accept()
        with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
            card.buttons["cover"].click()
        assert [one.option.officer for one in card.cards[:2]] == ["B", "A"], order
        places = [one.option.messages[0].facts["reasons"][0] for one in card.cards[:2]]
        assert [place.template for place in places] == found, order
        (shown, _) = (text_of(one) for one in card.cards[:2])
        assert places[0].say(US_FORMATS) in shown, "with the date as on this desk"


def test_rule_strictness_can_be_set_and_is_shown_with_each_violation(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    session.formats = US_FORMATS
    form = RosterRulesForm(desk, board)
    form.levels["weekly_hours"].setCurrentText("override")
    form.levels["detail_minimum"].setCurrentText("warn")
    form.figures["weekly_h"].setValue(9)
    form.accept()
    assert session.project.roster_rules.level("detail_minimum") is Enforcement.WARN
    card, uid = ShiftCard(desk), f"A-day-{TUESDAY}"
    qtbot.addWidget(card)
    card.show()
    board.selection.choose_shift(uid)
    with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
        card.buttons["cover"].click()
    asks = next(one for one in card.cards if one.option.officer == "A")
    assert "A on Tue, Sep 15, 7:30 AM–4 PM" in text_of(asks)
    board.roster_actions.assign(uid, "A")
    (why,) = board.findChildren(OverrideReasonForm)
    why.reason.setText("agreed by phone")
    why.accept()
    board.selection.choose_shift(uid)
    (override,) = session.project.shifts[uid].overrides
    assert (override.rule, override.reason) == ("weekly_hours", "agreed by phone")
    assert describe_override(override) in card.state.text()


def test_offboarding_sets_the_last_day_opens_later_shifts_and_lists_unreturned_items(
    desk: UiContext, session: Session, qtbot: QtBot
) -> None:
    kept = OfficerFile(None, ("radio", "keys"))
    session.apply("Issued", lambda one: put_officer_file(one, "A", kept))
    people = OfficersPanel(desk)
    qtbot.addWidget(people)
    people.show()
    assert not people.offboard.isEnabled(), "nobody is chosen"
    people.show_officer("A")
    qtbot.mouseClick(people.offboard, Qt.MouseButton.LeftButton)
    (form,) = people.findChildren(OffboardForm)
    assert form.focusWidget() is form.last and form.form.isRowVisible(form.returned)
    form.last.put(MONDAY - timedelta(days=1))
    assert form.opened.text().startswith("1 shift")
    form.returned.boxes["keys"].click()
    form.accept()
    project = session.project
    assert project.officers["A"].until == MONDAY - timedelta(days=1)
    assert project.shifts[UID].is_open
    assert project.officer_files["A"].equipment == ("radio",)
    assert "Not returned: radio." in desk.notices.text.text()
    assert all(one.officer.id != "A" for one in list_relief_candidates(project, UID))
    people.show_officer("B")
    qtbot.mouseClick(people.offboard, Qt.MouseButton.LeftButton)
    other = people.findChildren(OffboardForm)[-1]
    assert other.focusWidget() is other.last, "Enter at once would end today"
    assert not other.form.isRowVisible(other.returned)
