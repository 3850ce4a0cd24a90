"""Undo, Redo and going back in History, with the questions before them."""

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
from zoneplanner.app.session.undo_stack import UndoStep, needs_confirmation
from zoneplanner.domain.edits import EditArea, EditEffect
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.messages import Message, format_count, say_all
from zoneplanner.ui.widgets.inputs.accidental_input import PAUSE_MS
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import make_editable_box
from zoneplanner.ui.widgets.layout.basic_widgets import ENTER_KEYS
from zoneplanner.ui.widgets.services.ui_context import UiContext

_NOTHING_TO_UNDO, _NOTHING_TO_REDO = Message("nothing_to_undo"), Message("nothing_to_redo")
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
"""The workspaces that show each area; all workspaces show the project."""
_MAX_NAMED_SITES, _MAX_NAMED_STEPS = 2, 4


def _describe_effect(effect: EditEffect) -> Message:
    """Describe what a step changes, such as “This turns 105 posted shifts back to draft.”."""
    parts = list(_describe_parts(effect)) or [Message("effect.other")]
    return Message("effect", parts=parts)


_EFFECTS = (
    "shifts_to_draft",
    "shifts_to_final",
    "shifts_changed",
    "shifts_added",
    "shifts_removed",
    "officers_changed",
    "plans_taken_out_of_force",
    "plans_put_in_force",
    "sites_moved",
    "sites_changed",
    "plans_added",
    "plans_removed",
)
"""What a step may change: fields of ``EditEffect`` in the order in which they are listed."""


def _describe_parts(effect: EditEffect) -> Iterator[Message]:
    for name in _EFFECTS:
        changed = getattr(effect, name)
        for each in [changed] if isinstance(changed, int) else changed:
            if each:
                yield Message(f"effect.{name}", changed=each)


class GoBackDialog(FormDialog):
    """Asks before the project returns to its state after an earlier step."""

    def __init__(self, desk: UiContext, index: int, parent: QWidget | None = None) -> None:
        session = desk.session
        super().__init__("Go Back to Here?", "Go back", self._go_back, parent)
        self._desk, self._seq = desk, session.history[index].seq
        steps = session.history[index + 1 :]
        write = session.rewrite
        recent = reversed(steps[-_MAX_NAMED_STEPS:])
        lines = [f"• {write(step.label)} ({step.actor})" for step in recent]
        if len(steps) > _MAX_NAMED_STEPS:
            lines.append(f"• and {len(steps) - _MAX_NAMED_STEPS:,} more")
        others = sorted({step.actor for step in steps} - {session.actor})
        by_others = f" This includes steps by {', '.join(others)}." if others else ""
        listed = "\n".join(lines)
        self.set_about(
            f"The project will return to its state after step {index}: "
            f"{write(session.history[index].label)}. "
            f"This takes back {format_count(len(steps), 'step')}.{by_others}\n\n{listed}\n\n"
            f"{_describe_effect(session.effect_of_restore(index))}\n\n"
            f"All steps stay in History, so you can return to any of them."
        )

    def _go_back(self) -> None:
        session = self._desk.session
        index = next(n for n, step in enumerate(session.history) if step.seq == self._seq)
        label = session.history[index].label
        session.restore_step(index)
        self._desk.report_done(f"The project is back to its state after: {label}.")


_RECORD_WORKSPACES = ("log", "readiness")
"""Workspaces in which Undo first offers to take back the latest entry."""


class _UndoQuestion(FormDialog):
    """A question that Enter confirms, but not as part of typed text or while it is held down."""

    def __init__(
        self, title: str, ok: str, do: Callable[[], object], parent: QWidget | None
    ) -> None:
        super().__init__(title, ok, do, parent)
        self._since_letter = QElapsedTimer()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Focus the form itself, so that the space key presses no button."""
        super().showEvent(event)
        self.setFocus()
        self.ok.setDefault(True)  # no button has the focus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ignore letters, and an Enter that ends typed text."""
        is_enter = event.key() in ENTER_KEYS
        is_letter = not is_enter and event.text().isprintable() and event.text()
        timer = self._since_letter
        ends_text = timer.isValid() and not timer.hasExpired(PAUSE_MS)
        if is_letter and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            timer.start()
            self.show_refusal(str(Message("letter_keys_ignored")))
        elif not is_enter or not (
            event.isAutoRepeat() or (ends_text and self.focusWidget() is self)
        ):
            super().keyPressEvent(event)


