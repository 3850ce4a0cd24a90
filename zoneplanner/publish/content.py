"""What is handed out, and what each audience may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from zoneplanner.domain.jurisdiction import Area, Placement
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.planning import status_text
from zoneplanner.domain.project import Project

AUDIENCES = ("public", "staff", "law-enforcement")
SHORT_HASH = 16
BUNDLED_CREDIT = "Data: California Department of Education, US Census Bureau, Sacramento County"
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class ZoneNumbers:
    """What a zone carries: minutes a day, share off its target, students, drive minutes a day."""

    load_min: float
    deviation: float
    students: int
    drive_min: float


@dataclass(frozen=True, eq=False, slots=True)
class Handout:
    """Everything that a published map, page or table is made from.

    ``outlines`` are in the project's CRS, by zone id; ``last_visits`` are UTC by site id;
    ``head_hash`` and ``entries`` anchor the journal. Renderers take what ``released`` leaves.
    """

    project: Project
    plan: Plan
    outlines: Mapping[str, Area]
    placements: Mapping[str, Placement]
    figures: Mapping[str, ZoneNumbers]
    last_visits: Mapping[str, datetime]
    as_of: datetime
    head_hash: str
    entries: int
    audience: str

    @property
    def local_time(self) -> datetime:
        """``as_of`` on the clock of the project's zone."""
        return self.as_of.astimezone(ZoneInfo(self.project.time_zone))

    @property
    def title(self) -> str:
        """The heading of every page."""
        return f"{self.project.name}: patrol zones"

    @property
    def plan_text(self) -> str:
        """The plan's name and where it stands."""
        return f"{self.plan.name} · {status_text(self.plan, self.local_time.date())}"

    @property
    def as_of_text(self) -> str:
        """The moment that the handout shows, to the minute, with the zone's short name."""
        moment = self.local_time
        return f"As of {day_text(moment.date())}, {moment:%H:%M} {moment.tzname()}"

    @property
    def credit(self) -> str:
        """Who published the bundled layers; empty for a project of a district's own layers."""
        return BUNDLED_CREDIT if self.project.preset else ""

    @property
    def anchor_text(self) -> str:
        """The journal's length and head, so that a cut of its tail can be told."""
        head = self.head_hash[:SHORT_HASH] or "none"
        return f"Journal: {self.entries} entries, head {head}"


def released(handout: Handout) -> Handout:
    """Return the handout without what its audience may not see.

    The public gets no figures, visits or notes; staff get no notes; law enforcement gets all.
    An audience that is not known gets what the public gets.
    """
    if handout.audience == "law-enforcement":
        return handout
    sites = {
        key: replace(site, note="", enrollment_note="", decision=None)
        for key, site in handout.project.sites.items()
    }
    less = replace(
        handout,
        project=replace(handout.project, sites=sites),
        plan=replace(handout.plan, locks={}, pins={}, note="", parent=None),
    )
    if handout.audience == "staff":
        return less
    return replace(less, figures={}, last_visits={})


def day_text(day: date) -> str:
    """Write a day out, in English whatever the machine's language: 16 November 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
