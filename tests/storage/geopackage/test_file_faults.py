"""File faults: damage, a full disk, lost permission, a missing file."""

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
    full_disk,
    move_site,
    project,
    site,
    start_process,
    to_plain,
    visit,
)

from zoneplanner import storage
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


@pytest.fixture
def logged_file(path: Path) -> Path:
    """A closed project file with many entries and a history."""
    with storage.create(path, project(), actor="Officer A", at=AT) as store:
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        note = {"status": "completed", "note": "x" * 500}
        store.append_many([visit(f"v{n}", payload=note) for n in range(100)], **LOG)
    return path


def overwrite_page(path: Path, table: str, *, leaf: bool) -> None:
    """Overwrite the root page of a table, or a page in its middle."""
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


def test_a_damaged_file_opens_for_reading_only(logged_file: Path) -> None:
    overwrite_page(logged_file, "block", leaf=False)
    with refused("damaged.opens_read_only", opens="for reading only"):
        storage.open(logged_file)
    with storage.open(logged_file, read_only=True) as store:
        assert [notice.template for notice in store.notices] == ["recovered", "recovered.lost"]
        assert store.notices[1].facts["lost"] == [Message("lost", n=2)]
        left = store.project()
        assert left.blocks == {}
        assert to_plain(left.sites) == to_plain(project().sites)
        assert len(store.entries()) == 100


def test_entries_before_and_after_journal_damage_are_read(logged_file: Path) -> None:
    overwrite_page(logged_file, "journal_entry", leaf=True)
    with storage.open(logged_file, read_only=True) as store:
        left = [entry.seq for entry in store.entries()]
        assert (left[0], left[-1]) == (1, 100)
        assert 60 < len(left) < 100
        assert store.head().entries == 100
        assert len(store.log().visits) == len(left)
        assert not store.verify().ok
        Session(store, actor="Officer A", desk="desk 1", clock=lambda: AT)


def test_plans_of_a_damaged_file_contain_only_remaining_sites(logged_file: Path) -> None:
    overwrite_page(logged_file, "site", leaf=False)
    with storage.open(logged_file, read_only=True) as store:
        left = store.project()
        assert left.sites == {}
        assert left.plans["plan-1"].assignment == {}


def test_a_broken_journal_chain_is_reported_at_opening(logged_file: Path) -> None:
    with closing(sqlite3.connect(logged_file)) as connection:
        query = "SELECT sql FROM sqlite_schema WHERE name = 'journal_entry_update'"
        (trigger,) = connection.execute(query).fetchone()
        connection.execute("DROP TRIGGER journal_entry_update")
        connection.execute("UPDATE journal_entry SET actor = 'Officer B' WHERE seq = 95")
        connection.execute(trigger)
        connection.commit()
    with storage.open(logged_file) as store:
        problem = Message("chain.entry_changed", seq=95)
        assert store.notices == (problem, Message("verify_advised"))


Change = Callable[[storage.Store], object]


def save_move(store: storage.Store) -> None:
    before = store.project()
    store.save(before, before.with_site(site("a", note="gate B" * 3000)), label="Note", **EDIT)


def log_visit(store: storage.Store) -> None:
    note = {"status": "completed", "note": "x" * 9000}
    store.append_many([visit(f"w{n}", payload=note) for n in range(3)], **LOG)


