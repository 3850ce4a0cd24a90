"""Litigation holds, and requests for public records: logged, searched for, answered by a copy."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from zoneplanner.app.coverage.observed_coverage import write_figures_csv
from zoneplanner.app.log.record_history import format_entry_columns
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import FREE_TEXT_FIELDS, RECORD_KINDS
from zoneplanner.domain.log.journal import JournalEntry, derive_current_entries
from zoneplanner.domain.log.personal_data import count_entries_with_personal_data
from zoneplanner.domain.log.public_records import (
    HOLD_KINDS,
    HOLD_RECORD,
    REQUEST_KINDS,
    REQUEST_RECORD,
    LitigationHold,
    RecordsRequest,
    read_holds,
    read_records_requests,
)
from zoneplanner.domain.log.record_schema import LogMoment, RecordKind, build_entry
from zoneplanner.errors import UserError

_COPY_HEADINGS = ("Entry", "Record", "When", "School", "Unit", "What it says")
TACTICAL_LAW = "tactical response: Ed. Code 32281 (f), Gov. Code 7929.200"
PUPIL_LAW = "pupil records: Ed. Code 49076, Gov. Code 7927.705"
WITHHELD_LAWS = {
    **dict.fromkeys(("campus_page", "reunification_site", "command_entry"), TACTICAL_LAW),
    **dict.fromkeys(("concern", "concern_step"), PUPIL_LAW),
}
"""Kinds of records withheld from each copy for a request, with the law for it; counsel confirms.

The first leave for responders alone; the reference of a tip leaves for nobody.
"""
_OFFICER, _NAMED = "officer", "named on file"
_INTERNAL_ID = re.compile("[0-9a-f]{32}")
_HIDDEN_FIELDS = frozenset(("time_zone", "sample"))


def list_holds(session: Session) -> tuple[LitigationHold, ...]:
    """Return all litigation holds, also those that were released."""
    return tuple(read_holds(session.store.entries(kinds=HOLD_KINDS)))


def place_hold(session: Session, matter: str, **said: Any) -> str:
    """Log a hold, from today unless ``placed_on`` is said; return its uid.

    Raises
    ------
    UserError
        One is not the owner, or a day makes no sense.
    """
    return _log(session, HOLD_RECORD, None, {"placed_on": session.today, "matter": matter, **said})


def release_hold(session: Session, uid: str) -> str:
    """Log that a hold ends today; what it kept from removal may be removed again."""
    hold = _find_record(list_holds(session), "hold", uid)
    return _log(session, HOLD_RECORD, hold, {"released_on": session.today})


def list_requests(session: Session) -> tuple[RecordsRequest, ...]:
    """Return the register of requests, those received first first."""
    return tuple(read_records_requests(session.store.entries(kinds=REQUEST_KINDS)))


def log_request(session: Session, uid: str | None = None, **said: Any) -> str:
    """Log a request, or with the uid of one what was done about it; return the uid of its record.

    Raises
    ------
    UserError
        There is no such request, or a day or a determination makes no sense.
    """
    known = None if uid is None else _find_record(list_requests(session), "request", uid)
    return _log(session, REQUEST_RECORD, known, said)


def parse_office_columns(
    session: Session, kind: RecordKind[Any], columns: Mapping[str, str]
) -> dict[str, Any]:
    """Read columns of a hold or a request from a form's text; an empty one is blank."""
    when = LogMoment(session.clock(), session.saved_project.time_zone)
    fields = kind.fields
    return {
        name: fields[name].read(text, name, when) if text else fields[name].blank
        for name, text in columns.items()
    }


def _find_record(records: Sequence[Any], what: str, uid: str) -> Any:
    found = next((one for one in records if one.uid == uid), None)
    if found is None:
        raise UserError(f"unknown_entry.{what}", uid=uid)
    return found


def _log(
    session: Session, kind: RecordKind[Any], known: Any | None, said: Mapping[str, Any]
) -> str:
    if not session.store.role.covers(kind.least_role):
        raise UserError("role_may_not.hold", name=session.store.name)
    if said.get("site"):
        said = {**said, "site": session.saved_project.site(said["site"]).id}
    entry = build_entry(
        kind,
        uid=new_uid(),
        time_zone=session.saved_project.time_zone,
        now=session.clock(),
        corrects=known,
        **said,
    )
    kept = session.log(entry)
    return kept.uid if known is None else str(known.uid)


def list_current_records(session: Session) -> tuple[JournalEntry, ...]:
    """Return the entries that stand of all records, in journal order."""
    standing = derive_current_entries(session.store.entries(kinds=(*RECORD_KINDS, "void")))
    return tuple(one for one in standing.values() if isinstance(one, JournalEntry))


def search_log(
    session: Session,
    words: str = "",
    *,
    site: str | None = None,
    first: date | None = None,
    last: date | None = None,
    among: Sequence[JournalEntry] | None = None,
) -> tuple[JournalEntry, ...]:
    """Return what stands of the records that say all words, in journal order.

    The words may be in any text, in the name of the school, the unit or the kind. ``among`` are the
    records of ``list_current_records``, where they are at hand.
    """
    project, zone = session.saved_project, ZoneInfo(session.saved_project.time_zone)
    wanted = words.casefold().split()
    place = project.site(site).id if site else None
    found = []
    for entry in list_current_records(session) if among is None else among:
        day = entry.occurred_at.astimezone(zone).date()
        if (
            place in (None, entry.site)
            and (first or date.min) <= day <= (last or date.max)
            and all(word in _describe_all(session, entry).casefold() for word in wanted)
        ):
            found.append(entry)
    return tuple(found)


