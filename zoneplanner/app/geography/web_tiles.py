"""Web tiles as an extra ground of the map: who offers them, and where each tile lies."""

import math
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import platformdirs

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.desk.machine_settings import load_machine_settings
from zoneplanner.app.desk.settings import APP_DIR_NAME
from zoneplanner.errors import UserError

TileIndex = tuple[int, int, int]
"""Zoom, column from the west, row from the north."""

TILE_TITLES = {
    "USGS.USTopo": "USGS topographic map",
    "USGS.USImagery": "USGS aerial pictures",
    "USGS.USImageryTopo": "USGS aerial pictures with names",
    "OpenStreetMap.Mapnik": "OpenStreetMap",
    "CartoDB.Positron": "CARTO light",
    "CartoDB.DarkMatter": "CARTO dark",
}
_TILE_PX, _MOST_ZOOM = 256, 22
_EQUATOR_M_PX = 2 * math.pi * 6_378_137.0 / _TILE_PX
_HIGHEST_LATITUDE = 85.0511
_SHARPER = 0.25
"""Tiles are rather shrunk than stretched."""


@dataclass(frozen=True, slots=True)
class TileProvider:
    """A server of tiles. ``url`` has places for z, x and y; ``attribution`` must be shown."""

    name: str
    title: str
    url: str
    attribution: str
    max_zoom: int = 19

    def address(self, tile: TileIndex) -> str:
        """Return where a tile is."""
        zoom, x, y = tile
        return self.url.format(z=zoom, x=x, y=y)


@dataclass(frozen=True, slots=True)
class TileOffer:
    """What a map needs for tiles; nothing is asked of anyone before a person chooses some."""

    providers: Callable[[], Mapping[str, TileProvider]]
    folder: Path
    timeout_ms: int = 8000


def build_tile_offer() -> TileOffer:
    """Return the providers known here, with this desk's cache folder."""
    return TileOffer(
        list_tile_providers,
        Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "tiles",
    )


def list_tile_providers() -> dict[str, TileProvider]:
    """Return the providers that need no key, by name; none where the computer's settings say so."""
    if not load_machine_settings().web_tiles:
        return {}
    import xyzservices

    found: dict[str, TileProvider] = {}
    for name, title in TILE_TITLES.items():
        try:
            known = xyzservices.providers.query_name(name)
        except ValueError:
            continue
        if known.requires_token():
            continue
        url = known.build_url(x="{x}", y="{y}", z="{z}")
        credit = str(known.attribution).replace("(C)", "©")
        found[name] = TileProvider(name, title, url, credit, int(known.get("max_zoom", 18)))
    return found


_PICTURE_FILE = "file:"
_PICTURE_FORMATS = ("png", "jpg", "jpeg", "webp")


def name_picture_file(path: Path) -> str:
    """Return what a file of aerial pictures is called among the providers of tiles."""
    return f"{_PICTURE_FILE}{path}"


def is_picture_file(name: str) -> bool:
    """True of the name of a file on this computer."""
    return name.startswith(_PICTURE_FILE)


def find_tile_provider(offer: TileOffer, name: str) -> TileProvider | None:
    """Return a provider by its name, or a file of pictures; None where it is not there."""
    if not is_picture_file(name):
        return offer.providers().get(name) if name else None
    try:
        return read_picture_file(Path(name.removeprefix(_PICTURE_FILE)))
    except UserError:
        return None


def read_picture_file(path: Path) -> TileProvider:
    """Return a file of aerial pictures as a provider of tiles; its ``url`` is the path.

    Raises
    ------
    UserError
        It is no MBTiles file, or one of lines and areas.
    """
    about: dict[str, str] = {}
    try:
        address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as base:
            base.execute("PRAGMA trusted_schema = OFF")
            rows = base.execute("SELECT name, value FROM metadata LIMIT 100").fetchall()
            about = {str(name): str(value)[:300] for name, value in rows}
    except sqlite3.Error as error:
        raise UserError("unreadable_file.no_pictures", file=path.name) from error
    if about.get("format", "").lower() not in _PICTURE_FORMATS:
        raise UserError("unreadable_file.no_pictures", file=path.name)
    zoom = about.get("maxzoom", "")
    return TileProvider(
        name_picture_file(path),
        f"Pictures: {path.name}",
        str(path),
        about.get("attribution", "") or path.stem,
        int(zoom) if zoom.isdigit() and int(zoom) < _MOST_ZOOM else _MOST_ZOOM,
    )


def choose_zoom(m_px: float, latitude: float, max_zoom: int) -> int:
    """Return the zoom whose pixels are nearest to a scale (meters a pixel) at a latitude."""
    widest = _EQUATOR_M_PX * math.cos(math.radians(latitude))
    return min(max(0, round(math.log2(widest / m_px) + _SHARPER)), max_zoom)


def compute_tile_positions(lonlat: FloatArray, zoom: int) -> FloatArray:
    """Return column and row, with fractions, of positions in degrees; shapes (n, 2)."""
    latitude = np.radians(np.clip(lonlat[:, 1], -_HIGHEST_LATITUDE, _HIGHEST_LATITUDE))
    x = (lonlat[:, 0] + 180.0) / 360.0
    y = (1.0 - np.arcsinh(np.tan(latitude)) / np.pi) / 2.0
    places: FloatArray = np.column_stack([x, y]) * 2**zoom
    return places


def compute_tile_corners(tile: TileIndex) -> FloatArray:
    """Return a tile's corners in degrees, shape (4, 2): NW, NE, SE, SW."""
    zoom, x, y = tile
    places = np.array([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)], dtype=float) / 2**zoom
    longitude = places[:, 0] * 360.0 - 180.0
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * places[:, 1]))))
    return np.column_stack([longitude, latitude])


def list_covering_tiles(lonlat: FloatArray, zoom: int, most: int) -> list[TileIndex]:
    """Return the tiles that cover positions in degrees, those in the middle first."""
    places = compute_tile_positions(lonlat, zoom)
    last = 2**zoom - 1
    left, top = np.clip(np.floor(places.min(axis=0)), 0, last).astype(int).tolist()
    right, bottom = np.clip(np.floor(places.max(axis=0)), 0, last).astype(int).tolist()
    if (right - left + 1) * (bottom - top + 1) > most:
        return []
    middle = places.mean(axis=0) - 0.5
    tiles = [(zoom, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    return sorted(tiles, key=lambda tile: float(np.hypot(*(np.array(tile[1:]) - middle))))
