"""The dialog's work beside the window: reading, which is dropped at once, and writing."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QInputDialog, QWidget

from zoneplanner.app.imports.geography import map_features
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import (
    ImportResult,
    describe_saved,
    write_import_report,
)
from zoneplanner.app.session.session import Session
from zoneplanner.errors import Cancelled, ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.ui.data.imports.file_options import FileOptionsForm
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.services.jobs import Job, Jobs
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ResultHandler = Callable[[Any], None]
_IMPORTING = "Importing"
_STOPPED = "Reading was stopped; press Enter in the file field to read it again."
_STOPPING = "Stopping…"


class ImportJob:
    """One piece of work at a time, shown by the dialog's question with a button that stops it.

    ``done`` gets what it returns, ``failed`` what it raises.
    """

    def __init__(self, jobs: Jobs, question: FileOptionsForm) -> None:
        self._jobs, self._question = jobs, question
        self._job: Job | None = None
        self._asked_for = 0
        self._ends: threading.Event | None = None

    @property
    def busy(self) -> bool:
        """True while a file is read or written."""
        return self._job is not None

    @property
    def writing(self) -> bool:
        """True while the project is changed."""
        return self._ends is not None

    def read(
        self, work: Callable[[ProgressReport], Any], done: _ResultHandler, failed: _ResultHandler
    ) -> None:
        """Run work that changes nothing; only the answer to the latest is heard."""
        self.drop()
        self._run("Reading the file", work, done, failed)

    def write(
        self,
        session: Session,
        work: Callable[[ProgressReport], Any],
        done: _ResultHandler,
        failed: _ResultHandler,
    ) -> None:
        """Run work that changes the project; ``done`` gets None where it was stopped in time.

        What the session tells is heard at its end, in this thread.
        """
        ends = self._ends = threading.Event()

        def stoppable(report: ProgressReport) -> Any:
            def asked(fraction: float, text: str) -> None:
                if ends.is_set():
                    raise Cancelled
                report(fraction, text)

            try:
                return work(asked)
            except Cancelled:
                return None

        session.listeners.pause()
        self._run(_IMPORTING, stoppable, done, failed, first=session.listeners.resume)

    def stop(self) -> None:
        """Drop what is read; what is written is asked to end, and says itself what came of it."""
        if self._ends is not None:
            self._ends.set()
            self._question.say(_STOPPING)
        elif self.busy:
            self.drop()
            self._question.say(_STOPPED)

    def drop(self) -> None:
        """Forget what is read, if anything is."""
        self._asked_for += 1
        if self._job is not None:
            self._job.cancel()
        self._ended()

    def _run(
        self,
        title: str,
        work: Callable[[ProgressReport], Any],
        done: _ResultHandler,
        failed: _ResultHandler,
        first: Callable[[], None] = lambda: None,
    ) -> None:
        mine = self._asked_for

        def ended(tell: _ResultHandler, value: Any) -> None:
            if mine == self._asked_for:
                self._ended()
                first()
                tell(value)

        self._question.show_busy(self.stop)
        self._job = self._jobs.run(
            title,
            work,
            on_done=lambda value: ended(done, value),
            on_failed=lambda error: ended(failed, error),
            on_cancelled=lambda: None,
            lost="Rows not imported yet are left out." if title == _IMPORTING else "",
        )
        self._job.progressed.connect(self._question.progress)

    def _ended(self) -> None:
        self._job = self._ends = None
        self._question.show_busy(None)


def notify_import_done(
    desk: UiContext, done: ImportResult, kept: Path | None, *, undoes: bool
) -> None:
    """Say what was taken, with Undo, and where the report is ``kept``."""
    details = {"rejected": f"{len(done.refused):,}", "repaired": f"{len(done.repaired):,}"}
    if kept is not None:
        details["report"] = str(kept)
    desk.notices.show_notice(
        describe_saved(done),
        sign="done",
        offer="Undo" if undoes else "",
        on_offer=desk.make_undo_of_latest() if undoes else None,
        details=details,
        stays=bool(done.refused or done.repaired),
    )


def save_import_report(desk: UiContext, parent: QWidget, done: ImportResult, stem: str) -> None:
    """Ask for a file and write the report to it; one that cannot be written is a UserError."""
    place = Path(f"{stem} report.csv")
    chosen = ask_new_file(parent, "Save the report", "Tables (*.csv)", place)
    if chosen is not None:
        desk.session.store.check_target(chosen)
        write_import_report(chosen, done)


def save_named_profile(parent: QWidget, asked: ImportOptions, how: ColumnMapping | None) -> str:
    """Ask for a name, keep how a file is read under it, and return its id; empty without a name.

    Raises
    ------
    UserError
        There is nothing to keep yet, or it cannot be written.
    """
    if how is None:
        raise UserError("no_columns_yet")
    name, yes = QInputDialog.getText(parent, "Save as profile", "Name of the profile")
    return map_features.write_import_profile(name, asked, how) if yes else ""
