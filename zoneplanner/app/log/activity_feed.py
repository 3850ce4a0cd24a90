"""What other desks logged, in sentences: who did what, and where; what is urgent comes first."""

from collections.abc import Sequence

from zoneplanner.app.readiness.requirements import format_drill_name
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import JournalEntry

_ACTION_NOUNS = {
    "hold": "a hold",
    "secure": "a secure",
    "lockdown": "a lockdown",
    "evacuate": "an evacuation",
    "shelter": "a shelter",
}
"""Response actions as one says that somebody began one."""

_VISIT_VERBS = {
    "scheduled": "planned a visit",
    "en_route": "sent {unit} on a visit",
    "on_site": "began a visit",
    "completed": "logged a visit",
    "missed": "logged a missed visit",
    "cancelled": "canceled a visit",
}
_RECORD_NOUNS = {
    "visit": "a visit",
    "incident": "an incident",
    "stamp": "a stamp",
    "drill": "a drill",
    "review": "a step of the plan review",
    "action": "a response action",
    "after_action": "an after-action review",
    "corrective_action": "a corrective action",
    "concern": "a concern report",
    "district_report": "the report to the state",
}
"""Kinds of records as one says that somebody logged one."""

_STAMP_WORDS = {
    "received_at": "received",
    "dispatched_at": "dispatched",
    "enroute_at": "en route",
    "onscene_at": "on scene",
    "cleared_at": "cleared",
}
_URGENT = ("action", "incident", "stamp")


def summarize_activity(session: Session, entries: Sequence[JournalEntry]) -> list[str]:
    """Return a sentence for each entry of other people, without its full stop.

    Response actions come first, then calls, then all else, the latest of each first.
    """
    others = [entry for entry in reversed(entries) if entry.actor != session.actor]
    return [_describe_activity(session, entry) for entry in sorted(others, key=_rank)]


def _describe_activity(session: Session, entry: JournalEntry) -> str:
    """Say who logged what, and where."""
    about = _find_subject(session, entry)
    where = _place(session, entry.site or (about.site if about else None))
    return f"{entry.actor} {_describe_deed(entry, about)}{where}"


def _describe_deed(entry: JournalEntry, about: JournalEntry | None) -> str:
    kind, corrects = entry.kind, entry.supersedes is not None
    if kind in ("void", "stamp", "action"):
        return {"void": _void, "stamp": _stamp, "action": _action}[kind](entry, about)
    if corrects and not _starts_planned(entry, about):
        return f"corrected {_RECORD_NOUNS.get(kind, 'an entry')}"
    if kind == "visit":
        return _visit(entry)
    said = str(entry.payload.get("type" if kind == "incident" else "kind", "")).lower()
    if kind == "incident":
        return f"logged a call ({said})" if said else "logged a call"
    if kind == "drill":
        return f"logged {_with_article(format_drill_name(said).lower())}"
    return f"logged {_RECORD_NOUNS.get(kind, 'an entry')}"


def _void(_: JournalEntry, about: JournalEntry | None) -> str:
    return f"voided {_RECORD_NOUNS.get(about.kind if about else '', 'an entry')}"


def _stamp(entry: JournalEntry, _: JournalEntry | None) -> str:
    name = str(entry.payload.get("name"))
    return (
        f"stamped {entry.payload.get('unit') or entry.unit or 'a unit'} "
        f"{_STAMP_WORDS.get(name, name)}"
    )


def _action(entry: JournalEntry, about: JournalEntry | None) -> str:
    name = str(entry.payload.get("action", ""))
    what = _ACTION_NOUNS.get(name, name)
    ended = "ended_at" in entry.payload
    if about is None:
        return f"logged {what} that is over" if ended else f"began {what}"
    if ended and "ended_at" not in about.payload:
        return f"ended the {what.split(' ', 1)[-1]}"
    return f"corrected the {what.split(' ', 1)[-1]}"


def _visit(entry: JournalEntry) -> str:
    status, unit = str(entry.payload.get("status")), entry.unit or ""
    if status == "en_route":
        return _VISIT_VERBS[status].format(unit=unit or "a unit")
    by = f" by {unit}" if unit else ""
    return f"{_VISIT_VERBS.get(status, _VISIT_VERBS['completed'])}{by}"


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
    site = session.project.sites.get(site_id or "")
    return f" at {site.name}" if site else ""


def _with_article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _rank(entry: JournalEntry) -> int:
    kind = entry.kind
    return _URGENT.index(kind) if kind in _URGENT else len(_URGENT)
