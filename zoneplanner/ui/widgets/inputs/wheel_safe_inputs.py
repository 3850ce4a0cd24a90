"""Choices, numbers, days and tabs that the wheel never changes: it scrolls what they stand on.

Every such input of the window is one of these; a hand that scrolls a panel and stops over a field
edits nothing, whether the field has the keys or not. An open list still scrolls. Days and times are
also typed as they are written, with their separators.

Days and times as people type them into a field that shows them in one way only.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QDate, QDateTime, QEvent, QObject, Qt, QTime, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDateTimeEdit,
    QDoubleSpinBox,
    QSlider,
    QSpinBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QTabBar,
    QTimeEdit,
    QWidget,
)

from zoneplanner.ui.widgets.layout.basic_widgets import add_spin_arrows
from zoneplanner.ui.widgets.style.theme import draw_focus_rim, is_led_to_by_keys

_DATE = re.compile(r"(?P<parts>\d{1,4}(?:[/.-]\d{1,4}){1,2})[/.-]?(?:[ ,T]+(?P<clock>.*))?")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d{0,2}))?\s*(?P<half>[ap]m?)?")
_FOUR_DIGITS = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d{2})\s*(?P<half>[ap]m?)?")
_NEAR_DAY = re.compile(r"(?P<day>today|yesterday)(?:[ ,]+(?:at +)?(?P<clock>.*))?")
_FULL_DATE = re.compile(r"(?:\d{1,4}[/.-]){2}\d{2,4}\b.*")
_PART = re.compile(r"\d{0,2}\s*[apm]*")
_ISO = "ymd"
_CENTURY = 2000


def read_typed_moment(
    text: str, shown: datetime, pattern: str, today: date | None = None
) -> datetime | None:
    """Return the moment that a typed text says, or None where it says none.

    Parameters
    ----------
    text
        A day, a time or both: 11/26/2026 2:30 PM, 11/26 14:30, 2026-11-26, 14:30, 1430, 230p,
        yesterday 2:30 PM.
        Two figures are none, alone or with a half of the day (7p): they are a part of what is
        shown, whichever has the keys.
    shown
        What stood in the field before; what the text leaves out is as it was. A time from one to
        twelve without its half of the day keeps that half where the field shows halves.
    pattern
        How the field writes days, as Qt does: MM/dd/yyyy hh:mm AP.
    today
        The day that “today” and “yesterday” are told from; without it they are not read.
    """
    text = text.strip().casefold()
    halves = "ap" in pattern.casefold()
    near = _NEAR_DAY.fullmatch(text) if today is not None else None
    found = near or _DATE.fullmatch(text)
    if found is None:
        part = is_part_of_moment(text)
        return None if part else _read_clock(text, shown, halves=halves)
    if near is not None and today is not None:
        near_day = today - timedelta(days=near["day"] == "yesterday")
        day: datetime | None = datetime.combine(near_day, shown.time())
    else:
        day = _read_day(re.split("[/.-]", found["parts"]), shown, pattern)
    clock = (found["clock"] or "").strip()
    return _read_clock(clock, day, halves=halves) if day is not None and clock else day


def is_part_of_moment(text: str) -> bool:
    """Tell whether a typed text is one part of what is shown: an hour, a minute, a half."""
    return _PART.fullmatch(text.strip().casefold()) is not None


def _read_day(parts: list[str], shown: datetime, pattern: str) -> datetime | None:
    days = re.split("[hH]", pattern, maxsplit=1)[0].casefold()
    letters = dict.fromkeys(days)
    order = _ISO if len(parts[0]) > 2 else "".join(one for one in letters if one in _ISO)
    if len(parts) == 2:
        order = order.replace("y", "")
    given = dict(zip(order, map(int, parts), strict=False))
    year = given.get("y", shown.year)
    try:
        return shown.replace(
            year=year if year > 99 else _CENTURY + year, month=given["m"], day=given["d"]
        )
    except (KeyError, ValueError):
        return None


def _read_clock(text: str, shown: datetime, *, halves: bool) -> datetime | None:
    found = _CLOCK.fullmatch(text) or _FOUR_DIGITS.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = (found["half"] or "")[:1]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif halves and 1 <= hour <= 12:
        hour = hour % 12 + (12 if shown.hour >= 12 else 0)
    try:
        return shown.replace(hour=hour, minute=minute)
    except ValueError:
        return None


_BY_WHEEL = Qt.FocusPolicy(Qt.FocusPolicy.WheelFocus & ~Qt.FocusPolicy.StrongFocus)
"""The one bit that lets a turn of the wheel take the keys: a digit typed next would edit."""
_ICON_GAP_PX, _MOST_ROWS = 4, 16
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_HELD_KEYS = (
    *(Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta),
    *(Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock),
)
_ERASES = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(QStyledItemDelegate(self))  # so that the style sheet spaces the rows
        self.setMaxVisibleItems(_MOST_ROWS)
        self.enums: dict[str, StrEnum] = {}

    def currentData(self, role: int = Qt.ItemDataRole.UserRole) -> Any:
        """Return what was chosen as it was put in: Qt stores a StrEnum as a plain text."""
        data = super().currentData(role)
        return self.enums.get(data, data) if isinstance(data, str) else data

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
    box.enums = {str(value): value for value in options if isinstance(value, StrEnum)}
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
    """Lets a day or time be typed with the separators that are shown, and Tab leave it at once.

    Qt goes on to the next section by itself once a section is full; the separator that a person
    then types would skip that section, and 2026-12-04 would become another day.
    """

    _went_on, _types = False, False

    def focusNextPrevChild(self, forward: bool, /) -> bool:
        """Leave the field: Qt would walk through its hour, minute and half of the day first.

        A separator that is typed goes on by the same way, but within the field.
        """
        box = self
        assert isinstance(box, QDateTimeEdit)
        if self._types:
            return bool(super().focusNextPrevChild(forward))  # type: ignore[misc]
        return QWidget.focusNextPrevChild(box, forward)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Drop the separator of a section that was left already; begin anew where all is chosen."""
        text, box = event.text(), self
        assert isinstance(box, QDateTimeEdit)
        if event.modifiers() & _COMMANDS:
            super().keyPressEvent(event)  # type: ignore[misc]
            return
        separates = bool(text) and text.isprintable() and not text.isalnum()
        if separates and self._went_on:
            event.accept()
            return
        if text.isalnum() and is_all_chosen(box):
            box.setSelectedSection(box.sectionAt(0))
        if _is_half(box, text.lower()):
            _choose_half(box, text.lower())
            event.accept()
            return
        before, self._types = box.currentSectionIndex(), True
        super().keyPressEvent(event)  # type: ignore[misc]
        self._types = False
        self._went_on = text.isalnum() and box.currentSectionIndex() != before


