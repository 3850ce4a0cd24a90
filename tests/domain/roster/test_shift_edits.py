from dataclasses import replace
from datetime import date, timedelta

from builders import refused
from rosters import FRIDAY, MONDAY, NOW, ZONE, clock, officer, own_time, roster, shift

from zoneplanner.domain.edits import diff_projects
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits, swaps
from zoneplanner.domain.roster.checker import find_roster_violations
from zoneplanner.domain.roster.officer_edits import put_officer, record_sick_leave, remove_officer
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    RosterDecision,
    RosterPost,
    ShiftKind,
    ShiftStatus,
    ShiftSwap,
    SwapStatus,
)
from zoneplanner.domain.roster.shift_edits import make_open_shifts, put_post
from zoneplanner.domain.roster.staffing import sum_open_hours
from zoneplanner.messages import Message

TUESDAY = MONDAY + timedelta(days=1)


def assign(project: Project, officer_id: str, *uids: str) -> Project:
    return shift_edits.assign_shifts(project, dict.fromkeys(uids, officer_id), RosterDecision(NOW))


def test_a_week_has_an_open_shift_for_each_post_and_thursday_ends_early() -> None:
    project = roster()
    assert len(project.shifts) == 15
    assert all(one.is_open for one in project.shifts.values())
    hours = {day: project.shifts[f"A-day-{MONDAY + timedelta(days=day)}"].hours for day in (2, 3)}
    assert hours == {2: 8.5, 3: 7.5}


def test_making_open_shifts_again_changes_nothing() -> None:
    project = assign(roster(officer("A", "A")), "A", f"A-day-{MONDAY}")
    again = make_open_shifts(project, MONDAY, FRIDAY)
    assert again.shifts == project.shifts


def test_a_day_without_school_has_only_events() -> None:
    project = roster()
    game = RosterPost(
        "game",
        "A",
        clock("18:00"),
        clock("22:00"),
        frozenset((6,)),
        kind=ShiftKind.EVENT,
        title="Game",
        school_days=False,
        officers=2,
    )
    project = make_open_shifts(put_post(project, game), date(2026, 9, 19), date(2026, 9, 20))
    assert [one.uid for one in project.shifts.values()][-2:] == [
        "game-2026-09-19",
        "game-2026-09-19-2",
    ]


def test_a_rejected_assignment_gives_the_rule_and_a_remedy() -> None:
    project = roster(officer("A", "B"))
    why = Message("ineligible.other_units", units=("B",), unit="A")
    remedy = Message("remedy.eligibility", why=why)
    with refused("roster_rule_broken", override=False, remedy=remedy):
        shift_edits.assign_shift(project, f"A-day-{MONDAY}", "A", RosterDecision(NOW))


def test_a_reason_overrides_a_rule_and_is_stored() -> None:
    nights = own_time(
        AvailabilityKind.MAIN_JOB,
        MONDAY - timedelta(days=1),
        starts=clock("20:00"),
        ends=clock("06:00"),
    )
    project = roster(officer("A", "A", times=(nights,)))
    uid = f"A-day-{MONDAY}"
    with refused("roster_rule_broken.unless_reason", override=True):
        shift_edits.assign_shift(project, uid, "A", RosterDecision(NOW))
    after = shift_edits.assign_shift(
        project, uid, "A", RosterDecision(NOW, by="Planner", reason="agreed by phone")
    )
    assert after.shifts[uid].find_override_reason("rest") == "agreed by phone"
    (found,) = [one for one in find_roster_violations(after, MONDAY, MONDAY) if one.rule == "rest"]
    assert not found.is_unexcused


def test_two_officers_can_trade_shifts_in_one_edit() -> None:
    project = assign(roster(officer("A", "A", "B"), officer("B", "A", "B")), "A", f"A-day-{MONDAY}")
    project = assign(project, "B", f"B-day-{MONDAY}")
    after = shift_edits.assign_shifts(
        project, {f"A-day-{MONDAY}": "B", f"B-day-{MONDAY}": "A"}, RosterDecision(NOW)
    )
    assert after.shifts[f"A-day-{MONDAY}"].officer == "B"
    with refused("roster_rule_broken", rule="double_booking"):
        shift_edits.assign_shift(project, f"A-day-{MONDAY}", "B", RosterDecision(NOW))


def test_copying_a_week_reports_what_stays_open() -> None:
    away = own_time(AvailabilityKind.LEAVE, date(2026, 9, 22))
    project = roster(officer("A", "A", times=(away,)))
    project = assign(project, "A", f"A-day-{MONDAY}", f"A-day-{TUESDAY}")
    project = make_open_shifts(project, date(2026, 9, 21), date(2026, 9, 25))
    after, left = shift_edits.copy_week_assignments(project, MONDAY, date(2026, 9, 21), now=NOW)
    assert after.shifts["A-day-2026-09-21"].officer == "A"
    assert after.shifts["A-day-2026-09-22"].is_open
    (reason,) = left
    assert reason.facts["where"].facts["name"] == "Officer A"
    assert reason.facts["what"] == Message("roster.leave", kind="leave", until=date(2026, 9, 22))


def test_a_split_leaves_the_second_part_open() -> None:
    uid = f"A-day-{MONDAY}"
    project = assign(roster(officer("A", "A")), "A", uid)
    noon = project.shifts[uid].starts_at + timedelta(hours=4)
    after = shift_edits.split_shift(project, uid, noon, RosterDecision(NOW))
    second = after.shifts[f"{uid}-part2"]
    assert (after.shifts[uid].hours, second.hours) == (4.0, 4.5)
    assert second.is_open
    with refused("out_of_range.split"):
        shift_edits.split_shift(project, uid, project.shifts[uid].ends_at, RosterDecision(NOW))


