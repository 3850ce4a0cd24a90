"""Rows of the optimiser's form: a field under its name, and a slider between two words."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from zoneplanner.ui.kit.inputs import Slider
from zoneplanner.ui.kit.theme import SPACING_PX
from zoneplanner.ui.kit.widgets import make_muted_label, pass_focus

_FIELD_PX = 92


def make_labeled_row(name: str, field: QWidget, *, width_px: int = _FIELD_PX) -> QHBoxLayout:
    """Put a field at the right of its name; an ampersand marks the name's key."""
    line = QHBoxLayout()
    line.setSpacing(SPACING_PX)
    label = QLabel(name)
    label.setWordWrap(True)
    label.setBuddy(field)
    field.setFixedWidth(width_px)
    line.addWidget(label, 1)
    line.addWidget(field)
    return line


class LabeledSlider(QWidget):
    """A slider with a word at each end."""

    def __init__(self, name: str, first: str, last: str, *, steps: int) -> None:
        super().__init__()
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, steps)
        self.slider.setPageStep(max(1, steps // 10))
        self.slider.setAccessibleName(name)
        self.slider.setAccessibleDescription(f"From {first} to {last}.")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACING_PX)
        for text in (first, last):
            end = make_muted_label(text)
            end.setWordWrap(False)
            line.addWidget(end)
        line.insertWidget(1, self.slider, 1)
        pass_focus(self, self.slider)
