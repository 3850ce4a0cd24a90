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
    """Run a command in a process of its own and return what it answers."""
    done = subprocess.run(
        [sys.executable, "-m", "zoneplanner", *args, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def rows(file: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the project's file, which is opened for reading only."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


def steps(file: Path) -> int:
    """Return how many edits are stored."""
    return int(rows(file, "SELECT count(*) FROM edit")[0][0])


def zone_of(file: Path, school: str, plan: str = "Proposed") -> str:
    """Return the zone that a plan gives a school to."""
    found = rows(
        file,
        "SELECT zone FROM assignment JOIN plan ON plan.uid = assignment.plan "
        "JOIN site ON site.id = assignment.site WHERE plan.name = ? AND site.name = ?",
        plan,
        school,
    )
    return str(found[0][0])


def in_force_from(file: Path) -> str | None:
    """Return the first day of the plan in force, which adopting names by its school year."""
    found = rows(file, "SELECT max(effective_on) FROM plan")[0][0]
    return None if found is None else str(found)


def do(act: Callable[[], object], holds: Callable[[], object], what: str) -> None:
    """Act until something holds; what the loaded machine dropped is done again."""
    for _ in range(TRIES):
        act()
        with suppress(AssertionError):
            wait_until(holds, what, AGAIN_S)
            return
    raise AssertionError(f"tried {TRIES} times in vain for {what}")


def find(program: Program, words: str) -> None:
    """Go to what Ctrl+K finds first."""
    program.key("ctrl+k")
    program.type(words)
    program.key("Return")


def front(program: Program) -> str:
    """Return the window that has the keys."""
    return program.screen.run("xdotool", "getactivewindow").strip()


def wait_for(program: Program, title: str) -> None:
    """Wait until a window of this title has the keys."""

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


def test_the_manager_draws_zones_for_a_day(desktop: Screen, project: Path) -> None:
    program = desktop.open(str(project))
    wait_until(lambda: program.windows("San Juan"), "the project in the title")
    program.key("Escape")  # the tour
    before, digit = move_and_undo(program, project)
    lock(program, project)
    locked = steps(project)
    program.key(digit)
    program.key("alt+4")
    program.key("ctrl+z")  # of another workspace: it asks
    program.settle()
    program.key("Escape")
    program.key("alt+1")
    turn_wheel_everywhere(program)
    program.type("gate broken 123")  # over the map it is no command
    assert steps(project) == locked and zone_of(project, SCHOOL) == before
    adopt_and_take_back(program, project)
    review(program, project)
    program.key("alt+1")
    do(lambda: program.key("ctrl+d"), lambda: len(rows(project, NAMES)) == 2, "the branch")
    quit_in_a_search(program, project)
    assert zone_of(project, SCHOOL) == before and run("verify", str(project))["ok"]

    again = desktop.open()  # the desk comes back to its project
    wait_until(lambda: again.windows("San Juan"), "the window on the same project")
    assert again.close() == 0
    assert len(rows(project, NAMES)) == 2 and run("verify", str(project))["ok"]


def move_and_undo(program: Program, project: Path) -> tuple[str, str]:
    """Give a school to another zone and back, thrice; return its zone and the other's digit."""
    before = zone_of(project, SCHOOL)
    digit = "2" if before != "S2" else "3"

    def move() -> None:
        find(program, SCHOOL)
        program.key(digit)

    do(move, lambda: zone_of(project, SCHOOL) == f"S{digit}", "the school in its new zone")
    for key, zone in (("ctrl+z", before), ("shift+z", f"S{digit}"), ("z", before)):
        do(partial(program.key, key), partial(stands_in, project, zone), f"{zone} after {key}")
    return before, digit


def stands_in(project: Path, zone: str) -> bool:
    """Tell whether the school is in a zone."""
    return zone_of(project, SCHOOL) == zone


def lock(program: Program, project: Path) -> None:
    """Lock the selected school with a reason."""
    program.key("q")
    program.settle()
    program.type("The principal asked for 2 years")
    program.key("Return")
    wait_until(lambda: rows(project, "SELECT * FROM plan_lock"), "the lock")


def adopt_and_take_back(program: Program, project: Path) -> None:
    """Adopt the plan, keep it at the first question and take it back at the second one."""
    find(program, "adopt plan")
    program.settle()
    program.key("Return")
    wait_until(lambda: in_force_from(project), "the plan in force")
    adopted = steps(project)
    program.key("z")
    program.settle()
    program.key("Escape")
    assert in_force_from(project)
    program.key("z")
    program.settle()
    program.key("Return")
    wait_until(lambda: in_force_from(project) is None, "the plan as a draft again")
    assert steps(project) == adopted + 1, "the first question was answered with Esc"


def review(program: Program, project: Path) -> None:
    """Write an after-action review, with two slips on Esc in the middle of it."""
    find(program, "after-action review")
    program.settle()
    program.key("Tab", "Tab")  # no site and no incident here
    program.type("Intruder")
    program.key(*["Tab"] * 3)  # two days, the first part
    program.type(NARRATIVE)
    form = front(program)
    program.key("Escape")
    wait_until(lambda: front(program) not in (form, ""), "the question")
    program.key("Escape")  # the second one goes on writing
    wait_until(lambda: front(program) == form, "the form again")
    program.key(*["Tab"] * 6)
    program.key("space")
    logged = "SELECT text FROM journal_entry WHERE kind = 'after_action'"
    wait_until(lambda: rows(project, logged), "the review")
    assert json.loads(rows(project, logged)[0][0])["overview"] == NARRATIVE


def quit_in_a_search(program: Program, project: Path) -> None:
    """Quit while zones are proposed: first stay, then discard the search and leave."""
    branched = steps(project)
    program.key("ctrl+Return")
    program.key("Return")
    wait_until(lambda: ask_to_quit(program), "the question of what is under way")
    wait_for(program, "Still working")
    program.key("Escape")
    wait_until(lambda: not program.windows("Still working"), "the window again")
    assert program.process.poll() is None and steps(project) == branched
    wait_until(lambda: ask_to_quit(program), "the question once more")
    wait_for(program, "Still working")
    program.key("shift+Tab", "space")  # the button before Wait: stop, or discard
    assert program.process.wait(PATIENCE_S) == 0
    assert steps(project) == branched


def ask_to_quit(program: Program) -> list[str]:
    """Quit in the middle of a search; an end without a question fails at the next key."""
    if not program.windows("Still working"):
        program.key("ctrl+q")
    return program.windows("Still working")
