"""What the journal tells of a handout: visits, calls, coverage, drills and reviews so far."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.analysis.coverage.chart_series import compute_coverage_series
from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.log.log_arrays import (
    NO_NAME,
    SAMPLE_MARK,
    LogArrays,
    RecordArray,
    find_last_visits,
)
from zoneplanner.app.coverage.observed_coverage import add_open_hours, compute_hours_on_duty
from zoneplanner.app.log.due_visits import find_sites_visited_this_week
from zoneplanner.app.log.logbook import list_drills, list_incidents, list_plan_reviews
from zoneplanner.app.readiness.requirements import (
    compute_readiness_from_store,
    find_recorded_sites,
    load_project_rules,
)
from zoneplanner.app.readiness.reunification import plan_reunification
from zoneplanner.app.session.session import Session
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.school_calendar import (
    build_school_year,
    find_school_year_start,
    name_school_year,
)
from zoneplanner.domain.log.days_on_record import VISIT_RECORDS
from zoneplanner.domain.log.follow_up_entries import (
    read_after_action_reviews,
    read_corrective_actions,
)
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.office_entries import (
    ReunificationSite,
    read_command_entries,
    read_reunification_sites,
)
from zoneplanner.domain.log.response_actions import read_response_actions
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.follow_up import AFTER_ACTION, CONCERN, CORRECTIVE_ACTION
from zoneplanner.domain.readiness.plan_review import PlanReview
from zoneplanner.domain.readiness.requirements import (
    Requirement,
    find_worst_status,
    mark_requirements_without_record,
)
from zoneplanner.domain.readiness.site_requirements import list_requirements_by_site
from zoneplanner.messages import render_message
from zoneplanner.publish.audience import DUTY_AUDIENCES, is_released
from zoneplanner.publish.handout import (
    CoverageSummary,
    Handout,
    LogWeek,
    PublishedReunification,
    ReunificationShortage,
)

_WEEKS = 12
"""How many weeks back the staff map's slider goes."""
_REPORT_WEEKS = 4
_MOST_INCIDENTS = 5_000
_FOLLOW_UPS = (AFTER_ACTION, CORRECTIVE_ACTION)


def add_journal_data(
    session: Session,
    found: Handout,
    first: date | None = None,
    last: date | None = None,
    *,
    target_min: float = RESPONSE_TARGET_MIN,
    weeks: bool = True,
) -> Handout:
    """Add what the journal tells; reports are over the days given, else over four weeks.

    Records of single incidents and what follows from them are read for those on duty alone.

    Raises
    ------
    UserError
        The days make no sense.
    """
    log = cut_log(session.store.log(), found.as_of)
    drilled, reviewed = list_drills(session), list_plan_reviews(session)
    end = last or found.today
    days = (first or find_report_start(end), end)
    told_to = partial(is_released, found.audience)
    coverage = (
        _coverage(session.saved_project, log, found, days, target_min)
        if told_to("handout.coverage")
        else None
    )
    told = replace(
        found,
        sample=count_samples(log.visits, log.calls),
        sample_sites=frozenset(one.site for one in drilled if one.sample)
        | {one.site for one in reviewed if one.sample},
        last_visits=_last_visits(log),
        visited_before=_last_visits(cut_log(log, _find_card_moment(found))),
        week_on_record=find_sites_visited_this_week(session) is not None,
        weeks=_weeks(session.saved_project, log, found, drilled, reviewed)
        if weeks and told_to("handout.weeks")
        else (),
        coverage=coverage,
        readiness=_list_requirements(found, drilled, reviewed, found.today),
        horizon_days=load_project_rules(found.project).follow_up.horizon_days,
        school_year=name_school_year(found.today),
        other_drills=_list_other_drills(found, drilled),
    )
    return _add_incidents(session, told, log) if found.audience in DUTY_AUDIENCES else told


def find_report_start(end: date) -> date:
    """Return the Monday from which a report runs by default: whole weeks, the last one's too."""
    return _monday(end) - timedelta(weeks=_REPORT_WEEKS - 1)


def cut_log(log: LogArrays, moment: datetime) -> LogArrays:
    """Return the log as it stood at a moment."""
    at = moment.timestamp()
    visits, calls = log.visits, log.calls
    return replace(log, visits=visits[visits["at"] <= at], calls=calls[calls["received"] <= at])


def _find_card_moment(found: Handout) -> datetime:
    """Return up to when a card tells of visits: the beginning of its day where that is past."""
    begins = datetime.combine(found.card_day, time(), ZoneInfo(found.project.time_zone))
    return begins if found.card_day < found.today else found.as_of


