"""How long each class of records is kept, and the disposal of texts whose years have passed.

Remove free text for good: in a record that an officer names, or of records past their years.

It goes from the project, from what waits on this desk, from the backups and the earlier versions
that are kept here. An entry says who removed what, when and on what legal basis. Nothing of it can
be undone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from zoneplanner.app.log.public_records import list_holds
from zoneplanner.app.projects.copy_cleaning import clean_copies, list_copies
from zoneplanner.app.readiness.requirements import check_readiness_day, load_project_rules
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import FREE_TEXT_FIELDS
from zoneplanner.domain.log.journal import JournalEntry, map_record_uids
from zoneplanner.domain.log.public_records import (
    DISPOSAL_KIND,
    REDACTION_KIND,
    REMOVAL_SHAPE,
    require_no_hold,
)
from zoneplanner.domain.readiness.rule_pack import RetentionRule
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import format_count
from zoneplanner.storage.backend import ignore_progress


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """What is to go: fields by the uid of their entry, and from which files besides the project.

    ``held`` is how many entries a litigation hold keeps from it.
    """

    kind: str
    fields: Mapping[str, tuple[str, ...]]
    basis: str
    copies: tuple[Path, ...] = ()
    held: int = 0

    @property
    def texts(self) -> int:
        """How many texts are to go."""
        return sum(map(len, self.fields.values()))


@dataclass(frozen=True, slots=True)
class RemovalResult:
    """What was removed: how many texts of the project, and of which copies.

    ``left`` are the places that it could not be removed from, and why.
    """

    uid: str
    texts: int
    copies: tuple[Path, ...]
    left: Mapping[str, str] = field(default_factory=dict)


def plan_redaction(
    session: Session, uid: str, fields: Collection[str] = (), *, basis: str = ""
) -> RemovalPlan:
    """Return what a redaction of a record removes: some of its free texts, or all, in all entries.

    A correction carries over what its record said, so one entry alone would not do.

    Raises
    ------
    UserError
        There is no such record, it has no such text, or a litigation hold covers it.
    """
    record = session.store.record(uid)
    if not record:
        raise UserError("unknown_entry", uid=uid)
    known = frozenset[str]().union(*(FREE_TEXT_FIELDS.get(one.kind, ()) for one in record))
    for name in fields:
        if name not in known:
            raise UserError("unknown_text_field", field=name, known=sorted(known))
    wanted = list_text_fields(record, frozenset(fields) or known)
    if not wanted:
        raise UserError("nothing_to_remove", uid=uid)
    held = [one for one in record if one.uid in wanted]
    require_no_hold(list_holds(session), held, session.saved_project.time_zone)
    return RemovalPlan(REDACTION_KIND, wanted, basis, list_copies(session))


def list_text_fields(
    entries: Iterable[JournalEntry], fields: Collection[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the fields of entries that have free text, by uid; of ``fields`` alone where given."""
    found = {}
    for entry in entries:
        there = FREE_TEXT_FIELDS.get(entry.kind, frozenset()) & entry.payload.keys()
        wanted = there if fields is None else there & set(fields)
        if wanted:
            found[entry.uid] = tuple(sorted(wanted))
    return found


def remove_texts(session: Session, plan: RemovalPlan) -> RemovalResult:
    """Remove what was planned, and show the log anew; see ``erase_texts``."""
    result = erase_texts(session, plan)
    session.note_removal(result.uid, plan.fields)
    return result


def erase_texts(
    session: Session, plan: RemovalPlan, report: ProgressReport = ignore_progress
) -> RemovalResult:
    """Remove what was planned, from the project first; what cannot be reached is named.

    Nobody is told: ``Session.note_removal`` is for the thread of the window.

    Raises
    ------
    UserError
        One is not the owner, there is no legal basis, or a litigation hold covers an entry;
        nothing was removed.
    """
    if not session.store.role.covers(REMOVAL_SHAPE.least_role):
        raise UserError("role_may_not.remove", name=session.store.name)
    uid, store = new_uid(), session.store
    report(0.0, "Removing")
    removed = store.remove_texts(
        plan.fields,
        kind=plan.kind,
        uid=uid,
        basis=plan.basis,
        actor=session.actor,
        desk=session.desk,
        now=session.clock(),
    )
    problem = store.erase_free_pages()
    copies = clean_copies(session, report)
    left = {**({store.name: problem} if problem else {}), **copies.left}
    return RemovalResult(uid, sum(len(one.fields) for one in removed), copies.cleaned, left)


