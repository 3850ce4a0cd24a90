"""Each what-if is one step in a branch and leaves its parent plan alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused

from zoneplanner import storage
from zoneplanner.app.plans.what_if import (
    apply_what_if_to_project,
    build_planned_site,
    discard_what_if,
    find_actual_enrollment,
    find_base_plan,
    list_applicable_changes,
    list_what_if_changes,
    parse_enrollment,
    suppose_enrollment,
    suppose_planned_site,
    suppose_site_closed,
    suppose_site_open,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import adopt_plan
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AABB / AABB / aaaa"))


def plan_site(session: Session, x_m: float, y_m: float, name: str = "New School") -> Site:
    taken = {site.name for site in session.project.sites.values()}
    return build_planned_site(name, "elementary", 300, x_m, y_m, taken=taken)


COUNT = Message("supposed.count", students=300)
PLANNED = Message("supposed.planned", name="New School", count=COUNT, opens="")


def list_plan_names(session: Session) -> list[str]:
    return [plan.name for plan in session.project.plans.values()]


def test_closing_a_site_makes_a_branch_and_leaves_the_plan_alone(session: Session) -> None:
    before = session.project.plans["plan"]
    plan = suppose_site_closed(session, "r1c1")
    assert session.plan is plan
    assert (plan.name, plan.parent) == ("What if: School r1c1 closed", "plan")
    assert "r1c1" not in plan.assignment
    assert not session.project.sites["r1c1"].patrolled
    assert session.state.saved_project.sites["r1c1"].patrolled
    assert session.project.plans["plan"] is before


def test_one_undo_takes_back_a_what_if(session: Session) -> None:
    suppose_site_closed(session, "r1c1")
    assert session.undo_label == "What if: School r1c1 closed"
    session.undo()
    assert list_plan_names(session) == ["Plan"]
    assert session.plan_uid == "plan"


def test_the_next_what_if_extends_the_same_branch(session: Session) -> None:
    first = suppose_site_closed(session, "r1c1")
    second = suppose_enrollment(session, "r1c2", 900)
    assert second.uid == first.uid
    students = {"students": 900, "actual": 400}
    assert list_what_if_changes(session.state.saved_project, second) == (
        Message("supposed.closed", name="School r1c1"),
        Message("supposed.other_students", name="School r1c2", **students),
    )
    assert session.undo_label == "What if: School r1c2 900 students"


def test_a_second_branch_of_the_same_kind_gets_a_unique_name(session: Session) -> None:
    suppose_site_closed(session, "r1c1")
    session.show_plan("plan")
    assert suppose_site_closed(session, "r1c1").name == "What if: School r1c1 closed 2"


def test_a_what_if_on_an_adopted_plan_makes_a_branch(session: Session) -> None:
    session.apply("Adopt", lambda project: adopt_plan(project, "plan", NOW.date()))
    plan = suppose_site_closed(session, "r1c1")
    kept = session.state.saved_project
    assert find_base_plan(kept, plan) is kept.plans["plan"]
    assert kept.plans["plan"].is_adopted and not plan.is_adopted


def test_loads_follow_an_assumed_enrollment(session: Session) -> None:
    figures = session.state.figures
    assert figures is not None
    before = figures.zones["A"].load_min
    suppose_enrollment(session, "r1c1", 4000)
    after = session.state.figures
    assert after is not None and after.zones["A"].load_min > before
    assert find_actual_enrollment(session.state.saved_project, session.project.sites["r1c1"]) == 400


def test_removing_the_last_assumption_ends_the_what_if(session: Session) -> None:
    suppose_site_closed(session, "r1c1")
    plan = suppose_site_open(session, "r1c1")
    assert list_what_if_changes(session.state.saved_project, plan) == ()
    assert plan.assignment["r1c1"] == "A"


def test_closing_the_last_site_of_a_zone_is_allowed_and_flagged(open_session: OpenSession) -> None:
    session = open_session(project_from("AB / aa"))
    suppose_site_closed(session, "r1c1")
    figures = session.state.figures
    assert figures is not None and figures.zones["A"].sites == 0
    assert session.state.problems != ()


def test_all_sites_may_close(open_session: OpenSession) -> None:
    session = open_session(project_from("AB"))
    suppose_site_closed(session, "r1c1")
    plan = suppose_site_closed(session, "r1c2")
    assert plan.assignment == {}
    session.undo()
    assert session.plan is not None and set(session.plan.assignment) == {"r1c2"}


def test_a_planned_site_joins_the_nearest_zone_in_its_branch_only(session: Session) -> None:
    plan = suppose_planned_site(session, plan_site(session, 600.0, -400.0))
    new = next(site for site in session.project.sites.values() if site.kind == "planned")
    assert plan.assignment[new.id] == "A"
    assert new.patrolled and not session.state.saved_project.sites[new.id].patrolled
    assert list_what_if_changes(session.state.saved_project, plan) == (PLANNED,)
    assert session.state.saved_project.plans["plan"].assignment.get(new.id) is None


def test_a_planned_site_in_the_city_joins_the_city_zone(session: Session) -> None:
    plan = suppose_planned_site(session, plan_site(session, 600.0, -2400.0))
    new = next(site for site in session.project.sites.values() if site.kind == "planned")
    assert plan.assignment[new.id] == "a"


def test_a_planned_site_outside_every_jurisdiction_is_refused(session: Session) -> None:
    with refused("outside_jurisdictions"):
        suppose_planned_site(session, plan_site(session, 90_000.0, 0.0))
    assert list_plan_names(session) == ["Plan"]


def test_a_planned_site_no_zone_may_include_is_refused(open_session: OpenSession) -> None:
    session = open_session(project_from("AB / ,,"))
    with refused("no_zone_allowed.in_plan", place="City"):
        suppose_planned_site(session, plan_site(session, 600.0, -1400.0))
    assert list_plan_names(session) == ["Plan"]


@pytest.mark.parametrize(
    ("name", "code"), [("", "name_missing"), ("  ", "name_missing"), ("school R1C1", "name_in_use")]
)
def test_a_planned_site_needs_a_unique_name(session: Session, name: str, code: str) -> None:
    with refused(f"{code}.planned_site"):
        plan_site(session, 600.0, -400.0, name)


@pytest.mark.parametrize(
    ("text", "students"), [("", None), (" 450 ", 450), ("1,557", 1557), ("0", 0)]
)
def test_an_enrollment_is_parsed_as_people_type_it(text: str, students: int | None) -> None:
    assert parse_enrollment(text) == students


@pytest.mark.parametrize("text", ["-3", "many", "4.5", "²", "99999999", "50,001", "٣"])
def test_an_invalid_enrollment_is_rejected(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_enrollment(text)
    codes = {"not_a_number.enrollment", "out_of_range.enrollment_of_school"}
    assert caught.value.template in codes


def test_discarding_a_what_if_shows_its_parent_plan(session: Session) -> None:
    supposed = suppose_planned_site(session, plan_site(session, 600.0, -400.0))
    discard_what_if(session)
    assert list_plan_names(session) == ["Plan"]
    assert session.plan_uid == "plan"
    assert all(site.kind != "planned" for site in session.project.sites.values())
    session.undo()
    assert len(session.project.plans) == 2 and session.plan_uid == supposed.uid


def test_discarding_keeps_a_planned_site_of_another_what_if(session: Session) -> None:
    new = plan_site(session, 600.0, -400.0)
    first = suppose_planned_site(session, new)
    session.show_plan("plan")
    second = suppose_site_open(session, new.id)
    discard_what_if(session)
    assert second.uid not in session.project.plans
    assert new.id in session.project.plans[first.uid].assignment


def test_applying_a_what_if_changes_the_sites_of_the_project(session: Session) -> None:
    new = plan_site(session, 600.0, -400.0)
    suppose_planned_site(session, new)
    suppose_site_closed(session, "r1c3")
    plan = suppose_enrollment(session, "r1c2", 900)
    assert len(list_applicable_changes(session.state.saved_project, plan)) == 3
    apply_what_if_to_project(session)
    kept = session.state.saved_project
    assert (kept.sites[new.id].kind, kept.sites[new.id].patrolled) == ("school", True)
    assert not kept.sites["r1c3"].patrolled
    assert kept.sites["r1c2"].enrollment == 900
    assert session.plan is not None and list_what_if_changes(kept, session.plan) == ()
    session.undo()
    assert session.state.saved_project.sites["r1c2"].enrollment == 400


def test_a_what_if_needs_a_plan(open_session: OpenSession) -> None:
    session = open_session(replace(project_from("AB"), plans={}))
    with refused("no_plan"):
        suppose_site_closed(session, "r1c1")


def test_a_refused_what_if_leaves_no_branch(session: Session) -> None:
    with refused("site_patrolled"):
        suppose_site_open(session, "r1c1")
    assert list_plan_names(session) == ["Plan"]


def test_what_ifs_survive_closing_the_project(session: Session, tmp_path: Path) -> None:
    new = plan_site(session, 600.0, -400.0)
    suppose_planned_site(session, new)
    suppose_site_closed(session, "r1c1")
    with_store = storage.open(tmp_path / "0.gpkg", read_only=True)
    again = Session(with_store, actor="planner", desk="desk", clock=lambda: NOW)
    plan = next(plan for plan in again.project.plans.values() if plan.what_if)
    assert set(list_what_if_changes(again.project, plan)) == {
        PLANNED,
        Message("supposed.closed", name="School r1c1"),
    }
    again.close()
