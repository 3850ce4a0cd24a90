"""Shifts on real sites: a term proposed, two sick calls, a swap with a reason, a calendar."""

import shutil
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from file_dialogs import answered, choose
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects import open_project as projects
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.app.roster.schedule import write_shift_calendars
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import local_to_utc
from zoneplanner.domain.roster import shift_edits, swaps
from zoneplanner.domain.roster.checker import find_roster_violations
from zoneplanner.domain.roster.officer_edits import put_availability
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    RosterDecision,
    ShiftStatus,
    ShiftSwap,
    SwapStatus,
)
from zoneplanner.domain.roster.shift_edits import make_open_shifts
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shifts.roster_forms import OverrideReasonForm

MONDAY = date(2026, 11, 16)
NOW = datetime(2026, 11, 16, 14, 30, tzinfo=UTC)


def list_unexcused_violations(session: Session, first: date, last: date) -> list[str]:
    return [
        one.message
        for one in find_roster_violations(session.project, first, last)
        if one.is_unexcused and one.level in (Enforcement.BLOCK, Enforcement.OVERRIDE)
    ]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = projects.create_project(tmp_path / "district.gpkg", clock=lambda: NOW)
    add_first_plan(made)
    return made


@pytest.fixture
def posted_window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with a proposed roster, posted from the board's week on."""
    window.desk.jobs.cancel_all()
    window.show_workspace("shifts")
    board = window.stage.boards["roster"]
    board.empty.sample.click()
    with qtbot.waitSignal(window.desk.jobs.idle, timeout=60_000):
        board.roster_actions.propose(
            board.selection.monday, board.selection.monday + timedelta(days=18)
        )
    board.post_button.click()
    return window


def test_shifts_are_proposed_from_an_empty_list_of_officers(
    posted_window: MainWindow, qtbot: QtBot
) -> None:
    session, board = posted_window.desk.session, posted_window.stage.boards["roster"]
    monday = board.selection.monday
    assert list_unexcused_violations(session, monday, monday + timedelta(days=18)) == []
    assert not any(one.is_open for one in session.project.shifts.values())
    assert "7 of 7" not in board.counted.text()
    assert "filled" in board.counted.text()
    posted_window.desk.actions["undo"].trigger()
    asked = posted_window.undo_actions.asked
    assert asked is not None
    assert says(asked.about.text(), "effect.shifts_to_draft")
    asked.accept()
    posted_window.desk.actions["undo"].trigger()
    assert all(one.is_open for one in session.project.shifts.values())
    board.selection.show_day(monday + timedelta(days=70))
    assert board.pages.currentWidget() is board.empty