def _last_visits(log: LogArrays) -> dict[str, date]:
    """Return the local day of the last visit by site."""
    last = find_last_visits(log)
    pairs = zip(last["site"].tolist(), last["day"].tolist(), strict=True)
    return {log.names[site]: date.fromordinal(day) for site, day in pairs}


def _coverage(
    kept: Project, log: LogArrays, found: Handout, period: tuple[date, date], target_min: float
) -> CoverageSummary:
    """Return the figures of a period; the roster and the plans in force are those that are kept."""
    first, last = period
    series = compute_coverage_series(log, project=kept, now=found.as_of, first=first, last=last)
    days: dict[str, Any] = {"first": series.first, "last": series.last, "now": found.as_of}
    asked: dict[str, Any] = {
        "target_min": target_min,
        "duty_h": compute_hours_on_duty(kept, log=log, **days),
    }
    rows = {
        by: add_open_hours(
            compute_coverage(log, project=kept, by=by, **asked, **days),
            by=by,
            project=kept,
            **days,
        )
        for by in ("all", "zone", "unit", "site")
    }
    return CoverageSummary(
        series,
        target_min,
        rows["all"][0],
        rows["zone"],
        rows["unit"],
        rows["site"],
        kept.records.kind(VISIT_RECORDS).begun,
    )


def _weeks(
    kept: Project,
    log: LogArrays,
    found: Handout,
    drilled: Collection[Drill],
    reviewed: Collection[PlanReview],
) -> tuple[LogWeek, ...]:
    """Return the weeks up to the handout's day, from the first that holds anything.

    Of days that do not count for coverage nothing is counted.
    """
    this = _monday(found.today)
    first = this - timedelta(weeks=_WEEKS - 1)
    counted = select_period(log, project=kept, now=found.as_of, first=first, last=found.today)
    tables = (counted.visits, counted.calls)
    days = [int(table["day"].min()) for table in tables if len(table)]
    begun = _monday(date.fromordinal(min(days))) if days else this
    weeks = []
    for back in range(_WEEKS - 1, -1, -1):
        monday = this - timedelta(weeks=back)
        if monday < begun:
            continue
        sunday = monday + timedelta(days=6)
        at = slice(max((monday - counted.first).days, 0), max((sunday - counted.first).days + 1, 0))
        visits = _by_site(log, _select_days(counted.visits, monday, sunday))
        calls = _by_site(log, _select_days(counted.calls, monday, sunday))
        items = _list_requirements(found, drilled, reviewed, min(sunday, found.today))
        school_days = len(list(kept.calendar.school_days(monday, min(sunday, found.today))))
        on_record = {
            "visits": int(counted.in_school[at].sum()),
            "calls": int(counted.in_school_for_calls[at].sum()),
        }
        recorded = {"visits": counted.recorded[at], "calls": counted.recorded_calls[at]}
        known = {  # of days that nobody declared one without an entry is not on record
            kind: bool(days.any()) and kind not in counted.basis.undeclared
            for kind, days in recorded.items()
        }
        weeks.append(
            LogWeek(
                monday=monday,
                visits=visits if visits or known["visits"] else None,
                calls=calls if calls or known["calls"] else None,
                readiness={site: find_worst_status(own).value for site, own in items.items()},
                in_school=not kept.calendar.terms or any(kept.calendar.school_days(monday, sunday)),
                partial=tuple(
                    kind
                    for kind, n in on_record.items()
                    if n < school_days or kind in counted.basis.undeclared
                ),
                remark=_describe_week(
                    on_record,
                    school_days,
                    undeclared=counted.basis.undeclared,
                    running=found.today <= monday + timedelta(days=4),
                ),
            )
        )
    return tuple(weeks)


def _describe_week(
    on_record: Mapping[str, int],
    school_days: int,
    *,
    undeclared: Collection[str],
    running: bool,
) -> str:
    """Say what keeps a week from being compared with whole ones; empty of a whole week."""
    parts = [kind for kind, n in on_record.items() if 0 < n < school_days]
    days = [f"{kind} on {on_record[kind]}" for kind in parts]
    said = [
        "so far" if running else "",
        render_message("week_in_part", {"kinds": days, "days": school_days}) if days else "",
        render_message("week_not_declared", {"kinds": undeclared}) if undeclared else "",
    ]
    return "; ".join(filter(None, said))


def count_samples(*tables: RecordArray) -> str:
    """Say whether all, some or none, "", of the records of tables are made up as samples."""
    made_up = [(table["marks"] & SAMPLE_MARK) != 0 for table in tables if len(table)]
    if not any(one.any() for one in made_up):
        return ""
    return "all" if all(one.all() for one in made_up) else "some"


