"""The rows and columns of the tables of hours and invoices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from zoneplanner.app.roster.invoices import name_billed_officer
from zoneplanner.app.session.session import Session
from zoneplanner.domain.roster.hours import HoursLine, HoursStatus, name_officer
from zoneplanner.domain.roster.invoices import InvoiceMatch, InvoiceReview, InvoiceVerdict
from zoneplanner.messages import say_all
from zoneplanner.ui.widgets.style.value_text import NO_VALUE, format_number
from zoneplanner.ui.widgets.tables.table_model import Column

_MARKS = {
    HoursStatus.UNCONFIRMED: "warning",
    HoursStatus.CONFIRMED: "info",
    HoursStatus.APPROVED: "check",
    HoursStatus.STALE: "error",
    HoursStatus.ABSENT: "cancel",
}


@dataclass(frozen=True, slots=True)
class HoursRow:
    """A line of hours as displayed."""

    line: HoursLine
    name: str
    agency: str
    day: str
    scheduled: str
    worked: str
    approved: str

    @property
    def uid(self) -> str:
        """The uid of its approval, else of its logged hours, else ""."""
        line = self.line
        if line.approval is not None:
            return line.approval.uid
        return line.worked.uid if line.worked is not None else ""

    @property
    def status(self) -> str:
        """The status, and any problems."""
        return "; ".join((str(self.line.status), *map(str, self.line.problems))).capitalize()

    @property
    def dollars(self) -> str:
        """The cost of the hours, or that there is no rate yet."""
        line = self.line
        if line.hours and line.rate is None:
            return "no rate"
        return _figure(line.amount if line.worked else None)

    @property
    def mark(self) -> str:
        """The icon of its problems or status."""
        return "error" if self.line.problems else _MARKS.get(self.line.status, "")


def build_hours_line_rows(session: Session, lines: Iterable[HoursLine]) -> list[HoursRow]:
    """Return a row for each line."""
    project, formats = session.project, session.formats
    zone = ZoneInfo(project.time_zone)

    def span(begin: datetime, end: datetime) -> str:
        return formats.span(begin.astimezone(zone), end.astimezone(zone))

    rows = []
    for line in lines:
        shift, worked = line.shift, line.worked
        agency = project.agencies.get(line.agency)
        approved = ""
        if line.approved_at is not None:
            at = formats.short_day(line.approved_at.astimezone(zone).date())
            approved = f"{line.approved_h:.2f} h by {line.approved_by}, {at}"
        worked_text = NO_VALUE
        if worked is not None:
            times = span(worked.began_at, worked.ended_at) if not worked.absent else "absent"
            break_text = f", break {worked.break_min:g} min" if worked.break_min else ""
            worked_text = f"{times}{break_text}"
        rows.append(
            HoursRow(
                line,
                name_officer(project, line.officer),
                agency.short if agency is not None else line.agency,
                formats.weekday(line.day),
                span(shift.starts_at, shift.ends_at) if shift is not None else NO_VALUE,
                worked_text,
                approved,
            )
        )
    return rows


def _figure(value: float | None) -> str:
    return format_number(value, 2)


HOURS_LINE_COLUMNS = (
    Column("Day", lambda row: (row.line.day, row.name), lambda row: row.day, whole=True,
           tip="The day on which the shift begins; a night shift belongs to its first day."),
    Column("Officer", lambda row: row.name),
    Column("Unit", lambda row: row.line.unit),
    Column("Scheduled", lambda row: row.scheduled, tip="The posted shift."),
    Column("Worked", lambda row: row.worked, cell_tip=lambda row: row.worked,
           tip="What was confirmed or typed."),
    Column("Hours", lambda row: row.line.hours if row.line.worked else None,
           lambda row: f"{row.line.hours:.2f}" if row.line.worked else NO_VALUE,
           "The hours to pay, without breaks and rounded by the rules.", figure=True),
    Column("Status", lambda row: row.status, cell_tip=lambda row: row.status,
           mark=lambda row: row.mark),
    Column("Code", lambda row: row.line.pay_code,
           lambda row: row.line.pay_code.replace("_", "").capitalize()),
    Column("Fund", lambda row: row.line.fund, lambda row: row.line.fund or NO_VALUE),
    Column("Dollars", lambda row: row.line.amount if row.line.worked else None,
           lambda row: row.dollars, "Hours times the agency’s rate on that day.", figure=True),
    Column("Agency", lambda row: row.agency),
    Column("Approved", lambda row: row.approved, cell_tip=lambda row: row.approved,
           tip="How many hours were approved, by whom and when."),
)  # fmt: skip

_VERDICT_MARKS = {InvoiceVerdict.MATCHES: "check", InvoiceVerdict.NOT_BILLED: "info"}
_VERDICT_TIPS = {
    InvoiceVerdict.HOURS_DIFFER: "The hours billed for this shift differ from our hours.",
    InvoiceVerdict.BILLED_TWICE: "All hours of this shift are already billed on another line.",
    InvoiceVerdict.NOT_CONFIRMED: "The shift is scheduled, but nobody confirmed the hours.",
    InvoiceVerdict.NOT_SCHEDULED: "No shifts are posted and no hours are logged on that day.",
    InvoiceVerdict.NOT_BILLED: "We have hours that are not on the invoice.",
    InvoiceVerdict.UNKNOWN_OFFICER: "No officer, or more than one, matches this name.",
}


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """A line of an invoice next to ours; ``key`` is its index."""

    key: int
    match: InvoiceMatch
    name: str
    day: str

    @property
    def result(self) -> str:
        """The verdicts on the line."""
        return "; ".join(map(str, (self.match.verdict, *self.match.also))).capitalize()

    @property
    def detail(self) -> str:
        """The reason for the result, else the invoice's own note."""
        line = self.match.line
        return say_all(line.faults) or _VERDICT_TIPS.get(self.match.verdict, "") or line.note


