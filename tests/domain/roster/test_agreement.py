"""The agreement: whom to call first, posted weeks that stay, officers who leave."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import refused
from rosters import MONDAY, NOW, clock, officer, own_time, roster

from zoneplanner.app.roster.relief import list_relief_candidates
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.officer_edits import (
    put_officer_file,
    record_sick_leave,
    remove_officer,
)
from zoneplanner.domain.roster.roster_rules import AssignmentOrder, Enforcement
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    OfficerFile,
    ShiftKind,
    ShiftSwap,
)
from zoneplanner.domain.roster.shift_edits import (
    assign_shift,
    assign_shifts,
    cancel_shift,
    change_shift,
    finalize_shifts,
    split_shift,
)
from zoneplanner.domain.roster.staffing import compute_officer_hours
from zoneplanner.domain.roster.swaps import approve_swap, request_swap

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
UID = f"A-day-{WEDNESDAY}"


def ordered(order: AssignmentOrder, project: Project) -> list[tuple[str, str]]:
    rules = replace(project.roster_rules, order=order)
    found = list_relief_candidates(replace(project, roster_rules=rules), UID)
    return [(one.officer.id, one.place.reason) for one in found if one.free]


@pytest.fixture
def three() -> Project:
    """A is senior and has a day, B came later and has two, C has none and no date on file."""
    project = roster(officer("A", "A", "B"), officer("B", "A", "B"), officer("C", "A", "B"))
    for key, since in (("A", date(2001, 3, 1)), ("B", date(2015, 9, 1))):
        project = put_officer_file(project, key, OfficerFile(since))
    wanted = {
        f"A-day-{MONDAY}": "B",
        f"A-day-{TUESDAY}": "B",
        f"B-day-{MONDAY}": "A",
    }
    return assign_shifts(project, wanted, now=NOW)


def test_the_order_of_calls_is_a_rule_of_the_district_with_its_reason(three: Project) -> None:
    assert ordered(AssignmentOrder.SENIORITY, three) == [
        ("A", "senior since 2001-03-01"),
        ("B", "senior since 2015-09-01"),
        ("C", "no seniority date on file"),
    ]
    assert ordered(AssignmentOrder.EQUAL_HOURS, three) == [
        ("C", "0.0 h this school year"),
        ("A", "8.5 h this school year"),
        ("B", "17.0 h this school year"),
    ]
    assert ordered(AssignmentOrder.WEEK_HOURS, three)[0] == ("C", "0.0 h this week")


def test_by_rotation_comes_first_who_took_an_open_assignment_longest_ago(three: Project) -> None:
    none_yet = ordered(AssignmentOrder.ROTATION, three)
    assert [one for one, _ in none_yet] == ["A", "B", "C"], "among those who took none: seniority"
    event = replace(three.shifts[f"B-day-{MONDAY}"], kind=ShiftKind.EVENT, title="Game")
    after = replace(three, shifts={**three.shifts, event.uid: event})
    assert [one for one, _ in ordered(AssignmentOrder.ROTATION, after)] == ["B", "C", "A"]
    assert "last took one on" in ordered(AssignmentOrder.ROTATION, after)[-1][1]


def test_a_posted_shift_changes_with_a_reason_that_is_kept_with_who_gave_it(
    three: Project,
) -> None:
    posted = finalize_shifts(three, MONDAY, TUESDAY, now=NOW)
    uid = f"A-day-{MONDAY}"
    with refused("roster_rule_broken.unless_reason", rule="posted", override=True, shift=uid):
        assign_shift(posted, uid, "C", now=NOW, by="coordinator")
    after = assign_shift(posted, uid, "C", now=NOW, by="coordinator", reason="court date")
    change = after.shifts[uid].posted_change
    assert change is not None
    assert (change.by, change.reason, change.officer, change.at) == (
        *("coordinator", "court date", "C"),
        NOW,
    )
    later = replace(after.shifts[uid], ends_at=after.shifts[uid].ends_at - timedelta(hours=1))
    with refused("roster_rule_broken.unless_reason", rule="posted", shift=uid):
        change_shift(after, later, now=NOW)
    moved = change_shift(after, later, now=NOW, by="coordinator", reason="minimum day")
    assert moved.shifts[uid].posted_change.reason == "minimum day"  # type: ignore[union-attr]
    strict = posted.roster_rules.with_level("posted", Enforcement.BLOCK)
    with refused("roster_rule_broken", rule="posted", shift=uid):
        assign_shift(replace(posted, roster_rules=strict), uid, "C", now=NOW, reason="court date")


def test_a_posted_shift_is_canceled_or_split_with_a_reason_even_an_open_one(three: Project) -> None:
    posted = finalize_shifts(three, MONDAY, TUESDAY, now=NOW)
    held = f"A-day-{MONDAY}"
    opened = assign_shift(posted, held, None, now=NOW, reason="left")
    noon = posted.shifts[held].starts_at + timedelta(hours=4)
    for before in (posted, opened):
        with refused("roster_rule_broken.unless_reason", rule="posted", override=True, shift=held):
            cancel_shift(before, held, now=NOW)
        with refused("roster_rule_broken.unless_reason", rule="posted", override=True, shift=held):
            split_shift(before, held, noon, now=NOW)
        why = {"by": "coordinator", "reason": "school closed"}
        for after in (
            cancel_shift(before, held, now=NOW, **why),
            split_shift(before, held, noon, now=NOW, **why),
        ):
            change = after.shifts[held].posted_change
            assert change is not None
            assert (change.by, change.reason, change.at) == (*why.values(), NOW)
    drafts = cancel_shift(three, held, now=NOW)
    assert held not in drafts.shifts, "a draft goes without a reason"


def test_a_call_out_its_relief_and_a_swap_say_themselves_why(three: Project) -> None:
    posted = finalize_shifts(three, MONDAY, TUESDAY, now=NOW)
    uid = f"A-day-{MONDAY}"
    out = record_sick_leave(posted, "B", MONDAY, MONDAY, now=NOW, by="dispatcher")
    change = out.shifts[uid].posted_change
    assert change is not None and (change.by, change.reason) == ("dispatcher", "called out")
    relief = assign_shift(out, uid, "C", now=NOW)
    assert relief.shifts[uid].posted_change == change, "an open shift is to be filled"
    asked = request_swap(posted, ShiftSwap("s", uid, "B", "C", NOW))
    swapped = approve_swap(asked, "s", now=NOW, by="coordinator").shifts[uid]
    assert swapped.officer == "C"
    assert swapped.posted_change is not None and swapped.posted_change.reason == "swapped"


def test_who_leaves_serves_until_the_last_day_and_what_was_issued_stays_on_file(
    three: Project,
) -> None:
    kept = put_officer_file(three, "B", OfficerFile(None, ("radio", "keys")))
    after = remove_officer(kept, "B", last_day=MONDAY, now=NOW)
    assert after.officers["B"].until == MONDAY
    assert after.shifts[f"A-day-{MONDAY}"].officer == "B"
    assert after.shifts[f"A-day-{TUESDAY}"].is_open
    assert after.officer_files["B"].equipment == ("radio", "keys")
    assert all(one.officer.id != "B" for one in list_relief_candidates(after, UID))
    never = put_officer_file(roster(officer("A", "A")), "A", OfficerFile(None, ("radio",)))
    gone = remove_officer(never, "A", last_day=MONDAY, now=NOW)
    assert "A" in gone.officers, "who still has a radio is forgotten"


def test_overtime_is_what_a_week_has_over_its_usual_hours_main_job_included() -> None:
    main_job = own_time(
        AvailabilityKind.MAIN_JOB,
        *(MONDAY, MONDAY + timedelta(days=3)),
        starts=clock("13:00"),
        ends=clock("22:00"),
    )
    project = roster(officer("A", "A", times=(main_job,)), officer("B", "B"))
    given = assign_shifts(
        project,
        {f"A-day-{MONDAY + timedelta(days=4)}": "A", f"B-day-{MONDAY}": "B"},
        now=NOW,
    )
    first, last = MONDAY, MONDAY + timedelta(days=6)
    by_officer = {one.officer: one for one in compute_officer_hours(given, first, last)}
    assert by_officer["A"].overtime_h == pytest.approx(36 + 8.5 - 40)
    assert by_officer["B"].overtime_h == 0.0
