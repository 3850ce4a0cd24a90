"""Propose a roster, check it against the rules, post it, and hand it out."""

import argparse
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from zoneplanner.analysis.staffing.roster_solver import propose_relaxed_roster
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.app.roster import schedule
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, ProgressBar, make_table, to_json
from zoneplanner.cli.parser import parse_date, parse_path
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.officer_edits import get_officer, record_sick_leave
from zoneplanner.domain.roster.roster_rules import ROSTER_RULES, AssignmentOrder
from zoneplanner.domain.roster.shift import RosterDecision, Shift
from zoneplanner.domain.roster.shift_edits import finalize_shifts
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_MAX_SHOWN = 20


def run(args: argparse.Namespace) -> CommandResult:
    """Do what is requested with the shifts of some days."""
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
        draft = schedule.draft_roster(
            before,
            first,
            last,
            now=session.clock(),
            refill=args.refill,
            seed=args.seed,
            report=report,
        )
    if not args.dry_run:
        schedule.save_roster(session, before, draft)
    return _make_result(draft, relax=args.relax)


def _check(session: Session, args: argparse.Namespace) -> CommandResult:
    first, last = _read_period(session, args)
    return _make_result(
        schedule.check_roster(session.state.saved_project, first, last), relax=args.relax
    )


def _make_result(draft: schedule.RosterDraft, *, relax: bool) -> CommandResult:
    project = draft.project
    shifts = project.shifts_between(draft.first, draft.last)
    shifts.sort(key=lambda shift: (shift.starts_at, shift.unit))
    problems = [problem for problem in draft.problems if problem.is_unexcused]
    open_ones = [shift for shift in shifts if shift.is_open]
    reasons = {problem.shift: problem for problem in draft.open}
    data = {
        "shifts": [_shift_to_json(shift) for shift in shifts],
        "open": [
            {
                **_shift_to_json(shift),
                "why": str(reasons[shift.uid].message) if shift.uid in reasons else "",
            }
            for shift in open_ones
        ],
        "problems": [
            {
                **to_json(problem, "rule level officer shifts remedy"),
                "text": str(problem.message),
            }
            for problem in problems
        ],
        "overridden": sum(not problem.is_unexcused for problem in draft.problems),
        "proven": draft.proven,
    }
    filled = sum(shift.officer is not None and shift.is_active for shift in shifts)
    lines: list[OutputLine] = [
        f"{filled:,} of {filled + len(open_ones):,} shifts from {draft.first} to {draft.last} "
        f"have an officer; {len(open_ones):,} are open."
    ]
    if not filled and not open_ones:
        lines = [str(Message("nothing_listed.shifts", first=draft.first, last=draft.last))]
    lines += [f"  {problem.message}" for problem in draft.open[:_MAX_SHOWN]]
    if problems:
        rows = [(str(problem.message), str(problem.remedy)) for problem in problems[:_MAX_SHOWN]]
        lines += ["", make_table(("Problem", "Remedy"), rows)]
    if len(problems) > _MAX_SHOWN:
        lines.append(f"{len(problems) - _MAX_SHOWN:,} more; --json lists them all.")
    if relax and open_ones:
        lines += _list_relaxations(draft, [shift.uid for shift in open_ones], data)
    return CommandResult(data, lines, has_problems=bool(problems or open_ones))


def _list_relaxations(
    draft: schedule.RosterDraft, uids: list[str], data: dict[str, object]
) -> list[OutputLine]:
    relaxed = propose_relaxed_roster(draft.project, uids)
    data["relaxations"] = [str(exception.message) for exception in relaxed.gives_way]
    data["open_even_so"] = list(relaxed.open)
    lines: list[OutputLine] = ["", "The fewest rule exceptions needed:"]
    lines += [f"  {exception.message}" for exception in relaxed.gives_way] or [
        "  No allowed exception helps."
    ]
    if relaxed.open:
        zone = draft.project.time_zone
        descriptions = [
            str(describe_shift(draft.project.shifts[uid], zone))
            for uid in relaxed.open[:_MAX_SHOWN]
        ]
        lines.append(f"Still open: {'; '.join(descriptions)}.")
    return lines


def _shift_to_json(shift: Shift) -> dict[str, object]:
    status = "open" if shift.is_open else str(shift.status)
    return {**to_json(shift, "uid unit officer starts_at ends_at"), "status": status}


def _export(session: Session, args: argparse.Namespace) -> CommandResult:
    project = session.state.saved_project
    if args.to is None:
        raise UserError("option_missing", option="--to")
    target: Path = parse_path(args.to)
    first = args.first or session.today
    days = 6 - first.weekday() if args.kind == "pdf" else 27
    last = args.until or first + timedelta(days=days)
    officer = get_officer(project, args.officer).id if args.officer else None
    if args.unit is not None:
        project.unit(args.unit)
    if args.kind == "ics" and target.suffix.lower() != ".ics":
        files = schedule.write_shift_calendars(project, target)
    else:
        content = schedule.export_roster(
            session, args.kind, first, last, officer=officer, unit=args.unit
        )
        session.store.check_target(target)
        files = [write_file_atomically(target, content)]
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
    officer = get_officer(session.state.saved_project, args.officer)
    decision = RosterDecision(session.clock(), session.actor)
    session.apply(
        f"{officer.name} called out on {first}",
        lambda project: record_sick_leave(project, officer.id, first, last, decision),
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
