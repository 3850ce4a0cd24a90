"""Retention periods, and the permanent removal of free text.

Text is removed from a record that a person names, or from all records past their retention period:
from the project, from entries that wait on this desk, and from backups and earlier versions on this
computer. An entry records who removed what, when and on what legal basis. It cannot be undone.
"""

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
from zoneplanner.domain.grouping import group_pairs
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
from zoneplanner.messages import Message, say_all
from zoneplanner.storage.backend import ignore_progress


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """The texts to remove: fields by the uid of their entry.

    ``copies`` are the backups and earlier versions that have them too; ``held`` counts the entries
    under a litigation hold, which are left out.
    """

    kind: str
    fields: Mapping[str, tuple[str, ...]]
    basis: str
    copies: tuple[Path, ...] = ()
    held: int = 0

    @property
    def texts(self) -> int:
        """How many texts are to be removed."""
        return sum(map(len, self.fields.values()))


@dataclass(frozen=True, slots=True)
class RemovalResult:
    """How many texts were removed from the project, and the copies that were cleaned.

    ``left`` maps the places that could not be cleaned to the reason.
    """

    uid: str
    texts: int
    copies: tuple[Path, ...]
    left: Mapping[str, Message] = field(default_factory=dict)


def plan_redaction(
    session: Session, uid: str, fields: Collection[str] = (), *, basis: str = ""
) -> RemovalPlan:
    """Return the removal of some or all free texts of a record, from all its entries.

    Corrections repeat the texts of earlier entries, so removing one entry's text is not enough.

    Raises
    ------
    UserError
        There is no such record, it has no such text, or a litigation hold covers it.
    """
    record = session.store.record(uid)
    if not record:
        raise UserError("unknown_entry", uid=uid)
    known = frozenset[str]().union(*(FREE_TEXT_FIELDS.get(entry.kind, ()) for entry in record))
    for name in fields:
        if name not in known:
            raise UserError("unknown_text_field", field=name, known=sorted(known))
    texts = list_text_fields(record, frozenset(fields) or known)
    if not texts:
        raise UserError("nothing_to_remove", uid=uid)
    affected = [entry for entry in record if entry.uid in texts]
    require_no_hold(list_holds(session), affected, session.saved_project.time_zone)
    return RemovalPlan(REDACTION_KIND, texts, basis, list_copies(session))


def list_text_fields(
    entries: Iterable[JournalEntry], fields: Collection[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the fields with free text by the uid of their entry, or only those in ``fields``."""
    texts = {}
    for entry in entries:
        names = FREE_TEXT_FIELDS.get(entry.kind, frozenset()) & entry.payload.keys()
        if fields is not None:
            names &= set(fields)
        if names:
            texts[entry.uid] = tuple(sorted(names))
    return texts


def remove_texts(session: Session, plan: RemovalPlan) -> RemovalResult:
    """Remove the planned texts and notify listeners; see ``erase_texts``."""
    result = erase_texts(session, plan)
    session.note_removal(result.uid, plan.fields)
    return result


def erase_texts(
    session: Session, plan: RemovalPlan, report: ProgressReport = ignore_progress
) -> RemovalResult:
    """Remove the planned texts from the project and then from its copies.

    It may run outside the window's thread, so it notifies no listener; call
    ``Session.note_removal`` afterward.

    Raises
    ------
    UserError
        The person is not the owner, there is no legal basis, or a litigation hold covers an
        entry; nothing was removed.
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
    left = {**({store.name: problem.to_message()} if problem else {}), **copies.left}
    return RemovalResult(uid, sum(len(entry.fields) for entry in removed), copies.cleaned, left)


REMOVAL_NOTE = Message("removal.note")


def describe_removal(plan: RemovalPlan) -> str:
    """Describe what would be removed and from where."""
    held = [Message("removal.held", held=plan.held)] if plan.held else []
    if not plan.fields:
        return say_all([Message("removal.nothing"), *held])
    facts = {"texts": plan.texts, "entries": len(plan.fields), "copies": len(plan.copies)}
    removal = Message("removal.with_copies" if plan.copies else "removal", **facts)
    return say_all([removal, *held, REMOVAL_NOTE])


def describe_result(result: RemovalResult) -> str:
    """Describe what was removed, and which places could not be cleaned."""
    left = [
        Message("removed.not_from", place=place, reason=reason)
        for place, reason in result.left.items()
    ]
    return say_all([Message("removed", texts=result.texts), *left])


RETENTION_NOTE = (
    "Nothing is deleted automatically. Disposal permanently removes the free text of records "
    "past their retention period; times, places and figures stay, since the log is one chain. A "
    "litigation hold blocks disposal."
)


@dataclass(frozen=True, slots=True)
class RetentionStatus:
    """How many entries of one class there are, and how many are from before ``kept_from``."""

    rule: RetentionRule
    entries: int
    first: date | None
    kept_from: date
    expired: int


def compute_retention(session: Session, on: date | None = None) -> tuple[RetentionStatus, ...]:
    """Return the status of each class of entries on a day, by default today."""
    day = on or session.today
    check_readiness_day(day)
    zone = ZoneInfo(session.saved_project.time_zone)
    statuses = []
    for rule in load_project_rules(session.saved_project).retention:
        kept_from = _subtract_years(day, rule.years)
        age = session.store.age(rule.kinds, _find_start(kept_from, zone))
        first = age.first.astimezone(zone).date() if age.first else None
        statuses.append(RetentionStatus(rule, age.entries, first, kept_from, age.passed))
    return tuple(statuses)


def _subtract_years(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _find_start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def plan_disposal(
    session: Session, classes: Collection[str] = (), *, on: date | None = None
) -> RemovalPlan:
    """Return the removal of the free texts of records past their retention period on a day.

    ``classes`` are names of retention rules, by default all. Records under a litigation hold are
    left out.
    """
    statuses = {status.rule.name: status for status in compute_retention(session, on)}
    for name in classes:
        if name not in statuses:
            raise UserError("unknown_retention_class", name=name, known=list(statuses))
    chosen = [status for name, status in statuses.items() if not classes or name in classes]
    zone = ZoneInfo(session.saved_project.time_zone)
    expired = [entry for status in chosen for entry in _list_expired(session, status, zone)]
    holds = [hold for hold in list_holds(session) if hold.released_on is None]
    free = [entry for entry in expired if not any(hold.covers(entry, zone) for hold in holds)]
    texts = list_text_fields(free)
    held = len(list_text_fields(expired)) - len(texts)
    rules = (status.rule for status in chosen)
    basis = "; ".join(f"{rule.name}: {rule.years} years ({rule.citation})" for rule in rules)
    return RemovalPlan(DISPOSAL_KIND, texts, basis, list_copies(session), held)


def _list_expired(session: Session, status: RetentionStatus, zone: ZoneInfo) -> list[JournalEntry]:
    """Return the entries of the records that are entirely from before the first day kept."""
    start = _find_start(status.kept_from, zone)
    entries = session.store.entries(kinds=(*status.rule.kinds, "void"))
    root_of = map_record_uids(entries)
    records = group_pairs((root_of[entry.uid], entry) for entry in entries)
    return [
        entry
        for record in records.values()
        if any(entry.kind != "void" for entry in record)
        and all(entry.occurred_at < start for entry in record if entry.kind != "void")
        for entry in record
    ]
