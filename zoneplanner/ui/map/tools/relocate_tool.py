"""The tool that moves a site to another position, where its jurisdiction is determined again."""

from dataclasses import replace
from math import hypot

from PySide6.QtCore import QPoint, Qt, QTimer

from zoneplanner.app.session.state import ProjectState, derive_gesture_state
from zoneplanner.domain.geography.site import Site, find_jurisdiction
from zoneplanner.domain.plans.edits import move_site
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.map.edit_preview import (
    compute_zone_changes,
    list_new_problems,
    list_zones_of_move,
    update_piece_counts,
)
from zoneplanner.ui.map.tools.tool import Drag, DragTool, MapSurface, SymbolDrag

_PREVIEW_DELAY_MS = 40


class _RelocationDrag(SymbolDrag):
    """A drag of a site to another position.

    Computing the cells for a new position takes longer than a frame: the symbol and the card
    follow the pointer at once; the map, tables and piece counts follow when the pointer rests.
    """

    def __init__(self, surface: MapSurface) -> None:
        super().__init__(surface)
        self.site: Site | None = None
        self._start: ProjectState | None = None
        self._at = QPoint()
        self._refusal = ""
        self._preview_timer = QTimer(
            surface.viewport(), singleShot=True, interval=_PREVIEW_DELAY_MS
        )
        self._preview_timer.timeout.connect(self._show_preview)

    @property
    def active(self) -> bool:
        """Whether a site is being dragged."""
        return self.site is not None

    @property
    def is_stale(self) -> bool:
        """Whether something else changed the project since the drag began."""
        return self.site is not None and self._start is not self._surface.session.state

    def lift(self, key: str) -> bool:
        """Begin to drag a site."""
        session = self._surface.session
        try:
            session.require_present_state()
        except UserError as error:
            self._surface.gesture_refused.emit(error.message)
            return False
        session.cancel_gesture()  # edit the plan itself, not one that is only previewed
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
        self._show_card()
        self._preview_timer.start()

    def _show_preview(self) -> None:
        """Show what a drop here would do."""
        if self.site is not None:
            self._preview()
            self._show_card()

    def _preview(self) -> None:
        self._refusal = ""
        try:
            self._surface.session.preview(self._move_here)
        except UserError as error:
            self._refusal = error.message
            self._surface.session.preview(lambda project: project)

    def _move_here(self, project: Project) -> Project:
        assert self.site is not None
        return move_site(project, self.site.id, *self._position())

    def _show_card(self) -> None:
        """Show at the pointer where the site would be and what that changes.

        Piece counts and warnings are from the last preview.
        """
        site, start = self.site, self._start
        if site is None or start is None:
            return
        card, previewed = self._surface.overlays.card, self._surface.session.state
        rows = self._describe_position(site, *self._position())
        try:
            after = derive_gesture_state(self._move_here(start.saved_project), start)
        except UserError as error:
            card.show_refusal(site.name, error.message, self._at)
            return
        changes = compute_zone_changes(start, after, list_zones_of_move(start, after, site.id))
        if not changes:
            card.show_site(site.name, rows, self._at)
            return
        changes = update_piece_counts(previewed, changes)
        problems = list_new_problems(start, previewed)
        card.show_move(site.name, changes, problems, self._at, more=" · ".join(rows))

    def _describe_position(self, site: Site, x_m: float, y_m: float) -> list[str]:
        project = self._surface.session.project
        length = self._surface.session.formats.length
        moved = replace(site, x_m=x_m, y_m=y_m, decision=None)
        placement = find_jurisdiction(moved, project.jurisdictions.values())
        distance = f"{length(hypot(x_m - site.x_m, y_m - site.y_m))} from where it was"
        if placement.jurisdiction is None:
            return ["In no known jurisdiction", distance]
        name = project.jurisdictions[placement.jurisdiction].name
        return [f"In {name}", f"{length(placement.line_m)} from a boundary", distance]

    def drop(self, at: QPoint) -> None:
        """Move the site to where it was dropped, as one step."""
        site, session = self.site, self._surface.session
        if site is None:
            return
        self._at = at
        self._preview()
        refusal: str | UserError = self._refusal
        self._end()
        try:
            if not refusal:
                session.commit_gesture(f"Move {site.name} to another place")
        except UserError as error:
            refusal = error.notice
        if refusal:
            session.cancel_gesture()
            self._surface.gesture_refused.emit(refusal)
            return
        jurisdiction = session.state.basis.placements[site.id].jurisdiction
        name = session.project.name_jurisdiction(jurisdiction)
        zone = session.plan.assignment.get(site.id) if session.plan else None
        code = "site_relocated.in_zone" if zone else "site_relocated"
        self._surface.notice.emit(Message(code, site=site.name, place=name, zone=zone))

    def put_back(self) -> None:
        """Return the site to its position."""
        self._end()
        self._surface.session.cancel_gesture()

    def _end(self) -> None:
        self._preview_timer.stop()
        self.site, self._start = None, None
        self.remove_symbol()

    def _position(self) -> tuple[float, float]:
        point = self._surface.mapToScene(self._at)
        return self._surface.map.frame.to_project_m(point)


class RelocateSiteTool(DragTool):
    """A drag of a site moves it; a drag of the ground pans; a click selects."""

    over_site = Qt.CursorShape.SizeAllCursor

    def make_site_drag(self) -> Drag:
        """Return the drag of a site to another position."""
        return _RelocationDrag(self.surface)
