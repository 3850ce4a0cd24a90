"""How far a district is set up: for each step what is there and what is missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import shapely

from zoneplanner.bundled import read_resource_table
from zoneplanner.domain.geography.map_edits import (
    COUNTY_KIND,
    WHOLE_DISTRICT,
    find_district_boundary,
)
from zoneplanner.domain.geography.site import Jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UNNAMED_AGENCY
from zoneplanner.messages import format_count, join_names

_SQUARE_MILE_M2 = 1609.344**2
_MOST_NAMES = 4
_SLIVER_SHARE = 0.01
"""So little of a district may be in no area: lines of two publishers differ."""
_UNKNOWN_LEVELS = ("", "other")


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A part of a district: the kinds of files it comes in, who publishes them, what goes without.

    ``kinds`` are those of an import; ``file`` is what the publisher calls it.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    publisher: str
    file: str
    without: str


@dataclass(frozen=True, slots=True)
class StepState:
    """A step and how it stands: whether all is there, what was found, and what is missing."""

    step: SetupStep
    done: bool
    found: str
    missing: str = ""


@cache
def load_setup_steps() -> Mapping[str, SetupStep]:
    """Read the steps, in the order in which a district is set up."""
    return {
        key: SetupStep(key, **{**row, "kinds": tuple(row["kinds"])})
        for key, row in read_resource_table("district_steps.toml").items()
    }


def list_setup_steps(project: Project) -> tuple[StepState, ...]:
    """Say how each step of setting up a district stands; it follows from the project alone."""
    judged: Mapping[str, Callable[[Project], tuple[str, str]]] = {
        "boundary": _judge_boundary,
        "jurisdictions": _judge_jurisdictions,
        "schools": _judge_schools,
        "enrollment": _judge_enrollment,
        "blocks": lambda own: _judge_count(len(own.blocks), "block", "No blocks of land."),
        "units": _judge_units,
        "roads": _judge_roads,
        "basemap": _judge_basemap,
        "zones": _judge_zones,
    }
    states = []
    for key, step in load_setup_steps().items():
        found, missing = judged[key](project)
        states.append(StepState(step, not missing, found, missing))
    return tuple(states)


def _judge_boundary(project: Project) -> tuple[str, str]:
    area = find_district_boundary(project)
    if area is None:
        return "", "No boundary."
    return f"{project.name}: {area.area / _SQUARE_MILE_M2:,.0f} square miles.", ""


def _judge_jurisdictions(project: Project) -> tuple[str, str]:
    areas = [own for key, own in project.jurisdictions.items() if key != WHOLE_DISTRICT]
    if not areas:
        return "", "No city or county area."
    said = join_names((own.name for own in areas), most=_MOST_NAMES)
    found = f"{said}." if has_cities(project) else f"{said}, and no city."
    return found, "" if _reach_all(project, areas) else "No county area around the cities."


def _reach_all(project: Project, areas: Sequence[Jurisdiction]) -> bool:
    """True where areas cover the district: with a county they do, cities alone may not."""
    if any(own.kind == COUNTY_KIND for own in areas):
        return True
    together = shapely.union_all([own.area for own in areas])
    boundary = find_district_boundary(project)
    if boundary is not None:
        return bool(boundary.difference(together).area <= _SLIVER_SHARE * boundary.area)
    return all(together.covers(shapely.Point(site.x_m, site.y_m)) for site in project.patrolled)


def has_cities(project: Project) -> bool:
    """True where a city is among the areas; counties and cities come in files apart."""
    return any(own.kind != COUNTY_KIND for own in project.jurisdictions.values())


def _judge_schools(project: Project) -> tuple[str, str]:
    if not project.sites:
        return "", "No school."
    found = format_count(len(project.sites), "school")
    idle = len(project.sites) - len(project.patrolled)
    said = f"{found}, {idle:,} of them not patrolled." if idle else f"{found}."
    return said, "" if project.patrolled else "No site is patrolled."


def _judge_enrollment(project: Project) -> tuple[str, str]:
    sites = project.patrolled
    counts = {
        "students": sum(site.enrollment is None for site in sites),
        "a level": sum(site.level in _UNKNOWN_LEVELS for site in sites),
    }
    students = sum(site.enrollment or 0 for site in sites)
    lacking = [f"{format_count(n, 'school')} without {what}" for what, n in counts.items() if n]
    found = f"{students:,} students." if students else ""
    if not sites:
        return found, "No school yet."
    return found, f"{join_names(lacking)}." if lacking else ""


def _judge_count(n: int, one: str, none: str) -> tuple[str, str]:
    return (f"{format_count(n, one)}.", "") if n else ("", none)


def _judge_units(project: Project) -> tuple[str, str]:
    own = [unit for unit in project.units.values() if unit.holds_zone]
    agencies = [project.agencies[key].id for key in dict.fromkeys(unit.agency for unit in own)]
    found = f"{format_count(len(own), 'unit')} of {join_names(agencies, most=_MOST_NAMES)}."
    if UNNAMED_AGENCY in agencies:
        return f"{format_count(len(own), 'unit')}.", "The agency that patrols has no name yet."
    idle = [
        unit.id
        for unit in own
        if project.jurisdictions and not any(map(unit.may_be_primary, project.jurisdictions))
    ]
    if idle:
        return found, f"{join_names(idle, most=_MOST_NAMES)} may not be primary anywhere."
    phones = any(project.agencies[unit.agency].phone for unit in own)
    return found, "" if phones else "No phone number of an agency yet."


def _judge_roads(project: Project) -> tuple[str, str]:
    if project.travel is None:
        return "", "No roads and no driving minutes."
    return f"{project.travel.source}.", ""


def _judge_basemap(project: Project) -> tuple[str, str]:
    basemap: Any = getattr(project, "basemap", None)
    return ("Streets and places are on the map.", "") if basemap else ("", "No streets.")


def _judge_zones(project: Project) -> tuple[str, str]:
    plan = next(reversed(list(project.plans.values())), None)
    if plan is None:
        return "", "No plan."
    lacking = sum(site.id not in plan.assignment for site in project.patrolled)
    found = f"“{plan.name}” has {format_count(len(plan.zones), 'zone')}."
    return found, f"{format_count(lacking, 'school')} without a zone." if lacking else ""
