"""Whatever can be read of a damaged file is shown and nothing else; the file is not changed."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from builders import create_store, refused
from storage_samples import AT, EDIT, LOG, move_site, project, start_process, to_plain, visit

from zoneplanner import storage
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

PAGE = 4096
SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def intact_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with a history, a correction and a journal of many pages."""
    path = tmp_path_factory.mktemp("whole") / "district.gpkg"
    with create_store(path, project(), actor="Officer A", at=AT) as store:
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        note = {"status": "completed", "note": "é" * 300}
        store.append_many([visit(f"v{n}", payload=note) for n in range(200)], **LOG)
        store.append(visit("long", payload={**note, "note": "x" * 9000}), **LOG)
        store.append(visit("again", payload=note, supersedes="v7"), **LOG)
    return path


def truncate_to(share: float) -> Callable[[bytes], bytes]:
    return lambda content: content[: int(len(content) * share)]


def overwrite_pages(first: int, last: int, with_what: bytes = b"\0") -> Callable[[bytes], bytes]:
    def overwrite(content: bytes) -> bytes:
        end = min(last, len(content))
        return content[:first] + with_what * (end - first) + content[end:]

    return overwrite


def zero_page(page: int) -> Callable[[bytes], bytes]:
    return overwrite_pages((page - 1) * PAGE, page * PAGE)


def read_recovered(path: Path) -> tuple[Project, list[JournalEntry], Sequence[Message]]:
    """Read everything that a window asks for from a file opened for reading only."""
    session = open_session(path, read_only=True, clock=lambda: AT)
    try:
        store = session.store
        store.log(), store.edits(), store.last_visits(), store.record("v7")
        assert not store.verify().ok
        return store.project(), store.entries(), store.notices
    finally:
        session.close()


