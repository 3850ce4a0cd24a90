"""Locks on sites, zones and agencies."""

from builders import project_from, refused

from zoneplanner.domain.plans.edits import (
    add_plan_lock,
    assign_sites,
    find_lock_violations,
    find_site_lock,
    list_locked_zones,
    map_locked_sites,
    remove_plan_lock,
    restore_locked_sites,
)
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

LAYOUT = "AAB / ABB / ccd"


def lock_project(kind: LockScope, target: str, reason: str = "") -> Project:
    return add_plan_lock(project_from(LAYOUT), "plan", kind, target, reason)


def test_a_locked_zone_neither_loses_nor_gains_sites() -> None:
    shut = lock_project(LockScope.ZONE, "A", "trial until June")
    why = Message("lock_reason", reason="trial until June")
    with refused("zone_not_allowed.zone_locked", lock=Message("plan_lock.zone", name="A", why=why)):
        assign_sites(shut, "plan", {"r1c2": "B"})
    with refused("zone_not_allowed.zone_locked", zone="A"):
        assign_sites(shut, "plan", {"r1c3": "A"})


def test_an_agency_lock_covers_all_its_zones_and_no_others() -> None:
    shut = lock_project(LockScope.AGENCY, "Sheriff")
    plan = shut.plans["plan"]
    assert list_locked_zones(shut, plan) == {"A", "B"}
    assert set(map_locked_sites(shut, plan).values()) == {"A", "B"}
    with refused(
        "zone_not_allowed.zone_locked", lock=Message("plan_lock.agency", name="Sheriff", why="")
    ):
        assign_sites(shut, "plan", {"r1c2": "B"})
    assert assign_sites(shut, "plan", {"r3c2": "d"}).plans["plan"].assignment["r3c2"] == "d"


def test_a_site_lock_is_reported_before_its_zones_lock() -> None:
    both = add_plan_lock(
        lock_project(LockScope.ZONE, "A"), "plan", LockScope.SITE, "r1c1", "principal asked"
    )
    found = find_site_lock(both, both.plans["plan"], "r1c1")
    assert found is not None
    assert (found.kind, found.reason) == (LockScope.SITE, "principal asked")
    freed = remove_plan_lock(both, "plan", LockScope.SITE, "r1c1")
    left = find_site_lock(freed, freed.plans["plan"], "r1c1")
    assert left is not None
    assert left.kind is LockScope.ZONE


def test_a_lock_broken_by_an_outside_change_is_found() -> None:
    shut = lock_project(LockScope.ZONE, "A")
    assert not list(find_lock_violations(shut, shut.plans["plan"]))
    moved = shut.with_plan(shut.plans["plan"].with_assignments({"r1c2": "B", "r1c3": "A"}))
    found = [(site, zone) for _, site, zone in find_lock_violations(moved, moved.plans["plan"])]
    assert found == [("r1c2", "B"), ("r1c3", "A")]


def test_a_lock_on_an_unknown_target_is_rejected() -> None:
    project = project_from(LAYOUT)
    for kind, target in (
        (LockScope.SITE, "x"),
        (LockScope.ZONE, "X"),
        (LockScope.AGENCY, "Rangers"),
    ):
        with refused(f"unknown_{kind}", **{kind: target}):
            add_plan_lock(project, "plan", kind, target, "")


def test_a_site_without_a_zone_cannot_be_locked() -> None:
    with refused("site_has_no_zone"):
        add_plan_lock(project_from("A?"), "plan", LockScope.SITE, "r1c2", "")


def test_a_moved_site_returns_to_its_locked_zone() -> None:
    shut = lock_project(LockScope.ZONE, "A")
    moved = shut.with_plan(shut.plans["plan"].with_assignments({"r1c2": "B"}))
    fixed = restore_locked_sites(moved, "plan", {"r1c2": "A"})
    assert not list(find_lock_violations(fixed, fixed.plans["plan"]))
    with refused("lock_not_restorable", zone="c", site="r1c2", name="School r1c2"):
        restore_locked_sites(moved, "plan", {"r1c2": "c"})
