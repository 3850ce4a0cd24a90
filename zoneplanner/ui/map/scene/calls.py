"""Open calls on the map: pins with priority, age and units, and the units that are available."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.domain.log.journal import LAST_URGENT_PRIORITY
from zoneplanner.ui.map.labels.placement import OccupiedBoxes, list_edges
from zoneplanner.ui.map.scene.drawing import (
    ItemLayer,
    MarkerItem,
    PlacedMark,
    SceneItem,
    SceneTransform,
)
from zoneplanner.ui.widgets.style.theme import Theme, draw_plate, make_micro_font, make_strong_font
from zoneplanner.ui.widgets.style.value_text import UNIT_MARK_PX, draw_unit_mark

_CALL_Z, _UNIT_Z, _ROUTE_Z = 58.0, 57.5, 56.0
_HEAD_RADIUS_PX, _PLATE_HEIGHT_PX, _GAP_PX = 11.0, 18.0, 4.0
_HEAD_OFFSETS = np.array(
    [(0, -23), (13, -20), (-13, -20), (26, -16), (-26, -16), (0, -49), (26, -42), (-26, -42)]
)
"""Positions of a pin's head relative to its foot, best first: leaning, then on a longer stem."""
PIN_PX = 34.0
"""How far a pin usually reaches above its school."""
_STEM_HALF_WIDTH_PX = 5.0
_SYMBOL_CORE_PX, _SYMBOL_WEIGHT = 6.0, 0.5
"""The part of a school's symbol that plates avoid; pins and other plates count more."""
_FOOT = QRectF(
    -_STEM_HALF_WIDTH_PX,
    -_HEAD_RADIUS_PX,
    2 * _STEM_HALF_WIDTH_PX,
    _HEAD_RADIUS_PX + _STEM_HALF_WIDTH_PX,
)
_PLATE_WEIGHT = 0.25
"""How much what a plate covers counts, compared to what its pin covers."""
_NUMBER_WEIGHT = 0.75
"""How much a zone's number counts, compared to another pin."""
_OBSTACLE_WEIGHT = 100.0
"""How much the map's edges and overlays count: they would cut or hide a plate."""
_EDGE_PX, _URGENT_EDGE_PX = 1.5, 3.0
_ROUTE_DASHES = [5.0, 3.0]


@dataclass(frozen=True, slots=True)
class CallMark:
    """An open call: its position in project meters, priority, age as text, and units.

    ``chosen`` calls get the number keys; ``unit`` is the unit proposed for the call, and
    ``start`` is that unit's position in project meters.
    """

    uid: str
    x_m: float
    y_m: float
    priority: int
    age: str
    units: tuple[tuple[str, UnitState], ...] = ()
    chosen: bool = False
    start: tuple[float, float] | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class UnitMark:
    """A unit that is not on a call, at a school or at its post."""

    unit: str
    x_m: float
    y_m: float
    state: UnitState


