"""Dialogs open as large as they were left."""

from pytestqt.qtbot import QtBot

from zoneplanner.app.log.logbook import log_visit
from zoneplanner.app.session.session import Session
from zoneplanner.ui.log.record_history import RecordHistoryDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX


def test_a_table_dialog_restores_its_size_and_a_form_its_width(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    uid, log = log_visit(session, "r1c1").uid, window.log_actions
    for wanted in ((TABLE_PX, 360), (700, 500)):
        shown = RecordHistoryDialog(window.desk, uid, log.correct, log.void, window)
        shown.open()
        assert shown.size().toTuple() == wanted
        shown.resize(700, 500)
        shown.reject()
    form = VisitDialog(window.desk, "r1c1", parent=window)
    form.open()
    high = form.height()
    form.resize(600, 700)
    form.reject()
    again = VisitDialog(window.desk, "r1c1", parent=window)
    again.open()
    assert again.width() == 600 and again.height() < high + 60
    again.reject()
    assert window.collect_window_state()["size.RecordHistoryDialog"] == "700x500"
