"""Posts that no zone of a better plan can have."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from zoneplanner.analysis.optimise.agents import ZoneAgents
from zoneplanner.analysis.optimise.colgen import PRICE_TOLERANCE, LinearRelaxation
from zoneplanner.analysis.optimise.group import ZoneGroup
from zoneplanner.analysis.optimise.pricing import price_zones
from zoneplanner.analysis.optimise.table import prepare_growth

_PROBING_STATES = 50_000


def _filter_agents(
    group: ZoneGroup, agents: ZoneAgents, relaxed: LinearRelaxation, ceiling: float
) -> Generator[None, None, ZoneAgents]:
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
        table = prepare_growth(group, alone, duals, limit, all_rivals=True)
        own = alone.kind[0]
        for zones in price_zones(
            group, alone, table, states=_PROBING_STATES, zones=_PROBING_STATES
        ):
            if zones is None:
                yield
            elif (
                not zones.complete
                or len(zones.kind)
                or zones.floor[own] < limit[own] - PRICE_TOLERANCE / 2
            ):
                keep.append(index)
        yield
    return agents.only(np.array(keep, dtype=np.int64))
