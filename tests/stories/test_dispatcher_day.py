"""Whole days at a desk by X events; what is stored is read by other processes."""

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
    """The bundled district with a plan, made by commands."""
    path = tmp_path_factory.mktemp("made") / "district.gpkg"
    run("new", path)
    run("plan", path, "--time-limit", "1")
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Screen]:
    """A virtual screen of a desk that was never used; its last picture stays beside the home."""
    with screen(tmp_path / "home") as made:
        yield made
        made.shot(tmp_path / "last.png")


def run(command: str, path: Path, *args: str) -> dict[str, Any]:
    """Run a command of a process of its own and return what it says."""
    line = [sys.executable, "-m", "zoneplanner", command, str(path), *args, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


class Book:
    """What is stored in a project's journal, read without touching it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return the entries of a kind, the first one first, with their school by name."""
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
        """Wait until there are so many entries of a kind, and return the last one."""
        wait_until(lambda: len(self.entries(kind)) >= count, f"{count} of {kind}")
        found = self.entries(kind)
        assert len(found) == count, found[count - 1 :]
        return found[-1]


class Hands:
    """Presses keys once the window is ready for them, and counts all but a school's name."""

    def __init__(self, program: Program) -> None:
        self.program, self.count = program, 0

    def press(self, *keys: str) -> None:
        """Press keys, each once the window has done what the one before it asked for."""
        for key in keys:
            self.program.settle()
            self.program.key(key)
            self.count += 1
        self.program.settle()

    def write(self, text: str) -> None:
        """Type a text into the field that has the keys."""
        self.name(text)
        self.count += len(text)

    def name(self, text: str) -> None:
        """Type a part of a name, which is not counted."""
        self.program.settle()
        self.program.type(text)
        self.program.settle()

    def pressed(self) -> int:
        """Return how many keys were pressed since this was last asked."""
        count, self.count = self.count, 0
        return count


def test_a_day_of_a_dispatcher(desk: Screen, district: Path, tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(district.read_bytes())
    day_ago = datetime.now(LOCAL) - timedelta(hours=27)  # by night, too, older than any call lasts
    yesterday = day_ago.replace(hour=14, minute=56, second=0)
    old = run(
        *("log", path, "incident", "site=Encina High", "type=trespass"),
        f"received_at={yesterday.isoformat(timespec='seconds')}",
    )["uid"]
    book, program = Book(path), desk.open(str(path))
    hands = Hands(program)
    hands.press("Escape", "alt+4")
    visits_by_keys(hands, book)
    calls_one_upon_another(hands, book)
    lockdowns_while_calls_are_open(hands, book)
    slips_are_fixed(hands, book)
    the_call_of_yesterday(hands, book, old)
    assert program.close() == 0
    second_window_and_a_command(desk, book)
    assert run("verify", path)["ok"]


def visits_by_keys(hands: Hands, book: Book) -> None:
    """Deputies radio in: three keys beside the school's name log each visit."""
    hands.pressed()
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
        assert hands.pressed() == 3
        assert book.wait_for("visit", at + 1)["school"] == school


def calls_one_upon_another(hands: Hands, book: Book) -> None:
    """Six keys until a unit is sent; a parent is answered amid one, whose words are still there."""
    hands.press("j")
    hands.name("del camp")
    hands.press("Return")
    hands.write("f1")
    hands.press("Return", "1")
    assert hands.pressed() == 6  # logged and dispatched
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
    hands.press("1", "3", "4")  # which asks how it ended
    hands.press("Return")
    assert book.wait_for("incident", 4)["disposition"]


def lockdowns_while_calls_are_open(hands: Hands, book: Book) -> None:
    """Two units are sent to the first, the second one ends first; a hold goes beside them."""
    hands.pressed()
    hands.press("ctrl+alt+l")
    hands.name("sierra oaks")
    hands.press("Return", "Return")
    call = book.wait_for("incident", 5)
    assert (call["school"], call["type"]) == ("Sierra Oaks K-8", "Lockdown")
    hands.press("1", "Right", "1")
    assert hands.pressed() == 6
    book.wait_for("stamp", 7)
    sent = book.entries("stamp")[-2:]
    assert {one["incident"] for one in sent} == {call["uid"]}
    assert len({one["unit"] for one in sent}) == 2
    hands.press("ctrl+alt+l")
    hands.name("casa rob")
    hands.press("Return", "Return")
    assert book.wait_for("action", 2)["school"] == "Casa Roble Fundamental High"
    end_what_the_band_names(hands)
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
    end_what_the_band_names(hands)
    over = book.wait_for("action", 5)
    assert (over["school"], bool(over["ended_at"])) == ("Sierra Oaks K-8", True)


def end_what_the_band_names(hands: Hands) -> None:
    """Record the all-clear of what the band names first."""
    hands.press("ctrl+alt+e")
    hands.write("Incident commander")
    hands.press("Tab")
    hands.write("Sheriff")
    hands.press("Return", "Return")  # the first one shows its whole name


def slips_are_fixed(hands: Hands, book: Book) -> None:
    """A visit logged twice is voided; one at the wrong school is corrected, and only there."""
    visits = len(book.entries("visit"))  # with the one that ended when its unit was sent to a call
    hands.press("ctrl+k")
    hands.name("arden m")
    hands.press("Return", "ctrl+l", "alt+u")  # its unit is elsewhere: who came is asked
    hands.name("S4")
    hands.press("Return")
    twice = book.wait_for("visit", visits + 1)
    hands.press("z", "Return")
    wait_until(lambda: book.entries("visit")[-1]["over"] or book.entries("void"), "the void")
    hands.press("ctrl+k")
    hands.name("cottage")
    hands.press("Return", "k", "alt+u")  # its unit is at the lockdown: who came is asked
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


def the_call_of_yesterday(hands: Hands, book: Book, old: str) -> None:
    """Clearing it today asks when; what is stored is that time."""
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


def second_window_and_a_command(desk: Screen, book: Book) -> None:
    """Two windows and a command log on one file at a time; each entry is there once."""
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


def test_what_is_typed_with_the_key_of_a_form_is_all_in_it_however_fast(
    desk: Screen, district: Path, tmp_path: Path
) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(district.read_bytes())
    book, program = Book(path), desk.open(str(path))
    hands = Hands(program)
    hands.press("Escape", "alt+4")
    for at, (school, delay_ms) in enumerate(
        (("Casa Roble Fundamental High", 0), ("Del Campo High", 8), ("Mesa Verde High", 25))
    ):
        program.settle()
        typed = school.lower()[:9]
        line = ("key", "ctrl+l", "type", "--delay", str(delay_ms), typed)
        desk.run("xdotool", *line)
        hands.press("Return", "Return")  # both at one moment would be one that is held
        assert book.wait_for("visit", at + 1)["school"] == school
        program.settle()
    hands.press("ctrl+alt+e")  # no action goes on: nothing opens, and nothing is left behind
    assert program.close() == 0
