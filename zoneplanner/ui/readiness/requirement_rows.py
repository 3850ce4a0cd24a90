"""The rows and columns of the readiness tables, and their texts."""

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
from zoneplanner.domain.grouping import group_pairs
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
from zoneplanner.messages import Message, format_count, say_all
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import ICON_GLYPHS
from zoneplanner.ui.widgets.style.value_text import REQUIREMENT_SIGNS
from zoneplanner.ui.widgets.tables.table_model import Column

_SOON, _HELD_LATE, _NO_RECORD = "▲", "~ held late", "no record"
_ORDER = {status: rank for rank, status in enumerate(WORST_FIRST)}
_TO_DO_ORDER = _ORDER | {RequirementStatus.NOT_RECORDED: len(_ORDER)}
"""The order of the to-do list; requirements without a record have no due date and come last."""
_COUNTED = tuple(status for status in WORST_FIRST if status is not RequirementStatus.NOT_REQUIRED)
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
        """The identity of the row; monthly returns of several months differ by month."""
        month = self.item.due_on if self.item.kind == MONTHLY_RETURN else None
        number = month.toordinal() if month else 0
        return f"{self.item.uid}|{self.item.site}|{self.item.kind}|{number}"


@dataclass(frozen=True, slots=True)
class _StandingRow:
    """A site, zone or group with its requirements; ``statuses`` has one status per site or item."""

    key: str
    name: str
    zone: str
    zone_place: int | None
    items: tuple[Requirement, ...]
    statuses: tuple[RequirementStatus, ...]

    @property
    def status(self) -> RequirementStatus:
        """The worst status of the requirements."""
        return find_worst_status(self.items)

    @property
    def most_urgent(self) -> Requirement | None:
        """The open requirement to fulfill first, if any."""
        return min(
            (item for item in self.items if item.is_open), key=rank_open_requirement, default=None
        )

    def worst_of(self, kind: str) -> Requirement | None:
        """Return the most urgent requirement of a kind, or None if nothing is required."""
        items = (item for item in self.items if item.kind == kind and item.required)
        return min(items, key=rank_open_requirement, default=None)

    def tally(self, kind: str) -> tuple[int, int] | None:
        """Return how many of a kind are done and required, or None if nothing is required."""
        items = [item for item in self.items if item.kind == kind and item.required]
        if not items:
            return None
        done = sum(min(item.done, item.required) for item in items)
        return done, sum(item.required for item in items)


def build_requirement_rows(
    readiness: ReadinessStatus, session: Session, *, include_done: bool
) -> list[RequirementRow]:
    """Return the open requirements, or all of them, the most urgent first."""
    items = readiness.to_do
    if include_done:
        items = sorted(readiness.displayed_items, key=rank_open_requirement)
    zones = ZoneNames(session)
    return [
        RequirementRow(
            item,
            format_requirement_place(session.project, item),
            *zones.of(item.site),
            None if item.due_on is None else (item.due_on - readiness.on).days,
            _format_due_day(item, readiness, session.formats),
            say_all(item.messages, session.formats),
            readiness.is_soon(item),
            format_requirement_week(item, session.formats),
        )
        for item in items
    ]


def _format_due_day(item: Requirement, readiness: ReadinessStatus, formats: LocaleFormats) -> str:
    """Format the due day, with the year only if it is in another school year."""
    if item.due_on is None:
        return value_text.NO_VALUE
    is_this_year = readiness.year.first <= item.due_on <= readiness.year.last
    return formats.short_day(item.due_on) if is_this_year else formats.day(item.due_on)


def build_site_standing_rows(readiness: ReadinessStatus, session: Session) -> list[_StandingRow]:
    """Return a row for each patrolled site, in order."""
    by_site, zones = readiness.by_site, ZoneNames(session)
    items = {site.id: by_site.get(site.id, ()) for site in session.project.patrolled}
    return [
        _StandingRow(
            site.id,
            site.name,
            *zones.of(site.id),
            items[site.id],
            (find_worst_status(items[site.id]),),
        )
        for site in session.project.patrolled
    ]


def build_zone_standing_rows(readiness: ReadinessStatus, session: Session) -> list[_StandingRow]:
    """Return a row for each zone of the plan on screen, and one for sites without a zone."""
    by_zone = group_pairs((row.zone, row) for row in build_site_standing_rows(readiness, session))
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


def build_group_rows(readiness: ReadinessStatus, session: Session, by: str) -> list[_StandingRow]:
    """Return a row for each week or owner with open requirements."""
    groups = group_requirements(readiness.to_do, by, session.formats)
    return [
        _StandingRow(key, key, "", None, tuple(items), tuple(item.status for item in items))
        for key, items in groups.items()
    ]


