"""The part of the log behind a period's figures, its days, and the rows that records count in.

Records of days not declared complete are counted, but not the days themselves: figures that count
days or school hours, changes, verdicts and schools without a visit are withheld. Every interface
says so in the sentences of ``describe_basis``. The rows of a table (site, zone, unit or week) are
found for all entries at once, from numbered names, plans and bell times.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.analysis.log.log_arrays import (
    NO_NAME,
    SAMPLE_MARK,
    LogArrays,
    NameNumbers,
    RecordArray,
)
from zoneplanner.domain.calendar.bells import BellTimes, SchoolDayKind, list_bell_clocks
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import (
    INCIDENT_RECORDS,
    NOTHING_DECLARED,
    VISIT_RECORDS,
    DaySpan,
    KeptRecords,
)
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

COVERAGE_GROUPINGS = ("site", "zone", "unit", "week", "all")
RECORD_GROUPINGS = ("officer", "type")
"""Rows grouped by another name in a record; the log then has these names in place of units."""
NAME_GROUPINGS = ("unit", *RECORD_GROUPINGS)
"""Rows that are neither places nor days."""
NO_KEY = ""
"""The key of records without a site, zone or unit."""


class PlanByDay:
    """The plan in force on each day of a period, by its index in ``plans``.

    The last of ``plans`` is the current one, which applies to days without a plan in force; None if
    the project has no plan.
    """

    def __init__(self, project: Project, first: date, last: date, today: date) -> None:
        plans = project.plans.values()
        changes = {day for plan in plans for day in (plan.effective_on, plan.expires_on) if day}
        starts = sorted({first, *(day for day in changes if first < day <= last)})
        in_force = [project.plan_in_force(day) for day in starts]
        self.current = project.current_plan(today)
        distinct = {plan.uid: plan for plan in in_force if plan is not None}
        self.plans: tuple[Plan | None, ...] = (*distinct.values(), self.current)
        number = {uid: index for index, uid in enumerate(distinct)}
        self._numbers = np.array([number[p.uid] if p else NO_NAME for p in in_force], np.int64)
        self._ordinals = np.array([day.toordinal() for day in starts], np.int64)

    def in_force(self, days: IntArray) -> IntArray:
        """Return the number of the plan in force on each day, ``NO_NAME`` if there was none.

        ``days`` are ordinals; they and the result have the shape (n,).
        """
        index = np.searchsorted(self._ordinals, days, side="right") - 1
        return np.asarray(self._numbers[np.maximum(index, 0)])

    def find_followed_plan(self, days: IntArray) -> IntArray:
        """Return the number of the plan that defines the zones: in force, else the current one.

        ``days`` are ordinals; they and the result have the shape (n,).
        """
        if not len(days):
            return np.zeros(0, np.int64)
        first = days.min()
        by_day = self.in_force(np.arange(first, days.max() + 1))
        return np.asarray(np.where(by_day == NO_NAME, len(self.plans) - 1, by_day)[days - first])

    def describe_plans(self, *days: IntArray) -> tuple[Message, ...]:
        """Describe which plans assigned entries to zones.

        ``days`` are the entries' days as ordinals, shape (entries,) each.
        """
        entries_by_plan = np.zeros(len(self.plans))
        for own in days:
            first = own.min(initial=date.max.toordinal())
            entries = np.bincount(own - first)
            in_force = self.in_force(first + np.arange(len(entries)))
            entries_by_plan += np.bincount(in_force - NO_NAME, entries, len(self.plans))
        without_plan, *counts = entries_by_plan.astype(int).tolist()
        pairs = zip(self.plans, counts, strict=False)
        names = sorted(f"“{plan.name}”" for plan, count in pairs if plan is not None and count)
        notes = [Message("zones_by_plan", plans=", ".join(names))] if names else []
        if without_plan and self.current is not None:
            notes.append(Message("entries_without_plan", n=without_plan, plan=self.current.name))
        elif without_plan:
            notes.append(Message("entries_without_plan.none", n=without_plan))
        return tuple(notes)


@dataclass(frozen=True, eq=False, slots=True)
class GroupRows:
    """The rows of a table; ``row_of`` gives the row of each code."""

    keys: tuple[str, ...]
    names: tuple[str | Message, ...]
    row_of: IntArray

    def __len__(self) -> int:
        return len(self.keys)

    def find_rows(self, codes: IntArray) -> IntArray:
        """Return the row of each code; both have the shape (n,)."""
        return np.asarray(self.row_of[codes])


class RowGrouper:
    """Codes of the rows that a period's records count in: 0 is none, others are numbers from 1."""

    def __init__(self, period: "PeriodRecords", by: str) -> None:
        self.period, self.by, self.names, self.plans = period, by, period.names, period.plans
        self.monday = period.first - timedelta(days=period.first.weekday())
        self._zones = NameNumbers()
        self.zone_of = self._tabulate_zones(self._zones.number_of)
        self.zone_unit = self._tabulate_zones(self.names.number_of, units=True)

    def encode_records(self, rows: RecordArray) -> IntArray:
        """Return the code of each visit or call, shape (records,)."""
        return self.encode(rows["site"], rows["unit"], rows["day"])

    def encode(self, site: IntArray, unit: IntArray, day: IntArray) -> IntArray:
        """Return the codes of sites and units by number on days by ordinal, all of shape (n,)."""
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

    def find_own_units(self, rows: RecordArray) -> IntArray:
        """Return the unit of the zone that each record's site was in, ``NO_NAME`` if none.

        The result is unit numbers, shape (records,).
        """
        return np.asarray(self.zone_unit[self.plans.find_followed_plan(rows["day"]), rows["site"]])

    def list_rows(self, seen: Iterable[int]) -> GroupRows:
        """Return the project's own rows in order, then the others whose codes were ``seen``."""
        names: dict[str, str | Message] = dict(self._list_own_rows())
        code_of = {key: code for code, key in enumerate(self._list_keys(tuple(names)))}
        wanted = set(seen)
        others = sorted({key for key, code in code_of.items() if code in wanted} - names.keys())
        names |= {key: self._name_row(key) for key in others}
        row_of = np.full(max(code_of.values(), default=0) + 2, NO_NAME, np.int64)
        for row, key in enumerate(names):
            if key in code_of:
                row_of[code_of[key]] = row
        return GroupRows(tuple(names), tuple(names.values()), row_of)

    def _list_keys(self, own: Sequence[str]) -> list[str]:
        """Return the key of every code; ``own`` are the keys of the project's own rows."""
        match self.by:
            case "site" | "unit" | "officer" | "type":
                return [NO_KEY, *self.names.number]
            case "zone":
                return [NO_KEY, *self._zones.number]
            case "week":
                return [NO_KEY, *own]
        return [NO_KEY, "all"]

    def _list_own_rows(self) -> Sequence[tuple[str, str | Message]]:
        project, current = self.period.project, self.plans.current
        match self.by:
            case "site":
                return [(site.id, site.name) for site in project.patrolled]
            case "zone":
                return [(zone.id, zone.name) for zone in current.zones] if current else []
            case "unit":
                return [(unit.id, unit.name) for unit in project.units.values()]
            case "week":
                weeks = (self.period.last - self.monday).days // 7 + 1
                mondays = (self.monday + timedelta(days=7 * n) for n in range(weeks))
                return [
                    (format_week_key(day), Message("coverage_row.week", monday=day))
                    for day in mondays
                ]
            case "all":
                return [("all", Message("coverage_row.all"))]
        return []

    def _name_row(self, key: str) -> str | Message:
        if key == NO_KEY:
            return Message("coverage_row.none", by=self.by)
        if self.by == "site" and key in self.period.project.sites:
            return self.period.project.sites[key].name
        for plan in self.plans.plans if self.by == "zone" else ():
            for zone in plan.zones if plan else ():
                if zone.id == key:
                    return zone.name
        return key

    def _tabulate_zones(self, number: Callable[[str], int], *, units: bool = False) -> IntArray:
        """Return the number of the zone, or of its unit, by plan and site.

        The last column is for records without a site.
        """
        table = np.full((len(self.plans.plans), len(self.names.number) + 1), NO_NAME, np.int64)
        for row, plan in enumerate(self.plans.plans):
            unit_of = {zone.id: zone.unit for zone in plan.zones} if plan else {}
            for zone, unit in unit_of.items():
                number(unit if units else zone)
            for site, zone in plan.assignment.items() if plan else ():
                if site in self.names.number:
                    table[row, self.names.number[site]] = number(unit_of[zone] if units else zone)
        return table


