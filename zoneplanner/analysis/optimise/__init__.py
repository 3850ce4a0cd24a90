"""Zones for sites: the best plan that keeps every rule, with a proof of how good it is.

A door with stable names for notebooks and tests; the search is in ``districting``.
"""

from zoneplanner.analysis.optimise.problem import DistrictingProblem as Problem
from zoneplanner.analysis.optimise.problem import SearchCandidate as Candidate
from zoneplanner.analysis.optimise.search import search_plans as search

__all__ = ["Candidate", "Problem", "search"]
