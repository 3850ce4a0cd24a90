"""Sites on the map: symbols, moved apart until each can be seen and clicked, and their marks."""

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

_MAX_ROUNDS = 12
_MAX_SHIFT_RADII, _NEAR_SHARE = 1.6, 2.5
_SITE_Z, _OTHER_SITE_Z = 30.0, 29.0
_Indices = NDArray[np.intp]


def displace_symbols(points: FloatArray, radii: FloatArray, overlap: float = 0.15) -> FloatArray:
    """Return how far each symbol moves, shape (n, 2), in pixels like ``points``.

    Two symbols may overlap by a share of their radii; those at the same point go to its left and
    right in their order. No symbol moves farther than ``_MAX_SHIFT_RADII`` times its radius, so
    only pairs that can meet are considered: a thousand symbols take a few milliseconds.
    """
    shifts = np.zeros(points.shape)
    first, second = _find_near_pairs(points, 2 * radii.max() * (1 - overlap + _MAX_SHIFT_RADII))
    min_distance = (radii[first] + radii[second]) * (1 - overlap)
    distance = np.hypot(*(points[first] - points[second]).T)
    crowded = _find_crowded_symbols(len(points), first, second, distance / min_distance)
    if crowded.any():
        both, index = crowded[first] & crowded[second], np.cumsum(crowded) - 1
        pairs = index[first[both]], index[second[both]]
        max_shift = radii[crowded, None] * _MAX_SHIFT_RADII
        shifts[crowded] = _push_symbols_apart(
            points[crowded], *pairs, min_distance[both], max_shift
        )
    return shifts


def _find_near_pairs(points: FloatArray, max_distance: float) -> tuple[_Indices, _Indices]:
    """Return the pairs of symbols that are near each other, as two arrays of indices."""
    geometries = np.asarray(shapely.points(points))
    tree = shapely.STRtree(geometries)
    first, second = tree.query(geometries, predicate="dwithin", distance=max_distance)
    once = first < second
    return first[once], second[once]


def _find_crowded_symbols(
    count: int, first: _Indices, second: _Indices, distance_ratio: FloatArray
) -> NDArray[np.bool_]:
    """Return which symbols overlap another one, or are so close that one that does may push them.

    ``distance_ratio`` is each pair's distance divided by its minimum distance; below 1, they
    overlap.
    """
    overlapping = np.zeros(count, dtype=bool)
    touching = distance_ratio < 1
    overlapping[first[touching]] = overlapping[second[touching]] = True
    crowded = overlapping.copy()
    near = (distance_ratio < _NEAR_SHARE) & (overlapping[first] | overlapping[second])
    crowded[first[near]] = crowded[second[near]] = True
    return crowded


def _push_symbols_apart(
    start: FloatArray,
    first: _Indices,
    second: _Indices,
    min_distance: FloatArray,
    max_shift: FloatArray,
) -> FloatArray:
    """Return shifts, shape (n, 2), that keep pairs at their minimum distance, as far as allowed."""
    points, count = start.copy(), len(start)
    points[:, 0] += np.arange(count) * 1e-3  # so that symbols at the same point have a direction
    for _ in range(_MAX_ROUNDS):
        difference = points[first] - points[second]
        distance = np.hypot(difference[:, 0], difference[:, 1])
        overlap = np.maximum(min_distance - distance, 0.0)
        if not overlap.any():
            break
        push = difference * (overlap / 2 / np.maximum(distance, 1e-9))[:, None]
        sums = [
            np.bincount(first, push[:, axis], count) - np.bincount(second, push[:, axis], count)
            for axis in (0, 1)
        ]
        shifts = points + np.column_stack(sums) - start
        length = np.hypot(shifts[:, 0], shifts[:, 1])[:, None]
        points = start + shifts * np.minimum(1.0, max_shift / np.maximum(length, 1e-9))
    return points - start


_SymbolRenderer = Callable[[SiteSymbol], QPixmap]


class _SymbolCache:
    """The rendered pictures of symbols in one theme."""

    def __init__(self, theme: Theme, ratio: float, *, only_marks: bool = False) -> None:
        self._theme = theme
        self._ratio = ratio
        self._only_marks = only_marks
        self._pictures: dict[SiteSymbol, QPixmap] = {}

    def __call__(self, symbol: SiteSymbol) -> QPixmap:
        """Return a symbol's picture."""
        if symbol not in self._pictures:
            self._pictures[symbol] = site_coloring.render_symbol(
                symbol, self._theme, self._ratio, only_marks=self._only_marks
            )
        return self._pictures[symbol]


