"""Show which units are on duty now: officer, status, since when, where, and the next stop."""

import argparse
from datetime import datetime
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.unit_board import UnitBoard, UnitOnBoard
from zoneplanner.cli.output import CommandResult, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.messages import Message

_HEADERS = ("Unit", "Officer", "State", "Since", "Where", "Next stop", "Until")


def run(args: argparse.Namespace) -> CommandResult:
    """List the units of the current roster, and other units that are serving."""
    with open_session_for_command(args.project, read_only=True) as session:
        board = UnitBoard(session).read(LiveIncidents(session).incidents())
        zone, sites = ZoneInfo(session.project.time_zone), session.project.sites
        formats = session.saved_project.formats

        def clock(at: datetime | None) -> str:
            if at is None:
                return "–"
            local = at.astimezone(zone)
            day = "" if local.date() == session.today else f"{formats.day(local.date())} "
            return f"{day}{formats.clock(local, seconds=True)}"

        def name(site: str | None) -> str:
            found = sites.get(site or "")
            return found.name if found else site or "–"

        rows = [
            (
                row.unit,
                ", ".join(row.officers) or "–",
                row.status.replace("_", " ") or row.state.value,
                clock(row.since),
                name(row.site),
                f"{name(row.next_site)} {clock(row.next_at)}" if row.next_at else "–",
                clock(row.until),
            )
            for row in board
        ]
    lines = [make_table(_HEADERS, rows)] if rows else [str(Message("no_unit_rostered"))]
    return CommandResult({"units": [_row_to_json(row) for row in board]}, lines)


def _row_to_json(row: UnitOnBoard) -> dict[str, object]:
    def moment(at: datetime | None) -> str | None:
        return format_utc_iso(at) if at else None

    return {
        **to_json(row, "unit officers on_duty"),
        "state": row.state.value.replace(" ", "_"),
        "status": row.status,
        "since": moment(row.since),
        **to_json(row, "incident site next_site"),
        "next_at": moment(row.next_at),
        "until": moment(row.until),
    }
