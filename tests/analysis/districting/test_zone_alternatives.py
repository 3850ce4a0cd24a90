"""The cost of each zone that can contain a site."""

from dataclasses import replace

import pytest
from builders import locks, project_from, refused

from zoneplanner.analysis.districting.zone_alternatives import (
    ZoneAlternative,
    list_zone_alternatives,
)
from zoneplanner.analysis.geometry.cells_and_outlines import build_zone_outlines
from zoneplanner.analysis.measures.plan_measures import compute_plan_measures
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message


def list_alternatives(project: Project, site: str) -> dict[str, ZoneAlternative]:
    found = list_zone_alternatives(
        project, project.plans["plan"], compute_planning_basis(project), site
    )
    return {each.zone: each for each in found}


def test_the_least_drive_comes_first_and_staying_changes_nothing() -> None:
    project = project_from("AAABBB / AAABBB", tolerance=0.5)
    found = list_zone_alternatives(
        project, project.plans["plan"], compute_planning_basis(project), "r1c1"
    )
    assert [(each.zone, each.stays) for each in found] == [("A", True), ("B", False)]
    assert found[0].drive_change_min == 0.0
    assert found[0].left_deviation_after is None
    assert found[1].drive_change_min > 0


@pytest.mark.parametrize("site", ["r1c3", "r2c1"])
def test_figures_match_the_plan_after_the_move(site: str) -> None:
    project = project_from("AAABBB / AAABBB / CCCCCC", tolerance=0.5)
    base, plan = compute_planning_basis(project), project.plans["plan"]
    before = compute_plan_measures(project, plan, base, build_zone_outlines(plan, base.cells))
    for zone, each in list_alternatives(project, site).items():
        moved = plan.with_assignments({site: zone})
        after = compute_plan_measures(project, moved, base, build_zone_outlines(moved, base.cells))
        assert each.drive_change_min == pytest.approx(after.cost - before.cost, abs=1e-9)
        assert each.deviation_after == pytest.approx(after.zones[zone].deviation)
        assert each.pieces == max(after.zones[zone].pieces, after.zones["A"].pieces)
        if not each.stays:
            left = after.zones["A"].deviation
            assert each.left_deviation_after == pytest.approx(left)


def test_a_city_site_has_no_alternative_in_the_county() -> None:
    assert set(list_alternatives(project_from("AAb / AAb / ccc"), "r1c3")) == {"b", "c"}


def test_a_zone_that_would_be_split_is_reported() -> None:
    found = list_alternatives(project_from("AAA / BBB", tolerance=0.9), "r1c2")
    assert found["A"].breaks == ()
    assert found["B"].breaks == (Message("zone_would_break.pieces", zone="A", count=2),)
    assert found["B"].pieces == 2


def test_a_zone_out_of_balance_is_reported_on_both_sides() -> None:
    breaks = list_alternatives(project_from("AA / BB"), "r1c1")["B"].breaks
    facts = {"share": pytest.approx(0.5), "percent": pytest.approx(10)}
    assert breaks == (
        Message("zone_would_break.heavy", zone="B", **facts),
        Message("zone_would_break.light", zone="A", **facts),
    )
    assert str(breaks[0]) == "B would be 50.0% above its fair share; the plan allows ±10%."


def test_an_empty_zone_is_reported() -> None:
    breaks = list_alternatives(project_from("AB / BB", tolerance=0.99), "r1c1")["B"].breaks
    assert Message("zone_would_break.empty", zone="A", count=0) in breaks


def test_a_lock_is_reported_separately() -> None:
    project = project_from("AA / BB", tolerance=0.9)
    plan = replace(project.plans["plan"], locks=locks("r1c1"))
    found = list_alternatives(project.with_plan(plan), "r1c1")
    assert found["A"].breaks == ()
    broken = found["B"].breaks[0]
    assert (broken.template, broken.facts["home"]) == ("zone_not_allowed.site_locked", "A")


def test_a_site_without_a_zone_leaves_no_zone() -> None:
    found = list_alternatives(project_from("AA?BB", tolerance=0.5), "r1c3")
    assert {each.left_deviation_after for each in found.values()} == {None}
    assert all(each.drive_change_min > 0 for each in found.values())


def test_sites_at_one_position_move_together() -> None:
    project = project_from("AA / BB", tolerance=0.9)
    twin = replace(project.sites["r1c1"], id="twin", name="Twin")
    plan = project.plans["plan"].with_assignments({"twin": "A"})
    stacked = replace(project, sites={**project.sites, "twin": twin}).with_plan(plan)
    alone = list_alternatives(stacked, "r1c1")["B"]
    assert alone == list_alternatives(stacked, "twin")["B"]
    assert alone.left_deviation_after == pytest.approx(2 / 5 - 1)


def test_an_unknown_site_is_refused() -> None:
    with refused("unknown_site.not_patrolled", site="nowhere"):
        list_alternatives(project_from("AA"), "nowhere")
