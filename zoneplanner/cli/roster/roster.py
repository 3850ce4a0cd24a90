"""Propose who serves which shift, check the roster's rules, and hand it out."""

import argparse
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.app.roster import schedule
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, ProgressBar, make_table
from zoneplanner.cli.parser import parse_date, parse_path
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.officer_edits import get_officer, record_sick_leave
from zoneplanner.domain.roster.roster_rules import ROSTER_RULES, AssignmentOrder
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.domain.roster.shift_edits import finalize_shifts
from zoneplanner.errors import UserError

_MOST_SHOWN = 20


def run(args: argparse.Namespace) -> CommandResult:
    """Do what is asked for with the shifts of some days."""
    with open_session_for_command(
        args.project, read_only=args.do == "check" or args.dry_run
    ) as session:
        return replace(_STEPS[args.do](session, args), formats=session.saved_project.formats)


def _read_period(session: Session, args: argparse.Namespace) -> tuple[date, date]:
    first = args.first or session.today
    last = parse_date(args.to) if args.to else first + timedelta(days=27)
    if last < first:
        raise UserError("days_out_of_order", first=first, last=last)
    return first, last


def _propose(session: Session, args: argparse.Namespace) -> CommandResult:
    first, last = _read_period(session, args)
    before = session.state.saved_project
    with ProgressBar("Proposing") as report:
        found = schedule.draft_roster(
            before,
            first,
            last,
            now=session.clock(),
            refill=args.refill,
            seed=args.seed,
            report=report,
        )
    if not args.dry_run:
        schedule.save_roster(session, before, found)
    return _make_result(found, relax=args.relax)


def _check(session: Session, args: argparse.Namespace) -> CommandResult:
    first, last = _read_period(session, args)
    return _make_result(
        schedule.check_roster(session.state.saved_project, first, last), relax=args.relax
    )


def _make_result(found: schedule.RosterDraft, *, relax: bool) -> CommandResult:
    project = found.project
    shifts = project.shifts_between(found.first, found.last)
    shifts.sort(key=lambda shift: (shift.starts_at, shift.unit))
    standing = [one for one in found.problems if one.is_unexcused]
    open_ones = [shift for shift in shifts if shift.is_open]
    why = {one.shift: one for one in found.open}
    data = {
        "shifts": [_shift(shift) for shift in shifts],
        "open": [
            {**_shift(shift), "why": why[shift.uid].text if shift.uid in why else ""}
            for shift in open_ones
        ],
        "problems": [
            {
                "rule": one.rule,
                "level": str(one.level),
                "officer": one.officer,
                "shifts": list(one.shifts),
                "text": one.text,
                "remedy": one.remedy,
            }
            for one in standing
        ],
        "overridden": sum(not one.is_unexcused for one in found.problems),
        "proven": found.proven,
    }
    filled = sum(shift.officer is not None and shift.is_active for shift in shifts)
    lines: list[OutputLine] = [
        f"{filled:,} of {filled + len(open_ones):,} shifts from {found.first} to {found.last} "
        f"have an officer; {len(open_ones):,} are open."
    ]
    lines += [f"  {one.text}" for one in found.open[:_MOST_SHOWN]]
    if standing:
        rows = [(one.text, one.remedy) for one in standing[:_MOST_SHOWN]]
        lines += ["", make_table(("Problem", "Remedy"), rows)]
    if len(standing) > _MOST_SHOWN:
        lines.append(f"{len(standing) - _MOST_SHOWN:,} more; --json lists them all.")
    if relax and open_ones:
        lines += _list_relaxations(found, [shift.uid for shift in open_ones], data)
    return CommandResult(data, lines, has_problems=bool(standing or open_ones))


