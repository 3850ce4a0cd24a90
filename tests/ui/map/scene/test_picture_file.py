"""Aerial pictures from a local file are drawn below the map without a network."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import project_from, refused
from map_driver import Open
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from zoneplanner.analysis.geometry.crs import list_covering_tiles, to_lonlat
from zoneplanner.app.geography.web_tiles import name_picture_file, read_picture_file
from zoneplanner.domain.project import Project
from zoneplanner.ui.map.layers import DEFAULT_ARRANGEMENT

ZOOM = 12
GREEN = QColor("#2E7D32")


def write_mbtiles(path: Path, project: Project, kind: str = "png") -> Path:
    """Write a file of green pictures around a project's sites."""
    picture = QImage(256, 256, QImage.Format.Format_RGB32)
    picture.fill(GREEN)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    spots = [site.position for site in project.sites.values()]
    lons, lats = to_lonlat(project.crs, [x for x, _ in spots], [y for _, y in spots])
    lonlat = [(float(lon), float(lat)) for lon, lat in zip(lons, lats, strict=True)]
    tiles = list_covering_tiles(np.array(lonlat), ZOOM, 100)
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        base.execute(
            "CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)"
        )
        about = {"format": kind, "maxzoom": str(ZOOM), "attribution": "County GIS 2025",
                 "name": "Aerial 2025.tif"}  # fmt: skip
        base.executemany("INSERT INTO metadata VALUES (?, ?)", about.items())
        rows = [(z, x, 2**z - 1 - y, bytes(buffer.data().data())) for z, x, y in tiles]
        base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    return path


def test_pictures_from_a_file_are_drawn_below_the_zones_and_credited(
    open_map: Open, tmp_path: Path
) -> None:
    project = project_from("AABB / aaaa")
    path = write_mbtiles(tmp_path / "aerial.mbtiles", project)
    assert read_picture_file(path).title == "Pictures: Aerial 2025.tif"  # what it calls itself
    hand = open_map(project)
    look = replace(DEFAULT_ARRANGEMENT, tiles=name_picture_file(path))
    hand.view.arrange(look.with_visibility("tiles", shown=True).with_visibility("zones", False))
    shown = hand.view.grab().toImage().pixelColor(hand.place(1850, -250))
    assert abs(shown.red() - GREEN.red()) + abs(shown.green() - GREEN.green()) < 30
    assert "County GIS 2025" in hand.view.overlays.credits.accessibleName()


def test_a_vector_tile_file_or_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    lines = write_mbtiles(tmp_path / "lines.mbtiles", project_from("A"), kind="pbf")
    with refused("unreadable_file.no_pictures", file="lines.mbtiles"):
        read_picture_file(lines)
    other = tmp_path / "other.mbtiles"
    other.write_bytes(b"no database")
    with refused("unreadable_file.no_pictures", file="other.mbtiles"):
        read_picture_file(other)


def test_an_endless_table_is_abandoned(open_map: Open, tmp_path: Path) -> None:
    project = project_from("A")
    path = write_mbtiles(tmp_path / "endless.mbtiles", project)
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("DROP TABLE tiles")
        base.execute(
            "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i AS zoom_level, 0 AS tile_column, 0 AS tile_row, x'00' AS tile_data FROM n "
            "WHERE i < 0"
        )
    hand = open_map(project)
    look = replace(DEFAULT_ARRANGEMENT, tiles=name_picture_file(path))
    hand.view.arrange(look.with_visibility("tiles", shown=True))
    assert not hand.view.grab().isNull()


@pytest.mark.parametrize("name", ["file:/nowhere/aerial.mbtiles", "nobody"])
def test_a_missing_provider_leaves_the_map_unchanged(open_map: Open, name: str) -> None:
    hand = open_map(project_from("AA"))
    before = hand.view.grab().toImage()
    look = replace(DEFAULT_ARRANGEMENT, tiles=name).with_visibility("tiles", shown=True)
    hand.view.arrange(look)
    assert hand.view.grab().toImage() == before
