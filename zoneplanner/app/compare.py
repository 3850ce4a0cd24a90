"""Compare two plans of the open project."""

from dataclasses import dataclass
from pathlib import Path

from zoneplanner.analysis.compare import Comparison, Side, compare
from zoneplanner.app.handout import handout
from zoneplanner.app.reading import Reading, read
from zoneplanner.app.session import Session
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.publish.content import Handout


@dataclass(frozen=True, eq=False, slots=True)
class Compared:
    """Two plans as they are read, and what differs between them."""

    before: Reading
    after: Reading
    comparison: Comparison


@dataclass(frozen=True, eq=False, slots=True)
class _Board:
    """What the printed page is made of; it touches no project, so it may be written as a job."""

    before: Handout
    after: Handout
    comparison: Comparison


def compare_plans(
    session: Session, before: str, after: str, *, previous: Compared | None = None
) -> Compared:
    """Compare two plans by uid or name; what a previous comparison knows is not read again.

    Raises
    ------
    UserError
        A plan is unknown (it may have been deleted), or both are the same one.
    """
    kept = session.reading.kept
    one, other = kept.plan(before), kept.plan(after)
    if one is other:
        raise UserError(
            f"“{one.name}” cannot differ from itself; choose two plans.", code="same_plan"
        )
    sides = (previous.before, previous.after) if previous is not None else ()
    known = {reading.plan.uid: reading for reading in sides if reading.plan is not None}
    first, second = (
        session.reading
        if plan is session.plan
        else _read_anew(kept, plan, known.get(plan.uid, session.reading))
        for plan in (one, other)
    )
    return Compared(first, second, compare(_side(first), _side(second)))


def board(session: Session, before: str, after: str, *, audience: str) -> _Board:
    """Collect the printed comparison of two plans; errors are those of ``compare_plans``."""
    found = compare_plans(session, before, after)
    first = handout(session, audience, found.before, log=False)
    return _Board(first, handout(session, audience, found.after, log=False), found.comparison)


def print_board(content: _Board, path: Path) -> Path:
    """Write a comparison as one printed page; a path that cannot be written is a UserError."""
    # reportlab is slow to import, and only a printed page needs it
    from zoneplanner.publish import board
    from zoneplanner.publish.files import write_whole
    from zoneplanner.publish.paper import document

    page = board.board(content.before, content.after, content.comparison)
    return write_whole(path, document(page))


def _read_anew(kept: Project, plan: Plan, known: Reading) -> Reading:
    """Read a plan, or return what is known where nothing has changed since."""
    if known.plan is plan and known.kept is kept:
        return known
    return read(kept, plan, known)


def _side(reading: Reading) -> Side:
    assert reading.plan is not None
    assert reading.figures is not None
    return Side(reading.project, reading.plan, reading.basis, reading.figures)
