"""Zones for sites: the best plan that keeps every rule, with a proof of how good it is."""

from zoneplanner.analysis.optimise.problem import Candidate, Problem
from zoneplanner.analysis.optimise.search import search

__all__ = ["Candidate", "Problem", "search"]