class SiteItem(MarkerItem):
    """A site; ``shift`` moves its symbol by pixels from the site's position."""

    def __init__(
        self, site: str, at: QPointF, symbol: SiteSymbol, pictures: _SymbolRenderer
    ) -> None:
        super().__init__(at, _SITE_Z)
        self.site = site
        self.symbol = symbol
        self.shift = QPointF()
        self._pictures = pictures
        self._layer_z = _SITE_Z
        self._update_z()
        self._update_box()

    def set_symbol(self, symbol: SiteSymbol, shift: QPointF, pictures: _SymbolRenderer) -> None:
        """Show another symbol, shifted by pixels."""
        is_same = symbol is self.symbol or symbol == self.symbol
        if is_same and shift == self.shift and pictures is self._pictures:
            return
        self.prepareGeometryChange()
        self.symbol, self.shift, self._pictures = symbol, shift, pictures
        self._update_z()
        self._update_box()
        self.update()

    def set_stacking(self, z: float, opacity: float) -> None:
        """Set z value and opacity; larger symbols are above smaller ones, ringed ones on top."""
        self._layer_z = z
        self._update_z()
        self.setOpacity(opacity)

    def _update_z(self) -> None:
        self.setZValue(self._layer_z + (1 if self.symbol.ring else self.symbol.size_px / 100))

    def _update_box(self) -> None:
        reach = site_coloring.compute_symbol_reach_px(self.symbol) + 1
        self._box = QRectF(self.shift.x() - reach, self.shift.y() - reach, 2 * reach, 2 * reach)

    def boundingRect(self) -> QRectF:
        """Return the bounds of symbol and marks, in pixels around the position."""
        return self._box

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the symbol on whole pixels."""
        self.draw_picture(painter, world, self._pictures)

    @property
    def mark_z(self) -> float:
        """The z value of its marks: above all symbols of its layer, including ringed ones."""
        return self._layer_z + 1.5

    def draw_picture(self, painter: QPainter, world: QTransform, pictures: _SymbolRenderer) -> None:
        """Draw a picture of the symbol on whole pixels."""
        reach = site_coloring.compute_symbol_reach_px(self.symbol)
        left = round(world.dx() + self.shift.x() - reach)
        top = round(world.dy() + self.shift.y() - reach)
        painter.drawPixmap(left, top, pictures(self.symbol))


class _MarkItem(MarkerItem):
    """The marks of a site, separate so that they are above the symbols of all sites."""

    def __init__(self, site_item: SiteItem, pictures: _SymbolRenderer) -> None:
        super().__init__(site_item.pos(), 0)
        self._site_item, self._pictures = site_item, pictures
        self._box, self._symbol = site_item.boundingRect(), site_item.symbol

    def follow_site(self) -> None:
        """Take the position, symbol, z value and opacity of the site."""
        site_item = self._site_item
        if (site_item.boundingRect(), site_item.symbol) != (self._box, self._symbol):
            self.prepareGeometryChange()
            self._box, self._symbol = site_item.boundingRect(), site_item.symbol
            self.update()
        self.setPos(site_item.pos())
        self.setZValue(site_item.mark_z)
        self.setOpacity(site_item.opacity())

    def boundingRect(self) -> QRectF:
        """Return the bounds of symbol and marks."""
        return self._box

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the marks on whole pixels, like the symbol."""
        self._site_item.draw_picture(painter, world, self._pictures)


_CLICK_RADIUS_PX = 5.0
_MANY_SITES, _MIN_GROUP_SIZE = 200, 3
_GROUP_CELL_PX, _GROUP_SYMBOL_PX, _GROUP_SHAPE = 30.0, 18.0, "circle"
"""The size of the cells in which many sites of one color become one symbol, and its size."""
_SIDEWAYS_COST = 2.0
_NAME_GAP_PX = 3.0


