"""Access to a shared project: list it, grant it, and revoke it when somebody leaves."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.publishing.handout import HandoutRequest, collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import derive_state
from zoneplanner.domain.roles import SERVER_ROLES
from zoneplanner.domain.roster.shift import Shift, ShiftStatus
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.publish.audience import OWN, redact_for_audience
from zoneplanner.publish.documents.access_list import PrintedAccess, build_access_list
from zoneplanner.publish.handout import WITHOUT_PLAN
from zoneplanner.publish.pdf.page import render_pdf
from zoneplanner.storage import ProjectRole
from zoneplanner.storage.postgres.group_roles import LoginState, PersonAccess, RevokedAccess
from zoneplanner.storage.postgres.shared_store import SharedStore


class LastSeen(NamedTuple):
    """When a person last logged or changed something, and at which desks they are now."""

    at: datetime | None
    desks: tuple[str, ...] = ()


class Offboarding(NamedTuple):
    """The access that a leaving person had, and their shifts that need another officer."""

    person: str
    revoked: RevokedAccess
    open_shifts: tuple[Shift, ...]

    @property
    def message(self) -> Message:
        """What happened to the access, in a sentence or two."""
        login = self.revoked.login
        template = "access_taken" if login is LoginState.LOCKED else f"access_taken.{login}"
        return Message(template, person=self.person)


def read_project_access(session: Session) -> list[PersonAccess]:
    """Return who has which access, since when, and who granted it."""
    return _require_shared(session).list_access()


def read_past_access(session: Session) -> list[PersonAccess]:
    """Return who had which access in the past, from when to when, and who revoked it."""
    return _require_shared(session).list_past_access()


def print_access_list(session: Session, path: Path) -> Path:
    """Write a PDF with current and past access; a UserError if the path cannot be written."""
    session.store.check_target(path)
    rows = [
        PrintedAccess(access.person, access.role.value, *access[2:])
        for access in (*read_project_access(session), *read_past_access(session))
    ]
    state = derive_state(session.saved_project, WITHOUT_PLAN, session.state)
    request = HandoutRequest(OWN, as_of=session.clock())
    content = redact_for_audience(collect_handout(session, request, state, log=False))
    return write_file_atomically(path, render_pdf(build_access_list(content, rows)))


def read_last_seen(session: Session) -> dict[str, LastSeen]:
    """Return when people were last seen, by name.

    People who never write are only seen while a desk of theirs is open.
    """
    store = _require_shared(session)
    acts = store.list_last_acts()
    desks: dict[str, list[str]] = {person: [] for person in acts}
    for present in store.list_present_desks():
        desks.setdefault(present.actor, []).append(present.desk)
    return {
        person: LastSeen(acts.get(person), tuple(sorted(of_person)))
        for person, of_person in desks.items()
    }


def grant_project_access(session: Session, person: str, role: str, *, password: str = "") -> None:
    """Grant a person one role instead of any other; with a password, create a login first."""
    known = [each.value for each in SERVER_ROLES]
    if role not in known:
        raise UserError("unknown_choice", what="role", text=role, known=known)
    _require_shared(session).grant_access(person, ProjectRole(role), password=password)


def offboard_person(session: Session, person: str) -> Offboarding:
    """Revoke a person's access; their entries and edits keep their name.

    Their future shifts stay; see ``list_shifts_to_come``.
    """
    revoked = _require_shared(session).revoke_access(person)
    return Offboarding(person, revoked, list_shifts_to_come(session, person))


def list_shifts_to_come(session: Session, person: str) -> tuple[Shift, ...]:
    """Return the future shifts of the officer with the name of a login, in order of time."""
    project, now = session.project, session.clock()
    officers = {
        key
        for key, officer in project.officers.items()
        if person.casefold() in (key.casefold(), officer.name.casefold())
    }
    shifts = sorted(
        (
            shift
            for shift in project.shifts.values()
            if shift.officer in officers
            and shift.ends_at > now
            and shift.status is not ShiftStatus.CANCELLED
        ),
        key=lambda shift: shift.starts_at,
    )
    return tuple(shifts)


def _require_shared(session: Session) -> SharedStore:
    if not isinstance(session.store, SharedStore):
        raise UserError("not_shared", name=session.store.name)
    return session.store
