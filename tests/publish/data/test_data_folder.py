"""Published data files: who serves which site."""

import csv
import io
from codecs import BOM_UTF8
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest
from handouts import NOTE, letter_handout
from shapely.geometry import LinearRing, MultiPolygon, Point

from zoneplanner.app.publishing.publication import build_open_data_files
from zoneplanner.publish.data.data_folder import (
    build_data_files,
    encode_assignments_csv,
    encode_directory_csv,
)
from zoneplanner.publish.data.officer_hours import encode_hours_csv
from zoneplanner.publish.maps.basemap import encode_geojson

KML = "{http://www.opengis.net/kml/2.2}"


def read_rows(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_assignments_list_every_site_that_has_a_zone() -> None:
    assert read_rows(encode_assignments_csv(letter_handout("AB?"))) == [
        ["site", "zone"],
        ["r1c1", "A"],
        ["r1c2", "B"],
    ]


def test_the_directory_lists_contacts_and_who_serves_each_site() -> None:
    head, first, *_, last = read_rows(encode_directory_csv(letter_handout("Ab?")))
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
def test_the_directory_contains_no_notes(audience: str) -> None:
    assert NOTE not in encode_directory_csv(letter_handout("AB", audience)).decode("utf-8")


def test_formulas_in_names_are_escaped() -> None:
    handout = letter_handout("A")
    site = replace(handout.project.sites["r1c1"], name='=HYPERLINK("x";"Café, north")')
    handout = replace(handout, project=handout.project.with_site(site))
    assert read_rows(encode_directory_csv(handout))[1][1] == f"'{site.name}"


def test_ring_orientation_follows_rfc_7946() -> None:
    ring = Point(0, 0).buffer(1000).difference(Point(0, 0).buffer(500))
    for shape in (ring, ring.reverse(), MultiPolygon([ring.reverse()])):
        (found,) = encode_geojson("EPSG:26910", [shape])
        parts = [found["coordinates"]] if found["type"] == "Polygon" else found["coordinates"]
        for outer, hole in parts:
            assert LinearRing(outer).is_ccw
            assert not LinearRing(hole).is_ccw


def test_every_csv_has_a_bom_and_crlf_line_ends() -> None:
    handout = letter_handout("AB")
    made = build_data_files(handout, build_open_data_files(handout))
    tables = [content for name, content in made.items() if name.endswith(".csv")]
    tables.append(encode_hours_csv(handout.project, date(2026, 9, 1), date(2026, 9, 2)))
    assert len(tables) == 4
    for table in tables:
        assert table.startswith(BOM_UTF8)
        assert table.endswith(b"\r\n")
        assert table.count(b"\n") == table.count(b"\r\n")


def test_the_kml_has_a_folder_and_a_color_for_each_zone() -> None:
    handout = letter_handout("AAB / ?AB")
    files = build_data_files(handout, build_open_data_files(handout))
    document = ElementTree.fromstring(files["data/zones.kml"])[0]
    folders = document.findall(f"{KML}Folder")
    told = [
        (
            folder.findtext(f"{KML}name"),
            [one.findtext(f"{KML}name") for one in folder.findall(f"{KML}Placemark")],
        )
        for folder in folders
    ]
    assert told == [
        ("Zone A", ["Zone A", "School r1c1", "School r1c2", "School r2c2"]),
        ("Zone B", ["Zone B", "School r1c3", "School r2c3"]),
        ("Not in a patrol zone", ["School r2c1"]),
    ]
    inks = [
        {one.text for icon in folder.iter(f"{KML}IconStyle") for one in icon} for folder in folders
    ]
    assert [len(ink) for ink in inks] == [1, 1, 1]
    assert len(set.union(*inks)) == 3
