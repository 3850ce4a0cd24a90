"""The background job of the import dialog, and what follows an import."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QInputDialog, QWidget

from zoneplanner.app.imports.geography import map_features
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import (
    ImportResult,
    write_import_report,
)
from zoneplanner.app.session.session import Session
from zoneplanner.errors import Cancelled, ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.messages import Message
from zoneplanner.ui.data.imports.file_options import FileOptionsForm
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.services.jobs import Job, Jobs
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ResultHandler = Callable[[Any], None]
_IMPORTING = "Importing"


class ImportJob:
    """Reads or writes, one job at a time; the form shows the progress and a Stop button.

    ``done`` is called with the result of the work, ``failed`` with its exception.
    """

    def __init__(self, jobs: Jobs, form: FileOptionsForm) -> None:
        self._jobs, self._form = jobs, form
        self._job: Job | None = None
        self._number = 0
        self._stop_writing: threading.Event | None = None

    @property
    def busy(self) -> bool:
        """Whether a file is being read or written."""
        return self._job is not None

    @property
    def writing(self) -> bool:
        """Whether the project is being changed."""
        return self._stop_writing is not None

    def read(
        self, work: Callable[[ProgressReport], Any], done: _ResultHandler, failed: _ResultHandler
    ) -> None:
        """Run work that changes nothing; only the latest work's result is used."""
        self.drop()
        self._run("Reading the file", work, done, failed)

    def write(
        self,
        session: Session,
        work: Callable[[ProgressReport], Any],
        done: _ResultHandler,
        failed: _ResultHandler,
    ) -> None:
        """Run work that changes the project; ``done`` gets None if it was stopped in time.

        The session's listeners are notified at its end, in this thread.
        """
        stop = self._stop_writing = threading.Event()

        def stoppable(report: ProgressReport) -> Any:
            def report_or_stop(fraction: float, text: Message | str) -> None:
                if stop.is_set():
                    raise Cancelled
                report(fraction, text)

            try:
                return work(report_or_stop)
            except Cancelled:
                return None

        session.listeners.pause()
        self._run(_IMPORTING, stoppable, done, failed, before_result=session.listeners.resume)

    def stop(self) -> None:
        """Drop any reading, or ask any writing to stop, which then calls ``done``."""
        if self._stop_writing is not None:
            self._stop_writing.set()
            self._form.show_summary("Stopping…")
        elif self.busy:
            self.drop()
            self._form.show_summary(str(Message("import_stopped.reading")))

    def drop(self) -> None:
        """Cancel any reading, and ignore its result."""
        self._number += 1
        if self._job is not None:
            self._job.cancel()
        self._end()

    def _run(
        self,
        title: str,
        work: Callable[[ProgressReport], Any],
        done: _ResultHandler,
        failed: _ResultHandler,
        before_result: Callable[[], None] = lambda: None,
    ) -> None:
        number = self._number

        def finish(handle: _ResultHandler, value: Any) -> None:
            if number == self._number:
                self._end()
                before_result()
                handle(value)

        self._form.show_busy(self.stop)
        self._job = self._jobs.run(
            title,
            work,
            on_done=lambda value: finish(done, value),
            on_failed=lambda error: finish(failed, error),
            on_cancelled=lambda: None,
            lost="Rows not imported yet won’t be imported." if title == _IMPORTING else "",
        )
        self._job.progressed.connect(self._form.show_progress)

    def _end(self) -> None:
        self._job = self._stop_writing = None
        self._form.show_busy(None)


def notify_import_done(
    desk: UiContext, result: ImportResult, report: Path | None, *, can_undo: bool
) -> None:
    """Show what was imported and where the report is, with Undo if that is possible."""
    details = {"rejected": f"{len(result.refused):,}", "repaired": f"{len(result.repaired):,}"}
    if report is not None:
        details["report"] = str(report)
    desk.notices.show_notice(
        result.message,
        sign="done",
        offer="Undo" if can_undo else "",
        on_offer=desk.make_undo_of_latest() if can_undo else None,
        details=details,
        stays=bool(result.refused or result.repaired),
    )


def save_import_report(desk: UiContext, parent: QWidget, result: ImportResult, stem: str) -> None:
    """Ask for a file, and write the report to it.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    default = Path(f"{stem} report.csv")
    path = ask_new_file(parent, "Save the report", "Tables (*.csv)", default)
    if path is not None:
        desk.session.store.check_target(path)
        write_import_report(path, result)


def save_named_profile(
    parent: QWidget, options: ImportOptions, mapping: ColumnMapping | None
) -> str:
    """Ask for a name, save the mapping as a profile, and return its id, or "" if canceled.

    Raises
    ------
    UserError
        There is no mapping yet, or the profile cannot be written.
    """
    if mapping is None:
        raise UserError("no_columns_yet")
    name, is_accepted = QInputDialog.getText(parent, "Save as profile", "Name of the profile")
    return map_features.write_import_profile(name, options, mapping) if is_accepted else ""
