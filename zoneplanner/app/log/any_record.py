"""One door for a record of any kind, a stamp and a response action among them."""

from collections.abc import Mapping

from zoneplanner.app.log.corrections import log_incident_correction
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.response_actions import log_response_action
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import JournalEntry


def log_columns(session: Session, kind: str, columns: Mapping[str, str]) -> JournalEntry:
    """Log a record of any kind given as columns of text; errors are those of ``log_record``."""
    if kind == "stamp":
        return log_stamp(session, columns)
    if kind == "action":
        return log_response_action(session, columns)
    if kind == "incident" and columns.get("supersedes"):
        return log_incident_correction(session, columns)
    return log_record(session, kind, columns)
