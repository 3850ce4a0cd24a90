"""The log: every record as it stands, with correction and voiding as new entries."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.logbook import explain_unreadable_entries
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.public_records import REMOVAL_KINDS
from zoneplanner.messages import format_count
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
    **{_USUAL_DAYS: "Last 30 days", 366: "Last 12 months", 0: "Everything"},
    _VOIDED: "Voided, last 12 months",
}
"""Days back, and how the period is called; 0 is without an end, 1 from midnight on."""
_PAGE = 100
"""So many records of everything are shown first; each time the end is in sight as many again."""
_REACH = 60_000
"""So many entries are looked through at a time, so that no key waits for all of them."""
_MOST_IN_PLACE = 8
"""So many records are put in one by one; the table is filled anew with more, as from a file."""
_REST_MS = 2_000
"""What is due is read so long after the last entry: of a long log it slows the keys meanwhile."""
_SPARE_PX = 12
_NONE_LATELY = "Nothing was logged in this period."
_NONE_FITS = "No entry contains these words. To see voided entries, choose them as the period."
_EMPTY = "Nothing has been logged yet: no visit, incident or drill."


class EntriesPanel(TablePanel):
    """A row an entry; entries are never changed, only corrected or voided by new ones."""

    def __init__(
        self, desk: UiContext, records: RecordActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            desk,
            ENTRY_COLUMNS,
            lambda row: row.uid,
            name="Log entries",
            empty=desk.session.rewrite(_EMPTY),
            filter_name="Filter the log",
            parent=parent,
        )
        self.view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.view.chosen.connect(self._go)
        self.period = make_choice_box(_PERIODS, _USUAL_DAYS, name="Period")
        self.period.currentIndexChanged.connect(self._turn_period)
        self._most = _PAGE
        self._found: list[EntryRow] = []
        self._passed = 0
        self._further = QTimer(self, singleShot=True, interval=0)
        self._further.timeout.connect(self._look_back)
        self._at_rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._at_rest.timeout.connect(desk.readiness.request)
        self.view.verticalScrollBar().valueChanged.connect(self._reach_end)
        self.buttons = RecordButtons(desk, self.view, self.sorted.row_of, records)
        sought = make_row_layout(self.period, (self.filter, 1))
        acts = make_row_layout(self.buttons, None, self.counted)
        bar = TwoPartBar(sought, acts, margins_px=BAR_MARGINS_PX)
        make_column_layout(self, bar, (self.view, 1), margin_px=0, spacing_px=0)
        desk.bridge.logged.connect(self._take_in)

    def refresh(self) -> None:
        """Read the log anew, and what is due, which the site's card tells."""
        session = self._desk.session
        self._desk.readiness.request()
        first = not self.table.rowCount()
        days = self.period.currentData()
        self._further.stop()
        if days:
            since = self._find_start(_VOIDED_DAYS if days == _VOIDED else days)
            build = build_voided_rows if days == _VOIDED else build_entry_rows
            self.table.show(build(session, since))
        else:
            self._found, self._passed = [], 0
            self._look_back()
        if self.filter.text() and session.store.head().entries:
            self.view.set_empty_text(_NONE_FITS, "Clear the filter", self.filter.clear)
        elif days and session.store.head().entries:
            everything = self.period.findData(0)
            self.view.set_empty_text(
                _NONE_LATELY, "Show everything", lambda: self.period.setCurrentIndex(everything)
            )
        else:
            visit = self._desk.actions["log_visit"]
            barred = session.explain_denied_log() or not session.project.patrolled
            self.view.set_empty_text(
                session.rewrite(_EMPTY), "" if barred else visit.text(), visit.trigger
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

    def _take_in(self, entries: tuple[JournalEntry, ...]) -> None:
        """Show what was just logged in its place: the next key does not wait for all others."""
        days = self.period.currentData()
        in_place = days > 0 and self.isVisible() and self.table.rowCount()
        if not in_place or self._stale or any(one.kind in REMOVAL_KINDS for one in entries):
            self.mark_stale()
            return
        session = self._desk.session
        self._at_rest.start()
        since = self._find_start(days)
        rows = build_rows_of_records(session, entries, since)
        if len(rows) > _MOST_IN_PLACE:
            self.mark_stale()
            return
        for uid, row in rows.items():
            if row is None:
                self.table.remove(uid)
            else:
                self.table.put(row)
        self._show_count(session.store.known_unreadable)

    def _turn_period(self, _: int) -> None:
        """Begin at the latest page; everything is looked through by the journal itself."""
        self._most = _PAGE
        self.buttons.turn_to(voided=self.period.currentData() == _VOIDED)
        self.mark_stale()

    def _filter_words(self, text: str) -> None:
        """Filter the rows of a period here, and everything in the journal."""
        everything = hasattr(self, "period") and not self.period.currentData()
        super()._filter_words("" if everything else text)
        if everything:
            self._most = _PAGE
            self.mark_stale()
        elif hasattr(self, "period"):
            self._show_count(self._desk.session.store.known_unreadable)

    def _reach_end(self, value: int) -> None:
        """Read the page before the oldest row, once that is in sight."""
        if self.period.currentData() or value < self.view.verticalScrollBar().maximum():
            return
        if self.table.rowCount() == self._most:
            self._most *= 2
            self.mark_stale()

    def _look_back(self) -> None:
        """Show what the next part of the journal has of it, the latest first; then go on."""
        words, left = self.filter.text(), self._most - len(self._found)
        reach = _REACH if words else None
        session = self._desk.session
        self._found += build_newest_rows(session, left, words, skip=self._passed, reach=reach)
        self._passed += _REACH
        self.table.show(self._found)
        more = bool(words) and len(self._found) < self._most
        if more and self._passed < session.store.head().entries:
            self._further.start()
        self._show_count(session.store.known_unreadable)

    def _show_count(self, unreadable: Sequence[UnreadableEntry]) -> None:
        rows = self.table.rowCount()
        shown = self.sorted.rowCount()
        counted = format_count(rows, "entry", "entries")
        if shown < rows:
            counted = f"{shown:,} of {counted}"
        if not self.period.currentData() and rows == self._most:
            counted = f"the latest {counted}"
        elif self._further.isActive():
            counted += ", searching further back…"
        left_out = f", {len(unreadable):,} unreadable" if unreadable else ""
        if self.counted.text() == counted + left_out:
            return
        self.counted.setText(counted + left_out)
        self.counted.setToolTip(explain_unreadable_entries(unreadable))
        needed, has_px = self.counted.sizeHint(), self.counted.minimumWidth()
        if not needed.width() <= has_px <= needed.width() + 3 * _SPARE_PX:
            # with room for another number, or each entry more lays out and draws the window anew
            self.counted.setFixedSize(needed.width() + _SPARE_PX, needed.height())

    def _go(self, uid: str) -> None:
        row = self.row_of(uid)
        if row.site:
            self._desk.bridge.select(site=row.site)