def _select_days(table: RecordArray, first: date, last: date) -> RecordArray:
    day = table["day"]
    return table[(day >= first.toordinal()) & (day <= last.toordinal())]


def _by_site(log: LogArrays, rows: RecordArray) -> Counter[str]:
    return Counter(log.names[site] for site in rows["site"].tolist() if site != NO_NAME)


def _list_requirements(
    found: Handout, drilled: Collection[Drill], reviewed: Collection[PlanReview], day: date
) -> dict[str, tuple[Requirement, ...]]:
    """Return each site's duties as the journal knew them at the end of a day."""
    zone = ZoneInfo(found.project.time_zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    by_site = list_requirements_by_site(
        found.project,
        load_project_rules(found.project),
        build_school_year(found.project.calendar, day),
        drills=[one for one in drilled if one.held_at < min(end, found.as_of)],
        reviews=[one for one in reviewed if one.on <= day],
        on=day,
    )
    recorded = find_recorded_sites(found.project, drilled, reviewed)
    return {
        site: mark_requirements_without_record(items, recorded) for site, items in by_site.items()
    }


def _list_other_drills(found: Handout, drilled: Collection[Drill]) -> tuple[Drill, ...]:
    """Return the drills of the school year of kinds that no rule asks of any site."""
    begun = find_school_year_start(found.today)
    asked = {rule.kind for rule in load_project_rules(found.project).drills}
    zone = ZoneInfo(found.project.time_zone)
    return tuple(
        one
        for one in drilled
        if one.kind not in asked
        and one.held_at <= found.as_of
        and one.held_at.astimezone(zone).date() >= begun
    )


def _add_incidents(session: Session, found: Handout, log: LogArrays) -> Handout:
    """Add the incidents of the period and those of reviews one by one, and what follows."""
    coverage = found.coverage
    assert coverage is not None
    store = session.store
    calls = _select_days(log.calls, coverage.series.first, coverage.series.last)
    listed = sorted(calls["seq"].tolist())[-_MOST_INCIDENTS:]
    wanted = {entry.uid for entry in store.entries_by_seq(listed)}
    readiness = compute_readiness_from_store(store, found.project, found.today)
    items = readiness.displayed_items
    by_school = {item.kind for own in found.readiness.values() for item in own}
    told_elsewhere = {*_FOLLOW_UPS, CONCERN, *by_school}
    entries = store.entries(
        kinds=(
            *("after_action", "corrective_action", "command_entry", "reunification_site"),
            "void",
        )
    )
    reviews = tuple(one for one in read_after_action_reviews(entries) if one.held_on <= found.today)
    wanted |= {one.incident for one in reviews}
    return replace(
        found,
        command=tuple(one for one in read_command_entries(entries) if one.at <= found.as_of),
        **_list_reunification(session.saved_project, entries, found.today),
        incidents=tuple(
            one
            for one in list_incidents(session)
            if one.uid in wanted and one.received_at <= found.as_of
        ),
        response_actions=tuple(
            one
            for one in read_response_actions(store.entries(kinds=("action", "void")))
            if one.began_at <= found.as_of
        ),
        follow_ups=tuple(item for item in items if item.kind in _FOLLOW_UPS),
        concerns=tuple(item for item in items if item.kind == CONCERN),
        office_items=tuple(item for item in items if item.kind not in told_elsewhere),
        after_actions=reviews,
        actions=read_corrective_actions(entries),
    )


def _list_reunification(project: Project, entries: Iterable[NewEntry], on: date) -> dict[str, Any]:
    """Return the places of every school and those lacking; nothing where none is agreed on."""
    records = read_reunification_sites(entries)
    if not any(one.on <= on for one in records):
        return {}
    plan = plan_reunification(project, records, on)
    return {
        "reunification": tuple(
            PublishedReunification(
                *(one.site.id, own.place.how, own.place.name, own.street_m, own.place.capacity),
                *(own.place.on, own.place.review_on, _describe_place(project, own.place)),
                agency=own.place.agency,
            )
            for one in plan.schools
            for own in one.places
        ),
        "reunification_lacks": tuple(
            ReunificationShortage(
                *(site.id, how, gap.found, plan.rule.each),
                render_message(f"reunification_lack.{gap.cause}", {}),
            )
            for site, how, gap in plan.gaps
        ),
    }


def _describe_place(project: Project, place: ReunificationSite) -> str:
    """Say where a place is: the address of the site that it is at, or its position."""
    site = project.sites.get(place.at_site)
    return f"{site.name}, {site.address}" if site is not None else place.position


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
