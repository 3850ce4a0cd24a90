"""The dialogs that adopt, retire, annotate and create plans, and the note pinned to a place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.initial_assignment import (
    InitialPlan,
    assign_nearest_zone,
    build_plan_from_polygons,
    build_plan_from_table,
)
from zoneplanner.app.plans.what_if import find_first_day
from zoneplanner.app.plans.zone_proposals import build_empty_plan, make_unique_name, save_plan
from zoneplanner.app.session.identity import new_uid
from zoneplanner.domain.calendar.school_calendar import SchoolCalendar, name_school_year
from zoneplanner.domain.plans.edits import (
    adopt_plan,
    branch_plan,
    put_pin,
    rename_plan,
    retire_plan,
    set_plan_note,
)
from zoneplanner.domain.plans.plan import Pin, Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import Message, format_count, say_all
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import DayField, join_fields
from zoneplanner.ui.widgets.inputs.record_form import OptionalDayField
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel, push_button
from zoneplanner.ui.widgets.services.ui_context import UiContext

_LOOK_AHEAD_DAYS = 120
_SCHOOL_YEAR_DAYS = 300
_MAX_LISTED_PROBLEMS = 5


class AdoptPlanDialog(FormDialog):
    """Asks for the first day in force, which is prefilled, and for an optional last day.

    A plan that breaks rules can be adopted only after a box is checked.
    """

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Adopt the Plan", "Adopt", self._adopt, parent)
        self._desk = desk
        session = desk.session
        day = find_next_school_day(session.project.calendar, session.today)
        if session.plan is not None:
            day = max(day, find_first_day(session.saved_project, session.plan) or day)
        self.day = DayField(session.formats, day)
        self.day.dateChanged.connect(self._describe)
        self._describe()
        ending = OptionalDayField("The plan has a last day", desk, None)
        self.last, self.ends = ending.day, ending.taken
        self.last.put(find_last_school_day(session.project.calendar, day))
        self.name = self.add_field("&Name", QLineEdit(self._suggest_name(day)))
        self.form.addRow("In force &from", self.day)
        self.form.addRow("&Last day", ending)
        self.anyway = QCheckBox("Adopt it &anyway")
        self._show_problems()

    def _describe(self) -> None:
        """Explain what adoption does to this plan and to the plan in force the day before."""
        session = self._desk.session
        name = session.plan.name if session.plan else ""
        before = session.project.plan_in_force(self.day.day() - timedelta(days=1))
        ends = f" “{before.name}” ends the day before." if before is not None else ""
        self.set_about(f"“{name}” takes effect on its first day and is then locked.{ends}")

    def _suggest_name(self, day: date) -> str:
        """Return the plan's name, or the school year's while the plan has a working name."""
        session = self._desk.session
        if session.plan is None or not session.plan.has_working_name:
            return session.plan.name if session.plan else ""
        names = {plan.name for plan in session.project.plans.values()}
        return make_unique_name(name_school_year(day), names)

    def _show_problems(self) -> None:
        problems, formats = self._desk.session.state.problems, self._desk.session.formats
        if not problems:
            return
        lines = [f"• {problem.message.say(formats)}" for problem in problems[:_MAX_LISTED_PROBLEMS]]
        if len(problems) > _MAX_LISTED_PROBLEMS:
            lines.append(f"• and {len(problems) - _MAX_LISTED_PROBLEMS} more; see Checks.")
        self.broken = WrappedLabel(
            f"It breaks {format_count(len(problems), 'rule')}:\n" + "\n".join(lines)
        )
        self.broken.setProperty("role", "problem")
        self.form.addRow(self.broken)
        self.form.addRow(self.anyway)
        self.ok.setEnabled(False)
        self.anyway.toggled.connect(self.ok.setEnabled)

    def _adopt(self) -> None:
        session = self._desk.session
        plan = session.plan
        if plan is None:
            raise UserError("no_plan.adopt")
        first = self.day.day()
        after = self.last.day() + timedelta(days=1) if self.ends.isChecked() else None
        name = self.name.text().strip()

        def adopt(project: Project) -> Project:
            named = project if name == plan.name else rename_plan(project, plan.uid, name)
            return adopt_plan(named, plan.uid, first, after)

        session.apply(f"Adopt “{name}” from {first}", adopt)
        self._desk.report_done(f"“{name}” takes effect on {session.formats.day(first)}.")


def find_next_school_day(calendar: SchoolCalendar, today: date) -> date:
    """Return the first school day after today, or tomorrow if none is known."""
    tomorrow = today + timedelta(days=1)
    ahead = calendar.school_days(tomorrow, today + timedelta(days=_LOOK_AHEAD_DAYS))
    return next(ahead, tomorrow)


def find_last_school_day(calendar: SchoolCalendar, first: date) -> date:
    """Return the last day of the known terms, or of a school year that begins on ``first``."""
    ends = [term.last for term in calendar.terms if term.last > first]
    return max(ends, default=first + timedelta(days=_SCHOOL_YEAR_DAYS))


class RetirePlanDialog(FormDialog):
    """Asks for the last day in force: today, or the day before a plan that has not begun."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Retire the Plan", "Retire", self._retire, parent)
        self._desk = desk
        self._plan = plan
        today, begins = desk.session.today, plan.effective_on
        if begins is not None and begins <= today:
            begins = None
        self.set_about(self._describe(begins))
        last = begins - timedelta(days=1) if begins is not None else today
        self.day = self.add_field("&Last day in force", DayField(desk.session.formats, last))

    def _describe(self, begins: date | None) -> str:
        """Explain what retiring does; ``begins`` is the first day of a plan not yet in force."""
        name, session = self._plan.name, self._desk.session
        if begins is not None:
            return (
                f"“{name}” takes effect on {session.formats.day(begins)}. If its last day is "
                "before that, it never takes effect."
            )
        coming = session.project.find_coming_plan(session.today)
        if coming is None or coming.effective_on is None:
            return (
                f"“{name}” stays on record. From the next day on, no plan is in force unless you "
                "adopt another."
            )
        return (
            f"“{name}” stays on record. “{coming.name}” takes effect on "
            f"{session.formats.day(coming.effective_on)}; on the days in between, no plan is in "
            "force."
        )

    def _retire(self) -> None:
        plan, last = self._plan, self.day.day()
        self._desk.session.apply(
            f"Retire “{plan.name}” after {last}",
            lambda project: retire_plan(project, plan.uid, last + timedelta(days=1)),
        )


