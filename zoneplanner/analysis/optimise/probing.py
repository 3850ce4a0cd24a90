"""Posts that no zone of a better plan can have."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from zoneplanner.analysis.optimise.agents import Agents
from zoneplanner.analysis.optimise.colgen import NEAR, Relaxed
from zoneplanner.analysis.optimise.group import Group
from zoneplanner.analysis.optimise.pricing import grow
from zoneplanner.analysis.optimise.table import prepare

_STATES = 50_000


def useful_agents(
    group: Group, agents: Agents, relaxed: Relaxed, ceiling: float
) -> Generator[None, None, Agents]:
    """The agents that may serve a zone of a plan below ``ceiling``; yields None between agents.

    Each agent's zones within the gap are grown for a while; an agent that turns out to have none
    is dropped. Most are at the rim of the district, where a site is never the best post of a zone,
    but looks cheap once a region of posts has a price.
    """
    duals = relaxed.duals
    limit = relaxed.limit(ceiling)
    keep = []
    for index in range(len(agents.post)):
        alone = agents.only(np.array([index]))
        table = prepare(group, alone, duals, limit, all_rivals=True)
        own = alone.kind[0]
        for zones in grow(group, alone, table, states=_STATES, zones=_STATES):
            if zones is None:
                yield
            elif not zones.complete or len(zones.kind) or zones.floor[own] < limit[own] - NEAR / 2:
                keep.append(index)
        yield
    return agents.only(np.array(keep, dtype=np.int64))
