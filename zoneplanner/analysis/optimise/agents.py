"""Who a zone can be: a kind of zone served from a post, with the sites it must and may hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, FloatArray, IntArray
from zoneplanner.analysis.optimise.group import ZoneGroup, find_components, unpack_sites


@dataclass(frozen=True, eq=False)
class _ZoneKind:
    """Zones that may trade names: ``zones`` are their local labels.

    ``must`` and ``may`` are (n,): sites every zone of this kind holds, and could hold;
    ``extra`` (n,) is the linear cost of holding a site.
    """

    zones: IntArray
    must: BoolArray
    may: BoolArray
    extra: FloatArray


@dataclass(frozen=True, eq=False)
class ZoneAgents:
    """All (kind, post) pairs: arrays with one row each. ``cost`` has shape (agents, n)."""

    kinds: tuple[_ZoneKind, ...]
    kind: IntArray
    post: IntArray
    cost: FloatArray
    must: BoolArray
    may: BoolArray

    def only(self, keep: IntArray) -> ZoneAgents:
        """The agents with these indices."""
        return replace(
            self,
            kind=self.kind[keep],
            post=self.post[keep],
            cost=self.cost[keep],
            must=self.must[keep],
            may=self.may[keep],
        )


def _list_zone_kinds(group: ZoneGroup) -> tuple[_ZoneKind, ...]:
    """One kind a zone that has locks or a linear cost of its own; the others are one kind."""
    n, k = len(group.sites), len(group.zones)
    free = group.lock < 0
    kinds = []
    bare = []
    for zone in range(k):
        must = group.lock == zone
        if group.linear is None and not must.any():
            bare.append(zone)
            continue
        extra = np.zeros(n) if group.linear is None else group.linear[:, zone]
        kinds.append(_ZoneKind(np.array([zone]), must, free | must, extra))
    if bare:
        kinds.append(_ZoneKind(np.array(bare), np.zeros(n, dtype=bool), free, np.zeros(n)))
    return tuple(kinds)


def list_agents(group: ZoneGroup) -> ZoneAgents:
    """Every kind with every post that it may have; a zone stays in the part of its post."""
    kinds = _list_zone_kinds(group)
    kind, post = [], []
    for index, each in enumerate(kinds):
        for site in np.flatnonzero(each.may):
            kind.append(index)
            post.append(int(site))
    kind_of, posts = np.array(kind, dtype=np.int64), np.array(post, dtype=np.int64)
    must = np.array([each.must for each in kinds])[kind_of]
    must[np.arange(len(posts)), posts] = True
    part = np.zeros(len(group.sites), dtype=np.int64)
    for index, connected in enumerate(find_components(group)):
        part[unpack_sites(connected)] = index
    may = np.array([each.may for each in kinds])[kind_of]
    return ZoneAgents(
        kinds=kinds,
        kind=kind_of,
        post=posts,
        cost=group.cost.T[posts] + np.array([each.extra for each in kinds])[kind_of],
        must=must,
        may=may & (part[posts][:, None] == part),
    )


def assemble_plan(agents: ZoneAgents, kind: IntArray, members: BoolArray) -> IntArray | None:
    """Labels for zones that cover every site once; None if they do not."""
    if len(members) == 0 or (members.sum(axis=0) != 1).any():
        return None
    labels = [list(each.zones) for each in agents.kinds]
    assignment = np.zeros(members.shape[1], dtype=np.int64)
    for index in np.lexsort((members.argmax(axis=1), kind)):
        if not labels[kind[index]]:
            return None
        assignment[members[index]] = labels[kind[index]].pop(0)
    return assignment if not any(labels) else None
