"""Open calls on the map: a pin by priority and age, who is there, and the way of who would go."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.domain.log.journal import LAST_URGENT_PRIORITY
from zoneplanner.ui.map.labels.placement import OccupiedBoxes
from zoneplanner.ui.map.scene.drawing import (
    ItemLayer,
    MarkerItem,
    PlacedMark,
    SceneItem,
    SceneTransform,
)
from zoneplanner.ui.widgets.style.theme import Theme, draw_plate, make_micro_font, make_strong_font
from zoneplanner.ui.widgets.style.value_text import UNIT_MARK_PX, draw_unit_mark

_CALL_Z, _UNIT_Z, _WAY_Z = 58.0, 57.5, 56.0
_HEAD_PX, _PLATE_PX, _GAP_PX = 11.0, 18.0, 4.0
_HEADS = np.array(
    [(0, -23), (13, -20), (-13, -20), (26, -16), (-26, -16), (0, -49), (26, -42), (-26, -42)]
)
"""Where a pin's head may stand over its foot, the best first: leaning, then on a longer stem."""
PIN_PX = 34.0
"""How far the usual pin reaches above its school."""
_STEM_PX = 5.0
_SYMBOL_PX, _SYMBOL_WEIGHT = 6.0, 0.5
"""Of a school's symbol what a plate is not to cover; a pin and another plate count more."""
_FOOT = QRectF(-_STEM_PX, -_HEAD_PX, 2 * _STEM_PX, _HEAD_PX + _STEM_PX)
_PLATE_WEIGHT = 0.25
"""Of what the plate beside a pin would cover, against what the pin covers."""
_NUMBER_WEIGHT = 0.75
"""Of a zone's number, against a pixel of another pin."""
_HELD_WEIGHT = 100.0
"""Of the map's edges, a pixel wide, and of what lies over it: they cut a plate or hide it."""
_RIM_PX, _URGENT_RIM_PX = 1.5, 3.0
_WAY_DASHES = [5.0, 3.0]


@dataclass(frozen=True, slots=True)
class CallMark:
    """An open call: where, how urgent, since when in words, and who is on it in which state.

    ``chosen`` is the one that digits act on; ``start`` is where the unit that is proposed for it
    comes from, in project meters, and ``unit`` that unit.
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
    """A unit that no call keeps: at a school, or where it starts from."""

    unit: str
    x_m: float
    y_m: float
    state: UnitState


class CallItem(MarkerItem):
    """A pin whose foot is at the school, its digit the priority; beside it age and units.

    An urgent one is filled with ink inside its red rim: red is fainter than the ink of others.
    """

    def __init__(self, call: CallMark, at: QPointF, theme: Theme) -> None:
        super().__init__(at, _CALL_Z + (0.5 if call.chosen else 0.0))
        self.setCacheMode(MarkerItem.CacheMode.DeviceCoordinateCache)
        self.call, self._theme = call, theme
        self.head, self._pin, self._bounds = QRectF(), QPainterPath(), QRectF()
        self.plate: QRectF | None = None
        urgent = call.priority <= LAST_URGENT_PRIORITY
        text, ground = QColor(theme.text), QColor(theme.raised)
        self._rim = QPen(QColor(theme.live), _URGENT_RIM_PX) if urgent else QPen(text, _RIM_PX)
        self._ground, self._ink = (text, ground) if urgent else (ground, text)
        self._font = make_strong_font()
        metrics = QFontMetricsF(self._font)
        self._age_px = metrics.horizontalAdvance(call.age)
        self._unit_px = [metrics.horizontalAdvance(unit) for unit, _ in call.units]
        wide = self._age_px + sum(UNIT_MARK_PX + one + 3 * _GAP_PX for one in self._unit_px)
        self._plate_px = wide + 2 * _GAP_PX
        first = QPointF(*_HEADS[0])
        self.stand(first, self.list_plates(first)[0])

    def stand(self, middle: QPointF, plate: QRectF | None) -> None:
        """Put the pin's head at a place over its foot, and its plate; pixels around the school."""
        corner = QPointF(_HEAD_PX, _HEAD_PX)
        head = QRectF(middle - corner, middle + corner)
        if (head, plate) != (self.head, self.plate):
            self.prepareGeometryChange()
            self.head, self.plate, self._pin = head, plate, _make_pin(middle)
            reach = self._pin.boundingRect().united(plate or QRectF())
            self._bounds = reach.adjusted(-4, -4, 4, 4)
            self.update()

    def list_plates(self, middle: QPointF) -> tuple[QRectF, ...]:
        """Return where a plate may stand at a head, the best first: right, left, above."""
        beside = _HEAD_PX + _GAP_PX
        right = QRectF(0, 0, self._plate_px, _PLATE_PX)
        right.moveCenter(middle + QPointF(beside + self._plate_px / 2, 0))
        return (
            right,
            right.translated(-2 * beside - self._plate_px, 0),
            right.translated(-beside - self._plate_px / 2, -beside - _PLATE_PX / 2),
        )

    def list_boxes(self) -> list[QRectF]:
        """Return what it covers: its head, its stem and its plate, in pixels around the school."""
        grown = self.head.adjusted(-_RIM_PX, -_RIM_PX, _RIM_PX, _RIM_PX)
        parts = (grown, _FOOT, self.plate)
        return [one for one in parts if one is not None]

    def stand_like(self, before: "CallItem") -> None:
        """Stand as the item did whose place this one takes, until the map rests."""
        if self.pos() == before.pos():
            middle = before.head.center()
            known = [at for at, one in enumerate(before.list_plates(middle)) if one == before.plate]
            plate = self.list_plates(middle)[known[0] if known else 0]
            self.stand(middle, plate if known or self.call.chosen else None)

    def boundingRect(self) -> QRectF:
        """Span pin and plate, in pixels around the school."""
        return self._bounds

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the plate, then the pin over it; the chosen one has a second ring."""
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
        painter.fillPath(pin, self._ground)
        painter.strokePath(pin, self._rim)
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
        for (unit, state), wide in zip(self.call.units, self._unit_px, strict=True):
            middle = QPointF(box.left() + UNIT_MARK_PX / 2, box.center().y())
            draw_unit_mark(painter, state, middle, theme, ink=QColor(theme.text))
            box.setLeft(box.left() + UNIT_MARK_PX + _GAP_PX)
            painter.setPen(QColor(theme.text))
            painter.drawText(box, flags, unit)
            box.setLeft(box.left() + wide + 2 * _GAP_PX)


def _make_pin(middle: QPointF) -> QPainterPath:
    """A disc around ``middle`` that ends in a point at the origin."""
    path, foot = QPainterPath(), QPainterPath()
    path.addEllipse(middle, _HEAD_PX, _HEAD_PX)
    down = -middle * (_HEAD_PX * 0.75 / hypot(middle.x(), middle.y()))
    aside = QPointF(-down.y(), down.x())
    foot.moveTo(middle + down + aside)
    foot.lineTo(0, 0)
    foot.lineTo(middle + down - aside)
    foot.closeSubpath()
    return path.united(foot)


class _WayItem(SceneItem):
    """A dashed line from where the proposed unit is to the school; it is a direction, no route."""

    def __init__(self, start: QPointF, end: QPointF, unit: str, theme: Theme) -> None:
        super().__init__()
        self._start, self._end, self._unit, self._theme = start, end, unit, theme
        self.setZValue(_WAY_Z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """Span the line."""
        return QRectF(self._start, self._end).normalized().adjusted(-600, -600, 600, 600)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the line on its halo, with the unit's name where it begins."""
        start, end, theme = world.map(self._start), world.map(self._end), self._theme
        painter.setPen(QPen(QColor(theme.halo), 5.0))
        painter.drawLine(start, end)
        pen = QPen(QColor(theme.text), 2.0)
        pen.setDashPattern(_WAY_DASHES)
        painter.setPen(pen)
        painter.drawLine(start, end)


