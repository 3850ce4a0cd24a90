"""What a public handout may show, and what it would give away."""

import random
from itertools import product

import numpy as np
import pytest

from zoneplanner.analysis.arrays import BoolArray
from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.public_totals import (
    find_earlier_count,
    find_publishable_cells,
    find_publishable_month_ends,
    list_running_totals,
    withhold_share,
    withhold_small_totals,
    withhold_totals_by_layer,
)


def test_small_totals_and_totals_of_few_schools_are_withheld() -> None:
    assert withhold_small_totals(10, [10], [5]) == (None, None)
    assert withhold_small_totals(100, [50, 50], [5, 5]) == (100, 50, 50)
    assert withhold_small_totals(100, [40, 30, 30], [9, 2, 9]) == (100, 40, None, None)


def test_a_total_that_subtraction_would_reveal_is_withheld_too() -> None:
    assert withhold_small_totals(105, [60, 40, 5], [9, 9, 9]) == (105, 60, None, None)
    assert withhold_small_totals(100, [60, 40, 0], [9, 9, 9]) == (100, 60, None, None)


def test_an_area_without_schools_is_zero_and_hides_no_other_area() -> None:
    assert withhold_small_totals(767, [134, 256, 212, 165, 0], [9, 9, 9, 9, 0]) == (
        *(767, 134, 256, 212, 165, 0),
    )


@pytest.mark.parametrize(
    ("part", "n", "n_shown", "shown"),
    [
        (17, 23, True, False),  # 6 are late
        (5, 23, True, False),
        (12, 23, True, True),
        (23, 23, True, True),  # none is late
        (11, 15, False, False),  # the interval alone reveals the 15
    ],
)
def test_a_share_is_shown_only_if_its_count_part_and_rest_are(
    part: int, n: int, n_shown: bool, shown: bool
) -> None:
    found = withhold_share(Figure(part / n, n, (), low=0.1, high=0.9), n_shown=n_shown)
    assert (found.value is not None, found.low is not None, found.high is not None) == (shown,) * 3


def test_a_share_of_a_withheld_count_fits_every_count_nearby() -> None:
    found = withhold_share(Figure(217 / 250, 250, (), low=0.82, high=0.904), n_shown=False)
    assert (found.value, found.low, found.high) == (0.87, None, None)
    for n in range(240, 261):
        assert any(round(part / n, 2) == found.value for part in range(n + 1))


def test_no_row_or_column_of_a_table_reveals_a_small_cell() -> None:
    assert not find_publishable_cells([[5, 3, 3], [0, 0, 0]], [9, 9]).any()
    told = find_publishable_cells([[40, 30, 5], [50, 40, 60]], [9, 9])
    assert told.tolist() == [[True, True, True], [True, False, False], [True, False, False]]
    told = find_publishable_cells([[40, 0], [50, 0]], [9, 2])
    assert told.tolist() == [[True, True], [False, True], [False, True]]  # zero is zero everywhere


def test_no_subtraction_in_a_table_reveals_a_small_cell() -> None:
    draw = random.Random(19)
    for _ in range(500):
        schools = [draw.randrange(1, 8) for _ in range(draw.randrange(1, 6))]
        cells = [[draw.randrange(0, 40) for _ in range(4)] for _ in schools]
        told = find_publishable_cells(cells, schools)
        table = [[sum(column) for column in zip(*cells, strict=True)], *cells]
        for shown, row in zip(told, table, strict=True):
            rest = sum(n for n, one in zip(row, shown, strict=True) if not one)
            known = shown[[n > 0 for n in row]].any() and not shown.all()
            assert not known or (rest >= 11 and (~shown).sum() > 1)
        for shown, column in zip(told.T, zip(*table, strict=True), strict=True):
            rest = sum(n for n, one in zip(column[1:], shown[1:], strict=True) if not one)
            assert not shown[0] or rest == 0 or rest >= 11
        assert not any(
            told[at][n] and 0 < table[at][n] < 11 for at in range(len(told)) for n in range(4)
        )


def test_no_subtraction_reveals_a_small_total() -> None:
    draw = random.Random(19)
    for _ in range(2_000):
        schools = [draw.randrange(1, 8) for _ in range(draw.randrange(1, 8))]
        parts = [draw.randrange(0, 40) for _ in schools]
        whole, *told = withhold_small_totals(sum(parts), parts, schools)
        hidden = [at for at, one in enumerate(told) if one is None]
        if whole is None or not hidden:
            continue
        rest = whole - sum(one for one in told if one is not None)
        assert rest >= 11 or len(hidden) == len(parts)
        assert sum(schools[at] for at in hidden) >= 3 or len(hidden) == len(parts)


