"""Visits within the bell windows that the rule of visits asks for, for all rows of a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.log_table import Columns
from zoneplanner.analysis.row_figures import RowFigures, shares, withheld
from zoneplanner.domain.assumptions import by_level
from zoneplanner.domain.bells import BellTimes, DayKind, spans
from zoneplanner.domain.project import Project
from zoneplanner.domain.site import Site
from zoneplanner.domain.visit_plan import WINDOWS

_NO_RULE = "no bell window is asked for; set the rule of visits"
_KINDS = tuple(DayKind)
_NONE = -1

_COVERAGE = (
    "Days on which a site was visited in a bell window that is asked for, up to as many a week as "
    "are asked, over those asked; a visit counts from {early} min before the window opens to "
    "{late} min after it closes."
)
_LATE = "Share of those days on which the visit came only after the window had closed."
_PRESENCE = (
    "Minutes on site within the bell windows that are asked for, over the minutes planned: "
    "required visits x dwell."
)


@dataclass(frozen=True, eq=False, slots=True)
class _Windows:
    """By site number and week of the period: days asked for, made and late; and minutes.

    Each has the shape (sites, weeks). ``any`` tells whether anything is asked for at all.
    """

    asked: FloatArray
    made: FloatArray
    late: FloatArray
    present_min: FloatArray
    planned_min: FloatArray

    @property
    def any(self) -> bool:
        """True where the rule asks for a bell window."""
        return bool(self.asked.any())


def windows_of(
    project: Project,
    number: Mapping[str, int],
    visits: Columns,
    *,
    days: IntArray,
    kind: IntArray,
    week: IntArray,
) -> _Windows:
    """Return what was asked and made; ``kind`` of each day is a place in DayKind or -1.

    ``number`` gives the sites' numbers, ``days`` the ordinals of the period, ``week`` the number
    of each one's week.
    """
    sites, weeks = len(number), int(week[-1]) + 1
    found = _Windows(*(np.zeros((sites, weeks)) for _ in range(5)))
    rule = project.visit_rule
    patrolled = [site for site in project.patrolled if rule.by_level.get(site.level)]
    if not patrolled:
        return found
    asks = _asks_of(project, patrolled, number)
    variant, wanted = asks.variant, asks.wanted
    bounds = _bounds(project, asks.variants)
    day = visits["day"] - days[0]
    own, of_kind = variant[visits["site"]], kind[day]
    inside = np.flatnonzero((own != _NONE) & (of_kind != _NONE))
    day, own, of_kind = day[inside], own[inside], of_kind[inside]
    site_, minute = visits["site"][inside].astype(np.int64), visits["minute"][inside]
    stay = np.maximum(visits["stay"][inside], 0) / 60.0
    school_days = np.bincount(week, kind != _NONE, weeks)
    for window in range(len(WINDOWS)):
        asking = wanted[window] > 0
        if not asking.any():
            continue
        opens, closes = bounds[own, of_kind, window].T
        here = asking[site_] & (opens != _NONE)
        arrived = (minute >= opens - rule.early_min) & (minute <= closes + rule.late_min)
        hit, on_time = (
            _days(site_, day, here & which, sites, len(days))
            for which in (arrived, arrived & (minute <= closes))
        )
        asked = np.minimum(wanted[window][:, None], school_days[None, :]) * asking[:, None]
        made = np.minimum(asked, _by_week(hit, week, weeks))
        prompt = np.minimum(made, _by_week(on_time, week, weeks))
        overlap = np.clip(np.minimum(closes, minute + stay) - np.maximum(opens, minute), 0, None)
        place = site_ * weeks + week[day]
        minutes = np.bincount(place, overlap * here, sites * weeks).reshape(sites, weeks)
        found.asked[:] += asked
        found.made[:] += made
        found.late[:] += made - prompt
        found.present_min[:] += minutes
        found.planned_min[:] += asked * asks.dwell_min[:, None]
    return found


@dataclass(frozen=True, eq=False, slots=True)
class _Asks:
    """What the rule asks of sites by number: bell times, visits a week by window, minutes each.

    ``variant`` (sites + 1,) is a place in ``variants`` or NONE; ``wanted`` is (windows, sites).
    """

    variants: list[BellTimes]
    variant: IntArray
    wanted: FloatArray
    dwell_min: FloatArray


def _asks_of(project: Project, sites: Iterable[Site], number: Mapping[str, int]) -> _Asks:
    variants: dict[BellTimes, int] = {}
    variant = np.full(len(number) + 1, _NONE)
    wanted = np.zeros((len(WINDOWS), len(number)))
    dwell_min = np.zeros(len(number))
    for site in sites:
        at = number[site.id]
        times = project.calendar.bells.times_of(site.id, site.level)
        variant[at] = variants.setdefault(times, len(variants))
        dwell_min[at] = by_level(project.assumptions.dwell_min, site.level)
        for window, name in enumerate(WINDOWS):
            wanted[window, at] = project.visit_rule.by_level[site.level].get(name, 0)
    return _Asks(list(variants), variant, wanted, dwell_min)


def window_figures(
    asked: FloatArray,
    made: FloatArray,
    late: FloatArray,
    minutes: tuple[FloatArray, FloatArray],
    project: Project,
) -> dict[str, RowFigures]:
    """Return the figures of rows from their sums."""
    rule, rows = project.visit_rule, len(asked)
    words = _COVERAGE.format(early=rule.early_min, late=rule.late_min)
    if not asked.any():
        return {
            "window_coverage_share": withheld(rows, words, _NO_RULE),
            "window_late_share": withheld(rows, _LATE, _NO_RULE),
            "window_presence_share": withheld(rows, _PRESENCE, _NO_RULE),
        }
    none = "no bell window was asked for here in the period"
    present, planned = minutes
    presence = shares(present, planned, _PRESENCE, none)
    return {
        "window_coverage_share": shares(made, asked, words, none),
        "window_late_share": shares(late, made, _LATE, "no such visit was made"),
        "window_presence_share": RowFigures(
            presence.values, np.rint(asked).astype(np.int64), _PRESENCE, none
        ),
    }


def _bounds(project: Project, variants: list[BellTimes]) -> IntArray:
    """Return opening and closing minute by variant, kind of day and window; -1 without one."""
    found = np.full((len(variants), len(_KINDS), len(WINDOWS), 2), _NONE)
    day = date(2024, 1, 16)  # any day: the clock alone matters
    for at, times in enumerate(variants):
        for kind_at, kind in enumerate(_KINDS):
            for span in spans(project.calendar.bells, times, day, kind, time_zone="UTC"):
                if span.window in WINDOWS:
                    place = found[at, kind_at, WINDOWS.index(span.window)]
                    place[0] = place[0] if place[0] != _NONE else _minute(span.starts_at.time())
                    place[1] = _minute(span.ends_at.time())
    return found


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _days(site: IntArray, day: IntArray, which: BoolArray, sites: int, days: int) -> BoolArray:
    """Tell on which days each site was visited, shape (sites, days)."""
    found: BoolArray = np.zeros((sites, days), bool)
    found[site[which], day[which]] = True
    return found


def _by_week(days: BoolArray, week: IntArray, weeks: int) -> FloatArray:
    """Count days by week, shape (sites, weeks)."""
    starts = np.flatnonzero(np.diff(week, prepend=-1))
    found: FloatArray = np.add.reduceat(days.astype(np.float64), starts, axis=1)
    assert found.shape[1] == weeks
    return found
