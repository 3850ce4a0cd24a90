"""The map's content: items made from a reading, kept in step with it piece by piece."""

from collections.abc import Mapping

import numpy as np
import shapely
from PySide6.QtCore import QObject, QPointF, QRectF, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.app.reading import Reading
from zoneplanner.domain.site import Site
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.apart import apart
from zoneplanner.ui.canvas.colouring import ZONE, growth, look_of, marks_of
from zoneplanner.ui.canvas.ground import Ground
from zoneplanner.ui.canvas.lines import Lines
from zoneplanner.ui.canvas.naming import lines_named, map_bounds, places_named, wider
from zoneplanner.ui.canvas.numbers import Numbers
from zoneplanner.ui.canvas.shapes import Frame
from zoneplanner.ui.canvas.sites import SiteItem, Sprites
from zoneplanner.ui.canvas.words import Content, SiteWord, Words, ZoneWord
from zoneplanner.ui.canvas.zones import NORMAL, ZoneItem, ZoneLook
from zoneplanner.ui.kit.theme import Theme

LAYERS = {
    "zones": "Zones",
    "sites": "Sites",
    "others": "Sites not in patrol",
    "labels": "Names of sites",
    "names": "Names of streets and places",
    "roads": "Main streets",
    "blocks": "Blocks (when near)",
    "city": "City limits",
    "county": "County line",
    "district": "District line",
    "river": "River",
}
OFF_AT_FIRST = frozenset({"others"})
PICK_PX = 5.0
ROOM_SHARE = 1.0
REST_MS = 90


