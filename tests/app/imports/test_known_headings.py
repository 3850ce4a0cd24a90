"""All time and place columns of the headings in the handbook are read."""

import re

import pytest

from zoneplanner.app.imports.geography.map_features import ImportOptions, choose_column_mapping
from zoneplanner.bundled import resources_dir

PAGE = (resources_dir() / "handbook" / "call-history.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\w[^|]+) \| ([^|]+, [^|]+) \|$", PAGE, re.MULTILINE)
CELLS = {"time": "2026-10-13 10:00:00", "clock": "10:00:00", "day": "10/13/2026"}


def create_cell(heading: str, system: str) -> str:
    """Return a typical cell for a column."""
    plain = heading.casefold()
    if system == "PremierOne" and "time" in plain:
        return CELLS["clock"]
    if system == "PremierOne" and "date" in plain:
        return CELLS["day"]
    timed = any(word in plain for word in ("time", "_ts", "reported"))
    return CELLS["time"] if timed else "X"


def test_the_handbook_page_names_five_systems() -> None:
    assert len(ROWS) == 5


@pytest.mark.parametrize(("system", "headings"), ROWS)
def test_headings_that_the_handbook_names_are_read_whole(system: str, headings: str) -> None:
    columns = [heading.strip() for heading in headings.split(", ")]
    samples = {column: [create_cell(column, system)] for column in columns}
    asked = ImportOptions(path=resources_dir(), kind="incidents")
    how = choose_column_mapping(asked, columns, samples)
    found = {**how.columns, **how.profile.joined}
    stamps = ("received_at", "dispatched_at", "enroute_at", "onscene_at", "cleared_at")
    assert not {"uid", "type", "units", *stamps} - found.keys()
    assert {"site", "address"} & found.keys()
    read = {column for own in found.values() for column in own}
    assert set(columns) <= read


def test_a_number_sign_and_an_event_s_location_are_read() -> None:
    columns = ["Event #", "Event", "Event Location", "Unit #", "Event Date", "Recvd"]
    samples = {one: ["X"] for one in columns}
    samples |= {"Event Date": [CELLS["day"]], "Recvd": [CELLS["clock"]]}
    asked = ImportOptions(path=resources_dir(), kind="incidents")
    how = choose_column_mapping(asked, columns, samples)
    assert (how.columns["uid"], how.columns["address"]) == (("Event #",), ("Event Location",))
    assert how.profile.joined["received_at"] == ("Event Date", "Recvd")
