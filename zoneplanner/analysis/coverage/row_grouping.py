"""Which row of a coverage table an entry belongs to, for all entries at once, and the plans.

The bell days of schools as numbers: when each opens and closes, and the school hours between.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.log.log_arrays import NO_NAME, NameNumbers, RecordArray
from zoneplanner.domain.calendar.bells import BellTimes, SchoolDayKind, list_bell_clocks
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count

COVERAGE_GROUPINGS = ("site", "zone", "unit", "week", "all")
RECORD_GROUPINGS = ("officer", "type")
"""Rows by what a record names besides its unit; the log's units are such names then."""
NAME_GROUPINGS = ("unit", *RECORD_GROUPINGS)
"""Rows that are no places and no days."""
NO_KEY = ""
"""The key of what has no site, zone or unit."""


class PlanByDay:
    """The plan in force on each day of a stretch, by its number in ``plans``.

    The last of ``plans`` is the current one, which days without a plan in force follow; None where
    the project has no plan.
    """

    def __init__(self, project: Project, first: date, last: date, today: date) -> None:
        plans = project.plans.values()
        turns = {day for plan in plans for day in (plan.effective_on, plan.expires_on) if day}
        self._starts = sorted({first, *(day for day in turns if first < day <= last)})
        in_force = [project.plan_in_force(day) for day in self._starts]
        self.current = project.current_plan(today)
        distinct = {plan.uid: plan for plan in in_force if plan is not None}
        self.plans: tuple[Plan | None, ...] = (*distinct.values(), self.current)
        number = {uid: at for at, uid in enumerate(distinct)}
        self._numbers = np.array([number[p.uid] if p else NO_NAME for p in in_force], np.int64)
        self._ordinals = np.array([day.toordinal() for day in self._starts], np.int64)

    def in_force(self, days: IntArray) -> IntArray:
        """Return the number of the plan in force by day, ``NO_NAME`` where there was none.

        ``days`` are ordinals, shape (n,); so is the answer's shape.
        """
        at = np.searchsorted(self._ordinals, days, side="right") - 1
        return np.asarray(self._numbers[np.maximum(at, 0)])

    def find_followed_plan(self, days: IntArray) -> IntArray:
        """Return the number of the plan that gives the zones: in force, else the current one.

        ``days`` are ordinals, shape (n,); so is the answer's shape.
        """
        if not len(days):
            return np.zeros(0, np.int64)
        first = days.min()
        found = self.in_force(np.arange(first, days.max() + 1))
        return np.asarray(np.where(found == NO_NAME, len(self.plans) - 1, found)[days - first])

    def describe_plans(self, *days: IntArray) -> str:
        """Say by which plans the entries of some days were put into zones.

        ``days`` are ordinals, shape (entries,) each.
        """
        found = np.zeros(len(self.plans))
        for own in days:
            first = own.min(initial=date.max.toordinal())
            entries = np.bincount(own - first)
            in_force = self.in_force(first + np.arange(len(entries)))
            found += np.bincount(in_force - NO_NAME, entries, len(self.plans))
        loose, *counts = found.astype(int).tolist()
        pairs = zip(self.plans, counts, strict=False)
        names = sorted(f"“{plan.name}”" for plan, count in pairs if plan is not None and count)
        text = f" Zones by the plan in force at the time ({', '.join(names)})." if names else ""
        if loose:
            current = f"the current plan, “{self.current.name}”" if self.current else "no plan"
            unplanned = format_count(loose, "entry", "entries")
            text += f" {unplanned} without a plan in force: zones by {current}."
        return text


