"""Who a handout is for, and which fields and layers may leave for them: whitelists, as data.

What is not named here leaves for nobody, so that a field added to a site, a plan or a handout
stays in the house until somebody decides otherwise.
"""

from collections.abc import Collection
from dataclasses import MISSING, Field, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.publish.handout import Handout

_Value = TypeVar("_Value")
PUBLIC, STAFF, LAW = "public", "staff", "law-enforcement"
_OWN = "own"
"""Stands for every layer that the user added."""


@dataclass(frozen=True, slots=True)
class _ReleaseRule:
    """One thing that may leave: its name for people, what holds it, and the audiences it is for.

    ``keys`` are attributes as ``kind.attribute``, the kinds being site, plan, project and handout.
    """

    title: str
    keys: tuple[str, ...]
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Audience:
    """One group of readers. ``never`` says in a sentence what they do not get."""

    key: str
    title: str
    never: str


AUDIENCES: dict[str, _Audience] = {
    PUBLIC: _Audience(
        PUBLIC,
        "The public",
        "No notes, no incidents, no officer names, no visits, no enrollment, no workload.",
    ),
    STAFF: _Audience(
        STAFF,
        "Staff",
        "No notes, neither of schools nor pinned to the map, no incident details, no reviews, no "
        "hours of visits.",
    ),
    LAW: _Audience(LAW, "Law enforcement", "No student names: the planner holds none."),
}

ALL_AUDIENCES = (PUBLIC, STAFF, LAW)
INTERNAL_AUDIENCES = (STAFF, LAW)