class MapScene(QGraphicsScene):
    """All items of the map. The view tells the scale; the rest follows from the reading."""

    def __init__(self, reading: Reading, theme: Theme, ratio: float, parent: QObject) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.shown = {name: name not in OFF_AT_FIRST for name in LAYERS}
        self.reading, self.theme, self.ratio = reading, theme, ratio
        self.m_px = 30.0
        self._window = QRectF()
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._spoil_words)
        self.colouring = ZONE
        self.days: Mapping[str, int | None] = {}
        self.chosen_site: str | None = None
        self.chosen_zone: str | None = None
        self.hovered: str | None = None
        self.states: Mapping[str, str] = {}
        self.zones: dict[str, ZoneItem] = {}
        self.sites: dict[str, SiteItem] = {}
        self._lay_out()

    def _lay_out(self) -> None:
        """Make everything anew, as for another project or other areas."""
        self.clear()
        self.zones, self.sites = {}, {}
        project = self.reading.project
        bounds = map_bounds(project)
        self.frame = Frame((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        self._numbers = Numbers(self.frame)
        self.home = self.frame.rect(bounds)
        rect = self.frame.rect(wider(bounds, ROOM_SHARE))
        self.setSceneRect(rect)
        self._ground = Ground(
            rect, project, self.reading.basis.cells.outside, self.frame, self.theme
        )
        self._lines = Lines(rect, project, self.frame, self.theme, self.ratio)
        self._words = Words(rect, self.theme, self.ratio, self._write)
        self._sprites = Sprites(self.theme, self.ratio)
        for item in (self._ground, self._lines, self._words):
            self.addItem(item)
        self._streets = lines_named(project, "arterial", self.frame)
        self._rivers = lines_named(project, "river", self.frame)
        self._places = places_named(project, self.frame)
        self._show_layers()
        self._read_all()

    def show_reading(
        self, reading: Reading, days: Mapping[str, int | None], *, passing: bool = False
    ) -> None:
        """Show another state; only what differs is made anew, and no word moves in passing."""
        before, self.reading, self.days = self.reading, reading, days
        if any(
            getattr(before.project, name) is not getattr(reading.project, name)
            for name in ("features", "blocks", "jurisdictions")
        ):
            self._lay_out()
        elif passing:
            self._show_zones()
            self._show_sites()
        else:
            self._read_all()

    def set_theme(self, theme: Theme) -> None:
        """Paint everything in other colours."""
        self.theme = theme
        self._lay_out()

    def set_layer_visible(self, name: str, visible: bool) -> None:
        """Show or hide a layer of ``LAYERS``; an unknown name is a KeyError."""
        if name not in LAYERS:
            raise KeyError(name)
        self.shown[name] = visible
        self._show_layers()
        self._read_all()

    def choose(self, site: str | None, zone: str | None) -> None:
        """Mark what is selected."""
        self.chosen_site, self.chosen_zone = site, zone
        self._show_chosen_zone()
        self._show_sites()
        self._words.spoil()

    def hover(self, site: str | None) -> None:
        """Ring the site under the pointer."""
        if site != self.hovered:
            changed = {self.hovered, site}
            self.hovered = site
            self._show_sites(only=changed)

    def set_states(self, states: Mapping[str, str]) -> None:
        """Let zones stand out as targets or step back, by zone; those not named are normal."""
        if states != self.states:
            self.states = dict(states)
            self._show_zones()

    def set_colouring(self, name: str) -> None:
        """Colour the sites by another figure."""
        self.colouring = name
        self._read_all()

    def zoomed(self, m_px: float, window: QRectF, *, passing: bool = False) -> None:
        """Follow the view to another scale; in passing the words stay as they are arranged."""
        grown = growth(m_px) != growth(self.m_px)
        self.m_px = m_px
        self._window = QRectF(window)
        if grown:
            self._show_sites()
        else:
            self._move_apart()
        if passing:
            self._rest.start()
        else:
            self._words.spoil()

    def panned(self, window: QRectF) -> None:
        """Follow the view sideways; numbers stay in view, words are arranged anew at times."""
        self._window = QRectF(window)
        moved = self._numbers.follow(self.reading, window, self.m_px)
        if moved or not self._words.covers(window):
            self._words.spoil()

    def site_at(self, point: QPointF, m_px: float) -> str | None:
        """Return the site whose symbol is at a point of the scene, the nearest of several."""
        items = [item for item in self.sites.values() if item.isVisible()]
        if not items:
            return None
        shown = np.array(
            [
                (i.x() + i.shift.x() * m_px, i.y() + i.shift.y() * m_px, i.look.size_px)
                for i in items
            ]
        )
        away_px = np.hypot(shown[:, 0] - point.x(), shown[:, 1] - point.y()) / m_px
        at = int(np.argmin(away_px - shown[:, 2] / 2))
        return items[at].site if away_px[at] <= shown[at, 2] / 2 + PICK_PX else None

    def zone_at(self, point: QPointF) -> str | None:
        """Return the zone of the present outlines at a point of the scene."""
        return zone_at(self.reading, *self.frame.metres(point))

    def picture_of(self, look: symbols.Look) -> QPixmap:
        """Return the picture of a look."""
        return self._sprites(look)

    def _read_all(self) -> None:
        self._show_zones()
        self._show_sites()
        self._show_chosen_zone()
        self._words.spoil()

    def _show_layers(self) -> None:
        self._ground.shown = {name: self.shown[name] for name in self._ground.shown}
        self._lines.shown = {name: self.shown[name] for name in self._lines.shown}
        self._ground.update()
        self._lines.update()

    def _show_zones(self) -> None:
        plan, outlines = self.reading.plan, self.reading.outlines
        colours = {zone.id: zone.colour for zone in plan.zones} if plan else {}
        for gone in set(self.zones) - set(outlines):
            self.removeItem(self.zones.pop(gone))
        muted = self.colouring != ZONE
        for zone, outline in outlines.items():
            look = ZoneLook(colours[zone], self.states.get(zone, NORMAL), muted)
            if zone not in self.zones:
                self.zones[zone] = ZoneItem(zone, look, self.theme, self.ratio)
                self.addItem(self.zones[zone])
            self.zones[zone].set_look(look)
            self.zones[zone].set_area(outline.area, self.frame)
            self.zones[zone].setVisible(self.shown["zones"])
        self._lines.set_outlines({zone: outline.area for zone, outline in outlines.items()})

    def _show_chosen_zone(self) -> None:
        outline = self.reading.outlines.get(self.chosen_zone or "")
        self._lines.choose(outline.area if outline and self.shown["zones"] else None)

    def _show_sites(self, only: set[str | None] | None = None) -> None:
        project = self.reading.project
        for gone in set(self.sites) - set(project.sites):
            self.removeItem(self.sites.pop(gone))
        marks = marks_of(self.reading)
        plan = self.reading.plan
        colours = {zone.id: zone.colour for zone in plan.zones} if plan else {}
        for site in project.sites.values():
            if only is not None and site.id not in only:
                continue
            look = self._look(site, marks.get(site.id, ()), colours)
            at = self.frame.point(site.x_m, site.y_m)
            item = self.sites.get(site.id)
            if item is None:
                item = self.sites[site.id] = SiteItem(site.id, at, look, self._sprites)
                self.addItem(item)
            if item.pos() != at:
                item.setPos(at)
            item.set_look(look, item.shift, self._sprites)
            item.setVisible(self.shown["sites"] and (site.patrolled or self.shown["others"]))
        if only is None:
            self._move_apart()

    def _move_apart(self) -> None:
        """Move symbols aside that would lie on each other at the present scale."""
        items = [item for item in self.sites.values() if item.isVisible()]
        if not items:
            return
        points = np.array([(item.x(), item.y()) for item in items]) / self.m_px
        radii = np.array([item.look.size_px / 2 + 1 for item in items])
        for item, (dx, dy) in zip(items, apart(points, radii).tolist(), strict=True):
            item.set_look(item.look, QPointF(round(dx), round(dy)), self._sprites)

    def _look(self, site: Site, marks: tuple[str, ...], colours: Mapping[str, int]) -> symbols.Look:
        ring = ""
        if site.id == self.hovered:
            ring = self.theme.text
        if site.id == self.chosen_site:
            ring = self.theme.selected
        return look_of(
            site,
            self.reading,
            self.theme,
            zone_colours=colours,
            colouring=self.colouring,
            days=self.days,
            marks=marks,
            factor=growth(self.m_px),
            ring=ring,
        )

    def _spoil_words(self) -> None:
        self._words.spoil()

    def _write(self) -> None:
        """Arrange the words for the present scale and state, once the view has told its window."""
        if self._window.isEmpty():
            return
        self._numbers.follow(self.reading, self._window, self.m_px)
        self._words.content = Content(
            sites=tuple(self._site_words()) if self.shown["labels"] else (),
            zones=tuple(self._zone_words()) if self.shown["zones"] else (),
            streets=self._streets if self.shown["names"] and self.shown["roads"] else (),
            rivers=self._rivers if self.shown["names"] and self.shown["river"] else (),
            places=self._places if self.shown["names"] else (),
        )
        self._words.arrange(1 / self.m_px, self._window)

    def _site_words(self) -> list[SiteWord]:
        found = []
        for site in self.reading.project.sites.values():
            item = self.sites[site.id]
            if item.isVisible():
                first = site.id == self.chosen_site
                reach = item.look.size_px / 2 + 3
                found.append(
                    SiteWord(
                        site.id,
                        site.name,
                        site.level,
                        item.pos(),
                        reach,
                        item.shift,
                        site.patrolled,
                        first,
                    )
                )
        return found

    def _zone_words(self) -> list[ZoneWord]:
        plan = self.reading.plan
        found = []
        for zone in plan.zones if plan else ():
            at = self._numbers.spots.get(zone.id)
            if at is not None:
                found.append(ZoneWord(zone.id, at, zone.colour))
        return found


def zone_at(reading: Reading, x_m: float, y_m: float) -> str | None:
    """Return the zone of a reading's outlines at a position in metres."""
    for zone, outline in reading.outlines.items():
        if shapely.intersects_xy(outline.area, x_m, y_m):
            return zone
    return None
