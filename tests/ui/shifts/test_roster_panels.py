"""The Shifts workspace: board, officers, the selected shift, problems, swaps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from file_dialogs import answered, choose
from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QTime
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from rosters import CALENDAR, clock, officer, own_time, roster
from sentences import says

from zoneplanner.app.roster.relief import ReliefOption
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits, swaps
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.roster_rules import AssignmentOrder
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    OfficerFile,
    RosterDecision,
    ShiftStatus,
    ShiftSwap,
)
from zoneplanner.domain.roster.shift_edits import make_open_shifts
from zoneplanner.messages import Message
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.search_destinations import list_officer_items, list_shift_items
from zoneplanner.ui.shifts.officer_forms import OfficerForm, OfficerTimeForm
from zoneplanner.ui.shifts.officers_panel import OfficersPanel
from zoneplanner.ui.shifts.roster_board import RosterBoard
from zoneplanner.ui.shifts.roster_forms import OverrideReasonForm
from zoneplanner.ui.shifts.roster_tables import (
    OfficerHoursTable,
    RosterProblemsTable,
    SwapRequestsTable,
)
from zoneplanner.ui.shifts.shift_card import ReliefOptionCard, ShiftCard
from zoneplanner.ui.shifts.shift_forms import (
    RosterPostForm,
    ShiftForm,
    SplitShiftForm,
    SwapRequestForm,
)
from zoneplanner.ui.shifts.today_board import OnDutyTodayPanel
from zoneplanner.ui.shifts.week_board import FITS, OFFICER_MIME, WITH_REASON
from zoneplanner.ui.widgets.inputs.form_dialog import WIDE_PX
from zoneplanner.ui.widgets.services.search_items import rank_search_items
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import theme

MONDAY = date(2026, 11, 16)
UID = f"A-day-{MONDAY}"
OFFICER_A = "Officer A"


def week(*officers: object) -> Project:
    project = replace(roster(*officers), calendar=CALENDAR, shifts={})  # type: ignore[arg-type]
    return make_open_shifts(project, MONDAY, MONDAY + timedelta(days=4))


NIGHTS = own_time(
    AvailabilityKind.MAIN_JOB,
    MONDAY - timedelta(days=1),
    starts=clock("20:00"),
    ends=clock("05:00"),
)


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    return open_session(
        week(
            officer("A", "A", "B"),
            officer("B", "B", times=(NIGHTS,)),
            officer("C", "A", "B", kind="substitute"),
        )
    )


@pytest.fixture
def board(desk: UiContext, qtbot: QtBot) -> RosterBoard:
    made = RosterBoard(desk)
    qtbot.addWidget(made)
    made.resize(960, 400)
    made.show()
    return made


def list_names(board: RosterBoard) -> list[str]:
    model = board.model
    return [
        str(model.data(model.index(row, 0)) or "").split("\n")[0] for row in range(model.rowCount())
    ]


def list_reasons(option: ReliefOption) -> list[str]:
    """Return the codes of why an officer is called at their place in the order."""
    return [reason.template for reason in option.messages[0].facts["reasons"]]


def name_shift(session: Session, uid: str = UID) -> str:
    project = session.project
    return describe_shift(project.shifts[uid], project.time_zone).say(session.formats)


def test_a_week_shows_units_by_day_and_open_shifts(board: RosterBoard) -> None:
    assert list_names(board) == ["Open", "Open", "Open"]
    assert board.model.columnCount() == 5
    thursday = board.model.headerData(3, Qt.Orientation.Horizontal)
    assert thursday == "Thu 19\nearly release"
    assert board.counted.toolTip().startswith("0 of 15 filled")


def test_posted_draft_and_open_shifts_have_solid_dashed_and_dotted_borders(
    board: RosterBoard, session: Session
) -> None:
    def measure_border() -> float:
        """Return the drawn share of a shift's upper border."""
        shot = (
            board.week.viewport().grab(board.week.visualRect(board.model.find_index(UID))).toImage()
        )
        shades = [shot.pixelColor(x, 2).lightness() for x in range(20, shot.width() - 20)]
        return sum(shade < 200 for shade in shades) / len(shades)

    nobody = measure_border()
    board.roster_actions.assign(UID, "A")
    draft = measure_border()
    board.week.clearSelection()
    board.post_button.click()
    posted = measure_border()
    assert posted > 0.95 > draft > nobody > 0.1


