"""What the window says once something is logged: one sentence an entry."""

from zoneinfo import ZoneInfo

from zoneplanner.app.due_visits import find_started_plan
from zoneplanner.app.session import Session
from zoneplanner.app.voiding import ends_visit
from zoneplanner.domain.journal import JournalEntry
from zoneplanner.domain.records import read_incidents
from zoneplanner.ui.kit.words import STAMP_NAMES

_VISIT_WORDS = {
    "scheduled": "planned",
    "cancelled": "cancelled",
    "missed": "marked as missed",
    "en_route": "under way",
}


_NOT_SENT = "The server is away: other desks do not know yet. It is sent once the server is back."


def describe_logged_entry(session: Session, entry: JournalEntry) -> str:
    """Say what an entry is about: where, by whom, and whether it corrects another.

    Of one that waits on this desk it is said that others do not know of it.
    """
    said = _describe_entry(session, entry)
    return said if entry.hash else f"{said} {_NOT_SENT}"


def _describe_entry(session: Session, entry: JournalEntry) -> str:
    if entry.kind == "void":
        return "The entry is voided; it is kept in the log."
    if entry.kind == "stamp":
        made = f"{entry.unit} is stamped {STAMP_NAMES[entry.payload['name']].lower()}"
        return f"{made}{_incident_words(session, str(entry.payload['incident']))}."
    site = session.project.sites.get(entry.site or "")
    where = site.name if site else ""
    if entry.kind == "action":
        verb = "ended" if "ended_at" in entry.payload else "begun"
        action = str(entry.payload["action"]).capitalize()
        return f"{action} at {where or 'the school'} is logged as {verb}."
    done = "corrected" if entry.supersedes else "logged"
    if entry.kind == "visit":
        if ends_visit(session, entry):
            done = "ended"
        return _visit(session, entry, f"Visit to {where}" if where else "Visit", done)
    kind = entry.kind.replace("_", " ").capitalize()
    return f"{kind}{f' at {where}' if where else ''} {done}."


def _incident_words(session: Session, uid: str) -> str:
    """Name an incident and its school: “: Fight at Del Campo High”."""
    calls = read_incidents(session.store.record(uid))
    if not calls:
        return ""
    site = session.project.sites.get(calls[0].site or "")
    return f": {calls[0].type.capitalize()}{f' at {site.name}' if site else ''}"


def _visit(session: Session, entry: JournalEntry, what: str, done: str) -> str:
    by = f" by {entry.unit}" if entry.unit else ""
    planned = find_started_plan(session, entry)
    if planned is not None:
        at = planned.occurred_at.astimezone(ZoneInfo(session.project.time_zone))
        return f"{what}{by} logged; it takes up the one planned for {session.formats.clock(at)}."
    status = str(entry.payload.get("status"))
    return f"{what}{by} {_VISIT_WORDS.get(status, done)}."
