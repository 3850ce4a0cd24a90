"""A basemap in printed pages and in the web map's single file."""

import base64
import io
import json
import re
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, needs_browser
from county import build_county, write_osm
from driven import browser
from handouts import district_handout
from papers import page_texts
from PIL import Image
from shapely import LineString

from zoneplanner.analysis.geometry.basemap import BasemapFeatures, unpack_basemap
from zoneplanner.analysis.geometry.crs import list_covering_tiles, to_lonlat
from zoneplanner.domain.geography.basemap import ProjectBasemap
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.exchange.basemap.reader import MapFile, read_foreign_basemap
from zoneplanner.publish.documents.zone_sheets import build_zone_sheets
from zoneplanner.publish.handout import Handout, PublishedPictures
from zoneplanner.publish.maps.basemap import find_zone_bounds
from zoneplanner.publish.maps.map_frame import fit_map_frame
from zoneplanner.publish.maps.printed_basemap import write_map_words
from zoneplanner.publish.pdf.canvas import start_pdf
from zoneplanner.publish.pdf.page import render_pdf
from zoneplanner.publish.web.web_map import render_web_map
from zoneplanner.publish.web.web_map_data import encode_basemap
from zoneplanner.tokens import COLOR_ROLES

WITH_BASEMAP_KB = 2_500


@pytest.fixture(scope="module")
def basemap_handout(tmp_path_factory: pytest.TempPathFactory) -> Handout:
    """The bundled district's handout with a basemap from an OpenStreetMap extract."""
    path = write_osm(build_county(9_000), tmp_path_factory.mktemp("county") / "county.osm.pbf")
    handout = district_handout()
    extent = compute_project_extent(handout.project)
    assert extent is not None
    read = read_foreign_basemap(
        MapFile(path), crs=handout.project.crs, window=extent, inside=extent
    )
    basemap = ProjectBasemap(path.name, "", read.credit, "0", read.counts)
    found = unpack_basemap(read.data)
    return replace(handout, basemap=found, project=replace(handout.project, basemap=basemap))


def test_zone_sheets_name_freeways_streets_places_and_the_map_source(
    basemap_handout: Handout,
) -> None:
    pages = page_texts(render_pdf(build_zone_sheets(basemap_handout, only=["S3"])))
    words = " ".join(pages[0].split())
    assert "I 80" in words or "US 50" in words
    streets = set(basemap_handout.basemap["arterial"].names)
    assert sum(name in words for name in streets) >= 3
    places = {
        name
        for kind in ("city", "town", "neighborhood")
        if kind in basemap_handout.basemap
        for name in basemap_handout.basemap[kind].names
    }
    assert any(name.upper() in words for name in places)
    assert "© OpenStreetMap contributors" in words
    assert "Marconi Ave" not in words


def unpack_numbers(packed: str) -> list[int]:
    """Decode zigzag varints as the page's script does."""
    values, value, shift = [], 0, 0
    for byte in base64.b64decode(packed):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    return values


def test_the_web_map_contains_the_streets_within_its_size_budget(basemap_handout: Handout) -> None:
    page = render_web_map(basemap_handout).decode()
    assert len(page.encode()) <= WITH_BASEMAP_KB * 1024
    data = json.loads(re.search(r'id="data" type="application/json">(.*?)</script>', page)[1])  # type: ignore[index]
    kinds = data["basemap"]["kinds"]
    assert {"local", "arterial", "freeway", "ramp", "water", "park", "building"} <= set(kinds)
    own = kinds["local"]
    degrees = np.cumsum(np.array(unpack_numbers(own["xy"])).reshape(-1, 2), axis=0) / 1e5
    west, south, east, north = -121.55, 38.5, -121.1, 38.8
    assert ((degrees > (west, south)) & (degrees < (east, north))).all()
    counts = unpack_numbers(own["count"])
    assert sum(counts) == len(degrees) and min(counts) >= 2
    names = [own["names"][at] for at in np.cumsum(unpack_numbers(own["name"]))]
    assert len(names) == len(counts) and set(names) <= set(basemap_handout.basemap["local"].names)
    assert set(kinds["freeway"]["names"]) == {"I 80", "US 50"}
    assert {street["name"] for street in data["streets"]} <= set(
        basemap_handout.basemap["arterial"].names
    )


def test_a_basemap_over_the_budget_loses_detail_and_buildings_first(
    basemap_handout: Handout,
) -> None:
    window = find_zone_bounds(basemap_handout)
    whole = encode_basemap(basemap_handout.basemap, basemap_handout.project.crs, window)
    assert whole is not None and "building" in whole["kinds"]
    room = len(json.dumps(whole["kinds"])) - len(json.dumps(whole["kinds"]["building"]))
    less = encode_basemap(
        basemap_handout.basemap, basemap_handout.project.crs, window, most_bytes=room
    )
    assert less is not None
    assert set(whole["kinds"]) - set(less["kinds"]) == {"building"}
    assert len(json.dumps(less["kinds"])) <= room * 1.1


