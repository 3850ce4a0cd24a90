"""Records officers remove text permanently; holds prevent it; retention years dispose of it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import OpenSession, create_store, project_from, refused

from zoneplanner import storage
from zoneplanner.app.log.corrections import correct_record, take_back_entry, void_record
from zoneplanner.app.log.logbook import list_visits, log_visit
from zoneplanner.app.log.public_records import place_hold, release_hold
from zoneplanner.app.log.record_history import list_record_revisions
from zoneplanner.app.log.retention import plan_disposal, plan_redaction, remove_texts
from zoneplanner.app.projects.backups import back_up, restore_backup
from zoneplanner.app.projects.copy_cleaning import clean_copies, list_copies
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry

NOW = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
NAME = "Roe, Jane was crying"
SAMPLES = Path(__file__).parents[2] / "storage" / "samples"


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AABB"), now=NOW)


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def find_bytes(folder: Path) -> list[str]:
    """Return the files below a folder that contain the name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.name for path in files if b"Roe, Jane" in path.read_bytes())


def test_a_backup_of_a_project_with_an_undecodable_name_is_skipped(
    session: Session, data_folder: Path
) -> None:
    odd = Path(os.fsdecode(os.fsencode(data_folder) + b"/caf\xe9.gpkg"))
    other = replace(project_from("AB"), uid="other")
    with create_store(odd, other, actor="planner", at=NOW) as store:
        of_odd = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
        backup = back_up(of_odd, "asked for")
        assert list_copies(of_odd) == (backup.file,)
    of_this = back_up(session, "asked for")
    assert list_copies(session) == (of_this.file,)


def test_removed_text_is_gone_from_the_file_its_backups_and_earlier_versions(
    session: Session, data_folder: Path
) -> None:
    for number in range(40):  # so that rows move between pages
        log_visit(session, "r1c1", note=f"{NAME} {number}" * 20, uid=f"v{number}")
    backup = back_up(session, "asked for")
    correct_record(session, "visit", "v7", {"purpose": "teaching"})
    assert len(find_bytes(data_folder)) == 2
    plan = plan_redaction(session, "v7", basis="Ed. Code 49076")
    assert plan.copies == (backup.file,)
    result = remove_texts(session, plan)
    assert (plan.texts, result.texts, result.copies, result.left) == (2, 2, (backup.file,), {})
    assert len(find_bytes(data_folder)) == 2
    rest = {f"v{number}": ("note",) for number in range(40)}
    assert remove_texts(session, replace(plan, fields=rest)).texts == 39
    assert find_bytes(data_folder) == []
    assert session.store.verify().ok
    restored = data_folder / "restored.gpkg"
    restore_backup(backup.file, restored)
    with storage.open(restored, read_only=True) as store:
        assert store.verify().ok and len(store.entries(kinds=("visit",))) == 40
    assert {visit.note for visit in list_visits(session)} == {""}
    assert [step.changes[-1] for step in list_record_revisions(session, "v7")] == [
        "note: [removed]", "purpose: teaching",
    ]  # fmt: skip
    assert session.own_entries == ()