def mark_school_days(calendar: SchoolCalendar, first: date, last: date) -> BoolArray:
    """Return whether each day from ``first`` to ``last`` inclusive is a school day, (days,)."""
    start = first.toordinal()
    days = np.arange(start, last.toordinal() + 1)
    school = _mark_spans(calendar.terms, days) & ~_mark_spans(calendar.holidays, days)
    return np.asarray(school & ((days - 1) % 7 < 5))  # ordinal 1 was a Monday


def list_day_kinds(calendar: SchoolCalendar, first: date, last: date) -> IntArray:
    """Return each day's index in ``SchoolDayKind``, or -1 without school.

    The shape is (days,), from ``first`` to ``last`` inclusive.
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
    """Return which days, ordinals in order, are in a span."""
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
"""Records without a known site have the bell times of no level."""


@dataclass(frozen=True, eq=False, slots=True)
class BellDays:
    """The hours between the first and last bells of each school, by day from a first day on.

    Attributes
    ----------
    variant
        Each site's row in ``opens_min`` and ``closes_min``, by site number; the last is not a site.
    opens_min, closes_min
        Minutes after local midnight by variant and kind of day, shape (variants, kinds).
    kind
        Each day's index in ``SchoolDayKind``, or ``NO_SCHOOL``; shape (days,).
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
        """Return the school hours from the first day to datetimes in local time, shape (n,).

        ``site`` are site numbers, ``day`` ordinals within these days, ``minute`` minutes after
        midnight.
        """
        variant, index = self.variant[site], day - self.first
        kind = self.kind[index]
        opens, closes = self.opens_min[variant, kind], self.closes_min[variant, kind]
        today = (np.clip(minute, opens, closes) - opens) * (kind != NO_SCHOOL) / 60.0
        return np.asarray(self.hours_before[variant, index] + today)

    def mark_bell_hours(self, site: IntArray, day: IntArray, minute: IntArray) -> BoolArray:
        """Return which datetimes are in bell hours of a school day; arguments as above, (n,)."""
        variant, kind = self.variant[site], self.kind[day - self.first]
        opens, closes = self.opens_min[variant, kind], self.closes_min[variant, kind]
        return np.asarray((kind != NO_SCHOOL) & (minute >= opens) & (minute < closes))


