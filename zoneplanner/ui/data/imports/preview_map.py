"""The small map of a file to import, with the position and outcome of each row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

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

_MIN_SIZE = QSize(280, 220)
_MARGINS_PX = QMargins(18, 18, 18, 18)
_MARK_PX, _KNOWN_PX, _FAINT_PX, _RING_PX = 4.0, 2.6, 1.2, 9.0
_CLICK_RADIUS_PX = 12.0
_ZOOM_STEP = 1.2
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
"""The theme's color of each outcome, in the order in which they are drawn over each other."""
_ORDER = tuple(RESULT_COLORS)
_IGNORED = (RowOutcome.LEFT_OUT, RowOutcome.ELSEWHERE)
_MAX_DRAWN = 4_000


@dataclass(frozen=True, eq=False, slots=True)
class RowPlace:
    """A row on the map: its number, its outcome, and its point or area in meters.

    ``origin`` is its earlier position, if it moved.
    """

    row: int
    outcome: RowOutcome
    shape: BaseGeometry
    origin: BaseGeometry | None = None

    @property
    def point(self) -> QPointF:
        """Its center in the scene, where y increases downwards."""
        return _find_center(self.shape)


def _find_center(shape: BaseGeometry) -> QPointF:
    center = shapely.centroid(shape)
    return QPointF(center.x, -center.y)


def locate_rows(results: Iterable[RowResult], rows: Iterable[ForeignRow]) -> list[RowPlace]:
    """Return the rows that have a shape, each with its outcome."""
    shapes = {row.row: row.shape for row in rows if row.shape is not None}
    return [
        RowPlace(result.row, result.outcome, shapes[result.row])
        for result in results
        if result.row in shapes
    ]


