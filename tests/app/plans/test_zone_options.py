"""Options for an absent unit or another zone count: proposed, costed, saved as a what-if."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import OpenSession, locks, project_from, refused

from zoneplanner import storage
from zoneplanner.app.plans.what_if import (
    apply_what_if_to_project,
    discard_what_if,
    list_applicable_changes,
    list_what_if_changes,
    suppose_site_closed,
)
from zoneplanner.app.plans.zone_options import (
    ZoneOptions,
    overlay_zone_option,
    save_zone_option,
    search_unit_absence_options,
    search_zone_count_options,
)
from zoneplanner.app.plans.zone_proposals import add_first_plan, copy_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.plans.edits import add_plan_lock, delete_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
B_OFF = Message("supposed.zone_off", zone="B")
ROW = "AABBCC / AABBCC / aaaaaa"


def read_plan(project: Project) -> ProjectState:
    return derive_state(project, project.plans["plan"])


def all_of(answers: Iterator[ZoneOptions]) -> ZoneOptions:
    return list(answers)[-1]


def test_options_give_a_zone_to_one_neighbor_or_split_its_sites() -> None:
    found = all_of(search_unit_absence_options(read_plan(project_from(ROW)), "B"))
    assert {answer.title for answer in found.found} == {
        Message("zone_option.takes_all", taker="A", zone="B"),
        Message("zone_option.takes_all", taker="C", zone="B"),
        Message("zone_option.again", takers=["A", "C"], more=""),
    }
    assert found.done and found.words == "B off"


def test_only_adjacent_zones_are_options() -> None:
    found = all_of(search_unit_absence_options(read_plan(project_from(ROW)), "A"))
    titles = [answer.title for answer in found.found]
    takers = {title.facts["taker"] for title in titles if title.template.endswith("takes_all")}
    assert takers == {"B"}


def test_options_are_ranked_by_drive_and_show_what_changes() -> None:
    found = all_of(search_unit_absence_options(read_plan(project_from(ROW)), "B"))
    more = [answer.more_min for answer in found.found]
    assert more == sorted(more)
    buddy = next(answer for answer in found.found if answer.title.facts.get("taker") == "A")
    assert (buddy.sites_changed, buddy.students_changed) == (4, 1600)
    assert abs(buddy.cost.worst_deviation) == pytest.approx(1 / 3)
    split = next(answer for answer in found.found if answer.title.template == "zone_option.again")
    assert split.cost.worst_deviation == pytest.approx(0.0)
    assert found.cost_if_idle is not None and found.cost_if_idle.within is not None
    assert found.today.within is not None and found.cost_if_idle.within < found.today.within


def test_a_split_leaves_the_zones_of_the_other_agency_alone() -> None:
    project = project_from(ROW)
    before = project.plans["plan"].assignment
    for answer in all_of(search_unit_absence_options(read_plan(project), "B")).found:
        kept = {site: zone for site, zone in before.items() if zone == "a"}
        assert kept.items() <= answer.plan.assignment.items()
        assert {zone.id for zone in answer.plan.zones} == {"A", "C", "a"}


def test_a_split_that_needs_a_wider_tolerance_uses_the_smallest_that_works() -> None:
    found = all_of(
        search_unit_absence_options(read_plan(project_from("AABBCCC", tolerance=0.05)), "C")
    )
    split = next(each for each in found.found if each.title.template == "zone_option.again")
    assert abs(split.cost.worst_deviation) == pytest.approx(1 / 7)


def test_the_only_zone_of_an_agency_has_no_substitute() -> None:
    with refused("no_substitute_zone", zone="a"):
        search_unit_absence_options(read_plan(project_from(ROW)), "a")


def test_a_locked_zone_neither_gives_nor_receives_sites() -> None:
    project = add_plan_lock(project_from(ROW), "plan", LockScope.ZONE, "A", "by order")
    with refused("zone_locked.unit_off", why=Message("lock_reason", reason="by order")):
        search_unit_absence_options(read_plan(project), "A")
    for answer in all_of(search_unit_absence_options(read_plan(project), "B")).found:
        own = {site for site, zone in answer.plan.assignment.items() if zone == "A"}
        assert own == set(project.plans["plan"].sites_of("A"))


def test_a_site_locked_in_the_zone_is_named_in_the_refusal() -> None:
    project = project_from(ROW)
    held = replace(project.plans["plan"], locks=locks("r1c3"))
    with refused("sites_locked.unit_off", sites=["School r1c3"], zone="B"):
        search_unit_absence_options(read_plan(project.with_plan(held)), "B")


def test_a_search_with_all_other_zones_locked_is_refused() -> None:
    project = project_from(ROW)
    for zone in ("A", "C"):
        project = add_plan_lock(project, "plan", LockScope.ZONE, zone, "")
    with refused("zones_locked.substitutes"):
        search_unit_absence_options(read_plan(project), "B")


def test_a_zone_without_sites_gives_nothing_away() -> None:
    project = project_from("AABB")
    empty = replace(project.plans["plan"], assignment=dict.fromkeys(project.sites, "A"))
    found = all_of(search_unit_absence_options(read_plan(project.with_plan(empty)), "B"))
    assert [answer.sites_changed for answer in found.found] == [0]


def test_an_option_is_saved_as_a_what_if_in_one_step(open_session: OpenSession) -> None:
    session = open_session(project_from(ROW))
    found = all_of(search_unit_absence_options(session.state, "B", on=date(2026, 11, 20)))
    plan = save_zone_option(session, found, found.found[0])
    assert plan.name == "What if: B off on 2026-11-20"
    assert plan.parent == "plan"
    assert list_what_if_changes(session.state.saved_project, plan) == (B_OFF,)
    assert list_applicable_changes(session.state.saved_project, plan) == ()
    assert not [each for each in session.state.problems if each.code == "unassigned"]
    discard_what_if(session)
    assert session.plan_uid == "plan"


def test_a_saved_option_does_not_become_the_plan_in_force(open_session: OpenSession) -> None:
    session = open_session(project_from(ROW))
    day = session.today
    off = all_of(search_unit_absence_options(session.state, "B"))
    without = save_zone_option(session, off, off.found[0])
    session.show_plan("plan")
    more = all_of(search_zone_count_options(session.state, "Sheriff", 4, seconds=2.0))
    save_zone_option(session, more, more.found[0])
    kept = session.saved_project
    assert len(kept.plans) == 3 and kept.plan_in_force(day) is None
    assert kept.current_plan(day) is kept.plans["plan"]
    branch = copy_plan(session, without, "Branch of it")
    assert session.saved_project.current_plan(day) is kept.plans["plan"], branch.name
    real = copy_plan(session, kept.plans["plan"], "Draft")
    current = session.saved_project.current_plan(day)
    assert current is not None and current.uid == real.uid


def test_an_option_for_a_what_if_is_saved_in_it(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from(ROW))
    suppose_site_closed(session, "r1c1")
    found = all_of(search_unit_absence_options(session.state, "B"))
    plan = save_zone_option(session, found, found.found[0])
    closed = Message("supposed.closed", name="School r1c1")
    assert set(list_what_if_changes(session.state.saved_project, plan)) == {closed, B_OFF}
    assert len(session.project.plans) == 2
    assert "r1c1" not in plan.assignment


def test_an_option_for_a_plan_that_changed_meanwhile_becomes_a_branch(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from(ROW))
    found = all_of(search_unit_absence_options(session.state, "B"))
    suppose_site_closed(session, "r1c3")
    plan = save_zone_option(session, found, found.found[0])
    assert (plan.name, plan.parent) == ("What if: B off", "plan")
    session.apply("Delete", lambda project: delete_plan(delete_plan(project, plan.uid), "plan"))
    assert save_zone_option(session, found, found.found[0]).parent is None


def test_an_option_for_a_deleted_plan_is_refused(open_session: OpenSession) -> None:
    session = open_session(project_from(ROW))
    found = all_of(search_unit_absence_options(session.state, "B"))
    with refused("plan_deleted"):
        session.preview(lambda project: overlay_zone_option(project, "gone", found.found[0]))


def test_an_option_with_one_more_zone_adds_a_planned_unit(open_session: OpenSession) -> None:
    session = open_session(project_from("AAABBB / AAABBB"))
    found = all_of(search_zone_count_options(session.state, "Sheriff", 3, seconds=5.0))
    answer = found.found[0]
    assert answer.cost.drive_min < found.today.drive_min
    plan = save_zone_option(session, found, answer)
    assert "3 zones of SO" in plan.name
    added = Message("supposed.zone_added", zone="B2")
    assert list_what_if_changes(session.state.saved_project, plan) == (added,)
    apply_what_if_to_project(session)
    unit = session.state.saved_project.units["B2"]
    assert (unit.name, unit.holds_zone) == ("Unit B 2", True)


def test_discarding_a_what_if_removes_its_planned_unit(
    open_session: OpenSession, tmp_path: Path
) -> None:
    session = open_session(project_from("AAABBB / AAABBB"))
    found = all_of(search_zone_count_options(session.state, "Sheriff", 3, seconds=5.0))
    save_zone_option(session, found, found.found[0])
    assert "B2" in session.state.saved_project.units
    discard_what_if(session)
    assert "B2" not in session.state.saved_project.units
    session.undo()
    assert session.state.saved_project.units["B2"].name.endswith("(planned)")
    again = storage.open(tmp_path / "0.gpkg", read_only=True)
    assert "B2" in again.project().units
    again.close()


def test_an_unchanged_number_of_zones_is_refused() -> None:
    with refused("zone_count_unchanged", n=1, plan="Plan"):
        search_zone_count_options(read_plan(project_from(ROW)), "Police", 1)


def test_zero_zones_are_refused() -> None:
    with refused("out_of_range.zone_count"):
        search_zone_count_options(read_plan(project_from(ROW)), "Sheriff", 0)


@pytest.mark.long
def test_the_bundled_district_has_options_for_each_unit(tmp_path: Path) -> None:
    session = create_project(tmp_path / "district.gpkg", clock=lambda: NOW)
    plan = add_first_plan(session)
    for zone in plan.zones:
        found = all_of(search_unit_absence_options(session.state, zone.id)).found
        assert found
        for answer in found:
            assert answer.plan.assignment.keys() == plan.assignment.keys()
            assert zone.id not in answer.plan.assignment.values()
    for n in (4, 6):
        found = all_of(
            search_zone_count_options(session.state, "Sacramento County Sheriff's Office", n)
        ).found
        assert len([z for z in found[0].plan.zones if z.unit.startswith("S")]) == n + 2
        assert abs(found[0].cost.worst_deviation) <= plan.tolerance + 1e-9
    session.close()
