"""Help: what to try first, every shortcut, and what the program is not."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QVBoxLayout, QWidget

from zoneplanner.ui.kit.actions import GROUPS, SPECS
from zoneplanner.ui.kit.theme import GAP, GRID, WIDE
from zoneplanner.ui.kit.widgets import heading, muted, scrolled, section, wrapped

ABOUT = (
    "Planning aid; not a dispatch system, not an emergency alert system; holds no "
    "criminal-justice information and no student records."
)
MAP_KEYS = (
    ("Drag a school", "Give it to the zone where it is dropped"),
    ("Esc or right click", "Give up what is being dragged or drawn; Esc again puts the tool away"),
    ("Space or middle button", "Move the map with any tool in hand"),
    ("Wheel", "Zoom"),
    ("Drag the map", "Move the map"),
)


class HelpSheet(QDialog):
    """Shortcuts by menu, from the table of actions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard and First Steps")
        self.resize(640, 640)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        rows.setSpacing(GRID)
        rows.addWidget(heading("Keyboard"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(WIDE)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        for group, title in GROUPS.items():
            lines = [(_keys(spec.shortcuts), spec.tip) for spec in SPECS
                     if spec.group == group and spec.shortcuts]  # fmt: skip
            self._add(grid, title, lines)
        self._add(grid, "On the map", list(MAP_KEYS))
        rows.addLayout(grid)
        rows.addSpacing(GAP)
        rows.addWidget(muted(ABOUT))
        rows.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, GAP)
        whole.addWidget(scrolled(inside))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        whole.addWidget(buttons)

    def _add(self, grid: QGridLayout, title: str, lines: list[tuple[str, str]]) -> None:
        if not lines:
            return
        row = grid.rowCount()
        grid.addWidget(section(title), row, 0, 1, 2)
        for at, (keys, tip) in enumerate(lines, start=row + 1):
            label = wrapped(keys)
            label.setWordWrap(False)
            grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(muted(tip), at, 1)


def _keys(shortcuts: tuple[str, ...]) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return "  or  ".join(QKeySequence(keys).toString(native) for keys in shortcuts)
