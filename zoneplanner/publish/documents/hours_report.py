"""The printed hours of a period, worked and approved, grouped by agency."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial

from zoneplanner.domain.roster.hours import (
    HoursLine,
    HoursProblem,
    HoursStatus,
    total_hours,
)
from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import LATE
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter, measure_body_area
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, draw_table

_COLUMNS = (
    PrintedColumn("Day", 0.09),
    PrintedColumn("Officer", 0.18),
    PrintedColumn("Unit", 0.06),
    PrintedColumn("Worked", 0.16),
    PrintedColumn("Scheduled h", 0.09, "right"),
    PrintedColumn("Worked h", 0.08, "right"),
    PrintedColumn("Code", 0.07),
    PrintedColumn("Fund", 0.1),
    PrintedColumn("Dollars", 0.09, "right"),
    PrintedColumn("Approved", 0.08),
)
_STATUS_COLUMN = len(_COLUMNS) - 1
_TOTALS_PT = 96.0
"""The height of the totals and the signature line below the table."""
_MARKS = {
    HoursStatus.APPROVED: "yes",
    HoursStatus.ABSENT: "absent",
    HoursStatus.PLANNED: "planned",
}


def build_hours_report(
    handout: Handout, lines: Sequence[HoursLine], first: date, last: date, names: Mapping[str, str]
) -> Booklet:
    """Return the pages for some lines; each agency begins on a new page.

    ``names`` are the officers' names by id.
    """
    pages: list[BookletPage] = []
    for agency in sorted({line.agency for line in lines}):
        agency_lines = [line for line in lines if line.agency == agency]
        pages += _build_pages(handout, agency, agency_lines, (first, last), names)
    return Booklet(handout, "hours", pages)


def _build_pages(
    handout: Handout,
    agency: str,
    lines: Sequence[HoursLine],
    days: tuple[date, date],
    names: Mapping[str, str],
) -> list[BookletPage]:
    _, height = measure_body_area(handout)
    rows, colors = [], []
    for number, line in enumerate(lines):
        rows.append(_write_row(handout, line, names.get(line.officer, line.officer)))
        if line.can_be_approved or line.status is HoursStatus.UNCONFIRMED or line.problems:
            colors.append((number, _STATUS_COLUMN, LATE))
    parts = PrintedTable(_COLUMNS, tuple(rows), tuple(colors), size=7.5).split(height, height)
    pages = [
        BookletPage(
            partial(
                _draw_page, agency=agency, days=days, table=part, lines=(), continued=number > 0
            ),
            "" if number else agency or "No agency",
            reader=agency,
        )
        for number, part in enumerate(parts)
    ]
    draw_end = partial(_draw_page, agency=agency, days=days, lines=lines)
    if parts[-1].height + _TOTALS_PT <= height:
        bookmark = "" if len(parts) > 1 else agency or "No agency"
        pages[-1] = BookletPage(
            partial(draw_end, table=parts[-1], continued=len(parts) > 1), bookmark, reader=agency
        )
    else:
        pages.append(BookletPage(partial(draw_end, table=None, continued=True), reader=agency))
    return pages


def _write_row(handout: Handout, line: HoursLine, name: str) -> tuple[str, ...]:
    worked = line.worked
    span = ""
    if worked is not None and not worked.absent:
        span = handout.format_span(worked.began_at, worked.ended_at)
        span += f", break {worked.break_min:g} min" if worked.break_min else ""
    mark = _MARKS.get(line.status, "no")
    return (
        f"{line.day:%a, %b} {line.day.day}",
        name,
        line.unit,
        span,
        f"{line.scheduled_h:.2f}" if line.shift else "none",
        f"{line.hours:.2f}" if worked is not None else "",
        line.pay_code.replace("_", ""),
        line.fund,
        f"{line.amount:,.2f}" if line.amount is not None and worked is not None else "",
        "twice" if HoursProblem.OVERLAPS in line.problems else mark,
    )


def _draw_page(
    sheet: PageWriter,
    *,
    agency: str,
    days: tuple[date, date],
    table: PrintedTable | None,
    lines: Sequence[HoursLine],
    continued: bool,
) -> None:
    title = f"{agency or 'No agency'}: hours{', continued' if continued else ''}"
    write = sheet.handout.formats.long_date
    subtitle = f"{write(days[0])} to {write(days[1])} · {Message('not_public')}"
    y = sheet.heading(title, subtitle)
    if table is not None:
        y = draw_table(sheet, table, y)
    if lines:
        _draw_totals(sheet, lines, y - 14)


def _draw_totals(sheet: PageWriter, lines: Sequence[HoursLine], top: float) -> None:
    (total,) = total_hours(lines)
    y = sheet.paragraph(
        sheet.left,
        top,
        Message(
            "hours_report.total",
            scheduled_h=total.scheduled_h,
            worked_h=total.worked_h,
            approved_h=total.approved_h,
            cost=total.cost,
        ),
        bold=True,
    )
    funds = [
        f"{fund.name} {fund.worked_h:,.2f} h, {fund.cost}"
        for fund in total_hours(lines, "fund")
        if fund.name
    ]
    if funds:
        y = sheet.paragraph(sheet.left, y, Message("hours_report.by_fund", funds=funds))
    open_items = [
        str(Message(code, n=count))
        for code, count in (
            ("hours_report.unconfirmed", total.unconfirmed),
            ("hours_report.unapproved", total.unapproved),
            ("hours_report.without_rate", total.without_rate),
        )
        if count
    ]
    if open_items:
        line = Message("hours_report.open", items=", ".join(open_items))
        y = sheet.paragraph(sheet.left, y, line, color=LATE)
    y = sheet.paragraph(sheet.left, y, _name_approvers(sheet, lines))
    sheet.rule(y - 26, right=sheet.left + 220)
    sheet.write_quiet_text(sheet.left, y - 36, "Signature and date")


def _name_approvers(sheet: PageWriter, lines: Sequence[HoursLine]) -> Message:
    """Describe when each login last approved something; the program knows no other name."""
    handout = sheet.handout
    last: dict[str, datetime] = {}
    for line in lines:
        if line.approved_at is not None:
            last[line.approved_by] = max(
                line.approved_at, last.get(line.approved_by, line.approved_at)
            )
    if not last:
        return Message("hours_report.nothing_approved")
    approvals = [
        f"{handout.formats.long_date(handout.to_local(at).date())} (login name: {login})"
        for login, at in last.items()
    ]
    return Message("hours_report.approved", approvals=approvals)
