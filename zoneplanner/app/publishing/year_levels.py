"""Visits, calls and hours on site of a school year, by level of schools."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import accumulate

import numpy as np

from zoneplanner.analysis.arrays import BoolArray
from zoneplanner.analysis.coverage.log_period import PeriodRecords
from zoneplanner.analysis.coverage.public_totals import find_told_cells, list_running_totals
from zoneplanner.analysis.log.log_arrays import NO_NAME, RecordArray
from zoneplanner.app.publishing.period_days import list_counted_sites
from zoneplanner.app.publishing.year_months import Month, count_by_month, list_months
from zoneplanner.domain.geography.site import SCHOOL_LEVELS
from zoneplanner.domain.log.journal import VISIT_PURPOSES
from zoneplanner.publish.year import LevelTotals, YearCount

_ROLES = (*VISIT_PURPOSES, "")
_HOUR_S = 3600
_Cell = tuple[str, str]
"""A level, "" for the district, and a purpose."""
_ByCell = Mapping[_Cell, float]


def count_levels(cut: PeriodRecords) -> tuple[LevelTotals, ...]:
    """Count the district, then each level of schools; what few records carry is withheld.

    Hours of purposes are unknown where no visit has one, and all where none has a departure.
    """
    levels = {site.id: site.level for site in list_counted_sites(cut)}
    names = [name for name in SCHOOL_LEVELS if name in levels.values()]
    schools = [sum(level == name for level in levels.values()) for name in names]
    months = list_months(cut.first, cut.last)
    visits, calls = (
        list_running_totals(
            count_by_month(list_levels_and_days(cut, table, levels), names, months), schools
        )
        for table in (cut.visits, cut.calls)
    )
    hours = _list_hours(*_sum_hours(cut, levels, months), names, schools, visits)
    return tuple(
        LevelTotals(
            name,
            count,
            YearCount.from_reports([end[at] for end in visits]),
            YearCount.from_reports([end[at] for end in calls]),
            {
                role: YearCount.from_reports([end[at][n] for end in hours])
                for n, role in enumerate(_ROLES)
            },
        )
        for at, (name, count) in enumerate(zip(("", *names), (len(levels), *schools), strict=True))
    )


def _list_hours(
    hours: Sequence[_ByCell],
    visits: Sequence[Counter[_Cell]],
    names: Sequence[str],
    schools: Sequence[int],
    made: Sequence[tuple[int | None, ...]],
) -> list[list[list[float | None]]]:
    """Return the hours at the end of each month by level, the district first, and purpose.

    They are withheld wherever the visits ``made`` are, or those that have hours are few; those of
    purposes are unknown where no visit has one.
    """
    known = {(name, bool(role)) for name, role in visits[-1]}
    known |= {("", said) for _, said in known}
    before: list[tuple[list[list[int]], BoolArray]] = []
    found = []
    for own, total, count in zip(hours, visits, made, strict=True):
        cells = [[total[name, role] for role in _ROLES] for name in names]
        before.append((cells, find_told_cells(cells, schools, before=before)))
        found.append(
            [
                [
                    own[name, role]
                    if shown and n is not None and (n == 0 or _is_known(known, name, role))
                    else None
                    for role, shown in zip(_ROLES, row.tolist(), strict=True)
                ]
                for name, n, row in zip(("", *names), count, before[-1][1], strict=True)
            ]
        )
    return found


def _is_known(known: Collection[tuple[str, bool]], name: str, role: str) -> bool:
    """Tell whether visits of a level have a purpose, or a departure at all."""
    return (name, True) in known if role else any(name == one for one, _ in known)


def list_levels_and_days(
    cut: PeriodRecords, table: RecordArray, levels: Mapping[str, str]
) -> list[tuple[str, date]]:
    sites = list(cut.names.number)
    days = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    rows = zip(table["site"].tolist(), table["day"].tolist(), strict=True)
    return [
        (levels[sites[at]], days[day]) for at, day in rows if at != NO_NAME and sites[at] in levels
    ]


def _sum_hours(
    cut: PeriodRecords, levels: Mapping[str, str], months: Sequence[Month]
) -> tuple[list[_ByCell], list[Counter[_Cell]]]:
    """Return the hours on site by level and purpose up to the end of each month, and of how many
    visits they are. A visit without an end has none."""
    sites = list(cut.names.number)
    hours = defaultdict[Month, Counter[_Cell]](Counter)
    visits = defaultdict[Month, Counter[_Cell]](Counter)
    table = cut.visits[(cut.visits["stay"] >= 0) & (cut.visits["site"] != NO_NAME)]
    dates = {day: date.fromordinal(day) for day in np.unique(table["day"]).tolist()}
    columns = (table[name].tolist() for name in ("site", "purpose", "day", "stay"))
    for site, purpose, day, stay in zip(*columns, strict=True):
        level = levels.get(sites[site])
        if level is not None:
            month = dates[day].year, dates[day].month
            role = _ROLES[purpose]  # the number of none is that of the last
            for name in (level, ""):
                hours[month][name, role] += stay
            visits[month][level, role] += 1
    seconds = list(accumulate(hours[month] for month in months))
    return (
        [Counter({cell: n / _HOUR_S for cell, n in own.items()}) for own in seconds],
        list(accumulate(visits[month] for month in months)),
    )
