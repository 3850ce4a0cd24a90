"""Every rule that a project can break, as pure functions of the project and of computed facts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

from zoneplanner.domain.clean_text import fold_look_alikes
from zoneplanner.domain.geography.site import Site, SiteJurisdiction
from zoneplanner.domain.plans.edits import describe_lock_reason, find_lock_violations
from zoneplanner.domain.plans.plan import LockScope, Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

_RELATIVE_SLACK = 1e-9
_UNEVEN_SHARES = 2.5
"""The ratio of fair shares that is reported. Some difference is normal: units are whole."""


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One broken rule or note: the template of its sentence, its place and its facts.

    ``where`` identifies the place, such as a site or a zone.
    """

    template: str
    where: Mapping[str, str]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The rule: the template's name up to its dot."""
        return self.template.partition(".")[0]

    @property
    def message(self) -> Message:
        """What is wrong."""
        return Message(f"check.{self.template}", **{**self.where, **self.facts})

    @property
    def text(self) -> str:
        """What is wrong, in one sentence with ISO 8601 dates and meters."""
        return str(self.message)


@dataclass(frozen=True, eq=False, slots=True)
class CheckInputs:
    """The computed facts that the rules are checked against.

    Loads are minutes per day by zone, targets each zone's fair share of its group's load, and
    pieces the number of parts of each zone's outline. Each entry of ``detached_sites`` has sites
    that are not connected to their units' other sites, the nearest pair that would connect them,
    and the meters between that pair.
    """

    placements: Mapping[str, SiteJurisdiction]
    load_min: Mapping[str, float] = field(default_factory=dict)
    target_min: Mapping[str, float] = field(default_factory=dict)
    pieces: Mapping[str, int] = field(default_factory=dict)
    stacked: Sequence[tuple[str, ...]] = ()
    detached_blocks: Sequence[str] = ()
    detached_sites: Sequence[tuple[Sequence[str], tuple[str, str], float]] = ()


def find_plan_problems(
    project: Project, plan: Plan | None, facts: CheckInputs
) -> tuple[CheckFinding, ...]:
    """Return the rules that a project and one of its plans break."""
    found = list(_find_unserved_sites(project, facts))
    if plan is not None:
        found += _find_ineligible_units(project, plan)
        found += _find_assignment_problems(project, plan, facts)
        found += _find_lock_problems(project, plan)
        found += _find_imbalance(plan, facts)
        found += _find_split_zones(plan, facts)
    return (*found, *_find_date_overlaps(project))


def find_plan_notes(
    project: Project,
    facts: CheckInputs,
    plan: Plan | None = None,
    *,
    of_sites: tuple[CheckFinding, ...] | None = None,
) -> tuple[CheckFinding, ...]:
    """Return what is worth knowing although no rule is broken, such as missing enrollment.

    ``of_sites`` is the result of ``find_site_notes`` if the caller already has it.
    """
    return (
        *(find_uneven_shares(project, plan, facts.target_min) if plan else ()),
        *(find_site_notes(project, facts) if of_sites is None else of_sites),
        *_find_look_alikes("plans", project.plans),
    )


def find_site_notes(project: Project, facts: CheckInputs) -> tuple[CheckFinding, ...]:
    """Return the notes about sites, which are the same for every plan."""
    found: list[CheckFinding] = []
    for group in facts.stacked:
        names = [project.sites[site].name for site in group]
        found.append(CheckFinding("stacked", {"sites": ";".join(group)}, {"names": names}))
    for site in project.patrolled:
        placement, where = facts.placements[site.id], {"site": site.id}
        if placement.near_line and not placement.decided:
            away = {"name": site.name, "line_m": placement.line_m}
            found.append(CheckFinding("near_line", where, away))
        if site.enrollment is None:
            assumed = {"name": site.name, "students": project.assumptions.missing_enrollment}
            found.append(CheckFinding("enrollment_missing", where, assumed))
        elif site.enrollment_note:
            note = {"name": site.name, "note": site.enrollment_note}
            found.append(CheckFinding("enrollment_misleading", where, note))
    if facts.detached_blocks:
        parts = {"parts": len(facts.detached_blocks)}
        found.append(CheckFinding("detached", {"blocks": ";".join(facts.detached_blocks)}, parts))
    for sites, (one, other), away_m in facts.detached_sites:
        cut_off = {
            "names": [project.sites[site].name for site in sites],
            "one": project.sites[one].name,
            "other": project.sites[other].name,
            "away_m": away_m,
        }
        found.append(CheckFinding("detached_sites", {"sites": ";".join(sites)}, cut_off))
    return (*found, *_find_look_alikes("sites", project.sites))


def find_uneven_shares(
    project: Project, plan: Plan, target_min: Mapping[str, float]
) -> Iterator[CheckFinding]:
    """Report the largest and smallest fair shares if they differ by more than a set ratio.

    ``target_min`` is each zone's fair share in minutes per day.
    """
    shares = {zone: share for zone, share in target_min.items() if share > 0}
    if not shares:
        return
    most, least = max(shares.values()), min(shares.values())
    if most <= _UNEVEN_SHARES * least * (1 + _RELATIVE_SLACK):
        return
    facts: dict[str, Any] = {"times": most / least}
    for side, share in (("heavy", most), ("light", least)):
        zones = [zone for zone in plan.zones if shares.get(zone.id) == share]
        units = (project.units.get(zone.unit) for zone in zones)
        facts[side] = [zone.id for zone in zones]
        facts[f"{side}_agencies"] = list(dict.fromkeys(unit.agency for unit in units if unit))
    yield CheckFinding("uneven_shares", {"zone": facts["heavy"][0]}, facts)


