"""Days proposed for the drills of a school year, staggered over the schools."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.calendar.bells import SchoolDayKind
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar, SchoolYear
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.readiness.drill_rules import find_drill_rule, list_required_drill_kinds
from zoneplanner.domain.readiness.rule_pack import RulePack

_SETTLING_DAYS = 5
"""The first school days of a year, in which no drill is proposed."""


@dataclass(frozen=True, slots=True)
class PlannedDrill:
    """A day proposed for a drill, in the period that its rule asks for."""

    site: str
    kind: str
    day: date
    period: str


def propose_drills(
    sites: Sequence[Site], rules: RulePack, calendar: SchoolCalendar, year: SchoolYear
) -> tuple[PlannedDrill, ...]:
    """Propose a day for each drill that the rules ask of the sites in a school year.

    The sites' order is that in which they follow each other: neighbors in it drill on different
    days, so that those who observe them can be at each. No site has two drills on a day while its
    period has another one, and none falls on a short day or the first week of school.
    """
    kinds = list_required_drill_kinds(rules)
    fit_days = {
        span: _list_fit_days(calendar, year, span)
        for periods in year.periods.values()
        for span in periods
    }
    found: list[PlannedDrill] = []
    for rank, site in enumerate(sites):
        taken: set[date] = set()
        for order, kind in enumerate(kinds):
            asked = find_drill_rule(rules, site, kind, year.last)
            if asked is None:
                continue
            rule = asked[0]
            for span in year.periods.get(rule.per, ()):
                days = fit_days[span]
                for turn in range(rule.times):
                    share = (rank / len(sites) + order / len(kinds) + turn / rule.times) % 1
                    day = _find_free_day(days, share, taken)
                    taken.add(day)
                    found.append(PlannedDrill(site.id, kind, day, span.name))
    return tuple(sorted(found, key=lambda own: (own.day, own.site, own.kind)))


def _list_fit_days(calendar: SchoolCalendar, year: SchoolYear, span: DateRange) -> list[date]:
    """Return a period's days of full length after the first week; all where none is left."""
    days = list(calendar.school_days(span.first, span.last))
    settled = list(calendar.school_days(year.first, year.last))[:_SETTLING_DAYS]
    fit = [
        day
        for day in days
        if calendar.day_kind(day) is SchoolDayKind.REGULAR and day not in settled
    ]
    return fit or days


def _find_free_day(days: Sequence[date], share: float, taken: Iterable[date]) -> date:
    """Return the day at a share of a period, or the next one that is not taken."""
    first = int(share * len(days))
    turned = [*days[first:], *days[:first]]
    return next((day for day in turned if day not in set(taken)), turned[0])
