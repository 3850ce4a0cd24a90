"""How many calls come to which sites, where the figure is from and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from zoneplanner.domain.assumptions import Assumptions, look_up_by_level
from zoneplanner.domain.geography.site import Site
from zoneplanner.errors import UserError

PRESET, LEARNT = "preset", "log"
"""The names of two demands that each project has: that of its assumptions, and that of its log."""
PUBLIC_CALLS = (10.0, 24.0, 34.0)
"""Low, expected and high calls per school day of the bundled district, from public figures.

Some 46,000 police log lines at 852 California schools in half a year (EdSource, *Calling the Cops*)
are about 34 a school day for 67 sites, 24 of them no patrol, 10 of them serious.
"""
PUBLIC_SITES = 67
_PUBLIC_PER_1000 = 0.3404
"""So many calls per 1,000 weighted students give the bundled district 24 a school day."""
MOST_CALLS_PER_DAY = 10_000.0


class DemandSource(StrEnum):
    """Where a demand is from."""

    PRESET = "preset"
    LOG = "log"
    IMPORT = "import"
    SCENARIO = "scenario"
    PUBLIC = "public"


LEARNED_SOURCES = (DemandSource.LOG, DemandSource.IMPORT)
"""Those that were counted from records."""


@dataclass(frozen=True, slots=True)
class SiteRate:
    """Calls a day per 1,000 weighted students of one site, with its interval."""

    per_1000: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Demand:
    """Calls a school day of a district, and how they fall on its sites.

    Attributes
    ----------
    per_1000
        Calls a school day per 1,000 students, before the level's factor, of sites that ``by_site``
        does not name: so calls follow a site's enrollment, also an assumed one.
    calls_per_day, low, high
        Of the whole district when the demand was set, with the interval for the true figure.
    school_days, since, until
        How many were counted, and from which day to which; 0 and None where none were. Files of
        earlier versions have no first day.
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
        """Return the rate of a site; where only the district's is known, as sure as that is."""
        known = self.by_site.get(site_id)
        if known is not None:
            return known
        low, high = self.spread
        return SiteRate(self.per_1000, self.per_1000 * low, self.per_1000 * high)

    @property
    def spread(self) -> tuple[float, float]:
        """The interval as parts of the expected figure."""
        if self.calls_per_day <= 0:
            return 1.0, 1.0
        return self.low / self.calls_per_day, self.high / self.calls_per_day

    def scaled(self, factor: float) -> "Demand":
        """Return so many times the calls, at every site alike."""
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
    """The demands that a project knows beside that of its assumptions, and which it uses."""

    use: str = PRESET
    known: Mapping[str, Demand] = field(default_factory=dict)

    @property
    def in_use(self) -> Demand | None:
        """The demand that is used; None for that of the assumptions."""
        return self.known.get(self.use)

    def with_demand(self, demand: Demand, *, use: bool) -> "DemandChoice":
        """Return the choice with a demand that is new or another one of its name."""
        known = {**self.known, demand.name: demand}
        return DemandChoice(demand.name if use else self.use, known)

    def using(self, name: str) -> "DemandChoice":
        """Return the choice of another demand; an unknown one is a UserError."""
        if name != PRESET and name not in self.known:
            raise UserError("unknown_demand", name=name, known=[PRESET, *self.known])
        return replace(self, use=name)


def make_public_demand() -> Demand:
    """Return the demand that public figures give, by level and enrollment like any other."""
    low, value, high = PUBLIC_CALLS
    source = DemandSource.PUBLIC
    return Demand(str(source), source, _PUBLIC_PER_1000, value, low, high)


def count_weighted_students(site: Site, assumptions: Assumptions) -> float:
    """Return a site's students in thousands times the factor of its level."""
    students = assumptions.missing_enrollment if site.enrollment is None else site.enrollment
    return students / 1000 * look_up_by_level(assumptions.call_factor, site.level)


def check_demand_figures(value: float, low: float, high: float) -> None:
    """Refuse calls a day that are no demand: negative, out of order or beyond all measure."""
    if not 0 <= low <= value <= high <= MOST_CALLS_PER_DAY:
        raise UserError(
            "out_of_range.calls_per_day", value=value, low=low, high=high, most=MOST_CALLS_PER_DAY
        )
