"""What goes wrong around a file: damage, a full disk, no permission, a file that is gone."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import refused
from storage_samples import (
    AT,
    EDIT,
    LOG,
    another_process,
    full_disk,
    moved,
    plain,
    project,
    site,
    visit,
)

from zoneplanner import storage
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError


@pytest.fixture
def logged(path: Path) -> Path:
    """A closed project with many entries and a history."""
    with storage.create(path, project(), actor="Officer A", at=AT) as store:
        before = store.project()
        store.save(before, moved(before, "a", "S2"), label="Move", **EDIT)
        note = {"status": "completed", "note": "x" * 500}
        store.append_many([visit(f"v{n}", payload=note) for n in range(100)], **LOG)
    return path


def overwrite(path: Path, table: str, *, leaf: bool) -> None:
    """Destroy the root page of a table, or a page in its middle."""
    with closing(sqlite3.connect(path)) as connection:
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        query = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        (page,) = connection.execute(query, (table,)).fetchone()
        if leaf:
            pages = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path"
            found = [row[0] for row in connection.execute(pages, (table,))]
            page = found[len(found) // 2]
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)


def test_a_damaged_file_is_not_written_to_and_opens_for_reading_only(logged: Path) -> None:
    overwrite(logged, "block", leaf=False)
    with pytest.raises(UserError, match="open it read-only to see what is left") as caught:
        storage.open(logged)
    assert caught.value.details["opens"] == "for reading only"
    with storage.open(logged, read_only=True) as store:
        assert "is damaged; the readable part is shown" in store.notice
        left = store.project()
        assert left.blocks == {}
        assert plain(left.sites) == plain(project().sites)
        assert len(store.entries()) == 100


def test_of_a_damaged_journal_the_entries_before_and_after_are_read(logged: Path) -> None:
    overwrite(logged, "journal_entry", leaf=True)
    with storage.open(logged, read_only=True) as store:
        left = [entry.seq for entry in store.entries()]
        assert (left[0], left[-1]) == (1, 100)
        assert 60 < len(left) < 100
        assert store.head().entries == 100
        assert len(store.log().visits) == len(left)
        assert not store.verify().ok
        Session(store, actor="Officer A", desk="desk 1", clock=lambda: AT)


def test_plans_of_a_damaged_file_hold_only_sites_that_are_left(logged: Path) -> None:
    overwrite(logged, "site", leaf=False)
    with storage.open(logged, read_only=True) as store:
        left = store.project()
        assert left.sites == {}
        assert left.plans["plan-1"].assignment == {}


def test_a_journal_whose_end_does_not_follow_is_told_at_opening(logged: Path) -> None:
    with closing(sqlite3.connect(logged)) as connection:
        query = "SELECT sql FROM sqlite_schema WHERE name = 'journal_entry_update'"
        (trigger,) = connection.execute(query).fetchone()
        connection.execute("DROP TRIGGER journal_entry_update")
        connection.execute("UPDATE journal_entry SET actor = 'Officer B' WHERE seq = 95")
        connection.execute(trigger)
        connection.commit()
    with storage.open(logged) as store:
        assert "Journal entry 95 was changed after it was recorded. Run verify" in store.notice


Change = Callable[[storage.Store], object]


def save(store: storage.Store) -> None:
    before = store.project()
    store.save(before, before.with_site(site("a", note="gate B" * 3000)), label="Note", **EDIT)


def log(store: storage.Store) -> None:
    note = {"status": "completed", "note": "x" * 9000}
    store.append_many([visit(f"w{n}", payload=note) for n in range(3)], **LOG)


@pytest.mark.parametrize("change", [save, log])
def test_a_disk_that_fills_up_at_any_write_leaves_all_as_before_or_as_after(
    logged: Path, tmp_path: Path, change: Change
) -> None:
    def state(path: Path) -> Any:
        with storage.open(path) as store:
            assert store.verify().ok
            return plain(store.project()), store.head(), len(store.edits())

    before, start = state(logged), logged.stat().st_size
    whole = Path(shutil.copy(logged, tmp_path / "whole.gpkg"))
    with storage.open(whole) as store:
        change(store)
    after = state(whole)
    refused = 0
    for room in range(0, 160_000, 8_000):
        tried = Path(shutil.copy(logged, tmp_path / f"tried-{room}.gpkg"))
        done = True
        with storage.open(tried) as store:
            try:
                with full_disk(max(room, 512) if room < start else room):
                    change(store)
            except UserError as error:
                done = False
                refused += 1
                assert "nothing was changed" in error.message
        assert state(tried) == (after if done else before)
    assert refused > 0


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file in its place")
def test_a_file_that_was_replaced_takes_nothing_any_more(logged: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(logged, tmp_path / "other.gpkg"))
    with storage.open(logged) as store:
        before = store.project()
        other.replace(logged)
        with refused("stale_file.replaced"):
            store.save(before, moved(before, "b", "S1"), label="Move", **EDIT)
        with refused("stale_file.replaced"):
            store.append(visit("new"), **LOG)
        with refused("stale_file.replaced"):
            store.data_version()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file in its place")
def test_a_file_whose_drive_is_gone_takes_nothing_and_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    drive, away = tmp_path / "drive", tmp_path / "away"
    drive.mkdir()
    with storage.create(drive / "p.gpkg", project(), actor="Officer A", at=AT) as store:
        drive.rename(away)
        with refused("stale_file.gone"):
            store.append(visit("v1"), **LOG)
        away.rename(drive)
        assert store.append(visit("v1"), **LOG).seq == 1


def test_permission_that_is_lost_is_told_in_one_sentence(logged: Path) -> None:
    """As root nobody loses permission, so the file is taken for reading only by a pragma."""
    with storage.open(logged) as store:
        before = store.project()
        with store._backend.bare() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(UserError, match="You may not write to"):
            store.save(before, moved(before, "b", "S1"), label="Move", **EDIT)
        with store._backend.bare() as connection:
            connection.exec_driver_sql("PRAGMA query_only=OFF")
        assert plain(store.project()) == plain(before)


def test_a_clock_that_was_set_back_does_no_harm(logged: Path) -> None:
    early = {**LOG, "now": AT - timedelta(days=400)}
    with storage.open(logged) as store:
        head = store.head()
        kept = store.append(visit("early"), **early)
        before = store.project()
        store.save(
            before,
            moved(before, "b", "S1"),
            label="Move",
            actor="Officer A",
            at=AT - timedelta(days=400),
        )
        assert (kept.seq, kept.prev_hash) == (101, head.hash)
        assert store.verify(anchor=head).ok
        assert [edit.label for edit in store.edits()][-1] == "Move"


def test_windows_on_one_file_know_of_each_other_and_leave_nothing(logged: Path) -> None:
    here = open_session(logged, stays=True)
    first = here.store.list_present_desks()
    there = open_session(logged, stays=True)
    assert there.store.list_present_desks() == [*first, there.store.list_present_desks()[-1]]
    assert len(here.store.list_present_desks()) == 2
    reader = open_session(logged, read_only=True, stays=True)
    assert reader.store.list_present_desks() == []
    there.close()
    assert here.store.list_present_desks() == first
    reader.close()
    here.close()
    assert list(logged.parent.iterdir()) == [logged]


def test_a_window_that_was_killed_is_not_counted_and_one_elsewhere_not_for_long(
    logged: Path,
) -> None:
    code = (
        "import os, sys; from pathlib import Path;"
        " from zoneplanner.app.projects.open_project import open_session;"
        " open_session(Path(sys.argv[1]), stays=True).store.list_present_desks();"
        " os.kill(os.getpid(), 9)"
    )
    another_process(code, logged)
    [killed] = logged.parent.glob(".*.desk")
    host, _, process = killed.name.rpartition("-")[0].rpartition("-")
    assert process.isdigit()
    left = killed.with_name(f"{host[:-6]}000000-{process}-01234567.desk")  # of another machine
    left.write_bytes(killed.read_bytes())
    session = open_session(logged, stays=True)
    assert len(session.store.list_present_desks()) == 2
    assert not killed.exists()
    long_ago = left.stat().st_mtime - 200
    os.utime(left, (long_ago, long_ago))
    assert len(session.store.list_present_desks()) == 1
    assert not left.exists()
    session.close()
