"""How long the journal's entries are kept, and which have passed that time. Nothing is deleted."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from zoneplanner.app.readiness import check_readiness_day, load_project_rules
from zoneplanner.app.session import Session
from zoneplanner.domain.rules import RetentionRule

RETENTION_NOTE = (
    "The program deletes nothing by itself: the journal is one chain. Ask the district's records "
    "officer; what is to go is exported, and a new project begun."
)


@dataclass(frozen=True, slots=True)
class RetentionStatus:
    """The entries of one class: how many there are, and how many lie before the last day kept."""

    rule: RetentionRule
    entries: int
    first: date | None
    kept_from: date
    passed: int


def compute_retention(session: Session, on: date | None = None) -> tuple[RetentionStatus, ...]:
    """Return the state of each class of entries on a day, today where none is given."""
    day = on or session.today
    check_readiness_day(day)
    zone = ZoneInfo(session.project.time_zone)
    found = []
    for rule in load_project_rules(session.project).retention:
        start = _years_before(day, rule.years)
        before = datetime.combine(start, time(0), zone).astimezone(UTC)
        age = session.store.age(rule.kinds, before)
        first = age.first.astimezone(zone).date() if age.first else None
        found.append(RetentionStatus(rule, age.entries, first, start, age.passed))
    return tuple(found)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
