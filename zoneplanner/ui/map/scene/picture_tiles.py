"""A layer that is painted once, tile by tile, and then shown as pictures."""

import math
import time
from collections.abc import Callable, Sequence

import shiboken6
from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap, QRegion, QTransform

from zoneplanner.ui.map.scene.drawing import SceneLayer
from zoneplanner.ui.widgets.style.theme import render_picture

_TILE_PX = 256
_MAX_TILES = 220
_SCALE_DELAY_S = 0.09
_MAX_SLICE_S = 0.01
"""How long tiles are painted before other events are handled."""

_Key = tuple[int, int]
TilePainter = Callable[[QPainter, QTransform, QRectF], object]
"""Paints a rectangle of the scene; the transform maps the scene to the tile."""


class PictureTiles(SceneLayer):
    """Shows pictures of a drawing that takes too long to be painted in each frame.

    Panning reuses the tiles. While the scale changes, tiles of the old scale are stretched; new
    ones are painted a few at a time once it no longer changes. At first, and if ``paints_at_once``
    is set (for an exported image), all tiles in view are painted at once.
    """

    def __init__(self, rect: QRectF, z: float, paint: TilePainter) -> None:
        super().__init__(rect, z)
        self.paints_at_once = False
        self._paint_tile = paint
        self._scale = self._ratio = 0.0
        self._tiles: dict[_Key, QPixmap] = {}
        self._old_tiles: tuple[float, dict[_Key, QPixmap]] = (0.0, {})
        self._missing_keys: dict[_Key, None] = {}
        self._surrounding_keys: dict[_Key, None] = {}
        self._scale_changed_at = 0.0
        self._paint_timer = QTimer(singleShot=True)
        self._paint_timer.timeout.connect(self._paint_missing)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the tiles in view; missing ones are painted later."""
        ratio = painter.device().devicePixelRatioF()
        if (world.m11(), ratio) != (self._scale, self._ratio):
            self._set_scale(world.m11(), ratio)
        wanted = _list_keys(exposed, self._scale)
        missing = [key for key in wanted if key not in self._tiles]
        if self.paints_at_once or not (self._tiles or self._old_tiles[1]):
            self._tiles |= {key: self._render_tile(key) for key in missing}
            missing = []
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        if missing:
            self._draw_old_tiles(painter, world, missing)
            self._missing_keys |= dict.fromkeys(missing)
            self._surrounding_keys = dict.fromkeys(_list_surrounding_keys(wanted))
            if not self._paint_timer.isActive():
                resting = time.monotonic() - self._scale_changed_at > _SCALE_DELAY_S
                self._paint_timer.start(0 if resting else round(_SCALE_DELAY_S * 1000))
        elif exposed.contains(self._compute_view_rect(painter, world)):
            self._old_tiles = (0.0, {})
        x, y = round(world.dx()), round(world.dy())
        for column, row in wanted:
            tile = self._tiles.get((column, row))
            if tile is not None:
                painter.drawPixmap(column * _TILE_PX + x, row * _TILE_PX + y, tile)
        while len(self._tiles) > max(_MAX_TILES, 2 * len(wanted)):
            self._tiles.pop(next(iter(self._tiles)))

    def _paint_missing(self) -> None:
        """Paint a few missing tiles, once the scale no longer changes.

        Then paint those around the view, in case it pans.
        """
        if not shiboken6.isValid(self):  # the item may have been deleted with its map
            return
        begun = time.monotonic()
        if begun - self._scale_changed_at < _SCALE_DELAY_S:
            self._paint_timer.start(round(_SCALE_DELAY_S * 1000))
            return
        while keys := self._missing_keys or self._surrounding_keys:
            if time.monotonic() - begun >= _MAX_SLICE_S:
                break
            key = next(iter(keys))
            del keys[key]
            if key not in self._tiles:
                self._tiles[key] = self._render_tile(key)
                self.update(_compute_tile_rect(key, self._scale))
        if self._missing_keys or self._surrounding_keys:
            self._paint_timer.start(0)

    def _set_scale(self, scale: float, ratio: float) -> None:
        """Change the scale; tiles of the old scale are shown until new ones are painted."""
        if self._tiles and ratio == self._ratio:
            self._old_tiles = (self._scale, self._tiles)
        self._tiles, self._missing_keys, self._surrounding_keys = {}, {}, {}
        self._scale, self._ratio, self._scale_changed_at = scale, ratio, time.monotonic()

    def _draw_old_tiles(
        self, painter: QPainter, world: QTransform, missing: Sequence[_Key]
    ) -> None:
        """Stretch the tiles of the old scale, only where new ones are missing."""
        scale, tiles = self._old_tiles
        if not tiles:
            return
        x, y = round(world.dx()), round(world.dy())
        empty = QRegion()
        for column, row in missing:
            empty += QRect(column * _TILE_PX + x, row * _TILE_PX + y, _TILE_PX, _TILE_PX)
        painter.save()
        painter.setClipRegion(empty, Qt.ClipOperation.IntersectClip)
        to_scene, _ = world.inverted()
        empty_rect = to_scene.mapRect(QRectF(empty.boundingRect()))
        for key, tile in tiles.items():
            rect = _compute_tile_rect(key, scale)
            if rect.intersects(empty_rect):
                painter.drawPixmap(world.mapRect(rect), tile, QRectF(tile.rect()))
        painter.restore()

    def _compute_view_rect(self, painter: QPainter, world: QTransform) -> QRectF:
        """Return the whole view in the scene."""
        device = painter.device()
        to_scene, _ = world.inverted()
        return to_scene.mapRect(QRectF(0, 0, device.width(), device.height()))

    def _render_tile(self, key: _Key) -> QPixmap:
        rect = _compute_tile_rect(key, self._scale)
        to_tile = QTransform(self._scale, 0, 0, self._scale, -key[0] * _TILE_PX, -key[1] * _TILE_PX)
        return render_picture(
            _TILE_PX,
            _TILE_PX,
            self._ratio,
            lambda painter: self._paint_tile(painter, to_tile, rect),
        )


def _list_keys(exposed: QRectF, scale: float) -> list[_Key]:
    """Return the tiles (column, row) that a rectangle of the scene touches, row by row."""
    first, last = exposed.topLeft() * scale / _TILE_PX, exposed.bottomRight() * scale / _TILE_PX
    rows = range(math.floor(first.y()), math.floor(last.y()) + 1)
    columns = range(math.floor(first.x()), math.floor(last.x()) + 1)
    return [(column, row) for row in rows for column in columns]


def _list_surrounding_keys(keys: Sequence[_Key]) -> list[_Key]:
    """Return the tiles around a rectangle of tiles."""
    (left, top), (right, bottom) = keys[0], keys[-1]
    rows, columns = range(top - 1, bottom + 2), range(left - 1, right + 2)
    inside = set(keys)
    return [(x, y) for y in rows for x in columns if (x, y) not in inside]


def _compute_tile_rect(key: _Key, scale: float) -> QRectF:
    side_m = _TILE_PX / scale
    return QRectF(key[0] * side_m, key[1] * side_m, side_m, side_m)
