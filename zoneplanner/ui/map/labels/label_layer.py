"""The layer of all labels: zone numbers, names of sites, streets, places and the river."""

import itertools
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import hypot, inf

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainter, QPixmap, QTransform

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.domain.geography.basemap import SERVICE_SIGNS
from zoneplanner.ui.map.labels.label_texts import (
    LabelContent,
    SiteLabel,
    TextImage,
    TextImageCache,
    TextStyle,
    ZoneLabel,
    get_site_label_max_m_px,
    get_wrap_length,
    rank_site_label,
    render_padlock,
    style_feature_label,
    style_place_name,
    style_river_name,
    style_service_name,
    style_shield,
    style_site_name,
    style_street_name,
    style_zone_caption,
    style_zone_number,
    wrap_name,
)
from zoneplanner.ui.map.labels.placement import (
    LabelLine,
    LabelRequest,
    LineSpot,
    OccupiedBoxes,
    find_spots_along,
    list_edges,
    pick_spaced_spots,
    place_labels,
    shift_spots,
)
from zoneplanner.ui.map.scene.drawing import PlacedMark, SceneLayer
from zoneplanner.ui.widgets.style.theme import Theme

_STREET_NAMES_MAX_M_PX, _SERVICE_NAMES_MAX_M_PX = 40.0, 7.5
_REPEAT_PX = 420.0
"""The distance between repeated names along a line."""
_MARGIN_SHARE = 0.6
_LABELS_Z = 57
_BESIDE_STREET_PX, _HALO_PX = 8.0, 5.0
_TRY_EVERY_PX, _MAX_TRIES = 8.0, 90
_FEATURE_RADIUS_PX = 9.0
_CAPTION_UP_PX = 6.0
_NUMBER_STEPS = np.array([(0, 0), (0, 0.25), (0, -0.25), (0.25, 0), (-0.25, 0)])
_FAR_STEPS = 2 * _NUMBER_STEPS[1:]
"""How far a zone's number moves aside, in its own widths and heights, from each of its points; and
from its best point, before it moves to another one."""
_STEP_COST, _SYMBOL_COST = 0.004, 0.25
"""The cost of each position further down the list, as a share of the number's area, and of a
symbol's pixel, compared to a pixel of a live mark or another label."""
_CORE_SHARE = 0.4
_SMALL_NUMBER_PX, _MUCH_COVERED_PX = 16, 10.0
"""The smallest number, and the area it may cover (of a symbol: four times that) unchanged."""
_MAX_COVERED_SHARE = 0.08
"""The share of a number that a live mark may cover: it stays readable, and does not move."""
_FIXED_NUMBER_WEIGHT = 3.0
"""The weight of a number for the selected site's label if no position is free."""
_SMALLER_GAIN, _NUMBER_INSET_PX = 0.75, 2.0
_EDGE_COST = 400.0
"""A label across the edge of the map would be cut off."""
_SPACE_BETWEEN = np.array([-6.0, 0.0, 6.0, 0.0])
"""Two places side by side, or a number and a name, would otherwise read as one."""
_WITHOUT_HALO = np.array([3.0, 3.0, -3.0, -3.0])
_CAPTION_INSET = np.array([2.0, 6.0, -2.0, -4.0])


@dataclass(frozen=True, eq=False, slots=True)
class _SymbolLabel:
    """A label next to a symbol: position in the scene, shift and radius of the symbol in pixels."""

    key: str
    at: QPointF
    text: str
    style: TextStyle
    radius_px: float = _FEATURE_RADIUS_PX
    shift: QPointF = field(default_factory=QPointF)
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class _Number:
    """A zone's number with the box where it is placed, in pixels, shape (1, 4)."""

    label: ZoneLabel
    style: TextStyle
    box: FloatArray


