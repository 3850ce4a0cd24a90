"""The forms of shifts: new, changed, split, asked to be swapped; and of posts."""

from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from zoneplanner.domain.calendar.local_time import local_to_utc, make_local_interval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits, swaps
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.shift import (
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
    """Add a shift for an event, a program or a further patrol, or change one.

    ``added`` names a new one.
    """

    added = Signal(str)

    def __init__(
        self, desk: UiContext, monday: date, parent: QWidget, shift: Shift | None = None
    ) -> None:
        title, ok = ("Change the shift", "Save") if shift else ("New shift", "Add")
        super().__init__(title, ok, self._keep, parent)
        self._desk, self._shift = desk, shift
        project = desk.session.project
        zone = ZoneInfo(project.time_zone)
        kind = shift.kind if shift else ShiftKind.EVENT
        self.unit = self.add_field("&Unit", _unit_box(project, shift.unit if shift else ""))
        self.kind = self.add_field("&Kind", _kind_box(kind))
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
        self.why = _add_reason(self, shift)
        self.set_about("An end time at or before the start is on the next day.")

    def _keep(self) -> None:
        session = self._desk.session
        zone, now = session.project.time_zone, session.clock()
        when = make_local_interval(self.day.day(), self.starts.clock(), self.ends.clock(), zone)
        base = self._shift or Shift(uuid4().hex[:12], "", None, when.starts_at, when.ends_at)
        kind, title = ShiftKind(self.kind.currentData()), self.title_field.text().strip()
        if kind is ShiftKind.EVENT and not title:
            raise UserError("field_empty.event_title")
        shift = replace(
            base,
            unit=str(self.unit.currentData()),
            starts_at=when.starts_at,
            ends_at=when.ends_at,
            kind=kind,
            title=title,
            needs=split_list_text(self.needs.text()),
        )
        words = describe_shift(shift, zone)
        if self._shift is None:
            session.apply(f"New shift {words}", lambda one: shift_edits.put_shift(one, shift))
            self.added.emit(shift.uid)
        else:
            by, why = session.actor, self.why.text()
            session.apply(
                f"Change {words}",
                lambda one: shift_edits.change_shift(one, shift, now=now, by=by, reason=why),
            )


class RosterPostForm(FormDialog):
    """What has to be staffed week by week: a unit's turn, an after-school program, an event."""

    def __init__(self, desk: UiContext, post: RosterPost | None, parent: QWidget) -> None:
        super().__init__("Assignment" if post else "New Assignment", "Save", self._keep, parent)
        self._desk, self._post = desk, post
        project = desk.session.project
        base = post or RosterPost(
            uuid4().hex[:12], next(iter(project.units), ""), time(16), time(18)
        )
        self._base = base
        self.set_about(
            "Propose creates a shift for each assignment on its days; existing shifts stay."
        )
        formats = desk.session.formats
        self.unit = self.add_field("&Unit", _unit_box(project, base.unit))
        self.kind = self.add_field("&Kind", _kind_box(base.kind))
        self.title_field = self.add_field("&Title", QLineEdit(base.title))
        self.title_field.setPlaceholderText("such as Robotics club")
        self.weekdays = self.add_field("On", WeekdayField(base.weekdays))
        self.starts = self.add_field("&From", ClockField(formats, base.starts, "From"))
        self.ends = self.add_field("T&o", ClockField(formats, base.ends, "To"))
        early = QCheckBox("Ends earlier on early-release and minimum days, at")
        self.early = self.add_field("", early)
        self.early.setChecked(base.ends_early is not None)
        ends_early = ClockField(formats, base.ends_early or base.ends, "Early end")
        self.ends_early = self.add_field("", ends_early)
        self.school_days = self.add_field("", QCheckBox("Only on school days"))
        self.school_days.setChecked(base.school_days)
        self.officers = self.add_field("&Officers", make_number_box(1, 20, base.officers))
        self.early.toggled.connect(self.ends_early.setEnabled)
        self.ends_early.setEnabled(self.early.isChecked())

    def _keep(self) -> None:
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
        label = f"{'Change' if self._post else 'New'} assignment of {post.unit}"
        self._desk.session.apply(label, lambda one: put_post(one, post))


class SplitShiftForm(FormDialog):
    """Split a shift into two at a given time."""

    def __init__(self, desk: UiContext, shift: Shift, parent: QWidget) -> None:
        super().__init__("Split the Shift", "Split", self._keep, parent)
        self._desk, self._shift = desk, shift
        zone = desk.session.project.time_zone
        words = describe_shift(shift, zone, desk.session.formats)
        self.set_about(f"{words}. The second part becomes open.")
        middle = shift.starts_at + (shift.ends_at - shift.starts_at) / 2
        local = middle.astimezone(ZoneInfo(zone))
        self.time = ClockField(desk.session.formats, time(local.hour, 0), "Split at")
        self.form.addRow("Split &at", self.time)
        self.why = _add_reason(self, shift)

    def _keep(self) -> None:
        session, shift = self._desk.session, self._shift
        zone = session.project.time_zone
        moment = local_to_utc(shift.day(zone), self.time.clock(), zone)
        if moment <= shift.starts_at:
            moment = local_to_utc(shift.day(zone) + timedelta(days=1), self.time.clock(), zone)
        now, by, why = session.clock(), session.actor, self.why.text()
        session.apply(
            f"Split {describe_shift(shift, zone)}",
            lambda one: shift_edits.split_shift(one, shift.uid, moment, now=now, by=by, reason=why),
        )


class SwapRequestForm(FormDialog):
    """Ask another officer to take a shift, in return for one of theirs or for nothing."""

    def __init__(self, desk: UiContext, shift: Shift, parent: QWidget) -> None:
        super().__init__("Ask for a Swap", "Ask", self._keep, parent)
        self._desk, self._shift = desk, shift
        project = desk.session.project
        words = describe_shift(shift, project.time_zone, desk.session.formats)
        self.set_about(f"{words}, {_name(desk, shift.officer)}.")
        others = {o.id: o.name for o in project.officers.values() if o.id != shift.officer}
        self.taker = make_choice_box(others, None, "Who takes it")
        self.other = ChoiceBox()
        self.other.setAccessibleName("In return for")
        self.form.addRow("&Who takes it", self.taker)
        self.form.addRow("In &return for", self.other)
        self.taker.currentIndexChanged.connect(self._theirs)
        self._theirs()

    def _theirs(self, _at: int = 0) -> None:
        session, who = self._desk.session, self.taker.currentData()
        project, formats = session.project, session.formats
        near = timedelta(days=14)
        self.other.clear()
        self.other.addItem("Nothing", None)
        theirs = [
            shift
            for shift in project.shifts.values()
            if shift.officer == who
            and shift.is_active
            and not shift.locked
            and abs(shift.starts_at - self._shift.starts_at) <= near
        ]
        for shift in sorted(theirs, key=lambda one: one.starts_at):
            self.other.addItem(describe_shift(shift, project.time_zone, formats), shift.uid)

    def _keep(self) -> None:
        session = self._desk.session
        swap = ShiftSwap(
            uid=uuid4().hex[:12],
            shift=self._shift.uid,
            officer=self._shift.officer or "",
            taker=str(self.taker.currentData() or ""),
            asked_at=session.clock(),
            other=self.other.currentData(),
        )
        session.apply("Ask for a swap", lambda one: swaps.request_swap(one, swap))


def _add_reason(form: FormDialog, shift: Shift | None) -> QLineEdit:
    """Add the field that says why a posted shift changes; of others it is not asked."""
    why = form.add_field("&Reason for the change", QLineEdit())
    form.form.setRowVisible(why, shift is not None and shift.status is ShiftStatus.FINAL)
    return why


def _unit_box(project: Project, chosen: str) -> ChoiceBox:
    return make_choice_box({unit: unit for unit in project.units}, chosen, "Unit")


def _kind_box(chosen: ShiftKind) -> ChoiceBox:
    return make_choice_box({kind: str(kind).capitalize() for kind in ShiftKind}, chosen, "Kind")


def _name(desk: UiContext, officer: str | None) -> str:
    known = desk.session.project.officers.get(officer or "")
    return known.name if known else officer or "open"