class CallItem(MarkerItem):
    """A pin with the call's priority, and a plate with its age and units.

    An urgent pin is filled with the text color inside its red edge, because red is less visible.
    """

    def __init__(self, call: CallMark, at: QPointF, theme: Theme) -> None:
        super().__init__(at, _CALL_Z + (0.5 if call.chosen else 0.0))
        self.setCacheMode(MarkerItem.CacheMode.DeviceCoordinateCache)
        self.call, self._theme = call, theme
        self.head, self._pin, self._bounds = QRectF(), QPainterPath(), QRectF()
        self.plate: QRectF | None = None
        urgent = call.priority <= LAST_URGENT_PRIORITY
        text, ground = QColor(theme.text), QColor(theme.raised)
        self._edge_pen = (
            QPen(QColor(theme.live), _URGENT_EDGE_PX) if urgent else QPen(text, _EDGE_PX)
        )
        self._fill, self._ink = (text, ground) if urgent else (ground, text)
        self._font = make_strong_font()
        metrics = QFontMetricsF(self._font)
        self._age_px = metrics.horizontalAdvance(call.age)
        self._unit_px = [metrics.horizontalAdvance(unit) for unit, _ in call.units]
        units_px = sum(UNIT_MARK_PX + width + 3 * _GAP_PX for width in self._unit_px)
        self._plate_width_px = self._age_px + units_px + 2 * _GAP_PX
        first = QPointF(*_HEAD_OFFSETS[0])
        self.place(first, self.list_plates(first)[0])

    def place(self, center: QPointF, plate: QRectF | None) -> None:
        """Place the pin's head and the plate, in pixels around the school."""
        corner = QPointF(_HEAD_RADIUS_PX, _HEAD_RADIUS_PX)
        head = QRectF(center - corner, center + corner)
        if (head, plate) != (self.head, self.plate):
            self.prepareGeometryChange()
            self.head, self.plate, self._pin = head, plate, _build_pin_path(center)
            bounds = self._pin.boundingRect().united(plate or QRectF())
            self._bounds = bounds.adjusted(-4, -4, 4, 4)
            self.update()

    def list_plates(self, center: QPointF) -> tuple[QRectF, ...]:
        """Return the possible plates at a head, best first: right, left, above."""
        width, distance = self._plate_width_px, _HEAD_RADIUS_PX + _GAP_PX
        right = QRectF(0, 0, width, _PLATE_HEIGHT_PX)
        right.moveCenter(center + QPointF(distance + width / 2, 0))
        return (
            right,
            right.translated(-2 * distance - width, 0),
            right.translated(-distance - width / 2, -distance - _PLATE_HEIGHT_PX / 2),
        )

    def list_boxes(self) -> list[QRectF]:
        """Return the boxes of head, stem and plate, in pixels around the school."""
        head = self.head.adjusted(-_EDGE_PX, -_EDGE_PX, _EDGE_PX, _EDGE_PX)
        return [head, _FOOT] if self.plate is None else [head, _FOOT, self.plate]

    def copy_placement(self, previous: "CallItem") -> None:
        """Take the placement of the item that this one replaces, until calls are arranged."""
        if self.pos() == previous.pos():
            center = previous.head.center()
            plates = previous.list_plates(center)
            index = plates.index(previous.plate) if previous.plate in plates else None
            plate = self.list_plates(center)[index or 0]
            self.place(center, plate if index is not None or self.call.chosen else None)

    def boundingRect(self) -> QRectF:
        """Return the bounds of pin and plate, in pixels around the school."""
        return self._bounds

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the plate, then the pin over it; a selected pin has a second ring."""
        theme = self._theme
        painter.translate(world.dx(), world.dy())
        painter.setFont(self._font)
        if self.plate is not None:
            self._draw_plate(painter, self.plate)
        pin = self._pin
        painter.strokePath(pin, QPen(QColor(theme.halo), 7.0 if self.call.chosen else 4.0))
        if self.call.chosen:
            painter.strokePath(pin, QPen(QColor(theme.text), 4.0))
            painter.strokePath(pin, QPen(QColor(theme.halo), 2.0))
        painter.fillPath(pin, self._fill)
        painter.strokePath(pin, self._edge_pen)
        painter.setPen(self._ink)
        painter.drawText(self.head, Qt.AlignmentFlag.AlignCenter, str(self.call.priority))

    def _draw_plate(self, painter: QPainter, plate: QRectF) -> None:
        theme = self._theme
        draw_plate(painter, plate, QColor(theme.raised), QColor(theme.text))
        painter.setPen(QColor(theme.text))
        box = plate.adjusted(_GAP_PX, 0, 0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, flags, self.call.age)
        box.setLeft(box.left() + self._age_px + 2 * _GAP_PX)
        for (unit, state), width in zip(self.call.units, self._unit_px, strict=True):
            center = QPointF(box.left() + UNIT_MARK_PX / 2, box.center().y())
            draw_unit_mark(painter, state, center, theme, ink=QColor(theme.text))
            box.setLeft(box.left() + UNIT_MARK_PX + _GAP_PX)
            painter.setPen(QColor(theme.text))
            painter.drawText(box, flags, unit)
            box.setLeft(box.left() + width + 2 * _GAP_PX)


def _build_pin_path(center: QPointF) -> QPainterPath:
    """Return a disc around ``center`` that ends in a point at the origin."""
    path, stem = QPainterPath(), QPainterPath()
    path.addEllipse(center, _HEAD_RADIUS_PX, _HEAD_RADIUS_PX)
    down = -center * (_HEAD_RADIUS_PX * 0.75 / hypot(center.x(), center.y()))
    aside = QPointF(-down.y(), down.x())
    stem.addPolygon(QPolygonF([center + down + aside, QPointF(), center + down - aside]))
    stem.closeSubpath()
    return path.united(stem)


class _RouteLineItem(SceneItem):
    """A straight dashed line from the proposed unit to the school; it is not a route."""

    def __init__(self, start: QPointF, end: QPointF, theme: Theme) -> None:
        super().__init__()
        self._start, self._end, self._theme = start, end, theme
        self.setZValue(_ROUTE_Z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """Return the bounds of the line."""
        return QRectF(self._start, self._end).normalized().adjusted(-600, -600, 600, 600)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the line on its halo."""
        start, end, theme = world.map(self._start), world.map(self._end), self._theme
        painter.setPen(QPen(QColor(theme.halo), 5.0))
        painter.drawLine(start, end)
        pen = QPen(QColor(theme.text), 2.0)
        pen.setDashPattern(_ROUTE_DASHES)
        painter.setPen(pen)
        painter.drawLine(start, end)


