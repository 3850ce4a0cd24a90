"""The tables of readiness: what is to be done, and where sites and zones stand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from zoneplanner.app.readiness.requirements import (
    BY_WEEK,
    ReadinessStatus,
    format_requirement_name,
    format_requirement_owner,
    format_requirement_place,
    format_requirement_week,
    group_requirements,
    rank_open_requirement,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.drill_rules import list_required_drill_kinds
from zoneplanner.domain.readiness.office_requirements import MONTHLY_RETURN
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_WIDE,
    PLAN_REVIEW,
    WORST_FIRST,
    Requirement,
    RequirementStatus,
    find_worst_status,
)
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import ICON_GLYPHS
from zoneplanner.ui.widgets.style.value_text import REQUIREMENT_SIGNS
from zoneplanner.ui.widgets.tables.table_model import Column

_SOON, _HELD_LATE, _NO_RECORD = "▲", "~ held late", "no record"
_ORDER = {status: place for place, status in enumerate(WORST_FIRST)}
_TO_DO_ORDER = _ORDER | {RequirementStatus.NOT_RECORDED: len(_ORDER)}
"""What is to be done by its day; what has no record on file has no day and follows."""
_COUNTED = tuple(one for one in WORST_FIRST if one is not RequirementStatus.NOT_REQUIRED)
_FOLLOW_UPS = ("after_action", "corrective_action", "concern")
_NO_ZONE = "No zone"


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One requirement as the to-do list shows it."""

    item: Requirement
    site_name: str
    zone: str
    zone_place: int | None
    days: int | None
    due_text: str
    detail: str
    soon: bool = False
    week: str = ""

    @property
    def key(self) -> str:
        """What names the row; the returns of several months may be missing."""
        month = self.item.due_on if self.item.kind == MONTHLY_RETURN else None
        number = month.toordinal() if month else 0
        return f"{self.item.uid}|{self.item.site}|{self.item.kind}|{number}"


@dataclass(frozen=True, slots=True)
class _StandingRow:
    """Where a site or zone stands: ``items`` are its requirements, ``statuses`` of its sites."""

    key: str
    name: str
    zone: str
    zone_place: int | None
    items: tuple[Requirement, ...]
    statuses: tuple[RequirementStatus, ...]

    @property
    def status(self) -> RequirementStatus:
        """The worst of the requirements."""
        return find_worst_status(self.items)

    @property
    def most_urgent(self) -> Requirement | None:
        """What is to be done first, if anything."""
        return min(
            (item for item in self.items if item.is_open), key=rank_open_requirement, default=None
        )

    def worst_of(self, what: str) -> Requirement | None:
        """Return the most urgent item of a requirement, None where nothing is demanded."""
        own = (item for item in self.items if item.kind == what and item.required)
        return min(own, key=rank_open_requirement, default=None)

    def tally(self, what: str) -> tuple[int, int] | None:
        """Return what was done and demanded by a requirement, None where nothing is."""
        own = [item for item in self.items if item.kind == what and item.required]
        if not own:
            return None
        return sum(min(i.done, i.required) for i in own), sum(i.required for i in own)


def build_requirement_rows(
    found: ReadinessStatus, session: Session, *, every: bool
) -> list[RequirementRow]:
    """Return the requirements that are open, or every one, the most urgent first."""
    items = sorted(found.displayed_items, key=rank_open_requirement) if every else found.to_do
    zones = ZoneNames(session)
    return [
        RequirementRow(
            item,
            format_requirement_place(session.project, item),
            *zones.of(item.site),
            None if item.due_on is None else (item.due_on - found.on).days,
            _format_due_day(item, found, session.formats),
            session.rewrite(item.detail),
            found.is_soon(item),
            format_requirement_week(item, session.formats),
        )
        for item in items
    ]


def _format_due_day(item: Requirement, found: ReadinessStatus, formats: LocaleFormats) -> str:
    """Say the day, of another school year with its year."""
    if item.due_on is None:
        return value_text.NO_VALUE
    known = found.year.first <= item.due_on <= found.year.last
    return formats.short_day(item.due_on) if known else formats.day(item.due_on)


def build_site_standing_rows(found: ReadinessStatus, session: Session) -> list[_StandingRow]:
    """Return a row for each patrolled site, in order."""
    by_site, zones = found.by_site, ZoneNames(session)
    rows = []
    for site in session.project.patrolled:
        items = by_site.get(site.id, ())
        rows.append(
            _StandingRow(site.id, site.name, *zones.of(site.id), items, (find_worst_status(items),))
        )
    return rows


