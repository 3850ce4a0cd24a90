"""Navigating the map by actions, and handling what the map reports and asks."""

from collections.abc import Iterable, Sequence
from functools import partial

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget
from shapely import total_bounds

from zoneplanner.domain.plans.plan import Pin
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.map.tools.toolbox import ASSIGNING_TOOLS
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ZOOM_STEP = 1.25
_MARGIN_M = 200.0


class MapNavigation:
    """The actions that change the selection or move the map."""

    def __init__(self, desk: UiContext, view: MapView) -> None:
        self._desk = desk
        self._map = view
        for name, do in {
            "fit": view.fit,
            "zoom_in": lambda: view.zoom_by(_ZOOM_STEP),
            "zoom_out": lambda: view.zoom_by(1 / _ZOOM_STEP),
            "zoom_zone": self.zoom_to_zone,
            "next_zone": lambda: self.step_zone(1),
            "previous_zone": lambda: self.step_zone(-1),
            "next_site": lambda: self.step_site(1),
            "previous_site": lambda: self.step_site(-1),
        }.items():
            desk.actions.set_handler(name, do)

    def zoom_to_selection(self) -> None:
        """Zoom to the selected site or zone."""
        selection = self._desk.bridge.selection
        self.zoom_to_place(selection.site, selection.zone, ())

    def zoom_to_blocks(self, blocks: Iterable[str]) -> None:
        """Zoom to blocks."""
        by_id = self._desk.session.project.blocks
        areas = [by_id[block].area for block in blocks if block in by_id]
        if areas:
            left, bottom, right, top = total_bounds(areas).tolist()
            point = self._map.map.frame.to_scene_point
            rect = QRectF(point(left, top), point(right, bottom)).normalized()
            self._map.show_rect(rect.adjusted(-_MARGIN_M, -_MARGIN_M, _MARGIN_M, _MARGIN_M))

    def zoom_to_place(self, site: str | None, zone: str | None, blocks: Iterable[str]) -> None:
        """Zoom to a site or, if there is none, to a zone or to blocks."""
        if site is not None:
            self._map.zoom_to_site(site)
        elif zone is not None:
            self._map.zoom_to_zone(zone)
        else:
            self.zoom_to_blocks(blocks)

    def zoom_to_zone(self) -> None:
        """Zoom to the zone of the selection."""
        zone = self._find_selected_zone()
        if zone is None:
            text = "Select a zone or a school first, then zoom to its zone."
            self._desk.notices.show_notice(text)
        else:
            self._map.zoom_to_zone(zone)

    def step_zone(self, step: int) -> None:
        """Select the next or previous zone, relative to the target of an assigning tool."""
        plan = self._desk.session.plan
        if plan is None or not plan.zones:
            return
        zones = [zone.id for zone in plan.zones]
        toolbox = self._map.toolbox
        is_assigning = toolbox.tool in ASSIGNING_TOOLS
        current = toolbox.target if is_assigning else self._find_selected_zone()
        self._desk.bridge.select(zone=_step_from(zones, current, step))

    def step_site(self, step: int) -> None:
        """Select the next or previous site of the same zone by name."""
        session, zone = self._desk.session, self._find_selected_zone()
        if session.plan is None or zone is None:
            text = "Select a zone or a school first, then step through its sites."
            self._desk.notices.show_notice(text)
            return
        by_id = session.project.sites
        sites = sorted(session.plan.sites_of(zone), key=lambda site: by_id[site].name)
        if sites:
            current = self._desk.bridge.selection.site
            self._desk.bridge.select(site=_step_from(sites, current, step))

    def _find_selected_zone(self) -> str | None:
        return self._desk.bridge.selection.find_zone(self._desk.session.plan)


def _step_from(names: Sequence[str], current: str | None, step: int) -> str:
    """Return the next or previous name, cyclically; without a current one, the first or last."""
    index = names.index(current) + step if current in names else 0 if step > 0 else -1
    return names[index % len(names)]


class MapFeedback:
    """Shows notices and dialogs for what the map reports and asks."""

    def __init__(self, desk: UiContext, view: MapView, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        view.gesture_refused.connect(self.refuse)
        view.notice.connect(partial(desk.report_done, stays=False))
        view.note_requested.connect(self.ask_note)
        view.note_opened.connect(self.ask_pin)

    def refuse(self, why: str | Message | UserError) -> None:
        """Show why a gesture is not possible, and offer to retry it if another desk was faster."""
        if isinstance(why, UserError) and why.retry is not None:
            self._desk.show_problem(why)
        else:
            text = why.message if isinstance(why, UserError) else why
            self._desk.notices.show_notice(text, sign="problem")

    def ask_note(self, x_m: float, y_m: float) -> None:
        """Ask for the text of a new note at a position."""
        from zoneplanner.ui.plan.plans.plan_dialogs import make_pin

        self.ask_pin(make_pin(self._desk, x_m, y_m))

    def ask_pin(self, note: Pin) -> None:
        """Ask for the text of a note."""
        self._desk.ask("plan.plans.plan_dialogs:PinNoteDialog", note, parent=self._parent)