class ImportPreviewMap(QGraphicsView):
    """Shows rows over the project's boundaries; ``picked`` carries the number of a clicked row."""

    picked = Signal(int)

    def __init__(self, project: Project, theme: Theme) -> None:
        super().__init__()
        self.setScene(QGraphicsScene(self))
        self._theme = theme
        self._places: tuple[RowPlace, ...] = ()
        self._drawn: tuple[RowPlace, ...] = ()
        self._highlight: list[QGraphicsItem] = []
        self._areas: list[tuple[BaseGeometry, str]] = [
            (each.area, "city" if each.kind == "city" else "county")
            for each in project.jurisdictions.values()
        ]
        self._areas += [
            (item.geometry, item.layer) for item in project.features if item.layer == "district"
        ]
        self._sites = [site.position for site in project.sites.values()]
        self.setMinimumSize(_MIN_SIZE)
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
        palette = self._note.palette()
        palette.setColor(palette.ColorRole.Base, theme.color("land"))
        self._note.setPalette(palette)
        self._note.setAutoFillBackground(True)  # so that no line crosses the text
        self._note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        make_column_layout(self, None, self._note, margin_px=SPACING_PX)
        self.show_rows(())

    def show_rows(self, places: Sequence[RowPlace]) -> None:
        """Show rows, or an even sample of very many, over the project's boundaries and sites."""
        self._places = tuple(places)
        self._drawn = self._places[:: 1 + len(self._places) // _MAX_DRAWN]
        self._highlight = []
        self.scene().clear()
        for area, layer in self._areas:
            self._add_area(area, make_outline_pen(layer, self._theme), QBrush()).setZValue(-2)
        site_color, no_pen = self._theme.color("disabled"), QPen(Qt.PenStyle.NoPen)
        for x, y in self._sites:
            self._add_mark(_circle(_KNOWN_PX), QPointF(x, -y), no_pen, site_color).setZValue(-1)
        for place in self._drawn:
            self._add_row(place)
        bounds = self.scene().itemsBoundingRect()
        x_m, y_m = 2 * bounds.width() + 1e5, 2 * bounds.height() + 1e5
        self.setSceneRect(bounds.adjusted(-x_m, -y_m, x_m, y_m))  # so that the map can be dragged
        self._note.setText("The rows are shown on the map here.")
        if self._places:
            self._note.setText(f"{len(self._drawn):,} of {len(self._places):,} rows are drawn.")
        self._note.setHidden(len(self._drawn) == len(self._places) > 0)
        self._fit()

    def highlight(self, row: int | None) -> None:
        """Draw a ring around a row, and scroll to it; None removes the ring."""
        for item in self._highlight:
            self.scene().removeItem(item)
        self._highlight = []
        place = next((each for each in self._places if each.row == row), None)
        if place is None:
            return
        if place.origin is not None:
            self._fit_shapes([place.shape, place.origin])
        ring_pen = QPen(self._theme.color("label"), 2.5)
        ring = self._add_mark(_circle(_RING_PX), place.point, ring_pen, QBrush())
        ring.setZValue(len(_ORDER) + 1)
        self._highlight = [self._add_row(place), ring]
        if not self.viewport().rect().contains(self.mapFromScene(place.point)):
            self.centerOn(place.point)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the rows into the new size."""
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer."""
        factor = _ZOOM_STEP if event.angleDelta().y() > 0 else 1 / _ZOOM_STEP
        self.scale(factor, factor)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag the map, and pick the row that was clicked."""
        super().mousePressEvent(event)
        position = self.mapToScene(event.position().toPoint())
        point, scale = shapely.Point(position.x(), -position.y()), self.transform().m11()
        distances = [(place.shape.distance(point) * scale, place.row) for place in self._drawn]
        distance_px, row = min(distances, default=(inf, 0))
        if distance_px <= _CLICK_RADIUS_PX:
            self.picked.emit(row)

    def _add_row(self, place: RowPlace) -> QGraphicsItem:
        """Draw a row as an area, or as a mark whose shape shows the outcome."""
        color = self._theme.color(RESULT_COLORS[place.outcome])
        faint = QColor(color)
        if place.shape.area > 0:
            faint.setAlphaF(0.12 if place.outcome in (RowOutcome.KNOWN, *_IGNORED) else 0.3)
            item = self._add_area(place.shape, QPen(color, 1.4), QBrush(faint))
        elif place.outcome in _IGNORED:
            faint.setAlphaF(0.35)
            no_pen = QPen(Qt.PenStyle.NoPen)
            item = self._add_mark(_circle(_FAINT_PX), place.point, no_pen, faint)
        else:
            is_cross = place.outcome is RowOutcome.REFUSED
            pen = QPen(color, 2.2) if is_cross else QPen(self._theme.color("halo"), 1)
            item = self._add_mark(_MARKS[place.outcome], place.point, pen, color)
        item.setZValue(_ORDER.index(place.outcome))
        if place.origin is not None:
            self._add_move(_find_center(place.origin), place.point, QPen(color, 1.6))
        return item

    def _add_move(self, start: QPointF, end: QPointF, pen: QPen) -> None:
        """Draw the earlier position of a row, and a line to the new one."""
        self._add_mark(_circle(_MARK_PX), start, QPen(pen), self._theme.color("land"))
        pen.setCosmetic(True)
        pen.setStyle(Qt.PenStyle.DotLine)
        self.scene().addLine(QLineF(start, end), pen)

    def _add_area(self, area: BaseGeometry, pen: QPen, brush: QBrush) -> QGraphicsItem:
        path = QPainterPath()
        for ring in shapely.get_rings(shapely.get_parts(area)):
            corners = shapely.get_coordinates(ring) * (1, -1)
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners.tolist()]))
        pen.setCosmetic(True)
        return self.scene().addPath(path, pen, brush)

    def _add_mark(
        self, path: QPainterPath, position: QPointF, pen: QPen, brush: QBrush | QColor
    ) -> QGraphicsPathItem:
        item = self.scene().addPath(path, pen, QBrush(brush))
        item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        item.setPos(position)
        return item

    def _fit(self) -> None:
        """Fit the imported rows, or else the district, all boundaries, all rows or the sites."""
        excluded = (RowOutcome.REFUSED, *_IGNORED)
        self._fit_shapes(
            [place.shape for place in self._places if place.outcome not in excluded]
            or [area for area, layer in self._areas if layer == "district"]
            or [area for area, _ in self._areas]
            or [place.shape for place in self._places]
            or [shapely.Point(site) for site in self._sites]
        )

    def _fit_shapes(self, shapes: Sequence[BaseGeometry]) -> None:
        if not shapes:
            return
        left, bottom, right, top = shapely.total_bounds(shapes).tolist()
        width_m, height_m = max(right - left, 100.0), max(top - bottom, 100.0)
        size = self.viewport().size().shrunkBy(_MARGINS_PX).expandedTo(QSize(40, 40))
        scale = min(size.width() / width_m, size.height() / height_m)
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
    for slope in (1, -1):
        path.moveTo(-radius_px, -radius_px * slope)
        path.lineTo(radius_px, radius_px * slope)
    return path


_DIAMOND = ((0, -1), (1, 0), (0, 1), (-1, 0), (0, -1))
_MARKS = {
    RowOutcome.NEW: _circle(_MARK_PX),
    RowOutcome.KNOWN: _circle(_KNOWN_PX),
    RowOutcome.CHANGED: _diamond(_MARK_PX + 1),
    RowOutcome.REFUSED: _cross(_MARK_PX),
}
"""The mark of a row at a point, by outcome."""
