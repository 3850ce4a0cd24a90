"""What published maps, pages and tables say about a site and about a zone."""

from dataclasses import dataclass
from datetime import date, timedelta

import shapely

from zoneplanner.domain.geography.site import Site, SiteNotes, format_level
from zoneplanner.domain.locale_formats import format_phone, split_numbers
from zoneplanner.domain.plans.plan import Zone
from zoneplanner.domain.project import list_office_agencies
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import (
    Requirement,
    RequirementStatus,
)
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message, describe_deviation
from zoneplanner.publish.audience import is_released
from zoneplanner.publish.handout import Handout
from zoneplanner.tokens import MAP_STYLE

_MOST_PROBLEMS = 3
MARK_LABELS = {
    "circle": "Elementary, preschool",
    "ring": "K-8, K-12",
    "square": "Middle",
    "diamond": "High",
    "triangle": "Special, alternative",
}


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """A site as the audience sees it; ``zone`` is None if it has none.

    ``notes`` are the notes that the audience may read, each with whom it was written for;
    ``details`` contains them, too.
    """

    site: Site
    level: str
    shape: str
    jurisdiction: str
    zone: Zone | None
    unit: str
    agency: str
    details: tuple[tuple[str, str], ...]
    bells: str = ""
    notes: str = ""

    @property
    def unit_beside(self) -> str:
        """The unit's name as written next to the zone's."""
        return name_unit_beside(self.unit, self.zone.id) if self.zone else ""


@dataclass(frozen=True, slots=True)
class ZoneSummary:
    """A zone as the audience sees it, with its sites by name.

    ``unit_beside`` is the unit's name without the number if that is written next to it.
    """

    zone: Zone
    unit: str
    unit_beside: str
    agency: str
    agency_short: str
    agency_phone: str
    sites: tuple[SiteSummary, ...]
    details: tuple[tuple[str, str], ...]


def summarize_sites(handout: Handout) -> tuple[SiteSummary, ...]:
    """Return the summary of every site, in the project's order."""
    return tuple(_site_card(handout, site) for site in handout.project.sites.values())


def summarize_zones(handout: Handout) -> tuple[ZoneSummary, ...]:
    """Return the summary of every zone, in the plan's order."""
    members: dict[str, list[SiteSummary]] = {zone.id: [] for zone in handout.plan.zones}
    for card in summarize_sites(handout):
        if card.zone is not None:
            members[card.zone.id].append(card)
    return tuple(_zone_card(handout, zone, members[zone.id]) for zone in handout.plan.zones)


def list_mark_labels(handout: Handout) -> list[tuple[str, str]]:
    """Return the mark shapes of the handout's sites, each with what it means."""
    drawn = {choose_mark(site) for site in handout.project.sites.values()}
    return [(shape, words) for shape, words in MARK_LABELS.items() if shape in drawn]


def choose_mark(site: Site) -> str:
    """Return the mark shape of a site."""
    return MAP_STYLE.mark_of(site.level, "circle")


def _site_card(handout: Handout, site: Site) -> SiteSummary:
    project = handout.project
    zones = {zone.id: zone for zone in handout.plan.zones}
    zone = zones.get(handout.plan.assignment.get(site.id, ""))
    unit = project.units.get(zone.unit) if zone else None
    jurisdiction_id = handout.placements[site.id].jurisdiction
    jurisdiction = project.jurisdictions.get(jurisdiction_id or "")
    notes = _list_notes(handout, site)
    return SiteSummary(
        site=site,
        level=format_level(site.level),
        shape=choose_mark(site),
        jurisdiction=jurisdiction.name if jurisdiction else "Not known",
        zone=zone,
        unit=unit.name if unit else "",
        agency=unit.agency if unit else "",
        details=(*_more_of_site(handout, site), *notes),
        notes=" · ".join(f"{label}: {text}" for label, text in notes),
        bells=handout.say(handout.bells.get(site.id, "")),
    )


def _more_of_site(handout: Handout, site: Site) -> list[tuple[str, str]]:
    details: list[tuple[str, str]] = []
    if is_released(handout.audience, "site.enrollment"):
        count = "not known" if site.enrollment is None else f"{site.enrollment:,}"
        details.append(("Enrollment", count))
    if is_released(handout.audience, "handout.last_visits"):
        last = handout.last_visits.get(site.id)
        visited = handout.formats.long_date(last) if last else "no visit logged"
        details.append(("Last visit", visited))
    return details


