"""Read an agency's invoice from a table, and hand out what it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from zoneplanner.app.imports.geography.map_features import ImportOptions, choose_column_mapping
from zoneplanner.app.roster.hours import (
    LONGEST_PERIOD_DAYS,
    HoursQuery,
    list_hours_lines,
    write_tables,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours import name_officer
from zoneplanner.domain.roster.invoices import (
    InvoiceLine,
    InvoiceMatch,
    InvoiceReview,
    InvoiceVerdict,
    read_invoice_line,
    review_invoice,
)
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportColumn, ExportLayer
from zoneplanner.exchange.mapping.column_mapping import map_row, require_columns
from zoneplanner.exchange.tables.text_table import read_text_table
from zoneplanner.messages import format_count

INVOICE_KIND = "invoices"
_NAMES = ("day", "officer", "hours", "rate", "amount", "note")


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """The lines of an invoice, and which column of the file each of ours was read from."""

    name: str
    lines: tuple[InvoiceLine, ...]
    columns: Mapping[str, tuple[str, ...]]

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day that it bills; None where it names none."""
        days = [line.day for line in self.lines if line.day is not None]
        return (min(days), max(days)) if days else None


def read_invoice(
    session: Session,
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    profile: str = "",
    report: ProgressReport = lambda fraction, text: None,
) -> InvoiceFile:
    """Read an invoice in the guarded process; ``columns`` names a column for some of ours.

    Raises
    ------
    UserError
        It is no table, has no rows, or a column for day, officer or hours is not found.
    """
    table = read_text_table(path, known=(), needed=(), keep_off=session.store.files, report=report)
    asked = ImportOptions(path, INVOICE_KIND, profile=profile, columns=columns or {})
    how = require_columns(choose_column_mapping(asked, table.columns), table.columns)
    lines = []
    for row in replace(table, ignored=()).rows():
        mapped = map_row(row, how, _NAMES)
        if mapped is None:
            continue
        if mapped.fault:
            lines.append(InvoiceLine(mapped.row, fault=mapped.fault))
        else:
            lines.append(read_invoice_line(mapped.row, mapped.cells))
    if not lines:
        raise UserError("no_rows", source=path.name)
    return InvoiceFile(path.name, tuple(lines), {**how.columns, **how.profile.joined})


def reconcile_invoice(
    session: Session,
    invoice: InvoiceFile,
    *,
    agency: str = "",
    first: date | None = None,
    last: date | None = None,
) -> InvoiceReview:
    """Compare an invoice with our hours of the days it bills, or of a period.

    Raises
    ------
    UserError
        It names no day, or its days lie too far apart.
    """
    days = invoice.days
    if days is None:
        raise UserError("invoice_without_days", file=invoice.name)
    start, end = first or days[0], last or days[1]
    if end < start:
        raise UserError("days_out_of_order", first=start, last=end)
    if (end - start).days > LONGEST_PERIOD_DAYS:
        raise UserError("period_too_long.invoice", first=start, last=end, days=LONGEST_PERIOD_DAYS)
    ours = list_hours_lines(session, HoursQuery(start, end))
    return review_invoice(session.saved_project, ours, invoice.lines, agency=agency)


_AMOUNT = ColumnKind.AMOUNT
_COLUMNS = (
    ExportColumn("row", ColumnKind.WHOLE),
    ExportColumn("day", ColumnKind.DAY),
    *map(ExportColumn, ("officer", "result", "also")),
    ExportColumn("billed_hours", _AMOUNT),
    ExportColumn("our_hours", _AMOUNT),
    ExportColumn("billed_rate", _AMOUNT),
    ExportColumn("our_rate", _AMOUNT),
    ExportColumn("billed", _AMOUNT),
    ExportColumn("due", _AMOUNT),
    ExportColumn("difference", _AMOUNT),
    *map(ExportColumn, ("note",)),
)


def build_invoice_layers(project: Project, review: InvoiceReview) -> tuple[ExportLayer, ...]:
    """Return the result of an invoice for the agency: each line, and the totals."""
    rows = tuple(
        (
            *(
                one.line.row or None,
                one.line.day,
                name_billed_officer(project, one),
                str(one.verdict),
            ),
            "; ".join(map(str, one.also)),
            *(one.line.hours if one.line.row else None, one.hours, one.line.rate, one.rate),
            *(one.billed, one.due, one.difference, one.line.fault or one.line.note),
        )
        for one in review.matches
    )
    totals = [
        ("billed", review.billed),
        ("due", review.due),
        ("difference", round(review.billed - review.due, 2)),
        ("worked and not billed", review.unbilled),
        *([("total stated on the invoice", review.stated)] if review.stated is not None else []),
    ]
    counts = tuple((str(verdict), n) for verdict, n in review.counts.items())
    days = [one.line.day for one in review.matches if one.line.row and one.line.day]
    agencies = {project.officers[key].agency for key in _list_officers(project, review)}
    about = (("agency", "; ".join(sorted(agencies))), *_describe_days(days))
    named = (ExportColumn("what"), ExportColumn("dollars", _AMOUNT))
    counted = (ExportColumn("result"), ExportColumn("lines", ColumnKind.WHOLE))
    return (
        ExportLayer("invoice", "Invoice", _COLUMNS, rows),
        ExportLayer("totals", "Totals", named, tuple(totals)),
        ExportLayer("lines", "Lines by result", counted, counts),
        ExportLayer("about", "About", tuple(map(ExportColumn, ("what", "is"))), about),
    )


def _list_officers(project: Project, review: InvoiceReview) -> list[str]:
    billed = (one.officer for one in review.matches if one.line.row)
    return [key for key in billed if key in project.officers]


def _describe_days(days: Sequence[date]) -> list[tuple[str, str]]:
    if not days:
        return []
    return [("first day billed", min(days).isoformat()), ("last day billed", max(days).isoformat())]


def describe_review(review: InvoiceReview) -> str:
    """Say what is due of what is billed."""
    lines = sum(bool(one.line.row) for one in review.matches)
    matching = review.counts.get(InvoiceVerdict.MATCHES, 0)
    off = round(review.billed - review.due, 2)
    verdict = (
        "It is correct to the cent."
        if not off
        else f"${off:,.2f} too much is billed."
        if off > 0
        else f"${-off:,.2f} too little is billed."
    )
    agree = "matches" if matching == 1 else "match"
    said = (
        f"{matching:,} of {format_count(lines, 'line')} {agree}. Billed ${review.billed:,.2f}, "
        f"due ${review.due:,.2f}. {verdict}"
    )
    if review.unbilled:
        said += f" Worked and not billed: ${review.unbilled:,.2f}."
    if review.stated is not None and abs(review.stated - review.billed) > 0.005:
        said += f" The invoice states ${review.stated:,.2f}, which its lines do not add up to."
    return said


def count_unapproved_lines(review: InvoiceReview) -> int:
    """Return how many of our lines in it are not approved yet."""
    return sum(one.ours is not None and one.ours.can_be_approved for one in review.matches)


def name_billed_officer(project: Project, match: InvoiceMatch) -> str:
    """Return who a line is about: the officer's name, else as the invoice has it."""
    return name_officer(project, match.officer) if match.officer else match.line.officer


def write_invoice_review(session: Session, review: InvoiceReview, path: Path) -> Path:
    """Write the result of an invoice as CSV or a workbook."""
    return write_tables(session, path, build_invoice_layers(session.saved_project, review))


def list_invoice_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return which column of the file each of ours was read from, as text."""
    return {name: " + ".join(own) for name, own in columns.items()}