def read_bell_days(
    project: Project, names: NameNumbers, first: date, last: date, *, counted: BoolArray
) -> BellDays:
    """Return the bell days of a period for all names; names that are not sites have default bells.

    A day that is not ``counted``, shape (days,), has no school.
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


@dataclass(frozen=True, slots=True)
class DayRange:
    """A run of consecutive school days from ``first`` to ``last``, and their number."""

    first: date
    last: date
    school_days: int


@dataclass(frozen=True, slots=True)
class RecordBasis:
    """The kinds of records in a period without days declared complete, and silent runs.

    ``silent`` is each kind's longest run of school days without a record, if it is long enough that
    ten records would be expected at the log's rate; if days are declared, a run is at least a week.
    """

    undeclared: tuple[str, ...] = ()
    silent: Mapping[str, DayRange] = field(default_factory=dict)


def find_silent_days(first: date, known: BoolArray, days: IntArray) -> DayRange | None:
    """Return the longest of ``list_silent_days``, which has the same arguments and shapes."""
    runs = list_silent_days(first, known, days)
    return max(runs, key=lambda run: run.school_days, default=None)


def list_silent_days(first: date, known: BoolArray, days: IntArray) -> list[DayRange]:
    """Return the runs of days on record without a record.

    Each is long enough that ten records would be expected at the log's rate.
    ``known`` are the school days on record from ``first`` on, shape (days,); ``days`` are the
    ordinals of the records, shape (records,).
    """
    inside = days[(days >= first.toordinal()) & (days < first.toordinal() + len(known))]
    counts = np.bincount(inside - first.toordinal(), minlength=len(known))
    recorded, known_days = int(counts[known].sum()), int(known.sum())
    runs = list_day_ranges(first, known, known & (counts == 0))
    return [run for run in runs if run.school_days * recorded >= LEAST_N * known_days]


def list_day_ranges(first: date, school: BoolArray, wanted: BoolArray) -> Iterator[DayRange]:
    """Yield the runs of wanted days among the school days.

    ``school`` and ``wanted`` have the shape (days,), from ``first`` on.
    """
    for is_wanted, days in groupby(np.flatnonzero(school).tolist(), key=wanted.__getitem__):
        if is_wanted:
            run = [first + timedelta(days=day) for day in days]
            yield DayRange(run[0], run[-1], len(run))


def describe_basis(basis: RecordBasis, *, of_office: bool = True) -> list[Message]:
    """Describe which kinds of records have no declared days, and which days may be missing.

    Silent runs of declared days are only for the office: others would learn how few records a
    short time has.
    """
    sentences = []
    if basis.undeclared:
        sentences.append(Message("record_basis.not_declared", kinds=basis.undeclared))
    for kind, run in basis.silent.items():
        facts = {"kind": kind, "first": run.first, "last": run.last, "n": run.school_days}
        code = "record_basis.silent" if run.last > run.first else "record_basis.silent.day"
        if kind not in basis.undeclared:
            if not of_office:
                continue
            code = "record_basis.silent.declared"
        sentences.append(Message(code, **facts))
    return sentences


_MAX_PERIOD_DAYS = 36_600
_WEEKEND_DAYS = 2
DAY_MIN = 24 * 60
SILENT_WEEK_DAYS = 5
"""A run of silent days that are declared complete is noted from this many school days on."""
COUNTED_RECORDS = {"visits": VISIT_RECORDS, "calls": INCIDENT_RECORDS}
"""The kinds of records that figures count, by their name in sentences."""


@dataclass(frozen=True, eq=False, slots=True)
class PeriodRecords:
    """The log of a period, and all visits up to its end, for the days since a site's last visit.

    Attributes
    ----------
    recorded, recorded_calls
        The days of the period with visits, or incidents, on record, shape (days,).
    in_school, in_school_for_calls
        The school days among each of them.
    bells, school_days_after
        The bell times by day from ``known_from`` on, and the school days on record after each day
        up to the end of the period, or all school days if none are declared.
    until_min
        The minute of the last day up to which the log is complete: the day's end, or now.
    basis, notes
        The kinds without declared days; sentences about those and the days that do not count.
    """

    project: Project
    log: LogArrays
    first: date
    last: date
    names: NameNumbers
    plans: PlanByDay
    visits_until_end: RecordArray
    visits: RecordArray
    calls: RecordArray
    commitments: RecordArray
    recorded: BoolArray
    recorded_calls: BoolArray
    in_school: BoolArray
    in_school_for_calls: BoolArray
    bells: BellDays
    until_min: int
    known_from: int
    school_days_after: IntArray
    basis: RecordBasis = field(default_factory=RecordBasis)
    notes: tuple[Message, ...] = ()

    @property
    def last_over(self) -> date:
        """The last day that is over: ``last``, or the day before if that is today."""
        return self.last - timedelta(days=self.until_min < DAY_MIN)


def select_period(
    log: LogArrays,
    *,
    project: Project,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
) -> PeriodRecords:
    """Return the part of a log behind a period's figures, both days included, in local time.

    By default the period starts at the first entry and ends today. Days in the future or not on
    record do not count; ``notes`` say if that shortens the period.

    Raises
    ------
    UserError
        The period ends before it starts, or is longer than a century.
    """
    local = now.astimezone(ZoneInfo(project.time_zone))
    today = local.date()
    end = _find_period_end(first, last, today)
    ordinal = end.toordinal()
    visits = _filter_rows(
        log.visits, (log.visits["day"] <= ordinal) & (log.visits["at"] <= int(now.timestamp()))
    )
    calls = _filter_rows(log.calls, log.calls["day"] <= ordinal)
    commitments = log.commitments[log.commitments["day"] <= ordinal]
    earliest = min(int(rows["day"].min(initial=ordinal)) for rows in (visits, calls))
    start = first or date.fromordinal(earliest)
    _check_period(start, end)
    begun = start.toordinal()
    known_from = min(begun, earliest)
    days = np.arange(known_from, ordinal + 1)
    days_with_visits, days_with_calls = (
        mark_days_on_record(project.records.kind(kind), days, rows["day"])
        for kind, rows in ((VISIT_RECORDS, visits), (INCIDENT_RECORDS, calls))
    )
    inside = days >= begun
    kinds = (
        _KindInPeriod("visits", "Visits", log.visits, visits, days_with_visits[inside]),
        _KindInPeriod("calls", "Incidents", log.calls, calls, days_with_calls[inside]),
    )
    basis = _find_basis(log, kinds, project=project, now=now, first=start, last=end)
    names = NameNumbers((*log.names, *project.sites, *project.units))
    bells = read_bell_days(
        project, names, date.fromordinal(known_from), end, counted=days_with_visits
    )
    in_school = bells.kind != NO_SCHOOL
    school_days = mark_school_days(project.calendar, start, end)
    waited = in_school
    if "visits" in basis.undeclared:  # a wait of 0 school days is certain whatever is on record
        waited = mark_school_days(project.calendar, date.fromordinal(known_from), end)
    counted_visits = _filter_rows(visits, days_with_visits[visits["day"] - known_from])
    counted_calls = _filter_rows(calls, days_with_calls[calls["day"] - known_from])
    commitments = _filter_rows(commitments, days_with_calls[commitments["day"] - known_from])
    to_come = [Message("period.to_come", today=today)] if last and last > today else []
    return PeriodRecords(
        project=project,
        log=log,
        first=start,
        last=end,
        names=names,
        plans=PlanByDay(project, start, end, today),
        visits_until_end=visits,
        visits=_filter_rows(counted_visits, counted_visits["day"] >= begun),
        calls=_filter_rows(counted_calls, counted_calls["day"] >= begun),
        commitments=_filter_rows(commitments, commitments["day"] >= begun),
        recorded=days_with_visits[inside],
        recorded_calls=days_with_calls[inside],
        in_school=in_school[begun - known_from :],
        in_school_for_calls=school_days & days_with_calls[inside],
        bells=bells,
        until_min=local.hour * 60 + local.minute if end == today else DAY_MIN,
        known_from=known_from,
        school_days_after=(waited[::-1].cumsum()[::-1] - waited).astype(np.int64),
        basis=basis,
        notes=(
            *to_come,
            *_note_kinds(kinds, project, start, school_days),
            *describe_basis(basis),
        ),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _KindInPeriod:
    """A kind of ``COUNTED_RECORDS``: its records, and its days on record in a period.

    ``title`` is its name at the start of a sentence; ``until_end`` are its records up to the end of
    the period.
    """

    name: str
    title: str
    records: RecordArray
    until_end: RecordArray
    on_record: BoolArray


def _find_period_end(first: date | None, last: date | None, today: date) -> date:
    """Return the last day of a period that is not in the future, by default today."""
    if first is not None and last is not None:
        _check_period(first, last)
    if first is not None and first > today:
        raise UserError("period_not_begun", first=first, today=today)
    return min(last or today, today)


def _find_basis(
    log: LogArrays,
    kinds: Iterable[_KindInPeriod],
    *,
    project: Project,
    now: datetime,
    first: date,
    last: date,
) -> RecordBasis:
    """Return the kinds without declared days in a period, and each kind's silent run."""
    undeclared = tuple(
        kind.name
        for kind in kinds
        if kind.on_record.any()
        and is_undeclared(project, COUNTED_RECORDS[kind.name], kind.until_end)
    )
    runs = {
        name: find_silent_run(log, kind, project=project, now=now, first=first, last=last)
        for name, kind in COUNTED_RECORDS.items()
    }
    return RecordBasis(undeclared, {name: run for name, run in runs.items() if run is not None})


