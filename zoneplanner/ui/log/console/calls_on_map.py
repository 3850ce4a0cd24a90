"""The calls and units on the map of Log, and the key that goes to the highlighted call and back."""

import operator
from collections.abc import Mapping
from datetime import timedelta

import shiboken6
from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.app.log.dispatch import (
    find_unit_post,
    list_open_incidents,
    list_unit_stamps,
    occupies_units,
    rank_units_for_call,
    suggest_unit,
)
from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.domain.log.journal import Incident
from zoneplanner.messages import Message, format_count
from zoneplanner.ui.log.console.dispatch_desk import DispatchDesk
from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.scene.calls import CallMark, UnitMark
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.map.viewport import Viewpoint
from zoneplanner.ui.widgets.services.ui_context import UiContext

_CALL_RADIUS_M = 1500.0
_MARGIN = 0.35
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NO_CALL = Message("no_call_to_show")


class CallsOnMap(QObject):
    """Marks calls and units on the map while a part of Log is visible."""

    def __init__(self, desk: UiContext, view: MapView, dispatch: DispatchDesk) -> None:
        super().__init__(dispatch)
        self._desk, self._view, self._dispatch = desk, view, dispatch
        self._is_shown = False
        self._last_inputs: tuple[object, ...] = ()
        self._way_back: tuple[Viewpoint, QWidget | None] | None = None
        dispatch.settled.connect(self.refresh)
        dispatch.highlighted.connect(self.refresh)
        dispatch.watched.connect(self._set_shown)
        dispatch.show_requested.connect(self.reveal)
        desk.actions.set_handler("call_on_map", self.go_or_come_back)

    def refresh(self, _: object = None) -> None:
        """Update the marks; if only another call is highlighted, all other marks stay as drawn."""
        dispatch, scene = self._dispatch, self._view.map
        inputs = (dispatch.incidents, dispatch.units, dispatch.state, dispatch.highlighted_uid)
        if not self._is_shown or _are_identical(inputs, self._last_inputs):
            return
        is_highlight_only = _are_identical(inputs[:-1], self._last_inputs[:-1])
        self._last_inputs = inputs
        known = {mark.uid: mark for mark in scene.calls if is_highlight_only and not mark.chosen}
        known.pop(dispatch.highlighted_uid, None)
        units = scene.units if is_highlight_only else tuple(self._list_units())
        scene.show_calls(tuple(self._list_calls(known)), units)

    def go_or_come_back(self) -> None:
        """Show the highlighted call and the proposed unit, or return to the view before that."""
        if self._way_back is not None:
            viewpoint, field = self._way_back
            self._way_back = None
            self._view.look_at(viewpoint)
            if field is not None and shiboken6.isValid(field) and field.isVisible():
                field.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if not self._is_shown:
            self._desk.actions["go_log"].trigger()
        highlighted = next((mark for mark in self._view.map.calls if mark.chosen), None)
        if highlighted is None:
            self._desk.notices.show_notice(_NO_CALL)
            return
        self._way_back = (self._view.viewpoint(), QApplication.focusWidget())
        self._show_call(highlighted)
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def reveal(self, uid: str) -> None:
        """Bring a call into view unless it is in view."""
        call = next((mark for mark in self._view.map.calls if mark.uid == uid), None)
        if call is not None:
            point = self._view.map.frame.to_scene_point(call.x_m, call.y_m)
            if not viewport.get_visible_rect(self._view).contains(point):
                self._show_call(call)

    def _show_call(self, call: CallMark) -> None:
        center = self._view.map.frame.to_scene_point(call.x_m, call.y_m)
        area = QRectF(0, 0, 2 * _CALL_RADIUS_M, 2 * _CALL_RADIUS_M)
        area.moveCenter(center)
        if call.start is not None:
            start = self._view.map.frame.to_scene_point(*call.start)
            area = area.united(QRectF(center, start).normalized())
        self._view.show_rect(area, margin=_MARGIN)

    def _set_shown(self, shown: bool) -> None:
        self._is_shown, self._way_back, self._last_inputs = shown, None, ()
        if shown:
            self.refresh()
        else:
            self._view.map.show_calls((), ())

    def _list_calls(self, known: Mapping[str, CallMark]) -> list[CallMark]:
        """Return the marks of the open calls at schools, reusing those in ``known``."""
        sites = self._desk.session.project.sites
        return [
            known.get(call.uid) or self._mark_call(call, (site.x_m, site.y_m))
            for call in list_open_incidents(self._dispatch.incidents)
            if (site := sites.get(call.site or "")) is not None
        ]

    def _mark_call(self, call: Incident, place: tuple[float, float]) -> CallMark:
        states = {row.unit: row.state for row in self._dispatch.units}
        now = self._desk.session.clock()
        highlighted = call.uid == self._dispatch.highlighted_uid
        units_on_call = tuple(
            (stamps.unit, states[stamps.unit])
            for stamps in list_unit_stamps(call)
            if stamps.cleared_at is None and stamps.unit in states and occupies_units(call, now)
        )
        start, unit = self._find_start(call) if highlighted and not units_on_call else (None, "")
        return CallMark(
            call.uid,
            *place,
            call.priority,
            self._describe_age(call),
            units_on_call,
            chosen=highlighted,
            start=start if start != place else None,
            unit=unit,
        )

    def _find_start(self, call: Incident) -> tuple[tuple[float, float] | None, str]:
        """Return the position and the id of the unit proposed for a call."""
        dispatch, now = self._dispatch, self._desk.session.clock()
        candidates = rank_units_for_call(
            dispatch.state, call.site, dispatch.incidents, now, out=dispatch.out
        )
        proposed = suggest_unit(candidates)
        if proposed is None:
            return None, ""
        return self._find_place(proposed.unit, call.site), proposed.unit

    def _find_place(self, unit: str, site: str | None = None) -> tuple[float, float] | None:
        """Return a unit's last logged position, else its post for ``site``."""
        project = self._desk.session.project
        row = next((row for row in self._dispatch.units if row.unit == unit), None)
        post = find_unit_post(self._dispatch.state, project.units[unit], site)
        place = project.sites.get((row.site if row is not None else None) or post or "")
        return None if place is None else (place.x_m, place.y_m)

    def _list_units(self) -> list[UnitMark]:
        return [
            UnitMark(row.unit, *place, row.state)
            for row in self._dispatch.units
            if not row.incident
            and row.state is not UnitState.OPEN
            and (place := self._find_place(row.unit)) is not None
        ]

    def _describe_age(self, call: Incident) -> str:
        """Write the time since a call came in, in whole minutes, hours or days."""
        age = self._desk.session.clock() - call.received_at
        if age < _HOUR:
            return f"{max(0, int(age.total_seconds())) // 60} min"
        if age < _DAY:
            return f"{age // _HOUR} h {age % _HOUR // timedelta(minutes=1)} min"
        return format_count(age // _DAY, "day")


def _are_identical(inputs: tuple[object, ...], before: tuple[object, ...]) -> bool:
    """Whether all inputs are the same objects as before: a change always makes new ones."""
    return len(inputs) == len(before) and all(map(operator.is_, inputs, before))
