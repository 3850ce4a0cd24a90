"""Set up a district step by step: what is there, what is missing, where to get it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget
from shiboken6 import isValid

from zoneplanner.app.geography.detached_choices import (
    DetachedChoice,
    list_detached_sites,
    settle_detached_sites,
)
from zoneplanner.app.imports.file_import import back_up_before_import
from zoneplanner.app.imports.results import ImportResult, PreparedImport, describe_saved
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
from zoneplanner.messages import format_count, join_names
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

_TITLE = "Set Up a District"
_ABOUT = (
    "Add what you have for {}, in any order, and skip the rest: you can come back at any time. "
    "Files can be used as they were published. For another district, choose New Project."
)
_SIZE = (TABLE_PX, 620)
_FILES = (
    "Files of a district (*.geojson *.json *.shp *.zip *.gpkg *.kml *.kmz *.fgb *.csv *.tsv *.txt "
    "*.xlsx *.pbf *.graphml *.pmtiles *.mbtiles);;All files (*)"
)
_MOST_ZONES, _SEARCH_S = 200, 10.0
_GO_ON = "The number of zones is next to Propose zones; the rules are in Plan, Propose Zones."
_COLUMNS = (
    Column("", lambda row: row[0], lambda row: str(row[0]), figure=True),
    Column(
        "Step",
        lambda row: row[1].step.title,
        mark=lambda row: "check" if row[1].done else "todo",
        whole=True,
    ),
    Column("Here", lambda row: row[1].found),
    Column("Missing", lambda row: row[1].missing),
)


class DistrictWizard(TableDialog):
    """The steps of a district; the chosen one takes its file below.

    ``open_import`` opens the import dialog on a file of a kind whose columns are to be matched;
    files are asked for in ``folder``, else beside the project.
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
            _TITLE,
            _COLUMNS,
            lambda row: row[1].step.key,
            (),
            about=make_muted_label(_ABOUT.format(desk.session.saved_project.name)),
            empty="",
            size=_SIZE,
            parent=parent,
        )
        self.about.setWordWrap(True)
        self._desk, self._open_import = desk, open_import
        self.step, project = "", desk.session.store.path
        self.folder = folder or (project.parent if project is not None else None)
        self._reading: Job | None = None
        self._waiting: list[Path] = []
        self._step_before = desk.session.undoable_step
        self._said: list[str] = []
        self._offered_zones = 0
        self._agency_shown: tuple[str, str] | None = None
        self.choose = push_button("Choose file…", "Read files for this step.", self.ask_file)
        self.match = push_button(
            "Match columns…", "In Import, choose which column is which.", self._match
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
            field.textChanged.connect(self._show_naming)
        self.name_agency = push_button(
            "Save agency", "The units of this district belong to this agency.", self._name_agency
        )
        self.zones = make_number_box(1, _MOST_ZONES, 1)
        self.zones.setSuffix(" zones")
        self.propose = push_button("Propose zones", "Propose zones for all schools.", self._propose)
        self.show_plan = push_button("Show plan", "Close this and show the plan.", self._show_plan)
        self.told = WrappedLabel()
        self.detached = MessageBanner(desk.icons, icon="warning", name="Sites that are cut off")
        self.detached.hide()
        ways = {
            "Connect": DetachedChoice.CONNECT,
            "Serve separately": DetachedChoice.SEPARATE,
            "Not patrolled": DetachedChoice.UNPATROLLED,
        }
        self.ways = {
            choice: push_button(text, do=partial(self._settle, choice))
            for text, choice in ways.items()
        }
        column: Any = self.layout()
        at = column.indexOf(self.buttons)
        acts = make_row_layout(
            *(self.choose, self.match, (self.agency, 2), (self.phone, 1), self.name_agency),
            *(self.zones, self.propose, self.show_plan, None),
            spacing_px=SPACING_PX,
        )
        around = make_row_layout(*self.ways.values(), None, spacing_px=SPACING_PX)
        for part in (self.told, self.detached, around, acts):  # no text moves what is pressed
            if isinstance(part, QWidget):
                column.insertWidget(at, part)
            else:
                column.insertLayout(at, part)
            at += 1
        for before, after in pairwise((self.view, *self.ways.values(), self.choose)):
            QWidget.setTabOrder(before, after)
        self.later = self.buttons.button(QDialogButtonBox.StandardButton.Close)
        self.later.setAutoDefault(False)  # Enter in the list asks for a file, it closes nothing
        self.below.setMinimumHeight(2 * self.below.fontMetrics().lineSpacing())
        self.below.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.view.chosen.connect(self._choose)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()
        self._choose(next((s.step.key for s in self.states if not s.done), "zones"))

    def reject(self) -> None:
        """Close; a file that is read is dropped, a search for zones goes on beside the window."""
        self._waiting.clear()
        if self._reading is not None:
            self._reading.cancel()
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take back the latest step with Ctrl+Z; the window's own undo is behind this one."""
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
            self.told.setText("There is nothing to undo here.")
        elif self._desk.attempt(session.undo):
            self.told.setText(f"Undone: {label}.")

    def ask(self) -> None:
        """Open it; it is gone when it is closed."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.open()

    def refresh(self, *_: object) -> None:
        """Judge the steps anew; they follow from the project."""
        project = self._desk.session.saved_project
        self.states = list_setup_steps(project)
        own = find_own_agency(project)
        saved = None if own is None else _describe_agency(own)
        if saved != self._agency_shown:
            self._agency_shown = saved
            self._put_agency()
        self.table.show(list(enumerate(self.states, 1)))
        self.view.fit_columns()
        self._show_detached()
        self._describe()

    def ask_file(self) -> None:
        """Ask for files of the chosen step, and take them one after the other."""
        chosen = ask_files(self, self._state.step.title, _FILES, self.folder)
        if chosen:
            self.folder = chosen[0].parent
            self._waiting = chosen[1:]
            self.take(chosen[0])

    def take(self, path: Path) -> None:
        """Read a file of the chosen step beside the window and keep what is the district's."""
        if self._desk.may_edit():
            self._read(DistrictFile(self._state.step.key, path))

    def _read(self, file: DistrictFile) -> None:
        session = self._desk.session
        self._busy(f"Reading {file.path.name}…")
        self._reading = self._desk.jobs.run(
            f"Reading {file.path.name}",
            lambda report: self._prepare(session, file, report),
            on_done=self._keep,
            on_failed=lambda error: self._failed(file, error),
            on_cancelled=lambda: self._ended("Stopped; nothing was saved."),
            lost="The file was not imported.",
        )

    @staticmethod
    def _prepare(session: Session, file: DistrictFile, report: ProgressReport) -> PreparedImport:
        """Read a file and back up what there is before it, both beside the window."""
        found = prepare_district_file(session, file, report=report)
        back_up_before_import(session, found, file.step, report)
        return found

    def take_first(self, file: DistrictFile) -> None:
        """Take the file that the project was begun with."""
        self._choose(file.step)
        self.folder = file.path.parent
        self.take(file.path)

    @property
    def _state(self) -> StepState:
        return next(own for own in self.states if own.step.key == self.step)

    def _choose(self, key: object) -> None:
        self.step = str(key) if key else self.step
        self.view.select_key(self.step)
        self.told.clear()
        self.match.hide()
        self._describe()

    def _describe(self) -> None:
        """Say of the chosen step where its file is published, and what goes without."""
        if not self.step:
            return
        own, planning = self._state, self.step == "zones"
        where = f"Where to get it: {own.step.publisher}. File: {own.step.file}."
        without = "" if own.done else f" Without: {own.step.without}"
        self.below.setText(f"{where}{without}")
        (self.propose if planning else self.choose).setDefault(True)
        self._show_naming()
        self.zones.setVisible(planning)
        self.propose.setVisible(planning)
        (self.propose if planning else self.choose).setDefault(True)  # the thing to do here
        project = self._desk.session.saved_project
        self.show_plan.setVisible(planning and bool(project.plans))
        if planning:
            units = count_zone_units(project)
            if units != self._offered_zones:  # else what was typed stays
                self._offered_zones = units
                self.zones.setValue(units)
            self.zones.setEnabled(not project.plans)
            self.propose.setText("Propose another" if project.plans else "Propose zones")
            self.propose.setEnabled(bool(project.patrolled))
            if project.plans:
                self.show_plan.setDefault(True)

    def _show_naming(self, *_: object) -> None:
        """Ask for name and phone of the agency at the step of agencies, while there is one."""
        own = find_own_agency(self._desk.session.saved_project)
        asked, said = self.step == "units" and own is not None, bool(self.agency.text().strip())
        for part in (self.agency, self.phone, self.name_agency):
            part.setVisible(asked)
        differs = own is not None and self._read_agency() != _describe_agency(own)
        self.name_agency.setEnabled(said and differs)
        if asked and said and differs:  # Enter saves what is typed
            self.name_agency.setDefault(True)
        elif self.step != "zones":
            self.choose.setDefault(True)

    def _read_agency(self) -> tuple[str, str]:
        return self.agency.text().strip(), self.phone.text().strip()

    def _put_agency(self) -> None:
        """Show the agency as it is saved."""
        own = find_own_agency(self._desk.session.saved_project)
        name, phone = ("", "") if own is None else _describe_agency(own)
        self.agency.setText(name)
        self.phone.setText(phone)

    def _name_agency(self) -> None:
        (name, phone), session = self._read_agency(), self._desk.session
        if not name or not self._desk.may_edit():
            return
        if self._desk.attempt(lambda: correct_own_agency(session, name, phone)):
            self.told.setText(f"The units now belong to {name}.")

    def _keep(self, prepared: PreparedImport) -> None:
        if self._desk.attempt(lambda: prepared.save(lambda _share, _text: None)):
            done = prepared.outcome
            self._ended(" ".join([describe_saved(done), *_count_others(done)]))
            following = next((own.step.key for own in self.states if not own.done), None)
            project = self._desk.session.saved_project
            cities_left = self.step == "jurisdictions" and not has_cities(project)
            if self._state.done and following and not (cities_left or self._waiting):
                self.step = following
                self.view.select_key(following)
                self._describe()
        else:
            self._ended("")

    def _failed(self, file: DistrictFile, error: Exception) -> None:
        if isinstance(error, UserError):
            error.formats = self._desk.session.formats
            self._ended(error.message)
            if isValid(self) and error.code == "no_column_matches":
                self._unmatched = file
                self.match.setVisible(file.step != BOUNDARY_STEP)
            elif isValid(self):
                own_crs = self._desk.session.project.crs
                ask_how_to_read(error, file.path.name, own_crs, partial(self._answer, file), self)
        else:
            self._ended("")
            self._desk.jobs.fail(error)

    def _answer(self, file: DistrictFile, key: str, answer: str) -> None:
        """Read a file anew for its step, with what it left open."""
        crs = answer if key == "crs" else file.crs
        self._read(replace(file, crs=crs, layer=answer if key == "layer" else file.layer))

    def _propose(self) -> None:
        """Search for zones beside the window; what the session tells is heard at the end."""
        session, zones = self._desk.session, self.zones.value()
        wanted = None if session.saved_project.plans else zones
        session.listeners.pause()
        self._busy("Proposing zones…")

        def ended(text: str) -> None:
            session.listeners.resume()
            self._ended(text)

        def failed(error: Exception) -> None:
            ended(_explain_refusal(error) if isinstance(error, UserError) else "")
            if not isinstance(error, (UserError, Cancelled)):
                self._desk.jobs.fail(error)

        self._desk.jobs.run(
            "Proposing zones",
            lambda report: plan_district(
                session, zones=wanted, time_limit_s=_SEARCH_S, report=report
            ),
            on_done=lambda plan: ended(_describe_plan(session.saved_project, plan)),
            on_failed=failed,
            on_cancelled=lambda: ended("Stopped; no plan was saved."),
        )

    def _show_plan(self) -> None:
        """Close, with the latest plan on screen."""
        plans = list(self._desk.session.saved_project.plans)
        if plans:
            self._desk.session.show_plan(plans[-1])
        self.accept()

    def _show_detached(self) -> None:
        session = self._desk.session
        parts = list_detached_sites(session)
        for button in self.ways.values():
            button.setVisible(bool(parts))
        self.detached.setVisible(bool(parts))
        if parts:
            sites, first = session.saved_project.sites, parts[0]
            names = join_names((sites[own].name for own in first.sites), most=3)
            near = sites[first.joins[1]].name
            away = session.formats.length(first.away_m)
            self.detached.show_text(
                f"Water or other land cuts off {names}, {away} from {near}. Connect them where "
                "there is a bridge or ferry, give them a separate unit, or leave them unpatrolled."
            )

    def _settle(self, choice: DetachedChoice) -> None:
        session = self._desk.session
        parts = list_detached_sites(session)
        if parts:
            site = parts[0].sites[0]
            self._desk.attempt(lambda: settle_detached_sites(session, site, choice))
            self.refresh()

    def _match(self) -> None:
        if self._unmatched is not None:
            self._open_import(self._unmatched.path, self._unmatched.options.kind)

    def _busy(self, text: str) -> None:
        self.match.hide()
        for button in (self.choose, self.propose, *self.ways.values()):
            button.setEnabled(False)
        self.told.setText(text)

    def _ended(self, text: str) -> None:
        self._reading = None
        if not isValid(self):  # it was closed meanwhile
            if text:
                self._desk.notices.show_notice(text)
            return
        for button in (self.choose, self.propose, *self.ways.values()):
            button.setEnabled(True)
        self.refresh()
        self._said.append(text)
        if self._waiting:
            self.take(self._waiting.pop(0))
            return
        self.told.setText(" ".join(filter(None, self._said)))
        self._said.clear()


def _explain_refusal(error: UserError) -> str:
    """Return why no zones were found, and where a person goes on."""
    if not error.code.startswith("infeasible"):
        return error.message
    return f"{error.message} {_GO_ON}"


def _describe_plan(project: Project, plan: Plan) -> str:
    """Return what a search made, with the units that it left without a zone."""
    said = f"“{plan.name}” has {format_count(len(plan.zones), 'zone')}."
    idle = list_units_without_zone(project, plan)
    have = "has" if len(idle) == 1 else "have"
    return f"{said} {join_names(idle, most=3)} {have} no zone." if idle else said


def _describe_agency(own: Agency) -> tuple[str, str]:
    """Return name and phone of an agency as its fields show them."""
    return "" if own.id == UNNAMED_AGENCY else own.id, own.phone


def _count_others(done: ImportResult) -> Iterator[str]:
    """Account for each row that was not imported."""
    if done.elsewhere:
        yield f"{format_count(done.elsewhere, 'row belongs', 'rows belong')} elsewhere."
    if done.already:
        yield f"{format_count(done.already, 'row repeats', 'rows repeat')} what is already known."
    if done.refused:
        yield f"{format_count(len(done.refused), 'row')} rejected."
    rest = done.read - done.taken - done.elsewhere - done.already - len(done.refused)
    if rest > 0:
        yield f"{format_count(rest, 'row')} not needed."
