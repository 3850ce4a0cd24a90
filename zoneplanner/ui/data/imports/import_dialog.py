"""The import dialog: choose a file, see the result of each row, and import it as one step."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

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
from zoneplanner.messages import Message, format_count, say_all
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
from zoneplanner.ui.widgets.layout.layouts import make_splitter
from zoneplanner.ui.widgets.services.file_opener import FileOpener
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX, Theme

_TITLE = "Import"
_NOT_READ_YET = "Each row of the file is listed here once the program knows how to read it."
_ABOUT = (
    "Nothing is imported until you press Import. Undo reverses the import as one "
    "step, except log entries, which stay."
)
_SIZE = (TABLE_PX, 960)
"""High enough for many rows on a large screen; a small screen limits it."""
_MIN_SIZE = (860, 600)
_SIDE_PX, _UPPER_PX = 470, 420


class ImportDialog(QDialog):
    """Reads a file in a background job, shows the result of each row, and imports it as one step.

    ``add_layer`` is called for a file that is only shown on the map. ``near`` is the workspace
    from which the dialog was opened, which helps to guess what a file is.
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
        self.file: ForeignRows | None = None
        self.mapping: ColumnMapping | None = None
        self.prepared: PreparedImport | None = None
        self.setWindowTitle(_TITLE)
        self.setModal(True)
        self.setMinimumSize(*_MIN_SIZE)
        self.resize(*_SIZE)
        self.options = FileOptionsForm(desk)
        self.job = ImportJob(desk.jobs, self.options)
        self.columns = ColumnMappingForm()
        self.questions = OpenQuestions()
        self.map = ImportPreviewMap(desk.session.saved_project, theme)
        self.results = RowResultsTable(desk.icons, desk.session.formats)
        self.complete = CompleteDaysForm(desk.session)
        self._importable = 0
        self.complete.declared.toggled.connect(lambda _: self._update_ok(self._importable))
        self._lay_out()
        self.options.file_chosen.connect(self.open_file)
        self.options.source_changed.connect(self._read)
        self.options.kind_chosen.connect(self._follow_kind)
        self.options.profile_chosen.connect(lambda: self._preview(remap=True))
        self.options.save_requested.connect(self._save_profile)
        for changed in (
            self.columns.changed,
            self.options.options_changed,
            self.questions.changed,
        ):
            changed.connect(lambda: self._preview(remap=False))
        self.columns.coordinates_changed.connect(self._read)
        self.map.picked.connect(self.results.go_to)
        self.map.picked.connect(self.map.highlight)
        self.results.picked.connect(self.map.highlight)
        self._update_ok()

    def open_file(self, path: Path, kind: str = "") -> None:
        """Read a file or folder, as a ``kind`` if that is known, and preview its import."""
        if self.job.writing:
            return
        self._forget_file()
        self.options.show_file(path)
        if kind:
            self.options.show_kind(kind)
            self.options.is_kind_chosen = True
        self._read()

    def ask(self) -> None:
        """Open the dialog; it is deleted when it is closed."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.open()

    def reject(self) -> None:
        """Close without importing; if an import is being written, stop it and stay open."""
        if self.job.writing:
            self.job.stop()
            return
        self.job.drop()
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc stop any reading first, and close the dialog only if there is none."""
        if event.key() == Qt.Key.Key_Escape and self.job.busy:
            self.job.stop()
            return
        super().keyPressEvent(event)

    def accept(self) -> None:
        """Import the file as one step; an error is shown in the dialog."""
        session, options, prepared = self._desk.session, self._read_options(), self.prepared
        if options.kind == LAYER_KIND:
            layer = LayerRequest(options.path, options.layer, options.crs, options.publisher)
            if self._attempt(lambda: self._add_layer(layer)):
                super().accept()
        elif prepared is not None and not self.job.writing:
            self.options.show_problem(None)
            if prepared.credit is not None:  # a publisher typed last needs no other preview
                prepared = prepared.credit(options.source)
            before, complete = session.undoable_step, self.complete.read_days()
            self._set_inputs_enabled(enabled=False)

            def save(report: ProgressReport) -> tuple[ImportResult, Path | None]:
                result = save_import(session, prepared, options.kind, report, complete=complete)
                folder, now = find_report_folder(), session.clock()
                return result, archive_import_report(folder, result, options.path.name, now)

            self.job.write(
                session, save, lambda saved: self._finish(saved, before), self._fail_writing
            )

    def _lay_out(self) -> None:
        self.side = wrap_in_scroll_area(self.columns, "Columns")
        self.side.setMinimumWidth(_SIDE_PX)
        sizes = [_SIDE_PX, _SIZE[0] - _SIDE_PX]
        self.question_area = wrap_in_scroll_area(self.questions, "Open questions")
        parts: dict[QWidget, int] = {self.side: 0, self.map: 1, self.question_area: 1}
        self.upper = make_splitter(parts, [*sizes, sizes[1]])
        self.question_area.hide()
        both = make_splitter(
            {self.upper: 1, self.results: 1},
            (_UPPER_PX, _SIZE[1] - _UPPER_PX),
            orientation=Qt.Orientation.Vertical,
        )
        self.report = make_link_button("Save the report…", self._save_report)
        opener = FileOpener(self)
        opener.refused.connect(self.options.show_problem)
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
            self.options,
            (both, 1),
            self.complete,
            make_row_layout(self.report, self.earlier, None, self.ok, self.close_button),
            margin_px=WIDE_MARGIN_PX,
            spacing_px=SPACING_PX,
        )

    def _read_options(self) -> ImportOptions:
        """Return the options of the form with the columns, rows and answers that were chosen."""
        options = self.options.read_options()
        if self.file is None or not self.columns.boxes:
            return options
        return replace(
            options,
            columns=self.columns.read_chosen_columns(),
            only=self.columns.read_row_filter(),
            aliases=self.questions.read_aliases(),
            words=self.questions.read_words(),
        )

    def _forget_file(self) -> None:
        """Remove what is shown of the previous file; the next one may not be readable."""
        self.file = None
        self.columns.show_empty()
        self.map.show_rows(())
        self.questions.forget()
        self.question_area.hide()
        for part in (self.upper, self.side, self.map):
            part.show()

    def _follow_kind(self) -> None:
        if self.file is None or (self.file.cut and self.options.kind not in LOG_TABLES):
            self._read()
        else:
            self._preview(remap=True)

    def _read(self) -> None:
        """Read the file, as after a change of file, layer or coordinate system."""
        options = self._read_options()
        kind = find_kind_by_extension(options.path)
        self._clear()
        self.file = None
        if kind is not None:
            if not self.options.is_kind_chosen:
                self.options.show_kind(kind)
            self._prepare()
            return
        source = ImportOptions(
            options.path,
            "sites",
            layer=options.layer,
            crs=options.crs,
            columns={key: options.columns.get(key, "") for key in ("latitude", "longitude")},
        )
        chosen = self.options.kind if self.options.is_kind_chosen else None
        reader = build_sample_reader(self._desk.session, source, chosen=chosen, near=self._near)

        def read(report: Any) -> tuple[ForeignRows, str]:
            file = reader(report)
            return file, chosen or guess_file_kind(file, self._near)

        self._run(read, self._show_file)

    def _show_file(self, read: tuple[ForeignRows, str]) -> None:
        self.file, kind = read
        self.options.show_read(self.file, None if self.options.is_kind_chosen else kind)
        self._preview(remap=True)

    def _preview(self, *, remap: bool) -> None:
        """Preview the import of the file; ``remap`` maps its columns again."""
        file, kind = self.file, self.options.kind
        if file is None:
            if kind == RETURN_KIND:
                self._clear()
                self._prepare()
            return
        self._clear()
        self.side.setVisible(is_map_kind(kind) or kind in TABLE_KINDS)
        self.map.setVisible(is_map_kind(kind) or kind == LAYER_KIND)
        self.question_area.setVisible(kind in TABLE_KINDS)
        self.upper.setVisible(not self.side.isHidden() or not self.map.isHidden())
        if kind == LAYER_KIND:
            self._run(lambda report: list_layer_row_results(file), self._show_layer)
            return
        if kind in TABLE_KINDS:
            self._preview_table(remap=remap)
            return
        if not is_map_kind(kind):
            self._prepare()
            return
        options = self.options.read_options() if remap else self._read_options()
        try:
            mapping = map_features.choose_row_mapping(options, file)
        except UserError as error:
            self.options.show_problem(error)
            if remap:
                self.columns.show_file(kind, file, None)
            return
        if remap:
            self.columns.show_file(kind, file, mapping)
            options = self._read_options()
        self.mapping = mapping
        self.options.show_profile(mapping.profile.id)
        session = self._desk.session
        self._run(
            lambda report: prepare_map_import(session, options, file, mapping),
            self._show_prepared,
        )

    def _preview_table(self, *, remap: bool) -> None:
        """Preview the import of a table of records."""
        session, file = self._desk.session, self.file
        assert file is not None
        options = replace(self._read_options(), crs=None)
        if remap:
            options = replace(options, columns={}, only={}, clock_changes=None)
            self.columns.show_file(options.kind, normalize_log_headings(file), None)

        def show(preview: TablePreview) -> None:
            self.mapping = preview.table.how
            if remap:
                self.columns.show_file(options.kind, normalize_log_headings(file), self.mapping)
                self.options.show_clocks(preview.table.clocks)
            self.options.show_profile(self.mapping.profile.id)
            if preview.problem is not None:
                self._fail(preview.problem)
            if isinstance(preview.problem, NoRowImported):
                result = preview.problem.outcome
                self.questions.show_result(session.saved_project, options.kind, result)
                self.results.show_rows(result.rows, result.counts)
            if preview.prepared is not None:
                result = preview.prepared.outcome
                self.questions.show_result(session.saved_project, options.kind, result)
                self._show_prepared(preview.prepared)

        self._run(lambda report: preview_table(session, options, report), show)

    def _show_layer(self, results: Sequence[RowResult]) -> None:
        self._show_on_map(results)
        warning = self.file.warning if self.file is not None else None
        self.options.show_warning(warning.say(self._desk.session.formats) if warning else "")

    def _show_on_map(self, results: Sequence[RowResult]) -> None:
        self.map.show_rows(locate_rows(results, self.file.rows if self.file else ()))
        self._show_results(results, Counter(result.outcome for result in results))

    def _prepare(self) -> None:
        """Preview a file without columns to map, such as a plan, roads or a basemap."""
        form, session = self.options.read_options(), self._desk.session
        path, kind, name = form.path, form.kind, self.options.plan_name()
        options = ImportOptions(path, kind)
        if kind in ("zones", BASEMAP_KIND):
            options = replace(options, layer=form.layer, crs=form.crs)
        if kind == RETURN_KIND:
            options = replace(options, dates=form.dates)
        if kind == BASEMAP_KIND:
            options = replace(options, basemap=self.options.read_basemap_options())
        self.upper.hide()
        self._run(
            lambda report: prepare_import(
                session, path, kind, name=name, options=options, report=report
            ),
            self._show_prepared,
        )

    def _show_prepared(self, prepared: PreparedImport) -> None:
        self.prepared = prepared
        result, session = prepared.outcome, self._desk.session
        rewrite, formats = session.rewrite, session.formats
        if is_map_kind(self.options.kind):
            self._show_on_map(result.rows)
            self.options.show_warning(rewrite(say_all(result.notes, formats)))
            return
        warnings = (rewrite(note.say(formats)) for note in describe_silent_rows(result))
        self.complete.show_days(result.days, self.options.kind, warnings)
        self.results.view.set_empty_text("Every row can be imported unchanged.")
        self._show_results(result.rows, result.counts)
        about = [result.message, *result.notes]
        if result.ignored:
            about.append(Message("columns_left_out", columns=", ".join(result.ignored)))
        self.options.show_warning(rewrite(say_all(about, formats)))

    def _show_results(self, results: Sequence[RowResult], counts: Mapping[RowOutcome, int]) -> None:
        self.results.show_rows(results, counts)
        outcomes = (RowOutcome.NEW, RowOutcome.CHANGED)
        self._update_ok(sum(counts.get(outcome, 0) for outcome in outcomes))

    def _update_ok(self, importable: int = 0) -> None:
        """Show what the default button would do with a number of importable rows."""
        self._importable = importable
        declares = not importable and self.complete.read_days() is not None
        text = f"Import {format_count(importable, 'row')}" if importable else _TITLE
        self.ok.setText("Declare these days complete" if declares else text)
        self.ok.setEnabled(importable > 0 or declares)
        self.report.setVisible(self.prepared is not None)

    def _clear(self) -> None:
        self.job.drop()
        self.prepared = self.mapping = None
        self.options.show_problem(None)
        self.options.show_warning("")
        self.complete.show_days(None)
        self.results.view.set_empty_text(_NOT_READ_YET)
        self.results.show_rows((), {})
        self._update_ok()

    def _run(self, work: Callable[[Any], Any], done: Callable[[Any], None]) -> None:
        self.job.read(work, done, self._fail)

    def _fail_writing(self, error: Exception) -> None:
        self._set_inputs_enabled(enabled=True)
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, SeveralLayers) and is_return_workbook(error.names):
            self.options.show_kind(RETURN_KIND)
            self._prepare()
        elif isinstance(error, SeveralLayers) and not self.options.layers.count():
            self.options.show_layers(error.names)
            self._read()
        elif isinstance(error, UnknownCrs):
            self.options.show_problem(error, self.options.crs)
        elif isinstance(error, UserError) and error.code == "day_order_unknown":
            question = UserError("day_order_unknown.in_window", **error.details)
            self.options.show_problem(question, self.options.dates)
        elif isinstance(error, UserError):
            self.options.show_problem(error)
            self.results.view.set_empty_text("There are no rows to show.")
        else:
            self._desk.jobs.failed.emit(error)

    def _finish(
        self, saved: tuple[ImportResult, Path | None] | None, before: UndoStep | None
    ) -> None:
        """Close and show what was imported; stay open if the import was stopped."""
        self._set_inputs_enabled(enabled=True)
        if saved is None:
            self.options.show_summary(str(Message("import_stopped")))
            return
        super().accept()
        # log entries cannot be removed: Undo would only undo the declared days
        is_logged = self.options.kind in LOG_TABLES
        can_undo = not is_logged and self._desk.session.undoable_step is not before
        notify_import_done(self._desk, *saved, can_undo=can_undo)

    def _set_inputs_enabled(self, *, enabled: bool) -> None:
        for part in (self.options.inputs, self.upper, self.complete, self.ok, self.report):
            part.setEnabled(enabled)

    def _save_report(self) -> None:
        prepared, stem = self.prepared, self.options.read_options().path.stem
        if prepared is not None:
            self._attempt(lambda: save_import_report(self._desk, self, prepared.outcome, stem))

    def _save_profile(self) -> None:
        def save() -> None:
            saved = save_named_profile(self, self._read_options(), self.mapping)
            if saved:
                self.options.show_profiles(saved)

        self._attempt(save)

    def _attempt(self, act: Callable[[], object]) -> bool:
        """Do something; if it raises a UserError, show that in the dialog and return False."""
        try:
            act()
        except UserError as error:
            self.options.show_problem(error)
            return False
        return True
