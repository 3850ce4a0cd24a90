"""Tiles from a server: asked for one by one, kept on disk and in memory, given up quietly."""

import time
from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QUrl, Signal
from PySide6.QtGui import QImage
from PySide6.QtNetwork import (
    QNetworkAccessManager,
    QNetworkDiskCache,
    QNetworkReply,
    QNetworkRequest,
)

from zoneplanner.analysis.geometry.crs import TileIndex
from zoneplanner.app.geography.web_tiles import TileProvider
from zoneplanner.bundled import program_version
from zoneplanner.ui.map.scene.picture_file import MOST_TILE_BYTES, read_tile_image

_USER_AGENT = "PatrolZonePlanner/{} (planning desk of a school district)"
MOST_PENDING, _MOST_KEPT = 24, 256
_DISK_BYTES = 200_000_000
MAX_FAILURES = 3
_REST_S = 60.0
_REASONS = {
    "silent": "the server does not answer",
    "garbage": "the server sends something other than pictures",
    "refused": "the server has no tiles for this place",
}


class TileSource(QObject):
    """The tiles of one provider. ``came`` tells that one arrived, ``failed`` why none does.

    After some failures in a row nothing is asked for a minute; a reason is told once.
    """

    came = Signal()
    failed = Signal(str)

    def __init__(
        self, provider: TileProvider, folder: Path, timeout_ms: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.provider = provider
        self._timeout_ms = timeout_ms
        self._images: OrderedDict[TileIndex, QImage] = OrderedDict()
        self._pending: set[TileIndex] = set()
        self._missing: set[TileIndex] = set()
        self._failures = 0
        self._told = ""
        self._rests_until = 0.0
        self._manager = QNetworkAccessManager(self)
        cache = QNetworkDiskCache(self._manager)
        cache.setCacheDirectory(str(folder))
        cache.setMaximumCacheSize(_DISK_BYTES)
        self._manager.setCache(cache)
        self._manager.finished.connect(self._take)

    @property
    def pending(self) -> int:
        """How many tiles were asked for and have not been answered."""
        return len(self._pending)

    def image(self, tile: TileIndex) -> QImage | None:
        """Return a tile that is here; one that is not is asked for, unless the server rests."""
        found = self._images.get(tile)
        if found is not None:
            self._images.move_to_end(tile)
            return found
        busy = tile in self._pending or len(self._pending) >= MOST_PENDING
        if not busy and tile not in self._missing and time.monotonic() >= self._rests_until:
            self._ask(tile)
        return None

    def _ask(self, tile: TileIndex) -> None:
        request = QNetworkRequest(QUrl(self.provider.address(tile)))
        request.setHeader(
            QNetworkRequest.KnownHeaders.UserAgentHeader, _USER_AGENT.format(program_version())
        )
        request.setAttribute(
            QNetworkRequest.Attribute.CacheLoadControlAttribute,
            QNetworkRequest.CacheLoadControl.PreferCache,
        )
        request.setTransferTimeout(self._timeout_ms)
        reply = self._manager.get(request)
        reply.setReadBufferSize(MOST_TILE_BYTES + 1)
        reply.setProperty("tile", "/".join(map(str, tile)))
        self._pending.add(tile)

    def _take(self, reply: QNetworkReply) -> None:
        zoom, x, y = (int(part) for part in str(reply.property("tile")).split("/"))
        tile = (zoom, x, y)
        self._pending.discard(tile)
        status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
        answered = reply.error() == QNetworkReply.NetworkError.NoError
        data = reply.readAll() if answered else QByteArray()
        reply.deleteLater()
        image = read_tile_image(data) if answered else None
        if image is not None:
            self._keep(tile, image)
            return
        self._missing.add(tile)
        if answered:
            self._fail("garbage")
        else:
            self._fail("refused" if status is not None and int(status) >= 400 else "silent")

    def _keep(self, tile: TileIndex, image: QImage) -> None:
        self._failures, self._told = 0, ""
        self._images[tile] = image
        while len(self._images) > _MOST_KEPT:
            self._images.popitem(last=False)
        self.came.emit()

    def _fail(self, reason: str) -> None:
        """Count a failure; where nothing comes, rest, forget what was missing, and tell it once."""
        self._failures += 1
        if self._failures < MAX_FAILURES:
            self.came.emit()
            return
        self._rests_until = time.monotonic() + _REST_S
        self._missing.clear()
        if reason != self._told and not self._told:
            self._told = reason
            self.failed.emit(f"No tiles: {_REASONS[reason]}; the map is complete without them.")
