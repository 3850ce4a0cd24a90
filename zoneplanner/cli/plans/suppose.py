"""Suppose in a branch of a plan that a school closes or opens, and see what follows."""

import argparse

from zoneplanner.app.plans.what_if import (
    describe_closing,
    list_what_if_changes,
    plan_site_closing,
    suppose_site_closed,
    suppose_site_open,
)
from zoneplanner.app.session.state import require_plan
from zoneplanner.cli.output import CommandResult, findings_to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.plans.closings import DEFAULT_ROOM
from zoneplanner.errors import UserError

OPTION_VALUES = {"room": 100.0 * DEFAULT_ROOM}


def run(args: argparse.Namespace) -> CommandResult:
    """Close or open one site in a new what-if, or in the one that is named."""
    if (args.close is None) == (args.open is None):
        raise UserError("option_missing", option="--close or --open")
    with open_session_for_command(args.project, plan=args.plan) as session:
        going: dict[str, object] = {}
        if args.close is not None:
            closing = plan_site_closing(
                session,
                args.close,
                on=args.first,
                receivers=args.to or (),
                room=args.room / 100,
            )
            lines = [f"{describe_closing(session.project, closing)}."]
            plan = suppose_site_closed(session, args.close, closing)
            going = {"on": str(closing.on) if closing.on else None, "left": closing.left}
            receiving = dict(closing.receiving)
        else:
            plan = suppose_site_open(session, args.open)
            lines, receiving = [f"{session.project.site(args.open).name} open."], {}
        state = session.state
        figures = require_plan(state) and state.figures
        data = {
            "plan": plan.name,
            "site": args.close or args.open,
            "closed": args.close is not None,
            **{"on": None, "left": 0, **going},
            "receiving": [
                {"site": site, "name": state.project.sites[site].name, "students": students}
                for site, students in receiving.items()
            ],
            "supposes": list(list_what_if_changes(state.saved_project, plan)),
            "zones": [
                {"zone": key, "load_min_per_day": zone.load_min, "deviation": zone.deviation}
                for key, zone in (figures.zones if figures else {}).items()
            ],
            "problems": findings_to_json(state.problems),
        }
        lines += [f"It is in “{plan.name}”; {len(state.problems)} rules are broken."]
    return CommandResult(data, lines, has_problems=bool(data["problems"]))