def _describe_all(session: Session, entry: JournalEntry) -> str:
    site = session.saved_project.sites.get(entry.site or "")
    said = [
        entry.kind,
        entry.unit or "",
        site.name if site else "",
        *map(str, entry.payload.values()),
    ]
    return " ".join(said)


class ProducedCopy(NamedTuple):
    """A copy for who asked: its file, how many records and redactions, and what to look at again.

    ``warnings`` say what in the texts that were left looks like a person.
    """

    file: Path
    records: int
    redacted: int
    warnings: tuple[str, ...]


def produce_copy(
    session: Session,
    uid: str,
    entries: Sequence[JournalEntry],
    path: Path,
    exempt: Mapping[tuple[str, str], str],
) -> ProducedCopy:
    """Write a copy of records for a request, and log that; the log itself keeps all texts.

    ``exempt`` gives the exemption by uid of the record (empty: all of them) and field; in place of
    the text stands that it is redacted, and by which law. What is for responders alone, and what
    concerns tell, is withheld without being asked. It has no id of ours: an officer is named on
    file, and another record is named by its entry.

    Raises
    ------
    UserError
        There is no such request, nothing was found, or the file cannot be written.
    """
    request: RecordsRequest = _find_record(list_requests(session), "request", uid)
    if not entries:
        raise UserError("nothing_to_copy", uid=uid)
    session.store.check_target(path)
    zone, sites, redacted = (
        ZoneInfo(session.saved_project.time_zone),
        session.saved_project.sites,
        0,
    )
    rows: list[Sequence[object]] = [_COPY_HEADINGS]
    left: list[Mapping[str, Any]] = []
    laws = list(exempt.values())
    for entry in entries:
        said = _replace_ids(format_entry_columns(entry, session), session)
        usual = WITHHELD_LAWS.get(entry.kind, "")
        why = {name: exempt.get((entry.uid, name), exempt.get(("", name), usual)) for name in said}
        redacted += sum(map(bool, why.values()))
        laws += filter(None, why.values())
        left.append({name: one for name, one in said.items() if not why[name]})
        shown = {
            name: f"[redacted: {why[name]}]" if why[name] else one
            for name, one in said.items()
            if name not in ("site", "unit")
        }
        site = sites.get(entry.site or "")
        at = format_entry_moment(entry, zone)
        what = "; ".join(f"{name.replace('_', ' ')}: {one}" for name, one in shown.items())
        kind = entry.kind.replace("_", " ")
        rows.append((entry.seq, kind, at, site.name if site else "", entry.unit or "", what))
    write_figures_csv(path, rows)
    _, warnings = count_entries_with_personal_data(left, session.saved_project)
    said_of_copy = {
        "produced_on": session.today,
        "copy": path.name,
        "copy_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "exemptions": tuple(dict.fromkeys((*request.exemptions, *laws))),
    }
    log_request(session, uid, **said_of_copy)
    return ProducedCopy(path, len(entries), redacted, warnings)


def _replace_ids(said: Mapping[str, str], session: Session) -> dict[str, str]:
    """Write for people outside what names an officer or another record by an id of ours."""
    return {
        name: _NAMED
        if name == _OFFICER
        else _INTERNAL_ID.sub(lambda found: _name_record(session, found[0]), text)
        for name, text in said.items()
    }


def _name_record(session: Session, uid: str) -> str:
    """Name a record by its number in a copy; what is no record of the log is on file."""
    entries = session.store.record(uid)
    return f"entry {entries[-1].seq}" if entries else "on file"


def format_entry_moment(entry: JournalEntry, zone: ZoneInfo) -> str:
    """Write when an entry was, of a record that only has a day no time of it."""
    at = entry.occurred_at.astimezone(zone)
    kind = RECORD_KINDS.get(entry.kind)
    of_a_day = kind is not None and not kind.timed and at.time() == time(0)
    return at.date().isoformat() if of_a_day else at.isoformat(timespec="minutes")


def parse_exemption(text: str, entries: Sequence[JournalEntry]) -> tuple[tuple[str, str], str]:
    """Read an exemption as ``[UID:]FIELD=LAW``; a field that nothing found has is a UserError."""
    where, _, law = text.partition("=")
    uid, _, name = where.rpartition(":")
    known = {field for entry in entries for field in entry.payload.keys() - _HIDDEN_FIELDS}
    if not law.strip() or name not in known or uid not in ("", *(one.uid for one in entries)):
        raise UserError("not_an_exemption", text=text, known=sorted(known))
    return (uid, name), law.strip()


def list_free_texts(entry: JournalEntry) -> tuple[str, ...]:
    """Return the fields of an entry that hold somebody's own words."""
    return tuple(sorted(FREE_TEXT_FIELDS.get(entry.kind, frozenset()) & entry.payload.keys()))