def test_dropping_an_officer_on_a_shift_assigns_it_and_undo_reverts(
    board: RosterBoard, session: Session
) -> None:
    data = QMimeData()
    data.setData(OFFICER_MIME, b"A")
    index, action = board.model.find_index(UID), Qt.DropAction.CopyAction
    assert board.model.canDropMimeData(data, action, -1, -1, index)
    board.model.dropMimeData(data, action, -1, -1, index)
    assert session.project.shifts[UID].officer == "A"
    assert list_names(board)[0] == "Officer A"
    session.undo()
    assert list_names(board)[0] == "Open"


def test_an_ineligible_officer_cannot_be_dropped_on_a_unit(board: RosterBoard) -> None:
    data = QMimeData()
    data.setData(OFFICER_MIME, b"B")
    index = board.model.find_index(UID)
    assert not board.model.canDropMimeData(data, Qt.DropAction.CopyAction, -1, -1, index)


def test_keys_open_the_choices_and_unassign_an_officer(
    board: RosterBoard, session: Session, qtbot: QtBot
) -> None:
    board.roster_actions.assign(UID, "A")
    board.week.select_shift(UID)
    asked: list[object] = []
    board.week.shift_opened.connect(lambda uid, _at: asked.append(uid))
    board.week.shift_opened.disconnect(board._open_menu)
    qtbot.keyClick(board.week, Qt.Key.Key_Return)
    assert asked == [UID]
    qtbot.keyClick(board.week, Qt.Key.Key_Delete)
    assert session.project.shifts[UID].is_open


def test_the_menu_of_a_shift_offers_free_officers_and_those_who_need_a_reason(
    board: RosterBoard, session: Session
) -> None:
    menu = board.menu_of(f"B-day-{MONDAY}")
    words = [action.text() for action in menu.actions()]
    assert any(text.startswith("Officer A") for text in words)
    reasoned = next(action.menu() for action in menu.actions() if action.text() == "With a reason")
    assert [action.text() for action in reasoned.actions()] == ["Officer B: rest"]


def test_assigning_against_a_rule_asks_for_a_reason_and_stores_it(
    board: RosterBoard, session: Session
) -> None:
    uid = f"B-day-{MONDAY}"
    board.roster_actions.assign(uid, "B")
    form = board.findChild(OverrideReasonForm)
    assert form is not None
    assert says(form.about.text(), "roster.rest.after_main_job", rest_h="2.5")
    form.accept()
    assert says(form.refused.text(), "field_empty.override_reason")
    form.reason.setText("agreed by phone")
    form.accept()
    assert session.project.shifts[uid].find_override_reason("rest") == "agreed by phone"


def test_selecting_an_officer_highlights_the_shifts_they_could_take(board: RosterBoard) -> None:
    board.selection.choose_officer("B")
    assert board.model.eligibility[f"B-day-{MONDAY}"] == WITH_REASON
    assert board.model.eligibility[f"B-day-{MONDAY + timedelta(days=1)}"] == FITS
    assert board.model.eligibility[UID] == "not"


def test_shifts_are_swapped_and_a_week_is_copied_and_posted(
    board: RosterBoard, session: Session
) -> None:
    other = f"B-day-{MONDAY}"
    board.roster_actions.assign(UID, "A")
    board.roster_actions.assign(other, "C")
    board.roster_actions.trade(UID, other)
    shifts = session.project.shifts
    assert (shifts[UID].officer, shifts[other].officer) == ("C", "A")
    board.selection.show_day(MONDAY + timedelta(days=7))
    assert board.pages.currentWidget() is board.empty
    board.selection.show_day(MONDAY)
    assert board.post_button.isDefault(), "drafts are there to be posted"
    board.post_button.click()
    assert session.project.shifts[UID].status is ShiftStatus.FINAL
    assert not board.post_button.isEnabled() and not board.post_button.isDefault()


def test_buttons_that_do_not_fit_the_bar_are_in_its_menu(board: RosterBoard) -> None:
    board.resize(640, 400)
    assert not board.copy_button.isVisible() and not board.post_button.isVisible()
    hidden = {button.text() for button in (board.copy_button, board.post_button)}
    assert hidden <= {one.text() for one in board.more.menu().actions()}
    board.resize(960, 400)
    assert board.copy_button.isVisible() and board.post_button.isVisible()


