"""Totals that a public paper may tell: from ten on, and none that a subtraction gives away."""

from collections.abc import Iterable, Sequence

from zoneplanner.analysis.coverage.figures import LEAST_N

LEAST_SCHOOLS = 3
"""The total of fewer schools would tell of a single one."""


def withhold_small_totals(
    whole: int,
    parts: Sequence[int],
    schools: Sequence[int],
    *,
    least: int = LEAST_N,
    months: Iterable[int] = (),
) -> tuple[int | None, ...]:
    """Return a whole and then its parts, None for what may not be told.

    A part is withheld where it is below ``least`` or of fewer than three schools; then the
    smallest of the others too until those withheld add up to it, as the whole less the rest would
    tell them. ``months`` are the totals of the months in the period, which have papers of their
    own: where those that these withhold are few together, the whole and a part are withheld.
    """
    if whole < least:
        return (None,) * (1 + len(parts))
    hidden = {
        at
        for at, (part, count) in enumerate(zip(parts, schools, strict=True))
        if part < least or count < LEAST_SCHOOLS
    }
    shown = sorted(set(range(len(parts))) - hidden, key=lambda at: (parts[at], at))
    given = months_give_small_number(months, least=least)
    if given and shown and not hidden:
        hidden.add(shown.pop(0))
    while hidden and shown and _may_be_guessed(parts, schools, hidden, least):
        hidden.add(shown.pop(0))
    told = (None if at in hidden else part for at, part in enumerate(parts))
    return None if given else whole, *told


def gives_small_number(whole: int, part: int, *, least: int = LEAST_N) -> bool:
    """Tell whether a whole and a part of it, both told, give a small number away."""
    return 0 < abs(whole - part) < least


def months_give_small_number(months: Iterable[int], *, least: int = LEAST_N) -> bool:
    """Tell whether a whole gives away what papers of its months withhold, few together."""
    return gives_small_number(sum(one for one in months if one < LEAST_N), 0, least=least)


def _may_be_guessed(
    parts: Sequence[int], schools: Sequence[int], hidden: set[int], least: int
) -> bool:
    """Tell whether the total of what is withheld tells too much itself."""
    few = sum(schools[at] for at in hidden) < LEAST_SCHOOLS
    return few or sum(parts[at] for at in hidden) < least
