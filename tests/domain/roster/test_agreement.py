"""The labor agreement: call order, changes after posting, officers who leave."""

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
    RosterDecision,
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
from zoneplanner.messages import Message

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
UID = f"A-day-{WEDNESDAY}"


def list_in_order(order: AssignmentOrder, project: Project) -> list[tuple[str, Message]]:
    rules = replace(project.roster_rules, order=order)
    found = list_relief_candidates(replace(project, roster_rules=rules), UID)
    return [(one.officer.id, one.place.why) for one in found if one.free]


@pytest.fixture
def three_officers() -> Project:
    """A is senior with one shift, B came later and has two, C has none and no date on file."""
    project = roster(officer("A", "A", "B"), officer("B", "A", "B"), officer("C", "A", "B"))
    for key, since in (("A", date(2001, 3, 1)), ("B", date(2015, 9, 1))):
        project = put_officer_file(project, key, OfficerFile(since))
    wanted = {
        f"A-day-{MONDAY}": "B",
        f"A-day-{TUESDAY}": "B",
        f"B-day-{MONDAY}": "A",
    }
    return assign_shifts(project, wanted, RosterDecision(NOW))


def test_the_call_order_follows_the_districts_rule_and_gives_reasons(
    three_officers: Project,
) -> None:
    assert list_in_order(AssignmentOrder.SENIORITY, three_officers) == [
        ("A", Message("call_place.seniority", since=date(2001, 3, 1))),
        ("B", Message("call_place.seniority", since=date(2015, 9, 1))),
        ("C", Message("call_place.no_seniority", since=None)),
    ]
    assert list_in_order(AssignmentOrder.EQUAL_HOURS, three_officers) == [
        (officer, Message("call_place.year_hours", hours=hours))
        for officer, hours in (("C", 0), ("A", 8.5), ("B", 17))
    ]
    first = list_in_order(AssignmentOrder.WEEK_HOURS, three_officers)[0]
    assert first == ("C", Message("call_place.week_hours", hours=0))


def test_rotation_calls_whoever_took_an_assignment_longest_ago(three_officers: Project) -> None:
    none_yet = list_in_order(AssignmentOrder.ROTATION, three_officers)
    assert [one for one, _ in none_yet] == ["A", "B", "C"], "among those who took none: seniority"
    event = replace(three_officers.shifts[f"B-day-{MONDAY}"], kind=ShiftKind.EVENT, title="Game")
    after = replace(three_officers, shifts={**three_officers.shifts, event.uid: event})
    assert [one for one, _ in list_in_order(AssignmentOrder.ROTATION, after)] == ["B", "C", "A"]
    assert list_in_order(AssignmentOrder.ROTATION, after)[-1][1] == Message(
        "call_place.last_taken", on=MONDAY
    )


def test_changing_a_posted_shift_needs_a_reason_and_records_who_gave_it(
    three_officers: Project,
) -> None:
    posted = finalize_shifts(three_officers, MONDAY, TUESDAY, now=NOW)
    uid = f"A-day-{MONDAY}"
    with refused("roster_rule_broken.unless_reason", rule="posted", override=True, shift=uid):
        assign_shift(posted, uid, "C", RosterDecision(NOW, by="coordinator"))
    after = assign_shift(
        posted, uid, "C", RosterDecision(NOW, by="coordinator", reason="court date")
    )
    change = after.shifts[uid].posted_change
    assert change is not None
    assert (change.by, change.reason, change.officer, change.at) == (
        *("coordinator", "court date", "C"),
        NOW,
    )
    later = replace(after.shifts[uid], ends_at=after.shifts[uid].ends_at - timedelta(hours=1))
    with refused("roster_rule_broken.unless_reason", rule="posted", shift=uid):
        change_shift(after, later, RosterDecision(NOW))
    moved = change_shift(after, later, RosterDecision(NOW, by="coordinator", reason="minimum day"))
    assert moved.shifts[uid].posted_change.reason == "minimum day"  # type: ignore[union-attr]
    strict = posted.roster_rules.with_level("posted", Enforcement.BLOCK)
    with refused("roster_rule_broken", rule="posted", shift=uid):
        assign_shift(
            replace(posted, roster_rules=strict), uid, "C", RosterDecision(NOW, reason="court date")
        )


