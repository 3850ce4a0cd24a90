"""Zones for sites: the best plan that keeps every rule, with a proof of how good it is.

Stable names for notebooks and tests; the search is in ``districting``.
"""

from zoneplanner.analysis.districting.coordinate_costs import CoordinateCosts
from zoneplanner.analysis.districting.plan_search import search_plans as search
from zoneplanner.analysis.districting.problem import DistrictingProblem as Problem
from zoneplanner.analysis.districting.problem import SearchCandidate as Candidate

__all__ = ["Candidate", "CoordinateCosts", "Problem", "search"]