def build_invoice_rows(session: Session, review: InvoiceReview) -> list[InvoiceRow]:
    """Return a row for each line of an invoice."""
    project, formats = session.project, session.formats
    return [
        InvoiceRow(
            index,
            match,
            name_billed_officer(project, match),
            formats.weekday(match.line.day) if match.line.day is not None else NO_VALUE,
        )
        for index, match in enumerate(review.matches)
    ]


INVOICE_COLUMNS = (
    Column("Line", lambda row: row.match.line.row or None,
           lambda row: f"{row.match.line.row:,}" if row.match.line.row else NO_VALUE,
           "The line’s number in the file.", figure=True),
    Column("Day", lambda row: str(row.match.line.day or ""), lambda row: row.day, whole=True),
    Column("Officer", lambda row: row.name),
    Column("Result", lambda row: row.result, cell_tip=lambda row: row.detail,
           mark=lambda row: _VERDICT_MARKS.get(row.match.verdict, "warning")),
    Column("Billed h", lambda row: row.match.line.hours,
           lambda row: _figure(row.match.line.hours if row.match.line.row else None), figure=True),
    Column("Our h", lambda row: row.match.hours,
           lambda row: _figure(row.match.hours), figure=True),
    Column("Billed $", lambda row: row.match.billed,
           lambda row: _figure(row.match.billed if row.match.line.row else None), figure=True),
    Column("Due $", lambda row: row.match.due, lambda row: _figure(row.match.due),
           "Our hours at our rate, or at the billed rate if we have none.", figure=True),
    Column("Excess $", lambda row: row.match.difference,
           lambda row: _figure(row.match.difference if row.match.line.row else None),
           "Billed minus due.", figure=True),
    Column("Approved", lambda row: row.match.approved,
           lambda row: "yes" if row.match.approved else "no" if row.match.ours else ""),
    Column("Note", lambda row: row.detail, cell_tip=lambda row: row.detail),
)  # fmt: skip
