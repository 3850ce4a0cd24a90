"""Malformed edits in a file, and our own bugs in reading rows."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import create_store, run_behind_guards
from storage_samples import AT, EDIT, move_site, project

from zoneplanner import cli, storage
from zoneplanner.errors import Damaged, UserError
from zoneplanner.storage.history import edit_writer, own_rows

pytestmark = pytest.mark.usefixtures("without_garbage_collection")

WRONG_SIDES = {
    "no text": None,
    "no JSON": "{",
    "a number": "5",
    "a list": "[]",
    "no rows": '{"site": 5}',
    "rows that are none": '{"site": [5]}',
    "an unknown table": '{"raid": [{"id": "a"}]}',
    "no key": '{"site": [{"name": "A"}]}',
    "a key that is a list": '{"site": [{"id": ["a"], "name": "A"}]}',
    "an unknown column": '{"site": [{"id": "a", "raid": 1}]}',
    "a day that is a number": '{"plan": [{"uid": "plan-1", "effective_on": 5}]}',
    "a column that no edit has": '{"site": [{"id": "a", "fid": 1}]}',
    "half a new row": '{"site": [{"id": "new", "name": "A"}]}',
    "an unknown setting": '{"setting": [{"name": "raid", "value": "{}"}]}',
    "an unknown field": '{"app_meta": [{"key": "raid", "value": "x"}]}',
    "a feature at no number": '{"feature_area": [{"position": "x"}]}',
    "deep": "[" * 3_000 + "]" * 3_000,
}

WRONG_SNAPSHOTS = {
    "no text": "unreadable_edits.snapshot_not_binary",
    "no JSON": "",
    "a number": "unreadable_json.no_object",
    "a list": "unreadable_json.no_object",
    "no rows": "unreadable_edits.not_rows",
    "rows that are none": "unreadable_edits.not_rows",
    "an unknown table": "unreadable_edits.impossible_row",
    "no key": "unreadable_edits.impossible_row",
    "a key that is a list": "unreadable_edits.impossible_row",
    "an unknown column": "unreadable_edits.no_column",
    "an unknown setting": "unreadable_edits.other_rows",
    "an unknown field": "unreadable_edits.other_rows",
    "deep": "unreadable_json.nested",
}
"""What is wrong with a side as a snapshot, if not a value of another type; "" in Python's words."""


@pytest.fixture(scope="module")
def saved_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A project file with one edit after its creation."""
    file = tmp_path_factory.mktemp("saved") / "p.gpkg"
    with create_store(file, project(), actor="Officer A", at=AT) as store:
        before = store.project()
        store.save(before, move_site(before, "b", "S1"), label="Move", **EDIT)
    return file.read_bytes()


@pytest.fixture
def edited(path: Path, saved_file: bytes) -> Path:
    path.write_bytes(saved_file)
    return path


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("text", WRONG_SIDES.values(), ids=WRONG_SIDES)
def test_a_malformed_edit_is_not_followed(edited: Path, text: str | None, side: str) -> None:
    wrong = "x'00'" if text is None else f"'{text}'"
    run_behind_guards(edited, f"UPDATE edit SET {side} = {wrong} WHERE seq = 2")
    with storage.open(edited) as store:
        now = store.project()
        with pytest.raises(UserError) as caught:
            store.rewind(now, [2])
        assert caught.value.template in ("unreadable_history", "conflict.history")


@pytest.mark.parametrize("case", WRONG_SIDES)
def test_a_malformed_snapshot_is_reported_with_what_is_wrong(edited: Path, case: str) -> None:
    text = WRONG_SIDES[case]
    packed = "'x'" if text is None else f"x'{zlib.compress(text.encode()).hex()}'"
    damage = "UPDATE site SET name = 'Other' WHERE id = 'a'"
    run_behind_guards(edited, damage, f"UPDATE edit SET snapshot = {packed} WHERE seq = 1")
    before = edited.read_bytes()
    with storage.open(edited, read_only=True) as store, pytest.raises(Damaged) as caught:
        store.project()
    assert caught.value.template == "damaged.edits"
    expected = WRONG_SNAPSHOTS.get(case, "unreadable_value.other_type")
    assert getattr(caught.value.details["problem"], "template", "") == expected
    assert edited.read_bytes() == before


Reader = tuple[object, str]
READERS: tuple[Reader, ...] = (
    (own_rows, "encode_rows"),
    (own_rows, "_decode_shapes"),
    (edit_writer, "decode_project"),
)
BUGS = (AttributeError, KeyError, TypeError)
PLANTED = [(*reader, bug) for reader, bug in zip(READERS, BUGS, strict=True)]


@pytest.mark.parametrize("reader", PLANTED, ids=[name for _, name, _ in PLANTED])
def test_our_own_bug_is_not_reported_as_a_damaged_file(
    edited: Path,
    reader: tuple[object, str, Callable[[str], Exception]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module, name, bug = reader

    def planted(*_: object, **__: object) -> None:
        raise bug("planted")

    before = edited.read_bytes()
    monkeypatch.setattr(module, name, planted)
    assert cli.main(["evaluate", str(edited), "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["code"], said["facts"]["problem"].strip("'")) == ("failed", "planted")
    assert Path(said["log"]).is_file()
    assert edited.read_bytes() == before
