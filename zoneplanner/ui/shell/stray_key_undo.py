"""What the window says and takes back when keys were not meant as commands."""

from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.corrections import take_back_entry
from zoneplanner.app.session.undo_stack import UndoStep
from zoneplanner.ui.map.tools.toolbox import Toolbox
from zoneplanner.ui.widgets.inputs.accidental_input import AccidentalKeyFilter, KeyVerdict
from zoneplanner.ui.widgets.services.ui_context import UiContext

_NOTICES = {
    KeyVerdict.BUSY: "Keys pressed while the window was busy were ignored. Press them again.",
    KeyVerdict.TEXT: "No text field is open, so what was typed was ignored. Open the form first, "
    "or click into a field.",
}
_UNDOES, _REDOES = "z", "Z"


@dataclass(frozen=True, eq=False, slots=True)
class _StateBeforeKey:
    """What a key found: the tool in hand, where the history stood, and this desk's entries."""

    text: str
    tool: str
    step: UndoStep | None
    undone: UndoStep | None
    logged: int


class StrayKeyUndo:
    """Takes back what the first letter of a typed text did.

    The tool is put back, the entry that it asked for is dropped, and what a digit gave away or
    stamped or Z took back is as before. Steps of other desks in between are left alone.
    """

    def __init__(self, desk: UiContext, toolbox: Toolbox, window: QWidget) -> None:
        self._desk = desk
        self._toolbox = toolbox
        self._before: _StateBeforeKey | None = None
        self.guard = AccidentalKeyFilter(window, desk.pending, desk.actions.interrupts)
        self.guard.acting.connect(self._remember)
        self.guard.mistaken.connect(self._take_back)
        self.guard.dropped.connect(lambda why: desk.notices.show_notice(_NOTICES[why]))

    def _remember(self, text: str) -> None:
        session = self._desk.session
        own = session.undoable_step, session.redoable_step, len(session.own_entries)
        self._before = _StateBeforeKey(text, self._toolbox.tool, *own)

    def _take_back(self) -> None:
        before, session = self._before, self._desk.session
        if before is None:
            return
        self._toolbox.choose(before.tool)
        self._desk.pending.drop()
        step, undone = session.undoable_step, session.redoable_step
        made = step is not None and step is not before.step
        if made and (before.text.isdigit() or before.text == _REDOES):
            self._desk.attempt(session.undo)
        elif undone is not None and undone is not before.undone and before.text == _UNDOES:
            self._desk.attempt(session.redo)
        new = session.own_entries[before.logged :]
        if before.text.isdigit() and len(new) == 1 and new[0].kind == "stamp":
            self._desk.attempt(partial(take_back_entry, session, new[0]))
