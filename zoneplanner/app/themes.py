"""What the sites of the map can be coloured by: the figure of each, its unit and its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.analysis import classes
from zoneplanner.analysis.classes import Classes
from zoneplanner.analysis.conditions import USUAL, Conditions
from zoneplanner.app.reading import Reading
from zoneplanner.app.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness import Status
from zoneplanner.domain.staffed import Staffing, names_on, shown_day, units_on
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.app.readiness import Readiness

ZONE, LOAD, ENROLLMENT, JURISDICTION = "zone", "load", "enrollment", "jurisdiction"
VISIT, RESPONSE, READINESS, STAFFED = "visit", "response", "readiness", "staffed"
QUANTILES, NATURAL, STEPS = "quantiles", "natural", "steps"
METHODS = {QUANTILES: "Equal counts", NATURAL: "Natural breaks", STEPS: "Fixed steps"}
_VISIT_STEPS = Classes(0.0, (1.0, 3.0, 5.0, float("inf")))


@dataclass(frozen=True, slots=True)
class _Subject:
    """One thing to colour sites by. ``methods`` are the ways to class it, the usual one first."""

    key: str
    name: str
    unit: str
    definition: str
    none: str = "Not known"
    methods: tuple[str, ...] = ()


_DECLARED = (
    _Subject(ZONE, "Zone", "", "The zone of each site in the plan on screen.", "No zone"),
    _Subject(
        LOAD,
        "Load",
        "min/day",
        "Planned visits × minutes on site + expected calls × minutes each, a school day.",
        methods=(QUANTILES, NATURAL),
    ),
    _Subject(
        ENROLLMENT,
        "Enrollment",
        "students",
        "Students enrolled, as published; a site without a figure is not classed.",
        methods=(QUANTILES, NATURAL),
    ),
    _Subject(
        JURISDICTION,
        "Jurisdiction",
        "",
        "By position in the official boundary, or as decided by hand; never by postal city.",
    ),
    _Subject(
        VISIT,
        "Days since the last visit",
        "school days",
        "School days after the last visit that took place, up to today.",
        "Never",
        (STEPS, QUANTILES, NATURAL),
    ),
    _Subject(
        RESPONSE,
        "Expected response",
        "min",
        "Mean turn-out and drive of served calls by the queueing model: units go about their "
        "zones and are busy at times.",
        "Nobody can come",
        (QUANTILES, NATURAL),
    ),
    _Subject(
        READINESS,
        "Readiness",
        "",
        "The worst of a site's duties today: plan review, drills, after-action reviews, corrective "
        "actions, concern reports. Beside a zone's number: how many of its sites are overdue, else "
        "due. A planning aid, not legal advice.",
    ),
    _Subject(
        STAFFED,
        "Who is there",
        "",
        "Whether the unit of a site’s zone has an officer for all its shifts today, or on the next "
        "day that has one.",
        "No shift that day",
    ),
)
SUBJECTS = {subject.key: subject for subject in _DECLARED}


@dataclass(frozen=True, eq=False, slots=True)
class Logged:
    """What a subject needs beside a reading: school days since the last visit, readiness, who
    is on shift.

    ``under`` are the conditions of the response to expect.
    """

    days: Mapping[str, int] = field(default_factory=dict)
    statuses: Mapping[str, Status] = field(default_factory=dict)
    under: Conditions = USUAL
    units: Mapping[str, Staffing] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class SiteValues:
    """A subject's value of every patrolled site: a figure, or an id or status; None is missing.

    ``why`` says why all are missing; ``captions`` are words for zones, by id.
    """

    subject: _Subject
    values: Mapping[str, float | str | None]
    why: str = ""
    captions: Mapping[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many sites have a value."""
        return sum(value is not None for value in self.values.values())

    @property
    def figures(self) -> dict[str, float]:
        """The figures of the sites that have one; names and statuses are none."""
        return {
            site: float(value)
            for site, value in self.values.items()
            if isinstance(value, int | float)
        }


