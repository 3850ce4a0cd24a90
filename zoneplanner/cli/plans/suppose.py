"""See in a branch of a plan what follows if a school closes, opens or is built."""

import argparse

from zoneplanner.app.plans.what_if import (
    DEFAULT_PLANNED_LEVEL,
    PLANNED_LEVELS,
    describe_closing,
    describe_patrol_change,
    list_what_if_changes,
    place_planned_site,
    plan_site_closing,
    suppose_site_closed,
    suppose_site_open,
)
from zoneplanner.app.session.state import require_plan
from zoneplanner.cli.output import CommandResult, findings_to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.office_entries import parse_position
from zoneplanner.domain.plans.closings import DEFAULT_ROOM
from zoneplanner.domain.plans.what_ifs import list_turning_days
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count

OPTION_VALUES = {
    "room": 100.0 * DEFAULT_ROOM,
    "levels": PLANNED_LEVELS,
    "level": DEFAULT_PLANNED_LEVEL,
}


def run(args: argparse.Namespace) -> CommandResult:
    """Close, open or add a site in a new what-if, or in the named one."""
    if [args.close, args.open, args.add].count(None) != 2:
        raise UserError("option_missing.suppose")
    if args.add is not None and args.at is None:
        raise UserError("option_missing.place")
    with open_session_for_command(args.project, plan=args.plan) as session:
        closing = None
        if args.close is not None:
            closing = plan_site_closing(
                session,
                args.close,
                on=args.first,
                receivers=args.to or (),
                room=args.room / 100,
            )
            plan = suppose_site_closed(session, args.close, closing)
        elif args.open is not None:
            plan = suppose_site_open(session, args.open, args.first)
        else:
            latitude, longitude = parse_position(args.at)
            plan = place_planned_site(
                session,
                args.add,
                latitude=latitude,
                longitude=longitude,
                level=args.level,
                enrollment=args.students,
                on=args.first,
            )
        state = session.state
        figures = require_plan(state) and state.figures
        site = state.project.site(args.close or args.open or args.add)
        on = list_turning_days(state.saved_project, plan).get(site.id)
        receiving = closing.receiving if closing else {}
        project = state.project
        summary = (
            describe_closing(project, closing)
            if closing
            else describe_patrol_change(project, site.id, patrolled=True, on=on)
        )
        data = {
            "plan": plan.name,
            "site": args.close or args.open or site.id,
            "closed": closing is not None,
            "on": str(on) if on else None,
            "left": closing.left if closing else 0,
            "receiving": [
                {"site": other, "name": state.project.sites[other].name, "students": students}
                for other, students in receiving.items()
            ],
            "supposes": [str(each) for each in list_what_if_changes(state.saved_project, plan)],
            "zones": [
                {"zone": key, "load_min_per_day": zone.load_min, "deviation": zone.deviation}
                for key, zone in (figures.zones if figures else {}).items()
            ],
            "problems": findings_to_json(state.problems),
        }
        lines = [
            f"{summary}.",
            f"The what-if is saved as “{plan.name}”. It breaks "
            f"{format_count(len(state.problems), 'rule')}.",
        ]
    return CommandResult(data, lines, bool(data["problems"]), project.formats)
