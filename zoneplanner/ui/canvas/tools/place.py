"""Moves a site to another position; its jurisdiction is decided anew there."""

from dataclasses import replace
from math import hypot

from PySide6.QtCore import QPoint, Qt

from zoneplanner.domain.edits import move_site
from zoneplanner.domain.jurisdiction import place
from zoneplanner.domain.site import Site
from zoneplanner.errors import UserError
from zoneplanner.ui.canvas.ghost import Ghost
from zoneplanner.ui.canvas.measuring import length_words
from zoneplanner.ui.canvas.tools.dragging import Dragging
from zoneplanner.ui.canvas.tools.pointer import Doing
from zoneplanner.ui.canvas.tools.tool import Surface


class Place(Dragging):
    """A drag of a site puts it elsewhere; a drag of the ground pans, a click selects."""

    over_site = Qt.CursorShape.SizeAllCursor

    def __init__(self, surface: Surface) -> None:
        self.site: Site | None = None
        self._ghost: Ghost | None = None
        super().__init__(surface)

    def doing(self) -> Doing:
        """Carry a site to another position."""
        return Doing(
            lift=self._lift,
            carry=self._carry,
            drop=self._drop,
            put_back=self._end,
            pan=self.pan,
            click=self.click,
        )

    @property
    def active(self) -> bool:
        """True while a site is carried."""
        return self.site is not None

    @property
    def overtaken(self) -> bool:
        """True where the site changed under the drag."""
        site = self.site
        return site is not None and self.surface.session.project.sites.get(site.id) is not site

    def _lift(self, site_id: str) -> bool:
        self.site = self.surface.session.project.site(site_id)
        scene = self.surface.map
        self._ghost = Ghost(
            scene.frame.point(self.site.x_m, self.site.y_m), self.surface.theme.selected
        )
        scene.addItem(self._ghost)
        return True

    def _carry(self, at: QPoint) -> None:
        if self.site is None or self._ghost is None:
            return
        scene = self.surface.map
        look = scene.sites[self.site.id].look
        self._ghost.show_at(self.point(at), look, scene.picture_of(look), scene.m_px)
        x_m, y_m = self.metres(at)
        away_m = hypot(x_m - self.site.x_m, y_m - self.site.y_m)
        rows = [*self._lies_in(x_m, y_m), f"{length_words(away_m)} from where it was"]
        self.surface.viewport().setCursor(Qt.CursorShape.SizeAllCursor)
        self.surface.furniture.card.show_site(self.site.name, rows, at)

    def _lies_in(self, x_m: float, y_m: float) -> list[str]:
        project, site = self.surface.session.project, self.site
        if site is None:
            return []
        there = replace(site, x_m=x_m, y_m=y_m, decision=None)
        found = place(there, project.jurisdictions.values())
        if found.jurisdiction is None:
            return ["In no known jurisdiction"]
        name = project.jurisdictions[found.jurisdiction].name
        return [f"In {name}", f"{length_words(found.line_m)} from a line"]

    def _drop(self, at: QPoint) -> None:
        site = self.site
        self._end()
        if site is None:
            return
        x_m, y_m = self.metres(at)
        session = self.surface.session
        try:
            session.apply(
                f"Put {site.name} at another place",
                lambda project: move_site(project, site.id, x_m, y_m),
            )
        except UserError as error:
            self.surface.refused.emit(error.message)
            return
        lies_in = session.reading.basis.placements[site.id].jurisdiction
        name = session.project.jurisdictions[lies_in].name if lies_in else "no known jurisdiction"
        zone = session.plan.assignment.get(site.id) if session.plan else None
        where = f" and is in zone {zone}" if zone else ""
        self.surface.told.emit(f"{site.name} now lies in {name}{where}.")

    def _end(self) -> None:
        if self._ghost is not None:
            self.surface.map.take_off(self._ghost)
        self.site, self._ghost = None, None
        self.surface.furniture.card.hide()