def test_two_sick_calls_are_answered_with_two_clicks_each(
    posted_window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session, board = posted_window.desk.session, posted_window.stage.boards["roster"]
    card, problems = (
        posted_window.left.sections["shift"],
        posted_window.tabs.panels["roster_problems"],
    )
    posted_window.tabs.show_table(problems)
    day = min(shift.day(session.project.time_zone) for shift in session.project.shifts.values())
    gone = []
    for unit in ("S1", "S3"):
        uid = f"{unit}-day-{day}"
        board.selection.choose_shift(uid)
        gone.append(session.project.shifts[uid].officer)
        card.buttons["sick"].click()
        qtbot.waitUntil(lambda: card.covers is not None and bool(card.covers.found))
        assert "1 open" in problems.counted.text()
        best = card.covers.found[0]
        assert best.more_min == 0.0
        card.cards[0].button.click()
        shift = session.project.shifts[uid]
        assert shift.officer not in (None, *gone)
        assert shift.former == (gone[-1],)
        assert shift.status is ShiftStatus.FINAL
    assert list_unexcused_violations(session, day, day) == []
    assert "0 open" in problems.counted.text()
    page = tmp_path / "day.pdf"
    with answered(choose(page)):
        posted_window.desk.notices.offer.click()
    assert page.read_bytes().startswith(b"%PDF")


def test_a_swap_that_breaks_rest_needs_a_reason_which_is_stored(
    posted_window: MainWindow, qtbot: QtBot
) -> None:
    session, board = posted_window.desk.session, posted_window.stage.boards["roster"]
    project = session.project
    day = min(shift.day(project.time_zone) for shift in project.shifts.values())
    uid = f"S2-day-{day}"
    holder = project.shifts[uid].officer or ""
    night = AvailabilityPeriod(
        *("night", AvailabilityKind.MAIN_JOB, day - timedelta(days=1), day - timedelta(days=1)),
        starts=time(18),
        ends=time(2),
    )
    free = next(
        officer.id
        for officer in project.officers.values()
        if officer.kind == "substitute"
        and not any(
            shift.officer == officer.id and shift.day(project.time_zone) == day
            for shift in project.shifts.values()
        )
    )
    session.apply("Night", lambda one: put_availability(one, free, night))
    session.apply(
        "Ask", lambda one: swaps.request_swap(one, ShiftSwap("s", uid, holder, free, NOW))
    )
    board.roster_actions.answer_swap("s", approve=True)
    (form,) = board.window().findChildren(OverrideReasonForm)
    assert "5.5 h of rest" in form.about.text()
    assert session.project.shifts[uid].officer == holder
    form.reason.setText("both asked for it")
    form.accept()
    shift = session.project.shifts[uid]
    assert (shift.officer, shift.find_override_reason("rest")) == (free, "both asked for it")
    assert session.project.swaps["s"].status is SwapStatus.APPROVED
    assert list_unexcused_violations(session, day, day) == []
    assert session.history[-1].label == "Approve a swap"


needs_khal = pytest.mark.skipif(shutil.which("khal") is None, reason="khal is not installed")


def post_monday(session: Session) -> None:
    session.apply("Samples", lambda one: add_sample_officers(one, MONDAY))
    now = session.clock()

    def edit(project: object) -> object:
        filled = make_open_shifts(project, MONDAY, MONDAY)  # type: ignore[arg-type]
        given = shift_edits.assign_shift(
            filled, f"S1-day-{MONDAY}", "sample-W", RosterDecision(now)
        )
        return shift_edits.finalize_shifts(given, MONDAY, MONDAY, now=now)

    session.apply("Week", edit)  # type: ignore[arg-type]


@needs_khal
def test_a_calendar_client_shows_one_event_after_a_change(session: Session, tmp_path: Path) -> None:
    post_monday(session)
    folder, config = tmp_path / "vdir", tmp_path / "khal.conf"
    folder.mkdir()
    config.write_text(
        f"[calendars]\n[[shifts]]\npath = {folder}\n[sqlite]\npath = {tmp_path / 'khal.db'}\n"
        "[locale]\nlocal_timezone = America/Los_Angeles\ndefault_timezone = America/Los_Angeles\n"
        "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
    )

    def sync_calendar() -> list[str]:
        files = write_shift_calendars(session.project, tmp_path / "out")
        (feed,) = (one for one in files if one.stem.endswith("-W"))
        khal = ["khal", "-c", str(config)]
        subprocess.run([*khal, "import", "--batch", "-a", "shifts", str(feed)], check=True)
        asked = [*khal, "list", "--format", "{start-time}-{end-time} {title}", str(MONDAY), "1d"]
        said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
        return [line for line in said.splitlines() if "S1" in line]

    assert sync_calendar() == ["07:30-16:00 S1: Patrol (sample)"]
    noon = local_to_utc(MONDAY, time(12), "America/Los_Angeles")
    now = session.clock()
    session.apply(
        "Split",
        lambda one: shift_edits.split_shift(
            one, f"S1-day-{MONDAY}", noon, RosterDecision(now, reason="court")
        ),
    )
    assert sync_calendar() == ["07:30-12:00 S1: Patrol (sample)"]
    session.close()
