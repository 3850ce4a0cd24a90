"""A damaged entry or edit is restored from the newest backup that has it, proven by its hash."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import project_from, run_behind_guards

from zoneplanner import cli, storage
from zoneplanner.app.log.retention import plan_redaction, remove_texts
from zoneplanner.app.projects.backups import back_up
from zoneplanner.app.projects.open_project import open_session, write_new_project
from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.domain.log.journal import NewEntry


@pytest.fixture(scope="module")
def project_files(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, bytes]:
    """A project with five visits and an edit in its backup, and a visit logged since: the files."""
    folder = tmp_path_factory.mktemp("repair")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        place = folder / "p.gpkg"
        write_new_project(place, project_from("AAB"), get_utc_now).close()
        session = open_session(place)
        session.apply("Rename", lambda project: replace(project, name="Hill"))
        for number in range(5):
            session.log(_visit(f"v{number}"))
        back_up(session, "test")
        session.log(_visit("since"))
        session.close()
    return {file: file.read_bytes() for file in (place, *folder.rglob("backups/*/*"))}


@pytest.fixture
def path(project_files: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    for file, content in project_files.items():
        file.write_bytes(content)
    place = next(iter(project_files))
    monkeypatch.setenv("XDG_DATA_HOME", str(place.parent / "data"))
    return place


def _visit(uid: str) -> NewEntry:
    said = {"status": "completed", "note": f"gate of {uid}"}
    return NewEntry(uid, "visit", "r1c1", "A", get_utc_now(), said)


def verify(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, Any]:
    cli.main(["verify", *map(str, args), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def read_rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY seq").fetchall()
            for name in ("journal_entry", "edit")
        }


@pytest.mark.parametrize(
    "damage",
    [
        {
            ("edit", 1): "UPDATE edit SET label = 'Other' WHERE seq = 1",
            (
                "journal_entry",
                1,
            ): 'UPDATE journal_entry SET text = \'{"note":"else"}\' WHERE seq = 1',
            ("journal_entry", 3): "UPDATE journal_entry SET actor = 'other' WHERE seq = 3",
        },
        {
            ("edit", 1): "UPDATE edit SET snapshot = 'no bytes' WHERE seq = 1",
            ("journal_entry", 2): "UPDATE journal_entry SET payload = x'00ff' WHERE seq = 2",
            ("journal_entry", 4): "UPDATE journal_entry SET hash = 'f' || hash WHERE seq = 4",
        },
        {
            ("journal_entry", 2): "DELETE FROM journal_entry WHERE seq = 2",
            ("journal_entry", 4): "UPDATE journal_entry SET prev_hash = 'f' WHERE seq = 4",
        },
    ],
)
def test_damaged_rows_are_restored_and_reported(
    path: Path, capsys: pytest.CaptureFixture[str], damage: dict[tuple[str, int], str]
) -> None:
    before = read_rows(path)
    run_behind_guards(path, *damage.values())
    damaged = read_rows(path)
    said = verify(capsys, path)
    assert not said["ok"] and read_rows(path) == damaged != before
    assert [(one["table"], one["seq"]) for one in said["proven"]] == list(damage)
    after = verify(capsys, path, "--put-back")
    assert after["ok"] and not after["proven"]
    assert [(one["table"], one["seq"]) for one in after["put_back"]] == list(damage)
    now = read_rows(path)
    assert now["edit"] == before["edit"]
    assert now["journal_entry"][: -len(damage)] == before["journal_entry"]
    with storage.open(path, read_only=True) as store:
        notes = store.entries()[-len(damage) :]
    assert [(one.kind, one.payload["seq"]) for one in notes] == [
        ("quarantine", seq) for _, seq in damage
    ]
    with pytest.raises(sqlite3.IntegrityError), closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE journal_entry SET actor = 'other' WHERE seq = 3")


def test_a_row_whose_number_was_changed_is_restored_in_place(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read_rows(path)
    run_behind_guards(
        path,
        f"UPDATE journal_entry SET seq = {2**62} WHERE seq = 3",
        "UPDATE edit SET seq = -5 WHERE seq = 1",
    )
    assert cli.main(["check", str(path), "--json"]) in (0, 1)
    capsys.readouterr()
    assert not verify(capsys, path)["ok"]
    after = verify(capsys, path, "--put-back")
    assert after["ok"], after
    assert [(one["table"], one["seq"]) for one in after["put_back"]] == [
        ("edit", 1),
        ("journal_entry", 3),
    ]
    now = read_rows(path)
    assert now["edit"] == before["edit"] and now["journal_entry"][:6] == before["journal_entry"]


@pytest.mark.parametrize(
    ("table", "number"),
    [("journal_entry", -5), ("journal_entry", 2**63 - 1), ("edit", 2**62)],
)
def test_a_renumbered_last_row_is_reported_and_stops_every_command(
    path: Path, capsys: pytest.CaptureFixture[str], table: str, number: int
) -> None:
    last = f"(SELECT max(seq) FROM {table})"
    run_behind_guards(path, f"UPDATE {table} SET seq = {number} WHERE seq = {last}")
    for _ in range(2):
        said = verify(capsys, path, "--put-back")
        assert not said["ok"] and said["findings"]
    cli.main(["log", str(path), "visit", "site=r1c1", "--json"])
    assert {"uid", "code"} & json.loads(capsys.readouterr().out).keys()


@pytest.mark.long
@pytest.mark.parametrize("value", ["'x'", "7", "x'00ff'", "''", "NULL", "9e999"])
def test_any_value_in_a_damaged_column_is_reported_and_restored(
    path: Path, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        columns = {
            table: [
                name
                for _, name, _, needed, _, key in connection.execute(f"PRAGMA table_info({table})")
                if not key and not (needed and value == "NULL")
            ]
            for table in ("journal_entry", "edit")
        }
    content = path.read_bytes()
    for table, names in columns.items():
        for name in names:
            path.write_bytes(content)
            changed = f"UPDATE {table} SET {name} = {value} WHERE seq = 1 AND {name} IS NOT {value}"
            run_behind_guards(path, changed)
            after = verify(capsys, path, "--put-back")
            assert after.get("ok"), (table, name, after)


@pytest.mark.parametrize("table", ["journal_entry", "edit"])
def test_bytes_in_place_of_a_hash_are_reported_and_restored(
    path: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    """The third row proves the original of the second, and that of the first is proven next."""
    run_behind_guards(
        path,
        f"UPDATE {table} SET hash = x'00ff' WHERE seq = 1",
        f"UPDATE {table} SET prev_hash = x'00ff' WHERE seq = 2",
    )
    assert not verify(capsys, path)["ok"]
    assert [verify(capsys, path, "--put-back")["ok"] for _ in range(2)] == [False, True]


def test_a_damaged_row_without_a_backup_stays_and_is_reported(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_behind_guards(
        path,
        "UPDATE journal_entry SET actor = 'other' WHERE seq = 6",
        "UPDATE journal_entry SET actor = 'other' WHERE seq = 2",
    )
    after = verify(capsys, path, "--put-back")
    assert [one["seq"] for one in after["put_back"]] == [2]
    assert not after["ok"] and not after["proven"]
    assert ["entry 6" in one["text"] for one in after["findings"]] == [True]
    before = read_rows(path)
    assert verify(capsys, path, "--put-back")["put_back"] == []
    assert read_rows(path) == before


def test_a_forged_backup_proves_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_behind_guards(path, "UPDATE journal_entry SET actor = 'other' WHERE seq = 2")
    (backup,) = (path.parent / "data").rglob("backups/*/*.gpkg")
    run_behind_guards(backup, "UPDATE journal_entry SET actor = 'forged' WHERE seq = 2")
    assert verify(capsys, path)["proven"] == []


def test_rows_of_a_shared_project_are_not_restored_from_backups(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for more in ((), ("--quarantine", "2", "--reason", "x")):  # and nothing else is done before
        found = verify(capsys, "postgresql://a@localhost/none", *more, "--put-back")
        assert found["code"] == "put_back_shared"


def test_restoring_a_row_does_not_restore_removed_text(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (backup,) = (path.parent / "data").rglob("backups/*/*.gpkg")
    kept = backup.read_bytes()
    session = open_session(path)
    remove_texts(session, plan_redaction(session, "v1", basis="Gov. Code 7922"))
    session.close()
    backup.write_bytes(kept)  # a copy that the removal did not reach
    run_behind_guards(path, "UPDATE journal_entry SET actor = 'other' WHERE seq = 2")
    assert verify(capsys, path, "--put-back")["ok"]
    assert b"gate of v1" not in path.read_bytes()
