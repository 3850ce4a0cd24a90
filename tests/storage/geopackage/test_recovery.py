"""Of a damaged file all is shown that can be read, and nothing else; the file stays as it is."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from builders import create_store, refused
from storage_samples import AT, EDIT, LOG, another_process, moved, plain, project, visit

from zoneplanner import storage
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

PAGE = 4096
SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with a history, a correction and a journal over many pages."""
    path = tmp_path_factory.mktemp("whole") / "district.gpkg"
    with create_store(path, project(), actor="Officer A", at=AT) as store:
        before = store.project()
        store.save(before, moved(before, "a", "S2"), label="Move", **EDIT)
        note = {"status": "completed", "note": "é" * 300}
        store.append_many([visit(f"v{n}", payload=note) for n in range(200)], **LOG)
        store.append(visit("long", payload={**note, "note": "x" * 9000}), **LOG)
        store.append(visit("again", payload=note, supersedes="v7"), **LOG)
    return path


def cut(share: float) -> Callable[[bytes], bytes]:
    return lambda content: content[: int(len(content) * share)]


def overwritten(first: int, last: int, with_what: bytes = b"\0") -> Callable[[bytes], bytes]:
    def overwrite(content: bytes) -> bytes:
        end = min(last, len(content))
        return content[:first] + with_what * (end - first) + content[end:]

    return overwrite


def zeroed(page: int) -> Callable[[bytes], bytes]:
    return overwritten((page - 1) * PAGE, page * PAGE)


def read(path: Path) -> tuple[Project, list[JournalEntry], str]:
    """What a file opened for reading only shows; everything that a window asks for can be asked."""
    session = open_session(path, read_only=True, clock=lambda: AT)
    try:
        store = session.store
        store.log(), store.edits(), store.last_visits(), store.record("v7")
        assert not store.verify().ok
        return store.project(), store.entries(), store.notice
    finally:
        session.close()


