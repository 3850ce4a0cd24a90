"""Figures over incidents: how long each stage took. Missing stamps are never filled in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from zoneplanner.analysis.figures import Figure, mean, percentile, share, withheld
from zoneplanner.domain.journal import STAMPS, Incident

NO_RESPONSE = "no incident has both stamps, received and on scene"
NO_STAMPS = "no incident has both stamps"
NO_INCIDENTS = "no incident logged"

RESPONSE = "Minutes from received to the first unit on scene"


def response_figures(
    incidents: Sequence[Incident], *, target_min: float, zone_unit: Mapping[str, str | None]
) -> dict[str, Figure]:
    """Return the figures of a set of incidents.

    ``zone_unit`` gives, by incident uid, the unit of the zone that the site was in, None where
    there was none.
    """
    response = _minutes((one.received_at, one.onscene_at) for one in incidents)
    queue = _minutes((one.received_at, one.dispatched_at) for one in incidents)
    turnout = _minutes((one.dispatched_at, one.enroute_at) for one in incidents)
    travel = _minutes((one.enroute_at or one.dispatched_at, one.onscene_at) for one in incidents)
    scene = _minutes((one.onscene_at, one.cleared_at) for one in incidents)
    within = sum(1 for minutes in response if minutes <= target_min)
    target = f"Share of responses within the target of {target_min:g} minutes, received to on scene"
    return {
        "response_mean_min": mean(response, f"{RESPONSE}: mean.", NO_RESPONSE),
        "response_p50_min": percentile(response, 50, f"{RESPONSE}: median.", NO_RESPONSE),
        "response_p90_min": percentile(
            response, 90, f"{RESPONSE}: nine in ten were no longer than this.", NO_RESPONSE
        ),
        "response_within_target_share": share(within, len(response), f"{target}.", NO_RESPONSE),
        "queue_p50_min": percentile(
            queue, 50, "Minutes from received to dispatched: median.", NO_STAMPS
        ),
        "turnout_p50_min": percentile(
            turnout, 50, "Minutes from dispatched to en route: median.", NO_STAMPS
        ),
        "travel_p50_min": percentile(travel, 50, _travel_definition(incidents), NO_STAMPS),
        "scene_p50_min": percentile(
            scene, 50, "Minutes from on scene to cleared: median.", NO_STAMPS
        ),
        "consumed_h": _consumed(incidents),
        "stamps_complete_share": _complete(incidents),
        "out_of_zone_share": _out_of_zone(incidents, zone_unit),
    }


def _minutes(spans: Iterable[tuple[datetime | None, datetime | None]]) -> list[float]:
    """Minutes of the spans whose two ends are stamped; ends out of order are left out."""
    return [
        (end - start).total_seconds() / 60
        for start, end in spans
        if start is not None and end is not None and end >= start
    ]


def _travel_definition(incidents: Iterable[Incident]) -> str:
    flagged = sum(
        1
        for one in incidents
        if one.enroute_at is None and one.dispatched_at is not None and one.onscene_at is not None
    )
    text = "Minutes from en route to on scene: median."
    if flagged:
        text += f" {flagged} without an en-route stamp are taken from dispatched."
    return text


def _consumed(incidents: Iterable[Incident]) -> Figure:
    definition = "Hours from en route to cleared, summed over the units of each incident."
    hours = 0.0
    n = 0
    for one in incidents:
        spans = [(unit.enroute_at, unit.cleared_at) for unit in one.by_unit]
        spans = spans or [(one.enroute_at, one.cleared_at)] * max(1, len(one.units))
        minutes = _minutes(spans)
        hours += sum(minutes) / 60
        n += bool(minutes)
    if n == 0:
        return withheld(definition, "no incident has both stamps, en route and cleared")
    return Figure(hours, n, definition)


def _complete(incidents: Sequence[Incident]) -> Figure:
    complete = sum(1 for one in incidents if all(getattr(one, name) is not None for name in STAMPS))
    definition = "Share of incidents that carry all five stamps."
    return share(complete, len(incidents), definition, NO_INCIDENTS)


def _out_of_zone(incidents: Iterable[Incident], zone_unit: Mapping[str, str | None]) -> Figure:
    definition = "Share of responses led by another unit than that of the site's zone."
    led = [
        (one.units[0], zone_unit[one.uid])
        for one in incidents
        if one.units and zone_unit.get(one.uid) is not None
    ]
    outside = sum(1 for unit, own in led if unit != own)
    return share(outside, len(led), definition, "no incident has both a unit and a zone")
