"""The commands info and migrate, on project files of this version, an older and a newer one."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from sentences import says

from zoneplanner import cli, storage
from zoneplanner.analysis.districting.kernel.library import describe_kernel
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.storage.schema.ddl import MIN_READER_VERSION

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "storage" / "samples" / "version_1.gpkg"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed project with two zones in one row."""
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB"), actor="test", at=AT).close()
    return file


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A project file of version 1."""
    return Path(shutil.copy(SAMPLE, tmp_path / "old.gpkg"))


def answer(capsys: Capture, *args: object) -> dict[str, Any]:
    assert cli.main([*map(str, args), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_info_shows_what_a_project_contains(path: Path, capsys: Capture) -> None:
    assert cli.main(["assign", str(path), "--site", "r1c2", "--zone", "B"]) in (0, 1)
    capsys.readouterr()
    assert answer(capsys, "info", path) == {
        "schema_version": storage.SCHEMA_VERSION,
        "min_reader_version": MIN_READER_VERSION,
        "program_schema_version": storage.SCHEMA_VERSION,
        "uid": "project",
        "name": "Letters",
        "crs": "EPSG:26910",
        "time_zone": "America/Los_Angeles",
        "sites": 4,
        "plans": ["Plan"],
        "layers": [],
        "entries": 0,
        "head": "",
        "edits": 2,
        "kernel": describe_kernel(),
        "undoable": 1,
        "engine": {
            "name": "SQLite",
            "version": sqlite3.sqlite_version,
            "journal_mode": "delete",
        },
    }


def test_info_reads_an_old_file_and_leaves_it_as_it_is(old_file: Path, capsys: Capture) -> None:
    before = old_file.read_bytes()
    found = answer(capsys, "info", old_file)
    assert (found["schema_version"], found["entries"], found["undoable"]) == (1, 3, 1)
    assert cli.main(["info", str(old_file)]) == 0
    assert says(capsys.readouterr().out, "project_version.earlier", version="1")
    assert old_file.read_bytes() == before
    assert list(old_file.parent.iterdir()) == [old_file]


def test_migrate_keeps_the_journal_and_the_old_file(old_file: Path, capsys: Capture) -> None:
    before = answer(capsys, "info", old_file)
    found = answer(capsys, "migrate", old_file)
    assert found == {
        "migrated": True,
        "schema_version": storage.SCHEMA_VERSION,
        "backup": str(old_file.with_name("old.version-1.gpkg")),
        "to_give": [],
        "entries": before["entries"],
        "head": before["head"],
    }
    assert answer(capsys, "info", found["backup"])["schema_version"] == 1
    assert answer(capsys, "verify", old_file)["ok"]


def test_migrate_leaves_a_current_file_alone(path: Path, capsys: Capture) -> None:
    found = answer(capsys, "migrate", path)
    assert (found["migrated"], found["backup"]) == (False, None)
    assert cli.main(["migrate", str(path)]) == 0
    version = str(storage.SCHEMA_VERSION)
    assert says(capsys.readouterr().out, "already_migrated", version=version)
    assert list(path.parent.iterdir()) == [path]


def test_a_newer_file_is_reported_and_not_changed(path: Path, capsys: Capture) -> None:
    newer = storage.SCHEMA_VERSION + 1
    with closing(sqlite3.connect(path)) as connection:
        raised = "UPDATE app_meta SET value = ? WHERE key = 'schema_version'"
        connection.execute(raised, (str(newer),))
        connection.commit()
    assert answer(capsys, "info", path)["schema_version"] == newer
    assert cli.main(["info", str(path)]) == 0
    assert says(capsys.readouterr().out, "project_version.newer", version=str(newer))
    for command in (["migrate", str(path)], ["assign", str(path), "--site", "x", "--zone", "B"]):
        assert cli.main(command) == 2
        assert says(capsys.readouterr().err, "newer_version.read_only")


@pytest.mark.parametrize("command", ["info", "migrate"])
def test_a_file_that_is_not_a_project_is_refused(
    command: str, tmp_path: Path, capsys: Capture
) -> None:
    text = tmp_path / "notes.gpkg"
    text.write_text("Monday")
    assert cli.main([command, str(text)]) == 2
    assert says(capsys.readouterr().err, "damaged.not_a_database")
    assert cli.main([command, str(tmp_path / "none.gpkg")]) == 2
    assert says(capsys.readouterr().err, "no_file.project")


@pytest.mark.parametrize("command", ["info", "verify", "coverage", "backup"])
def test_a_count_of_one_is_singular(command: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "one.gpkg"
    with create_store(file, project_from("A"), actor="test", at=AT) as store:
        visit = NewEntry("v1", "visit", "r1c1", "A", AT, {"status": "completed"})
        store.append_many((visit,), actor="test", desk="desk 1", now=AT)
    assert cli.main([command, str(file)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"\b1 (saved edit|journal entry|edit|entry|site)\b", told)
    assert not re.search(r"\b1 (saved edits|journal entries|edits|entries|sites)\b", told)
