"""The optimiser's second objective: zones for the least expected response."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneplanner.analysis.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.app.evaluate import require_plan
from zoneplanner.app.propose import check_tolerance
from zoneplanner.app.reading import ProjectState

if TYPE_CHECKING:
    from zoneplanner.analysis.response_search import ResponseImprovement


def search_faster_response(
    reading: ProjectState,
    *,
    tolerance: float | None = None,
    under: ResponseConditions = USUAL_CONDITIONS,
    seed: int = 0,
    time_limit_s: float = 30.0,
) -> "Iterator[ResponseImprovement]":
    """Return an iterator of plans with less and less expected response than the one on screen.

    Raises
    ------
    UserError
        There is no plan, or it breaks a rule that the search must keep; see ``search_response``.
    """
    from zoneplanner.analysis.response_search import improve_response

    plan = require_plan(reading)
    return improve_response(
        reading.project,
        plan,
        reading.basis,
        tolerance=check_tolerance(plan.tolerance if tolerance is None else tolerance),
        under=under,
        seed=seed,
        time_limit_s=time_limit_s,
    )


def describe_response_gain(found: "ResponseImprovement") -> str:
    """Say in a sentence what a search gained."""
    gain_s = 60 * (found.start_min - found.mean_response_min)
    if gain_s < 0.05:
        return (
            f"No better zones were found than those with {found.mean_response_min:.2f} min; "
            f"{found.tried:,} were tried."
        )
    return (
        f"Expected response {found.start_min:.2f} → {found.mean_response_min:.2f} min "
        f"({gain_s:.0f} s less); {found.tried:,} splits tried, no proof that none is better."
    )
