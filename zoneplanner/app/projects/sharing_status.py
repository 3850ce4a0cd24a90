"""What somebody may not do in an open project, in one sentence; empty where they may."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from zoneplanner.app.projects.open_project import find_outbox_path
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError
from zoneplanner.messages import render_message
from zoneplanner.storage import PresentDesk, ServerAddress, Store
from zoneplanner.storage.postgres.outbox import Outbox


def explain_denied_edit(store: Store) -> str:
    """Say why plans, shifts, sites and settings cannot be changed here, or nothing."""
    if store.read_only or not store.role.may_log:
        return _explain_read_only(store)
    if store.address is not None and not store.role.may_edit and not store.online:
        return render_message("may_only_log.away", {})
    return "" if store.role.may_edit else render_message("may_only_log", {"role": store.role})


def explain_denied_log(store: Store) -> str:
    """Say why nothing can be logged here, or nothing."""
    return _explain_read_only(store) if store.read_only or not store.role.may_log else ""


def _explain_read_only(store: Store) -> str:
    if not store.read_only:
        return render_message("may_only_look", {"role": store.role})
    if store.damaged:
        return render_message("reading_only.damaged", {})
    return render_message("reading_only.copy" if store.shared_to else "reading_only", {})


def describe_shared_project(session: Session, present: Sequence[PresentDesk]) -> str:
    """Say which shared project is open, where, as whom, and at which desks it is open too."""
    store = session.store
    assert store.address is not None
    where = f"{session.project.name} — on {store.address.server} as {store.role}"
    if not store.online:
        return f"{where} — server away"
    names = _desk_names(present)
    if not names:
        return where
    return f"{where} — {render_message('desks', {'n': len(names)})}: {', '.join(names)}"


def _desk_names(present: Sequence[PresentDesk]) -> list[str]:
    """Return the names of those who have a project open; a name there twice names its desk."""
    times = Counter(one.actor for one in present)
    return sorted(
        one.actor if times[one.actor] == 1 else f"{one.actor} ({one.desk})" for one in present
    )


def describe_waiting_outbox(address: ServerAddress) -> str:
    """Say how many entries wait on this desk for a shared project, or nothing."""
    to_send = 0
    with suppress(UserError):  # what cannot be read now is not lost
        to_send = len(Outbox(find_outbox_path(address)).waiting())
    return render_message("outbox", {"n": to_send}) if to_send else ""


def describe_unsent_entries(store: Store) -> str:
    """Say how many entries wait on this desk for the open project's server, or nothing."""
    to_send = store.waiting().to_send
    return render_message("outbox.open_project", {"n": to_send}) if to_send else ""