def _list_notes(handout: Handout, site: Site) -> list[tuple[str, str]]:
    """Return the notes that the audience may read, each with whom it was written for."""
    notes = handout.project.site_notes.get(site.id, SiteNotes())
    candidates = (
        ("site.note", "Note for responders", site.note),
        ("notes.staff_note", "Note for staff", notes.staff_note),
        ("notes.public_note", "Note", notes.public_note),
    )
    return [
        (label, text)
        for key, label, text in candidates
        if text and is_released(handout.audience, key)
    ]


def _zone_card(handout: Handout, zone: Zone, sites: list[SiteSummary]) -> ZoneSummary:
    unit = handout.project.units[zone.unit]
    agency = handout.project.agencies.get(unit.agency)
    details: list[tuple[str, str]] = []
    workload = handout.figures.get(zone.id)
    if workload is not None:
        details = [
            ("Students", f"{workload.students:,}"),
            (
                "Load",
                f"{workload.load_min:.0f} min per day, {describe_deviation(workload.deviation)}",
            ),
            ("Drive", f"{workload.drive_min:.0f} min per day"),
        ]
    return ZoneSummary(
        zone=zone,
        unit=unit.name,
        unit_beside=name_unit_beside(unit.name, zone.id),
        agency=unit.agency,
        agency_short=agency.short if agency else unit.agency,
        agency_phone=format_phone(agency.phone) if agency else "",
        sites=tuple(sorted(sites, key=lambda card: (split_numbers(card.site.name), card.site.id))),
        details=tuple(details),
    )


def describe_plan_problems(side: Handout) -> Message | str:
    """Return why the plan's pages are marked, or "" if nothing is wrong with it.

    A reader who may not know which zone or school is concerned sees only the kinds of problems.
    """
    plan = side.plan.name
    if not side.problems:
        kinds = [Message(f"broken_rule.{rule}") for rule in side.broken_rules]
        return Message("plan_problems.kinds", plan=plan, kinds=kinds) if kinds else ""
    problems = side.say(*side.problems[:_MOST_PROBLEMS])
    more = len(side.problems) - _MOST_PROBLEMS
    code = "plan_problems.more" if more > 0 else "plan_problems"
    return Message(code, plan=plan, problems=problems, more=more)


def describe_coming_zone(handout: Handout, site: Site) -> list[tuple[str, str]]:
    """Return from which day a site has which zone, unit and agency after the plan ends.

    Empty if the plan has no end, or for a site that is in no zone before and after.
    """
    coming = handout.coming
    if coming is None or not site.patrolled:
        return []
    begins = f"From {handout.formats.day(coming.on)}"
    if coming.zones is None:
        return [(begins, "Not decided yet")]
    if site.id not in coming.zones:
        return [(begins, "Not in a patrol zone")]
    zone, unit_id = coming.zones[site.id]
    unit = handout.project.units[unit_id]
    agency = handout.project.agencies.get(unit.agency)
    phone = agency.phone if agency else ""
    parts = (f"Zone {zone}", name_unit_beside(unit.name, zone), unit.agency, phone)
    return [(begins, ", ".join(filter(None, parts)))]


def describe_office_numbers(handout: Handout) -> str:
    """Name the agencies without zones, such as the district's office, with their phone numbers.

    If none of them has a number, name all agencies that have one, or "" without any.
    """
    reachable = tuple(agency for agency in handout.project.agencies.values() if agency.phone)
    agencies = list_office_agencies(handout.project, handout.plan) or reachable
    return ", ".join(
        f"{agency.short or agency.id} {format_phone(agency.phone)}" for agency in agencies
    )


def describe_land_parts(handout: Handout, zone: str) -> Message | str:
    """Describe how many parts a zone has, and that land without a school is not counted.

    The result is empty for one part.
    """
    area = handout.outlines.get(zone)
    parts = [] if area is None else list(shapely.get_parts(area))
    assigned = (key for key, zone_id in handout.plan.assignment.items() if zone_id == zone)
    sites = (handout.project.sites[key] for key in assigned)
    points = [site.point for site in sites if site.has_position]
    bare = sum(not any(part.covers(point) for point in points) for part in parts)
    code = "land_parts" if bare else "land_parts.peopled"
    return Message(code, parts=len(parts), bare=bare) if len(parts) > 1 else ""