def build_zone_standing_rows(found: ReadinessStatus, session: Session) -> list[_StandingRow]:
    """Return a row for each zone of the plan on screen, and one for sites without a zone."""
    by_zone: dict[str, list[_StandingRow]] = {}
    for row in build_site_standing_rows(found, session):
        by_zone.setdefault(row.zone, []).append(row)
    plan = session.plan
    names = {zone.id: zone.name for zone in plan.zones} if plan else {}
    order = [*names, *(zone for zone in by_zone if zone not in names)]
    return [
        _StandingRow(
            key=zone,
            name=names.get(zone, zone),
            zone=zone,
            zone_place=by_zone[zone][0].zone_place,
            items=tuple(item for row in by_zone[zone] for item in row.items),
            statuses=tuple(row.status for row in by_zone[zone]),
        )
        for zone in order
        if zone in by_zone
    ]


def build_group_rows(found: ReadinessStatus, session: Session, by: str) -> list[_StandingRow]:
    """Return a row for each week in which something is due, or for each owner, of what is open."""
    groups = group_requirements(found.to_do, by, session.formats)
    return [
        _StandingRow(key, key, "", None, tuple(items), tuple(item.status for item in items))
        for key, items in groups.items()
    ]


def build_group_columns(by: str) -> tuple[Column, ...]:
    """Return the columns of weeks or owners: how much is open, and how it stands."""

    def first_due(row: _StandingRow) -> Any:
        return min((item.due_on or date.max for item in row.items), default=date.max)

    name = (
        Column("Week due", first_due, lambda row: row.name)
        if by == BY_WEEK
        else Column("Owner", lambda row: row.name)
    )
    open_ones = (one for one in _COUNTED if one is not RequirementStatus.DONE)
    kinds = Column("What", _list_kinds, cell_tip=_list_kinds)
    return (
        name,
        _count("Open", None),
        *(_count(str(one).capitalize(), one) for one in open_ones),
        kinds,
    )


def _list_kinds(row: _StandingRow) -> str:
    counted = Counter(format_requirement_name(item) for item in row.items)
    return ", ".join(f"{name} ({count})" for name, count in counted.most_common())


def describe_open_requirements(
    found: ReadinessStatus, site: str, formats: LocaleFormats, *, most: int
) -> str:
    """Say what is open at a site, the most urgent first, and how many more there are."""
    open_ = found.list_open(site)
    said = []
    for item in open_[:most]:
        late = (found.on - item.due_on).days if item.due_on else 0
        by = _format_due_day(item, found, formats) if item.due_on else "no day"
        when = f"{format_count(late, 'day')} late" if late > 0 else f"by {by}"
        if item.status is RequirementStatus.NOT_RECORDED or item.to_verify:
            when = item.standing
        said.append(f"{format_requirement_name(item)}, {when}")
    more = len(open_) - most
    return "\n".join([*said, f"and {more} more"] if more > 0 else said) or "Nothing"


def summarize_requirements(found: ReadinessStatus) -> str:
    """Say how many requirements are overdue, due, and without a record on file."""
    counts = Counter(item.status for item in found.to_do)
    if not counts:
        return "Nothing is due."
    late = format_count(counts[RequirementStatus.OVERDUE], "requirement", "requirements")
    said = f"{late} overdue, {counts[RequirementStatus.DUE]} due."
    blank = counts[RequirementStatus.NOT_RECORDED]
    if not blank:
        return said
    have, them, are = ("has", "it", "it is") if blank == 1 else ("have", "them", "they are")
    return (
        f"{said} {blank} {have} no record on file: the due date has passed, but nothing logged "
        f"shows whether anyone did {them}, so {are} not counted as overdue."
    )


def format_status(status: RequirementStatus) -> str:
    """Return a status with its sign, so that it is not told by color."""
    words = _NO_RECORD if status is RequirementStatus.NOT_RECORDED else str(status)
    return f"{REQUIREMENT_SIGNS[status]} {words.capitalize()}"


