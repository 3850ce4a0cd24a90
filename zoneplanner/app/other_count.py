"""More or fewer zones of one agency than it has, with their cost beside today's."""

from collections.abc import Iterator

from zoneplanner.app.answers import Answers, answer_of, cost_of
from zoneplanner.app.candidates import Candidate, Wish, candidates
from zoneplanner.app.evaluate import plan_of
from zoneplanner.app.reading import Reading
from zoneplanner.app.zone_counts import zone_counts
from zoneplanner.errors import UserError

_SEARCH_S = 12.0


def other_count(
    reading: Reading, agency: str, n: int, *, seconds: float = _SEARCH_S
) -> Iterator[Answers]:
    """Return an iterator of better and better plans with ``n`` zones of an agency.

    Raises
    ------
    UserError
        There is no plan, it has that many, or ``with_zone_count`` or the search refuses.
    """
    plan = plan_of(reading)
    if zone_counts(reading.project, plan).get(agency) == n:
        raise UserError(
            f"{agency} has {_zones(n)} in “{plan.name}” already; choose another number."
        )
    known = reading.project.agencies.get(agency)
    words = f"{_zones(n)} of {known.short if known else agency}"
    wish = Wish(plan.tolerance, zones={agency: n}, time_limit_s=seconds)
    found = candidates(reading.project, plan, reading.basis, wish, 1)
    return _answers(reading, found, words, seconds)


def _answers(
    reading: Reading, found: Iterator[Candidate], words: str, seconds: float
) -> Iterator[Answers]:
    plan = plan_of(reading)
    today = cost_of(reading.project, plan, reading.basis)
    state = Answers(words, plan, today, doing="Looking for the best split")
    yield state
    for candidate in found:
        answer = answer_of(reading, today, words, candidate.plan, units=candidate.units)
        part = 1.0 if candidate.proposal.proven else candidate.proposal.seconds / seconds
        state = Answers(words, plan, today, found=(answer,), doing=state.doing, part=min(part, 1.0))
        yield state
    if not state.found:
        raise UserError(
            f"No plan with {words} was found in {seconds:g} seconds; propose zones with more time "
            "or a wider tolerance."
        )
    yield state.doing_now("", 1.0)


def _zones(n: int) -> str:
    return f"{n} zone{'' if n == 1 else 's'}"
