"""The hours below the week board: confirm a posted week, approve it, check the agency's invoice."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from zoneplanner.app.roster.hours import (
    HoursQuery,
    approve_hours,
    confirm_hours,
    list_hours_lines,
    take_back_hours,
    write_payroll,
)
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.roster.hours import HoursLine, HoursStatus, total_hours
from zoneplanner.messages import format_count
from zoneplanner.ui.shifts.hours_forms import ApproveForm, HoursDialog, HoursRulesForm
from zoneplanner.ui.shifts.hours_rows import (
    HOURS_LINE_COLUMNS,
    HoursRow,
    build_hours_line_rows,
)
from zoneplanner.ui.shifts.invoice_dialog import ask_invoice
from zoneplanner.ui.shifts.roster_actions import get_roster_selection, notify_file_written
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, compact_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.record_actions import RecordActions
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_PERIODS = {
    "week": "Week on the board",
    "two": "Two weeks to date",
    "four": "Four weeks to date",
    "month": "Month of that week",
}
_EMPTY = "No shift is posted in this period. Post the week on the board, then confirm it here."
_NO_OFFICERS = "There are no officers yet: import a list, or add them in the panel on the left."
_CONFIRM = "Confirm"
_UNDONE = "Undone right after it was logged"
_CHOOSE = "Select a row in the table first."
_NOT_LOGGED = "Nothing is logged for this line yet: confirm it, or press Enter to type its hours."
_EXPORTS = {
    "xlsx": ("Approved hours as a workbook…", "Workbooks (*.xlsx)"),
    "csv": ("Approved hours as CSV…", "CSV (*.csv)"),
    "pdf": ("A page for each agency…", "PDF (*.pdf)"),
}


class HoursPanel(TablePanel):
    """A line a turn of an officer: what was scheduled, worked and approved."""

    def __init__(
        self, desk: UiContext, records: RecordActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            desk,
            HOURS_LINE_COLUMNS,
            lambda row: row.line.key,
            name="Hours",
            empty=_EMPTY,
            parent=parent,
        )
        self._records = records
        self.selection = get_roster_selection(desk)
        self.lines: tuple[HoursLine, ...] = ()
        self.period = make_choice_box(_PERIODS, name="Period")
        self.agency = make_choice_box({"": "All agencies"}, name="Agency")
        self.confirm = compact_button(
            _CONFIRM,
            "Confirm that every other past shift was worked as scheduled.",
            self.confirm_shown,
        )
        self.approve = compact_button(
            "Approve…", "Approve the confirmed hours for this period and agency.", self.ask_approve
        )
        self.new = compact_button(
            "Log…", "Log hours worked that were not scheduled.", lambda: self._open(None)
        )
        self.invoice = compact_button(
            "Invoice…",
            "Check an agency’s invoice against our hours, line by line.",
            lambda: ask_invoice(desk, self.agency.currentData(), self),
        )
        self.told = ElidedLabel()
        self.more = QPushButton("More")
        self.more.setProperty("compact", True)
        self.more.setMenu(self._make_more_menu())
        for box in (self.period, self.agency):
            box.currentIndexChanged.connect(self.mark_stale)
        self.lay_out(
            *(self.period, self.agency, (self.told, 1)),
            *(self.confirm, self.approve, self.new, self.invoice, self.more),
        )
        self.view.opened.connect(lambda _: self._open_row())
        self.view.chosen.connect(self._choose)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.take_delete(self._void)
        self.refresh_on(desk.bridge.changed, desk.bridge.logged, self.selection.week_changed)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of the period."""
        monday = self.selection.monday
        last, period = monday + timedelta(days=6), self.period.currentData()
        if period == "month":
            return monday.replace(day=1), monday.replace(day=monthrange(*_year_month(monday))[1])
        weeks = {"week": 1, "two": 2, "four": 4}[period]
        return last - timedelta(days=7 * weeks - 1), last

    @property
    def query(self) -> HoursQuery:
        """Which lines are shown."""
        return HoursQuery(*self.days, agency=self.agency.currentData() or "")

    def refresh(self) -> None:
        """Read the hours anew."""
        session = self._desk.session
        self._offer_agencies()
        if session.project.officers:
            self.view.set_empty_text(_EMPTY)
        else:
            bring = self._desk.actions["import"]
            self.view.set_empty_text(_NO_OFFICERS, bring.text(), bring.trigger)
        self.lines = list_hours_lines(session, self.query)
        self.show_rows(build_hours_line_rows(session, self.lines))
        unconfirmed = [one for one in self.lines if one.status is HoursStatus.UNCONFIRMED]
        ready = [one for one in self.lines if one.can_be_approved]
        self.confirm.setEnabled(bool(unconfirmed))
        self.confirm.setText(_with_count(_CONFIRM, len(unconfirmed)))
        self.approve.setEnabled(bool(ready))
        self.approve.setText(_with_count("Approve", len(ready)) + "…")
        self.told.set_full_text(self._describe())

    def show_waiting(self) -> None:
        """Turn to the weeks up to today that Today counts, whatever week was on the board."""
        self.selection.show_day(self._desk.session.today)
        self.period.setCurrentIndex(self.period.findData("four"))

    def confirm_shown(self) -> None:
        """Log that the shifts of the period that are over were worked as scheduled."""
        self._act(
            lambda: confirm_hours(self._desk.session, self.lines),
            lambda count: f"{format_count(count, 'shift is', 'shifts are')} confirmed.",
        )

    def ask_approve(self) -> None:
        """Ask once more with the sums, then approve."""
        ready = [line for line in self.lines if line.can_be_approved]
        first, last = self.days
        formats = self._desk.session.formats
        whose = self.agency.currentText()
        ApproveForm(
            f"{whose}, {formats.days(first, last)}",
            ready,
            lambda: self._approve(ready),
            self,
            unconfirmed=sum(one.status is HoursStatus.UNCONFIRMED for one in self.lines),
        ).ask()

    def _approve(self, lines: Sequence[HoursLine]) -> None:
        made = approve_hours(self._desk.session, lines)
        self._say_done(made, f"{format_count(len(made), 'line is', 'lines are')} approved.")

    def _act(self, do: Callable[[], Sequence[NewEntry]], say: Callable[[int], str]) -> None:
        def act() -> None:
            made = do()
            self._say_done(made, say(len(made)))

        if self._desk.may_log():
            self._desk.attempt(act)

    def _say_done(self, made: Sequence[NewEntry], said: str) -> None:
        """Say what was done, with an Undo that takes back the whole act."""
        session = self._desk.session
        self._desk.notices.show_notice(
            said,
            sign="done",
            offer="Undo" if made else "",
            on_offer=lambda: self._desk.attempt(
                lambda: take_back_hours(session, made, reason=_UNDONE)
            ),
        )

    def _describe(self) -> str:
        if not self.lines:
            return ""
        (one,) = total_hours(self.lines)
        parts = [f"{one.worked_h:,.2f} of {one.scheduled_h:,.2f} h"]
        if one.amount:
            parts.append(f"${one.amount:,.2f}")
        parts.append(f"{one.approved_h:,.2f} h approved")
        if one.without_rate:
            parts.append(f"{one.without_rate:,} without a rate")
        return " · ".join(parts)

    def _offer_agencies(self) -> None:
        """Offer the agencies of the project, where they changed."""
        agencies = self._desk.session.project.agencies
        known = [self.agency.itemData(at) for at in range(1, self.agency.count())]
        if known == list(agencies):
            return
        chosen = self.agency.currentData()
        self.agency.blockSignals(True)
        while self.agency.count() > 1:
            self.agency.removeItem(1)
        for key, own in agencies.items():
            self.agency.addItem(own.short or key, key)
        self.agency.setCurrentIndex(max(0, self.agency.findData(chosen)))
        self.agency.blockSignals(False)

    def _open_row(self) -> None:
        row = self.current_row()
        if row is not None:
            self._open(row)

    def _open(self, row: HoursRow | None) -> None:
        """Open the form of a line's hours, or of new ones."""
        if not self._desk.may_log():
            return
        if row is not None and row.line.worked is not None:
            HoursDialog(self._desk, row.line, corrects=row.line.worked, parent=self).ask()
        elif row is None or row.line.shift is not None:
            HoursDialog(self._desk, row.line if row else None, parent=self).ask()

    def _choose(self, _key: object) -> None:
        row = self.current_row()
        if row is not None and row.line.shift is not None:
            self.selection.show_day(row.line.day)
            self.selection.choose_shift(row.line.shift.uid)

    def _void(self) -> None:
        self._with_record(lambda row: self._records.void(row.uid))

    def _show_history(self) -> None:
        self._with_record(lambda row: self._records.history(row.line.key))

    def _with_record(self, do: Callable[[HoursRow], object]) -> None:
        row = self.current_row()
        if row is None or not row.uid:
            self._desk.notices.show_notice(_CHOOSE if row is None else _NOT_LOGGED)
        else:
            do(row)

    def _show_menu(self, at: QPoint) -> None:
        row: HoursRow | None = self.current_row()
        if row is None:
            return
        line, session = row.line, self._desk.session
        may_log, may_edit = not session.explain_denied_log(), not session.explain_denied_edit()
        menu = QMenu(self)
        if may_log and (line.worked or line.shift):
            menu.addAction("Correct…" if line.worked else "Log its hours…", self._open_row)
        if may_edit and line.can_be_approved:
            menu.addAction(
                "Approve this line",
                lambda: self._act(
                    lambda: approve_hours(self._desk.session, [line]),
                    lambda count: f"{format_count(count, 'line is', 'lines are')} approved.",
                ),
            )
        if row.uid:
            if may_edit if line.approval else may_log:
                menu.addAction("Withdraw approval…" if line.approval else "Void…", self._void)
            menu.addAction("History…", self._show_history)
        if not menu.isEmpty():
            menu.popup(self.view.viewport().mapToGlobal(at))

    def _make_more_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind, (text, _) in _EXPORTS.items():
            menu.addAction(text, partial(self._export, kind))
        menu.addSeparator()
        self.rules = menu.addAction(
            "Rates and funds…", lambda: HoursRulesForm(self._desk, self).ask()
        )
        return menu

    def _export(self, kind: str) -> None:
        text, filters = _EXPORTS[kind]
        first, last = self.days
        place = Path(f"hours-{first}-{last}.{kind}")
        file = ask_new_file(self, text.removesuffix("…"), filters, place)
        if file is not None:
            self._desk.attempt(lambda: self._write(file))

    def _write(self, file: Path) -> None:
        written, left = write_payroll(self._desk.session, self.query, file)
        lacking = ""
        if left and file.suffix != ".pdf":
            count = format_count(len(left), "line that is", "lines that are")
            lacking = f"without {count} not approved"
        if len(written) > 1:
            more = f"and {format_count(len(written) - 1, 'more file')}, one for each agency"
            lacking = "; ".join(filter(None, (more, lacking)))
        notify_file_written(self._desk, written[0], lacking)


def _year_month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _with_count(text: str, count: int) -> str:
    return f"{text} ({count:,})" if count else text