def build_group_columns(by: str) -> tuple[Column, ...]:
    """Return the columns of weeks or owners: how much is open, by status and kind."""

    def first_due(row: _StandingRow) -> Any:
        return min((item.due_on or date.max for item in row.items), default=date.max)

    name = (
        Column("Week due", first_due, lambda row: row.name)
        if by == BY_WEEK
        else Column("Owner", lambda row: row.name)
    )
    return (
        name,
        _count_column("Open", None),
        *(
            _count_column(str(status).capitalize(), status)
            for status in _COUNTED
            if status is not RequirementStatus.DONE
        ),
        Column("What", _list_kinds, cell_tip=_list_kinds),
    )


def _list_kinds(row: _StandingRow) -> str:
    counts = Counter(map(format_requirement_name, row.items))
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common())


def describe_open_requirements(
    readiness: ReadinessStatus, site: str, formats: LocaleFormats, *, most: int
) -> str:
    """List the open requirements of a site, the most urgent first, and count the rest."""
    items = readiness.list_open(site)
    lines = []
    for item in items[:most]:
        late = (readiness.on - item.due_on).days if item.due_on else 0
        by = _format_due_day(item, readiness, formats) if item.due_on else "no day"
        when = f"{format_count(late, 'day')} late" if late > 0 else f"by {by}"
        if item.status is RequirementStatus.NOT_RECORDED or item.to_verify:
            when = item.standing
        lines.append(f"{format_requirement_name(item)}, {when}")
    if len(items) > most:
        lines.append(f"and {len(items) - most} more")
    return "\n".join(lines) or "Nothing"


def summarize_requirements(readiness: ReadinessStatus) -> str:
    """Count the requirements that are overdue, due, and without a record on file."""
    counts = Counter(item.status for item in readiness.to_do)
    if not counts:
        return str(Message("requirements_open.nothing"))
    due, overdue = counts[RequirementStatus.DUE], counts[RequirementStatus.OVERDUE]
    sentences = [Message("requirements_open", due=due, overdue=overdue)]
    missing = counts[RequirementStatus.NOT_RECORDED]
    if missing == 1:
        sentences.append(Message("requirements_open.unrecorded_one"))
    elif missing:
        sentences.append(Message("requirements_open.unrecorded", n=missing))
    return say_all(sentences)


def format_status(status: RequirementStatus) -> str:
    """Return a status with its sign, so that it is not shown by color only."""
    name = _NO_RECORD if status is RequirementStatus.NOT_RECORDED else str(status)
    return f"{REQUIREMENT_SIGNS[status]} {name.capitalize()}"


def _format_standing(row: RequirementRow) -> str:
    """Return the status of a requirement, with the days that it is late or has left."""
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
    """Return the icon of a kind of requirement, by default that of reports."""
    return _ICONS.get(kind, kind if kind in ICON_GLYPHS else "publish")


REQUIREMENT_COLUMNS = (
    Column("Status", lambda row: (_TO_DO_ORDER[row.item.status], row.days or 0),
           _format_standing,
           "Overdue, due, done or not required. “No record on file” means that nothing of "
           "this kind was ever logged for the site.", whole=True),
    Column("Site", lambda row: row.site_name),
    Column("What", lambda row: format_requirement_name(row.item),
           mark=lambda row: _find_icon(row.item.kind),
           cell_tip=lambda row: str(row.item.rule)),
    Column("Due", lambda row: (row.item.status is RequirementStatus.NOT_RECORDED,
                               row.item.due_on or date.max),
           lambda row: row.due_text,
           "The last day of the period, or the day set by the rule, in school days if the rule "
           "says so.", whole=True),
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


def build_standing_columns(readiness: ReadinessStatus, *, of_zones: bool) -> tuple[Column, ...]:
    """Return the columns of sites or zones: one for plan reviews and one for each kind of drill."""
    if of_zones:
        first = [
            Column("Zone", lambda row: row.name, zone=lambda row: row.zone_place),
            _count_column("Sites", None),
            *(_count_column(str(status).capitalize(), status) for status in _COUNTED),
        ]
    else:
        first = [
            Column("Site", lambda row: row.name),
            Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
            Column("Status", lambda row: _ORDER[row.status], lambda row: format_status(row.status)),
        ]
    drills = (
        _tally_column(format_drill_name(kind).replace(" ", "\n"), kind)
        for kind in list_required_drill_kinds(readiness.rules)
    )
    return (*first, _tally_column("Plan\nreview", PLAN_REVIEW), *drills, _FOLLOW_UP_COLUMN)


def list_matrix_kinds(readiness: ReadinessStatus) -> tuple[str, ...]:
    """Return the kind of requirement of each column of the matrix, or "" for other columns."""
    return ("", "", PLAN_REVIEW, *list_required_drill_kinds(readiness.rules), "")


def build_matrix_columns(readiness: ReadinessStatus, formats: LocaleFormats) -> tuple[Column, ...]:
    """Return the columns of the matrix of schools by kind of requirement."""

    def kind_column(kind: str) -> Column:
        def write(row: _StandingRow) -> str:
            item = row.worst_of(kind)
            return _format_matrix_cell(item, readiness, formats) if item else value_text.NO_VALUE

        def rank(row: _StandingRow) -> Any:
            item = row.worst_of(kind)
            return rank_open_requirement(item) if item else None

        def tip(row: _StandingRow) -> str:
            item, tally = row.worst_of(kind), row.tally(kind)
            if item is None or tally is None:
                return ""
            done, required = tally
            lacks_others = item.status is RequirementStatus.NOT_RECORDED and done
            others = " No record is on file for the others." if lacks_others else ""
            return f"{done} of {required} done so far.{others} {item.rule}"

        title = format_drill_name(kind).capitalize() if kind != PLAN_REVIEW else "Plan review"
        return Column(title, rank, write, cell_tip=tip, whole=True)

    return (
        Column("School", lambda row: row.name),
        Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place, whole=True),
        *(kind_column(kind) for kind in list_matrix_kinds(readiness) if kind),
        _FOLLOW_UP_COLUMN,
    )


