"""Rows paired with columns, against SciPy's solver."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from zoneplanner.analysis.districting.problem_builder import match_best_pairs

tables = st.integers(0, 9).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.integers(0, 30).map(float))
)


@given(tables)
def test_the_pairing_has_the_best_total(worth: np.ndarray) -> None:
    columns = match_best_pairs(worth)
    assert sorted(columns) == list(range(len(worth)))
    rows, best = linear_sum_assignment(worth, maximize=True)
    assert worth[np.arange(len(worth)), columns].sum() == worth[rows, best].sum()


def test_a_hundred_rows_of_mixed_signs_are_paired() -> None:
    worth = np.random.default_rng(4).normal(0, 50, (100, 100))
    rows, best = linear_sum_assignment(worth, maximize=True)
    found = worth[np.arange(100), match_best_pairs(worth)].sum()
    assert found == pytest.approx(worth[rows, best].sum())


def test_a_table_of_zeros_keeps_the_order() -> None:
    assert match_best_pairs(np.zeros((4, 4))).tolist() == [0, 1, 2, 3]
