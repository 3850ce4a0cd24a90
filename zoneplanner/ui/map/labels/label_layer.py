"""All words on the map: zone numbers, names of sites, streets, places and the river."""

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
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
    get_label_from_m_px,
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
    pick_spaced_spots,
    place_labels,
    shift_spots,
)
from zoneplanner.ui.map.scene.drawing import PlacedMark, SceneLayer
from zoneplanner.ui.widgets.style.theme import Theme

_STREETS_FROM_M_PX = 40.0
_EVERY_PX = 420.0
_MARGIN_SHARE = 0.6
_WORDS_Z = 57
_BESIDE_PX, _HALO_PX = 8.0, 5.0
_TRY_EVERY_PX, _MOST_TRIES = 8.0, 90
_OWN_REACH_PX = 9.0
_SERVICE_NAMES_M_PX = 7.5
_CAPTION_UP_PX = 6.0
_NUMBER_STEPS = np.array([(0, 0), (0, 0.25), (0, -0.25), (0.25, 0), (-0.25, 0)])
_FAR_STEPS = 2 * _NUMBER_STEPS[1:]
"""Where a zone's number steps aside to, in its own widths and heights, from each of its places,
and from the first one further, before it goes elsewhere."""
_STEP_COST, _SYMBOL_COST = 0.004, 0.25
"""A place further down the list, as a share of the number, and a pixel of a symbol, against a
pixel of what is live or of a word."""
_CORE_SHARE = 0.4
_SMALL_NUMBER_PX, _MUCH_COVERED_PX = 16, 10.0
"""A number as small as it gets, and what it may cover (of a symbol four times that) unchanged."""
_STAYS_SHARE = 0.08
"""Of a number that may be covered by what came later: it is read, and stays where it was."""
_STAYS_WEIGHT = 3.0
"""Of a number, where the name of the selected site has no free place and covers what is least."""
_LESS_SHARE, _NUMBER_INSET_PX = 0.75, 2.0
_EDGE_COST = 400.0
"""The edge of the map is a line: what crosses it is cut, and is not read at all."""
_BETWEEN_PLACES = np.array([-6.0, 0.0, 6.0, 0.0])
"""Two places side by side, or a number and a name, would read as one."""
_WITHOUT_HALO = np.array([3.0, 3.0, -3.0, -3.0])
_CAPTION_INSET = np.array([2.0, 6.0, -2.0, -4.0])


_Beside = tuple[str, QPointF, QPointF, tuple[str, TextStyle], tuple[float, bool]]
"""A label beside a symbol: key, place in the scene, shift in pixels, words, reach and ``must``."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A zone's number where it stands, in pixels, shape (1, 4)."""

    home: ZoneLabel
    style: TextStyle
    box: FloatArray


