"""A small map of a file to import: where its rows are in the project, and each one's outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from PySide6.QtCore import QLineF, QMargins, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsPathItem,
    QGraphicsScene,
    QGraphicsView,
    QSizePolicy,
)
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Project
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.vector.layers import ForeignRow
from zoneplanner.ui.map.scene.zones_and_lines import make_outline_pen
from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel, make_column_layout
from zoneplanner.ui.widgets.style.theme import SPACING_PX, Theme

_LEAST = QSize(280, 220)
_MARGINS_PX = QMargins(18, 18, 18, 18)
_SPOT_PX, _KNOWN_PX, _FAINT_PX, _RING_PX = 4.0, 2.6, 1.2, 9.0
_NEAR_PX = 12.0
_ZOOM = 1.2
RESULT_COLORS = {
    RowOutcome.JOINED: "muted",
    RowOutcome.ASKED: "warning",
    RowOutcome.ELSEWHERE: "muted",
    RowOutcome.LEFT_OUT: "muted",
    RowOutcome.KNOWN: "muted",
    RowOutcome.CHANGED: "warning",
    RowOutcome.NEW: "good",
    RowOutcome.REFUSED: "late",
}
"""The theme's color of each outcome, from the lowest on the map to the uppermost; each has its own
shape, too."""
_ORDER = tuple(RESULT_COLORS)
_ASIDE = (RowOutcome.LEFT_OUT, RowOutcome.ELSEWHERE)
_MOST_DRAWN = 4_000
_EMPTY = "The rows are shown on the map here."


@dataclass(frozen=True, eq=False, slots=True)
class RowPlace:
    """A row on the map: its number, its outcome, its place or area in meters.

    ``origin`` is where it was, if it comes from elsewhere.
    """

    row: int
    outcome: RowOutcome
    shape: BaseGeometry
    origin: BaseGeometry | None = None

    @property
    def point(self) -> QPointF:
        """Its middle in the scene, where y runs down."""
        middle = shapely.centroid(self.shape)
        return QPointF(middle.x, -middle.y)


def locate_rows(results: Iterable[RowResult], rows: Iterable[ForeignRow]) -> list[RowPlace]:
    """Return the rows that have a place, each with its result."""
    shapes = {row.row: row.shape for row in rows}
    held = ((own, shapes.get(own.row)) for own in results)
    return [RowPlace(own.row, own.outcome, shape) for own, shape in held if shape is not None]


class ImportPreviewMap(QGraphicsView):
    """Shows rows over the project's lines; ``picked`` carries the row that is clicked."""

    picked = Signal(int)

    def __init__(self, project: Project, theme: Theme) -> None:
        super().__init__()
        self.setScene(QGraphicsScene(self))
        self._theme = theme
        self._spots: tuple[RowPlace, ...] = ()
        self._drawn: tuple[RowPlace, ...] = ()
        self._lit: list[QGraphicsItem] = []
        self._areas: list[tuple[BaseGeometry, str]] = [
            (own.area, "city" if own.kind == "city" else "county")
            for own in project.jurisdictions.values()
        ]
        self._areas += [
            (item.geometry, item.layer) for item in project.features if item.layer == "district"
        ]
        self._sites = [site.position for site in project.sites.values()]
        self.setMinimumSize(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of the rows")
        self.setAccessibleDescription(
            "New rows are filled circles, changed ones are diamonds, rejected ones are "
            "crosses; the table below lists the same rows."
        )
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setObjectName("preview")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setBackgroundBrush(theme.color("land"))
        self._note = PlainTextLabel()
        self._note.setWordWrap(True)
        self._note.setForegroundRole(self._note.palette().ColorRole.PlaceholderText)
        self._note.setBackgroundRole(self._note.palette().ColorRole.Base)
        ground = self._note.palette()
        ground.setColor(ground.ColorRole.Base, theme.color("land"))
        self._note.setPalette(ground)
        self._note.setAutoFillBackground(True)  # no line runs through its words
        self._note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        make_column_layout(self, None, self._note, margin_px=SPACING_PX)
        self.show_rows(())

    def show_rows(self, spots: Sequence[RowPlace]) -> None:
        """Show rows, of very many some, with the project's lines near them."""
        self._spots = tuple(spots)
        self._drawn = self._spots[:: 1 + len(self._spots) // _MOST_DRAWN]
        self._lit = []
        self.scene().clear()
        for area, layer in self._areas:
            self._add_area(area, make_outline_pen(layer, self._theme), QBrush(), below=2)
        back, no_pen = self._theme.color("disabled"), QPen(Qt.PenStyle.NoPen)
        for x, y in self._sites:
            self._add_mark(_circle(_KNOWN_PX), QPointF(x, -y), no_pen, back).setZValue(-1)
        for spot in self._drawn:
            self._add_row(spot)
        bounds = self.scene().itemsBoundingRect()
        wide, high = 2 * bounds.width() + 1e5, 2 * bounds.height() + 1e5
        self.setSceneRect(bounds.adjusted(-wide, -high, wide, high))  # so that it drags beyond
        some = f"{len(self._drawn):,} of {len(self._spots):,} rows are drawn."
        whole = len(self._drawn) == len(self._spots) > 0
        self._note.setText(some if self._spots else _EMPTY)
        self._note.setHidden(whole)
        self._fit()

    def highlight(self, row: int | None) -> None:
        """Put a ring around a row, and bring it on screen."""
        for item in self._lit:
            self.scene().removeItem(item)
        self._lit = []
        spot = next((own for own in self._spots if own.row == row), None)
        if spot is None:
            return
        if spot.origin is not None:
            self._fit_on([spot.shape, spot.origin])
        ring = self._add_mark(
            _circle(_RING_PX), spot.point, QPen(self._theme.color("label"), 2.5), QBrush()
        )
        ring.setZValue(len(_ORDER) + 1)
        self._lit = [self._add_row(spot), ring]
        if not self.viewport().rect().contains(self.mapFromScene(spot.point)):
            self.centerOn(spot.point)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is shown in the middle."""
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        factor = _ZOOM if event.angleDelta().y() > 0 else 1 / _ZOOM
        self.scale(factor, factor)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag the map, or pick the row that is clicked."""
        super().mousePressEvent(event)
        at = self.mapToScene(event.position().toPoint())
        here, scale = shapely.Point(at.x(), -at.y()), self.transform().m11()
        away = [(spot.shape.distance(here) * scale, spot.row) for spot in self._drawn]
        distance_px, row = min(away, default=(np.inf, 0))
        if distance_px <= _NEAR_PX:
            self.picked.emit(row)

    def _add_row(self, spot: RowPlace) -> QGraphicsItem:
        """Draw a row as an area, or by a mark that tells its outcome."""
        color = self._theme.color(RESULT_COLORS[spot.outcome])
        faint = QColor(color)
        if spot.shape.area > 0:
            faint.setAlphaF(0.12 if spot.outcome in (RowOutcome.KNOWN, *_ASIDE) else 0.3)
            item = self._add_area(spot.shape, QPen(color, 1.4), QBrush(faint))
        elif spot.outcome in _ASIDE:
            faint.setAlphaF(0.35)
            no_pen = QPen(Qt.PenStyle.NoPen)
            item = self._add_mark(_circle(_FAINT_PX), spot.point, no_pen, faint)
        else:
            crossed = spot.outcome is RowOutcome.REFUSED
            pen = QPen(color, 2.2) if crossed else QPen(self._theme.color("halo"), 1)
            item = self._add_mark(_MARKS[spot.outcome], spot.point, pen, color)
        item.setZValue(_ORDER.index(spot.outcome))
        if spot.origin is not None:
            start = RowPlace(spot.row, spot.outcome, spot.origin).point
            self._add_way(start, spot.point, QPen(color, 1.6))
        return item

    def _add_way(self, start: QPointF, end: QPointF, pen: QPen) -> None:
        """Draw where a row comes from, and the way that it went."""
        self._add_mark(_circle(_SPOT_PX), start, QPen(pen), self._theme.color("land"))
        pen.setCosmetic(True)
        pen.setStyle(Qt.PenStyle.DotLine)
        self.scene().addLine(QLineF(start, end), pen)

    def _add_area(
        self, area: BaseGeometry, pen: QPen, brush: QBrush, *, below: int = 0
    ) -> QGraphicsItem:
        path = QPainterPath()
        for ring in shapely.get_rings(shapely.get_parts(area)):
            corners = shapely.get_coordinates(ring) * (1, -1)
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners.tolist()]))
        pen.setCosmetic(True)
        item = self.scene().addPath(path, pen, brush)
        item.setZValue(-below)
        return item

    def _add_mark(
        self, path: QPainterPath, at: QPointF, pen: QPen, brush: QBrush | QColor
    ) -> QGraphicsPathItem:
        item = self.scene().addPath(path, pen, QBrush(brush))
        item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        item.setPos(at)
        return item

    def _fit(self) -> None:
        """Bring the rows that are taken, and the project's lines near them, on screen."""
        away = (RowOutcome.REFUSED, *_ASIDE)
        shown = [spot.shape for spot in self._spots if spot.outcome not in away]
        own = [area for area, layer in self._areas if layer == "district"]
        areas = own or [area for area, _ in self._areas]  # a county is much larger
        shapes = shown or areas or [spot.shape for spot in self._spots]
        shapes = shapes or [shapely.Point(site) for site in self._sites]
        self._fit_on(shapes)

    def _fit_on(self, shapes: Sequence[BaseGeometry]) -> None:
        if not shapes:
            return
        left, bottom, right, top = shapely.total_bounds(shapes).tolist()
        wide, high = max(right - left, 100.0), max(top - bottom, 100.0)
        room = self.viewport().size().shrunkBy(_MARGINS_PX).expandedTo(QSize(40, 40))
        scale = min(room.width() / wide, room.height() / high)
        self.resetTransform()
        self.scale(scale, scale)
        self.centerOn((left + right) / 2, -(bottom + top) / 2)


def _circle(radius_px: float) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), radius_px, radius_px)
    return path


def _diamond(radius_px: float) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) * radius_px for x, y in _DIAMOND]))
    return path


def _cross(radius_px: float) -> QPainterPath:
    path = QPainterPath()
    for way in (1, -1):
        path.moveTo(-radius_px, -radius_px * way)
        path.lineTo(radius_px, radius_px * way)
    return path


_DIAMOND = ((0, -1), (1, 0), (0, 1), (-1, 0), (0, -1))
_MARKS = {
    RowOutcome.NEW: _circle(_SPOT_PX),
    RowOutcome.KNOWN: _circle(_KNOWN_PX),
    RowOutcome.CHANGED: _diamond(_SPOT_PX + 1),
    RowOutcome.REFUSED: _cross(_SPOT_PX),
}
"""How a row at a point is drawn about its middle."""