def _format_matrix_cell(
    item: Requirement, readiness: ReadinessStatus, formats: LocaleFormats
) -> str:
    """Return the sign and, in a word or two, the status of a requirement."""
    sign = _SOON if readiness.is_soon(item) else REQUIREMENT_SIGNS[item.status]
    if item.status is RequirementStatus.DONE and item.made_up:
        return _HELD_LATE
    if item.status is RequirementStatus.NOT_RECORDED:
        return f"{sign} {f'{item.done} of {item.required}' if item.done else _NO_RECORD}"
    if item.due_on is None or not item.is_open or item.to_verify:
        return f"{sign} {item.standing}"
    late = (readiness.on - item.due_on).days
    return f"{sign} {late} days late" if late > 0 else f"{sign} {formats.short_day(item.due_on)}"


def rank_standing(row: _StandingRow) -> tuple[Any, ...]:
    """Return the sort key of a school: by its most urgent requirement, last if none is open."""
    item = row.most_urgent
    return (item is None, *(rank_open_requirement(item) if item else ()), row.name)


def describe_open_groups(readiness: ReadinessStatus) -> list[str]:
    """Return a line per kind and status of open requirements: how many schools, and how late."""
    groups: dict[tuple[int, str], list[Requirement]] = {}
    for item in readiness.to_do:
        groups.setdefault((_ORDER[item.status], format_requirement_name(item)), []).append(item)
    lines = []
    for (order, name), items in groups.items():
        sites, status = {item.site for item in items}, items[0].status
        schools = "" if sites == {DISTRICT_WIDE} else f"{format_count(len(sites), 'school')}, "
        late = max((readiness.on - item.due_on).days if item.due_on else 0 for item in items)
        when = "due" if status is RequirementStatus.DUE else str(status).lower()
        if all(item.to_verify for item in items):
            when = items[0].standing
        if status is RequirementStatus.OVERDUE:
            when = f"{format_count(late, 'day')} late"
        lines.append((order, -late, f"{REQUIREMENT_SIGNS[status]} {name}: {schools}{when}"))
    return [line for _, _, line in sorted(lines)]


class ZoneNames:
    """The zone of each site in the plan on screen, with its color's index in the palette."""

    def __init__(self, session: Session) -> None:
        plan = session.plan
        self._assignment = plan.assignment if plan else {}
        self._colors = {zone.id: zone.color for zone in plan.zones} if plan else {}

    def of(self, site: str) -> tuple[str, int | None]:
        """Return a site's zone and color index."""
        if site == DISTRICT_WIDE:
            return value_text.NO_VALUE, None
        zone = self._assignment.get(site)
        return (zone, self._colors.get(zone)) if zone else (_NO_ZONE, None)


def _count_column(title: str, status: RequirementStatus | None) -> Column:
    def value(row: _StandingRow) -> int:
        return row.statuses.count(status) if status else len(row.statuses)

    tip = f"Sites whose most urgent requirement is {status}." if status else "Patrolled sites."
    return Column(
        title, value, lambda row: str(value(row) or value_text.NO_VALUE), tip, figure=True
    )


def _tally_column(title: str, kind: str) -> Column:
    def compute_share(row: _StandingRow) -> float | None:
        tally = row.tally(kind)
        return tally[0] / tally[1] if tally else None

    def write(row: _StandingRow) -> str:
        tally = row.tally(kind)
        return f"{tally[0]} of {tally[1]}" if tally else value_text.NO_VALUE

    return Column(
        title, compute_share, write, "How much of what is required so far is done.", figure=True
    )


def _count_open_follow_ups(row: _StandingRow) -> int:
    return sum(item.is_open and item.kind in _FOLLOW_UPS for item in row.items)


_FOLLOW_UP_COLUMN = Column(
    "Open\nfollow-ups",
    _count_open_follow_ups,
    lambda row: str(_count_open_follow_ups(row) or value_text.NO_VALUE),
    "After-action reviews, corrective actions and concerns that are due or overdue.",
    figure=True,
)