@pytest.mark.long
@needs_browser
def test_a_browser_draws_freeways_in_their_color(basemap_handout: Handout, tmp_path: Path) -> None:
    page, picture = tmp_path / "map.html", tmp_path / "map.png"
    page.write_bytes(render_web_map(basemap_handout))
    subprocess.run(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1000,700"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=3000"),
            *(f"--screenshot={picture}", page.as_uri() + "#view=38.66,-121.33,14"),
        ],
        capture_output=True,
        timeout=60,
        check=True,
    )
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    light = COLOR_ROLES["light"]
    freeway = np.array([int(light.freeway[at : at + 2], 16) for at in (1, 3, 5)])
    near = np.abs(pixels - freeway).sum(axis=2) < 70
    assert near.sum() > 1500


def _rasterize(pdf: Path) -> "np.ndarray[tuple[int, int, int], np.dtype[np.int_]]":
    """Return the pixels of a PDF's first page at 60 dpi."""
    page = pdf.with_suffix("")
    subprocess.run(["pdftoppm", "-r", "60", "-singlefile", "-png", str(pdf), str(page)], check=True)
    return np.asarray(Image.open(pdf.with_suffix(".png")).convert("RGB")).astype(int)


@needs_browser
def test_a_printed_web_map_has_zones_and_streets(basemap_handout: Handout, tmp_path: Path) -> None:
    page, pdf = tmp_path / "map.html", tmp_path / "map.pdf"
    page.write_bytes(render_web_map(basemap_handout))
    with browser(tmp_path / "browser") as window:
        window.open(page)
        pdf.write_bytes(window.print())
        window.wait("!document.body.classList.contains('printing')")
        assert window.run("document.querySelectorAll('.map canvas').length > 1")
        assert not window.run("document.querySelectorAll('.map img.basemap-words').length")
    dots = _rasterize(pdf)
    high, wide, _ = dots.shape
    drawn = dots[round(0.17 * high) : round(0.62 * high), round(0.08 * wide) : round(0.92 * wide)]
    assert (drawn == 255).all(axis=2).mean() < 0.2  # zones and land cover most of the white
    light = COLOR_ROLES["light"]
    freeway = np.array([int(light.freeway[at : at + 2], 16) for at in (1, 3, 5)])
    assert (np.abs(drawn - freeway).sum(axis=2) < 70).sum() > 100


def test_aerial_images_are_printed_below_the_zones(
    basemap_handout: Handout, tmp_path: Path
) -> None:
    tiles = tmp_path / "aerial.mbtiles"
    left, low, right, high = find_zone_bounds(basemap_handout)
    lons, lats = to_lonlat(basemap_handout.project.crs, [left, right], [low, high])
    covering = list_covering_tiles(np.column_stack([lons, lats]), 11, 400)
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (20, 120, 60)).save(out, "JPEG")
    with closing(sqlite3.connect(tiles)) as base, base:
        base.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        base.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)",
            [(z, x, 2**z - 1 - y, out.getvalue()) for z, x, y in covering],
        )
    pictures = PublishedPictures(tiles, "County GIS 2025", 11)
    pdf = tmp_path / "zone.pdf"
    pdf.write_bytes(
        render_pdf(build_zone_sheets(replace(basemap_handout, pictures=pictures), only=["S3"]))
    )
    dots = _rasterize(pdf)
    green = (dots[:, :, 1] - dots[:, :, 0] > 60) & (dots[:, :, 2] < 100)
    assert green.mean() > 0.1
    teal = np.abs(dots - np.array([0, 158, 115])).sum(axis=2) < 12
    assert teal.mean() < 0.03  # the zone is transparent above the images
    assert "County GIS 2025" in " ".join(page_texts(pdf.read_bytes()))
    gray = replace(basemap_handout, pictures=pictures, paper="letter-gray")
    pdf.write_bytes(render_pdf(build_zone_sheets(gray, only=["S3"])))
    white = [(page > 250).all(axis=2).mean() for page in (dots, _rasterize(pdf))]
    assert white[1] - white[0] > 0.004, "the zone's edge was as dark as the picture"


def test_a_freeway_that_ends_at_the_edge_of_a_map_gives_its_number_to_no_other() -> None:
    view = fit_map_frame((0, 0, 1000, 1000), (36, 36, 336, 336))
    left, bottom, right, top = view.window_m
    middle = (bottom + top) / 2
    ends = LineString([(left - 100, middle), (left, middle)])
    crosses = LineString([(left, middle + 10), (right, middle + 10)])
    shapes = np.array([ends, crosses], dtype=object)
    basemap = {"freeway": BasemapFeatures(shapes, ("", ""), ("I 80", "US 50"))}
    buffer = io.BytesIO()
    canvas = start_pdf(buffer, title="Map", subject="Map", author="Office")
    write_map_words(canvas, view, basemap, [])
    canvas.showPage()
    canvas.save()
    (words,) = page_texts(buffer.getvalue())
    assert "US 50" in words and "I 80" not in words