DAMAGES = [
    *(
        pytest.param(truncate_to(share), id=f"cut at {share:.0%}")
        for share in (0.95, 0.9, 0.7, 0.5, 0.35)
    ),
    *(pytest.param(zero_page(page), id=f"page {page} zeroed") for page in (1, 2, 10, 15, 100, 120)),
    pytest.param(overwrite_pages(0, 100), id="header zeroed"),
    pytest.param(overwrite_pages(0, 512, b"\xff"), id="first sector overwritten"),
    pytest.param(overwrite_pages(70_000, 90_000, b"\x05"), id="pages that look like others"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_only_the_readable_part_of_a_damaged_file_is_shown(
    intact_file: Path, path: Path, damage: Callable[[bytes], bytes]
) -> None:
    with storage.open(intact_file, read_only=True) as store:
        there = store.project()
        entries = {entry.seq: asdict(entry) for entry in store.entries()}
    damaged = damage(intact_file.read_bytes())
    path.write_bytes(damaged)
    with refused("damaged.opens_read_only", opens="for reading only"):
        storage.open(path)
    left, kept, notices = read_recovered(path)
    assert notices[0].template == "recovered"
    counts = notices[0].facts["counts"]
    assert Message("readable.site", n=len(left.sites)) in counts
    head = {"n": len(kept), "last": kept[-1].seq, "hash": kept[-1].hash} if kept else {}
    assert counts[-1] == (
        Message("readable.journal", **head) if kept else Message("readable.journal_entry", n=0)
    )
    assert {entry.seq: asdict(entry) for entry in kept}.items() <= entries.items()
    assert to_plain(left.sites).items() <= to_plain(there.sites).items()
    assert left.plans.keys() <= there.plans.keys()
    for plan in left.plans.values():
        was = there.plans[plan.uid]
        assert plan.assignment.items() <= was.assignment.items()
        assert plan.assignment.keys() <= left.sites.keys()
    assert path.read_bytes() == damaged
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_lost_page_loses_only_its_own_rows(intact_file: Path, path: Path) -> None:
    """Even the root page of the journal, because each entry proves itself."""
    with closing(sqlite3.connect(intact_file)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'journal_entry'"
        ).fetchone()
        leaf = "SELECT max(pageno) FROM dbstat WHERE name = 'journal_entry' AND pagetype = 'leaf'"
        (last,) = connection.execute(leaf).fetchone()
    path.write_bytes(zero_page(root)(intact_file.read_bytes()))
    assert [entry.seq for entry in read_recovered(path)[1]] == list(range(1, 203))
    path.write_bytes(zero_page(last)(intact_file.read_bytes()))
    assert 190 <= len(read_recovered(path)[1]) < 202


def test_entries_only_in_the_log_of_a_crash_are_recovered(intact_file: Path, path: Path) -> None:
    """As after QGIS switched the file to write-ahead mode."""
    path.write_bytes(intact_file.read_bytes())
    code = (
        "import os, sqlite3, sys; from pathlib import Path; from datetime import UTC, datetime;"
        " from zoneplanner import storage; from zoneplanner.domain.log.journal import NewEntry;"
        " at = datetime(2026, 11, 16, tzinfo=UTC); store = storage.open(Path(sys.argv[1]));"
        " sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL');"
        " new = NewEntry('new', 'visit', 'a', None, at, {});"
        " store.append(new, actor='Officer A', desk='desk 1', now=at); os.kill(os.getpid(), 9)"
    )
    start_process(code, path)
    assert path.with_name("district.gpkg-wal").exists()
    path.write_bytes(truncate_to(0.9)(path.read_bytes()))
    assert read_recovered(path)[1][-1].uid == "new"


@pytest.mark.parametrize("version", [1, 2])
def test_a_damaged_file_of_an_earlier_version_is_recovered(path: Path, version: int) -> None:
    sample = (SAMPLES / f"version_{version}.gpkg").read_bytes()
    with storage.open(SAMPLES / f"version_{version}.gpkg", read_only=True) as store:
        there = store.project()
    path.write_bytes(truncate_to(0.9)(sample))
    assert to_plain(read_recovered(path)[0].sites) == to_plain(there.sites)


@pytest.mark.parametrize("damage", [truncate_to(0.02), overwrite_pages(0, 10**9, b"\xff")])
def test_a_file_with_nothing_left_is_reported(
    intact_file: Path, path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path.write_bytes(damage(intact_file.read_bytes()))
    for read_only in (True, False):
        with pytest.raises(UserError) as caught:
            storage.open(path, read_only=read_only)
        assert caught.value.template in ("damaged", "damaged.not_a_database")
        assert "opens" not in caught.value.details


def test_recovered_data_can_be_saved_as_a_new_file(
    intact_file: Path, path: Path, tmp_path: Path
) -> None:
    path.write_bytes(truncate_to(0.9)(intact_file.read_bytes()))
    with storage.open(path, read_only=True) as store:
        head = store.backup(tmp_path / "saved.gpkg")
        assert head == store.head()
    with storage.open(tmp_path / "saved.gpkg") as again:
        assert to_plain(again.project().sites) == to_plain(project().sites)


def zero_root_page(intact_file: Path, table: str) -> bytes:
    """Zero the root page of a table."""
    with closing(sqlite3.connect(intact_file)) as connection:
        root = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        (page,) = connection.execute(root, (table,)).fetchone()
    return zero_page(page)(intact_file.read_bytes())


def test_a_recovered_copy_without_history_begins_a_new_one(
    intact_file: Path, path: Path, tmp_path: Path
) -> None:
    path.write_bytes(zero_root_page(intact_file, "edit"))
    with storage.open(path, read_only=True) as store:
        assert Message("readable.edit", n=0) in store.notices[0].facts["counts"]
        assert store.notices[1] == Message("recovered.lost", lost=[Message("lost.edit")])
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
def test_derived_tables_are_rebuilt_in_the_recovered_copy(
    intact_file: Path, path: Path, tmp_path: Path, table: str
) -> None:
    path.write_bytes(zero_root_page(intact_file, table))
    with storage.open(path, read_only=True) as store:
        lost = table == "layer_styles"
        others = (Message("recovered.lost", lost=[Message("lost", n=1)]),) if lost else ()
        assert store.notices[1:] == others
        store.backup(tmp_path / "saved.gpkg")
    with storage.open(tmp_path / "saved.gpkg") as saved:
        assert saved.verify().findings == ()
        assert to_plain(saved.project().sites) == to_plain(move_site(project(), "a", "S2").sites)
