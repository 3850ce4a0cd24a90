"""Schools that close in a what-if, and where their students go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from zoneplanner.domain.geography.site import Site

DEFAULT_ROOM = 0.2
"""The share of its enrollment that a school can take in addition, unless a person sets another."""
_RECEIVES: Mapping[str, tuple[str, ...]] = {
    "elementary": ("elementary", "k8", "k12"),
    "k8": ("k8", "elementary", "middle", "k12"),
    "middle": ("middle", "k8", "secondary_6_12", "k12"),
    "high": ("high", "secondary_6_12", "k12"),
    "secondary_6_12": ("secondary_6_12", "middle", "high", "k12"),
}
"""The levels that take students of a level; the levels not listed take only their own."""


@dataclass(frozen=True, slots=True)
class SiteClosing:
    """A site that a what-if closes, from the day ``on`` if it is known.

    ``receiving`` is the number of its students by the school they go to, ``left`` the number for
    whom no school has room.
    """

    site: str
    on: date | None = None
    receiving: Mapping[str, int] = field(default_factory=dict)
    left: int = 0


def may_receive(site: Site, other: Site) -> bool:
    """Return whether another site can take students of a site's level."""
    return (
        other.patrolled
        and other.id != site.id
        and other.enrollment is not None
        and other.level in _RECEIVES.get(site.level, (site.level,))
    )


def share_students(
    students: int, receivers: Iterable[tuple[Site, float]], *, room: float
) -> tuple[dict[str, int], int]:
    """Distribute students over schools, nearest first, each up to its room.

    Parameters
    ----------
    students
        How many students there are.
    receivers
        Schools that may take them, with the minutes to each.
    room
        The most that a school takes, as a share of its enrollment: 0.2 for a fifth.

    Returns
    -------
    The students by school, and how many are left.
    """
    shares: dict[str, int] = {}
    for site in _sort_nearest_first(receivers):
        count = min(students, int((site.enrollment or 0) * room))
        if count > 0:
            shares[site.id] = count
            students -= count
    return shares, students


def share_among_chosen(
    students: int, receivers: Sequence[tuple[Site, float]]
) -> tuple[dict[str, int], int]:
    """Distribute students over schools that a person chose, by the size of each; none is left."""
    sizes = {site.id: max(1, site.enrollment or 0) for site, _ in receivers}
    total = sum(sizes.values())
    shares = {site_id: students * size // total for site_id, size in sizes.items()}
    rest = students - sum(shares.values())
    for site in _sort_nearest_first(receivers)[:rest]:
        shares[site.id] += 1
    return shares, students - sum(shares.values())


def _sort_nearest_first(receivers: Iterable[tuple[Site, float]]) -> list[Site]:
    return [site for site, _ in sorted(receivers, key=lambda pair: (pair[1], pair[0].id))]
