"""The dialog that sets up a district step by step, from files as they were published."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget
from shiboken6 import isValid

from zoneplanner.app.geography.detached_choices import (
    DetachedChoice,
    list_detached_sites,
    settle_detached_sites,
)
from zoneplanner.app.imports.file_import import back_up_before_import
from zoneplanner.app.imports.results import ImportResult, PreparedImport, mark_saved
from zoneplanner.app.projects.district_setup import (
    BOUNDARY_STEP,
    DistrictFile,
    StepState,
    correct_own_agency,
    count_zone_units,
    find_own_agency,
    has_cities,
    list_setup_steps,
    list_units_without_zone,
    plan_district,
    prepare_district_file,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UNNAMED_AGENCY, Agency
from zoneplanner.errors import Cancelled, ProgressReport, UserError
from zoneplanner.messages import Message
from zoneplanner.ui.data.imports.file_options import ask_how_to_read
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_files
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    MessageBanner,
    WrappedLabel,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_ABOUT = (
    "Add what you have for {}, in any order, and skip the rest: you can come back at any time. "
    "Files can be used as they were published. For another district, choose New Project."
)
_FILES = (
    "District files (*.geojson *.json *.shp *.zip *.gpkg *.kml *.kmz *.fgb *.csv *.tsv *.txt "
    "*.xlsx *.pbf *.graphml *.pmtiles *.mbtiles);;All files (*)"
)
_MAX_ZONES, _SEARCH_LIMIT_S = 200, 10.0
_COLUMNS = (
    Column("", lambda row: row[0], lambda row: str(row[0]), figure=True),
    Column(
        "Step",
        lambda row: row[1].step.title,
        mark=lambda row: "check" if row[1].done else "todo",
        whole=True,
    ),
    Column("Here", lambda row: str(row[1].found or "")),
    Column("Missing", lambda row: str(row[1].missing or "")),
)


class DistrictWizard(TableDialog):
    """Lists the steps of a district's setup; buttons below read files for the selected step.

    ``open_import`` opens the import dialog on a file of a kind, to match its columns. ``folder``
    is where files are chosen, by default the project's folder.
    """

    def __init__(
        self,
        desk: UiContext,
        open_import: Callable[[Path, str], object],
        parent: QWidget | None = None,
        *,
        folder: Path | None = None,
    ) -> None:
        super().__init__(
            desk,
            "Set Up a District",
            _COLUMNS,
            lambda row: row[1].step.key,
            (),
            about=make_muted_label(_ABOUT.format(desk.session.saved_project.name)),
            empty="",
            size=(TABLE_PX, 620),
            parent=parent,
        )
        self.about.setWordWrap(True)
        self._desk, self._open_import = desk, open_import
        self.step, project = "", desk.session.store.path
        self.folder = folder or (project.parent if project is not None else None)
        self._job: Job | None = None
        self._queued_files: list[Path] = []
        self._step_before = desk.session.undoable_step
        self._results: list[str] = []
        self._suggested_zones = 0
        self._agency_shown: tuple[str, str] | None = None
        self.choose = push_button("Choose file…", "Read files for this step.", self.ask_file)
        self.match = push_button(
            "Match columns…", "In Import, choose which column is which.", self._match_columns
        )
        self.match.hide()
        self._unmatched: DistrictFile | None = None
        self.agency = QLineEdit()
        self.agency.setPlaceholderText("Name of the agency that patrols")
        self.agency.setAccessibleName("Agency")
        self.phone = QLineEdit()
        self.phone.setPlaceholderText("Phone")
        self.phone.setAccessibleName("Agency’s phone")
        for field in (self.agency, self.phone):
            field.textChanged.connect(self._update_agency)
        self.name_agency = push_button(
            "Save agency", "The units of this district belong to this agency.", self._name_agency
        )
        self.zones = make_number_box(1, _MAX_ZONES, 1)
        self.zones.setSuffix(" zones")
        self.propose = push_button("Propose zones", "Propose zones for all schools.", self._propose)
        self.show_plan = push_button(
            "Show plan", "Close this window and show the plan.", self._show_plan
        )
        self.message = WrappedLabel()
        self.detached = MessageBanner(desk.icons, icon="warning", name="Sites that are cut off")
        self.detached.hide()
        titles = {
            DetachedChoice.CONNECT: "Connect",
            DetachedChoice.SEPARATE: "Serve separately",
            DetachedChoice.UNPATROLLED: "Not patrolled",
        }
        self.detached_buttons = {
            choice: push_button(title, do=partial(self._settle_detached, choice))
            for choice, title in titles.items()
        }
        step_buttons = make_row_layout(
            self.choose,
            self.match,
            (self.agency, 2),
            (self.phone, 1),
            self.name_agency,
            self.zones,
            self.propose,
            self.show_plan,
            None,
            spacing_px=SPACING_PX,
        )
        choices = make_row_layout(*self.detached_buttons.values(), None, spacing_px=SPACING_PX)
        # the texts are above the buttons, so that no text moves a button
        self.add_above_buttons(self.message, self.detached, choices, step_buttons)
        for before, after in pairwise((self.view, *self.detached_buttons.values(), self.choose)):
            QWidget.setTabOrder(before, after)
        self.below.setMinimumHeight(2 * self.below.fontMetrics().lineSpacing())
        self.below.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.view.chosen.connect(self._select)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()
        self._select(next((state.step.key for state in self.states if not state.done), "zones"))

    def reject(self) -> None:
        """Close, and cancel any reading; a search for zones continues in the background."""
        self._queued_files.clear()
        if self._job is not None:
            self._job.cancel()
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo the latest step of this dialog with Ctrl+Z, which the window does not receive."""
        if not event.matches(QKeySequence.StandardKey.Undo):
            super().keyPressEvent(event)
            return
        session = self._desk.session
        label = session.undo_label
        if (
            label is None
            or session.undoable_step == self._step_before
            or not self.choose.isEnabled()
        ):
            self.message.setText("There is nothing to undo here.")
        elif self._desk.attempt(session.undo):
            self.message.setText(str(Message("step_undone", step=session.rewrite(label))))

    def refresh(self, *_: object) -> None:
        """Show the current status of the steps."""
        project = self._desk.session.saved_project
        self.states = list_setup_steps(project)
        agency = find_own_agency(project)
        saved = None if agency is None else _describe_agency(agency)
        if saved != self._agency_shown:
            self._agency_shown = saved
            name, phone = saved or ("", "")
            self.agency.setText(name)
            self.phone.setText(phone)
        self.view.show_rows(enumerate(self.states, 1))
        self._show_detached()
        self._show_step()

    def ask_file(self) -> None:
        """Ask for files of the selected step, and import them one after the other."""
        paths = ask_files(self, self._state.step.title, _FILES, self.folder)
        if paths:
            self.folder = paths[0].parent
            self._queued_files = paths[1:]
            self.import_file(paths[0])

    def import_file(self, path: Path) -> None:
        """Import the district's rows of a file for the selected step, in a background job."""
        if self._desk.may_edit():
            self._read(DistrictFile(self._state.step.key, path))

    def _read(self, file: DistrictFile) -> None:
        session = self._desk.session
        self._show_busy(f"Reading {file.path.name}…")
        self._job = self._desk.jobs.run(
            f"Reading {file.path.name}",
            lambda report: self._prepare(session, file, report),
            on_done=self._save,
            on_failed=lambda error: self._fail(file, error),
            on_cancelled=lambda: self._finish("Stopped; nothing was saved."),
            lost="The file was not imported.",
        )

    @staticmethod
    def _prepare(session: Session, file: DistrictFile, report: ProgressReport) -> PreparedImport:
        """Read a file, and back up the project before it is imported."""
        prepared = prepare_district_file(session, file, report=report)
        back_up_before_import(session, prepared, file.step, report)
        return prepared

    def import_first(self, file: DistrictFile) -> None:
        """Import the file that the project was started with."""
        self._select(file.step)
        self.folder = file.path.parent
        self.import_file(file.path)

    @property
    def _state(self) -> StepState:
        return next(state for state in self.states if state.step.key == self.step)

    def _select(self, key: object) -> None:
        self.step = str(key) if key else self.step
        self.view.select_key(self.step)
        self.message.clear()
        self.match.hide()
        self._show_step()

    def _show_step(self) -> None:
        """Describe the selected step, and show its buttons."""
        if not self.step:
            return
        state, is_zones = self._state, self.step == "zones"
        without = "" if state.done else f" Without: {state.step.without}"
        self.below.setText(
            f"Where to get it: {state.step.publisher}. File: {state.step.file}.{without}"
        )
        self._update_agency()
        self.zones.setVisible(is_zones)
        self.propose.setVisible(is_zones)
        project = self._desk.session.saved_project
        self.show_plan.setVisible(is_zones and bool(project.plans))
        if is_zones:
            self.propose.setDefault(True)
            units = count_zone_units(project)
            if units != self._suggested_zones:  # otherwise, a typed number stays
                self._suggested_zones = units
                self.zones.setValue(units)
            self.zones.setEnabled(not project.plans)
            self.propose.setText("Propose another" if project.plans else "Propose zones")
            self.propose.setEnabled(bool(project.patrolled))
            if project.plans:
                self.show_plan.setDefault(True)

    def _update_agency(self, *_: object) -> None:
        """Show the fields of the agency at the step of units, if there is one agency."""
        agency = find_own_agency(self._desk.session.saved_project)
        is_units = self.step == "units" and agency is not None
        for part in (self.agency, self.phone, self.name_agency):
            part.setVisible(is_units)
        name, phone = self._read_agency()
        can_save = agency is not None and bool(name) and (name, phone) != _describe_agency(agency)
        self.name_agency.setEnabled(can_save)
        if is_units and can_save:  # so that Enter saves what is typed
            self.name_agency.setDefault(True)
        elif self.step != "zones":
            self.choose.setDefault(True)

    def _read_agency(self) -> tuple[str, str]:
        return self.agency.text().strip(), self.phone.text().strip()

    def _name_agency(self) -> None:
        (name, phone), session = self._read_agency(), self._desk.session
        if not name or not self._desk.may_edit():
            return
        if self._desk.attempt(lambda: correct_own_agency(session, name, phone)):
            self.message.setText(str(Message("units_named", agency=name)))

    def _save(self, prepared: PreparedImport) -> None:
        if not self._desk.attempt(lambda: prepared.save(lambda _share, _text: None)):
            self._finish("")
            return
        result = prepared.outcome
        text = mark_saved(result).message.say(self._desk.session.formats)
        self._finish(" ".join([text, *_count_other_rows(result)]))
        next_step = next((state.step.key for state in self.states if not state.done), None)
        project = self._desk.session.saved_project
        lacks_cities = self.step == "jurisdictions" and not has_cities(project)
        if self._state.done and next_step and not (lacks_cities or self._queued_files):
            self.step = next_step
            self.view.select_key(next_step)
            self._show_step()

    def _fail(self, file: DistrictFile, error: Exception) -> None:
        if isinstance(error, UserError):
            error.formats = self._desk.session.formats
            self._finish(error.message)
            if isValid(self) and error.code == "no_column_matches":
                self._unmatched = file
                self.match.setVisible(file.step != BOUNDARY_STEP)
            elif isValid(self):
                crs = self._desk.session.project.crs
                ask_how_to_read(error, file.path.name, crs, partial(self._read_as, file), self)
        else:
            self._finish("")
            self._desk.jobs.fail(error)

    def _read_as(self, file: DistrictFile, key: str, answer: str) -> None:
        """Read a file again, with the answer to a question about its layer or coordinates."""
        if key == "crs":
            self._read(replace(file, crs=answer))
        else:
            self._read(replace(file, layer=answer))

    def _propose(self) -> None:
        """Search for zones in a background job; listeners are notified at its end."""
        session = self._desk.session
        zones = None if session.saved_project.plans else self.zones.value()
        session.listeners.pause()
        self._show_busy("Proposing zones…")

        def finish(text: str) -> None:
            session.listeners.resume()
            self._finish(text)

        def fail(error: Exception) -> None:
            finish(_explain_error(error) if isinstance(error, UserError) else "")
            if not isinstance(error, (UserError, Cancelled)):
                self._desk.jobs.fail(error)

        self._desk.jobs.run(
            "Proposing zones",
            lambda report: plan_district(
                session, zones=zones, time_limit_s=_SEARCH_LIMIT_S, report=report
            ),
            on_done=lambda plan: finish(_describe_plan(session.saved_project, plan)),
            on_failed=fail,
            on_cancelled=lambda: finish("Stopped; no plan was saved."),
        )

    def _show_plan(self) -> None:
        """Close, and show the latest plan."""
        plans = list(self._desk.session.saved_project.plans)
        if plans:
            self._desk.session.show_plan(plans[-1])
        self.accept()

    def _show_detached(self) -> None:
        session = self._desk.session
        parts = list_detached_sites(session)
        for button in self.detached_buttons.values():
            button.setVisible(bool(parts))
        self.detached.setVisible(bool(parts))
        if parts:
            sites, first = session.saved_project.sites, parts[0]
            cut_off = Message(
                "sites_cut_off",
                names=[sites[site].name for site in first.sites],
                near=sites[first.joins[1]].name,
                away_m=first.away_m,
            )
            self.detached.show_text(cut_off.say(session.formats))

    def _settle_detached(self, choice: DetachedChoice) -> None:
        session = self._desk.session
        parts = list_detached_sites(session)
        if parts:
            site = parts[0].sites[0]
            self._desk.attempt(lambda: settle_detached_sites(session, site, choice))
            self.refresh()

    def _match_columns(self) -> None:
        if self._unmatched is not None:
            self._open_import(self._unmatched.path, self._unmatched.options.kind)

    def _show_busy(self, text: str) -> None:
        self.match.hide()
        for button in (self.choose, self.propose, *self.detached_buttons.values()):
            button.setEnabled(False)
        self.message.setText(text)

    def _finish(self, text: str) -> None:
        self._job = None
        if not isValid(self):  # the dialog was closed meanwhile
            if text:
                self._desk.notices.show_notice(text)
            return
        for button in (self.choose, self.propose, *self.detached_buttons.values()):
            button.setEnabled(True)
        self.refresh()
        self._results.append(text)
        if self._queued_files:
            self.import_file(self._queued_files.pop(0))
            return
        self.message.setText(" ".join(filter(None, self._results)))
        self._results.clear()


def _explain_error(error: UserError) -> str:
    """Return why no zones were found, and what a person can do."""
    if not error.code.startswith("infeasible"):
        return error.message
    hint = Message("zones_infeasible")
    return f"{error.message} {hint}"


def _describe_plan(project: Project, plan: Plan) -> str:
    """Describe a new plan, with the units that it leaves without a zone."""
    idle = list_units_without_zone(project, plan)
    code = "district_planned.units_without_zone" if idle else "district_planned"
    return str(Message(code, plan=plan.name, zones=len(plan.zones), idle=idle))


def _describe_agency(agency: Agency) -> tuple[str, str]:
    """Return an agency's name and phone as its fields show them."""
    return "" if agency.id == UNNAMED_AGENCY else agency.id, agency.phone


def _count_other_rows(result: ImportResult) -> Iterator[str]:
    """Yield a sentence for each group of rows that were not imported."""
    rejected = len(result.refused)
    counts = {
        "rows_left.elsewhere": result.elsewhere,
        "rows_left.known": result.already,
        "rows_left.rejected": rejected,
        "rows_left.not_needed": (
            result.read - result.taken - result.elsewhere - result.already - rejected
        ),
    }
    yield from (str(Message(code, n=count)) for code, count in counts.items() if count > 0)
