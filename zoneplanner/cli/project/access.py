"""List who may do what in a shared project; give a person a role, or take it when they leave."""

import argparse
import sys
from datetime import datetime

from zoneplanner.app.projects.access import (
    LastSeen,
    Offboarding,
    grant_project_access,
    offboard_person,
    print_access_list,
    read_last_seen,
    read_past_access,
    read_project_access,
)
from zoneplanner.cli.output import CommandResult, OutputLine, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.roles import SERVER_ROLES
from zoneplanner.errors import UserError
from zoneplanner.storage.postgres.group_roles import PersonAccess

OPTION_VALUES = {"roles": [role.value for role in SERVER_ROLES]}
_NEVER = LastSeen(None)
_HEADERS = ("Person", "Role", "Since", "Given by", "Until", "Taken by")


def run(args: argparse.Namespace) -> CommandResult:
    """Give or take access where asked for, then list who has which, and who had, from when."""
    if (args.give is None) != (args.role is None):
        raise UserError("option_missing.role")
    left: Offboarding | None = None
    with open_session_for_command(args.project) as session:
        if args.give is not None:
            password = sys.stdin.readline().rstrip("\n") if args.login else ""
            grant_project_access(session, args.give, args.role, password=password)
        if args.take is not None:
            left = offboard_person(session, args.take)
        present, past = read_project_access(session), read_past_access(session)
        seen = read_last_seen(session)
        if args.pdf is not None:
            print_access_list(session, args.pdf)
    data: dict[str, object] = {
        "access": [
            {
                **_describe(one),
                "last_seen": _format_time(seen.get(one.person, _NEVER).at),
                "desks": list(seen.get(one.person, _NEVER).desks),
            }
            for one in present
        ],
        "past": [
            {**_describe(one), "until": _format_time(one.until), "taken_by": one.taken_by}
            for one in past
        ],
    }
    lines: list[OutputLine] = [make_table(_HEADERS[:4], [_write_cells(one)[:4] for one in present])]
    if past:
        lines += ["Before:", make_table(_HEADERS, map(_write_cells, past))]
    if args.pdf is not None:
        data["files"] = [str(args.pdf)]
        lines.append(f"Wrote {args.pdf}.")
    if left is not None:
        data |= {
            "taken": [role.value for role in left.taken.roles],
            "login": left.taken.login.value,
            "open_shifts": [
                {"uid": shift.uid, "unit": shift.unit, "starts_at": format_utc_iso(shift.starts_at)}
                for shift in left.open_shifts
            ],
        }
        lines.append(left.text)
        lines += [
            f"Find another officer for {shift.unit} on {shift.starts_at:%Y-%m-%d %H:%M} UTC."
            for shift in left.open_shifts
        ]
    return CommandResult(data, lines)


def _describe(one: PersonAccess) -> dict[str, object]:
    return {
        "person": one.person,
        "role": one.role.value,
        "since": _format_time(one.since),
        "given_by": one.given_by,
    }


def _format_time(at: datetime | None) -> str | None:
    return format_utc_iso(at) if at is not None else None


def _write_cells(one: PersonAccess) -> tuple[str, ...]:
    cells = (one.person, one.role.value, one.since, one.given_by, one.until, one.taken_by)
    return tuple(
        f"{cell:%Y-%m-%d %H:%M} UTC" if isinstance(cell, datetime) else cell or "–"
        for cell in cells
    )
