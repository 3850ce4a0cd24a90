"""Add what the log contains to a handout: visits, calls, coverage, drills and reviews."""

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
from zoneplanner.domain.log.response_action_terms import read_response_actions
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
from zoneplanner.messages import Message
from zoneplanner.publish.audience import DUTY_AUDIENCES, is_released
from zoneplanner.publish.handout import (
    CoverageSummary,
    Handout,
    LogWeek,
    PublishedReunification,
    ReunificationShortage,
)

_MAP_WEEKS = 12
"""How many weeks back the slider of the staff map goes."""
_REPORT_WEEKS = 4
_MAX_INCIDENTS = 5_000
_FOLLOW_UPS = (AFTER_ACTION, CORRECTIVE_ACTION)


def add_journal_data(
    session: Session,
    handout: Handout,
    first: date | None = None,
    last: date | None = None,
    *,
    target_min: float = RESPONSE_TARGET_MIN,
    weeks: bool = True,
) -> Handout:
    """Add what the log contains; reports cover the given days, or else four weeks.

    Single incidents and what follows from them are only read for the audiences on duty.

    Raises
    ------
    UserError
        The days make no sense.
    """
    log = cut_log(session.store.log(), handout.as_of)
    drills, reviews = list_drills(session), list_plan_reviews(session)
    end = last or handout.today
    days = (first or find_report_start(end), end)
    may_see = partial(is_released, handout.audience)
    coverage = (
        _summarize_coverage(session.saved_project, log, handout, days, target_min)
        if may_see("handout.coverage")
        else None
    )
    added = replace(
        handout,
        sample=count_samples(log.visits, log.calls),
        sample_sites=frozenset(record.site for record in drills if record.sample)
        | {record.site for record in reviews if record.sample},
        last_visits=_list_last_visits(log),
        visited_before=_list_last_visits(cut_log(log, _find_card_moment(handout))),
        week_on_record=find_sites_visited_this_week(session) is not None,
        weeks=_list_weeks(session.saved_project, log, handout, drills, reviews)
        if weeks and may_see("handout.weeks")
        else (),
        coverage=coverage,
        readiness=_list_requirements(handout, drills, reviews, handout.today),
        horizon_days=load_project_rules(handout.project).follow_up.horizon_days,
        school_year=name_school_year(handout.today),
        other_drills=_list_other_drills(handout, drills),
    )
    return _add_incidents(session, added, log) if handout.audience in DUTY_AUDIENCES else added


def find_report_start(end: date) -> date:
    """Return the Monday on which a report begins by default; its weeks include the last day's."""
    return _find_monday(end) - timedelta(weeks=_REPORT_WEEKS - 1)


def cut_log(log: LogArrays, moment: datetime) -> LogArrays:
    """Return the log as of a time."""
    timestamp = moment.timestamp()
    visits, calls = log.visits, log.calls
    return replace(
        log, visits=visits[visits["at"] <= timestamp], calls=calls[calls["received"] <= timestamp]
    )


def _find_card_moment(handout: Handout) -> datetime:
    """Return the latest time that cards show: the start of their day if it is past."""
    start = datetime.combine(handout.card_day, time(), ZoneInfo(handout.project.time_zone))
    return start if handout.card_day < handout.today else handout.as_of


def _list_last_visits(log: LogArrays) -> dict[str, date]:
    """Return the local day of the last visit by site."""
    last = find_last_visits(log)
    pairs = zip(last["site"].tolist(), last["day"].tolist(), strict=True)
    return {log.names[site]: date.fromordinal(day) for site, day in pairs}


def _summarize_coverage(
    project: Project, log: LogArrays, handout: Handout, period: tuple[date, date], target_min: float
) -> CoverageSummary:
    """Return the figures of a period, by the saved roster and the plans in force."""
    first, last = period
    records = select_period(log, project=project, now=handout.as_of, first=first, last=last)
    days: dict[str, Any] = {"first": records.first, "last": records.last, "now": handout.as_of}
    duty_h = compute_hours_on_duty(project, log=log, **days)
    rows = {}
    for by in ("all", "zone", "unit", "site"):
        found = compute_coverage(records, by=by, target_min=target_min, duty_h=duty_h)
        rows[by] = add_open_hours(found, by=by, project=project, **days)
    return CoverageSummary(
        compute_coverage_series(records),
        target_min,
        rows["all"][0],
        rows["zone"],
        rows["unit"],
        rows["site"],
        project.records.kind(VISIT_RECORDS).begun,
    )