@pytest.mark.parametrize("change", [save_move, log_visit])
def test_a_disk_that_fills_up_at_any_write_leaves_the_old_or_the_new_state(
    logged_file: Path, tmp_path: Path, change: Change
) -> None:
    def read_state(path: Path) -> Any:
        with storage.open(path) as store:
            assert store.verify().ok
            return to_plain(store.project()), store.head(), len(store.edits())

    before, start = read_state(logged_file), logged_file.stat().st_size
    whole = Path(shutil.copy(logged_file, tmp_path / "whole.gpkg"))
    with storage.open(whole) as store:
        change(store)
    after = read_state(whole)
    refused = 0
    for room in range(0, 160_000, 8_000):
        tried = Path(shutil.copy(logged_file, tmp_path / f"tried-{room}.gpkg"))
        done = True
        with storage.open(tried) as store:
            try:
                with full_disk(max(room, 512) if room < start else room):
                    change(store)
            except UserError as error:
                done = False
                refused += 1
                assert error.template in ("disk_full", "disk_failed")
        assert read_state(tried) == (after if done else before)
    assert refused > 0


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file in its place")
def test_nothing_is_written_to_a_replaced_file(logged_file: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(logged_file, tmp_path / "other.gpkg"))
    with storage.open(logged_file) as store:
        before = store.project()
        other.replace(logged_file)
        with refused("stale_file.replaced"):
            store.save(before, move_site(before, "b", "S1"), label="Move", **EDIT)
        with refused("stale_file.replaced"):
            store.append(visit("new"), **LOG)
        with refused("stale_file.replaced"):
            store.data_version()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file in its place")
def test_writing_resumes_when_a_missing_drive_returns(
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


def test_lost_permission_is_reported(logged_file: Path) -> None:
    """Root never loses permission, so a pragma makes the file read-only."""
    with storage.open(logged_file) as store:
        before = store.project()
        with store._backend.bare() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
        with refused("cannot_write"):
            store.save(before, move_site(before, "b", "S1"), label="Move", **EDIT)
        with store._backend.bare() as connection:
            connection.exec_driver_sql("PRAGMA query_only=OFF")
        assert to_plain(store.project()) == to_plain(before)


def test_setting_the_clock_back_does_no_harm(logged_file: Path) -> None:
    early = {**LOG, "now": AT - timedelta(days=400)}
    with storage.open(logged_file) as store:
        head = store.head()
        kept = store.append(visit("early"), **early)
        before = store.project()
        store.save(
            before,
            move_site(before, "b", "S1"),
            label="Move",
            actor="Officer A",
            at=AT - timedelta(days=400),
        )
        assert (kept.seq, kept.prev_hash) == (101, head.hash)
        assert store.verify(anchor=head).ok
        assert [edit.label for edit in store.edits()][-1] == "Move"


def test_windows_on_one_file_see_each_other_and_leave_no_trace(logged_file: Path) -> None:
    here = open_session(logged_file, stays=True)
    first = here.store.list_present_desks()
    there = open_session(logged_file, stays=True)
    assert there.store.list_present_desks() == [*first, there.store.list_present_desks()[-1]]
    assert len(here.store.list_present_desks()) == 2
    reader = open_session(logged_file, read_only=True, stays=True)
    assert reader.store.list_present_desks() == []
    there.close()
    assert here.store.list_present_desks() == first
    reader.close()
    here.close()
    assert list(logged_file.parent.iterdir()) == [logged_file]


def test_killed_windows_are_not_counted_and_remote_ones_expire(
    logged_file: Path,
) -> None:
    code = (
        "import os, sys; from pathlib import Path;"
        " from zoneplanner.app.projects.open_project import open_session;"
        " open_session(Path(sys.argv[1]), stays=True).store.list_present_desks();"
        " os.kill(os.getpid(), 9)"
    )
    start_process(code, logged_file)
    [killed] = logged_file.parent.glob(".*.desk")
    host, _, process = killed.name.rpartition("-")[0].rpartition("-")
    assert process.isdigit()
    left = killed.with_name(f"{host[:-6]}000000-{process}-01234567.desk")  # from another machine
    left.write_bytes(killed.read_bytes())
    session = open_session(logged_file, stays=True)
    assert len(session.store.list_present_desks()) == 2
    assert not killed.exists()
    long_ago = left.stat().st_mtime - 200
    os.utime(left, (long_ago, long_ago))
    assert len(session.store.list_present_desks()) == 1
    assert not left.exists()
    session.close()
