"""The table of hours: confirm, approve and export them, and check invoices against them."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

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
from zoneplanner.ui.shifts.roster_actions import notify_file_written
from zoneplanner.ui.shifts.roster_selection import get_roster_selection
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, compact_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.record_actions import RecordActions
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_PERIODS = {
    "week": "Week on the board",
    "two": "Two weeks to that week",
    "four": "Four weeks to that week",
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
    """One line per shift of an officer: hours scheduled, worked and approved."""

    def __init__(self, desk: UiContext, records: RecordActions) -> None:
        super().__init__(
            desk, HOURS_LINE_COLUMNS, lambda row: row.line.key, name="Hours", empty=_EMPTY
        )
        self._records = records
        self.selection = get_roster_selection(desk)
        self.lines: tuple[HoursLine, ...] = ()
        self.period = make_choice_box(_PERIODS, name="Period")
        self.agency = make_choice_box({}, name="Agency")
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
        self.summary = ElidedLabel()
        self.more = compact_button("More")
        self.more.setMenu(self._make_more_menu())
        for box in (self.period, self.agency):
            box.currentIndexChanged.connect(self.mark_stale)
        self.lay_out(
            self.period,
            self.agency,
            (self.summary, 1),
            self.confirm,
            self.approve,
            self.new,
            self.invoice,
            self.more,
        )
        self.view.opened.connect(lambda _: self._open_row())
        self.view.chosen.connect(self._select_shift)
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
            last_day = monthrange(monday.year, monday.month)[1]
            return monday.replace(day=1), monday.replace(day=last_day)
        weeks = {"week": 1, "two": 2, "four": 4}[period]
        return last - timedelta(days=7 * weeks - 1), last

    @property
    def query(self) -> HoursQuery:
        """The query for the displayed lines."""
        return HoursQuery(*self.days, agency=self.agency.currentData() or "")

    def refresh(self) -> None:
        """Show the hours of the period, and count those to confirm and to approve."""
        session = self._desk.session
        self._offer_agencies()
        if session.project.officers:
            self.view.set_empty_text(_EMPTY)
        else:
            importing = self._desk.actions["import"]
            self.view.set_empty_text(_NO_OFFICERS, importing.text(), importing.trigger)
        self.lines = list_hours_lines(session, self.query)
        self.show_rows(build_hours_line_rows(session, self.lines))
        unconfirmed = self._count_unconfirmed()
        approvable = sum(line.can_be_approved for line in self.lines)
        self.confirm.setEnabled(bool(unconfirmed))
        self.confirm.setText(_with_count(_CONFIRM, unconfirmed))
        self.approve.setEnabled(bool(approvable))
        self.approve.setText(_with_count("Approve", approvable) + "…")
        self.summary.set_full_text(self._summarize())

    def show_waiting(self) -> None:
        """Show the four weeks up to today, whose hours Today counts."""
        self.selection.show_day(self._desk.session.today)
        self.period.setCurrentIndex(self.period.findData("four"))

    def confirm_shown(self) -> None:
        """Log that the past shifts of the period were worked as scheduled."""
        if self._desk.may_log():
            self._desk.attempt(self._confirm)

    def ask_approve(self) -> None:
        """Approve the hours of the period after showing their total."""
        approvable = [line for line in self.lines if line.can_be_approved]
        days = self._desk.session.formats.days(*self.days)
        ApproveForm(
            f"{self.agency.currentText()}, {days}",
            approvable,
            lambda: self._approve(approvable),
            self,
            unconfirmed=self._count_unconfirmed(),
        ).ask()

    def _count_unconfirmed(self) -> int:
        return sum(line.status is HoursStatus.UNCONFIRMED for line in self.lines)

    def _confirm(self) -> None:
        entries = confirm_hours(self._desk.session, self.lines)
        count = format_count(len(entries), "shift is", "shifts are")
        self._report(entries, f"{count} confirmed.")

    def _approve(self, lines: Sequence[HoursLine]) -> None:
        entries = approve_hours(self._desk.session, lines)
        self._report(entries, f"{format_count(len(entries), 'line is', 'lines are')} approved.")

    def _report(self, entries: Sequence[NewEntry], text: str) -> None:
        """Report what was done, with an Undo for the whole act."""
        take_back = partial(take_back_hours, self._desk.session, entries, reason=_UNDONE)
        self._desk.notices.show_notice(
            text,
            sign="done",
            offer="Undo" if entries else "",
            on_offer=lambda: self._desk.attempt(take_back),
        )

    def _summarize(self) -> str:
        if not self.lines:
            return ""
        (total,) = total_hours(self.lines)
        parts = [f"{total.worked_h:,.2f} of {total.scheduled_h:,.2f} h"]
        if total.amount:
            parts.append(f"${total.amount:,.2f}")
        parts.append(f"{total.approved_h:,.2f} h approved")
        if total.without_rate:
            parts.append(f"{total.without_rate:,} without a rate")
        return " · ".join(parts)

    def _offer_agencies(self) -> None:
        """Offer the agencies of the project if they changed."""
        agencies = self._desk.session.project.agencies
        names = {key: agency.short or key for key, agency in agencies.items()}
        self.agency.offer({"": "All agencies", **names}, self.agency.currentData())

    def _open_row(self) -> None:
        row = self.view.current_row()
        if row is not None:
            self._open(row)

    def _open(self, row: HoursRow | None) -> None:
        """Open the form for a line's hours, or for new hours."""
        if not self._desk.may_log():
            return
        if row is not None and row.line.worked is not None:
            HoursDialog(self._desk, row.line, corrects=row.line.worked, parent=self).ask()
        elif row is None or row.line.shift is not None:
            HoursDialog(self._desk, row.line if row else None, parent=self).ask()

    def _select_shift(self, _key: object) -> None:
        row = self.view.current_row()
        if row is not None and row.line.shift is not None:
            self.selection.show_day(row.line.day)
            self.selection.choose_shift(row.line.shift.uid)

    def _void(self) -> None:
        self._with_record(lambda row: self._records.void(row.uid))

    def _show_history(self) -> None:
        self._with_record(lambda row: self._records.history(row.line.key))

    def _with_record(self, do: Callable[[HoursRow], object]) -> None:
        row = self.view.current_row()
        if row is None or not row.uid:
            self._desk.notices.show_notice(_CHOOSE if row is None else _NOT_LOGGED)
        else:
            do(row)

    def _approve_line(self, line: HoursLine) -> None:
        if self._desk.may_log():
            self._desk.attempt(lambda: self._approve([line]))

    def _show_menu(self, at: QPoint) -> None:
        row: HoursRow | None = self.view.current_row()
        if row is None:
            return
        line, session = row.line, self._desk.session
        may_log, may_edit = not session.explain_denied_log(), not session.explain_denied_edit()
        menu = QMenu(self)
        if may_log and (line.worked or line.shift):
            menu.addAction("Correct…" if line.worked else "Log its hours…", self._open_row)
        if may_edit and line.can_be_approved:
            menu.addAction("Approve this line", partial(self._approve_line, line))
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
        suggested = Path(f"hours-{first}-{last}.{kind}")
        file = ask_new_file(self, text.removesuffix("…"), filters, suggested)
        if file is not None:
            self._desk.attempt(lambda: self._write(file))

    def _write(self, file: Path) -> None:
        written, unapproved = write_payroll(self._desk.session, self.query, file)
        notes = []
        if len(written) > 1:
            more = format_count(len(written) - 1, "more file")
            notes.append(f"and {more}, one for each agency")
        if unapproved and file.suffix != ".pdf":
            count = format_count(len(unapproved), "unapproved line was", "unapproved lines were")
            notes.append(f"{count} left out")
        notify_file_written(self._desk, written[0], "; ".join(notes))


def _with_count(text: str, count: int) -> str:
    return f"{text} ({count:,})" if count else text
