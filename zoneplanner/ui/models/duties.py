"""The tables of readiness: what is to be done, and where sites and zones stand."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from zoneplanner.app.readiness import Readiness, drill_name, item_name, item_place
from zoneplanner.app.session import Session
from zoneplanner.domain.formats import Formats
from zoneplanner.domain.readiness import (
    DISTRICT,
    DISTRICT_REPORT,
    DRILL,
    PLAN_REVIEW,
    REVIEW,
    Item,
    Status,
    worst,
)
from zoneplanner.domain.rules import DRILL_KINDS, drill_kinds
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import Column

_SIGNS = {
    Status.OVERDUE: "!",
    Status.DUE: "…",
    Status.NOT_RECORDED: "?",
    Status.DONE: "✓",
    Status.NOT_REQUIRED: "–",
}
_ORDER = {status: place for place, status in enumerate(Status)}
_SHOWN = (Status.OVERDUE, Status.DUE, Status.NOT_RECORDED, Status.DONE)
_NO_ZONE = "No zone"
_RECORD_WORDS = {
    DRILL: "drill",
    REVIEW: "plan review",
    DISTRICT_REPORT: "report to the state",
}


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One duty as the to-do list shows it."""

    item: Item
    place: str
    zone: str
    zone_place: int | None
    days: int | None
    due_text: str
    detail: str

    @property
    def key(self) -> str:
        """What names the row."""
        return f"{self.item.uid}|{self.item.site}|{self.item.what}"


@dataclass(frozen=True, slots=True)
class _PlaceRow:
    """Where a site or a zone stands; ``items`` are all its duties, ``statuses`` of its sites."""

    key: str
    name: str
    zone: str
    zone_place: int | None
    items: tuple[Item, ...]
    statuses: tuple[Status, ...]

    @property
    def status(self) -> Status:
        """The worst of the duties."""
        return worst(self.items)

    def tally(self, what: str) -> tuple[int, int] | None:
        """Return what was done and required of a duty, None where nothing is."""
        own = [item for item in self.items if item.what == what and item.required]
        if not own:
            return None
        return sum(min(i.done, i.required) for i in own), sum(i.required for i in own)


def duty_rows(found: Readiness, session: Session, *, every: bool) -> list[DutyRow]:
    """Return the duties that are open, or every one, the most urgent first."""
    items = sorted(found.shown, key=_urgent) if every else found.to_do
    zones = _Zones(session)
    return [
        DutyRow(
            item,
            item_place(session.project, item),
            *zones.of(item.site),
            None if item.due_on is None else (item.due_on - found.on).days,
            words.NONE if item.due_on is None else session.formats.day(item.due_on),
            session.rewrite(item.detail),
        )
        for item in items
    ]


def place_rows(found: Readiness, session: Session) -> list[_PlaceRow]:
    """Return a row for each patrolled site, in order."""
    by_site, zones = found.by_site, _Zones(session)
    rows = []
    for site in session.project.patrolled:
        items = by_site.get(site.id, ())
        rows.append(_PlaceRow(site.id, site.name, *zones.of(site.id), items, (worst(items),)))
    return rows