def logged_for(session: Session, key: str) -> Logged:
    """Read what a subject needs of the journal; subjects of the plan alone need nothing."""
    if key == READINESS:
        from zoneplanner.app.readiness import readiness

        return readiness_logged(readiness(session), session.project)
    if key == STAFFED:
        day = shown_day(session.project, session.today)
        if day is None:
            return Logged()
        project = session.project
        return Logged(units=units_on(project, day), names=names_on(project, day))
    if key == VISIT:
        days = days_since_visit(session.project, session.last_visits, session.today)
        return Logged(days=days)
    return Logged()


def readiness_logged(found: "Readiness | None", project: Project) -> Logged:
    """Return what readiness says of the sites; nothing before it was read."""
    if found is None:
        return Logged()
    from zoneplanner.app.readiness import site_statuses

    return Logged(statuses=site_statuses(found, project))


def site_values(key: str, reading: Reading, logged: Logged) -> SiteValues:
    """Return a subject's values in a reading."""
    subject, project = SUBJECTS[key], reading.project
    if key == STAFFED:
        return _staffed(subject, reading, logged)
    if key == RESPONSE:
        return _responses(subject, reading, logged.under)
    found: Mapping[str, float | str | None]
    if key == LOAD:
        loads = reading.basis.load_min.tolist()
        found = {site.id: load for site, load in zip(reading.basis.sites, loads, strict=True)}
    elif key == ENROLLMENT:
        found = {site.id: site.enrollment for site in project.patrolled}
    elif key == JURISDICTION:
        places = reading.basis.placements
        found = {site.id: places[site.id].jurisdiction for site in project.patrolled}
    elif key == VISIT:
        found = {site.id: logged.days.get(site.id) for site in project.patrolled}
    elif key == READINESS:
        found = {site.id: logged.statuses.get(site.id) for site in project.patrolled}
    else:
        zones = reading.plan.assignment if reading.plan else {}
        found = {site.id: zones.get(site.id) for site in project.patrolled}
    return SiteValues(subject, found)


def classed(values: SiteValues, method: str, count: int) -> Classes:
    """Return the classes of a subject's figures by one of its methods; other subjects have none."""
    figures = list(values.figures.values())
    if method not in values.subject.methods:
        return classes.NO_CLASSES
    if method == STEPS:
        return _VISIT_STEPS
    make = classes.natural_breaks if method == NATURAL else classes.quantiles
    return make(figures, count)


def days_since_visit(
    project: Project, last_visits: Mapping[str, datetime], today: date
) -> dict[str, int]:
    """Return the school days since the last visit of each site that had one."""
    zone = ZoneInfo(project.time_zone)
    days = {site: at.astimezone(zone).date() for site, at in last_visits.items()}
    since = project.calendar.days_since(days.values(), today)
    return {site: since[day] for site, day in days.items()}


def _staffed(subject: _Subject, reading: Reading, logged: Logged) -> SiteValues:
    plan = reading.plan
    units = {zone.id: zone.unit for zone in plan.zones} if plan else {}
    zones = plan.assignment if plan else {}
    found = {
        site.id: logged.units.get(units.get(zones.get(site.id, ""), ""))
        for site in reading.project.patrolled
    }
    captions = {zone: logged.names[unit] for zone, unit in units.items() if unit in logged.names}
    return SiteValues(subject, found, captions=captions)


def _responses(subject: _Subject, reading: Reading, under: Conditions) -> SiteValues:
    from zoneplanner.analysis.duty import fitted
    from zoneplanner.analysis.expected import expected

    if reading.plan is not None:
        under = fitted(reading.project, reading.plan, under)
    if under.without:
        subject = replace(subject, name=f"{subject.name}, {', '.join(under.without)} off")
    sites = [site.id for site in reading.project.patrolled]
    if reading.plan is None:
        return SiteValues(subject, dict.fromkeys(sites), "There is no plan yet.")
    try:
        found = expected(reading.project, reading.plan, reading.basis, under=under).sites
    except UserError as refusal:
        return SiteValues(subject, dict.fromkeys(sites), refusal.message)
    return SiteValues(
        subject,
        {site: found[site].mean_response_min if site in found else None for site in sites},
    )
