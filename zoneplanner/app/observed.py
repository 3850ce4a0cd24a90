"""Coverage as observed: the journal's figures for the project's sites, zones, units and weeks."""

from datetime import date

from zoneplanner.analysis.coverage import Row, coverage_of
from zoneplanner.app.session import Session


def observed(
    session: Session,
    *,
    by: str = "site",
    first: date | None = None,
    last: date | None = None,
    target_min: float | None = None,
) -> tuple[Row, ...]:
    """Compute the coverage rows of a period, both days included."""
    return coverage_of(
        session.store.log(),
        project=session.project,
        by=by,
        first=first,
        last=last,
        now=session.clock(),
        target_min=target_min,
    )
