"""How often verdicts on simulated logs are false or miss a slowdown."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from builders import RecordProperty, project_from

from zoneplanner.analysis.coverage.chart_series import compute_coverage_series
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.coverage.verdicts import MEAN_RESPONSE
from zoneplanner.analysis.log.log_arrays import CALL_DTYPE, CALL_STAMPS, LogArrays
from zoneplanner.analysis.response_times.call_simulation import draw_calls
from zoneplanner.analysis.response_times.deployment import Deployment, build_deployment
from zoneplanner.analysis.site_loads import SCHOOL_DAY_H
from zoneplanner.app.coverage.period_plans import judge_against_plan
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan, RecordKeeping
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

EPOCH = date(1970, 1, 1)
FIRST, LAST = date(2026, 8, 17), date(2026, 11, 6)
TARGET_MIN = 8.0
DAYS = 60
OPENS_S = 7 * 3600 + 1800
PACIFIC_S = 7 * 3600


@dataclass(frozen=True, eq=False)
class District:
    """A district with about 5 calls per school day over 60 school days."""

    project: Project
    state: ProjectState
    model: Deployment


@pytest.fixture(scope="module")
def district() -> District:
    project = project_from("AABB / CCAA / CCBB")
    terms = (DateRange("Autumn", FIRST, LAST),)
    calm = replace(project.assumptions, calls_per_1000=1.04, speed_mph=8.0)
    project = replace(project, assumptions=calm, calendar=SchoolCalendar(terms, ()))
    whole = DaySpan(FIRST, LAST)
    project = project.with_records(RecordKeeping().with_complete(INCIDENT_RECORDS, whole))
    state = derive_state(project, project.plans["plan"])
    return District(project, state, build_deployment(project, project.plans["plan"], state.basis))


def simulate_log(of: District, rng: np.random.Generator, *, slower: float = 1.0) -> LogArrays:
    """Simulate calls and place them on the school days of the calendar."""
    run = draw_calls(of.model, DAYS * SCHOOL_DAY_H, rng)
    kept = np.flatnonzero(run.at_h >= 0)
    days = np.array([day.toordinal() for day in of.project.calendar.school_days(FIRST, LAST)])
    number, hour = np.divmod(run.at_h[kept], SCHOOL_DAY_H)
    second = (OPENS_S + hour * 3600).astype(np.int64)
    rows = np.zeros(len(kept), CALL_DTYPE)
    rows["day"] = days[number.astype(np.int64)]
    rows["minute"], rows["site"], rows["priority"] = second // 60, run.site[kept], 3
    for stamp in CALL_STAMPS:
        rows[stamp] = (rows["day"] - EPOCH.toordinal()) * 86_400 + second + PACIFIC_S
    answered = run.unit[kept] >= 0
    drive_s = (run.response_min[kept] * 60 * slower).astype(np.int64)
    rows["onscene"] = np.where(answered, rows["received"] + drive_s, -(1 << 40))
    return LogArrays(names=of.model.sites, calls=rows)


def judge_logs(of: District, log: LogArrays) -> dict[Message, str]:
    now = datetime(2026, 11, 7, tzinfo=ZoneInfo(of.project.time_zone))
    period = select_period(log, project=of.project, now=now, first=FIRST, last=LAST)
    series = compute_coverage_series(period)
    judged = judge_against_plan(log, of.state, series, target_min=TARGET_MIN)
    assert min(one.n for one in judged) >= DAYS
    return {one.name: one.outcome for one in judged}


def count_false_verdicts(of: District, logs: int) -> float:
    rng = np.random.default_rng(1)
    false = sum(
        set(judge_logs(of, simulate_log(of, rng)).values()) != {"as_expected"} for _ in range(logs)
    )
    return false / logs


def count_slower(of: District, logs: int) -> float:
    rng = np.random.default_rng(2)
    found = Counter(
        judge_logs(of, simulate_log(of, rng, slower=1.2))[MEAN_RESPONSE] for _ in range(logs)
    )
    return found["worse"] / logs


def test_an_ordinary_log_rarely_gets_a_false_verdict(district: District) -> None:
    assert count_false_verdicts(district, 150) <= 0.10


def test_a_log_20_percent_slower_is_called_slower(district: District) -> None:
    assert count_slower(district, 40) >= 0.8


@pytest.mark.long
def test_five_percent_of_ordinary_logs_get_a_false_verdict(
    district: District, record_property: RecordProperty
) -> None:
    false = count_false_verdicts(district, 4_000)
    record_property("measured", f"{false:.1%} of 4,000 logs")
    assert 0.04 <= false <= 0.06


@pytest.mark.long
def test_four_of_five_logs_20_percent_slower_are_called_slower(
    district: District, record_property: RecordProperty
) -> None:
    slower = count_slower(district, 1_000)
    record_property("measured", f"{slower:.1%} of 1,000 logs")
    assert slower >= 0.8
