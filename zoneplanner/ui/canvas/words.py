"""All words on the map: zone numbers, names of sites, streets, places and the river."""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPixmap, QTransform

from zoneplanner.ui.canvas.labels import Taken, Wanted, Way, along, place, spread
from zoneplanner.ui.canvas.layer import Layer
from zoneplanner.ui.canvas.lettering import Lettering, Style, Word, wrapped
from zoneplanner.ui.canvas.shapes import FloatArray
from zoneplanner.ui.kit.palette import ink
from zoneplanner.ui.kit.theme import Theme

NAMED_FROM_M_PX = {
    "high": 60.0,
    "secondary_6_12": 30.0,
    "middle": 45.0,
    "k8": 32.0,
    "k12": 32.0,
    "elementary": 32.0,
    "alternative": 32.0,
    "special_education": 32.0,
    "adult": 32.0,
    "preschool": 16.0,
}
OTHER_FROM_M_PX = 10.0
RANKS = {name: at for at, name in enumerate(NAMED_FROM_M_PX)}
STREETS_FROM_M_PX = 40.0
SMALL_MAP_M_PX = 32.0
WRAP_FROM, WRAP_SMALL_FROM = 19, 12
NUMBERS_PX = ((30.0, 27), (42.0, 21))
SMALLEST_PX = 18
EVERY_PX = 420.0
MARGIN_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class SiteWord:
    """A site's name. ``reach_px`` keeps it off the symbol; ``first`` is set before all others."""

    site: str
    name: str
    level: str
    at: QPointF
    reach_px: float
    shift: QPointF = field(default_factory=QPointF)
    patrolled: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class ZoneWord:
    """A zone's number at a place of the scene."""

    zone: str
    at: QPointF
    colour: int


@dataclass(frozen=True, eq=False, slots=True)
class Content:
    """What may be written. Places are (name, spots in the scene, the best first)."""

    sites: Sequence[SiteWord] = ()
    zones: Sequence[ZoneWord] = ()
    streets: Sequence[Way] = ()
    rivers: Sequence[Way] = ()
    places: Sequence[tuple[str, FloatArray]] = ()


