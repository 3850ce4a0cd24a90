"""Remove free text for good: in a record that an officer names, or of records past their years.

It goes from the project, from what waits on this desk, from the backups and the earlier versions
that are kept here. An entry says who removed what, when and on what legal basis. Nothing of it can
be undone.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zoneplanner.app.log.public_records import list_holds
from zoneplanner.app.projects.copy_cleaning import clean_copies, list_copies
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import FREE_TEXT_FIELDS
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.public_records import REDACTION_KIND, REMOVAL_SHAPE, require_no_hold
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import format_count
from zoneplanner.storage.records import ignore_progress


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