def test_canceling_or_splitting_a_posted_shift_needs_a_reason(three_officers: Project) -> None:
    posted = finalize_shifts(three_officers, MONDAY, TUESDAY, now=NOW)
    held = f"A-day-{MONDAY}"
    opened = assign_shift(posted, held, None, RosterDecision(NOW, reason="left"))
    noon = posted.shifts[held].starts_at + timedelta(hours=4)
    for before in (posted, opened):
        with refused("roster_rule_broken.unless_reason", rule="posted", override=True, shift=held):
            cancel_shift(before, held, RosterDecision(NOW))
        with refused("roster_rule_broken.unless_reason", rule="posted", override=True, shift=held):
            split_shift(before, held, noon, RosterDecision(NOW))
        decision = RosterDecision(NOW, by="coordinator", reason="school closed")
        for after in (
            cancel_shift(before, held, decision),
            split_shift(before, held, noon, decision),
        ):
            change = after.shifts[held].posted_change
            assert change is not None
            assert (change.by, change.reason, change.at) == (decision.by, decision.reason, NOW)
    drafts = cancel_shift(three_officers, held, RosterDecision(NOW))
    assert held not in drafts.shifts, "a draft goes without a reason"


def test_call_outs_reliefs_and_swaps_are_their_own_reason(three_officers: Project) -> None:
    posted = finalize_shifts(three_officers, MONDAY, TUESDAY, now=NOW)
    uid = f"A-day-{MONDAY}"
    out = record_sick_leave(posted, "B", MONDAY, MONDAY, RosterDecision(NOW, by="dispatcher"))
    change = out.shifts[uid].posted_change
    assert change is not None and (change.by, change.reason) == ("dispatcher", "called out")
    relief = assign_shift(out, uid, "C", RosterDecision(NOW))
    assert relief.shifts[uid].posted_change == change, "an open shift is to be filled"
    asked = request_swap(posted, ShiftSwap("s", uid, "B", "C", NOW))
    swapped = approve_swap(asked, "s", RosterDecision(NOW, by="coordinator")).shifts[uid]
    assert swapped.officer == "C"
    assert swapped.posted_change is not None and swapped.posted_change.reason == "swapped"


def test_a_leaving_officer_serves_until_the_last_day_and_issued_equipment_stays_on_file(
    three_officers: Project,
) -> None:
    kept = put_officer_file(three_officers, "B", OfficerFile(None, ("radio", "keys")))
    after = remove_officer(kept, "B", MONDAY, RosterDecision(NOW))
    assert after.officers["B"].until == MONDAY
    assert after.shifts[f"A-day-{MONDAY}"].officer == "B"
    assert after.shifts[f"A-day-{TUESDAY}"].is_open
    assert after.officer_files["B"].equipment == ("radio", "keys")
    assert all(one.officer.id != "B" for one in list_relief_candidates(after, UID))
    never = put_officer_file(roster(officer("A", "A")), "A", OfficerFile(None, ("radio",)))
    gone = remove_officer(never, "A", MONDAY, RosterDecision(NOW))
    assert "A" in gone.officers, "who still has a radio is forgotten"


def test_overtime_counts_the_main_job() -> None:
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
        RosterDecision(NOW),
    )
    first, last = MONDAY, MONDAY + timedelta(days=6)
    by_officer = {one.officer: one for one in compute_officer_hours(given, first, last)}
    assert by_officer["A"].overtime_h == pytest.approx(36 + 8.5 - 40)
    assert by_officer["B"].overtime_h == 0.0