def _note_kinds(
    kinds: Iterable[_KindInPeriod], project: Project, start: date, school_days: BoolArray
) -> Iterator[Message]:
    """Yield sentences about the days of each kind that do not count, and the records on them."""
    for kind in kinds:
        declared = project.records.kind(COUNTED_RECORDS[kind.name])
        if len(kind.records) or declared != NOTHING_DECLARED:
            yield from _note_days(kind.title, start, kind.on_record, school_days)
            days = kind.until_end["day"] - start.toordinal()
            yield from _note_left_out(kind.title, days, kind.on_record)


def is_undeclared(project: Project, kind: str, records: RecordArray) -> bool:
    """Return whether no days are declared complete for a kind with ``records``, shape (n,).

    Sample records need no declaration: they are labeled wherever they count.
    """
    made_up = (records["marks"] & SAMPLE_MARK).astype(bool)
    return not project.records.kind(kind).is_declared and not made_up.all()


def find_silent_run(
    log: LogArrays,
    kind: str,
    *,
    project: Project,
    now: datetime,
    first: date = date.min,
    last: date = date.max,
    least_days: int = 1,
) -> DayRange | None:
    """Return the longest silent run of school days in a period: its days without a record.

    Runs are found in the whole log's past days on record, then cut to the period, so that a period
    without any record has one, too. At the log's rate, a run's days would have had ten records. If
    days are declared, a run is at least a week; a log of only samples has none.
    """
    records = {VISIT_RECORDS: log.visits, INCIDENT_RECORDS: log.calls}[kind]
    declared = project.records.kind(kind)
    if not len(records) or not (declared.is_declared or is_undeclared(project, kind, records)):
        return None
    begun = date.fromordinal(int(records["day"].min()))
    ended = now.astimezone(ZoneInfo(project.time_zone)).date() - timedelta(days=1)
    if declared.begun is not None:
        begun = min(begun, declared.begun)
    if begun > ended:
        return None
    days = np.arange(begun.toordinal(), ended.toordinal() + 1)
    known = mark_days_on_record(declared, days, records["day"])
    known &= mark_school_days(project.calendar, begun, ended)
    least = max(least_days, SILENT_WEEK_DAYS if declared.is_declared else 1)
    runs = (
        (max(run.first, first), min(run.last, last))
        for run in list_silent_days(begun, known, records["day"])
        if run.school_days >= least
    )
    parts = [
        DayRange(start, end, int(known[(start - begun).days : (end - begun).days + 1].sum()))
        for start, end in runs
        if start <= end
    ]
    return max(parts, key=lambda part: part.school_days, default=None)


