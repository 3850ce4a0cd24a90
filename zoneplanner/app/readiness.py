"""Where the sites stand with their duties, what follows from incidents, and what is to be done."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.analysis.figures import Figure
from zoneplanner.analysis.readiness_figures import Year, readiness_figures
from zoneplanner.app.session import Session
from zoneplanner.domain.follow_up import (
    AFTER_ACTION,
    CONCERN,
    CORRECTIVE_ACTION,
    Happened,
    follow_up_items,
)
from zoneplanner.domain.follow_up_entries import (
    after_actions,
    concerns,
    corrective_actions,
    district_reports,
)
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness import (
    DISTRICT,
    DISTRICT_REPORT,
    DRILL,
    PLAN_REVIEW,
    REVIEW,
    Item,
    Status,
    adopted_by,
    mark_unrecorded,
    project_items,
    report_item,
    worst,
)
from zoneplanner.domain.records import drills, incidents, reviews
from zoneplanner.domain.rules import Rules
from zoneplanner.domain.school_year import SchoolYear, school_year
from zoneplanner.errors import UserError
from zoneplanner.exchange.rules import bundled_rules, read_rules

if TYPE_CHECKING:
    from zoneplanner.storage import Store

_KINDS = (
    *("drill", "review", "after_action", "corrective_action", "concern", "district_report"),
    "void",
)
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_NAMES = {
    PLAN_REVIEW: "Plan review",
    DISTRICT_REPORT: "Report to the state",
    AFTER_ACTION: "After-action review",
    CORRECTIVE_ACTION: "Corrective action",
    CONCERN: "Concern report",
}


@dataclass(frozen=True, eq=False, slots=True)
class Readiness:
    """Every duty on a day under the rules as the district follows them, and the year's figures.

    ``items`` stand as the rules say; ``shown`` says of what is overdue that it is not recorded
    yet, where no record of its kind, of those in ``recorded``, was ever made.
    """

    on: date
    year: SchoolYear
    rules: Rules
    items: tuple[Item, ...]
    figures: Mapping[str, Figure]
    recorded: frozenset[str] = frozenset()

    @property
    def shown(self) -> tuple[Item, ...]:
        """The duties as people are shown them."""
        return mark_unrecorded(self.items, self.recorded)

    @property
    def by_site(self) -> dict[str, tuple[Item, ...]]:
        """The duties by site; the district's own are under ``DISTRICT``."""
        found: dict[str, list[Item]] = defaultdict(list)
        for item in self.shown:
            found[item.site].append(item)
        return {site: tuple(own) for site, own in found.items()}

    @property
    def to_do(self) -> list[Item]:
        """What is overdue, due or not recorded yet, the most urgent first."""
        return _to_do(self.shown)


def project_rules(project: Project) -> Rules:
    """Return the rules as the project's district follows them."""
    return read_rules(bundled_rules()).chosen(project.rules)


def readiness(session: Session, on: date | None = None) -> Readiness:
    """Return every duty on a day, today where none is given; a far day is a UserError."""
    return read_readiness(session.store, session.reading.kept, on or session.today)


def read_readiness(store: "Store", project: Project, on: date) -> Readiness:
    """Read the journal and return every duty on a day; may run away from the window's thread."""
    check_day(on)
    rules = project_rules(project)
    year = school_year(project.calendar, on)
    entries = store.entries(kinds=_KINDS)
    calls = store.entries(kinds=("incident", "void"), since=looking_back(year, project.time_zone))
    reviewed, drilled = reviews(entries), drills(entries)
    happened = Happened(
        incidents=incidents(calls),
        after_actions=after_actions(entries),
        actions=corrective_actions(entries),
        concerns=concerns(entries),
    )
    by_site = project_items(project, rules, year, drills=drilled, reviews=reviewed, on=on)
    follow_ups = follow_up_items(
        happened,
        rules.follow_up,
        project.calendar,
        year=year,
        time_zone=project.time_zone,
        on=on,
    )
    bound = [site.id for site in project.patrolled if rules.levels.get(site.level)]
    last = date(year.first.year, rules.review.month, rules.review.day)
    late = set(bound) - adopted_by(reviewed, rules.review, _before(year), last)
    report = report_item(
        rules.report, year, reports=district_reports(entries), late=len(late), on=on
    )
    items = (*(item for own in by_site.values() for item in own), *follow_ups, report)
    figures = readiness_figures(items, happened, reviewed, Year(project, rules, year, on))
    sent = district_reports(entries)
    kept = {DRILL: drilled, REVIEW: reviewed, DISTRICT_REPORT: sent}
    recorded = frozenset(kind for kind, records in kept.items() if records)
    return Readiness(on, year, rules, items, figures, recorded)


def site_statuses(found: Readiness, project: Project) -> dict[str, Status]:
    """Return each patrolled site's status: the worst of its duties."""
    by_site = found.by_site
    return {site.id: worst(by_site.get(site.id, ())) for site in project.patrolled}


def _to_do(items: Iterable[Item]) -> list[Item]:
    """Return what is still to be done, the most urgent first; last what is not recorded yet."""
    found = [item for item in items if item.open]
    return sorted(
        found,
        key=lambda item: (
            item.status is Status.NOT_RECORDED,
            item.due_on or date.max,
            item.what,
            item.site,
        ),
    )


def check_day(on: date) -> None:
    """Refuse a day that no school year of ours can hold."""
    if not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        raise UserError(
            f"The day {on} is not within {_FIRST_YEAR} to {_LAST_YEAR}; check the year."
        )


def looking_back(year: SchoolYear, time_zone: str) -> datetime:
    """Return from when incidents may still be to be reviewed: the school year before this one."""
    first = year.first.replace(year=year.first.year - 1)
    return datetime.combine(first, time(0), ZoneInfo(time_zone)).astimezone(UTC)


def _before(year: SchoolYear) -> str:
    start = year.first.year - 1
    return f"{start}-{(start + 1) % 100:02}"


def item_name(item: Item) -> str:
    """Say what a duty is, as people read it."""
    return _NAMES.get(item.what) or drill_name(item.what)


def item_place(project: Project, item: Item) -> str:
    """Return the name of the site of a duty, its id where the site is gone."""
    if item.site == DISTRICT:
        return "The district"
    site = project.sites.get(item.site)
    return site.name if site else item.site


def drill_name(kind: str) -> str:
    """Return the name of a kind of drill."""
    return f"{kind.replace('_', '-').capitalize()} drill"
