"""Correct a record: an entry that writes what was touched and carries all else over as it stood.

One door for a record of any kind, a stamp and a response action among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.call_words import spell_incident_type
from zoneplanner.app.log.logbook import check_against_project, check_unit_id, log_record
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
    UnitStamps,
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
from zoneplanner.messages import join_names, render_message

_TAKEN_OUT = "Removed by a correction of the incident"


def correct_record(
    session: Session, kind: str, uid: str, touched: Mapping[str, str]
) -> JournalEntry | None:
    """Log a correction of a record from the columns that were touched, as text.

    An empty text clears its column. Where nothing changes nothing is logged and None comes back.

    Raises
    ------
    UserError
        There is no such record, a column makes no sense, or the record would make none.
    """
    entry = _correction(session, kind, uid, touched)
    return None if entry is None else session.log(entry)


def correct_incident(
    session: Session, uid: str, touched: Mapping[str, str], stamps: Mapping[StampKey, str]
) -> Sequence[JournalEntry]:
    """Log a correction of an incident and of its units' live stamps: all of it or nothing.

    ``stamps`` are those that were touched, by unit and name; an empty text takes one out.

    Raises
    ------
    UserError
        As ``correct_record``, or a unit's times would go backwards; the pair is named.
    """
    entry = _correction(session, "incident", uid, touched)
    new = [] if entry is None else [entry]
    new += _stamp_corrections(session, uid, stamps)
    if not new:
        return ()
    _check_units(session, uid, new)
    return session.log_many(new)


def log_incident_correction(session: Session, columns: Mapping[str, str]) -> JournalEntry:
    """Log a correction of an incident given as columns of text, and of the unit whose times it has.

    Where a unit stamped the call's own arrival that stamp is corrected too, or taken out by an
    empty text, and the call has the first of its units then; of the clears it has the last.

    Raises
    ------
    UserError
        As ``log_record``, or a unit's times would go backwards.
    """
    touched = {name: columns[name] for name in INCIDENT_STAMPS[1:] if name in columns}
    journal = session.store.entries(kinds=_CALL_KINDS) if touched else []
    root = map_record_uids(journal).get(columns["supersedes"])
    call = next((one for one in read_incidents(journal) if one.uid == root), None)
    if call is None or not call.by_unit:
        return log_record(session, "incident", columns)
    stamps = {
        (one.unit, name): text
        for name, text in touched.items()
        for one in call.by_unit
        if getattr(call, name) is not None and getattr(one, name) == getattr(call, name)
    }
    new = _stamp_corrections(session, call.uid, stamps)
    _check_units(session, call.uid, new)
    blank: dict[str, Any] = dict.fromkeys(name for _, name in stamps)
    bare = replace(call, by_unit=(), **blank)
    units = next(one.by_unit for one in read_incidents([*journal, *new]) if one.uid == root)
    own = summarize_stamps(bare, units)
    said = {
        name: format_utc_iso(at) if (at := getattr(own, name)) is not None else ""
        for _, name in stamps
    }
    return log_record(session, "incident", {**columns, **said}, also=new)


def read_record_without_stamps(session: Session, kind: str, uid: str) -> Any:
    """Return a record as its own entries say it, without the live stamps of an incident."""
    root, entry = _find_current_entry(session, kind, uid)
    return read_record(RECORD_KINDS[kind], root, entry)


def _correction(
    session: Session, kind: str, uid: str, touched: Mapping[str, str]
) -> NewEntry | None:
    root, entry = _find_current_entry(session, kind, uid)
    described = RECORD_KINDS[kind]
    before = read_record(described, root, entry)
    when = LogMoment(session.clock(), session.saved_project.time_zone)
    new = build_entry(
        described,
        uid=new_uid(),
        time_zone=when.time_zone,
        now=when.now,
        corrects=before,
        **_read_columns(session, described, touched, when),
    )
    check_against_project(session, replace(new, supersedes=root))
    return _carry_over(described, root, entry, new)


def _read_columns(
    session: Session, kind: RecordKind[Any], touched: Mapping[str, str], when: LogMoment
) -> dict[str, Any]:
    """Read the columns that were touched; an empty one has its field's blank value."""
    said = {}
    for name, text in touched.items():
        field, given = kind.fields[name], text.strip()
        said[name] = field.read(given, name, when) if given else field.blank
    if (link := RECORD_LINKS.get(kind.name)) and (named := said.get(link.column)):
        said[link.column] = find_linked_record(session.store, kind.name, named).uid
    if kind.name == DISTRICT_REPORT:
        check_duty(touched, load_project_rules(session.saved_project))
    if said.get("site"):
        said["site"] = session.saved_project.site(said["site"]).id
    for name in (said.get("unit"), *said.get("units", ())):
        if name:
            check_unit_id(session.saved_project, name)
    return said


def _carry_over(
    kind: RecordKind[Any], root: str, entry: NewEntry, new: NewEntry
) -> NewEntry | None:
    """Give a correction what stood before wherever it says the same; None where all is the same."""
    before, after = (read_record(kind, root, one) for one in (entry, new))
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


