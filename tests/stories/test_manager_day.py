"""The day of the safety manager by X events: keys, mouse and wheel under a window manager.

What was done is read from the file by this process, which is no desk.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stories.desktop import PATIENCE_S, Program, Screen, missing_tools, screen, wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(missing_tools()), reason=f"needs {', '.join(missing_tools())}"),
]

SCHOOL = "Trajan Elementary"
NARRATIVE = "The gate was open at dismissal and two visitors came in unseen."
NAMES = "SELECT name FROM plan ORDER BY position"
AGAIN_S, TRIES = 15.0, 4


def run(*args: str) -> dict[str, Any]:
    """Run a command in a separate process and return its JSON output."""
    done = subprocess.run(
        [sys.executable, "-m", "zoneplanner", *args, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def query(file: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Query the project file, opened for reading only."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


def count_edits(file: Path) -> int:
    """Count the stored edits."""
    return int(query(file, "SELECT count(*) FROM edit")[0][0])


def read_zone(file: Path, school: str, plan: str = "Proposed") -> str:
    """Return a school's zone in a plan."""
    found = query(
        file,
        "SELECT zone FROM assignment JOIN plan ON plan.uid = assignment.plan "
        "JOIN site ON site.id = assignment.site WHERE plan.name = ? AND site.name = ?",
        plan,
        school,
    )
    return str(found[0][0])


def read_effective_date(file: Path) -> str | None:
    """Return the first day of the adopted plan."""
    found = query(file, "SELECT max(effective_on) FROM plan")[0][0]
    return None if found is None else str(found)


def do_until(act: Callable[[], object], holds: Callable[[], object], what: str) -> None:
    """Repeat an action until a condition holds; a busy machine can drop keys."""
    for _ in range(TRIES):
        act()
        with suppress(AssertionError):
            wait_until(holds, what, AGAIN_S)
            return
    raise AssertionError(f"tried {TRIES} times for {what}")


def find(program: Program, words: str) -> None:
    """Open the first result of Ctrl+K."""
    program.key("ctrl+k")
    program.type(words)
    program.key("Return")


def find_active_window(program: Program) -> str:
    """Return the active window."""
    return program.screen.run("xdotool", "getactivewindow").strip()


def wait_for(program: Program, title: str) -> None:
    """Wait until a window with this title is active."""

    def has_keys() -> bool:
        return title in program.screen.run("xdotool", "getactivewindow", "getwindowname")

    wait_until(has_keys, f"“{title}” in front")


