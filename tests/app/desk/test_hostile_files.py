"""Damaged or hostile files beside a project, and bugs in reading them.

A hostile file is ignored or refused. A bug of ours is not reported as a damaged file.
"""

import json
from contextlib import closing
from pathlib import Path

import pytest
from builders import create_store, project_from
from storage_samples import AT

from zoneplanner import cli, storage
from zoneplanner.app.desk import known_heads
from zoneplanner.app.desk.settings import Settings, find_data_folder, load_settings
from zoneplanner.app.exports.atomic_files import read_edition_list
from zoneplanner.app.projects.backups import list_backups
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.ui.map.layers import DEFAULT_ARRANGEMENT, parse_arrangement

Capture = pytest.CaptureFixture[str]
pytestmark = pytest.mark.usefixtures("without_garbage_collection")

DEEP = b"[" * 100_000 + b"]" * 100_000
HOSTILE = {
    "no text": b"\xff\xfe{}",
    "nothing": b"",
    "no JSON": b"{",
    "a number": b"5",
    "null": b"null",
    "a list": b'["a", "b", 5]',
    "a list without a zone": b'["a", "b", "2026-11-16T08:00:00"]',
    "other kinds": b'{"at": 5, "recent": 5, "window": [], "files": {"a": 1}, "plans": 5}',
    "deep": DEEP,
}
hostile = pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB"), actor="planner", at=AT).close()
    return file


@hostile
def test_damaged_settings_fall_back_to_the_defaults(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(content)
    assert load_settings(file) == Settings()
    assert parse_arrangement(content.decode("latin-1")) == DEFAULT_ARRANGEMENT


@hostile
def test_damaged_lists_of_backups_and_editions_are_empty(tmp_path: Path, content: bytes) -> None:
    for name in ("backup.json", "edition.json"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "backup.gpkg").touch()
    assert list_backups(tmp_path) == ()
    assert read_edition_list(tmp_path) == set()


@hostile
def test_a_malformed_desk_record_is_not_listed(path: Path, content: bytes) -> None:
    with closing(open_session(path, stays=True)) as session:
        [own] = session.store.list_present_desks()
        path.with_name(f".{path.name}.elsewhere-000000-5-01234567.desk").write_bytes(content)
        assert session.store.list_present_desks() == [own]


WRONG_HEADS: tuple[object, ...] = (
    5,
    {"places": []},
    {"places": {"HERE": []}},
    {"places": {"HERE": {"heads": 5, "at": 5}}},
    {"places": {"HERE": {"heads": [[1, "a"], [2]], "at": "2026-11-16T08:00:00+00:00"}}},
    {"places": {"HERE": {"heads": [["1", "a"], [2, "b"]], "at": "yesterday"}}},
)


@pytest.mark.parametrize("held", WRONG_HEADS, ids=str)
def test_a_damaged_record_of_known_heads_is_replaced(
    path: Path, held: object, capsys: Capture
) -> None:
    file = find_data_folder() / "heads.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    with storage.open(path) as store:
        uid = store.project().uid
    file.write_text(json.dumps({uid: held}).replace("HERE", str(path.resolve())), encoding="utf-8")
    assert cli.main(["log", str(path), "visit", "site=r1c1"]) == 0, capsys.readouterr().err
    assert path.name in file.read_text(encoding="utf-8")


@hostile
def test_an_invalid_certificate_is_refused(tmp_path: Path, content: bytes, capsys: Capture) -> None:
    file = tmp_path / "proof.json"
    file.write_bytes(content)
    assert cli.main(["certify", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_a_bug_in_reading_known_heads_is_reported_as_a_bug(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def raise_planted_error(*_: object) -> None:
        raise AttributeError("planted")

    assert cli.main(["log", str(path), "visit", "site=r1c1"]) == 0
    monkeypatch.setattr(known_heads, "JournalHead", raise_planted_error)
    capsys.readouterr()
    assert cli.main(["log", str(path), "visit", "site=r1c2", "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["code"], said["facts"]["problem"]) == ("failed", "planted")
