"""Make an audience's handouts: web map, atlas, cards, reports, data."""

import argparse
from dataclasses import astuple
from datetime import datetime

from zoneplanner.analysis.response_times.conditions import check_response_target
from zoneplanner.app.coverage.demand import summarize_demand
from zoneplanner.app.publishing.handout import HANDOUT_PAPERS, HandoutRequest, find_last_record_time
from zoneplanner.app.publishing.publication import publish_edition
from zoneplanner.app.publishing.release_check import ReleaseWarning
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, ProgressBar, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.local_time import parse_moment
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.publish.audience import AUDIENCES
from zoneplanner.publish.handout import PrintedProof, find_card_day
from zoneplanner.publish.publications import PUBLICATIONS

OPTION_VALUES = {
    "audiences": AUDIENCES,
    "parts": PUBLICATIONS,
    "papers": HANDOUT_PAPERS,
    "target_min": RESPONSE_TARGET_MIN,
}


def run(args: argparse.Namespace) -> CommandResult:
    """Write the files, all or none."""
    only = args.only
    if only is not None:
        only = [part.strip() for part in only.split(",") if part.strip()]
    with (
        open_session_for_command(args.project, plan=args.plan, read_only=True) as session,
        ProgressBar("Publishing") as report,
    ):
        if args.month is not None and (args.first or args.last) is not None:
            raise UserError("month_and_days")
        first, last = (args.first, args.last) if args.month is None else astuple(args.month)
        as_of = _read_moment(session, args.as_of)
        if args.plan is None:
            today = session.day_of(as_of)
            plan_day = args.day or (
                find_card_day(session.project, today) if only == ["cards"] else today
            )
            plan = session.project.plan_in_force(plan_day) or session.project.current_plan(today)
            if only == ["comparison"]:
                plan = session.project.find_coming_plan(today) or plan
            session.show_plan(plan.uid if plan else None)
        proof = None
        if args.certificate is not None:
            from zoneplanner.app.plans.certificate import check_plan_certificate

            verdict = check_plan_certificate(session.state, args.certificate)
            proof = PrintedProof(verdict.sha256, tuple(verdict.unchecked.values()))
        request = HandoutRequest(
            args.audience,
            as_of,
            first,
            last,
            args.paper,
            args.tiles,
            pictures=args.pictures,
            day=args.day or (args.first if only == ["roster"] else None),
            target_min=check_response_target(args.target_min),
            areas=args.areas,
            certificate=proof,
        )
        edition = publish_edition(
            session,
            args.to,
            wanted=request,
            only=only,
            allow_draft=args.allow_draft,
            report=report,
        )
        demand, formats = summarize_demand(session.state), session.saved_project.formats
        later_plan = _warn_of_later_plan(session, as_of) if args.plan is None else []
    files = [str(file) for file in edition.files]
    warnings = [to_json(warning, "code text where") for warning in edition.warnings]
    data = {
        "folder": str(edition.folder),
        "files": files,
        "warnings": warnings,
        "gone": list(edition.gone),
        "demand": demand,
    }
    gone = [str(Message("edition_replaced", files=edition.gone))] if edition.gone else []
    problems = [
        f"Before you send it: {warning.text}{_name_command(warning)}"
        for warning in edition.warnings
    ]
    lines = [*files, *gone, *problems, *later_plan]
    return CommandResult(data, lines, bool(edition.warnings), formats)


_COMMANDS = {
    "breaks_rules": "check PROJECT",
    "no_phone": "set PROJECT agency {row} phone=…",
    "no_area_code": "set PROJECT agency {row} phone=…",
    "no_tip_line": "set PROJECT term tip_line text=…",
    "unfinished_name": "set PROJECT plan {where} name=…",
    "unreadable": "verify PROJECT",
}
"""The command that fixes or lists what a warning's link shows in the window."""


def _name_command(warning: ReleaseWarning) -> str:
    command = _COMMANDS.get(warning.code, "")
    facts = {"row": f'"{warning.row}"', "where": f'"{warning.where}"'}
    return f" Command: {command.format(**facts)}" if command else ""


def _read_moment(session: Session, text: str | None) -> datetime:
    if text is None:
        return find_last_record_time(session)
    now = session.clock()
    moment = parse_moment(text, time_zone=session.project.time_zone, now=now)
    if moment > now:
        raise UserError("in_the_future", name="--as-of")
    return moment


def _warn_of_later_plan(session: Session, as_of: datetime) -> list[str]:
    """Name a plan that took effect after the time shown; the files do not depend on it."""
    plan = session.project.plan_in_force(session.today)
    if plan is None or plan.effective_on is None or plan.effective_on <= session.day_of(as_of):
        return []
    return [
        f"“{plan.name}” took effect on {plan.effective_on}, after the last record of "
        f"{session.day_of(as_of)}; add --as-of now to publish it."
    ]
