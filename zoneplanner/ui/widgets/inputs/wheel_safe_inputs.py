"""Choices, numbers, days, times and tabs that the mouse wheel never changes.

Every such input in the window is one of these. The wheel scrolls the panel behind them, so that
scrolling past a field edits nothing, whether the field has the focus or not. An open list still
scrolls. Days and times can also be typed in the formats that people use, with separators, although
a field displays them in only one format.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from PySide6.QtCore import (
    QDate,
    QDateTime,
    QEvent,
    QObject,
    QSignalBlocker,
    QSize,
    Qt,
    QTime,
    Signal,
)
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QSlider,
    QSpinBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)

from zoneplanner.ui.widgets.layout.basic_widgets import TEXT_INSET_PX
from zoneplanner.ui.widgets.style.theme import draw_focus_rim, has_keyboard_focus

_DATE = re.compile(r"(?P<parts>\d{1,4}(?:[/.-]\d{1,4}){1,2})[/.-]?(?:[ ,T]+(?P<clock>.*))?")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d{0,2}))?\s*(?P<half>[ap]m?)?")
_FOUR_DIGITS = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d{2})\s*(?P<half>[ap]m?)?")
_RELATIVE_DAY = re.compile(r"(?P<day>today|yesterday)(?:[ ,]+(?:at +)?(?P<clock>.*))?")
_FULL_DATE = re.compile(r"(?:\d{1,4}[/.-]){2}\d{2,4}\b.*")
_PART = re.compile(r"\d{0,2}\s*[apm]*")
_ISO = "ymd"
_CENTURY = 2000


def read_typed_moment(
    text: str, shown: datetime, pattern: str, today: date | None = None
) -> datetime | None:
    """Return the datetime that a person typed, or None if the text is not a time.

    Parameters
    ----------
    text
        A day, a time or both: 11/26/2026 2:30 PM, 11/26 14:30, 2026-11-26, 14:30, 1430, 230p,
        yesterday 2:30 PM.
        Two digits, also with AM or PM (7p), are not a time: they edit the current section.
    shown
        The field's previous value, which supplies what the text leaves out. If the field shows AM
        and PM, a time from 1 to 12 typed without them keeps the previous half of the day.
    pattern
        The field's display format as in Qt: MM/dd/yyyy hh:mm AP.
    today
        The day that “today” refers to; without it, “today” and “yesterday” are not accepted.
    """
    text = text.strip().casefold()
    halves = "ap" in pattern.casefold()
    relative = _RELATIVE_DAY.fullmatch(text) if today is not None else None
    match = relative or _DATE.fullmatch(text)
    if match is None:
        return None if is_part_of_moment(text) else _read_clock(text, shown, halves=halves)
    if relative is not None and today is not None:
        relative_day = today - timedelta(days=relative["day"] == "yesterday")
        day: datetime | None = datetime.combine(relative_day, shown.time())
    else:
        day = _read_day(re.split("[/.-]", match["parts"]), shown, pattern)
    clock = (match["clock"] or "").strip()
    return _read_clock(clock, day, halves=halves) if day is not None and clock else day


def is_part_of_moment(text: str) -> bool:
    """Return whether what was typed is only one section of a time: an hour, minute or AM/PM."""
    return _PART.fullmatch(text.strip().casefold()) is not None


def _read_day(parts: list[str], shown: datetime, pattern: str) -> datetime | None:
    day_pattern = re.split("[hH]", pattern, maxsplit=1)[0].casefold()
    letters = dict.fromkeys(day_pattern)
    order = _ISO if len(parts[0]) > 2 else "".join(letter for letter in letters if letter in _ISO)
    if len(parts) == 2:
        order = order.replace("y", "")
    typed = dict(zip(order, map(int, parts), strict=False))
    year = typed.get("y", shown.year)
    try:
        return shown.replace(
            year=year if year > 99 else _CENTURY + year, month=typed["m"], day=typed["d"]
        )
    except (KeyError, ValueError):
        return None


def _read_clock(text: str, shown: datetime, *, halves: bool) -> datetime | None:
    match = _CLOCK.fullmatch(text) or _FOUR_DIGITS.fullmatch(text)
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "")[:1]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif halves and 1 <= hour <= 12:
        hour = hour % 12 + (12 if shown.hour >= 12 else 0)
    try:
        return shown.replace(hour=hour, minute=minute)
    except ValueError:
        return None


_WHEEL_ONLY = Qt.FocusPolicy(Qt.FocusPolicy.WheelFocus & ~Qt.FocusPolicy.StrongFocus)
"""The bit that lets the wheel move the focus to a field, where a digit typed next would edit."""
_ICON_GAP_PX, _MAX_VISIBLE_ROWS = 4, 16
_MAX_BOX_PX, _ANY_HEIGHT_PX = 440, 10_000
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_HELD_KEYS = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock,
)
_ERASES = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
_HALVES = ("a", "p", "m")
_CLOCK_SECTIONS = (QDateTimeEdit.Section.HourSection, QDateTimeEdit.Section.MinuteSection)


class _IgnoresWheel:
    """Passes wheel events to the parent and leaves the focus unchanged."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        assert isinstance(self, QWidget)
        self.setFocusPolicy(self.focusPolicy() & ~_WHEEL_ONLY)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        """Leave the event to the parent, which scrolls."""
        event.ignore()


