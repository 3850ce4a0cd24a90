"""What a public paper may tell, and what it would give away."""

import random

from zoneplanner.analysis.coverage.public_totals import withhold_small_totals


def test_small_totals_and_those_of_few_schools_are_withheld() -> None:
    assert withhold_small_totals(9, [9], [5]) == (None, None)
    assert withhold_small_totals(100, [50, 50], [5, 5]) == (100, 50, 50)
    assert withhold_small_totals(100, [40, 30, 30], [9, 2, 9]) == (100, 40, None, None)


def test_a_total_that_the_rest_would_tell_is_withheld_too() -> None:
    assert withhold_small_totals(105, [60, 40, 5], [9, 9, 9]) == (105, 60, None, None)
    assert withhold_small_totals(100, [60, 40, 0], [9, 9, 9]) == (100, 60, None, None)


def test_no_subtraction_tells_a_small_total() -> None:
    draw = random.Random(19)
    for _ in range(2_000):
        schools = [draw.randrange(1, 8) for _ in range(draw.randrange(1, 8))]
        parts = [draw.randrange(0, 40) for _ in schools]
        whole, *told = withhold_small_totals(sum(parts), parts, schools)
        hidden = [at for at, one in enumerate(told) if one is None]
        if whole is None or not hidden:
            continue
        rest = whole - sum(one for one in told if one is not None)
        assert rest >= 10 or len(hidden) == len(parts)
        assert sum(schools[at] for at in hidden) >= 3 or len(hidden) == len(parts)
