"""The table of zones: one row a zone, with its unit, load and travel."""

from dataclasses import dataclass

from zoneplanner.analysis.declared import MEASURES
from zoneplanner.app.session import Session
from zoneplanner.domain.plan import Zone
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import TableColumn


@dataclass(frozen=True, slots=True)
class _ZoneRow:
    """What the table shows of a zone."""

    id: str
    colour: int
    unit: str
    sites: int
    students: int
    load_min: float
    target_min: float
    deviation: float
    drive_min_per_day: float
    worst_drive_min: float
    post: str
    pieces: int
    polsby_popper: float
    not_visited: int
    over: bool


def build_zone_rows(session: Session) -> list[_ZoneRow]:
    """Return a row for each zone of the plan on screen."""
    plan, figures = session.plan, session.reading.figures
    if plan is None or figures is None:
        return []
    return [_row(session, zone) for zone in plan.zones if zone.id in figures.zones]


def _row(session: Session, zone: Zone) -> _ZoneRow:
    project, plan, figures = session.project, session.plan, session.reading.figures
    assert plan is not None and figures is not None
    own = figures.zones[zone.id]
    post = project.sites.get(own.post or "")
    missed = sum(
        not words.was_visited_this_week(session.last_visits.get(site), project, session.today)
        for site in plan.sites_of(zone.id)
    )
    return _ZoneRow(
        id=zone.id,
        colour=zone.colour,
        unit=words.describe_unit(project, zone.unit),
        sites=own.sites,
        students=own.students,
        load_min=own.load_min,
        target_min=own.target_min,
        deviation=own.deviation,
        drive_min_per_day=own.drive_min_per_day,
        worst_drive_min=own.worst_drive_min,
        post=post.name if post else words.NO_VALUE,
        pieces=own.pieces,
        polsby_popper=own.polsby_popper,
        not_visited=missed,
        over=abs(own.deviation) > plan.tolerance + 1e-9,
    )


def _figure(key: str, digits: int = 0) -> TableColumn:
    """A column of a declared measure, with its name, unit and definition."""
    measure = MEASURES[key]
    return TableColumn(
        f"{measure.name}\n{measure.unit}".strip(),
        lambda row: getattr(row, key),
        lambda row: words.format_number(getattr(row, key), digits),
        measure.definition,
        figure=True,
    )


ZONE_TABLE_COLUMNS = (
    TableColumn("Zone", lambda row: row.id, zone=lambda row: row.colour),
    TableColumn("Unit", lambda row: row.unit),
    _figure("sites"),
    _figure("students"),
    _figure("load_min"),
    _figure("target_min"),
    TableColumn(
        "Deviation",
        lambda row: row.deviation,
        lambda row: ("⚠ " if row.over else "") + words.format_share(row.deviation, signed=True),
        MEASURES["deviation"].definition + " ⚠ marks what lies outside the tolerance.",
        figure=True,
    ),
    _figure("drive_min_per_day"),
    _figure("worst_drive_min", 1),
    TableColumn(
        "Not visited",
        lambda row: row.not_visited,
        lambda row: f"{row.not_visited} of {row.sites}",
        "Sites without a visit this week, which begins on Monday, of all sites of the zone.",
        figure=True,
    ),
    _figure("polsby_popper", 2),
    _figure("pieces"),
    TableColumn("Post", lambda row: row.post, tip="The site of the zone from which it is served with "
           "the least driving."),
)  # fmt: skip