class ChoiceBox(_IgnoresWheel, QComboBox):
    """A choice from a list; an ellipsis replaces the end of a text that does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(QStyledItemDelegate(self))  # so that the style sheet spaces the rows
        self.setMaxVisibleItems(_MAX_VISIBLE_ROWS)
        self.enums: dict[str, StrEnum] = {}

    def sizeHint(self) -> QSize:
        """Return the size for the longest text, up to ``_MAX_BOX_PX`` wide."""
        return super().sizeHint().boundedTo(QSize(_MAX_BOX_PX, _ANY_HEIGHT_PX))

    def minimumSizeHint(self) -> QSize:
        """Return the least size for the longest text, up to ``_MAX_BOX_PX`` wide."""
        return super().minimumSizeHint().boundedTo(QSize(_MAX_BOX_PX, _ANY_HEIGHT_PX))

    def offer(self, options: Mapping[Any, str], chosen: object = None) -> None:
        """Offer only these values by their texts; if ``chosen`` is not among them, the first one.

        No signal is emitted, since no person chose anything. If the same values are offered
        already, the list stays as it is, since it may be open.
        """
        offered = [(self.itemData(row), self.itemText(row)) for row in range(self.count())]
        with QSignalBlocker(self):
            if offered != list(options.items()):
                self.clear()
                for value, text in options.items():
                    self.addItem(text, value)
            self.enums = {str(value): value for value in options if isinstance(value, StrEnum)}
            self.setCurrentIndex(max(0, self.findData(chosen)))

    def set_width(self, letters: int) -> None:
        """Make the box this many letters wide, however long its texts are."""
        self.setMinimumContentsLength(letters)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def currentData(self, role: int = Qt.ItemDataRole.UserRole) -> Any:
        """Return the chosen value in its original type: Qt stores a StrEnum as a plain string."""
        data = super().currentData(role)
        return self.enums.get(data, data) if isinstance(data, str) else data

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Elide the text if it does not fit."""
        super().initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        area = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)
        room_px = area.width()
        if not option.currentIcon.isNull():
            room_px -= option.iconSize.width() + _ICON_GAP_PX
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room_px
        )


def make_choice_box(
    options: Mapping[Any, str], chosen: object = None, name: str = "", *, least_letters: int = 0
) -> ChoiceBox:
    """Return a choice of values by their texts; if ``chosen`` is not among them, the first one.

    With ``least_letters``, the box is that many letters wide, however long its texts are.
    """
    box = ChoiceBox()
    box.offer(options, chosen)
    box.setAccessibleName(name)
    if least_letters:
        box.set_width(least_letters)
    return box


class NumberBox(_IgnoresWheel, QSpinBox):
    """A whole number."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(TEXT_INSET_PX, 0, 0, 0)


class DecimalBox(_IgnoresWheel, QDoubleSpinBox):
    """A number with decimals."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(TEXT_INSET_PX, 0, 0, 0)