def _stamp_corrections(
    session: Session, uid: str, stamps: Mapping[StampKey, str]
) -> list[NewEntry]:
    if not stamps:
        return []
    now, zone = session.clock(), session.saved_project.time_zone
    journal = session.store.entries(kinds=("incident", "stamp", "void"))
    incident = map_record_uids(journal).get(uid, uid)
    made = map_live_stamps(journal, incident)
    found: list[NewEntry] = []
    for (unit, name), text in stamps.items():
        known = made.get((unit, name))
        if not text.strip():
            if known is not None:
                void = build_void_entry(uid=new_uid(), voids=known[0], reason=_TAKEN_OUT, now=now)
                found.append(void)
            continue
        at = TIME_FIELD.read(text.strip(), name, LogMoment(now, zone))
        if known is None or known[1] != at:
            found.append(
                build_stamp_entry(
                    uid=new_uid(),
                    incident=incident,
                    unit=check_unit_id(session.saved_project, unit),
                    name=name,
                    at=at,
                    time_zone=zone,
                    now=now,
                    supersedes=None if known is None else known[0],
                )
            )
    return found


def _check_units(session: Session, uid: str, new: Sequence[NewEntry]) -> None:
    """Refuse times of a unit that would go backwards."""
    journal = session.store.entries(kinds=("incident", "stamp", "void"))
    root = map_record_uids(journal).get(uid, uid)
    after = next(one for one in read_incidents([*journal, *new]) if one.uid == root)
    for stamps in after.by_unit:
        _check_unit_order(after, stamps, session.clock())


def _check_unit_order(incident: Incident, stamps: UnitStamps, now: datetime) -> None:
    """Refuse the times of one unit on an incident where they go backwards; the pair is named."""
    times = {name: getattr(stamps, name) for name in INCIDENT_STAMPS[1:]}
    try:
        check_stamp_order({INCIDENT_STAMPS[0]: incident.received_at, **times}, now)
    except UserError as error:
        raise UserError(
            "times_of_unit", error.details, unit=stamps.unit, problem=error.message
        ) from error


VOID = "Void"
"""What is said of taking a first entry back."""
TAKEN_BACK = "Taken back right after it was logged"
"""Why an entry is voided by undo where nobody says another reason."""
VOID_REASONS = (
    "Logged twice",
    "Wrong school",
    "Wrong time",
    "Wrong unit",
    "Did not happen",
    "Entered for practice",
)
_CALL_KINDS = ("incident", "stamp", "void")


