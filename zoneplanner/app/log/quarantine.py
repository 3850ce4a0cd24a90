"""Entries of the journal that cannot be read: told wherever the log is, and taken note of."""

from collections.abc import Sequence

from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import ENTRY_SHAPES, QUARANTINE_KIND, build_quarantine_entry
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.storage import UnreadableEntry


def explain_unreadable_entries(found: Sequence[UnreadableEntry]) -> str:
    """Say how many entries are in no list and no figure; empty where there are none."""
    if not found:
        return ""
    count = format_count(len(found), "entry", "entries")
    known = sum(one.quarantined for one in found)
    noted = f" ({known:,} of them quarantined)" if known else ""
    return (
        f"{count} of the journal cannot be read{noted} and left out of lists and figures; "
        "verify names each."
    )


def quarantine_entry(session: Session, seq: int, *, reason: str) -> JournalEntry:
    """Take note, by an entry, of one that cannot be read; from then on the journal is whole again.

    Raises
    ------
    UserError
        The entry can be read (void it instead) or is quarantined already, there is no reason, or
        one is not the owner.
    """
    found = {one.seq: one for one in session.store.unreadable_entries() if not one.quarantined}
    if seq not in found:
        raise UserError("not_unreadable", seq=seq)
    if not session.store.role.covers(ENTRY_SHAPES[QUARANTINE_KIND].least_role):
        raise UserError("role_may_not.quarantine", name=session.store.name)
    return session.log(
        build_quarantine_entry(
            uid=new_uid(), seq=seq, field=found[seq].field, reason=reason, now=session.clock()
        )
    )
