"""Who a handout is for, and which fields and layers may leave for them: whitelists, as data.

What is not named here leaves for nobody, so that a field added to a site, a plan or a handout
stays in the house until somebody decides otherwise.
"""

from collections.abc import Collection
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.analysis.measures.comparison import PlanComparison
    from zoneplanner.publish.handout import Handout

_Value = TypeVar("_Value")
PUBLIC, STAFF, LAW, OWN = "public", "staff", "law-enforcement", "own"
_DRILL_COLUMNS = (
    *("uid", "site", "site_name", "kind", "held_at", "minutes", "officer_present", "checklist"),
    "sample",
)
_REVIEW_COLUMNS = (
    *("uid", "site", "site_name", "school_year", "stage", "on", "who_kind", "elements", "sample"),
)
_ADDED = "added"
"""Stands for every layer that the user added."""


@dataclass(frozen=True, slots=True)
class _ReleaseRule:
    """One thing that may leave: its name for people, what holds it, and the audiences it is for.

    ``keys`` are attributes as ``kind.attribute``, the kinds being site, plan, project, handout,
    comparison and move; or, for files of `export`, a layer's column or the whole layer.
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
        "No notes except those written for everyone, no incidents, no officer names, no visits, "
        "no enrollment, no workload, no backup units.",
    ),
    STAFF: _Audience(
        STAFF,
        "Staff",
        "No officer names, no shifts, no visits or visiting order, no notes except those written "
        "for staff, no incidents, no reviews of incidents.",
    ),
    LAW: _Audience(
        LAW,
        "Law enforcement",
        "No student names: the planner contains none. The coverage report counts by school over "
        "its days; an export lists visits and incidents one by one, with their times.",
    ),
    OWN: _Audience(OWN, "Our office", "Contains everything and stays in the office."),
}

ALL_AUDIENCES = (PUBLIC, STAFF, LAW, OWN)
STAFF_AUDIENCES = (STAFF, LAW, OWN)
DUTY_AUDIENCES = (LAW, OWN)
"""Who may know which officer is where and when."""

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
        "Schools: address and phone",
        ("site.street", "site.city", "site.zip", "site.phone"),
        ALL_AUDIENCES,
    ),
    _ReleaseRule("Bell times", ("handout.bells",), ALL_AUDIENCES),
    _ReleaseRule(
        "Zones, units and agencies",
        (
            *("plan.uid", "plan.name", "plan.zones", "plan.assignment", "plan.block_overrides"),
            *("handout.neighbors", "handout.outlines", "handout.placements", "handout.coming"),
            *("project.jurisdictions", "project.blocks", "project.agencies", "project.units"),
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "Status and dates of the plan, and which kinds of rules it breaks",
        (
            *("plan.made_at", "plan.proposed_on", "plan.effective_on", "plan.expires_on"),
            "handout.broken_rules",
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "When this was made, and for whom",
        (
            "handout.certificate",
            *("handout.as_of", "handout.audience", "handout.tiles", "handout.day"),
            "handout.pictures",
            *("handout.backdrop", "handout.basemap", "project.basemap"),
            *("handout.paper", "handout.project", "handout.plan", "project.uid", "project.name"),
            *("project.crs", "project.time_zone", "project.preset", "project.sites"),
            *("project.features", "project.layers", "project.calendar"),
            *("project.preferences", "project.site_notes"),
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule("Notes on schools written for everyone", ("notes.public_note",), ALL_AUDIENCES),
    _ReleaseRule("Notes on schools written for staff", ("notes.staff_note",), STAFF_AUDIENCES),
    _ReleaseRule(
        "Two plans compared: which schools change zones",
        (
            *("handout.compared", "comparison.before", "comparison.after", "comparison.moved"),
            *("comparison.renumbered", "comparison.closed", "comparison.opened"),
            *("turned.site", "turned.name", "turned.on"),
            *("move.site", "move.name", "move.before", "move.after"),
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "Monthly totals for the district and its areas, if 11 or more",
        ("handout.month",),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "School-year totals for the district and its levels, if 11 or more",
        ("handout.year",),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "Which translations were reviewed, by role and day",
        (
            "handout.text_reviews",
            "project.terms",
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "Enrollment, and the enrollment that a what-if assumes",
        (
            *("site.enrollment", "plan.what_if", "move.students", "turned.students"),
            "comparison.receiving",
        ),
        STAFF_AUDIENCES,
    ),
    _ReleaseRule(
        "Workload and drive minutes of zones, the tolerance and the assumptions",
        (
            *(
                "handout.figures",
                "handout.demand",
                "plan.tolerance",
                "project.assumptions",
                "project.demand",
            ),
            *("comparison.figures", "comparison.calls_per_day"),
            *("move.before_min", "move.after_min"),
        ),
        STAFF_AUDIENCES,
    ),
    _ReleaseRule("Backup units", ("handout.backups",), STAFF_AUDIENCES),
    _ReleaseRule(
        "Drills and plan reviews by school",
        (
            "handout.readiness",
            *("handout.school_year", "handout.horizon_days"),
            "handout.other_drills",
            *("handout.month_drills", "handout.month_returns", "handout.sample_sites"),
        ),
        STAFF_AUDIENCES,
    ),
    _ReleaseRule(
        "Day of the last visit",
        ("handout.last_visits", "handout.visited_before", "handout.week_on_record"),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "Coverage figures for a period, including by school", ("handout.coverage",), DUTY_AUDIENCES
    ),
    _ReleaseRule("Visiting order and open items of units", ("handout.stops",), DUTY_AUDIENCES),
    _ReleaseRule(
        "Week roster: units, hours, names of officers", ("handout.duties",), DUTY_AUDIENCES
    ),
    _ReleaseRule(
        "Calendars of posted shifts",
        ("handout.final_shifts", "handout.officers"),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "Tactical notes and who made decisions", ("site.note", "site.decision"), DUTY_AUDIENCES
    ),
    _ReleaseRule(
        ("Why an enrollment figure is misleading"), ("site.enrollment_note",), DUTY_AUDIENCES
    ),
    _ReleaseRule(
        "Notes on the plan and its map, which rules it breaks, locks and history",
        ("handout.problems", "plan.note", "plan.pins", "plan.locks", "plan.parent", "plan.proof"),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "Incidents and lockdowns one by one: type, times, units, disposition, note",
        ("handout.incidents", "handout.response_actions"),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "After-action reviews and corrective actions",
        ("handout.after_actions", "handout.actions", "handout.follow_ups"),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule("Concern reports and their references", ("handout.concerns",), (OWN,)),
    _ReleaseRule(
        "Required notifications, reports, trainings and agreements that are due",
        ("handout.office_items",),
        (OWN,),
    ),
    _ReleaseRule(
        "Critical incidents: roles, staging points, notifications; reunification sites; campus "
        "response pages",
        (
            *("handout.command", "handout.reunification", "handout.reunification_lacks"),
            "handout.campus_pages",
        ),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "The number of log entries, the log's verification code (hash), and whether it has "
        "sample data",
        ("handout.head_hash", "handout.entries", "handout.unreadable", "handout.sample"),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "The number of edits in the history, and its verification code (hash)",
        ("handout.edit_hash", "handout.edits"),
        (OWN,),
    ),
    _ReleaseRule("Counts of visits and calls by school and week", ("handout.weeks",), (OWN,)),
    _ReleaseRule(
        "A month's exceptions, changes and times of day", ("handout.month_details",), (OWN,)
    ),
)
"""All that may leave in an edition, the widest first."""

LAYER_RELEASES: tuple[_ReleaseRule, ...] = (
    _ReleaseRule(
        "District, county and city lines", ("district", "county", "city", "place"), ALL_AUDIENCES
    ),
    _ReleaseRule("Main streets, river and bridges", ("arterial", "river", "bridge"), ALL_AUDIENCES),
    _ReleaseRule("Layers that you added", (_ADDED,), STAFF_AUDIENCES),
)
"""The layers of the map that may leave, by the id that features name."""

EXPORT_RELEASES: tuple[_ReleaseRule, ...] = (
    _ReleaseRule(
        "Schools, zones, jurisdictions and the district's boundary",
        (
            *(f"sites.{name}" for name in ("id", "name", "level", "grades", "street", "city")),
            *(
                f"sites.{name}"
                for name in ("zip", "phone", "patrolled", "charter", "zone", "juris")
            ),
            *(f"zones.{name}" for name in ("zone", "name", "unit", "agency", "plan", "sites")),
            *("zones.pieces", "jurisdictions", "blocks", "district", "plan", "PolicePolygon"),
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule(
        "Enrollment and workload",
        ("sites.enrollment", "zones.students", "zones.load_min", "zones.deviation"),
        STAFF_AUDIENCES,
    ),
    _ReleaseRule(
        "Agencies and units",
        (
            *(f"agencies.{name}" for name in ("id", "short", "phone")),
            *(f"units.{name}" for name in ("id", "name", "agency", "kind", "sworn", "holds_zone")),
            "units.primary",
        ),
        ALL_AUDIENCES,
    ),
    _ReleaseRule("Backup units", ("units.assist",), STAFF_AUDIENCES),
    _ReleaseRule(
        "Drills, plan reviews and reports of the district, without notes",
        (
            *(f"drills.{name}" for name in _DRILL_COLUMNS),
            *(f"reviews.{name}" for name in _REVIEW_COLUMNS),
            *(
                f"district_reports.{name}"
                for name in ("uid", "school_year", "on", "duty", "sample")
            ),
        ),
        STAFF_AUDIENCES,
    ),
    _ReleaseRule(
        "Notes on drills and reports; where units are posted",
        ("drills", "reviews", "district_reports", "units", "agencies"),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "Tactical notes; shifts, visits, incidents and their follow-ups one by one",
        (
            *("sites.note", "shifts", "calendar", "visits", "incidents", "stamps", "actions"),
            *("after_actions", "corrective_actions"),
            *(f"officers.{name}" for name in ("id", "name", "agency", "kind", "units")),
            *("officers.jurisdictions", "officers.qualifications"),
        ),
        DUTY_AUDIENCES,
    ),
    _ReleaseRule(
        "Officers' contact data, preferences and absences",
        ("officers", "availability"),
        (OWN,),
    ),
    _ReleaseRule("Concern reports and their references", ("concerns",), (OWN,)),
    _ReleaseRule(
        "Hours that officers worked, and what was approved", ("hours", "approvals"), (OWN,)
    ),
    *(
        _ReleaseRule(words.table, (RECORD_KINDS[kind].table,), (OWN,))
        for kind, words in read_record_words().items()
        if words.about
    ),
    *(
        _ReleaseRule(
            f"{words.table}, in part",
            tuple(f"{RECORD_KINDS[kind].table}.{name}" for name in columns),
            audiences,
        )
        for kind, words in read_record_words().items()
        for columns, audiences in ((words.staff, STAFF_AUDIENCES), (words.duty, DUTY_AUDIENCES))
        if columns
    ),
)
"""What of `export` may leave: whole layers by name, or columns of a layer."""


def name_audience(key: str) -> str:
    """Name an audience within a sentence: the public, staff, our office."""
    title = find_audience(key).title
    return f"{title[0].lower()}{title[1:]}"


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


def is_released(key: str, name: str) -> bool:
    """Return whether something, named as in ``FIELD_RELEASES``, leaves for an audience."""
    return any(name in one.keys for one in list_releases(FIELD_RELEASES, key))


def list_exported_columns(key: str, layer: str, columns: Collection[str]) -> list[str]:
    """Return the columns of a layer of `export` that leave for an audience; none for the layer."""
    may = _list_exports(key)
    return [name for name in columns if layer in may or f"{layer}.{name}" in may]


def is_exported(key: str, layer: str) -> bool:
    """Return whether a layer of `export`, or some of its columns, leaves for an audience."""
    return any(name.partition(".")[0] == layer for name in _list_exports(key))


def _list_exports(key: str) -> set[str]:
    return {name for one in list_releases(EXPORT_RELEASES, key) for name in one.keys}


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
        if (_ADDED in shown if feature.layer in own else feature.layer in shown)
    )
    sites = {site_id: _only(site, "site", may) for site_id, site in project.sites.items()}
    layers = {
        key: layer for key, layer in project.layers.items() if _ADDED in shown or not layer.own
    }
    notes = {key: _only(own, "notes", may) for key, own in project.site_notes.items()}
    less = _only(replace(project, plans={}, layers=layers, site_notes=notes), "project", may)
    beside = handout.compared
    return _only(
        replace(
            handout,
            as_of=handout.as_of if key in DUTY_AUDIENCES else _begin_day(handout),
            compared=beside
            and replace(
                beside,
                other=redact_for_audience(beside.other),
                found=_redact_compared(beside.found, may),
            ),
            project=replace(less, sites=sites, features=features),
            plan=_only(handout.plan, "plan", may),
        ),
        "handout",
        may,
    )


def redact_comparison(found: "PlanComparison", key: str) -> "PlanComparison":
    """Return what two plans differ in with nothing but what an audience may see."""
    return _redact_compared(
        found, {name for one in list_releases(FIELD_RELEASES, key) for name in one.keys}
    )


def _begin_day(handout: "Handout") -> datetime:
    """Return the first moment of the day that a handout shows.

    Its minute is that of the last record: copies of two days would tell when something was logged.
    """
    return handout.local_time.replace(hour=0, minute=0, second=0, microsecond=0)


def _redact_compared(found: "PlanComparison", may: Collection[str]) -> "PlanComparison":
    moved = tuple(_only(move, "move", may) for move in found.moved)
    closed, opened, receiving = (
        tuple(_only(site, "turned", may) for site in sites)
        for sites in (found.closed, found.opened, found.receiving)
    )
    shown = replace(found, moved=moved, closed=closed, opened=opened, receiving=receiving)
    return _only(shown, "comparison", may)


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
