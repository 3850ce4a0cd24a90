"""A coordinator's month and week in August by X events, checked against the stored data."""

import getpass
import json
import subprocess
import sys
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stories.desktop import Program, missing_tools, screen, wait_until
from stories.shift_desk import Stored, StoredShift, add_event, create_district, do_until, find

from zoneplanner.app.projects import open_project as projects
from zoneplanner.app.roster.relief import list_relief_candidates
from zoneplanner.domain.roster.staffing import compute_officer_hours

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(missing_tools()), reason=f"needs {', '.join(missing_tools())}"),
]

SIZE = "1280x720"
COLUMNS, FIRST_ROW, ROW_PX = (461, 643, 824, 1005, 1186), 173, 56
"""Positions of the days and units of a week on the screen."""
PEOPLE_COLUMNS, FIRST_OFFICER, OFFICER_PX, OFFICERS_SEEN = (
    (612, 758, 904, 1049, 1194),
    164,
    37.3,
    11,
)
UNITS, OFFICERS, MONTH = (1076, 81), (1139, 81), (1205, 81)
MONTH_ROWS, MONDAYS = (123, 652), 390
YEAR, FIRST_STEP, STEP_PX, DRAFT = "2027-28", 151, 28, (285, 561)
"""Positions of the rollover's steps and of the button that drafts the calendar."""


