"""List who may do what in a shared project; give a person a role, or remove it when they leave."""

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
from zoneplanner.messages import Message
from zoneplanner.storage.postgres.group_roles import PersonAccess

OPTION_VALUES = {"roles": [role.value for role in SERVER_ROLES]}
_NEVER = LastSeen(None)
_HEADERS = ("Person", "Role", "Since", "Given by", "Until", "Taken by")


def run(args: argparse.Namespace) -> CommandResult:
    """Grant or revoke access if requested, then list current and past access."""
    if (args.give is None) != (args.role is None):
        raise UserError("option_missing.role")
    offboarding: Offboarding | None = None
    with open_session_for_command(args.project) as session:
        if args.give is not None:
            password = sys.stdin.readline().rstrip("\n") if args.login else ""
            grant_project_access(session, args.give, args.role, password=password)
        if args.take is not None:
            offboarding = offboard_person(session, args.take)
        present, past = read_project_access(session), read_past_access(session)
        seen = read_last_seen(session)
        if args.pdf is not None:
            print_access_list(session, args.pdf)
    data: dict[str, object] = {
        "access": [
            {
                **_describe(access),
                "last_seen": _format_time(seen.get(access.person, _NEVER).at),
                "desks": list(seen.get(access.person, _NEVER).desks),
            }
            for access in present
        ],
        "past": [
            {**_describe(access), "until": _format_time(access.until), "taken_by": access.taken_by}
            for access in past
        ],
    }
    lines: list[OutputLine] = [
        make_table(_HEADERS[:4], [_write_cells(access)[:4] for access in present])
    ]
    if past:
        lines += ["Before:", make_table(_HEADERS, map(_write_cells, past))]
    if args.pdf is not None:
        data["files"] = [str(args.pdf)]
        lines.append(f"Wrote {args.pdf}.")
    if offboarding is not None:
        data |= {
            "taken": [role.value for role in offboarding.revoked.roles],
            "login": offboarding.revoked.login.value,
            "open_shifts": [
                {"uid": shift.uid, "unit": shift.unit, "starts_at": format_utc_iso(shift.starts_at)}
                for shift in offboarding.open_shifts
            ],
        }
        lines.append(str(offboarding.message))
        lines += [
            str(Message("officer_to_find", unit=shift.unit, at=shift.starts_at))
            for shift in offboarding.open_shifts
        ]
    return CommandResult(data, lines)


def _describe(access: PersonAccess) -> dict[str, object]:
    return {
        "person": access.person,
        "role": access.role.value,
        "since": _format_time(access.since),
        "given_by": access.given_by,
    }


def _format_time(at: datetime | None) -> str | None:
    return format_utc_iso(at) if at is not None else None


def _write_cells(access: PersonAccess) -> tuple[str, ...]:
    cells = (
        access.person,
        access.role.value,
        access.since,
        access.given_by,
        access.until,
        access.taken_by,
    )
    return tuple(
        f"{cell:%Y-%m-%d %H:%M} UTC" if isinstance(cell, datetime) else cell or "–"
        for cell in cells
    )
