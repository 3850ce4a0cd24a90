"""A coordinator's day by X events, with a second desk on the same file."""

from datetime import timedelta
from pathlib import Path

import pytest
from stories.desktop import Program, missing_tools, screen, wait_until
from stories.shift_desk import (
    Stored,
    StoredShift,
    add_event,
    create_district,
    do_until,
    find,
    format_search_words,
    run,
    today,
)

if missing := missing_tools():
    pytest.skip(f"a virtual screen needs {', '.join(missing)}", allow_module_level=True)

pytestmark = pytest.mark.long


def test_a_coordinators_day(tmp_path: Path) -> None:
    """From sample officers to a posted week, a call-out, leave, an event, and the next morning."""
    path = tmp_path / "district.gpkg"
    create_district(path)
    stored = Stored(path)
    with screen(tmp_path / "home", "1280x800") as desk:
        program = desk.open(str(path))
        wait_until(lambda: program.windows("San Juan"), "the window of the project")
        desk.shot(tmp_path / "start.png")
        program.key("Escape")  # the tour of a first start
        post_a_week(program, stored)
        morning = next(one for one in stored.shifts().values() if one.day > today())
        relieve_from_today(program, stored)
        relief = call_out(program, stored, morning)
        add_leave(program, stored)
        concert = staff_an_event(program, stored)
        undo_from_elsewhere(program, stored, concert)
        follow_another_desk(program, stored, concert)
        export_calendar(program, stored, tmp_path / "shifts.ics")
        desk.shot(tmp_path / "evening.png")
        before = stored.shifts()
        assert program.close() == 0
        assert before == stored.shifts() and stored.officer_of(morning.uid) == relief

        program = desk.open()  # the next morning: it opens what was open
        wait_until(lambda: program.windows("San Juan"), "the window of the project")
        do_until(
            lambda: take_off(program, morning),
            lambda: stored.officer_of(morning.uid) is None,
            "the shift to be open",
        )
        program.key("z")
        wait_until(lambda: stored.shifts() == before, "the shift to be given back")
        assert program.close() == 0
    run("verify", str(path))


def post_a_week(program: Program, stored: Stored) -> None:
    """Add sample officers, propose two weeks and post the first one."""
    do_until(
        lambda: (find(program, "sample officers"), program.key("space")),
        lambda: stored.rows("select id from officer"),
        "the sample officers",
    )

    def propose() -> None:
        find(program, "propose shifts")
        program.key("space")
        program.key("alt+l", "ctrl+a")
        program.type((today() + timedelta(days=11)).strftime("%m/%d/%Y"))
        program.key("Return")

    do_until(propose, stored.shifts, "a proposal of two weeks")
    assert max(one.day for one in stored.shifts().values()) <= today() + timedelta(days=11)
    monday = min(one.day for one in stored.shifts().values())
    sunday = monday + timedelta(days=6 - monday.weekday())
    do_until(
        lambda: (find(program, "post the week"), program.key("space")),
        lambda: all(one.status == "final" for one in stored.shifts().values() if one.day <= sunday),
        "the first week to be posted",
    )
    assert any(one.status == "draft" for one in stored.shifts().values())


def take_off(program: Program, shift: StoredShift) -> None:
    """Take the officer off a shift; a posted week asks for a reason."""
    find(program, format_search_words(shift))
    program.key("Delete")
    if shift.status == "final":
        program.type("court date")
        program.key("Return")


def relieve_from_today(program: Program, stored: Stored) -> None:
    """Another desk records a call-out; Today leads to the open shift, and Enter assigns it."""
    of_today = [one for one in stored.shifts().values() if one.day == today() and one.officer]
    if not of_today:
        return  # no school today
    shift = of_today[0]
    run(
        *("roster", str(stored.path), "sick", "--officer", str(shift.officer)),
        *("--from", str(today()), "--to", str(today())),
    )
    assert stored.officer_of(shift.uid) is None
    do_until(
        lambda: (
            program.key("alt+0"),
            program.key("Home", "Down", "Return"),
            program.key("Return"),
            program.key("Down", "Return"),
        ),
        lambda: stored.officer_of(shift.uid) not in (None, shift.officer),
        "relief from the page of today",
    )


