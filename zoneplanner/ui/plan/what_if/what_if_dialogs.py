"""The dialogs of what-ifs: a site closes, opens, is planned, or has another enrollment."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.plans.what_if import (
    PLANNED_LEVELS,
    apply_what_if_to_project,
    build_planned_site,
    describe_closing,
    list_applicable_changes,
    parse_enrollment,
    plan_site_closing,
    suppose_enrollment,
    suppose_planned_site,
    suppose_site_closed,
    suppose_site_open,
)
from zoneplanner.domain.geography.site import Site, find_jurisdiction, format_level
from zoneplanner.domain.plans.closings import DEFAULT_ROOM, SiteClosing, may_receive
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.record_form import OptionalDayField, UnitsField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import describe_jurisdiction


class WhatIfEnrollmentDialog(FormDialog):
    """Asks for a number of students; an empty field returns to the number on file."""

    def __init__(self, desk: UiContext, site: Site, parent: QWidget | None = None) -> None:
        super().__init__("What If: Different Enrollment", "Assume", self._suppose, parent)
        self._desk = desk
        self._site = site
        actual = desk.session.saved_project.sites[site.id].enrollment
        on_file = "no enrollment" if actual is None else format_count(actual, "student")
        self.set_about(
            f"{site.name} has {on_file} on file. A different number is used only in a what-if; the "
            "site itself does not change. Leave the field empty to return to the number on file."
        )
        self.students = QLineEdit("" if site.enrollment is None else str(site.enrollment))
        self.students.setAccessibleName("Students in the what-if")
        self.students.selectAll()
        self.form.addRow("&Students", self.students)
        self.students.setFocus()

    def _suppose(self) -> None:
        students = parse_enrollment(self.students.text())
        suppose_enrollment(self._desk.session, self._site.id, students)


_NEAREST, _CHOSEN = "nearest", "chosen"
_MAX_RECEIVERS, _RECEIVER_COLUMNS = 12, 2


class CloseSiteDialog(FormDialog):
    """Asks from which day a site is closed and which schools receive its students."""

    def __init__(self, desk: UiContext, site: Site, parent: QWidget | None = None) -> None:
        super().__init__(f"What If: {site.name} Closes", "Assume", self._suppose, parent)
        self._desk, self._site = desk, site
        state = desk.session.state
        self.on = self.add_field("Closed &from", OptionalDayField("The date is known", desk, None))
        ways = {_NEAREST: "The nearest schools with room", _CHOSEN: "Schools that I choose"}
        self.way = self.add_field("&Students go to", make_choice_box(ways, name="Students go to"))
        self.room = self.add_field(
            "&Room at a school",
            make_number_box(0, 100, round(100 * DEFAULT_ROOM), prefix="up to ", suffix="% more"),
        )
        receivers = [other for other in state.project.patrolled if may_receive(site, other)]
        index, minutes = state.basis.index, state.basis.travel_min
        if site.id in index:
            receivers.sort(key=lambda other: float(minutes[index[site.id], index[other.id]]))
        names = {receiver.id: receiver.name for receiver in receivers[:_MAX_RECEIVERS]}
        self.chosen = self.add_field("", UnitsField(names, (), columns=_RECEIVER_COLUMNS))
        self.chosen.offer(names)
        self.going = self.add_field("Assumed", WrappedLabel())
        for changed in (
            self.way.currentIndexChanged,
            self.on.taken.toggled,
            self.on.day.dateChanged,
            self.room.valueChanged,
            self.chosen.toggled,
        ):
            changed.connect(self._show_closing)
        self._show_closing()

    def _show_closing(self, *_: object) -> None:
        is_chosen = self.way.currentData() == _CHOSEN
        self.form.setRowVisible(self.chosen, is_chosen)
        self.form.setRowVisible(self.room, not is_chosen)
        session = self._desk.session
        text = describe_closing(session.project, self._read_closing())
        self.going.setText(text.say(session.formats))

    def _read_closing(self) -> SiteClosing:
        receivers = list(filter(None, self.chosen.text().split(";")))
        return plan_site_closing(
            self._desk.session,
            self._site.id,
            on=self.on.read_day(),
            receivers=receivers if self.way.currentData() == _CHOSEN else (),
            room=self.room.value() / 100,
        )

    def _suppose(self) -> None:
        suppose_site_closed(self._desk.session, self._site.id, self._read_closing())


class OpenSiteDialog(FormDialog):
    """Asks from which day a site that is not patrolled opens."""

    def __init__(self, desk: UiContext, site: Site, parent: QWidget | None = None) -> None:
        super().__init__(f"What If: {site.name} Opens", "Assume", self._suppose, parent)
        self._desk, self._site = desk, site
        self.set_about("Without a date, it is open on every day of this what-if.")
        self.on = self.add_field("Opens &on", OptionalDayField("The date is known", desk, None))

    def _suppose(self) -> None:
        suppose_site_open(self._desk.session, self._site.id, self.on.read_day())


class PlannedSiteDialog(FormDialog):
    """Asks for a planned site's name, level and students, and shows its jurisdiction."""

    def __init__(
        self, desk: UiContext, x_m: float, y_m: float, parent: QWidget | None = None
    ) -> None:
        super().__init__("What If: A Planned Site", "Assume", self._suppose, parent)
        self._desk = desk
        self._position = (x_m, y_m)
        project = desk.session.project
        site = build_planned_site("planned", "elementary", None, x_m, y_m, taken=set())
        placement = find_jurisdiction(site, project.jurisdictions.values())
        where = describe_jurisdiction(desk.session, placement)
        self.set_about(
            f"Here: {where}. The site is patrolled in the what-if only, in the nearest zone "
            "whose unit may be primary here."
        )
        self.name = self.add_field("&Name", QLineEdit())
        self.name.setAccessibleName("Name of the planned site")
        levels = {level: format_level(level) for level in PLANNED_LEVELS}
        self.level = self.add_field("&Level", make_choice_box(levels, name="Level"))
        self.students = self.add_field("&Students", QLineEdit())
        self.students.setAccessibleName("Students expected")
        self.students.setPlaceholderText(f"{project.assumptions.missing_enrollment} if left empty")
        self.on = self.add_field("Opens &on", OptionalDayField("The date is known", desk, None))
        self.name.setFocus()

    def _suppose(self) -> None:
        session = self._desk.session
        site = build_planned_site(
            self.name.text(),
            self.level.currentData(),
            parse_enrollment(self.students.text()),
            *self._position,
            taken={other.name for other in session.project.sites.values()},
        )
        suppose_planned_site(session, site, self.on.read_day())
        self._desk.bridge.select(site=site.id)


class ApplyWhatIfDialog(FormDialog):
    """Lists what applying a what-if would change for every plan of the project."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Apply the What-If to the Project", "Apply", self._apply, parent)
        self._desk = desk
        self.set_about(
            f"What “{plan.name}” assumes is applied to the project and all its plans. The plan "
            "itself stays a draft. You can undo this as one step."
        )
        changes = list_applicable_changes(desk.session.saved_project, plan)
        lines = [f"•  {change.say(desk.session.formats)}" for change in changes]
        self.facts = WrappedLabel("\n".join(lines))
        self.form.addRow(self.facts)

    def _apply(self) -> None:
        apply_what_if_to_project(self._desk.session)
        self._desk.report_done("The what-if was applied to the project; its plans now use it.")
