"""More or fewer zones of one agency than it has, with their cost beside today's."""

from collections.abc import Iterator

from zoneplanner.app.answers import ZoneOptions, build_zone_option, measure_plan_cost
from zoneplanner.app.candidates import ScoredPlan, SearchRequest, search_plan_candidates
from zoneplanner.app.evaluate import require_plan
from zoneplanner.app.reading import ProjectState
from zoneplanner.app.zone_counts import count_zones
from zoneplanner.errors import UserError

_SEARCH_S = 12.0


def search_zone_count_options(
    reading: ProjectState, agency: str, n: int, *, seconds: float = _SEARCH_S
) -> Iterator[ZoneOptions]:
    """Return an iterator of better and better plans with ``n`` zones of an agency.

    Raises
    ------
    UserError
        There is no plan, it has that many, or ``with_zone_count`` or the search refuses.
    """
    plan = require_plan(reading)
    if count_zones(reading.project, plan).get(agency) == n:
        raise UserError(
            f"{agency} has {_format_zone_count(n)} in “{plan.name}” already; choose another number."
        )
    known = reading.project.agencies.get(agency)
    words = f"{_format_zone_count(n)} of {known.short if known else agency}"
    wish = SearchRequest(plan.tolerance, zones={agency: n}, time_limit_s=seconds)
    found = search_plan_candidates(reading.project, plan, reading.basis, wish, 1)
    return _search_options(reading, found, words, seconds)


def _search_options(
    reading: ProjectState, found: Iterator[ScoredPlan], words: str, seconds: float
) -> Iterator[ZoneOptions]:
    plan = require_plan(reading)
    today = measure_plan_cost(reading.project, plan, reading.basis)
    state = ZoneOptions(words, plan, today, doing="Looking for the best split")
    yield state
    for candidate in found:
        answer = build_zone_option(reading, today, words, candidate.plan, units=candidate.units)
        part = 1.0 if candidate.proposal.proven else candidate.proposal.seconds / seconds
        state = ZoneOptions(
            words, plan, today, found=(answer,), doing=state.doing, part=min(part, 1.0)
        )
        yield state
    if not state.found:
        raise UserError(
            f"No plan with {words} was found in {seconds:g} seconds; propose zones with more time "
            "or a wider tolerance."
        )
    yield state.doing_now("", 1.0)


def _format_zone_count(n: int) -> str:
    return f"{n} zone{'' if n == 1 else 's'}"
