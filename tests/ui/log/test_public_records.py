"""Removing text, placing holds and answering requests in the window, by keys."""

from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.log.logbook import list_visits, log_visit
from zoneplanner.app.log.public_records import list_holds, list_requests, log_request
from zoneplanner.app.log.retention import REMOVAL_NOTE
from zoneplanner.ui.log.public_records_dialogs import (
    CopyForm,
    HoldForm,
    HoldsDialog,
    RequestForm,
    RequestsDialog,
)
from zoneplanner.ui.log.record_history import DisposalDialog, RecordHistoryDialog, RedactionDialog
from zoneplanner.ui.readiness.retention_dialog import RetentionDialog
from zoneplanner.ui.widgets.services.ui_context import UiContext

_Form = TypeVar("_Form", bound=QWidget)
NAME = "Roe, Jane was crying"


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def find_open_form(parent: QWidget, kind: type[_Form], qtbot: QtBot) -> _Form:
    """The form that a dialog has opened."""
    qtbot.waitUntil(lambda: any(one.isVisible() for one in parent.findChildren(kind)))
    return next(one for one in parent.findChildren(kind) if one.isVisible())


def test_text_is_removed_from_a_records_history_after_one_question(
    desk: UiContext, qtbot: QtBot
) -> None:
    log_visit(desk.session, "r1c1", note=NAME, uid="v1")
    log_visit(desk.session, "r1c2", uid="v2")
    parent = QWidget()
    qtbot.addWidget(parent)
    bare = RecordHistoryDialog(desk, "v2", print, print, parent)
    assert not bare.remove_button.isEnabled()
    history = RecordHistoryDialog(desk, "v1", print, print, parent)
    history.open()
    qtbot.keyClick(history.remove_button, Qt.Key.Key_Space)
    dialog = find_open_form(parent, RedactionDialog, qtbot)
    what = {"texts": "1 text", "entries": "1 log entry"}
    assert says(dialog.about.text(), "removal", **what) and says(
        dialog.about.text(), "removal.note"
    )
    assert NAME in dialog.boxes["note"].text()
    assert not dialog.ok.isEnabled()  # without a legal basis
    dialog.basis.setFocus()
    qtbot.keyClicks(dialog.basis, "Court order")
    assert dialog.ok.isEnabled()
    dialog.boxes["note"].click()
    assert not dialog.ok.isEnabled()
    assert dialog.about.text() == str(REMOVAL_NOTE)  # nothing would be removed
    dialog.boxes["note"].click()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [one.note for one in list_visits(desk.session)] == ["", ""])
    qtbot.waitUntil(lambda: not desk.jobs.running)
    [said] = desk.session.store.entries(kinds=("redaction",))
    assert said.payload["basis"] == "Court order"


def test_records_due_for_disposal_are_disposed_held_or_requested(
    desk: UiContext, qtbot: QtBot
) -> None:
    log_visit(desk.session, "r1c1", note=NAME, uid="v1", arrived_at="2015-03-04T10:00")
    keep = RetentionDialog(desk)
    qtbot.addWidget(keep)
    keep.open()
    keep.holds_button.click()
    holds = find_open_form(keep, HoldsDialog, qtbot)
    holds.place_button.click()
    form = find_open_form(holds, HoldForm, qtbot)
    assert not form.ok.isEnabled()
    qtbot.keyClicks(form.matter, "Doe v. Board")
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert [one.matter for one in list_holds(desk.session)] == ["Doe v. Board"]
    keep.dispose_button.click()
    disposal = find_open_form(keep, DisposalDialog, qtbot)
    assert says(disposal.about.text(), "removal.held", held="1 entry stays")
    assert not disposal.ok.isEnabled()
    holds.view.selectRow(0)
    holds.release_button.click()
    assert not holds.release_button.isEnabled()
    disposal.update_plan()
    assert disposal.ok.isEnabled()
    disposal.ok.click()
    qtbot.waitUntil(lambda: list_visits(desk.session)[0].note == "")
    qtbot.waitUntil(lambda: not desk.jobs.running)


def test_a_request_is_received_determined_answered_with_a_copy_and_closed(
    desk: UiContext, qtbot: QtBot, tmp_path: Path
) -> None:
    log_visit(desk.session, "r1c1", note=NAME, uid="v1")
    requests = RequestsDialog(desk)
    qtbot.addWidget(requests)
    requests.open()
    assert not requests.copy_button.isEnabled()
    requests.new_button.click()
    form = find_open_form(requests, RequestForm, qtbot)
    qtbot.keyClicks(form.asked.field, "Visits to the first school")
    qtbot.keyClick(form, Qt.Key.Key_Return)
    [request] = list_requests(desk.session)
    assert request.asked == "Visits to the first school"
    requests.view.selectRow(0)
    requests.copy_button.click()
    copy = find_open_form(requests, CopyForm, qtbot)
    qtbot.keyClicks(copy.words, "nothing says so")
    assert not copy.ok.isEnabled()
    copy.words.clear()
    copy.exempt["note"].setEditText("Gov. Code 7927.700")
    copy.write_copy(tmp_path / "copy.csv")
    text = (tmp_path / "copy.csv").read_text(encoding="utf-8-sig")
    assert "[redacted: Gov. Code 7927.700]" in text and NAME not in text
    copy.reject()
    day = desk.session.today
    log_request(desk.session, request.uid, determined_on=day, determination="partly_exempt")
    requests.refresh()
    requests.view.selectRow(0)
    requests.update_button.click()
    form = find_open_form(requests, RequestForm, qtbot)
    form.days["closed_on"].taken.click()
    qtbot.keyClick(form, Qt.Key.Key_Return)
    closed = list_requests(desk.session)[0].closed_on
    assert isinstance(closed, date) and not requests.copy_button.isEnabled()