def count_days_since_visit(
    log: LogArrays, *, project: Project, now: datetime, last: date | None = None
) -> dict[str, int]:
    """Return the school days since each visited site's last visit, up to a day or now.

    They are the figure ``days_since_last_visit``: days without records do not count. If no days
    are declared, only sites with 0 days have a number.
    """
    declared = not is_undeclared(project, VISIT_RECORDS, log.visits)
    today = now.astimezone(ZoneInfo(project.time_zone)).date()
    end = min(last or today, today)
    day, moment = log.visits["day"], log.visits["at"]
    so_far = _filter_rows(log.visits, (day <= end.toordinal()) & (moment <= int(now.timestamp())))
    last_visits = so_far[np.flatnonzero(np.diff(so_far["site"], append=NO_NAME - 1))]
    earliest = int(last_visits["day"].min(initial=end.toordinal()))
    days = np.arange(earliest, end.toordinal() + 1)
    known = np.ones(len(days), bool)
    if declared:
        known = mark_days_on_record(project.records.kind(VISIT_RECORDS), days, so_far["day"])
    school = mark_school_days(project.calendar, date.fromordinal(earliest), end)
    passed = days[known & school].tolist()
    waits = {
        log.names[site]: len(passed) - bisect_right(passed, visited)
        for site, visited in last_visits[["site", "day"]].tolist()
        if site != NO_NAME
    }
    return {site: wait for site, wait in waits.items() if declared or not wait}


