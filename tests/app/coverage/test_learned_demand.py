"""The log changes the demand only on days declared complete."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, project_from, refused

from zoneplanner import storage
from zoneplanner.analysis.demand.call_demand import count_observed_calls
from zoneplanner.app.coverage.demand import (
    declare_records,
    find_demand_gap,
    find_log_demand,
    read_demand,
    set_demand_scenario,
    use_demand,
)
from zoneplanner.app.coverage.expected_response import evaluate_response, expect_calls
from zoneplanner.app.coverage.observed_coverage import compute_coverage_board
from zoneplanner.app.coverage.period_plans import judge_against_plan
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 5), date(2026, 11, 13)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    autumn = DateRange("Autumn", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AABB"), calendar=SchoolCalendar((autumn,), ()))
    store = create_store(tmp_path / "p.gpkg", project, actor="test", at=NOW)
    opened = Session(store, actor="test", desk="desk", clock=lambda: NOW)
    yield opened
    opened.close()


def log_calls(session: Session, days: int, site: str = "r1c2") -> None:
    """A call at noon of each of the last days."""
    day = LAST
    for _ in range(days):
        columns = {"site": site, "type": "fight", "received_at": f"{day}T12:00"}
        log_record(session, "incident", columns)
        day -= timedelta(days=1)


def read_calls_per_day(session: Session) -> float:
    return sum(load.calls for load in session.state.basis.loads)


def test_calls_change_nothing_before_the_log_is_declared_complete(session: Session) -> None:
    before, week = evaluate_response(session.state), expect_calls(session)
    log_calls(session, 4)
    log_record(session, "incident", {"site": "r1c1", "type": "fight", "priority": "1",
                                     "received_at": f"{LAST}T12:30"})  # fmt: skip
    now = expect_calls(session)
    assert now.weekdays.tolist() == week.weekdays.tolist()
    assert now.intensity.tolist() == week.intensity.tolist()
    assert now.urgent_share == week.urgent_share
    assert find_log_demand(session) is None and find_demand_gap(session) is None
    assert read_calls_per_day(session) == pytest.approx(0.8)
    assert expect_calls(session).per_day.tolist() == pytest.approx([0.2] * 4)
    assert evaluate_response(session.state).units == before.units
    with refused("log_not_complete"):
        use_demand(session, "log")


def test_a_log_that_contradicts_assumed_demand_is_reported_and_can_be_used(
    session: Session,
) -> None:
    log_calls(session, 5)
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(FIRST, LAST)),))
    known = find_log_demand(session)
    assert known is not None
    assert (known.calls_per_day, known.school_days) == (pytest.approx(5 / 30), 30)
    gap = find_demand_gap(session)
    assert gap is not None and gap.assumed == pytest.approx(0.8)
    assert gap.finding.code == "demand_gap"
    use_demand(session, "log")
    assert read_calls_per_day(session) == pytest.approx(5 / 30)
    assert expect_calls(session).per_day.sum() == pytest.approx(5 / 30)
    assert read_demand(session.state).source == "log"
    assert find_demand_gap(session) is None
    session.undo()
    assert read_calls_per_day(session) == pytest.approx(0.8)


def test_demand_is_learned_from_declared_days_only(session: Session) -> None:
    log_calls(session, 5)
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(date(2026, 11, 9), LAST)),))
    known = find_log_demand(session)
    assert known is not None
    assert (known.calls_per_day, known.school_days) == (1.0, 5)


def test_a_scenario_is_stored_in_the_project(session: Session, tmp_path: Path) -> None:
    set_demand_scenario(session, "quiet", value=0.4, low=0.2, high=0.9)
    assert read_calls_per_day(session) == pytest.approx(0.8)  # stored but not used yet
    use_demand(session, "quiet")
    session.close()
    store = storage.open(tmp_path / "p.gpkg", read_only=True)
    again = Session(store, actor="test", desk="desk", clock=lambda: NOW)
    demand = read_demand(again.state)
    assert (demand.calls_per_day, demand.low, demand.high) == pytest.approx((0.4, 0.2, 0.9))
    assert again.project.demand.use == "quiet"


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.9), (0.1, 0.3), (-1.0, 2.0)])
def test_an_invalid_demand_is_refused(session: Session, low: float, high: float) -> None:
    with refused("out_of_range.calls_per_day", value=0.4):
        set_demand_scenario(session, "odd", value=0.4, low=low, high=high)


def test_future_days_cannot_be_declared_complete(session: Session) -> None:
    tomorrow = session.today + timedelta(days=1)
    for span in (DaySpan(FIRST, tomorrow), DaySpan(tomorrow)):
        with refused("days_to_come", day=tomorrow, today=session.today):
            declare_records(session, complete=((INCIDENT_RECORDS, span),))
    with refused("days_to_come", day=tomorrow):
        declare_records(session, since={INCIDENT_RECORDS: tomorrow})
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(FIRST)),))  # open-ended


def test_a_log_without_a_finished_declared_day_is_refused(session: Session) -> None:
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(session.today)),))
    with refused("log_not_complete.few_days"):
        use_demand(session, "log")


def test_reserved_and_unknown_demand_names_are_refused(session: Session) -> None:
    for name in ("log", "Preset", "public"):
        with refused("demand_name_taken", name=name):
            set_demand_scenario(session, name, value=1.0, low=None, high=None)
    with refused("unknown_demand", name="busy", known=["preset"]):
        use_demand(session, "busy")


def test_days_before_the_first_call_and_today_are_not_quiet_days(
    session: Session,
) -> None:
    log_calls(session, 4)
    day = LAST - timedelta(days=3)
    project, log = session.project, session.store.log()
    found = count_observed_calls(project, log, LAST, first=FIRST)
    assert (found.school_days, found.incidents) == (4, 4) and day == date(2026, 11, 10)
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(FIRST)),))
    demand = find_log_demand(session)
    assert demand is not None
    assert (demand.school_days, demand.until) == (30, date(2026, 11, 15))  # not the Monday of NOW


def test_an_undeclared_log_is_not_judged_to_have_fewer_calls(
    session: Session,
) -> None:
    log_calls(session, 30)
    set_demand_scenario(session, "busy", value=24.0, low=12.0, high=36.0)
    use_demand(session, "busy")

    def outcome() -> str:
        board = compute_coverage_board(session, first=FIRST, last=LAST)
        judged = judge_against_plan(
            session.store.log(), session.state, board.series, target_min=8.0
        )
        return judged[-1].outcome

    assert outcome() == "too_few"
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(FIRST)),))
    assert outcome() == "fewer"


def test_a_short_period_is_judged_by_the_rate_of_all_days_on_record(session: Session) -> None:
    log_calls(session, 30)
    set_demand_scenario(session, "busy", value=24.0, low=12.0, high=36.0)
    use_demand(session, "busy")

    def judged_at(first: date) -> float:
        series = compute_coverage_board(session, first=first, last=LAST).series
        log = session.store.log()
        return judge_against_plan(log, session.state, series, target_min=8.0)[0].calls_per_day

    for row in range(12):
        times = dict.fromkeys(("dispatched_at", "onscene_at"), f"{LAST}T12:{row + 10}")
        columns = {"site": "r1c1", "type": "fight", "received_at": f"{LAST}T12:{row + 10}"}
        log_record(session, "incident", {**columns, **times})
    whole = judged_at(FIRST)
    assert whole == pytest.approx((30 * 5 / 7 + 12) / 22, rel=0.1)
    assert judged_at(LAST - timedelta(days=3)) == pytest.approx(whole, rel=0.1)  # not 24
