from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from random import Random

import pytest
from builders import refused
from rosters import FRIDAY, MONDAY, NOW, clock, officer, own_time, roster, shift

from zoneplanner.analysis.staffing.roster_solver import (
    RosterProposal,
    apply_assignment,
    explain_open_shift,
    fill_open_shifts,
    list_open_shifts,
    propose_relaxed_roster,
)
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits
from zoneplanner.domain.roster.checker import RosterViolation, find_roster_violations
from zoneplanner.domain.roster.officer_edits import put_officer
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import AvailabilityKind, RosterDecision, RosterPost, ShiftKind
from zoneplanner.domain.roster.shift_edits import make_open_shifts, put_post


def propose(
    project: Project, first: date = MONDAY, last: date = FRIDAY, **how: object
) -> RosterProposal:
    *_, found = fill_open_shifts(project, first, last, **how)  # type: ignore[arg-type]
    return found


def list_unexcused_violations(project: Project, first: date, last: date) -> list[RosterViolation]:
    return [
        one
        for one in find_roster_violations(project, first, last)
        if one.is_unexcused and one.level in (Enforcement.BLOCK, Enforcement.OVERRIDE)
    ]


def test_every_shift_is_filled_without_breaking_a_rule_if_officers_are_free() -> None:
    project = roster(officer("A", "A"), officer("B", "B"), officer("C", "c", kind="sro"))
    found = propose(project)
    assert (found.open, found.share, found.gap) == ((), 1.0, 0.0)
    after = apply_assignment(project, found.assignment)
    assert list_unexcused_violations(after, MONDAY, FRIDAY) == []


def test_hours_are_shared_evenly() -> None:
    project = roster(officer("A", "A", "B"), officer("B", "A", "B"), officer("C", "A", "B"))
    found = propose(project)
    counts = [list(found.assignment.values()).count(letter) for letter in "ABC"]
    assert sorted(counts) == [3, 3, 4]


def test_officers_stay_in_a_zone_they_know() -> None:
    project = roster(officer("A", "A", "B"), officer("B", "B", "A"))
    found = propose(project)
    units = {(officer_id, uid[0]) for uid, officer_id in found.assignment.items() if officer_id}
    assert units == {("A", "A"), ("B", "B")}


def test_preferences_are_followed_if_no_one_loses() -> None:
    project = roster(officer("A", "A", "B", prefers=("B",)), officer("B", "A", "B", prefers=("A",)))
    found = propose(project)
    assert {found.assignment[f"A-day-{MONDAY}"], found.assignment[f"B-day-{FRIDAY}"]} == {"A", "B"}
    assert found.assignment[f"B-day-{MONDAY}"] == "A"


def test_undesirable_shifts_are_shared() -> None:
    project = roster(officer("A", "A"), officer("B", "A"), layout="A")
    game = RosterPost(
        "game", "A", clock("18:00"), clock("22:00"), frozenset((2, 4)), kind=ShiftKind.EVENT
    )
    project = make_open_shifts(put_post(project, game), MONDAY, FRIDAY)
    found = propose(project)
    games = [found.assignment[uid] for uid in found.assignment if uid.startswith("game")]
    assert sorted(filter(None, games)) == ["A", "B"]


def test_a_substitute_is_used_only_if_no_one_else_can_serve() -> None:
    away = own_time(AvailabilityKind.LEAVE, MONDAY)
    project = roster(
        officer("A", "A", times=(away,)), officer("S", "A", kind="substitute"), layout="A"
    )
    found = propose(project)
    assert [uid for uid, one in found.assignment.items() if one == "S"] == [f"A-day-{MONDAY}"]


def test_locked_and_final_shifts_do_not_change() -> None:
    project = roster(officer("A", "A"), officer("B", "A"), layout="A")
    uid = f"A-day-{MONDAY}"
    project = shift_edits.set_shift_locks(
        shift_edits.assign_shift(project, uid, "B", RosterDecision(NOW)), [uid], locked=True
    )
    other = f"A-day-{FRIDAY}"
    project = shift_edits.assign_shift(project, other, "B", RosterDecision(NOW))
    kept = propose(project)
    assert {uid, other}.isdisjoint(kept.assignment)
    again = propose(project, refill=True)
    assert uid not in again.assignment
    assert other in again.assignment