def list_days_on_record(
    log: LogArrays, kind: str, *, project: Project, now: datetime, last: date | None = None
) -> tuple[DaySpan, ...]:
    """Return the days with visits or incidents on record, up to a day or now, in order."""
    today = now.astimezone(ZoneInfo(project.time_zone)).date()
    end = min(last or today, today)
    days = find_days({VISIT_RECORDS: log.visits, INCIDENT_RECORDS: log.calls}[kind]["day"])
    days = days[days <= end.toordinal()]
    return tuple(
        DaySpan(span.first, min(span.last or end, end))
        for span in project.records.kind(kind).list_days_on_record(
            map(date.fromordinal, days.tolist())
        )
        if span.first <= end
    )


def find_days(days: IntArray) -> IntArray:
    """Return the distinct days in order: 200,000 visits are on a few thousand days.

    Days are ordinals; shapes (records,) and (days,).
    """
    first = int(days.min(initial=date.max.toordinal()))
    return np.flatnonzero(np.bincount(days - first)) + first if len(days) else days


def mark_days_on_record(kept: KeptRecords, days: IntArray, recorded: IntArray) -> BoolArray:
    """Return which days are on record for a kind; see ``KeptRecords.list_days_on_record``.

    ``days`` are ordinals in order, shape (n,) like the result; ``recorded`` are the records' days.
    """
    known = np.zeros(len(days), bool)
    for span in kept.list_days_on_record(map(date.fromordinal, find_days(recorded).tolist())):
        last = days[-1] if span.last is None else span.last.toordinal()
        known |= (days >= span.first.toordinal()) & (days <= last)
    return known


