"""Litigation holds, and requests for public records with the copies that answer them."""

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
from zoneplanner.messages import Message

_COPY_HEADINGS = ("Entry", "Record", "When", "School", "Unit", "What it says")
TACTICAL_LAW = "tactical response: Ed. Code 32281 (f), Gov. Code 7929.200"
PUPIL_LAW = "pupil records: Ed. Code 49076, Gov. Code 7927.705"
WITHHELD_LAWS = {
    **dict.fromkeys(("campus_page", "reunification_site", "command_entry"), TACTICAL_LAW),
    **dict.fromkeys(("concern", "concern_step"), PUPIL_LAW),
}
"""Kinds of records withheld from every copy, with the law for it; counsel confirms.

Records of the first law are released to responders only, those of the second to nobody.
"""
_NAMED = "named on file"
_INTERNAL_ID = re.compile("[0-9a-f]{32}")
_HIDDEN_FIELDS = frozenset(("time_zone", "sample"))


def list_holds(session: Session) -> tuple[LitigationHold, ...]:
    """Return all litigation holds, including released ones."""
    return tuple(read_holds(session.store.entries(kinds=HOLD_KINDS)))


def place_hold(session: Session, matter: str, **fields: Any) -> str:
    """Log a hold, from today unless ``placed_on`` is given; return its uid.

    Raises
    ------
    UserError
        The person is not the owner, or a day is invalid.
    """
    fields = {"placed_on": session.today, "matter": matter, **fields}
    return _log(session, HOLD_RECORD, None, fields)


def release_hold(session: Session, uid: str) -> str:
    """End a hold today, so that its records may be removed again."""
    hold = _find_record(list_holds(session), "hold", uid)
    return _log(session, HOLD_RECORD, hold, {"released_on": session.today})


def list_requests(session: Session) -> tuple[RecordsRequest, ...]:
    """Return all requests in the order received."""
    return tuple(read_records_requests(session.store.entries(kinds=REQUEST_KINDS)))


def log_request(session: Session, uid: str | None = None, **fields: Any) -> str:
    """Log a request or, given its ``uid``, what was done about it; return the record's uid.

    Raises
    ------
    UserError
        There is no such request, or a day or a determination is invalid.
    """
    known = None if uid is None else _find_record(list_requests(session), "request", uid)
    return _log(session, REQUEST_RECORD, known, fields)


def parse_office_columns(
    session: Session, kind: RecordKind[Any], columns: Mapping[str, str]
) -> dict[str, Any]:
    """Read the columns of a hold or a request from the text of a form."""
    when = LogMoment(session.clock(), session.saved_project.time_zone)
    fields = kind.fields
    return {
        name: fields[name].read(text, name, when) if text else fields[name].blank
        for name, text in columns.items()
    }


def _find_record(records: Sequence[Any], variant: str, uid: str) -> Any:
    record = next((record for record in records if record.uid == uid), None)
    if record is None:
        raise UserError(f"unknown_entry.{variant}", uid=uid)
    return record


def _log(
    session: Session, kind: RecordKind[Any], known: Any | None, fields: Mapping[str, Any]
) -> str:
    if not session.store.role.covers(kind.least_role):
        raise UserError("role_may_not.hold", name=session.store.name)
    if fields.get("site"):
        fields = {**fields, "site": session.saved_project.site(fields["site"]).id}
    entry = build_entry(
        kind,
        uid=new_uid(),
        time_zone=session.saved_project.time_zone,
        now=session.clock(),
        corrects=known,
        **fields,
    )
    logged = session.log(entry)
    return logged.uid if known is None else str(known.uid)


def list_current_records(session: Session) -> tuple[JournalEntry, ...]:
    """Return the current entry of every record that is not voided, in journal order."""
    entries = derive_current_entries(session.store.entries(kinds=(*RECORD_KINDS, "void")))
    return tuple(entry for entry in entries.values() if isinstance(entry, JournalEntry))


def search_log(
    session: Session,
    words: str = "",
    *,
    site: str | None = None,
    first: date | None = None,
    last: date | None = None,
    among: Sequence[JournalEntry] | None = None,
) -> tuple[JournalEntry, ...]:
    """Return the current entries of the records that contain all words, in journal order.

    The words may be in any text, the kind, the unit or the school's name. ``among`` is the result
    of ``list_current_records``, if the caller has it.
    """
    project, zone = session.saved_project, ZoneInfo(session.saved_project.time_zone)
    wanted = words.casefold().split()
    site_id = project.site(site).id if site else None
    return tuple(
        entry
        for entry in (list_current_records(session) if among is None else among)
        if site_id in (None, entry.site)
        and (first or date.min) <= entry.occurred_at.astimezone(zone).date() <= (last or date.max)
        and _contains_words(session, entry, wanted)
    )


