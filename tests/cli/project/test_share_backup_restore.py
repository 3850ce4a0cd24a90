"""The commands share, backup and restore, and other commands on a shared project."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from cluster import PASSWORD, Cluster
from sentences import says

from zoneplanner import cli, storage
from zoneplanner.storage import ServerAddress

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed project with two zones in one row."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB"), actor="test", at=AT).close()
    return file


def answer(capsys: Capture, *args: object, status: int = 0) -> dict[str, Any]:
    assert cli.main([*map(str, args), "--json"]) == status, capsys.readouterr().err
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_project_is_shared_edited_and_copied_back_to_a_file(
    path: Path, cluster: Cluster, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    schema = cluster.new_schema()

    def at(who: str) -> str:
        return str(ServerAddress(who, "127.0.0.1", cluster.port, "district", schema))

    assert answer(capsys, "share", path, "--to", at("owner")) == {
        "project": at("owner"),
        "entries": 0,
        "head": "",
    }
    moved = answer(capsys, "assign", at("Officer A"), "--site", "r1c2", "--zone", "B", status=1)
    assert moved["moved"]
    logged = answer(capsys, "log", at("Dispatch D"), "visit", "site=r1c1")
    assert logged["seq"] == 1
    assert answer(capsys, "verify", at("Viewer V"))["ok"]
    assert answer(capsys, "info", at("Viewer V"))["edits"] == 2
    assert cli.main(["assign", at("Dispatch D"), "--site", "r1c2", "--zone", "A"]) == 2
    assert says(capsys.readouterr().err, "role_may_not.edit", role="dispatcher")
    back = answer(capsys, "share", at("Viewer V"), "--to", tmp_path / "back.gpkg")
    assert back["entries"] == 1
    assert answer(capsys, "verify", tmp_path / "back.gpkg")["head"] == back["head"]


def test_a_person_who_may_only_log_cannot_declare_days_by_import(
    path: Path, cluster: Cluster, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    schema = cluster.new_schema()
    answer(capsys, "share", path, "--to", cluster.address("owner", schema))
    file = tmp_path / "visits.csv"
    file.write_text("site,arrived_at\nr1c1,2025-11-14T07:00\n")
    line = ("import", cluster.address("Dispatch D", schema), file, "--as", "visits")
    declared = (*line, "--complete", "2025-11-10..2025-11-14")
    assert answer(capsys, *declared, status=2)["code"] == "role_may_not"
    assert answer(capsys, *line)["taken"] == 1


def test_the_file_of_a_shared_project_is_read_only(
    path: Path, cluster: Cluster, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    there = str(cluster.address("owner", cluster.new_schema()))
    answer(capsys, "share", path, "--to", there)
    before = path.read_bytes()
    for command in (
        ("assign", path, "--site", "r1c2", "--zone", "B"),
        ("log", path, "visit", "site=r1c1"),
        ("plan", path, "--name", "Another"),
        ("share", path, "--to", str(cluster.address("owner", cluster.new_schema()))),
    ):
        assert cli.main([*map(str, command)]) == 2
        shown = capsys.readouterr()
        assert shown.err.startswith("“p.gpkg” was shared on ")
        assert f"the project is at {there}. " in shown.err
        assert shown.err.count("\n") == 1
    assert path.read_bytes() == before
    assert answer(capsys, "verify", path)["ok"]
    assert answer(capsys, "info", path)["sites"] == 4
    copy, own = tmp_path / "copy.gpkg", tmp_path / "own.gpkg"
    answer(capsys, "backup", path, "--to", copy)
    answer(capsys, "restore", path, "--backup", copy, "--to", own)
    logged = answer(capsys, "log", own, "visit", "site=r1c1")
    assert logged["seq"] == 1, "what is restored is a project of its own"
    answer(capsys, "share", there, "--to", tmp_path / "back.gpkg")
    assert answer(capsys, "log", tmp_path / "back.gpkg", "visit", "site=r1c1")["seq"] == 1


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("postgresql://x@nowhere.invalid", "bad_address.incomplete"),
        ("postgresql://x:secret@h/d?option=1", "bad_address.unknown_option"),
        ("postgresql://x:secret@h/d?sslmode=disable", "bad_address.no_certificate_check"),
        ("postgresql://x:secret@h/d?schema=Robert';--", "bad_address.schema"),
        ("postgresql://x:secret@h:port/d", "bad_address"),
        ("postgresql://x:secret@127.0.0.1:1/d", "server_away"),
    ],
)
def test_an_invalid_address_is_refused_without_showing_its_password(
    address: str, code: str, capsys: Capture
) -> None:
    assert cli.main(["info", address]) == 2
    shown = capsys.readouterr()
    assert says(shown.err, code)
    assert "secret" not in shown.err + shown.out


def test_sharing_from_file_to_file_is_refused(path: Path, tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["share", str(path), "--to", str(tmp_path / "b.gpkg")]) == 2
    assert says(capsys.readouterr().err, "needs_file_and_address")


def test_a_backup_is_a_complete_project(path: Path, tmp_path: Path, capsys: Capture) -> None:
    to = tmp_path / "copy.gpkg"
    assert answer(capsys, "backup", path, "--to", to)["file"] == str(to)
    assert answer(capsys, "verify", to)["ok"]
    assert cli.main(["backup", str(path), "--to", str(to)]) == 2
    assert says(capsys.readouterr().err, "file_exists")


def test_a_writing_command_makes_a_backup_that_can_be_restored(
    path: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert answer(capsys, "restore", path) == {"backups": []}
    assert cli.main(["assign", str(path), "--site", "r1c2", "--zone", "B"]) in (0, 1)
    capsys.readouterr()
    [kept] = answer(capsys, "restore", path)["backups"]
    assert (kept["number"], kept["why"]) == (1, "opened")
    assert kept["holds"] == "4 sites; Plan; 1 edit, 0 entries"
    assert cli.main(["restore", str(path)]) == 0
    assert "4 sites; Plan" in capsys.readouterr().out
    to = tmp_path / "restored.gpkg"
    assert answer(capsys, "restore", path, "--backup", 1, "--to", to)["file"] == str(to)
    with storage.open(to) as store:
        assert store.project().plans["plan"].assignment["r1c2"] == "A"
    assert cli.main(["restore", str(path), "--backup", "7", "--to", str(to)]) == 2
    assert says(capsys.readouterr().err, "unknown_backup", backup="7")


def test_a_damaged_file_is_reported_with_its_newest_backup(
    path: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert cli.main(["assign", str(path), "--site", "r1c2", "--zone", "B"]) in (0, 1)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 8 // 10])
    capsys.readouterr()
    assert cli.main(["assign", str(path), "--site", "r1c2", "--zone", "A"]) == 2
    told = capsys.readouterr().err
    assert says(told, "damaged.opens_read_only", name="p.gpkg")
    assert says(told, "newest_backup", content="4 sites; Plan; 1 edit, 0 entries")
    assert cli.main(["info", str(path)]) == 0
    shown = capsys.readouterr()
    assert "4 sites" in shown.out
    assert says(shown.err, "recovered", name="p.gpkg")
    assert "4 sites, 1 plan, 2 zones" in shown.err
    assert cli.main(["verify", str(path)]) == 1
    told = capsys.readouterr()
    assert f"{told.out}{told.err}".count("is damaged") == 1
    assert says(told.out.partition("\n")[0], "database.recovered")
    path.write_bytes(path.read_bytes()[:9000])
    assert cli.main(["info", str(path)]) == 2
    told = capsys.readouterr().err
    assert says(told, "damaged", name="p.gpkg") and says(told, "newest_backup")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://officer:Geheim@127.0.0.1:port/district",
        "postgresql://officer:Geheim@[::1/district",
        "postgresql://officer:Geheim@/district",
        "postgresql://officer:Geheim@127.0.0.1:1/district?password=Geheim",
        "postgresql://officer:Geheim@127.0.0.1:1/district?schema=Geheim",
        "postgresql://officer:Geheim@127.0.0.1:1/district?sslmode=verify-full",
        "postgresql://officer:Geheim@no.such.host.invalid/district",
        "postgres:/officer:Geheim@127.0.0.1:1/district",
        "POSTGRESQL://officer:Geheim@127.0.0.1:1/district",
        "https://officer:Geheim@127.0.0.1:1/district",
    ],
)
def test_no_refusal_shows_a_password(address: str, path: Path, capsys: Capture) -> None:
    for command in (["info", address], ["info", address, "--json"], ["share", str(path), "--to"]):
        given = [*command, address] if command[-1] == "--to" else command
        assert cli.main(given) == 2
        told = capsys.readouterr()
        assert "Geheim" not in told.out + told.err
