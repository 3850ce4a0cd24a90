"""What undo and redo take, said before and after, and asked where a person may not expect it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.app.own_steps import NOTHING_TO_REDO, NOTHING_TO_UNDO, UndoStep
from zoneplanner.app.undoing import (
    compute_undo_effect,
    needs_confirmation,
)
from zoneplanner.app.voiding import (
    choose_take_back_verb,
    describe_take_back,
    explain_no_take_back,
    name_entry,
    take_back_entry,
)
from zoneplanner.domain.journal import JournalEntry
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog
from zoneplanner.ui.models.effects import AREA_NAMES, describe_effect, is_area_shown

_RECORD_WORKSPACES = ("log", "readiness")
"""Workspaces in which Undo first offers to take back the entry just made."""


class _UndoQuestion(FormDialog):
    """A form that Enter answers with yes; typed text, or Enter held down, is no answer."""

    def showEvent(self, event: QShowEvent) -> None:
        """Take the keys itself, so that a space presses no button."""
        super().showEvent(event)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close at any letter: somebody types a text and means no question."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.isAutoRepeat():
            return
        if not enter and event.text().isprintable() and event.text():
            self.reject()
            return
        super().keyPressEvent(event)


class UndoActions:
    """Undo and redo. They take the latest own step, or in the log the entry just made.

    A step of another workspace, and one that is weighty, is asked for first.
    """

    def __init__(self, desk: UiContext, parent: QWidget, workspace: Callable[[], str]) -> None:
        self._desk, self._parent, self._workspace = desk, parent, workspace
        self.asked: FormDialog | None = None
        for name, do in (("undo", self.undo), ("redo", self.redo)):
            desk.actions.on(name, partial(desk.attempt, do))
            desk.actions[name].setAutoRepeat(False)
        desk.bridge.changed.connect(self.refresh)
        desk.bridge.logged.connect(self.refresh)
        for signal in (desk.pending.began, desk.pending.settled):
            signal.connect(self.refresh)
        desk.bridge.undo_asked.connect(self._ask_undo)
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Name what each action would do now; shut those that would do nothing."""
        session = self._desk.session
        entry, undone = self._entry(), session.own_undone
        step = session.own_step
        if self._desk.pending.counting:
            self._name("undo", "Do Not Log It")
        elif entry is not None:
            self._name("undo", describe_take_back(session, entry) + "…")
        elif step is not None:
            self._name("undo", f"Undo: {session.rewrite(step.label)}")
        elif logged := self._logged_since(None):
            self._name("undo", "Undo")  # it tells where the entry is taken back
            self._desk.actions.retip("undo", logged)
        else:
            self._shut("undo", "Undo", NOTHING_TO_UNDO)
        if undone is not None:
            self._name("redo", f"Redo: {session.rewrite(undone.label)}")
        else:
            self._shut("redo", "Redo", NOTHING_TO_REDO)

    def undo(self) -> None:
        """Take back what the action names; ask first where it is not on screen, or weighty.

        An entry that still waits to be logged is dropped, and nothing else.
        """
        session = self._desk.session
        if self._desk.pending.drop():
            return
        entry = self._entry()
        if entry is not None:
            self._ask_entry(entry)
            return
        session.check_present()
        step = session.own_step
        if step is None:
            self._desk.notices.tell(self._logged_since(None) or NOTHING_TO_UNDO)
        elif (
            self._logged_since(step)
            or needs_confirmation(step, compute_undo_effect(session, step))
            or not self._is_shown(step)
        ):
            self._ask_undo(step)
        else:
            self._desk.undo(step)

    def redo(self) -> None:
        """Do again what was undone last; ask first where it is not on screen."""
        session = self._desk.session
        session.check_present()
        step = session.own_undone
        if step is None:
            self._desk.notices.tell(NOTHING_TO_REDO)
        elif self._is_shown(step):
            self._desk.redo()
        else:
            self._ask(f"Redo in {AREA_NAMES[step.area]}", "Redo", step, self._desk.redo)

    def ask_go_back(self, place: int) -> None:
        """Ask before the project becomes what it was after a step of the history."""
        from zoneplanner.ui.dialogs.go_back import GoBackDialog

        self._desk.attempt(lambda: GoBackDialog(self._desk, place, self._parent).ask())

    def _ask_undo(self, step: UndoStep) -> None:
        where = "" if self._is_shown(step) else f" in {AREA_NAMES[step.area]}"
        self._ask(f"Undo{where}", "Undo", step, partial(self._desk.undo, step))

    def _ask(self, title: str, ok: str, step: UndoStep, do: Callable[[], object]) -> None:
        session = self._desk.session
        effect, label = compute_undo_effect(session, step), session.rewrite(step.label)
        since = self._logged_since(step)
        self._open(f"{title}: {label}?", ok, f"{describe_effect(effect)}{since and ' '}{since}", do)

    def _logged_since(self, step: UndoStep | None) -> str:
        """Say what this desk logged after a step and Undo takes back in the log alone, if any."""
        session = self._desk.session
        if self._workspace() in _RECORD_WORKSPACES or not session.own_entries:
            return ""
        entry = session.own_entries[-1]
        if step is not None and step.at >= entry.recorded_at:
            return ""
        after = ", which you logged after it, stays" if step is not None else " stays"
        return f"{name_entry(session, entry)}{after}; Undo in Log takes it back."

    def _ask_entry(self, entry: JournalEntry) -> None:
        session = self._desk.session
        why_not = explain_no_take_back(session, entry)
        if why_not:
            self._desk.notices.tell(why_not)
            return
        words = describe_take_back(session, entry)
        about = "The entry is kept in the log and no longer counted."
        if entry.supersedes is not None:
            about = "A new entry says what was there before; all entries are kept in the log."
        self._open(
            f"{words}?",
            choose_take_back_verb(words),
            about,
            partial(take_back_entry, session, entry),
        )

    def _open(self, title: str, ok: str, about: str, do: Callable[[], object]) -> None:
        form = _UndoQuestion(title, ok, do, self._parent)
        form.say(about)
        self.asked = form
        form.finished.connect(self._forget)
        form.ask()

    def _forget(self) -> None:
        self.asked = None

    def _entry(self) -> JournalEntry | None:
        """Return the entry of this desk that undo takes back here, or None."""
        session, workspace = self._desk.session, self._workspace()
        if workspace not in _RECORD_WORKSPACES or not session.own_entries:
            return None
        entry, step = session.own_entries[-1], session.own_step
        newer = step is not None and step.at > entry.recorded_at
        return None if step is not None and newer and self._is_shown(step) else entry

    def _is_shown(self, step: UndoStep) -> bool:
        return is_area_shown(step.area, self._workspace())

    def _name(self, name: str, text: str) -> None:
        actions = self._desk.actions
        actions[name].setEnabled(True)
        actions[name].setText(text.replace("&", "&&"))
        actions.retip(name, f"{text.rstrip('…')}.")

    def _shut(self, name: str, text: str, why: str) -> None:
        actions = self._desk.actions
        actions[name].setEnabled(False)
        actions[name].setText(text)
        actions.retip(name, why)