def test_the_same_seed_gives_the_same_roster_and_another_seed_may_not() -> None:
    project = roster(*(officer(letter, "A", "B") for letter in "ABCD"))
    one, again = propose(project, seed=3), propose(project, seed=3)
    assert one.assignment == again.assignment
    others = [propose(project, seed=seed).assignment for seed in range(6)]
    assert any(other != one.assignment for other in others)


def test_a_long_term_is_planned_in_blocks_with_carry_over() -> None:
    project = roster(*(officer(letter, "A", "B") for letter in "ABC"))
    last = date(2026, 12, 18)
    project = make_open_shifts(project, MONDAY, last)
    project = replace(project, shifts={u: s for u, s in project.shifts.items() if s.unit != "c"})
    steps = list(fill_open_shifts(project, MONDAY, last))
    assert len(steps) == 4
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    after = apply_assignment(project, steps[-1].assignment)
    assert list_unexcused_violations(after, MONDAY, last) == []
    counts = [list(steps[-1].assignment.values()).count(letter) for letter in "ABC"]
    assert max(counts) - min(counts) <= 1


def test_an_open_shift_is_explained_by_officer() -> None:
    project = roster(
        officer("A", "A", times=(own_time(AvailabilityKind.LEAVE, MONDAY, FRIDAY),)),
        officer("B", "B"),
        layout="AB",
    )
    found = propose(project)
    assert found.open == tuple(uid for uid in found.assignment if uid.startswith("A-day"))
    why = explain_open_shift(apply_assignment(project, found.assignment), f"A-day-{MONDAY}")
    assert {one.template for one in why.why.facts["stopped"]} == {
        "officers_stopped.leave",
        "officers_stopped.eligibility",
    }
    assert why.counts == {"leave": 1, "eligibility": 1}


@pytest.mark.parametrize("rule", ["daily_hours", "weekly_hours", "overtime"])
def test_an_open_shift_names_the_rule_on_hours_that_stops_an_officer(rule: str) -> None:
    project = roster(officer("A", "A"), layout="A")
    rules = project.roster_rules.with_level(rule, Enforcement.BLOCK)
    for name in ("daily_h", "weekly_h", "overtime_h"):
        rules = rules.with_figure(name, 2.0 if rule.startswith(name[:-2]) else 1000.0)
    why = explain_open_shift(replace(project, roster_rules=rules), f"A-day-{MONDAY}").why
    (stopped,) = why.facts["stopped"]
    assert stopped.template == f"officers_stopped.{rule}"
    assert str(stopped) in str(why)


def test_an_impossible_week_names_the_fewest_rules_to_relax() -> None:
    nights = own_time(
        AvailabilityKind.MAIN_JOB,
        MONDAY - timedelta(days=1),
        FRIDAY,
        starts=clock("18:00"),
        ends=clock("02:00"),
        weekdays=frozenset((7,)),
    )
    project = roster(
        officer("A", "A", times=(nights,)),
        officer("B", "A", times=(own_time(AvailabilityKind.LEAVE, MONDAY),)),
        layout="A",
    )
    found = propose(project)
    assert found.open == (f"A-day-{MONDAY}",)
    after = apply_assignment(project, found.assignment)
    would = propose_relaxed_roster(after, found.open)
    assert would.open == ()
    assert [(one.rule, one.officer) for one in would.gives_way] == [("rest", "A")]
    assert would.gives_way[0].breach.template == "roster.rest.after_main_job"
    assert would.gives_way[0].breach.facts["rest_h"] == 5.5


def test_a_post_that_no_one_can_serve_stays_open_even_with_relaxed_rules() -> None:
    project = roster(officer("A", "A"), layout="Ab")
    found = propose(project)
    would = propose_relaxed_roster(apply_assignment(project, found.assignment), found.open)
    assert len(would.open) == 5
    assert would.gives_way == ()


