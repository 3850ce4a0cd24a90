"""Commands on a project file that another program changed."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from builders import project_from
from sentences import says

from zoneplanner import cli
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project


@pytest.fixture
def path(open_session: Callable[[Project], Session]) -> Path:
    session = open_session(project_from("AAB / aab"))
    place = session.store.path
    assert place is not None
    session.close()
    return place


def run_plain(path: Path, statement: str) -> None:
    """Change the project like a program that knows only SQLite."""
    with closing(sqlite3.connect(path)) as base:
        base.execute(statement)
        base.commit()


def check(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, str]]]:
    capsys.readouterr()
    cli.main(["check", str(path), "--json"])
    found: dict[str, list[dict[str, str]]] = json.loads(capsys.readouterr().out)
    return found


def test_check_reports_the_cause_and_not_its_consequences(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = check(path, capsys)
    run_plain(path, "UPDATE site SET geom = (SELECT geom FROM block LIMIT 1) WHERE id = 'r1c1'")
    run_plain(path, "UPDATE site SET note = 'gate' WHERE id = 'r1c2'")
    after = check(path, capsys)
    assert after["problems"][1:] == before["problems"]
    assert (after["problems"][0]["code"], after["problems"][0]["where"]) == (
        "external_change",
        {"table": "site", "row": "School r1c1"},
    )
    assert after["notes"][0]["where"] == {"table": "site", "row": "School r1c2"}
    assert after["notes"][1:] == before["notes"]
    assert cli.main(["verify", str(path)]) == 1
    assert says(capsys.readouterr().out, "rows.differs", table="site", key="r1c2")


def test_a_writing_command_settles_external_changes_and_reports_them(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_plain(path, "UPDATE site SET note = 'gate' WHERE id = 'r1c2'")
    run_plain(path, "UPDATE site SET name = '' WHERE id = 'r1c1'")
    assert cli.main(["assign", str(path), "--site", "r1c2", "--zone", "B"]) in (0, 1)
    assert "School r1c2 changed; put back: School r1c1 lacks" in capsys.readouterr().err
    assert cli.main(["verify", str(path)]) == 0
    assert "external_change" not in {one["code"] for one in check(path, capsys)["problems"]}


def test_only_the_named_rows_are_restored(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_plain(path, "UPDATE site SET note = 'gate' WHERE id <> 'r1c3'")
    assert cli.main(["check", str(path), "--put-back", "Nobody", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "unknown_external_row"
    with closing(sqlite3.connect(path)) as base:
        notes = dict(base.execute("SELECT id, note FROM site"))
    assert notes["r1c1"] == "gate"  # it was taken as a step when the project was opened
    run_plain(path, "UPDATE site SET note = 'door' WHERE id IN ('r1c1', 'r1c2')")
    cli.main(["check", str(path), "--put-back", "School r1c1"])
    with closing(sqlite3.connect(path)) as base:
        notes = dict(base.execute("SELECT id, note FROM site"))
    assert (notes["r1c1"], notes["r1c2"]) == ("gate", "door")
    assert cli.main(["verify", str(path)]) == 0


def test_check_shows_each_row_before_and_after(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_plain(path, "UPDATE site SET name = 'Hill' WHERE id = 'r1c1'")
    run_plain(path, "UPDATE assignment SET zone = 'B' WHERE site = 'r1c2'")
    (named, moved) = check(path, capsys)["external"]
    assert named == {
        "table": "site",
        "row": "School r1c1",
        "state": "kept",
        "settled": False,
        "fault": "",
        "fields": [{"name": "name", "before": "School r1c1", "after": "Hill"}],
    }
    assert moved["row"] == "School r1c2 of “Plan”"
    assert moved["fields"] == [{"name": "zone", "before": "Zone A", "after": "Zone B"}]
    cli.main(["check", str(path)])
    assert "Zone A" in capsys.readouterr().out
    assert cli.main(["check", str(path), "--put-back", moved["row"], "--json"]) in (0, 1)
    found = json.loads(capsys.readouterr().out)["external"]
    assert [(one["state"], one["settled"]) for one in found] == [("kept", True), ("put_back", True)]
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT zone FROM assignment WHERE site = 'r1c2'").fetchone() == ("A",)
    assert cli.main(["verify", str(path)]) == 0


def test_an_untracked_row_change_is_kept_only_on_request(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stealth = "UPDATE site SET note = 'north gate', row_version = 9 WHERE id = 'r1c1'"
    run_plain(path, stealth)
    assert check(path, capsys)["external"][0]["fault"] == "unmarked"
    assert cli.main(["check", str(path), "--keep", "School r1c1", "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["external"][0]["state"] == "kept"
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT note FROM site WHERE id = 'r1c1'").fetchone() == ("north gate",)
    run_plain(path, "UPDATE site SET name = '', row_version = 9 WHERE id = 'r1c2'")
    capsys.readouterr()
    assert cli.main(["check", str(path), "--keep", "School r1c2", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "cannot_keep_row"
    assert cli.main(["verify", str(path)]) == 0