def test_two_divisions_of_the_schools_do_not_reveal_small_totals_together() -> None:
    """Everything that sums of printed totals give away, by linear algebra over sets of schools."""
    draw, told = random.Random(19), 0
    sets = np.array(list(product((0.0, 1.0), repeat=8)))[1:]
    for _ in range(600):
        counts = {str(site): draw.randrange(0, 14) for site in range(8)}
        first: list[list[str]] = [[], [], []]
        for site in counts:
            first[draw.randrange(len(first))].append(site)
        second = [list(one) for one in first]
        for _ in range(draw.randrange(1, 4)):  # a slightly different border
            at, to = draw.sample(range(3), 2)
            if second[at]:
                second[to].append(second[at].pop())
        both = [
            withhold_totals_by_layer(counts, [first]),
            withhold_totals_by_layer(counts, [first, second]),
        ]
        known = [
            [float(site in own) for site in counts]
            for parts, shown in zip((first, second), both, strict=True)
            for own, n in zip((list(counts), *parts), shown, strict=True)
            if n is not None and own
        ]
        told += len(known)
        if known:
            left = sets - sets @ np.linalg.pinv(np.array(known)) @ np.array(known)
            given = sets[np.abs(left).max(axis=1) < 1e-8]
            sums = given @ np.array(list(counts.values()))
            assert ((sums == 0) | (sums >= 11)).all() and (given.sum(axis=1) >= 3).all()
    assert told > 1_500, "the handouts show something"


def test_a_total_is_published_again_when_it_adds_none_or_enough() -> None:
    assert find_publishable_month_ends([0, 14, 4, 13, 8, 0]) == [
        False,
        True,
        False,
        False,
        True,
        True,
    ]
    assert find_publishable_month_ends([14, 4, 13, 0], have_papers=False) == [
        True,
        False,
        True,
        True,
    ]


def test_the_last_published_count_is_known_if_the_latest_is_withheld() -> None:
    assert find_earlier_count([13, 24, None, None]) == 24
    assert find_earlier_count([None, None]) is find_earlier_count([13, 24]) is None


def test_no_subtraction_of_monthly_reports_reveals_a_small_total() -> None:
    draw = random.Random(19)
    for _ in range(300):
        schools = [draw.randrange(1, 8) for _ in range(draw.randrange(1, 6))]
        months = [[draw.randrange(0, 25) for _ in schools] for _ in range(6)]
        ends = [[sum(own) for own in zip(*months[:n], strict=True)] for n in range(1, 7)]
        told = list_running_totals(months, schools)
        assert told[:3] == list_running_totals(months[:3], schools), "each is as it was"
        for late in range(6):
            for early in range(late):
                changes = [b - a for a, b in zip(ends[early], ends[late], strict=True)]
                both = [None not in one for one in zip(told[early], told[late], strict=True)]
                for change, shown in zip([sum(changes), *changes], both, strict=True):
                    assert not shown or change == 0 or change >= 11
                rest = sum(n for n, shown in zip(changes, both[1:], strict=True) if not shown)
                assert not both[0] or rest == 0 or rest >= 11


def test_no_subtraction_of_monthly_tables_reveals_a_small_cell() -> None:
    draw = random.Random(19)
    for _ in range(100):
        schools = [draw.randrange(1, 8) for _ in range(draw.randrange(1, 5))]
        before: list[tuple[list[list[int]], BoolArray]] = []
        total = [[0] * 4 for _ in schools]
        for _ in range(4):
            total = [[n + draw.randrange(0, 30) for n in row] for row in total]
            told = find_publishable_cells(total, schools, before=before)
            for earlier, then in before:
                change = np.subtract(total, earlier)
                change = np.vstack([change.sum(axis=0), change])
                both = told & then
                assert not (both & (change > 0) & (change < 11)).any()
                for shown, row in zip(both, change, strict=True):
                    assert not shown.any() or not 0 < row[~shown].sum() < 11
                for shown, column in zip(both.T, change.T, strict=True):
                    rest = column[1:][~shown[1:]].sum()
                    assert not shown[0] or rest == 0 or rest >= 11
            before.append((total, told))
