"""What every panel is given: the session and the ways to hear of it, act on it and speak."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from PySide6.QtWidgets import QWidget

from zoneplanner.app.projects.sharing_status import explain_denied_edit, explain_denied_log
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.app.session.undo_stack import UndoStep, needs_confirmation
from zoneplanner.errors import StaleFile, UserError
from zoneplanner.ui.widgets.services.action_table import Actions
from zoneplanner.ui.widgets.services.jobs import Jobs
from zoneplanner.ui.widgets.services.notices import NoticeBar, PendingEntry, PendingEntryBar
from zoneplanner.ui.widgets.services.readiness_reader import ReadinessReader
from zoneplanner.ui.widgets.services.session_bridge import SessionBridge
from zoneplanner.ui.widgets.style.icons import Icons


def load_class(path: str) -> Any:
    """Return a class by its "module:Class" below ``zoneplanner.ui``, imported when asked for.

    Tables of panels and dialogs name their classes so, which keeps them out of the start
    (``tests/ui/shell/test_start_imports.py``).
    """
    module, _, name = path.partition(":")
    return getattr(import_module(f"zoneplanner.ui.{module}"), name)


@dataclass(frozen=True, eq=False, slots=True)
class UiContext:
    """One open project and the tools to work on it."""

    session: Session
    bridge: SessionBridge
    jobs: Jobs
    readiness: ReadinessReader
    actions: Actions
    icons: Icons
    notices: NoticeBar
    pending: PendingEntryBar

    def __post_init__(self) -> None:
        """Show what long work refuses, where its starter does not take that himself."""
        self.jobs.refused.connect(self.show_problem)

    def attempt(self, do: Callable[[], object]) -> bool:
        """Do something that may be refused; a refusal is told and False comes back."""
        try:
            do()
        except UserError as error:
            self.show_problem(error)
            return False
        return True

    def may_log(self) -> bool:
        """Tell why nothing can be logged here, if so; True where it can."""
        return not self._tell_why(explain_denied_log(self.session.store))

    def may_edit(self) -> bool:
        """Tell why plans and shifts cannot be changed here, if so; True where they can."""
        return not self._tell_why(explain_denied_edit(self.session.store))

    def _tell_why(self, why: str) -> str:
        if why:
            self.notices.show_notice(why)
        return why

    def count_down_entry(
        self,
        subject: tuple[str, ...],
        text: str,
        write: Callable[[], object],
        *,
        icon: str = "visit",
    ) -> None:
        """Count five seconds in a bar, then write an entry that cannot be taken out again.

        ``subject`` is what it is about, ``text`` a sentence without its stop, and ``write`` keeps
        it with the time of the key; a refusal is told.
        """
        if self.may_log():
            self.pending.prepare(PendingEntry(subject, text, lambda: self.attempt(write), icon))

    def make_undo_of_latest(self) -> Callable[[], object]:
        """Return what takes back the latest own step as it is now, for the notice that tells it.

        Later it takes back nothing else; what always asks is asked for.
        """
        step = self.session.undoable_step

        def take_back() -> None:
            if step is None or step.seq != getattr(self.session.undoable_step, "seq", None):
                self.notices.show_notice("That is no longer your latest step; see History.")
            elif needs_confirmation(step, self.session.effect_of_undo(step)):
                self.bridge.undo_asked.emit(step)
            else:
                self.undo(step)

        return lambda: self.attempt(take_back)

    def report_done(
        self,
        text: str,
        *,
        sign: str = "done",
        details: Mapping[str, Any] | None = None,
        stays: bool = False,
    ) -> None:
        """Say what was done, with an Undo that takes back this step and no later one."""
        self.notices.show_notice(
            text,
            sign=sign,
            offer="Undo",
            on_offer=self.make_undo_of_latest(),
            details=details,
            stays=stays,
        )

    def undo(self, step: UndoStep) -> None:
        """Take back the latest own step, which is this one, and say so with its own Redo."""
        if self.attempt(lambda: self.session.undo(step.seq)):
            text = f"Undone: {step.label}."
            self.notices.show_notice(text, sign="done", offer="Redo", on_offer=self.redo)

    def ask(self, dialog: str, *given: object, parent: QWidget | None = None) -> None:
        """Open a dialog by its "module:Class" below ``zoneplanner.ui``."""
        load_class(dialog)(self, *given, parent=parent).ask()

    def apply(self, label: str, edit: ProjectEdit, *, done: str = "") -> bool:
        """Make an edit one step and report ``done`` with an Undo; False where it was refused."""
        made = self.attempt(lambda: self.session.apply(label, edit))
        if made and done:
            self.report_done(done)
        return made

    def redo(self) -> None:
        """Do again the own step that was undone last, and say so with its own Undo."""
        step = self.session.redoable_step
        if self.attempt(self.session.redo) and step is not None:
            self.report_done(f"Done again: {step.label}.")

    def show_problem(self, error: UserError) -> None:
        """Tell a refusal and what may be done: mine again, or a copy where nothing is saved."""
        error.formats = error.formats or self.session.formats
        again = error.retry
        do: Callable[[], object]
        if isinstance(error, StaleFile):
            offer, do = "Save a copy elsewhere…", self.actions["save_copy"].trigger
        elif again is not None:
            offer, do = "Do mine again", lambda: self.attempt(again)
        else:
            self.notices.show_problem(error)
            return
        self.notices.show_notice(
            error.message,
            sign="problem",
            offer=offer,
            on_offer=do,
            details=error.unsaid_details,
            stays=True,
        )