def _format_standing(row: RequirementRow) -> str:
    """Say how a requirement stands, and how many days it is late or has time."""
    status, days = row.item.status, row.days
    if status is RequirementStatus.DONE and row.item.made_up:
        return _HELD_LATE
    if row.item.to_verify:
        return f"{REQUIREMENT_SIGNS[status]} {row.item.standing.capitalize()}"
    if days is None or status is RequirementStatus.NOT_RECORDED or not row.item.is_open:
        return format_status(status)
    if status is RequirementStatus.OVERDUE:
        return f"{REQUIREMENT_SIGNS[status]} {format_count(max(-days, 0), 'day')} late"
    when = f"In {format_count(days, 'day')}" if days else "Today"
    return f"{_SOON if row.soon else REQUIREMENT_SIGNS[status]} {when}"


_ICONS: Mapping[str, str] = dict.fromkeys(DRILL_KINDS, "drill") | {
    "plan_review": "review",
    "district_report": "publish",
    "corrective_action": "fix",
}


def _find_icon(kind: str) -> str:
    """Return the icon of a kind of requirement; what has none of its own has that of the report."""
    return _ICONS.get(kind, kind if kind in ICON_GLYPHS else "publish")


REQUIREMENT_COLUMNS = (
    Column("Status", lambda row: (_TO_DO_ORDER[row.item.status], row.days or 0),
           _format_standing,
           "Overdue, due, done or not required. “No record on file” means that none of this "
           "kind was ever logged there.", whole=True),
    Column("Site", lambda row: row.site_name),
    Column("What", lambda row: format_requirement_name(row.item),
           mark=lambda row: _find_icon(row.item.kind),
           cell_tip=lambda row: row.item.rule),
    Column("Due", lambda row: (row.item.status is RequirementStatus.NOT_RECORDED,
                               row.item.due_on or date.max),
           lambda row: row.due_text,
           (
               "The last day of the period, or the day set by the rule, in school days if the "
               "rule says so."
           ),
           whole=True),
    Column("Done", lambda row: row.item.done / max(row.item.required, 1),
           lambda row: f"{row.item.done} of {row.item.required}",
           "How much of what is required so far this school year is done.", figure=True),
    Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
    Column("Owner", lambda row: format_requirement_owner(row.item),
           tip="The owner: from the last step or the improvement plan, or else the usual role."),
    Column("Week due", lambda row: row.item.due_on or date.max, lambda row: row.week),
    Column("Detail", lambda row: row.detail,
           cell_tip=lambda row: f"{row.detail} {row.item.rule}."),
)  # fmt: skip


def build_standing_columns(found: ReadinessStatus, *, of_zones: bool) -> tuple[Column, ...]:
    """Return the columns of sites or zones: one for plan reviews and one for each kind of drill."""
    if of_zones:
        first = [
            Column("Zone", lambda row: row.name, zone=lambda row: row.zone_place),
            _count("Sites", None),
            *(_count(str(one).capitalize(), one) for one in _COUNTED),
        ]
    else:
        first = [
            Column("Site", lambda row: row.name),
            Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
            Column("Status", lambda row: _ORDER[row.status], lambda row: format_status(row.status)),
        ]
    drills = (
        _tally(format_drill_name(kind).replace(" ", "\n"), kind)
        for kind in list_required_drill_kinds(found.rules)
    )
    return (*first, _tally("Plan\nreview", PLAN_REVIEW), *drills, _FOLLOW_UP_COLUMN)


def list_matrix_kinds(found: ReadinessStatus) -> tuple[str, ...]:
    """Return the kind of requirement of each column of the matrix, "" where it has none."""
    return ("", "", PLAN_REVIEW, *list_required_drill_kinds(found.rules), "")


def build_matrix_columns(found: ReadinessStatus, formats: LocaleFormats) -> tuple[Column, ...]:
    """Return the columns of schools by requirement, each cell with its sign and its day."""

    def cell(what: str) -> Column:
        def text(row: _StandingRow) -> str:
            item = row.worst_of(what)
            return _format_matrix_cell(item, found, formats) if item else value_text.NO_VALUE

        def value(row: _StandingRow) -> Any:
            item = row.worst_of(what)
            return rank_open_requirement(item) if item else None

        def tip(row: _StandingRow) -> str:
            item = row.worst_of(what)
            done = row.tally(what)
            if item is None or done is None:
                return ""
            blank = item.status is RequirementStatus.NOT_RECORDED and done[0]
            others = " No record is on file for the others." if blank else ""
            return f"{done[0]} of {done[1]} done so far.{others} {item.rule}"

        return Column(_title(what), value, text, cell_tip=tip, whole=True)

    return (
        Column("School", lambda row: row.name),
        Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place, whole=True),
        *(cell(kind) for kind in list_matrix_kinds(found) if kind),
        _FOLLOW_UP_COLUMN,
    )


