"""What other desks logged, in sentences: who did what, and where; what is urgent comes first."""

from collections.abc import Sequence

from zoneplanner.app.readiness import drill_name
from zoneplanner.app.session import Session
from zoneplanner.domain.journal import Entry

_BEGUN = {
    "hold": "a hold",
    "secure": "a secure",
    "lockdown": "a lockdown",
    "evacuate": "an evacuation",
    "shelter": "a shelter",
}
"""Response actions as one says that somebody began one."""

_VISITS = {
    "scheduled": "planned a visit",
    "en_route": "sent {unit} on a visit",
    "on_site": "began a visit",
    "completed": "logged a visit",
    "missed": "logged a missed visit",
    "cancelled": "canceled a visit",
}
_RECORDS = {
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

_STAMPED = {
    "received_at": "received",
    "dispatched_at": "dispatched",
    "enroute_at": "en route",
    "onscene_at": "on scene",
    "cleared_at": "cleared",
}
_URGENT = ("action", "incident", "stamp")


def list_news(session: Session, entries: Sequence[Entry]) -> list[str]:
    """Return a sentence for each entry of other people, without its full stop.

    Response actions come first, then calls, then all else, the latest of each first.
    """
    others = [entry for entry in reversed(entries) if entry.actor != session.actor]
    return [_describe_entry(session, entry) for entry in sorted(others, key=_rank)]


def _describe_entry(session: Session, entry: Entry) -> str:
    """Say who logged what, and where."""
    about = _about(session, entry)
    where = _place(session, entry.site or (about.site if about else None))
    return f"{entry.actor} {_deed(entry, about)}{where}"


def _deed(entry: Entry, about: Entry | None) -> str:
    kind, corrects = entry.kind, entry.supersedes is not None
    if kind in ("void", "stamp", "action"):
        return {"void": _void, "stamp": _stamp, "action": _action}[kind](entry, about)
    if corrects and not _takes_up(entry, about):
        return f"corrected {_RECORDS.get(kind, 'an entry')}"
    if kind == "visit":
        return _visit(entry)
    said = str(entry.payload.get("type" if kind == "incident" else "kind", "")).lower()
    if kind == "incident":
        return f"logged a call ({said})" if said else "logged a call"
    if kind == "drill":
        return f"logged {_with_article(drill_name(said).lower())}"
    return f"logged {_RECORDS.get(kind, 'an entry')}"


def _void(_: Entry, about: Entry | None) -> str:
    return f"voided {_RECORDS.get(about.kind if about else '', 'an entry')}"


def _stamp(entry: Entry, _: Entry | None) -> str:
    name = str(entry.payload.get("name"))
    return (
        f"stamped {entry.payload.get('unit') or entry.unit or 'a unit'} {_STAMPED.get(name, name)}"
    )


def _action(entry: Entry, about: Entry | None) -> str:
    name = str(entry.payload.get("action", ""))
    what = _BEGUN.get(name, name)
    ended = "ended_at" in entry.payload
    if about is None:
        return f"logged {what} that is over" if ended else f"began {what}"
    if ended and "ended_at" not in about.payload:
        return f"ended the {what.split(' ', 1)[-1]}"
    return f"corrected the {what.split(' ', 1)[-1]}"


def _visit(entry: Entry) -> str:
    status, unit = str(entry.payload.get("status")), entry.unit or ""
    if status == "en_route":
        return _VISITS[status].format(unit=unit or "a unit")
    by = f" by {unit}" if unit else ""
    return f"{_VISITS.get(status, _VISITS['completed'])}{by}"


def _takes_up(entry: Entry, about: Entry | None) -> bool:
    """True for a visit that was planned and is made, missed or canceled now: no correction."""
    if entry.kind != "visit" or about is None:
        return False
    return about.payload.get("status") != entry.payload.get("status")


def _about(session: Session, entry: Entry) -> Entry | None:
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


def _rank(entry: Entry) -> int:
    kind = entry.kind
    return _URGENT.index(kind) if kind in _URGENT else len(_URGENT)
