"""Check a whole project beside the work at it, by a connection of its own."""

from zoneplanner import storage
from zoneplanner.errors import ProgressReport
from zoneplanner.messages import render_message
from zoneplanner.storage import Store, Verification


def check_whole_project(store: Store, report: ProgressReport) -> Verification:
    """Verify the project that a store has open; it is opened once more, for reading.

    Raises
    ------
    UserError
        It cannot be opened any more.
    """
    place = store.address if store.address is not None else store.path
    assert place is not None
    with storage.open(place, read_only=True) as own:
        return own.verify(report)


def describe_findings(found: Verification) -> str:
    """Say in one sentence that a project is not whole; nothing where it is."""
    if found.ok:
        return ""
    first, *others = found.findings
    facts = {"first": first.text.rstrip("."), "more": len(others)}
    return render_message("damage_found.several" if others else "damage_found", facts)
