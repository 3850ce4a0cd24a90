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
    """Where a plan stands on a given day."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    IN_FORCE = "in force"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Zone:
    """The sites and area of one unit. ``color`` is a place in the palette, from 0."""

    id: str
    name: str
    unit: str
    color: int


@dataclass(frozen=True, slots=True)
class OptimalityProof:
    """What a search showed: trip-minutes a day of its best plan and a true lower bound.

    ``inputs`` is the fingerprint of the problem it holds for; with other loads or rules it says
    nothing.
    """

    cost: float
    bound: float
    inputs: str

    @property
    def gap(self) -> float:
        """The share by which a better plan could still beat this one, 0 to 1."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0


def keep_tighter_bound(
    before: OptimalityProof | None, now: OptimalityProof | None
) -> OptimalityProof | None:
    """Return what a search showed now; a bound shown before for the same problem holds on."""
    if before is None or now is None or before.inputs != now.inputs:
        return now
    return replace(now, bound=max(before.bound, now.bound))


class LockScope(StrEnum):
    """What a lock is on."""

    SITE = "site"
    ZONE = "zone"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class PlanLock:
    """What stays as it is, whatever is proposed or dragged, and why.

    ``target`` is the id of a site, a zone or an agency; ``held`` the sites under the lock and
    their zones when it was set. No site enters or leaves a locked zone.
    """

    kind: LockScope
    target: str
    reason: str
    held: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Kind and target, as ``Plan.locks`` is keyed."""
        return f"{self.kind} {self.target}"


@dataclass(frozen=True, slots=True)
class Pin:
    """A note at a place of a plan; position in meters in the project's CRS."""

    uid: str
    x_m: float
    y_m: float
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WhatIfChange:
    """What a what-if plan takes for true of one site; None leaves it as it is."""

    patrolled: bool | None = None
    enrollment: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """Zones and the site-to-zone assignment.

    ``locks`` are by ``PlanLock.key``; ``block_overrides`` give an empty block to another zone by
    hand; ``pins`` are notes by uid; ``what_if`` is by site what only this plan assumes. A plan that
    is proposed or has an effective date is not edited. ``parent`` is the uid of the plan that it
    was branched from.
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
        """True while it is called a proposal, draft or test, as nothing that leaves should be."""
        return _WORKING_NAME.search(self.name) is not None

    @property
    def is_adopted(self) -> bool:
        """True once a date to take effect is set."""
        return self.effective_on is not None

    def status(self, today: date) -> PlanStatus:
        """Return the status on a day, from the dates alone."""
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
        """The day from which it is in force; None for a draft and one ended before that day."""
        begins, ends = self.effective_on, self.expires_on
        return None if begins and ends and ends <= begins else begins

    def overlaps(self, later: "Plan") -> bool:
        """True where it is in force on a day of a plan that takes effect no earlier."""
        begins = later.effective_on
        if self.effective_on is None or begins is None or later.expires_on == begins:
            return False
        return self.expires_on is None or self.expires_on > begins

    @property
    def is_draft(self) -> bool:
        """True while the plan may be edited: a draft."""
        return self.proposed_on is None and not self.is_adopted

    def zone(self, zone_id: str) -> Zone:
        """Return a zone by id; an unknown one is a UserError that names those there are."""
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
