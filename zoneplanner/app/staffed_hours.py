"""What the roster adds to observed coverage: hours on duty, and hours that a zone stood open."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from zoneplanner.analysis.figures import CoverageRow, Figure, withhold_figure
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import Shift

_OPEN_HOURS = "Scheduled hours of the period, up to now, without an officer."
_NO_SHIFTS = "no shift lies in the period"
_ELSEWHERE = "told by unit, by zone or for all, not in these rows"


def compute_hours_on_duty(
    project: Project, *, first: date | None, last: date | None, now: datetime
) -> dict[str, float]:
    """Return the hours that officers of each unit were on duty in a period, up to now."""
    found: dict[str, float] = {}
    for shift in _list_begun_shifts(project, first, last, now):
        if shift.officer is not None:
            found[shift.unit] = found.get(shift.unit, 0.0) + _hours_so_far(shift, now)
    return found


def add_open_hours(
    rows: Sequence[CoverageRow],
    *,
    by: str,
    project: Project,
    first: date | None,
    last: date | None,
    now: datetime,
) -> tuple[CoverageRow, ...]:
    """Return rows of coverage with the figure ``open_zone_h``; a zone's are those of its unit."""
    own: dict[str, list[Shift]] = {}
    for shift in _list_begun_shifts(project, first, last, now):
        own.setdefault(shift.unit, []).append(shift)
    units = _units_of_rows(project, by, now)

    elsewhere = withhold_figure(_OPEN_HOURS, _ELSEWHERE)

    def figure(key: str) -> Figure:
        if by not in ("unit", "zone", "all"):
            return elsewhere
        names = list(own) if by == "all" else [units.get(key, key)]
        shifts = [shift for name in names for shift in own.get(name, ())]
        if not shifts:
            return withhold_figure(_OPEN_HOURS, _NO_SHIFTS)
        lacking = sum(_hours_so_far(shift, now) for shift in shifts if shift.open)
        return Figure(lacking, len(shifts), _OPEN_HOURS)

    def figures(row: CoverageRow) -> Mapping[str, Figure]:
        more = {"open_zone_h": figure(row.key)}
        return ChainMap(more, row.figures)  # type: ignore[arg-type]

    return tuple(CoverageRow(row.key, row.name, figures(row)) for row in rows)


def _units_of_rows(project: Project, by: str, now: datetime) -> Mapping[str, str]:
    plan = project.current_plan(now.date()) if by == "zone" else None
    return {zone.id: zone.unit for zone in plan.zones} if plan else {}


def _list_begun_shifts(
    project: Project, first: date | None, last: date | None, now: datetime
) -> list[Shift]:
    return [
        shift
        for shift in project.shifts.values()
        if shift.on
        and shift.starts_at < now
        and (first or date.min) <= shift.day(project.time_zone) <= (last or date.max)
    ]


def _hours_so_far(shift: Shift, now: datetime) -> float:
    return (min(shift.ends_at, now) - shift.starts_at).total_seconds() / 3600