@dataclass(frozen=True, eq=False, slots=True)
class GroupRows:
    """The rows of one table. ``codes`` of entries are turned into places by ``place``."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    place: IntArray

    def __len__(self) -> int:
        return len(self.keys)

    def find_rows(self, codes: IntArray) -> IntArray:
        """Return the row of each code.

        ``codes`` and the answer have the shape (n,).
        """
        return np.asarray(self.place[codes])


class RowGrouper:
    """Codes of the rows that records belong to: 0 is none, others are numbers from 1."""

    def __init__(
        self, project: Project, by: str, names: NameNumbers, plans: PlanByDay, first: date
    ) -> None:
        self.project, self.by, self.names, self.plans = project, by, names, plans
        self.monday = first - timedelta(days=first.weekday())
        for name in (*project.sites, *project.units):
            names.number_of(name)
        self._zones = NameNumbers()
        self.zone_of = self._table(self._zones.number_of)
        self.zone_unit = self._table(names.number_of, units=True)

    def encode_records(self, rows: RecordArray) -> IntArray:
        """Return the code of each visit or call.

        The shape is (records,).
        """
        return self.encode(rows["site"], rows["unit"], rows["day"])

    def encode(self, site: IntArray, unit: IntArray, day: IntArray) -> IntArray:
        """Return codes for sites, units and days, all of one length.

        All have the shape (n,): numbers of names, and ordinals of days.
        """
        match self.by:
            case "site":
                return site.astype(np.int64) + 1
            case "unit" | "officer" | "type":
                return unit.astype(np.int64) + 1
            case "week":
                return (day.astype(np.int64) - self.monday.toordinal()) // 7 + 1
            case "zone":
                return self.zone_of[self.plans.find_followed_plan(day), site] + 1
        return np.ones(len(site), np.int64)

    def own_unit(self, rows: RecordArray) -> IntArray:
        """Return the number of the unit of the zone that each entry's site was in.

        The shape is (records,); ``NO_NAME`` stands for none.
        """
        return np.asarray(self.zone_unit[self.plans.find_followed_plan(rows["day"]), rows["site"]])

    def rows(self, seen: Iterable[int], last: date) -> GroupRows:
        """Return the project's own rows in order, then others that have entries."""
        names = dict(self._own(last))
        code_of = {key: code for code, key in enumerate(self._keys(tuple(names)))}
        wanted = set(seen)
        others = sorted({key for key, code in code_of.items() if code in wanted} - names.keys())
        names |= {key: self._name(key) for key in others}
        place = np.full(max(code_of.values(), default=0) + 2, NO_NAME, np.int64)
        for at, key in enumerate(names):
            if key in code_of:
                place[code_of[key]] = at
        return GroupRows(tuple(names), tuple(names.values()), place)

    def _keys(self, own: Sequence[str]) -> list[str]:
        """Return the key of every code; ``own`` are those of the project's own rows."""
        match self.by:
            case "site" | "unit" | "officer" | "type":
                return [NO_KEY, *self.names.number]
            case "zone":
                return [NO_KEY, *self._zones.number]
            case "week":
                return [NO_KEY, *own]
        return [NO_KEY, "all"]

    def _own(self, last: date) -> list[tuple[str, str]]:
        project, current = self.project, self.plans.current
        match self.by:
            case "site":
                return [(site.id, site.name) for site in project.patrolled]
            case "zone":
                return [(zone.id, zone.name) for zone in current.zones] if current else []
            case "unit":
                return [(unit.id, unit.name) for unit in project.units.values()]
            case "week":
                weeks = (last - self.monday).days // 7 + 1
                mondays = (self.monday + timedelta(days=7 * at) for at in range(weeks))
                return [(format_week_key(day), f"Week from {day.isoformat()}") for day in mondays]
            case "all":
                return [("all", "All")]
        return []

    def _name(self, key: str) -> str:
        if key == NO_KEY:
            return f"No {self.by}"
        if self.by == "site" and key in self.project.sites:
            return self.project.sites[key].name
        for plan in self.plans.plans if self.by == "zone" else ():
            for zone in plan.zones if plan else ():
                if zone.id == key:
                    return zone.name
        return key

    def _table(self, number: Callable[[str], int], *, units: bool = False) -> IntArray:
        """Return a number by plan and site, the last column for entries without a site."""
        found = np.full((len(self.plans.plans), len(self.names.number) + 1), NO_NAME, np.int64)
        for at, plan in enumerate(self.plans.plans):
            unit_of = {zone.id: zone.unit for zone in plan.zones} if plan else {}
            for zone, unit in unit_of.items():
                number(unit if units else zone)
            for site, zone in plan.assignment.items() if plan else ():
                if site in self.names.number:
                    found[at, self.names.number[site]] = number(unit_of[zone] if units else zone)
        return found


def mark_school_days(calendar: SchoolCalendar, first: date, last: date) -> BoolArray:
    """Tell for each day from ``first`` to ``last``, both included, whether it is a school day.

    The shape is (days,).
    """
    start = first.toordinal()
    days = np.arange(start, last.toordinal() + 1)
    school = _mark_spans(calendar.terms, days) & ~_mark_spans(calendar.holidays, days)
    return np.asarray(school & ((days - 1) % 7 < 5))  # ordinal 1 was a Monday


