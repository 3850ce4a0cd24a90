"""The call sheet: a school, whom to call, and nothing stored."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.call_sheet import NO_NUMBER
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.call_sheet_dialog import CallSheetDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel


def test_p_shows_whom_to_call_about_a_school_and_stores_nothing(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.activateWindow()
    window.show_workspace("log")
    window.desk.bridge.select(site="r3c1")
    qtbot.keyClick(window, Qt.Key.Key_P)
    (dialog,) = window.findChildren(CallSheetDialog)
    assert dialog.isVisible() and dialog.isAncestorOf(QApplication.focusWidget())
    assert dialog.facts.value("agency") == "Police"
    assert "Police" in dialog.facts.value("complaint")
    assert dialog.facts.value("phone") == NO_NUMBER and "Data" not in dialog.facts.value("tip")
    assert dialog.office.isVisible() and "Police" in dialog.office.text()
    values = dialog.facts.findChildren(
        WrappedLabel, options=Qt.FindChildOption.FindDirectChildrenOnly
    )
    starts = {one.mapTo(dialog, QPoint()).x() for one in values if one.accessibleName()}
    assert starts == {dialog.site.mapTo(dialog, QPoint()).x()}, "one column of fields and values"
    qtbot.keyClicks(QApplication.focusWidget(), "school r1c1")  # in the place of what is offered
    assert dialog.site.currentText().casefold() == "school r1c1"
    assert dialog.facts.value("agency") == "Sheriff"
    dialog.site.setCurrentText("No such school")
    assert not dialog.ok.isEnabled() and dialog.facts.isHidden()
    dialog.site.setCurrentText("School r1c1")
    dialog.ok.click()
    new = window.left.sections["console"].new
    qtbot.waitUntil(lambda: new.site.key == "r1c1")
    assert window.focusWidget() is new.what, "the school is chosen already"
    assert session.store.entries() == []
