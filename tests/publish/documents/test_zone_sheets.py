"""Zone sheets as PDF."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from builders import refused
from handouts import NOTE, district_handout, letter_handout
from pypdf import PdfReader
from sentences import says

from zoneplanner.publish.documents.zone_sheets import build_zone_sheets
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.site_marks import (
    MARK_RADIUS_PT,
    boxes_overlap,
    make_box_around,
    place_marks,
)
from zoneplanner.publish.pdf.page import render_pdf

needs_poppler = pytest.mark.skipif(
    shutil.which("pdffonts") is None, reason="poppler-utils is not installed"
)


def read_pages(path: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(path).pages]


@pytest.fixture(scope="module")
def district_sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_zone_sheets(district_handout(), tmp_path_factory.mktemp("pdf") / "sheets.pdf")


def write_zone_sheets(handout: Handout, path: Path, only: set[str] | None = None) -> Path:
    path.write_bytes(render_pdf(build_zone_sheets(handout, only)))
    return path


def crowded_handout(count: int) -> Handout:
    return letter_handout(" / ".join(["A" * 5] * (count // 5)))


def test_each_zone_has_a_sheet_with_unit_sites_addresses_and_phones(district_sheets: Path) -> None:
    pages = read_pages(district_sheets)
    assert len(pages) == 7
    for number, zone in enumerate(("S1", "S2", "S3", "S4", "S5", "SRO1", "SRO2"), start=1):
        assert zone in pages[number - 1]
        assert f"Page {number} of 7" in pages[number - 1]
        assert "November 16, 2026 · Draft A" in pages[number - 1]
    assert "Sheriff's deputy" in pages[0]
    assert "Sheriff's deputy 1" not in pages[0]  # its number is next to it
    mesa = next(page for page in pages if "Mesa Verde High" in page)
    assert "Citrus Heights Police Department" in mesa
    assert "7501 Carriage Drive, Citrus Heights 95621" in mesa
    assert "(916) 971-5288" in mesa


def test_every_patrolled_site_is_on_a_sheet(district_sheets: Path) -> None:
    whole = "\n".join(read_pages(district_sheets))
    handout = district_handout()
    assert [site.phone for site in handout.project.patrolled if site.phone not in whole] == []


def test_sheets_are_letter_size_vector_graphics_with_title_language_and_outline(
    district_sheets: Path,
) -> None:
    reader = PdfReader(district_sheets)
    assert {tuple(page.mediabox) for page in reader.pages} == {(0, 0, 612, 792)}
    assert all(len(page.images) == 0 for page in reader.pages)
    assert reader.metadata is not None
    assert reader.metadata.title == "San Juan Unified: patrol zones, zone sheets"
    assert reader.trailer["/Root"]["/Lang"] == "en-US"
    assert len(reader.outline) == 7


def test_all_fonts_are_embedded(district_sheets: Path) -> None:
    fonts = PdfReader(district_sheets).pages[0]["/Resources"]["/Font"]
    files = [font.get_object()["/FontDescriptor"].get("/FontFile2") for font in fonts.values()]
    assert len(files) == 2
    assert None not in files


def test_the_same_handout_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_zone_sheets(letter_handout("AB"), tmp_path / "1.pdf").read_bytes()
    assert first == write_zone_sheets(letter_handout("AB"), tmp_path / "2.pdf").read_bytes()


def test_a_zone_in_several_parts_counts_those_without_a_school(tmp_path: Path) -> None:
    handout = letter_handout("AB")
    first = handout.outlines["A"]
    away = shapely.MultiPolygon([*shapely.get_parts(first), shapely.box(0, 9000, 100, 9100)])
    split = replace(handout, outlines={**handout.outlines, "A": away})
    one, other = read_pages(write_zone_sheets(split, tmp_path / "a.pdf"))
    assert says(one, "land_parts", parts="2", bare="1")
    assert not says(other, "land_parts") and not says(other, "land_parts.peopled")


def test_only_the_chosen_zones_are_printed(tmp_path: Path) -> None:
    path = write_zone_sheets(letter_handout("ABC"), tmp_path / "b.pdf", only={"B"})
    (page,) = read_pages(path)
    assert "School r1c2" in page
    assert "School r1c1" not in page


def test_an_unknown_zone_is_refused(tmp_path: Path) -> None:
    with refused("unknown_zone", zone="Q"):
        write_zone_sheets(letter_handout("AB"), tmp_path / "q.pdf", only={"Q"})
    assert list(tmp_path.iterdir()) == []


def test_a_plan_without_zones_is_refused(tmp_path: Path) -> None:
    handout = letter_handout("A")
    bare = replace(handout, plan=replace(handout.plan, zones=(), assignment={}))
    with refused("no_zones_to_print", plan=handout.plan.name):
        write_zone_sheets(bare, tmp_path / "none.pdf")


def test_an_empty_zone_still_has_a_sheet(tmp_path: Path) -> None:
    handout = letter_handout("A")
    empty = replace(handout, plan=replace(handout.plan, assignment={}), outlines={})
    (page,) = read_pages(write_zone_sheets(empty, tmp_path / "empty.pdf"))
    assert "0 sites" in page


def test_a_zone_with_many_sites_continues_on_a_second_page(tmp_path: Path) -> None:
    handout = crowded_handout(45)
    pages = read_pages(write_zone_sheets(handout, tmp_path / "many.pdf"))
    assert len(pages) == 2
    assert "continued" in pages[1]
    whole = "\n".join(pages)
    assert all(site.name in whole for site in handout.project.sites.values())


@pytest.mark.parametrize(
    ("audience", "visits", "loads", "notes"),
    [
        *(("public", False, False, False), ("staff", False, True, False)),
        *(("law-enforcement", True, True, True), ("own", True, True, True)),
    ],
)
def test_visits_loads_and_notes_reach_only_their_audience(
    tmp_path: Path, audience: str, visits: bool, loads: bool, notes: bool
) -> None:
    (page,) = read_pages(write_zone_sheets(letter_handout("A", audience), tmp_path / "a.pdf"))
    assert ("Nov 13, 2026" in page) is visits
    assert ("6,123" in page) is loads
    assert (NOTE in page) is notes
    assert "09:42" not in page


def test_symbols_of_nearby_sites_do_not_overlap() -> None:
    points = [(100.0, 100.0), (100.0, 100.0), (104.0, 101.0), (99.0, 96.0), (300.0, 300.0)]
    places = place_marks(points, (0, 0, 400, 400))
    boxes = [make_box_around(*place, 2 * MARK_RADIUS_PT, 2 * MARK_RADIUS_PT) for place in places]
    assert places[0] == points[0]
    assert places[4] == points[4]
    assert not any(boxes_overlap(one, two) for n, one in enumerate(boxes) for two in boxes[:n])


@needs_poppler
def test_a_gray_sheet_shows_its_zone_in_white_whatever_its_color(tmp_path: Path) -> None:
    def count_tones(color: int) -> tuple[int, int]:
        handout = replace(letter_handout("AB"), paper="letter-gray")
        zones = tuple(replace(zone, color=color) for zone in handout.plan.zones)
        path = write_zone_sheets(
            replace(handout, plan=replace(handout.plan, zones=zones)), tmp_path / "g.pdf", {"A"}
        )
        command = ["pdftoppm", "-gray", "-r", "20", "-x", "12", "-y", "40", "-W", "140", "-H", "90"]
        drawn = subprocess.run([*command, path], capture_output=True, check=True).stdout
        pixels = drawn.split(b"\n255\n", 1)[1]
        return sum(tone > 250 for tone in pixels), sum(170 < tone < 235 for tone in pixels)

    blue, yellow = count_tones(0), count_tones(6)
    assert min(blue) > 1_000  # the zone and the paper around the map
    assert all(abs(a - b) < 200 for a, b in zip(blue, yellow, strict=True))


@needs_poppler
def test_poppler_reads_the_sheets_without_warnings(district_sheets: Path) -> None:
    run = subprocess.run(
        ["pdftotext", "-layout", str(district_sheets), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    assert "Mesa Verde High" in run.stdout
