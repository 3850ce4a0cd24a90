"""Moves a site to another position; its jurisdiction is decided anew there."""

from dataclasses import replace
from math import hypot

from PySide6.QtCore import QPoint, Qt, QTimer

from zoneplanner.app.session.state import ProjectState, derive_gesture_state
from zoneplanner.domain.geography.site import Site, find_jurisdiction
from zoneplanner.domain.plans.edits import move_site
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.map.edit_gestures import (
    compute_zone_changes,
    list_new_problems,
    list_zones_of_move,
    update_piece_counts,
)
from zoneplanner.ui.map.tools.tool import Drag, DragTool, MapSurface, SymbolDrag

_REST_MS = 40


class _RelocationDrag(SymbolDrag):
    """One drag of a site to another position.

    Cells are laid anew for another position, which takes longer than a frame: symbol and figures
    follow the pointer at once, and map, tables and pieces as soon as the pointer rests.
    """

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.site: Site | None = None
        self._start: ProjectState | None = None
        self._at = QPoint()
        self._refusal = ""
        self._rest = QTimer(surface.viewport(), singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._look)

    @property
    def active(self) -> bool:
        """True while a site is carried."""
        return self.site is not None

    @property
    def is_stale(self) -> bool:
        """True where the project changed under the drag."""
        return self.site is not None and self._start is not self._surface.session.state

    def lift(self, key: str) -> bool:
        """Take a site up."""
        session = self._surface.session
        try:
            session.check_present()
        except UserError as error:
            self._surface.refused.emit(error.message)
            return False
        session.cancel_gesture()  # a plan that is only tried on is not what is changed
        self._start, self._refusal = session.state, ""
        self.site = session.project.site(key)
        self.raise_symbol(self.site)
        return True

    def carry(self, at: QPoint) -> None:
        """Follow the pointer."""
        if self.site is None:
            return
        self._at = at
        self.move_symbol(self.site, at)
        self._surface.viewport().setCursor(Qt.CursorShape.SizeAllCursor)
        self._tell()
        self._rest.start()

    def _look(self) -> None:
        """Show what a drop here would do."""
        if self.site is not None:
            self._preview()
            self._tell()

    def _preview(self) -> bool:
        self._refusal = ""
        try:
            self._surface.session.preview(self._moved)
        except UserError as error:
            self._refusal = error.message
            self._surface.session.preview(lambda project: project)
        return not self._refusal

    def _moved(self, project: Project) -> Project:
        assert self.site is not None
        return move_site(project, self.site.id, *self._position())

    def _tell(self) -> None:
        """Say at the pointer where the site would lie and what that changes.

        Pieces and warnings are those of the last rest.
        """
        site, start = self.site, self._start
        if site is None or start is None:
            return
        card, rested = self._surface.overlays.card, self._surface.session.state
        rows = self._lies_in(site, *self._position())
        try:
            after = derive_gesture_state(self._moved(start.saved_project), start)
        except UserError as error:
            card.show_refusal(site.name, error.message, self._at)
            return
        changes = compute_zone_changes(start, after, list_zones_of_move(start, after, site.id))
        if not changes:
            card.show_site(site.name, rows, self._at)
            return
        notes, more = list_new_problems(start, rested), " · ".join(rows)
        card.show_move(site.name, update_piece_counts(rested, changes), notes, self._at, more=more)

    def _lies_in(self, site: Site, x_m: float, y_m: float) -> list[str]:
        project = self._surface.session.project
        length = self._surface.session.formats.length
        there = replace(site, x_m=x_m, y_m=y_m, decision=None)
        found = find_jurisdiction(there, project.jurisdictions.values())
        away = f"{length(hypot(x_m - site.x_m, y_m - site.y_m))} from where it was"
        if found.jurisdiction is None:
            return ["In no known jurisdiction", away]
        name = project.jurisdictions[found.jurisdiction].name
        return [f"In {name}", f"{length(found.line_m)} from a boundary", away]

    def drop(self, at: QPoint) -> None:
        """Keep the site where it is let go, as one step."""
        site, session = self.site, self._surface.session
        if site is None:
            return
        self._at = at
        kept = self._preview()
        refusal: str | UserError = self._refusal
        self._end()
        try:
            if kept:
                session.commit_gesture(f"Move {site.name} to another place")
        except UserError as error:
            kept, refusal = False, error.notice
        if not kept:
            session.cancel_gesture()
            self._surface.refused.emit(refusal)
            return
        lies_in = session.state.basis.placements[site.id].jurisdiction
        name = session.project.name_jurisdiction(lies_in)
        zone = session.plan.assignment.get(site.id) if session.plan else None
        where = f" and is in zone {zone}" if zone else ""
        self._surface.notice.emit(f"{site.name} is now in {name}{where}.")

    def put_back(self) -> None:
        """Leave the site where it was."""
        self._end()
        self._surface.session.cancel_gesture()

    def _end(self) -> None:
        self._rest.stop()
        self.site, self._start = None, None
        self.remove_symbol()

    def _position(self) -> tuple[float, float]:
        point = self._surface.mapToScene(self._at)
        return self._surface.map.frame.to_project_m(point)


class RelocateSiteTool(DragTool):
    """A drag of a site puts it elsewhere; a drag of the ground pans, a click selects."""

    over_site = Qt.CursorShape.SizeAllCursor

    def make_site_drag(self) -> Drag:
        """Carry a site to another position."""
        return _RelocationDrag(self.surface)
