"""Demand: the expected calls by site, their source and their uncertainty."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from zoneplanner.domain.assumptions import Assumptions, look_up_by_level
from zoneplanner.domain.geography.site import Site
from zoneplanner.errors import UserError

PRESET, LEARNT = "preset", "log"
"""The names of the two demands that every project has: from its assumptions and from its log."""
PUBLIC_CALLS = (10.0, 24.0, 34.0)
"""Low, expected and high calls per school day of the bundled district, from public figures.

About 46,000 police log lines at 852 California schools in half a year (EdSource, *Calling the
Cops*) come to about 34 per school day for 67 sites: 24 without patrol checks, 10 serious ones.
"""
PUBLIC_SITES = 67
_PUBLIC_PER_1000 = 0.3404
"""Calls per 1,000 weighted students that give the bundled district 24 calls per school day."""
MOST_CALLS_PER_DAY = 10_000.0


class DemandSource(StrEnum):
    """Where a demand comes from."""

    PRESET = "preset"
    LOG = "log"
    IMPORT = "import"
    SCENARIO = "scenario"
    PUBLIC = "public"


LEARNED_SOURCES = (DemandSource.LOG, DemandSource.IMPORT)
"""The sources that count recorded calls."""


@dataclass(frozen=True, slots=True)
class SiteRate:
    """Calls per day per 1,000 weighted students of one site, with the interval."""

    per_1000: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Demand:
    """A district's calls per school day, and their distribution over its sites.

    Attributes
    ----------
    per_1000
        Calls per school day per 1,000 students, before the level's factor, for sites that are not
        in ``by_site``. Calls therefore follow a site's enrollment, including a supposed one.
    calls_per_day, low, high
        For the whole district when the demand was set, with the interval for the true figure.
    school_days, since, until
        The number of school days counted, and the first and last of them; 0 and None if none were
        counted. Files of earlier versions have no first day.
    """

    name: str
    source: DemandSource
    per_1000: float
    calls_per_day: float
    low: float
    high: float
    by_site: Mapping[str, SiteRate] = field(default_factory=dict)
    school_days: int = 0
    until: date | None = None
    since: date | None = None

    def rate_of(self, site_id: str) -> SiteRate:
        """Return a site's rate, or else the district's rate with the district's interval."""
        known = self.by_site.get(site_id)
        if known is not None:
            return known
        low, high = self.spread
        return SiteRate(self.per_1000, self.per_1000 * low, self.per_1000 * high)

    @property
    def spread(self) -> tuple[float, float]:
        """The interval's ends as shares of the expected figure."""
        if self.calls_per_day <= 0:
            return 1.0, 1.0
        return self.low / self.calls_per_day, self.high / self.calls_per_day

    def scaled(self, factor: float) -> "Demand":
        """Return this demand with the calls of every site multiplied by ``factor``."""
        rates = {
            site: SiteRate(rate.per_1000 * factor, rate.low * factor, rate.high * factor)
            for site, rate in self.by_site.items()
        }
        return replace(
            self,
            per_1000=self.per_1000 * factor,
            calls_per_day=self.calls_per_day * factor,
            by_site=rates,
        )


@dataclass(frozen=True, slots=True)
class DemandChoice:
    """A project's demands other than its assumptions, and the name of the one in use."""

    use: str = PRESET
    known: Mapping[str, Demand] = field(default_factory=dict)

    @property
    def in_use(self) -> Demand | None:
        """The demand in use, or None if the assumptions are in use."""
        return self.known.get(self.use)

    def with_demand(self, demand: Demand, *, use: bool) -> "DemandChoice":
        """Return this choice with a demand added, or replaced if its name is known."""
        known = {**self.known, demand.name: demand}
        return DemandChoice(demand.name if use else self.use, known)

    def using(self, name: str) -> "DemandChoice":
        """Return this choice with another demand in use. Raises a UserError if it is unknown."""
        if name != PRESET and name not in self.known:
            raise UserError("unknown_demand", name=name, known=[PRESET, *self.known])
        return replace(self, use=name)


def make_public_demand() -> Demand:
    """Return the demand according to public figures."""
    low, value, high = PUBLIC_CALLS
    source = DemandSource.PUBLIC
    return Demand(str(source), source, _PUBLIC_PER_1000, value, low, high)


def count_weighted_students(site: Site, assumptions: Assumptions) -> float:
    """Return a site's students in thousands, weighted by the factor of its level."""
    students = assumptions.missing_enrollment if site.enrollment is None else site.enrollment
    return students / 1000 * look_up_by_level(assumptions.call_factor, site.level)


def check_demand_figures(value: float, low: float, high: float) -> None:
    """Refuse calls per day that are negative, out of order or implausibly high."""
    if not 0 <= low <= value <= high <= MOST_CALLS_PER_DAY:
        raise UserError(
            "out_of_range.calls_per_day", value=value, low=low, high=high, most=MOST_CALLS_PER_DAY
        )
