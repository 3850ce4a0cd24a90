"""A date and time are read as typed, whichever part has the focus."""

from datetime import date

import pytest
from PySide6.QtCore import QDate, QDateTime, QPoint, Qt, QTime
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDateTimeEdit, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import MomentBox

US, ISO, GERMAN = "MM/dd/yyyy hh:mm AP", "yyyy-MM-dd HH:mm", "dd.MM.yyyy HH:mm"
SHOWN = QDateTime(QDate(2026, 11, 27), QTime(23, 26))
TYPED = {
    US: {
        "11/26/2026 2:30 PM": "11-26 14:30",
        "1/5/2026 9:05 am": "01-05 09:05",
        "11/26/26 02:30p": "11-26 14:30",
        "11/26 14:30": "11-26 14:30",
        "2026-11-26 14:30": "11-26 14:30",
        "12/1/2026 7a": "12-01 07:00",
        "11/26/2026": "11-26 23:26",
        "14:30": "11-27 14:30",
        "1430": "11-27 14:30",
        "0905": "11-27 21:05",
        "0015": "11-27 00:15",
        "00:15": "11-27 00:15",
        "9:05": "11-27 21:05",
        "905a": "11-27 09:05",
        "12:10 am": "11-27 00:10",
        "13/40/2026": "11-27 23:26",
        "11/": "11-27 23:26",
    },
    ISO: {"2026-11-26 14:30": "11-26 14:30", "1-5 9:05": "01-05 09:05", "1430": "11-27 14:30"},
    GERMAN: {"26.11.2026 14:30": "11-26 14:30", "26.11. 9:05": "11-26 09:05"},
}


def press(box: QWidget, typed: str) -> None:
    """Type as a keyboard does, with Shift for colons and capitals."""
    shift = Qt.KeyboardModifier.ShiftModifier
    for sign in typed:
        held = sign == ":" or sign.isupper()
        if held:
            QTest.keyPress(box, Qt.Key.Key_Shift, shift)
        QTest.sendKeyEvent(
            QTest.KeyAction.Click, box, Qt.Key(ord(sign.upper())), sign, shift if held else NONE
        )
        if held:
            QTest.keyRelease(box, Qt.Key.Key_Shift)


NONE = Qt.KeyboardModifier.NoModifier
WHERE = [QDateTimeEdit.Section.HourSection, None]


@pytest.mark.parametrize("pattern", TYPED)
def test_a_full_date_and_time_is_read_as_typed(pattern: str, qtbot: QtBot) -> None:
    box = MomentBox()
    qtbot.addWidget(box)
    box.setDisplayFormat(pattern)
    box.show()
    box.activateWindow()
    qtbot.waitUntil(box.isActiveWindow)
    for typed, meant in TYPED[pattern].items():
        for section in WHERE:
            if section is None and typed.isdigit():
                continue  # figures alone are the parts of the day where the day has the keys
            box.clearFocus()
            box.setDateTime(SHOWN)
            box.setFocus(Qt.FocusReason.TabFocusReason)
            box.setSelectedSection(section or box.sectionAt(0))
            press(box, typed)
            box.interpretText()
            assert box.dateTime().toString("yyyy-MM-dd HH:mm") == f"2026-{meant}", (typed, section)


def test_parts_can_be_typed_one_by_one_and_24_hour_times_are_read(qtbot: QtBot) -> None:
    box, clock = MomentBox(), MomentBox(QTime(0, 0))
    for one in (box, clock):
        qtbot.addWidget(one)
        one.show()
        one.activateWindow()
        qtbot.waitUntil(one.isActiveWindow)
    box.setDisplayFormat(US)
    box.setDateTime(SHOWN)
    box.setFocus(Qt.FocusReason.TabFocusReason)
    box.setSelectedSection(box.sectionAt(0))
    QTest.keyClicks(box, "12042026")
    assert box.date() == QDate(2026, 12, 4)
    QTest.keyClick(box, Qt.Key.Key_Home)
    box.setSelectedSection(QDateTimeEdit.Section.MinuteSection)
    QTest.keyClick(box, Qt.Key.Key_Up)
    QTest.keyClicks(box, "45")
    assert box.time() == QTime(23, 45)
    clock.setDisplayFormat("hh:mm AP")
    clock.setTime(QTime(16, 0))
    clock.setFocus(Qt.FocusReason.TabFocusReason)
    clock.setSelectedSection(QDateTimeEdit.Section.HourSection)
    QTest.keyClicks(clock, "1745")
    assert clock.time() == QTime(17, 45)


