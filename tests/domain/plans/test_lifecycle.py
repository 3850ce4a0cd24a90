"""A plan from draft to retirement."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import project_from, refused

from zoneplanner.domain.edits import check_edit
from zoneplanner.domain.plans.edits import (
    add_plan,
    adopt_plan,
    assign_sites,
    branch_plan,
    delete_plan,
    describe_plan_status,
    overlay_zones,
    rename_plan,
    replace_draft,
    retire_plan,
    set_plan_note,
    submit_plan,
    withdraw_plan,
)
from zoneplanner.domain.plans.plan import OptimalityProof, PlanStatus
from zoneplanner.domain.plans.what_ifs import suppose_students
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

TODAY, LATER = date(2026, 11, 24), date(2027, 1, 4)
LAST, END = date(2027, 6, 30), date(2027, 7, 1)
NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


@pytest.fixture
def project() -> Project:
    return project_from("AAB / ABB")


def test_a_branch_is_a_draft_that_names_its_parent(project: Project) -> None:
    adopted = adopt_plan(project, "plan", TODAY)
    draft = branch_plan(adopted.plans["plan"], "b", "Next year", at=NOW)
    assert (draft.parent, draft.is_draft, draft.status(LATER)) == ("plan", True, PlanStatus.DRAFT)
    assert draft.assignment == project.plans["plan"].assignment


def test_a_proposed_plan_cannot_be_edited_until_withdrawn(project: Project) -> None:
    before_the_board = submit_plan(project, "plan", TODAY)
    assert describe_plan_status(before_the_board.plans["plan"], TODAY) == Message(
        "plan_status.proposed", since=TODAY
    )
    with refused("plan_submitted"):
        assign_sites(before_the_board, "plan", {"r1c2": "B"})
    draft = withdraw_plan(before_the_board, "plan")
    assert assign_sites(draft, "plan", {"r1c2": "B"}).plans["plan"].assignment["r1c2"] == "B"


@pytest.mark.parametrize(
    ("begins", "ends", "status"),
    [
        (None, None, Message("plan_status.draft")),
        (LATER, None, Message("plan_status.adopted", begins=LATER)),
        (LATER, END, Message("plan_status.adopted_until", begins=LATER, last=LAST)),
        (TODAY, None, Message("plan_status.in_force", begins=TODAY)),
        (TODAY, END, Message("plan_status.in_force_until", begins=TODAY, last=LAST)),
        (date(2026, 8, 1), TODAY, Message("plan_status.retired", on=TODAY)),
        (LATER, LATER, Message("plan_status.retired", on=LATER)),
    ],
)
def test_the_status_of_a_plan_follows_from_its_days(
    project: Project, begins: date | None, ends: date | None, status: Message
) -> None:
    plan = replace(project.plans["plan"], effective_on=begins, expires_on=ends)
    assert describe_plan_status(plan, TODAY) == status


def test_a_proposed_plan_can_be_adopted(project: Project) -> None:
    adopted = adopt_plan(submit_plan(project, "plan", TODAY), "plan", LATER)
    assert adopted.plans["plan"].status(LATER) is PlanStatus.IN_FORCE
    with refused("plan_adopted.withdraw"):
        withdraw_plan(adopted, "plan")


def test_a_plan_cannot_end_before_it_begins(project: Project) -> None:
    last = LATER - timedelta(days=1)
    with refused("days_out_of_order.plan_expires", effective_on=LATER, last=last):
        adopt_plan(project, "plan", LATER, LATER)
    ended = retire_plan(adopt_plan(project, "plan", TODAY), "plan", LATER)
    assert ended.plans["plan"].status(LATER) is PlanStatus.RETIRED
    with refused("days_out_of_order.plan_ends", last=date(2026, 10, 31)):
        retire_plan(ended, "plan", date(2026, 11, 1))


def test_a_plan_that_never_took_effect_is_deleted_not_retired(project: Project) -> None:
    with refused("plan_not_adopted"):
        retire_plan(project, "plan", LATER)
    child = branch_plan(project.plans["plan"], "b", "Next", at=NOW)
    left = delete_plan(project.with_plan(child), "plan")
    assert list(left.plans) == ["b"]
    assert left.plans["b"].parent is None
    with refused("plan_adopted.delete"):
        delete_plan(adopt_plan(project, "plan", TODAY), "plan")


def test_plan_names_are_unique_and_not_empty(project: Project) -> None:
    both = project.with_plan(branch_plan(project.plans["plan"], "b", "Next", at=NOW))
    with refused("name_in_use", plan="Plan"):
        rename_plan(both, "b", " Plan ")
    with refused("name_missing.plan"):
        rename_plan(both, "b", "  ")
    assert rename_plan(both, "b", "Next").plans["b"].name == "Next"


def test_an_adopted_plan_accepts_a_note(project: Project) -> None:
    noted = set_plan_note(
        adopt_plan(project, "plan", TODAY), "plan", "for the board of 8 December\n"
    )
    assert noted.plans["plan"].note == "for the board of 8 December"


def test_a_what_if_cannot_be_adopted(project: Project) -> None:
    what_if = suppose_students(project, "plan", "r1c1", 900)
    with refused("plan_is_what_if"):
        adopt_plan(what_if, "plan", LATER)


def test_a_plan_with_an_unassigned_site_cannot_be_proposed(project: Project) -> None:
    plan = project.plans["plan"]
    holed = project.with_plan(replace(plan, assignment={"r1c1": "A"}))
    with refused("unassigned_sites", site_count=5):
        submit_plan(holed, "plan", TODAY)


def test_plans_in_force_never_share_a_day(project: Project) -> None:
    june = date(2027, 6, 10)
    both = project.with_plan(branch_plan(project.plans["plan"], "b", "Summer", at=NOW))
    summer = adopt_plan(both, "b", june)
    with refused("plans_overlap", other="Summer"):
        adopt_plan(summer, "plan", LATER)
    with refused("plans_overlap"):
        adopt_plan(summer, "plan", LATER, date(2027, 6, 11))
    year = adopt_plan(summer, "plan", LATER, june)
    assert (year.plan_in_force(date(2027, 6, 9)), year.plan_in_force(june)) == (
        year.plans["plan"],
        year.plans["b"],
    )
    with refused("plans_overlap"):
        retire_plan(year, "plan", date(2027, 7, 1))


def test_adding_a_plan_never_replaces_another(project: Project) -> None:
    plan = project.plans["plan"]
    with refused("plan_kept", uid="plan"):
        add_plan(project, replace(plan, name="Other"))
    with refused("name_in_use", plan="Plan"):
        add_plan(project, replace(plan, uid="other"))
    with refused("name_missing.plan"):
        add_plan(project, replace(plan, uid="other", name=" "))
    assert list(add_plan(project, replace(plan, uid="other", name="Other")).plans) == [
        "plan",
        "other",
    ]
    adopted = adopt_plan(project, "plan", TODAY)
    with refused("plan_adopted"):
        replace_draft(adopted, plan)
    with refused("plan_adopted"):
        check_edit(adopted, adopted.with_plan(plan))
    check_edit(adopted, retire_plan(adopted, "plan", LATER))


@pytest.mark.parametrize(("inputs", "bound"), [("same", 90.0), ("other", 80.0)])
def test_a_later_search_of_the_same_problem_keeps_the_better_bound(
    project: Project, inputs: str, bound: float
) -> None:
    before = replace(project.plans["plan"], proof=OptimalityProof(100, 90, "same"))
    now = replace(before, proof=OptimalityProof(100, 80, inputs))
    kept = replace_draft(project.with_plan(before), now)
    laid = overlay_zones(project.with_plan(before), before, now, project.units)
    for after in (kept, laid):
        assert after.plans["plan"].proof == OptimalityProof(100, bound, inputs)
