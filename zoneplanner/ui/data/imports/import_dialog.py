"""The import dialog: choose, see at once what would become of every row, and take it as a step."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QPushButton, QSplitter, QWidget

from zoneplanner.app.desk.settings import find_report_folder
from zoneplanner.app.geography.map_layers import LayerRequest
from zoneplanner.app.imports.file_import import prepare_import, prepare_map_import, save_import
from zoneplanner.app.imports.file_kinds import (
    BASEMAP_KIND,
    LAYER_KIND,
    build_sample_reader,
    find_kind_by_extension,
    guess_file_kind,
    is_map_kind,
    is_return_workbook,
)
from zoneplanner.app.imports.geography import map_features
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.log_entries import LOG_TABLES
from zoneplanner.app.imports.mapped_tables import TABLE_KINDS
from zoneplanner.app.imports.results import (
    ImportResult,
    NoRowImported,
    PreparedImport,
    archive_import_report,
    describe_silent_rows,
)
from zoneplanner.app.imports.return_workbook import RETURN_KIND
from zoneplanner.app.session.undo_stack import UndoStep
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.exchange.row_results import RowOutcome, RowResult, SeveralLayers, UnknownCrs
from zoneplanner.exchange.vector.layers import ForeignRows
from zoneplanner.messages import format_count
from zoneplanner.ui.data.imports.column_mapping import (
    ColumnMappingForm,
    TablePreview,
    normalize_log_headings,
    preview_table,
)
from zoneplanner.ui.data.imports.file_options import FileOptionsForm
from zoneplanner.ui.data.imports.import_job import (
    ImportJob,
    notify_import_done,
    save_import_report,
    save_named_profile,
)
from zoneplanner.ui.data.imports.open_questions import CompleteDaysForm, OpenQuestions
from zoneplanner.ui.data.imports.preview_map import ImportPreviewMap, locate_rows
from zoneplanner.ui.data.imports.row_results import RowResultsTable, list_layer_row_results
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_dialog_title,
    make_link_button,
    make_muted_label,
    make_row_layout,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.services.file_opener import FileOpener
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX, Theme

_TITLE = "Import"
_NOT_READ = "Each row of the file is listed here once the program knows how to read it."
_ABOUT = (
    "Nothing is imported until you press Import. Undo reverses the import as one "
    "step, except log entries, which stay."
)
_SIZE = (TABLE_PX, 960)
"""As high as a large screen lets it be: more rows are seen; a small one takes what it has less."""
_LEAST = (860, 600)
_SIDE_PX, _UPPER_PX = 470, 420


class ImportDialog(QDialog):
    """Reads a file apart from the window, shows every row's result, and imports as one step.

    ``add_layer`` shows a file on the map only. ``near`` is the workspace that it is opened from.
    """

    def __init__(
        self,
        desk: UiContext,
        theme: Theme,
        add_layer: Callable[[LayerRequest], object],
        parent: QWidget | None = None,
        *,
        near: str = "",
    ) -> None:
        super().__init__(parent)
        self._desk, self._add_layer, self._near = desk, add_layer, near
        self.found: ForeignRows | None = None
        self.how: ColumnMapping | None = None
        self.prepared: PreparedImport | None = None
        self.setWindowTitle(_TITLE)
        self.setModal(True)
        self.setMinimumSize(*_LEAST)
        self.resize(*_SIZE)
        self.question = FileOptionsForm(desk)
        self.work = ImportJob(desk.jobs, self.question)
        self.columns = ColumnMappingForm()
        self.questions = OpenQuestions()
        self.map = ImportPreviewMap(desk.session.state.saved_project, theme)
        self.results = RowResultsTable(desk.icons)
        self.complete = CompleteDaysForm(desk.session)
        self._ready = 0
        self.complete.declared.toggled.connect(lambda _: self._show_ready(self._ready))
        self._lay_out()
        self.question.file_chosen.connect(self.open_file)
        self.question.changed.connect(self._read)
        self.question.kind_chosen.connect(self._kind_chosen)
        self.question.profile_chosen.connect(lambda: self._look(fresh=True))
        self.question.save_asked.connect(self._save_profile)
        answered = self.questions.changed
        for changed in (self.columns.changed, self.question.looked_for, answered):
            changed.connect(lambda: self._look(fresh=False))
        self.columns.places_changed.connect(self._read)
        self.map.picked.connect(self.results.go_to)
        self.map.picked.connect(self.map.highlight)
        self.results.picked.connect(self.map.highlight)
        self._show_ready()

    def open_file(self, path: Path, kind: str = "") -> None:
        """Read a file or folder and show what it would bring, as a kind where that is known."""
        if self.work.writing:
            return
        self.question.show_file(path)
        if kind:
            self.question.show_kind(kind)
            self.question.kind_by_hand = True
        self.questions.forget()
        self._read()

    def ask(self) -> None:
        """Open the dialog; it is gone when it is closed."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.open()

    def reject(self) -> None:
        """Close without taking anything; what is being written is stopped first."""
        if self.work.writing:
            self.work.stop()
            return
        self.work.drop()
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc stop the reading first, and close only then."""
        if event.key() == Qt.Key.Key_Escape and self.work.busy:
            self.work.stop()
            return
        super().keyPressEvent(event)

    def accept(self) -> None:
        """Import what is shown as one step; a refusal stays in the dialog."""
        session, asked, prepared = self._desk.session, self._asked(), self.prepared
        if asked.kind == LAYER_KIND:
            if self._attempt(
                lambda: self._add_layer(
                    LayerRequest(asked.path, asked.layer, asked.crs, asked.publisher)
                )
            ):
                super().accept()
        elif prepared is not None and not self.work.writing:
            self.question.show_problem("")
            if prepared.credit is not None:  # what is typed last needs no other look at the file
                prepared = prepared.credit(asked.source)
            before, complete = session.undoable_step, self.complete.read_days()
            self._show_writing(writing=True)

            def save(report: ProgressReport) -> tuple[ImportResult, Path | None]:
                done = save_import(session, prepared, asked.kind, report, complete=complete)
                folder, at = find_report_folder(), session.clock()
                return done, archive_import_report(folder, done, asked.path.name, at)

            self.work.write(
                session, save, lambda saved: self._written(saved, before), self._not_written
            )

    def _lay_out(self) -> None:
        self.side = wrap_in_scroll_area(self.columns, "Columns")
        self.side.setMinimumWidth(_SIDE_PX)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        sizes = [_SIDE_PX, _SIZE[0] - _SIDE_PX]
        self.asked_of = wrap_in_scroll_area(self.questions, "Open questions")
        parts: dict[QWidget, int] = {self.side: 0, self.map: 1, self.asked_of: 1}
        self.upper = _make_splitter(across, parts, [*sizes, sizes[1]])
        self.asked_of.hide()
        sizes = [_UPPER_PX, _SIZE[1] - _UPPER_PX]
        both = _make_splitter(down, {self.upper: 1, self.results: 1}, sizes)
        self.report = make_link_button("Save the report…", self._save_report)
        opener = FileOpener(self)
        opener.refused.connect(lambda error: self.question.show_problem(error.message))
        self.earlier = make_link_button(
            "Earlier reports…", lambda: opener.open(find_report_folder())
        )
        self.earlier.setVisible(find_report_folder().is_dir())
        self.ok, self.close_button = QPushButton(_TITLE), QPushButton("Close")
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.reject)
        self.ok.setDefault(True)
        self.ok.clicked.connect(self.accept)
        make_column_layout(
            self,
            make_dialog_title(_TITLE),
            make_muted_label(_ABOUT),
            self.question,
            (both, 1),
            self.complete,
            make_row_layout(self.report, self.earlier, None, self.ok, self.close_button),
            margin_px=WIDE_MARGIN_PX,
            spacing_px=SPACING_PX,
        )

    def _asked(self) -> ImportOptions:
        asked = self.question.read_options()
        if self.found is None or not self.columns.boxes:
            return asked
        return replace(
            asked,
            columns=self.columns.read_chosen_columns(),
            only=self.columns.read_row_filter(),
            aliases=self.questions.read_aliases(),
            words=self.questions.read_words(),
        )

    def _kind_chosen(self) -> None:
        if self.found is None or (self.found.cut and self.question.kind not in LOG_TABLES):
            self._read()
        else:
            self._look(fresh=True)

    def _read(self) -> None:
        """Read the file anew: another file, layer or coordinate system."""
        asked = self._asked()
        kind = find_kind_by_extension(asked.path)
        self._clear()
        if kind is not None:
            self.found = None
            if not self.question.kind_by_hand:
                self.question.show_kind(kind)
            self._prepare()
            return
        places = {key: asked.columns.get(key, "") for key in ("latitude", "longitude")}
        self.found = None
        bare = ImportOptions(asked.path, "sites", layer=asked.layer, crs=asked.crs, columns=places)
        chosen = self.question.kind if self.question.kind_by_hand else None
        reader = build_sample_reader(self._desk.session, bare, chosen=chosen, near=self._near)

        def read(report: Any) -> tuple[ForeignRows, str]:
            found = reader(report)
            return found, chosen or guess_file_kind(found, self._near)

        self._read_beside(read, self._was_read)

    def _was_read(self, read: tuple[ForeignRows, str]) -> None:
        self.found, kind = read
        self.question.show_read(self.found, None if self.question.kind_by_hand else kind)
        self._look(fresh=True)

    def _look(self, *, fresh: bool) -> None:
        """Show what would become of the rows that were read; ``fresh`` maps the columns anew."""
        found, kind = self.found, self.question.kind
        if found is None:
            if kind == RETURN_KIND:
                self._clear()
                self._prepare()
            return
        self._clear()
        self.side.setVisible(is_map_kind(kind) or kind in TABLE_KINDS)
        self.map.setVisible(is_map_kind(kind) or kind == LAYER_KIND)
        self.asked_of.setVisible(kind in TABLE_KINDS)
        self.upper.setVisible(not self.side.isHidden() or not self.map.isHidden())
        if kind == LAYER_KIND:
            self._read_beside(lambda report: list_layer_row_results(found), self._show_layer)
            return
        if kind in TABLE_KINDS:
            self._look_at_log(fresh=fresh)
            return
        if not is_map_kind(kind):
            self._prepare()
            return
        asked = self._asked() if not fresh else self.question.read_options()
        try:
            how = map_features.choose_row_mapping(asked, found)
        except UserError as error:
            self.question.show_problem(error.message)
            if fresh:
                self.columns.show_file(kind, found, None)
            return
        if fresh:
            self.columns.show_file(kind, found, how)
            asked = self._asked()
        self.how = how
        self.question.show_profile(how.profile.id)
        session = self._desk.session
        self._read_beside(
            lambda report: prepare_map_import(session, asked, found, how), self._was_prepared
        )

    def _look_at_log(self, *, fresh: bool) -> None:
        """Show what would become of entries for the log; a column that is not found is asked."""
        session, found = self._desk.session, self.found
        assert found is not None
        asked = replace(self._asked(), crs=None)
        if fresh:
            asked = replace(asked, columns={}, only={}, clock_changes=None)
            self.columns.show_file(asked.kind, normalize_log_headings(found), None)

        def seen(look: TablePreview) -> None:
            self.how = look.read.how
            if fresh:
                self.columns.show_file(asked.kind, normalize_log_headings(found), self.how)
                self.question.show_clocks(look.read.clocks)
            self.question.show_profile(self.how.profile.id)
            if look.problem is not None:
                self._failed(look.problem)
            if isinstance(look.problem, NoRowImported):
                done = look.problem.outcome
                self.questions.show_result(session.saved_project, asked.kind, done)
                self.results.show_rows(done.row_results, done.counts)
            if look.prepared is not None:
                project = session.saved_project
                self.questions.show_result(project, asked.kind, look.prepared.outcome)
                self._was_prepared(look.prepared)

        self._read_beside(lambda report: preview_table(session, asked, report), seen)

    def _show_layer(self, results: Sequence[RowResult]) -> None:
        self._show_on_map(results)
        self.question.warn(self.found.warning if self.found is not None else "")

    def _show_on_map(self, results: Sequence[RowResult]) -> None:
        self.map.show_rows(locate_rows(results, self.found.rows if self.found else ()))
        self._show_results(results, Counter(own.outcome.value for own in results))

    def _prepare(self) -> None:
        """Look at a file of another kind: a plan, roads, entries for the log."""
        asked, session = self.question.read_options(), self._desk.session
        path, kind, name = asked.path, asked.kind, self.question.plan_name()
        bare = ImportOptions(path, kind)
        if kind in ("zones", BASEMAP_KIND):
            bare = replace(bare, layer=asked.layer, crs=asked.crs)
        if kind == RETURN_KIND:
            bare = replace(bare, dates=asked.dates)
        if kind == BASEMAP_KIND:
            bare = replace(bare, basemap=self.question.read_basemap_options())
        self.upper.hide()
        self._read_beside(
            lambda report: prepare_import(
                session, path, kind, name=name, dry_run=True, asked=bare, report=report
            ),
            self._was_prepared,
        )

    def _was_prepared(self, prepared: PreparedImport) -> None:
        self.prepared = prepared
        done = prepared.outcome
        if is_map_kind(self.question.kind):
            self._show_on_map(done.rows)
            self.question.warn(self._desk.session.rewrite(" ".join(done.notes)))
            return
        silent = map(self._desk.session.rewrite, describe_silent_rows(done))
        self.complete.show_days(done.days, self.question.kind, silent)
        self.results.view.set_empty_text("Every row can be imported unchanged.")
        self._show_results(done.row_results, done.counts)
        ignored = f"Columns left out: {', '.join(done.ignored)}." if done.ignored else ""
        told = " ".join((done.text, *done.notes, ignored)).strip()
        self.question.warn(self._desk.session.rewrite(told))

    def _show_results(self, results: Any, counts: Any) -> None:
        self.results.show_rows(results, counts)
        self._show_ready(
            counts.get(RowOutcome.NEW.value, 0) + counts.get(RowOutcome.CHANGED.value, 0)
        )

    def _show_ready(self, count: int = 0) -> None:
        self._ready = count
        declares = not count and self.complete.read_days() is not None
        rows = f"Import {format_count(count, 'row')}" if count else _TITLE
        self.ok.setText("Declare these days complete" if declares else rows)
        self.ok.setEnabled(count > 0 or declares)
        self.report.setVisible(self.prepared is not None)

    def _clear(self) -> None:
        self.work.drop()
        self.prepared = self.how = None
        self.question.show_problem("")
        self.question.warn("")
        self.complete.show_days(None)
        self.results.view.set_empty_text(_NOT_READ)
        self.results.show_rows((), {})
        self._show_ready()

    def _read_beside(self, work: Callable[[Any], Any], done: Callable[[Any], None]) -> None:
        self.work.read(work, done, self._failed)

    def _not_written(self, error: Exception) -> None:
        self._show_writing(writing=False)
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, SeveralLayers) and is_return_workbook(error.names):
            self.question.show_kind(RETURN_KIND)
            self._prepare()
        elif isinstance(error, SeveralLayers) and not self.question.layers.count():
            self.question.show_layers(error.names)
            self._read()
        elif isinstance(error, UnknownCrs):
            self.question.ask_crs(error.message)
        elif isinstance(error, UserError) and error.code == "day_order_unknown":
            asked = UserError("day_order_unknown.in_window", **error.details)
            self.question.ask_dates(asked.message)
        elif isinstance(error, UserError):
            self.question.show_problem(error.message)
            self.results.view.set_empty_text("There are no rows to show.")
        else:
            self._desk.jobs.failed.emit(error)

    def _written(
        self, saved: tuple[ImportResult, Path | None] | None, before: UndoStep | None
    ) -> None:
        """Close and tell what was taken; an import that was stopped stays to be looked at."""
        self._show_writing(writing=False)
        if saved is None:
            self.question.say("The import was stopped; nothing was imported.")
            return
        super().accept()
        session = self._desk.session
        # what is in the log stays there: Undo would take back no more than the days declared
        logged = self.question.kind in LOG_TABLES
        undoes = not logged and session.undoable_step is not before
        notify_import_done(self._desk, *saved, undoes=undoes)

    def _show_writing(self, *, writing: bool) -> None:
        for part in (self.question.inputs, self.upper, self.complete, self.ok, self.report):
            part.setEnabled(not writing)

    def _save_report(self) -> None:
        prepared, stem = self.prepared, self.question.read_options().path.stem
        if prepared is not None:
            self._attempt(lambda: save_import_report(self._desk, self, prepared.outcome, stem))

    def _save_profile(self) -> None:
        def save() -> None:
            saved = save_named_profile(self, self._asked(), self.how)
            if saved:
                self.question.show_profiles(saved)

        self._attempt(save)

    def _attempt(self, do: Callable[[], object]) -> bool:
        """Do something; a refusal is shown in the dialog, and False comes back."""
        try:
            do()
        except UserError as error:
            self.question.show_problem(error.message)
            return False
        return True


def _make_splitter(
    orientation: Qt.Orientation, parts: Mapping[QWidget, int], sizes: Sequence[int]
) -> QSplitter:
    """Return parts beside or below each other, each with its share of the room that is left."""
    splitter = QSplitter(orientation)
    for at, (part, stretch) in enumerate(parts.items()):
        splitter.addWidget(part)
        splitter.setStretchFactor(at, stretch)
    splitter.setSizes(sizes)
    splitter.setChildrenCollapsible(False)
    return splitter
