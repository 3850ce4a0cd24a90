"""Void a record of the log, or take back the entry that this desk made last.

The log is append-only: voiding is a new entry, and so is taking a correction back.
"""

from zoneinfo import ZoneInfo

from zoneplanner.app.logbook import log_record
from zoneplanner.app.project import new_uid
from zoneplanner.app.response_actions import list_active_actions
from zoneplanner.app.session import Session
from zoneplanner.app.stamps import log_stamp
from zoneplanner.domain.journal import JournalEntry, NewEntry
from zoneplanner.domain.records import read_incidents
from zoneplanner.errors import UserError

_TAKEN_BACK = "Taken back right after it was logged"
_CALL_KINDS = ("incident", "stamp", "void")


def void_record(session: Session, uid: str, *, reason: str) -> JournalEntry:
    """Void the record that an entry belongs to; its entries are kept and no longer counted.

    Raises
    ------
    UserError
        There is no such record, or no reason.
    """
    record = session.store.record(uid)
    if not record:
        raise UserError(f"There is no entry “{uid}” in the log that could be voided.")
    columns = {"void": uid, "reason": reason}
    if record[0].kind == "stamp":
        return log_stamp(session, columns)
    return log_record(session, record[0].kind, columns)


def take_back_entry(session: Session, entry: JournalEntry) -> JournalEntry:
    """Take back an entry of this desk: a first entry is voided, a correction says what was before.

    Raises
    ------
    UserError
        It may not be taken back; see ``why_not_take_back``.
    """
    why_not = explain_no_take_back(session, entry)
    if why_not:
        raise UserError(why_not)
    before = _find_previous_entry(session, entry)
    if before is None:
        made = void_record(session, entry.uid, reason=_TAKEN_BACK)
    elif before.kind == "void":
        made = void_record(
            session, entry.uid, reason=str(before.payload.get("reason", _TAKEN_BACK))
        )
    else:
        made = session.log(
            NewEntry(
                new_uid(),
                before.kind,
                before.site,
                before.unit,
                before.occurred_at,
                before.payload,
                entry.uid,
            )
        )
    session.forget_entries((entry.uid, made.uid))
    return made


def explain_no_take_back(session: Session, entry: JournalEntry) -> str:
    """Say why an entry is not taken back by undo; an empty text where it is.

    What is called at a school, and the call of it, stays until somebody ends it in the console.
    """
    record = session.store.record(entry.uid)
    if record[0].kind == "action":
        return (
            f"{name_entry(session, record[0])} is not taken back by Undo; "
            f"end it or take it back in the console."
        )
    if record[-1].uid != entry.uid:
        return (
            f"{name_entry(session, entry)} was changed since; open its History in the log, and "
            f"correct or void it there."
        )
    if record[0].kind == "incident" and _is_call_of_action(session, record[0]):
        return (
            f"{name_entry(session, record[0])} belongs to what goes on at the school and is not "
            f"taken back by Undo; end that in the console first."
        )
    return ""


def describe_take_back(session: Session, entry: JournalEntry) -> str:
    """Say what taking an entry back does, as a title: “Void: Visit to Del Campo High, 10:42”."""
    before = _find_previous_entry(session, entry)
    if before is None:
        return f"Void: {name_entry(session, entry)}"
    if entry.kind == "void":
        return f"Bring back: {name_entry(session, before)}"
    if entry.payload.get("disposition") and not before.payload.get("disposition"):
        what = "the closing of"
    else:
        what = "the end of" if ends_visit(session, entry) else "the correction of"
    return f"Take back {what}: {name_entry(session, before)}"


def choose_take_back_verb(words: str) -> str:
    """Return what a button says that does ``take_back_words``: Void, Bring back or Take back."""
    return "Take back" if words.startswith("Take back") else words.split(":", maxsplit=1)[0]


def ends_visit(session: Session, entry: JournalEntry) -> bool:
    """True where an entry gives a visit that was logged before its end."""
    before = _find_previous_entry(session, entry)
    return (
        before is not None
        and "departed_at" in entry.payload
        and "departed_at" not in before.payload
    )


def name_entry(session: Session, entry: NewEntry) -> str:
    """Name an entry by kind, place and time: “Visit to Del Campo High, 10:42”."""
    site = session.project.sites.get(entry.site or "")
    if entry.kind == "stamp":
        what, joint = f"{entry.unit} {str(entry.payload['name']).removesuffix('_at')}", "at"
    elif entry.kind == "action":
        what, joint = str(entry.payload["action"]).capitalize(), "at"
    else:
        what = entry.kind.replace("_", " ").capitalize()
        joint = "to" if entry.kind == "visit" else "at"
    where = f" {joint} {site.name}" if site is not None else ""
    at = entry.occurred_at.astimezone(ZoneInfo(session.project.time_zone))
    return f"{what}{where}, {session.formats.clock(at)}"


def describe_active_record(session: Session, uid: str) -> str:
    """Say that what an entry logs still goes on: a response action, or an open incident."""
    record = session.store.record(uid)
    if not record:
        return ""
    if record[0].kind == "action":
        own = next((one for one in list_active_actions(session) if one.uid == record[0].uid), None)
        return f"This {own.action} still goes on." if own is not None else ""
    if record[0].kind != "incident":
        return ""
    journal = session.store.entries(kinds=_CALL_KINDS)
    call = next((one for one in read_incidents(journal) if one.uid == record[0].uid), None)
    return "This incident is still open." if call is not None and call.cleared_at is None else ""


def _find_previous_entry(session: Session, entry: JournalEntry) -> JournalEntry | None:
    """Return the entry of the same record before one, or None for its first."""
    record = session.store.record(entry.uid)
    place = next((at for at, one in enumerate(record) if one.uid == entry.uid), 0)
    return record[place - 1] if place else None


def _is_call_of_action(session: Session, call: JournalEntry) -> bool:
    """True of an open call at a school where a response action goes on."""
    if not any(one.site == call.site for one in list_active_actions(session)):
        return False
    journal = session.store.entries(kinds=_CALL_KINDS)
    return any(one.uid == call.uid and one.cleared_at is None for one in read_incidents(journal))