def test_clicking_a_day_in_the_month_opens_its_week(board: RosterBoard, qtbot: QtBot) -> None:
    board.by_month.click()
    assert board.pages.currentWidget() is board.month
    assert board.month.counts[MONDAY] == (0, 3)
    assert board.title.text() == "November 2026"
    qtbot.keyClick(board.month, Qt.Key.Key_Down)
    qtbot.keyClick(board.month, Qt.Key.Key_Return)
    assert board.selection.monday == MONDAY + timedelta(days=7)
    assert not board.by_month.isChecked()


def test_an_empty_board_explains_how_to_begin_and_offers_samples(
    board: RosterBoard, session: Session, desk: UiContext
) -> None:
    session.apply("Nobody", lambda one: replace(one, officers={}, shifts={}, posts={}))
    assert board.pages.currentWidget() is board.empty
    assert "sample officers" in board.empty.text.text()
    board.empty.sample.click()
    officers = session.project.officers.values()
    assert "Officer A" in {officer.name for officer in officers}
    counted = f"{len(officers)} sample officers were"
    assert says(desk.notices.text.text(), "sample_officers_added", n=counted)
    assert not board.empty.propose.isHidden()


def test_a_proposal_is_one_step_and_reports_that_it_is_optimal(
    board: RosterBoard, session: Session, qtbot: QtBot, desk: UiContext
) -> None:
    with qtbot.waitSignal(desk.jobs.idle, timeout=20_000):
        board.roster_actions.propose(MONDAY, MONDAY + timedelta(days=4))
    filled = [one for one in session.project.shifts.values() if one.officer]
    assert len(filled) == 10
    assert says(desk.notices.text.text(), "shifts_filled.proven", filled="10", shifts="15")
    session.undo()
    assert not any(one.officer for one in session.project.shifts.values())
    assert board.selection.monday == MONDAY, "the week that is proposed was on the board"
    later = MONDAY + timedelta(days=28)
    with qtbot.waitSignal(desk.jobs.idle, timeout=20_000):
        board.roster_actions.propose(later, later + timedelta(days=4))
    assert board.selection.monday == later, "what was proposed is shown"


def test_a_long_name_does_not_cover_the_hours_in_the_list_of_officers(
    desk: UiContext, session: Session, qtbot: QtBot
) -> None:
    for name in ("Lee", "Maximiliana-Konstantina of the Southern Valley Division"):
        one = officer("A" if name == "Lee" else "B", "A", name=name)
        session.apply("Rename", lambda project, one=one: put_officer(project, one))
    panel = OfficersPanel(desk)
    qtbot.addWidget(panel)
    panel.resize(290, 400)
    panel.show()
    panel.list.clearSelection()
    ends = []
    for at in range(panel.list.count()):
        row = panel.list.item(at)
        if row.text().startswith(("Lee", "Maximiliana")):
            area = panel.list.visualItemRect(row)
            hours_px = panel.list.fontMetrics().horizontalAdvance("free") + 12
            area.setLeft(area.right() - hours_px)
            ends.append(panel.list.viewport().grab(area).toImage())
    assert len(ends) == 2 and ends[0] == ends[1]