@dataclass(frozen=True, slots=True)
class SiteDisplay:
    """How sites are shown: their coloring, which are selected or highlighted, and the scale.

    ``selected``, ``hovered`` and ``highlighted`` sites are ringed; if ``unfaded`` is given, all
    other sites are faded. ``m_px`` is meters per pixel. ``shown`` is whether any site is shown, and
    ``others`` whether sites that are not patrolled are.
    """

    coloring: SiteColoring = field(default_factory=lambda: SiteColoring(ColoringChoice()))
    selected: str | None = None
    hovered: str | None = None
    highlighted: frozenset[str] = frozenset()
    unfaded: frozenset[str] | None = None
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
        self._mark_items: dict[str, _MarkItem] = {}
        self._grouped: frozenset[str] = frozenset()
        self._visible_sites: set[str] = set()
        self._symbols: dict[str, SiteSymbol] = {}
        self._stacking = {True: (_SITE_Z, 1.0), False: (_OTHER_SITE_Z, 1.0)}

    def set_stacking(self, patrolled: tuple[float, float], others: tuple[float, float]) -> None:
        """Set the z value and opacity of patrolled sites and of the others."""
        self._stacking = {True: patrolled, False: others}

    def show(
        self,
        state: ProjectState,
        display: SiteDisplay,
        *,
        only: Collection[str | None] | None = None,
    ) -> None:
        """Show a state; with ``only``, just these sites are updated, and no symbol moves.

        Groups are formed again if one of their sites is updated, or a site may join one again.
        """
        project, plan = state.project, state.plan
        what_if = plan.what_if if plan else {}
        gone = set(self.items) - set(project.sites)
        self.remove(gone)
        self._update_marks(gone)
        marks = collect_site_marks(state)
        classes, class_index = display.coloring.classes, display.coloring.class_index
        closed = {site for site, change in what_if.items() if change.patrolled is False}
        colors = {zone.id: zone.color for zone in plan.zones} if plan else {}
        regroup = only is None or not self._grouped.isdisjoint(only)
        for site in project.sites.values():
            if only is None or site.id in only:
                ringed = site.id in self._symbols and bool(self._symbols[site.id].ring)
                symbol = build_site_symbol(
                    site,
                    state,
                    self._theme,
                    zone_colors=colors,
                    color_class=classes[class_index[site.id]] if site.id in class_index else None,
                    marks=marks.get(site.id, ()),
                    scale=MAP_STYLE.at(display.m_px),
                    ring=self._choose_ring(site.id, display),
                    faded=display.unfaded is not None and site.id not in display.unfaded,
                )
                seen = site.patrolled or display.others or site.id in closed
                if display.shown and seen:
                    self._visible_sites.add(site.id)
                else:
                    self._visible_sites.discard(site.id)
                self._update_item(site, symbol).setVisible(site.id in self._visible_sites)
                regroup |= bool(self._grouped) and ringed and not symbol.ring
        if regroup:
            self.separate_symbols(display.m_px)
        else:
            self._update_marks(self.items if only is None else only)

    def separate_symbols(self, m_px: float) -> None:
        """Move overlapping symbols apart at a scale; very many are shown as groups.

        Unchanged symbols are not updated, so that zooming stays fast in a large district.
        """
        items = [item for site, item in self.items.items() if site in self._visible_sites]
        groups = self._find_groups(items, m_px) if len(items) > _MANY_SITES else []
        self._grouped = frozenset(item.site for group in groups for item in group)
        for group in groups:
            self._show_group(group, m_px)
        single = [item for item in items if item.site not in self._grouped]
        if single:
            symbols = [self._symbols[item.site] for item in single]
            points = np.array([(item.x(), item.y()) for item in single]) / m_px
            radii = np.array([symbol.size_px / 2 + 1 for symbol in symbols])
            shifts = displace_symbols(points, radii).tolist()
            for item, symbol, (dx, dy) in zip(single, symbols, shifts, strict=True):
                item.set_symbol(symbol, QPointF(round(dx), round(dy)), self._pictures)
                item.setVisible(True)
        self._update_marks(self.items)

    def _update_marks(self, sites: Iterable[str | None]) -> None:
        """Update the marks of these sites; only visible sites have marks."""
        for site in sites:
            item = self.items.get(site or "")
            if item is not None and item.symbol.marks and item.isVisible():
                if item.site not in self._mark_items:
                    self._mark_items[item.site] = _MarkItem(item, self._mark_pictures)
                    self._scene.addItem(self._mark_items[item.site])
                self._mark_items[item.site].follow_site()
            elif site in self._mark_items:
                self._scene.removeItem(self._mark_items.pop(site))

    def _find_groups(self, items: list[SiteItem], m_px: float) -> list[list[SiteItem]]:
        """Return groups of sites of one color that are close together.

        There are none if most sites have room. Ringed sites are never grouped.
        """
        cells: dict[tuple[int, int, str], list[SiteItem]] = {}
        for item in items:
            symbol = self._symbols[item.site]
            column = int(item.x() / m_px // _GROUP_CELL_PX)
            row = int(item.y() / m_px // _GROUP_CELL_PX)
            if not symbol.ring:
                cells.setdefault((column, row, symbol.fill), []).append(item)
        groups = [group for group in cells.values() if len(group) >= _MIN_GROUP_SIZE]
        return groups if 2 * sum(map(len, groups)) >= len(items) else []

    def _show_group(self, group: list[SiteItem], m_px: float) -> None:
        """Show a group as one symbol with its count, in the middle of its sites."""
        first, *others = group
        x, y = np.mean([item.pos().toTuple() for item in group], axis=0).tolist()
        single = self._symbols[first.site]
        symbol = replace(
            single,
            shape=_GROUP_SHAPE,
            size_px=_GROUP_SYMBOL_PX,
            ink=choose_ink(single.fill),
            text=str(len(group)),
            marks=(),
        )
        first.set_symbol(symbol, (QPointF(x, y) - first.pos()) / m_px, self._pictures)
        first.setVisible(True)
        for item in others:
            item.setVisible(False)

    def at(self, point: QPointF, m_px: float, *, reach_px: float = _CLICK_RADIUS_PX) -> str | None:
        """Return the site whose symbol is nearest to a point in the scene, or None.

        ``m_px`` is meters per pixel; the symbol's edge must be within ``reach_px`` of the point.
        """
        items = self._list_visible()
        if not items:
            return None
        centers = np.array([_get_drawn_position(item, m_px) for item in items])
        radii = np.array([item.symbol.size_px / 2 for item in items])
        offsets = centers - np.array(point.toTuple()) / m_px
        outside_px = np.hypot(offsets[:, 0], offsets[:, 1]) - radii
        nearest = int(np.argmin(outside_px))
        return items[nearest].site if outside_px[nearest] <= reach_px else None

    def toward(self, start: str, direction: tuple[int, int], m_px: float) -> str | None:
        """Return the nearest visible site in a direction on the screen (right, down).

        A sideways distance counts more, and no site is farther sideways than ahead.
        """
        items = [item for item in self._list_visible() if item.site != start]
        if not items:
            return None
        here = _get_drawn_position(self.items[start], m_px)
        offsets = np.array([_get_drawn_position(item, m_px) for item in items]) - here
        ahead, aside = offsets @ np.array(direction), np.abs(offsets @ np.array(direction[::-1]))
        cost = np.where((ahead > 0) & (aside <= ahead), ahead + _SIDEWAYS_COST * aside, np.inf)
        best = int(np.argmin(cost))
        return items[best].site if np.isfinite(cost[best]) else None

    def render(self, symbol: SiteSymbol) -> QPixmap:
        """Return the picture of a symbol."""
        return self._pictures(symbol)

    def list_labels(
        self, state: ProjectState, selected: str | None, by: str
    ) -> tuple[SiteLabel, ...]:
        """Return the labels of the visible sites by a field of ``SITE_LABEL_FIELDS``."""
        return tuple(
            SiteLabel(
                site=site.id,
                name=text,
                level=site.level,
                at=item.pos(),
                symbol_radius_px=_NAME_GAP_PX + site_coloring.compute_outline_reach_px(item.symbol),
                shift=item.shift,
                patrolled=site.patrolled,
                is_selected=site.id == selected,
            )
            for site in state.project.sites.values()
            if (item := self.items[site.id]).isVisible()
            and (text := format_site_label(state, site, by, format_level(site.level)))
        )

    def _update_item(self, site: Site, symbol: SiteSymbol) -> SiteItem:
        position = self._frame.to_scene_point(site.x_m, site.y_m)
        item = self.items.get(site.id)
        if item is None:
            item = self.add(site.id, SiteItem(site.id, position, symbol, self._pictures))
        elif item.pos() != position:
            item.setPos(position)
        self._symbols[site.id] = symbol
        item.set_stacking(*self._stacking[site.patrolled])
        item.set_symbol(symbol, item.shift, self._pictures)
        return item

    def _choose_ring(self, site: str, display: SiteDisplay) -> str:
        if site == display.selected:
            return site_coloring.SELECTED_RING
        return (
            site_coloring.HOVERED_RING
            if site == display.hovered or site in display.highlighted
            else ""
        )

    def _list_visible(self) -> list[SiteItem]:
        return [item for item in self.items.values() if item.isVisible()]


def _get_drawn_position(item: SiteItem, m_px: float) -> tuple[float, float]:
    """Return a symbol's center in pixels from the scene's origin."""
    return item.x() / m_px + item.shift.x(), item.y() / m_px + item.shift.y()
