"""A flipped bit anywhere in a project file never passes as intact data."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from storage_samples import AT, EDIT, LOG, move_site, project, to_plain, visit

from zoneplanner import storage
from zoneplanner.errors import UserError


def read_everything(store: storage.Store) -> list[object]:
    """Read everything that a person sees of a project."""
    return [
        to_plain(store.project()),
        [repr(entry) for entry in store.entries()],
        [repr(edit) for edit in store.edits()],
        store.last_visits(),
    ]


@pytest.mark.parametrize(("seed", "flips"), [(1, 12), pytest.param(2, 200, marks=pytest.mark.long)])
def test_a_flipped_bit_never_opens_as_intact_but_different_data(
    seed: int, flips: int, tmp_path: Path
) -> None:
    sound = tmp_path / "sound.gpkg"
    with storage.create(sound, project(), actor="Officer A", at=AT) as store:
        before = store.project()
        store.save(before, move_site(before, "b", "S1"), label="Move", **EDIT)
        store.append_many([visit(f"v{number}") for number in range(30)], **LOG)
        whole = read_everything(store)
    content = sound.read_bytes()
    choice = random.Random(seed)
    outcomes = []
    for number in range(flips):
        place = choice.randrange(100, len(content))
        flipped = bytearray(content)
        flipped[place] ^= 1 << choice.randrange(8)
        path = tmp_path / f"flipped-{number}.gpkg"
        path.write_bytes(flipped)
        outcomes.append((place, classify_file(path, whole, read_only=number % 2 == 0)))
        path.unlink()
    assert {said for _, said in outcomes} <= {"refused", "same", "told", "found"}, outcomes
    assert any(said == "same" for _, said in outcomes)


def test_a_schema_statement_stored_as_bytes_is_handled(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    with storage.create(path, project(), actor="Officer A", at=AT) as store:
        store.append(visit("v1"), **LOG)
        whole = read_everything(store)
    content = path.read_bytes()
    for kind in ("table", "view", "trigger", "index"):
        for column in ("sql", "name", "tbl_name"):
            for odd in (f"CAST({column} AS BLOB)", f"CAST({column} || x'ff' AS TEXT)"):
                path.write_bytes(content)
                change = f"UPDATE sqlite_schema SET {column} = {odd} WHERE type = ?"
                with closing(sqlite3.connect(path)) as connection, connection:
                    connection.execute("PRAGMA writable_schema = ON")
                    connection.execute(change, (kind,))
                said = classify_file(path, whole, read_only=column == "sql")
                assert said in ("refused", "same", "told", "found"), (kind, column, odd)


def classify_file(path: Path, whole: list[object], *, read_only: bool) -> str:
    """Say whether a file is refused, unchanged, reported at opening or found by verify."""
    try:
        store = storage.open(path, read_only=read_only)
    except UserError:
        return "refused"
    with store:
        try:
            same = read_everything(store) == whole
        except UserError:
            return "refused"
        if same:
            return "same"
        if store.notices:
            return "told"
        return "unseen" if store.verify().ok else "found"
