"""What the window says and takes back when keys were not meant as commands."""

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from zoneplanner.ui.canvas.tools.toolbox import Toolbox
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.key_guard import KeyGuard, Verdict

SAID = {
    Verdict.BUSY: "Keys pressed while the window was busy were ignored. Press them again.",
    Verdict.TEXT: "No text field is open, so what was typed was ignored. Open the form first, "
    "or click into a field.",
}
UNDOES, REDOES = "z", "Z"


@dataclass(frozen=True, eq=False, slots=True)
class Before:
    """What a key found: the tool in hand, and where the history stood."""

    text: str
    tool: str
    position: int


class StrayKeys:
    """Takes back what the first letter of a typed text did.

    The tool is put back, the entry that it asked for is dropped, and what a digit gave away or Z
    took back is as before. Steps of other desks in between are left alone.
    """

    def __init__(self, desk: Desk, toolbox: Toolbox, window: QWidget) -> None:
        self._desk = desk
        self._toolbox = toolbox
        self._before: Before | None = None
        self.guard = KeyGuard(window, desk.pending, desk.actions.interrupts)
        self.guard.acting.connect(self._remember)
        self.guard.mistaken.connect(self._take_back)
        self.guard.dropped.connect(lambda why: desk.notices.tell(SAID[why]))

    def _remember(self, text: str) -> None:
        self._before = Before(text, self._toolbox.tool, self._desk.session.position)

    def _take_back(self) -> None:
        before, session = self._before, self._desk.session
        if before is None:
            return
        self._toolbox.choose(before.tool)
        self._desk.pending.drop()
        steps = session.position - before.position
        if steps == 1 and (before.text.isdigit() or before.text == REDOES):
            self._desk.attempt(session.undo)
        elif steps == -1 and before.text == UNDOES:
            self._desk.attempt(session.redo)
