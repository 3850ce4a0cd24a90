"""Larson's hypercube queueing model: which unit answers which call when units are busy at times."""

from zoneplanner.analysis.hypercube.exact import MOST_UNITS, free_chances, solve
from zoneplanner.analysis.hypercube.larson import approximate
from zoneplanner.analysis.hypercube.result import Result

__all__ = ["MOST_UNITS", "Result", "approximate", "free_chances", "solve"]