def test_another_desk_cleans_its_backups_the_next_time_it_opens_the_project(
    session: Session, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_visit(session, "r1c1", note=NAME, uid="v1")
    assert session.store.path is not None
    monkeypatch.setenv("XDG_DATA_HOME", str(data_folder / "elsewhere"))
    with storage.open(session.store.path) as store:
        other = Session(store, actor="B", desk="desk 2", clock=lambda: NOW)
        since = NOW - timedelta(days=9)
        assert store.entries(since=since)[0].payload["note"] == NAME
        backup = back_up(other, "asked for")
        assert clean_copies(other).cleaned == ()
        monkeypatch.setenv("XDG_DATA_HOME", str(data_folder / "data"))
        remove_texts(session, plan_redaction(session, "v1", basis="Ed. Code 49076"))
        monkeypatch.setenv("XDG_DATA_HOME", str(data_folder / "elsewhere"))
        assert find_bytes(data_folder) == [backup.file.name]
        assert store.entries(since=since)[0].removed == ("note",)
        assert clean_copies(other).cleaned == (backup.file,)
        assert clean_copies(other).cleaned == ()
    assert find_bytes(data_folder) == []
    with storage.open(backup.file, read_only=True) as store:
        [said] = store.entries(kinds=("redaction",))
        assert (said.actor, said.payload["basis"]) == ("planner", "Ed. Code 49076")
        assert store.verify().ok


def test_a_kept_earlier_version_is_migrated_without_the_text(
    data_folder: Path,
) -> None:
    path = shutil.copy(SAMPLES / "version_3.gpkg", data_folder / "old.gpkg")
    with storage.open(path) as store:
        session = Session(store, actor="officer", desk="d", clock=lambda: NOW)
        kept = store.original_file
        assert kept is not None and "façade".encode() in kept.read_bytes()
        assert list_copies(session) == (kept,)
        uid = store.entries(kinds=("visit",))[0].uid
        plan = plan_redaction(session, uid, ("note",), basis="Ed. Code 49076")
        assert remove_texts(session, plan).copies == (kept,)
        for entry in store.entries(kinds=("visit",)):
            if "note" in entry.payload:
                remove_texts(session, plan_redaction(session, entry.uid, basis="Ed. Code 49076"))
        assert store.verify().ok
    for file in (path, kept):
        assert "façade".encode() not in Path(file).read_bytes()
        with storage.open(file, read_only=True) as store:
            assert store.verify().ok
    assert sorted(one.name for one in data_folder.glob("*.gpkg")) == ["old.gpkg", kept.name]


def test_only_text_of_a_record_can_be_removed(session: Session, data_folder: Path) -> None:
    log_visit(session, "r1c1", uid="v1")
    log_visit(session, "r1c2", note=NAME, uid="v2")
    with refused("nothing_to_remove", uid="v1"):
        plan_redaction(session, "v1")
    with refused("unknown_text_field", field="status", known=["note"]):
        plan_redaction(session, "v2", ("status",))
    with refused("unknown_entry", uid="v9"):
        plan_redaction(session, "v9")
    with refused("reason_missing.removal"):
        remove_texts(session, plan_redaction(session, "v2", basis=" "))
    assert [visit.note for visit in list_visits(session)] == ["", NAME]


def test_a_litigation_hold_blocks_redaction_and_disposal_until_its_release(
    session: Session, data_folder: Path
) -> None:
    for place, days in (("r1c1", "2019-03-04"), ("r1c2", "2019-03-05")):
        log_visit(session, place, note=NAME, uid=place, arrived_at=f"{days}T10:00")
    plan = plan_redaction(session, "r1c1", basis="law")
    elsewhere = place_hold(session, "Doe v. Board", site="r1c2")
    hold = place_hold(session, "Roe v. Board", site="r1c1", until_on=date(2019, 3, 4))
    for held in (plan_redaction, lambda *_: remove_texts(session, plan)):
        with refused("held", matter="Roe v. Board", placed_on=date(2026, 11, 16), uid="r1c1"):
            held(session, "r1c1")
    assert (plan_disposal(session).fields, plan_disposal(session).held) == ({}, 2)
    release_hold(session, hold)
    disposal = plan_disposal(session)
    assert (disposal.fields, disposal.held) == ({"r1c1": ("note",)}, 1)
    remove_texts(session, disposal)
    [said] = session.store.entries(kinds=("disposal",))
    assert said.payload["entries"] == ["1 note"] and "years" in said.payload["basis"]
    take_back_entry(session, session.store.by_uid([elsewhere])[elsewhere])
    assert plan_disposal(session).fields == {"r1c2": ("note",)}
    assert session.store.verify().ok


def test_only_records_past_their_retention_are_disposed_of(
    session: Session, data_folder: Path
) -> None:
    for uid, day in (("old", "2019-03-04"), ("lately", "2026-11-02"), ("corrected", "2019-03-06")):
        log_visit(session, "r1c1", note=NAME, uid=uid, arrived_at=f"{day}T10:00")
    correct_record(session, "visit", "corrected", {"arrived_at": "2026-11-03T10:00"})
    void_record(session, "old", reason="logged twice")
    plan = plan_disposal(session)
    assert plan.fields.keys() == {one.uid for one in session.store.record("old")}
    with refused("unknown_retention_class"):
        plan_disposal(session, ("letters",))


@pytest.fixture
def many(session: Session) -> Iterator[Session]:
    at = datetime(2019, 3, 4, 17, tzinfo=UTC)
    visits = [
        NewEntry(f"v{number}", "visit", "r1c1", None, at, {"status": "completed", "note": NAME})
        for number in range(450)
    ]
    session.log_many(visits)
    yield session


def test_a_large_disposal_is_recorded_in_several_entries(many: Session, data_folder: Path) -> None:
    result = remove_texts(many, plan_disposal(many))
    said = many.store.entries(kinds=("disposal",))
    assert result.texts == 450
    assert [len(entry.payload["entries"]) for entry in said] == [200, 200, 50]
    assert many.store.verify().ok
    assert plan_disposal(many).fields == {}
