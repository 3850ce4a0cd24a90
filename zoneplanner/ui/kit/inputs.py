"""Choices, numbers, days and tabs that the wheel never changes: it scrolls what they stand on.

Every such input of the window is one of these; a hand that scrolls a panel and stops over a field
edits nothing, whether the field has the keys or not. An open list still scrolls.
"""

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDateTimeEdit,
    QDoubleSpinBox,
    QSlider,
    QSpinBox,
    QTabBar,
    QTimeEdit,
)


class PassesWheel:
    """Lets the wheel go on to what is behind."""

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        """Leave the event to the parent, which scrolls."""
        event.ignore()


class ChoiceBox(PassesWheel, QComboBox):
    """A choice from a list."""


class NumberBox(PassesWheel, QSpinBox):
    """A whole number."""


class DecimalBox(PassesWheel, QDoubleSpinBox):
    """A number with decimals."""


class DayBox(PassesWheel, QDateEdit):
    """A day."""


class ClockBox(PassesWheel, QTimeEdit):
    """A time of day."""


class MomentBox(PassesWheel, QDateTimeEdit):
    """A day and a time."""


class Slider(PassesWheel, QSlider):
    """A share that is drawn along a line."""


class TabRow(PassesWheel, QTabBar):
    """The titles of pages."""
