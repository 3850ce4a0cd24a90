"""List, confirm and approve the hours of officers; check an invoice; hand out what is approved."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from zoneplanner.app.roster import hours, invoices
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, OutputTable, ProgressBar, make_table
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
from zoneplanner.messages import format_count

_MOST_SHOWN = 60


def run(args: argparse.Namespace) -> CommandResult:
    """Do what is asked for with the hours of some days."""
    do = "reconcile" if args.invoice is not None else args.do
    reads_only = do in ("list", "reconcile", "export")
    with open_session_for_command(args.project, read_only=reads_only) as session:
        return replace(_STEPS[do](session, args), formats=session.saved_project.formats)


def _read_query(session: Session, args: argparse.Namespace) -> hours.HoursQuery:
    """Return what lines are meant; without days those of the week up to today."""
    last = args.last or session.today
    first = args.first or last - timedelta(days=last.weekday())
    wanted = {name: getattr(args, name) or "" for name in ("officer", "agency", "fund", "unit")}
    return hours.make_hours_query(session.saved_project, first, last, **wanted)


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
        "totals": [_total_to_json(one) for one in total_hours(lines, by or "agency")],
    }
    open_ones = [
        one for one in lines if one.status is HoursStatus.UNCONFIRMED or one.can_be_approved
    ]
    told = [*([done] if done else []), *_describe_total(lines, query)]
    table = _make_totals_table(session, lines, by) if by else _make_lines_table(session, lines)
    more = not by and len(lines) > _MOST_SHOWN
    told += [table] if lines else []
    told += [f"{len(lines) - _MOST_SHOWN:,} more; --json lists them all."] if more else []
    return CommandResult(data, told, has_problems=bool(open_ones))


def _make_totals_table(session: Session, lines: Sequence[HoursLine], by: str) -> OutputTable:
    project = session.saved_project
    rows = [
        (name_officer(project, one.name) if by == "officer" else one.name, *_figures(one))
        for one in total_hours(lines, by)
    ]
    heads = (by.capitalize(), "Scheduled", "Worked", "Approved", "Dollars")
    return make_table(heads, rows, right=(1, 2, 3, 4))


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
        for line in lines[:_MOST_SHOWN]
    ]
    heads = ("Day", "Officer", "Unit", "Scheduled", "Worked", "Code", "Fund", "Status")
    return make_table(heads, rows, right=(3, 4))


def _figures(one: HoursTotal) -> tuple[str, ...]:
    figures = (one.scheduled_h, one.worked_h, one.approved_h, one.amount)
    return tuple(f"{figure:,.2f}" for figure in figures)


def _describe_total(lines: Sequence[HoursLine], query: hours.HoursQuery) -> list[OutputLine]:
    if not lines:
        return [f"No shifts are posted and no hours are logged from {query.first} to {query.last}."]
    (one,) = total_hours(lines)
    told: list[OutputLine] = [
        f"{query.first} to {query.last}: {one.scheduled_h:,.2f} h scheduled, {one.worked_h:,.2f} h "
        f"worked, {one.approved_h:,.2f} h approved, {one.dollars}."
    ]
    if one.unconfirmed:
        told.append(f"{format_count(one.unconfirmed, 'shift is', 'shifts are')} not confirmed.")
    if one.unapproved:
        told.append(f"{format_count(one.unapproved, 'line is', 'lines are')} not approved.")
    if one.without_rate:
        told.append(f"{format_count(one.without_rate, 'line has', 'lines have')} no rate.")
    return told


def _line_to_json(session: Session, line: HoursLine) -> dict[str, object]:
    worked = line.worked
    return {
        "uid": worked.uid if worked is not None else None,
        "day": line.day.isoformat(),
        "officer": line.officer,
        "name": name_officer(session.saved_project, line.officer),
        "agency": line.agency,
        "unit": line.unit,
        "shift": line.shift.uid if line.shift is not None else None,
        "began_at": worked.began_at.isoformat() if worked is not None else None,
        "ended_at": worked.ended_at.isoformat() if worked is not None else None,
        "scheduled_h": round(line.scheduled_h, 4),
        "hours": line.hours,
        "approved_h": line.approved_h,
        "pay_code": line.pay_code,
        "fund": line.fund,
        "rate": line.rate,
        "amount": line.amount,
        "status": line.status.name.lower(),
        "problems": [one.name.lower() for one in line.problems],
        "approved_by": line.approved_by,
        "approved_at": line.approved_at.isoformat() if line.approved_at else None,
    }


def _total_to_json(one: HoursTotal) -> dict[str, object]:
    return {
        "name": one.name,
        "lines": one.lines,
        "scheduled_h": one.scheduled_h,
        "worked_h": one.worked_h,
        "approved_h": one.approved_h,
        "amount": one.amount,
        "unconfirmed": one.unconfirmed,
        "unapproved": one.unapproved,
        "without_rate": one.without_rate,
    }


def _confirm(session: Session, args: argparse.Namespace) -> CommandResult:
    query = _read_query(session, args)
    made = hours.confirm_hours(session, hours.list_hours_lines(session, query))
    done = f"{format_count(len(made), 'shift is', 'shifts are')} confirmed as scheduled."
    found = _make_result(session, query, args.by, done)
    return CommandResult({**found.data, "confirmed": len(made)}, found.lines)


def _approve(session: Session, args: argparse.Namespace) -> CommandResult:
    query = _read_query(session, args)
    made = hours.approve_hours(session, hours.list_hours_lines(session, query))
    done = f"{format_count(len(made), 'line is', 'lines are')} approved by {session.actor}."
    found = _make_result(session, query, args.by, done)
    return CommandResult({**found.data, "approved": len(made)}, found.lines, found.has_problems)


def _withdraw(session: Session, args: argparse.Namespace) -> CommandResult:
    query = _read_query(session, args)
    lines = [one for one in hours.list_hours_lines(session, query) if one.approval is not None]
    count = hours.withdraw_hours(session, lines, reason=args.reason)
    done = f"{format_count(count, 'approval is', 'approvals are')} withdrawn."
    found = _make_result(session, query, args.by, done)
    return CommandResult({**found.data, "withdrawn": count}, found.lines)


def _export(session: Session, args: argparse.Namespace) -> CommandResult:
    if args.save is None:
        raise UserError("option_missing.save")
    query = _read_query(session, args)
    files, left = hours.write_payroll(session, query, args.save)
    data = {"files": [str(file) for file in files], "left_out": len(left)}
    told = [f"Written: {file}" for file in files]
    if left:
        told.append(f"{format_count(len(left), 'line is', 'lines are')} not approved yet.")
    return CommandResult(data, told, has_problems=bool(left))


def _reconcile(session: Session, args: argparse.Namespace) -> CommandResult:
    if args.invoice is None:
        raise UserError("option_missing.invoice")
    columns = {name: own[-1] for name, own in group_key_values(args.column).items()}
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
        "rows": [_match_to_json(one) for one in review.matches],
        "differences": [_match_to_json(one) for one in review.differences],
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


def _match_to_json(one: InvoiceMatch) -> dict[str, object]:
    line = one.line
    return {
        "row": line.row or None,
        "day": line.day.isoformat() if line.day is not None else None,
        "officer": one.officer or None,
        "billed_officer": line.officer,
        "verdict": one.verdict.name.lower(),
        "also": [verdict.name.lower() for verdict in one.also],
        "billed_h": line.hours,
        "hours": one.hours,
        "billed_rate": line.rate,
        "rate": one.rate,
        "billed": one.billed,
        "due": one.due,
        "difference": one.difference,
        "uid": one.ours.worked.uid if one.ours is not None and one.ours.worked else None,
        "approved": one.approved,
        "fault": line.fault,
    }


def _describe_review(
    session: Session, review: InvoiceReview, files: Sequence[str]
) -> list[OutputLine]:
    told: list[OutputLine] = [invoices.describe_review(review)]
    unapproved = invoices.count_unapproved_lines(review)
    if unapproved:
        told.append(f"{format_count(unapproved, 'line is', 'lines are')} not approved yet.")
    rows: list[tuple[str, ...]] = [
        (
            f"{one.line.row:,}" if one.line.row else "",
            str(one.line.day or ""),
            invoices.name_billed_officer(session.saved_project, one),
            "; ".join(map(str, (one.verdict, *one.also))),
            f"{one.line.hours:.2f}",
            f"{one.hours:.2f}",
            f"{one.difference:,.2f}",
            one.line.fault,
        )
        for one in review.differences[:_MOST_SHOWN]
    ]
    if rows:
        heads: tuple[str, ...] = ("Row", "Day", "Officer", "Result", "Billed h", "Our h", "Dollars")
        if any(row[-1] for row in rows):
            heads += ("Why",)
        else:
            rows = [row[:-1] for row in rows]
        told.append(make_table(heads, rows, right=(0, 4, 5, 6)))
    if len(review.differences) > _MOST_SHOWN:
        told.append(f"{len(review.differences) - _MOST_SHOWN:,} more; --json lists them all.")
    told += [f"Written: {file}" for file in files]
    return told


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
        session.apply("Rules for hours", lambda one: replace(one, hours_rules=rules))
    data = {
        "round_min": rules.round_min,
        "call_back_min_h": rules.call_back_min_h,
        "fund": rules.fund,
        "funds": dict(rules.funds),
        "rates": [
            {
                "agency": one.agency,
                "from": one.first.isoformat(),
                "usd_per_h": one.usd_per_h,
                "pay_code": one.pay_code,
            }
            for one in rules.rates
        ],
    }
    rows = [
        (one.agency, str(one.first), one.pay_code or "all", f"{one.usd_per_h:,.2f}")
        for one in rules.rates
    ]
    table = make_table(("Agency", "From", "Code", "Dollars per hour"), rows, right=(3,))
    return CommandResult(data, [table])


def _parse_rate(session: Session, name: str, text: str) -> PayRate:
    """Read a rate of an agency, or of one pay code of it: ``Sheriff/overtime=98.5@2026-07-01``."""
    agency, _, code = name.partition("/")
    dollars, _, day = text.partition("@")
    first = parse_date(day) if day else find_fiscal_year_start(session.today)
    key = hours.find_agency(session.saved_project, agency.strip())
    return PayRate(key, first, parse_number(dollars.strip().lstrip("$")), code.strip())


def _find_payer(session: Session, name: str) -> str:
    """Return an assignment, a unit or an agency by its id; an unknown one is a UserError."""
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