def test_a_long_name_makes_no_form_wider_than_a_form_may_be(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    board.roster_actions.assign(UID, "A")
    long = officer("B", "A", name="Maximiliana-Konstantina of the Southern Valley " * 4)
    session.apply("Rename", lambda project: put_officer(project, long))
    form = SwapRequestForm(desk, session.project.shifts[UID], board)
    form.taker.setCurrentIndex(form.taker.findData("B"))
    form.ask()
    assert form.width() <= WIDE_PX
    form.reject()


def test_officers_show_their_hours_and_can_be_filtered_and_edited(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    panel = OfficersPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    board.roster_actions.assign(UID, "A")
    assert "8.5 h" in panel.list.item(0).text()
    panel.filter.setText("relief")
    shown = [at for at in range(panel.list.count()) if not panel.list.item(at).isHidden()]
    assert shown == [2]
    panel.list.setCurrentRow(2)
    assert panel.selection.officer == "C"
    panel.ask_change()
    form = panel.findChild(OfficerForm)
    assert form is not None
    for box in form.units.boxes.values():
        box.setChecked(False)
    form.accept()
    assert "unit" in form.refused.text() and not form.ok.isEnabled()
    form.units.boxes["A"].click()
    assert form.ok.isEnabled() and not form.required.text()
    form.other.setText("CIT")
    form.seniority.taken.click()
    form.seniority.day.put(date(2011, 8, 1))
    form.equipment.boxes["radio"].click()
    form.accept()
    assert session.project.officers["C"].qualifications == ("CIT",)
    assert session.project.officer_files["C"] == OfficerFile(date(2011, 8, 1), ("radio",))
    assert session.project.officers["C"].units == ("A",)
    new = OfficerForm(desk, None, panel)
    assert "name" in new.required.text() and not new.ok.isEnabled()
    new.name.setText("Officer D")
    assert "unit" in new.required.text() and not new.ok.isEnabled()
    new.units.boxes["A"].click()
    assert new.ok.isEnabled()


def test_leave_entered_in_a_form_makes_the_officer_unavailable(
    desk: UiContext, session: Session, qtbot: QtBot
) -> None:
    form = OfficerTimeForm(desk, session.project.officers["A"], session.today, desk.notices)
    qtbot.addWidget(form)
    form.first.put(MONDAY)
    form.last.put(MONDAY)
    form.accept()
    (own,) = session.project.officers["A"].times
    assert (own.kind, own.first, own.last) == (AvailabilityKind.LEAVE, MONDAY, MONDAY)
    day = session.formats.day(MONDAY)
    assert desk.notices.text.text() == f"Leave of {OFFICER_A}, {day}."
    assert desk.notices.offer.text() == "Undo"


def test_leave_lists_the_shifts_to_reassign(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    board.roster_actions.assign(UID, "A")
    form = OfficerTimeForm(desk, session.project.officers["A"], MONDAY, desk.notices)
    qtbot.addWidget(form)
    form.last.put(MONDAY + timedelta(days=2))
    form.accept()
    assert says(desk.notices.text.text(), "shifts_in_absence.one")


def test_calling_out_opens_the_shift_and_one_click_assigns_relief(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    card = ShiftCard(desk)
    qtbot.addWidget(card)
    card.show()
    board.roster_actions.assign(UID, "A")
    board.selection.choose_shift(UID)
    assert card.who.text() == "Officer A"
    board.post_button.click()
    assert "posted" in card.state.text() and "final" not in card.state.text()
    with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
        card.buttons["sick"].click()
    assert session.project.shifts[UID].is_open
    assert card.covers is not None
    first, *others = card.covers.found
    assert first.officer == "C"
    without_a = [one.answer.plan for one in others if one.answer is not None]
    assert any(plan.assignment["r1c1"] == "B" for plan in without_a)
    card.apply_option(card.covers.found[0])
    assert session.project.shifts[UID].officer == "C"
    assert desk.notices.offer.text() == "Day card…"
    people = OfficersPanel(desk)
    qtbot.addWidget(people)
    people.show()
    board.by_officer.click()
    assert "call-out" in board.model.board.off.values(), "why somebody is out is theirs to tell"
    assert "call-out" in people.list.item(0).text() and "sick" not in people.list.item(0).text()


def test_relief_answers_stay_in_place_and_disappear_with_their_shift(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    card = ShiftCard(desk)
    qtbot.addWidget(card)
    card.show()
    board.roster_actions.assign(UID, "A")
    board.selection.choose_shift(UID)
    first_seen: list[ReliefOptionCard] = []

    def look() -> None:
        if not first_seen:
            first_seen.extend(card.findChildren(ReliefOptionCard)[:1])

    desk.jobs.status.connect(look)
    with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
        card.buttons["sick"].click()
    assert desk.notices.text.text() == f"{OFFICER_A} called out: {name_shift(session)} is open."
    assert desk.notices.offer.text() == "Undo"
    (kept,) = first_seen
    assert card.findChildren(ReliefOptionCard)[0] is kept, (
        "the first answer was made anew under the hand"
    )
    assert card.list.geometry().top() < card.summary.geometry().top(), "words push the answers down"
    session.undo()
    assert session.project.shifts[UID].officer == "A"
    assert card.covers is None and card.list.count() == 0, "answers to a question that is gone"


def test_relief_answers_are_cleared_when_the_call_order_changes(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    card = ShiftCard(desk)
    qtbot.addWidget(card)
    card.show()
    board.roster_actions.assign(UID, "A")
    board.selection.choose_shift(UID)
    with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
        card.buttons["sick"].click()
    assert card.covers is not None
    assert list_reasons(card.covers.found[0])[0] == "call_place.week_hours"
    rules = replace(session.project.roster_rules, order=AssignmentOrder.SENIORITY)
    session.apply("Rules", lambda project: replace(project, roster_rules=rules))
    assert card.covers is None and card.list.count() == 0, "they stand in the earlier order"
    with qtbot.waitSignal(desk.jobs.idle, timeout=30_000):
        card.buttons["cover"].click()
    assert card.covers is not None
    assert list_reasons(card.covers.found[0])[0] == "call_place.no_seniority"
    since = OfficerFile(seniority=date(2015, 3, 1))
    session.apply("File", lambda project: replace(project, officer_files={"C": since}))
    assert card.covers is None and card.list.count() == 0


def test_a_relief_answer_opens_no_windows(qtbot: QtBot, qapp: QApplication) -> None:
    class Watch(QObject):
        def eventFilter(self, shown: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Show and isinstance(shown, QWidget) and shown.isWindow():
                opened.append(type(shown).__name__)
            return False

    opened: list[str] = []
    watch = Watch()
    qapp.installEventFilter(watch)
    at = datetime(2026, 9, 14, 15, tzinfo=UTC)
    answer = Message("relief_answer", answer="declined", at=at)
    title = Message("relief_option.officer", name="Officer A")
    cover = ReliefOption(title, (), 0.0, "A", contact="1", last_answer=answer)
    qtbot.addWidget(ReliefOptionCard(cover, US_FORMATS))
    qapp.removeEventFilter(watch)
    assert opened == []


def test_relief_is_described_only_in_the_shifts_card(
    session: Session, open_window: Callable[[Session], MainWindow], qtbot: QtBot
) -> None:
    window = open_window(session)
    window.show_workspace("shifts")
    board = window.stage.boards["roster"]
    board.roster_actions.assign(UID, "A")
    board.selection.choose_shift(UID)
    (card,) = window.findChildren(ShiftCard)
    with qtbot.waitSignal(window.desk.jobs.idle, timeout=30_000):
        card.buttons["sick"].click()
    assert card.cards
    assert [one for one in window.left.head.findChildren(QLabel) if one.isVisible()] == []


def test_a_shift_change_shows_a_notice_with_an_undo(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    words, notices = name_shift(session), desk.notices
    board.roster_actions.assign(UID, "A")
    assert notices.text.text() == f"Officer A takes {words}."  # the whole sentence, once
    assert notices.offer.text() == "Undo"
    board.roster_actions.assign(UID, "C")
    taken = {"name": "Officer C", "shift": words, "before": OFFICER_A}
    assert says(notices.text.text(), "shift_taken.in_place", **taken)
    board.roster_actions.assign(UID, "A")
    board.selection.choose_shift(UID)
    board.week.setFocus()
    qtbot.keyClick(board.week, Qt.Key.Key_Delete)
    assert says(notices.text.text(), "shift_opened", shift=words, before=OFFICER_A)
    notices.offer.click()
    assert session.project.shifts[UID].officer == "A"
    board.roster_actions.toggle_lock(UID)
    assert words in notices.text.text() and session.project.shifts[UID].locked
    board.roster_actions.toggle_lock(UID)
    other = f"A-day-{MONDAY + timedelta(days=1)}"
    board.roster_actions.trade(UID, other)
    assert notices.text.text() == f"Traded: {words} and {name_shift(session, other)}."


def test_tabbing_past_the_officers_selects_nobody(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    panel = OfficersPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.filter.setFocus()
    qtbot.keyClick(panel.filter, Qt.Key.Key_Tab)
    assert panel.focusWidget() is panel.list
    assert panel.officer() is None and board.selection.officer is None
    assert not panel.time.isEnabled(), "leave would go to an officer whom nobody chose"
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert board.selection.officer is not None and panel.time.isEnabled()
    qtbot.keyClick(panel.list, Qt.Key.Key_Escape)
    assert board.selection.officer is None and not panel.time.isEnabled()


def test_focus_on_the_board_shows_what_the_keys_act_on(board: RosterBoard, qtbot: QtBot) -> None:
    board.activateWindow()
    qtbot.waitUntil(board.isActiveWindow)
    board.by_month.setFocus()
    board.week.setFocus(Qt.FocusReason.TabFocusReason)
    assert board.selection.shift == UID
    assert board.week.selectionModel().isSelected(board.week.currentIndex())


def test_a_search_lists_the_next_shift_first_and_the_officers_phone(session: Session) -> None:
    phone = "(916) 555-0134"
    week_of_a = {f"A-day-{MONDAY + timedelta(days=n)}": OFFICER_A[-1] for n in range(5)}
    session.apply(
        "Officer A serves the week and has a phone",
        lambda one: put_officer(
            shift_edits.assign_shifts(one, week_of_a, RosterDecision(session.clock(), by="x")),
            replace(one.officers["A"], contact=phone),
        ),
    )
    hits = [
        *list_officer_items(session, lambda _: None),
        *list_shift_items(session, lambda _: None),
    ]
    shifts = [
        hit.key for hit in rank_search_items(OFFICER_A, hits, ()) if hit.key.startswith("shift")
    ]
    assert shifts == [f"shift {uid}" for uid in week_of_a], "not in the order of their days"
    (officer_a,) = (
        hit for hit in rank_search_items("officer a phone", hits, ()) if hit.key == "officer A"
    )
    assert phone in officer_a.beside


def test_a_new_event_is_shown_with_a_notice(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    board.ask_shift()
    form = board.findChild(ShiftForm)
    assert form is not None
    form.title_field.setText("Homecoming game")
    form.day.put(MONDAY + timedelta(days=9))
    form.accept()
    assert board.selection.shift is not None
    event = session.project.shifts[board.selection.shift]
    assert event.title == "Homecoming game" and board.week.current() is not None
    shown = name_shift(session, event.uid)
    assert says(desk.notices.text.text(), "shift_added", shift=shown)
    assert desk.notices.offer.text() == "Undo"


def test_a_shift_is_split_from_its_card(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    card = ShiftCard(desk)
    qtbot.addWidget(card)
    card.show()
    board.selection.choose_shift(UID)
    card.buttons["split"].click()
    form = card.findChild(SplitShiftForm)
    assert form is not None
    form.accept()
    assert f"{UID}-part2" in session.project.shifts


def test_problems_name_the_open_shift_and_link_to_it(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    panel = RosterProblemsTable(desk)
    qtbot.addWidget(panel)
    panel.show()
    assert "15 open" in panel.counted.text()
    board.selection.choose_shift(None)
    at = next(n for n in range(panel.table.rowCount()) if panel.table.row(n).shift == UID)
    index = panel.sorted.mapFromSource(panel.table.index(at, 0))
    QTest.mouseClick(
        panel.view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=panel.view.visualRect(index).center(),
    )
    assert board.selection.shift is not None


def test_a_swap_is_approved_in_its_table(desk: UiContext, session: Session, qtbot: QtBot) -> None:
    now = session.clock()
    session.apply("Give", lambda one: shift_edits.assign_shift(one, UID, "A", RosterDecision(now)))
    session.apply("Ask", lambda one: swaps.request_swap(one, ShiftSwap("s", UID, "A", "C", now)))
    panel = SwapRequestsTable(desk)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.counted.text() == "1 to answer"
    panel.view.setCurrentIndex(panel.sorted.index(0, 0))
    panel.refresh()
    panel.approve.click()
    assert session.project.shifts[UID].officer == "C"


def test_who_is_where_fits_a_narrow_panel(desk: UiContext, session: Session, qtbot: QtBot) -> None:
    desk.session.formats = US_FORMATS
    session.apply(
        "A long name on a shift that begins soon",
        lambda one: put_officer(
            shift_edits.assign_shifts(one, {UID: "A"}, RosterDecision(session.clock(), by="x")),
            replace(one.officers["A"], name="Sgt. Maximiliana Hernandez-Lopez"),
        ),
    )
    panel = OnDutyTodayPanel(desk)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: panel.grid.minimumSize().width() > 0)
    assert panel.grid.minimumSize().width() <= 286, "rows are cut off at the right"


def test_hours_and_today_follow_the_roster(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    hours, today = OfficerHoursTable(desk), OnDutyTodayPanel(desk)
    for panel in (hours, today):
        qtbot.addWidget(panel)
        panel.show()
    assert today.title.text() == "Today: 3 open"
    board.roster_actions.assign(UID, "A")
    assert today.title.text() == "Today: 2 open"
    assert hours.table.row(0).hours.sum_hours() == 8.5
    assert "Deputy: 0.0 to 8.5 h" in hours.counted.text()  # as in the table


def test_the_board_is_drawn_in_light_and_dark(
    board: RosterBoard, desk: UiContext, looks: QApplication
) -> None:
    board.roster_actions.assign(UID, "A")
    light = board.grab().toImage()
    desk.icons.set_theme(theme.THEMES["dark"])
    board.by_month.click()
    assert light != board.grab().toImage()


def test_the_next_proposal_includes_shifts_of_an_added_assignment(
    board: RosterBoard, session: Session, qtbot: QtBot, desk: UiContext
) -> None:
    form = RosterPostForm(desk, None, board)
    qtbot.addWidget(form)
    form.title_field.setText("Robotics")
    form.accept()
    (post,) = [one for one in session.project.posts.values() if one.title]
    with qtbot.waitSignal(desk.jobs.idle, timeout=20_000):
        board.roster_actions.propose(MONDAY, MONDAY + timedelta(days=4))
    made = [one for one in session.project.shifts.values() if one.post == post.uid]
    assert len(made) == 5
    board.list_posts()
    assert any("Robotics, 16:00–18:00" in one.text() for one in board.posts.actions())
    board.roster_actions.remove_post(post.uid)
    assert post.uid not in session.project.posts


def test_changing_a_shifts_time_still_checks_the_rules(
    board: RosterBoard, session: Session, qtbot: QtBot, desk: UiContext
) -> None:
    board.roster_actions.assign(UID, "A")
    form = ShiftForm(desk, MONDAY, board, session.project.shifts[UID])
    qtbot.addWidget(form)
    form.ends.setTime(QTime(8, 30))
    form.accept()
    assert says(form.refused.text(), "roster.detail_minimum", hours="1.0")
    form.ends.setTime(QTime(14, 0))
    form.accept()
    shift = session.project.shifts[UID]
    assert (shift.hours, shift.officer) == (6.5, "A")
    card = ShiftCard(desk)
    qtbot.addWidget(card)
    card.show()
    board.selection.choose_shift(UID)
    assert ", ".join((BellWindow.ARRIVAL, BellWindow.LUNCH)) in card.state.text()


def test_relaxing_rules_reports_how_many_open_shifts_can_be_filled(
    desk: UiContext, session: Session, qtbot: QtBot, board: RosterBoard
) -> None:
    panel = RosterProblemsTable(desk)
    qtbot.addWidget(panel)
    panel.show()
    with qtbot.waitSignal(desk.jobs.idle, timeout=20_000):
        panel.find_relaxations()
    fillable = {"filled": "10", "shifts": "15"}
    assert says(desk.notices.text.text(), "open_shifts.under_rules", **fillable)
    session.apply("Nobody", lambda one: replace(one, officers={}))
    with qtbot.waitSignal(desk.jobs.idle, timeout=20_000):
        panel.find_relaxations()
    assert says(desk.notices.text.text(), "no_officers")


def test_calendars_and_hours_are_exported_to_the_chosen_place(
    board: RosterBoard, desk: UiContext, tmp_path: Path
) -> None:
    board.roster_actions.assign(UID, "A")
    with answered(choose(tmp_path)):
        board.roster_actions.export_each()
    assert says(desk.notices.text.text(), "no_final_shift")
    board.post_button.click()
    with answered(choose(tmp_path)):
        board.roster_actions.export_each()
    assert {one.name for one in tmp_path.iterdir()} >= {"all.ics", "officer-A.ics", "unit-A.ics"}
    target = tmp_path / "hours.csv"
    with answered(choose(target)):
        board.roster_actions.export("csv")
    assert "Officer A" in target.read_text()
