"""Today, the first page once the office has records; each line links to its subject."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from file_dialogs import answered, choose
from pypdf import PdfReader
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot
from rosters import CALENDAR, officer, own_time, roster
from sentences import says

from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.log.response_actions import (
    begin_response_action,
    end_response_action,
    list_active_actions,
)
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.roster.today import build_today, print_today
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.domain.roster.hours import HoursStatus
from zoneplanner.domain.roster.officer_edits import record_sick_leave
from zoneplanner.domain.roster.shift import AvailabilityKind, RosterDecision, ShiftKind
from zoneplanner.domain.roster.shift_edits import assign_shift, finalize_shifts, make_open_shifts
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style.theme import SPACING_PX

MONDAY = date(2026, 11, 16)
PHONE = "(916) 555-0134"


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    people = (
        officer("A", "A", "B"),
        officer("B", "B", times=(own_time(AvailabilityKind.LEAVE, MONDAY),)),
        officer("C", "A", "B", kind="substitute", contact=PHONE),
    )
    project = replace(roster(*people), calendar=CALENDAR, shifts={})
    made = open_session(make_open_shifts(project, MONDAY, MONDAY))
    now = made.clock()
    made.apply(
        "Monday",
        lambda one: finalize_shifts(
            assign_shift(one, f"A-day-{MONDAY}", "A", RosterDecision(now)), MONDAY, MONDAY, now=now
        ),
    )
    made.apply("Sick", lambda one: record_sick_leave(one, "A", MONDAY, MONDAY, RosterDecision(now)))
    return made


@pytest.fixture
def window(
    session: Session, open_window: Callable[[Session], MainWindow], qtbot: QtBot
) -> MainWindow:
    made = open_window(session)
    with qtbot.waitSignal(made.desk.readiness.was_read, timeout=20_000):
        made.show_workspace("today")
    return made


def list_lines(tree: QTreeWidget) -> list[str]:
    found = []

    def walk(item: QTreeWidgetItem) -> None:
        found.append(f"{item.text(0)} | {item.text(1)}".removesuffix(" | "))
        for at in range(item.childCount()):
            walk(item.child(at))

    for at in range(tree.topLevelItemCount()):
        walk(tree.topLevelItem(at))
    return found


def find_item(tree: QTreeWidget, text: str) -> QTreeWidgetItem:
    flags = Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive
    return tree.findItems(text, flags)[0]


def test_the_page_shows_who_is_absent_and_whom_to_call_in_order(window: MainWindow) -> None:
    board = window.stage.boards["today"]
    assert board.title.text().endswith("0 of 3 assignments filled.")
    people = list_lines(board.people)
    at = people.index(next(one for one in people if one.startswith("A on Mon")))
    assert "Officer A" in people[at]
    assert people[at + 1].startswith(f"1  Officer C | {PHONE} · ")
    assert says(people[at + 1], "call_place.week_hours", hours="0.0")
    assert any(one.startswith("Officer A | called out") for one in people)
    assert any(one.startswith("Officer B | on leave") for one in people)
    assert any("school" in one for one in list_lines(board.due))
    assert not any(one.startswith("Events") for one in people), "a title without a line"


def test_enter_and_a_click_open_what_a_line_is_about(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    board, card = window.stage.boards["today"], window.show_part("shifts", "shift")
    window.show_workspace("today")
    board.people.setCurrentItem(find_item(board.people, "A on Mon"))
    QTest.keyClick(board.people, Qt.Key.Key_Return)
    assert window.workspace == "shifts"
    assert window.stage.boards["roster"].selection.shift == f"A-day-{MONDAY}"
    assert card.covers is None, "the shift itself asks for nothing"
    for by_name in (False, True):
        card.selection.choose_shift(None)
        window.show_workspace("today")
        first = find_item(board.people, "1  Officer C")
        with qtbot.waitSignal(window.desk.jobs.idle, timeout=30_000):
            board.people.itemActivated.emit(first, 0) if by_name else board.relief.click()
        assert window.workspace == "shifts" and card.selection.shift == f"A-day-{MONDAY}"
        assert card.covers is not None and card.covers.found[0].officer == "C"
    window.show_workspace("today")
    site = replace(session.project.site("r1c1"), level="k8")
    session.apply("Level", lambda project: replace(project, sites={**project.sites, site.id: site}))
    bells = find_item(board.due, "Bells").child(0)
    assert any("K-8" in one and "elementary" in one for one in list_lines(board.due)), list_lines(
        board.due
    )
    middle = board.due.visualItemRect(bells).center()
    QTest.mouseClick(board.due.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert window.workspace == "data" and window.stage.boards["data"].table.kind == "bells"


def test_new_entries_appear_at_once_and_the_page_prints(
    window: MainWindow, session: Session, tmp_path: Path
) -> None:
    board, now = window.stage.boards["today"], session.clock()
    session.apply(
        "Relief", lambda one: assign_shift(one, f"A-day-{MONDAY}", "C", RosterDecision(now))
    )
    assert "1 of 3" in board.title.text()
    game = replace(
        session.project.shifts[f"B-day-{MONDAY}"], kind=ShiftKind.EVENT, title="Homecoming game"
    )
    session.apply("Event", lambda one: replace(one, shifts={**one.shifts, game.uid: game}))
    assert any("Homecoming game" in one for one in list_lines(board.people))
    log_visit(session, "r1c1", unit="c")  # handed over: somebody is there, and nobody ends it
    log_record(session, "incident", {"uid": "i", "type": "fight", "site": "r1c2"})
    for unit in ("A", "B"):
        log_stamp(session, {"incident": "i", "unit": unit, "name": "dispatched"})
    log_stamp(session, {"incident": "i", "unit": "A", "name": "cleared"})
    told = build_today(session, None, session.today).groups["now"]
    assert [one.leads[0] for one in told] == ["incident", "entries"]
    assert (told[0].facts["units"], told[1].facts["unit"]) == (["B"], "c")
    window.open_item(*told[1].leads)
    assert window.tabs.panels["entries"].sorted.rowCount() == 1
    window.show_workspace("today")
    page = tmp_path / "today.pdf"
    with answered(choose(page)):
        board.print.click()
    assert page.read_bytes().startswith(b"%PDF")


def test_follow_ups_and_unapproved_hours_are_listed(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    board, now = window.stage.boards["today"], session.clock()
    fridays = [date(2026, 10, 30), date(2026, 11, 13)]
    for day in fridays:
        session.apply(
            "Friday",
            lambda one, day=day: finalize_shifts(
                assign_shift(
                    make_open_shifts(one, day, day), f"A-day-{day}", "A", RosterDecision(now)
                ),
                *(day, day),
                now=now,
            ),
        )
    with qtbot.waitSignal(window.desk.readiness.was_read, timeout=20_000):
        log_record(
            session,
            "concern",
            {"site": "r1c1", "reference": "26-114", "received_at": "2026-11-12T08:00"},
        )
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight", "priority": "1"})
    log_record(session, "action", {"uid": "l", "site": "r1c2", "action": "lockdown"})
    live = [one for one in list_lines(board.people) if one.startswith(("Fight", "Lockdown"))]
    assert live[0].startswith("Lockdown since") and live[1].startswith("Fight: School r1c1")
    picture = board.people.viewport().grab().toImage()
    red = board.people.icons.theme.color("live").rgb()
    for text, role in (("Lockdown since", None), ("Fight:", None), ("A on Mon", "late")):
        item = find_item(board.people, text)
        ink = item.foreground(0)
        assert (
            (ink.style() == Qt.BrushStyle.NoBrush)
            if role is None
            else (ink.color() == board.people.icons.theme.color(role))
        ), text
        row = board.people.visualItemRect(item)
        beside = {picture.pixel(x, row.center().y()) for x in range(row.left())}
        assert (red in beside) == (role is None), "danger now has a red bar, and words in ink"
    assert any(one.startswith("Concern report:") for one in list_lines(board.due))
    hours = find_item(board.people, HoursStatus.UNCONFIRMED)
    assert hours.text(0).startswith("2 ") and hours.text(1).startswith("17.0 h")
    board.people.itemActivated.emit(hours, 0)
    assert window.workspace == "shifts" and window.tabs.current_table == "hours"
    panel = window.tabs.panels["hours"]
    assert [one.day for one in panel.lines if one.status is HoursStatus.UNCONFIRMED] == fridays
    assert panel.confirm.isEnabled(), "the page counts hours that its table leaves out"


def test_ongoing_actions_are_fully_shown_in_a_narrow_window_and_an_ended_lockdown_is_not_danger(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    begin_response_action(session, "r1c1", "lockdown")
    (action,) = list_active_actions(session)
    end_response_action(session, action.uid, all_clear_by="Principal", all_clear_agency="District")
    for at in range(7):
        site = f"r1c{at % 2 + 1}"
        log_record(session, "incident", {"uid": f"i{at}", "type": "fight", "site": site})
    log_stamp(session, {"incident": "i0", "unit": "A", "name": "dispatched"})
    log_stamp(session, {"incident": "i0", "unit": "A", "name": "cleared"})
    board = window.stage.boards["today"]
    board.refresh()
    now = board.today.groups["now"]
    ended = now[0]
    assert "08:00" in ended.text and ended.text.endswith(": School r1c1")
    assert not ended.is_live and not ended.is_urgent
    assert ended.facts["units"] == [] and now[-1].facts["calls"] == [now[-1].leads[1]]
    assert board.people.topLevelItem(0).text(0).endswith(" (7)")
    tree = board.people
    for width in range(1024, 1500, 34):
        window.resize(width, 700)
        qtbot.wait(20)
        highest: dict[str, int] = {}
        for line in now:
            item = find_item(tree, line.text)
            for column, text in enumerate((line.text, line.detail)):
                room = tree.visualItemRect(item).height()
                wide = tree.columnWidth(column) - 6 - (1 - column) * tree.indentation()
                flags = Qt.TextFlag.TextWordWrap
                needed = QFontMetrics(item.font(column)).boundingRect(0, 0, wide, 999, flags, text)
                assert room >= needed.height(), (width, text)
                highest[line.text] = max(highest.get(line.text, 0), needed.height())
            assert tree.visualItemRect(item).height() <= highest[line.text] + SPACING_PX, line.text
    assert tree.visualItemRect(find_item(tree, ended.text)).height() < 60


def test_many_follow_ups_of_one_kind_are_counted_and_last_years_show_the_year(
    session: Session,
) -> None:
    for at in range(1, 13):
        call = {"type": "lockdown", "site": "r1c1", "priority": "1"}
        log_record(session, "incident", {**call, "received_at": f"2026-11-{at:02}T10:00"})
    august = date(2027, 8, 2)
    found = build_today(session, compute_readiness(session, august), august)
    *named, last = found.groups["follow_ups"]
    assert len(named) == 8 and all(one.is_urgent for one in named)
    assert all(" · due 2026-12-" in one.detail for one in named), named[0].detail
    assert last.is_urgent
    assert last.facts["count"] == 4 and "2026" in last.detail
    this_week = build_today(session, compute_readiness(session, MONDAY), MONDAY)
    first, *_ = lines = this_week.groups["follow_ups"]
    later = next(one for one in lines if one.facts.get("status") == "later")
    assert says(later.text, "today.counted.later", n=str(later.facts["count"]))
    assert "2026" not in first.detail, "the year is known"
    found = compute_readiness(session, august)
    unknown = RequirementStatus.NOT_RECORDED
    items = tuple(replace(one, status=unknown) if one.is_open else one for one in found.items)
    follow_ups = build_today(session, replace(found, items=items), august).groups["follow_ups"]
    facts = [one.facts for one in follow_ups]
    assert {"kind": named[0].facts["kind"], "status": unknown, "count": 12} in facts
    page = PdfReader(BytesIO(print_today(session, replace(found, items=items), august)))
    assert says(page.pages[0].extract_text(), "today.no_record")  # what that means


def test_overdue_district_items_name_their_subject(session: Session) -> None:
    """An overdue reunification agreement was not named."""
    place = {"name": "Stadium", "how": "walking", "capacity": "900", "at_site": "r1c1"}
    days = {"on": "2026-10-01", "review_on": "2026-11-02"}
    log_record(session, "reunification_site", {**place, **days})
    found = build_today(session, compute_readiness(session, MONDAY), MONDAY)
    line = next(one for one in found.groups["due"] if one.text.startswith("Reunification"))
    assert line.is_urgent and line.detail.startswith("Stadium · since ")


def test_an_empty_list_is_hidden(
    open_session: Callable[[Project], Session],
    open_window: Callable[[Session], MainWindow],
    qtbot: QtBot,
) -> None:
    """A new project had an empty, focused frame at the left."""
    made = open_window(open_session(replace(roster(), calendar=CALENDAR, shifts={}, officers={})))
    with qtbot.waitSignal(made.desk.readiness.was_read, timeout=20_000):
        made.show_workspace("today")
    board = made.stage.boards["today"]
    assert not list_lines(board.people) and not board.people.isVisible()
    assert list_lines(board.due) and board.due.isVisible()
