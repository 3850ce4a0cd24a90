"""Where sites stand with their requirements, what follows from incidents, what is to be done."""

from collections import defaultdict
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

if TYPE_CHECKING:
    from zoneplanner.storage import Store

_READINESS_KINDS = (
    *("drill", "review", "after_action", "corrective_action", "concern", "district_report"),
    *("training", "partner", "concern_step", "reunification_site", "monthly_return"),
    *("legal_notice", "outside_event", "campus_page", "void"),
)
BY_WEEK, BY_OWNER, BY_PLAN = "week", "owner", "plan"
"""What requirements are grouped by beside sites and zones; by plan, their reviews' points."""
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

    ``items`` stand as the rules say; ``displayed_items`` say of what is overdue that there is no
    record on file, where none of its site and kind, of those in ``recorded``, was ever made.
    """

    on: date
    year: SchoolYear
    rules: RulePack
    items: tuple[Requirement, ...]
    figures: Mapping[str, Figure]
    recorded: frozenset[tuple[str, str]] = frozenset()

    @property
    def displayed_items(self) -> tuple[Requirement, ...]:
        """The requirements as people are shown them."""
        return mark_requirements_without_record(self.items, self.recorded)

    @property
    def recorded_kinds(self) -> frozenset[str]:
        """The kinds of which there is a record at some site."""
        return frozenset(kind for _, kind in self.recorded)

    @property
    def by_site(self) -> dict[str, tuple[Requirement, ...]]:
        """The requirements by site; the district's own are under ``DISTRICT_WIDE``."""
        found: dict[str, list[Requirement]] = defaultdict(list)
        for item in self.displayed_items:
            found[item.site].append(item)
        return {site: tuple(own) for site, own in found.items()}

    def is_soon(self, item: Requirement) -> bool:
        """Tell whether something is due within the days that the district looks ahead."""
        return is_due_soon(item, self.on, self.rules.follow_up.horizon_days)

    @property
    def to_do(self) -> list[Requirement]:
        """What is overdue, due or without a record on file, the most urgent first."""
        return self.list_open()

    def list_open(self, site: str | None = None) -> list[Requirement]:
        """Return what there is to do, of a site alone where one is named."""
        own = self.items if site is None else [one for one in self.items if one.site == site]
        shown = mark_requirements_without_record(own, self.recorded)
        return sorted((item for item in shown if item.is_open), key=rank_open_requirement)


def load_project_rules(project: Project) -> RulePack:
    """Return the rules as the project's district follows them."""
    pack = load_rule_pack(project).with_choices(project.rules)
    return add_district_rules(pack, project.district_rules)


def load_rule_pack(project: Project) -> RulePack:
    """Return the rules that a project has installed, else those that ship, without choices."""
    text = project.rule_pack.text
    return parse_rule_pack(text) if text else read_bundled_rule_pack()


def compute_readiness(session: Session, on: date | None = None) -> ReadinessStatus:
    """Return every requirement on a day, today where none is given; a far day is a UserError."""
    return compute_readiness_from_store(session.store, session.saved_project, on or session.today)


