"""Correct, void and restore records of any kind, including stamps and response actions.

A correction is an entry that changes the given columns and carries everything else over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.call_words import spell_incident_type
from zoneplanner.app.log.dispatch import INCIDENT_ENTRY_KINDS
from zoneplanner.app.log.logbook import (
    check_against_project,
    check_unit_id,
    copy_entry,
    find_incident,
    log_record,
)
from zoneplanner.app.log.response_actions import list_active_actions, log_response_action
from zoneplanner.app.log.stamps import (
    STAMP_NAMES,
    StampKey,
    list_cleared_together,
    log_stamp,
    map_live_stamps,
    void_clears,
)
from zoneplanner.app.readiness.records import RECORD_LINKS, check_duty, find_linked_record
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.entries import (
    RECORD_KINDS,
    build_stamp_entry,
    build_void_entry,
    read_incidents,
    summarize_stamps,
)
from zoneplanner.domain.log.journal import (
    INCIDENT_STAMPS,
    Incident,
    JournalEntry,
    NewEntry,
    check_stamp_order,
    derive_current_entries,
    map_record_uids,
)
from zoneplanner.domain.log.office_entries import COMMAND_RECORD
from zoneplanner.domain.log.record_schema import (
    TIME_FIELD,
    LogMoment,
    RecordKind,
    build_entry,
    format_choice,
    read_record,
)
from zoneplanner.domain.readiness.requirements import DISTRICT_REPORT
from zoneplanner.domain.roster.hours import name_officer
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, join_names

_STAMP_REMOVED = "Removed by a correction of the incident"


def correct_record(
    session: Session, kind: str, uid: str, touched: Mapping[str, str]
) -> JournalEntry | None:
    """Log a correction of a record, given the changed columns as text.

    An empty string clears its column. If nothing would change, nothing is logged and None returned.

    Raises
    ------
    UserError
        There is no such record, or a column or the whole record would be invalid.
    """
    entry = _build_correction(session, kind, uid, touched)
    return None if entry is None else session.log(entry)


def correct_incident(
    session: Session, uid: str, touched: Mapping[str, str], stamps: Mapping[StampKey, str]
) -> Sequence[JournalEntry]:
    """Log a correction of an incident and of its units' live stamps, all or none.

    ``stamps`` are the changed times by unit and name; an empty string removes a stamp.

    Raises
    ------
    UserError
        As for ``correct_record``, or two times of a unit would be out of order.
    """
    entry = _build_correction(session, "incident", uid, touched)
    new = [] if entry is None else [entry]
    new += _build_stamp_corrections(session, uid, stamps)
    if not new:
        return ()
    _read_corrected_incident(session, uid, new)
    return session.log_many(new)


def log_incident_correction(session: Session, columns: Mapping[str, str]) -> JournalEntry:
    """Log a correction of an incident given as columns of strings, and of its units' stamps.

    If a changed time of the incident comes from a unit's stamp, that stamp is corrected too, or
    removed by an empty string. The incident then has the first time of its remaining units or, for
    ``cleared_at``, the last.

    Raises
    ------
    UserError
        As for ``log_record``, or two times of a unit would be out of order.
    """
    times = {name: columns[name] for name in INCIDENT_STAMPS[1:] if name in columns}
    journal = session.store.entries(kinds=INCIDENT_ENTRY_KINDS) if times else []
    root = map_record_uids(journal).get(columns["supersedes"])
    call = next((call for call in read_incidents(journal) if call.uid == root), None)
    if call is None or not call.by_unit:
        return log_record(session, "incident", columns)
    stamps = {
        (unit.unit, name): text
        for name, text in times.items()
        for unit in call.by_unit
        if getattr(call, name) is not None and getattr(unit, name) == getattr(call, name)
    }
    new = _build_stamp_corrections(session, call.uid, stamps)
    corrected = _read_corrected_incident(session, call.uid, new)
    blank: dict[str, Any] = dict.fromkeys(name for _, name in stamps)
    summary = summarize_stamps(replace(call, by_unit=(), **blank), corrected.by_unit)
    new_times = {
        name: format_utc_iso(at) if (at := getattr(summary, name)) is not None else ""
        for _, name in stamps
    }
    return log_record(session, "incident", {**columns, **new_times}, also=new)


def read_record_without_stamps(session: Session, kind: str, uid: str) -> Any:
    """Return a record from its own entries, without the live stamps of an incident."""
    root, entry = _find_current_entry(session, kind, uid)
    return read_record(RECORD_KINDS[kind], root, entry)


def _build_correction(
    session: Session, kind: str, uid: str, touched: Mapping[str, str]
) -> NewEntry | None:
    root, entry = _find_current_entry(session, kind, uid)
    record_kind = RECORD_KINDS[kind]
    when = LogMoment(session.clock(), session.saved_project.time_zone)
    new = build_entry(
        record_kind,
        uid=new_uid(),
        time_zone=when.time_zone,
        now=when.now,
        corrects=read_record(record_kind, root, entry),
        **_read_columns(session, record_kind, touched, when),
    )
    check_against_project(session, replace(new, supersedes=root))
    return _carry_over(record_kind, root, entry, new)


def _read_columns(
    session: Session, kind: RecordKind[Any], touched: Mapping[str, str], when: LogMoment
) -> dict[str, Any]:
    """Read the changed columns; an empty one gets its field's blank value."""
    values = {}
    for name, text in touched.items():
        field, stripped = kind.fields[name], text.strip()
        values[name] = field.read(stripped, name, when) if stripped else field.blank
    if (link := RECORD_LINKS.get(kind.name)) and (linked := values.get(link.column)):
        values[link.column] = find_linked_record(session.store, kind.name, linked).uid
    if kind.name == DISTRICT_REPORT:
        check_duty(touched, load_project_rules(session.saved_project))
    if values.get("site"):
        values["site"] = session.saved_project.site(values["site"]).id
    for unit in filter(None, (values.get("unit"), *values.get("units", ()))):
        check_unit_id(session.saved_project, unit)
    return values


