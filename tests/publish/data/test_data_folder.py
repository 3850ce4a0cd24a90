"""Tables of who serves which site."""

import csv
import io
from dataclasses import replace

import pytest
from handouts import NOTE, letters

from zoneplanner.publish.data.data_folder import encode_assignments_csv, encode_directory_csv


def rows(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8"), newline="")))


def test_assignments_are_site_and_zone_of_every_site_that_has_one() -> None:
    assert rows(encode_assignments_csv(letters("AB?"))) == [
        ["site", "zone"],
        ["r1c1", "A"],
        ["r1c2", "B"],
    ]


def test_the_directory_tells_how_to_reach_a_site_and_who_serves_it() -> None:
    head, first, *_, last = rows(encode_directory_csv(letters("Ab?")))
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
def test_the_directory_holds_no_note_for_anyone(audience: str) -> None:
    assert NOTE not in encode_directory_csv(letters("AB", audience)).decode("utf-8")


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    handout = letters("A")
    site = replace(handout.project.sites["r1c1"], name='=HYPERLINK("x";"Café, north")')
    handout = replace(handout, project=handout.project.with_site(site))
    assert rows(encode_directory_csv(handout))[1][1] == f"'{site.name}"