def void_record(session: Session, uid: str, *, reason: str) -> JournalEntry:
    """Void the record that an entry belongs to; its entries are kept and no longer counted.

    An action that was begun by mistake takes the open call with it that it opened.

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
    """Log a record that was voided as it stood before.

    Raises
    ------
    UserError
        It is not voided.
    """
    record = session.store.record(uid)
    if len(record) < 2 or record[-1].kind != "void":
        raise UserError("not_voided", uid=uid)
    return _log_as_before(session, record[-2], record[-1])


def _log_as_before(session: Session, before: JournalEntry, last: JournalEntry) -> JournalEntry:
    where = (before.kind, before.site, before.unit, before.occurred_at)
    return session.log(NewEntry(new_uid(), *where, before.payload, supersedes=last.uid))


def take_back_entry(
    session: Session, entry: JournalEntry, *, reason: str = TAKEN_BACK
) -> JournalEntry:
    """Take back an entry of this desk: a first entry is voided, a correction says what was before.

    Clears that were logged in one step go together. ``reason`` says why a first entry is voided.

    Raises
    ------
    UserError
        It may not be taken back; see ``explain_no_take_back``.
    """
    why_not = explain_no_take_back(session, entry)
    if why_not:
        raise UserError(why_not)
    together = list_cleared_together(session, entry)
    if len(together) > 1:
        return void_clears(session, together, reason)
    before = find_previous_entry(session, entry)
    if before is None or before.kind == "void":
        why = str(before.payload.get("reason", TAKEN_BACK)) if before else reason
        made = void_record(session, entry.uid, reason=why)
    else:
        made = _log_as_before(session, before, entry)
    session.drop_own_entries((entry.uid, made.uid))
    return made


def explain_no_take_back(session: Session, entry: JournalEntry) -> str:
    """Say why an entry is not taken back by undo; an empty text where it is.

    What is called at a school, and the call of it, stays until somebody ends it in the console.
    """
    record = session.store.record(entry.uid)
    why, named = "", record[0]
    if named.kind == "action":
        why = "stays.action"
    elif record[-1].uid != entry.uid:
        why, named = "stays.changed", entry
    elif named.kind == "incident" and _is_call_of_action(session, named):
        why = "stays.call_of_action"
    return render_message(why, {"entry": name_entry(session, named)}) if why else ""


def describe_take_back(session: Session, entry: JournalEntry) -> str:
    """Say what taking an entry back does, as a title: “Void: Visit to Del Campo High, 10:42”."""
    before = find_previous_entry(session, entry)
    verb = choose_take_back_verb(entry)
    if before is None or entry.kind == "void":
        together = list_cleared_together(session, before or entry)
        return f"{verb}: {name_stamps(session, together)}"
    if entry.payload.get("disposition") and not before.payload.get("disposition"):
        what = "the closing of"
    else:
        what = "the end of" if _gives_end(entry, before) else "the correction of"
    return f"{verb} {what}: {name_entry(session, before)}"


def choose_take_back_verb(entry: JournalEntry) -> str:
    """Return what a button says that takes an entry back: Void, Bring back or Take back.

    A stamp is taken back, as on the card of its call.
    """
    if entry.supersedes is None:
        return "Take back" if entry.kind == "stamp" else VOID
    return "Bring back" if entry.kind == "void" else "Take back"


def ends_visit(session: Session, entry: JournalEntry) -> bool:
    """True where an entry gives a visit that was logged before its end."""
    before = find_previous_entry(session, entry)
    return before is not None and _gives_end(entry, before)


def _gives_end(entry: JournalEntry, before: JournalEntry) -> bool:
    return "departed_at" in entry.payload and "departed_at" not in before.payload


_HOURS_NAMES = {"hours": "Hours", "approval": "Approval of the hours"}


def name_entry(session: Session, entry: NewEntry) -> str:
    """Name an entry by kind, place and time: “Visit to Del Campo High, 10:42”.

    An incident has its type for a kind: two may come in at one school within a minute.
    """
    site = session.saved_project.sites.get(entry.site or "")
    if entry.kind in _HOURS_NAMES:
        officer = name_officer(session.saved_project, str(entry.payload.get("officer", "")))
        day = session.formats.day(session.day_of(entry.occurred_at))
        return f"{_HOURS_NAMES[entry.kind]} of {officer}, {day}"
    if entry.kind == "stamp":
        name = str(entry.payload["name"]).removesuffix("_at")
        what, joint = f"{entry.unit} {STAMP_NAMES[f'{name}_at'].lower()}", "at"
        if call := name_call(session, str(entry.payload["incident"])):
            what += f": {call}"
    elif entry.kind == "action":
        what, joint = str(entry.payload["action"]).capitalize(), "at"
    elif entry.kind == COMMAND_RECORD.name and entry.payload.get("told"):
        what, joint = format_choice(str(entry.payload["told"])), "at"
    elif entry.kind == "incident" and entry.payload.get("type"):
        what, joint = spell_incident_type(str(entry.payload["type"])), "at"
    else:
        what = session.rewrite(entry.kind.replace("_", " ").capitalize())
        joint = "to" if entry.kind == "visit" else "at"
    where = f" {joint} {site.name}" if site is not None else ""
    at = entry.occurred_at.astimezone(ZoneInfo(session.saved_project.time_zone))
    return f"{what}{where}, {session.formats.clock(at)}"


def name_stamps(session: Session, together: Sequence[JournalEntry]) -> str:
    """Name the stamps of several units as one: “S1 and S2 cleared: Fight at Del Campo High”."""
    if len(together) == 1:
        return name_entry(session, together[0])
    units = join_names(one.unit for one in together)
    return name_entry(session, replace(together[-1], unit=units))


def name_call(session: Session, uid: str) -> str:
    """Name an incident by type and school: “Fight at Del Campo High”; nothing of one voided."""
    calls = read_incidents(session.store.record(uid))
    if not calls:
        return ""
    site = session.saved_project.sites.get(calls[0].site or "")
    return f"{spell_incident_type(calls[0].type)}{f' at {site.name}' if site else ''}"


def describe_active_record(session: Session, uid: str) -> str:
    """Say that what an entry logs still goes on: a response action, or an open incident."""
    record = session.store.record(uid)
    if not record:
        return ""
    if record[0].kind == "action":
        own = next((one for one in list_active_actions(session) if one.uid == record[0].uid), None)
        return f"This {own.action} is still in progress." if own is not None else ""
    if record[0].kind != "incident":
        return ""
    journal = session.store.entries(kinds=_CALL_KINDS)
    call = next((one for one in read_incidents(journal) if one.uid == record[0].uid), None)
    return "This incident is still open." if call is not None and call.is_open else ""


def find_previous_entry(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the entry of the same record before one, or None for its first."""
    record = session.store.record(entry.supersedes) if entry.supersedes else []
    place = next((at for at, one in enumerate(record) if one.uid == entry.uid), 0)
    return record[place - 1] if place else None


def _is_call_of_action(session: Session, call: JournalEntry) -> bool:
    """True of an open call at a school where a response action goes on."""
    if not any(one.site == call.site for one in list_active_actions(session)):
        return False
    journal = session.store.entries(kinds=_CALL_KINDS)
    return any(one.uid == call.uid and one.is_open for one in read_incidents(journal))


def log_columns(session: Session, kind: str, columns: Mapping[str, str]) -> JournalEntry:
    """Log a record of any kind given as columns of text; errors are those of ``log_record``."""
    if kind == "stamp":
        return log_stamp(session, columns)
    if kind == "action":
        return log_response_action(session, columns)
    if kind == "incident" and columns.get("supersedes"):
        return log_incident_correction(session, columns)
    return log_record(session, kind, columns)
