"""List, confirm and approve officers' hours; check an invoice; export the approved hours."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from zoneplanner.app.roster import hours, invoices
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import (
    CommandResult,
    OutputLine,
    OutputTable,
    ProgressBar,
    make_table,
    to_json,
)
from zoneplanner.cli.parser import group_key_values, parse_date, parse_key_values, parse_number
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.roster.hours import (
    HOURS_GROUPINGS,
    HoursLine,
    HoursStatus,
    HoursTotal,
    name_officer,
    total_hours,
)
from zoneplanner.domain.roster.hours_rules import PayRate, find_fiscal_year_start
from zoneplanner.domain.roster.invoices import InvoiceMatch, InvoiceReview
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, say_all

_MAX_SHOWN = 60


def run(args: argparse.Namespace) -> CommandResult:
    """Do what is requested with the hours of some days."""
    step = "reconcile" if args.invoice is not None else args.do
    reads_only = step in ("list", "reconcile", "export")
    with open_session_for_command(args.project, read_only=reads_only) as session:
        return replace(_STEPS[step](session, args), formats=session.saved_project.formats)


def _read_query(session: Session, args: argparse.Namespace) -> hours.HoursQuery:
    """Return the query for the lines; without days, for the week up to today."""
    last = args.last or session.today
    first = args.first or last - timedelta(days=last.weekday())
    filters = {name: getattr(args, name) or "" for name in ("officer", "agency", "fund", "unit")}
    return hours.make_hours_query(session.saved_project, first, last, **filters)


def _list(session: Session, args: argparse.Namespace) -> CommandResult:
    query = _read_query(session, args)
    return _make_result(session, query, args.by)


def _make_result(
    session: Session, query: hours.HoursQuery, by: str | None, done: str = ""
) -> CommandResult:
    lines = hours.list_hours_lines(session, query)
    data = {
        "from": query.first.isoformat(),
        "to": query.last.isoformat(),
        "rows": [_line_to_json(session, line) for line in lines],
        "differences": [],
        "totals": [_total_to_json(line) for line in total_hours(lines, by or "agency")],
    }
    open_ones = [
        line for line in lines if line.status is HoursStatus.UNCONFIRMED or line.can_be_approved
    ]
    output = [*([done] if done else []), *_describe_total(lines, query)]
    table = _make_totals_table(session, lines, by) if by else _make_lines_table(session, lines)
    more = not by and len(lines) > _MAX_SHOWN
    output += [table] if lines else []
    output += [f"{len(lines) - _MAX_SHOWN:,} more; --json lists them all."] if more else []
    return CommandResult(data, output, has_problems=bool(open_ones))


def _make_totals_table(session: Session, lines: Sequence[HoursLine], by: str) -> OutputTable:
    project = session.saved_project
    rows = [
        (name_officer(project, total.name) if by == "officer" else total.name, *_figures(total))
        for total in total_hours(lines, by)
    ]
    headers = (by.capitalize(), "Scheduled", "Worked", "Approved", "Dollars")
    return make_table(headers, rows, right=(1, 2, 3, 4))


def _make_lines_table(session: Session, lines: Sequence[HoursLine]) -> OutputTable:
    rows = [
        (
            f"{line.day:%a}, {line.day}",
            name_officer(session.saved_project, line.officer),
            line.unit,
            f"{line.scheduled_h:.2f}",
            f"{line.hours:.2f}",
            line.pay_code,
            line.fund,
            "; ".join((str(line.status), *map(str, line.problems))),
        )
        for line in lines[:_MAX_SHOWN]
    ]
    headers = ("Day", "Officer", "Unit", "Scheduled", "Worked", "Code", "Fund", "Status")
    return make_table(headers, rows, right=(3, 4))


def _figures(total: HoursTotal) -> tuple[str, ...]:
    figures = (total.scheduled_h, total.worked_h, total.approved_h, total.amount)
    return tuple(f"{figure:,.2f}" for figure in figures)


def _describe_total(lines: Sequence[HoursLine], query: hours.HoursQuery) -> list[OutputLine]:
    if not lines:
        return [f"No shifts are posted and no hours are logged from {query.first} to {query.last}."]
    (total,) = total_hours(lines)
    output: list[OutputLine] = [
        f"{query.first} to {query.last}: {total.scheduled_h:,.2f} h scheduled, "
        f"{total.worked_h:,.2f} h worked, {total.approved_h:,.2f} h approved, {total.cost}."
    ]
    if total.unconfirmed:
        output.append(f"{format_count(total.unconfirmed, 'shift is', 'shifts are')} not confirmed.")
    if total.unapproved:
        output.append(f"{format_count(total.unapproved, 'line is', 'lines are')} not approved.")
    if total.without_rate:
        output.append(f"{format_count(total.without_rate, 'line has', 'lines have')} no rate.")
    return output


def _line_to_json(session: Session, line: HoursLine) -> dict[str, object]:
    worked = line.worked
    return {
        "uid": worked.uid if worked is not None else None,
        **to_json(line, "day officer"),
        "name": name_officer(session.saved_project, line.officer),
        **to_json(line, "agency unit"),
        "shift": line.shift.uid if line.shift is not None else None,
        "began_at": worked.began_at.isoformat() if worked is not None else None,
        "ended_at": worked.ended_at.isoformat() if worked is not None else None,
        "scheduled_h": round(line.scheduled_h, 4),
        **to_json(line, "hours approved_h pay_code fund rate amount"),
        "status": line.status.name.lower(),
        "problems": [problem.name.lower() for problem in line.problems],
        **to_json(line, "approved_by approved_at"),
    }


def _total_to_json(total: HoursTotal) -> dict[str, object]:
    return to_json(
        total,
        "name lines scheduled_h worked_h approved_h amount unconfirmed unapproved without_rate",
    )


def _confirm(session: Session, args: argparse.Namespace) -> CommandResult:
    query = _read_query(session, args)
    confirmed = hours.confirm_hours(session, hours.list_hours_lines(session, query))
    done = f"{format_count(len(confirmed), 'shift is', 'shifts are')} confirmed as scheduled."
    result = _make_result(session, query, args.by, done)
    return CommandResult({**result.data, "confirmed": len(confirmed)}, result.lines)


def _approve(session: Session, args: argparse.Namespace) -> CommandResult:
    query = _read_query(session, args)
    approved = hours.approve_hours(session, hours.list_hours_lines(session, query))
    done = f"{format_count(len(approved), 'line is', 'lines are')} approved by {session.actor}."
    result = _make_result(session, query, args.by, done)
    return CommandResult(
        {**result.data, "approved": len(approved)}, result.lines, result.has_problems
    )


def _withdraw(session: Session, args: argparse.Namespace) -> CommandResult:
    query = _read_query(session, args)
    lines = [line for line in hours.list_hours_lines(session, query) if line.approval is not None]
    count = hours.withdraw_hours(session, lines, reason=args.reason)
    done = f"{format_count(count, 'approval is', 'approvals are')} withdrawn."
    result = _make_result(session, query, args.by, done)
    return CommandResult({**result.data, "withdrawn": count}, result.lines)


def _export(session: Session, args: argparse.Namespace) -> CommandResult:
    if args.save is None:
        raise UserError("option_missing.save")
    query = _read_query(session, args)
    files, unapproved = hours.write_payroll(session, query, args.save)
    data = {"files": [str(file) for file in files], "left_out": len(unapproved)}
    lines = [f"Written: {file}" for file in files]
    if unapproved:
        lines.append(f"{format_count(len(unapproved), 'line is', 'lines are')} not approved yet.")
    return CommandResult(data, lines, has_problems=bool(unapproved))


def _reconcile(session: Session, args: argparse.Namespace) -> CommandResult:
    if args.invoice is None:
        raise UserError("option_missing.invoice")
    columns = {name: values[-1] for name, values in group_key_values(args.column).items()}
    with ProgressBar("Reading") as report:
        invoice = invoices.read_invoice(
            session, args.invoice, columns=columns, profile=args.mapping, report=report
        )
    agency = hours.find_agency(session.saved_project, args.agency) if args.agency else ""
    review = invoices.reconcile_invoice(
        session, invoice, agency=agency, first=args.first, last=args.last
    )
    files = []
    if args.save is not None:
        files = [str(invoices.write_invoice_review(session, review, args.save))]
    data = {
        "rows": [_match_to_json(match) for match in review.matches],
        "differences": [_match_to_json(match) for match in review.differences],
        "columns": invoices.list_invoice_columns(invoice.columns),
        "counts": {verdict.name.lower(): n for verdict, n in review.counts.items()},
        "billed": review.billed,
        "due": review.due,
        "difference": round(review.billed - review.due, 2),
        "unbilled": review.unbilled,
        "stated": review.stated,
        "unapproved": invoices.count_unapproved_lines(review),
        "files": files,
    }
    return CommandResult(data, _describe_review(session, review, files), bool(review.differences))


def _match_to_json(match: InvoiceMatch) -> dict[str, object]:
    line = match.line
    return {
        "row": line.row or None,
        "day": line.day.isoformat() if line.day is not None else None,
        "officer": match.officer or None,
        "billed_officer": line.officer,
        "verdict": match.verdict.name.lower(),
        "also": [verdict.name.lower() for verdict in match.also],
        "billed_h": line.hours,
        "hours": match.hours,
        "billed_rate": line.rate,
        **to_json(match, "rate billed due difference"),
        "uid": match.ours.worked.uid if match.ours is not None and match.ours.worked else None,
        "approved": match.approved,
        "fault": say_all(line.faults),
    }


def _describe_review(
    session: Session, review: InvoiceReview, files: Sequence[str]
) -> list[OutputLine]:
    lines: list[OutputLine] = [say_all(invoices.describe_review(review))]
    unapproved = invoices.count_unapproved_lines(review)
    if unapproved:
        lines.append(f"{format_count(unapproved, 'line is', 'lines are')} not approved yet.")
    rows: list[tuple[str, ...]] = [
        (
            f"{match.line.row:,}" if match.line.row else "",
            str(match.line.day or ""),
            invoices.name_billed_officer(session.saved_project, match),
            "; ".join(map(str, (match.verdict, *match.also))),
            f"{match.line.hours:.2f}",
            f"{match.hours:.2f}",
            f"{match.difference:,.2f}",
            say_all(match.line.faults),
        )
        for match in review.differences[:_MAX_SHOWN]
    ]
    if rows:
        headers: tuple[str, ...] = (
            "Row",
            "Day",
            "Officer",
            "Result",
            "Billed h",
            "Our h",
            "Dollars",
        )
        if any(row[-1] for row in rows):
            headers += ("Why",)
        else:
            rows = [row[:-1] for row in rows]
        lines.append(make_table(headers, rows, right=(0, 4, 5, 6)))
    if len(review.differences) > _MAX_SHOWN:
        lines.append(f"{len(review.differences) - _MAX_SHOWN:,} more; --json lists them all.")
    lines += [f"Written: {file}" for file in files]
    return lines


def _set_rules(session: Session, args: argparse.Namespace) -> CommandResult:
    project = session.saved_project
    rules = project.hours_rules
    for name, text in parse_key_values(args.rate):
        rules = rules.with_rate(_parse_rate(session, name, text))
    for name, fund in parse_key_values(args.fund_of):
        rules = rules.with_fund(_find_payer(session, name), fund)
    if args.default_fund is not None:
        rules = replace(rules, fund=args.default_fund.strip())
    rules = rules.with_figures(
        round_min=rules.round_min if args.round_min is None else args.round_min,
        call_back_min_h=rules.call_back_min_h if args.call_back_h is None else args.call_back_h,
    )
    if rules != project.hours_rules:
        session.apply("Rules for hours", lambda rate: replace(rate, hours_rules=rules))
    data = {
        **to_json(rules, "round_min call_back_min_h fund"),
        "funds": dict(rules.funds),
        "rates": [
            {
                "agency": rate.agency,
                "from": rate.first.isoformat(),
                "usd_per_h": rate.usd_per_h,
                "pay_code": rate.pay_code,
            }
            for rate in rules.rates
        ],
    }
    rows = [
        (rate.agency, str(rate.first), rate.pay_code or "all", f"{rate.usd_per_h:,.2f}")
        for rate in rules.rates
    ]
    table = make_table(("Agency", "From", "Code", "Dollars per hour"), rows, right=(3,))
    return CommandResult(data, [table])


def _parse_rate(session: Session, name: str, text: str) -> PayRate:
    """Parse an agency's rate, or one of its pay codes: ``Sheriff/overtime=98.5@2026-07-01``."""
    agency, _, code = name.partition("/")
    dollars, _, day = text.partition("@")
    first = parse_date(day) if day else find_fiscal_year_start(session.today)
    key = hours.find_agency(session.saved_project, agency.strip())
    return PayRate(key, first, parse_number(dollars.strip().lstrip("$")), code.strip())


def _find_payer(session: Session, name: str) -> str:
    """Return an assignment, a unit or an agency by its id.

    Raises
    ------
    UserError
        There is none.
    """
    project = session.saved_project
    if name in project.posts or name in project.units:
        return name
    return hours.find_agency(project, name)


_STEPS = {
    "list": _list,
    "confirm": _confirm,
    "approve": _approve,
    "withdraw": _withdraw,
    "reconcile": _reconcile,
    "export": _export,
    "rules": _set_rules,
}
OPTION_VALUES = {"steps": tuple(_STEPS), "groupings": tuple(HOURS_GROUPINGS)}
