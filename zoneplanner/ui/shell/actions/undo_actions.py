"""Undo, Redo and going back in History: what each changes, the question, and the step.

A school that moved is reported with its Undo.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.corrections import (
    TAKEN_BACK,
    VOID,
    VOID_REASONS,
    choose_take_back_verb,
    describe_take_back,
    explain_no_take_back,
    name_entry,
    take_back_entry,
)
from zoneplanner.app.session.state import SessionChange
from zoneplanner.app.session.undo_stack import (
    UndoStep,
    needs_confirmation,
)
from zoneplanner.domain.changes import EditArea, EditEffect
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.messages import format_count, join_names, render_message
from zoneplanner.ui.widgets.inputs.accidental_input import PAUSE_MS
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import make_editable_box
from zoneplanner.ui.widgets.services.ui_context import UiContext

_NOTHING_TO_UNDO = render_message("nothing_to_undo", {})
_NOTHING_TO_REDO = render_message("nothing_to_redo", {})
_AREA_NAMES = {
    EditArea.PLAN: "Plan",
    EditArea.SHIFTS: "Shifts",
    EditArea.LOG: "Log",
    EditArea.READINESS: "Readiness",
    EditArea.DATA: "Data",
    EditArea.PROJECT: "the project",
}
_SHOWN_IN = {
    EditArea.PLAN: ("plan", "coverage"),
    EditArea.SHIFTS: ("shifts",),
    EditArea.LOG: ("log", "coverage"),
    EditArea.READINESS: ("readiness",),
    EditArea.DATA: ("data", "plan", "coverage"),
}
"""The workspaces in which each area is on screen; what is not named is in every one."""
_MOST_NAMED = 2
"""A notice names so many sites that moved."""


def _is_area_shown(area: EditArea, workspace: str) -> bool:
    """True where a person in a workspace sees what an edit of an area changes."""
    return area is EditArea.PROJECT or workspace in _SHOWN_IN[area]


def _describe_effect(effect: EditEffect) -> str:
    """Say what changes: “This turns 105 posted shifts back to draft.”."""
    return f"This {join_names(list(_parts(effect)) or ['changes settings of the project'])}."


_EFFECTS = (
    ("shifts_to_draft", "turns", "posted shift", " back to draft"),
    ("shifts_to_final", "posts", "shift", ""),
    ("shifts_changed", "changes", "shift", ""),
    ("shifts_added", "adds", "shift", ""),
    ("shifts_removed", "removes", "shift", ""),
    ("officers_changed", "changes", "officer", ""),
    ("plans_taken_out_of_force", "takes “{}” out of effect", "", ""),
    ("plans_put_in_force", "puts “{}” into effect", "", ""),
    ("sites_moved", "moves", "site", " to another zone"),
    ("sites_changed", "changes", "site", ""),
    ("plans_added", "brings", "plan", " back"),
    ("plans_removed", "removes", "plan", ""),
)
"""What a step may change: the figure, the verb, what is counted, and what becomes of it."""


def _parts(effect: EditEffect) -> Iterator[str]:
    for name, verb, noun, after in _EFFECTS:
        changed = getattr(effect, name)
        if noun and changed:
            yield f"{verb} {format_count(changed, noun)}{after}"
        elif not noun:
            yield from (verb.format(plan) for plan in changed)


_MOST_NAMED = 4


class GoBackDialog(FormDialog):
    """Asks before the project becomes what it was after a step; all steps stay listed."""

    def __init__(self, desk: UiContext, place: int, parent: QWidget | None = None) -> None:
        session = desk.session
        super().__init__("Go Back to Here?", "Go back", self._go, parent)
        self._desk, self._seq = desk, session.history[place].seq
        self._last = session.history[-1].seq
        steps = session.history[place + 1 :]
        write = session.rewrite
        named = [f"• {write(step.label)} ({step.actor})" for step in reversed(steps[-_MOST_NAMED:])]
        if len(steps) > _MOST_NAMED:
            named.append(f"• and {len(steps) - _MOST_NAMED:,} more")
        others = sorted({step.actor for step in steps} - {session.actor})
        whose = f" This includes steps by {', '.join(others)}." if others else ""
        listed = "\n".join(named)
        self.set_about(
            f"The project will return to its state after step {place}: "
            f"{write(session.history[place].label)}. "
            f"This takes back {format_count(len(steps), 'step')}.{whose}\n\n{listed}\n\n"
            f"{_describe_effect(session.effect_of_restore(place))}\n\n"
            f"All steps stay in History, so you can return to any of them."
        )

    def _go(self) -> None:
        session, desk = self._desk.session, self._desk
        place = next(at for at, step in enumerate(session.history) if step.seq == self._seq)
        label = session.history[place].label
        session.restore_step(place)
        desk.report_done(f"The project is back to its state after: {label}.")


_RECORD_WORKSPACES = ("log", "readiness")
"""Workspaces in which Undo first offers to take back the entry just made."""


_NO_ANSWER = "Letter keys do nothing here. Enter confirms; Esc keeps everything as it is."


class _UndoQuestion(FormDialog):
    """A form that Enter answers with yes; typed text, or Enter held down, is no answer."""

    def __init__(
        self, title: str, ok: str, do: Callable[[], object], parent: QWidget | None
    ) -> None:
        super().__init__(title, ok, do, parent)
        self._typed = QElapsedTimer()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the keys itself, so that a space presses no button."""
        super().showEvent(event)
        self.setFocus()
        self.ok.setDefault(True)  # no button has the keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take no letter for an answer, nor the Enter that ends a text: no question was meant."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        letter = not enter and event.text().isprintable() and event.text()
        goes_on = self._typed.isValid() and not self._typed.hasExpired(PAUSE_MS)
        if letter and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._typed.start()
            self.show_refusal(_NO_ANSWER)
        elif not enter or not (event.isAutoRepeat() or (goes_on and self.focusWidget() is self)):
            super().keyPressEvent(event)


