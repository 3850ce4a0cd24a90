"""What other desks logged, in sentences: who did what, and where; what is urgent comes first."""

from collections import Counter
from collections.abc import Sequence

from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD, HOURS_RECORD
from zoneplanner.domain.log.journal import VISIT_STATUSES, JournalEntry
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.messages import add_article, load_templates, render_message

_URGENT = ("action", "incident", "stamp")
_NO_NEWS = (HOURS_RECORD.name, APPROVAL_RECORD.name)
"""Hours of work are confirmed by the dozen; who approves them finds them in Shifts."""


def list_activity(session: Session, entries: Sequence[JournalEntry]) -> list[tuple[str, str]]:
    """Return person and sentence, without its full stop, for each entry of other people.

    Response actions come first, then calls, then all else, the latest of each first. Hours of work
    are not among them.
    """
    others = [
        entry
        for entry in reversed(entries)
        if entry.actor != session.actor and entry.kind not in _NO_NEWS
    ]
    ranked = sorted(others, key=_rank)
    return [(entry.actor, _describe_activity(session, entry)) for entry in ranked]


def sum_up_activity(told: Sequence[tuple[str, str]]) -> str:
    """Return one line for what people did, the first as it is told, the rest counted by person."""
    (who, first), counts = told[0], Counter(actor for actor, _ in told)
    own = counts.pop(who) - 1
    rest = [f"{count} by {actor}" for actor, count in counts.items()]
    said = f"{first}, and {own} more" if own else first
    return f"{said}. Also {', '.join(rest)}" if rest else said


def _describe_activity(session: Session, entry: JournalEntry) -> str:
    """Say who logged what, and where."""
    about = _find_subject(session, entry)
    where = _place(session, entry.site or (about.site if about else None))
    ends = f"closed {_describe_record(entry)}" if _closes_call(session, entry) else ""
    return f"{entry.actor} {ends or _describe_deed(entry, about)}{where}"


def _describe_deed(entry: JournalEntry, about: JournalEntry | None) -> str:
    kind, corrects = entry.kind, entry.supersedes is not None
    if kind == "void":
        return f"voided {_name_record(about.kind if about else '')}"
    if kind == "stamp":
        name = str(entry.payload.get("name"))
        unit = entry.payload.get("unit") or entry.unit or "a unit"
        return f"stamped {unit} {load_templates().get(f'activity.stamp.{name}', name)}"
    if kind == "action":
        return _describe_action(entry, about)
    if corrects and not _starts_planned(entry, about):
        return f"corrected {_name_record(kind)}"
    if kind == "visit":
        return _describe_visit(entry)
    return f"logged {_describe_record(entry)}"


def _describe_record(entry: JournalEntry) -> str:
    said = str(entry.payload.get("type" if entry.kind == "incident" else "kind", "")).lower()
    if entry.kind == "incident":
        return f"a call ({said})" if said else "a call"
    if entry.kind == "drill":
        return add_article(format_drill_name(said).lower())
    return _name_record(entry.kind)


def _name_record(kind: str) -> str:
    """Name a record as one says that somebody logged one."""
    words = read_record_words().get(kind)
    return words.one if words else load_templates().get(f"activity.record.{kind}", "an entry")


def _describe_action(entry: JournalEntry, about: JournalEntry | None) -> str:
    name = str(entry.payload.get("action", ""))
    what = load_templates().get(f"activity.action.{name}", name)
    ended = "ended_at" in entry.payload
    if about is None:
        return f"logged {what} after it had ended" if ended else f"began {what}"
    verb = "ended" if ended and "ended_at" not in about.payload else "corrected"
    return f"{verb} the {what.split(' ', 1)[-1]}"


def _describe_visit(entry: JournalEntry) -> str:
    status = str(entry.payload.get("status"))
    known = f"activity.visit.{status}" if status in VISIT_STATUSES else "activity.visit.completed"
    words = render_message(known, {"unit": entry.unit or "a unit"})
    return f"{words} by {entry.unit}" if entry.unit and status != "en_route" else words


def _closes_call(session: Session, entry: JournalEntry) -> bool:
    """True for the entry that says first how a call ended, after the one that logged it."""
    if entry.kind != "incident" or not entry.supersedes or not entry.payload.get("disposition"):
        return False
    before = (one for one in session.store.record(entry.supersedes) if one.seq < entry.seq)
    return not any(one.payload.get("disposition") for one in before if one.kind == "incident")


def _starts_planned(entry: JournalEntry, about: JournalEntry | None) -> bool:
    """True for a visit that was planned and is made, missed or canceled now: no correction."""
    if entry.kind != "visit" or about is None:
        return False
    return about.payload.get("status") != entry.payload.get("status")


def _find_subject(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the entry that this one corrects, voids or stamps."""
    uid = entry.supersedes or ""
    if entry.kind == "stamp":
        uid = str(entry.payload.get("incident", ""))
    return session.store.by_uid([uid]).get(uid) if uid else None


def _place(session: Session, site_id: str | None) -> str:
    site = session.saved_project.sites.get(site_id or "")
    return f" at {site.name}" if site else ""


def _rank(entry: JournalEntry) -> int:
    kind = entry.kind
    return _URGENT.index(kind) if kind in _URGENT else len(_URGENT)
