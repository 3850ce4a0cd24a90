"""The status of every readiness requirement: sites' drills and reviews, follow-ups, reports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.readiness_figures import ReadinessYear, compute_readiness_figures
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import (
    SchoolYear,
    build_school_year,
    place_month_day,
)
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.locale_formats import US_FORMATS, LocaleFormats
from zoneplanner.domain.log.days_on_record import (
    AFTER_ACTION_RECORDS,
    DRILL_RECORDS,
    INCIDENT_RECORDS,
)
from zoneplanner.domain.log.entries import read_drills, read_incidents, read_plan_reviews
from zoneplanner.domain.log.follow_up_entries import (
    read_after_action_reviews,
    read_concern_reports,
    read_corrective_actions,
    read_district_reports,
)
from zoneplanner.domain.log.journal import Incident, JournalEntry
from zoneplanner.domain.log.office_entries import (
    read_campus_pages,
    read_legal_notices,
    read_monthly_returns,
    read_outside_events,
    read_reunification_sites,
)
from zoneplanner.domain.log.people_entries import (
    read_concern_steps,
    read_partner_records,
    read_trainings,
)
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.district_requirements import (
    find_sites_with_adopted_plan,
    list_yearly_requirements,
    make_duty_requirement,
    make_report_requirement,
)
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.follow_up import (
    AFTER_ACTION,
    CONCERN,
    AfterActionReview,
    FollowUpRecords,
    list_follow_up_requirements,
)
from zoneplanner.domain.readiness.office_requirements import (
    PARTNER,
    TRAINING,
    list_office_requirements,
    list_renewals,
)
from zoneplanner.domain.readiness.plan_review import PlanReview
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    DISTRICT_WIDE,
    DRILL,
    DUTY_PREFIX,
    PLAN_REVIEW,
    REVIEW,
    WORST_FIRST,
    Requirement,
    RequirementStatus,
    find_worst_status,
    is_due_soon,
    mark_requirements_without_record,
)
from zoneplanner.domain.readiness.rule_pack import FollowUpRule, RulePack, add_district_rules
from zoneplanner.domain.readiness.site_requirements import list_requirements_by_site
from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.rule_pack import parse_rule_pack, read_bundled_rule_pack
from zoneplanner.messages import say_all

if TYPE_CHECKING:
    from zoneplanner.storage import Store

_READINESS_KINDS = (
    "drill",
    "review",
    "after_action",
    "corrective_action",
    "concern",
    "district_report",
    "training",
    "partner",
    "concern_step",
    "reunification_site",
    "monthly_return",
    "legal_notice",
    "outside_event",
    "campus_page",
    "void",
)
BY_WEEK, BY_OWNER, BY_PLAN = "week", "owner", "plan"
"""Groupings of requirements other than by site and zone; ``BY_PLAN`` lists plan reviews' steps."""
_OWNERS = {
    PLAN_REVIEW: "School site council",
    AFTER_ACTION: "Safe Schools office",
    CONCERN: "Threat-assessment team",
    TRAINING: "Safe Schools office",
    PARTNER: "Safe Schools office",
}
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


@dataclass(frozen=True, eq=False, slots=True)
class ReadinessStatus:
    """Every requirement on a day under the district's rules, and the year's figures.

    ``items`` have the status by the rules. In ``displayed_items``, an overdue requirement has no
    record on file instead if its site and kind are not in ``recorded``, the pairs with a record.
    """

    on: date
    year: SchoolYear
    rules: RulePack
    items: tuple[Requirement, ...]
    figures: Mapping[str, Figure]
    recorded: frozenset[tuple[str, str]] = frozenset()

    @property
    def displayed_items(self) -> tuple[Requirement, ...]:
        """The requirements as they are displayed."""
        return mark_requirements_without_record(self.items, self.recorded)

    @property
    def recorded_kinds(self) -> frozenset[str]:
        """The kinds of record that exist for at least one site."""
        return frozenset(kind for _, kind in self.recorded)

    @property
    def by_site(self) -> dict[str, tuple[Requirement, ...]]:
        """The requirements by site; those of the whole district are under ``DISTRICT_WIDE``."""
        by_site = group_pairs((item.site, item) for item in self.displayed_items)
        return {site: tuple(own) for site, own in by_site.items()}

    def is_soon(self, item: Requirement) -> bool:
        """Return whether a requirement is due within the days that the district looks ahead."""
        return is_due_soon(item, self.on, self.rules.follow_up.horizon_days)

    @property
    def to_do(self) -> list[Requirement]:
        """The open requirements, the most urgent first."""
        return self.list_open()

    def list_open(self, site: str | None = None) -> list[Requirement]:
        """Return the open requirements, of one site or of all, the most urgent first."""
        own = self.items if site is None else [item for item in self.items if item.site == site]
        displayed = mark_requirements_without_record(own, self.recorded)
        return sorted((item for item in displayed if item.is_open), key=rank_open_requirement)


