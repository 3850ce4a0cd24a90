"""A school closes or opens on a day: students move, loads follow, papers show it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders import OpenSession, project_from, refused

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.plans.comparison import compare_project_plans
from zoneplanner.app.plans.what_if import (
    apply_what_if_to_project,
    describe_opening,
    find_first_day,
    list_applicable_changes,
    list_what_if_changes,
    place_planned_site,
    plan_site_closing,
    suppose_site_closed,
    suppose_site_open,
)
from zoneplanner.app.plans.zone_proposals import copy_plan
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import require_plan
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.plans.what_ifs import list_openings
from zoneplanner.messages import Message
from zoneplanner.publish.documents.plan_comparison import describe_changes

AUGUST = date(2027, 8, 12)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """Two county zones over a city zone; each school is elementary with 400 students."""
    return open_session(project_from("AABB / AABB / aaaa"))


def students(session: Session) -> int:
    return sum(site.enrollment or 0 for site in session.project.patrolled)


def test_students_go_to_the_nearest_schools_of_their_level_with_room(
    session: Session,
) -> None:
    middle = replace(session.project.sites["r1c2"], level="middle")
    session.apply("A middle school", lambda one: one.with_site(middle))
    index, minutes = session.state.basis.index, session.state.basis.travel_min
    closing = plan_site_closing(session, "r1c1", room=0.2)
    assert sum(closing.receiving.values()) == 400 and closing.left == 0
    assert set(closing.receiving.values()) == {80}
    assert "r1c2" not in closing.receiving, "elementary students go to no middle school"
    here = index["r1c1"]
    near = sorted(
        (site.id for site in session.project.patrolled if site.id not in ("r1c1", "r1c2")),
        key=lambda one: minutes[here, index[one]],
    )
    farthest = max(minutes[here, index[one]] for one in near[:5])
    assert all(minutes[here, index[one]] <= farthest for one in closing.receiving)


def test_students_without_room_are_counted_and_chosen_schools_take_all(session: Session) -> None:
    closing = plan_site_closing(session, "r1c1", room=0.01)
    assert closing.left == 400 - 11 * 4
    chosen = plan_site_closing(session, "r1c1", receivers=("r1c2", "r2c1"))
    assert dict(chosen.receiving) == {"r1c2": 200, "r2c1": 200} and chosen.left == 0
    with refused("not_a_receiver", site="r1c1"):
        plan_site_closing(session, "r1c1", receivers=("r1c1",))


def test_no_student_vanishes_and_loads_follow(session: Session) -> None:
    before, load = students(session), float(session.state.basis.load_min.sum())
    visits = session.state.basis.load_min[0] - session.state.basis.loads[0].calls * 35
    suppose_site_closed(session, "r1c1")
    assert students(session) == before
    after = float(session.state.basis.load_min.sum())
    assert after == pytest.approx(load - visits, rel=0.02), "its calls went elsewhere"
    suppose_site_open(session, "r1c1")
    assert students(session) == before
    assert list_what_if_changes(session.state.saved_project, session.state.plan) == ()  # type: ignore[arg-type]


def test_a_closing_has_a_day_and_is_stored_in_the_project(
    session: Session, open_session: OpenSession
) -> None:
    closing = plan_site_closing(session, "r1c1", on=AUGUST, receivers=("r1c2",))
    plan = suppose_site_closed(session, "r1c1", closing)
    kept = session.state.saved_project
    closed = Message("supposed.closed_from", name="School r1c1", on=AUGUST)
    going = Message("supposed.going", names=["School r1c2 (+400)"])
    assert list_what_if_changes(kept, plan) == (closed,)
    (whole,) = list_applicable_changes(kept, plan)
    assert whole == Message("supposed.closing", closed=closed, going=going, left="")
    sentence = "School r1c1 closed from 2027-08-12; its students go to School r1c2 (+400)"
    assert str(whole) == sentence
    stored = session.store.project()
    assert stored.closings[plan.uid] == (closing,)
    apply_what_if_to_project(session)
    facts = session.state.saved_project.sites
    assert not facts["r1c1"].patrolled and facts["r1c2"].enrollment == 800


def test_comparison_and_board_page_list_a_school_as_closed_not_moved(session: Session) -> None:
    closing = plan_site_closing(session, "r1c1", on=AUGUST, receivers=("r1c2",))
    plan = suppose_site_closed(session, "r1c1", closing)
    found = compare_project_plans(session, "plan", plan.uid).comparison
    assert found.moved == () and found.students_moved == 0
    (closed,) = found.closed
    assert (closed.site, closed.students, closed.on) == ("r1c1", 400, AUGUST)
    (receiving,) = found.receiving
    assert (receiving.site, receiving.students) == ("r1c2", 400)
    closes, receives, *others = describe_changes(found)
    assert closes.say(US_FORMATS) == "School r1c1 (400 students) closes on August 12, 2027."
    assert receives == Message("comparison.receiving", schools=["School r1c2 (+400)"])
    assert [one.template for one in others] == ["comparison.others_stay", "comparison.gain"]
    back = compare_project_plans(session, plan.uid, "plan").comparison
    assert [one.site for one in back.opened] == ["r1c1"] and back.closed == ()


def test_an_added_zone_is_not_rated_as_another_piece(open_session: OpenSession) -> None:
    session = open_session(project_from("ABC"))
    two = replace(
        session.project.plans["plan"],
        uid="two",
        name="Two",
        zones=session.project.plans["plan"].zones[:2],
        assignment={"r1c1": "A", "r1c2": "B", "r1c3": "B"},
    )
    session.apply("Two zones", lambda one: one.with_plan(two))
    found = compare_project_plans(session, "two", "plan").comparison
    (pieces,) = [one for one in found.figures if one.measure.key == "pieces"]
    assert (pieces.before, pieces.after, pieces.good) == (0.0, 0.0, None)


def plan_school(session: Session, on: date | None = AUGUST) -> Plan:
    """Plan a school beside the first one."""
    site = session.project.sites["r1c1"]
    lon, lat = to_lonlat(session.project.crs, [site.x_m + 50], [site.y_m])
    return place_planned_site(
        session, "New", latitude=float(lat[0]), longitude=float(lon[0]), enrollment=300, on=on
    )


def test_the_opening_day_of_a_planned_school_is_stored_and_shown(session: Session) -> None:
    plan = plan_school(session)
    new = session.project.site("New")
    kept = session.state.saved_project
    assert [str(each) for each in list_what_if_changes(kept, plan)] == [
        "New planned, 300 students, opens on 2027-08-12"
    ]
    assert describe_opening(session.state, new.id) == Message("opens_on", on=AUGUST)
    assert session.store.project().openings == {plan.uid: {new.id: AUGUST}}
    assert find_first_day(kept, plan) == AUGUST
    found = compare_project_plans(session, "plan", plan.uid).comparison
    assert [(one.name, one.students, one.on) for one in found.opened] == [("New", 300, AUGUST)]
    opens = Message(
        "comparison.opens_on", school=Message("students_of", school="New", n=300), on=AUGUST
    )
    assert opens in describe_changes(found)


def test_an_opening_day_follows_its_school_into_branches(session: Session) -> None:
    first = plan_school(session)
    new = session.project.site("New").id
    branch = copy_plan(session, first, "Branch")
    assert list_openings(session.state.saved_project, branch) == {new: AUGUST}
    suppose_site_closed(session, "r1c2")
    assert list_openings(session.state.saved_project, require_plan(session.state)) == {new: AUGUST}
    session.show_plan(first.uid)
    suppose_site_closed(session, new)
    assert describe_opening(session.state, new) is None
    suppose_site_open(session, new)
    assert describe_opening(session.state, new) is None, "its day went with it"
    session.undo()
    session.undo()
    assert describe_opening(session.state, new) == Message("opens_on", on=AUGUST)


def test_a_planned_school_needs_no_opening_day(session: Session) -> None:
    plan = plan_school(session, on=None)
    (planned,) = list_what_if_changes(session.state.saved_project, plan)
    assert (planned.template, planned.facts["opens"]) == ("supposed.planned", "")
    assert session.store.project().openings == {}


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("not_a_position", {"latitude": 91.0}),
        ("out_of_range.enrollment_of_school", {"enrollment": -1}),
        ("unknown_choice", {"level": "college"}),
        ("outside_jurisdictions", {"latitude": 10.0}),
    ],
)
def test_an_invalid_planned_school_is_refused(
    session: Session, code: str, given: dict[str, Any]
) -> None:
    with refused(code):
        place_planned_site(session, "New", **{"latitude": 38.0, "longitude": -121.0, **given})
    assert list(session.state.saved_project.plans) == ["plan"]
