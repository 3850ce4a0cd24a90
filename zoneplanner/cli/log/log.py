"""Log a record, correct or void one, or show the history of a record."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from zoneinfo import ZoneInfo

from zoneplanner.app.log.corrections import log_record_from_columns
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
from zoneplanner.messages import Message, say_all

HISTORY, RECLASSIFY, DUPLICATES = "history", "reclassify", "duplicates"
_ALL = "all"
OPTION_VALUES = {
    "kinds": (*LOGGABLE_KINDS, HISTORY, RECLASSIFY, DUPLICATES),
    "dispositions": [one.lower() for one in DISPOSITIONS],
}


def run(args: argparse.Namespace) -> CommandResult:
    """Log the entry, which is saved when this returns; a history is only shown."""
    columns: dict[str, str] = {}
    for key, value in parse_key_values(args.columns):
        if key in columns:
            raise UserError("given_twice", key=key)
        columns[key] = value
    is_read_only = args.kind == HISTORY or (args.kind == DUPLICATES and not columns)
    with open_session_for_command(args.project, read_only=is_read_only) as session:
        if args.kind == HISTORY:
            return _show_history(session, columns)
        if args.kind == RECLASSIFY:
            return _reclassify(session, columns)
        if args.kind == DUPLICATES:
            return _settle_duplicates(session, columns)
        call = find_own_call(session, columns["void"]) if columns.get("void") else ""
        entry = log_record_from_columns(session, args.kind, columns)
        where = f" at {session.project.sites[entry.site].name}" if entry.site else ""
        doubts = [*map(str, find_personal_data_in_entry(entry.payload, session.project))]
        planned = find_started_plan(session, entry)
        doubt = None
        if entry.kind == "drill":
            doubt = explain_drill_doubt(session.project, entry.site or "", entry.occurred_at)
        zone = ZoneInfo(session.project.time_zone)
        outside = explain_units_outside(session, entry)
        outside += filter(None, [explain_visitor_elsewhere(session, entry)])
        duty_lines = _describe_duty(session, entry)
        ended = describe_visit_ended_by(session, entry)
    lines = [f"Logged {entry.kind} {entry.uid}{where} as entry {entry.seq}."]
    lines += [*duty_lines, *filter(None, [ended])]
    if entry.kind == TEXT_REVIEW_RECORD.name and not entry.payload.get("version"):
        lines.append(str(Message("review_of_earlier_text")))
    data: dict[str, object] = {"uid": entry.uid, "seq": entry.seq}
    if call:
        data["voids_call"] = call
        lines.append(str(Message("voids_own_call", call=call)))
    if planned is not None:
        moment = planned.occurred_at.astimezone(zone)
        data["takes_up"] = entry.supersedes
        lines.append(f"It counts as the visit planned for {moment:%Y-%m-%d %H:%M}.")
    if doubt is not None:
        lines.append(f"{doubt} If it was not held then, correct it: supersedes={entry.uid}.")
    if outside or doubts:
        data["warnings"] = [*outside, *doubts]
        lines += outside
    if doubts:
        lines += [*doubts, f"{PRIVACY_ADVICE} To take it back: void={entry.uid} reason=..."]
    return CommandResult(data, lines)


def _reclassify(session: Session, columns: Mapping[str, str]) -> CommandResult:
    """Convert the calls of some types to visits."""
    if list(columns) != [TYPE]:
        raise UserError("option_missing.reclassify")
    voided, visits = convert_calls_to_visits(session, parse_list(columns[TYPE]))
    summary = str(Message("reclassified", voided=voided, visits=visits))
    return CommandResult({"voided": voided, "visits": visits}, [summary])


def _settle_duplicates(session: Session, columns: Mapping[str, str]) -> CommandResult:
    """List duplicate records, void some, or record that some are not duplicates."""
    if len(columns) > 1 or not columns.keys() <= {"void", OWN_MEANING}:
        raise UserError("option_missing.duplicates")
    zone = ZoneInfo(session.project.time_zone)
    if "void" in columns:
        is_all = columns["void"].strip().casefold() == _ALL
        settled = void_duplicates(session, () if is_all else parse_list(columns["void"]))
        summary = str(Message("duplicates_voided", n=len(settled)))
        return CommandResult({"voided": [record.uid for record in settled]}, [summary])
    if OWN_MEANING in columns:
        settled = count_separately(session, parse_list(columns[OWN_MEANING]))
        summary = str(Message("duplicates_kept", n=len(settled)))
        return CommandResult({"own": [record.uid for record in settled]}, [summary])
    duplicates = list_duplicates(session)
    sites = session.project.sites
    rows = [
        (
            record.uid,
            record.kind,
            f"{record.at.astimezone(zone):%Y-%m-%d %H:%M}",
            sites[record.site].name if record.site and record.site in sites else "",
            record.of,
        )
        for record in duplicates
    ]
    data = [{**asdict(record), "at": format_utc_iso(record.at)} for record in duplicates]
    headers = ("Record", "What", "When", "Site", "Duplicate of")
    nothing = "No record is counted twice."
    lines: list[OutputLine] = [make_table(headers, rows) if rows else nothing]
    return CommandResult({"duplicates": data}, lines)


def _describe_duty(session: Session, entry: JournalEntry) -> list[str]:
    """Describe the status of the yearly duty or the plan review that an entry is about."""
    if entry.kind not in (DISTRICT_REPORT, REVIEW) or "on" not in entry.payload:
        return []
    duty, site = entry.payload.get("duty"), entry.site or DISTRICT_WIDE
    kind = f"{DUTY_PREFIX}{duty}" if duty else DISTRICT_REPORT
    kind = PLAN_REVIEW if entry.kind == REVIEW else kind
    day = None if entry.kind == REVIEW else date.fromisoformat(entry.payload["on"])
    readiness = compute_readiness(session, day)
    items = (item for item in readiness.items if (item.kind, item.site) == (kind, site))
    return [say_all(item.messages) for item in items]


def _show_history(session: Session, columns: Mapping[str, str]) -> CommandResult:
    """Show who logged, corrected and voided a record, and what each entry changed."""
    if list(columns) != ["uid"]:
        raise UserError("option_missing.history")
    steps = list_record_revisions(session, columns["uid"])
    if not steps:
        raise UserError("unknown_entry", uid=columns["uid"])
    zone = ZoneInfo(session.project.time_zone)
    rows = [
        (
            f"{step.seq:,}",
            step.what,
            f"{step.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}",
            f"{step.actor}, {step.desk}",
            "; ".join(step.changes),
        )
        for step in steps
    ]
    headers = ("Entry", "What", "Recorded", "By", "Changes")
    entries = [{**asdict(step), "recorded_at": format_utc_iso(step.recorded_at)} for step in steps]
    return CommandResult({"entries": entries}, [make_table(headers, rows, right=(0,))])
