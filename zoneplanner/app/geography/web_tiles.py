"""Tiles as a background of the map: their providers on the internet, and files of them."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import platformdirs

from zoneplanner.analysis.geometry.crs import TileIndex
from zoneplanner.app.desk.settings import APP_DIR_NAME, load_machine_settings
from zoneplanner.errors import UserError

TILE_TITLES = {
    "USGS.USTopo": "USGS topographic map",
    "USGS.USImagery": "USGS aerial pictures",
    "USGS.USImageryTopo": "USGS aerial pictures with names",
    "OpenStreetMap.Mapnik": "OpenStreetMap",
    "CartoDB.Positron": "CARTO light",
    "CartoDB.DarkMatter": "CARTO dark",
}
_MOST_ZOOM = 22


@dataclass(frozen=True, slots=True)
class TileProvider:
    """A server of tiles; ``url`` has fields for z, x and y; ``attribution`` must be shown."""

    name: str
    title: str
    url: str
    attribution: str
    max_zoom: int = 19

    def address(self, tile: TileIndex) -> str:
        """Return the address of a tile."""
        zoom, x, y = tile
        return self.url.format(z=zoom, x=x, y=y)


@dataclass(frozen=True, slots=True)
class TileOffer:
    """What a map needs for tiles; no server is contacted before a person chooses tiles."""

    providers: Callable[[], Mapping[str, TileProvider]]
    folder: Path
    timeout_ms: int = 8000


def build_tile_offer() -> TileOffer:
    """Return the known providers, and this desk's cache folder."""
    return TileOffer(
        list_tile_providers,
        Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "tiles",
    )


def list_tile_providers() -> dict[str, TileProvider]:
    """Return the providers without a key, by name; none if the computer's settings forbid them."""
    if not load_machine_settings().web_tiles:
        return {}
    import xyzservices

    providers: dict[str, TileProvider] = {}
    for name, title in TILE_TITLES.items():
        try:
            service = xyzservices.providers.query_name(name)
        except ValueError:
            continue
        if service.requires_token():
            continue
        url = service.build_url(x="{x}", y="{y}", z="{z}")
        credit = str(service.attribution).replace("(C)", "©")
        providers[name] = TileProvider(name, title, url, credit, int(service.get("max_zoom", 18)))
    return providers


PICTURE_FILES = "Aerial pictures (*.mbtiles *.tif *.tiff)"
_PICTURE_FILE = "file:"
_PICTURE_FORMATS = ("png", "jpg", "jpeg", "webp")


def name_picture_file(path: Path) -> str:
    """Return the provider's name for a file of aerial pictures."""
    return f"{_PICTURE_FILE}{path}"


def is_picture_file(name: str) -> bool:
    """Whether a provider's name means a file on this computer."""
    return name.startswith(_PICTURE_FILE)


def find_tile_provider(offer: TileOffer, name: str) -> TileProvider | None:
    """Return a provider or a file of pictures by name, or None if it is not available."""
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
        The file is no MBTiles file, or has lines and areas instead of pictures.
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
        f"Pictures: {about.get('name') or path.name}",
        str(path),
        about.get("attribution", "") or path.stem,
        int(zoom) if zoom.isdigit() and int(zoom) < _MOST_ZOOM else _MOST_ZOOM,
    )