class UndoActions:
    """Undo and redo of this desk's latest step or, in Log and Readiness, its latest entry.

    Steps that another workspace shows, and far-reaching ones, need confirmation.
    """

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        self._desk, self._parent, self._workspace = desk, parent, ""
        step = desk.session.undoable_step
        self._reported_seq = step.seq if step is not None else 0
        desk.bridge.changed.connect(self._report_move)
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

    def _describe_move(self, event: SessionChange) -> Message | None:
        """Return which few sites moved to which zone, or None for other moves."""
        sites, moves = event.after.project.sites, event.changes.moves
        names = [sites[move.site].name for move in moves if move.site in sites]
        zones = {move.after for move in moves}
        if len(zones) > 1 or None in zones or not 0 < len(names) <= _MAX_NAMED_SITES:
            return None
        return Message("sites_moved", sites=names, zone=zones.pop())

    def _report_move(self, event: SessionChange) -> None:
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
        """Undo what this workspace shows from now on."""
        self._workspace = name
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Name what each action would do now, and disable actions that would do nothing."""
        session = self._desk.session
        entry, undone = self._find_entry(), session.redoable_step
        step = session.undoable_step
        if self._desk.pending.counting:
            self._set_text("undo", "Don’t Log It")
        elif entry is not None:
            self._set_text("undo", f"{describe_take_back(session, entry)}…")
        elif step is not None:
            self._set_text("undo", f"Undo: {session.rewrite(step.label)}")
        elif hint := self._describe_logged_since(None):
            self._set_text("undo", "Undo")  # shows where the entry can be taken back
            self._desk.actions.set_tip("undo", str(hint))
        else:
            self._set_text("undo", "Undo", denial=str(_NOTHING_TO_UNDO))
        if undone is not None:
            self._set_text("redo", f"Redo: {session.rewrite(undone.label)}")
        else:
            self._set_text("redo", "Redo", denial=str(_NOTHING_TO_REDO))

    def undo(self) -> None:
        """Undo what the action names, and ask first if it is not on screen or far-reaching.

        If an entry is pending, only discard that.
        """
        session = self._desk.session
        if self._desk.pending.discard():
            return
        entry = self._find_entry()
        if entry is not None:
            self._ask_entry(entry)
            return
        session.require_present_state()
        step = session.undoable_step
        if step is None:
            self._desk.notices.show_notice(self._describe_logged_since(None) or _NOTHING_TO_UNDO)
        elif (
            self._describe_logged_since(step)
            or needs_confirmation(step, session.effect_of_undo(step))
            or not self._is_shown(step)
        ):
            self._ask_undo(step)
        else:
            self._desk.undo(step)

    def redo(self) -> None:
        """Redo what was undone last; ask first if it is not on screen."""
        session = self._desk.session
        session.require_present_state()
        step = session.redoable_step
        if step is None:
            self._desk.notices.show_notice(_NOTHING_TO_REDO)
        elif self._is_shown(step):
            self._desk.redo()
        else:
            self._ask("redo_question.elsewhere", "Redo", step, self._desk.redo)

    def ask_go_back(self, index: int) -> None:
        """Ask before the project returns to its state after a step of the history."""
        self._desk.attempt(lambda: GoBackDialog(self._desk, index, self._parent).ask())

    def _ask_undo(self, step: UndoStep) -> None:
        code = "undo_question" if self._is_shown(step) else "undo_question.elsewhere"
        self._ask(code, "Undo", step, partial(self._desk.undo, step))

    def _ask(self, code: str, ok: str, step: UndoStep, do: Callable[[], object]) -> None:
        session = self._desk.session
        effect, label = session.effect_of_undo(step), session.rewrite(step.label)
        stays = self._describe_logged_since(step)
        about = say_all(filter(None, (_describe_effect(effect), stays)))
        title = Message(code, area=_AREA_NAMES[step.area], step=label)
        self._open_question(str(title), ok, about, do)

    def _describe_logged_since(self, step: UndoStep | None) -> Message | None:
        """Return what this desk logged after a step, which only Undo in Log takes back, or None."""
        session = self._desk.session
        if self._workspace in _RECORD_WORKSPACES or not session.own_entries:
            return None
        entry = session.own_entries[-1]
        if step is not None and step.at >= entry.recorded_at:
            return None
        code = "logged_since" if step is None else "logged_since.step"
        return Message(code, entry=name_entry(session, entry))

    def _ask_entry(self, entry: JournalEntry) -> None:
        session = self._desk.session
        denial = explain_no_take_back(session, entry)
        if denial is not None:
            self._desk.notices.show_notice(denial)
            return
        title = f"{describe_take_back(session, entry)}?"
        about = "The entry is kept in the log and no longer counts."
        if entry.supersedes is not None:
            about = "A new entry restores the earlier values; all entries are kept in the log."
        reason = make_editable_box(VOID_REASONS, TAKEN_BACK)
        verb = choose_take_back_verb(entry)

        def take_back() -> None:
            take_back_entry(session, entry, reason=reason.currentText().strip() or TAKEN_BACK)

        rows = (("&Reason", reason),) if verb == VOID else ()
        self._open_question(title, verb, about, take_back, rows)

    def _open_question(
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

    def _find_entry(self) -> JournalEntry | None:
        """Return this desk's entry that undo takes back in this workspace, or None."""
        session, workspace = self._desk.session, self._workspace
        if workspace not in _RECORD_WORKSPACES or not session.own_entries:
            return None
        entry, step = session.own_entries[-1], session.undoable_step
        has_newer_step = step is not None and step.at > entry.recorded_at and self._is_shown(step)
        return None if has_newer_step else entry

    def _is_shown(self, step: UndoStep) -> bool:
        """Return whether the current workspace shows what a step changes."""
        return step.area is EditArea.PROJECT or self._workspace in _SHOWN_IN[step.area]

    def _set_text(self, name: str, text: str, *, denial: str = "") -> None:
        """Set an action's text; ``denial`` explains why it would do nothing."""
        actions = self._desk.actions
        actions[name].setEnabled(not denial)
        actions[name].setText(text.replace("&", "&&"))
        actions.set_tip(name, denial or f"{text.rstrip('…')}.")
