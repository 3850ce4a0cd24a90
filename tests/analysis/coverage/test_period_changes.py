"""Changes between two periods: called more than chance only if they are."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from builders import project_from

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.coverage.verdicts import (
    PERIOD_FIGURES,
    PeriodChange,
    compare_periods,
)
from zoneplanner.analysis.demand.call_demand import count_observed_calls
from zoneplanner.analysis.log.log_arrays import build_log_arrays
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.log.journal import Incident, Visit
from zoneplanner.domain.project import Project

NOW = datetime(2026, 11, 2, 20, tzinfo=UTC)
OCTOBER, SEPTEMBER = (
    (date(2026, 10, 1), date(2026, 10, 31)),
    (date(2026, 9, 1), date(2026, 9, 30)),
)


def create_project_on_record() -> Project:
    """A project whose records are complete since September."""
    calendar = SchoolCalendar((DateRange("fall", date(2026, 8, 14), date(2026, 12, 18)),), ())
    project = replace(project_from("AAAA"), calendar=calendar)
    records = project.records
    for kind in ("visits", "incidents"):
        records = records.with_complete(kind, DaySpan(SEPTEMBER[0], OCTOBER[1]))
    return replace(project, records=records)


PROJECT = create_project_on_record()
MORNING = timedelta(hours=17)


def create_log(
    days: Sequence[date], visits: FloatArray, calls: FloatArray, minutes: Iterator[float]
) -> tuple[list[Visit], list[Incident]]:
    """Return so many visits and calls on each day; ``minutes`` are those of responses."""
    came, called = [], []
    for day, many, few in zip(days, visits.astype(int), calls.astype(int), strict=True):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + MORNING
        came += [
            Visit(f"v{day}{n}", f"r1c{n % 4 + 1}", "A", at, None, "", "completed")
            for n in range(many)
        ]
        called += [
            Incident(f"i{day}{n}", "r1c1", "fight", 2, at, at, at, at + timedelta(minutes=wait))
            for n, wait in zip(range(few), minutes, strict=False)
        ]
    return came, called


def compare(visits: list[Visit], calls: list[Incident]) -> tuple[PeriodChange, ...]:
    log = build_log_arrays(visits, calls, time_zone=PROJECT.time_zone)
    now, before = (
        select_period(log, project=PROJECT, now=NOW, first=first, last=last)
        for first, last in (OCTOBER, SEPTEMBER)
    )
    (found,) = compare_periods(now, [before], target_min=8.0)
    return found


def school_days(first: date, last: date) -> list[date]:
    return list(PROJECT.calendar.school_days(first, last))


DAYS = [*school_days(*SEPTEMBER), *school_days(*OCTOBER)]
LATER = np.array([day >= OCTOBER[0] for day in DAYS])


def test_a_clear_change_is_reported_with_its_interval() -> None:
    alternating = np.arange(len(DAYS)) % 2
    visits = np.where(LATER, 2, 6) + alternating
    calls = np.where(LATER, 9, 4) + alternating
    minutes = iter(np.where(np.arange(900) % 3, 5.0, 11.0).tolist())
    found = {one.name: one for one in compare(*create_log(DAYS, visits, calls, minutes))}
    assert list(found) == list(PERIOD_FIGURES)
    fewer, more = found["visits_per_school_day"], found["calls_per_school_day"]
    assert (fewer.outcome, more.outcome) == ("less", "more")
    assert fewer.difference == pytest.approx(-4.0, abs=0.1)
    assert more.low is not None and more.high is not None
    assert 0 < more.low < (more.difference or 0.0) < more.high
    assert found["required_visits_share"].outcome == "less"
    assert found["response_mean_min"].outcome == "chance"
    assert found["response_within_target_share"].outcome == "chance"


def test_calls_per_school_day_match_the_demand_learned_from_the_log() -> None:
    calls = np.full(len(DAYS), 2)
    visits, made = create_log(DAYS, calls, calls, iter([5.0] * 900))
    six_h = timedelta(hours=6)
    at_night = [
        replace(one, uid=f"night {one.uid}", received_at=one.received_at - six_h)
        for one in made[::3]
    ]
    found = {one.name: one for one in compare(visits, [*made, *at_night])}
    log = build_log_arrays(visits, [*made, *at_night], time_zone=PROJECT.time_zone)
    counted = count_observed_calls(PROJECT, log, OCTOBER[1], first=OCTOBER[0])
    told = found["calls_per_school_day"].now
    assert (told.value, told.n) == (counted.counts_a_day.mean(), counted.school_days)
    assert told.value == 2.0 and counted.outside > 0


def test_few_records_are_not_compared() -> None:
    calls = np.zeros(len(DAYS))
    calls[:9] = 1
    found = {one.name: one for one in compare(*create_log(DAYS, calls, calls, iter([5.0] * 9)))}
    for name in ("response_mean_min", "response_within_target_share"):
        assert found[name].outcome == "too_few" and found[name].difference is None
        assert (found[name].now.n, found[name].before.n) == (0, 9)
    assert found["calls_per_school_day"].outcome in ("less", "chance")  # there are enough days


def test_too_few_school_days_are_not_compared() -> None:
    log = build_log_arrays(*create_log(DAYS, LATER * 3.0, LATER * 3.0, iter([5.0] * 900)),
                           time_zone=PROJECT.time_zone)  # fmt: skip
    now, before = (
        select_period(log, project=PROJECT, now=NOW, first=first, last=last)
        for first, last in ((date(2026, 10, 1), date(2026, 10, 13)), SEPTEMBER)
    )
    (found,) = compare_periods(now, [before], target_min=8.0)
    assert {one.name for one in found if one.outcome == "too_few"} >= {
        *("visits_per_school_day", "required_visits_share", "calls_per_school_day"),
    }


@pytest.mark.long
@pytest.mark.parametrize("spread", [1.0, 2.5])
def test_at_most_5_in_100_identical_months_claim_a_change(spread: float) -> None:
    """Visits and calls vary from day to day by chance or more; response times are skewed."""
    draw = np.random.default_rng(1927)
    claims, logs = 0, 1_000
    for _ in range(logs):
        visits, calls = (
            draw.poisson(mean * draw.gamma(mean / (spread - 1), (spread - 1) / mean, len(DAYS)))
            if spread > 1
            else draw.poisson(mean, len(DAYS))
            for mean in (4.0, 5.0)
        )
        minutes = iter(draw.lognormal(1.6, 0.5, int(calls.sum())).tolist())
        found = compare(*create_log(DAYS, visits, calls, minutes))
        claims += any(one.outcome in ("more", "less") for one in found)
    assert claims / logs <= 0.05 + 2 * (0.05 * 0.95 / logs) ** 0.5
