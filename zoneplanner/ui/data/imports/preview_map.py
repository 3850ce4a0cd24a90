"""A small map of what a file would bring: where its rows lie in the project, and their fate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.imports.row_results import RowOutcome, RowResult
from zoneplanner.domain.project import Project
from zoneplanner.exchange.vector.layers import ForeignRow
from zoneplanner.ui.widgets.style.theme import SPACING_PX, Theme

_LEAST = QSize(280, 220)
_MARGIN_PX = 18.0
_SPOT_PX, _KNOWN_PX, _FAINT_PX, _RING_PX = 4.0, 2.6, 1.2, 9.0
_NEAR_PX = 12.0
_ZOOM = 1.2
RESULT_COLORS = {
    RowOutcome.NEW: "good",
    RowOutcome.CHANGED: "warning",
    RowOutcome.KNOWN: "muted",
    RowOutcome.LEFT_OUT: "muted",
    RowOutcome.REFUSED: "bad",
}
"""The theme's color of each fate; a shape tells them apart too."""
_MOST_DRAWN = 4_000
_EMPTY = "Where the rows lie is shown here."


@dataclass(frozen=True, eq=False, slots=True)
class _RowPlace:
    """A row on the map: its number, its fate, its place or area in meters."""

    row: int
    fate: RowOutcome
    shape: BaseGeometry


def locate_rows(fates: Iterable[RowResult], rows: Iterable[ForeignRow]) -> list[_RowPlace]:
    """Return the rows that have a place, each with its fate."""
    shapes = {row.row: row.shape for row in rows}
    held = ((own, shapes.get(own.row)) for own in fates)
    return [_RowPlace(own.row, own.outcome, shape) for own, shape in held if shape is not None]