def run_json(*args: str) -> dict[str, Any]:
    """Run a command in a separate process and return its JSON output."""
    line = [sys.executable, "-m", "zoneplanner", *args, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def locate_shift(shift: StoredShift, units: list[str]) -> tuple[int, int]:
    """Return a shift's position on the board by unit."""
    return COLUMNS[shift.day.weekday()], FIRST_ROW + ROW_PX * units.index(shift.unit)


def locate_officer_day(officer: str, day: date, officers: list[str]) -> tuple[int, int]:
    """Return the position of an officer's day on the board by officer."""
    down = FIRST_OFFICER + OFFICER_PX * officers.index(officer)
    return PEOPLE_COLUMNS[day.weekday()], round(down)


def find_free_officer(path: Path, officers: list[str], first: date) -> tuple[StoredShift, str]:
    """Return a shift and an officer who can take it without breaking a rule, both visible."""
    seen = officers[:OFFICERS_SEEN]
    session = projects.open_session(path, read_only=True)
    try:
        for shift in Stored(path).shifts().values():
            if not first <= shift.day <= first + timedelta(days=4) or shift.officer not in seen:
                continue
            for one in list_relief_candidates(session.project, shift.uid):
                if one.free and not one.breaches and one.officer.id in seen:
                    return shift, one.officer.id
    finally:
        session.close()
    raise AssertionError("nobody is free")


def read_overrides(stored: Stored, uid: str) -> list[Any]:
    """Return a shift's overrides and changes after posting, with their reasons."""
    (found,) = stored.rows(f"select overrides from shift where uid = '{uid}'")
    listed: list[Any] = json.loads(str(found[0]))
    return listed


def test_a_coordinators_month(tmp_path: Path) -> None:
    """Propose four weeks, drag shifts on both boards, and change a posted week with a reason."""
    path = tmp_path / "district.gpkg"
    create_district(path)
    stored = Stored(path)
    with screen(tmp_path / "home", SIZE) as desk:
        program = desk.open(str(path))
        wait_until(lambda: program.windows("San Juan"), "the window of the project")
        program.key("Escape")  # the tour of a first start
        propose_the_month(program, stored)
        officers = [str(one) for (one,) in stored.rows("select id from officer order by position")]
        units = [str(one) for (one,) in stored.rows("select id from unit order by position")]
        first = min(one.day for one in stored.shifts().values())
        desk.shot(tmp_path / "week.png")
        second = post_second_week(program, stored, first)
        desk.shot(tmp_path / "month.png")
        assign_to_free_officer(program, stored, officers, first)
        desk.shot(tmp_path / "people.png")
        swap_posted_shifts(program, stored, units, second)
        desk.shot(tmp_path / "posted.png")
        staff_a_detail(program, stored, second + timedelta(days=5))
        desk.shot(tmp_path / "detail.png")
        assert program.close() == 0
    assert run_json("verify", str(path))["ok"]


def propose_the_month(program: Program, stored: Stored) -> None:
    """Add sample officers and accept the four weeks offered."""
    do_until(
        lambda: (find(program, "sample officers"), program.key("space")),
        lambda: stored.rows("select id from officer"),
        "the sample officers",
    )

    def propose() -> None:
        find(program, "propose shifts")
        program.key("space", "Return")

    do_until(propose, stored.shifts, "a proposal of four weeks")
    days = [one.day for one in stored.shifts().values()]
    assert (max(days) - min(days)).days == 25
    assert all(one.officer and one.status == "draft" for one in stored.shifts().values())


def locate_week(monday: date) -> tuple[int, int]:
    """Return a Monday's position on the month board."""
    begins = monday.replace(day=1)
    first = begins - timedelta(days=begins.weekday())
    after = (begins + timedelta(days=31)).replace(day=1)
    weeks = -(-(after - first).days // 7)
    top, bottom = MONTH_ROWS
    row_px = (bottom - top) / weeks
    return MONDAYS, round(top + ((monday - first).days // 7 + 0.5) * row_px)


def post_second_week(program: Program, stored: Stored, first: date) -> date:
    """Go from the month to a week and post it; the selected date carries over."""
    second = first + timedelta(days=7)

    def post() -> None:
        find(program, f"S1 {second:%a} {second.day}")
        program.click(*MONTH)
        program.settle()
        program.click(*locate_week(second))
        program.key("Down", "Up", "Return")
        find(program, "post the week")
        program.key("space")

    do_until(
        post,
        lambda: any(one.status == "final" for one in stored.shifts().values()),
        "a week to be posted",
    )
    posted = {one.day for one in stored.shifts().values() if one.status == "final"}
    assert posted == {second + timedelta(days=at) for at in range(5)}
    return second


def assign_to_free_officer(
    program: Program, stored: Stored, officers: list[str], first: date
) -> None:
    """Drag a draft shift to an officer who is free that day."""
    shift, free = find_free_officer(stored.path, officers, first)
    assert shift.officer is not None
    start = locate_officer_day(shift.officer, shift.day, officers)
    end = locate_officer_day(free, shift.day, officers)

    def drag() -> None:
        find(program, f"{shift.unit} {shift.day:%a} {shift.day.day}")
        program.click(*OFFICERS)
        program.settle()
        program.drag(start, end)

    do_until(drag, lambda: stored.officer_of(shift.uid) == free, f"{shift.uid} to go to {free}")
    assert stored.shifts()[shift.uid].status == "draft"


def swap_posted_shifts(program: Program, stored: Stored, units: list[str], monday: date) -> None:
    """Drag one posted shift onto another; both record who and why."""
    of_monday = [one for one in stored.shifts().values() if one.day == monday]
    one, other = (next(at for at in of_monday if at.unit == unit) for unit in units[:2])

    def drag() -> None:
        find(program, f"{one.unit} {one.day:%a} {one.day.day}")
        program.click(*UNITS)
        program.settle()
        program.drag(locate_shift(one, units), locate_shift(other, units))
        program.settle()
        program.type("court in the morning")
        program.key("Return")

    do_until(
        drag,
        lambda: stored.officer_of(one.uid) == other.officer,
        f"{one.uid} and {other.uid} to be traded",
    )
    assert stored.officer_of(other.uid) == one.officer
    for shift in (one, other):
        assert stored.shifts()[shift.uid].status == "final"
        said = json.dumps(read_overrides(stored, shift.uid))
        assert "court in the morning" in said and getpass.getuser() in said


def staff_a_detail(program: Program, stored: Stored, day: date) -> None:
    """Staff an evening detail with the first officer offered; its hours count."""
    event = add_event(program, stored, "Band night", day)
    officer = event.officer
    session = projects.open_session(stored.path, read_only=True)
    try:
        monday = day - timedelta(days=day.weekday())
        counted = compute_officer_hours(session.project, monday, monday + timedelta(days=6))
        (own,) = (one for one in counted if one.officer == officer)
        assert own.sum_hours() >= own.overtime_h >= 4.0, "the main job counts too"
    finally:
        session.close()


def test_the_week_in_august(tmp_path: Path) -> None:
    """Complete the rollover, then propose and post the first week of the new year."""
    path = tmp_path / "district.gpkg"
    run_json("new", str(path))
    run_json("plan", str(path), "--time-limit", "1")
    stored = Stored(path)
    with screen(tmp_path / "home", SIZE) as desk:
        program = desk.open(str(path))
        wait_until(lambda: program.windows("San Juan"), "the window of the project")
        program.key("Escape")  # the tour of a first start
        do_until(
            lambda: (find(program, "sample officers"), program.key("space")),
            lambda: stored.rows("select id from officer"),
            "the sample officers",
        )
        open_rollover(program)
        program.click(*DRAFT)
        program.settle()
        desk.shot(tmp_path / "calendar.png")
        check_steps(program, path, tmp_path / "drills.csv")
        desk.shot(tmp_path / "steps.png")
        program.key("Escape")
        told = run_json("rollover", str(path), "--year", YEAR, "--dry-run")["steps"]
        left = {one["step"]: one["text"] for one in told if not one["done"]}
        assert left.keys() == {"calendar", "lock"}, left
        assert "180 school days, drafted" in left["calendar"]
        assert (tmp_path / "drills.csv").read_text(encoding="utf-8").count("\n") > 500
        first = date(2027, 8, 16)
        post_the_first_week(program, stored, first)
        desk.shot(tmp_path / "august.png")
        assert program.close() == 0
    assert run_json("verify", str(path))["ok"]


def open_rollover(program: Program) -> None:
    """Open the rollover steps through the search."""

    def is_open() -> bool:
        return bool(program.windows("Roll Over"))

    do_until(lambda: find(program, "roll over"), is_open, "the steps of the rollover")
    program.settle()


def check_steps(program: Program, path: Path, drills: Path) -> None:
    """Mark the steps that only a person can check; save the drill dates."""

    def is_checked(step: str) -> bool:
        told = run_json("rollover", str(path), "--year", YEAR, "--dry-run")["steps"]
        return any(one["step"] == step and one["done"] for one in told)

    def press(row: int, tabs: int) -> None:
        program.click(263, FIRST_STEP + STEP_PX * row)
        program.settle()
        program.key(*["Tab"] * tabs, "space")
        program.settle()

    def press_twice(row: int, tabs: int) -> None:
        press(row, tabs)
        program.key("Tab", "space")  # from "Not yet" to "Mark as checked"
        program.settle()

    for do, row, tabs, step in (
        *((press, 1, 5, "bells"), (press_twice, 2, 5, "principals")),
        *((press_twice, 3, 5, "enrollment"), (press, 5, 4, "officers")),
    ):
        do_until(partial(do, row, tabs), partial(is_checked, step), f"{step} to be checked")

    def save() -> None:
        press(7, 3)
        program.key("ctrl+a")
        program.type(str(drills))
        program.key("Return")

    do_until(save, drills.exists, "the days of the drills")
    program.settle()


def post_the_first_week(program: Program, stored: Stored, monday: date) -> None:
    """Propose and post a week of next August."""
    friday = monday + timedelta(days=4)

    def propose() -> None:
        find(program, "propose shifts")
        program.key("space", "ctrl+a")
        program.type(monday.strftime("%m/%d/%Y"))
        program.key("alt+l", "ctrl+a")
        program.type(friday.strftime("%m/%d/%Y"))
        program.key("Return")

    do_until(propose, stored.shifts, "a proposal of the first week")
    days = {one.day for one in stored.shifts().values()}
    assert days and min(days) >= monday and max(days) <= friday
    do_until(
        lambda: (find(program, "post the week"), program.key("space")),
        lambda: all(one.status == "final" for one in stored.shifts().values()),
        "the first week to be posted",
    )
