"""Larson's hypercube queueing model: which unit answers which call when units are busy at times.

Stable names for notebooks and tests; the model is in ``response_times``.
"""

from zoneplanner.analysis.response_times.hypercube_approximation import (
    approximate_hypercube as approximate,
)
from zoneplanner.analysis.response_times.hypercube_exact import MAX_EXACT_UNITS as MOST_UNITS
from zoneplanner.analysis.response_times.hypercube_exact import (
    compute_free_probabilities as free_chances,
)
from zoneplanner.analysis.response_times.hypercube_exact import solve_hypercube as solve
from zoneplanner.analysis.response_times.hypercube_problem import HypercubeResult as Result

__all__ = ["MOST_UNITS", "Result", "approximate", "free_chances", "solve"]
