"""The table of the log's records, with their correction and voiding."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, QTimer

from zoneplanner.app.log.logbook import explain_unreadable_entries
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.public_records import REMOVAL_KINDS
from zoneplanner.messages import Message, say_all
from zoneplanner.storage import UnreadableEntry
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout, make_row_layout
from zoneplanner.ui.widgets.layout.layouts import TwoPartBar
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.record_actions import RecordActions, RecordButtons
from zoneplanner.ui.widgets.tables.record_rows import (
    ENTRY_COLUMNS,
    EntryRow,
    build_entry_rows,
    build_newest_rows,
    build_rows_of_records,
    build_voided_rows,
)
from zoneplanner.ui.widgets.tables.table_panel import BAR_MARGINS_PX, TablePanel

_TODAY, _VOIDED, _VOIDED_DAYS = 1, -1, 366
_USUAL_DAYS = 30
_PERIODS = {
    _TODAY: "Today",
    _USUAL_DAYS: "Last 30 days",
    366: "Last 12 months",
    0: "Everything",
    _VOIDED: "Voided, last 12 months",
}
"""Name of each period by its length in days; 0 is unlimited, 1 means since midnight."""
_PAGE = 100
"""How many records “Everything” shows first; scrolling to the end doubles the number."""
_SEARCH_BATCH = 60_000
"""How many entries are searched at a time, so that no key waits for the whole log."""
_MOST_IN_PLACE = 8
"""With more new records than this, as after an import, the table is rebuilt."""
_REQUIREMENTS_DELAY_MS = 2_000
"""Delay after the last entry until requirements are computed, which would slow down the keys."""
_SPARE_PX = 12
_EMPTY_PERIOD = "Nothing was logged in this period."
_NO_MATCH = (
    "No entry contains these words. To see voided entries, choose "
    f"“{_PERIODS[_VOIDED]}” as the period."
)
_EMPTY = "Nothing has been logged yet: no visit, incident or drill."


class EntriesPanel(TablePanel):
    """One row per record; entries are never changed, only corrected or voided by new ones."""

    def __init__(self, desk: UiContext, records: RecordActions) -> None:
        super().__init__(
            desk,
            ENTRY_COLUMNS,
            lambda row: row.uid,
            name="Log entries",
            empty=desk.session.rewrite(_EMPTY),
            filter_name="Filter the log",
        )
        self.view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self._select_site)
        self.period = make_choice_box(_PERIODS, _USUAL_DAYS, name="Period")
        self.period.currentIndexChanged.connect(self._change_period)
        self._most = _PAGE
        self._matches: list[EntryRow] = []
        self._searched = 0
        self._search_timer = QTimer(self, singleShot=True, interval=0)
        self._search_timer.timeout.connect(self._search_batch)
        self._requirements_timer = QTimer(self, singleShot=True, interval=_REQUIREMENTS_DELAY_MS)
        self._requirements_timer.timeout.connect(desk.readiness.request)
        self.view.verticalScrollBar().valueChanged.connect(self._load_more_at_end)
        self.buttons = RecordButtons(desk, self.view, records)
        search = make_row_layout(self.period, (self.filter, 1))
        actions = make_row_layout(self.buttons, None, self.counted)
        bar = TwoPartBar(search, actions, margins_px=BAR_MARGINS_PX)
        make_column_layout(self, bar, (self.view, 1), margin_px=0, spacing_px=0)
        desk.bridge.logged.connect(self._show_entries)

    def refresh(self) -> None:
        """Read the log, and request the requirements that the site's card shows."""
        session = self._desk.session
        self._desk.readiness.request()
        first = not self.table.rowCount()
        days = self.period.currentData()
        self._search_timer.stop()
        if days:
            since = self._find_start(_VOIDED_DAYS if days == _VOIDED else days)
            build = build_voided_rows if days == _VOIDED else build_entry_rows
            self.table.show(build(session, since))
        else:
            self._matches, self._searched = [], 0
            self._search_batch()
        if self.filter.text() and session.store.head().entries:
            self.view.set_empty_text(_NO_MATCH, "Clear the filter", self.filter.clear)
        elif days and session.store.head().entries:
            everything = self.period.findData(0)
            self.view.set_empty_text(
                _EMPTY_PERIOD, "Show everything", lambda: self.period.setCurrentIndex(everything)
            )
        else:
            visit = self._desk.actions["log_visit"]
            is_denied = session.explain_denied_log() or not session.project.patrolled
            self.view.set_empty_text(
                session.rewrite(_EMPTY), "" if is_denied else visit.text(), visit.trigger
            )
        self._show_count(session.store.known_unreadable)
        self._desk.jobs.run(
            "Searching the log",
            lambda _: session.store.unreadable_entries(),
            on_done=self._show_count,
        )
        if first:
            self.view.fit_columns()

    def _find_start(self, days: int) -> datetime:
        session = self._desk.session
        if days == _TODAY:
            return datetime.combine(session.today, time(0), ZoneInfo(session.project.time_zone))
        return session.clock() - timedelta(days=days)

    def _show_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        """Update the rows of new entries in place, so that the next key does not wait."""
        days = self.period.currentData()
        in_place = days > 0 and self.isVisible() and self.table.rowCount()
        if not in_place or self._stale or any(entry.kind in REMOVAL_KINDS for entry in entries):
            self.mark_stale()
            return
        session = self._desk.session
        self._requirements_timer.start()
        rows = build_rows_of_records(session, entries, self._find_start(days))
        if len(rows) > _MOST_IN_PLACE:
            self.mark_stale()
            return
        for uid, row in rows.items():
            if row is None:
                self.table.remove(uid)
            else:
                self.table.put(row)
        self._show_count(session.store.known_unreadable)

    def _change_period(self, _: int) -> None:
        self._most = _PAGE
        self.buttons.turn_to(voided=self.period.currentData() == _VOIDED)
        self.mark_stale()

    def _filter_words(self, text: str) -> None:
        """Filter the rows of a period in the table; search the journal for everything."""
        everything = hasattr(self, "period") and not self.period.currentData()
        super()._filter_words("" if everything else text)
        if everything:
            self._most = _PAGE
            self.mark_stale()
        elif hasattr(self, "period"):
            self._show_count(self._desk.session.store.known_unreadable)

    def _load_more_at_end(self, value: int) -> None:
        """Load older records once the oldest row is in sight."""
        if self.period.currentData() or value < self.view.verticalScrollBar().maximum():
            return
        if self.table.rowCount() == self._most:
            self._most *= 2
            self.mark_stale()

    def _search_batch(self) -> None:
        """Add the matches of the next batch, latest first, and schedule another one if needed."""
        words, left = self.filter.text(), self._most - len(self._matches)
        reach = _SEARCH_BATCH if words else None
        session = self._desk.session
        self._matches += build_newest_rows(session, left, words, skip=self._searched, reach=reach)
        self._searched += _SEARCH_BATCH
        self.table.show(self._matches)
        more = bool(words) and len(self._matches) < self._most
        if more and self._searched < session.store.head().entries:
            self._search_timer.start()
        self._show_count(session.store.known_unreadable)

    def _show_count(self, unreadable: Sequence[UnreadableEntry]) -> None:
        rows, visible = self.table.rowCount(), self.sorted.rowCount()
        code = "entries_counted.filtered" if visible < rows else "entries_counted"
        counted = Message(code, visible=visible, entries=rows)
        if not self.period.currentData() and rows == self._most:
            counted = Message("entries_counted.latest", counted=counted)
        elif self._search_timer.isActive():
            counted = Message("entries_counted.searching", counted=counted)
        if unreadable:
            counted = Message("entries_counted.unreadable", counted=counted, n=len(unreadable))
        text = str(counted)
        if self.counted.text() == text:
            return
        self.counted.setText(text)
        self.counted.setToolTip(say_all(explain_unreadable_entries(unreadable)))
        needed, width_px = self.counted.sizeHint(), self.counted.minimumWidth()
        if not needed.width() <= width_px <= needed.width() + 3 * _SPARE_PX:
            # with room for another digit; otherwise every new entry lays the window out again
            self.counted.setFixedSize(needed.width() + _SPARE_PX, needed.height())

    def _select_site(self, uid: str) -> None:
        row = self.table.find_row(uid)
        if row.site:
            self._desk.bridge.select(site=row.site)
