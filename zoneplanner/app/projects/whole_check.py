"""Check a whole project beside the work at it, by a connection of its own."""

from zoneplanner import storage
from zoneplanner.errors import ProgressReport
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
    count = len(found.findings)
    more = f" (and {count - 1:,} more)" if count > 1 else ""
    return (
        f"This project is not whole: {found.findings[0].text.rstrip('.')}{more}. Keep a copy of it "
        "as it is, and restore the newest backup that is whole."
    )
