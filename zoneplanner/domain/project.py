"""A project: everything a district's planner holds, as one value that does not change."""

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
from zoneplanner.domain.log.response_actions import DistrictTerms
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.plans.closings import SiteClosing
from zoneplanner.domain.plans.plan import Plan, PlanStatus, WhatIfChange
from zoneplanner.domain.readiness.rule_pack import DistrictRules, InstalledRules, RuleChoices
from zoneplanner.domain.roster.hours_rules import HoursRules
from zoneplanner.domain.roster.roster_rules import RosterRules
from zoneplanner.domain.roster.shift import Officer, OfficerFile, RosterPost, Shift, ShiftSwap
from zoneplanner.domain.units import Agency, OfficeDirectory, Unit
from zoneplanner.errors import UserError

_LIKE_SHARE = 0.8
"""So like a name a text must be for that to be what was meant, as ``difflib`` counts."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Where the features of one layer come from, as its provenance card tells it.

    ``id`` is what ``Feature.layer`` names; ``own`` marks a layer that the user added, ``color``
    its place in the palette. ``crs`` is that of the source, before it was brought to the
    project's.
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
    """A part of the map that is shown and not edited.

    ``layer`` is county, district, city, place, arterial, river, bridge, or the id of a layer that
    the user added; ``fields`` are what the source says of it, as text.
    """

    layer: str
    name: str
    geometry: BaseGeometry
    fields: Mapping[str, str] = field(default_factory=dict)


_FIRST_MOMENT, _LAST_MOMENT = (datetime(year, 1, 1, tzinfo=UTC) for year in (2, 9998))


@dataclass(frozen=True, eq=False, slots=True)
class Project:
    """One district. Geometry is in ``crs`` (meters); times are UTC, shown in ``time_zone``.

    Mappings are by id and in the order in which people read them. Without ``travel`` minutes are
    those along street axes.
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
        """The sites that are in patrol, in order."""
        return tuple(site for site in self.sites.values() if site.patrolled)

    @property
    def user_layers(self) -> tuple[Layer, ...]:
        """The layers that the user added, the first one first."""
        return tuple(layer for layer in self.layers.values() if layer.own)

    def assumes_school_days(self, day: date) -> bool:
        """True where nobody has confirmed the school days of the year that a day lies in."""
        return self.year_rollover.assumes_days(self.calendar, day)

    @property
    def formats(self) -> LocaleFormats:
        """How the office writes on paper; what it left open is as in the United States."""
        return self.preferences.change_formats(US_FORMATS)

    def with_demand(self, demand: DemandChoice) -> "Project":
        """Return this project with another choice of demand."""
        return replace(self, demand=demand)

    def with_records(self, records: RecordKeeping) -> "Project":
        """Return this project with other declarations of how its records are kept."""
        return replace(self, records=records)

    def site(self, site_id: str) -> Site:
        """Return a site by id, or by its full name; an unknown one is a UserError."""
        if site_id in self.sites:
            return self.sites[site_id]
        wanted = site_id.casefold()
        named = [site for site in self.sites.values() if site.name.casefold() == wanted]
        if len(named) == 1:
            return named[0]
        near = [site for site in self.sites.values() if wanted and wanted in site.name.casefold()]
        if not near:
            by_name = {site.name.casefold(): site for site in self.sites.values()}
            near = [by_name[name] for name in get_close_matches(wanted, by_name, 1, _LIKE_SHARE)]
        raise UserError(
            "unknown_site.near" if near else "unknown_site",
            site=site_id,
            near=near[0].id if near else None,
            name=near[0].name if near else None,
        )

    def stacked_sites(self, site_id: str) -> tuple[str, ...]:
        """Return the patrolled sites at a site's very position, itself among them."""
        here = self.site(site_id)
        stack = [s.id for s in self.patrolled if s.position == here.position and s is not here]
        return (here.id, *stack)

    def spread_over_stacks(self, zones: Mapping[str, str]) -> dict[str, str]:
        """Return the zones of some sites and of all that share a position with one."""
        return {one: zone for site, zone in zones.items() for one in self.stacked_sites(site)}

    def find_site_in(self, block: Block) -> Site | None:
        """Return a patrolled site that lies in a block, or None where it holds none."""
        return next((site for site in self.patrolled if block.area.covers(site.point)), None)

    def name_jurisdiction(self, jurisdiction: str | None) -> str:
        """Return a jurisdiction's name as a sentence says it."""
        return self.jurisdictions[jurisdiction].name if jurisdiction else "no known jurisdiction"

    def with_what_ifs(self, plan: Plan | None) -> "Project":
        """Return this project as a plan's what-ifs make it; the very same where it has none."""
        if plan is None or not plan.what_if:
            return self
        sites = dict(self.sites)
        for site_id, assumed in plan.what_if.items():
            site = self.sites.get(site_id)
            if site is not None:
                sites[site_id] = _apply_what_if(site, assumed)
        return replace(self, sites=sites)

    def draft(self, plan_uid: str) -> Plan:
        """Return a plan that may still be edited; a proposed or adopted one is a UserError."""
        plan = self.plan(plan_uid)
        if plan.is_adopted:
            raise UserError("plan_adopted", plan=plan.name, effective_on=plan.effective_on)
        if plan.proposed_on is not None:
            raise UserError("plan_submitted", plan=plan.name, proposed_on=plan.proposed_on)
        return plan

    def plan(self, name: str) -> Plan:
        """Return a plan by uid or name; an unknown one is a UserError."""
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
        """Return the shifts that begin from one local day to another, canceled ones too."""
        zone = ZoneInfo(self.time_zone)
        low, high = _FIRST_MOMENT, _LAST_MOMENT
        if first > _FIRST_MOMENT.date():
            low = datetime.combine(first, time(0), zone).astimezone(UTC)
        if last < _LAST_MOMENT.date():
            high = datetime.combine(last + timedelta(days=1), time(0), zone).astimezone(UTC)
        return [shift for shift in self.shifts.values() if low <= shift.starts_at < high]

    def unit(self, unit_id: str) -> Unit:
        """Return a unit by id; an unknown one is a UserError."""
        if unit_id not in self.units:
            raise UserError("unknown_unit", unit=unit_id, known=list(self.units))
        return self.units[unit_id]

    def find_unit_id(self, text: str) -> str | None:
        """Return the id of the unit that a text names by id or by its full name, or None."""
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
        """Return the plan in force, else the one added last that supposes nothing."""
        plans = reversed(list(self.plans.values()))
        real = (plan for plan in plans if not (plan.what_if or any(self.compare_zones(plan))))
        return self.plan_in_force(day) or next(real, None)

    def list_ancestors(self, plan: Plan) -> Iterator[Plan]:
        """Yield the plans that one was branched from, the nearest first."""
        seen = {plan.uid}
        parent = self.plans.get(plan.parent or "")
        while parent is not None and parent.uid not in seen:
            seen.add(parent.uid)
            yield parent
            parent = self.plans.get(parent.parent or "")

    def compare_zones(self, plan: Plan) -> tuple[list[str], list[str]]:
        """Return the zones that went from a plan, and those that only planned units hold.

        It is compared with the plan that all began with, or the last one adopted.
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
        """Return this project with a plan added, or replaced where its uid is known."""
        return replace(self, plans={**self.plans, plan.uid: plan})

    def with_site(self, site: Site) -> "Project":
        """Return this project with a site replaced or added."""
        return replace(self, sites={**self.sites, site.id: site})


def list_office_agencies(project: Project, plan: Plan) -> tuple[Agency, ...]:
    """Return the agencies with a number that hold no zone, such as the district's own office."""
    units = [project.units.get(zone.unit) for zone in plan.zones]
    holders = {unit.agency for unit in units if unit}
    return tuple(one for one in project.agencies.values() if one.phone and one.id not in holders)


def _apply_what_if(site: Site, assumed: WhatIfChange) -> Site:
    patrolled = site.patrolled if assumed.patrolled is None else assumed.patrolled
    enrollment = site.enrollment if assumed.enrollment is None else assumed.enrollment
    return replace(site, patrolled=patrolled, enrollment=enrollment)