def list_day_kinds(calendar: SchoolCalendar, first: date, last: date) -> IntArray:
    """Return the kind of each day as its place in ``SchoolDayKind``, -1 without school.

    The shape is (days,), both ends included.
    """
    regular, early, minimum = range(len(SchoolDayKind))
    days = np.arange(first.toordinal(), last.toordinal() + 1)
    kinds = np.full(len(days), regular)
    if calendar.early_release_weekday is not None:
        kinds[(days - 1) % 7 == calendar.early_release_weekday - 1] = early
    kinds[_mark_spans(calendar.minimum_days, days)] = minimum
    kinds[~mark_school_days(calendar, first, last)] = -1
    return kinds


def _mark_spans(spans: Iterable[DateRange], days: IntArray) -> BoolArray:
    """Tell which of the days, ordinals in order, are in a span."""
    marked = np.zeros(len(days), bool)
    for span in spans:
        low, high = np.searchsorted(days, (span.first.toordinal(), span.last.toordinal() + 1))
        marked[low:high] = True
    return marked


def format_week_key(day: date) -> str:
    """Return a day's ISO week, such as 2026-W47."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


NO_SCHOOL = -1
_NO_SITE = ""
"""What has no site, or one that the project does not know, has the bells of no level."""


@dataclass(frozen=True, eq=False, slots=True)
class BellDays:
    """Schools' days from a first day on, from the first bell window to the end of the last.

    Attributes
    ----------
    variant
        The bell times of each site by number, a place in the next two; the last is of no site.
    opens_min, closes_min
        Minutes after local midnight by variant and kind of day, shape (variants, kinds).
    kind
        Of each day, a place in ``SchoolDayKind``, or ``NO_SCHOOL``; shape (days,).
    hours_before
        School hours from the first day to the start of each day, shape (variants, days + 1).
    """

    first: int
    variant: IntArray
    opens_min: IntArray
    closes_min: IntArray
    kind: IntArray
    hours_before: FloatArray

    def read_school_hours(self, site: IntArray, day: IntArray, minute: IntArray) -> FloatArray:
        """Return the school hours from the first day to moments on the local clock, shape (n,).

        ``site`` holds numbers, ``day`` ordinals within these days, ``minute`` those after midnight.
        """
        variant, at = self.variant[site], day - self.first
        kind = self.kind[at]
        opens, closes = self.opens_min[variant, kind], self.closes_min[variant, kind]
        today = (np.clip(minute, opens, closes) - opens) * (kind != NO_SCHOOL) / 60.0
        return np.asarray(self.hours_before[variant, at] + today)

    def mark_bell_hours(self, site: IntArray, day: IntArray, minute: IntArray) -> BoolArray:
        """Tell which moments are within the bell windows of a school day; as for hours, (n,)."""
        variant, kind = self.variant[site], self.kind[day - self.first]
        opens, closes = self.opens_min[variant, kind], self.closes_min[variant, kind]
        return np.asarray((kind != NO_SCHOOL) & (minute >= opens) & (minute < closes))


def read_bell_days(
    project: Project, names: NameNumbers, first: date, last: date, *, counted: BoolArray
) -> BellDays:
    """Return the bell days of a stretch for all names that are sites; others have the usual.

    A day that is not ``counted``, shape (days,), is one without school.
    """
    bells = project.calendar.bells
    variants: dict[BellTimes, int] = {}
    levels = {site.id: site.level for site in project.sites.values()}
    variant = [
        variants.setdefault(bells.find_bell_times(name, levels.get(name, "")), len(variants))
        for name in (*names.number, _NO_SITE)
    ]
    clocks = np.array(
        [
            [
                [_count_minutes(spans[0][1]), _count_minutes(spans[-1][2])]
                for kind in SchoolDayKind
                for spans in (list_bell_clocks(bells, times, kind),)
            ]
            for times in variants
        ]
    )
    opens, closes = clocks[:, :, 0], clocks[:, :, 1]
    kind = np.where(counted, list_day_kinds(project.calendar, first, last), NO_SCHOOL)
    hours = (closes - opens)[:, kind] * (kind != NO_SCHOOL) / 60.0
    before = np.concatenate([np.zeros((len(clocks), 1)), hours.cumsum(axis=1)], axis=1)
    return BellDays(first.toordinal(), np.array(variant), opens, closes, kind, before)


def _count_minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
