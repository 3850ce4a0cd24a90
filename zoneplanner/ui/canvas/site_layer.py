"""All sites of the map: their looks, their places beside each other, and which one is picked."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.app.layers import format_site_label
from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.site import Site
from zoneplanner.ui.canvas.apart import displace_symbols
from zoneplanner.ui.canvas.colouring import (
    ColoringChoice,
    SiteColoring,
    build_site_symbol,
    collect_site_marks,
    get_symbol_scale,
)
from zoneplanner.ui.canvas.content import SiteLabel
from zoneplanner.ui.canvas.shapes import SceneTransform
from zoneplanner.ui.canvas.sites import SiteItem, SymbolCache
from zoneplanner.ui.canvas.symbols import SiteSymbol
from zoneplanner.ui.kit.theme import Theme
from zoneplanner.ui.kit.words import format_level

_PICK_PX = 5.0
_ASIDE = 2.0
_NAME_GAP_PX = 3.0


@dataclass(frozen=True, slots=True)
class SiteDisplay:
    """How sites are shown at the moment: by what they are coloured, which stand out, the scale.

    ``marked`` sites are ringed; with ``picked`` all others step back.
    """

    colouring: SiteColoring = field(default_factory=lambda: SiteColoring(ColoringChoice()))
    chosen: str | None = None
    hovered: str | None = None
    marked: frozenset[str] = frozenset()
    picked: frozenset[str] | None = None
    m_px: float = 30.0
    shown: bool = True
    others: bool = False


class SiteLayer:
    """The items of the sites, by id."""

    def __init__(
        self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme, ratio: float
    ) -> None:
        self.items: dict[str, SiteItem] = {}
        self._scene = scene
        self._frame = frame
        self._theme = theme
        self._sprites = SymbolCache(theme, ratio)
        self._stands = {True: (30.0, 1.0), False: (29.0, 1.0)}

    def stand(self, patrolled: tuple[float, float], others: tuple[float, float]) -> None:
        """Take the height and opacity of sites in patrol and of the others."""
        self._stands = {True: patrolled, False: others}

    def show(
        self, reading: ProjectState, how: SiteDisplay, *, only: Collection[str | None] | None = None
    ) -> None:
        """Follow a reading; with ``only`` no other site is looked at, and none moves."""
        project, plan = reading.project, reading.plan
        what_if = plan.what_if if plan else {}
        for gone in set(self.items) - set(project.sites):
            self._scene.removeItem(self.items.pop(gone))
        marks, place = collect_site_marks(reading), how.colouring.place
        closed = {key for key, each in what_if.items() if each.patrolled is False}
        colours = {zone.id: zone.colour for zone in plan.zones} if plan else {}
        for site in project.sites.values():
            if only is None or site.id in only:
                look = build_site_symbol(
                    site,
                    reading,
                    self._theme,
                    zone_colours=colours,
                    shade=how.colouring.shades[place[site.id]] if site.id in place else None,
                    marks=marks.get(site.id, ()),
                    factor=get_symbol_scale(how.m_px),
                    ring=self._ring(site.id, how),
                    faded=how.picked is not None and site.id not in how.picked,
                )
                seen = site.patrolled or how.others or site.id in closed
                self._put(site, look).setVisible(how.shown and seen)
        if only is None:
            self.move_apart(how.m_px)

    def move_apart(self, m_px: float) -> None:
        """Move symbols aside that would lie on each other at a scale."""
        items = self._visible()
        if not items:
            return
        points = np.array([(item.x(), item.y()) for item in items]) / m_px
        radii = np.array([item.look.size_px / 2 + 1 for item in items])
        for item, (dx, dy) in zip(items, displace_symbols(points, radii).tolist(), strict=True):
            item.set_look(item.look, QPointF(round(dx), round(dy)), self._sprites)

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
        return self._sprites(look)

    def words(self, reading: ProjectState, chosen: str | None, by: str) -> tuple[SiteLabel, ...]:
        """Return the labels of the visible sites by a field of ``arrangement.SITE_LABELS``."""
        return tuple(
            SiteLabel(
                site=site.id,
                name=text,
                level=site.level,
                at=item.pos(),
                reach_px=item.look.size_px / 2 + _NAME_GAP_PX,
                shift=item.shift,
                patrolled=site.patrolled,
                first=site.id == chosen,
            )
            for site in reading.project.sites.values()
            if (item := self.items[site.id]).isVisible()
            and (text := format_site_label(reading, site, by, format_level(site.level)))
        )

    def _put(self, site: Site, look: SiteSymbol) -> SiteItem:
        at = self._frame.point(site.x_m, site.y_m)
        item = self.items.get(site.id)
        if item is None:
            item = self.items[site.id] = SiteItem(site.id, at, look, self._sprites)
            self._scene.addItem(item)
        if item.pos() != at:
            item.setPos(at)
        item.stand(*self._stands[site.patrolled])
        item.set_look(look, item.shift, self._sprites)
        return item

    def _ring(self, site: str, how: SiteDisplay) -> str:
        if site == how.chosen:
            return self._theme.selected
        return self._theme.text if site == how.hovered or site in how.marked else ""

    def _visible(self) -> list[SiteItem]:
        return [item for item in self.items.values() if item.isVisible()]


def _get_drawn_position(item: SiteItem, m_px: float) -> tuple[float, float]:
    """Return where a symbol is drawn, in pixels from the middle of the scene."""
    return item.x() / m_px + item.shift.x(), item.y() / m_px + item.shift.y()
