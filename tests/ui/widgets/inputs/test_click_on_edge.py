"""A click on the edge of a field only focuses it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QDateTime, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QDateTimeEdit
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import DecimalBox, MomentBox, NumberBox

MOMENT = QDateTime.fromString("2026-11-01T01:20:00", Qt.DateFormat.ISODate)
US = "MM/dd/yyyy hh:mm AP"


ARROW_PX = 20


def make_day_box() -> MomentBox:
    return MomentBox(MOMENT.date())


def make_clock_box() -> MomentBox:
    return MomentBox(MOMENT.time())


@pytest.mark.parametrize("make", [make_day_box, MomentBox, make_clock_box, NumberBox, DecimalBox])
def test_a_click_beside_the_arrow_does_not_change_a_field(
    looks: QApplication, qtbot: QtBot, make: Callable[[], QAbstractSpinBox]
) -> None:
    box = make()
    qtbot.addWidget(box)
    if isinstance(box, MomentBox):
        box.setDisplayFormat({make_day_box: "MM/dd/yyyy", make_clock_box: "hh:mm AP"}.get(make, US))
        box.setCalendarPopup(make is not make_clock_box)
        box.setDateTime(MOMENT)
    box.resize(304, box.sizeHint().height())
    box.show()
    shown = box.text()
    for across in (0, 3, 60, 150, box.width() - ARROW_PX):
        for down in range(box.height()):
            QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(across, down))
            assert box.text() == shown, (across, down)


def test_a_click_on_the_edge_selects_the_nearest_part(looks: QApplication, qtbot: QtBot) -> None:
    box = MomentBox()
    qtbot.addWidget(box)
    box.setDisplayFormat(US)
    box.setDateTime(MOMENT)
    box.resize(304, box.sizeHint().height())
    box.show()
    line = box.lineEdit()
    before = line.fontMetrics().horizontalAdvance(box.text()[:15])
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(line.x() + before, 0))
    assert box.currentSection() is QDateTimeEdit.Section.MinuteSection
    assert box.dateTime() == MOMENT
