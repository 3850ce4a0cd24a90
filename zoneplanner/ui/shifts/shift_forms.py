"""The forms that add, change, split and swap shifts, and edit assignments."""

from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from zoneplanner.domain.calendar.local_time import local_to_utc, make_local_interval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits, swaps
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.shift import (
    RosterDecision,
    RosterPost,
    Shift,
    ShiftKind,
    ShiftStatus,
    ShiftSwap,
)
from zoneplanner.domain.roster.shift_edits import put_post
from zoneplanner.errors import UserError
from zoneplanner.ui.shifts.roster_forms import (
    ClockField,
    WeekdayField,
    split_list_text,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    make_choice_box,
    make_number_box,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext


class ShiftForm(FormDialog):
    """Adds a shift for an event, a program or an extra patrol, or changes one."""

    added = Signal(str)
    """The uid of a new shift."""

    def __init__(
        self, desk: UiContext, monday: date, parent: QWidget, shift: Shift | None = None
    ) -> None:
        title, ok = ("Change the Shift", "Save") if shift else ("New Shift", "Add")
        super().__init__(title, ok, self._apply, parent)
        self._desk, self._shift = desk, shift
        project = desk.session.project
        zone = ZoneInfo(project.time_zone)
        kind = shift.kind if shift else ShiftKind.EVENT
        self.unit = self.add_field("&Unit", _make_unit_box(project, shift.unit if shift else ""))
        self.kind = self.add_field("&Kind", _make_kind_box(kind))
        self.title_field = self.add_field("&Title", QLineEdit(shift.title if shift else ""))
        self.title_field.setPlaceholderText("such as Homecoming game")
        formats = desk.session.formats
        day, starts, ends = max(monday, desk.session.today), time(16), time(20)
        if shift is not None:
            start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
            day, starts, ends = start.date(), start.time(), end.time()
        self.day = self.add_field("&Day", DayField(formats, day))
        self.starts = self.add_field("&From", ClockField(formats, starts, "From"))
        self.ends = self.add_field("T&o", ClockField(formats, ends, "To"))
        self.needs = self.add_field("&Needs", QLineEdit("; ".join(shift.needs) if shift else ""))
        self.reason = _add_reason_field(self, shift)
        self.set_about("An end time at or before the start is on the next day.")

    def _apply(self) -> None:
        session = self._desk.session
        zone, now = session.project.time_zone, session.clock()
        span = make_local_interval(self.day.day(), self.starts.clock(), self.ends.clock(), zone)
        base = self._shift or Shift(uuid4().hex[:12], "", None, span.starts_at, span.ends_at)
        kind, title = ShiftKind(self.kind.currentData()), self.title_field.text().strip()
        if kind is ShiftKind.EVENT and not title:
            raise UserError("field_empty.event_title")
        shift = replace(
            base,
            unit=str(self.unit.currentData()),
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            kind=kind,
            title=title,
            needs=split_list_text(self.needs.text()),
        )
        name = describe_shift(shift, zone)
        if self._shift is None:
            session.apply(f"New shift {name}", partial(shift_edits.put_shift, shift=shift))
            self.added.emit(shift.uid)
        else:
            decision = RosterDecision(now, session.actor, self.reason.text())
            change = partial(shift_edits.change_shift, shift=shift, decision=decision)
            session.apply(f"Change {name}", change)


class RosterPostForm(FormDialog):
    """Edits an assignment: a unit's weekly patrol, an after-school program or an event."""

    def __init__(self, desk: UiContext, post: RosterPost | None, parent: QWidget) -> None:
        super().__init__("Assignment" if post else "New Assignment", "Save", self._apply, parent)
        self._desk, self._is_new = desk, post is None
        project = desk.session.project
        unit = next(iter(project.units), "")
        base = self._base = post or RosterPost(uuid4().hex[:12], unit, time(16), time(18))
        self.set_about(
            "Propose creates a shift for each assignment on its days; existing shifts stay."
        )
        formats = desk.session.formats
        self.unit = self.add_field("&Unit", _make_unit_box(project, base.unit))
        self.kind = self.add_field("&Kind", _make_kind_box(base.kind))
        self.title_field = self.add_field("&Title", QLineEdit(base.title))
        self.title_field.setPlaceholderText("such as Robotics club")
        self.weekdays = self.add_field("On", WeekdayField(base.weekdays))
        self.starts = self.add_field("&From", ClockField(formats, base.starts, "From"))
        self.ends = self.add_field("T&o", ClockField(formats, base.ends, "To"))
        self.early = self.add_field(
            "", QCheckBox("Ends earlier on early-release and minimum days, at")
        )
        self.early.setChecked(base.ends_early is not None)
        ends_early = ClockField(formats, base.ends_early or base.ends, "Early end")
        self.ends_early = self.add_field("", ends_early)
        self.school_days = self.add_field("", QCheckBox("Only on school days"))
        self.school_days.setChecked(base.school_days)
        self.officers = self.add_field("&Officers", make_number_box(1, 20, base.officers))
        self.early.toggled.connect(self.ends_early.setEnabled)
        self.ends_early.setEnabled(self.early.isChecked())

    def _apply(self) -> None:
        post = replace(
            self._base,
            unit=str(self.unit.currentData()),
            kind=self.kind.currentData(),
            title=self.title_field.text().strip(),
            weekdays=self.weekdays.days(),
            starts=self.starts.clock(),
            ends=self.ends.clock(),
            ends_early=self.ends_early.clock() if self.early.isChecked() else None,
            school_days=self.school_days.isChecked(),
            officers=self.officers.value(),
        )
        label = f"{'New' if self._is_new else 'Change'} assignment of {post.unit}"
        self._desk.session.apply(label, lambda project: put_post(project, post))


class SplitShiftForm(FormDialog):
    """Splits a shift into two at a given time."""

    def __init__(self, desk: UiContext, shift: Shift, parent: QWidget) -> None:
        super().__init__("Split the Shift", "Split", self._split, parent)
        self._desk, self._shift = desk, shift
        zone = desk.session.project.time_zone
        name = describe_shift(shift, zone).say(desk.session.formats)
        self.set_about(f"{name}. The second part becomes open.")
        middle = shift.starts_at + (shift.ends_at - shift.starts_at) / 2
        local = middle.astimezone(ZoneInfo(zone))
        self.time = ClockField(desk.session.formats, time(local.hour, 0), "Split at")
        self.form.addRow("Split &at", self.time)
        self.reason = _add_reason_field(self, shift)

    def _split(self) -> None:
        session, shift = self._desk.session, self._shift
        zone, day, clock = session.project.time_zone, timedelta(days=1), self.time.clock()
        at = local_to_utc(shift.day(zone), clock, zone)
        if at <= shift.starts_at:
            at = local_to_utc(shift.day(zone) + day, clock, zone)
        decision = RosterDecision(session.clock(), session.actor, self.reason.text())
        session.apply(
            f"Split {describe_shift(shift, zone)}",
            lambda project: shift_edits.split_shift(project, shift.uid, at, decision),
        )


class SwapRequestForm(FormDialog):
    """Asks another officer to take a shift, in return for one of theirs or for nothing."""

    def __init__(self, desk: UiContext, shift: Shift, parent: QWidget) -> None:
        super().__init__("Ask for a Swap", "Ask", self._request, parent)
        self._desk, self._shift = desk, shift
        project = desk.session.project
        name = describe_shift(shift, project.time_zone).say(desk.session.formats)
        officer = project.officers.get(shift.officer or "")
        self.set_about(f"{name}, {officer.name if officer else shift.officer or 'open'}.")
        others = {
            key: known.name for key, known in project.officers.items() if key != shift.officer
        }
        self.taker = self.add_field("&Who takes it", make_choice_box(others, None, "Who takes it"))
        self.other = self.add_field("In &return for", ChoiceBox())
        self.other.setAccessibleName("In return for")
        self.taker.currentIndexChanged.connect(self._list_shifts_of_taker)
        self._list_shifts_of_taker()

    def _list_shifts_of_taker(self, _index: int = 0) -> None:
        session, taker = self._desk.session, self.taker.currentData()
        project, formats = session.project, session.formats
        shifts = [
            shift
            for shift in project.shifts.values()
            if shift.officer == taker
            and shift.is_active
            and not shift.locked
            and abs(shift.starts_at - self._shift.starts_at) <= _SWAP_REACH
        ]
        names = {
            shift.uid: describe_shift(shift, project.time_zone).say(formats)
            for shift in sorted(shifts, key=lambda shift: shift.starts_at)
        }
        self.other.offer({None: "Nothing", **names})

    def _request(self) -> None:
        session = self._desk.session
        swap = ShiftSwap(
            uid=uuid4().hex[:12],
            shift=self._shift.uid,
            officer=self._shift.officer or "",
            taker=str(self.taker.currentData() or ""),
            asked_at=session.clock(),
            other=self.other.currentData(),
        )
        session.apply("Ask for a swap", lambda project: swaps.request_swap(project, swap))


_SWAP_REACH = timedelta(days=14)


def _add_reason_field(form: FormDialog, shift: Shift | None) -> QLineEdit:
    """Add the field for the reason of a change, visible only for a posted shift."""
    reason = form.add_field("&Reason for the change", QLineEdit())
    form.form.setRowVisible(reason, shift is not None and shift.status is ShiftStatus.FINAL)
    return reason


def _make_unit_box(project: Project, unit: str) -> ChoiceBox:
    return make_choice_box({unit: unit for unit in project.units}, unit, "Unit")


def _make_kind_box(kind: ShiftKind) -> ChoiceBox:
    return make_choice_box({kind: str(kind).capitalize() for kind in ShiftKind}, kind, "Kind")
