"""A unit's day: the stops in visiting order, what is open there, and whom to call."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from zoneplanner.publish.handout import Handout, format_short_day
from zoneplanner.publish.summaries import (
    NO_VISIT_THIS_WEEK,
    SiteSummary,
    ZoneSummary,
    describe_open_items,
    summarize_zones,
)


@dataclass(frozen=True, slots=True)
class _Stop:
    """One site on a unit's way round; ``open`` is what is to be done there."""

    card: SiteSummary
    open: tuple[str, ...]
    last_visit: str
    note: str


@dataclass(frozen=True, slots=True)
class UnitDay:
    """The day of a zone's unit; the zone's sites are in visiting order."""

    card: ZoneSummary
    stops: tuple[_Stop, ...]
    calls: tuple[tuple[str, str], ...]


def build_unit_days(handout: Handout) -> tuple[UnitDay, ...]:
    """Return the day of each zone's unit, in the plan's order."""
    return tuple(_unit_day(handout, card) for card in summarize_zones(handout))


def group_open_items(day: UnitDay) -> list[tuple[str, str]]:
    """Return what is open on the way round and the numbers of the stops, like “1-4, 7”."""
    at: dict[str, list[int]] = {}
    for number, stop in enumerate(day.stops, start=1):
        for words in stop.open:
            at.setdefault(words, []).append(number)
    order = sorted(
        at, key=lambda words: (words != NO_VISIT_THIS_WEEK, "overdue" not in words, words)
    )
    return [(f"{words[:1].upper()}{words[1:]}", format_ranges(at[words])) for words in order]


def format_ranges(numbers: Iterable[int]) -> str:
    """Write numbers in order with runs drawn together, like “1-4, 7”."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def _unit_day(handout: Handout, card: ZoneSummary) -> UnitDay:
    order = {site: at for at, site in enumerate(handout.stops.get(card.zone.unit, ()))}
    sites = tuple(sorted(card.sites, key=lambda one: order.get(one.site.id, len(order))))
    return UnitDay(
        card=replace(card, sites=sites),
        stops=tuple(_stop(handout, one) for one in sites),
        calls=tuple(_calls(handout, card)),
    )


def _stop(handout: Handout, one: SiteSummary) -> _Stop:
    last = handout.last_visits.get(one.site.id)
    seen = format_short_day(last).rsplit(" ", 1)[0] if last else "none"
    note = dict(one.details).get("Note", "")
    return _Stop(one, tuple(describe_open_items(handout, one.site.id)), seen, note)


def _calls(handout: Handout, card: ZoneSummary) -> list[tuple[str, str]]:
    """Return whom to call: the own agency, the backup, the others, and 9-1-1 first."""
    project = handout.project
    backup = project.units.get(handout.backups.get(card.zone.id, ""))
    found = [("Emergency", "9-1-1")]
    agency = card.agency_short or card.agency
    found.append((f"{agency}, own agency", card.agency_phone or "number not entered"))
    if backup is not None:
        other = project.agencies.get(backup.agency)
        phone = other.phone if other and other.phone else "by radio"
        found.append((f"Backup {backup.id}, {backup.name}", phone))
    for key, other in project.agencies.items():
        if key != card.agency and other.phone:
            found.append((other.short or key, other.phone))
    return found