def zone_rows(found: Readiness, session: Session) -> list[_PlaceRow]:
    """Return a row for each zone of the plan on screen, and one for sites without a zone."""
    by_zone: dict[str, list[_PlaceRow]] = {}
    for row in place_rows(found, session):
        by_zone.setdefault(row.zone, []).append(row)
    plan = session.plan
    names = {zone.id: zone.name for zone in plan.zones} if plan else {}
    order = [*names, *(zone for zone in by_zone if zone not in names)]
    return [
        _PlaceRow(
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


def due_words(found: Readiness, site: str, formats: Formats, *, most: int) -> str:
    """Say what is open at a site, the most urgent first, and how many more there are."""
    open_ = [item for item in found.to_do if item.site == site]
    said = []
    for item in open_[:most]:
        late = (found.on - item.due_on).days if item.due_on else 0
        by = formats.day(item.due_on) if item.due_on else "no day"
        when = f"{words.count(late, 'day')} late" if late > 0 else f"by {by}"
        if item.status is Status.NOT_RECORDED:
            when = str(item.status)
        said.append(f"{item_name(item)}, {when}")
    more = len(open_) - most
    return "\n".join([*said, f"and {more} more"] if more > 0 else said) or "Nothing"


def summary_words(found: Readiness) -> str:
    """Say how many duties are overdue, due, and not recorded yet."""
    counts = Counter(item.status for item in found.to_do)
    if not counts:
        return "Nothing is due."
    late = words.count(counts[Status.OVERDUE], "duty", "duties")
    said = f"{late} overdue, {counts[Status.DUE]} due."
    blank = counts[Status.NOT_RECORDED]
    if not blank:
        return said
    kinds = {item.record for item in found.to_do if item.status is Status.NOT_RECORDED}
    names = " and ".join(f"no {_RECORD_WORDS[kind]}" for kind in _RECORD_WORDS if kind in kinds)
    return f"{said} {blank} not recorded yet: {names} has ever been logged."


def _status_words(status: Status) -> str:
    """Return a status with its sign, so that it is not told by colour."""
    return f"{_SIGNS[status]} {status.capitalize()}"


def _standing_words(row: DutyRow) -> str:
    """Say how a duty stands, and how many days it is late or has time."""
    status, days = row.item.status, row.days
    if days is None or status is Status.NOT_RECORDED or not row.item.open:
        return _status_words(status)
    if status is Status.OVERDUE:
        return f"{_SIGNS[status]} {words.count(max(-days, 0), 'day')} late"
    when = f"In {words.count(days, 'day')}" if days else "Today"
    return f"{_SIGNS[status]} {when}"


DUTY_COLUMNS = (
    Column("Due", lambda row: (row.item.status is Status.NOT_RECORDED,
                               row.item.due_on or date.max),
           lambda row: row.due_text,
           "The last day of the period, or the day by the rule; school days where it says so.",
           whole=True),
    Column("Status", lambda row: (_ORDER[row.item.status], row.days or 0),
           _standing_words, "Overdue, due, done or not required; not recorded yet where no record "
           "of the kind was ever made.", whole=True),
    Column("Site", lambda row: row.place),
    Column("What", lambda row: item_name(row.item), mark=lambda row: _icon_of(row.item.what),
           cell_tip=lambda row: row.item.rule),
    Column("Done", lambda row: row.item.done / max(row.item.required, 1),
           lambda row: f"{row.item.done} of {row.item.required}",
           "Done of what is required so far in the school year.", figure=True),
    Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
    Column("Detail", lambda row: row.detail,
           cell_tip=lambda row: f"{row.detail} {row.item.rule}."),
)  # fmt: skip


def place_columns(found: Readiness, *, of_zones: bool) -> tuple[Column, ...]:
    """Return the columns of sites or zones: one for plan reviews and one for each kind of drill."""
    first = Column(
        "Zone" if of_zones else "Site",
        lambda row: row.name,
        zone=(lambda row: row.zone_place) if of_zones else None,
    )
    columns = [first]
    if of_zones:
        columns += [_count("Sites", None), *(_count(str(one).capitalize(), one) for one in _SHOWN)]
    else:
        columns.append(Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place))
        columns.append(
            Column("Status", lambda row: _ORDER[row.status], lambda row: _status_words(row.status))
        )
    columns.append(_tally("Plan\nreview", PLAN_REVIEW))
    columns += [
        _tally(drill_name(kind).replace(" ", "\n"), kind) for kind in drill_kinds(found.rules)
    ]
    others = ("after_action", "corrective_action", "concern")
    columns.append(
        Column(
            "Open\nfollow-ups",
            lambda row: _open(row, others),
            lambda row: str(_open(row, others) or words.NONE),
            "After-action reviews, corrective actions and concerns that are due or overdue.",
            figure=True,
        )
    )
    return tuple(columns)


def _icon_of(what: str) -> str:
    """Return the icon of a duty."""
    if what in DRILL_KINDS:
        return "drill"
    return {"plan_review": "review", "district_report": "publish", "corrective_action": "mend"}.get(
        what, what
    )


class _Zones:
    """The zone of each site in the plan on screen, with its place in the palette."""

    def __init__(self, session: Session) -> None:
        plan = session.plan
        self._assignment = plan.assignment if plan else {}
        self._colours = {zone.id: zone.colour for zone in plan.zones} if plan else {}

    def of(self, site: str) -> tuple[str, int | None]:
        """Return a site's zone and its colour."""
        if site == DISTRICT:
            return words.NONE, None
        zone = self._assignment.get(site)
        return (zone, self._colours.get(zone)) if zone else (_NO_ZONE, None)


def _urgent(item: Item) -> tuple[Any, ...]:
    return _ORDER[item.status], item.due_on or date.max, item.what, item.site


def _count(title: str, status: Status | None) -> Column:
    def value(row: _PlaceRow) -> int:
        return sum(one is status for one in row.statuses) if status else len(row.statuses)

    tip = f"Sites whose worst duty is {status}." if status else "Patrolled sites."
    return Column(title, value, lambda row: str(value(row) or words.NONE), tip, figure=True)


def _tally(title: str, what: str) -> Column:
    def share(row: _PlaceRow) -> float | None:
        found = row.tally(what)
        return found[0] / found[1] if found else None

    def text(row: _PlaceRow) -> str:
        found = row.tally(what)
        return f"{found[0]} of {found[1]}" if found else words.NONE

    return Column(title, share, text, "Done of what is required so far.", figure=True)


def _open(row: _PlaceRow, kinds: Iterable[str]) -> int:
    return sum(item.open and item.what in kinds for item in row.items)
