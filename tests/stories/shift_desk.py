"""Shared by the coordinator's stories: stored shifts and actions by keyboard."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from stories.desktop import Program, wait_until

from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects import open_project as projects
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar

ZONE = ZoneInfo("America/Los_Angeles")
AGAIN_S = 12.0
"""Seconds until an action is repeated, because a busy machine can drop keys."""


@dataclass(frozen=True, slots=True)
class StoredShift:
    """A shift as stored in the file."""

    uid: str
    unit: str
    officer: str | None
    starts_at: datetime
    status: str
    title: str

    @property
    def day(self) -> date:
        """The local day."""
        return self.starts_at.astimezone(ZONE).date()


class Stored:
    """The stored data, read as another program would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=20)) as file:
            return file.execute(query).fetchall()

    def shifts(self) -> dict[str, StoredShift]:
        """Return the shifts by uid, the earliest first."""
        query = "select uid, unit, officer, starts_at, status, title from shift order by 4, 2"
        return {
            str(uid): StoredShift(
                str(uid),
                str(unit),
                None if officer is None else str(officer),
                datetime.fromisoformat(str(starts)),
                str(status),
                str(title),
            )
            for uid, unit, officer, starts, status, title in self.rows(query)
        }

    def officer_of(self, uid: str) -> str | None:
        """Return the officer assigned to a shift."""
        return self.shifts()[uid].officer

    def times_of(self, officer: str) -> list[list[object]]:
        """Return an officer's availability periods: uid, kind, first and last day, and more."""
        (found,) = self.rows(f"select times from officer where id = '{officer}'")
        times: list[list[object]] = json.loads(str(found[0]))
        return times

    def find_event(self, title: str) -> StoredShift | None:
        """Return the shift with a title."""
        return next((one for one in self.shifts().values() if one.title == title), None)


def today() -> date:
    """Return the day in the district."""
    return datetime.now(ZONE).date()


def find(program: Program, text: str) -> None:
    """Open the first search result."""
    program.key("ctrl+k")
    program.type(text)
    program.key("Return")


def format_search_words(shift: StoredShift) -> str:
    """Return the words that find a shift."""
    return f"{shift.unit} {shift.day:%a} {shift.day.day}"


def do_until(act: Callable[[], object], holds: Callable[[], object], what: str) -> None:
    """Repeat a harmless action until a condition holds."""
    for _ in range(4):
        act()
        try:
            wait_until(holds, what, AGAIN_S)
        except AssertionError:
            continue
        return
    act()
    wait_until(holds, what)


def run(*args: str) -> None:
    """Run a command, as another desk would."""
    done = subprocess.run(
        [sys.executable, "-m", "zoneplanner", *args], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr


def add_event(program: Program, stored: Stored, title: str, day: date) -> StoredShift:
    """Add a shift for an event and assign the first officer offered."""

    def enter() -> None:
        find(program, "new shift or event")
        program.key("alt+t")
        program.type(title)
        program.key("alt+d")
        program.type(day.strftime("%m/%d/%Y"))
        program.key("Return")

    do_until(enter, lambda: stored.find_event(title), f"“{title}”")
    event = stored.find_event(title)
    assert event is not None and (event.day, event.officer) == (day, None)
    do_until(
        lambda: (find(program, "week board"), program.key("Return"), program.key("Down", "Return")),
        lambda: stored.officer_of(event.uid),
        f"an officer for “{title}”",
    )
    return stored.shifts()[event.uid]


def create_district(path: Path) -> None:
    """Create the bundled district with its first plan and school on every weekday."""
    session = projects.create_project(path)
    add_first_plan(session)
    term = DateRange("Term", today() - timedelta(days=40), today() + timedelta(days=80))
    session.apply("Calendar", lambda one: replace(one, calendar=SchoolCalendar((term,), ())))
    session.close()