class UndoActions:
    """Undo and redo. They take the latest own step, or in the log the entry just made.

    A step of another workspace, and one that is weighty, is asked for first.
    """

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk, self._parent, self._workspace = desk, parent, ""
        step = desk.session.undoable_step
        self._reported_seq = step.seq if step is not None else 0
        desk.bridge.changed.connect(self._tell_move)
        self.asked: FormDialog | None = None
        for name, do in (("undo", self.undo), ("redo", self.redo)):
            desk.actions.set_handler(name, partial(desk.attempt, do))
            desk.actions[name].setAutoRepeat(False)
        desk.bridge.changed.connect(self.refresh)
        desk.bridge.logged.connect(self.refresh)
        for signal in (desk.pending.began, desk.pending.settled):
            signal.connect(self.refresh)
        desk.bridge.undo_asked.connect(self._ask_undo)
        self.refresh()

    def _describe_move(self, event: SessionChange) -> str:
        """Say where the few sites are that went to one zone; nothing of other moves."""
        sites, moves = event.after.project.sites, event.changes.moves
        names = [sites[move.site].name for move in moves if move.site in sites]
        zones = {move.after for move in moves}
        if len(zones) > 1 or None in zones or not 0 < len(names) <= _MOST_NAMED:
            return ""
        verb = "is" if len(names) == 1 else "are"
        return f"{join_names(names)} {verb} now in {zones.pop()}."

    def _tell_move(self, event: SessionChange) -> None:
        step, before = self._desk.session.undoable_step, self._reported_seq
        self._reported_seq = step.seq if step is not None else 0
        if (
            step is not None
            and self._reported_seq > before
            and event.changes.moves
            and not event.others
        ):
            self._desk.report_done(self._describe_move(event) or f"{step.label}.")
        elif event.changes.moves:
            self._desk.notices.hide()

    def show_workspace(self, name: str) -> None:
        """Follow the workspace: undo takes back what is on screen there."""
        self._workspace = name
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Name what each action would do now; shut those that would do nothing."""
        session = self._desk.session
        entry, undone = self._entry(), session.redoable_step
        step = session.undoable_step
        if self._desk.pending.counting:
            self._name("undo", "Don’t Log It")
        elif entry is not None:
            self._name("undo", describe_take_back(session, entry) + "…")
        elif step is not None:
            self._name("undo", f"Undo: {session.rewrite(step.label)}")
        elif logged := self._logged_since(None):
            self._name("undo", "Undo")  # it tells where the entry is taken back
            self._desk.actions.set_tip("undo", logged)
        else:
            self._name("undo", "Undo", shut=_NOTHING_TO_UNDO)
        if undone is not None:
            self._name("redo", f"Redo: {session.rewrite(undone.label)}")
        else:
            self._name("redo", "Redo", shut=_NOTHING_TO_REDO)

    def undo(self) -> None:
        """Take back what the action names; ask first where it is not on screen, or weighty.

        An entry that still waits to be logged is dropped, and nothing else.
        """
        session = self._desk.session
        if self._desk.pending.discard():
            return
        entry = self._entry()
        if entry is not None:
            self._ask_entry(entry)
            return
        session.check_present()
        step = session.undoable_step
        if step is None:
            self._desk.notices.show_notice(self._logged_since(None) or _NOTHING_TO_UNDO)
        elif (
            self._logged_since(step)
            or needs_confirmation(step, session.effect_of_undo(step))
            or not self._is_shown(step)
        ):
            self._ask_undo(step)
        else:
            self._desk.undo(step)

    def redo(self) -> None:
        """Do again what was undone last; ask first where it is not on screen."""
        session = self._desk.session
        session.check_present()
        step = session.redoable_step
        if step is None:
            self._desk.notices.show_notice(_NOTHING_TO_REDO)
        elif self._is_shown(step):
            self._desk.redo()
        else:
            self._ask(f"Redo in {_AREA_NAMES[step.area]}", "Redo", step, self._desk.redo)

    def ask_go_back(self, place: int) -> None:
        """Ask before the project becomes what it was after a step of the history."""
        self._desk.attempt(lambda: GoBackDialog(self._desk, place, self._parent).ask())

    def _ask_undo(self, step: UndoStep) -> None:
        where = "" if self._is_shown(step) else f" in {_AREA_NAMES[step.area]}"
        self._ask(f"Undo{where}", "Undo", step, partial(self._desk.undo, step))

    def _ask(self, title: str, ok: str, step: UndoStep, do: Callable[[], object]) -> None:
        session = self._desk.session
        effect, label = session.effect_of_undo(step), session.rewrite(step.label)
        since = self._logged_since(step)
        self._open(
            f"{title}: {label}?", ok, f"{_describe_effect(effect)}{since and ' '}{since}", do
        )

    def _logged_since(self, step: UndoStep | None) -> str:
        """Say what this desk logged after a step and Undo takes back in the log alone, if any."""
        session = self._desk.session
        if self._workspace in _RECORD_WORKSPACES or not session.own_entries:
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
            self._desk.notices.show_notice(why_not)
            return
        words = describe_take_back(session, entry)
        about = "The entry is kept in the log and no longer counts."
        if entry.supersedes is not None:
            about = "A new entry restores the earlier values; all entries are kept in the log."
        reason = make_editable_box(VOID_REASONS, TAKEN_BACK)
        verb = choose_take_back_verb(entry)

        def take_back() -> None:
            take_back_entry(session, entry, reason=reason.currentText().strip() or TAKEN_BACK)

        rows = (("&Reason", reason),) if verb == VOID else ()
        self._open(f"{words}?", verb, about, take_back, rows)

    def _open(
        self,
        title: str,
        ok: str,
        about: str,
        do: Callable[[], object],
        rows: Iterable[tuple[str, QWidget]] = (),
    ) -> None:
        form = _UndoQuestion(title, ok, do, self._parent)
        form.set_about(about)
        form.add_rows(*rows)
        self.asked = form
        form.finished.connect(self._forget)
        form.ask()

    def _forget(self) -> None:
        self.asked = None

    def _entry(self) -> JournalEntry | None:
        """Return the entry of this desk that undo takes back here, or None."""
        session, workspace = self._desk.session, self._workspace
        if workspace not in _RECORD_WORKSPACES or not session.own_entries:
            return None
        entry, step = session.own_entries[-1], session.undoable_step
        newer = step is not None and step.at > entry.recorded_at
        return None if step is not None and newer and self._is_shown(step) else entry

    def _is_shown(self, step: UndoStep) -> bool:
        return _is_area_shown(step.area, self._workspace)

    def _name(self, name: str, text: str, *, shut: str = "") -> None:
        """Say what an action would do; ``shut`` says why it would do nothing."""
        actions = self._desk.actions
        actions[name].setEnabled(not shut)
        actions[name].setText(text.replace("&", "&&"))
        actions.set_tip(name, shut or f"{text.rstrip('…')}.")
