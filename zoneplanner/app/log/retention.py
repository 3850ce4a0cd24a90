"""How long each class of records is kept, and the disposal of texts whose years have passed."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from zoneplanner.app.log.public_records import list_holds
from zoneplanner.app.log.text_removal import RemovalPlan, list_text_fields
from zoneplanner.app.projects.copy_cleaning import list_copies
from zoneplanner.app.readiness.requirements import check_readiness_day, load_project_rules
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import JournalEntry, map_record_uids
from zoneplanner.domain.log.public_records import DISPOSAL_KIND
from zoneplanner.domain.readiness.rule_pack import RetentionRule
from zoneplanner.errors import UserError

RETENTION_NOTE = (
    "Nothing is deleted automatically. Disposal permanently removes the free text of records "
    "past their retention time; times, places and figures stay, since the log is one chain. A "
    "litigation hold blocks disposal."
)


@dataclass(frozen=True, slots=True)
class RetentionStatus:
    """The entries of one class: how many there are, and how many lie before the last day kept."""

    rule: RetentionRule
    entries: int
    first: date | None
    kept_from: date
    expired: int


def compute_retention(session: Session, on: date | None = None) -> tuple[RetentionStatus, ...]:
    """Return the state of each class of entries on a day, today where none is given."""
    day = on or session.today
    check_readiness_day(day)
    zone = ZoneInfo(session.saved_project.time_zone)
    found = []
    for rule in load_project_rules(session.saved_project).retention:
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


def plan_disposal(
    session: Session, classes: Collection[str] = (), *, on: date | None = None
) -> RemovalPlan:
    """Return what is disposed of on a day: the free texts of records whose years have passed.

    ``classes`` are names of the rules of retention, all where none is given. What a litigation hold
    covers stays.
    """
    status = compute_retention(session, on)
    names = [one.rule.name for one in status]
    for name in classes:
        if name not in names:
            raise UserError("unknown_retention_class", name=name, known=names)
    chosen = [one for one in status if not classes or one.rule.name in classes]
    zone = ZoneInfo(session.saved_project.time_zone)
    passed = [entry for one in chosen for entry in _list_passed_entries(session, one, zone)]
    standing = [hold for hold in list_holds(session) if hold.released_on is None]
    free = [one for one in passed if not any(hold.covers(one, zone) for hold in standing)]
    wanted, every = list_text_fields(free), list_text_fields(passed)
    rules = [f"{one.rule.name}: {one.rule.years} years ({one.rule.citation})" for one in chosen]
    held = len(every) - len(wanted)
    return RemovalPlan(DISPOSAL_KIND, wanted, "; ".join(rules), list_copies(session), held)


def _list_passed_entries(
    session: Session, status: RetentionStatus, zone: ZoneInfo
) -> list[JournalEntry]:
    """Return the entries of records all of which lies before the first day kept."""
    start = datetime.combine(status.kept_from, time(0), zone).astimezone(UTC)
    entries = session.store.entries(kinds=(*status.rule.kinds, "void"))
    root_of = map_record_uids(entries)
    records: dict[str, list[JournalEntry]] = defaultdict(list)
    for entry in entries:
        records[root_of[entry.uid]].append(entry)
    return [
        entry
        for record in records.values()
        if any(one.kind != "void" for one in record)
        and all(one.occurred_at < start for one in record if one.kind != "void")
        for entry in record
    ]
