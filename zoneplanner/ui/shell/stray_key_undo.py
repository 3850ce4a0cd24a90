"""What the window says and takes back when keys were not meant as commands."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from zoneplanner.app.log.corrections import take_back_entry
from zoneplanner.app.session.undo_stack import UndoStep
from zoneplanner.ui.map.tools.toolbox import Toolbox
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.inputs.accidental_input import (
    AccidentalKeyFilter,
    KeyTargetWatch,
    KeyVerdict,
)
from zoneplanner.ui.widgets.services.notices import PendingEntry
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext

_NOTICES = {
    KeyVerdict.STALE: "The selection changed while the window was busy, so your keystrokes were "
    "ignored. Check what is selected and press the keys again.",
    KeyVerdict.TEXT: "No text field is open, so your typing was ignored. Open the "
    "form first, or click in a field.",
}
_UNDOES, _REDOES = "z", "Z"


_TAKEN_BACK = " The effect of the first letters was undone."
_NOT_LOGGED = " Not logged: {text}."


@dataclass(frozen=True, eq=False, slots=True)
class _StateBeforeRun:
    """What a run of keys found: the keys' place, the selection, the tool, the history, entries."""

    focus: "weakref.ref[QWidget] | None"
    selection: Selection
    tool: str
    waiting: PendingEntry | None
    step: UndoStep | None
    undone: UndoStep | None
    logged: int


class StrayKeyUndo:
    """Takes back what the first letters of a typed text did.

    The keys are where they were and so is the tool, the entry that was asked for is dropped, and
    what a digit gave away or stamped or Z took back is as before. What was selected is so again,
    but where one letter alone stepped through the zones on the map, in sight. An entry that waited
    before and steps of other desks in between are left alone.
    """

    def __init__(
        self, desk: UiContext, toolbox: Toolbox, window: QWidget, read_call: Callable[[], str]
    ) -> None:
        self._desk, self._read_call = desk, read_call
        self._toolbox = toolbox
        self._before: _StateBeforeRun | None = None
        self._acted, self._back, self._dropped = "", False, ""
        actions = desk.actions
        watch = KeyTargetWatch(window, self._read_target)
        desk.bridge.others_begin.connect(watch.begin_others)
        desk.bridge.others_end.connect(watch.end_others)
        self.guard = AccidentalKeyFilter(
            window, desk.pending, actions.interrupts, actions.commands, watch
        )
        self.guard.began.connect(self._remember)
        self.guard.acting.connect(self._note)
        self.guard.mistaken.connect(self._take_back)
        self.guard.dropped.connect(self._tell)

    def _read_target(self) -> tuple[object, ...]:
        desk = self._desk
        return desk.bridge.selection, desk.pending.entry, self._toolbox.tool, self._read_call()

    def _tell(self, why: KeyVerdict) -> None:
        undone = _NOT_LOGGED.format(text=self._dropped) if self._dropped else ""
        said = _NOTICES[why] + (_TAKEN_BACK if self._back else "") + undone
        self._back, self._dropped = False, ""
        self._desk.notices.show_notice(said)
        if self._desk.pending.counting:
            self._desk.pending.raise_()  # an entry that waited before goes on in sight

    def _remember(self) -> None:
        session, focus = self._desk.session, QApplication.focusWidget()
        self._acted = ""
        self._before = _StateBeforeRun(
            weakref.ref(focus) if focus is not None else None,
            self._desk.bridge.selection,
            self._toolbox.tool,
            self._desk.pending.entry,
            session.undoable_step,
            session.redoable_step,
            len(session.own_entries),
        )

    def _note(self, text: str) -> None:
        self._acted += text

    def _take_back(self) -> None:
        before, session, pending = self._before, self._desk.session, self._desk.pending
        if before is None:
            return
        self._back = self._toolbox.tool != before.tool
        self._toolbox.choose(before.tool)
        waiting = pending.entry
        if waiting is not None and waiting is not before.waiting and pending.drop():
            self._back, self._dropped = True, waiting.text
        digit = any(one.isdigit() for one in self._acted)
        step, undone = session.undoable_step, session.redoable_step
        if step is not None and step is not before.step and (digit or _REDOES in self._acted):
            self._back |= self._desk.attempt(session.undo)
        elif undone is not None and undone is not before.undone and _UNDOES in self._acted:
            self._back |= self._desk.attempt(session.redo)
        new = session.own_entries[before.logged :]
        if digit and len(new) == 1 and new[0].kind == "stamp":
            self._back |= self._desk.attempt(partial(take_back_entry, session, new[0]))
        focus = before.focus() if before.focus is not None else None
        is_step = isinstance(focus, MapView) and len(set(self._acted)) <= 1
        if self._desk.bridge.selection != before.selection and not is_step:
            was = before.selection
            self._desk.bridge.select(site=was.site, zone=was.zone, on_purpose=was.on_purpose)
            self._back = True
        if focus is not None and isValid(focus) and focus.isVisible():
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
