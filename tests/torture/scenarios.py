"""Actions to try on a failing disk; each reports what it did and what was refused."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from storage_samples import AT, EDIT, LOG, move_site, project, to_plain, visit
from sweep import Say, Scenario

from zoneplanner import storage
from zoneplanner.app.exports.atomic_files import write_files_atomically
from zoneplanner.app.projects import backups
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError
from zoneplanner.storage.postgres.outbox import Outbox

SAMPLE = Path(__file__).parents[1] / "storage" / "samples" / "version_1.gpkg"
_OLD, _NEW = b"old " * 5000, b"new!" * 7000
_MOVES = {"a": "S2", "b": "S1", "c": "S1"}
_PAGES = ("index.html", "data/sites.csv", "map/tiles.js", "atlas.pdf")


def _project_file(folder: Path) -> Path:
    return folder / "p.gpkg"


def _make_project(folder: Path) -> None:
    with storage.create(_project_file(folder), project(), actor="Officer A", at=AT) as store:
        store.append_many([visit(f"before-{n}") for n in range(40)], **LOG)


def _attempt(say: Say, what: str, work: Callable[[], object]) -> bool:
    """Run an action; report that it is done or why it was refused."""
    try:
        work()
    except UserError as error:
        say(f"refused {what} {error.template}")
        return False
    say(f"done {what}")
    return True


def _list_named(said: list[str], begins: str) -> list[str]:
    return [line.split()[1] for line in said if line.startswith(begins)]


@contextmanager
def _open_intact_project(folder: Path) -> Iterator[storage.Store]:
    with storage.open(_project_file(folder)) as store:
        found = store.verify()
        assert found.ok, found.findings
        yield store


def _append(folder: Path, say: Say) -> None:
    with storage.open(_project_file(folder)) as store:
        for number in range(4):
            entry = visit(f"v{number}")
            _attempt(say, entry.uid, partial(store.append, entry, **LOG))


def _check_append(folder: Path, said: list[str]) -> None:
    with _open_intact_project(folder) as store:
        kept = [entry.uid for entry in store.entries()][40:]
        assert set(_list_named(said, "done ")) <= set(kept)
        assert not set(_list_named(said, "refused ")) & set(kept), "refused, and there all the same"
        assert len(kept) <= len(_list_named(said, "done ")) + 1
        store.append(visit("after"), **LOG)


def _save(folder: Path, say: Say) -> None:
    with storage.open(_project_file(folder)) as store:
        now = store.project()
        for site, zone in _MOVES.items():
            after = move_site(now, site, zone)
            if _attempt(say, site, partial(store.save, now, after, label=site, **EDIT)):
                now = after


def _check_save(folder: Path, said: list[str]) -> None:
    with _open_intact_project(folder) as store:
        now, edits = store.project(), store.edits()[1:]
        labels, done = [edit.label for edit in edits], _list_named(said, "done ")
        assert labels[: len(done)] == done
        assert len(labels) - len(done) <= 1
        assert not set(_list_named(said, "refused ")) & set(labels), (
            "refused, and there all the same"
        )
        led = {"a": "S1", "b": "S2", "c": "S2"} | {site: _MOVES[site] for site in labels}
        assert now.plans["plan-1"].assignment == led
        store.rewind(now, [edit.seq for edit in reversed(edits)])
        store.save(
            now, move_site(now, "a", "S2" if led["a"] == "S1" else "S1"), label="after", **EDIT
        )


def _import(folder: Path, say: Say) -> None:
    with storage.open(_project_file(folder)) as store:
        session = Session(store, actor="Officer A", desk="desk 1", clock=lambda: AT)
        many = [visit(f"i{number}") for number in range(300)]
        _attempt(say, "import", lambda: session.log_many(many))


def _check_import(folder: Path, said: list[str]) -> None:
    with _open_intact_project(folder) as store:
        kept = len(store.entries()) - 40
        if "done import" in said:
            assert kept == 300
        elif "refused import disk_failed" in said:
            assert kept == 0, "refused, and there all the same"
        else:  # saved, although it could not be read back
            assert kept in (0, 300)


def _prepare_handout(folder: Path) -> None:
    write_files_atomically(folder / "handout", dict.fromkeys(_PAGES, _OLD))


def _publish(folder: Path, say: Say) -> None:
    _attempt(
        say,
        "publish",
        lambda: write_files_atomically(folder / "handout", dict.fromkeys(_PAGES, _NEW)),
    )


def _check_publish(folder: Path, said: list[str]) -> None:
    found = [(folder / "handout" / name).read_bytes() for name in _PAGES]
    assert set(found) <= {_OLD, _NEW}, [len(one) for one in found]
    if "done publish" in said:
        assert set(found) == {_NEW}


def _prepare_old(folder: Path) -> None:
    shutil.copy(SAMPLE, _project_file(folder))


def _migrate(folder: Path, say: Say) -> None:
    with storage.open(_project_file(folder)) as store:
        say("done migrate")
        site = next(iter(store.project().sites))
        entry = visit("v", site, unit=None)
        _attempt(say, "v", lambda: store.append(entry, **LOG))


def _check_migrate(folder: Path, said: list[str]) -> None:
    with storage.open(SAMPLE, read_only=True) as sample:
        was, entries = to_plain(sample.project()), [entry.hash for entry in sample.entries()]
    with storage.open(_project_file(folder), read_only=True) as store:
        if "done migrate" in said:
            assert store.schema_version == storage.SCHEMA_VERSION
    with _open_intact_project(folder) as store:
        assert to_plain(store.project()) == was
        kept = store.entries()
        assert [entry.hash for entry in kept][: len(entries)] == entries
        assert len(kept) == len(entries) + 1 or "done v" not in said


def _open_session(folder: Path) -> Session:
    store = storage.open(_project_file(folder))
    return Session(store, actor="Officer A", desk="desk 1", clock=lambda: datetime.now(UTC))


def _back_up(folder: Path, say: Say) -> None:
    session = _open_session(folder)
    _attempt(say, "backup", lambda: backups.back_up(session, "asked"))
    session.close()


def _check_backup(folder: Path, said: list[str]) -> None:
    with _open_intact_project(folder) as store:
        head = store.head()
    known = backups.list_backups_of(_project_file(folder))
    if "done backup" in said:
        assert len(known) == 1
    for number, one in enumerate(known):
        assert backups.restore_backup(one.file, folder / f"restored-{number}.gpkg") == head


def _log_offline(folder: Path, say: Say) -> None:
    box = Outbox(folder / "box" / "out.sqlite")
    for number in range(4):
        entry = visit(f"v{number}")
        _attempt(say, entry.uid, partial(box.put, [entry]))
    _attempt(say, "sent", lambda: box.remove_sent(["v0"]))


def _check_outbox(folder: Path, said: list[str]) -> None:
    box = Outbox(folder / "box" / "out.sqlite")
    kept = {entry.uid for entry in box.waiting()}
    done = set(_list_named(said, "done "))
    assert done - {"sent", "v0"} <= kept
    if "v3" not in done and not _list_named(said, "refused "):
        assert "v0" in kept or "v0" not in done
    if "sent" in done:
        assert "v0" not in kept
    box.put([visit("after")])


def _prepare_share(cluster: Any, folder: Path) -> None:
    _make_project(folder)


def _share(cluster: Any, folder: Path, say: Say) -> None:
    schema = f"torture_{datetime.now(UTC):%H%M%S%f}"
    (folder.parent / "schema").write_text(json.dumps(schema))
    cluster.give_roles(schema)
    with storage.open(_project_file(folder)) as store:
        address = cluster.address("owner", schema)
        who: dict[str, Any] = {"actor": "Officer A", "at": AT}
        _attempt(say, "share", lambda: store.share_for_good(address, **who))


def _check_share(cluster: Any, folder: Path, said: list[str]) -> None:
    """After an interruption, sharing again puts everything on the server and keeps a copy here."""
    address = cluster.address("owner", json.loads((folder.parent / "schema").read_text()))
    with storage.open(_project_file(folder), read_only=True) as store:
        head, shared = store.head(), bool(store.shared_to)
        assert store.verify().ok
    assert shared or "done share" not in said
    if not shared:
        with storage.open(_project_file(folder)) as store:
            store.share_for_good(address, actor="Officer A", at=AT)
            assert store.shared_to
    with storage.open(address) as there:
        assert there.verify().ok
        assert there.head() == head


def list_scenarios(cluster: Any) -> Iterator[Scenario]:
    """Yield the scenarios; sharing only if there is a server."""
    yield Scenario("append", _make_project, _append, _check_append)
    yield Scenario("save", _make_project, _save, _check_save)
    yield Scenario("import", _make_project, _import, _check_import)
    yield Scenario("publish", _prepare_handout, _publish, _check_publish)
    yield Scenario("migrate", _prepare_old, _migrate, _check_migrate)
    yield Scenario("backup", _make_project, _back_up, _check_backup)
    yield Scenario("outbox", lambda folder: None, _log_offline, _check_outbox)
    if cluster is not None:
        share = (partial(one, cluster) for one in (_prepare_share, _share, _check_share))
        yield Scenario("share", *share, needs_server=True)