class _UnitItem(MarkerItem):
    """A unit by its mark and name, above the school where it is."""

    def __init__(self, unit: UnitMark, at: QPointF, theme: Theme) -> None:
        super().__init__(at, _UNIT_Z)
        self.unit, self._theme = unit, theme
        self._font = make_micro_font()
        wide = QFontMetricsF(self._font).horizontalAdvance(unit.unit)
        high = _PLATE_PX
        self._plate = QRectF(_GAP_PX * 2, _GAP_PX, wide + UNIT_MARK_PX + 4 * _GAP_PX, high)
        self.places = _list_corners(self._plate)

    def boundingRect(self) -> QRectF:
        """Span the plate, in pixels around the school."""
        return self._plate.adjusted(-2, -2, 2, 2)

    def stand(self, plate: QRectF) -> None:
        """Put the plate at one of its places."""
        if plate != self._plate:
            self.prepareGeometryChange()
            self._plate = plate
            self.update()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw a plate with mark and name at a corner of the school's symbol."""
        theme = self._theme
        painter.translate(world.dx(), world.dy())
        draw_plate(painter, self._plate, QColor(theme.raised), QColor(theme.border))
        middle = QPointF(self._plate.left() + _GAP_PX + UNIT_MARK_PX / 2, self._plate.center().y())
        draw_unit_mark(painter, self.unit.state, middle, theme, ink=QColor(theme.text))
        painter.setFont(self._font)
        painter.setPen(QColor(theme.text))
        box = self._plate.adjusted(UNIT_MARK_PX + 2 * _GAP_PX, 0, 0, 0)
        painter.drawText(
            box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.unit.unit
        )


