"""Aerial pictures from an MBTiles file on this computer; loads no network code."""

import sqlite3
from collections import OrderedDict
from contextlib import suppress
from urllib.parse import quote

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtGui import QImage, QImageReader

from zoneplanner.analysis.geometry.crs import TileIndex
from zoneplanner.app.geography.web_tiles import TileProvider

MAX_TILE_BYTES, _MAX_TILE_PX = 2_000_000, 1024
_MAX_CACHED = 256
_MAX_STEPS = 1_000_000
"""Database steps for one tile; a table that is really a view could run forever."""
_TILE_SQL = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"


class PictureFileSource(QObject):
    """The tiles of a file, with the interface of ``TileSource``; ``arrived`` is never emitted."""

    arrived = Signal()
    failed = Signal(str)
    pending = 0

    def __init__(self, provider: TileProvider, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.provider = provider
        self._images: OrderedDict[TileIndex, QImage | None] = OrderedDict()
        self._connection: sqlite3.Connection | None = None
        with suppress(sqlite3.Error):
            uri = f"file:{quote(provider.url)}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True)
            self._connection.execute("PRAGMA trusted_schema = OFF")
            self._connection.set_progress_handler(lambda: 1, _MAX_STEPS)

    def image(self, tile: TileIndex) -> QImage | None:
        """Return a tile of the file, or None."""
        if tile not in self._images:
            self._images[tile] = self._read(tile)
            while len(self._images) > _MAX_CACHED:
                self._images.popitem(last=False)
        self._images.move_to_end(tile)
        return self._images[tile]

    def _read(self, tile: TileIndex) -> QImage | None:
        zoom, x, y = tile
        if self._connection is None:
            return None
        with suppress(sqlite3.Error):
            row = self._connection.execute(_TILE_SQL, (zoom, x, 2**zoom - 1 - y)).fetchone()
            if row is not None and isinstance(row[0], bytes):
                return read_tile_image(QByteArray(row[0]))
        return None


def read_tile_image(data: QByteArray) -> QImage | None:
    """Return the picture in a tile's bytes, or None if it is not a picture, or too large."""
    if data.size() > MAX_TILE_BYTES:
        return None
    buffer = QBuffer()
    buffer.setData(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > _MAX_TILE_PX:
        return None
    image = reader.read()
    return None if image.isNull() else image
