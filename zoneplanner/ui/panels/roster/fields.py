"""Fields of the roster's forms: times of day, weekdays, choices, lists in a line."""

from collections.abc import Sequence
from datetime import time

from PySide6.QtCore import QTime
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from zoneplanner.domain.formats import LocaleFormats
from zoneplanner.ui.kit.inputs import ChoiceBox, ClockBox
from zoneplanner.ui.kit.theme import SPACING_PX
from zoneplanner.ui.kit.widgets import TEXT_INSET_PX, add_spin_arrows

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class ClockField(ClockBox):
    """A time of day."""

    def __init__(self, formats: LocaleFormats, clock: time, name: str) -> None:
        super().__init__(QTime(clock.hour, clock.minute))
        self.setDisplayFormat(formats.field_clock)
        self.setAccessibleName(name)
        add_spin_arrows(self)
        self.lineEdit().setTextMargins(TEXT_INSET_PX, 0, 0, 0)

    def clock(self) -> time:
        """Return the time."""
        shown = self.time()
        return time(shown.hour(), shown.minute())


class WeekdayField(QWidget):
    """Some weekdays, a box each."""

    def __init__(self, chosen: frozenset[int]) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACING_PX)
        self.boxes = []
        for number, name in enumerate(_WEEKDAYS, start=1):
            box = QCheckBox(name)
            box.setChecked(number in chosen)
            self.boxes.append(box)
            line.addWidget(box)

    def days(self) -> frozenset[int]:
        """Return the ISO weekdays that are ticked."""
        return frozenset(at for at, box in enumerate(self.boxes, start=1) if box.isChecked())


def make_choice_box(
    options: Sequence[tuple[str, object]], chosen: object = None, name: str = ""
) -> ChoiceBox:
    """Return a choice of some values by their words."""
    box = ChoiceBox()
    for text, value in options:
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.setAccessibleName(name)
    return box


def split_list_text(text: str) -> tuple[str, ...]:
    """Return the parts of a line between semicolons or commas, each once."""
    parts = text.replace(",", ";").split(";")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
