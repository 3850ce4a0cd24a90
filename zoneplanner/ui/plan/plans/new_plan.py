"""Start a plan: from another one, from the nearest posts, from a file, or from nothing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QWidget

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.plans.initial_assignment import (
    InitialPlan,
    assign_nearest_zone,
    build_plan_from_polygons,
    build_plan_from_table,
)
from zoneplanner.app.plans.optimization import build_empty_plan, make_unique_name, save_plan
from zoneplanner.app.session.identity import new_uid
from zoneplanner.domain.plans.lifecycle import branch_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import place_beside
from zoneplanner.ui.widgets.layout.basic_widgets import push_button
from zoneplanner.ui.widgets.services.ui_context import UiContext

_NAME = "New plan"
_STARTING_POINTS = {
    "in_force": ("The plan in force", "“{}”, with its locks, notes and blocks."),
    "shown": ("The plan on screen", "“{}”, with its locks, notes and blocks."),
    "nearest": (
        "The nearest post",
        "Each school goes to the zone with the nearest post; loads are not balanced.",
    ),
    "best": (
        "The best split",
        "An empty draft; “Propose zones” then searches for its best split.",
    ),
    "table": ("A table", "A CSV file with a column site (id or name) and a column zone."),
    "polygons": ("Zone polygons", "A GeoJSON file; each school goes to the zone that it is in."),
}
_FILES = {
    "table": "Tables (*.csv *.tsv *.txt *.xlsx)",
    "polygons": "Layers (*.geojson *.json *.shp *.zip *.gpkg *.kml *.kmz *.fgb)",
}


class NewPlanDialog(FormDialog):
    """Asks for a name and for what to start from."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("New Plan", "Start", self._start, parent)
        self._desk = desk
        project = desk.session.project
        self._names = {plan.name for plan in project.plans.values()}
        self.name = QLineEdit(make_unique_name(_NAME, self._names))
        self.name.selectAll()
        self.form.addRow("&Name", self.name)
        self.starts = {key: self._choice(key) for key in _STARTING_POINTS}
        group = QButtonGroup(self)
        for key, button in self.starts.items():
            group.addButton(button)
            self.form.addRow("Start &from" if key == "in_force" else "", button)
        next(button for button in self.starts.values() if button.isEnabled()).setChecked(True)
        self.file = QLineEdit(placeholderText="Path of the file")
        self.file_row = place_beside(self.file, push_button("Choose…", do=self._browse))
        self.form.addRow("F&ile", self.file_row)
        group.buttonToggled.connect(lambda _button, on: self._follow() if on else None)
        self._follow()

    def _choice(self, key: str) -> QRadioButton:
        """Return the button of a place to start from, with its tip; no plan there disables it."""
        title, about = _STARTING_POINTS[key]
        if key not in self._plans:
            button = QRadioButton(title)
            button.setToolTip(about)
            return button
        plan = self._plans[key]
        button = QRadioButton(f"{title}: {plan.name if plan else 'none yet'}")
        button.setToolTip(about.format(plan.name) if plan else "There is none yet.")
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
        """Return the key of what to start from."""
        return next(key for key, button in self.starts.items() if button.isChecked())

    def _follow(self) -> None:
        """Say what the choice does, and ask for a file where it needs one."""
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
            save_plan(session, plan, f"Branch “{name}” off “{start.name}”")
            return
        plan = build_empty_plan(session.project, name, new_uid(), session.clock())
        if key == "best":
            save_plan(session, plan, f"Start “{name}”")
            self._desk.actions["propose"].trigger()
            return
        self._desk.jobs.run(
            "Starting a plan",
            self._work(key, plan),
            on_done=partial(_keep, self._desk),
            lost="The plan was not created.",
        )

    def _work(self, key: str, plan: Plan) -> Callable[[ProgressReport], InitialPlan]:
        state = self._desk.session.state
        if key == "nearest":
            figures = state.figures.zones if state.figures else {}
            posts = {zone: own.post for zone, own in figures.items() if own.post}
            text = f"“{plan.name}” assigns each school to the nearest post."

            def nearest(_report: ProgressReport) -> InitialPlan:
                project = state.saved_project
                basis = compute_planning_basis(project, state.basis)
                return InitialPlan(assign_nearest_zone(project, basis, plan, posts), text)

            return nearest
        file = self.file.text().strip()
        if not file:
            raise UserError("field_empty.plan_file")
        if not Path(file).is_file():
            raise UserError("no_file.plan", file=Path(file).name)
        make = build_plan_from_table if key == "table" else build_plan_from_polygons
        own = self._desk.session.store.files
        return lambda report: make(
            state.saved_project, plan, Path(file), keep_off=own, report=report
        )


def _keep(desk: UiContext, started: InitialPlan) -> None:
    session = desk.session
    plan = started.plan
    if not desk.attempt(lambda: save_plan(session, plan, f"Start “{plan.name}”")):
        return
    left_out = {f"Row {note.row}": note.reason for note in started.refused}
    sign = "problem" if left_out else "done"
    desk.report_done(started.text, sign=sign, details=left_out, stays=bool(left_out))