def _note_days(
    kind: str, start: date, known: BoolArray, school_days: BoolArray
) -> Iterator[Message]:
    """Yield a sentence if some of a period's school days do not count, or none of its days.

    If records end before a recess, all school days count, but no days after them.
    """
    if not known.any():
        yield Message("period.not_recorded", kind=kind)
        return
    if not (school_days & ~known).any():
        after = int(known[::-1].argmax())
        if after > _WEEKEND_DAYS:
            until = start + timedelta(days=len(known) - 1 - after)
            yield Message("period.until", kind=kind, until=until)
        return
    first = int(known.argmax())
    if known[first:].all():
        since = start + timedelta(days=first)
        yield Message("period.since", kind=kind, since=since)
    else:
        yield Message("period.incomplete", kind=kind, days=int(known.sum()), all=len(known))


def _note_left_out(kind: str, days: IntArray, known: BoolArray) -> Iterator[Message]:
    """Yield a sentence about records on days that do not count; ``days`` count from the first."""
    inside = days[days >= 0]
    if n := int((~known[inside]).sum()):
        yield Message("period.left_out", kind=kind, n=n)


def _filter_rows(table: RecordArray, which: BoolArray) -> RecordArray:
    return table if which.all() else table[which]


def _check_period(first: date, last: date) -> None:
    if first > last:
        raise UserError("days_out_of_order.period", first=first, last=last)
    if (last - first).days > _MAX_PERIOD_DAYS:
        raise UserError("period_too_long", first=first, last=last)
