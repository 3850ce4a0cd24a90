"""Tables of who serves which site."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from handouts import NOTE, letters
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneplanner.errors import UserError
from zoneplanner.publish.assignments import neutral, write_assignments, write_directory
from zoneplanner.publish.files import write_whole


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def test_assignments_are_site_and_zone_of_every_site_that_has_one(tmp_path: Path) -> None:
    path = write_assignments(letters("AB?"), tmp_path / "plan.csv")
    assert rows(path) == [["site", "zone"], ["r1c1", "A"], ["r1c2", "B"]]


def test_the_directory_tells_how_to_reach_a_site_and_who_serves_it(tmp_path: Path) -> None:
    head, first, *_, last = rows(write_directory(letters("Ab?"), tmp_path / "directory.csv"))
    assert dict(zip(head, first, strict=True)) == {
        "id": "r1c1",
        "name": "School r1c1",
        "level": "Elementary",
        "address": "1 Main Street, Fair Oaks 95628",
        "phone": "(916) 555-0100",
        "jurisdiction": "County",
        "zone": "A",
        "unit": "Unit A",
        "agency": "Sheriff",
    }
    assert dict(zip(head, last, strict=True))["zone"] == ""


@pytest.mark.parametrize("audience", ["public", "staff", "law-enforcement"])
def test_the_directory_holds_no_note_for_anyone(tmp_path: Path, audience: str) -> None:
    path = write_directory(letters("AB", audience), tmp_path / "directory.csv")
    assert NOTE not in path.read_text(encoding="utf-8")


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(tmp_path: Path) -> None:
    handout = letters("A")
    site = replace(handout.project.sites["r1c1"], name='=HYPERLINK("x";"Café, north")')
    handout = replace(handout, project=handout.project.with_site(site))
    assert rows(write_directory(handout, tmp_path / "d.csv"))[1][1] == f"'{site.name}"


@settings(deadline=None)
@given(st.text())
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    safe = neutral(cell)
    assert safe.endswith(cell)
    assert not safe or (safe[0] not in "=+-@" and safe[0].isprintable())


def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Choose another folder"):
        write_assignments(letters("A"), tmp_path / "none" / "plan.csv")


def test_a_file_that_cannot_take_its_place_leaves_what_was_there(tmp_path: Path) -> None:
    taken = tmp_path / "plan.csv"
    (taken / "inside").mkdir(parents=True)
    with pytest.raises(UserError, match=r"Cannot write plan\.csv"):
        write_whole(taken, b"site,zone")
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.csv"]
    assert (taken / "inside").is_dir()
