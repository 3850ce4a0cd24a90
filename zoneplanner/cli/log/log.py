"""Append one journal entry, be it a correction or a void; or show the history of a record."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from zoneinfo import ZoneInfo

from zoneplanner.app.log.corrections import log_columns
from zoneplanner.app.log.due_visits import explain_visitor_elsewhere, find_started_plan
from zoneplanner.app.log.duplicate_records import (
    OWN_MEANING,
    TYPE,
    convert_calls_to_visits,
    count_separately,
    list_duplicates,
    void_duplicates,
)
from zoneplanner.app.log.record_history import list_record_revisions
from zoneplanner.app.log.response_actions import find_own_call
from zoneplanner.app.log.stamps import describe_visit_ended_by, explain_units_outside
from zoneplanner.app.readiness.records import explain_drill_doubt
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, make_table
from zoneplanner.cli.parser import parse_key_values
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.entries import LOGGABLE_KINDS
from zoneplanner.domain.log.journal import DISPOSITIONS, JournalEntry
from zoneplanner.domain.log.office_entries import TEXT_REVIEW_RECORD
from zoneplanner.domain.log.personal_data import PRIVACY_ADVICE, find_personal_data_in_entry
from zoneplanner.domain.log.record_schema import parse_list
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    DISTRICT_WIDE,
    DUTY_PREFIX,
    PLAN_REVIEW,
    REVIEW,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import render_message

HISTORY, RECLASSIFY, DUPLICATES = "history", "reclassify", "duplicates"
_ALL = "all"
OPTION_VALUES = {
    "kinds": (*LOGGABLE_KINDS, HISTORY, RECLASSIFY, DUPLICATES),
    "dispositions": [one.lower() for one in DISPOSITIONS],
}


def run(args: argparse.Namespace) -> CommandResult:
    """Append the entry; it is kept once this returns. A history only shows what there is."""
    columns: dict[str, str] = {}
    for key, value in parse_key_values(args.columns):
        if key in columns:
            raise UserError("given_twice", key=key)
        columns[key] = value
    shows = args.kind == HISTORY or (args.kind == DUPLICATES and not columns)
    with open_session_for_command(args.project, read_only=shows) as session:
        if args.kind == HISTORY:
            return _history(session, columns)
        if args.kind == RECLASSIFY:
            return _reclassify(session, columns)
        if args.kind == DUPLICATES:
            return _settle_duplicates(session, columns)
        call = find_own_call(session, columns["void"]) if columns.get("void") else ""
        kept = log_columns(session, args.kind, columns)
        where = f" at {session.project.sites[kept.site].name}" if kept.site else ""
        doubts = find_personal_data_in_entry(kept.payload, session.project)
        planned = find_started_plan(session, kept)
        late = ""
        if kept.kind == "drill":
            late = explain_drill_doubt(session.project, kept.site or "", kept.occurred_at)
        zone = ZoneInfo(session.project.time_zone)
        outside = explain_units_outside(session, kept)
        outside += filter(None, [explain_visitor_elsewhere(session, kept)])
        stands = _describe_duty(session, kept)
        ended = describe_visit_ended_by(session, kept)
    lines = [f"Logged {kept.kind} {kept.uid}{where} as entry {kept.seq}."]
    lines += [*stands, *filter(None, [ended])]
    if kept.kind == TEXT_REVIEW_RECORD.name and not kept.payload.get("version"):
        lines.append(render_message("review_of_earlier_text", {}))
    data: dict[str, object] = {"uid": kept.uid, "seq": kept.seq}
    if call:
        data["voids_call"] = call
        lines.append(render_message("voids_own_call", {"call": call}))
    if planned is not None:
        at = planned.occurred_at.astimezone(zone)
        data["takes_up"] = kept.supersedes
        lines.append(f"It counts as the visit planned for {at:%Y-%m-%d %H:%M}.")
    if late:
        lines.append(f"{late} If it was not held then, correct it: supersedes={kept.uid}.")
    if outside or doubts:
        data["warnings"] = [*outside, *doubts]
        lines += outside
    if doubts:
        lines += [*doubts, f"{PRIVACY_ADVICE} To take it back: void={kept.uid} reason=..."]
    return CommandResult(data, lines)


def _reclassify(session: Session, columns: Mapping[str, str]) -> CommandResult:
    """Take the calls of some types as visits."""
    if list(columns) != [TYPE]:
        raise UserError("option_missing.reclassify")
    voided, visits = convert_calls_to_visits(session, parse_list(columns[TYPE]))
    said = render_message("reclassified", {"voided": voided, "visits": visits})
    return CommandResult({"voided": voided, "visits": visits}, [said])


def _settle_duplicates(session: Session, columns: Mapping[str, str]) -> CommandResult:
    """List the records that are another one again, void some, or keep some as their own."""
    if len(columns) > 1 or not columns.keys() <= {"void", OWN_MEANING}:
        raise UserError("option_missing.duplicates")
    zone = ZoneInfo(session.project.time_zone)
    if "void" in columns:
        every = columns["void"].strip().casefold() == _ALL
        done = void_duplicates(session, () if every else parse_list(columns["void"]))
        said = render_message("duplicates_voided", {"n": len(done)})
        return CommandResult({"voided": [one.uid for one in done]}, [said])
    if OWN_MEANING in columns:
        done = count_separately(session, parse_list(columns[OWN_MEANING]))
        said = render_message("duplicates_kept", {"n": len(done)})
        return CommandResult({"own": [one.uid for one in done]}, [said])
    found = list_duplicates(session)
    sites = session.project.sites
    rows = [
        (
            one.uid,
            one.kind,
            f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
            sites[one.site].name if one.site and one.site in sites else "",
            one.of,
        )
        for one in found
    ]
    data = [{**asdict(one), "at": format_utc_iso(one.at)} for one in found]
    heads = ("Record", "What", "When", "Site", "Is again")
    lines: list[OutputLine] = [make_table(heads, rows)] if rows else ["Nothing counts twice."]
    return CommandResult({"duplicates": data}, lines)


def _describe_duty(session: Session, kept: JournalEntry) -> list[str]:
    """Say where a yearly duty of the district, or the plan review of a school, stands with it."""
    if kept.kind not in (DISTRICT_REPORT, REVIEW) or "on" not in kept.payload:
        return []
    duty, site = kept.payload.get("duty"), kept.site or DISTRICT_WIDE
    kind = f"{DUTY_PREFIX}{duty}" if duty else DISTRICT_REPORT
    kind = PLAN_REVIEW if kept.kind == REVIEW else kind
    day = None if kept.kind == REVIEW else date.fromisoformat(kept.payload["on"])
    found = compute_readiness(session, day)
    return [one.detail for one in found.items if (one.kind, one.site) == (kind, site)]


def _history(session: Session, columns: Mapping[str, str]) -> CommandResult:
    """Show who logged, corrected and voided a record, and what each entry changed."""
    if list(columns) != ["uid"]:
        raise UserError("option_missing.history")
    steps = list_record_revisions(session, columns["uid"])
    if not steps:
        raise UserError("unknown_entry", uid=columns["uid"])
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
    entries = [{**asdict(one), "recorded_at": format_utc_iso(one.recorded_at)} for one in steps]
    return CommandResult({"entries": entries}, [make_table(heads, rows, right=(0,))])