FIELD_RELEASES: tuple[_ReleaseRule, ...] = (
    _ReleaseRule(
        "Schools: name, level, position",
        (
            *("site.id", "site.name", "site.level", "site.grades", "site.kind", "site.charter"),
            *("site.x_m", "site.y_m", "site.patrolled"),
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "Address and phone of schools",
        ("site.street", "site.city", "site.zip", "site.phone"),
        ALL_AUDIENCES,
    ),
    _ReleaseRule("Bell times", ("handout.bells",), ALL_AUDIENCES),
    _ReleaseRule(
        "Zones, units, backup units and agencies",
        (
            *("plan.uid", "plan.name", "plan.zones", "plan.assignment", "plan.block_overrides"),
            *("handout.backups", "handout.neighbors", "handout.outlines", "handout.placements"),
            *("project.jurisdictions", "project.blocks", "project.agencies", "project.units"),
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "Status and dates of the plan, and whether it has problems",
        (
            *("plan.made_at", "plan.proposed_on", "plan.effective_on", "plan.expires_on"),
            "handout.has_problems",
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "When this was made, and the journal's length and head",
        (
            *("handout.as_of", "handout.head_hash", "handout.entries", "handout.audience"),
            "handout.sample",
            "handout.tiles",
            *("handout.paper", "handout.project", "handout.plan", "project.uid", "project.name"),
            *("project.crs", "project.time_zone", "project.preset", "project.sites"),
            *("project.features", "project.layers", "project.calendar", "project.assumptions"),
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule("Two plans compared, school by school", ("handout.compared",), ALL_AUDIENCES),
    _ReleaseRule(
        "Enrollment, and what a what-if takes for it",
        ("site.enrollment", "plan.what_if"),
        INTERNAL_AUDIENCES,
    ),
    _ReleaseRule(
        "Workload of zones and the tolerance",
        ("handout.figures", "plan.tolerance"),
        INTERNAL_AUDIENCES,
    ),
    _ReleaseRule("Day of the last visit", ("handout.last_visits",), INTERNAL_AUDIENCES),
    _ReleaseRule("Visits and calls by week, counted", ("handout.weeks",), INTERNAL_AUDIENCES),
    _ReleaseRule("Coverage figures of a period", ("handout.coverage",), INTERNAL_AUDIENCES),
    _ReleaseRule(
        "Drills and plan reviews by school",
        ("handout.readiness", "handout.school_year"),
        INTERNAL_AUDIENCES,
    ),
    _ReleaseRule("Visiting order and open items of units", ("handout.stops",), INTERNAL_AUDIENCES),
    _ReleaseRule(
        "Week roster: units, hours, names of officers", ("handout.duties",), INTERNAL_AUDIENCES
    ),
    _ReleaseRule(
        "Calendars of final shifts",
        ("handout.final_shifts", "handout.officers"),
        INTERNAL_AUDIENCES,
    ),
    _ReleaseRule("Tactical notes and who decided what", ("site.note", "site.decision"), (LAW,)),
    _ReleaseRule("Why an enrollment misleads", ("site.enrollment_note",), (LAW,)),
    _ReleaseRule(
        "Notes of the plan and those pinned to its map, locks and history",
        ("plan.note", "plan.pins", "plan.locks", "plan.parent", "plan.proof"),
        (LAW,),
    ),
    _ReleaseRule(
        "Incidents one by one: type, times, units, disposition, note",
        ("handout.incidents",),
        (LAW,),
    ),
    _ReleaseRule(
        "After-action reviews, corrective actions, references of concerns",
        ("handout.after_actions", "handout.actions", "handout.follow_ups"),
        (LAW,),
    ),
)
"""All that may leave, the widest first."""

LAYER_RELEASES: tuple[_ReleaseRule, ...] = (
    _ReleaseRule(
        "District, county and city lines", ("district", "county", "city", "place"), ALL_AUDIENCES
    ),
    _ReleaseRule("Main streets, river and bridges", ("arterial", "river", "bridge"), ALL_AUDIENCES),
    _ReleaseRule("Layers that you added", (_OWN,), INTERNAL_AUDIENCES),
)
"""The layers of the map that may leave, by the id that features name."""


def find_audience(key: str) -> _Audience:
    """Return an audience by its name on the command line; an unknown one is a UserError."""
    if key not in AUDIENCES:
        raise UserError(
            f"There is no audience “{key}”. Choose: {', '.join(AUDIENCES)}.",
            {"audience": key, "known": list(AUDIENCES)},
            code="unknown_audience",
        )
    return AUDIENCES[key]


def list_releases(of: Collection[_ReleaseRule], key: str) -> tuple[_ReleaseRule, ...]:
    """Return what of a list leaves for an audience."""
    return tuple(one for one in of if key in one.audiences)


def redact_for_audience(handout: "Handout") -> "Handout":
    """Return the handout with nothing but what its audience may see.

    An audience that is not known gets what the public gets.
    """
    key = handout.audience if handout.audience in AUDIENCES else PUBLIC
    may = {name for one in list_releases(FIELD_RELEASES, key) for name in one.keys}
    shown = {name for one in list_releases(LAYER_RELEASES, key) for name in one.keys}
    project = handout.project
    own = {layer.id for layer in project.layers.values() if layer.own}
    features = tuple(
        replace(feature, fields={})
        for feature in project.features
        if (_OWN in shown if feature.layer in own else feature.layer in shown)
    )
    sites = {site_id: _only(site, "site", may) for site_id, site in project.sites.items()}
    layers = {key: layer for key, layer in project.layers.items() if _OWN in shown or not layer.own}
    less = _only(replace(project, plans={}, layers=layers), "project", may)
    beside = handout.compared
    return _only(
        replace(
            handout,
            compared=beside and replace(beside, before=redact_for_audience(beside.before)),
            project=replace(less, sites=sites, features=features),
            plan=_only(handout.plan, "plan", may),
        ),
        "handout",
        may,
    )


def _only(value: _Value, kind: str, may: Collection[str]) -> _Value:
    """Keep the attributes that may leave; the others become what they are when nothing is known."""
    blank = {
        field.name: _blank(field)
        for field in fields(value)  # type: ignore[arg-type]  # always a dataclass
        if f"{kind}.{field.name}" not in may
    }
    return replace(value, **blank)  # type: ignore[type-var]


def _blank(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    empty: dict[Any, Any] = {str: "", int: 0, float: 0.0, bool: False}
    return empty.get(field.type)
