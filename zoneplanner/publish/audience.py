"""The audiences of handouts, and which fields and layers are released to each: allowlists, as data.

A field that is not listed here is released to nobody, so a new field of a site, a plan or a handout
stays in the office until somebody decides otherwise.
"""

from collections.abc import Collection
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.analysis.measures.comparison import PlanComparison
    from zoneplanner.publish.handout import Handout

_Value = TypeVar("_Value")
PUBLIC, STAFF, LAW, OWN = "public", "staff", "law-enforcement", "own"
_ADDED = "added"
"""The key that stands for every layer that the user added."""


@dataclass(frozen=True, slots=True)
class _ReleaseRule:
    """Fields that may be released: a title for people, their keys, and the audiences they are for.

    A key is an attribute written as ``kind.attribute``, where the
    kind is site, plan, project, handout, comparison, move, turned or notes. For files of `export`,
    it is a column of a layer or the whole layer.
    """

    title: str
    keys: frozenset[str]
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Audience:
    """A group of readers."""

    key: str
    title: str

    @property
    def never(self) -> str:
        """A sentence about what they never get."""
        return str(Message(f"audience_never.{self.key.replace('-', '_')}"))


def _release(title: str, keys: str, audiences: tuple[str, ...]) -> _ReleaseRule:
    return _ReleaseRule(title, frozenset(keys.split()), audiences)


AUDIENCES: dict[str, _Audience] = {
    PUBLIC: _Audience(PUBLIC, "The public"),
    STAFF: _Audience(STAFF, "Staff"),
    LAW: _Audience(LAW, "Law enforcement"),
    OWN: _Audience(OWN, "Our office"),
}

ALL_AUDIENCES = (PUBLIC, STAFF, LAW, OWN)
STAFF_AUDIENCES = (STAFF, LAW, OWN)
DUTY_AUDIENCES = (LAW, OWN)
"""The audiences that may know which officer is where and when."""

FIELD_RELEASES: tuple[_ReleaseRule, ...] = (
    _release(
        "Schools: name, level, position",
        "site.id site.name site.level site.grades site.kind site.charter site.x_m site.y_m "
        "site.patrolled",
        ALL_AUDIENCES,
    ),
    _release(
        "Schools: address and phone",
        "site.street site.city site.zip site.phone",
        ALL_AUDIENCES,
    ),
    _release("Bell times", "handout.bells", ALL_AUDIENCES),
    _release(
        "Zones, units and agencies",
        "plan.uid plan.name plan.zones plan.assignment plan.block_overrides handout.neighbors "
        "handout.outlines handout.placements handout.coming project.jurisdictions "
        "project.blocks project.agencies project.units",
        ALL_AUDIENCES,
    ),
    _release(
        "Status and dates of the plan, and which kinds of rules it breaks",
        "plan.made_at plan.proposed_on plan.effective_on plan.expires_on handout.broken_rules",
        ALL_AUDIENCES,
    ),
    _release(
        "When this was made, and for whom",
        "handout.certificate handout.as_of handout.audience handout.tiles handout.day "
        "handout.pictures handout.backdrop handout.basemap project.basemap handout.paper "
        "handout.project handout.plan project.uid project.name project.crs project.time_zone "
        "project.preset project.sites project.features project.layers project.calendar "
        "project.preferences project.site_notes",
        ALL_AUDIENCES,
    ),
    _release("Notes on schools written for everyone", "notes.public_note", ALL_AUDIENCES),
    _release("Notes on schools written for staff", "notes.staff_note", STAFF_AUDIENCES),
    _release(
        "Two plans compared: which schools change zones",
        "handout.compared comparison.before comparison.after comparison.moved "
        "comparison.renumbered comparison.closed comparison.opened turned.site turned.name "
        "turned.on move.site move.name move.before move.after",
        ALL_AUDIENCES,
    ),
    _release(
        "Monthly totals for the district and its areas, if 11 or more",
        "handout.month",
        ALL_AUDIENCES,
    ),
    _release(
        "School-year totals for the district and its levels, if 11 or more",
        "handout.year",
        ALL_AUDIENCES,
    ),
    _release(
        "Which translations were reviewed, by role and day",
        "handout.text_reviews project.terms",
        ALL_AUDIENCES,
    ),
    _release(
        "Enrollment, and the enrollment that a what-if assumes",
        "site.enrollment plan.what_if move.students turned.students comparison.receiving",
        STAFF_AUDIENCES,
    ),
    _release(
        "Workload and drive minutes of zones, the tolerance and the assumptions",
        "handout.figures handout.demand plan.tolerance project.assumptions project.demand "
        "comparison.figures comparison.calls_per_day move.before_min move.after_min",
        STAFF_AUDIENCES,
    ),
    _release("Backup units", "handout.backups", STAFF_AUDIENCES),
    _release(
        "Drills and plan reviews by school",
        "handout.readiness handout.school_year handout.horizon_days handout.other_drills "
        "handout.month_drills handout.month_returns handout.sample_sites",
        STAFF_AUDIENCES,
    ),
    _release(
        "Day of the last visit",
        "handout.last_visits handout.visited_before handout.week_on_record",
        DUTY_AUDIENCES,
    ),
    _release(
        "Coverage figures for a period, including by school", "handout.coverage", DUTY_AUDIENCES
    ),
    _release("Visiting order and open items of units", "handout.stops", DUTY_AUDIENCES),
    _release("Week roster: units, hours, names of officers", "handout.duties", DUTY_AUDIENCES),
    _release(
        "Calendars of posted shifts",
        "handout.final_shifts handout.officers",
        DUTY_AUDIENCES,
    ),
    _release("Tactical notes and who made decisions", "site.note site.decision", DUTY_AUDIENCES),
    _release("Why an enrollment figure is misleading", "site.enrollment_note", DUTY_AUDIENCES),
    _release(
        "Notes on the plan and its map, which rules it breaks, locks and history",
        "handout.problems plan.note plan.pins plan.locks plan.parent plan.proof",
        DUTY_AUDIENCES,
    ),
    _release(
        "Incidents and lockdowns one by one: type, times, units, disposition, note",
        "handout.incidents handout.response_actions",
        DUTY_AUDIENCES,
    ),
    _release(
        "After-action reviews and corrective actions",
        "handout.after_actions handout.actions handout.follow_ups",
        DUTY_AUDIENCES,
    ),
    _release("Concern reports and their references", "handout.concerns", (OWN,)),
    _release(
        "Required notifications, reports, trainings and agreements that are due",
        "handout.office_items",
        (OWN,),
    ),
    _release(
        "Critical incidents: roles, staging points, notifications; reunification sites; campus "
        "response pages",
        "handout.command handout.reunification handout.reunification_lacks handout.campus_pages",
        DUTY_AUDIENCES,
    ),
    _release(
        "The number of log entries, the log’s verification code (hash), and whether it has "
        "sample data",
        "handout.head_hash handout.entries handout.unreadable handout.sample",
        DUTY_AUDIENCES,
    ),
    _release(
        "The number of edits in the history, and its verification code (hash)",
        "handout.edit_hash handout.edits",
        (OWN,),
    ),
    _release("Counts of visits and calls by school and week", "handout.weeks", (OWN,)),
    _release("A month’s exceptions, changes and times of day", "handout.month_details", (OWN,)),
)
"""Everything that a handout may contain, from the widest audience to the narrowest."""