def compute_readiness_from_store(store: "Store", project: Project, on: date) -> ReadinessStatus:
    """Read the journal and return every requirement on a day; safe beside the window's thread."""
    check_readiness_day(on)
    rules = load_project_rules(project)
    year = build_school_year(project.calendar, on)
    entries = store.entries(kinds=_READINESS_KINDS)
    calls = store.entries(
        kinds=("incident", "void"), since=find_review_start(year, project.time_zone)
    )
    reviewed, drilled = read_plan_reviews(entries), read_drills(entries)
    sent = read_district_reports(entries)
    after_actions = read_after_action_reviews(entries)
    incidents = read_incidents(calls)
    happened = FollowUpRecords(
        incidents=incidents,
        after_actions=after_actions,
        actions=read_corrective_actions(entries),
        concerns=read_concern_reports(entries),
        steps=read_concern_steps(entries),
        outside_events=read_outside_events(entries),
        history=_find_history(project, calls, after_actions, rules.follow_up),
        past=_find_past(project, incidents),
    )
    by_site = list_requirements_by_site(
        project, rules, year, drills=drilled, reviews=reviewed, on=on
    )
    follow_ups = list_follow_up_requirements(
        happened,
        rules.follow_up,
        project.calendar,
        year=year,
        time_zone=project.time_zone,
        on=on,
    )
    bound = [site for site in project.patrolled if rules.levels.get(site.level)]
    last = place_month_day(year.first.year, rules.review.month, rules.review.day)
    adopted = find_sites_with_adopted_plan(reviewed, rules.review, year.name_before, last)
    without = [site for site in bound if site.id not in adopted]
    yearly = list_yearly_requirements(
        lambda of: make_report_requirement(
            rules.report, of, reports=sent, without=without if of is year else (), on=on
        ),
        "",
        year,
        sent,
    )
    duties = (
        one
        for duty in rules.duties
        if duty.is_in_force(on)
        for one in list_yearly_requirements(
            partial(make_duty_requirement, duty, reports=sent, on=on), duty.key, year, sent
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
        *(*follow_ups, *yearly, *duties, *renewals, *office),
    )
    recorded = find_recorded_sites(project, drilled, reviewed)
    recorded |= {
        (DISTRICT_WIDE, f"{DUTY_PREFIX}{one.duty}" if one.duty else DISTRICT_REPORT) for one in sent
    }
    figures = compute_readiness_figures(
        items,
        happened,
        reviewed,
        ReadinessYear(project, rules, year, on),
        recorded={kind for _, kind in recorded},
    )
    return ReadinessStatus(on, year, rules, items, figures, recorded)


def _find_history(
    project: Project,
    calls: Iterable[JournalEntry],
    reviews: Iterable[AfterActionReview],
    rule: FollowUpRule,
) -> frozenset[str]:
    """Return the incidents whose reviews, if any were held, lie before our records of reviews.

    They were entered after their review was due, or came by a file and were due before the first
    review on record and before it was declared that reviews are kept.
    """
    zone, allowed = ZoneInfo(project.time_zone), timedelta(days=rule.review_days)
    kept = project.records.kind(INCIDENT_RECORDS)
    begun = project.records.kind(AFTER_ACTION_RECORDS).begun or date.max
    first_review = min((one.held_on for one in reviews), default=begun)
    found = set()
    for entry in calls:
        day = entry.occurred_at.astimezone(zone).date()
        due = day + allowed
        entered = entry.recorded_at.astimezone(zone).date()
        if entered > due or (kept.is_history(day) and due < first_review):
            found.add(entry.uid)
    return frozenset(found)


def _find_past(project: Project, calls: Iterable[Incident]) -> frozenset[str]:
    """Return the calls that a file brought in long after, of before reviews of such are kept."""
    kept, zone = project.records.kind(INCIDENT_RECORDS), ZoneInfo(project.time_zone)
    asked_since = project.records.kind(AFTER_ACTION_RECORDS).begun or date.max
    days = {call.uid: call.received_at.astimezone(zone).date() for call in calls if call.is_history}
    return frozenset(uid for uid, day in days.items() if kept.is_of_file(day) and day < asked_since)


def find_recorded_sites(
    project: Project, drills: Iterable[Drill], reviews: Iterable[PlanReview]
) -> frozenset[tuple[str, str]]:
    """Return the sites and kinds of which there are records, or which are declared complete.

    A file that nobody declared complete confirms nothing: what it lacks may have been held.
    """
    kept, zone = project.records.kind(DRILL_RECORDS), ZoneInfo(project.time_zone)
    found = {(one.site, REVIEW) for one in reviews}
    found |= {
        (one.site, DRILL)
        for one in drills
        if kept.is_declared or not kept.is_of_file(one.held_at.astimezone(zone).date())
    }
    if kept.complete:
        found |= {(site.id, DRILL) for site in project.patrolled}
    return frozenset(found)


def compute_site_statuses(found: ReadinessStatus, project: Project) -> dict[str, RequirementStatus]:
    """Return each patrolled site's status: the worst of its requirements."""
    by_site = found.by_site
    return {site.id: find_worst_status(by_site.get(site.id, ())) for site in project.patrolled}


def rank_open_requirement(item: Requirement) -> tuple[int, date, str, str]:
    """Rank what is to be done: overdue, then past without a record on file, then due."""
    return (WORST_FIRST.index(item.status), item.due_on or date.max, item.kind, item.site)


def check_readiness_day(on: date) -> None:
    """Refuse a day that no school year of ours can hold."""
    if not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        raise UserError(
            "out_of_range.readiness_day", day=on, first_year=_FIRST_YEAR, last_year=_LAST_YEAR
        )


def find_review_start(year: SchoolYear, time_zone: str) -> datetime:
    """Return from when incidents may still be to be reviewed: the school year before this one."""
    first = year.first.replace(year=year.first.year - 1)
    return datetime.combine(first, time(0), ZoneInfo(time_zone)).astimezone(UTC)


def format_requirement_name(item: Requirement) -> str:
    """Say what a requirement is, as people read it."""
    return name_requirement(item.kind)


def format_requirement_owner(item: Requirement) -> str:
    """Return the role that sees to a requirement: the one that its record names, else the usual."""
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
    """Return requirements by the week in which they are due, the earliest first, or by owner."""
    groups: dict[str, list[Requirement]] = {}
    for item in sorted(items, key=lambda one: (one.due_on or date.max, one.kind, one.site)):
        week = by == BY_WEEK
        key = format_requirement_week(item, formats) if week else format_requirement_owner(item)
        groups.setdefault(key, []).append(item)
    return groups if by == BY_WEEK else dict(sorted(groups.items()))


def format_requirement_place(project: Project, item: Requirement) -> str:
    """Return the name of the site of a requirement, its id where the site is gone."""
    if item.site == DISTRICT_WIDE:
        return "The district"
    site = project.sites.get(item.site)
    return site.name if site else item.site


def write_due_calendar(session: Session, found: ReadinessStatus, path: Path) -> Path:
    """Write the to-do list as an iCalendar file and return its path; a UserError where it fails.

    What is known of a concern, the reference of its tip too, stays in the program.
    """
    # Readiness is read at every start; what publishes is loaded when it is asked for.
    from zoneplanner.publish.data.calendars import DueEvent, encode_due_calendar

    session.store.check_target(path)
    project = session.saved_project
    due = []
    for item in found.to_do:
        if item.due_on is None:
            continue
        late = "Overdue: " if item.status is RequirementStatus.OVERDUE else ""
        detail = US_FORMATS.localize_sentence(item.detail)
        key = item.uid or f"{item.site or 'district'}-{item.kind}-{item.due_on}"
        due.append(
            DueEvent(
                uid=f"{key}@{project.uid}",
                on=item.due_on,
                title=f"{late}{format_requirement_name(item)}, "
                f"{format_requirement_place(project, item)}",
                text=item.rule if item.kind == CONCERN else f"{detail} {item.rule}",
            )
        )
    name = f"{project.name}: what is due"
    return write_file_atomically(path, encode_due_calendar(name, due, as_of=found.on))
