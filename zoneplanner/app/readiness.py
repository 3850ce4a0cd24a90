"""Where the sites stand with their drills and plan reviews, and what is to be done first."""

from collections.abc import Iterable, Mapping
from datetime import date

from zoneplanner.app.logbook import all_drills, all_reviews
from zoneplanner.app.session import Session
from zoneplanner.domain.readiness import Item, Status, project_items, worst
from zoneplanner.domain.school_year import school_year
from zoneplanner.exchange.rules import bundled_rules, read_rules

OPEN = (Status.OVERDUE, Status.DUE)


def readiness(session: Session, on: date | None = None) -> dict[str, tuple[Item, ...]]:
    """Return the duties of every patrolled site on a day, today where none is given, by site."""
    day = on or session.today
    return project_items(
        session.project,
        read_rules(bundled_rules()),
        school_year(session.project.calendar, day),
        drills=all_drills(session),
        reviews=all_reviews(session),
        on=day,
    )


def site_statuses(items: Mapping[str, Iterable[Item]]) -> dict[str, Status]:
    """Return each site's status: the worst of its duties."""
    return {site: worst(own) for site, own in items.items()}


def to_do(items: Mapping[str, Iterable[Item]]) -> list[Item]:
    """Return what is overdue or due, the most urgent first."""
    found = [item for own in items.values() for item in own if item.status in OPEN]
    return sorted(found, key=lambda item: (item.due_on or date.max, item.what, item.site))
