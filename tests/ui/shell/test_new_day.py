"""Midnight in an open window: another plan takes effect, and every part shows the new day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from rosters import MONDAY, officer, roster

from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.app.roster.today import build_today
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import adopt_plan, branch_plan
from zoneplanner.domain.plans.plan import PlanStatus
from zoneplanner.domain.project import Project
from zoneplanner.ui.log.response_actions.response_action_rows import ResponseActionReader
from zoneplanner.ui.plan.plans.plans_panel import PlansPanel
from zoneplanner.ui.shell.main_window import MainWindow

TUESDAY = MONDAY + timedelta(days=1)
EVENING = datetime(2026, 9, 14, 23, 59, tzinfo=ZoneInfo("America/Los_Angeles"))


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    """The plan on screen is in force; a copy of it takes effect at midnight."""
    project = roster(officer("A", "A"), officer("B", "B"))
    (fall,) = project.plans.values()
    winter = branch_plan(fall, "winter", "Winter", at=EVENING)
    both: Project = adopt_plan(project.with_plan(winter), fall.uid, MONDAY - timedelta(days=30))
    made = open_session(adopt_plan(both, "winter", TUESDAY), now=EVENING)
    assert made.plan is not None and made.plan.name == fall.name
    return made


@pytest.fixture
def window(session: Session, open_window: Callable[[Session], MainWindow]) -> MainWindow:
    return open_window(session)


def pass_midnight(window: MainWindow, minutes: int = 2) -> None:
    """Advance the clock and let the window check it, as it does several times a second."""
    window.desk.session.clock = lambda: EVENING + timedelta(minutes=minutes)
    window.status.following.poll()


def read_plans(window: MainWindow) -> set[str]:
    """Return the text of each plan in the list."""
    panel = window.findChild(PlansPanel)
    assert panel is not None
    flags = Qt.MatchFlag.MatchWildcard | Qt.MatchFlag.MatchRecursive
    role = Qt.ItemDataRole.AccessibleTextRole
    return {str(item.data(0, role)) for item in panel.tree.findItems("*", flags)}


def test_the_plan_that_takes_effect_replaces_the_one_on_screen(
    window: MainWindow, session: Session
) -> None:
    pass_midnight(window)
    plan = session.plan
    assert plan is not None and plan.uid == "winter"
    assert plan.status(session.today) is PlanStatus.IN_FORCE
    assert "Winter" in window.desk.notices.text.text()
    shown = window.desk.notices.text.text()
    pass_midnight(window, 3)
    assert window.desk.notices.text.text() == shown


def test_another_plan_on_screen_stays_at_midnight(window: MainWindow, session: Session) -> None:
    draft = branch_plan(session.project.plan("winter"), "draft", "Draft", at=EVENING)
    session.apply("Draft", lambda one: one.with_plan(draft))
    session.show_plan("draft")
    pass_midnight(window)
    assert session.plan_uid == "draft"


def test_the_list_of_plans_marks_the_one_in_force(window: MainWindow) -> None:
    window.desk.session.show_plan("winter")
    before = read_plans(window)
    pass_midnight(window)
    after = read_plans(window)
    assert len(before) == len(after) == 2 and not before & after


def test_today_and_shifts_switch_to_the_new_day(window: MainWindow, session: Session) -> None:
    window.show_workspace("shifts")
    board, there = window.stage.boards["roster"], window.left.sections["today"]
    assert (board.model.today, board.selection.day) == (MONDAY, MONDAY)
    pass_midnight(window)
    assert (board.model.today, board.selection.day) == (TUESDAY, TUESDAY)
    assert window.desk.bridge.last_day == TUESDAY
    assert there.title.text().startswith("Today")


def test_a_day_chosen_by_hand_stays(window: MainWindow) -> None:
    window.show_workspace("shifts")
    board = window.stage.boards["roster"]
    wednesday = MONDAY + timedelta(days=2)
    board.selection.show_day(wednesday)
    pass_midnight(window)
    assert (board.model.today, board.selection.day) == (TUESDAY, wednesday)


def test_the_heading_of_today_shows_the_new_day_at_once(
    window: MainWindow, session: Session
) -> None:
    window.show_workspace("today")
    board = window.stage.boards["today"]
    assert board.title.text().startswith(session.formats.long_day(MONDAY))
    pass_midnight(window)
    assert board.title.text().startswith(session.formats.long_day(TUESDAY))


def test_who_is_where_is_current_when_it_is_shown_again(
    window: MainWindow, session: Session
) -> None:
    session.clock = lambda: EVENING - timedelta(hours=17)
    window.show_workspace("shifts")
    there = window.left.sections["today"]
    early = there.title.text()
    assert "next in" in early
    window.show_workspace("log")
    session.clock = lambda: EVENING - timedelta(hours=4)
    window.show_workspace("shifts")
    assert "next in" not in there.title.text()


def test_a_visit_begun_yesterday_is_not_shown_as_later_today(
    window: MainWindow, session: Session
) -> None:
    site = next(iter(session.project.patrolled)).id
    log_visit(session, site, purpose="enforcement", unit="A")
    begin_response_action(session, site, "lockdown")
    log_record(session, "incident", {"site": site, "type": "trespass"})
    window.show_workspace("log")
    window.show_workspace("today")
    pass_midnight(window)
    lines = build_today(session, None, session.today).groups["now"]
    said = [f"{line.text} {line.detail}" for line in lines]
    assert len(said) == 3 and all(" since yesterday " in one for one in said), said
    assert "yesterday" in window.status.saved.text()
    window.show_workspace("log")
    (row,) = ResponseActionReader(session, window.desk.calls).read()
    assert row.since.startswith("since yesterday ")


def test_a_preview_in_progress_survives_midnight(window: MainWindow, session: Session) -> None:
    session.preview(lambda one: one.with_plan(one.plan("winter")))
    shown = session.state
    pass_midnight(window)
    assert session.state is shown
    session.cancel_gesture()
    pass_midnight(window, 3)
    assert session.plan_uid == "winter"