def _list_weeks(
    project: Project,
    log: LogArrays,
    handout: Handout,
    drills: Collection[Drill],
    reviews: Collection[PlanReview],
) -> tuple[LogWeek, ...]:
    """Return the weeks up to the handout's day, from the first one with a record.

    Days that do not count for coverage are left out.
    """
    this_monday = _find_monday(handout.today)
    first = this_monday - timedelta(weeks=_MAP_WEEKS - 1)
    counted = select_period(
        log, project=project, now=handout.as_of, first=first, last=handout.today
    )
    tables = (counted.visits, counted.calls)
    days = [int(table["day"].min()) for table in tables if len(table)]
    first_monday = _find_monday(date.fromordinal(min(days))) if days else this_monday
    weeks = []
    for weeks_ago in range(_MAP_WEEKS - 1, -1, -1):
        monday = this_monday - timedelta(weeks=weeks_ago)
        if monday < first_monday:
            continue
        sunday = monday + timedelta(days=6)
        week = slice(
            max((monday - counted.first).days, 0), max((sunday - counted.first).days + 1, 0)
        )
        visits = _count_by_site(log, _select_days(counted.visits, monday, sunday))
        calls = _count_by_site(log, _select_days(counted.calls, monday, sunday))
        items = _list_requirements(handout, drills, reviews, min(sunday, handout.today))
        school_days = len(list(project.calendar.school_days(monday, min(sunday, handout.today))))
        on_record = {
            "visits": int(counted.in_school[week].sum()),
            "calls": int(counted.in_school_for_calls[week].sum()),
        }
        recorded = {"visits": counted.recorded[week], "calls": counted.recorded_calls[week]}
        known = {  # without a declaration, a day without an entry is not on record
            kind: bool(days.any()) and kind not in counted.basis.undeclared
            for kind, days in recorded.items()
        }
        weeks.append(
            LogWeek(
                monday=monday,
                visits=visits if visits or known["visits"] else None,
                calls=calls if calls or known["calls"] else None,
                readiness={
                    site: find_worst_status(site_items) for site, site_items in items.items()
                },
                in_school=not project.calendar.terms
                or any(project.calendar.school_days(monday, sunday)),
                partial=tuple(
                    kind
                    for kind, n in on_record.items()
                    if n < school_days or kind in counted.basis.undeclared
                ),
                remarks=_describe_week(
                    on_record,
                    school_days,
                    undeclared=counted.basis.undeclared,
                    is_running=handout.today <= monday + timedelta(days=4),
                ),
            )
        )
    return tuple(weeks)


def _describe_week(
    on_record: Mapping[str, int],
    school_days: int,
    *,
    undeclared: Collection[str],
    is_running: bool,
) -> tuple[Message, ...]:
    """Return why a week cannot be compared with whole weeks; nothing for a whole week."""
    days = [
        Message("on_record_days", kind=kind, n=n)
        for kind, n in on_record.items()
        if 0 < n < school_days
    ]
    remarks = (
        Message("week_so_far") if is_running else None,
        Message("week_in_part", kinds=days, days=school_days) if days else None,
        Message("week_not_declared", kinds=undeclared) if undeclared else None,
    )
    return tuple(filter(None, remarks))


def count_samples(*tables: RecordArray) -> str:
    """Return "all" or "some" if records of the tables are made-up samples, or else ""."""
    is_sample = [(table["marks"] & SAMPLE_MARK) != 0 for table in tables if len(table)]
    if not any(marks.any() for marks in is_sample):
        return ""
    return "all" if all(marks.all() for marks in is_sample) else "some"


def _select_days(table: RecordArray, first: date, last: date) -> RecordArray:
    day = table["day"]
    return table[(day >= first.toordinal()) & (day <= last.toordinal())]


def _count_by_site(log: LogArrays, rows: RecordArray) -> Counter[str]:
    return Counter(log.names[site] for site in rows["site"].tolist() if site != NO_NAME)


