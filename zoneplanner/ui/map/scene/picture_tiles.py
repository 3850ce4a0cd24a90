"""A layer that is painted once, tile by tile, and then moved about as pictures."""

import math
import time
from collections.abc import Callable, Iterator, Sequence

import shiboken6
from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap, QRegion, QTransform

from zoneplanner.ui.map.scene.drawing import SceneLayer
from zoneplanner.ui.widgets.style.theme import render_picture

_TILE_PX = 256
_MOST_TILES = 220
_REST_S = 0.09
_SLICE_S = 0.01
"""So long tiles are painted before other events are heard."""

_Key = tuple[int, int]
PaintTile = Callable[[QPainter, QTransform, QRectF], object]
"""Paints what is in a rectangle of the scene; the transform maps the scene to the tile."""


class PictureTiles(SceneLayer):
    """Shows pictures of a drawing that is too large to be drawn anew in each frame.

    Panning shows the tiles again; while the scale changes those of the scale before are
    stretched, and new ones are painted once it rests, a few at a time. The first picture, and
    where ``complete`` is set, as for a picture to keep, all tiles in view are painted at once.
    """

    def __init__(self, rect: QRectF, z: float, paint: PaintTile) -> None:
        super().__init__(rect, z)
        self.complete = False
        self._paint_tile = paint
        self._scale = self._ratio = 0.0
        self._tiles: dict[_Key, QPixmap] = {}
        self._before: tuple[float, dict[_Key, QPixmap]] = (0.0, {})
        self._missing: dict[_Key, None] = {}
        self._around: dict[_Key, None] = {}
        self._turned_at = 0.0
        self._later = QTimer(singleShot=True)
        self._later.timeout.connect(self._paint_missing)

    def forget(self) -> None:
        """Paint everything anew, in other colors or of other things."""
        self._tiles, self._before = {}, (0.0, {})
        self.update()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Show the tiles in view; those that are missing are painted later."""
        ratio = painter.device().devicePixelRatioF()
        if (world.m11(), ratio) != (self._scale, self._ratio):
            self._turn_to(world.m11(), ratio)
        wanted = list(_list_keys(exposed, self._scale))
        missing = [key for key in wanted if key not in self._tiles]
        if self.complete or not (self._tiles or self._before[1]):
            self._tiles |= {key: self._render(key) for key in missing}
            missing = []
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        if missing:
            self._show_before(painter, world, missing)
            self._missing |= dict.fromkeys(missing)
            self._around = dict.fromkeys(_list_ring(wanted))
            if not self._later.isActive():
                resting = time.monotonic() - self._turned_at > _REST_S
                self._later.start(0 if resting else round(_REST_S * 1000))
        elif exposed.contains(self._view(painter, world)):
            self._before = (0.0, {})
        x, y = round(world.dx()), round(world.dy())
        for column, row in wanted:
            tile = self._tiles.get((column, row))
            if tile is not None:
                painter.drawPixmap(column * _TILE_PX + x, row * _TILE_PX + y, tile)
        while len(self._tiles) > max(_MOST_TILES, 2 * len(wanted)):
            self._tiles.pop(next(iter(self._tiles)))

    def _paint_missing(self) -> None:
        """Paint tiles that were in view and not there, a few at a time, once the scale rests.

        Then those around the view, for a pan to come.
        """
        if not shiboken6.isValid(self):  # the map may have let go of the item meanwhile
            return
        begun = time.monotonic()
        if begun - self._turned_at < _REST_S:
            self._later.start(round(_REST_S * 1000))
            return
        while (self._missing or self._around) and time.monotonic() - begun < _SLICE_S:
            own = self._missing or self._around
            key = next(iter(own))
            del own[key]
            if key not in self._tiles:
                self._tiles[key] = self._render(key)
                self.update(_find_place(key, self._scale))
        if self._missing or self._around:
            self._later.start(0)

    def _turn_to(self, scale: float, ratio: float) -> None:
        """Begin with another scale; what was painted at the one before stands in meanwhile."""
        if self._tiles and ratio == self._ratio:
            self._before = (self._scale, self._tiles)
        self._tiles, self._missing, self._around = {}, {}, {}
        self._scale, self._ratio, self._turned_at = scale, ratio, time.monotonic()

    def _show_before(self, painter: QPainter, world: QTransform, missing: Sequence[_Key]) -> None:
        """Stretch the tiles of the scale before, there alone where no new one is."""
        scale, tiles = self._before
        if not tiles:
            return
        x, y = round(world.dx()), round(world.dy())
        bare = QRegion()
        for column, row in missing:
            bare += QRect(column * _TILE_PX + x, row * _TILE_PX + y, _TILE_PX, _TILE_PX)
        painter.save()
        painter.setClipRegion(bare, Qt.ClipOperation.IntersectClip)
        back, _ = world.inverted()
        bare_place = back.mapRect(QRectF(bare.boundingRect()))
        for key, tile in tiles.items():
            place = _find_place(key, scale)
            if place.intersects(bare_place):
                painter.drawPixmap(world.mapRect(place), tile, QRectF(tile.rect()))
        painter.restore()

    def _view(self, painter: QPainter, world: QTransform) -> QRectF:
        """Return the whole view in the scene."""
        device = painter.device()
        back, _ = world.inverted()
        return back.mapRect(QRectF(0, 0, device.width(), device.height()))

    def _render(self, key: _Key) -> QPixmap:
        place = _find_place(key, self._scale)
        to_tile = QTransform(self._scale, 0, 0, self._scale, -key[0] * _TILE_PX, -key[1] * _TILE_PX)
        return render_picture(
            _TILE_PX, _TILE_PX, self._ratio, lambda own: self._paint_tile(own, to_tile, place)
        )


def _list_keys(exposed: QRectF, scale: float) -> Iterator[_Key]:
    """Yield the tiles that a rectangle of the scene touches, by column and row."""
    first, last = exposed.topLeft() * scale / _TILE_PX, exposed.bottomRight() * scale / _TILE_PX
    for row in range(math.floor(first.y()), math.floor(last.y()) + 1):
        for column in range(math.floor(first.x()), math.floor(last.x()) + 1):
            yield column, row


def _list_ring(keys: Sequence[_Key]) -> list[_Key]:
    """Return the tiles around a rectangle of tiles."""
    (left, top), (right, bottom) = keys[0], keys[-1]
    rows, columns = range(top - 1, bottom + 2), range(left - 1, right + 2)
    inside = set(keys)
    return [(x, y) for y in rows for x in columns if (x, y) not in inside]


def _find_place(key: _Key, scale: float) -> QRectF:
    side_m = _TILE_PX / scale
    return QRectF(key[0] * side_m, key[1] * side_m, side_m, side_m)
