"""Every page, command and printed sheet of a project uses the same demand and period."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from builders import project_from
from papers import page_texts
from sentences import says

from zoneplanner.analysis.demand.call_demand import judge_plan_at_range
from zoneplanner.app.coverage.demand import (
    declare_records,
    find_demand_gap,
    read_demand,
    set_demand_scenario,
    use_demand,
)
from zoneplanner.app.coverage.expected_response import evaluate_response, expect_calls
from zoneplanner.app.coverage.observed_coverage import compute_coverage_board
from zoneplanner.app.coverage.period_plans import judge_against_plan
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_options import measure_plan_cost
from zoneplanner.app.publishing.handout import HandoutRequest, collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.publish.documents.atlas import build_atlas
from zoneplanner.publish.documents.coverage_report import build_coverage_report
from zoneplanner.publish.pdf.page import render_pdf

FIRST, LAST = date(2026, 10, 5), date(2026, 11, 13)
VISITS_MIN, CALL_MIN = 15.0, 35.0


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    autumn = DateRange("Autumn", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("AAB / ABB"), calendar=SchoolCalendar((autumn,), ()))
    return open_session(project)


def list_demands(session: Session) -> dict[str, float]:
    """Return the calls per school day that each part of the program uses."""
    state = session.state
    assert state.figures is not None and state.plan is not None
    sites = len(state.basis.sites)
    load_min = sum(zone.load_min for zone in state.figures.zones.values())
    board = compute_coverage_board(session, first=FIRST, last=LAST)
    judged = judge_against_plan(session.store.log(), state, board.series, target_min=8.0)
    handout = collect_handout(session, "staff")
    printed = sum(
        int(minutes)
        for minutes in re.findall(r"Load\s+(\d+) min per day", read_pdf(build_atlas(handout)))
    )
    stands = judge_plan_at_range(state.project, state.plan, state.basis)
    gap = find_demand_gap(session)
    assert gap is not None
    idle = measure_plan_cost(state.project, state.plan, state.basis)
    assert idle.response_min == evaluate_response(state).mean_response_min
    return {
        "read": read_demand(state).calls_per_day,
        "loads": sum(load.calls for load in state.basis.loads),
        "zones": (load_min - sites * VISITS_MIN) / CALL_MIN,
        "expected": float(expect_calls(session).per_day.sum()),
        "verdict": judged[-1].expected or 0.0,
        "handout": (sum(one.load_min for one in handout.figures.values()) - sites * VISITS_MIN)
        / CALL_MIN,
        "atlas": (printed - sites * VISITS_MIN) / CALL_MIN,
        "sensitivity": stands[1].calls_per_day,
        "check": gap.finding.facts["assumed"],
        "routes": sum(one.load_min for one in handout.figures.values()) / CALL_MIN
        - sum(map(len, handout.stops.values())) * VISITS_MIN / CALL_MIN,
    }


def read_pdf(booklet: object) -> str:
    return "\n".join(page_texts(render_pdf(booklet)))  # type: ignore[arg-type]


def test_every_page_and_command_uses_the_same_demand(session: Session) -> None:
    """A complete log shows far fewer calls than assumed."""
    call = {"site": "r1c1", "type": "fight", "received_at": f"{FIRST}T10:00"}
    log_record(session, "incident", call)
    declare_records(session, complete=((INCIDENT_RECORDS, DaySpan(FIRST)),))
    found = list_demands(session)
    assert found == pytest.approx(dict.fromkeys(found, 1.2), abs=0.03)  # minutes are printed whole
    set_demand_scenario(session, "busy", value=24.0, low=12.0, high=36.0)
    use_demand(session, "busy")
    found = list_demands(session)
    assert found == pytest.approx(dict.fromkeys(found, 24.0), abs=0.03)


def test_the_cost_of_an_option_matches_the_expected_response(session: Session) -> None:
    set_demand_scenario(session, "busy", value=24.0, low=12.0, high=36.0)
    use_demand(session, "busy")
    state = session.state
    assert state.plan is not None
    cost, expected = (
        measure_plan_cost(state.project, state.plan, state.basis),
        evaluate_response(state),
    )
    assert cost.response_min == expected.mean_response_min
    assert cost.within == expected.share_within_target


@pytest.mark.parametrize("complete", [(), (DaySpan(date(2026, 10, 12), date(2026, 10, 30)),)])
def test_report_board_and_command_line_agree_to_the_digit(
    session: Session, capsys: pytest.CaptureFixture[str], complete: tuple[DaySpan, ...]
) -> None:
    declare_records(session, complete=tuple((INCIDENT_RECORDS, span) for span in complete))
    sites = list(session.project.sites)
    for number in range(30):
        day = FIRST + timedelta(days=number % 40)
        arrived = datetime.combine(day, datetime.min.time()) + timedelta(hours=8 + number % 7)
        columns = {"site": sites[number % len(sites)], "arrived_at": f"{arrived:%Y-%m-%dT%H:%M}"}
        log_record(session, "visit", columns)
        call = {**columns, "type": "fight", "received_at": columns.pop("arrived_at")}
        call.pop("arrived_at")
        call["onscene_at"] = f"{arrived + timedelta(minutes=3 + number % 9):%Y-%m-%dT%H:%M}"
        log_record(session, "incident", call)
    shown = compute_coverage_board(session, first=FIRST, last=LAST, target_min=6.0)
    board = shown.figures
    asked = HandoutRequest("law-enforcement", first=FIRST, last=LAST, target_min=6.0)
    coverage = collect_handout(session, asked).coverage
    path = session.store.path
    assert isinstance(path, Path) and coverage is not None
    days = ("--from", str(FIRST), "--to", str(LAST))
    assert main(["coverage", str(path), "--by", "all", *days, "--target-min", "6", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    for name, figure in row["figures"].items():
        for other in (board[name], coverage.whole.figures[name]):
            assert (other.value, other.n) == (figure["value"], figure["n"]), name
    text = read_pdf(build_coverage_report(collect_handout(session, asked)))
    share = row["figures"]["response_within_target_share"]
    assert share["value"] is not None and f"{share['value']:.0%}" in text
    assert says(text, "wait_chart", n=str(share["n"])) and "target 6 min" in text
    assert sum(week.visits for week in shown.series.weeks) == row["figures"]["visits"]["n"]
    assert says(text, "visit_chart", visits=str(row["figures"]["visits"]["n"]))
