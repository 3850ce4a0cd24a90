"""Start a plan: from another one, from the nearest posts, from a file, or from nothing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import (
    QButtonGroup,
    QLineEdit,
    QPushButton,
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
from zoneplanner.app.plans.optimization import build_empty_plan, make_unique_name, save_plan
from zoneplanner.app.session.identity import new_uid
from zoneplanner.domain.plans.lifecycle import branch_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.forms import FormDialog, place_beside
from zoneplanner.ui.widgets.services.ui_context import UiContext

_TITLE = "Starting a plan"
_NAME = "New plan"
_STARTING_POINTS = {
    "in_force": ("The plan in force", "“{in_force}”, with its locks, notes and blocks."),
    "shown": ("The plan on screen", "“{shown}”, with its locks, notes and blocks."),
    "nearest": (
        "The nearest post",
        "Each school goes to the zone whose post is nearest; loads are not evened out.",
    ),
    "best": (
        "The best split",
        "An empty draft, for which “Propose zones” then looks for the best split.",
    ),
    "table": (
        "A table",
        "A CSV file with a column site (id or name) and a column zone.",
    ),
    "polygons": (
        "Zone polygons",
        "A GeoJSON file; each school goes to the zone that it lies in.",
    ),
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
        for key, button in self.starts.items():
            self.form.addRow("Start &from" if key == "in_force" else "", button)
        self.file = QLineEdit()
        self.file.setPlaceholderText("Path of the file")
        browse = QPushButton("Choose…")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.file_row = place_beside(self.file, browse)
        self.form.addRow("F&ile", self.file_row)
        self._follow()

    def _choice(self, key: str) -> QRadioButton:
        title, about = _STARTING_POINTS[key]
        session = self._desk.session
        plans = {"in_force": session.project.plan_in_force(session.today), "shown": session.plan}
        names = {place: plan.name for place, plan in plans.items() if plan is not None}
        button = QRadioButton(title)
        if key in plans:
            button.setEnabled(key in names)
            about = about.format(**names) if key in names else "There is none yet."
            button.setText(f"{title}: {names[key]}" if key in names else f"{title}: none yet")
        button.setToolTip(about)
        button.setProperty("about", about)
        if not hasattr(self, "_group"):
            self._group = QButtonGroup(self)
        self._group.addButton(button)
        if button.isEnabled() and self._group.checkedButton() is None:
            button.setChecked(True)
        button.toggled.connect(self._follow)
        return button

    @property
    def chosen(self) -> str:
        """Return the key of what to start from."""
        return next(key for key, button in self.starts.items() if button.isChecked())

    def _follow(self) -> None:
        """Say what the choice does, and ask for a file where it needs one."""
        if not hasattr(self, "file_row"):
            return
        self.set_about(self.starts[self.chosen].property("about"))
        self.form.setRowVisible(self.file_row, self.chosen in _FILES)

    def _browse(self) -> None:
        chosen = ask_file(self, "Start from a file", _FILES[self.chosen])
        if chosen is not None:
            self.file.setText(str(chosen))

    def _start(self) -> None:
        session, key = self._desk.session, self.chosen
        name = self.name.text().strip()
        if not name:
            raise UserError("A plan needs a name; type one.")
        if name in self._names:
            raise UserError(f"There is a plan “{name}” already; choose another name.")
        if key in ("in_force", "shown"):
            project = session.project
            start = project.plan_in_force(session.today) if key == "in_force" else session.plan
            assert start is not None
            plan = branch_plan(start, new_uid(), name, at=session.clock())
            save_plan(session, plan, f"Branch “{name}” off “{start.name}”")
            return
        plan = build_empty_plan(session.project, name, new_uid(), session.clock())
        if key == "best":
            save_plan(session, plan, f"Start “{name}”")
            self._desk.actions["propose"].trigger()
            return
        self._desk.jobs.run(
            _TITLE,
            self._work(key, plan),
            on_done=partial(_keep, self._desk),
            on_failed=partial(_failed, self._desk),
            lost="The plan is not started.",
        )

    def _work(self, key: str, plan: Plan) -> Callable[[ProgressReport], InitialPlan]:
        reading = self._desk.session.state
        if key == "nearest":
            figures = reading.figures.zones if reading.figures else {}
            posts = {zone: own.post for zone, own in figures.items() if own.post}
            text = f"“{plan.name}” gives each school to the nearest post."

            def nearest(_report: ProgressReport) -> InitialPlan:
                base = compute_planning_basis(reading.saved_project, reading.basis)
                return InitialPlan(
                    assign_nearest_zone(reading.saved_project, base, plan, posts), text
                )

            return nearest
        file = self.file.text().strip()
        if not file:
            raise UserError("Choose the file to start from.")
        if not Path(file).is_file():
            raise UserError(f"There is no file “{Path(file).name}” there; choose another one.")
        make = build_plan_from_table if key == "table" else build_plan_from_polygons
        own = self._desk.session.store.files
        return lambda _report: make(reading.saved_project, plan, Path(file), keep_off=own)


def _keep(desk: UiContext, started: InitialPlan) -> None:
    session = desk.session
    plan = started.plan
    if not desk.attempt(lambda: save_plan(session, plan, f"Start “{plan.name}”")):
        return
    left_out = {f"Row {note.row}": note.reason for note in started.refused}
    desk.notices.show_notice(
        started.text,
        sign="problem" if left_out else "done",
        offer="Undo",
        on_offer=desk.make_undo_of_latest(),
        details=left_out,
        stays=bool(left_out),
    )


def _failed(desk: UiContext, error: Exception) -> None:
    if isinstance(error, UserError):
        desk.notices.show_problem(error)
    else:
        desk.jobs.failed.emit(error)
