"""Append one journal entry: a visit, call, stamp, drill, review, follow-up, correction or void."""

import argparse
from zoneinfo import ZoneInfo

from zoneplanner.app.due_visits import taken_up
from zoneplanner.app.logbook import log_columns
from zoneplanner.app.response_actions import log_action
from zoneplanner.app.stamps import log_stamp
from zoneplanner.cli.answer import Answer
from zoneplanner.cli.opened import add_project, opened
from zoneplanner.domain.columns import KINDS
from zoneplanner.domain.journal import DISPOSITIONS
from zoneplanner.domain.privacy import ADVICE, warnings_of
from zoneplanner.errors import UserError

EXAMPLE = 'log district.gpkg visit site="Del Campo High" purpose=teaching'


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument(
        "columns",
        nargs="*",
        metavar="key=value",
        help="columns, as the handbook’s page Data lists them; supersedes=UID corrects, void=UID "
        f"reason=... voids. A disposition is one of {', '.join(DISPOSITIONS).lower()}, or other "
        "words.",
    )


def run(args: argparse.Namespace) -> Answer:
    """Append the entry; it is kept once this returns."""
    columns: dict[str, str] = {}
    for text in args.columns:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise UserError(f"“{text}” is not key=value; write it like site=34674473432051.")
        if key in columns:
            raise UserError(f"“{key}” is given twice; give it once.")
        columns[key] = value
    with opened(args.project) as session:
        if args.kind == "stamp":
            kept = log_stamp(session, columns)
        elif args.kind == "action":
            kept = log_action(session, columns)
        else:
            kept = log_columns(session, args.kind, columns)
        where = f" at {session.project.sites[kept.site].name}" if kept.site else ""
        doubts = warnings_of(kept.payload, session.project)
        planned = taken_up(session, kept)
        zone = ZoneInfo(session.project.time_zone)
    lines = [f"Logged {kept.kind} {kept.uid}{where} as entry {kept.seq}."]
    data: dict[str, object] = {"uid": kept.uid, "seq": kept.seq}
    if planned is not None:
        at = planned.occurred_at.astimezone(zone)
        data["takes_up"] = kept.supersedes
        lines.append(f"It takes up the visit planned for {at:%Y-%m-%d %H:%M}.")
    if doubts:
        data["warnings"] = list(doubts)
        lines += [*doubts, f"{ADVICE} To take it back: void={kept.uid} reason=..."]
    return Answer(data, lines)
