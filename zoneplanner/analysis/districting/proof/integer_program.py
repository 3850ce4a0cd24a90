"""The textbook proof: one integer program, with contiguity cuts added when violated.

It complements branch-and-price if zones are too many to list but sites are few: for few, large
zones and many locks. A site is served from a post (``x[i, j]``, Hess and others 1965); a cut-off
piece of a zone needs one of its neighbors (Oehrlein and Haunert 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import highspy
import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    find_pieces,
    pack_sites,
    unpack_sites,
)
from zoneplanner.analysis.highs import HIGHS_OPTIMAL, HighsSolver, run_in_thread

_POLL_S = 0.002  # between checks of the solver's thread, while the other proof takes steps
_GAP = 2e-7


def prove_by_program(group: ZoneGroup, ceiling: float) -> Iterator[tuple[float, IntArray | None]]:
    """Yield (bound, None) often, and at the end (bound, plan), or (inf, None) if there is no plan.

    ``ceiling`` is the cost of a plan, or inf. The group may have no linear term and no borders.
    """
    n = len(group.sites)
    solver = _make_program(group)
    bound = -np.inf
    while True:
        for live, _ in run_in_thread(solver, ceiling, poll_s=_POLL_S):
            bound = max(bound, live)
            yield min(bound, ceiling), None
        if bound >= ceiling * (1 - _GAP):
            yield ceiling, None
            return
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible and ceiling == np.inf:
            yield np.inf, None
            return
        if status != HIGHS_OPTIMAL:
            return
        bound = max(bound, float(solver.getInfo().mip_dual_bound))
        serves = np.array(solver.getSolution().col_value).reshape(n, n) > 0.5
        cuts = _list_cuts(group, serves)
        if not cuts:
            yield min(bound, ceiling), _read_plan(group, serves)
            return
        for row in cuts:
            columns = np.flatnonzero(row)
            solver.addRow(0.0, np.inf, len(columns), columns.astype(np.int32), row[columns])


_AddRow = Callable[[float, float, IntArray, FloatArray], None]
"""Adds a row: its lower and upper limit, its columns, and their coefficients."""


def _make_program(group: ZoneGroup) -> HighsSolver:
    n, k = len(group.sites), len(group.zones)
    solver = HighsSolver()
    every = np.arange(n * n, dtype=np.int32)
    none, starts = np.zeros(0, dtype=np.int32), np.zeros(n * n, dtype=np.int32)
    ones = np.ones(n * n)
    solver.addCols(n * n, group.cost_table.ravel(), 0 * ones, ones, 0, starts, none, np.zeros(0))
    solver.changeColsIntegrality(n * n, every, np.full(n * n, highspy.HighsVarType.kInteger))
    solver.setOptionValue("mip_rel_gap", _GAP / 2)

    def add(low: float, high: float, columns: IntArray, values: FloatArray) -> None:
        solver.addRow(low, high, len(columns), columns.astype(np.int32), values)

    x = np.arange(n * n).reshape(n, n)
    add(k, k, x.diagonal(), np.ones(n))
    for i in range(n):
        add(1, 1, x[i], np.ones(n))
        for j in range(n):
            if i != j:
                add(0, np.inf, np.array([x[j, j], x[i, j]]), np.array([1.0, -1.0]))
    for j in range(n):
        for load in group.loads:
            for limit, low, high in ((group.min_load, 0, np.inf), (group.max_load, -np.inf, 0)):
                value = load.copy()
                value[j] -= limit
                add(low, high, x[:, j], value)
    _add_locks(group, x, add)
    return solver


def _add_locks(group: ZoneGroup, x: IntArray, add: _AddRow) -> None:
    """Require one post for the sites of a lock, and different posts for different locks."""
    locked = [np.flatnonzero(group.lock == zone) for zone in np.unique(group.lock[group.lock >= 0])]
    for sites in locked:
        for other in sites[1:]:
            for j in range(len(x)):
                add(0, 0, np.array([x[sites[0], j], x[other, j]]), np.array([1.0, -1.0]))
    for j in range(len(x)) if len(locked) > 1 else ():
        add(-np.inf, 1, np.array([x[sites[0], j] for sites in locked]), np.ones(len(locked)))


def _list_cuts(group: ZoneGroup, serves: BoolArray) -> list[FloatArray]:
    """Return a row for each site in a piece of a zone without its post: ``row @ x >= 0``."""
    n, cuts = len(serves), []
    for post in np.flatnonzero(serves.diagonal()).tolist():
        members = np.flatnonzero(serves[:, post])
        for piece in find_pieces(group.masks, pack_sites(members)):
            if piece >> post & 1:
                continue
            sites = unpack_sites(piece)
            around = np.setdiff1d(np.flatnonzero(group.adjacency[sites].any(axis=0)), sites)
            for site in sites:
                row = np.zeros((n, n))
                row[around, post] = 1.0
                row[site, post] = -1.0
                cuts.append(row.ravel())
    return cuts


def _read_plan(group: ZoneGroup, serves: BoolArray) -> IntArray:
    """Return each site's zone label: locked zones keep theirs, the others get the free ones."""
    posts = np.flatnonzero(serves.diagonal())
    of_post = {int(post): -1 for post in posts}
    served = serves.argmax(axis=1)
    for site in np.flatnonzero(group.lock >= 0):
        of_post[int(served[site])] = int(group.lock[site])
    free = [zone for zone in range(len(group.zones)) if zone not in of_post.values()]
    for post, zone in of_post.items():
        if zone < 0:
            of_post[post] = free.pop(0)
    return np.array([of_post[int(post)] for post in served], dtype=np.int64)
