"""Append one journal entry, be it a correction or a void; or show the history of a record."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from zoneinfo import ZoneInfo

from zoneplanner.app.due_visits import taken_up
from zoneplanner.app.logbook import log_columns
from zoneplanner.app.readiness_log import drill_doubt
from zoneplanner.app.record_history import record_history
from zoneplanner.app.response_actions import log_action
from zoneplanner.app.session import Session
from zoneplanner.app.stamps import log_stamp
from zoneplanner.cli.answer import Answer, table
from zoneplanner.cli.opened import add_project, opened
from zoneplanner.domain.clock import utc_text
from zoneplanner.domain.columns import KINDS
from zoneplanner.domain.journal import DISPOSITIONS
from zoneplanner.domain.privacy import ADVICE, warnings_of
from zoneplanner.errors import UserError

HISTORY = "history"
EXAMPLE = 'log district.gpkg visit site="Del Campo High" purpose=teaching'


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument(
        "kind",
        choices=(*KINDS, HISTORY),
        help=f"what is logged; {HISTORY} uid=UID shows every entry of a record instead",
    )
    parser.add_argument(
        "columns",
        nargs="*",
        metavar="key=value",
        help="columns, as the handbook’s page Data lists them; supersedes=UID corrects, void=UID "
        f"reason=... voids. A disposition is one of {', '.join(DISPOSITIONS).lower()}, or other "
        "words.",
    )


def run(args: argparse.Namespace) -> Answer:
    """Append the entry; it is kept once this returns. A history only shows what there is."""
    columns: dict[str, str] = {}
    for text in args.columns:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise UserError(
                f"“{text}” is not key=value; write it like site=34674473432051.",
                {"text": text},
                code="not_key_value",
            )
        if key in columns:
            raise UserError(
                f"“{key}” is given twice; give it once.", {"key": key}, code="given_twice"
            )
        columns[key] = value
    with opened(args.project, read_only=args.kind == HISTORY) as session:
        if args.kind == HISTORY:
            return _history(session, columns)
        if args.kind == "stamp":
            kept = log_stamp(session, columns)
        elif args.kind == "action":
            kept = log_action(session, columns)
        else:
            kept = log_columns(session, args.kind, columns)
        where = f" at {session.project.sites[kept.site].name}" if kept.site else ""
        doubts = warnings_of(kept.payload, session.project)
        planned = taken_up(session, kept)
        late = ""
        if kept.kind == "drill":
            late = drill_doubt(session.project, kept.site or "", kept.occurred_at)
        zone = ZoneInfo(session.project.time_zone)
    lines = [f"Logged {kept.kind} {kept.uid}{where} as entry {kept.seq}."]
    data: dict[str, object] = {"uid": kept.uid, "seq": kept.seq}
    if planned is not None:
        at = planned.occurred_at.astimezone(zone)
        data["takes_up"] = kept.supersedes
        lines.append(f"It takes up the visit planned for {at:%Y-%m-%d %H:%M}.")
    if late:
        lines.append(f"{late} If it was not held then, correct it: supersedes={kept.uid}.")
    if doubts:
        data["warnings"] = list(doubts)
        lines += [*doubts, f"{ADVICE} To take it back: void={kept.uid} reason=..."]
    return Answer(data, lines)


def _history(session: Session, columns: Mapping[str, str]) -> Answer:
    """Show who logged, corrected and voided a record, and what each entry changed."""
    if list(columns) != ["uid"]:
        raise UserError(f"Say whose history: {HISTORY} uid=UID, the uid of any of its entries.")
    steps = record_history(session, columns["uid"])
    if not steps:
        raise UserError(
            f"There is no entry “{columns['uid']}” in the journal.",
            {"uid": columns["uid"]},
            code="unknown_entry",
        )
    zone = ZoneInfo(session.project.time_zone)
    rows = [
        (
            f"{one.seq:,}",
            one.what,
            f"{one.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}",
            f"{one.actor}, {one.desk}",
            "; ".join(one.changes),
        )
        for one in steps
    ]
    heads = ("Entry", "What", "Recorded", "By", "Changes")
    told = [{**asdict(one), "recorded_at": utc_text(one.recorded_at)} for one in steps]
    return Answer({"entries": told}, [table(heads, rows, right=(0,))])
