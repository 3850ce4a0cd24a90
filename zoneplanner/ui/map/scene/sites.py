"""Sites on the map: symbols, displaced until each can be seen and clicked, and their states."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.site import Site, format_level
from zoneplanner.tokens import MAP_STYLE, choose_ink
from zoneplanner.ui.map.labels.label_texts import SiteLabel, format_site_label
from zoneplanner.ui.map.scene.drawing import ItemLayer, MarkerItem, SceneTransform
from zoneplanner.ui.map.symbology import site_coloring
from zoneplanner.ui.map.symbology.site_coloring import (
    ColoringChoice,
    SiteColoring,
    SiteSymbol,
    build_site_symbol,
    collect_site_marks,
)
from zoneplanner.ui.widgets.style.theme import Theme

_ROUNDS = 12
_FARTHEST, _NEAR = 1.6, 2.5
_Places = NDArray[np.intp]


def displace_symbols(points: FloatArray, radii: FloatArray, overlap: float = 0.15) -> FloatArray:
    """Return how far each symbol moves, shape (n, 2), in the points' pixels.

    Two symbols may overlap by a share of their radii; those at one point go to its left and
    right in their order. No symbol moves farther than ``_FARTHEST`` times its radius, so only pairs
    that can meet are looked at: a thousand symbols take some milliseconds.
    """
    moves = np.zeros(points.shape)
    one, other = _find_near_pairs(points, 2 * radii.max() * (1 - overlap + _FARTHEST))
    reach = (radii[one] + radii[other]) * (1 - overlap)
    away = np.hypot(*(points[one] - points[other]).T)
    close = _find_crowded(len(points), one, other, away / reach)
    if close.any():
        among, place = close[one] & close[other], np.cumsum(close) - 1
        pairs = place[one[among]], place[other[among]]
        limit = radii[close, None] * _FARTHEST
        moves[close] = _push_symbols_apart(points[close], *pairs, reach[among], limit)
    return moves


def _find_near_pairs(points: FloatArray, within: float) -> tuple[_Places, _Places]:
    """Return the pairs of symbols that are near each other, as two arrays."""
    spots = np.asarray(shapely.points(points))
    one, other = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=within)
    once = one < other
    return one[once], other[once]


def _find_crowded(count: int, one: _Places, other: _Places, away: FloatArray) -> NDArray[np.bool_]:
    """Tell which symbols lie on another, or may be pushed onto by one that does.

    ``away`` is how far the symbols of a pair are from each other, as a share of their reach.
    """
    lying = np.zeros(count, dtype=bool)
    touching = away < 1
    lying[one[touching]] = lying[other[touching]] = True
    close, near = lying.copy(), (away < _NEAR) & (lying[one] | lying[other])
    close[one[near]] = close[other[near]] = True
    return close


def _push_symbols_apart(
    start: FloatArray, one: _Places, other: _Places, reach: FloatArray, limit: FloatArray
) -> FloatArray:
    at, count = start.copy(), len(start)
    at[:, 0] += np.arange(count) * 1e-3
    for _ in range(_ROUNDS):
        way = at[one] - at[other]
        away = np.hypot(way[:, 0], way[:, 1])
        short = np.maximum(reach - away, 0.0)
        if not short.any():
            break
        push = way * (short / 2 / np.maximum(away, 1e-9))[:, None]
        sums = [
            np.bincount(one, push[:, axis], count) - np.bincount(other, push[:, axis], count)
            for axis in (0, 1)
        ]
        moved = at + np.column_stack(sums) - start
        far = np.hypot(moved[:, 0], moved[:, 1])[:, None]
        at = start + moved * np.minimum(1.0, limit / np.maximum(far, 1e-9))
    return at - start


_SymbolRenderer = Callable[[SiteSymbol], QPixmap]


class _SymbolCache:
    """The pictures of all looks seen so far in one theme."""

    def __init__(self, theme: Theme, ratio: float, *, only_marks: bool = False) -> None:
        self._theme = theme
        self._ratio = ratio
        self._only_marks = only_marks
        self._made: dict[SiteSymbol, QPixmap] = {}

    def __call__(self, look: SiteSymbol) -> QPixmap:
        """Return a look's picture."""
        if look not in self._made:
            self._made[look] = site_coloring.render_symbol(
                look, self._theme, self._ratio, only_marks=self._only_marks
            )
        return self._made[look]