def is_all_chosen(box: QDateTimeEdit) -> bool:
    """Tell whether the whole text is selected, so that what is typed takes its place."""
    return box.lineEdit().selectedText() == box.text()


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


_ARROW_PX = 18
"""The width of an arrow, as in ``resources/styles/window.qss``."""


class _TakesTypedMoments(_AcceptsSeparators):
    """Takes a whole time or day as it is typed from the field's beginning or from its hour on.

    Qt takes a key for the part that has the keys, as 14 for the hour 1 and the minute 4, or a day
    that is typed where the hour stands for a time. What is typed as a whole is read as a whole,
    and what is left as no day or time is ``unread``: the field still says what it said before,
    until something else is typed or chosen.
    """

    unread_changed = Signal()
    moment_typed = Signal()
    """A day or time was typed, also the one that the field has."""
    unread = ""
    _typed, _whole, _read = "", False, True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        box = self
        assert isinstance(box, QDateTimeEdit)
        box.lineEdit().installEventFilter(box)  # a click in the text meets the line alone
        self._left = box.dateTime()
        box.dateTimeChanged.connect(self._forget_unread)

    def today(self) -> date:
        """Return today, the day after “yesterday”."""
        now = QDate.currentDate()
        return date(now.year(), now.month(), now.day())

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """Begin anew where the mouse led; what was not read is chosen as a whole."""
        box = self
        assert isinstance(box, QDateTimeEdit)
        if event.type() == QEvent.Type.MouseButtonPress and watched is box.lineEdit():
            self._finish()
            if self.unread:
                box.setFocus(Qt.FocusReason.MouseFocusReason)
                box.selectAll()
                return True
        return bool(super().eventFilter(watched, event))  # type: ignore[misc]

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """Begin anew; with the keys that lead back, at the beginning as with those that lead on."""
        self._typed = ""
        super().focusInEvent(event)  # type: ignore[misc]
        if event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._begin()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        """Note what was typed and is no day or time."""
        super().focusOutEvent(event)  # type: ignore[misc]
        self._finish()

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        """Begin anew where the mouse led, to an arrow or the calendar.

        Qt takes a click on the edge around the text for one on an arrow, and adds a month.
        """
        box = self
        assert isinstance(box, QDateTimeEdit)
        self._finish()
        line, at = box.lineEdit(), event.position().toPoint()
        if at.x() >= box.width() - _ARROW_PX:
            super().mousePressEvent(event)  # type: ignore[misc]
            return
        box.setFocus(Qt.FocusReason.MouseFocusReason)
        line.setCursorPosition(line.cursorPositionAt(line.mapFrom(box, at)))

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Read all that was typed since the keys came here; a part is left to Qt."""
        box, sign = self, event.text()
        assert isinstance(box, QDateTimeEdit)
        if sign and sign.isprintable() and not event.modifiers() & _COMMANDS:
            self._type(sign, event)
        elif event.key() in _HELD_KEYS:  # Shift before a colon ends nothing
            super().keyPressEvent(event)
        elif event.key() in _ERASES and (self._typed or is_all_chosen(box)):
            self._erase()
        elif event.key() == Qt.Key.Key_Home and not event.modifiers():
            self._begin()
        else:
            self._finish()
            super().keyPressEvent(event)

    def _type(self, sign: str, event: QKeyEvent) -> None:
        box = self
        assert isinstance(box, QDateTimeEdit)
        if not self._typed:
            hour = box.currentSection() == QDateTimeEdit.Section.HourSection
            self._from_hour = hour or is_all_chosen(box) or bool(self.unread)
            self._whole = self._from_hour or box.currentSectionIndex() == 0
            self._before, self._at = box.dateTime(), box.currentSection()
        self._typed += sign
        self._note_unread("")
        super().keyPressEvent(event)
        self._read_typed()

    def _read_typed(self) -> None:
        """Show what is read from all that was typed, where it is more than a part."""
        box = self
        assert isinstance(box, QDateTimeEdit)
        self._read = True
        part = not self._typed or (self._typed.isdigit() and not self._from_hour)
        whole = self._whole or ":" in self._typed or self._is_wordy()
        if part or not (whole or _FULL_DATE.fullmatch(self._typed)):
            return
        shown = self._before.toPython()
        assert isinstance(shown, datetime)
        said = read_typed_moment(self._typed, shown, box.displayFormat(), self.today())
        if said is not None:
            day, clock = QDate(said.year, said.month, said.day), QTime(said.hour, said.minute)
            box.setDateTime(QDateTime(day, clock))
            box.setSelectedSection(box.sectionAt(box.sectionCount() - 1))
            box.moment_typed.emit()
        elif whole and not is_part_of_moment(self._typed):  # no day or time, or not yet
            self._read = False
            box.setDateTime(self._before)

    def _is_wordy(self) -> bool:
        """Tell whether words are typed, which no part of a day in figures takes."""
        return any(one.isalpha() and one not in _HALVES for one in self._typed.casefold())

    def _erase(self) -> None:
        """Take back the last sign that was typed; a text that is chosen as a whole stays chosen."""
        box = self
        assert isinstance(box, QDateTimeEdit)
        if not self._typed:
            return
        self._typed = self._typed[:-1]
        box.setDateTime(self._before)
        box.setSelectedSection(self._at)
        if self._typed.isdigit():  # a part: it begins anew
            self._typed = ""
        self._read_typed()

    def _begin(self) -> None:
        box = self
        assert isinstance(box, QDateTimeEdit)
        self._finish()
        box.setSelectedSection(box.sectionAt(0))

    def _finish(self) -> None:
        if not self._read:
            self._note_unread(self._typed)
        self._typed, self._read = "", True

    def _forget_unread(self, moment: QDateTime) -> None:
        """Another moment was chosen; Enter in the field emits the same one again."""
        if moment != self._left:
            self._note_unread("")

    def _note_unread(self, text: str) -> None:
        box = self
        assert isinstance(box, QDateTimeEdit)
        self._left = box.dateTime()
        if text != box.unread:
            box.unread = text
            box.unread_changed.emit()


class DayBox(_TakesTypedMoments, _IgnoresWheel, QDateEdit):
    """A day."""


class ClockBox(_TakesTypedMoments, _IgnoresWheel, QTimeEdit):
    """A time of day."""


class MomentBox(_TakesTypedMoments, _IgnoresWheel, QDateTimeEdit):
    """A day and a time."""


class Slider(_IgnoresWheel, QSlider):
    """A share that is drawn along a line."""


class TabBar(_IgnoresWheel, QTabBar):
    """The titles of pages; that of the page in sight has a rim while keys led to the bar."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the titles, and the rim where Qt draws a dotted line, if any."""
        super().paintEvent(event)
        if is_led_to_by_keys(self):
            draw_focus_rim(self, self.tabRect(self.currentIndex()))
