"""What a window says of a shared project: where it is, who is there, and what waits for it."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from zoneplanner.app.project import find_outbox_path
from zoneplanner.app.session import Session
from zoneplanner.errors import UserError
from zoneplanner.storage import PresentDesk, ServerAddress, Store
from zoneplanner.storage.outbox import Outbox


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
    desks = "1 desk" if len(names) == 1 else f"{len(names)} desks"
    return f"{where} — {desks}: {', '.join(names)}"


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
    if to_send == 0:
        return ""
    entries = (
        "1 entry of this desk waits" if to_send == 1 else f"{to_send} entries of this desk wait"
    )
    return f"{entries} to be sent there; nothing is lost."


def describe_unsent_entries(store: Store) -> str:
    """Say how many entries wait on this desk for the open project's server, or nothing."""
    to_send = store.waiting().to_send
    if to_send == 0:
        return ""
    return "1 entry waits to be sent" if to_send == 1 else f"{to_send} entries wait to be sent"