class SiteItem(MarkerItem):
    """One site. ``shift`` moves the symbol by pixels from the site's position."""

    def __init__(self, site: str, at: QPointF, look: SiteSymbol, pictures: _SymbolRenderer) -> None:
        super().__init__(at, 30)
        self.site = site
        self.look = look
        self.shift = QPointF()
        self._pictures = pictures
        self._base_z = 30.0
        self._rise()
        self._span()

    def set_look(self, look: SiteSymbol, shift: QPointF, pictures: _SymbolRenderer) -> None:
        """Show another picture, moved by so many pixels."""
        same = look is self.look or look == self.look
        if same and shift == self.shift and pictures is self._pictures:
            return
        self.prepareGeometryChange()
        self.look, self.shift, self._pictures = look, shift, pictures
        self._rise()
        self._span()
        self.update()

    def stand(self, z: float, opacity: float) -> None:
        """Stand at a height of the map, larger symbols above smaller ones, ringed ones on top."""
        self._base_z = z
        self._rise()
        self.setOpacity(opacity)

    def _rise(self) -> None:
        self.setZValue(self._base_z + (1 if self.look.ring else self.look.size_px / 100))

    def _span(self) -> None:
        reach = site_coloring.compute_symbol_reach_px(self.look) + 1
        self._box = QRectF(self.shift.x() - reach, self.shift.y() - reach, 2 * reach, 2 * reach)

    def boundingRect(self) -> QRectF:
        """Span the symbol with its marks, in pixels around the position."""
        return self._box

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the symbol's picture on whole pixels."""
        self.draw_picture(painter, world, self._pictures)

    @property
    def mark_z(self) -> float:
        """How high its marks lie: above all symbols of its kind, ringed ones too."""
        return self._base_z + 1.5

    def draw_picture(self, painter: QPainter, world: QTransform, pictures: _SymbolRenderer) -> None:
        """Draw a picture of the look on whole pixels."""
        reach = site_coloring.compute_symbol_reach_px(self.look)
        left = round(world.dx() + self.shift.x() - reach)
        top = round(world.dy() + self.shift.y() - reach)
        painter.drawPixmap(left, top, pictures(self.look))


class _MarkItem(MarkerItem):
    """The marks of one site, above the symbols of all: half a lock was under its neighbor."""

    def __init__(self, of: SiteItem, marks: _SymbolRenderer) -> None:
        super().__init__(of.pos(), 0)
        self._of, self._marks, self._box = of, marks, of.boundingRect()
        self._look = of.look

    def follow(self) -> None:
        """Take place, look and height of the site."""
        of = self._of
        if (of.boundingRect(), of.look) != (self._box, self._look):
            self.prepareGeometryChange()
            self._box, self._look = of.boundingRect(), of.look
            self.update()
        self.setPos(of.pos())
        self.setZValue(of.mark_z)
        self.setOpacity(of.opacity())

    def boundingRect(self) -> QRectF:
        """Span the symbol with its marks."""
        return self._box

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the marks' picture on whole pixels, as the symbol is."""
        self._of.draw_picture(painter, world, self._marks)


_PICK_PX = 5.0
_MANY_SITES, _LEAST_GROUP = 200, 3
_GROUP_PX, _GROUP_SYMBOL_PX, _GROUP_SHAPE = 30.0, 18.0, "circle"
"""Sites of one color within so many pixels are one symbol, so large."""
_ASIDE = 2.0
_NAME_GAP_PX = 3.0


@dataclass(frozen=True, slots=True)
class SiteDisplay:
    """How sites are shown at the moment: by what they are colored, which stand out, the scale.

    ``marked`` sites are ringed; with ``picked`` all others step back.
    """

    coloring: SiteColoring = field(default_factory=lambda: SiteColoring(ColoringChoice()))
    chosen: str | None = None
    hovered: str | None = None
    marked: frozenset[str] = frozenset()
    picked: frozenset[str] | None = None
    m_px: float = 30.0
    shown: bool = True
    others: bool = False


