"""What other people logged, as sentences with the urgent ones first."""

from collections import Counter
from collections.abc import Sequence

from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD, HOURS_RECORD
from zoneplanner.domain.log.journal import VISIT_STATUSES, JournalEntry
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.messages import Message, add_article, load_templates

_URGENT = ("action", "incident", "stamp")
_OMITTED_KINDS = (HOURS_RECORD.name, APPROVAL_RECORD.name)
"""Hours of work are confirmed by the dozen, and their approver finds them in Shifts."""


Activity = Sequence[tuple[str, object]]
"""Person and sentence, without its full stop, of each entry or edit."""


def list_activity(session: Session, entries: Sequence[JournalEntry]) -> list[tuple[str, Message]]:
    """Return person and sentence, without its full stop, for each entry of other people.

    Response actions come first, then calls, then everything else, the latest of each first. Hours
    of work are left out.
    """
    others = [
        entry
        for entry in reversed(entries)
        if entry.actor != session.actor and entry.kind not in _OMITTED_KINDS
    ]
    ranked = sorted(others, key=_rank)
    return [(entry.actor, _describe_activity(session, entry)) for entry in ranked]


def sum_up_activity(activity: Activity) -> str:
    """Return one line: the first sentence in full, the rest counted by person."""
    (person, first), counts = activity[0], Counter(actor for actor, _ in activity)
    more = counts.pop(person) - 1
    others = [f"{count} by {actor}" for actor, count in counts.items()]
    text = f"{first}, and {more} more" if more else str(first)
    return f"{text}. Also {', '.join(others)}" if others else text


def _describe_activity(session: Session, entry: JournalEntry) -> Message:
    """Describe who logged what, and where."""
    subject = _find_subject(session, entry)
    site = session.saved_project.sites.get(entry.site or (subject and subject.site) or "")
    if _closes_call(session, entry):
        act = Message("activity.closed", record=_describe_record(entry))
    else:
        act = _describe_act(entry, subject)
    if site is None:
        return Message("activity", who=entry.actor, act=act)
    return Message("activity.at_site", who=entry.actor, act=act, site=site.name)


def _describe_act(entry: JournalEntry, subject: JournalEntry | None) -> Message:
    kind, corrects = entry.kind, entry.supersedes is not None
    if kind == "void":
        return Message("activity.voided", record=_name_record(subject.kind if subject else ""))
    if kind == "stamp":
        name = str(entry.payload.get("name"))
        unit = entry.payload.get("unit") or entry.unit or "a unit"
        stamp = load_templates().get(f"activity.stamp.{name}", name)
        return Message("activity.stamped", unit=unit, stamp=stamp)
    if kind == "action":
        return _describe_action(entry, subject)
    if corrects and not _changes_visit_status(entry, subject):
        return Message("activity.corrected", record=_name_record(kind))
    if kind == "visit":
        return _describe_visit(entry)
    return Message("activity.logged", record=_describe_record(entry))


def _describe_record(entry: JournalEntry) -> str:
    detail = str(entry.payload.get("type" if entry.kind == "incident" else "kind", "")).lower()
    if entry.kind == "incident":
        return f"a call ({detail})" if detail else "a call"
    if entry.kind == "drill":
        return add_article(format_drill_name(detail).lower())
    return _name_record(entry.kind)


def _name_record(kind: str) -> str:
    """Return a kind of record with its article, as in “a drill”."""
    words = read_record_words().get(kind)
    return words.one if words else load_templates().get(f"activity.record.{kind}", "an entry")


def _describe_action(entry: JournalEntry, before: JournalEntry | None) -> Message:
    name = str(entry.payload.get("action", ""))
    action = load_templates().get(f"activity.action.{name}", name)
    ended = "ended_at" in entry.payload
    if before is None:
        code = "activity.action_logged" if ended else "activity.action_began"
        return Message(code, action=add_article(action))
    ends = ended and "ended_at" not in before.payload
    return Message("activity.action_ended" if ends else "activity.action_corrected", action=action)


def _describe_visit(entry: JournalEntry) -> Message:
    status = str(entry.payload.get("status"))
    code = f"activity.visit.{status if status in VISIT_STATUSES else 'completed'}"
    act = Message(code, unit=entry.unit or "a unit")
    by_unit = entry.unit and status != "en_route"  # which names the unit itself
    return Message("activity.by_unit", act=act, unit=entry.unit) if by_unit else act


def _closes_call(session: Session, entry: JournalEntry) -> bool:
    """Whether a later entry is the first to say how its call ended."""
    if entry.kind != "incident" or not entry.supersedes or not entry.payload.get("disposition"):
        return False
    record = session.store.record(entry.supersedes)
    earlier = (other for other in record if other.seq < entry.seq and other.kind == "incident")
    return not any(other.payload.get("disposition") for other in earlier)


def _changes_visit_status(entry: JournalEntry, before: JournalEntry | None) -> bool:
    """Whether a planned visit is now made, missed or canceled, which is not a correction."""
    if entry.kind != "visit" or before is None:
        return False
    return before.payload.get("status") != entry.payload.get("status")


def _find_subject(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the entry that an entry corrects, voids or stamps."""
    uid = entry.supersedes or ""
    if entry.kind == "stamp":
        uid = str(entry.payload.get("incident", ""))
    return session.store.by_uid([uid]).get(uid) if uid else None


def _rank(entry: JournalEntry) -> int:
    kind = entry.kind
    return _URGENT.index(kind) if kind in _URGENT else len(_URGENT)
