"""Malicious project files: names, ids and texts."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from sentences import says
from unchecked_entries import append_unchecked

from zoneplanner import cli, storage
from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.domain.clean_text import clean_name, clean_text, fold_look_alikes
from zoneplanner.domain.edits import EditKind
from zoneplanner.storage.geopackage.connection import GeoPackageConnection
from zoneplanner.storage.history import own_rows
from zoneplanner.storage.schema.tables import build_tables

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
Capture = pytest.CaptureFixture[str]
ORDERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\u200b\ufeff\x7f"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB"), actor="test", at=AT).close()
    return file


Poison = Callable[..., None]


@pytest.fixture
def poison(path: Path) -> Poison:
    """Change the file with another program, untracked."""

    def changed(*statements: str, **values: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            kept = connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            ).fetchall()
            for name, _ in kept:
                connection.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                connection.execute(statement, values)
            for _, text in kept:
                connection.execute(text)
            connection.commit()

    return changed


def seal(path: Path) -> None:
    """Record an edit that makes the rows valid, as the author of the file could."""
    database, meta = GeoPackageConnection(path), build_tables(26910)
    with database.writing() as connection:
        said = {"label": "x", "actor": "", "at": AT, "step": 0}
        own_rows.write_snapshot(connection, meta, kind=EditKind.MIGRATION, **said)
    database.close()


@pytest.mark.parametrize(
    "uid", ["../../x", "/tmp/x", "a/b", "", "..", ".hidden", "a\nb", "x" * 101]
)
def test_no_project_uid_leads_outside_the_backup_folder(
    path: Path, poison: Poison, tmp_path: Path, capsys: Capture, uid: str
) -> None:
    poison("UPDATE app_meta SET value = :uid WHERE key = 'project_uid'", uid=uid)
    before = set(tmp_path.rglob("*")) - {tmp_path / "data"}
    assert cli.main(["log", str(path), "visit", "site=r1c1", "--json"]) == 2
    assert '"code": "damaged"' in capsys.readouterr().out
    outside = {one for one in tmp_path.rglob("*") if find_data_folder() not in one.parents}
    assert outside - before <= {tmp_path / "data", find_data_folder()}


def test_copies_of_a_project_have_separate_backups(path: Path, tmp_path: Path) -> None:
    from zoneplanner.app.projects.backups import find_backup_folder

    folders = {find_backup_folder("project", one) for one in (path, tmp_path / "copy.gpkg")}
    assert len(folders) == 2
    assert {one.parent for one in folders} == {find_data_folder() / "backups"}


def find_invisible(text: str) -> set[str]:
    """Return the invisible characters of the output except line breaks."""
    return {one for one in text if clean_text(one) != one}


def test_no_name_controls_a_terminal(
    path: Path, poison: Poison, tmp_path: Path, capsys: Capture
) -> None:
    poison(
        "UPDATE site SET name = name || :orders, city = :orders, note = :orders",
        "UPDATE plan SET name = name || :orders",
        "UPDATE zone SET name = name || :orders",
        "UPDATE unit SET name = name || :orders",
        "UPDATE app_meta SET value = value || :orders WHERE key = 'project_name'",
        orders=ORDERS,
    )
    seal(path)
    entry = {"uid": "v1" + ORDERS, "site": "r1c1", "unit": "A" + ORDERS, "actor": ORDERS}
    bad = {"uid": "v2", "kind": "visit" + ORDERS, "site": ORDERS, "desk": ORDERS}
    append_unchecked(path, (0, ""), {**entry, "payload": '{"status":"completed"}'}, bad,
                     {"uid": "v3", "site": "r1c1", "occurred_at": ORDERS})  # fmt: skip
    names = str(path)
    for command in (
        ["info", names],
        ["check", names],
        ["coverage", names, "--by", "site"],
        ["readiness", names],
        ["verify", names],
        ["log", names, "history", "uid=v2"],
        ["log", names, "visit", f"site={ORDERS}"],
        ["log", names, "visit", "site=r1c1", f"uid={ORDERS}"],
        ["log", names, "visit", "site=r1c1", "uid=v9", f"note={ORDERS}"],
        ["evaluate", names],
        ["route", names, "--unit", ORDERS],
        ["rules", names],
        ["assign", names, "--site", "r1c1", "--zone", ORDERS],
        ["backup", names, "--to", str(tmp_path / f"b{ORDERS.replace('/', '')}.gpkg")],
        ["info", str(tmp_path / f"none{ORDERS}.gpkg")],
        ["export", names, "--as", "csv", "--to", str(tmp_path / "out.csv")],
        ["publish", names, "--to", str(tmp_path / "out"), "--audience", "own"],
    ):
        for option in ([], ["--json"]):
            cli.main([*command, *option])
            shown = capsys.readouterr()
            assert find_invisible(shown.out + shown.err) == set(), command


def test_invisible_characters_are_removed_from_names_when_read(path: Path, poison: Poison) -> None:
    poison(
        "UPDATE site SET name = :name, note = :note",
        "UPDATE app_meta SET value = :name WHERE key = 'project_name'",
        name="Del\u200b Campo\r\nHigh\x1b",
        note="Gate B\r\nis\u202e shut",
    )
    seal(path)
    with storage.open(path) as store:
        project = store.project()
    site = project.sites["r1c1"]
    assert (site.name, site.note) == ("Del Campo High", "Gate B\nis shut")
    assert project.name == "Del Campo High"


def test_a_project_with_a_line_break_in_its_name_can_be_published(
    path: Path, poison: Poison, tmp_path: Path, capsys: Capture
) -> None:
    poison(
        "UPDATE app_meta SET value = :name WHERE key = 'project_name'",
        "UPDATE plan SET name = :name",
        "UPDATE site SET name = name || :name",
        name="San\nJuan\r\n\tUnified\x00".replace("\x00", "\x01"),
    )
    seal(path)
    args = ["publish", str(path), "--to", str(tmp_path / "out"), "--audience", "own"]
    assert cli.main([*args, "--allow-draft", "--json"]) <= 1, capsys.readouterr().err


def test_invisible_characters_are_removed_from_input(path: Path, capsys: Capture) -> None:
    assert cli.main(["log", str(path), "visit", "site=r1c1", "uid=v1", f"note=a{ORDERS}b"]) == 0
    with storage.open(path) as store:
        (entry,) = store.entries()
        assert entry.payload["note"] == clean_text(f"a{ORDERS}b")
        assert store.verify().ok
        before = store.project()
        after = before.with_site(
            type(before.sites["r1c1"])(**{**vars_of(before.sites["r1c1"]), "name": "Ca\u200bmpo"})
        )
        store.save(before, after, label="Rename", actor="test", at=AT)
        edits = store.edits()
        assert store.project().sites["r1c1"].name == "Campo"
        back = store.rewind(store.project(), [edits[-1].seq])
        assert back.sites["r1c1"].name == before.sites["r1c1"].name
    capsys.readouterr()


def vars_of(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


UNREADABLE_ROWS = (
    "UPDATE site SET name = CAST(x'c328' AS TEXT) WHERE id = 'r1c1'",
    "UPDATE site SET geom = x'4750' WHERE id = 'r1c2'",
    "UPDATE site SET geom = x'47500001' || zeroblob(40) WHERE id = 'r1c2'",
    "UPDATE site SET enrollment = 'many' WHERE id = 'r1c3'",
    "UPDATE plan SET tolerance = 'x'",
)
UNREADABLE_STEPS = (
    "UPDATE edit SET label = CAST(x'c328' AS TEXT)",
    "UPDATE edit SET actor = x'c3'",
    "UPDATE edit SET at = 'noon'",
    "UPDATE edit SET kind = 'raid'",
)


@pytest.mark.parametrize("statement", UNREADABLE_ROWS)
def test_an_unreadable_value_is_reported_with_its_row_and_restored(
    path: Path, poison: Poison, capsys: Capture, statement: str
) -> None:
    poison(statement)
    assert cli.main(["verify", str(path), "--json"]) == 1
    table = statement.split()[1]
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["code"] == "rows" and says(finding["text"], "rows.differs", table=table)
    with storage.open(path, read_only=True) as store:
        assert len(store.project().sites) == 4
        assert {one.table for one in store.external} == {table}
    for command in (["coverage", str(path)], ["log", str(path), "visit", "site=r1c1"]):
        assert cli.main(command) == 0
    assert cli.main(["verify", str(path)]) == 0
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("statement", UNREADABLE_STEPS)
def test_an_unreadable_step_is_reported(
    path: Path, poison: Poison, capsys: Capture, statement: str
) -> None:
    poison(statement)
    for command in ("coverage", "info"):
        assert cli.main([command, str(path), "--json"]) == 2
        assert '"code": "damaged"' in capsys.readouterr().out
    assert cli.main(["verify", str(path), "--json"]) == 1
    assert "Edit 1 was changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ñandú, שלום, 学校 👩\u200d🚒", "Ñandú, שלום, 学校 👩\u200d🚒"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u200db", "ab"),
        ("a\tb\r\nc\u2028d", "a b c d"),
        ("tab\x0bs\x0c", "tabs"),
        ("\u00ad\u061c\U000e0041", ""),
    ],
)
def test_letters_of_every_script_are_kept(text: str, line: str) -> None:
    assert clean_name(text) == line
    assert clean_name(line) == line


def test_names_that_look_alike_are_flagged(path: Path, poison: Poison, capsys: Capture) -> None:
    poison(
        "UPDATE site SET name = 'Carmichael' WHERE id = 'r1c1'",
        "UPDATE site SET name = :name WHERE id = 'r1c2'",
        name="\u0421\u0430rmichael",
    )
    seal(path)
    cli.main(["check", str(path), "--json"])
    assert '"code": "look_alike"' in capsys.readouterr().out
    assert fold_look_alikes("Ｃarmichael") == fold_look_alikes("\u0441armichael")
