"""A project: everything a district's planner contains, as one immutable value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.calendar.school_calendar import SchoolCalendar
from zoneplanner.domain.calendar.year_rollover import YearRollover
from zoneplanner.domain.demand import DemandChoice
from zoneplanner.domain.geography.basemap import ProjectBasemap
from zoneplanner.domain.geography.site import Block, Connections, Jurisdiction, Site, SiteNotes
from zoneplanner.domain.geography.travel_times import TravelTimes
from zoneplanner.domain.import_mappings import ImportMappings
from zoneplanner.domain.locale_formats import US_FORMATS, LocaleFormats, Preferences
from zoneplanner.domain.log.days_on_record import RecordKeeping
from zoneplanner.domain.log.response_action_terms import DistrictTerms
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.plans.closings import SiteClosing
from zoneplanner.domain.plans.plan import Plan, PlanStatus, WhatIfChange
from zoneplanner.domain.readiness.rule_pack import DistrictRules, InstalledRules, RuleChoices
from zoneplanner.domain.roster.hours_rules import HoursRules
from zoneplanner.domain.roster.roster_rules import RosterRules
from zoneplanner.domain.roster.shift import Officer, OfficerFile, RosterPost, Shift, ShiftSwap
from zoneplanner.domain.units import Agency, OfficeDirectory, Unit
from zoneplanner.errors import UserError

_SIMILAR_NAME_RATIO = 0.8
"""From which ``difflib`` ratio a mistyped name is suggested as what was meant."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Where the features of one layer come from, as its provenance card shows it.

    ``Feature.layer`` refers to ``id``. ``own`` marks a layer that the user added, and ``color`` is
    its index in the palette. ``crs`` is the CRS of the source, before reprojection.
    """

    id: str
    title: str
    publisher: str = ""
    vintage: str = ""
    terms: str = ""
    crs: str = ""
    source: str = ""
    own: bool = False
    color: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Feature:
    """A part of the map that is shown but not edited.

    ``layer`` is county, district, city, place, arterial, river, bridge, or the id of a layer that
    the user added. ``fields`` are the source's attributes, as text.
    """

    layer: str
    name: str
    geometry: BaseGeometry
    fields: Mapping[str, str] = field(default_factory=dict)


_FIRST_MOMENT, _LAST_MOMENT = (datetime(year, 1, 1, tzinfo=UTC) for year in (2, 9998))


@dataclass(frozen=True, eq=False, slots=True)
class Project:
    """One district. Geometry is in ``crs`` (meters); times are UTC, shown in ``time_zone``.

    Mappings are by id, in display order. Without ``travel``, driving times are estimated along
    street axes.
    """

    uid: str
    name: str
    crs: str
    time_zone: str
    preset: str = ""
    sites: Mapping[str, Site] = field(default_factory=dict)
    jurisdictions: Mapping[str, Jurisdiction] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    features: tuple[Feature, ...] = ()
    layers: Mapping[str, Layer] = field(default_factory=dict)
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)
    assumptions: Assumptions = field(default_factory=Assumptions)
    calendar: SchoolCalendar = field(default_factory=lambda: SchoolCalendar((), ()))
    travel: TravelTimes | None = None
    officers: Mapping[str, Officer] = field(default_factory=dict)
    posts: Mapping[str, RosterPost] = field(default_factory=dict)
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    swaps: Mapping[str, ShiftSwap] = field(default_factory=dict)
    officer_files: Mapping[str, OfficerFile] = field(default_factory=dict)
    closings: Mapping[str, tuple[SiteClosing, ...]] = field(default_factory=dict)
    openings: Mapping[str, Mapping[str, date]] = field(default_factory=dict)
    roster_rules: RosterRules = field(default_factory=RosterRules)
    hours_rules: HoursRules = field(default_factory=HoursRules)
    rules: RuleChoices = field(default_factory=RuleChoices)
    rule_pack: InstalledRules = field(default_factory=InstalledRules)
    district_rules: DistrictRules = field(default_factory=DistrictRules)
    visit_rule: VisitRule = field(default_factory=VisitRule)
    terms: DistrictTerms = field(default_factory=DistrictTerms)
    demand: DemandChoice = field(default_factory=DemandChoice)
    records: RecordKeeping = field(default_factory=RecordKeeping)
    connections: Connections = field(default_factory=Connections)
    directory: OfficeDirectory = field(default_factory=OfficeDirectory)
    mappings: ImportMappings = field(default_factory=ImportMappings)
    basemap: ProjectBasemap | None = None
    preferences: Preferences = field(default_factory=Preferences)
    site_notes: Mapping[str, SiteNotes] = field(default_factory=dict)
    year_rollover: YearRollover = field(default_factory=YearRollover)

    @property
    def patrolled(self) -> tuple[Site, ...]:
        """The patrolled sites, in order."""
        return tuple(site for site in self.sites.values() if site.patrolled)

    @property
    def user_layers(self) -> tuple[Layer, ...]:
        """The layers that the user added, oldest first."""
        return tuple(layer for layer in self.layers.values() if layer.own)

    def assumes_school_days(self, day: date) -> bool:
        """Whether the school days of the year around ``day`` are still unconfirmed."""
        return self.year_rollover.assumes_days(self.calendar, day)

    @property
    def formats(self) -> LocaleFormats:
        """How the office writes on paper; US formats for what it has not set."""
        return self.preferences.change_formats(US_FORMATS)

    def with_demand(self, demand: DemandChoice) -> "Project":
        """Return this project with ``demand`` in place of its choice of demand."""
        return replace(self, demand=demand)

    def with_records(self, records: RecordKeeping) -> "Project":
        """Return this project with ``records`` as its declarations about record keeping."""
        return replace(self, records=records)

    def site(self, site_id: str) -> Site:
        """Return a site by id or full name. Raises a UserError if it is unknown."""
        if site_id in self.sites:
            return self.sites[site_id]
        wanted = site_id.casefold()
        matches = [site for site in self.sites.values() if site.name.casefold() == wanted]
        if len(matches) == 1:
            return matches[0]
        near = [site for site in self.sites.values() if wanted and wanted in site.name.casefold()]
        if not near:
            by_name = {site.name.casefold(): site for site in self.sites.values()}
            similar = get_close_matches(wanted, by_name, 1, _SIMILAR_NAME_RATIO)
            near = [by_name[name] for name in similar]
        raise UserError(
            "unknown_site.near" if near else "unknown_site",
            site=site_id,
            near=near[0].id if near else None,
            name=near[0].name if near else None,
        )

    def stacked_sites(self, site_id: str) -> tuple[str, ...]:
        """Return the ids of the patrolled sites at a site's exact position, the site included."""
        here = self.site(site_id)
        stack = [s.id for s in self.patrolled if s.position == here.position and s is not here]
        return (here.id, *stack)

    def spread_over_stacks(self, zones: Mapping[str, str]) -> dict[str, str]:
        """Return ``zones`` extended to every site that shares a position with one of its sites."""
        return {
            stacked: zone for site, zone in zones.items() for stacked in self.stacked_sites(site)
        }

    def find_site_in(self, block: Block) -> Site | None:
        """Return a patrolled site in a block, or None."""
        return next((site for site in self.patrolled if block.area.covers(site.point)), None)

    def name_jurisdiction(self, jurisdiction: str | None) -> str:
        """Return a jurisdiction's name for use in a sentence."""
        return self.jurisdictions[jurisdiction].name if jurisdiction else "no known jurisdiction"

    def with_what_ifs(self, plan: Plan | None) -> "Project":
        """Return this project with a plan's what-ifs applied, or the same object if it has none."""
        if plan is None or not plan.what_if:
            return self
        sites = dict(self.sites)
        for site_id, change in plan.what_if.items():
            if site_id in sites:
                sites[site_id] = _apply_what_if(sites[site_id], change)
        return replace(self, sites=sites)

    def count_students(self, site: Site) -> int:
        """Return a site's enrollment, or the assumed figure if it is missing."""
        assumed = self.assumptions.missing_enrollment
        return assumed if site.enrollment is None else site.enrollment

    def draft(self, plan_uid: str) -> Plan:
        """Return a plan that may be edited. Raises a UserError if it is proposed or adopted."""
        plan = self.plan(plan_uid)
        if plan.is_adopted:
            raise UserError("plan_adopted", plan=plan.name, effective_on=plan.effective_on)
        if plan.proposed_on is not None:
            raise UserError("plan_submitted", plan=plan.name, proposed_on=plan.proposed_on)
        return plan

    def plan(self, name: str) -> Plan:
        """Return a plan by uid or name. Raises a UserError if it is unknown."""
        if name in self.plans:
            return self.plans[name]
        for plan in self.plans.values():
            if plan.name == name:
                return plan
        raise UserError(
            "unknown_plan" if self.plans else "unknown_plan.no_plans",
            plan=name,
            known=[plan.name for plan in self.plans.values()],
        )

    def shifts_between(self, first: date, last: date) -> list[Shift]:
        """Return the shifts that begin on the local days ``first`` to ``last``, canceled or not."""
        zone = ZoneInfo(self.time_zone)
        low, high = _FIRST_MOMENT, _LAST_MOMENT
        if first > _FIRST_MOMENT.date():
            low = datetime.combine(first, time(0), zone).astimezone(UTC)
        if last < _LAST_MOMENT.date():
            high = datetime.combine(last + timedelta(days=1), time(0), zone).astimezone(UTC)
        return [shift for shift in self.shifts.values() if low <= shift.starts_at < high]

    def unit(self, unit_id: str) -> Unit:
        """Return a unit by id. Raises a UserError if it is unknown."""
        if unit_id not in self.units:
            raise UserError("unknown_unit", unit=unit_id, known=list(self.units))
        return self.units[unit_id]

    def find_unit_id(self, text: str) -> str | None:
        """Return the id of the unit with this id or full name, or None."""
        if text in self.units:
            return text
        wanted = text.casefold()
        return next(
            (key for key, unit in self.units.items() if unit.name.casefold() == wanted), None
        )

    def plan_in_force(self, day: date) -> Plan | None:
        """Return the plan in force on a day."""
        return next((p for p in self.plans.values() if p.status(day) is PlanStatus.IN_FORCE), None)

    def find_coming_plan(self, day: date) -> Plan | None:
        """Return the adopted plan that takes effect next after a day."""
        coming = [
            p for p in self.plans.values() if p.is_adopted and p.status(day) is PlanStatus.PROPOSED
        ]
        return min(coming, key=lambda plan: plan.effective_on or day, default=None)

    def current_plan(self, day: date) -> Plan | None:
        """Return the plan in force, else the newest plan without what-ifs or planned units."""
        plans = reversed(list(self.plans.values()))
        real = (plan for plan in plans if not (plan.what_if or any(self.compare_zones(plan))))
        return self.plan_in_force(day) or next(real, None)

    def list_ancestors(self, plan: Plan) -> Iterator[Plan]:
        """Yield the plans that ``plan`` was branched from, nearest first."""
        seen = {plan.uid}
        parent = self.plans.get(plan.parent or "")
        while parent is not None and parent.uid not in seen:
            seen.add(parent.uid)
            yield parent
            parent = self.plans.get(parent.parent or "")

    def compare_zones(self, plan: Plan) -> tuple[list[str], list[str]]:
        """Return the zones that a plan dropped, and the zones it added for planned units.

        The plan is compared with its nearest adopted ancestor, or else with its oldest ancestor.
        """
        start = plan
        for start in () if plan.is_adopted else self.list_ancestors(plan):
            if start.is_adopted:
                break
        own, theirs = (dict.fromkeys(zone.id for zone in each.zones) for each in (plan, start))
        units = {zone.id: self.units.get(zone.unit) for zone in plan.zones}
        planned = [zone for zone, unit in units.items() if unit and not unit.holds_zone]
        return (
            [zone for zone in theirs if zone not in own],
            [zone for zone in planned if zone not in theirs],
        )

    def with_plan(self, plan: Plan) -> "Project":
        """Return this project with a plan added, or replaced if its uid is known."""
        return replace(self, plans={**self.plans, plan.uid: plan})

    def with_site(self, site: Site) -> "Project":
        """Return this project with a site replaced or added."""
        return replace(self, sites={**self.sites, site.id: site})


def list_office_agencies(project: Project, plan: Plan) -> tuple[Agency, ...]:
    """Return the agencies with a phone number but no zone, such as the district's own office."""
    units = [project.units.get(zone.unit) for zone in plan.zones]
    with_zone = {unit.agency for unit in units if unit}
    return tuple(
        agency
        for agency in project.agencies.values()
        if agency.phone and agency.id not in with_zone
    )


def _apply_what_if(site: Site, change: WhatIfChange) -> Site:
    patrolled = site.patrolled if change.patrolled is None else change.patrolled
    enrollment = site.enrollment if change.enrollment is None else change.enrollment
    return replace(site, patrolled=patrolled, enrollment=enrollment)