def load_project_rules(project: Project) -> RulePack:
    """Return the rules with the district's choices and additions."""
    pack = load_rule_pack(project).with_choices(project.rules)
    return add_district_rules(pack, project.district_rules)


def load_rule_pack(project: Project) -> RulePack:
    """Return the rules installed in a project, else the bundled ones, without choices."""
    text = project.rule_pack.text
    return parse_rule_pack(text) if text else read_bundled_rule_pack()


def compute_readiness(session: Session, on: date | None = None) -> ReadinessStatus:
    """Return every requirement on a day, by default today; a day too far away is a UserError."""
    return compute_readiness_from_store(session.store, session.saved_project, on or session.today)


def compute_readiness_from_store(store: "Store", project: Project, on: date) -> ReadinessStatus:
    """Return every requirement on a day from the journal; safe outside the window's thread."""
    check_readiness_day(on)
    rules = load_project_rules(project)
    year = build_school_year(project.calendar, on)
    entries = store.entries(kinds=_READINESS_KINDS)
    calls = store.entries(
        kinds=("incident", "void"), since=find_review_start(year, project.time_zone)
    )
    reviews, drills = read_plan_reviews(entries), read_drills(entries)
    reports = read_district_reports(entries)
    after_actions = read_after_action_reviews(entries)
    incidents = read_incidents(calls)
    follow_up = FollowUpRecords(
        incidents=incidents,
        after_actions=after_actions,
        actions=read_corrective_actions(entries),
        concerns=read_concern_reports(entries),
        steps=read_concern_steps(entries),
        outside_events=read_outside_events(entries),
        history=_find_unreviewable_incidents(project, calls, after_actions, rules.follow_up),
        past=_find_calls_before_reviews(project, incidents),
    )
    by_site = list_requirements_by_site(project, rules, year, drills=drills, reviews=reviews, on=on)
    follow_ups = list_follow_up_requirements(
        follow_up,
        rules.follow_up,
        project.calendar,
        year=year,
        time_zone=project.time_zone,
        on=on,
    )
    due = place_month_day(year.first.year, rules.review.month, rules.review.day)
    adopted = find_sites_with_adopted_plan(reviews, rules.review, year.name_before, due)
    without_plan = [
        site
        for site in project.patrolled
        if rules.levels.get(site.level) and site.id not in adopted
    ]
    yearly = list_yearly_requirements(
        lambda of: make_report_requirement(
            rules.report, of, reports=reports, without=without_plan if of is year else None, on=on
        ),
        "",
        year,
        reports,
    )
    duties = (
        item
        for duty in rules.duties
        if duty.is_in_force(on)
        for item in list_yearly_requirements(
            partial(make_duty_requirement, duty, reports=reports, on=on), duty.key, year, reports
        )
    )
    renewals = list_renewals(
        read_trainings(entries),
        read_partner_records(entries),
        read_reunification_sites(entries),
        read_campus_pages(entries),
        on,
        horizon_days=rules.follow_up.horizon_days,
    )
    office = list_office_requirements(
        project, read_monthly_returns(entries), read_legal_notices(entries), on
    )
    items = (
        *(item for own in by_site.values() for item in own),
        *follow_ups,
        *yearly,
        *duties,
        *renewals,
        *office,
    )
    recorded = find_recorded_sites(project, drills, reviews) | {
        (DISTRICT_WIDE, f"{DUTY_PREFIX}{report.duty}" if report.duty else DISTRICT_REPORT)
        for report in reports
    }
    figures = compute_readiness_figures(
        items,
        follow_up,
        reviews,
        ReadinessYear(project, rules, year, on),
        recorded={kind for _, kind in recorded},
    )
    return ReadinessStatus(on, year, rules, items, figures, recorded)


def _find_unreviewable_incidents(
    project: Project,
    calls: Iterable[JournalEntry],
    reviews: Iterable[AfterActionReview],
    rule: FollowUpRule,
) -> frozenset[str]:
    """Return the incidents whose reviews, if any were held, are older than our review records.

    They were entered after their review was due; or they were imported, and their review was due
    before the first review on record and before the declared start of review records.
    """
    zone, allowed = ZoneInfo(project.time_zone), timedelta(days=rule.review_days)
    records = project.records.kind(INCIDENT_RECORDS)
    begun = project.records.kind(AFTER_ACTION_RECORDS).begun or date.max
    first_review = min((review.held_on for review in reviews), default=begun)
    unreviewable = set()
    for entry in calls:
        day = entry.occurred_at.astimezone(zone).date()
        due = day + allowed
        entered = entry.recorded_at.astimezone(zone).date()
        if entered > due or (records.is_history(day) and due < first_review):
            unreviewable.add(entry.uid)
    return frozenset(unreviewable)