def describe_plan_in_period(handout: Handout, first: date, last: date) -> Message | str:
    """Return a note that the zones shown were not in force all of a period, or "" if they were."""
    plan, last = handout.plan, min(last, handout.today)
    begins, ends = plan.effective_on, plan.expires_on or date.max
    if begins is not None and begins <= first and last < ends:
        return ""
    never = begins is None or begins > last or ends <= first
    status = handout.plan_status
    code = "plan_in_period.none" if never else "plan_in_period.part"
    return Message(code, plan=plan.name, status=f"{status[:1].lower()}{status[1:]}")


OPEN_STATUSES = (RequirementStatus.OVERDUE, RequirementStatus.DUE)
_CARD_DUE_DAYS = 31
_NO_VISIT_THIS_WEEK = Message("open_item.no_visit")
_OPEN_ITEM_RANKS = {
    "open_item.no_visit": 0,
    "open_item.overdue": 1,
    "open_item.overdue_unless_done": 1,
}


def name_status(handout: Handout, item: Requirement) -> str:
    """Name a requirement's status, or “due soon” within the district's look-ahead period."""
    return "due soon" if handout.is_soon(item) else item.standing


def name_due_day(handout: Handout, item: Requirement) -> str:
    """Name a requirement's status, or its day if it is not due yet, such as “due by Dec 18”.

    Without the day, a requirement for June would be taken for late.
    """
    if item.due_on is None or not _is_due(item):
        return name_status(handout, item)
    return str(Message("due_by", day=_write_due_day(handout, item.due_on)))


def _is_due(item: Requirement) -> bool:
    return item.status is RequirementStatus.DUE and not item.to_verify


def _write_due_day(handout: Handout, day: date) -> str:
    """Write a day without its year if it is in this year."""
    is_this_year = day.year == handout.today.year
    return handout.formats.short_day(day) if is_this_year else handout.formats.day(day)


def _describe_requirement(handout: Handout, item: Requirement) -> Message:
    """Name a requirement and its status on the card's day, such as “fire drill overdue”.

    An item that is due before that day will be late by then, unless it is done in the meantime.
    """
    kind = name_requirement(item.kind).lower()
    if item.status is RequirementStatus.OVERDUE:
        return Message("open_item.overdue", kind=kind)
    if item.due_on is None or not _is_due(item):
        return Message("open_item", kind=kind, status=name_status(handout, item))
    is_late_then = handout.today <= item.due_on < handout.card_day
    code = "open_item.overdue_unless_done" if is_late_then else "open_item.due_by"
    return Message(code, kind=kind, day=_write_due_day(handout, item.due_on))


def _list_open_requirements(handout: Handout, site_id: str) -> list[Requirement]:
    """Return a site's overdue requirements, then those due soon after the card."""
    requirements = handout.readiness.get(site_id, ())
    until = handout.card_day + timedelta(days=_CARD_DUE_DAYS)
    return sorted(
        (
            item
            for item in requirements
            if item.status is RequirementStatus.OVERDUE
            or (item.status is RequirementStatus.DUE and item.due_on and item.due_on <= until)
        ),
        key=lambda item: (OPEN_STATUSES.index(item.status), item.kind),
    )


def _is_unvisited(handout: Handout, site_id: str) -> bool:
    """Return whether the log shows no visit in the card's week, if that is on record."""
    monday = handout.card_day - timedelta(days=handout.card_day.weekday())
    last = handout.visited_before.get(site_id)
    begun = monday <= handout.today
    known = begun and handout.week_on_record and bool(handout.last_visits)
    return known and (last is None or last < monday)


def describe_open_items(handout: Handout, site_id: str) -> list[Message]:
    """Return the open items of a site, a missing visit first."""
    items = [_NO_VISIT_THIS_WEEK] if _is_unvisited(handout, site_id) else []
    return items + [
        _describe_requirement(handout, item) for item in _list_open_requirements(handout, site_id)
    ]


def rank_open_item(item: Message) -> int:
    """Return the rank of an open item: a missing visit, then what is overdue, then the rest."""
    return _OPEN_ITEM_RANKS.get(item.template, 2)