def _find_look_alikes(
    what: str, items: Mapping[str, Site] | Mapping[str, Plan]
) -> Iterator[CheckFinding]:
    """Find names that differ but look the same, such as one with a Cyrillic letter."""
    if all(item.name.isascii() for item in items.values()):
        return
    alike: dict[str, dict[str, str]] = defaultdict(dict)
    for key, item in items.items():
        alike[fold_look_alikes(item.name)][item.name] = key
    for names in alike.values():
        if len(names) > 1 and not all(map(str.isascii, names)):
            yield CheckFinding(
                "look_alike", {what: ";".join(names.values())}, {"names": list(names)}
            )


def _find_unserved_sites(project: Project, facts: CheckInputs) -> Iterator[CheckFinding]:
    served = {
        jurisdiction
        for unit in project.units.values()
        for jurisdiction in project.jurisdictions
        if unit.holds_zone and unit.may_be_primary(jurisdiction)
    }
    for site in project.patrolled:
        lies_in = facts.placements[site.id].jurisdiction
        if lies_in not in served:
            place = {"name": site.name, "place": project.name_jurisdiction(lies_in)}
            yield CheckFinding("no_agency", {"site": site.id}, place)


def _find_ineligible_units(project: Project, plan: Plan) -> Iterator[CheckFinding]:
    holders: dict[str, str] = {}
    for zone in plan.zones:
        unit = project.units.get(zone.unit)
        other = holders.setdefault(zone.unit, zone.id)
        if unit is None:
            template = "ineligible_unit.unknown"
        elif not any(unit.may_be_primary(jurisdiction) for jurisdiction in project.jurisdictions):
            template = "ineligible_unit"
        elif other != zone.id:
            template = "ineligible_unit.two_zones"
        else:
            continue
        yield CheckFinding(template, {"zone": zone.id}, {"unit": zone.unit, "other": other})


def _find_assignment_problems(
    project: Project, plan: Plan, inputs: CheckInputs
) -> Iterator[CheckFinding]:
    allowed: dict[str, frozenset[str | None] | None] = {}  # None: an unknown unit, checked above
    for zone in plan.zones:
        unit = project.units.get(zone.unit)
        allowed[zone.id] = frozenset(filter(unit.may_be_primary, unit.access)) if unit else None
    for site in project.patrolled:
        zone_id = plan.assignment.get(site.id, "")
        if zone_id not in allowed:
            facts = {"name": site.name, "zone": zone_id}
            template = "unassigned.no_such_zone" if zone_id else "unassigned"
            yield CheckFinding(template, {"site": site.id, "plan": plan.name}, facts)
            continue
        areas = allowed[zone_id]
        if areas is not None and inputs.placements[site.id].jurisdiction not in areas:
            facts = {"name": site.name, "zone": zone_id}
            yield CheckFinding("wrong_jurisdiction", {"site": site.id, "zone": zone_id}, facts)


def _find_lock_problems(project: Project, plan: Plan) -> Iterator[CheckFinding]:
    for lock, site_id, now in find_lock_violations(project, plan):
        site, held = project.sites[site_id], lock.held.get(site_id)
        if not site.patrolled:
            continue
        where = {"site": site.id, "lock": lock.key}
        facts = {
            "name": site.name,
            "home": held,
            "now": now,
            "agency": lock.target,
            "why": describe_lock_reason(lock),
            "is_now": Message("site_is_now" if now else "site_is_now.without_zone", zone=now),
        }
        move = "lock_not_kept.entered" if held is None else "lock_not_kept.left"
        by_zone = f"{move}_agency" if lock.kind is LockScope.AGENCY else move
        yield CheckFinding(
            "lock_not_kept" if lock.kind is LockScope.SITE else by_zone,
            where if held is None else {**where, "zone": held},
            facts,
        )


def _find_imbalance(plan: Plan, inputs: CheckInputs) -> Iterator[CheckFinding]:
    for zone in plan.zones:
        target = inputs.target_min.get(zone.id, 0.0)
        load = inputs.load_min.get(zone.id, 0.0)
        if target <= 0:
            continue
        deviation = load / target - 1
        if load == 0:
            yield CheckFinding("empty_zone", {"zone": zone.id})
        elif abs(deviation) > plan.tolerance + _RELATIVE_SLACK:
            facts = {"load_min": load, "off": abs(deviation) * 100, "most": plan.tolerance * 100}
            template = "over_tolerance" if deviation > 0 else "over_tolerance.below"
            yield CheckFinding(template, {"zone": zone.id}, facts)


def _find_split_zones(plan: Plan, facts: CheckInputs) -> Iterator[CheckFinding]:
    for zone in plan.zones:
        count = facts.pieces.get(zone.id, 1)
        if count > 1:
            yield CheckFinding("in_pieces", {"zone": zone.id}, {"count": count})


def _find_date_overlaps(project: Project) -> Iterator[CheckFinding]:
    """Yield the pairs of adopted plans that are in force on the same day."""
    adopted = [plan for plan in project.plans.values() if plan.effective_on is not None]
    adopted.sort(key=lambda plan: plan.effective_on or date.min)
    for early, late in combinations(adopted, 2):
        if early.overlaps(late):
            facts = {"begins": early.effective_on, "ends": early.expires_on}
            template = "dates_overlap" if early.expires_on else "dates_overlap.no_end"
            where = {"plan": early.name, "next": late.name}
            yield CheckFinding(template, where, {**facts, "next_begins": late.effective_on})