class Words(Layer):
    """The layer of words. ``arrange`` decides what fits at a scale; panning moves nothing.

    ``compose``, a method that ends in ``arrange``, is called before a drawing where the words are
    stale.
    """

    def __init__(
        self, rect: QRectF, theme: Theme, ratio: float, compose: Callable[[], None]
    ) -> None:
        super().__init__(rect, 40)
        self._compose = weakref.WeakMethod(compose)
        self._stale = True
        self.content = Content()
        self.theme = theme
        self.lettering = Lettering(ratio)
        self.placed: dict[str, QRectF] = {}
        self._words: list[QPixmap] = []
        self._spots = np.empty((0, 6))
        self._region = QRectF()
        self._scale = 1.0
        self._taken = Taken()
        self._rows: list[tuple[float, ...]] = []

    def spoil(self) -> None:
        """Have the words arranged anew before they are drawn next."""
        self._stale = True
        self.update()

    def settle(self) -> None:
        """Arrange the words now where they are stale."""
        if self._stale:
            self._stale = False
            compose = self._compose()
            if compose is not None:
                compose()

    def arrange(self, scale: float, window: QRectF) -> None:
        """Place the words for a scale (pixels to a metre) in and around a window of the scene."""
        dx, dy = window.width() * MARGIN_SHARE, window.height() * MARGIN_SHARE
        self._region = window.adjusted(-dx, -dy, dx, dy)
        self._scale = scale
        self._taken = Taken()
        self._rows = []
        self._words = []
        self.placed = {}
        sites = [word for word in self.content.sites if self._region.contains(word.at)]
        self._place_zones()
        self._take_symbols(sites)
        self._place_sites([word for word in sites if word.first])
        main = [word for word in sites if not word.first and RANKS.get(word.level, 99) <= 2]
        self._place_sites(main)
        self._place_places()
        self._place_along(self.content.rivers, _river(self.theme), 5.0)
        self._place_along(self.content.streets, _street(self.theme), 2.5)
        rest = [word for word in sites if not word.first and RANKS.get(word.level, 99) > 2]
        self._place_sites(rest)
        self._spots = np.array(self._rows).reshape(-1, 6)

    def covers(self, window: QRectF) -> bool:
        """True where the words of a window were all thought of at the last arrangement."""
        return self._region.contains(window)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the words that reach into what is exposed, on whole pixels."""
        self.settle()
        if not len(self._spots):
            return
        seen = world.mapRect(exposed)
        x = np.rint(self._spots[:, 0] * world.m11() + world.dx() + self._spots[:, 2])
        y = np.rint(self._spots[:, 1] * world.m11() + world.dy() + self._spots[:, 3])
        near = (x < seen.right()) & (x + self._spots[:, 4] > seen.left())
        near &= (y < seen.bottom()) & (y + self._spots[:, 5] > seen.top())
        for at in reversed(np.flatnonzero(near).tolist()):
            painter.drawPixmap(int(x[at]), int(y[at]), self._words[at])

    def _place_zones(self) -> None:
        for word in self.content.zones:
            style = _number(self.theme, word, 1 / self._scale)
            width, height = self.lettering.size(word.zone, style)
            middle = (word.at.x() * self._scale, word.at.y() * self._scale)
            corner = (-width / 2, -height / 2)
            self._taken.add(_box(middle, corner, width - 6, height - 8))
            self._keep(f"zone {word.zone}", word.at, corner, self.lettering.word(word.zone, style))

    def _take_symbols(self, sites: Sequence[SiteWord]) -> None:
        if not sites:
            return
        middle = np.array([self._shown_at(word) for word in sites])
        reach = np.array([[word.reach_px * 0.8] for word in sites])
        self._taken.add(np.hstack([middle - reach, middle + reach]))

    def _shown_at(self, word: SiteWord) -> tuple[float, float]:
        x, y = word.at.x() * self._scale, word.at.y() * self._scale
        return x + word.shift.x(), y + word.shift.y()

    def _place_sites(self, sites: Sequence[SiteWord]) -> None:
        m_px = 1 / self._scale
        wanted, styles, points = [], {}, {}
        for word in sorted(sites, key=lambda word: (RANKS.get(word.level, 99), word.name)):
            if not word.first and m_px > _named_from(word):
                continue
            style = _site(self.theme, word)
            styles[word.site] = (wrapped(word.name, _wrap_from(m_px)), style)
            width, height = self.lettering.size(*styles[word.site])
            x, y = self._shown_at(word)
            inner = width - 2 * style.halo_px, height - 2 * style.halo_px
            wanted.append(Wanted(word.site, x, y, *inner, word.reach_px, word.first))
            points[word.site] = word
        for site, (left, top) in place(wanted, self._taken).items():
            word = points[site]
            halo_px = styles[site][1].halo_px
            corner = left + word.shift.x() - halo_px, top + word.shift.y() - halo_px
            self._keep(site, word.at, corner, self.lettering.word(*styles[site]))

    def _place_places(self) -> None:
        style = _place_style(self.theme)
        for name, spots in self.content.places:
            text = name.upper()
            width, height = self.lettering.size(text, style)
            for x, y in spots.tolist():
                box = _box(
                    (x * self._scale, y * self._scale), (-width / 2, -height / 2), width, height
                )
                if self._region.contains(QPointF(x, y)) and self._taken.free(box).all():
                    self._taken.add(box)
                    corner = (-width / 2, -height / 2)
                    picture = self.lettering.word(text, style)
                    self._keep(f"place {name}", QPointF(x, y), corner, picture)
                    break

    def _place_along(self, lines: Sequence[Way], style: Style, sag: float) -> None:
        if 1 / self._scale > STREETS_FROM_M_PX:
            return
        for line in lines:
            width, height = self.lettering.size(line.name, style)
            spots = along(line, self._scale, width + 8, EVERY_PX, sag)
            near = [s for s in spots if self._region.contains(QPointF(s.x, s.y) / self._scale)]
            for spot in spread(near, EVERY_PX * 0.7, self._taken, width, height):
                word = self.lettering.word(line.name, style, spot.angle)
                at = QPointF(spot.x / self._scale, spot.y / self._scale)
                self._keep(f"street {line.name}", at, (-word.width / 2, -word.height / 2), word)

    def _keep(self, key: str, at: QPointF, corner: tuple[float, float], word: Word) -> None:
        self._rows.append((at.x(), at.y(), *corner, word.width, word.height))
        self._words.append(word.pixmap)
        left, top = at.x() * self._scale + corner[0], at.y() * self._scale + corner[1]
        self.placed[key] = QRectF(left, top, word.width, word.height)


def _wrap_from(m_px: float) -> int:
    """Return the length from which names are set in two lines: the smaller the map, the shorter."""
    return WRAP_FROM if m_px < SMALL_MAP_M_PX else WRAP_SMALL_FROM


def _named_from(word: SiteWord) -> float:
    if not word.patrolled:
        return OTHER_FROM_M_PX
    return NAMED_FROM_M_PX.get(word.level, OTHER_FROM_M_PX)


def _box(
    middle: tuple[float, float], corner: tuple[float, float], w: float, h: float
) -> FloatArray:
    left, top = middle[0] + corner[0], middle[1] + corner[1]
    return np.array([[left, top, left + w, top + h]])


def _number(theme: Theme, word: ZoneWord, m_px: float) -> Style:
    colour = ink(word.colour, theme).name()
    size = next((px for nearer_than, px in NUMBERS_PX if m_px < nearer_than), SMALLEST_PX)
    return Style(size, 800, colour, theme.halo, size / 8)


def _site(theme: Theme, word: SiteWord) -> Style:
    main = RANKS.get(word.level, 99) <= 2 and word.patrolled
    if word.first:
        return Style(12, 700, theme.label, theme.halo, 3.0)
    colour = theme.label if word.patrolled else theme.muted
    return Style(12 if main else 11, 600 if main else 400, colour, theme.halo, 2.2)


def _street(theme: Theme) -> Style:
    return Style(10, 400, theme.road_text, theme.halo, 1.8)


def _river(theme: Theme) -> Style:
    return Style(11, 400, theme.water_text, theme.halo, 1.5, italic=True, spacing_px=1.0)


def _place_style(theme: Theme) -> Style:
    return Style(11, 500, theme.muted, theme.halo, 2.0, spacing_px=2.5)
