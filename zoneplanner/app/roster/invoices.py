"""Read an agency's invoice from a table, compare it with our hours, and export the result."""

from collections.abc import Iterator, Mapping, Sequence
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
from zoneplanner.messages import Message, say_all

INVOICE_KIND = "invoices"
_FIELDS = ("day", "officer", "hours", "rate", "amount", "note")


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """The lines of an invoice, and the file's columns from which each field was read."""

    name: str
    lines: tuple[InvoiceLine, ...]
    columns: Mapping[str, tuple[str, ...]]

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last billed day, or None if there is none."""
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
    """Read an invoice in the guarded process; ``columns`` maps fields to columns of the file.

    Raises
    ------
    UserError
        The file is not a table, has no rows, or lacks a column for day, officer or hours.
    """
    table = read_text_table(path, known=(), needed=(), protected=session.store.files, report=report)
    options = ImportOptions(path, INVOICE_KIND, profile=profile, columns=columns or {})
    mapping = require_columns(choose_column_mapping(options, table.columns), table.columns)
    rows = (map_row(row, mapping, _FIELDS) for row in replace(table, ignored=()).rows())
    lines = tuple(
        InvoiceLine(row.row, faults=(row.fault,))
        if row.fault
        else read_invoice_line(row.row, row.cells)
        for row in rows
        if row is not None
    )
    if not lines:
        raise UserError("no_rows", source=path.name)
    return InvoiceFile(path.name, lines, {**mapping.columns, **mapping.profile.joined})


def reconcile_invoice(
    session: Session,
    invoice: InvoiceFile,
    *,
    agency: str = "",
    first: date | None = None,
    last: date | None = None,
) -> InvoiceReview:
    """Compare an invoice with our hours for the days it bills, or for a given period.

    Raises
    ------
    UserError
        The invoice names no day, or the period is too long.
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
    """Return the result of an invoice for the agency: each line, totals and counts."""
    rows = tuple(
        (
            match.line.row or None,
            match.line.day,
            name_billed_officer(project, match),
            str(match.verdict),
            "; ".join(map(str, match.also)),
            match.line.hours if match.line.row else None,
            match.hours,
            match.line.rate,
            match.rate,
            match.billed,
            match.due,
            match.difference,
            say_all(match.line.faults) or match.line.note,
        )
        for match in review.matches
    )
    totals = [
        ("billed", review.billed),
        ("due", review.due),
        ("difference", round(review.billed - review.due, 2)),
        ("worked and not billed", review.unbilled),
    ]
    if review.stated is not None:
        totals.append(("total stated on the invoice", review.stated))
    counts = tuple((str(verdict), n) for verdict, n in review.counts.items())
    billed = [match for match in review.matches if match.line.row]
    officers = (project.officers.get(match.officer) for match in billed)
    agencies = {officer.agency for officer in officers if officer is not None}
    about = [("agency", "; ".join(sorted(agencies)))]
    if days := [match.line.day for match in billed if match.line.day]:
        about.append(("first day billed", min(days).isoformat()))
        about.append(("last day billed", max(days).isoformat()))
    total_columns = (ExportColumn("what"), ExportColumn("dollars", _AMOUNT))
    count_columns = (ExportColumn("result"), ExportColumn("lines", ColumnKind.WHOLE))
    about_columns = (ExportColumn("what"), ExportColumn("is"))
    return (
        ExportLayer("invoice", "Invoice", _COLUMNS, rows),
        ExportLayer("totals", "Totals", total_columns, tuple(totals)),
        ExportLayer("lines", "Lines by result", count_columns, counts),
        ExportLayer("about", "About", about_columns, tuple(about)),
    )


def describe_review(review: InvoiceReview) -> Iterator[Message]:
    """Summarize what is billed and what is due."""
    lines = sum(bool(match.line.row) for match in review.matches)
    matching = review.counts.get(InvoiceVerdict.MATCHES, 0)
    code = "invoice_summary.one_matches" if matching == 1 else "invoice_summary"
    yield Message(code, matching=matching, n=lines, billed=review.billed, due=review.due)
    excess = round(review.billed - review.due, 2)
    verdict = "too_much" if excess > 0 else "too_little" if excess else "correct"
    yield Message(f"invoice_verdict.{verdict}", excess=abs(excess))
    if review.unbilled:
        yield Message("invoice_verdict.unbilled", unbilled=review.unbilled)
    if review.stated is not None and abs(review.stated - review.billed) > 0.005:
        yield Message("invoice_verdict.other_total", stated=review.stated)


def count_unapproved_lines(review: InvoiceReview) -> int:
    """Count our lines on the invoice that are not approved yet."""
    return sum(match.ours is not None and match.ours.can_be_approved for match in review.matches)


def name_billed_officer(project: Project, match: InvoiceMatch) -> str:
    """Return the name of a line's officer or, if unknown, the name on the invoice."""
    return name_officer(project, match.officer) if match.officer else match.line.officer


def write_invoice_review(session: Session, review: InvoiceReview, path: Path) -> Path:
    """Write the result of an invoice as CSV or a workbook."""
    return write_tables(session, path, build_invoice_layers(session.saved_project, review))


def list_invoice_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the file's columns from which each field was read, as text."""
    return {field: " + ".join(own) for field, own in columns.items()}
