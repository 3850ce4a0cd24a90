"""The monthly report for the board: totals of the district and its areas, not of a school."""

from collections.abc import Collection
from dataclasses import replace

from zoneplanner.analysis.coverage.log_period import describe_basis
from zoneplanner.analysis.coverage.public_totals import LEAST_COUNT, LEAST_SCHOOLS
from zoneplanner.messages import Message
from zoneplanner.publish.documents.month_changes import (
    build_change_table,
    describe_month_changes,
    describe_school_days,
    list_marks,
    name_periods,
)
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.month import AreaTotals, MonthTotals
from zoneplanner.publish.pdf.canvas import QUIET
from zoneplanner.publish.pdf.page import Booklet
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable
from zoneplanner.publish.pdf.text_flow import (
    FlowItem,
    make_gap,
    make_heading,
    make_table_items,
    make_text_lines,
    paginate_items,
)

_NO_RECORD = "no record on file"
_COUNTS = (
    PrintedColumn("Schools", 0.15, "right"),
    PrintedColumn("Visits", 0.15, "right"),
    PrintedColumn("Calls", 0.15, "right"),
    PrintedColumn("Drills", 0.15, "right"),
)


def build_board_report(handout: Handout) -> Booklet:
    """Return the report of a redacted handout."""
    month = handout.month
    assert month is not None
    name, *_ = name_periods(handout.formats, month)
    items: list[FlowItem] = []
    for mark in list_marks(month, sample=month.sample):
        items += make_text_lines(handout, mark, bold=True)
    rows = tuple(_write_totals(row, month.unrecorded) for row in month.totals)
    items += [make_heading("The district in figures")]
    columns = (PrintedColumn(month.area_kind, 0.4, bold=True), *_COUNTS)
    items += make_table_items(handout, PrintedTable(columns, rows, size=9, row_pt=17))
    notes: list[Message | str] = [Message("month.board_counts", days=month.school_days)]
    notes.append(describe_school_days(handout))
    if partly := month.days[0].partly:
        kinds = [Message("on_record_days", kind=kind, n=n) for kind, n in partly.items()]
        notes.append(Message("month.board_days_on_record", kinds=kinds, days=month.school_days))
    notes += describe_basis(month.days[0].basis, of_office=False)
    if month.unrecorded:
        notes.append(Message("month.board_unrecorded", kinds=month.unrecorded))
    if any(
        getattr(row, kind) is None and kind not in month.unrecorded
        for row in month.totals
        for kind in ("visits", "calls", "drills")
    ) or any(
        change.now.withheld or change.before.withheld
        for changes in month.changes
        for change in changes
    ):
        withheld = Message("month.board_withheld", least=LEAST_COUNT, schools=LEAST_SCHOOLS)
        items += [*make_text_lines(handout, withheld), make_gap(4)]
    items += make_text_lines(handout, handout.say(*notes), size=8.5, color=QUIET)
    items += [make_heading("Response to calls"), *_describe_response(handout, month)]
    items += [make_heading("What changed")]
    items += make_table_items(handout, build_change_table(handout.formats, month, month.changes))
    for line in describe_month_changes(handout.formats, month, month.changes):
        items += make_text_lines(handout, line)
    items += [
        make_gap(4),
        *make_text_lines(handout, Message("month.change_note"), size=8.5, color=QUIET),
    ]
    title = f"{handout.project.name}: school safety, {name}"
    pages = paginate_items(
        handout, title, Message("month.board_title"), items, bookmark="Board report"
    )
    return Booklet(replace(handout, sample=month.sample), f"board report, {name}", pages)


def _write_totals(row: AreaTotals, unrecorded: Collection[str]) -> tuple[str, ...]:
    """Write a row; a dash is a number that may not be shown."""
    counts = (
        _NO_RECORD if kind in unrecorded else "–" if n is None else f"{n:,}"
        for kind, n in (("visits", row.visits), ("calls", row.calls), ("drills", row.drills))
    )
    return (row.name or "The district", f"{row.schools:,}", *counts)


def _describe_response(handout: Handout, month: MonthTotals) -> list[FlowItem]:
    if "calls" in month.unrecorded:
        return list(make_text_lines(handout, Message("month.board_response.no_record")))
    median = month.response
    if median is None or median.value is None:
        return list(
            make_text_lines(handout, Message("month.board_response.none", least=LEAST_COUNT))
        )
    facts = {"median": median.value, "n": month.timed, "low": median.low, "high": median.high}
    is_counted = month.timed is not None
    code = "month.board_response" if is_counted else "month.board_response.uncounted"
    sentences = [Message(code, **facts)]
    if is_counted and month.untimed:
        has_canceled = month.has_canceled
        code = "month.board_response.untimed.canceled" if has_canceled else "month.late.untimed"
        sentences.append(Message(code, untimed=month.untimed))
    sentences.append(Message("month.board_response.of"))
    return list(make_text_lines(handout, handout.say(*sentences)))
