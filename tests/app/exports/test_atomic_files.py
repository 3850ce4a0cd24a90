"""Files and sets of files are written completely or not at all."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import refused
from storage_samples import full_disk

from zoneplanner.app.exports.atomic_files import (
    stage_atomic_write,
    write_file_atomically,
    write_files_atomically,
)
from zoneplanner.app.publishing.publication import replace_edition_folder
from zoneplanner.errors import Cancelled

TWO = {"map.html": b"<html>", "data/README.txt": b"what each file is"}


def list_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with refused("cannot_write.into_folder"):
        write_file_atomically(tmp_path / "none" / "plan.csv", b"site,zone")


def test_a_failed_write_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "plan.csv" / "inside").mkdir(parents=True)
    with refused("cannot_write.into_folder", name="plan.csv"):
        write_file_atomically(tmp_path / "plan.csv", b"site,zone")
    assert list_files(tmp_path) == ["plan.csv", "plan.csv/inside"]


def test_a_set_creates_its_folders_and_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("mine")
    (tmp_path / "map.html").write_text("old")
    write_files_atomically(tmp_path, TWO)
    assert list_files(tmp_path) == ["data", "data/README.txt", "map.html", "own.txt"]
    assert (tmp_path / "map.html").read_bytes() == b"<html>"


def test_a_set_whose_last_file_fails_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "map.html").write_text("old")
    (tmp_path / "data").write_text("a file where the folder should be")
    with refused("cannot_write.into_folder", reason="there is already a file with that name"):
        write_files_atomically(tmp_path, TWO)
    assert list_files(tmp_path) == ["data", "map.html"]
    assert (tmp_path / "map.html").read_text() == "old"


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    with full_disk(4), refused("cannot_write.into_folder"):
        write_files_atomically(tmp_path / "new", TWO)
    assert list_files(tmp_path) == []


@pytest.fixture
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Refuse to move or replace files, as Windows does while Excel has them open."""
    locked: set[Path] = set()
    for name in ("rename", "replace"):
        act = getattr(Path, name)

        def refuse(path: Path, target: Path, act: Any = act) -> Path:
            number = 32 if path in locked else 5 if Path(target) in locked else 0
            if any(one.is_relative_to(path) for one in locked) and not number:
                number = 5  # a folder in which a file is open
            if number:
                error = PermissionError(13, "Access is denied")
                error.winerror = number  # type: ignore[attr-defined]
                raise error
            moved: Path = act(path, target)
            return moved

        monkeypatch.setattr(Path, name, refuse)
    return locked.add


def test_a_file_open_in_excel_is_named_and_no_file_of_the_set_is_replaced(
    tmp_path: Path, as_on_windows: Callable[[Path], None]
) -> None:
    (tmp_path / "data").mkdir()
    for name in TWO:
        (tmp_path / name).write_text("old")
    as_on_windows(tmp_path / "data/README.txt")
    with refused("cannot_write.in_use", name="README.txt"):
        write_files_atomically(tmp_path, TWO)
    assert list_files(tmp_path) == ["data", "data/README.txt", "map.html"]
    assert (tmp_path / "map.html").read_text() == "old"
    with (
        refused("cannot_write.in_use", name="README.txt"),
        stage_atomic_write(tmp_path / "data/README.txt") as staged,
    ):
        staged.write_text("new")
    assert list_files(tmp_path / "data") == ["README.txt"]


def test_an_edition_with_a_page_open_in_a_viewer_stays_whole(
    tmp_path: Path, as_on_windows: Callable[[Path], None]
) -> None:
    folder, day = tmp_path / "own-2026-11-27", date(2026, 11, 27)
    replace_edition_folder(folder, "own", day, TWO)
    before = list_files(tmp_path)
    as_on_windows(folder / "map.html")
    with refused("cannot_write.in_use", name=folder.name):
        replace_edition_folder(folder, "own", day, {**TWO, "atlas.pdf": b"new"})
    assert list_files(tmp_path) == before


def test_stopping_before_the_move_leaves_no_trace(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_files_atomically(tmp_path / "new" / "deep", TWO, before_moving=stop)
    assert list_files(tmp_path) == []