class CallLayer(ItemLayer[SceneItem]):
    """The pins by call, the ways to them, and the units; what is as before keeps its item."""

    def __init__(self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme) -> None:
        super().__init__(scene, frame, theme)
        self._shown: dict[str, CallMark | UnitMark] = {}

    @property
    def marks(self) -> list[PlacedMark]:
        """What pins and plates take of the map, each by itself: a leaning pin has a free side."""
        found: list[PlacedMark] = []
        for item in self.items.values():
            if isinstance(item, CallItem):
                found += [(item.pos(), box) for box in item.list_boxes()]
            elif isinstance(item, MarkerItem):
                found.append((item.pos(), item.boundingRect()))
        return found

    def show(self, calls: Sequence[CallMark], units: Sequence[UnitMark]) -> None:
        """Show calls and units; only those that changed are made anew."""
        wanted: dict[str, CallMark | UnitMark] = {f"unit {one.unit}": one for one in units}
        for call in calls:
            wanted[f"call {call.uid}"] = call
            if call.start is not None:
                wanted[f"way {call.uid}"] = call
        gone = {
            key: item for key, item in self.items.items() if self._shown.get(key) != wanted.get(key)
        }
        self.remove(gone)
        for key, mark in wanted.items():
            if key not in self.items:
                item, before = self.add(key, self._make(key, mark)), gone.get(key)
                if isinstance(item, CallItem) and isinstance(before, CallItem):
                    item.stand_like(before)
        self._shown = wanted

    def arrange(
        self,
        m_px: float,
        held: Sequence[PlacedMark],
        symbols: Sequence[QPointF],
        numbers: FloatArray,
    ) -> None:
        """Let no pin lie over another one at a scale, and no plate over a pin.

        Pins of near schools lean apart. What is on a plate stands on the call's card too: one
        without room is left out, but for the chosen call's. ``held`` is what pins keep clear of,
        ``symbols``, in pixels, what the plates of units cover least of, ``numbers``, shape (n, 4)
        in pixels, those of zones, which stay where they are.
        """
        calls = [one for one in self.items.values() if isinstance(one, CallItem)]
        calls.sort(key=lambda one: (not one.call.chosen, one.call.priority))
        taken = OccupiedBoxes()
        taken.add(numbers, weight=_NUMBER_WEIGHT)
        for at, box in held:
            taken.add(_list_edges([box.translated(at / m_px)]), weight=_HELD_WEIGHT)
        feet = [one.pos() / m_px for one in calls]
        middles: list[QPointF] = []
        for item, foot in zip(calls, feet, strict=True):
            middle = _HEADS + np.array([foot.x(), foot.y()])
            heads = np.hstack([middle - _HEAD_PX, middle + _HEAD_PX])
            spots = [
                one.translated(foot) for at in _HEADS for one in item.list_plates(QPointF(*at))
            ]
            beside = taken.measure_overlap(_list_edges(spots)).reshape(len(_HEADS), -1)
            covered = taken.measure_overlap(heads) + _PLATE_WEIGHT * beside.min(axis=1)
            best = int(np.argmin(covered))
            taken.add(heads[best : best + 1])
            middles.append(QPointF(*_HEADS[best]))
        for foot, middle in zip(feet, middles, strict=True):
            stem = QRectF(QPointF(), middle).normalized().adjusted(-_STEM_PX, 0, _STEM_PX, 0)
            taken.add(_list_edges([stem.translated(foot)]))
        for item, foot, middle in zip(calls, feet, middles, strict=True):
            plates = item.list_plates(middle)
            boxes = _list_edges([one.translated(foot) for one in plates])
            overlap = taken.measure_overlap(boxes)
            best = int(np.argmin(overlap))
            fits = not overlap[best] or item.call.chosen
            if fits:
                taken.add(boxes[best : best + 1])
            item.stand(middle, plates[best] if fits else None)
        if symbols:
            corner = QPointF(_SYMBOL_PX, _SYMBOL_PX)
            around = [QRectF(one - corner, one + corner) for one in symbols]
            taken.add(_list_edges(around), weight=_SYMBOL_WEIGHT)
        for unit in [one for one in self.items.values() if isinstance(one, _UnitItem)]:
            boxes = _list_edges([one.translated(unit.pos() / m_px) for one in unit.places])
            best = int(np.argmin(taken.measure_overlap(boxes)))
            taken.add(boxes[best : best + 1])
            unit.stand(unit.places[best])

    def _make(self, key: str, mark: CallMark | UnitMark) -> SceneItem:
        at = self._frame.to_scene_point(mark.x_m, mark.y_m)
        if isinstance(mark, UnitMark):
            return _UnitItem(mark, at, self._theme)
        if key.startswith("way") and mark.start is not None:
            return _WayItem(self._frame.to_scene_point(*mark.start), at, mark.unit, self._theme)
        return CallItem(mark, at, self._theme)


def _list_corners(plate: QRectF) -> tuple[QRectF, ...]:
    """Return a plate at each corner of a symbol, the one that was given first."""
    across = QPointF(-plate.left() - plate.right(), 0)
    up = QPointF(0, -plate.top() - plate.bottom())
    return tuple(plate.translated(one) for one in (QPointF(), across, up, across + up))


def _list_edges(boxes: Sequence[QRectF]) -> FloatArray:
    """Return left, top, right and bottom of each box."""
    return np.array([(one.left(), one.top(), one.right(), one.bottom()) for one in boxes])