def turn_wheel_everywhere(program: Program) -> None:
    """Turn the wheel all over the window."""
    for x in range(60, 1280, 170):
        for y in range(90, 790, 110):
            program.wheel(x, y, steps=2)


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Screen]:
    with screen(tmp_path / "home", "1280x800") as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The bundled district with a plan."""
    file = tmp_path / "district.gpkg"
    run("new", str(file))
    assert run("plan", str(file), "--time-limit", "3")["plan"] == "Proposed"
    return file


def test_a_managers_day(desktop: Screen, project: Path) -> None:
    program = desktop.open(str(project))
    wait_until(lambda: program.windows("San Juan"), "the project in the title")
    program.key("Escape")  # the tour
    before, digit = move_and_undo(program, project)
    lock(program, project)
    locked = count_edits(project)
    program.key(digit)
    program.key("alt+4")
    program.key("ctrl+z")  # an undo for another workspace asks first
    program.settle()
    program.key("Escape")
    program.key("alt+1")
    turn_wheel_everywhere(program)
    program.type("gate broken 123")  # text typed over the map is no command
    assert count_edits(project) == locked and read_zone(project, SCHOOL) == before
    adopt_and_undo(program, project)
    review(program, project)
    program.key("alt+1")
    do_until(lambda: program.key("ctrl+d"), lambda: len(query(project, NAMES)) == 2, "the branch")
    quit_during_search(program, project)
    assert read_zone(project, SCHOOL) == before and run("verify", str(project))["ok"]

    again = desktop.open()  # the desk comes back to its project
    wait_until(lambda: again.windows("San Juan"), "the window on the same project")
    assert again.close() == 0
    assert len(query(project, NAMES)) == 2 and run("verify", str(project))["ok"]


def move_and_undo(program: Program, project: Path) -> tuple[str, str]:
    """Reassign a school, undo and redo; return its zone and the digit of the other one."""
    before = read_zone(project, SCHOOL)
    digit = "2" if before != "S2" else "3"

    def move() -> None:
        find(program, SCHOOL)
        program.key(digit)

    do_until(move, lambda: read_zone(project, SCHOOL) == f"S{digit}", "the school in its new zone")
    for key, zone in (("ctrl+z", before), ("shift+z", f"S{digit}"), ("z", before)):
        do_until(
            partial(program.key, key), partial(is_in_zone, project, zone), f"{zone} after {key}"
        )
    return before, digit


def is_in_zone(project: Path, zone: str) -> bool:
    """Whether the school is in a zone."""
    return read_zone(project, SCHOOL) == zone


def lock(program: Program, project: Path) -> None:
    """Lock the selected school with a reason."""
    program.key("q")
    program.settle()
    program.type("The principal asked for 2 years")
    program.key("Return")
    wait_until(lambda: query(project, "SELECT * FROM plan_lock"), "the lock")


def adopt_and_undo(program: Program, project: Path) -> None:
    """Adopt the plan, decline the first question about undoing it, and confirm the second."""
    find(program, "adopt plan")
    program.settle()
    program.key("Return")
    wait_until(lambda: read_effective_date(project), "the plan in force")
    adopted = count_edits(project)
    program.key("z")
    program.settle()
    program.key("Escape")
    assert read_effective_date(project)
    program.key("z")
    program.settle()
    program.key("Return")
    wait_until(lambda: read_effective_date(project) is None, "the plan as a draft again")
    assert count_edits(project) == adopted + 1, "the first question was answered with Esc"


def review(program: Program, project: Path) -> None:
    """Write an after-action review with Esc pressed twice by mistake."""
    find(program, "after-action review")
    program.settle()
    program.key("Tab", "Tab")  # skip site and incident
    program.type("Intruder")
    program.key(*["Tab"] * 3)  # past the two dates to the first section
    program.type(NARRATIVE)
    form = find_active_window(program)
    program.key("Escape")
    wait_until(lambda: find_active_window(program) not in (form, ""), "the question")
    program.key("Escape")  # the second Esc returns to the form
    wait_until(lambda: find_active_window(program) == form, "the form again")
    program.key(*["Tab"] * 6)
    program.key("space")
    logged = "SELECT text FROM journal_entry WHERE kind = 'after_action'"
    wait_until(lambda: query(project, logged), "the review")
    assert json.loads(query(project, logged)[0][0])["overview"] == NARRATIVE


def quit_during_search(program: Program, project: Path) -> None:
    """Quit during a search: first stay, then discard the search and quit."""
    branched = count_edits(project)
    program.key("ctrl+Return")
    program.key("Return")
    wait_until(lambda: ask_to_quit(program), "the question of what is under way")
    wait_for(program, "Still working")
    program.key("Escape")
    wait_until(lambda: not program.windows("Still working"), "the window again")
    assert program.process.poll() is None and count_edits(project) == branched
    wait_until(lambda: ask_to_quit(program), "the question once more")
    wait_for(program, "Still working")
    program.key("shift+Tab", "space")  # the button before Wait discards the search
    assert program.process.wait(PATIENCE_S) == 0
    assert count_edits(project) == branched


def ask_to_quit(program: Program) -> list[str]:
    """Press Ctrl+Q; quitting without a question fails at the next key."""
    if not program.windows("Still working"):
        program.key("ctrl+q")
    return program.windows("Still working")
