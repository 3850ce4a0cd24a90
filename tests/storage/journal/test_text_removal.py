"""Free text is removed permanently and the chain stays intact, in a file and on a server."""

import json
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from builders import refused, run_behind_guards
from cluster import Cluster
from storage_samples import LATER, LOG, visit, void
from two_homes import Home, OnServer

from zoneplanner import storage
from zoneplanner.domain.log.entries import validate_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.public_records import RemovedText, build_removal_entry
from zoneplanner.storage.geopackage.recovery import RecoveredStore, recover_project
from zoneplanner.storage.postgres.migration import migrate_shared_schema
from zoneplanner.storage.postgres.outbox import Outbox
from zoneplanner.storage.store import Store

NAME = "Roe, Jane was crying"
SAMPLES = Path(__file__).parents[1] / "samples"


def redact(store: Store, *uids: str, fields: Collection[str] = ("note", "reason")) -> list[object]:
    """Remove free texts of some entries."""
    said = {"kind": "redaction", "uid": "r1", "basis": "Ed. Code 49076"}
    return list(store.remove_texts(dict.fromkeys(uids, fields), **said, **LOG))


def named_visit(uid: str, **changes: object) -> NewEntry:
    """Build a visit with a personal name in its note."""
    return visit(uid, payload={"note": NAME, "status": "completed"}, **changes)


def test_removing_text_keeps_the_chain_and_logs_who_why_and_what(home: Home) -> None:
    with home.open("owner") as store:
        store.append_many([named_visit("v1"), visit("v2", payload={}), void("v3", "v1")], **LOG)
        before, hashes = store.head(), [entry.hash for entry in store.entries()]
        assert redact(store, "v1", "v3") == [RemovedText(1, ("note",)), RemovedText(3, ("reason",))]
        first, second, third, said = store.entries()
        assert (first.payload, first.removed) == ({"status": "completed"}, ("note",))
        assert (second.removed, third.payload, third.removed) == ((), {}, ("reason",))
        assert [first.hash, second.hash, third.hash] == hashes
        assert said.payload == {"entries": ["1 note", "3 reason"], "basis": "Ed. Code 49076"}
        assert (said.uid, said.kind, said.actor) == ("r1", "redaction", first.actor)
        assert store.erase_free_pages() is None
        found = store.verify(anchor=before)
        assert found.ok and found.entries == 4
    rows = home.rows("SELECT payload, text, salt, text_hash FROM journal_entry ORDER BY seq")
    assert not any("Roe" in str(row) for row in rows)
    assert rows[0][1:3] == (None, None) and json.loads(rows[0][3]).keys() == {"note"}


def test_removing_one_text_keeps_the_entrys_other_texts(home: Home) -> None:
    review = {"event": "lockdown", "event_on": "2026-11-02", "held_on": "2026-11-12",
              "overview": NAME, "strengths": "quick"}  # fmt: skip
    with home.open("owner") as store:
        store.append(replace(visit("a1"), kind="after_action", payload=review), **LOG)
        redact(store, "a1", fields=("overview",))
        [entry, _] = store.entries()
        assert entry.payload == {name: one for name, one in review.items() if name != "overview"}
        assert entry.removed == ("overview",)
        assert redact(store, "a1", fields=("overview",)) == []
        assert store.verify().ok and store.head().entries == 2


def test_an_earlier_versions_entry_keeps_its_hash_after_text_removal(
    tmp_path: Path,
) -> None:
    path = shutil.copy(SAMPLES / "version_5.gpkg", tmp_path / "old.gpkg")
    with storage.open(path) as store:
        kept = [entry.hash for entry in store.entries()]
        assert store.entries()[0].payload["note"] == "façade"
        [first, _] = redact(store, "v1", "v2")
        assert first == RemovedText(1, ("note",), first.left) and len(first.left) == 64
        assert "note" not in store.entries()[0].payload
        assert store.entries()[0].removed == ("note",)
        assert [entry.hash for entry in store.entries()][:3] == kept
        assert store.verify().ok and store.check_tail() is None
    for change in (
        "UPDATE journal_entry SET actor = 'Officer B' WHERE seq = 1",
        "UPDATE journal_entry SET payload = '{}' WHERE seq = 2",
        "UPDATE journal_entry SET text_hash = NULL WHERE seq = 2",
    ):
        altered = shutil.copy(path, tmp_path / "altered.gpkg")
        run_behind_guards(altered, change)
        with storage.open(altered, read_only=True) as store:
            assert [one.code for one in store.verify().findings] == ["chain"]


@pytest.mark.parametrize(
    "change",
    [
        "text = NULL, salt = NULL",
        "text = NULL",
        """text = '{"note":"another"}'""",
        """salt = '{"note":"00"}'""",
        """text_hash = '{"note":"00"}'""",
        "text_hash = NULL, text = NULL, salt = NULL",
        "text = '['",
    ],
)
def test_verify_finds_changed_texts_and_unlogged_removals(
    store: storage.Store, change: str
) -> None:
    store.append_many([named_visit("v1"), named_visit("v2")], **LOG)
    redact(store, "v2")
    run_behind_guards(store.path, f"UPDATE journal_entry SET {change} WHERE seq = 1")
    found = store.verify()
    assert "chain" in {one.code for one in found.findings}
    assert {one.facts["seq"] for one in found.findings} == {1}


