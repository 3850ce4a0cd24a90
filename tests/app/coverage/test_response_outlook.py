"""The page of what to expect."""

from dataclasses import replace

from builders import project_from

from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS
from zoneplanner.app.coverage.expected_response import compute_response_outlook
from zoneplanner.app.session.state import derive_state


def test_a_move_that_gains_less_than_a_tenth_of_a_minute_is_not_offered() -> None:
    project = project_from("AABBB / AAABB")
    slow = replace(project.assumptions, speed_mph=12.0)
    offered = []
    for assumptions in (project.assumptions, slow):
        one = replace(project, assumptions=assumptions)
        state = derive_state(one, one.plans["plan"])
        outlook = compute_response_outlook(state, USUAL_CONDITIONS)
        offered.append((outlook.gaining, [round(move.gain_min, 2) for move in outlook.moves]))
    assert offered == [(0, []), (2, [0.13, 0.13])]  # 0.056 min each at the usual speed


def test_a_move_says_which_rule_it_would_break() -> None:
    broken = {}
    for tolerance in (0.5, 0.1):
        project = project_from("AABBB / AAABB", tolerance=tolerance)
        slow = replace(project, assumptions=replace(project.assumptions, speed_mph=12.0))
        outlook = compute_response_outlook(derive_state(slow, slow.plans["plan"]), USUAL_CONDITIONS)
        broken[tolerance] = [
            (move.zone, move.breaks and move.breaks.template) for move in outlook.moves
        ]
    assert broken[0.5] == [("A", None), ("B", None)]
    assert broken[0.1] == [("A", "check.over_tolerance"), ("B", "check.over_tolerance.below")]
