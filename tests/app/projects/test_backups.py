"""Backups are automatic, thinned out with age, and restored as new files."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, project_from, refused
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneplanner import storage
from zoneplanner.app.projects import backups
from zoneplanner.app.projects.backups import Backup
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.messages import Message

START = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "p.gpkg"
    store = create_store(path, project_from("AABB"), actor="Officer A", at=START)
    opened = Session(store, actor="Officer A", desk="desk 1", clock=clock)
    yield opened
    opened.close()


def move(session: Session, zone: str) -> None:
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": zone}))


def list_known_backups(session: Session) -> tuple[Backup, ...]:
    return backups.list_backups(backups.find_backup_folder(session.project.uid, session.store.path))


def test_the_backup_folder_has_the_file_name_and_an_older_folder_is_renamed(
    session: Session, clock: Clock
) -> None:
    path = session.store.path
    assert path is not None
    folder = backups.find_backup_folder(session.project.uid, path)
    assert folder.name.startswith("p ")
    older = folder.with_name(folder.name.removeprefix("p "))
    first = backups.back_up(session, "asked for").file
    folder.rename(older)  # the name in earlier versions
    assert [one.file.name for one in list_known_backups(session)] == [first.name]
    clock.now += timedelta(hours=1)
    backups.back_up(session, "asked for")
    assert len(list_known_backups(session)) == 2 and not older.exists()


@pytest.mark.parametrize(
    "source", ["../..", "/tmp/\udcff\udcfe.gpkg", "/x/a:b*c?.gpkg", "/x/" + "n" * 300 + ".gpkg", ""]
)
def test_no_file_name_leads_outside_the_backup_folder(source: str) -> None:
    name = backups.name_backup_folder("uid", source)
    assert Path(name).name == name and len(name) <= 80
    assert not set(name) & set('/\\:*?"<>|') and name.isprintable()


def test_files_that_are_not_backups_are_skipped_without_waiting(session: Session) -> None:
    made = backups.back_up(session, "before import")
    said = json.loads(made.file.with_suffix(".json").read_text(encoding="utf-8"))
    folder = made.file.parent
    for name in ("pipe", "link", "folder", "no zone"):
        written = {**said, "at": "2027-01-01T08:00:00" + "+00:00" * (name != "no zone")}
        (folder / f"{name}.json").write_text(json.dumps(written), encoding="utf-8")
    os.mkfifo(folder / "pipe.gpkg")
    (folder / "link.gpkg").symlink_to("/dev/zero")
    (folder / "folder.gpkg").mkdir()
    os.mkfifo(folder / "a pipe.json")
    (folder / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    shutil.copy(made.file, folder / "no zone.gpkg")
    assert [one.file.name for one in list_known_backups(session)] == [
        "no zone.gpkg",
        made.file.name,
    ]


def test_a_backup_is_listed_with_its_contents(session: Session) -> None:
    session.log(NewEntry("v1", "visit", "r1c1", None, START, {"status": "completed"}))
    made = backups.back_up(session, "before import")
    assert list_known_backups(session) == (made,)
    assert (made.why, made.name, made.plans, made.sites) == (
        "before import",
        "Letters",
        ("Plan",),
        4,
    )
    counts = {"sites": 4, "edits": 1, "entries": 1}
    assert made.message == Message("backup_content", plans="Plan", **counts)
    with storage.open(made.file, read_only=True) as copy:
        assert copy.verify().ok


def test_opening_backs_up_a_changed_project_only_once(session: Session, clock: Clock) -> None:
    assert backups.back_up_if_due(session) is None  # just made
    clock.now += timedelta(hours=1)
    assert backups.back_up_if_due(session) is not None
    clock.now += timedelta(hours=1)
    assert backups.back_up_if_due(session) is None  # nothing changed
    move(session, "B")
    assert backups.back_up_if_due(session) is not None
    move(session, "A")
    assert backups.back_up_if_due(session) is None  # just now
    assert len(list_known_backups(session)) == 2


def test_the_first_backup_waits_ten_minutes_and_the_next_an_hour(
    session: Session, clock: Clock
) -> None:
    clock.now += timedelta(minutes=11)
    hour = timedelta(hours=1)
    assert backups.back_up_if_due(session, "every hour", interval=hour) is not None
    move(session, "B")
    clock.now += timedelta(minutes=11)
    assert backups.back_up_if_due(session, "every hour", interval=hour) is None
    clock.now += hour
    assert backups.back_up_if_due(session, "every hour", interval=hour) is not None


def test_a_restored_backup_is_a_new_project_equal_to_the_old(
    session: Session, tmp_path: Path
) -> None:
    move(session, "B")
    made = backups.back_up(session, "opened")
    move(session, "A")
    head = backups.restore_backup(made.file, tmp_path / "again.gpkg")
    assert head == storage.JournalHead(0, "")
    with storage.open(tmp_path / "again.gpkg") as again:
        assert again.project().plans["plan"].assignment["r1c2"] == "B"
        assert again.verify().ok
    with refused("file_exists"):
        backups.restore_backup(made.file, tmp_path / "again.gpkg")


def test_a_tampered_backup_is_not_restored(session: Session, tmp_path: Path) -> None:
    session.log(NewEntry("v1", "visit", "r1c1", None, START, {"status": "completed"}))
    made = backups.back_up(session, "opened")
    with closing(sqlite3.connect(made.file)) as connection:
        (text,) = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'journal_entry_delete'"
        ).fetchone()
        connection.execute("DROP TRIGGER journal_entry_delete")
        connection.execute("DELETE FROM journal_entry")
        connection.execute(text)
        connection.commit()
    with refused("not_whole.backup"):
        backups.restore_backup(made.file, tmp_path / "again.gpkg")
    assert not (tmp_path / "again.gpkg").exists()


def test_backups_of_a_file_are_found_when_the_file_is_gone(session: Session) -> None:
    made = backups.back_up(session, "opened")
    path = session.store.path
    assert path is not None
    session.close()
    path.unlink()
    assert backups.list_backups_of(path) == (made,)


def test_an_unwritable_backup_folder_is_reported(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "full"))
    with refused("cannot_write.backup"):
        backups.back_up(session, "opened")


def create_backup_at(at: datetime) -> Backup:
    return Backup(Path(f"{at:%Y%m%dT%H%M%S}"), at, "", "", "", (), 0, 0, 0, "", 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60 * 24 * 500), unique=True, max_size=80))
def test_ten_backups_and_one_a_day_and_one_a_week_are_kept(minutes: list[int]) -> None:
    now = START + timedelta(days=500)
    every = [create_backup_at(now - timedelta(minutes=ago)) for ago in minutes]
    kept = backups.select_backups_to_keep(every, now)
    ordered = sorted(every, key=lambda backup: backup.at, reverse=True)
    assert {backup.file for backup in ordered[:10]} <= kept
    for backup in ordered:
        days = (now - backup.at).days
        same_day = [one for one in ordered if one.at.date() == backup.at.date()]
        same_week = [
            one for one in ordered if one.at.isocalendar()[:2] == backup.at.isocalendar()[:2]
        ]
        if days < 30:
            assert kept & {one.file for one in same_day}
        if days < 52 * 7:
            assert kept & {one.file for one in same_week}
    assert len(kept) <= 10 + 31 + 53


def test_a_clock_set_back_deletes_no_backup() -> None:
    later = [create_backup_at(START + timedelta(minutes=step)) for step in range(20)]
    assert backups.select_backups_to_keep(later, START - timedelta(days=400)) == {
        one.file for one in later
    }
