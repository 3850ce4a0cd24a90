"""Check a whole project beside the work at it, by a connection of its own."""

from typing import NamedTuple

from zoneplanner import storage
from zoneplanner.app.projects.row_repair import RowRepair, find_row_repair
from zoneplanner.errors import ProgressReport
from zoneplanner.messages import render_message
from zoneplanner.storage import Store, Verification


class WholeCheck(NamedTuple):
    """What is not whole, and what of it backups can put back."""

    found: Verification
    repair: RowRepair


def check_whole_project(store: Store, report: ProgressReport) -> WholeCheck:
    """Verify the project that a store has open; it is opened once more, for reading.

    Raises
    ------
    UserError
        It cannot be opened any more.
    """
    place = store.address if store.address is not None else store.path
    assert place is not None
    with storage.open(place, read_only=True) as own:
        found = own.verify(report)
        repair = RowRepair() if found.ok else find_row_repair(own, place)
    return WholeCheck(found, repair)


def describe_findings(check: WholeCheck) -> str:
    """Say in one sentence that a project is not whole, and what to do; nothing where it is."""
    if check.found.ok:
        return ""
    first, *others = check.found.findings
    facts = {"first": first.text.rstrip("."), "more": len(others)}
    proven, several = len(check.repair.proven) > len(others), bool(others)
    codes = (
        ("damage_found.proven", "damage_found.proven_several")
        if proven
        else ("damage_found", "damage_found.several")
    )
    return render_message(codes[several], facts)
