"""The forms that add, change and offboard officers, and record leave and main-job times."""

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
    RosterDecision,
    ShiftStatus,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, format_count
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

_BOX_COLUMNS = 3
_NO_NAME = "Enter the officer’s name."


def _label_equipment(equipment: Iterable[str]) -> dict[str, str]:
    """Return the label of the check box for each piece of equipment."""
    return {item: item[:1].upper() + item[1:] for item in equipment}


class OfficerForm(FormDialog):
    """Adds an officer or changes one."""

    def __init__(self, desk: UiContext, officer: Officer | None, parent: QWidget) -> None:
        super().__init__(officer.name if officer else "New Officer", "Save", self._save, parent)
        self._desk, self._officer = desk, officer
        project = desk.session.project
        self.set_about(
            "The name and contact stay in this project; the day card and Ctrl+K show the contact."
        )
        self.name = self.add_field("&Name", QLineEdit(officer.name if officer else ""))
        kinds = [*(unit.kind for unit in project.units.values()), SUBSTITUTE_KIND]
        kind_names = {kind: format_kind(kind) for kind in kinds}
        kind = make_choice_box(kind_names, officer.kind if officer else None, "Kind")
        self.kind = self.add_field("&Kind", kind)
        agencies = {key: agency.short or key for key, agency in project.agencies.items()}
        agency = make_choice_box(agencies, officer.agency if officer else None, "Agency")
        self.agency = self.add_field("&Agency", agency)
        base = self._base = officer or Officer(uuid4().hex[:12], "", "", "")
        file = project.officer_files.get(base.id, OfficerFile())
        self.units = self.add_field("May serve &units", UnitsField(project.units, base.units))
        self.prefers = self.add_field("&Prefers", UnitsField(project.units, base.prefers))
        known = dict.fromkeys(list_known_qualifications(project))
        self.qualified = self.add_field(
            "&Qualifications", UnitsField(known, base.qualifications, columns=_BOX_COLUMNS)
        )
        self.form.setRowVisible(self.qualified, bool(known))
        self.other = self.add_field("&Other qualification", QLineEdit())
        self.other.setPlaceholderText("optional; it stays in the list from then on")
        self.contact = self.add_field("&Contact", QLineEdit(base.contact))
        self.contact.setPlaceholderText("the number to call for relief")
        day = OptionalDayField("Seniority is known", desk, file.seniority)
        self.seniority = self.add_field("&Senior since", day)
        labels = _label_equipment((*USUAL_EQUIPMENT, *file.equipment))
        self.equipment = self.add_field("&Equipment issued", WordsField(labels, file.equipment))
        self.name.textChanged.connect(lambda _: self._update_required())
        self.units.toggled.connect(lambda *_: self._update_required())
        self._update_required()

    def _update_required(self) -> None:
        no_units = "" if self.units.text() else UserError("field_empty.officer_units").message
        self.require(no_units if self.name.text().strip() else _NO_NAME)

    def _save(self) -> None:
        project = self._desk.session.project
        units, prefers, qualifications, equipment = (
            split_list_text(field.text())
            for field in (self.units, self.prefers, self.qualified, self.equipment)
        )
        if not units:
            raise UserError("field_empty.officer_units")
        others = split_list_text(self.other.text())
        areas = dict.fromkeys(
            area
            for unit in units
            if unit in project.units
            for area in list_unit_jurisdictions(project.units[unit])
        )
        officer = replace(
            self._base,
            name=self.name.text().strip(),
            agency=str(self.agency.currentData() or ""),
            kind=str(self.kind.currentData()),
            units=units,
            jurisdictions=tuple(areas),
            prefers=prefers,
            qualifications=tuple(dict.fromkeys((*qualifications, *others))),
            contact=self.contact.text().strip(),
        )
        file = OfficerFile(self.seniority.read_day(), equipment)
        self._desk.session.apply(
            f"{'Officer' if self._officer is None else 'Change'} {officer.name}",
            lambda before: put_officer_file(put_officer(before, officer), officer.id, file),
        )


def list_known_qualifications(project: Project) -> tuple[str, ...]:
    """Return the qualifications of officers and those that assignments need, sorted."""
    return tuple(
        sorted(
            frozenset[str]().union(
                *(officer.qualifications for officer in project.officers.values()),
                *(post.needs for post in project.posts.values()),
                *(shift.needs for shift in project.shifts.values()),
            )
        )
    )


