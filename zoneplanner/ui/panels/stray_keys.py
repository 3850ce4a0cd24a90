"""What the window says and takes back when keys were not meant as commands."""

from PySide6.QtWidgets import QWidget

from zoneplanner.ui.canvas.tools.toolbox import Toolbox
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.key_guard import KeyGuard, Verdict

SAID = {
    Verdict.BUSY: "Keys pressed while the window was busy were ignored. Press them again.",
    Verdict.TEXT: "No text field is open, so what was typed was ignored. Open the form first, "
    "or click into a field.",
}


class StrayKeys:
    """Puts the tool back and drops the entry that the first letter of a typed text asked for."""

    def __init__(self, desk: Desk, toolbox: Toolbox, window: QWidget) -> None:
        self._desk = desk
        self._toolbox = toolbox
        self._tool = toolbox.tool
        self.guard = KeyGuard(window, desk.pending, desk.actions.interrupts)
        self.guard.acting.connect(self._remember)
        self.guard.mistaken.connect(self._take_back)
        self.guard.dropped.connect(lambda why: desk.notices.tell(SAID[why]))

    def _remember(self) -> None:
        self._tool = self._toolbox.tool

    def _take_back(self) -> None:
        self._toolbox.choose(self._tool)
        self._desk.pending.drop()