def _carry_over(
    kind: RecordKind[Any], root: str, entry: NewEntry, new: NewEntry
) -> NewEntry | None:
    """Copy unchanged columns from the current entry to its correction, or return None if all are.

    Copying preserves columns that this version of the program does not know.
    """
    before, after = (read_record(kind, root, version) for version in (entry, new))
    changed = {name for name in kind.fields if getattr(before, name) != getattr(after, name)}
    if not changed:
        return None
    payload = {name: value for name, value in entry.payload.items() if name not in changed}
    payload |= {name: value for name, value in new.payload.items() if name in changed}
    unit = new.unit if changed & {"unit", "units"} else entry.unit
    return replace(new, payload=payload, unit=unit, supersedes=root)


def _find_current_entry(session: Session, kind: str, uid: str) -> tuple[str, NewEntry]:
    for root, entry in derive_current_entries(session.store.record(uid)).items():
        if entry.kind == kind:
            return root, entry
    raise UserError("unknown_entry.correction", kind=kind, uid=uid)


def _build_stamp_corrections(
    session: Session, uid: str, stamps: Mapping[StampKey, str]
) -> list[NewEntry]:
    if not stamps:
        return []
    now, zone = session.clock(), session.saved_project.time_zone
    journal = session.store.entries(kinds=INCIDENT_ENTRY_KINDS)
    incident = map_record_uids(journal).get(uid, uid)
    known_stamps = map_live_stamps(journal, incident)
    new: list[NewEntry] = []
    for (unit, name), text in stamps.items():
        known_uid, known_at = known_stamps.get((unit, name), (None, None))
        if text.strip():
            at = TIME_FIELD.read(text.strip(), name, LogMoment(now, zone))
            if at != known_at:
                new.append(
                    build_stamp_entry(
                        uid=new_uid(),
                        incident=incident,
                        unit=check_unit_id(session.saved_project, unit),
                        name=name,
                        at=at,
                        time_zone=zone,
                        now=now,
                        supersedes=known_uid,
                    )
                )
        elif known_uid is not None:
            new.append(
                build_void_entry(uid=new_uid(), voids=known_uid, reason=_STAMP_REMOVED, now=now)
            )
    return new


def _read_corrected_incident(session: Session, uid: str, new: Sequence[NewEntry]) -> Incident:
    """Return an incident with new entries; reject two times of a unit that are out of order."""
    journal = session.store.entries(kinds=INCIDENT_ENTRY_KINDS)
    root = map_record_uids(journal).get(uid, uid)
    incident = next(call for call in read_incidents([*journal, *new]) if call.uid == root)
    for stamps in incident.by_unit:
        times = {name: getattr(stamps, name) for name in INCIDENT_STAMPS[1:]}
        try:
            check_stamp_order({INCIDENT_STAMPS[0]: incident.received_at, **times}, session.clock())
        except UserError as error:
            raise UserError(
                "times_of_unit", error.details, unit=stamps.unit, problem=error.to_message()
            ) from error
    return incident