def test_without_officers_or_shifts_there_is_nothing_to_propose() -> None:
    with refused("no_officers"):
        propose(roster())
    with refused("no_open_shift.no_school", first=date(2027, 7, 5), last=date(2027, 7, 9)):
        propose(roster(officer("A", "A")), date(2027, 7, 5), date(2027, 7, 9))
    with refused("no_open_shift", first=date(2026, 10, 1), last=date(2026, 10, 2)):
        propose(roster(officer("A", "A")), date(2026, 10, 1), date(2026, 10, 2))


def draw_roster(seed: int) -> Project:
    """Draw officers with random leave, main jobs and preferences, and shifts of many shapes."""
    random = Random(seed)
    project = roster(layout="AB")
    for letter in "ABCDEF"[: random.randint(2, 6)]:
        times = []
        if random.random() < 0.6:
            start = random.choice(("06:00", "15:00", "20:00", "23:30"))
            end = random.choice(("01:00", "04:00", "14:00"))
            days = frozenset(random.sample(range(1, 8), random.randint(1, 5)))
            times.append(
                own_time(
                    AvailabilityKind.MAIN_JOB,
                    MONDAY - timedelta(days=20),
                    FRIDAY + timedelta(days=20),
                    starts=clock(start),
                    ends=clock(end),
                    weekdays=days,
                )
            )
        if random.random() < 0.4:
            day = MONDAY + timedelta(days=random.randrange(12))
            times.append(
                own_time(AvailabilityKind.LEAVE, day, day + timedelta(days=random.randrange(4)))
            )
        kind = random.choice(("deputy", "deputy", "substitute"))
        units = random.sample(["A", "B"], random.randint(1, 2))
        project = put_officer(project, officer(letter, *units, kind=kind, times=tuple(times)))
    for number in range(random.randint(0, 8)):
        day = MONDAY + timedelta(days=random.randrange(14))
        start = random.randrange(5, 20)
        extra = shift(
            f"extra-{number}",
            random.choice("AB"),
            day,
            f"{start:02}:00",
            f"{min(23, start + random.randint(1, 7)):02}:30",
        )
        project = shift_edits.put_shift(project, extra)
    return make_open_shifts(project, MONDAY, FRIDAY + timedelta(days=7))


@pytest.mark.parametrize("seed", range(25))
def test_a_proposal_breaks_no_rule_on_random_rosters(seed: int) -> None:
    project, last = draw_roster(seed), FRIDAY + timedelta(days=9)
    found = propose(project, MONDAY, last, seed=seed)
    after = apply_assignment(project, found.assignment)
    assert list_unexcused_violations(after, MONDAY, last) == []
    assert set(found.assignment) == set(list_open_shifts(project, MONDAY, last))


@pytest.mark.parametrize("seed", range(12))
def test_the_number_of_filled_shifts_matches_a_search_of_every_roster(seed: int) -> None:
    random = Random(seed)
    project = roster(layout="A")
    for letter in "AB":
        job = own_time(
            AvailabilityKind.MAIN_JOB,
            MONDAY - timedelta(days=1),
            FRIDAY,
            starts=clock(random.choice(("17:00", "22:00"))),
            ends=clock("02:00"),
            weekdays=frozenset(random.sample(range(1, 8), 3)),
        )
        project = put_officer(project, officer(letter, "A", times=(job,)))
    project = replace(project, shifts={})
    for number in range(5):
        day, start = MONDAY + timedelta(days=random.randrange(3)), random.randrange(6, 16)
        project = shift_edits.put_shift(
            project, shift(f"s{number}", "A", day, f"{start:02}:00", f"{start + 4:02}:30")
        )
    best = 0
    for choice in product((None, "A", "B"), repeat=5):
        after = apply_assignment(project, dict(zip(project.shifts, choice, strict=True)))
        if not list_unexcused_violations(after, MONDAY, FRIDAY):
            best = max(best, sum(one is not None for one in choice))
    found = propose(project)
    assert 5 - len(found.open) == best
