"""All entries, read from the journal by pages and searched there."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.corrections import void_record
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.shift import Officer
from zoneplanner.messages import Message
from zoneplanner.ui.log import entries_table
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.record_actions import RecordActions
from zoneplanner.ui.widgets.tables.record_rows import ENTRY_COLUMNS, build_entry_rows


@pytest.fixture
def panel(
    desk: UiContext,
    records: RecordActions,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> Any:
    """All entries in pages of three: eight visits two months ago."""
    monkeypatch.setattr(entries_table, "_PAGE", 3)
    for day in range(8):
        at = (session.clock() - timedelta(days=60 + day)).isoformat()
        said = {"uid": f"v{day}", "site": f"r1c{1 + day % 2}", "unit": "A", "arrived_at": at}
        log_record(session, "visit", {**said, "departed_at": at})
    shown = entries_table.EntriesPanel(desk, records)
    qtbot.addWidget(shown)
    shown.show()
    shown.period.setCurrentIndex(shown.period.findData(0))
    return shown


def list_uids(panel: Any) -> list[str]:
    """Return the listed records in order."""
    return [panel.table.row(at).uid for at in range(panel.table.rowCount())]


def test_the_latest_page_comes_first_and_the_next_at_the_end(panel: Any) -> None:
    assert list_uids(panel) == ["v0", "v1", "v2"]
    assert panel.counted.text() == "the latest 3 entries"
    bar = panel.view.verticalScrollBar()
    panel._load_more_at_end(bar.maximum())
    assert list_uids(panel) == ["v0", "v1", "v2", "v3", "v4", "v5"]
    panel._load_more_at_end(bar.maximum())
    assert len(list_uids(panel)) == 8 and panel.counted.text() == "8 entries"
    panel._load_more_at_end(bar.maximum())
    assert len(list_uids(panel)) == 8


def test_a_filter_searches_the_whole_journal(panel: Any, session: Session) -> None:
    panel.filter.setText("r1c2")
    assert list_uids(panel) == ["v1", "v3", "v5"]
    panel.filter.setText("r1c2 a")
    assert list_uids(panel) == ["v1", "v3", "v5"]
    panel.filter.setText("nothing")
    assert list_uids(panel) == []
    panel.view.offer.click()  # not an offer to log the first entry
    assert panel.filter.text() == "" and list_uids(panel)
    log_record(session, "incident", {"uid": "i", "type": "Broken window", "site": "r2c1"})
    panel.filter.setText("WINDOW")
    assert list_uids(panel) == ["i"]
    panel.filter.setText("incident")  # what a kind is called
    assert list_uids(panel) == ["i"]
    panel.filter.setText("100%_")
    assert list_uids(panel) == []


def test_filtered_rows_are_counted_at_once(panel: Any, qtbot: QtBot) -> None:
    panel.period.setCurrentIndex(panel.period.findData(366))
    qtbot.waitUntil(lambda: panel.counted.text() == "8 entries")
    qtbot.keyClicks(panel.filter, "r1c2")
    assert panel.counted.text() == "4 of 8 entries"
    panel.filter.clear()
    assert panel.counted.text() == "8 entries"


def test_a_voided_record_is_found_with_its_history_until_restored(
    panel: Any, session: Session
) -> None:
    log_record(session, "incident", {"uid": "i", "type": "Broken window", "site": "r2c1"})
    void_record(session, "i", reason="made twice")
    panel.period.setCurrentIndex(panel.period.findData(0))
    assert "i" not in list_uids(panel)
    panel.period.setCurrentIndex(panel.period.findText("Voided, last 12 months"))
    assert list_uids(panel) == ["i"]
    assert (panel.table.row(0).what, panel.table.row(0).status) == ("Broken window", "Voided")
    assert panel.buttons.correct.isHidden() and not panel.buttons.void.isEnabled()
    panel.view.selectRow(0)
    panel.buttons.bring_back.click()
    assert list_uids(panel) == []
    panel.period.setCurrentIndex(panel.period.findData(30))
    assert "i" in list_uids(panel) and panel.buttons.bring_back.isHidden()


def test_old_entries_are_found_in_steps(
    panel: Any, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(entries_table, "_SEARCH_BATCH", 3)
    panel.filter.setText("r1c2")
    assert list_uids(panel) == ["v1"], "more than a part was looked through at once"
    searching = str(
        Message("entries_counted.searching", counted=Message("entries_counted", entries=1))
    )
    assert panel.counted.text() == searching
    qtbot.waitUntil(lambda: list_uids(panel) == ["v1", "v3", "v5"], timeout=5_000)
    panel.filter.setText("r1c1")
    panel.filter.setText("r1c2 a")  # typed on meanwhile
    qtbot.waitUntil(lambda: list_uids(panel) == ["v1", "v3", "v5"], timeout=5_000)
    panel.filter.setText("nothing")
    qtbot.waitUntil(lambda: panel.counted.text() == "0 entries", timeout=5_000)


def test_a_page_reflects_corrections_voids_and_stamps(panel: Any, session: Session) -> None:
    log_record(session, "visit", {"supersedes": "v0", "unit": "B"})
    log_record(session, "visit", {"void": "v1", "reason": "mistake"})
    at = (session.clock() - timedelta(days=60)).isoformat()
    log_record(session, "incident", {"uid": "i", "type": "Fight", "received_at": at})
    log_stamp(session, {"incident": "i", "unit": "B", "name": "cleared", "at": at})
    rows = {panel.table.row(n).uid: panel.table.row(n) for n in range(panel.table.rowCount())}
    assert set(rows) == {"i", "v0"}  # of three the voided one is left out
    assert rows["v0"].unit == "B"
    assert (rows["i"].status, rows["i"].unit) == ("Cleared", "B")


def test_a_page_lists_entries_by_recording_time_not_due_date(panel: Any, session: Session) -> None:
    long_ago = (session.today - timedelta(days=90)).isoformat()
    log_record(session, "after_action", {"uid": "a", "event": "Drill", "event_on": long_ago})
    action = {"uid": "c", "review": "a", "action": "New bell", "owner_role": "clerk"}
    log_record(session, "corrective_action", {**action, "due_on": long_ago})
    assert set(list_uids(panel)) == {"c", "a", "v0"}


def test_a_date_has_no_time_and_notified_agencies_are_named_so(session: Session) -> None:
    today = session.today
    told = {"site": "r1c1", "incident": "i", "kind": "told", "told": "communications"}
    log_record(session, "incident", {"uid": "i", "type": "fight", "site": "r1c1"})
    log_record(session, "command_entry", {**told, "at": session.clock().isoformat()})
    log_record(session, "review", {"site": "r1c1", "stage": "drafted", "on": str(today)})
    event = {"uid": "a", "site": "r1c1", "event": "Drill", "event_on": str(today)}
    log_record(session, "after_action", event)
    due = today.replace(month=12, day=30)
    action = {"review": "a", "action": "New bell", "owner_role": "clerk", "due_on": str(due)}
    log_record(session, "corrective_action", action)
    rows = {row.record: row for row in build_entry_rows(session)}
    assert rows["review"].when == "Today"
    assert rows["corrective_action"].when == f"Due {session.formats.weekday(due)}"
    assert rows["corrective_action"].at.date() == session.clock().date()  # not first for weeks
    step = rows["command_entry"]
    assert (step.what, step.status) == ("Notified", "Communications")


def test_officers_called_for_relief_are_listed_by_name(session: Session) -> None:
    officer = Officer("sample-W", "Officer W", "Sheriff", "deputy")
    session.apply("Officer", partial(put_officer, officer=officer))
    log_record(session, "relief_call", {"officer": "sample-W", "answer": "accepted"})
    (row,) = build_entry_rows(session)
    assert row.what == "Officer W"


def test_today_is_a_period_and_a_call_with_an_outcome_is_closed(
    panel: Any, session: Session, qtbot: QtBot
) -> None:
    told = {"site": "r1c1", "type": "Fight", "disposition": "Advice given"}
    log_record(session, "incident", {**told, "uid": "now"})
    log_record(session, "incident", {**told, "received_at": "2026-11-14T09:00", "uid": "before"})
    log_record(session, "incident", {"site": "r1c1", "type": "Fight", "uid": "open"})
    assert panel.period.itemText(0) == "Today"
    panel.period.setCurrentIndex(panel.period.findText("Last 30 days"))
    panel.refresh()
    found = (panel.table.row(at) for at in range(panel.table.rowCount()))
    closed = dict.fromkeys(("now", "before"), "Closed")
    assert {row.uid: row.status for row in found} == {**closed, "open": "Received"}
    panel.period.setFocus()
    qtbot.keyClick(panel.period, Qt.Key.Key_Home)
    panel.refresh()
    assert sorted(list_uids(panel)) == ["now", "open"]
    titles = [one.title for one in ENTRY_COLUMNS]
    assert titles.index("How it ended") == titles.index("Status") + 1
