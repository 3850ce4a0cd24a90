"""Which row of a coverage table an entry belongs to: its site, zone, unit or week."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project

BY = ("site", "zone", "unit", "week", "all")
NONE = ""
"""The key of what has no site, zone or unit."""


@dataclass(frozen=True, eq=False, slots=True)
class Grouping:
    """The rows of one table. ``in_force`` gives each day's plan, None where none was in force."""

    project: Project
    by: str
    current: Plan | None
    in_force: Mapping[date, Plan | None]

    def plan(self, day: date) -> Plan | None:
        """Return the plan in force that day, else the current one."""
        return self.in_force[day] or self.current

    def zone(self, site: str | None, day: date) -> str:
        """Return the zone of a site on a day."""
        plan = self.plan(day)
        return plan.assignment.get(site or NONE, NONE) if plan else NONE

    def zone_unit(self, site: str | None, day: date) -> str | None:
        """Return the unit of a site's zone on a day."""
        plan, zone = self.plan(day), self.zone(site, day)
        return plan.zone(zone).unit if plan and zone else None

    def key(self, site: str | None, unit: str | None, day: date) -> str:
        """Return the key of the row that counts an entry."""
        match self.by:
            case "site":
                return site or NONE
            case "zone":
                return self.zone(site, day)
            case "unit":
                return unit or NONE
            case "week":
                return week_key(day)
        return "all"

    def sites(self, key: str) -> tuple[str, ...]:
        """Return the sites that wait for a visit in a row; of zones as they are now."""
        if self.by == "site":
            return (key,)
        patrolled = tuple(site.id for site in self.project.patrolled)
        if self.by == "zone":
            zones = self.current.assignment if self.current else {}
            return tuple(site for site in patrolled if zones.get(site, NONE) == key)
        return patrolled if self.by == "all" else ()

    def rows(self, seen: Iterable[str], first: date, last: date) -> Iterator[tuple[str, str]]:
        """Yield key and name of every row: the project's own in order, then others with entries."""
        names = dict(self._own(first, last))
        yield from names.items()
        for key in sorted(set(seen) - names.keys()):
            yield key, self._name(key)

    def note(self, days: Iterable[date]) -> str:
        """Say by which plans the entries of some days were put into zones."""
        by_plan = [self.in_force[day] for day in days]
        names = sorted({f"“{plan.name}”" for plan in by_plan if plan is not None})
        text = f" Zones by the plan in force at the time ({', '.join(names)})." if names else ""
        loose = sum(1 for plan in by_plan if plan is None)
        if loose:
            current = f"the current plan, “{self.current.name}”" if self.current else "no plan"
            text += f" {loose} entries without a plan in force: zones by {current}."
        return text

    def _own(self, first: date, last: date) -> Iterator[tuple[str, str]]:
        match self.by:
            case "site":
                yield from ((site.id, site.name) for site in self.project.patrolled)
            case "zone" if self.current is not None:
                yield from ((zone.id, zone.name) for zone in self.current.zones)
            case "unit":
                yield from ((unit.id, unit.name) for unit in self.project.units.values())
            case "week":
                monday = first - timedelta(days=first.weekday())
                while monday <= last:
                    yield week_key(monday), f"Week from {monday.isoformat()}"
                    monday += timedelta(days=7)
            case "all":
                yield "all", "All"

    def _name(self, key: str) -> str:
        if key == NONE:
            return f"No {self.by}"
        if self.by == "site" and key in self.project.sites:
            return self.project.sites[key].name
        for plan in self.in_force.values():
            for zone in plan.zones if plan and self.by == "zone" else ():
                if zone.id == key:
                    return zone.name
        return key


def week_key(day: date) -> str:
    """Return a day's ISO week, such as 2026-W47."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
