"""The map of Log: calls and units on it, and one key that leads to the chosen call and back."""

from collections.abc import Mapping
from datetime import timedelta

import shiboken6
from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.app.log.dispatch import (
    find_unit_post,
    keeps_units,
    list_open_incidents,
    list_unit_stamps,
    rank_units_for_call,
    suggest_unit,
)
from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.domain.log.journal import Incident
from zoneplanner.messages import format_count
from zoneplanner.ui.log.console.dispatch_desk import DispatchDesk
from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.scene.calls import CallMark, UnitMark
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.map.viewport import Viewpoint
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ROUND_CALL_M = 1500.0
_MARGIN = 0.35
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NO_CALL = "First choose a call at a school."


class CallsOnMap(QObject):
    """Draws what goes on while a part of Log is seen; of the map only marks that changed."""

    def __init__(self, desk: UiContext, view: MapView, dispatch: DispatchDesk) -> None:
        super().__init__(dispatch)
        self._desk, self._view, self._dispatch = desk, view, dispatch
        self._seen = False
        self._read_last: tuple[object, ...] = ()
        self._back: tuple[Viewpoint, QWidget | None] | None = None
        dispatch.settled.connect(self.refresh)
        dispatch.marked.connect(self.refresh)
        dispatch.watched.connect(self._watch)
        dispatch.called_up.connect(self.reveal)
        desk.actions.set_handler("call_on_map", self.go_or_come_back)

    def refresh(self, _: object = None) -> None:
        """Mark the calls and units as they are now; a change and the choice after it are one.

        Where merely another call is chosen, the marks of all others stay.
        """
        dispatch, shown = self._dispatch, self._view.map
        read = (dispatch.incidents, dispatch.units, dispatch.state, dispatch.chosen)
        if not self._seen or _is_same(read, self._read_last):
            return
        is_choice = _is_same(read[:-1], self._read_last[:-1])
        self._read_last = read
        known = {one.uid: one for one in shown.calls if is_choice and not one.chosen}
        known.pop(dispatch.chosen, None)
        units = shown.units if is_choice else tuple(self._list_units())
        shown.show_calls(tuple(self._list_calls(known)), units)

    def go_or_come_back(self) -> None:
        """Show the chosen call with who would go; from there lead back to where one was."""
        if self._back is not None:
            place, field = self._back
            self._back = None
            self._view.look_at(place)
            if field is not None and shiboken6.isValid(field) and field.isVisible():
                field.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if not self._seen:
            self._desk.actions["go_log"].trigger()
        chosen = next((one for one in self._view.map.calls if one.chosen), None)
        if chosen is None:
            self._desk.notices.show_notice(_NO_CALL)
            return
        self._back = (self._view.viewpoint(), QApplication.focusWidget())
        self._show_call(chosen)
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def reveal(self, uid: str) -> None:
        """Show a call that was called up where the map looks elsewhere."""
        call = next((one for one in self._view.map.calls if one.uid == uid), None)
        if call is not None:
            at = self._view.map.frame.to_scene_point(call.x_m, call.y_m)
            if not viewport.get_visible_rect(self._view).contains(at):
                self._show_call(call)

    def _show_call(self, call: CallMark) -> None:
        at = self._view.map.frame.to_scene_point(call.x_m, call.y_m)
        reach = QRectF(0, 0, 2 * _ROUND_CALL_M, 2 * _ROUND_CALL_M)
        reach.moveCenter(at)
        if call.start is not None:
            start = self._view.map.frame.to_scene_point(*call.start)
            reach = reach.united(QRectF(at, start).normalized())
        self._view.show_rect(reach, margin=_MARGIN)

    def _watch(self, seen: bool) -> None:
        self._seen, self._back, self._read_last = seen, None, ()
        if seen:
            self.refresh()
        else:
            self._view.map.show_calls((), ())

    def _list_calls(self, known: Mapping[str, CallMark]) -> list[CallMark]:
        """Return the marks of the open calls that have a school; those ``known`` stay."""
        sites = self._desk.session.project.sites
        states = {row.unit: row for row in self._dispatch.units}
        now = self._desk.session.clock()
        marks: list[CallMark] = []
        for call in list_open_incidents(self._dispatch.incidents):
            site = sites.get(call.site or "")
            if site is None:
                continue
            if call.uid in known:
                marks.append(known[call.uid])
                continue
            chosen = call.uid == self._dispatch.chosen
            there = tuple(
                (one.unit, states[one.unit].state)
                for one in list_unit_stamps(call)
                if one.cleared_at is None and one.unit in states and keeps_units(call, now)
            )
            start, unit = self._find_start(call) if chosen and not there else (None, "")
            place = (site.x_m, site.y_m)
            age = self._describe_age(call)
            marks.append(
                CallMark(
                    *(call.uid, *place, call.priority, age, there),
                    chosen=chosen,
                    start=start if start != place else None,
                    unit=unit,
                )
            )
        return marks

    def _find_start(self, call: Incident) -> tuple[tuple[float, float] | None, str]:
        """Return where the unit is that is proposed for a call, and which it is."""
        dispatch, now = self._dispatch, self._desk.session.clock()
        found = rank_units_for_call(
            dispatch.state, call.site, dispatch.incidents, now, out=dispatch.out
        )
        first = suggest_unit(found)
        if first is None:
            return None, ""
        return self._find_place(first.unit, call.site), first.unit

    def _find_place(self, unit: str, site: str | None = None) -> tuple[float, float] | None:
        """Return where a unit is, as far as the log tells: at a school, else at its post."""
        project = self._desk.session.project
        row = next((one for one in self._dispatch.units if one.unit == unit), None)
        post = find_unit_post(self._dispatch.state, project.units[unit], site)
        at = project.sites.get((row.site if row is not None else None) or post or "")
        return None if at is None else (at.x_m, at.y_m)

    def _list_units(self) -> list[UnitMark]:
        waiting = (
            row
            for row in self._dispatch.units
            if not row.incident and row.state is not UnitState.OPEN
        )
        return [
            UnitMark(row.unit, *place, row.state)
            for row in waiting
            if (place := self._find_place(row.unit)) is not None
        ]

    def _describe_age(self, call: Incident) -> str:
        """Say how long a call waits or goes on, in whole minutes, hours or days."""
        age = self._desk.session.clock() - call.received_at
        if age < _HOUR:
            return f"{max(0, int(age.total_seconds())) // 60} min"
        if age < _DAY:
            return f"{age // _HOUR} h {age % _HOUR // timedelta(minutes=1)} min"
        return format_count(age // _DAY, "day")


def _is_same(read: tuple[object, ...], before: tuple[object, ...]) -> bool:
    """Tell whether nothing was read anew: after a change each part is another object."""
    return len(read) == len(before) and all(
        one is other for one, other in zip(read, before, strict=True)
    )