class SiteLayer(ItemLayer[SiteItem]):
    """The items of the sites, by id."""

    def __init__(
        self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme, ratio: float
    ) -> None:
        super().__init__(scene, frame, theme, ratio)
        self._pictures = _SymbolCache(theme, ratio)
        self._mark_pictures = _SymbolCache(theme, ratio, only_marks=True)
        self._marks: dict[str, _MarkItem] = {}
        self._grouped: frozenset[str] = frozenset()
        self._shown: set[str] = set()
        self._looks: dict[str, SiteSymbol] = {}
        self._stands = {True: (30.0, 1.0), False: (29.0, 1.0)}

    def stand(self, patrolled: tuple[float, float], others: tuple[float, float]) -> None:
        """Take the height and opacity of sites in patrol and of the others."""
        self._stands = {True: patrolled, False: others}

    def show(
        self, state: ProjectState, how: SiteDisplay, *, only: Collection[str | None] | None = None
    ) -> None:
        """Follow a reading; with ``only`` no other site is looked at, and none moves.

        Groups are made anew where one of theirs is among these, or one may join them again.
        """
        project, plan = state.project, state.plan
        what_if = plan.what_if if plan else {}
        gone = set(self.items) - set(project.sites)
        self.remove(gone)
        self._place_marks(gone)
        marks, place = collect_site_marks(state), how.coloring.place
        closed = {key for key, each in what_if.items() if each.patrolled is False}
        colors = {zone.id: zone.color for zone in plan.zones} if plan else {}
        regroup = only is None or not self._grouped.isdisjoint(only)
        for site in project.sites.values():
            if only is None or site.id in only:
                ringed = site.id in self._looks and bool(self._looks[site.id].ring)
                look = build_site_symbol(
                    site,
                    state,
                    self._theme,
                    zone_colors=colors,
                    shade=how.coloring.shades[place[site.id]] if site.id in place else None,
                    marks=marks.get(site.id, ()),
                    scale=MAP_STYLE.at(how.m_px),
                    ring=self._ring(site.id, how),
                    faded=how.picked is not None and site.id not in how.picked,
                )
                seen = site.patrolled or how.others or site.id in closed
                (self._shown.add if how.shown and seen else self._shown.discard)(site.id)
                self._put(site, look).setVisible(site.id in self._shown)
                regroup |= bool(self._grouped) and ringed and not look.ring
        if regroup:
            self.move_apart(how.m_px)
        else:
            self._place_marks(self.items if only is None else only)

    def move_apart(self, m_px: float) -> None:
        """Move symbols aside that would lie on each other at a scale; of very many make groups.

        No symbol is touched that stays as it is: the map of a large district is zoomed by this.
        """
        items = [item for site, item in self.items.items() if site in self._shown]
        groups = self._find_groups(items, m_px) if len(items) > _MANY_SITES else []
        self._grouped = frozenset(item.site for own in groups for item in own)
        for own in groups:
            self._show_group(own, m_px)
        alone = [item for item in items if item.site not in self._grouped]
        if alone:
            looks = [self._looks[item.site] for item in alone]
            points = np.array([(item.x(), item.y()) for item in alone]) / m_px
            radii = np.array([look.size_px / 2 + 1 for look in looks])
            shifts = displace_symbols(points, radii).tolist()
            for item, look, (dx, dy) in zip(alone, looks, shifts, strict=True):
                item.set_look(look, QPointF(round(dx), round(dy)), self._pictures)
                item.setVisible(True)
        self._place_marks(self.items)

    def _place_marks(self, sites: Iterable[str | None]) -> None:
        """Show the marks of the visible ones among some sites, and only theirs."""
        for site in sites:
            item = self.items.get(site or "")
            if item is not None and item.look.marks and item.isVisible():
                if item.site not in self._marks:
                    self._marks[item.site] = _MarkItem(item, self._mark_pictures)
                    self._scene.addItem(self._marks[item.site])
                self._marks[item.site].follow()
            elif site in self._marks:
                self._scene.removeItem(self._marks.pop(site))

    def _find_groups(self, items: list[SiteItem], m_px: float) -> list[list[SiteItem]]:
        """Return the sites of one color that crowd a place.

        There are none where most have room; what is ringed stays.
        """
        cells: dict[tuple[int, int, str], list[SiteItem]] = {}
        for item in items:
            look = self._looks[item.site]
            column, row = int(item.x() / m_px // _GROUP_PX), int(item.y() / m_px // _GROUP_PX)
            if not look.ring:
                cells.setdefault((column, row, look.fill), []).append(item)
        groups = [own for own in cells.values() if len(own) >= _LEAST_GROUP]
        return groups if 2 * sum(map(len, groups)) >= len(items) else []

    def _show_group(self, own: list[SiteItem], m_px: float) -> None:
        """Show a group as one symbol with its count, in the middle of its sites."""
        first, *others = own
        middle = (
            QPointF(
                sum(item.x() for item in own) / len(own) - first.x(),
                sum(item.y() for item in own) / len(own) - first.y(),
            )
            / m_px
        )
        usual = self._looks[first.site]
        look = replace(
            usual,
            shape=_GROUP_SHAPE,
            size_px=_GROUP_SYMBOL_PX,
            ink=choose_ink(usual.fill),
            text=str(len(own)),
            marks=(),
        )
        first.set_look(look, middle, self._pictures)
        first.setVisible(True)
        for item in others:
            item.setVisible(False)

    def at(self, point: QPointF, m_px: float, *, reach_px: float = _PICK_PX) -> str | None:
        """Return the site whose symbol is within reach of a point of the scene, the nearest."""
        items = self._visible()
        if not items:
            return None
        shown = np.array([(i.x(), i.y(), i.shift.x(), i.shift.y(), i.look.size_px) for i in items])
        across = (shown[:, 0] - point.x()) / m_px + shown[:, 2]
        down = (shown[:, 1] - point.y()) / m_px + shown[:, 3]
        outside_px = np.hypot(across, down) - shown[:, 4] / 2
        nearest = int(np.argmin(outside_px))
        return items[nearest].site if outside_px[nearest] <= reach_px else None

    def toward(self, start: str, way: tuple[int, int], m_px: float) -> str | None:
        """Return the visible site that is nearest in a direction of the screen from another one.

        What lies aside of the direction counts as farther, and nothing more aside than ahead.
        """
        items = [item for item in self._visible() if item.site != start]
        here = _get_drawn_position(self.items[start], m_px)
        away = np.array([_get_drawn_position(item, m_px) for item in items]).reshape(-1, 2) - here
        ahead, aside = away @ np.array(way), np.abs(away @ np.array(way[::-1]))
        cost = np.where((ahead > 0) & (aside <= ahead), ahead + _ASIDE * aside, np.inf)
        best = int(np.argmin(cost)) if items else 0
        return items[best].site if items and np.isfinite(cost[best]) else None

    def picture_of(self, look: SiteSymbol) -> QPixmap:
        """Return the picture of a look."""
        return self._pictures(look)

    def words(self, state: ProjectState, chosen: str | None, by: str) -> tuple[SiteLabel, ...]:
        """Return the labels of the visible sites by a field of ``SITE_LABEL_FIELDS``."""
        return tuple(
            SiteLabel(
                site=site.id,
                name=text,
                level=site.level,
                at=item.pos(),
                reach_px=_NAME_GAP_PX + site_coloring.compute_outline_reach_px(item.look),
                shift=item.shift,
                patrolled=site.patrolled,
                first=site.id == chosen,
            )
            for site in state.project.sites.values()
            if (item := self.items[site.id]).isVisible()
            and (text := format_site_label(state, site, by, format_level(site.level)))
        )

    def _put(self, site: Site, look: SiteSymbol) -> SiteItem:
        at = self._frame.to_scene_point(site.x_m, site.y_m)
        item = self.items.get(site.id) or self.add(
            site.id, SiteItem(site.id, at, look, self._pictures)
        )
        if item.pos() != at:
            item.setPos(at)
        self._looks[site.id] = look
        item.stand(*self._stands[site.patrolled])
        item.set_look(look, item.shift, self._pictures)
        return item

    def _ring(self, site: str, how: SiteDisplay) -> str:
        if site == how.chosen:
            return site_coloring.SELECTED_RING
        return site_coloring.HOVERED_RING if site == how.hovered or site in how.marked else ""

    def _visible(self) -> list[SiteItem]:
        return [item for item in self.items.values() if item.isVisible()]


def _get_drawn_position(item: SiteItem, m_px: float) -> tuple[float, float]:
    """Return where a symbol is drawn, in pixels from the middle of the scene."""
    return item.x() / m_px + item.shift.x(), item.y() / m_px + item.shift.y()
