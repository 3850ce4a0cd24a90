"""The themes by which the map's sites can be colored: their values, units and definitions."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from zoneplanner.analysis.coverage.log_period import count_days_since_visit, is_undeclared
from zoneplanner.analysis.measures import class_breaks
from zoneplanner.analysis.measures.class_breaks import ClassBreaks
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.app.log.due_visits import describe_visit_days
from zoneplanner.app.readiness.requirements import compute_readiness, compute_site_statuses
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.days_on_record import VISIT_RECORDS
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.domain.roster.staffing import (
    UnitStaffing,
    find_next_shift_day,
    list_officer_names,
    map_unit_staffing,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.app.readiness.requirements import ReadinessStatus

ZONE, LOAD, ENROLLMENT, JURISDICTION = "zone", "load", "enrollment", "jurisdiction"
VISIT, RESPONSE, READINESS, STAFFED = "visit", "response", "readiness", "staffed"
QUANTILES, NATURAL, STEPS = "quantiles", "natural", "steps"
CLASS_METHODS = {QUANTILES: "Equal counts", NATURAL: "Natural breaks", STEPS: "Fixed steps"}
_VISIT_STEPS = ClassBreaks(0.0, (1.0, 3.0, 5.0, float("inf")))


@dataclass(frozen=True, slots=True)
class _MapTheme:
    """One theme; ``methods`` are the ways to classify its figures, the default one first."""

    key: str
    name: str
    unit: str
    definition: str
    none: str = "Not known"
    methods: tuple[str, ...] = ()


def _load_map_themes() -> dict[str, _MapTheme]:
    text = (resources_dir() / "map_themes.toml").read_text(encoding="utf-8")
    return {
        key: _MapTheme(key, **{**row, "methods": tuple(row.get("methods", ()))})
        for key, row in tomllib.loads(text).items()
    }


MAP_THEMES = _load_map_themes()


@dataclass(frozen=True, eq=False, slots=True)
class ThemeInputs:
    """What a theme needs in addition to a state: days since visits, readiness, who is on shift.

    ``until`` is the last counted day if that is not today; ``on_record`` says which days have
    visits on record, and ``declared`` whether somebody declared them. ``under`` are the conditions
    of the expected response.
    """

    days: Mapping[str, int] = field(default_factory=dict)
    until: str = ""
    on_record: str = ""
    declared: bool = True
    statuses: Mapping[str, RequirementStatus] = field(default_factory=dict)
    under: ResponseConditions = USUAL_CONDITIONS
    units: Mapping[str, UnitStaffing] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class ThemeValues:
    """A theme's value for every patrolled site: a figure, an id or a status; None is missing.

    ``why`` says why all are missing; ``on_record`` says which days are on record. If nobody
    ``declared`` the days, none is counted. ``captions`` are strings for zones, by id.
    """

    subject: _MapTheme
    values: Mapping[str, float | str | None]
    why: Message | None = None
    on_record: str = ""
    declared: bool = True
    captions: Mapping[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """The number of sites with a value."""
        return sum(value is not None for value in self.values.values())

    @property
    def figures(self) -> dict[str, float]:
        """The figures by site, without ids and statuses."""
        return {
            site: float(value)
            for site, value in self.values.items()
            if isinstance(value, int | float)
        }


def read_theme_inputs(session: Session, key: str, *, last: date | None = None) -> ThemeInputs:
    """Read what a theme needs for a day: the journal at the end of the day, and its shifts.

    Themes of the plan need nothing.
    """
    if key == READINESS:
        return build_readiness_inputs(compute_readiness(session), session.saved_project)
    if key == STAFFED:
        day = last or find_next_shift_day(session.project, session.today)
        if day is None:
            return ThemeInputs()
        project = session.project
        return ThemeInputs(
            units=map_unit_staffing(project, day), names=list_officer_names(project, day)
        )
    if key == VISIT:
        days = count_days_since_visit(
            session.store.log(), project=session.saved_project, now=session.clock(), last=last
        )
        is_past = last is not None and last < session.today
        return ThemeInputs(
            days=days,
            until=session.formats.short_day(last) if is_past and last else "",
            on_record=describe_visit_days(session, last=last),
            declared=not is_undeclared(
                session.saved_project, VISIT_RECORDS, session.store.log().visits
            ),
        )
    return ThemeInputs()


def build_readiness_inputs(readiness: "ReadinessStatus | None", project: Project) -> ThemeInputs:
    """Return the readiness of sites as inputs; empty before it is computed."""
    if readiness is None:
        return ThemeInputs()
    return ThemeInputs(statuses=compute_site_statuses(readiness, project))


def compute_theme_values(key: str, state: ProjectState, inputs: ThemeInputs) -> ThemeValues:
    """Return a theme's values in a state."""
    subject, project = MAP_THEMES[key], state.project
    if key == STAFFED:
        return _compute_staffing(subject, state, inputs)
    if key == RESPONSE:
        return _compute_responses(subject, state, inputs.under)
    if key == VISIT:
        name = f"{subject.name} by {inputs.until}" if inputs.until else subject.name
        subject = replace(subject, name=name)
    loads, placements = state.basis.load_min, state.basis.placements
    zones = state.plan.assignment if state.plan else {}
    values: Mapping[str, Callable[[Site], float | str | None]] = {
        ZONE: lambda site: zones.get(site.id),
        LOAD: lambda site: float(loads[state.basis.index[site.id]]),
        ENROLLMENT: lambda site: site.enrollment,
        JURISDICTION: lambda site: placements[site.id].jurisdiction,
        VISIT: lambda site: inputs.days.get(site.id),
        READINESS: lambda site: inputs.statuses.get(site.id),
    }
    by_site = {site.id: values[key](site) for site in project.patrolled}
    if key != VISIT:
        return ThemeValues(subject, by_site)
    return ThemeValues(subject, by_site, on_record=inputs.on_record, declared=inputs.declared)