LAYER_RELEASES: tuple[_ReleaseRule, ...] = (
    _release("District, county and city lines", "district county city place", ALL_AUDIENCES),
    _release("Main streets, river and bridges", "arterial river bridge", ALL_AUDIENCES),
    _release("Layers that you added", _ADDED, STAFF_AUDIENCES),
)
"""The map layers that may be released, by the layer id of their features."""

EXPORT_RELEASES: tuple[_ReleaseRule, ...] = (
    _release(
        "Schools, zones, jurisdictions and the district’s boundary",
        "sites.id sites.name sites.level sites.grades sites.street sites.city sites.zip "
        "sites.phone sites.patrolled sites.charter sites.zone sites.juris zones.zone "
        "zones.name zones.unit zones.agency zones.plan zones.sites zones.pieces jurisdictions "
        "blocks district plan PolicePolygon",
        ALL_AUDIENCES,
    ),
    _release(
        "Enrollment and workload",
        "sites.enrollment zones.students zones.load_min zones.deviation",
        STAFF_AUDIENCES,
    ),
    _release(
        "Agencies and units",
        "agencies.id agencies.short agencies.phone units.id units.name units.agency "
        "units.kind units.sworn units.holds_zone units.primary",
        ALL_AUDIENCES,
    ),
    _release("Backup units", "units.assist", STAFF_AUDIENCES),
    _release(
        "Drills, plan reviews and reports of the district, without notes",
        "drills.uid drills.site drills.site_name drills.kind drills.held_at drills.minutes "
        "drills.officer_present drills.checklist drills.sample reviews.uid reviews.site "
        "reviews.site_name reviews.school_year reviews.stage reviews.on reviews.who_kind "
        "reviews.elements reviews.sample district_reports.uid district_reports.school_year "
        "district_reports.on district_reports.duty district_reports.sample",
        STAFF_AUDIENCES,
    ),
    _release(
        "Notes on drills and reports; where units are posted",
        "drills reviews district_reports units agencies",
        DUTY_AUDIENCES,
    ),
    _release(
        "Tactical notes; shifts, visits, incidents and their follow-ups one by one",
        "sites.note shifts calendar visits incidents stamps actions after_actions "
        "corrective_actions officers.id officers.name officers.agency officers.kind "
        "officers.units officers.jurisdictions officers.qualifications",
        DUTY_AUDIENCES,
    ),
    _release(
        "Officers’ contact data, preferences and absences",
        "officers availability",
        (OWN,),
    ),
    _release("Concern reports and their references", "concerns", (OWN,)),
    _release("Hours that officers worked, and what was approved", "hours approvals", (OWN,)),
    *(
        _release(words.table, RECORD_KINDS[kind].table, (OWN,))
        for kind, words in read_record_words().items()
        if words.about
    ),
    *(
        _release(
            f"{words.table}, in part",
            " ".join(f"{RECORD_KINDS[kind].table}.{name}" for name in columns),
            audiences,
        )
        for kind, words in read_record_words().items()
        for columns, audiences in ((words.staff, STAFF_AUDIENCES), (words.duty, DUTY_AUDIENCES))
        if columns
    ),
)
"""What `export` may write: whole layers by name, or columns of a layer."""


