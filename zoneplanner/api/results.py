"""The results of searches, comparisons and evaluations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from zoneplanner.domain.plans.plan import Plan


@dataclass(frozen=True, eq=False)
class ProposedZones:
    """Zones that a search found, and what is proven about the best possible ones.

    Attributes
    ----------
    assignment
        The zone of each site or point, a Series with their ids as index.
    cost
        Trip-minutes a day from each zone's post.
    bound
        The proven bound: no zones that keep the rules cost less.
    gap
        The largest share of the cost that better zones could save.
    proven
        True if no better zones exist.
    """

    assignment: "pd.Series[str]" = field(repr=False)
    cost: float
    bound: float
    gap: float
    proven: bool
    plan: Plan | None = field(default=None, repr=False)
    """The plan that `ZoneProject.keep` adds to the project."""


@dataclass(frozen=True, eq=False)
class PlanDifference:
    """The differences between two plans.

    Attributes
    ----------
    moved
        The sites that change zones: ``site, name, before, after, students, before_min,
        after_min, change_min``.
    figures
        By measure: ``name, unit, before, after, change, better``.
    students_moved
        The number of students at these sites.
    """

    moved: pd.DataFrame = field(repr=False)
    figures: pd.DataFrame = field(repr=False)
    students_moved: int


@dataclass(frozen=True, eq=False)
class PlanEvaluation:
    """The response to expect from a plan; shares are 0 to 1, minutes are turnout and travel.

    ``units`` has ``utilization`` and ``mean_response_min`` by unit, ``sites`` has
    ``mean_response_min`` and ``share_within_target`` by site.
    """

    mean_response_min: float | None
    share_within_target: float | None
    cross_zone_share: float | None
    all_busy_probability: float | None
    target_min: float
    units: pd.DataFrame = field(repr=False)
    sites: pd.DataFrame = field(repr=False)


def make_assignment(index: Sequence[Any], zones: Sequence[str]) -> "pd.Series[str]":
    """Return the zone of each site or point."""
    return pd.Series(list(zones), index=pd.Index(index), name="zone", dtype="object")
