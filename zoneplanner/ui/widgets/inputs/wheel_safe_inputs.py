"""Choices, numbers, days and tabs that the wheel never changes: it scrolls what they stand on.

Every such input of the window is one of these; a hand that scrolls a panel and stops over a field
edits nothing, whether the field has the keys or not. An open list still scrolls. Days and times are
also typed as they are written, with their separators.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import QDate, QDateTime, Qt, QTime
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDateTimeEdit,
    QDoubleSpinBox,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTimeEdit,
    QWidget,
)

from zoneplanner.ui.widgets.inputs.typed_moments import read_typed_moment
from zoneplanner.ui.widgets.layout.basic_widgets import add_spin_arrows

_BY_WHEEL = Qt.FocusPolicy(Qt.FocusPolicy.WheelFocus & ~Qt.FocusPolicy.StrongFocus)
"""The one bit that lets a turn of the wheel take the keys: a digit typed next would edit."""
_ICON_GAP_PX = 4
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_HALVES = ("a", "p", "m")
_CLOCK_SECTIONS = (QDateTimeEdit.Section.HourSection, QDateTimeEdit.Section.MinuteSection)


class _IgnoresWheel:
    """Lets the wheel go on to what is behind, with the keys left where they are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        assert isinstance(self, QWidget)
        self.setFocusPolicy(self.focusPolicy() & ~_BY_WHEEL)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        """Leave the event to the parent, which scrolls."""
        event.ignore()


class ChoiceBox(_IgnoresWheel, QComboBox):
    """A choice from a list; one that has no room ends in an ellipsis."""

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Cut the text where its room ends."""
        super().initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)
        room_px = room.width()
        if not option.currentIcon.isNull():
            room_px -= option.iconSize.width() + _ICON_GAP_PX
        elided = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room_px
        )
        option.currentText = elided


def make_choice_box(
    options: Mapping[Any, str], chosen: object = None, name: str = "", *, least_letters: int = 0
) -> ChoiceBox:
    """Return a choice of values by their words, the first where ``chosen`` is none of them.

    With ``least_letters`` it is as wide as so many letters, however long its words are.
    """
    box = ChoiceBox()
    for value, text in options.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.setAccessibleName(name)
    if least_letters:
        box.setMinimumContentsLength(least_letters)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


class NumberBox(_IgnoresWheel, QSpinBox):
    """A whole number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        add_spin_arrows(self)


class DecimalBox(_IgnoresWheel, QDoubleSpinBox):
    """A number with decimals."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        add_spin_arrows(self)


def make_number_box(
    least: int,
    most: int,
    value: int = 0,
    *,
    prefix: str = "",
    suffix: str = "",
    least_text: str = "",
) -> NumberBox:
    """Return a whole number between two; ``least_text`` is read in place of the least one."""
    box = NumberBox()
    box.setRange(least, most)
    box.setPrefix(prefix)
    box.setSuffix(suffix)
    box.setSpecialValueText(least_text)
    box.setValue(value)
    return box


def make_decimal_box(
    least: float, most: float, value: float, *, digits: int = 0, suffix: str = ""
) -> DecimalBox:
    """Return a number of so many decimals between two."""
    box = DecimalBox()
    box.setDecimals(digits)
    box.setRange(least, most)
    box.setSuffix(suffix)
    box.setValue(value)
    return box


class _AcceptsSeparators:
    """Lets a day or time be typed with the separators that are shown.

    Qt goes on to the next section by itself once a section is full; the separator that a person
    then types would skip that section, and 2026-12-04 would become another day.
    """

    _went_on = False

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Drop the separator of a section that was left already; begin anew where all is chosen."""
        text, box = event.text(), self
        assert isinstance(box, QDateTimeEdit)
        separates = bool(text) and text.isprintable() and not text.isalnum()
        if separates and self._went_on:
            event.accept()
            return
        if text.isalnum() and box.lineEdit().selectedText() == box.text():
            box.setSelectedSection(box.sectionAt(0))
        if _is_half(box, text.lower()):
            _choose_half(box, text.lower())
            event.accept()
            return
        before = box.currentSectionIndex()
        super().keyPressEvent(event)  # type: ignore[misc]
        self._went_on = text.isalnum() and box.currentSectionIndex() != before


def _is_half(box: QDateTimeEdit, letter: str) -> bool:
    """Tell whether a letter is of the half of the day: right behind the hour too, as in 7a."""
    section, half = box.currentSection(), QDateTimeEdit.Section.AmPmSection
    if not box.displayedSections() & half or letter not in _HALVES:
        return False
    return section == half or (letter != "m" and section in _CLOCK_SECTIONS)


def _choose_half(box: QDateTimeEdit, letter: str) -> None:
    """Choose morning by an a and evening by a p; the m that may follow changes nothing.

    Qt takes an a alone for unfinished and brings the evening back once the field is left.
    """
    if letter == "m":
        return
    box.interpretText()
    now = box.time()
    box.setTime(QTime(now.hour() % 12 + (12 if letter == "p" else 0), now.minute()))
    box.setSelectedSection(QDateTimeEdit.Section.AmPmSection)


class _TakesTypedMoments(_AcceptsSeparators):
    """Takes a whole time or day as it is typed from the field's beginning or from its hour on.

    Qt takes a key for the part that has them, as 14 for the hour 1 and the minute 4, or a day
    that is typed where the hour stands for a time. What is typed as a whole is read as a whole.
    """

    _typed, _whole = "", False

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """Begin anew."""
        self._typed = ""
        super().focusInEvent(event)  # type: ignore[misc]

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        """Begin anew where the mouse led."""
        self._typed = ""
        super().mousePressEvent(event)  # type: ignore[misc]

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Read all that was typed since the keys came here; a part is left to Qt."""
        box, sign = self, event.text()
        assert isinstance(box, QDateTimeEdit)
        if not (sign and sign.isprintable()) or event.modifiers() & _COMMANDS:
            self._typed = ""
            super().keyPressEvent(event)
            return
        if not self._typed:
            hour = box.currentSection() == QDateTimeEdit.Section.HourSection
            all_chosen = box.lineEdit().selectedText() == box.text()
            self._whole = hour or all_chosen or box.currentSectionIndex() == 0
            self._from_hour, self._before = hour or all_chosen, box.dateTime()
        self._typed += sign
        super().keyPressEvent(event)
        if not self._whole or (self._typed.isdigit() and not self._from_hour):
            return
        shown = self._before.toPython()
        assert isinstance(shown, datetime)
        said = read_typed_moment(self._typed, shown, box.displayFormat())
        if said is not None:
            day, clock = QDate(said.year, said.month, said.day), QTime(said.hour, said.minute)
            box.setDateTime(QDateTime(day, clock))
            box.setSelectedSection(box.sectionAt(box.sectionCount() - 1))  # Tab leaves the field
        elif any(one in self._typed for one in "/-."):  # a day that is none, or not yet
            box.setDateTime(self._before)


class DayBox(_AcceptsSeparators, _IgnoresWheel, QDateEdit):
    """A day."""


class ClockBox(_TakesTypedMoments, _IgnoresWheel, QTimeEdit):
    """A time of day."""


class MomentBox(_TakesTypedMoments, _IgnoresWheel, QDateTimeEdit):
    """A day and a time."""


class Slider(_IgnoresWheel, QSlider):
    """A share that is drawn along a line."""


class TabBar(_IgnoresWheel, QTabBar):
    """The titles of pages."""
