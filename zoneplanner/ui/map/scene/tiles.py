"""Web tiles under the map, each drawn with the affine transform that fits its four corners."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.geometry.crs import (
    TileIndex,
    choose_zoom,
    compute_tile_corners,
    list_covering_tiles,
    make_crs_converters,
)
from zoneplanner.app.geography.web_tiles import (
    TileOffer,
    TileProvider,
    build_tile_offer,
    find_tile_provider,
    is_picture_file,
)
from zoneplanner.ui.map.layers import TILES_LAYER, Arrangement
from zoneplanner.ui.map.scene.drawing import SceneLayer, SceneTransform
from zoneplanner.ui.map.scene.picture_file import PictureFileSource

if TYPE_CHECKING:
    from zoneplanner.ui.map.scene.tile_source import TileSource

_TILES_Z = -1.0
_MAX_TILES = 400
_TILE_OVERLAP = 0.002
_DARK_OPACITY = 0.45


class _TileLayer(SceneLayer):
    """Draws the tiles that are available, and requests the others."""

    def __init__(
        self,
        rect: QRectF,
        crs: str,
        frame: SceneTransform,
        source: "TileSource | PictureFileSource",
    ) -> None:
        super().__init__(rect, _TILES_Z)
        self._to_lonlat, self._to_project = make_crs_converters(crs)
        self._frame = frame
        self._source = source
        self._transforms: dict[TileIndex, QTransform] = {}
        _, lat = self._to_lonlat([frame.x_m], [frame.y_m])
        self._latitude = float(lat[0])

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the tiles at the zoom level for the scale."""
        m_px = 1 / (world.m11() * painter.device().devicePixelRatioF())
        zoom = choose_zoom(m_px, self._latitude, self._source.provider.max_zoom)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(Qt.PenStyle.NoPen)
        base = painter.worldTransform()
        for tile in list_covering_tiles(self._list_edge_positions(exposed), zoom, _MAX_TILES):
            image = self._source.image(tile)
            if image is not None:
                painter.setWorldTransform(self._get_transform(tile) * world)
                painter.drawImage(QRectF(0, 0, 1 + _TILE_OVERLAP, 1 + _TILE_OVERLAP), image)
        painter.setWorldTransform(base)

    def _list_edge_positions(self, exposed: QRectF) -> FloatArray:
        """Return a grid of longitudes and latitudes over a rectangle, shape (n, 2)."""
        xs = np.linspace(exposed.left(), exposed.right(), 5)
        ys = np.linspace(exposed.top(), exposed.bottom(), 5)
        across, down = (grid.ravel() for grid in np.meshgrid(xs, ys))
        lons, lats = self._to_lonlat(across + self._frame.x_m, self._frame.y_m - down)
        return np.column_stack([lons, lats])

    def _get_transform(self, tile: TileIndex) -> QTransform:
        """Return the least-squares transform from a tile's unit square to the scene."""
        if tile not in self._transforms:
            corners = compute_tile_corners(tile)
            xs, ys = self._to_project(corners[:, 0], corners[:, 1])
            target = self._frame.to_scene(np.column_stack([xs, ys]))
            unit = np.array([(0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)], dtype=float)
            (a, b), (c, d), (e, f) = np.linalg.lstsq(unit, target, rcond=None)[0].tolist()
            self._transforms[tile] = QTransform(a, b, c, d, e, f)
        return self._transforms[tile]


class TileBasemap(QObject):
    """The web tiles of a scene; ``failed`` carries the reason why there are none.

    Network code is only loaded once a server is chosen.
    """

    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.offer: TileOffer = build_tile_offer()
        self._source: TileSource | PictureFileSource | None = None
        self._item: _TileLayer | None = None

    @property
    def credit(self) -> str:
        """The attribution of the tiles that are shown, or "" if there are none."""
        return self._source.provider.attribution if self._source is not None else ""

    @property
    def pending(self) -> int:
        """How many requested tiles have not been answered."""
        return self._source.pending if self._source is not None else 0

    def show(
        self, scene: QGraphicsScene, crs: str, frame: SceneTransform, look: Arrangement
    ) -> bool:
        """Show the chosen provider's tiles below everything; return whether one is chosen.

        On a dark background, the tiles are dimmed.
        """
        name = look.tiles if look.shows(TILES_LAYER) else ""
        provider = find_tile_provider(self.offer, name)
        if self._source is not None and self._source.provider != provider:
            self._source.deleteLater()
            self._source = None
            if self._item is not None:
                scene.removeItem(self._item)
                self._item = None
        if provider is None:
            return False
        if self._source is None:
            self._source = self._create_source(provider)
            self._source.arrived.connect(self._repaint)
            self._source.failed.connect(self.failed)
        if self._item is None:
            self._item = _TileLayer(scene.sceneRect(), crs, frame, self._source)
            scene.addItem(self._item)
        dark = scene.backgroundBrush().color().lightness() < 128
        self._item.setOpacity(look.get_opacity(TILES_LAYER) * (_DARK_OPACITY if dark else 1.0))
        return True

    def _create_source(self, provider: TileProvider) -> "TileSource | PictureFileSource":
        if is_picture_file(provider.name):
            return PictureFileSource(provider, self)
        from zoneplanner.ui.map.scene.tile_source import TileSource

        return TileSource(provider, self.offer.folder, self.offer.timeout_ms, self)

    def discard_item(self) -> None:
        """Discard the item of a scene that was cleared."""
        self._item = None

    def _repaint(self) -> None:
        if self._item is not None:
            self._item.update()