def _find_calls_before_reviews(project: Project, calls: Iterable[Incident]) -> frozenset[str]:
    """Return the uids of imported past calls on days before after-action reviews were recorded."""
    records, zone = project.records.kind(INCIDENT_RECORDS), ZoneInfo(project.time_zone)
    begun = project.records.kind(AFTER_ACTION_RECORDS).begun or date.max
    days = {call.uid: call.received_at.astimezone(zone).date() for call in calls if call.is_history}
    return frozenset(uid for uid, day in days.items() if records.is_of_file(day) and day < begun)


def find_recorded_sites(
    project: Project, drills: Iterable[Drill], reviews: Iterable[PlanReview]
) -> frozenset[tuple[str, str]]:
    """Return the pairs of site and kind that have records or are declared complete.

    An imported file that is not declared complete does not count: drills it lacks may have been
    held.
    """
    records, zone = project.records.kind(DRILL_RECORDS), ZoneInfo(project.time_zone)
    recorded = {(review.site, REVIEW) for review in reviews}
    recorded |= {
        (drill.site, DRILL)
        for drill in drills
        if records.is_declared or not records.is_of_file(drill.held_at.astimezone(zone).date())
    }
    if records.complete:
        recorded |= {(site.id, DRILL) for site in project.patrolled}
    return frozenset(recorded)


def compute_site_statuses(
    status: ReadinessStatus, project: Project
) -> dict[str, RequirementStatus]:
    """Return each patrolled site's status: the worst of its requirements."""
    by_site = status.by_site
    return {site.id: find_worst_status(by_site.get(site.id, ())) for site in project.patrolled}


def rank_open_requirement(item: Requirement) -> tuple[int, date, str, str]:
    """Return the sort key of open requirements: overdue, then without a record, then due."""
    return (WORST_FIRST.index(item.status), item.due_on or date.max, item.kind, item.site)


def check_readiness_day(on: date) -> None:
    """Raise a UserError if a day is in no supported school year."""
    if not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        raise UserError(
            "out_of_range.readiness_day", day=on, first_year=_FIRST_YEAR, last_year=_LAST_YEAR
        )


def find_review_start(year: SchoolYear, time_zone: str) -> datetime:
    """Return the start of the school year before this one, whose incidents may need reviews."""
    first = year.first.replace(year=year.first.year - 1)
    return datetime.combine(first, time(0), ZoneInfo(time_zone)).astimezone(UTC)


def format_requirement_name(item: Requirement) -> str:
    """Return the displayed name of a requirement."""
    return name_requirement(item.kind)


def format_requirement_owner(item: Requirement) -> str:
    """Return the role responsible for a requirement: its record's, else the usual one."""
    if item.owner:
        return item.owner
    if item.kind in _OWNERS:
        return _OWNERS[item.kind]
    return "District office" if item.site == DISTRICT_WIDE else "Principal"


def format_requirement_week(item: Requirement, formats: LocaleFormats) -> str:
    """Return the week in which a requirement is due, by its Monday."""
    if item.due_on is None:
        return "No day"
    return f"Week of {formats.short_day(item.due_on - timedelta(days=item.due_on.weekday()))}"


def group_requirements(
    items: Iterable[Requirement], by: str, formats: LocaleFormats
) -> dict[str, list[Requirement]]:
    """Return requirements by the week they are due, the earliest first, or by owner."""
    groups: dict[str, list[Requirement]] = {}
    by_week = by == BY_WEEK
    for item in sorted(items, key=lambda each: (each.due_on or date.max, each.kind, each.site)):
        key = format_requirement_week(item, formats) if by_week else format_requirement_owner(item)
        groups.setdefault(key, []).append(item)
    return groups if by_week else dict(sorted(groups.items()))


def format_requirement_place(project: Project, item: Requirement) -> str:
    """Return the name of a requirement's site, or its id if the site no longer exists."""
    if item.site == DISTRICT_WIDE:
        return "The district"
    site = project.sites.get(item.site)
    return site.name if site else item.site


def write_due_calendar(session: Session, status: ReadinessStatus, path: Path) -> Path:
    """Write the open requirements as an iCalendar file and return its path; UserError if it fails.

    Details of a concern, including its tip's reference, are left out.
    """
    # deferred: readiness is computed at every start, but a calendar is rarely written
    from zoneplanner.publish.data.calendars import DueEvent, encode_due_calendar

    session.store.check_target(path)
    project = session.saved_project
    due = []
    for item in status.to_do:
        if item.due_on is None:
            continue
        late = "Overdue: " if item.status is RequirementStatus.OVERDUE else ""
        key = item.uid or f"{item.site or 'district'}-{item.kind}-{item.due_on}"
        due.append(
            DueEvent(
                uid=f"{key}@{project.uid}",
                on=item.due_on,
                title=f"{late}{format_requirement_name(item)}, "
                f"{format_requirement_place(project, item)}",
                text=say_all(
                    [*(() if item.kind == CONCERN else item.messages), item.rule], US_FORMATS
                ),
            )
        )
    name = f"{project.name}: what is due"
    return write_file_atomically(path, encode_due_calendar(name, due, as_of=status.on))