def _list_relaxations(
    found: schedule.RosterDraft, uids: list[str], data: dict[str, object]
) -> list[OutputLine]:
    from zoneplanner.analysis.staffing.roster_solver import propose_relaxed_roster

    would = propose_relaxed_roster(found.project, uids)
    data["relaxations"] = [one.text for one in would.gives_way]
    data["open_even_so"] = list(would.open)
    lines: list[OutputLine] = ["", "The fewest rule exceptions needed:"]
    lines += [f"  {one.text}" for one in would.gives_way] or ["  No allowed exception helps."]
    if would.open:
        zone = found.project.time_zone
        words = [
            describe_shift(found.project.shifts[uid], zone) for uid in would.open[:_MOST_SHOWN]
        ]
        lines.append(f"Still open: {'; '.join(words)}.")
    return lines


def _shift(shift: Shift) -> dict[str, object]:
    return {
        "uid": shift.uid,
        "unit": shift.unit,
        "officer": shift.officer,
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
        "status": "open" if shift.is_open else str(shift.status),
    }


def _export(session: Session, args: argparse.Namespace) -> CommandResult:
    project = session.state.saved_project
    if args.to is None:
        raise UserError("option_missing", option="--to")
    where: Path = parse_path(args.to)
    first = args.first or session.today
    more = 6 - first.weekday() if args.kind == "pdf" else 27
    last = args.until or first + timedelta(days=more)
    officer = get_officer(project, args.officer).id if args.officer else None
    if args.unit is not None:
        project.unit(args.unit)
    if args.kind == "ics" and where.suffix.lower() != ".ics":
        files = schedule.write_shift_calendars(project, where)
    else:
        content = schedule.export_roster(
            session, args.kind, first, last, officer=officer, unit=args.unit
        )
        session.store.check_target(where)
        files = [write_file_atomically(where, content)]
    lines = [f"Written: {path}" for path in files]
    return CommandResult({"files": [str(path) for path in files]}, lines)


def _finalize(session: Session, args: argparse.Namespace) -> CommandResult:
    first, last = _read_period(session, args)
    now = session.clock()
    session.apply(
        f"Post the shifts of {first} to {last}",
        lambda project: finalize_shifts(project, first, last, now=now),
    )
    return _make_result(
        schedule.check_roster(session.state.saved_project, first, last), relax=False
    )


def _record_sick_leave(session: Session, args: argparse.Namespace) -> CommandResult:
    if not args.officer:
        raise UserError("option_missing.officer", option="--officer")
    first = args.first or session.today
    last = parse_date(args.to) if args.to else first
    now, who = session.clock(), get_officer(session.state.saved_project, args.officer)
    session.apply(
        f"{who.name} called out on {first}",
        lambda project: record_sick_leave(project, who.id, first, last, now=now, by=session.actor),
    )
    return _make_result(
        schedule.check_roster(session.state.saved_project, first, last), relax=args.relax
    )


def _change_rules(session: Session, args: argparse.Namespace) -> CommandResult:
    rules = session.state.saved_project.roster_rules
    if args.order:
        rules = replace(rules, order=AssignmentOrder(args.order))
    if rules != session.state.saved_project.roster_rules:
        session.apply("Roster rules", lambda one: replace(one, roster_rules=rules))
    levels = {rule: str(rules.level(rule)) for rule in ROSTER_RULES}
    lines = [f"Open assignments are offered by {rules.order}.", ""]
    lines += [f"  {ROSTER_RULES[rule].title}: {level}" for rule, level in levels.items()]
    return CommandResult({"order": str(rules.order), "levels": levels}, lines)


def _add_sample_officers(session: Session, args: argparse.Namespace) -> CommandResult:

    if session.state.saved_project.officers:
        raise UserError("officers_exist")
    session.apply("Sample officers", lambda one: add_sample_officers(one, session.today))
    officers = list(session.state.saved_project.officers)
    text = (
        f"{len(officers)} sample officers and {len(session.state.saved_project.posts)} "
        "assignments were added."
    )
    return CommandResult({"officers": officers}, [text])


_STEPS = {
    "propose": _propose,
    "check": _check,
    "export": _export,
    "final": _finalize,
    "sick": _record_sick_leave,
    "sample": _add_sample_officers,
    "rules": _change_rules,
}
OPTION_VALUES = {
    "steps": _STEPS,
    "formats": schedule.ROSTER_FORMATS,
    "orders": tuple(AssignmentOrder),
}