def call_out(program: Program, stored: Stored, shift: StoredShift) -> str:
    """Mark the officer of a shift as sick and assign the first relief offered."""
    assert shift.officer is not None
    words = format_search_words(shift)
    do_until(
        lambda: (find(program, words), find(program, "call out"), program.key("space")),
        lambda: stored.officer_of(shift.uid) is None,
        f"the officer of {words} to be marked sick",
    )
    assert stored.times_of(shift.officer)[-1][1] == "sick"
    do_until(
        lambda: (find(program, "week board"), program.key("Return"), program.key("Down", "Return")),
        lambda: stored.officer_of(shift.uid) not in (None, shift.officer),
        "a substitute",
    )
    relief = stored.officer_of(shift.uid)
    assert relief is not None
    return relief


def add_leave(program: Program, stored: Stored) -> None:
    """Enter three days of leave by keyboard; a form closed with Esc stores nothing."""
    first = today() + timedelta(days=20)
    last = first + timedelta(days=2)
    find(program, "officer d")
    find(program, "leave")
    program.key("Escape")
    assert all(time[1] != "leave" for time in stored.times_of("sample-D"))

    def enter() -> None:
        find(program, "officer d")
        find(program, "leave")
        program.key("alt+f")
        program.type(first.strftime("%m/%d/%Y"))
        program.key("alt+l")
        program.type(last.strftime("%m/%d/%Y"))
        program.key("Return")

    do_until(
        enter,
        lambda: (
            [str(first), str(last)]
            in [time[2:4] for time in stored.times_of("sample-D") if time[1] == "leave"]
        ),
        "the leave",
    )


def staff_an_event(program: Program, stored: Stored) -> StoredShift:
    """Staff an event; Enter in an empty form adds nothing."""
    before = len(stored.shifts())
    day = today() + timedelta(days=9)
    find(program, "new shift or event")
    program.key("Return", "Return")
    program.key("Escape")
    assert len(stored.shifts()) == before, "an empty Enter added a shift"
    return add_event(program, stored, "Winter concert", day)


def undo_from_elsewhere(program: Program, stored: Stored, event: StoredShift) -> None:
    """In another workspace Z asks first; in Shifts it undoes the assignment."""
    before = stored.shifts()
    for workspace in ("alt+1", "alt+4"):
        program.key(workspace)
        program.key("z")
        program.key("Escape")
    program.key("alt+3")
    assert stored.shifts() == before, "Z in another workspace changed a shift without asking"
    program.key("z")
    wait_until(lambda: stored.officer_of(event.uid) is None, "the event to be open again")
    program.key("ctrl+shift+z")
    wait_until(lambda: stored.officer_of(event.uid) == event.officer, "the officer to be back")


def follow_another_desk(program: Program, stored: Stored, event: StoredShift) -> None:
    """Another desk marks an officer sick; neither desk undoes the other's step."""
    other = [one for one in stored.shifts().values() if one.officer and one.uid != event.uid][-1]
    run(
        *("roster", str(stored.path), "sick", "--officer", str(other.officer)),
        *("--from", str(other.day), "--to", str(other.day)),
    )
    assert stored.officer_of(other.uid) is None
    program.key("z")  # the latest own step, not the other desk's
    wait_until(lambda: stored.officer_of(event.uid) is None, "the own step to be undone")
    program.key("ctrl+shift+z")
    wait_until(lambda: stored.officer_of(event.uid) == event.officer, "the own step to be back")
    assert stored.officer_of(other.uid) is None, "the other desk's step was undone"


def export_calendar(program: Program, stored: Stored, file: Path) -> None:
    """Export the calendar of the final shifts."""

    def export() -> None:
        find(program, "calendar file")
        program.key("ctrl+a")
        program.type(str(file))
        program.key("Return")

    do_until(export, file.exists, "the calendar")
    final = sum(one.status == "final" for one in stored.shifts().values())
    wait_until(lambda: file.read_text().count("BEGIN:VEVENT") == final, "every final shift in it")