class ImportPreviewMap(QWidget):
    """Shows rows over the project's lines; ``picked`` carries the row that is clicked."""

    picked = Signal(int)

    def __init__(self, project: Project, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._spots: tuple[_RowPlace, ...] = ()
        self._drawn: tuple[_RowPlace, ...] = ()
        self._lit: int | None = None
        self._areas: list[BaseGeometry] = [own.area for own in project.jurisdictions.values()]
        self._areas += [item.geometry for item in project.features if item.layer == "district"]
        self._sites = np.array([site.position for site in project.sites.values()]).reshape(-1, 2)
        self._scale, self._middle = 1.0, (0.0, 0.0)
        self._grabbed: QPointF | None = None
        self.setMinimumSize(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of the rows")
        self.setAccessibleDescription(
            "New rows are filled circles, changed ones diamonds, refused ones crosses; "
            "the table below says the same."
        )
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def show_rows(self, spots: Sequence[_RowPlace], *, fit: bool) -> None:
        """Show rows, of very many some; ``fit`` brings them and the project's lines on screen."""
        self._spots = tuple(spots)
        self._drawn = self._spots[:: 1 + len(self._spots) // _MOST_DRAWN]
        if fit:
            self._fit()
        self.update()

    def light(self, row: int | None) -> None:
        """Put a ring around a row, and bring it on screen."""
        self._lit = row
        spot = next((own for own in self._spots if own.row == row), None)
        if spot is not None:
            x, y = shapely.get_coordinates(shapely.centroid(spot.shape))[0]
            if not QRectF(self.rect()).contains(self._point(x, y)):
                self._middle = (float(x), float(y))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is shown in the middle."""
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        factor = _ZOOM if event.angleDelta().y() > 0 else 1 / _ZOOM
        at = event.position()
        before = self._ground(at)
        self._scale *= factor
        after = self._ground(at)
        x, y = self._middle
        self._middle = (x + before[0] - after[0], y + before[1] - after[1])
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag the map, or pick the row that is clicked."""
        self._grabbed = event.position()
        near = self._near(event.position())
        if near is not None:
            self.picked.emit(near)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the map."""
        if self._grabbed is None:
            return
        step = event.position() - self._grabbed
        self._grabbed = event.position()
        x, y = self._middle
        self._middle = (x - step.x() / self._scale, y + step.y() / self._scale)
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go of the map."""
        self._grabbed = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw lines, known sites, then the rows, refused ones on top."""
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), self._theme.color("land"))
            self._draw_lines(painter)
            self._draw_rows(painter)
            painter.setPen(self._theme.color("border"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            if len(self._drawn) < max(1, len(self._spots)):
                every = f"{len(self._drawn):,} of {len(self._spots):,} rows are drawn."
                said = every if self._spots else _EMPTY
                flags = Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
                room = self.rect().adjusted(SPACING_PX, SPACING_PX, -SPACING_PX, -SPACING_PX)
                taken = painter.boundingRect(room, flags, said)
                painter.fillRect(taken.adjusted(-4, -2, 4, 2), self._theme.color("land"))
                painter.setPen(self._theme.color("muted"))
                painter.drawText(room, flags, said)
        finally:
            painter.end()

    def _draw_lines(self, painter: QPainter) -> None:
        pen = QPen(self._theme.color("county_line"), 1.2, Qt.PenStyle.DashLine)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for area in self._areas:
            painter.setPen(pen)
            painter.drawPath(self._path(area))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("site_pale"))
        for x, y in self._sites:
            painter.drawEllipse(self._point(x, y), _KNOWN_PX, _KNOWN_PX)

    def _draw_rows(self, painter: QPainter) -> None:
        order = (
            RowOutcome.LEFT_OUT,
            RowOutcome.KNOWN,
            RowOutcome.CHANGED,
            RowOutcome.NEW,
            RowOutcome.REFUSED,
        )
        for fate in order:
            color = self._theme.color(RESULT_COLORS[fate])
            for spot in self._drawn:
                if spot.fate is fate:
                    self._draw(painter, spot, color)
        lit = next((own for own in self._spots if own.row == self._lit), None)
        if lit is not None:
            self._draw(painter, lit, self._theme.color(RESULT_COLORS[lit.fate]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("focus"), 2.5))
            painter.drawEllipse(self._place(lit), _RING_PX, _RING_PX)

    def _draw(self, painter: QPainter, spot: _RowPlace, color: QColor) -> None:
        if spot.shape.area > 0:
            fill = QColor(color)
            fill.setAlphaF(0.12 if spot.fate in (RowOutcome.KNOWN, RowOutcome.LEFT_OUT) else 0.3)
            painter.setBrush(fill)
            painter.setPen(QPen(color, 1.4))
            painter.drawPath(self._path(spot.shape))
            return
        at = self._place(spot)
        if spot.fate is RowOutcome.LEFT_OUT:
            faint = QColor(color)
            faint.setAlphaF(0.35)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faint)
            painter.drawEllipse(at, _FAINT_PX, _FAINT_PX)
            return
        painter.setPen(QPen(self._theme.color("halo"), 1))
        painter.setBrush(color)
        if spot.fate is RowOutcome.REFUSED:
            painter.setPen(QPen(color, 2.2))
            for way in (1, -1):
                step = QPointF(_SPOT_PX, _SPOT_PX * way)
                painter.drawLine(at - step, at + step)
        elif spot.fate is RowOutcome.CHANGED:
            wide = _SPOT_PX + 1
            corners = ((0, -wide), (wide, 0), (0, wide), (-wide, 0))
            painter.drawPolygon(QPolygonF([at + QPointF(*corner) for corner in corners]))
        else:
            wide = _SPOT_PX if spot.fate is RowOutcome.NEW else _KNOWN_PX
            painter.drawEllipse(at, wide, wide)

    def _path(self, area: BaseGeometry) -> QPainterPath:
        path = QPainterPath()
        for part in shapely.get_parts(area):
            for ring in shapely.get_rings(part):
                corners = shapely.get_coordinates(ring)
                points = self._points(corners)
                path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points.tolist()]))
        return path

    def _place(self, spot: _RowPlace) -> QPointF:
        x, y = shapely.get_coordinates(shapely.centroid(spot.shape))[0]
        return self._point(float(x), float(y))

    def _point(self, x_m: float, y_m: float) -> QPointF:
        x, y = self._middle
        return QPointF(
            self.width() / 2 + (x_m - x) * self._scale,
            self.height() / 2 - (y_m - y) * self._scale,
        )

    def _points(self, corners: np.ndarray) -> np.ndarray:
        x, y = self._middle
        return np.column_stack(
            (
                self.width() / 2 + (corners[:, 0] - x) * self._scale,
                self.height() / 2 - (corners[:, 1] - y) * self._scale,
            )
        )

    def _ground(self, at: QPointF) -> tuple[float, float]:
        x, y = self._middle
        return (
            x + (at.x() - self.width() / 2) / self._scale,
            y - (at.y() - self.height() / 2) / self._scale,
        )

    def _near(self, at: QPointF) -> int | None:
        x, y = self._ground(at)
        here = shapely.Point(x, y)
        away = [(spot.shape.distance(here) * self._scale, spot.row) for spot in self._drawn]
        nearest = min(away, default=(_NEAR_PX + 1, 0))
        return nearest[1] if nearest[0] <= _NEAR_PX else None

    def _fit(self) -> None:
        """Bring the rows that are taken, and the project's lines near them, on screen."""
        away = (RowOutcome.REFUSED, RowOutcome.LEFT_OUT)
        shown = [spot.shape for spot in self._spots if spot.fate not in away]
        shapes = shown or self._areas or [spot.shape for spot in self._spots]
        if not shapes:
            if not len(self._sites):
                return
            shapes = [shapely.MultiPoint(self._sites)]
        left, bottom, right, top = shapely.total_bounds(shapes).tolist()
        wide, high = max(right - left, 100.0), max(top - bottom, 100.0)
        self._middle = ((left + right) / 2, (bottom + top) / 2)
        room_x = max(40.0, self.width() - 2 * _MARGIN_PX)
        room_y = max(40.0, self.height() - 2 * _MARGIN_PX)
        self._scale = min(room_x / wide, room_y / high)