class OffboardForm(FormDialog):
    """Offboards an officer: the last day, the shifts that become open, and returned equipment."""

    def __init__(self, desk: UiContext, officer: Officer, parent: QWidget) -> None:
        super().__init__(f"Offboard {officer.name}", "Offboard", self._offboard, parent)
        self._desk, self._officer = desk, officer
        session = desk.session
        self.last = self.add_field("&Last day", DayField(session.formats, session.today))
        self.opened = self.add_field("Becomes open", make_muted_label())
        issued = session.project.officer_files.get(officer.id, OfficerFile()).equipment
        self.returned = self.add_field("&Returned", WordsField(_label_equipment(issued), ()))
        self.form.setRowVisible(self.returned, bool(issued))
        if not issued:
            self.set_about("No equipment is on file for this officer.")
        self.last.dateChanged.connect(self._count_shifts)
        self._count_shifts()

    def _count_shifts(self) -> None:
        project, last = self._desk.session.project, self.last.day()
        later = [
            shift
            for shift in project.shifts.values()
            if shift.officer == self._officer.id
            and shift.is_active
            and shift.day(project.time_zone) > last
        ]
        posted = sum(shift.status is ShiftStatus.FINAL for shift in later)
        more = f", {posted} posted" if posted else ""
        self.opened.setText(f"{format_count(len(later), 'shift')} after that day{more}")

    def _offboard(self) -> None:
        session, officer, last = self._desk.session, self._officer, self.last.day()
        decision = RosterDecision(session.clock(), session.actor)
        file = session.project.officer_files.get(officer.id, OfficerFile())
        returned = split_list_text(self.returned.text())
        missing = tuple(item for item in file.equipment if item not in returned)

        def edit(project: Project) -> Project:
            updated = put_officer_file(project, officer.id, replace(file, equipment=missing))
            return remove_officer(updated, officer.id, last, decision)

        session.apply(f"Offboard {officer.name}", edit)
        left = f" Not returned: {', '.join(missing)}." if missing else ""
        day = session.formats.day(last)
        self._desk.report_done(f"{officer.name} serves until {day}; later shifts are open.{left}")


class OfficerTimeForm(FormDialog):
    """Records leave, main-job or other times of an officer, starting with ``day``."""

    def __init__(self, desk: UiContext, officer: Officer, day: date, parent: QWidget) -> None:
        super().__init__(f"Leave or Main Job of {officer.name}", "Save", self._save, parent)
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
        self.whole.toggled.connect(self._enable_times)
        self.kind.currentIndexChanged.connect(self._follow_kind)
        self._enable_times()

    def _follow_kind(self, _index: int = 0) -> None:
        self.whole.setChecked(
            self.kind.currentData() not in (AvailabilityKind.MAIN_JOB, AvailabilityKind.AVAILABLE)
        )

    def _enable_times(self, _checked: bool = False) -> None:
        for field in (self.starts, self.ends):
            field.setEnabled(not self.whole.isChecked())

    def _save(self) -> None:
        whole, days = self.whole.isChecked(), self.weekdays.days()
        period = AvailabilityPeriod(
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
        label = f"{period.kind.noun.capitalize()} of {self._officer.name}"
        session.apply(label, lambda project: put_availability(project, self._officer.id, period))
        formats, first, last = session.formats, period.first, period.last
        dates = formats.day(first) if first == last else formats.days(first, last)
        self._desk.report_done(f"{label}, {dates}.{self._describe_conflicts(period)}")

    def _describe_conflicts(self, period: AvailabilityPeriod) -> str:
        """Describe how many shifts the officer still has during an absence."""
        if period.kind not in ABSENCE_KINDS:
            return ""
        project, days = self._desk.session.project, set(period.days(period.first, period.last))
        count = sum(
            shift.officer == self._officer.id
            and shift.is_active
            and shift.day(project.time_zone) in days
            for shift in project.shifts.values()
        )
        code = "shifts_in_absence.one" if count == 1 else "shifts_in_absence"
        return f" {Message(code, n=count)}" if count else ""