DAMAGES = [
    *(pytest.param(cut(share), id=f"cut at {share:.0%}") for share in (0.95, 0.9, 0.7, 0.5, 0.35)),
    *(pytest.param(zeroed(page), id=f"page {page} zeroed") for page in (1, 2, 10, 15, 100, 120)),
    pytest.param(overwritten(0, 100), id="header zeroed"),
    pytest.param(overwritten(0, 512, b"\xff"), id="first sector overwritten"),
    pytest.param(overwritten(70_000, 90_000, b"\x05"), id="pages that look like others"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_left_of_a_damaged_file_is_shown_and_nothing_else(
    whole: Path, path: Path, damage: Callable[[bytes], bytes]
) -> None:
    with storage.open(whole, read_only=True) as store:
        there = store.project()
        entries = {entry.seq: asdict(entry) for entry in store.entries()}
    damaged = damage(whole.read_bytes())
    path.write_bytes(damaged)
    with refused("damaged.opens_read_only", opens="for reading only"):
        storage.open(path)
    left, kept, notice = read(path)
    assert "is damaged; the readable part is shown" in notice
    assert f"{len(left.sites)} sites, " in notice
    assert f"{len(kept)} journal entries" in notice
    if kept:
        assert f"the last is number {kept[-1].seq}, with the hash {kept[-1].hash[:12]}" in notice
    assert {entry.seq: asdict(entry) for entry in kept}.items() <= entries.items()
    assert plain(left.sites).items() <= plain(there.sites).items()
    assert left.plans.keys() <= there.plans.keys()
    for plan in left.plans.values():
        was = there.plans[plan.uid]
        assert plan.assignment.items() <= was.assignment.items()
        assert plan.assignment.keys() <= left.sites.keys()
    assert path.read_bytes() == damaged
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_one_lost_page_costs_the_rows_on_it_and_no_others(whole: Path, path: Path) -> None:
    """Also the page on which the tree of the journal begins: each entry proves itself."""
    with closing(sqlite3.connect(whole)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'journal_entry'"
        ).fetchone()
        leaf = "SELECT max(pageno) FROM dbstat WHERE name = 'journal_entry' AND pagetype = 'leaf'"
        (last,) = connection.execute(leaf).fetchone()
    path.write_bytes(zeroed(root)(whole.read_bytes()))
    assert [entry.seq for entry in read(path)[1]] == list(range(1, 203))
    path.write_bytes(zeroed(last)(whole.read_bytes()))
    assert 190 <= len(read(path)[1]) < 202


def test_entries_that_only_the_log_of_a_crash_holds_are_saved(whole: Path, path: Path) -> None:
    """As where QGIS had put the file into write-ahead mode."""
    path.write_bytes(whole.read_bytes())
    code = (
        "import os, sqlite3, sys; from pathlib import Path; from datetime import UTC, datetime;"
        " from zoneplanner import storage; from zoneplanner.domain.log.journal import NewEntry;"
        " at = datetime(2026, 11, 16, tzinfo=UTC); store = storage.open(Path(sys.argv[1]));"
        " sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL');"
        " new = NewEntry('new', 'visit', 'a', None, at, {});"
        " store.append(new, actor='Officer A', desk='desk 1', now=at); os.kill(os.getpid(), 9)"
    )
    another_process(code, path)
    assert path.with_name("district.gpkg-wal").exists()
    path.write_bytes(cut(0.9)(path.read_bytes()))
    assert read(path)[1][-1].uid == "new"


@pytest.mark.parametrize("version", [1, 2])
def test_a_damaged_file_of_an_earlier_version_is_shown_too(path: Path, version: int) -> None:
    sample = (SAMPLES / f"version_{version}.gpkg").read_bytes()
    with storage.open(SAMPLES / f"version_{version}.gpkg", read_only=True) as store:
        there = store.project()
    path.write_bytes(cut(0.9)(sample))
    assert plain(read(path)[0].sites) == plain(there.sites)


@pytest.mark.parametrize("damage", [cut(0.02), overwritten(0, 10**9, b"\xff")])
def test_of_a_file_in_which_nothing_is_left_that_is_said(
    whole: Path, path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path.write_bytes(damage(whole.read_bytes()))
    for read_only in (True, False):
        with pytest.raises(UserError) as caught:
            storage.open(path, read_only=read_only)
        assert caught.value.message.endswith((".",))
        assert "opens" not in caught.value.details


def test_what_was_saved_can_be_kept_as_a_file_of_its_own(
    whole: Path, path: Path, tmp_path: Path
) -> None:
    path.write_bytes(cut(0.9)(whole.read_bytes()))
    with storage.open(path, read_only=True) as store:
        head = store.backup(tmp_path / "saved.gpkg")
        assert head == store.head()
    with storage.open(tmp_path / "saved.gpkg") as again:
        assert plain(again.project().sites) == plain(project().sites)


def zeroed_root(whole: Path, table: str) -> bytes:
    """A project whose page is lost on which a table begins."""
    with closing(sqlite3.connect(whole)) as connection:
        root = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        (page,) = connection.execute(root, (table,)).fetchone()
    return zeroed(page)(whole.read_bytes())


def test_a_saved_copy_without_its_history_begins_one_and_can_be_worked_with(
    whole: Path, path: Path, tmp_path: Path
) -> None:
    path.write_bytes(zeroed_root(whole, "edit"))
    with storage.open(path, read_only=True) as store:
        assert "0 steps in the history" in store.notice
        head = store.backup(tmp_path / "saved.gpkg")
    with storage.open(tmp_path / "saved.gpkg") as saved:
        assert saved.verify().findings == ()
        assert (saved.head(), len(saved.edits())) == (head, 1)
        saved.append(visit("next"), **LOG)


@pytest.mark.parametrize(
    "table",
    [
        *("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"),
        *("site_figure", "zone_figure", "layer_styles"),
    ],
)
def test_what_can_be_made_anew_is_not_lost_and_the_saved_copy_is_whole(
    whole: Path, path: Path, tmp_path: Path, table: str
) -> None:
    path.write_bytes(zeroed_root(whole, table))
    with storage.open(path, read_only=True) as store:
        lost = table == "layer_styles"
        assert store.notice.endswith(" 1 other table." if lost else "…).")
        store.backup(tmp_path / "saved.gpkg")
    with storage.open(tmp_path / "saved.gpkg") as saved:
        assert saved.verify().findings == ()
        assert plain(saved.project().sites) == plain(moved(project(), "a", "S2").sites)
