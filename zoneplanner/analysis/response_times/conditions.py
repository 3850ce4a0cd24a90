"""The conditions of an expected response: units off duty, mutual aid, the calls and the target."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from zoneplanner.analysis.response_times.hypercube_problem import QueueKind
from zoneplanner.analysis.site_loads import URGENT_SHARE
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

IdlePlace = Literal["visits", "posts"]


class MutualAid(StrEnum):
    """When units that may not be primary in a jurisdiction help there."""

    NEVER = "never"
    URGENT = "urgent"
    ALWAYS = "all"


@dataclass(frozen=True, eq=False, slots=True)
class ResponseConditions:
    """The settings of an evaluation other than the plan.

    Attributes
    ----------
    units_off
        Units off duty.
    idle_place
        Where units are between calls: at their visits, or at their posts, the site from which the
        zone is served with the least driving.
    mutual_aid
        When others help in a jurisdiction, by its id; by default the units' access there decides.
    urgent_share
        Share of calls that are urgent, 0 to 1.
    queue
        ``"loss"``: a call without a free unit is left to the regular patrol; ``"infinite"``: it
        waits for the next free unit of its pool.
    calls_per_h
        Calls an hour by site; by default a school day's calls spread evenly.
    window
        The bell window whose driving times apply, None for the whole school day.
    target_min
        Minutes of turnout and travel within which help should come, positive and finite.
    """

    units_off: Collection[str] = ()
    idle_place: IdlePlace = "visits"
    mutual_aid: Mapping[str, MutualAid] = field(default_factory=dict)
    urgent_share: float = URGENT_SHARE
    queue: QueueKind = "loss"
    calls_per_h: Mapping[str, float] | None = None
    window: BellWindow | None = None
    target_min: float = RESPONSE_TARGET_MIN

    def __post_init__(self) -> None:
        """Raise a UserError if the target is impossible."""
        check_response_target(self.target_min)


def check_response_target(target_min: float) -> float:
    """Return a target in minutes if it is positive and finite, else raise a UserError."""
    if not 0 < target_min < float("inf"):
        raise UserError(
            "out_of_range.response_target", target_min=target_min, example_min=RESPONSE_TARGET_MIN
        )
    return target_min


USUAL_CONDITIONS = ResponseConditions()


def parse_mutual_aid(project: Project, words: Collection[str]) -> dict[str, MutualAid]:
    """Parse mutual aid from texts such as ``City of Citrus Heights=urgent``.

    Raises
    ------
    UserError
        A text names no jurisdiction of the project, or none of never, urgent, all.
    """
    aid: dict[str, MutualAid] = {}
    for text in words:
        name, _, when = text.rpartition("=")
        wanted = name.strip().casefold()
        matches = [
            key
            for key, area in project.jurisdictions.items()
            if wanted in (key.casefold(), area.name.casefold())
        ]
        if not matches:
            known = [area.name for area in project.jurisdictions.values()]
            raise UserError("unknown_jurisdiction", name=name.strip(), known=known)
        try:
            aid[matches[0]] = MutualAid(when.strip().casefold())
        except ValueError:
            raise UserError(
                "unknown_mutual_aid",
                when=when.strip(),
                jurisdiction=name.strip(),
                known=list(map(str, MutualAid)),
            ) from None
    return aid