def _title(what: str) -> str:
    return "Plan review" if what == PLAN_REVIEW else format_drill_name(what).capitalize()


def _format_matrix_cell(item: Requirement, found: ReadinessStatus, formats: LocaleFormats) -> str:
    """Say in a word or two how a requirement stands."""
    sign = _SOON if found.is_soon(item) else REQUIREMENT_SIGNS[item.status]
    if item.status is RequirementStatus.DONE and item.made_up:
        return _HELD_LATE
    if item.status is RequirementStatus.NOT_RECORDED:
        known = f"{item.done} of {item.required}" if item.done else _NO_RECORD
        return f"{sign} {known}"
    if item.due_on is None or not item.is_open or item.to_verify:
        return f"{sign} {item.standing}"
    late = (found.on - item.due_on).days
    return f"{sign} {late} days late" if late > 0 else f"{sign} {formats.short_day(item.due_on)}"


def rank_standing(row: _StandingRow) -> tuple[Any, ...]:
    """Rank a school by what is most urgent there; without anything open it comes last."""
    first = row.most_urgent
    return (first is None, *(rank_open_requirement(first) if first else ()), row.name)


def group_open_requirements(found: ReadinessStatus) -> list[str]:
    """Say of each requirement that is open how many schools it is, and how late the latest is."""
    groups: dict[tuple[int, str], list[Requirement]] = {}
    for item in found.to_do:
        groups.setdefault((_ORDER[item.status], format_requirement_name(item)), []).append(item)
    lines = []
    for (order, name), items in groups.items():
        sites, status = {item.site for item in items}, items[0].status
        schools = "" if sites == {DISTRICT_WIDE} else f"{format_count(len(sites), 'school')}, "
        late = max((found.on - item.due_on).days if item.due_on else 0 for item in items)
        when = "due" if status is RequirementStatus.DUE else str(status).lower()
        if all(item.to_verify for item in items):
            when = items[0].standing
        if status is RequirementStatus.OVERDUE:
            when = f"{format_count(late, 'day')} late"
        lines.append((order, -late, f"{REQUIREMENT_SIGNS[status]} {name}: {schools}{when}"))
    return [line for _, _, line in sorted(lines)]


class ZoneNames:
    """The zone of each site in the plan on screen, with its place in the palette."""

    def __init__(self, session: Session) -> None:
        plan = session.plan
        self._assignment = plan.assignment if plan else {}
        self._colors = {zone.id: zone.color for zone in plan.zones} if plan else {}

    def of(self, site: str) -> tuple[str, int | None]:
        """Return a site's zone and its color."""
        if site == DISTRICT_WIDE:
            return value_text.NO_VALUE, None
        zone = self._assignment.get(site)
        return (zone, self._colors.get(zone)) if zone else (_NO_ZONE, None)


def _count(title: str, status: RequirementStatus | None) -> Column:
    def value(row: _StandingRow) -> int:
        return sum(one is status for one in row.statuses) if status else len(row.statuses)

    tip = f"Sites whose most urgent requirement is {status}." if status else "Patrolled sites."
    return Column(
        title, value, lambda row: str(value(row) or value_text.NO_VALUE), tip, figure=True
    )


def _tally(title: str, what: str) -> Column:
    def share(row: _StandingRow) -> float | None:
        found = row.tally(what)
        return found[0] / found[1] if found else None

    def text(row: _StandingRow) -> str:
        found = row.tally(what)
        return f"{found[0]} of {found[1]}" if found else value_text.NO_VALUE

    return Column(title, share, text, "How much of what is required so far is done.", figure=True)


def _count_open_follow_ups(row: _StandingRow) -> int:
    return sum(item.is_open and item.kind in _FOLLOW_UPS for item in row.items)


_FOLLOW_UP_COLUMN = Column(
    "Open\nfollow-ups",
    _count_open_follow_ups,
    lambda row: str(_count_open_follow_ups(row) or value_text.NO_VALUE),
    "After-action reviews, corrective actions and concerns that are due or overdue.",
    figure=True,
)
