"""New entries appear at their place in the open table, with the columns of calls."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from keystrokes import keys
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.corrections import void_record
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.tables.record_rows import build_entry_rows


@pytest.fixture
def panel(window: MainWindow, session: Session) -> Any:
    """The open table of the entries of a month."""
    for day in range(3):
        at = (session.clock() - timedelta(days=1 + day)).isoformat()
        said = {"uid": f"v{day}", "site": "r1c1", "unit": "A", "arrived_at": at}
        log_record(session, "visit", {**said, "departed_at": at})
    window.activateWindow()
    window.show_workspace("log")
    entries = window.tabs.panels["entries"]
    window.tabs.show_table(entries)
    return entries


def list_visible_rows(panel: Any) -> list[Any]:
    """Return the visible rows."""
    sorted_rows = panel.sorted
    return [sorted_rows.row_of(sorted_rows.index(at, 0)) for at in range(sorted_rows.rowCount())]


def count_signals(signal: Any) -> list[None]:
    heard: list[None] = []
    signal.connect(lambda *_: heard.append(None))
    return heard


def test_logging_a_call_does_not_refill_open_tables(
    panel: Any, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    resets = count_signals(panel.table.modelReset)
    keys(qtbot, "jr1c2\ngraffiti\n1234\n")
    assert [row.uid for row in list_visible_rows(panel)][1:] == ["v0", "v1", "v2"]
    assert list_visible_rows(panel)[0] == build_entry_rows(session)[0]
    assert list_visible_rows(panel)[0].status == "Closed" and not resets
    assert panel.counted.text() == "4 entries"


def test_corrections_and_voids_update_their_rows_in_place(panel: Any, session: Session) -> None:
    resets = count_signals(panel.table.modelReset)
    log_record(session, "visit", {"supersedes": "v1", "unit": "B"})
    assert list_visible_rows(panel) == build_entry_rows(session)
    void_record(session, "v0", reason="made twice")
    assert [row.uid for row in list_visible_rows(panel)] == ["v1", "v2"]
    log_record(session, "incident", {"uid": "i", "site": "r1c1", "type": "fight"})
    sent = log_stamp(session, {"incident": "i", "unit": "B", "name": "dispatched"})
    assert list_visible_rows(panel)[0].status == "Dispatched"
    void_record(session, sent.uid, reason="another unit")
    assert (
        list_visible_rows(panel) == build_entry_rows(session)
        and list_visible_rows(panel)[0].status == "Received"
    )
    assert not resets


def test_calls_in_the_same_second_keep_journal_order(panel: Any, session: Session) -> None:
    at = session.clock().isoformat()
    for uid in ("a", "b", "c", "d"):
        log_record(session, "incident", {"uid": uid, "type": "fight", "received_at": at})
    assert [row.uid for row in list_visible_rows(panel)[:4]] == ["d", "c", "b", "a"]
    panel.refresh()
    assert [row.uid for row in list_visible_rows(panel)[:4]] == ["d", "c", "b", "a"]


def test_a_call_shows_priority_stamps_and_outcome(
    panel: Any, session: Session, qtbot: QtBot
) -> None:
    began = session.clock().replace(second=7)
    session.clock = lambda: began
    keys(qtbot, "jr1c2\ngraffiti\n1234\n")
    cell: Callable[[str], str] = lambda title: next(  # noqa: E731
        column.format_value(list_visible_rows(panel)[0])
        for column in panel.table.columns
        if column.title == title
    )
    assert cell("Priority").isdigit() and cell("How it ended") == "Handled on scene"
    assert {":07" in cell(title) for title in ("Dispatched", "On scene", "Cleared")} == {True}