def _make_note_field(text: str, name: str, *, lines: int) -> QPlainTextEdit:
    field = QPlainTextEdit(text)
    field.setAccessibleName(name)
    field.setTabChangesFocus(True)
    field.setFixedHeight(lines * field.fontMetrics().lineSpacing() + 16)
    return field


def make_pin(desk: UiContext, x_m: float, y_m: float) -> Pin:
    """Return an empty note at a position in project meters."""
    session = desk.session
    return Pin(uuid4().hex, x_m, y_m, "", session.actor, session.clock())


class PinNoteDialog(FormDialog):
    """Asks for the text of a pinned note; an existing note can also be removed."""

    def __init__(self, desk: UiContext, note: Pin, parent: QWidget | None = None) -> None:
        self._is_new = not note.text
        title, ok = ("Pin a note", "Pin") if self._is_new else ("Edit the note", "Save")
        super().__init__(title, ok, self._save, parent)
        self._desk = desk
        self._note = note
        plan = desk.session.plan
        self.set_about(f"The note stays at this place on the map in “{plan.name}”." if plan else "")
        self.text = _make_note_field(note.text, "Note", lines=4)
        self.form.addRow(self.text)
        if not self._is_new:
            role = QDialogButtonBox.ButtonRole.DestructiveRole
            self.buttons.addButton("Remove", role).clicked.connect(self._remove)
        self.text.setFocus()

    def _save(self) -> None:
        text = self.text.toPlainText().strip()
        if not text:
            raise UserError("field_empty.note")
        session = self._desk.session
        changed = replace(self._note, text=text, by=session.actor, at=session.clock())
        self._store("Pin a note" if self._is_new else "Edit a note", changed)

    def _remove(self) -> None:
        if self._desk.attempt(lambda: self._store("Remove a note", replace(self._note, text=""))):
            self.reject()

    def _store(self, label: str, note: Pin) -> None:
        session = self._desk.session
        uid = session.plan_uid
        if uid is None:
            raise UserError("no_plan.note")
        session.apply(label, lambda project: put_pin(project, uid, note))


