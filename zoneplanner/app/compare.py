"""Compare two plans of the open project."""

from dataclasses import dataclass
from pathlib import Path

from zoneplanner.analysis.compare import Comparison, Side, compare
from zoneplanner.app.handout import handout
from zoneplanner.app.reading import Reading, read
from zoneplanner.app.session import Session
from zoneplanner.errors import UserError


@dataclass(frozen=True, eq=False, slots=True)
class Compared:
    """Two plans as they are read, and what differs between them."""

    before: Reading
    after: Reading
    comparison: Comparison


def compare_plans(session: Session, before: str, after: str) -> Compared:
    """Compare two plans by uid or name.

    Raises
    ------
    UserError
        A plan is unknown (it may have been deleted), or both are the same one.
    """
    kept = session.reading.kept
    one, other = kept.plan(before), kept.plan(after)
    if one is other:
        raise UserError(f"“{one.name}” cannot differ from itself; choose two plans.")
    first, second = (
        session.reading if plan is session.plan else read(kept, plan, session.reading)
        for plan in (one, other)
    )
    return Compared(first, second, compare(_side(first), _side(second)))


def print_board(session: Session, before: str, after: str, path: Path, *, audience: str) -> Path:
    """Write the comparison of two plans as one printed page; the plan on screen stays.

    Raises
    ------
    UserError
        As ``compare_plans``, or the file cannot be written.
    """
    # reportlab is slow to import, and only a printed page needs it
    from zoneplanner.publish.board import write_board

    found = compare_plans(session, before, after)
    first = handout(session, audience, found.before)
    second = handout(session, audience, found.after)
    return write_board(first, second, found.comparison, path)


def _side(reading: Reading) -> Side:
    assert reading.plan is not None
    assert reading.figures is not None
    return Side(reading.project, reading.plan, reading.basis, reading.figures)
