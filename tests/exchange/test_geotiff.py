"""A GeoTIFF is cut into tiles at its position, however its tags give it."""

import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from builders import refused
from PIL import Image, TiffImagePlugin

from zoneplanner.analysis.geometry.crs import compute_tile_positions, from_lonlat
from zoneplanner.app.geography.aerial_pictures import prepare_picture_file
from zoneplanner.app.geography.web_tiles import read_picture_file
from zoneplanner.exchange.basemap.geotiff import read_geotiff

LON, LAT = -121.33, 38.66
DOT_M = 2.0
SIZE = 600
KEYS = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 26910)


def write_geotiff(path: Path, *, matrix: bool = False, keys: tuple[int, ...] = KEYS) -> Path:
    """Write a green image around a place with a red northwest quarter."""
    dots = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    dots[:, :, 1] = 200
    dots[: SIZE // 2, : SIZE // 2] = (220, 0, 0)
    xs, ys = from_lonlat("EPSG:26910", [LON], [LAT])
    half = SIZE / 2 * DOT_M
    west, north = float(xs[0]) - half, float(ys[0]) + half
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if matrix:
        tags[34264] = (DOT_M, 0, 0, west, 0, -DOT_M, 0, north, *([0.0] * 8))
        tags.tagtype[34264] = 12
    else:
        tags[33550] = (DOT_M, DOT_M, 0.0)
        tags[33922] = (0.0, 0.0, 0.0, west, north, 0.0)
        tags.tagtype[33550] = tags.tagtype[33922] = 12
    tags[34735] = keys
    tags.tagtype[34735] = 3
    Image.fromarray(dots).save(path, tiffinfo=tags, compression="tiff_lzw")
    return path


def read_color(tiles: Path, east_m: float, north_m: float) -> tuple[int, ...] | None:
    """Return the color at an offset from the center, at the highest zoom of a tile file."""
    provider = read_picture_file(tiles)
    lonlat = np.array([[LON + east_m / 86_900, LAT + north_m / 111_000]])
    x, y = compute_tile_positions(lonlat, provider.max_zoom)[0]
    with closing(sqlite3.connect(tiles)) as base:
        row = base.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?",
            (provider.max_zoom, int(x), 2**provider.max_zoom - 1 - int(y)),
        ).fetchone()
    if row is None:
        return None
    picture = Image.open(BytesIO(row[0])).convert("RGBA")
    color: tuple[int, ...] = picture.getpixel((int(x % 1 * 256), int(y % 1 * 256)))
    return color if color[3] else None


@pytest.mark.parametrize("matrix", [False, True])
def test_an_image_is_placed_by_its_tags(tmp_path: Path, matrix: bool) -> None:
    path = write_geotiff(tmp_path / "aerial.tif", matrix=matrix)
    tiles = tmp_path / "aerial.mbtiles"
    assert read_geotiff(path, tiles) > 10
    red, green = read_color(tiles, -200, 200), read_color(tiles, 200, -200)
    assert red is not None and red[0] > 180 and red[1] < 60
    assert green is not None and green[1] > 160 and green[0] < 60
    assert read_color(tiles, 700, 0) is None
    with closing(sqlite3.connect(tiles)) as base:
        zooms = [zoom for (zoom,) in base.execute("SELECT DISTINCT zoom_level FROM tiles")]
    assert min(zooms) == 0 and max(zooms) >= 15


def test_an_image_is_cut_into_tiles_once(tmp_path: Path) -> None:
    path = write_geotiff(tmp_path / "aerial.tif")
    made = prepare_picture_file(path)
    written = made.stat().st_mtime_ns
    assert prepare_picture_file(path) == made
    assert made.stat().st_mtime_ns == written
    assert prepare_picture_file(made) == made


def test_images_without_a_position_and_invalid_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.tif"
    Image.new("RGB", (20, 20)).save(path)
    with refused("unreadable_file.no_place_of_picture", file="plain.tif"):
        prepare_picture_file(path)
    own = write_geotiff(tmp_path / "own.tif", keys=(1, 1, 0, 1, 3072, 0, 1, 32767))
    with refused("unreadable_file.no_place_of_picture", file="own.tif"):
        prepare_picture_file(own)
    other = tmp_path / "other.tif"
    other.write_bytes(b"II*\0 no picture at all")
    with refused("unreadable_file.no_geotiff", file="other.tif"):
        prepare_picture_file(other)