class PlanNoteDialog(FormDialog):
    """Asks for the text of a plan's note; saving an empty string removes the note."""

    def __init__(self, desk: UiContext, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__("Note on the Plan", "Save", self._save, parent)
        self._desk = desk
        self._plan = plan
        self.set_about(f"The note is shown with “{plan.name}”; an empty note is removed.")
        self.text = _make_note_field(plan.note, "Note on the plan", lines=5)
        self.form.addRow(self.text)
        self.text.setFocus()

    def _save(self) -> None:
        uid, text = self._plan.uid, self.text.toPlainText()
        self._desk.session.apply(
            f"Note on “{self._plan.name}”", lambda project: set_plan_note(project, uid, text)
        )


_STARTING_POINTS = {
    "in_force": ("The plan in force", "“{}”, with its locks, notes and blocks."),
    "shown": ("The plan on screen", "“{}”, with its locks, notes and blocks."),
    "nearest": (
        "The nearest post",
        "Each school goes to the zone with the nearest post; loads are not balanced.",
    ),
    "best": (
        "The best plan",
        "An empty draft; “Propose zones” then searches for the best zones.",
    ),
    "table": ("A table", "A CSV file with a column site (id or name) and a column zone."),
    "polygons": ("Zone polygons", "A GeoJSON file; each school goes to the zone that it is in."),
}
_FILES = {
    "table": "Tables (*.csv *.tsv *.txt *.xlsx)",
    "polygons": "Layers (*.geojson *.json *.shp *.zip *.gpkg *.kml *.kmz *.fgb)",
}


class NewPlanDialog(FormDialog):
    """Asks for the name of a new plan and what to start it from."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("New Plan", "Start", self._start, parent)
        self._desk = desk
        project = desk.session.project
        self._names = {plan.name for plan in project.plans.values()}
        self.name = self.add_field("&Name", QLineEdit(make_unique_name("New plan", self._names)))
        self.name.selectAll()
        self.starts = {key: self._make_button(key) for key in _STARTING_POINTS}
        group = QButtonGroup(self)
        for key, button in self.starts.items():
            group.addButton(button)
            self.form.addRow("Start &from" if key == "in_force" else "", button)
        next(button for button in self.starts.values() if button.isEnabled()).setChecked(True)
        self.file = QLineEdit(placeholderText="File path")
        self.file_row = join_fields((self.file, 1), push_button("Choose…", do=self._browse))
        self.form.addRow("F&ile", self.file_row)
        group.buttonToggled.connect(lambda _button, on: self._show_choice() if on else None)
        self._show_choice()

    def _make_button(self, key: str) -> QRadioButton:
        """Return a starting point's button, disabled if that plan does not exist."""
        title, about = _STARTING_POINTS[key]
        if key not in self._plans:
            button = QRadioButton(title)
            button.setToolTip(about)
            return button
        plan = self._plans[key]
        button = QRadioButton(f"{title}: {plan.name if plan else 'none yet'}")
        button.setToolTip(about.format(plan.name) if plan else "There is no such plan yet.")
        button.setEnabled(plan is not None)
        return button

    @property
    def _plans(self) -> dict[str, Plan | None]:
        session = self._desk.session
        return {
            "in_force": session.project.plan_in_force(session.today),
            "shown": session.plan,
        }

    @property
    def chosen(self) -> str:
        """The key of the chosen starting point."""
        return next(key for key, button in self.starts.items() if button.isChecked())

    def _show_choice(self) -> None:
        """Describe the chosen starting point, and show the file field if it needs a file."""
        self.set_about(self.starts[self.chosen].toolTip())
        self.form.setRowVisible(self.file_row, self.chosen in _FILES)

    def _browse(self) -> None:
        chosen = ask_file(self, "Start from a file", _FILES[self.chosen])
        if chosen is not None:
            self.file.setText(str(chosen))

    def _start(self) -> None:
        session, key = self._desk.session, self.chosen
        name = self.name.text().strip()
        if not name:
            raise UserError("field_empty.plan_name")
        if name in self._names:
            raise UserError("name_taken.plan", name=name)
        start = self._plans.get(key)
        if start is not None:
            plan = branch_plan(start, new_uid(), name, at=session.clock())
            save_plan(session, plan, f"Start “{name}” from “{start.name}”")
            return
        plan = build_empty_plan(session.project, name, new_uid(), session.clock())
        if key == "best":
            save_plan(session, plan, f"Start “{name}”")
            self._desk.actions["propose"].trigger()
            return
        self._desk.jobs.run(
            "Starting a plan",
            self._prepare(key, plan),
            on_done=partial(_save_started_plan, self._desk),
            lost="The plan was not created.",
        )

    def _prepare(self, key: str, plan: Plan) -> Callable[[ProgressReport], InitialPlan]:
        """Return the work that assigns the sites of an empty plan, to be run as a job."""
        state = self._desk.session.state
        if key == "nearest":
            zones = state.figures.zones if state.figures else {}
            posts = {zone: figures.post for zone, figures in zones.items() if figures.post}
            text = Message("plan_from_posts", plan=plan.name)

            def assign_nearest(_report: ProgressReport) -> InitialPlan:
                project = state.saved_project
                basis = compute_planning_basis(project, state.basis)
                return InitialPlan(assign_nearest_zone(project, basis, plan, posts), text)

            return assign_nearest
        file = self.file.text().strip()
        if not file:
            raise UserError("field_empty.plan_file")
        if not Path(file).is_file():
            raise UserError("no_file.plan", file=Path(file).name)
        build = build_plan_from_table if key == "table" else build_plan_from_polygons
        store_files = self._desk.session.store.files
        return lambda report: build(
            state.saved_project, plan, Path(file), protected=store_files, report=report
        )


def _save_started_plan(desk: UiContext, started: InitialPlan) -> None:
    plan = started.plan
    if not desk.attempt(lambda: save_plan(desk.session, plan, f"Start “{plan.name}”")):
        return
    formats = desk.session.formats
    rejected = {f"Row {note.row}": note.explain(formats) for note in started.refused}
    sign = "problem" if rejected else "done"
    text = say_all((started.message, *started.notes), formats)
    desk.report_done(text, sign=sign, details=rejected, stays=bool(rejected))
