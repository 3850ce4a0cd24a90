"""A dispatcher's day by X events; other processes read what is stored."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from stories.desktop import Program, Screen, missing_tools, screen, wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(missing_tools()), reason=f"needs {', '.join(missing_tools())}"),
]

LOCAL = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled district with a plan, created by commands."""
    path = tmp_path_factory.mktemp("made") / "district.gpkg"
    run("new", path)
    run("plan", path, "--time-limit", "1")
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Screen]:
    """The screen of a new desk; its last screenshot stays beside its folder."""
    with screen(tmp_path / "home") as made:
        yield made
        made.shot(tmp_path / "last.png")


def run(command: str, path: Path, *args: str) -> dict[str, Any]:
    """Run a command in a separate process and return its JSON output."""
    line = [sys.executable, "-m", "zoneplanner", command, str(path), *args, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


class StoredJournal:
    """A project's stored journal, opened for reading only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return the entries of a kind in order, with the name of their school."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as db:
            rows = db.execute(
                "SELECT e.uid, e.unit, e.supersedes, e.payload, e.text, s.name FROM journal_entry e"
                " LEFT JOIN site s ON s.id = e.site WHERE e.kind = ? ORDER BY e.seq",
                (kind,),
            ).fetchall()
        db.close()
        return [
            {
                **json.loads(payload),
                **json.loads(text or "{}"),
                "uid": uid,
                "by": unit,
                "over": over,
                "school": school,
            }
            for uid, unit, over, payload, text, school in rows
        ]

    def wait_for(self, kind: str, count: int) -> dict[str, Any]:
        """Wait for a number of entries of a kind and return the last one."""
        wait_until(lambda: len(self.entries(kind)) >= count, f"{count} of {kind}")
        found = self.entries(kind)
        assert len(found) == count, found[count - 1 :]
        return found[-1]


class Hands:
    """Presses keys when the window is ready and counts all but those of a school's name."""

    def __init__(self, program: Program) -> None:
        self.program, self.count = program, 0

    def press(self, *keys: str) -> None:
        """Press keys, each after the window has handled the one before."""
        for key in keys:
            self.program.settle()
            self.program.key(key)
            self.count += 1
        self.program.settle()

    def write(self, text: str) -> None:
        """Type into the focused field."""
        self.name(text)
        self.count += len(text)

    def name(self, text: str) -> None:
        """Type part of a name, which is not counted."""
        self.program.settle()
        self.program.type(text)
        self.program.settle()

    def take_count(self) -> int:
        """Return the number of keys pressed since the last call."""
        count, self.count = self.count, 0
        return count


def test_a_day_of_a_dispatcher(desk: Screen, district: Path, tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(district.read_bytes())
    day_ago = datetime.now(LOCAL) - timedelta(hours=27)  # longer than any call lasts, even at night
    yesterday = day_ago.replace(hour=14, minute=56, second=0)
    old = run(
        *("log", path, "incident", "site=Encina High", "type=trespass"),
        f"received_at={yesterday.isoformat(timespec='seconds')}",
    )["uid"]
    book, program = StoredJournal(path), desk.open(str(path))
    hands = Hands(program)
    hands.press("Escape", "alt+4")
    log_visits(hands, book)
    log_calls(hands, book)
    log_lockdowns(hands, book)
    correct_entries(hands, book)
    clear_old_call(hands, book, old)
    assert program.close() == 0
    log_from_two_windows(desk, book)
    assert run("verify", path)["ok"]


def log_visits(hands: Hands, book: StoredJournal) -> None:
    """Log each visit with three keys besides the school's name."""
    hands.take_count()
    for at, (name, school) in enumerate(
        (
            ("bella v", "Bella Vista High"),
            ("san juan h", "San Juan High"),
            ("arden m", "Arden Middle"),
        )
    ):
        hands.press("ctrl+k")
        hands.name(name)
        hands.press("Return", "k")
        assert hands.take_count() == 3
        assert book.wait_for("visit", at + 1)["school"] == school


def log_calls(hands: Hands, book: StoredJournal) -> None:
    """Dispatch a unit with six keys; an interrupted call keeps its words."""
    hands.press("j")
    hands.name("del camp")
    hands.press("Return")
    hands.write("f1")
    hands.press("Return", "1")
    assert hands.take_count() == 6  # logged and dispatched
    fight = book.wait_for("incident", 2)
    assert (fight["school"], fight["type"], fight["priority"]) == ("Del Campo High", "Fight", 1)
    hands.press("3")
    assert book.wait_for("stamp", 2)["name"] == "onscene_at"
    hands.press("j")
    hands.name("mira lo")
    hands.press("Return")
    hands.write("med")
    hands.press("ctrl+k")  # the phone of another school
    hands.name("carmichael el")
    hands.press("Return")
    hands.write("ical")
    hands.press("Return")
    medical = book.wait_for("incident", 3)
    assert (medical["school"], medical["type"]) == ("Mira Loma High", "Medical aid")
    hands.press("1", "3", "4")  # 4 asks for the disposition
    hands.press("Return")
    assert book.wait_for("incident", 4)["disposition"]


def log_lockdowns(hands: Hands, book: StoredJournal) -> None:
    """Send two units to the first of two lockdowns, end the second first, and add a hold."""
    hands.take_count()
    hands.press("ctrl+alt+l")
    hands.name("sierra oaks")
    hands.press("Return", "Return")
    call = book.wait_for("incident", 5)
    assert (call["school"], call["type"]) == ("Sierra Oaks K-8", "Lockdown")
    hands.press("1", "Right", "1")
    assert hands.take_count() == 6
    book.wait_for("stamp", 7)
    sent = book.entries("stamp")[-2:]
    assert {one["incident"] for one in sent} == {call["uid"]}
    assert len({one["unit"] for one in sent}) == 2
    hands.press("ctrl+alt+l")
    hands.name("casa rob")
    hands.press("Return", "Return")
    assert book.wait_for("action", 2)["school"] == "Casa Roble Fundamental High"
    end_first_action(hands)
    ended = book.wait_for("action", 3)
    assert (ended["school"], ended["all_clear_by"]) == (
        *("Casa Roble Fundamental High", "Incident commander"),
    )
    hands.press("ctrl+k")
    hands.name("hold")
    hands.press("Return")
    hands.name("greer")
    hands.press("Return", "Return")
    held = book.wait_for("action", 4)
    assert (held["school"], held["action"]) == ("Greer Elementary", "hold")
    end_first_action(hands)
    over = book.wait_for("action", 5)
    assert (over["school"], bool(over["ended_at"])) == ("Sierra Oaks K-8", True)


def end_first_action(hands: Hands) -> None:
    """Record the all-clear of the action that the banner names first."""
    hands.press("ctrl+alt+e")
    hands.write("Incident commander")
    hands.press("Tab")
    hands.write("Sheriff")
    hands.press("Return", "Return")  # the first one shows its whole name


def correct_entries(hands: Hands, book: StoredJournal) -> None:
    """Void a visit logged twice and correct one at the wrong school."""
    visits = len(book.entries("visit"))  # one of them ended when its unit was dispatched
    hands.press("ctrl+k")
    hands.name("arden m")
    hands.press("Return", "ctrl+l", "alt+u")  # the unit is elsewhere: the form asks who came
    hands.name("S4")
    hands.press("Return")
    twice = book.wait_for("visit", visits + 1)
    hands.press("z", "Return")
    wait_until(lambda: book.entries("visit")[-1]["over"] or book.entries("void"), "the void")
    hands.press("ctrl+k")
    hands.name("cottage")
    hands.press("Return", "k", "alt+u")  # the unit is at the lockdown: the form asks who came
    hands.name("S4")
    hands.press("Return")
    wrong = book.wait_for("visit", visits + 2)
    assert (twice["school"], wrong["school"]) == ("Arden Middle", "Cottage Elementary")
    hands.press("ctrl+k")
    hands.name("entries of the log")
    hands.press("Return", "Home", "Return", "alt+s")
    hands.name("dyer")
    hands.press("Tab", "Return")
    right = book.wait_for("visit", visits + 3)
    assert right["over"] == wrong["uid"] and "Dyer" in right["school"]
    assert right["arrived_at"] == wrong["arrived_at"] and right["by"] == wrong["by"]
    hands.press("ctrl+shift+r", "alt+s")
    hands.name("greer")
    hands.press("Tab", "alt+h")
    hands.write("1205a")
    hands.press("alt+n")
    hands.write("told by the office")
    hands.press("Return")
    drill = book.wait_for("drill", 1)
    held = datetime.fromisoformat(drill["held_at"]).astimezone(LOCAL)
    assert (drill["school"], held.hour, held.minute) == ("Greer Elementary", 0, 5)


def clear_old_call(hands: Hands, book: StoredJournal, old: str) -> None:
    """Clearing yesterday's call asks for the time, which is stored."""
    stamps = len(book.entries("stamp"))
    hands.press("ctrl+k")
    hands.name("encina trespass")
    hands.press("Return", "1")
    hands.write("0302")
    hands.press("Return")
    book.wait_for("stamp", stamps + 1)
    hands.press("4")
    hands.write("0320")
    hands.press("Return")
    cleared = book.wait_for("stamp", stamps + 2)
    at = datetime.fromisoformat(cleared["at"]).astimezone(LOCAL)
    assert (cleared["incident"], cleared["name"]) == (old, "cleared_at")
    assert at.minute == 20 and at.date() < datetime.now(LOCAL).date()


def log_from_two_windows(desk: Screen, book: StoredJournal) -> None:
    """Two windows and a command log to one file at once; each entry is stored once."""
    before = len(book.entries("visit"))
    windows = [desk.open(str(book.path)), desk.open(str(book.path))]
    for window, school in zip(windows, ("mira lo", "carriage d"), strict=True):
        hands = Hands(window)
        window.activate()
        run("log", book.path, "visit", "site=Mesa Verde High", "status=completed")
        hands.press("Escape", "alt+4", "ctrl+k")
        hands.name(school)
        hands.press("Return", "k", "Return")
    book.wait_for("visit", before + 4)
    for window in windows:
        window.activate()
        assert window.close() == 0
    schools = [one["school"] for one in book.entries("visit")][before:]
    assert sorted(schools) == [
        "Carriage Drive Elementary",
        *["Mesa Verde High"] * 2,
        "Mira Loma High",
    ]


def test_text_typed_right_after_a_forms_key_is_complete_at_any_speed(
    desk: Screen, district: Path, tmp_path: Path
) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(district.read_bytes())
    book, program = StoredJournal(path), desk.open(str(path))
    hands = Hands(program)
    hands.press("Escape", "alt+4")
    for at, (school, delay_ms) in enumerate(
        (("Casa Roble Fundamental High", 0), ("Del Campo High", 8), ("Mesa Verde High", 25))
    ):
        program.settle()
        typed = school.lower()[:9]
        line = ("key", "ctrl+l", "type", "--delay", str(delay_ms), typed)
        desk.run("xdotool", *line)
        hands.press("Return", "Return")  # at the same moment the two would count as one held key
        assert book.wait_for("visit", at + 1)["school"] == school
        program.settle()
    hands.press("ctrl+alt+e")  # without an action in progress nothing opens
    assert program.close() == 0