def _contains_words(session: Session, entry: JournalEntry, words: Sequence[str]) -> bool:
    site = session.saved_project.sites.get(entry.site or "")
    parts = (entry.kind, entry.unit or "", site.name if site else "", *entry.payload.values())
    text = " ".join(map(str, parts)).casefold()
    return all(word in text for word in words)


class ProducedCopy(NamedTuple):
    """A copy for a requester, with the number of its records and redactions.

    ``warnings`` name what in the remaining texts looks like personal data.
    """

    file: Path
    records: int
    redacted: int
    warnings: tuple[Message, ...]


def produce_copy(
    session: Session,
    uid: str,
    entries: Sequence[JournalEntry],
    path: Path,
    exempt: Mapping[tuple[str, str], str],
) -> ProducedCopy:
    """Write a copy of records for a request, and log that; the log keeps all texts.

    ``exempt`` maps a record's uid (or "" for all records) and a field to the law that exempts it.
    The copy names this law instead of the text. Records in ``WITHHELD_LAWS`` are always redacted.
    No internal id is copied: instead of an officer's id the copy says that the officer is named on
    file, and another record is cited by its number.

    Raises
    ------
    UserError
        There is no such request, there are no entries, or the file cannot be written.
    """
    request: RecordsRequest = _find_record(list_requests(session), "request", uid)
    if not entries:
        raise UserError("nothing_to_copy", uid=uid)
    session.store.check_target(path)
    zone, sites = ZoneInfo(session.saved_project.time_zone), session.saved_project.sites
    rows: list[Sequence[object]] = [_COPY_HEADINGS]
    released: list[Mapping[str, Any]] = []
    redactions: list[str] = []
    for entry in entries:
        columns = _replace_ids(format_entry_columns(entry, session), session)
        default = WITHHELD_LAWS.get(entry.kind, "")
        laws = {
            name: exempt.get((entry.uid, name), exempt.get(("", name), default)) for name in columns
        }
        redactions += filter(None, laws.values())
        released.append({name: text for name, text in columns.items() if not laws[name]})
        content = "; ".join(
            f"{name.replace('_', ' ')}: {f'[redacted: {laws[name]}]' if laws[name] else text}"
            for name, text in columns.items()
            if name not in ("site", "unit")
        )
        site = sites.get(entry.site or "")
        at, kind = format_entry_moment(entry, zone), entry.kind.replace("_", " ")
        rows.append((entry.seq, kind, at, site.name if site else "", entry.unit or "", content))
    write_figures_csv(path, rows)
    _, warnings = count_entries_with_personal_data(released, session.saved_project)
    exemptions = (*request.exemptions, *exempt.values(), *redactions)
    log_request(
        session,
        uid,
        produced_on=session.today,
        copy=path.name,
        copy_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        exemptions=tuple(dict.fromkeys(exemptions)),
    )
    return ProducedCopy(path, len(entries), len(redactions), warnings)


def _replace_ids(columns: Mapping[str, str], session: Session) -> dict[str, str]:
    """Replace internal ids of officers and records by words for outside readers."""

    def cite_record(match: re.Match[str]) -> str:
        entries = session.store.record(match[0])
        return f"entry {entries[-1].seq}" if entries else "on file"

    return {
        name: _NAMED if name == "officer" else _INTERNAL_ID.sub(cite_record, text)
        for name, text in columns.items()
    }


def format_entry_moment(entry: JournalEntry, zone: ZoneInfo) -> str:
    """Write the local time of an entry, or only the day if its kind of record has no time."""
    at = entry.occurred_at.astimezone(zone)
    kind = RECORD_KINDS.get(entry.kind)
    has_day_only = kind is not None and not kind.timed and at.time() == time(0)
    return at.date().isoformat() if has_day_only else at.isoformat(timespec="minutes")


def parse_exemption(text: str, entries: Sequence[JournalEntry]) -> tuple[tuple[str, str], str]:
    """Read an exemption as ``[UID:]FIELD=LAW``; a field that no entry has is a UserError."""
    target, _, law = text.partition("=")
    uid, _, name = target.rpartition(":")
    known = {field for entry in entries for field in entry.payload.keys() - _HIDDEN_FIELDS}
    if not law.strip() or name not in known or uid not in ("", *(entry.uid for entry in entries)):
        raise UserError("not_an_exemption", text=text, known=sorted(known))
    return (uid, name), law.strip()


def list_free_texts(entry: JournalEntry) -> tuple[str, ...]:
    """Return the fields of an entry that contain free text."""
    return tuple(sorted(FREE_TEXT_FIELDS.get(entry.kind, frozenset()) & entry.payload.keys()))
