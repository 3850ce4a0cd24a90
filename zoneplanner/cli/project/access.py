"""List who may do what in a shared project; give a person a role, or take it when they leave."""

import argparse
import sys

from zoneplanner.app.projects.access import (
    Offboarding,
    grant_project_access,
    offboard_person,
    read_project_access,
)
from zoneplanner.cli.arguments import open_session_for_command
from zoneplanner.cli.output import CommandResult, make_table
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.errors import UserError
from zoneplanner.storage import ProjectRole

OPTION_VALUES = {"roles": [role.value for role in ProjectRole if role is not ProjectRole.OWNER]}


def run(args: argparse.Namespace) -> CommandResult:
    """Give or take access where asked for, then list who has which, since when."""
    if (args.give is None) != (args.role is None):
        raise UserError("option_missing.role")
    left: Offboarding | None = None
    with open_session_for_command(args.project) as session:
        if args.give is not None:
            password = sys.stdin.readline().rstrip("\n") if args.login else ""
            grant_project_access(session, args.give, args.role, password=password)
        if args.take is not None:
            left = offboard_person(session, args.take)
        found = read_project_access(session)
    data: dict[str, object] = {
        "access": [
            {
                "person": one.person,
                "role": one.role.value,
                "since": format_utc_iso(one.since) if one.since else None,
                "given_by": one.given_by,
            }
            for one in found
        ]
    }
    lines = [
        make_table(
            ("Person", "Role", "Since", "Given by"),
            [
                (
                    one.person,
                    one.role.value,
                    f"{one.since:%Y-%m-%d %H:%M} UTC" if one.since else "–",
                    one.given_by or "–",
                )
                for one in found
            ],
        )
    ]
    if left is None:
        return CommandResult(data, lines)
    data |= {
        "taken": [role.value for role in left.roles],
        "open_shifts": [
            {"uid": shift.uid, "unit": shift.unit, "starts_at": format_utc_iso(shift.starts_at)}
            for shift in left.open_shifts
        ],
    }
    told = [f"“{args.take}” has no access any more; what they logged keeps their name."]
    told += [
        f"Find somebody else for {shift.unit} on {shift.starts_at:%Y-%m-%d %H:%M} UTC."
        for shift in left.open_shifts
    ]
    return CommandResult(data, [*lines, *told])
