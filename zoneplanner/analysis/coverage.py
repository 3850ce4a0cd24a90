"""Coverage as observed: the journal's figures by site, zone, unit or week, or all in one row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.figures import Figure, Row
from zoneplanner.analysis.log_table import NEVER, Log, Names, Table, log_of
from zoneplanner.analysis.response_rows import response_figures
from zoneplanner.analysis.row_figures import Floats, Ints, RowFigures, shares, weighed, withheld
from zoneplanner.analysis.row_numbers import (
    BY,
    NONE,
    Bools,
    Coder,
    PlansOfDays,
    Rows,
    school_days,
)
from zoneplanner.analysis.visit_rows import (
    coverage,
    done_by_day,
    last_days,
    visit_figures,
    waits,
)
from zoneplanner.analysis.visiting import SiteStatus, not_visited_this_week, site_status
from zoneplanner.domain.assumptions import by_level
from zoneplanner.domain.journal import Incident, Visit
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

__all__ = [
    "BY",
    "DEFAULT_TARGET_MIN",
    "Figure",
    "Row",
    "SiteStatus",
    "coverage_of",
    "coverage_rows",
    "not_visited_this_week",
    "site_status",
]

DEFAULT_TARGET_MIN = 8.0
LONGEST_PERIOD_DAYS = 36_600
NEEDS_SHIFTS = "needs shifts that have begun in the period"
COMMITTED = "Committed time, en route to cleared, over time on duty."


def coverage_rows(
    visits: Iterable[Visit], incidents: Iterable[Incident], *, project: Project, **options: object
) -> tuple[Row, ...]:
    """Compute the figures of records; see ``coverage_of`` for the options and errors."""
    log = log_of(visits, incidents, time_zone=project.time_zone)
    return coverage_of(log, project=project, **options)  # type: ignore[arg-type]


def coverage_of(
    log: Log,
    *,
    project: Project,
    by: str,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    target_min: float | None = None,
    duty_h: Mapping[str, float] | None = None,
) -> tuple[Row, ...]:
    """Compute the figures of a period, both days included, on the clock of the project's zone.

    Without ``first`` the period starts at the first entry, without ``last`` it ends today. Zones
    are those of the plan in force on an entry's day, else of the current plan. An incident belongs
    to its lead unit. ``duty_h`` gives the hours that each unit was on duty in the period.

    Raises
    ------
    UserError
        ``by`` is unknown, or the period ends before it starts or is longer than a century.
    """
    if by not in BY:
        raise UserError(f"Coverage cannot be shown by “{by}”. Choose one of: {', '.join(BY)}.")
    cut = cut_of(log, project=project, first=first, last=last, now=now)
    coder = Coder(project, by, cut.names, cut.plans, cut.first)
    visit_code, call_code = coder.codes(cut.visits), coder.codes(cut.calls)
    due, done = _required(coder, cut)
    seen = np.unique(np.concatenate([visit_code, call_code, np.flatnonzero(due)]))
    rows = coder.rows(seen.tolist(), cut.last)
    figures = {
        **visit_figures(cut.visits, rows.of(visit_code), len(rows)),
        "days_since_last_visit": _waits(coder, cut, rows),
        "visit_coverage_share": _coverage(coder, rows, done, due),
        **response_figures(
            cut.calls,
            rows.of(call_code),
            len(rows),
            target_min=target_min or DEFAULT_TARGET_MIN,
            own_unit=coder.own_unit(cut.calls),
        ),
        "utilization": _utilization(coder, cut, rows, duty_h),
    }
    note = cut.plans.note(np.concatenate([cut.visits["day"], cut.calls["day"]]))
    told = {name: _noted(name, found, by, note) for name, found in figures.items()}
    return tuple(
        Row(key, name, {figure: found.of(at) for figure, found in told.items()})
        for at, (key, name) in enumerate(zip(rows.keys, rows.names, strict=True))
    )


@dataclass(frozen=True, eq=False, slots=True)
class Cut:
    """The log of a period, and the visits before it that tell when a site was last visited.

    ``in_school`` tells of each day of the period whether it is a school day; ``since`` gives by
    day, counted from ``known_from``, the school days after it up to the end of the period.
    """

    project: Project
    first: date
    last: date
    names: Names
    plans: PlansOfDays
    so_far: Table
    visits: Table
    calls: Table
    stints: Table
    in_school: Bools
    known_from: int
    since: Ints


def cut_of(
    log: Log, *, project: Project, now: datetime, first: date | None, last: date | None
) -> Cut:
    """Return the part of a log that a period is told from; see ``coverage_of`` for the errors."""
    today = now.astimezone(ZoneInfo(project.time_zone)).date()
    end = last or today
    _check_period(first or end, end)
    ordinal = end.toordinal()
    so_far = log.visits
    until = (so_far["day"] <= ordinal) & (so_far["at"] <= now.timestamp())
    if not until.all():
        so_far = so_far[until]
    calls = log.calls[log.calls["day"] <= ordinal]
    earliest = min(int(so_far["day"].min(initial=ordinal)), int(calls["day"].min(initial=ordinal)))
    start = first or date.fromordinal(earliest)
    _check_period(start, end)
    begun = start.toordinal()
    visits = so_far if begun <= earliest else so_far[so_far["day"] >= begun]
    known_from = min(begun, earliest)
    days = school_days(project.calendar, date.fromordinal(known_from), end)
    after = days[::-1].cumsum()[::-1] - days
    stints = log.stints[(log.stints["day"] >= begun) & (log.stints["day"] <= ordinal)]
    return Cut(
        project=project,
        first=start,
        last=end,
        names=Names(log.names),
        plans=PlansOfDays(project, start, end, today),
        so_far=so_far,
        visits=visits,
        calls=calls[calls["day"] >= begun],
        stints=stints,
        in_school=days[begun - known_from :],
        known_from=known_from,
        since=after.astype(np.int64),
    )


def _check_period(first: date, last: date) -> None:
    if first > last:
        raise UserError(f"The period would start on {first} and end on {last}; swap the two days.")
    if (last - first).days > LONGEST_PERIOD_DAYS:
        raise UserError(f"The period from {first} to {last} is too long; choose up to a century.")


def visits_a_day(project: Project, names: Names) -> Floats:
    """Return how many visits are due on a school day, by number; none where not patrolled."""
    found = np.zeros(len(names.number))
    for site in project.patrolled:
        found[names.number[site.id]] = by_level(project.assumptions.visits_per_day, site.level)
    return found


def _required(coder: Coder, cut: Cut) -> tuple[Floats, Floats]:
    """Return the visits due in the period and those of them that were made, by code.

    Visits that were due are those on school days, at each site up to the number due that day.
    """
    a_day = visits_a_day(cut.project, cut.names)
    days = np.arange(cut.first.toordinal(), cut.last.toordinal() + 1)
    if coder.by == "unit":
        return np.zeros(1), np.zeros(1)
    made = done_by_day(cut.visits, a_day, int(days[0]), cut.in_school)
    if coder.by in ("week", "all"):
        nobody = np.full(len(days), -1)
        codes = coder.coded(nobody, nobody, days)
        return (
            weighed(codes, cut.in_school * a_day.sum(), int(codes.max()) + 1),
            weighed(codes, made.sum(axis=0), int(codes.max()) + 1),
        )
    sites = np.arange(len(a_day))
    due, done = np.zeros(0), np.zeros(0)
    followed = cut.plans.followed(days)
    for plan in np.unique(followed).tolist():
        own = followed == plan
        codes = coder.coded(sites, sites, np.full(len(sites), days[own][0]))
        size = max(len(due), int(codes.max(initial=0)) + 1)
        due, done = np.resize(_padded(due, size), size), _padded(done, size)
        due += np.bincount(codes, a_day * cut.in_school[own].sum(), size)
        done += np.bincount(codes, made[:, own].sum(axis=1), size)
    return due, done


def _padded(values: Floats, size: int) -> Floats:
    return np.concatenate([values, np.zeros(size - len(values))])


def _coverage(coder: Coder, rows: Rows, done: Floats, due: Floats) -> RowFigures:
    codes = np.flatnonzero(due)
    places = rows.of(codes)
    of_due, of_done = np.zeros(len(rows)), np.zeros(len(rows))
    of_due[places], of_done[places] = due[codes], done[codes]
    found = coverage(of_done, of_due)
    if coder.by == "unit":
        assert isinstance(found.definition, str)
        return withheld(len(rows), found.definition, NEEDS_SHIFTS)
    return found


def _waits(coder: Coder, cut: Cut, rows: Rows) -> RowFigures:
    """The last visit of each site, or of each unit where rows are units."""
    by, places = coder.by, len(cut.names.number) + 1
    field = "unit" if by == "unit" else "site"
    last, counts = last_days(cut.so_far, field, places)
    at = np.where(last == NEVER, -1, last - cut.known_from)
    members = [_members(coder, cut, key, places - 1) for key in rows.keys]
    found = waits(at, counts, members, cut.since, place=field)
    if by != "week":
        return found
    assert not isinstance(found.definition, str)
    why = "told by site, zone or unit, not by week"
    return withheld(len(rows), found.definition[0] if len(rows) else "", why, found.n)


def _members(coder: Coder, cut: Cut, key: str, nobody: int) -> Ints:
    """Return the numbers of what waits for a visit in a row; of zones as they are now."""
    number = cut.names.number
    if coder.by in ("site", "unit"):
        found = [number.get(key, nobody) if key != NONE else nobody]
    elif coder.by == "zone":
        plan = cut.plans.current
        zones = plan.assignment if plan else {}
        found = [number[s.id] for s in cut.project.patrolled if zones.get(s.id, NONE) == key]
    else:
        found = [number[s.id] for s in cut.project.patrolled] if coder.by == "all" else []
    return np.array(found, np.int64)


def _utilization(
    coder: Coder, cut: Cut, rows: Rows, duty_h: Mapping[str, float] | None
) -> RowFigures:
    """The time that incidents took units, over their hours on duty."""
    if coder.by not in ("unit", "all"):
        return withheld(len(rows), COMMITTED, "told by unit or for all, not in these rows")
    if not duty_h:
        return withheld(len(rows), COMMITTED, NEEDS_SHIFTS)
    stints = cut.stints
    hours = (stints["ended"] - stints["began"]) / 3600.0
    of_unit = np.zeros(len(cut.names.number) + 1)
    np.add.at(of_unit, stints["unit"], hours)
    committed, on_duty, n = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    for unit, on in duty_h.items():
        at = rows.keys.index(unit if coder.by == "unit" else "all") if (
            coder.by == "all" or unit in rows.keys
        ) else None  # fmt: skip
        if at is not None and unit in cut.names.number:
            number = cut.names.number[unit]
            committed[at] += of_unit[number]
            on_duty[at] += on
            n[at] += int((stints["unit"] == number).sum())
    found = shares(committed, on_duty, COMMITTED, "no shift of it lies in the period")
    return RowFigures(found.values, n, COMMITTED, found.why)


def _noted(name: str, found: RowFigures, by: str, note: str) -> RowFigures:
    """Say by which plans zones were told, where a figure depends on it."""
    if not note or not (by == "zone" or name == "out_of_zone_share"):
        return found
    words = found.definition
    told = words + note if isinstance(words, str) else [text + note for text in words]
    return replace(found, definition=told)