class LabelLayer(SceneLayer):
    """The layer of labels. ``arrange`` decides what fits at a scale; panning moves nothing.

    ``compose``, a method that calls ``place_numbers`` and then ``arrange``, is called before the
    layer is drawn if the labels are out of date.
    """

    def __init__(
        self, rect: QRectF, theme: Theme, ratio: float, compose: Callable[[], None]
    ) -> None:
        super().__init__(rect, _LABELS_Z)
        self._compose = weakref.WeakMethod(compose)
        self._stale = True
        self.content = LabelContent()
        self.theme = theme
        self._images = TextImageCache(ratio)
        self.placed: dict[str, QRectF] = {}
        self._pixmaps: list[QPixmap] = []
        self._positions = np.empty((0, 6))
        self._region = QRectF()
        self._scale = 1.0
        self._occupied = OccupiedBoxes()
        self._obstacles: tuple[Sequence[QRect], QPointF] = ((), QPointF())
        self._sites: list[SiteLabel] = []
        self._numbers: list[_Number] = []
        self._rows: list[tuple[float, ...]] = []

    def invalidate(self) -> None:
        """Arrange the labels again before the layer is next drawn."""
        self._stale = True
        self.update()

    def ensure_arranged(self) -> None:
        """Arrange the labels now if they are out of date."""
        if self._stale:
            self._stale = False
            compose = self._compose()
            if compose is not None:
                compose()

    def place_numbers(
        self, scale: float, window: QRectF, obstacles: Sequence[QRect] = ()
    ) -> FloatArray:
        """Place the zones' numbers at a scale (pixels per meter), in and around a window.

        Numbers avoid ``obstacles``, in pixels of the window, and symbols. Their positions do not
        depend on anything temporary, such as the pin of a call, which avoids the numbers.

        Returns
        -------
        The numbers' boxes in pixels at the scale, shape (n, 4).
        """
        self._region, self._scale = self.around(window), scale
        self._obstacles = obstacles, window.topLeft() * scale
        self._sites = [label for label in self.content.sites if self._region.contains(label.at)]
        self._occupy_background((), selected=False)
        self._numbers = []
        for label in self.content.zones:
            self._numbers.append(number := self._find_number(label))
            self._occupied.add(number.box + _SPACE_BETWEEN)
        return np.vstack([np.empty((0, 4)), *(number.box for number in self._numbers)])

    def arrange(self, marks: Sequence[PlacedMark] = ()) -> None:
        """Place the other labels around the numbers and the live ``marks``.

        A number that these still cover moves aside, as far as its zone has room.
        """
        self._rows, self._pixmaps, self.placed = [], [], {}
        # The background is occupied again for each question: a number that stays is an obstacle
        # to the selected site's label, but that label, once placed, decides which numbers stay.
        selected = [label for label in self._sites if label.is_selected]
        fixed = self._list_uncovered(self._list_mark_boxes(marks, selected))
        self._occupy_background(marks)
        for number in fixed:
            self._occupied.add(number.box + _SPACE_BETWEEN, weight=_FIXED_NUMBER_WEIGHT)
        if selected:
            self._place_sites(selected)
            names = [list_edges(box) for box in self.placed.values()]
            uncovered = self._list_uncovered([box + _WITHOUT_HALO for box in names])
            fixed = [number for number in fixed if number in uncovered]
            self._occupy_background(marks)
            for box in (*names, *(number.box + _SPACE_BETWEEN for number in fixed)):
                self._occupied.add(box)
        self._place_zones(fixed)
        others = [label for label in self._sites if not label.is_selected]
        self._place_sites([label for label in others if rank_site_label(label) <= 2])
        self._place_places()
        streets = style_street_name(self.theme)
        self._place_along(self.content.rivers, style_river_name(self.theme), 5.0)
        self._place_shields()
        self._place_along(self.content.streets, streets, 2.5, beside_px=_BESIDE_STREET_PX)
        self._place_sites([label for label in others if rank_site_label(label) > 2])
        features, style = self.content.features, style_feature_label(self.theme)
        self._place_beside(_SymbolLabel(one.key, one.at, one.text, style) for one in features)
        self._place_services()
        self._place_along(self.content.local_streets, streets, 2.5)
        self._positions = np.array(self._rows).reshape(-1, 6)

    def around(self, window: QRectF) -> QRectF:
        """Return a window with the margin in which labels are also placed."""
        dx, dy = window.width() * _MARGIN_SHARE, window.height() * _MARGIN_SHARE
        return window.adjusted(-dx, -dy, dx, dy)

    def covers(self, window: QRectF) -> bool:
        """Whether the last arrangement included all labels of a window."""
        return self._region.contains(window)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the labels that overlap the exposed part, on whole pixels."""
        self.ensure_arranged()
        if not len(self._positions):
            return
        visible = world.mapRect(exposed)
        x = np.rint(self._positions[:, 0] * world.m11() + world.dx() + self._positions[:, 2])
        y = np.rint(self._positions[:, 1] * world.m11() + world.dy() + self._positions[:, 3])
        near = (x < visible.right()) & (x + self._positions[:, 4] > visible.left())
        near &= (y < visible.bottom()) & (y + self._positions[:, 5] > visible.top())
        for row in reversed(np.flatnonzero(near).tolist()):  # labels placed first are on top
            painter.drawPixmap(int(x[row]), int(y[row]), self._pixmaps[row])

    def _occupy_background(self, marks: Sequence[PlacedMark], *, selected: bool = True) -> None:
        """Occupy only what labels avoid: marks, obstacles and symbols.

        The symbol of a ``selected`` site is occupied like a mark.
        """
        self._occupied = OccupiedBoxes()
        for box in self._list_mark_boxes(marks, ()):
            self._occupied.add(box)
        rects, origin = self._obstacles
        for rect in rects:
            is_edge = min(rect.width(), rect.height()) == 1
            box = list_edges(QRectF(rect).translated(origin))
            self._occupied.add(box, weight=_EDGE_COST if is_edge else 1.0)
        self._occupy_symbols(selected=selected)

    def _occupy_symbols(self, *, selected: bool) -> None:
        """Occupy symbols, with full weight only at the center, by which a symbol is recognized.

        The whole symbol of a ``selected`` site has full weight.
        """
        center = np.array([self._symbol_center(label) for label in self._sites]).reshape(-1, 2)
        radius = np.array([[label.symbol_radius_px * 0.8] for label in self._sites])
        radius = radius.reshape(-1, 1)
        boxes = np.hstack([center - radius, center + radius])
        whole = np.array([selected and label.is_selected for label in self._sites], dtype=bool)
        self._occupied.add(boxes[whole])
        self._occupied.add(boxes[~whole], weight=_SYMBOL_COST)
        core = radius * _CORE_SHARE
        self._occupied.add(np.hstack([center - core, center + core])[~whole])

    def _symbol_center(self, label: SiteLabel) -> tuple[float, float]:
        x, y = label.at.x() * self._scale, label.at.y() * self._scale
        return x + label.shift.x(), y + label.shift.y()

    def _list_mark_boxes(
        self, marks: Sequence[PlacedMark], sites: Sequence[SiteLabel]
    ) -> list[FloatArray]:
        """Return the boxes of marks and of sites' symbols."""
        symbols = [
            np.array([[*self._symbol_center(label)] * 2])
            + label.symbol_radius_px * np.array([[-1, -1, 1, 1]])
            for label in sites
        ]
        return [*(list_edges(box.translated(at * self._scale)) for at, box in marks), *symbols]

    def _list_uncovered(self, boxes: Sequence[FloatArray]) -> list[_Number]:
        """Return the numbers that boxes hardly cover."""
        covering = OccupiedBoxes()
        for box in boxes:
            covering.add(box)
        return [
            number
            for number in self._numbers
            if covering.measure_overlap(number.box)[0]
            <= _MAX_COVERED_SHARE * np.prod(number.box[0, 2:] - number.box[0, :2])
        ]

    def _place_zones(self, fixed: Sequence[_Number]) -> None:
        """Place each zone's number, caption and padlock; numbers that are not fixed may move."""
        for number in self._numbers:
            style, box = number.style, number.box
            if number not in fixed:
                moved = self._find_number(number.label)
                style, box = moved.style, moved.box
                self._occupied.add(box + _SPACE_BETWEEN)
            center = box.reshape(2, 2).mean(axis=0) / self._scale
            label = replace(number.label, at=QPointF(*center.tolist()))
            image = self._images.render_word(label.zone, style)
            self._add_centered(f"zone {label.zone}", label.at, image)
            if label.locked:
                self._place_padlock(label, style, image.width)
            if label.caption:
                self._place_caption(label, style)

    def _find_number(self, label: ZoneLabel) -> _Number:
        """Find the position in a zone where its number covers least: of marks, then of symbols.

        A number that covers much at every position is smaller, if that helps.
        """
        style = style_zone_number(self.theme, label, 1 / self._scale)
        box, covered_px = self._find_number_box(label, style)
        small = replace(style, size_px=min(style.size_px, _SMALL_NUMBER_PX))
        if covered_px > _MUCH_COVERED_PX and small != style:
            small_box, small_covered_px = self._find_number_box(label, small)
            if small_covered_px < _SMALLER_GAIN * covered_px:
                return _Number(label, small, small_box)
        return _Number(label, style, box)

    def _find_number_box(self, label: ZoneLabel, style: TextStyle) -> tuple[FloatArray, float]:
        """Return a number's best box, shape (1, 4), and how much it covers."""
        size = np.array(self._images.measure(label.zone, style))
        points = np.array([point.toTuple() for point in (label.at, *label.alternatives)])
        points = points * self._scale
        near = points[:, None] + _NUMBER_STEPS * size
        centers = np.vstack([near[0], points[0] + _FAR_STEPS * size, near[1:].reshape(-1, 2)])
        half = size / 2 - _NUMBER_INSET_PX
        boxes = np.hstack([centers - half, centers + half])
        covered = self._occupied.measure_overlap(boxes)
        if label.caption:
            caption = _make_box((0.0, 0.0), *self._measure_caption(label, style)) + _CAPTION_INSET
            covered += self._occupied.measure_overlap(caption + np.hstack([centers, centers]))
        cost = covered + np.arange(len(boxes)) * _STEP_COST * np.prod(size)
        best = int(np.argmin(cost))
        return boxes[best : best + 1], float(covered[best])

    def _place_padlock(self, label: ZoneLabel, style: TextStyle, width: float) -> None:
        """Put a padlock to the right of a number, close to its last digit."""
        image = render_padlock(style, self._images.ratio)
        corner = (width / 2 - 2 * style.halo_px, -image.height / 2)
        center = (label.at * self._scale).toTuple()
        self._occupied.add(_make_box(center, corner, image.width, image.height))
        self._add_label(f"lock {label.zone}", label.at, corner, image)

    def _place_caption(self, label: ZoneLabel, style: TextStyle) -> None:
        """Put a zone's caption below its number, unless it would cover another label."""
        corner, width, height = self._measure_caption(label, style)
        box = _make_box((label.at * self._scale).toTuple(), corner, width, height)
        if not self._occupied.is_free(box + _CAPTION_INSET, least=1.0).all():
            return
        self._occupied.add(box)
        image = self._images.render_word(label.caption, style_zone_caption(self.theme))
        self._add_label(f"caption {label.zone}", label.at, corner, image)

    def _measure_caption(
        self, label: ZoneLabel, number: TextStyle
    ) -> tuple[tuple[float, float], float, float]:
        """Return a caption's upper left corner relative to its number's center, and its size."""
        _, number_height = self._images.measure(label.zone, number)
        width, height = self._images.measure(label.caption, style_zone_caption(self.theme))
        return (-width / 2, number_height / 2 - _CAPTION_UP_PX), width, height

    def _place_sites(self, sites: Sequence[SiteLabel]) -> None:
        m_px = 1 / self._scale
        wanted = [
            label for label in sites if label.is_selected or m_px <= get_site_label_max_m_px(label)
        ]
        self._place_beside(
            _SymbolLabel(
                label.site,
                label.at,
                wrap_name(label.name, get_wrap_length(m_px)),
                style_site_name(self.theme, label),
                label.symbol_radius_px,
                label.shift,
                label.is_selected,
            )
            for label in sorted(wanted, key=lambda label: (rank_site_label(label), label.name))
        )

    def _place_shields(self) -> None:
        """Put the numbers of freeways on shields, with a distance between equal ones."""
        style, placed = style_shield(self.theme), dict[str, list[LineSpot]]()
        for line in self.content.shields:
            image = self._images.render_plate_image(line.name, style, self.theme.freeway_case)
            others = placed.setdefault(line.name, [])
            for spot in find_spots_along(line, self._scale, image.width, _REPEAT_PX, 40.0):
                near = any(
                    hypot(spot.x - other.x, spot.y - other.y) < _REPEAT_PX * 0.6 for other in others
                )
                at = QPointF(spot.x, spot.y) / self._scale
                if not near and self._occupy_centered(at, image.width, image.height):
                    others.append(spot)
                    self._add_centered(f"shield {line.name}", at, image)

    def _place_services(self) -> None:
        """Put a letter for each hospital and station, at large scales with its name."""
        style, is_named = style_service_name(self.theme), 1 / self._scale < _SERVICE_NAMES_MAX_M_PX
        names: list[_SymbolLabel] = []
        for kind, name, x, y in self.content.services:
            at, sign = QPointF(x, y), style_shield(self.theme)
            image = self._images.render_plate_image(SERVICE_SIGNS[kind], sign, self.theme.muted)
            if not self._occupy_centered(at, image.width, image.height):
                continue
            self._add_centered(f"service {name}", at, image)
            if is_named and name:
                text = wrap_name(name, get_wrap_length(1 / self._scale))
                names.append(_SymbolLabel(f"service name {name}", at, text, style))
        self._place_beside(names)

    def _place_beside(self, labels: Iterable[_SymbolLabel]) -> None:
        """Place labels next to symbols, in this order of priority."""
        requests, by_key = [], {}
        for label in labels:
            by_key[label.key] = label
            center = label.at * self._scale + label.shift
            width, height = (
                side - 2 * label.style.halo_px
                for side in self._images.measure(label.text, label.style)
            )
            requests.append(
                LabelRequest(
                    label.key,
                    center.x(),
                    center.y(),
                    width,
                    height,
                    label.radius_px,
                    label.is_required,
                )
            )
        for key, (left, top) in place_labels(requests, self._occupied).items():
            label = by_key[key]
            halo_px = label.style.halo_px
            corner = left + label.shift.x() - halo_px, top + label.shift.y() - halo_px
            image = self._images.render_word(label.text, label.style)
            self._add_label(key, label.at, corner, image)

    def _place_places(self) -> None:
        style = style_place_name(self.theme)
        for name, points in self.content.places:
            size = self._images.measure(name.upper(), style)
            for point in itertools.starmap(QPointF, points.tolist()):
                if self._occupy_centered(point, *size, _SPACE_BETWEEN):
                    image = self._images.render_word(name.upper(), style)
                    self._add_centered(f"place {name}", point, image)
                    break

    def _occupy_centered(
        self, at: QPointF, width: float, height: float, space: FloatArray | float = 0.0
    ) -> bool:
        """Occupy a box around a point, with some space, if it is free; return whether it is."""
        corner = (-width / 2, -height / 2)
        box = _make_box((at * self._scale).toTuple(), corner, width, height) + space
        if not self._region.contains(at) or not self._occupied.is_free(box).all():
            return False
        self._occupied.add(box)
        return True

    def _place_along(
        self, lines: Sequence[LabelLine], style: TextStyle, sag: float, beside_px: float = 0.0
    ) -> None:
        """Place names along lines; with ``beside_px``, also beside a line without free space."""
        if 1 / self._scale > _STREET_NAMES_MAX_M_PX:
            return
        for line in lines:
            width, height = self._images.measure(line.name, style)
            size = width - 4, height - _HALO_PX
            spots = find_spots_along(line, self._scale, width + 8, _REPEAT_PX, sag)
            near = self._list_in_region(spots)
            picked = pick_spaced_spots(near, _REPEAT_PX * 0.7, self._occupied, *size)
            if not picked and beside_px:
                spots = find_spots_along(
                    line, self._scale, width + 8, _REPEAT_PX, sag, try_every=_TRY_EVERY_PX
                )
                near = self._list_in_region(shift_spots(spots, beside_px))[:_MAX_TRIES]
                picked = pick_spaced_spots(near, inf, self._occupied, *size)
            for spot in picked:
                image = self._images.render_word(line.name, style, spot.angle)
                at = QPointF(spot.x / self._scale, spot.y / self._scale)
                self._add_centered(f"street {line.name}", at, image)

    def _list_in_region(self, spots: Sequence[LineSpot]) -> list[LineSpot]:
        return [s for s in spots if self._region.contains(QPointF(s.x, s.y) / self._scale)]

    def _add_centered(self, key: str, at: QPointF, image: TextImage) -> None:
        self._add_label(key, at, (-image.width / 2, -image.height / 2), image)

    def _add_label(
        self, key: str, at: QPointF, corner: tuple[float, float], image: TextImage
    ) -> None:
        self._rows.append((at.x(), at.y(), *corner, image.width, image.height))
        self._pixmaps.append(image.pixmap)
        left, top = at.x() * self._scale + corner[0], at.y() * self._scale + corner[1]
        self.placed[key] = QRectF(left, top, image.width, image.height)


def _make_box(
    center: tuple[float, float], corner: tuple[float, float], width: float, height: float
) -> FloatArray:
    """Return left, top, right and bottom of a box, shape (1, 4); the corner is relative."""
    left, top = center[0] + corner[0], center[1] + corner[1]
    return np.array([[left, top, left + width, top + height]])