REMOVAL_NOTE = (
    "It cannot be undone. The log records who removed it, when and on what basis. Other desks "
    "clean their backups the next time they open the project. Copies made by hand, exported "
    "files and printed pages are not changed."
)


def describe_removal(plan: RemovalPlan) -> str:
    """Say what goes and from where, before it is asked for."""
    held = format_count(plan.held, "entry stays", "entries stay")
    kept = f" {held} under a litigation hold." if plan.held else ""
    if not plan.fields:
        return f"There is no text to remove.{kept}"
    texts = format_count(plan.texts, "text")
    entries = format_count(len(plan.fields), "log entry", "log entries")
    copies = format_count(
        len(plan.copies), "backup or earlier version", "backups and earlier versions"
    )
    also = f" and from {copies} on this computer" if plan.copies else ""
    return f"{texts} of {entries} will be removed from the project{also}.{kept} {REMOVAL_NOTE}"


def describe_result(result: RemovalResult) -> str:
    """Say what was removed, and from where it could not be."""
    said = f"Removed {format_count(result.texts, 'text')} for good."
    left = [f"Not from {place}: {why}" for place, why in result.left.items()]
    return " ".join([said, *left])


RETENTION_NOTE = (
    "Nothing is deleted automatically. Disposal permanently removes the free text of records "
    "past their retention period; times, places and figures stay, since the log is one chain. A "
    "litigation hold blocks disposal."
)


@dataclass(frozen=True, slots=True)
class RetentionStatus:
    """The entries of one class: how many there are, and how many lie before the last day kept."""

    rule: RetentionRule
    entries: int
    first: date | None
    kept_from: date
    expired: int


def compute_retention(session: Session, on: date | None = None) -> tuple[RetentionStatus, ...]:
    """Return the state of each class of entries on a day, today where none is given."""
    day = on or session.today
    check_readiness_day(day)
    zone = ZoneInfo(session.saved_project.time_zone)
    found = []
    for rule in load_project_rules(session.saved_project).retention:
        start = _years_before(day, rule.years)
        before = datetime.combine(start, time(0), zone).astimezone(UTC)
        age = session.store.age(rule.kinds, before)
        first = age.first.astimezone(zone).date() if age.first else None
        found.append(RetentionStatus(rule, age.entries, first, start, age.passed))
    return tuple(found)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def plan_disposal(
    session: Session, classes: Collection[str] = (), *, on: date | None = None
) -> RemovalPlan:
    """Return what is disposed of on a day: the free texts of records whose years have passed.

    ``classes`` are names of the rules of retention, all where none is given. What a litigation hold
    covers stays.
    """
    status = compute_retention(session, on)
    names = [one.rule.name for one in status]
    for name in classes:
        if name not in names:
            raise UserError("unknown_retention_class", name=name, known=names)
    chosen = [one for one in status if not classes or one.rule.name in classes]
    zone = ZoneInfo(session.saved_project.time_zone)
    passed = [entry for one in chosen for entry in _list_passed_entries(session, one, zone)]
    standing = [hold for hold in list_holds(session) if hold.released_on is None]
    free = [one for one in passed if not any(hold.covers(one, zone) for hold in standing)]
    wanted, every = list_text_fields(free), list_text_fields(passed)
    rules = [f"{one.rule.name}: {one.rule.years} years ({one.rule.citation})" for one in chosen]
    held = len(every) - len(wanted)
    return RemovalPlan(DISPOSAL_KIND, wanted, "; ".join(rules), list_copies(session), held)


def _list_passed_entries(
    session: Session, status: RetentionStatus, zone: ZoneInfo
) -> list[JournalEntry]:
    """Return the entries of records all of which lies before the first day kept."""
    start = datetime.combine(status.kept_from, time(0), zone).astimezone(UTC)
    entries = session.store.entries(kinds=(*status.rule.kinds, "void"))
    root_of = map_record_uids(entries)
    records: dict[str, list[JournalEntry]] = defaultdict(list)
    for entry in entries:
        records[root_of[entry.uid]].append(entry)
    return [
        entry
        for record in records.values()
        if any(one.kind != "void" for one in record)
        and all(one.occurred_at < start for one in record if one.kind != "void")
        for entry in record
    ]
