"""Tiles from a server: requested one by one, cached on disk and in memory."""

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
from zoneplanner.ui.map.scene.picture_file import MAX_TILE_BYTES, read_tile_image

_USER_AGENT = "PatrolZonePlanner/{} (planning desk of a school district)"
MAX_PENDING, _MAX_CACHED = 24, 256
_DISK_BYTES = 200_000_000
MAX_FAILURES = 3
_PAUSE_S = 60.0
_REASONS = {
    "silent": "the server does not answer",
    "garbage": "the server sends something other than pictures",
    "refused": "the server has no tiles for this place",
}


class TileSource(QObject):
    """The tiles of a provider; ``arrived`` is emitted for a new tile, ``failed`` with a reason.

    After some failures in a row, nothing is requested for a minute; the reason is reported once.
    """

    arrived = Signal()
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
        self._reported = ""
        self._paused_until = 0.0
        self._manager = QNetworkAccessManager(self)
        cache = QNetworkDiskCache(self._manager)
        cache.setCacheDirectory(str(folder))
        cache.setMaximumCacheSize(_DISK_BYTES)
        self._manager.setCache(cache)
        self._manager.finished.connect(self._handle_reply)

    @property
    def pending(self) -> int:
        """How many requested tiles have not been answered."""
        return len(self._pending)

    def image(self, tile: TileIndex) -> QImage | None:
        """Return a cached tile; another one is requested, unless requests are paused."""
        image = self._images.get(tile)
        if image is not None:
            self._images.move_to_end(tile)
            return image
        waits = tile in self._pending or len(self._pending) >= MAX_PENDING
        if not waits and tile not in self._missing and time.monotonic() >= self._paused_until:
            self._request(tile)
        return None

    def _request(self, tile: TileIndex) -> None:
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
        reply.setReadBufferSize(MAX_TILE_BYTES + 1)
        reply.setProperty("tile", "/".join(map(str, tile)))
        self._pending.add(tile)

    def _handle_reply(self, reply: QNetworkReply) -> None:
        zoom, x, y = (int(part) for part in str(reply.property("tile")).split("/"))
        tile = (zoom, x, y)
        self._pending.discard(tile)
        status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
        answered = reply.error() == QNetworkReply.NetworkError.NoError
        data = reply.readAll() if answered else QByteArray()
        reply.deleteLater()
        image = read_tile_image(data) if answered else None
        if image is not None:
            self._cache_image(tile, image)
            return
        self._missing.add(tile)
        if answered:
            self._count_failure("garbage")
        else:
            self._count_failure(
                "refused" if status is not None and int(status) >= 400 else "silent"
            )

    def _cache_image(self, tile: TileIndex, image: QImage) -> None:
        self._failures, self._reported = 0, ""
        self._images[tile] = image
        while len(self._images) > _MAX_CACHED:
            self._images.popitem(last=False)
        self.arrived.emit()

    def _count_failure(self, reason: str) -> None:
        """After some failures in a row, pause, allow all tiles again, and report the reason."""
        self._failures += 1
        if self._failures < MAX_FAILURES:
            self.arrived.emit()
            return
        self._paused_until = time.monotonic() + _PAUSE_S
        self._missing.clear()
        if reason != self._reported and not self._reported:
            self._reported = reason
            self.failed.emit(f"No tiles: {_REASONS[reason]}; the map is complete without them.")
