"""What the journal tells of a handout: visits, calls, coverage, drills and reviews so far."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.coverage import DEFAULT_TARGET_MIN, coverage_of
from zoneplanner.analysis.log_table import NEVER, NOBODY, SAMPLE, Log, Table
from zoneplanner.app.logbook import all_drills, all_reviews
from zoneplanner.app.readiness import project_rules, read_readiness
from zoneplanner.app.session import Session
from zoneplanner.app.staffed_hours import hours_on_duty, with_open_hours
from zoneplanner.domain.follow_up import AFTER_ACTION, CONCERN, CORRECTIVE_ACTION
from zoneplanner.domain.follow_up_entries import after_actions, corrective_actions
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness import (
    DRILL,
    REVIEW,
    Drill,
    Item,
    PlanReview,
    mark_unrecorded,
    project_items,
    worst,
)
from zoneplanner.domain.records import incidents
from zoneplanner.domain.school_year import school_year, year_name
from zoneplanner.publish.audience import LAW
from zoneplanner.publish.content import Coverage, Handout, Week

_WEEKS = 12
"""How many weeks back the staff map's slider goes."""
PERIOD_DAYS = 28
_MOST_INCIDENTS = 5_000
_FOLLOW_UPS = (AFTER_ACTION, CORRECTIVE_ACTION, CONCERN)


def with_log(
    session: Session, found: Handout, first: date | None = None, last: date | None = None
) -> Handout:
    """Add what the journal tells; reports are over the days given, else over four weeks.

    Records of single incidents and what follows from them are read for law enforcement alone.

    Raises
    ------
    UserError
        The days make no sense.
    """
    log = _until(session.store.log(), found.as_of)
    drilled, reviewed = all_drills(session), all_reviews(session)
    end = last or found.today
    coverage = _coverage(
        session.reading.kept, log, found, first or end - timedelta(days=PERIOD_DAYS - 1), end
    )
    told = replace(
        found,
        sample=_made_up(log.visits) or _made_up(log.calls),
        last_visits=_last_visits(log),
        weeks=_weeks(log, found, drilled, reviewed),
        coverage=coverage,
        readiness=_duties(found, drilled, reviewed, found.today),
        school_year=year_name(found.today),
    )
    return _with_incidents(session, told, log) if found.audience == LAW else told


def _until(log: Log, moment: datetime) -> Log:
    """Return the log as it stood at a moment."""
    at = moment.timestamp()
    visits, calls = log.visits, log.calls
    return replace(log, visits=visits[visits["at"] <= at], calls=calls[calls["received"] <= at])


def _last_visits(log: Log) -> dict[str, date]:
    """Return the local day of the last visit by site; visits are in order of site and arrival."""
    visits = log.visits
    ends = np.flatnonzero(np.diff(visits["site"], append=NOBODY - 1))
    return {
        log.names[site]: date.fromordinal(day)
        for site, day in zip(
            visits["site"][ends].tolist(), visits["day"][ends].tolist(), strict=True
        )
        if site != NOBODY
    }


def _coverage(kept: Project, log: Log, found: Handout, first: date, last: date) -> Coverage:
    """Return the figures of a period; the roster and the plans in force are those that are kept."""
    days: dict[str, Any] = {"first": first, "last": last, "now": found.as_of}
    duty_h = hours_on_duty(kept, **days)
    rows = {
        by: with_open_hours(
            coverage_of(log, project=kept, by=by, duty_h=duty_h, **days),
            by=by,
            project=kept,
            **days,
        )
        for by in ("all", "zone", "unit", "site", "week")
    }
    calls = _between(log.calls, first, last)
    came = calls[calls["onscene"] != NEVER]
    return Coverage(
        first=first,
        last=last,
        target_min=DEFAULT_TARGET_MIN,
        whole=rows["all"][0],
        zones=rows["zone"],
        units=rows["unit"],
        sites=rows["site"],
        weeks=rows["week"],
        waits_min=tuple(((came["onscene"] - came["received"]) / 60).tolist()),
    )


def _weeks(
    log: Log, found: Handout, drilled: Collection[Drill], reviewed: Collection[PlanReview]
) -> tuple[Week, ...]:
    """Return the weeks up to the handout's day, from the first that holds anything."""
    this = _monday(found.today)
    days = [int(table["day"].min()) for table in (log.visits, log.calls) if len(table)]
    begun = _monday(date.fromordinal(min(days))) if days else this
    weeks = []
    for back in range(_WEEKS - 1, -1, -1):
        monday = this - timedelta(weeks=back)
        if monday < begun:
            continue
        sunday = monday + timedelta(days=6)
        items = _duties(found, drilled, reviewed, min(sunday, found.today))
        weeks.append(
            Week(
                monday=monday,
                visits=_by_site(log, _between(log.visits, monday, sunday)),
                calls=_by_site(log, _between(log.calls, monday, sunday)),
                readiness={site: worst(own).value for site, own in items.items()},
            )
        )
    return tuple(weeks)


def _made_up(table: Table) -> bool:
    return bool((table["marks"] & SAMPLE).any())


def _between(table: Table, first: date, last: date) -> Table:
    day = table["day"]
    return table[(day >= first.toordinal()) & (day <= last.toordinal())]


def _by_site(log: Log, rows: Table) -> Counter[str]:
    return Counter(log.names[site] for site in rows["site"].tolist() if site != NOBODY)


def _duties(
    found: Handout, drilled: Collection[Drill], reviewed: Collection[PlanReview], day: date
) -> dict[str, tuple[Item, ...]]:
    """Return each site's duties as the journal knew them at the end of a day."""
    zone = ZoneInfo(found.project.time_zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    by_site = project_items(
        found.project,
        project_rules(found.project),
        school_year(found.project.calendar, day),
        drills=[one for one in drilled if one.held_at < min(end, found.as_of)],
        reviews=[one for one in reviewed if one.on <= day],
        on=day,
    )
    kept = {DRILL: drilled, REVIEW: reviewed}
    recorded = [kind for kind, records in kept.items() if records]
    return {site: mark_unrecorded(items, recorded) for site, items in by_site.items()}


def _with_incidents(session: Session, found: Handout, log: Log) -> Handout:
    """Add the incidents of the period one by one, and what follows from all."""
    coverage = found.coverage
    assert coverage is not None
    store = session.store
    calls = _between(log.calls, coverage.first, coverage.last)
    listed = sorted(calls["seq"].tolist())[-_MOST_INCIDENTS:]
    items = read_readiness(store, found.project, found.today).items
    entries = store.entries(kinds=("after_action", "corrective_action", "void"))
    return replace(
        found,
        incidents=incidents(store.call_entries(listed)),
        follow_ups=tuple(item for item in items if item.what in _FOLLOW_UPS),
        after_actions=tuple(one for one in after_actions(entries) if one.held_on <= found.today),
        actions=corrective_actions(entries),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