VOID = "Void"
TAKEN_BACK = "Taken back right after it was logged"
"""The default reason of an entry voided by undo."""
VOID_REASONS = (
    "Logged twice",
    "Wrong school",
    "Wrong time",
    "Wrong unit",
    "Did not happen",
    "Entered for practice",
)


def void_record(session: Session, uid: str, *, reason: str) -> JournalEntry:
    """Void the record that an entry belongs to; its entries stay in the log but do not count.

    Voiding a response action also voids the call that it opened, if that is still open.

    Raises
    ------
    UserError
        There is no such record, or no reason.
    """
    record = session.store.record(uid)
    if not record:
        raise UserError("unknown_entry.void", uid=uid)
    columns = {"void": uid, "reason": reason}
    if record[0].kind == "action":
        return log_response_action(session, columns)
    if record[0].kind == "stamp":
        return log_stamp(session, columns)
    if record[0].kind not in RECORD_KINDS:  # a hold, a request
        void = build_void_entry(uid=new_uid(), voids=uid, reason=reason, now=session.clock())
        return session.log(void)
    return log_record(session, record[0].kind, columns)


def bring_back_record(session: Session, uid: str) -> JournalEntry:
    """Restore a voided record.

    Raises
    ------
    UserError
        It is not voided.
    """
    record = session.store.record(uid)
    if len(record) < 2 or record[-1].kind != "void":
        raise UserError("not_voided", uid=uid)
    return session.log(copy_entry(record[-2], supersedes=record[-1].uid))


def take_back_entry(
    session: Session, entry: JournalEntry, *, reason: str = TAKEN_BACK
) -> JournalEntry:
    """Undo an entry of this desk: void a first entry, or restore what was before a correction.

    Clears that were logged in one step are undone together. ``reason`` is for a voided entry.

    Raises
    ------
    UserError
        The entry cannot be undone; see ``explain_no_take_back``.
    """
    problem = explain_no_take_back(session, entry)
    if problem is not None:
        raise UserError(problem)
    together = list_cleared_together(session, entry)
    if len(together) > 1:
        return void_clears(session, together, reason)
    before = find_previous_entry(session, entry)
    if before is not None and before.kind != "void":
        undone = session.log(copy_entry(before, supersedes=entry.uid))
    else:
        void_reason = str(before.payload.get("reason", TAKEN_BACK)) if before else reason
        undone = void_record(session, entry.uid, reason=void_reason)
    session.drop_own_entries((entry.uid, undone.uid))
    return undone


def explain_no_take_back(session: Session, entry: JournalEntry) -> Message | None:
    """Return why an entry cannot be undone, or None.

    Response actions and the calls of active ones are ended in the console instead.
    """
    record = session.store.record(entry.uid)
    if record[0].kind == "action":
        return Message("stays.action", entry=name_entry(session, record[0]))
    if record[-1].uid != entry.uid:
        return Message("stays.changed", entry=name_entry(session, entry))
    if record[0].kind == "incident" and _is_call_of_action(session, record[0]):
        return Message("stays.call_of_action", entry=name_entry(session, record[0]))
    return None


def describe_take_back(session: Session, entry: JournalEntry) -> Message:
    """Return what undoing an entry does, as a title: “Void: Visit to Del Campo High, 10:42”."""
    before = find_previous_entry(session, entry)
    if before is None or entry.kind == "void":
        together = list_cleared_together(session, before or entry)
        codes = {"stamp": "take_back.stamp", "void": "take_back.void"}
        code = codes.get(entry.kind, "take_back.record")
        return Message(code, entry=name_stamps(session, together))
    if entry.payload.get("disposition") and not before.payload.get("disposition"):
        change = "closing"
    else:
        change = "end" if _adds_departure(entry, before) else "correction"
    return Message(f"take_back.{change}", entry=name_entry(session, before))


def choose_take_back_verb(entry: JournalEntry) -> str:
    """Return the text of a button that undoes an entry: Void, Bring back or Take back."""
    if entry.supersedes is None:
        return "Take back" if entry.kind == "stamp" else VOID
    return "Bring back" if entry.kind == "void" else "Take back"