def name_audience(key: str) -> str:
    """Return an audience's name for use within a sentence, such as “the public”."""
    title = find_audience(key).title
    return f"{title[0].lower()}{title[1:]}"


def find_audience(key: str) -> _Audience:
    """Return an audience by its name on the command line.

    Raises
    ------
    UserError
        There is no such audience.
    """
    if key not in AUDIENCES:
        raise UserError("unknown_audience", audience=key, known=list(AUDIENCES))
    return AUDIENCES[key]


def list_releases(rules: Collection[_ReleaseRule], audience: str) -> tuple[_ReleaseRule, ...]:
    """Return the rules that release something to an audience."""
    return tuple(rule for rule in rules if audience in rule.audiences)


def is_released(key: str, name: str) -> bool:
    """Return whether a field, named as in ``FIELD_RELEASES``, is released to an audience."""
    return any(name in rule.keys for rule in list_releases(FIELD_RELEASES, key))


def list_exported_columns(key: str, layer: str, columns: Collection[str]) -> list[str]:
    """Return the columns of a layer of `export` that are released to an audience."""
    released = _list_keys(EXPORT_RELEASES, key)
    return [name for name in columns if layer in released or f"{layer}.{name}" in released]


def is_exported(key: str, layer: str) -> bool:
    """Return whether any column of a layer of `export` is released to an audience."""
    return any(name.partition(".")[0] == layer for name in _list_keys(EXPORT_RELEASES, key))


def _list_keys(rules: Collection[_ReleaseRule], audience: str) -> set[str]:
    return {key for rule in list_releases(rules, audience) for key in rule.keys}


def redact_for_audience(handout: "Handout") -> "Handout":
    """Return the handout with only what its audience may see.

    An unknown audience gets what the public gets.
    """
    key = handout.audience if handout.audience in AUDIENCES else PUBLIC
    released = _list_keys(FIELD_RELEASES, key)
    layers = _list_keys(LAYER_RELEASES, key)
    project = handout.project
    added = {layer.id for layer in project.layers.values() if layer.own}
    features = tuple(
        replace(feature, fields={})
        for feature in project.features
        if (_ADDED if feature.layer in added else feature.layer) in layers
    )
    sites = {site_id: _redact(site, "site", released) for site_id, site in project.sites.items()}
    notes = {
        site_id: _redact(note, "notes", released) for site_id, note in project.site_notes.items()
    }
    shown_layers = {
        layer_id: layer
        for layer_id, layer in project.layers.items()
        if _ADDED in layers or not layer.own
    }
    redacted = _redact(
        replace(project, plans={}, layers=shown_layers, site_notes=notes), "project", released
    )
    compared = handout.compared
    return _redact(
        replace(
            handout,
            as_of=handout.as_of if key in DUTY_AUDIENCES else _find_start_of_day(handout),
            compared=compared
            and replace(
                compared,
                other=redact_for_audience(compared.other),
                comparison=redact_comparison(compared.comparison, key),
            ),
            project=replace(redacted, sites=sites, features=features),
            plan=_redact(handout.plan, "plan", released),
        ),
        "handout",
        released,
    )


def redact_comparison(comparison: "PlanComparison", key: str) -> "PlanComparison":
    """Return the comparison of two plans with only what an audience may see."""
    released = _list_keys(FIELD_RELEASES, key)
    moved = tuple(_redact(move, "move", released) for move in comparison.moved)
    closed, opened, receiving = (
        tuple(_redact(site, "turned", released) for site in sites)
        for sites in (comparison.closed, comparison.opened, comparison.receiving)
    )
    redacted = replace(comparison, moved=moved, closed=closed, opened=opened, receiving=receiving)
    return _redact(redacted, "comparison", released)


def _find_start_of_day(handout: "Handout") -> datetime:
    """Return the start of the day that a handout shows.

    The handout's own time is that of the last record, so two copies would reveal when something
    was logged.
    """
    return handout.local_time.replace(hour=0, minute=0, second=0, microsecond=0)


def _redact(value: _Value, kind: str, released: Collection[str]) -> _Value:
    """Return a value whose unreleased attributes are set to their empty values."""
    empty = {
        field.name: _find_empty_value(field)
        for field in fields(value)  # type: ignore[arg-type]  # always a dataclass
        if f"{kind}.{field.name}" not in released
    }
    return replace(value, **empty)  # type: ignore[type-var]


def _find_empty_value(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    empty: dict[Any, Any] = {str: "", int: 0, float: 0.0, bool: False}
    return empty.get(field.type)