def _list_requirements(
    handout: Handout, drills: Collection[Drill], reviews: Collection[PlanReview], day: date
) -> dict[str, tuple[Requirement, ...]]:
    """Return each site's requirements as of the end of a day."""
    end = datetime.combine(day + timedelta(days=1), time(), handout.local_time.tzinfo)
    by_site = list_requirements_by_site(
        handout.project,
        load_project_rules(handout.project),
        build_school_year(handout.project.calendar, day),
        drills=[record for record in drills if record.held_at < min(end, handout.as_of)],
        reviews=[record for record in reviews if record.on <= day],
        on=day,
    )
    recorded = find_recorded_sites(handout.project, drills, reviews)
    return {
        site: mark_requirements_without_record(items, recorded) for site, items in by_site.items()
    }


def _list_other_drills(handout: Handout, drills: Collection[Drill]) -> tuple[Drill, ...]:
    """Return the school year's drills of kinds that no rule requires."""
    start = find_school_year_start(handout.today)
    required = {rule.kind for rule in load_project_rules(handout.project).drills}
    return tuple(
        drill
        for drill in drills
        if drill.kind not in required
        and drill.held_at <= handout.as_of
        and handout.to_local(drill.held_at).date() >= start
    )


def _add_incidents(session: Session, handout: Handout, log: LogArrays) -> Handout:
    """Add the incidents of the period and of reviews one by one, and what follows from them."""
    coverage = handout.coverage
    assert coverage is not None
    store = session.store
    calls = _select_days(log.calls, coverage.series.first, coverage.series.last)
    newest = sorted(calls["seq"].tolist())[-_MAX_INCIDENTS:]
    shown = {entry.uid for entry in store.entries_by_seq(newest)}
    readiness = compute_readiness_from_store(store, handout.project, handout.today)
    items = readiness.displayed_items
    by_school = {item.kind for site_items in handout.readiness.values() for item in site_items}
    listed_kinds = {*_FOLLOW_UPS, CONCERN, *by_school}
    entries = store.entries(
        kinds=(
            "after_action",
            "corrective_action",
            "command_entry",
            "reunification_site",
            "void",
        )
    )
    reviews = tuple(
        review for review in read_after_action_reviews(entries) if review.held_on <= handout.today
    )
    shown |= {review.incident for review in reviews}
    return replace(
        handout,
        command=tuple(
            record for record in read_command_entries(entries) if record.at <= handout.as_of
        ),
        **_list_reunification(session.saved_project, entries, handout.today),
        incidents=tuple(
            record
            for record in list_incidents(session)
            if record.uid in shown and record.received_at <= handout.as_of
        ),
        response_actions=tuple(
            record
            for record in read_response_actions(store.entries(kinds=("action", "void")))
            if record.began_at <= handout.as_of
        ),
        follow_ups=tuple(item for item in items if item.kind in _FOLLOW_UPS),
        concerns=tuple(item for item in items if item.kind == CONCERN),
        office_items=tuple(item for item in items if item.kind not in listed_kinds),
        after_actions=reviews,
        actions=read_corrective_actions(entries),
    )


def _list_reunification(project: Project, entries: Iterable[NewEntry], on: date) -> dict[str, Any]:
    """Return the places of every school and the missing ones; nothing without an agreement."""
    records = read_reunification_sites(entries)
    if not any(school.on <= on for school in records):
        return {}
    plan = plan_reunification(project, records, on)
    return {
        "reunification": tuple(
            PublishedReunification(
                school.site.id,
                match.place.how,
                match.place.name,
                match.street_m,
                match.place.capacity,
                match.place.on,
                match.place.review_on,
                _describe_place(project, match.place),
                agency=match.place.agency,
            )
            for school in plan.schools
            for match in school.places
        ),
        "reunification_lacks": tuple(
            ReunificationShortage(
                site.id,
                how,
                gap.found,
                plan.rule.each,
                Message(f"reunification_lack.{gap.cause}"),
            )
            for site, how, gap in plan.gaps
        ),
    }


def _describe_place(project: Project, place: ReunificationSite) -> str:
    """Return a place's address, if it is at a site, or its position."""
    site = project.sites.get(place.at_site)
    return f"{site.name}, {site.address}" if site is not None else place.position


def _find_monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