def ends_visit(session: Session, entry: JournalEntry) -> bool:
    """Whether an entry adds the departure to a visit."""
    before = find_previous_entry(session, entry)
    return before is not None and _adds_departure(entry, before)


def _adds_departure(entry: JournalEntry, before: JournalEntry) -> bool:
    return "departed_at" in entry.payload and "departed_at" not in before.payload


_HOURS_NAMES = {"hours": "Hours", "approval": "Approval of the hours"}


def name_entry(session: Session, entry: NewEntry) -> str:
    """Return the name of an entry by kind, place and time: “Visit to Del Campo High, 10:42”.

    The time of an earlier day has its day.
    An incident is named by its type, since two may come in at one school within a minute.
    """
    site = session.saved_project.sites.get(entry.site or "")
    if entry.kind in _HOURS_NAMES:
        officer = name_officer(session.saved_project, str(entry.payload.get("officer", "")))
        day = session.formats.day(session.day_of(entry.occurred_at))
        return f"{_HOURS_NAMES[entry.kind]} of {officer}, {day}"
    if entry.kind == "stamp":
        name = str(entry.payload["name"]).removesuffix("_at")
        what = f"{entry.unit} {STAMP_NAMES[f'{name}_at'].lower()}"
        if call := name_call(session, str(entry.payload["incident"])):
            what += f": {call}"
    elif entry.kind == "action":
        what = str(entry.payload["action"]).capitalize()
    elif entry.kind == COMMAND_RECORD.name and entry.payload.get("told"):
        what = format_choice(str(entry.payload["told"]))
    elif entry.kind == "incident" and entry.payload.get("type"):
        what = spell_incident_type(str(entry.payload["type"]))
    else:
        what = session.rewrite(entry.kind.replace("_", " ").capitalize())
    preposition = "to" if entry.kind == "visit" else "at"
    where = f" {preposition} {site.name}" if site is not None else ""
    zone = ZoneInfo(session.saved_project.time_zone)
    at, now = entry.occurred_at.astimezone(zone), session.clock().astimezone(zone)
    return f"{what}{where}, {session.formats.recent_moment(at, now)}"


def name_stamps(session: Session, together: Sequence[JournalEntry]) -> str:
    """Return one name for stamps of several units: “S1 and S2 cleared: Fight at Del Campo High”."""
    if len(together) == 1:
        return name_entry(session, together[0])
    units = join_names(stamp.unit for stamp in together)
    return name_entry(session, replace(together[-1], unit=units))


def name_call(session: Session, uid: str) -> str:
    """Return a call's name, as in “Fight at Del Campo High”, or "" if it is voided."""
    calls = read_incidents(session.store.record(uid))
    if not calls:
        return ""
    site = session.saved_project.sites.get(calls[0].site or "")
    return f"{spell_incident_type(calls[0].type)}{f' at {site.name}' if site else ''}"


def describe_active_record(session: Session, uid: str) -> Message | None:
    """Return a note that an entry's response action or incident is not over, or None."""
    record = session.store.record(uid)
    if record and record[0].kind == "action":
        for action in list_active_actions(session):
            if action.uid == record[0].uid:
                return Message("record_active.action", action=action.action)
    if record and record[0].kind == "incident":
        call = find_incident(session, record[0].uid)
        return Message("record_active.call") if call is not None and call.is_open else None
    return None


def find_previous_entry(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the entry before another one of the same record, or None for the first."""
    record = session.store.record(entry.supersedes) if entry.supersedes else []
    index = next((index for index, one in enumerate(record) if one.uid == entry.uid), 0)
    return record[index - 1] if index else None


def _is_call_of_action(session: Session, entry: JournalEntry) -> bool:
    """Whether an entry is an open call at a school with an active response action."""
    if not any(action.site == entry.site for action in list_active_actions(session)):
        return False
    call = find_incident(session, entry.uid)
    return call is not None and call.is_open


def log_record_from_columns(
    session: Session, kind: str, columns: Mapping[str, str]
) -> JournalEntry:
    """Log a record of any kind given as columns of strings; see ``log_record`` for errors."""
    if kind == "stamp":
        return log_stamp(session, columns)
    if kind == "action":
        return log_response_action(session, columns)
    if kind == "incident" and columns.get("supersedes"):
        return log_incident_correction(session, columns)
    return log_record(session, kind, columns)