CHANGES = (
    "UPDATE journal_entry SET text = NULL, salt = NULL WHERE seq = 1",
    "UPDATE journal_entry SET text = NULL, salt = NULL, actor = 'x' WHERE seq = 2",
    """UPDATE journal_entry SET text = '{"note":"x"}' WHERE seq = 2""",
    "UPDATE journal_entry SET text = NULL, salt = NULL, text_hash = NULL WHERE seq = 2",
    "UPDATE journal_entry SET payload = '{}' WHERE seq = 2",
)


def test_verify_finds_other_changes_to_an_entry_with_removed_text(home: Home) -> None:
    removal = build_removal_entry(
        "redaction", uid="r1", removed=[RemovedText(2, ("note",))], basis="law", now=LATER
    )
    with home.open("owner") as store:
        store.append_many([named_visit("v1"), named_visit("v2"), removal], **LOG)
        for change in CHANGES if isinstance(home, OnServer) else CHANGES[:2]:
            with pytest.raises((sqlite3.Error, psycopg.Error), match="never changed"):
                _run_here(home, change)
        assert [entry.removed for entry in store.entries()] == [(), (), ()]


def _run_here(home: Home, statement: str) -> None:
    if isinstance(home, OnServer):
        home.run(statement, keep=False)
        return
    with closing(sqlite3.connect(home.place)) as connection:
        connection.execute(statement)


def test_only_the_owner_of_a_shared_project_can_remove_text(shared: OnServer) -> None:
    removal = build_removal_entry(
        "redaction", uid="r1", removed=[RemovedText(1, ("note",))], basis="law", now=LATER
    )
    with shared.open() as store:
        store.append(named_visit("v1"), **LOG)
        with refused("role_may_not.remove"):
            redact(store, "v1")
        with refused("role_may_not"):
            store.append(validate_entry(removal), **LOG)
    with shared.open("owner") as store:
        redact(store, "v1")
        hold = replace(
            visit("h1", None), kind="hold", unit=None,
            payload={"matter": "Doe", "placed_on": "2026-11-16"},
        )  # fmt: skip
        store.append(hold, **LOG)
    with shared.open() as store:
        assert store.entries()[0].removed == ("note",)
        with refused("role_may_not"):
            store.append(void("x1", "h1"), **LOG)


def test_another_desk_drops_removed_text_it_has_read(shared: OnServer, tmp_path: Path) -> None:
    address = shared.cluster.address("Dispatch D", shared.schema)
    with storage.open(address, desk="d", outbox=tmp_path / "outbox") as desk:
        desk.append(named_visit("v1"), **LOG)
        assert desk.entries()[0].payload["note"] == NAME
        with shared.open("owner") as store:
            redact(store, "v1")
        assert [entry.removed for entry in desk.entries()] == [("note",), ()]


def test_sent_text_does_not_remain_in_the_outbox_file(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "outbox")
    box.put([named_visit("v1"), named_visit("v2"), named_visit("v3")])
    box.mark_refused("v2", "no such site")
    box.remove_sent(["v1"])
    with closing(sqlite3.connect(tmp_path / "outbox")) as connection, connection:
        connection.execute("UPDATE waiting SET entry = '{' || entry WHERE uid = 'v3'")
    box.remove_texts({"v2": ("note",), "v3": ("note",)})
    assert [entry.payload for entry in box.refused()] == [{"status": "completed"}]
    assert b"Roe" not in (tmp_path / "outbox").read_bytes()


def test_text_is_also_removed_from_the_copy_before_a_migration(
    shared: OnServer, tmp_path: Path
) -> None:
    with shared.open("owner") as store:
        store.append(named_visit("v1"), **LOG)
    shared.run("UPDATE app_meta SET value = '5' WHERE key = 'schema_version'")
    address = shared.cluster.address("owner", shared.schema)
    done = migrate_shared_schema(address, tmp_path / "copy.gpkg")
    earlier = f"SELECT text, salt FROM {done.original_schema}.journal_entry"
    assert "Roe" in str(shared.rows(earlier))
    with shared.open("owner") as store:
        redact(store, "v1")
        assert store.erase_free_pages() is None and store.verify().ok
    assert shared.rows(earlier) == [(None, None)]


def test_a_project_with_removed_text_can_be_shared_backed_up_and_recovered(
    cluster: Cluster, tmp_path: Path
) -> None:
    path = shutil.copy(SAMPLES / "version_5.gpkg", tmp_path / "old.gpkg")
    address = cluster.address("owner", cluster.new_schema())
    with storage.open(path) as store:
        store.append(named_visit("v4"), **LOG)
        redact(store, "v1", "v4")
        head = store.head()
        store.share(address)
    with storage.open(address) as shared:
        assert shared.verify(anchor=head).ok
        shared.backup(tmp_path / "copy.gpkg")
        assert [entry.removed for entry in shared.entries()][::3] == [("note",), ("note",)]
    with storage.open(tmp_path / "copy.gpkg") as copy:
        assert copy.verify(anchor=head).ok
    recovered = recover_project(Path(path))
    assert recovered is not None
    with RecoveredStore(recovered, Path(path)) as store:
        assert store.head() == head
