"""Sets of files that are there whole or not at all."""

from pathlib import Path

import pytest
from builders import refused
from storage_samples import full_disk

from zoneplanner.app.exports.atomic_files import write_file_atomically, write_files_atomically
from zoneplanner.errors import Cancelled

TWO = {"map.html": b"<html>", "data/README.txt": b"what each file is"}


def there(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    with refused("cannot_write.into_folder"):
        write_file_atomically(tmp_path / "none" / "plan.csv", b"site,zone")


def test_a_file_that_cannot_take_its_place_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "plan.csv" / "inside").mkdir(parents=True)
    with refused("cannot_write.into_folder", name="plan.csv"):
        write_file_atomically(tmp_path / "plan.csv", b"site,zone")
    assert there(tmp_path) == ["plan.csv", "plan.csv/inside"]


def test_a_set_makes_its_folders_and_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("mine")
    (tmp_path / "map.html").write_text("old")
    write_files_atomically(tmp_path, TWO)
    assert there(tmp_path) == ["data", "data/README.txt", "map.html", "own.txt"]
    assert (tmp_path / "map.html").read_bytes() == b"<html>"


def test_a_set_that_fails_at_its_last_file_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "map.html").write_text("old")
    (tmp_path / "data").write_text("a file where the folder should be")
    with refused("cannot_write.into_folder", reason="a file of that name is in the way"):
        write_files_atomically(tmp_path, TWO)
    assert there(tmp_path) == ["data", "map.html"]
    assert (tmp_path / "map.html").read_text() == "old"


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    with full_disk(4), refused("cannot_write.into_folder"):
        write_files_atomically(tmp_path / "new", TWO)
    assert there(tmp_path) == []


def test_stopping_before_the_move_leaves_no_trace(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_files_atomically(tmp_path / "new" / "deep", TWO, before_moving=stop)
    assert there(tmp_path) == []
