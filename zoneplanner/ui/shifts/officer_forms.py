"""The forms of an officer: who they are, and when they are off or at the main job."""

from dataclasses import replace
from datetime import date, time
from uuid import uuid4

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from zoneplanner.domain.roster.availability import list_unit_jurisdictions
from zoneplanner.domain.roster.officer_edits import put_availability, put_officer
from zoneplanner.domain.roster.shift import (
    ABSENCE_KINDS,
    SUBSTITUTE_KIND,
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
)
from zoneplanner.errors import UserError
from zoneplanner.ui.shifts.roster_forms import (
    ClockField,
    WeekdayField,
    split_list_text,
)
from zoneplanner.ui.widgets.inputs.forms import DayField, FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import format_kind


class OfficerForm(FormDialog):
    """Add an officer or change one."""

    def __init__(self, desk: UiContext, officer: Officer | None, parent: QWidget) -> None:
        super().__init__(officer.name if officer else "New Officer", "Keep", self._keep, parent)
        self._desk, self._officer = desk, officer
        project = desk.session.project
        self.set_about(
            "Name and contact stay in this project; the day card and Ctrl+K show the contact."
        )
        self.name = self.add_field("&Name", QLineEdit(officer.name if officer else ""))
        kinds = [*(unit.kind for unit in project.units.values()), SUBSTITUTE_KIND]
        named = {kind: format_kind(kind) for kind in kinds}
        kind = make_choice_box(named, officer.kind if officer else None, "Kind")
        self.kind = self.add_field("&Kind", kind)
        agencies = {key: one.short or key for key, one in project.agencies.items()}
        agency = make_choice_box(agencies, officer.agency if officer else None, "Agency")
        self.agency = self.add_field("&Agency", agency)
        self.units, self.prefers, self.qualified = (
            self.add_field(label, QLineEdit("; ".join(words)))
            for label, words in (
                ("May serve &units", officer.units if officer else ()),
                ("&Prefers", officer.prefers if officer else ()),
                ("&Qualifications", officer.qualifications if officer else ()),
            )
        )
        self.units.setPlaceholderText(f"such as {'; '.join(list(project.units)[:2])}")
        self.contact = self.add_field("&Contact", QLineEdit(officer.contact if officer else ""))

    def _keep(self) -> None:
        project = self._desk.session.project
        units = split_list_text(self.units.text())
        areas = dict.fromkeys(
            area
            for unit in units
            if unit in project.units
            for area in list_unit_jurisdictions(project.units[unit])
        )
        base = self._officer or Officer(uuid4().hex[:12], "", "", "")
        officer = replace(
            base,
            name=self.name.text().strip(),
            agency=str(self.agency.currentData() or ""),
            kind=str(self.kind.currentData()),
            units=units,
            jurisdictions=tuple(areas),
            prefers=split_list_text(self.prefers.text()),
            qualifications=split_list_text(self.qualified.text()),
            contact=self.contact.text().strip(),
        )
        if not units:
            raise UserError("field_empty.officer_units")
        self._desk.session.apply(
            f"Officer {officer.name}" if self._officer is None else f"Change {officer.name}",
            lambda one: put_officer(one, officer),
        )


class OfficerTimeForm(FormDialog):
    """Leave, the main job, or other times of an officer; ``day`` is likely meant."""

    def __init__(self, desk: UiContext, officer: Officer, day: date, parent: QWidget) -> None:
        super().__init__(f"Time of {officer.name}", "Keep", self._keep, parent)
        self._desk, self._officer = desk, officer
        self.set_about(
            "Leave and absence keep the officer off; the main job comes first and its rest counts."
        )
        kinds = {kind: str(kind).capitalize() for kind in AvailabilityKind}
        what = make_choice_box(kinds, AvailabilityKind.LEAVE, "What")
        self.kind = self.add_field("&What", what)
        formats = desk.session.formats
        self.first = self.add_field("&First day", DayField(formats, day))
        self.last = self.add_field("&Last day", DayField(formats, day))
        self.whole = self.add_field("", QCheckBox("Whole days"))
        self.whole.setChecked(True)
        self.starts = self.add_field("From (clock)", ClockField(formats, time(7), "From"))
        self.ends = self.add_field("To (clock)", ClockField(formats, time(17), "To"))
        self.weekdays = self.add_field("On", WeekdayField(frozenset(range(1, 8))))
        self.every = self.add_field(
            "Repeats",
            make_number_box(1, 8, 1, prefix="every ", suffix=" weeks", least_text="every week"),
        )
        self.note = self.add_field("&Note", QLineEdit())
        self.whole.toggled.connect(self._able)
        self.kind.currentIndexChanged.connect(self._follow_kind)
        self._able()

    def _follow_kind(self, _at: int = 0) -> None:
        self.whole.setChecked(
            self.kind.currentData() not in (AvailabilityKind.MAIN_JOB, AvailabilityKind.AVAILABLE)
        )

    def _able(self, _on: bool = False) -> None:
        for field in (self.starts, self.ends):
            field.setEnabled(not self.whole.isChecked())

    def _keep(self) -> None:
        whole, days = self.whole.isChecked(), self.weekdays.days()
        own = AvailabilityPeriod(
            uid=uuid4().hex[:12],
            kind=self.kind.currentData(),
            first=self.first.day(),
            last=self.last.day(),
            starts=time(0) if whole else self.starts.clock(),
            ends=time(0) if whole else self.ends.clock(),
            weekdays=frozenset() if len(days) == 7 else days,
            every_weeks=self.every.value(),
            note=self.note.text().strip(),
        )
        if not days:
            raise UserError("field_empty.weekdays")
        session = self._desk.session
        label = f"{str(own.kind).capitalize()} of {self._officer.name}"
        session.apply(label, lambda one: put_availability(one, self._officer.id, own))
        formats = session.formats
        when = (
            formats.day(own.first) if own.first == own.last else formats.days(own.first, own.last)
        )
        self._desk.report_done(f"{label}, {when}.{self._stands_against(own)}")

    def _stands_against(self, own: AvailabilityPeriod) -> str:
        """Say how many shifts the officer still has in a time off."""
        if own.kind not in ABSENCE_KINDS:
            return ""
        project, days = self._desk.session.project, set(own.days(own.first, own.last))
        mine = [
            shift
            for shift in project.shifts.values()
            if shift.officer == self._officer.id
            and shift.is_active
            and shift.day(project.time_zone) in days
        ]
        there = "is a shift" if len(mine) == 1 else f"are {len(mine)} shifts"
        return f" There {there} in that time; Problems lists what to reassign." if mine else ""