def test_a_sick_officers_shifts_become_open_and_stay_on_record() -> None:
    project = assign(roster(officer("A", "A")), "A", f"A-day-{MONDAY}", f"A-day-{TUESDAY}")
    project = shift_edits.finalize_shifts(project, MONDAY, FRIDAY, now=NOW)
    after = record_sick_leave(project, "A", MONDAY, MONDAY, RosterDecision(NOW))
    gone, kept = after.shifts[f"A-day-{MONDAY}"], after.shifts[f"A-day-{TUESDAY}"]
    assert (gone.officer, gone.former, gone.sequence) == (None, ("A",), 1)
    assert kept.officer == "A"
    with refused("roster_rule_broken", rule="leave"):
        shift_edits.assign_shift(after, f"A-day-{MONDAY}", "A", RosterDecision(NOW))


def test_a_locked_shift_cannot_be_changed_until_unlocked() -> None:
    uid = f"A-day-{MONDAY}"
    project = shift_edits.set_shift_locks(
        assign(roster(officer("A", "A")), "A", uid), [uid], locked=True
    )
    with refused("shift_locked"):
        shift_edits.assign_shift(project, uid, None, RosterDecision(NOW))
    free = shift_edits.set_shift_locks(project, [uid], locked=False)
    assert shift_edits.assign_shift(free, uid, None, RosterDecision(NOW)).shifts[uid].is_open


def test_canceling_keeps_a_final_shift_and_removes_a_draft() -> None:
    uid = f"A-day-{MONDAY}"
    project = roster()
    assert uid not in shift_edits.cancel_shift(project, uid, RosterDecision(NOW)).shifts
    final = shift_edits.finalize_shifts(project, MONDAY, MONDAY, now=NOW)
    gone = shift_edits.cancel_shift(final, uid, RosterDecision(NOW, reason="rain")).shifts[uid]
    assert (gone.status, gone.sequence) == (ShiftStatus.CANCELLED, 1)


def test_the_sequence_counts_changes_after_posting() -> None:
    uid = f"A-day-{MONDAY}"
    project = assign(roster(officer("A", "A"), officer("B", "A")), "A", uid)
    assert project.shifts[uid].sequence == 0
    final = shift_edits.finalize_shifts(project, MONDAY, FRIDAY, now=NOW)
    other = shift_edits.assign_shift(final, uid, "B", RosterDecision(NOW, reason="asked")).shifts[
        uid
    ]
    assert (other.sequence, other.former) == (1, ("A",))
    back = shift_edits.assign_shift(
        replace(final, shifts={**final.shifts, uid: other}),
        uid,
        "A",
        RosterDecision(NOW, reason="asked"),
    ).shifts[uid]
    assert (back.sequence, back.former) == (2, ("B",))


def test_removing_an_officer_opens_later_shifts_and_keeps_past_ones() -> None:
    project = assign(roster(officer("A", "A")), "A", f"A-day-{MONDAY}", f"A-day-{TUESDAY}")
    after = remove_officer(project, "A", TUESDAY - timedelta(days=1), RosterDecision(NOW))
    assert after.shifts[f"A-day-{MONDAY}"].officer == "A"
    assert after.shifts[f"A-day-{TUESDAY}"].is_open
    assert after.officers["A"].until == MONDAY
    never = remove_officer(
        roster(officer("A", "A")), "A", TUESDAY - timedelta(days=1), RosterDecision(NOW)
    )
    assert never.officers == {}


def test_a_swap_is_requested_and_approved_once() -> None:
    project = roster(officer("A", "A"), officer("B", "A"))
    project = assign(project, "A", f"A-day-{MONDAY}")
    project = assign(project, "B", f"A-day-{TUESDAY}")
    swap = ShiftSwap("s", f"A-day-{MONDAY}", "A", "B", NOW, other=f"A-day-{TUESDAY}")
    asked = swaps.request_swap(project, swap)
    after = swaps.approve_swap(asked, "s", RosterDecision(NOW, by="Planner"))
    assert after.shifts[f"A-day-{MONDAY}"].officer == "B"
    assert after.shifts[f"A-day-{TUESDAY}"].officer == "A"
    assert after.swaps["s"].status is SwapStatus.APPROVED
    with refused("swap_answered", status="approved"):
        swaps.refuse_swap(after, "s", RosterDecision(NOW, by="Planner"))
    with refused("shift_of_another", officer="Officer B"):
        swaps.request_swap(project, replace(swap, officer="B", taker="A"))


def test_invalid_officers_and_times_are_rejected() -> None:
    project = roster()
    with refused("unknown_unit.of_officer", unit="Z"):
        put_officer(project, officer("A", "Z"))
    backwards = own_time(AvailabilityKind.LEAVE, FRIDAY, MONDAY)
    with refused("days_out_of_order.availability"):
        put_officer(project, officer("A", "A", times=(backwards,)))
    with refused("out_of_range.shift"):
        shift_edits.put_shift(project, shift("one", "A", MONDAY, "16:00", "07:30"))


def test_the_unstaffed_hours_of_a_zone_are_counted() -> None:
    project = assign(roster(officer("A", "A")), "A", f"A-day-{MONDAY}")
    planned, lacking = sum_open_hours(project, MONDAY, FRIDAY)["A"]
    assert (planned, lacking) == (41.5, 33.0)


def test_an_assignment_counts_as_a_roster_change() -> None:
    project = roster(officer("A", "A"))
    after = assign(project, "A", f"A-day-{MONDAY}")
    changes = diff_projects(project, after)
    assert changes.roster
    assert not changes.settings
    assert after.time_zone == ZONE
