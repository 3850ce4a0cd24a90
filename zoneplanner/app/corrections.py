"""Correct a record: an entry that writes what was touched and carries all else over as it stood."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from zoneplanner.app.logbook import unit_of_project
from zoneplanner.app.project import new_uid
from zoneplanner.app.readiness_log import bundled_checklist, check_gate
from zoneplanner.app.session import Session
from zoneplanner.domain.columns import RECORDS
from zoneplanner.domain.entries import stamp_entry, void_entry
from zoneplanner.domain.fields import TIME, When
from zoneplanner.domain.journal import (
    STAMPS,
    Entry,
    Incident,
    NewEntry,
    UnitStamps,
    check_order,
    roots,
    standing,
)
from zoneplanner.domain.kinds import Kind, new_entry, record_of
from zoneplanner.domain.records import incidents
from zoneplanner.errors import UserError

_TAKEN_OUT = "Taken out by a correction of the incident"
StampKey = tuple[str, str]
"""A unit and the name of one of its stamps."""


def correct_record(
    session: Session, kind: str, uid: str, touched: Mapping[str, str]
) -> Entry | None:
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
) -> Sequence[Entry]:
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


def own_record(session: Session, kind: str, uid: str) -> Any:
    """Return a record as its own entries say it, without the live stamps of an incident."""
    root, entry = _standing_entry(session, kind, uid)
    return record_of(RECORDS[kind], root, entry)


def _correction(
    session: Session, kind: str, uid: str, touched: Mapping[str, str]
) -> NewEntry | None:
    root, entry = _standing_entry(session, kind, uid)
    described = RECORDS[kind]
    before = record_of(described, root, entry)
    when = When(session.clock(), session.project.time_zone)
    new = new_entry(
        described,
        uid=new_uid(),
        time_zone=when.time_zone,
        now=when.now,
        corrects=before,
        **_read(session, described, touched, when),
    )
    if kind == "drill":
        check_gate(new, bundled_checklist(), when.time_zone)
    return _carry_over(described, root, entry, new)


def _read(
    session: Session, kind: Kind[Any], touched: Mapping[str, str], when: When
) -> dict[str, Any]:
    """Read the columns that were touched; an empty one has its field's blank value."""
    said = {}
    for name, text in touched.items():
        field, given = kind.fields[name], text.strip()
        said[name] = field.read(given, name, when) if given else field.blank
    if said.get("site"):
        said["site"] = session.project.site(said["site"]).id
    for name in (said.get("unit"), *said.get("units", ())):
        if name:
            unit_of_project(session.project, name)
    return said


def _carry_over(kind: Kind[Any], root: str, entry: NewEntry, new: NewEntry) -> NewEntry | None:
    """Give a correction what stood before wherever it says the same; None where all is the same."""
    before, after = (record_of(kind, root, one) for one in (entry, new))
    changed = {name for name in kind.fields if getattr(before, name) != getattr(after, name)}
    if not changed:
        return None
    payload = {name: value for name, value in entry.payload.items() if name not in changed}
    payload |= {name: value for name, value in new.payload.items() if name in changed}
    unit = new.unit if changed & {"unit", "units"} else entry.unit
    return replace(new, payload=payload, unit=unit, supersedes=root)


def _standing_entry(session: Session, kind: str, uid: str) -> tuple[str, NewEntry]:
    for root, entry in standing(session.store.record(uid)).items():
        if entry.kind == kind:
            return root, entry
    raise UserError(f"There is no {kind} “{uid}” in the journal that could be corrected.")


def _stamp_corrections(
    session: Session, uid: str, stamps: Mapping[StampKey, str]
) -> list[NewEntry]:
    if not stamps:
        return []
    now, zone = session.clock(), session.project.time_zone
    journal = session.store.entries(kinds=("incident", "stamp", "void"))
    incident = roots(journal).get(uid, uid)
    made = _live_stamps(journal, incident)
    found: list[NewEntry] = []
    for (unit, name), text in stamps.items():
        known = made.get((unit, name))
        if not text.strip():
            if known is not None:
                found.append(void_entry(uid=new_uid(), voids=known[0], reason=_TAKEN_OUT, now=now))
            continue
        at = TIME.read(text.strip(), name, When(now, zone))
        if known is None or known[1] != at:
            found.append(
                stamp_entry(
                    uid=new_uid(),
                    incident=incident,
                    unit=unit_of_project(session.project, unit),
                    name=name,
                    at=at,
                    time_zone=zone,
                    now=now,
                    supersedes=None if known is None else known[0],
                )
            )
    return found


def _live_stamps(
    journal: Sequence[NewEntry], incident: str
) -> dict[StampKey, tuple[str, datetime]]:
    """Return the live stamps of an incident: the uid of each one's first entry, and its time."""
    root_of = roots(journal)
    return {
        (str(entry.payload.get("unit") or entry.unit), str(entry.payload["name"])): (
            root,
            entry.occurred_at,
        )
        for root, entry in standing(journal).items()
        if entry.kind == "stamp" and root_of.get(entry.payload["incident"]) == incident
    }


def _check_units(session: Session, uid: str, new: Sequence[NewEntry]) -> None:
    """Refuse times of a unit that would go backwards."""
    journal = session.store.entries(kinds=("incident", "stamp", "void"))
    root = roots(journal).get(uid, uid)
    after = next(one for one in incidents([*journal, *new]) if one.uid == root)
    for stamps in after.by_unit:
        _check_unit_order(after, stamps, session.clock())


def _check_unit_order(incident: Incident, stamps: UnitStamps, now: datetime) -> None:
    """Refuse the times of one unit on an incident where they go backwards; the pair is named."""
    times = {name: getattr(stamps, name) for name in STAMPS[1:]}
    try:
        check_order({STAMPS[0]: incident.received_at, **times}, now)
    except UserError as error:
        raise UserError(f"{stamps.unit}: {error.message}", error.details) from error
