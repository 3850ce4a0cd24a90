"""A plan: one way to zone the district, and what differs between two of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from zoneplanner.errors import UserError

DEFAULT_TOLERANCE = 0.10
_WORKING_NAME = re.compile(r"\b(proposed|proposal|draft|test)\b", re.IGNORECASE)


class PlanStatus(StrEnum):
    """The status of a plan on a given day."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    IN_FORCE = "in force"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Zone:
    """The sites and area of one unit. ``color`` is an index into the palette."""

    id: str
    name: str
    unit: str
    color: int


@dataclass(frozen=True, slots=True)
class OptimalityProof:
    """The result of a search: the trip-minutes per day of its best plan, and a proven lower bound.

    ``inputs`` is the fingerprint of the problem; the proof is void for other loads or rules.
    """

    cost: float
    bound: float
    inputs: str

    @property
    def gap(self) -> float:
        """The largest possible improvement over this plan, as a share from 0 to 1."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0


def keep_tighter_bound(
    before: OptimalityProof | None, now: OptimalityProof | None
) -> OptimalityProof | None:
    """Return the latest proof, with the earlier bound if it is tighter for the same problem."""
    if before is None or now is None or before.inputs != now.inputs:
        return now
    return replace(now, bound=max(before.bound, now.bound))


class LockScope(StrEnum):
    """What a lock applies to."""

    SITE = "site"
    ZONE = "zone"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class PlanLock:
    """A site, zone or agency whose zones no proposal or drag may change, with the reason.

    ``target`` is the id of the site, zone or agency. ``held`` are the zones of the locked sites
    when the lock was set. No site enters or leaves a locked zone.
    """

    kind: LockScope
    target: str
    reason: str
    held: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of the lock in ``Plan.locks``."""
        return f"{self.kind} {self.target}"


@dataclass(frozen=True, slots=True)
class Pin:
    """A note at a position of a plan, in meters in the project's CRS."""

    uid: str
    x_m: float
    y_m: float
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WhatIfChange:
    """What a what-if plan supposes about one site; None leaves the fact unchanged."""

    patrolled: bool | None = None
    enrollment: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """Zones and the site-to-zone assignment.

    ``locks`` are by ``PlanLock.key``. ``block_overrides`` assign blocks without sites to zones by
    hand. ``pins`` are notes by uid. ``what_if`` is by site what only this plan supposes. ``parent``
    is the uid of the plan that it was branched from. A plan that is proposed or has an effective
    date cannot be edited.
    """

    uid: str
    name: str
    zones: tuple[Zone, ...]
    assignment: Mapping[str, str]
    tolerance: float = DEFAULT_TOLERANCE
    locks: Mapping[str, PlanLock] = field(default_factory=dict)
    block_overrides: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, Pin] = field(default_factory=dict)
    what_if: Mapping[str, WhatIfChange] = field(default_factory=dict)
    note: str = ""
    parent: str | None = None
    made_at: datetime | None = None
    proposed_on: date | None = None
    effective_on: date | None = None
    expires_on: date | None = None
    proof: OptimalityProof | None = None

    @property
    def has_working_name(self) -> bool:
        """Whether the name says proposal, draft or test, which no published plan should."""
        return _WORKING_NAME.search(self.name) is not None

    @property
    def is_adopted(self) -> bool:
        """Whether an effective date is set."""
        return self.effective_on is not None

    def status(self, today: date) -> PlanStatus:
        """Return the status on a day, which follows from the dates."""
        if self.effective_on is None:
            return PlanStatus.DRAFT if self.proposed_on is None else PlanStatus.PROPOSED
        if self.expires_on is not None and self.expires_on <= self.effective_on:
            return PlanStatus.RETIRED
        if today < self.effective_on:
            return PlanStatus.PROPOSED
        if self.expires_on is not None and today >= self.expires_on:
            return PlanStatus.RETIRED
        return PlanStatus.IN_FORCE

    @property
    def in_force_from(self) -> date | None:
        """The day on which it takes effect or None for a draft or a plan that ended before then."""
        begins, ends = self.effective_on, self.expires_on
        return None if begins and ends and ends <= begins else begins

    def overlaps(self, later: "Plan") -> bool:
        """Whether this plan is still in force on a day of ``later``, which starts no earlier."""
        begins = later.effective_on
        if self.effective_on is None or begins is None or later.expires_on == begins:
            return False
        return self.expires_on is None or self.expires_on > begins

    @property
    def is_draft(self) -> bool:
        """Whether the plan is a draft, which may be edited."""
        return self.proposed_on is None and not self.is_adopted

    def zone(self, zone_id: str) -> Zone:
        """Return a zone by id. Raises a UserError with the known zones if it is unknown."""
        for zone in self.zones:
            if zone.id == zone_id:
                return zone
        raise UserError(
            "unknown_zone", plan=self.name, zone=zone_id, known=[zone.id for zone in self.zones]
        )

    def sites_of(self, zone_id: str) -> tuple[str, ...]:
        """Return the ids of a zone's sites, sorted."""
        return tuple(sorted(site for site, zone in self.assignment.items() if zone == zone_id))

    def with_assignments(self, changes: Mapping[str, str]) -> "Plan":
        """Return this plan with some sites given to other zones."""
        return replace(self, assignment={**self.assignment, **changes})