def test_tab_leaves_a_moment_field_and_home_select_all_and_backspace_start_over(
    qtbot: QtBot,
) -> None:
    whole, before, box, after = QWidget(), QLineEdit(), MomentBox(), QLineEdit()
    rows = QVBoxLayout(whole)
    for one in (before, box, after):
        rows.addWidget(one)
    box.setDisplayFormat(US)
    box.setCalendarPopup(True)
    qtbot.addWidget(whole)
    whole.show()
    whole.activateWindow()
    qtbot.waitUntil(whole.isActiveWindow)
    key, control = Qt.Key, Qt.KeyboardModifier.ControlModifier
    for typed, meant in (
        (["0220p"], "11-27 14:20"),
        ([key.Key_Home, "0220p"], "11-27 14:20"),
        ([key.Key_Home, "11262026"], "11-26 23:26"),
        ([key.Key_Home, "11/26 2:15p"], "11-26 14:15"),
        ([(key.Key_A, control), "2:15 pm"], "11-27 14:15"),
        ([(key.Key_A, control), key.Key_Delete, "11/26/2026 2:15 pm"], "11-26 14:15"),
        (["2:51", *[key.Key_Backspace] * 2, "15p"], "11-27 14:15"),
        (["3", *[key.Key_Backspace] * 3, "0905"], "11-27 21:05"),
        ([key.Key_Right, "2:15p"], "11-27 14:15"),
    ):
        for way, end in ((key.Key_Tab, after), (key.Key_Backtab, before)):
            box.setDateTime(SHOWN)
            (before if way == key.Key_Tab else after).setFocus()
            QTest.keyClick(QApplication.focusWidget(), way)
            assert QApplication.focusWidget() is box
            if isinstance(typed[0], str):
                box.setSelectedSection(QDateTimeEdit.Section.HourSection)  # as TimeField begins
            for sign in typed:
                if isinstance(sign, str):
                    press(box, sign)
                else:
                    QTest.keyClick(box, *(sign if isinstance(sign, tuple) else (sign,)))
            QTest.keyClick(box, way)
            assert QApplication.focusWidget() is end, typed
            assert box.dateTime().toString("yyyy-MM-dd HH:mm") == f"2026-{meant}", typed


def test_an_invalid_date_stays_marked_until_typed_again(qtbot: QtBot) -> None:
    box = MomentBox()
    qtbot.addWidget(box)
    box.setDisplayFormat(US)
    box.setDateTime(SHOWN)
    box.show()
    box.activateWindow()
    qtbot.waitUntil(box.isActiveWindow)
    box.setFocus()
    box.setSelectedSection(QDateTimeEdit.Section.HourSection)
    press(box, "13/40 2:15p")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.unread == "13/40 2:15p" and box.dateTime() == SHOWN
    QTest.keyClicks(box, "1")
    assert box.unread == ""
    for typed in ("yester 10:15a", "11262026"):
        box.clearFocus()
        box.setDateTime(SHOWN)
        box.setFocus()
        box.setSelectedSection(QDateTimeEdit.Section.HourSection)
        press(box, typed)
        QTest.keyClick(box, Qt.Key.Key_Return)
        assert (box.unread, box.dateTime()) == (typed, SHOWN)


def click(box: QDateTimeEdit, at: int) -> None:
    """Click on a letter of the text; the mouse hits the line edit, not the box."""
    line = box.lineEdit()
    line.setCursorPosition(at)
    x = line.cursorRect().center().x()
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(x, line.height() // 2))


@pytest.mark.parametrize(("at", "whole"), [(1, False), (4, False), (12, True), (18, False)])
def test_text_typed_after_a_click_is_read_or_marked_until_typed_again(
    at: int, *, whole: bool, qtbot: QtBot
) -> None:
    page, box, after = QWidget(), MomentBox(), QLineEdit()
    rows = QVBoxLayout(page)
    rows.addWidget(after)
    rows.addWidget(box)
    qtbot.addWidget(page)
    box.setDisplayFormat(US)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    box.today = lambda: date(2026, 11, 27)  # type: ignore[method-assign]
    for typed, meant in {
        "yesterday 2:15 pm": "11-26 14:15",
        "Today 9:05a": "11-27 09:05",
        "yesterday": "11-26 23:26",
    }.items():
        after.setFocus()
        box.setDateTime(SHOWN)
        click(box, at)
        if whole:
            box.selectAll()
        press(box, typed)
        after.setFocus()
        assert box.unread == "" and box.dateTime().toString("MM-dd HH:mm") == meant, typed
    for typed in ("last night", "yester"):
        after.setFocus()
        box.setDateTime(SHOWN)
        click(box, at)
        if whole:
            box.selectAll()
        press(box, typed)
        after.setFocus()
        assert (box.unread, box.dateTime()) == (typed, SHOWN)
        click(box, at)  # a look alone reads nothing
        assert box.unread == typed and box.is_all_selected()
        press(box, "11/26/2026 02:15 PM")
        after.setFocus()
        assert box.unread == "" and box.dateTime().toString("MM-dd HH:mm") == "11-26 14:15"
        box.setDateTime(SHOWN)
        click(box, at)
        press(box, typed)
        click(box, at)  # the keys never left
        assert box.unread == typed
        press(box, "11/26/2026 02:15 PM")
        assert box.unread == "" and box.dateTime().toString("MM-dd HH:mm") == "11-26 14:15"