class _UnitItem(MarkerItem):
    """A plate with a unit's mark and name, at a corner of the school where it is."""

    def __init__(self, unit: UnitMark, at: QPointF, theme: Theme) -> None:
        super().__init__(at, _UNIT_Z)
        self.unit, self._theme = unit, theme
        self._font = make_micro_font()
        width = QFontMetricsF(self._font).horizontalAdvance(unit.unit) + UNIT_MARK_PX + 4 * _GAP_PX
        self._plate = QRectF(_GAP_PX * 2, _GAP_PX, width, _PLATE_HEIGHT_PX)
        self.plates = _list_corner_plates(self._plate)

    def boundingRect(self) -> QRectF:
        """Return the bounds of the plate, in pixels around the school."""
        return self._plate.adjusted(-2, -2, 2, 2)

    def place(self, plate: QRectF) -> None:
        """Move the plate to one of its possible places."""
        if plate != self._plate:
            self.prepareGeometryChange()
            self._plate = plate
            self.update()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the plate with mark and name."""
        theme = self._theme
        painter.translate(world.dx(), world.dy())
        draw_plate(painter, self._plate, QColor(theme.raised), QColor(theme.border))
        center = QPointF(self._plate.left() + _GAP_PX + UNIT_MARK_PX / 2, self._plate.center().y())
        draw_unit_mark(painter, self.unit.state, center, theme, ink=QColor(theme.text))
        painter.setFont(self._font)
        painter.setPen(QColor(theme.text))
        box = self._plate.adjusted(UNIT_MARK_PX + 2 * _GAP_PX, 0, 0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, flags, self.unit.unit)


class CallLayer(ItemLayer[SceneItem]):
    """The pins of calls, the lines to them, and the units; unchanged ones keep their items."""

    def __init__(self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme) -> None:
        super().__init__(scene, frame, theme)
        self._shown: dict[str, CallMark | UnitMark] = {}

    @property
    def marks(self) -> list[PlacedMark]:
        """The boxes of pins and plates, separately, since a leaning pin leaves one side free."""
        marks: list[PlacedMark] = []
        for item in self.items.values():
            if isinstance(item, CallItem):
                marks += [(item.pos(), box) for box in item.list_boxes()]
            elif isinstance(item, MarkerItem):
                marks.append((item.pos(), item.boundingRect()))
        return marks

    def show(self, calls: Sequence[CallMark], units: Sequence[UnitMark]) -> None:
        """Show calls and units; only changed ones get new items."""
        wanted: dict[str, CallMark | UnitMark] = {f"unit {unit.unit}": unit for unit in units}
        for call in calls:
            wanted[f"call {call.uid}"] = call
            if call.start is not None:
                wanted[f"way {call.uid}"] = call
        replaced = {
            key: item for key, item in self.items.items() if self._shown.get(key) != wanted.get(key)
        }
        self.remove(replaced)
        for key, mark in wanted.items():
            if key not in self.items:
                item, previous = self.add(key, self._create_item(key, mark)), replaced.get(key)
                if isinstance(item, CallItem) and isinstance(previous, CallItem):
                    item.copy_placement(previous)
        self._shown = wanted

    def arrange(
        self,
        m_px: float,
        obstacles: Sequence[PlacedMark],
        symbols: Sequence[QPointF],
        numbers: FloatArray,
    ) -> None:
        """Place pins and plates so that they do not cover each other at a scale.

        Pins of nearby schools lean apart. A plate without room is left out, since its text is also
        on the call's card; only the selected call always has one.

        Parameters
        ----------
        m_px
            The scale in meters per pixel.
        obstacles
            Marks that pins must not cover.
        symbols
            Centers of the schools' symbols in pixels, which units' plates avoid.
        numbers
            Boxes of the zones' numbers in pixels, shape (n, 4).
        """
        calls = [item for item in self.items.values() if isinstance(item, CallItem)]
        calls.sort(key=lambda item: (not item.call.chosen, item.call.priority))
        occupied = OccupiedBoxes()
        occupied.add(numbers, weight=_NUMBER_WEIGHT)
        for position, box in obstacles:
            occupied.add(list_edges(box.translated(position / m_px)), weight=_OBSTACLE_WEIGHT)
        feet = [item.pos() / m_px for item in calls]
        heads = [
            self._place_head(item, foot, occupied) for item, foot in zip(calls, feet, strict=True)
        ]
        for foot, head in zip(feet, heads, strict=True):
            stem = QRectF(QPointF(), head).normalized()
            stem.adjust(-_STEM_HALF_WIDTH_PX, 0, _STEM_HALF_WIDTH_PX, 0)
            occupied.add(list_edges(stem.translated(foot)))
        for item, foot, head in zip(calls, feet, heads, strict=True):
            plates = item.list_plates(head)
            boxes = list_edges(*(plate.translated(foot) for plate in plates))
            overlap = occupied.measure_overlap(boxes)
            best = int(np.argmin(overlap))
            fits = not overlap[best] or item.call.chosen
            if fits:
                occupied.add(boxes[best : best + 1])
            item.place(head, plates[best] if fits else None)
        if symbols:
            corner = QPointF(_SYMBOL_CORE_PX, _SYMBOL_CORE_PX)
            cores = (QRectF(symbol - corner, symbol + corner) for symbol in symbols)
            occupied.add(list_edges(*cores), weight=_SYMBOL_WEIGHT)
        for unit in [item for item in self.items.values() if isinstance(item, _UnitItem)]:
            boxes = list_edges(*(plate.translated(unit.pos() / m_px) for plate in unit.plates))
            best = int(np.argmin(occupied.measure_overlap(boxes)))
            occupied.add(boxes[best : best + 1])
            unit.place(unit.plates[best])

    def _place_head(self, item: CallItem, foot: QPointF, occupied: OccupiedBoxes) -> QPointF:
        """Choose where a pin's head and its best plate cover least, and occupy the head's box."""
        centers = _HEAD_OFFSETS + np.array(foot.toTuple())
        heads = np.hstack([centers - _HEAD_RADIUS_PX, centers + _HEAD_RADIUS_PX])
        plates = [
            plate.translated(foot)
            for offset in _HEAD_OFFSETS
            for plate in item.list_plates(QPointF(*offset))
        ]
        by_plate = occupied.measure_overlap(list_edges(*plates)).reshape(len(_HEAD_OFFSETS), -1)
        covered = occupied.measure_overlap(heads) + _PLATE_WEIGHT * by_plate.min(axis=1)
        best = int(np.argmin(covered))
        occupied.add(heads[best : best + 1])
        return QPointF(*_HEAD_OFFSETS[best])

    def _create_item(self, key: str, mark: CallMark | UnitMark) -> SceneItem:
        position = self._frame.to_scene_point(mark.x_m, mark.y_m)
        if isinstance(mark, UnitMark):
            return _UnitItem(mark, position, self._theme)
        if key.startswith("way") and mark.start is not None:
            start = self._frame.to_scene_point(*mark.start)
            return _RouteLineItem(start, position, self._theme)
        return CallItem(mark, position, self._theme)


def _list_corner_plates(plate: QRectF) -> tuple[QRectF, ...]:
    """Return a plate at each corner of a symbol, the given one first."""
    across = QPointF(-plate.left() - plate.right(), 0)
    up = QPointF(0, -plate.top() - plate.bottom())
    return tuple(plate.translated(shift) for shift in (QPointF(), across, up, across + up))