def classify_theme_values(values: ThemeValues, method: str, count: int) -> ClassBreaks:
    """Return the classes of a theme's figures by one of its methods; without a method, none."""
    figures = list(values.figures.values())
    if method not in values.subject.methods:
        return class_breaks.NO_CLASS_BREAKS
    if method == STEPS:
        return _VISIT_STEPS
    if method == NATURAL:
        return class_breaks.find_natural_breaks(figures, count)
    return class_breaks.find_quantile_breaks(figures, count)


def _compute_staffing(subject: _MapTheme, state: ProjectState, inputs: ThemeInputs) -> ThemeValues:
    plan = state.plan
    units = {zone.id: zone.unit for zone in plan.zones} if plan else {}
    zones = plan.assignment if plan else {}
    by_site = {
        site.id: inputs.units.get(units.get(zones.get(site.id, ""), ""))
        for site in state.project.patrolled
    }
    captions = {zone: inputs.names[unit] for zone, unit in units.items() if unit in inputs.names}
    return ThemeValues(subject, by_site, captions=captions)


def _compute_responses(
    subject: _MapTheme, state: ProjectState, under: ResponseConditions
) -> ThemeValues:
    from zoneplanner.analysis.response_times.deployment import drop_unknown_units
    from zoneplanner.analysis.response_times.expected_response import compute_expected_response

    if state.plan is not None:
        under = drop_unknown_units(state.project, state.plan, under)
    if under.units_off:
        subject = replace(subject, name=f"{subject.name}, {', '.join(under.units_off)} off")
    sites = [site.id for site in state.project.patrolled]
    if state.plan is None:
        return ThemeValues(subject, dict.fromkeys(sites), Message("theme_without_plan"))
    try:
        response = compute_expected_response(state.project, state.plan, state.basis, under=under)
    except UserError as refusal:
        return ThemeValues(subject, dict.fromkeys(sites), refusal.to_message())
    means = {site: each.mean_response_min for site, each in response.sites.items()}
    return ThemeValues(subject, {site: means.get(site) for site in sites})
