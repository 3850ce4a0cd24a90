"""Aerial pictures out of a file on this computer: tiles of pictures in an MBTiles database."""

import sqlite3
from collections import OrderedDict
from contextlib import suppress
from urllib.parse import quote

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtGui import QImage, QImageReader

from zoneplanner.analysis.geometry.crs import TileIndex
from zoneplanner.app.geography.web_tiles import TileProvider

MOST_TILE_BYTES, _WIDEST_PX = 2_000_000, 1024
_MOST_KEPT = 256
_MOST_STEPS = 1_000_000
"""Steps of the database for one tile; a table that is really a query could go on forever."""
_TILE_SQL = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"


class PictureFileSource(QObject):
    """The tiles of one file. Signals are those of a server's: here ``came`` is never needed."""

    came = Signal()
    failed = Signal(str)
    pending = 0

    def __init__(self, provider: TileProvider, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.provider = provider
        self._images: OrderedDict[TileIndex, QImage | None] = OrderedDict()
        self._base: sqlite3.Connection | None = None
        with suppress(sqlite3.Error):
            address = f"file:{quote(provider.url)}?mode=ro&immutable=1"
            self._base = sqlite3.connect(address, uri=True)
            self._base.execute("PRAGMA trusted_schema = OFF")
            self._base.set_progress_handler(lambda: 1, _MOST_STEPS)

    def image(self, tile: TileIndex) -> QImage | None:
        """Return a tile of the file; None where it has none."""
        if tile not in self._images:
            self._images[tile] = self._read(tile)
            while len(self._images) > _MOST_KEPT:
                self._images.popitem(last=False)
        self._images.move_to_end(tile)
        return self._images[tile]

    def _read(self, tile: TileIndex) -> QImage | None:
        zoom, x, y = tile
        if self._base is None:
            return None
        with suppress(sqlite3.Error):
            row = self._base.execute(_TILE_SQL, (zoom, x, 2**zoom - 1 - y)).fetchone()
            if row is not None and isinstance(row[0], bytes):
                return read_tile_image(QByteArray(row[0]))
        return None


def read_tile_image(data: QByteArray) -> QImage | None:
    """Return the picture in a tile's bytes; None where it is none, or not a tile's size."""
    if data.size() > MOST_TILE_BYTES:
        return None
    buffer = QBuffer()
    buffer.setData(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > _WIDEST_PX:
        return None
    image = reader.read()
    return None if image.isNull() else image
