"""What this desk saw of a project: cut ends, older copies and rewritten histories are told."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from builders import project_from, run_behind_guards

from zoneplanner import cli, storage
from zoneplanner.app.projects.open_project import open_session, write_new_project
from zoneplanner.app.projects.whole_check import check_whole_project, describe_findings
from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.domain.log.journal import NewEntry


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that this desk worked at in two sittings."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    place = tmp_path / "p.gpkg"
    write_new_project(place, project_from("AAB"), get_utc_now).close()
    session = open_session(place)
    shutil.copy(place, tmp_path / "older.gpkg")
    session.apply("Rename", lambda project: replace(project, name="Hill"))
    session.log(NewEntry("v1", "visit", "r1c1", "A", get_utc_now(), {"status": "completed"}))
    session.close()
    return place


def notice(path: Path) -> str:
    session = open_session(path)
    session.close()
    return session.store.notice


def test_a_project_that_holds_what_was_seen_is_opened_without_a_word(path: Path) -> None:
    assert notice(path) == ""


def test_an_older_copy_in_its_place_is_told_once(path: Path) -> None:
    shutil.copy(path.with_name("older.gpkg"), path)
    assert "this desk saw 2 edits and 1 entries of this project" in notice(path)
    assert notice(path) == ""


CUTS = [
    ["DELETE FROM journal_entry"],
    [
        "DELETE FROM edit WHERE seq = 2",
        "UPDATE app_meta SET value = 'Letters' WHERE value = 'Hill'",
    ],
]


@pytest.mark.parametrize("statements", CUTS)
def test_an_end_that_was_cut_off_is_told(path: Path, statements: list[str]) -> None:
    run_behind_guards(path, *statements)
    assert "its end was cut off" in notice(path)


def test_a_rewritten_edit_is_found_and_named(path: Path, tmp_path: Path) -> None:
    run_behind_guards(path, "UPDATE edit SET actor = 'somebody else' WHERE seq = 1")
    with storage.open(path, read_only=True) as store:
        found = check_whole_project(store, lambda share, text: None)
        assert [one.code for one in found.findings] == ["edits"]
        assert "Edit 1 was changed after it was saved" in describe_findings(found)


def test_verify_takes_the_head_of_either_chain(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with storage.open(path, read_only=True) as store:
        heads = [head.hash for head in store.heads()]
    for head in heads:
        assert cli.main(["verify", str(path), "--against", head[:16]]) == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM edit").fetchone() == (2,)
    shutil.copy(path.with_name("older.gpkg"), path)
    for head in heads:
        assert cli.main(["verify", str(path), "--against", head[:16]]) == 1
    assert "not in this project" in capsys.readouterr().out