class LabelLayer(SceneLayer):
    """The layer of words. ``arrange`` decides what fits at a scale; panning moves nothing.

    ``compose``, a method that ends in ``place_numbers`` and ``arrange``, is called before a drawing
    where the words are stale.
    """

    def __init__(
        self, rect: QRectF, theme: Theme, ratio: float, compose: Callable[[], None]
    ) -> None:
        super().__init__(rect, _WORDS_Z)
        self._compose = weakref.WeakMethod(compose)
        self._stale = True
        self.content = LabelContent()
        self.theme = theme
        self.lettering = TextImageCache(ratio)
        self.placed: dict[str, QRectF] = {}
        self._words: list[QPixmap] = []
        self._spots = np.empty((0, 6))
        self._region = QRectF()
        self._scale = 1.0
        self._taken = OccupiedBoxes()
        self._held: tuple[Sequence[QRect], QPointF] = ((), QPointF())
        self._sites: list[SiteLabel] = []
        self._numbers: list[_Number] = []
        self._rows: list[tuple[float, ...]] = []

    def invalidate(self) -> None:
        """Have the words arranged anew before they are drawn next."""
        self._stale = True
        self.update()

    def ensure_arranged(self) -> None:
        """Arrange the words now where they are stale."""
        if self._stale:
            self._stale = False
            compose = self._compose()
            if compose is not None:
                compose()

    def place_numbers(self, scale: float, window: QRectF, held: Sequence[QRect] = ()) -> FloatArray:
        """Place the numbers of zones for a scale (pixels to a meter), in and around a window.

        They keep clear of ``held``, pixels of the window, and of symbols. Where they stand depends
        on nothing that comes and goes, as the pin of a call does: that keeps clear of them.

        Returns
        -------
        Their boxes in pixels at the scale, shape (n, 4).
        """
        self._region, self._scale = self.around(window), scale
        self._held = held, window.topLeft() * scale
        self._sites = [word for word in self.content.sites if self._region.contains(word.at)]
        self._taken = self._take_ground((), first=False)
        self._numbers = []
        for home in self.content.zones:
            self._numbers.append(number := self._find_number(home))
            self._taken.add(number.box + _BETWEEN_PLACES)
        return np.vstack([np.empty((0, 4)), *(one.box for one in self._numbers)])

    def arrange(self, marks: Sequence[PlacedMark] = ()) -> None:
        """Place the other words around the numbers and the ``marks`` of what is live.

        A number that these still cover steps aside, as far as its zone has room.
        """
        self._rows, self._words, self.placed = [], [], {}
        # The ground is taken anew for each question: a number that stays is an obstacle to the
        # name of the selected site, but that name, once placed, decides which numbers stay.
        first = [word for word in self._sites if word.first]
        staying = self._list_uncovered(self._list_marks(marks, first))
        self._taken = self._take_ground(marks)
        for one in staying:
            self._taken.add(one.box + _BETWEEN_PLACES, weight=_STAYS_WEIGHT)
        if first:
            self._place_sites(first)
            names = [_list_edges(box) for box in self.placed.values()]
            bare = [box + _WITHOUT_HALO for box in names]
            staying = [one for one in staying if one in self._list_uncovered(bare)]
            self._taken = self._take_ground(marks)
            for box in (*names, *(one.box + _BETWEEN_PLACES for one in staying)):
                self._taken.add(box)
        self._place_zones(staying)
        rest = [word for word in self._sites if not word.first]
        self._place_sites([word for word in rest if rank_site_label(word) <= 2])
        self._place_places()
        self._place_along(self.content.rivers, style_river_name(self.theme), 5.0)
        self._place_shields()
        self._place_along(
            self.content.streets, style_street_name(self.theme), 2.5, beside_px=_BESIDE_PX
        )
        self._place_sites([word for word in rest if rank_site_label(word) > 2])
        self._place_own()
        self._place_services()
        self._place_along(self.content.local_streets, style_street_name(self.theme), 2.5)
        self._spots = np.array(self._rows).reshape(-1, 6)

    def around(self, window: QRectF) -> QRectF:
        """Return a window with the margin in which words are arranged too."""
        dx, dy = window.width() * _MARGIN_SHARE, window.height() * _MARGIN_SHARE
        return window.adjusted(-dx, -dy, dx, dy)

    def covers(self, window: QRectF) -> bool:
        """True where the words of a window were all thought of at the last arrangement."""
        return self._region.contains(window)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the words that reach into what is exposed, on whole pixels."""
        self.ensure_arranged()
        if not len(self._spots):
            return
        seen = world.mapRect(exposed)
        x = np.rint(self._spots[:, 0] * world.m11() + world.dx() + self._spots[:, 2])
        y = np.rint(self._spots[:, 1] * world.m11() + world.dy() + self._spots[:, 3])
        near = (x < seen.right()) & (x + self._spots[:, 4] > seen.left())
        near &= (y < seen.bottom()) & (y + self._spots[:, 5] > seen.top())
        for at in reversed(np.flatnonzero(near).tolist()):  # what was placed first lies on top
            painter.drawPixmap(int(x[at]), int(y[at]), self._words[at])

    def _take_ground(self, marks: Sequence[PlacedMark], *, first: bool = True) -> OccupiedBoxes:
        """Take what words keep clear of; ``first`` where that is the selected site's symbol too."""
        self._taken = OccupiedBoxes()
        for box in self._list_marks(marks, ()):
            self._taken.add(box)
        self._take_held(*self._held)
        self._take_symbols(self._sites, first=first)
        return self._taken

    def _list_marks(
        self, marks: Sequence[PlacedMark], first: Sequence[SiteLabel]
    ) -> list[FloatArray]:
        """Return the boxes of what is live, and of the symbols of sites."""
        return [
            *(_list_edges(box.translated(at * self._scale)) for at, box in marks),
            *(np.array([[*self._shown_at(one)] * 2]) + _around(one.reach_px) for one in first),
        ]

    def _list_uncovered(self, boxes: Sequence[FloatArray]) -> list[_Number]:
        """Return the numbers of which boxes cover little."""
        over = OccupiedBoxes()
        for box in boxes:
            over.add(box)
        return [
            one
            for one in self._numbers
            if over.measure_overlap(one.box)[0] <= _STAYS_SHARE * _measure_area(one.box)
        ]

    def _place_zones(self, staying: Sequence[_Number]) -> None:
        """Write each zone's number; one that does not stay is sought another place first."""
        for known in self._numbers:
            number = known
            if known not in staying:
                number = self._find_number(known.home)
                self._taken.add(number.box + _BETWEEN_PLACES)
            home, style = known.home, number.style
            middle = number.box.reshape(2, 2).mean(axis=0) / self._scale
            word = replace(home, at=QPointF(*middle.tolist()))
            width, height = self.lettering.size(word.zone, style)
            corner = (-width / 2, -height / 2)
            self._keep(f"zone {word.zone}", word.at, corner, self.lettering.word(word.zone, style))
            if word.locked:
                self._place_padlock(word, style, width)
            if word.caption:
                self._place_caption(word, style)

    def _find_number(self, home: ZoneLabel) -> _Number:
        """Put a zone's number in it where it covers least: of what is live, then of symbols.

        One that covers much wherever it stands is set smaller, where that helps.
        """
        style = style_zone_number(self.theme, home, 1 / self._scale)
        box, covered_px = self._seek_number(home, style)
        small = replace(style, size_px=min(style.size_px, _SMALL_NUMBER_PX))
        if covered_px > _MUCH_COVERED_PX and small != style:
            other, less_px = self._seek_number(home, small)
            if less_px < _LESS_SHARE * covered_px:
                style, box = small, other
        return _Number(home, style, box)

    def _seek_number(self, home: ZoneLabel, style: TextStyle) -> tuple[FloatArray, float]:
        """Return the box of the best place of a number, shape (1, 4), and how much it covers."""
        width, height = self.lettering.size(home.zone, style)
        own = np.array([[spot.x(), spot.y()] for spot in (home.at, *home.spares)]) * self._scale
        size = np.array([width, height])
        near = own[:, None] + _NUMBER_STEPS * size
        middles = np.vstack([near[0], own[0] + _FAR_STEPS * size, near[1:].reshape(-1, 2)])
        half = size / 2 - _NUMBER_INSET_PX
        boxes = np.hstack([middles - half, middles + half])
        covered = self._taken.measure_overlap(boxes)
        if home.caption:
            below = _box((0.0, 0.0), *self._measure_caption(home, style)) + _CAPTION_INSET
            covered += self._taken.measure_overlap(below + np.hstack([middles, middles]))
        cost = covered + np.arange(len(boxes)) * _STEP_COST * width * height
        best = int(np.argmin(cost))
        return boxes[best : best + 1], float(covered[best])

    def _place_padlock(self, word: ZoneLabel, style: TextStyle, width: float) -> None:
        """Put a padlock at the right of a number, close to its last letter."""
        lock = render_padlock(style, self.lettering.ratio)
        corner = (width / 2 - 2 * style.halo_px, -lock.height / 2)
        middle = (word.at.x() * self._scale, word.at.y() * self._scale)
        self._taken.add(_box(middle, corner, lock.width, lock.height))
        self._keep(f"lock {word.zone}", word.at, corner, lock)

    def _place_caption(self, word: ZoneLabel, style: TextStyle) -> None:
        """Put a zone's caption under its number, where no other number or caption stands."""
        middle = (word.at.x() * self._scale, word.at.y() * self._scale)
        corner, width, height = self._measure_caption(word, style)
        box = _box(middle, corner, width, height)
        if not self._taken.free(box + _CAPTION_INSET, least=1.0).all():
            return
        self._taken.add(box)
        caption = self.lettering.word(word.caption, style_zone_caption(self.theme))
        self._keep(f"caption {word.zone}", word.at, corner, caption)

    def _measure_caption(
        self, word: ZoneLabel, number: TextStyle
    ) -> tuple[tuple[float, float], float, float]:
        """Return a caption's upper left corner from the middle of its number, and its size."""
        _, below = self.lettering.size(word.zone, number)
        width, height = self.lettering.size(word.caption, style_zone_caption(self.theme))
        return (-width / 2, below / 2 - _CAPTION_UP_PX), width, height

    def _take_held(self, held: Sequence[QRect], at: QPointF) -> None:
        for rect in held:
            is_edge = min(rect.width(), rect.height()) == 1
            box = _box((at.x(), at.y()), (rect.x(), rect.y()), rect.width(), rect.height())
            self._taken.add(box, weight=_EDGE_COST if is_edge else 1.0)

    def _take_symbols(self, sites: Sequence[SiteLabel], *, first: bool) -> None:
        """Take the room of the symbols; the selected one may count as much as what is live.

        So does the middle of each: a symbol is known by it, though its rim be covered.
        """
        middle = np.array([self._shown_at(word) for word in sites]).reshape(-1, 2)
        reach = np.array([[word.reach_px * 0.8] for word in sites]).reshape(-1, 1)
        boxes = np.hstack([middle - reach, middle + reach])
        whole = np.array([first and word.first for word in sites], dtype=bool)
        self._taken.add(boxes[whole])
        self._taken.add(boxes[~whole], weight=_SYMBOL_COST)
        core = reach * _CORE_SHARE
        self._taken.add(np.hstack([middle - core, middle + core])[~whole])

    def _shown_at(self, word: SiteLabel) -> tuple[float, float]:
        x, y = word.at.x() * self._scale, word.at.y() * self._scale
        return x + word.shift.x(), y + word.shift.y()

    def _place_sites(self, sites: Sequence[SiteLabel]) -> None:
        m_px = 1 / self._scale
        wanted = [word for word in sites if word.first or m_px <= get_label_from_m_px(word)]
        self._place_beside(
            (
                word.site,
                word.at,
                word.shift,
                (wrap_name(word.name, get_wrap_length(m_px)), style_site_name(self.theme, word)),
                (word.reach_px, word.first),
            )
            for word in sorted(wanted, key=lambda word: (rank_site_label(word), word.name))
        )

    def _place_own(self) -> None:
        style = style_feature_label(self.theme)
        self._place_beside(
            (word.key, word.at, QPointF(), (word.text, style), (_OWN_REACH_PX, False))
            for word in self.content.own
        )

    def _place_shields(self) -> None:
        """Put the numbers of freeways on plates along them, each number apart from its like."""
        style, kept = style_shield(self.theme), dict[str, list[tuple[float, float]]]()
        for line in self.content.shields:
            plate = self.lettering.plate(line.name, style, self.theme.freeway_case)
            others = kept.setdefault(line.name, [])
            for spot in find_spots_along(line, self._scale, plate.width, _EVERY_PX, 40.0):
                at = QPointF(spot.x, spot.y) / self._scale
                near = any(hypot(spot.x - x, spot.y - y) < _EVERY_PX * 0.6 for x, y in others)
                corner = (-plate.width / 2, -plate.height / 2)
                box = _box((spot.x, spot.y), corner, plate.width, plate.height)
                if self._region.contains(at) and not near and self._taken.free(box).all():
                    others.append((spot.x, spot.y))
                    self._taken.add(box)
                    self._keep(f"shield {line.name}", at, corner, plate)

    def _place_services(self) -> None:
        """Put a letter for each hospital and station, and near enough its name beside it."""
        style, named = style_service_name(self.theme), 1 / self._scale < _SERVICE_NAMES_M_PX
        beside: list[_Beside] = []
        for kind, name, x, y in self.content.services:
            if not self._region.contains(QPointF(x, y)):
                continue
            sign = self.lettering.plate(
                SERVICE_SIGNS[kind], style_shield(self.theme), self.theme.muted
            )
            corner = (-sign.width / 2, -sign.height / 2)
            box = _box((x * self._scale, y * self._scale), corner, sign.width, sign.height)
            if self._taken.free(box).all():
                self._taken.add(box)
                at = QPointF(x, y)
                self._keep(f"service {name}", at, corner, sign)
                if named and name:
                    key = f"service name {name}"
                    words = wrap_name(name, get_wrap_length(1 / self._scale)), style
                    beside.append((key, at, QPointF(), words, (_OWN_REACH_PX, False)))
        self._place_beside(beside)

    def _place_beside(self, labels: Iterable[_Beside]) -> None:
        """Place labels beside symbols, the first ones first."""
        wanted, known = [], {}
        for key, at, shift, words, (reach_px, must) in labels:
            known[key] = at, shift, words
            middle = at * self._scale + shift
            width, height = (side - 2 * words[1].halo_px for side in self.lettering.size(*words))
            wanted.append(LabelRequest(key, middle.x(), middle.y(), width, height, reach_px, must))
        for key, (left, top) in place_labels(wanted, self._taken).items():
            at, shift, words = known[key]
            halo_px = words[1].halo_px
            corner = left + shift.x() - halo_px, top + shift.y() - halo_px
            self._keep(key, at, corner, self.lettering.word(*words))

    def _place_places(self) -> None:
        style = style_place_name(self.theme)
        for name, spots in self.content.places:
            text = name.upper()
            width, height = self.lettering.size(text, style)
            corner = (-width / 2, -height / 2)
            for x, y in spots.tolist():
                box = _box((x * self._scale, y * self._scale), corner, width, height)
                box += _BETWEEN_PLACES
                if self._region.contains(QPointF(x, y)) and self._taken.free(box).all():
                    self._taken.add(box)
                    picture = self.lettering.word(text, style)
                    self._keep(f"place {name}", QPointF(x, y), corner, picture)
                    break

    def _place_along(
        self, lines: Sequence[LabelLine], style: TextStyle, sag: float, beside_px: float = 0.0
    ) -> None:
        if 1 / self._scale > _STREETS_FROM_M_PX:
            return
        for line in lines:
            width, height = self.lettering.size(line.name, style)
            fits = width - 4, height - _HALO_PX
            spots = self._list_near(find_spots_along(line, self._scale, width + 8, _EVERY_PX, sag))
            kept = pick_spaced_spots(spots, _EVERY_PX * 0.7, self._taken, *fits)
            if not kept and beside_px:
                kept = self._squeeze_in(line, width, sag, beside_px, fits)
            for spot in kept:
                word = self.lettering.word(line.name, style, spot.angle)
                at = QPointF(spot.x / self._scale, spot.y / self._scale)
                self._keep(f"street {line.name}", at, (-word.width / 2, -word.height / 2), word)

    def _squeeze_in(
        self,
        line: LabelLine,
        width: float,
        sag: float,
        beside_px: float,
        fits: tuple[float, float],
    ) -> list[LineSpot]:
        """Return one free place for a name at or beside a line, sought more closely."""
        spots = find_spots_along(
            line, self._scale, width + 8, _EVERY_PX, sag, try_every=_TRY_EVERY_PX
        )
        near = self._list_near(shift_spots(spots, beside_px))[:_MOST_TRIES]
        return pick_spaced_spots(near, inf, self._taken, *fits)

    def _list_near(self, spots: Sequence[LineSpot]) -> list[LineSpot]:
        return [s for s in spots if self._region.contains(QPointF(s.x, s.y) / self._scale)]

    def _keep(self, key: str, at: QPointF, corner: tuple[float, float], word: TextImage) -> None:
        self._rows.append((at.x(), at.y(), *corner, word.width, word.height))
        self._words.append(word.pixmap)
        left, top = at.x() * self._scale + corner[0], at.y() * self._scale + corner[1]
        self.placed[key] = QRectF(left, top, word.width, word.height)


def _list_edges(box: QRectF) -> FloatArray:
    return np.array([[box.left(), box.top(), box.right(), box.bottom()]])


def _measure_area(box: FloatArray) -> float:
    left, top, right, bottom = box[0].tolist()
    return float((right - left) * (bottom - top))


def _around(reach_px: float) -> FloatArray:
    return np.array([[-reach_px, -reach_px, reach_px, reach_px]])


def _box(
    middle: tuple[float, float], corner: tuple[float, float], w: float, h: float
) -> FloatArray:
    left, top = middle[0] + corner[0], middle[1] + corner[1]
    return np.array([[left, top, left + w, top + h]])