def make_number_box(
    least: int,
    most: int,
    value: int = 0,
    *,
    prefix: str = "",
    suffix: str = "",
    least_text: str = "",
) -> NumberBox:
    """Return a whole-number field; ``least_text`` is shown in place of the lowest number."""
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
    """Return a number field with ``digits`` decimals."""
    box = DecimalBox()
    box.setDecimals(digits)
    box.setRange(least, most)
    box.setSuffix(suffix)
    box.setValue(value)
    return box


class _SeparatorEdit(_IgnoresWheel, QDateTimeEdit):
    """A day or time that can be typed with the displayed separators, and that Tab leaves at once.

    Qt moves on once a section is full. The separator that a person types next would skip a section,
    so that 2026-12-04 would become another day.
    """

    _has_moved_on, _is_handling_text = False, False

    def focusNextPrevChild(self, forward: bool, /) -> bool:
        """Leave the field: Qt would first go through its hour, minute and half of the day.

        Qt also calls this for a typed separator, which moves on within the field.
        """
        if self._is_handling_text:
            return super().focusNextPrevChild(forward)
        return QWidget.focusNextPrevChild(self, forward)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Ignore the separator of a section that Qt left already."""
        text = event.text()
        if event.modifiers() & _COMMANDS:
            super().keyPressEvent(event)
            return
        is_separator = bool(text) and text.isprintable() and not text.isalnum()
        if is_separator and self._has_moved_on:
            event.accept()
            return
        if text.isalnum() and self.is_all_selected():
            self.setSelectedSection(self.sectionAt(0))
        if self._selects_half(text.lower()):
            self._set_half(text.lower())
            event.accept()
            return
        before, self._is_handling_text = self.currentSectionIndex(), True
        super().keyPressEvent(event)
        self._is_handling_text = False
        self._has_moved_on = text.isalnum() and self.currentSectionIndex() != before

    def is_all_selected(self) -> bool:
        """Return whether the whole text is selected, so that typing replaces it."""
        return self.lineEdit().selectedText() == self.text()

    def _selects_half(self, letter: str) -> bool:
        """Return whether a letter chooses AM or PM, possibly right after the hour as in 7a."""
        section, half = self.currentSection(), QDateTimeEdit.Section.AmPmSection
        if not self.displayedSections() & half or letter not in _HALVES:
            return False
        return section == half or (letter != "m" and section in _CLOCK_SECTIONS)

    def _set_half(self, letter: str) -> None:
        """Choose AM for an a and PM for a p; an m that follows changes nothing.

        Qt treats an a alone as unfinished, and restores PM when the field loses the focus.
        """
        if letter == "m":
            return
        self.interpretText()
        now = self.time()
        self.setTime(QTime(now.hour() % 12 + (12 if letter == "p" else 0), now.minute()))
        self.setSelectedSection(QDateTimeEdit.Section.AmPmSection)


_ARROW_PX = 18
"""The width of an arrow, as in ``resources/styles/window.qss``."""


class MomentBox(_SeparatorEdit):
    """A day, a time or both, by its display format, that can be typed as a whole.

    Qt applies each key to the current section: 14 would set the hour to 1 and the minute to 4, and
    a day typed in the hour would set a time. This field reads the whole text, typed from the
    field's beginning or from its hour. Text that is not a time is ``unread``: the field keeps
    its previous value until something else is typed or chosen.
    """

    unread_changed = Signal()
    moment_typed = Signal()
    """A day or time was typed, possibly the field's current one."""
    unread = ""
    _typed, _is_readable = "", True
    _starts_at_hour, _replaces_all = False, False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lineEdit().installEventFilter(self)  # only the line gets a click in the text
        self._reported_moment = self._moment_before = self.dateTime()
        self._section_before = self.currentSection()
        self.dateTimeChanged.connect(self._forget_unread)

    def today(self) -> date:
        """Return today, the day after “yesterday”."""
        now = QDate.currentDate()
        return date(now.year(), now.month(), now.day())

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """End typing at a click in the text; a click in text that is unread selects all of it."""
        if event.type() == QEvent.Type.MouseButtonPress and watched is self.lineEdit():
            self._end_typing()
            if self.unread:
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self.selectAll()
                return True
        return super().eventFilter(watched, event)

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """Start typing over; Shift+Tab leads to the first section, as Tab does."""
        self._typed = ""
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._go_to_start()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        """Note typed text that is not a day or time."""
        super().focusOutEvent(event)
        self._end_typing()

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        """End typing, and put the cursor below a click on the edge around the text.

        Qt treats a click on the edge as a click on an arrow, and adds a month.
        """
        self._end_typing()
        line, position = self.lineEdit(), event.position().toPoint()
        if position.x() >= self.width() - _ARROW_PX:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        line.setCursorPosition(line.cursorPositionAt(line.mapFrom(self, position)))

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Read all text typed since the field got the focus; Qt handles parts of a time."""
        text = event.text()
        if text and text.isprintable() and not event.modifiers() & _COMMANDS:
            self._type(text, event)
        elif event.key() in _HELD_KEYS:  # Shift before a colon does not end typing
            super().keyPressEvent(event)
        elif event.key() in _ERASES and (self._typed or self.is_all_selected()):
            self._erase()
        elif event.key() == Qt.Key.Key_Home and not event.modifiers():
            self._go_to_start()
        else:
            self._end_typing()
            super().keyPressEvent(event)

    def _type(self, text: str, event: QKeyEvent) -> None:
        if not self._typed:
            is_hour = self.currentSection() == QDateTimeEdit.Section.HourSection
            self._starts_at_hour = is_hour or self.is_all_selected() or bool(self.unread)
            self._replaces_all = self._starts_at_hour or self.currentSectionIndex() == 0
            self._moment_before, self._section_before = self.dateTime(), self.currentSection()
        self._typed += text
        self._set_unread("")
        super().keyPressEvent(event)
        self._read_typed()

    def _read_typed(self) -> None:
        """Show the time that was typed, if it is more than one section."""
        self._is_readable = True
        is_part = not self._typed or (self._typed.isdigit() and not self._starts_at_hour)
        is_whole = self._replaces_all or ":" in self._typed or self._has_words()
        if is_part or not (is_whole or _FULL_DATE.fullmatch(self._typed)):
            return
        shown = self._moment_before.toPython()
        assert isinstance(shown, datetime)
        moment = read_typed_moment(self._typed, shown, self.displayFormat(), self.today())
        if moment is not None:
            day = QDate(moment.year, moment.month, moment.day)
            self.setDateTime(QDateTime(day, QTime(moment.hour, moment.minute)))
            self.setSelectedSection(self.sectionAt(self.sectionCount() - 1))
            self.moment_typed.emit()
        elif is_whole and not is_part_of_moment(self._typed):  # perhaps not finished yet
            self._is_readable = False
            self.setDateTime(self._moment_before)

    def _has_words(self) -> bool:
        """Return whether words were typed, which no section of a numeric day accepts."""
        return any(letter.isalpha() and letter not in _HALVES for letter in self._typed.casefold())

    def _erase(self) -> None:
        """Remove the last character that was typed; a selected text stays selected."""
        if not self._typed:
            return
        self._typed = self._typed[:-1]
        self.setDateTime(self._moment_before)
        self.setSelectedSection(self._section_before)
        if self._typed.isdigit():  # one section, which is typed from its beginning again
            self._typed = ""
        self._read_typed()

    def _go_to_start(self) -> None:
        self._end_typing()
        self.setSelectedSection(self.sectionAt(0))

    def _end_typing(self) -> None:
        if not self._is_readable:
            self._set_unread(self._typed)
        self._typed, self._is_readable = "", True

    def _forget_unread(self, moment: QDateTime) -> None:
        """Clear the unread text if another time was chosen; Enter emits the same one again."""
        if moment != self._reported_moment:
            self._set_unread("")

    def _set_unread(self, text: str) -> None:
        self._reported_moment = self.dateTime()
        if text != self.unread:
            self.unread = text
            self.unread_changed.emit()


class Slider(_IgnoresWheel, QSlider):
    """A slider."""


class TabBar(_IgnoresWheel, QTabBar):
    """Page titles; the current one has a focus rim if the keyboard led to the bar."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the titles, and a rim in place of Qt's dotted line."""
        super().paintEvent(event)
        if has_keyboard_focus(self):
            draw_focus_rim(self, self.tabRect(self.currentIndex()))
