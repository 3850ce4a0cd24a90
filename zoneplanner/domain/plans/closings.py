"""Schools that close or open from a day, and where their students go: a what-if's own facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from zoneplanner.domain.geography.site import Site

DEFAULT_ROOM = 0.2
"""A school takes up to so much more than its enrollment, where nobody says otherwise."""
_RECEIVES: Mapping[str, tuple[str, ...]] = {
    "elementary": ("elementary", "k8", "k12"),
    "k8": ("k8", "elementary", "middle", "k12"),
    "middle": ("middle", "k8", "secondary_6_12", "k12"),
    "high": ("high", "secondary_6_12", "k12"),
    "secondary_6_12": ("secondary_6_12", "middle", "high", "k12"),
}
"""Which levels take the students of a level; others take those of their own."""


@dataclass(frozen=True, slots=True)
class SiteClosing:
    """A site that a what-if closes from a day, and how many of its students go where.

    ``left`` are those for whom no school has room.
    """

    site: str
    on: date | None = None
    receiving: Mapping[str, int] = field(default_factory=dict)
    left: int = 0


def may_receive(site: Site, other: Site) -> bool:
    """Tell whether another site takes students of a site's level."""
    return (
        other.patrolled
        and other.id != site.id
        and other.enrollment is not None
        and other.level in _RECEIVES.get(site.level, (site.level,))
    )


def share_students(
    students: int, receivers: Iterable[tuple[Site, float]], *, room: float
) -> tuple[dict[str, int], int]:
    """Give students to schools, the nearest first, each up to its room.

    Parameters
    ----------
    students
        How many there are.
    receivers
        Schools that may take them, with the minutes to each.
    room
        The share of its enrollment that a school takes at most, 0.2 for a fifth.

    Returns
    -------
    The students by school, and how many are left.
    """
    found: dict[str, int] = {}
    for site, _ in sorted(receivers, key=lambda one: (one[1], one[0].id)):
        taken = min(students, int((site.enrollment or 0) * room))
        if taken > 0:
            found[site.id] = taken
            students -= taken
    return found, students


def share_among_chosen(
    students: int, receivers: Sequence[tuple[Site, float]]
) -> tuple[dict[str, int], int]:
    """Give students to schools that a person chose, by the size of each; none is left."""
    sizes = [max(1, site.enrollment or 0) for site, _ in receivers]
    found: dict[str, int] = {}
    for (site, _), size in zip(receivers, sizes, strict=True):
        found[site.id] = students * size // sum(sizes)
    for site, _ in sorted(receivers, key=lambda one: (one[1], one[0].id)):
        if sum(found.values()) < students:
            found[site.id] += 1
    return found, students - sum(found.values())
