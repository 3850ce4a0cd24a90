"""Classes of a figure: quantiles and natural breaks."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneplanner.analysis.measures.class_breaks import (
    ClassBreaks,
    find_natural_breaks,
    find_quantile_breaks,
)

METHODS = (find_quantile_breaks, find_natural_breaks)
Method = Callable[[Sequence[float | None], int], ClassBreaks]


def count_by_class(classes: ClassBreaks, values: Iterable[float | None]) -> tuple[int, ...]:
    """Count the known values in each class."""
    known = [one for one in values if one is not None and not math.isnan(one)]
    counts = Counter(classes.find_class(one) for one in known)
    return tuple(counts[at] for at in range(len(classes)))


def sum_squares(values: list[float], classes: ClassBreaks) -> float:
    """Sum the squared distances from the class means."""
    parts: dict[int, list[float]] = {}
    for value in values:
        parts.setdefault(classes.find_class(value), []).append(value)
    return sum(float(np.var(part)) * len(part) for part in parts.values())


def find_least_squares(values: list[float], count: int) -> float:
    """Try every way to cut the values into classes."""
    distinct = sorted(set(values))
    return min(
        sum_squares(values, ClassBreaks(distinct[0], (*ends, distinct[-1])))
        for ends in combinations(distinct[:-1], min(count, len(distinct)) - 1)
    )


def test_quantiles_have_equal_counts() -> None:
    values = [float(n) for n in range(1, 13)]
    classes = find_quantile_breaks(values, 4)
    assert classes == ClassBreaks(1.0, (3.0, 6.0, 9.0, 12.0))
    assert count_by_class(classes, values) == (3, 3, 3, 3)


def test_equal_values_are_never_in_two_classes() -> None:
    values = [1.0] * 8 + [2.0, 3.0, 4.0, 5.0]
    classes = find_quantile_breaks(values, 4)
    assert count_by_class(classes, values) == (8, 1, 3)
    assert classes.lowest == 1.0


def test_natural_breaks_are_in_the_gaps() -> None:
    values = [1.0, 2.0, 3.0, 20.0, 21.0, 22.0, 23.0, 90.0, 95.0]
    classes = find_natural_breaks(values, 3)
    assert classes.uppers == (3.0, 23.0, 95.0)
    assert count_by_class(classes, values) == (3, 4, 2)


@pytest.mark.parametrize("method", METHODS)
def test_missing_values_are_in_no_class(method: Method) -> None:
    values = [1.0, None, 2.0, math.nan, 3.0]
    classes = method(values, 3)
    assert classes.uppers == (1.0, 2.0, 3.0)
    assert sum(count_by_class(classes, values)) == 3


@pytest.mark.parametrize("method", METHODS)
def test_a_repeated_value_is_one_class(method: Method) -> None:
    classes = method([7.0] * 5, 5)
    assert classes == ClassBreaks(7.0, (7.0,))
    assert count_by_class(classes, [7.0] * 5) == (5,)


@pytest.mark.parametrize("method", METHODS)
def test_fewer_values_than_classes_get_a_class_each(method: Method) -> None:
    assert method([5.0, 1.0], 5).uppers == (1.0, 5.0)


@pytest.mark.parametrize("method", METHODS)
def test_no_values_give_no_class(method: Method) -> None:
    classes = method([None, math.nan], 5)
    assert len(classes) == 0
    assert count_by_class(classes, [None]) == ()


def test_a_value_beyond_the_ends_is_in_the_outer_class() -> None:
    classes = find_quantile_breaks([10.0, 20.0, 30.0], 3)
    assert (classes.find_class(-5.0), classes.find_class(99.0)) == (0, 2)


def test_a_break_is_in_the_class_it_ends() -> None:
    classes = find_quantile_breaks([10.0, 20.0, 30.0], 3)
    assert [classes.find_class(value) for value in (10.0, 10.1, 20.0, 20.1)] == [0, 1, 1, 2]


def test_large_values_close_together_are_separated() -> None:
    values = [1e9 + offset for offset in (0.0, 1.0, 2.0, 50.0, 51.0, 100.0)]
    assert find_natural_breaks(values, 3).uppers == (1e9 + 2, 1e9 + 51, 1e9 + 100)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 60).map(float), min_size=1, max_size=14),
    st.integers(2, 5),
)
def test_natural_breaks_are_optimal(values: list[float], count: int) -> None:
    classes = find_natural_breaks(values, count)
    assert len(classes) == min(count, len(set(values)))
    assert sum_squares(values, classes) == pytest.approx(
        find_least_squares(values, count), abs=1e-6
    )


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    st.integers(3, 7),
    st.sampled_from(METHODS),
)
def test_every_value_is_in_one_class_and_none_is_empty(
    values: list[float], count: int, method: Method
) -> None:
    classes = method(values, count)
    held = count_by_class(classes, values)
    assert 1 <= len(classes) <= count
    assert sum(held) == len(values)
    assert min(held) >= 1
    assert list(classes.uppers) == sorted(set(classes.uppers))
    assert (classes.lowest, classes.uppers[-1]) == (min(values), max(values))
