"""The forms of an officer: who they are, and when they are off or at the main job."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from uuid import uuid4

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.availability import list_unit_jurisdictions
from zoneplanner.domain.roster.officer_edits import (
    USUAL_EQUIPMENT,
    put_availability,
    put_officer,
    put_officer_file,
    remove_officer,
)
from zoneplanner.domain.roster.shift import (
    ABSENCE_KINDS,
    SUBSTITUTE_KIND,
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    OfficerFile,
    ShiftStatus,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.shifts.roster_forms import (
    ClockField,
    WeekdayField,
    split_list_text,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.record_form import OptionalDayField, UnitsField, WordsField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import format_kind

_WORDS_BESIDE = 3
_NO_NAME = "Enter the officer’s name."


def _list_boxes(equipment: Iterable[str]) -> dict[str, str]:
    """Return what stands beside the box of each piece of equipment."""
    return {one: one[:1].upper() + one[1:] for one in equipment}


class OfficerForm(FormDialog):
    """Add an officer or change one."""

    def __init__(self, desk: UiContext, officer: Officer | None, parent: QWidget) -> None:
        super().__init__(officer.name if officer else "New Officer", "Save", self._keep, parent)
        self._desk, self._officer = desk, officer
        project = desk.session.project
        self.set_about(
            "The name and contact stay in this project; the day card and Ctrl+K show the contact."
        )
        self.name = self.add_field("&Name", QLineEdit(officer.name if officer else ""))
        kinds = [*(unit.kind for unit in project.units.values()), SUBSTITUTE_KIND]
        named = {kind: format_kind(kind) for kind in kinds}
        kind = make_choice_box(named, officer.kind if officer else None, "Kind")
        self.kind = self.add_field("&Kind", kind)
        agencies = {key: one.short or key for key, one in project.agencies.items()}
        agency = make_choice_box(agencies, officer.agency if officer else None, "Agency")
        self.agency = self.add_field("&Agency", agency)
        own = officer or Officer("", "", "", "")
        kept = project.officer_files.get(own.id, OfficerFile())
        self.units = self.add_field("May serve &units", UnitsField(project.units, own.units))
        self.prefers = self.add_field("&Prefers", UnitsField(project.units, own.prefers))
        known = dict.fromkeys(list_known_qualifications(project))
        self.qualified = self.add_field(
            "&Qualifications", UnitsField(known, own.qualifications, columns=_WORDS_BESIDE)
        )
        self.form.setRowVisible(self.qualified, bool(known))
        self.other = self.add_field("&Other qualification", QLineEdit())
        self.other.setPlaceholderText("optional; it stays in the list from then on")
        self.contact = self.add_field("&Contact", QLineEdit(own.contact))
        self.contact.setPlaceholderText("the number to call for relief")
        day = OptionalDayField("Seniority is known", desk, kept.seniority)
        self.seniority = self.add_field("&Senior since", day)
        issued = _list_boxes((*USUAL_EQUIPMENT, *kept.equipment))
        self.equipment = self.add_field("&Equipment issued", WordsField(issued, kept.equipment))
        self.name.textChanged.connect(lambda _: self._check())
        self.units.toggled.connect(lambda *_: self._check())
        self._check()

    def _check(self) -> None:
        """Name what is still required."""
        left = "" if self.units.text() else UserError("field_empty.officer_units").message
        self.require(left if self.name.text().strip() else _NO_NAME)

    def _keep(self) -> None:
        project = self._desk.session.project
        units, prefers, words, equipment = (
            split_list_text(field.text())
            for field in (self.units, self.prefers, self.qualified, self.equipment)
        )
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
            prefers=prefers,
            qualifications=tuple(dict.fromkeys((*words, *split_list_text(self.other.text())))),
            contact=self.contact.text().strip(),
        )
        if not units:
            raise UserError("field_empty.officer_units")
        since = self.seniority.read_day()
        kept = OfficerFile(since, equipment)
        self._desk.session.apply(
            f"Officer {officer.name}" if self._officer is None else f"Change {officer.name}",
            lambda one: put_officer_file(put_officer(one, officer), officer.id, kept),
        )


def list_known_qualifications(project: Project) -> tuple[str, ...]:
    """Return what officers have and what assignments ask for, in order of the alphabet."""
    found = {word for one in project.officers.values() for word in one.qualifications}
    for needing in (project.posts, project.shifts):
        found.update(word for one in needing.values() for word in one.needs)
    return tuple(sorted(found))


class OffboardForm(FormDialog):
    """Let an officer go: the last day, what becomes open, and what they have to bring back."""

    def __init__(self, desk: UiContext, officer: Officer, parent: QWidget) -> None:
        super().__init__(f"Offboard {officer.name}", "Offboard", self._keep, parent)
        self._desk, self._officer = desk, officer
        session = desk.session
        self.last = self.add_field("&Last day", DayField(session.formats, session.today))
        self.opened = self.add_field("Becomes open", make_muted_label())
        issued = session.project.officer_files.get(officer.id, OfficerFile()).equipment
        self.returned = self.add_field("&Returned", WordsField(_list_boxes(issued), ()))
        self.form.setRowVisible(self.returned, bool(issued))
        if not issued:
            self.set_about("No equipment is on file for this officer.")
        self.last.dateChanged.connect(self._count)
        self._count()

    def _count(self) -> None:
        project, last = self._desk.session.project, self.last.day()
        later = [
            one
            for one in project.shifts.values()
            if one.officer == self._officer.id
            and one.is_active
            and one.day(project.time_zone) > last
        ]
        posted = sum(one.status is ShiftStatus.FINAL for one in later)
        more = f", {posted} of them posted" if posted else ""
        self.opened.setText(f"{format_count(len(later), 'shift')} after that day{more}")

    def _keep(self) -> None:
        session, officer, last = self._desk.session, self._officer, self.last.day()
        now, by = session.clock(), session.actor
        file = session.project.officer_files.get(officer.id, OfficerFile())
        back = split_list_text(self.returned.text())
        kept = replace(file, equipment=tuple(one for one in file.equipment if one not in back))

        def edit(project: Project) -> Project:
            with_file = put_officer_file(project, officer.id, kept)
            return remove_officer(with_file, officer.id, last_day=last, now=now, by=by)

        session.apply(f"Offboard {officer.name}", edit)
        left = f" Not returned: {', '.join(kept.equipment)}." if kept.equipment else ""
        day = session.formats.day(last)
        self._desk.report_done(f"{officer.name} serves until {day}; later shifts are open.{left}")


class OfficerTimeForm(FormDialog):
    """Leave, the main job, or other times of an officer; ``day`` is likely meant."""

    def __init__(self, desk: UiContext, officer: Officer, day: date, parent: QWidget) -> None:
        super().__init__(f"Leave or main job of {officer.name}", "Save", self._keep, parent)
        self._desk, self._officer = desk, officer
        self.set_about(
            "During leave or absence, the officer has no shifts. The main job comes first, and "
            "its rest rules apply."
        )
        kinds = {kind: kind.noun.capitalize() for kind in AvailabilityKind}
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
            kind=AvailabilityKind(self.kind.currentData()),
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
        label = f"{own.kind.noun.capitalize()} of {self._officer.name}"
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
        return f" There {there} during that time; Problems lists what to reassign." if mine else ""
