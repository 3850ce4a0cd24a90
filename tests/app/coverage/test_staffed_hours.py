from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from builders import create_store
from rosters import CALENDAR, MONDAY, officer, roster

from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage
from zoneplanner.app.geography.map_themes import STAFFED, compute_theme_values, read_theme_inputs
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import local_to_utc
from zoneplanner.domain.log.entries import build_incident_entry
from zoneplanner.domain.plans.edits import adopt_plan, branch_plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.domain.roster.staffing import UnitStaffing
from zoneplanner.messages import Message

ZONE = "America/Los_Angeles"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    now = local_to_utc(MONDAY + timedelta(days=1), time(12), ZONE)
    project = replace(roster(officer("A", "A")), calendar=CALENDAR)
    project = shift_edits.assign_shift(project, f"A-day-{MONDAY}", "A", RosterDecision(now))
    store = create_store(tmp_path / "d.gpkg", project, actor="planner", at=now)
    made = Session(store, actor="planner", desk="desk 1", clock=lambda: now)
    start = local_to_utc(MONDAY, time(9), ZONE)
    for number in range(10):
        began = start + timedelta(minutes=5 * number)
        made.log(
            build_incident_entry(
                uid=f"call {number}",
                site="r1c1",
                type="fight",
                received_at=began,
                dispatched_at=began,
                enroute_at=began,
                onscene_at=began + timedelta(minutes=5),
                cleared_at=began + timedelta(minutes=6),
                units=("A",),
                time_zone=ZONE,
                now=now,
            )
        )
    yield made
    made.close()


def read_figures(
    session: Session, by: str, key: str, first: date | None = None
) -> dict[str, float]:
    rows = {row.key: row for row in compute_observed_coverage(session, by=by, first=first)}
    return {name: one.value for name, one in rows[key].figures.items() if one.value is not None}


def test_utilization_is_time_on_calls_over_hours_on_duty(session: Session) -> None:
    found = read_figures(session, "unit", "A")
    assert "utilization" not in found, "nobody declared the days"
    declare_records(session, since={"incidents": MONDAY})
    assert read_figures(session, "unit", "A")["utilization"] == pytest.approx(1.0 / 8.5)
    declare_records(session, since={"incidents": MONDAY + timedelta(days=1)})
    assert "utilization" not in read_figures(session, "unit", "A"), "no shift of a day that counts"


def test_open_zone_hours_count_up_to_now(session: Session) -> None:
    assert read_figures(session, "unit", "A")["open_zone_h"] == pytest.approx(4.5)
    assert read_figures(session, "zone", "A")["open_zone_h"] == pytest.approx(4.5)
    total = read_figures(session, "all", "all")["open_zone_h"]
    assert total == pytest.approx(2 * 8.5 + 3 * 4.5)


def test_a_plan_starting_tomorrow_changes_no_open_hours_this_evening(session: Session) -> None:
    evening = local_to_utc(MONDAY + timedelta(days=1), time(20), ZONE)  # tomorrow, by UTC
    session.clock = lambda: evening
    before = read_figures(session, "zone", "A")["open_zone_h"]
    assert before != read_figures(session, "zone", "B")["open_zone_h"]

    def swap(project: Project) -> Project:
        (plan,) = project.plans.values()
        one, other = plan.zones[:2]
        zones = (replace(one, unit=other.unit), replace(other, unit=one.unit), *plan.zones[2:])
        later = replace(branch_plan(plan, "later", "Later", at=evening), zones=zones)
        project = adopt_plan(project, plan.uid, MONDAY).with_plan(later)
        return adopt_plan(project, later.uid, MONDAY + timedelta(days=2))

    session.apply("Swap units", swap)
    assert read_figures(session, "zone", "A")["open_zone_h"] == before


def test_open_hours_are_not_shown_by_site(session: Session) -> None:
    row = compute_observed_coverage(session, by="site")[0]
    assert row.figures["open_zone_h"].why == Message("not_shown.except_by_unit_or_zone")


def test_sites_are_colored_by_staffing_and_zones_show_the_officer(
    session: Session,
) -> None:
    first = read_theme_inputs(session, STAFFED)
    assert set(compute_theme_values(STAFFED, session.state, first).captions.values()) == {"open"}
    now = session.clock()
    session.apply(
        "Give",
        lambda one: shift_edits.assign_shift(
            one, f"A-day-{session.today}", "A", RosterDecision(now)
        ),
    )
    found = compute_theme_values(STAFFED, session.state, read_theme_inputs(session, STAFFED))
    assert found.captions["A"] == "Officer A"
    assert found.values["r1c1"] is UnitStaffing.FILLED
    assert found.values["r2c2"] is UnitStaffing.OPEN
