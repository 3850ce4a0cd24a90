"""Drills and reviews of safety plans, and where each site stands with them under the rules.

A planning aid, not legal advice.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolYear
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.days_on_record import DRILL_RECORDS
from zoneplanner.domain.log.journal import FreeText
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_rules import find_drill_rule, list_required_drill_kinds
from zoneplanner.domain.readiness.plan_review import (
    ELEMENT_PREFIX,
    OpenPoint,
    PlanReview,
    count_open_points,
    list_newer_rules,
    list_open_points,
)
from zoneplanner.domain.readiness.rule_pack import (
    REVIEW_STAGES,
    DistrictDuty,
    DrillRule,
    PlanElement,
    ReportRule,
    ReviewRule,
    ReviewStep,
    RulePack,
)
from zoneplanner.messages import format_count, render_message

PLAN_REVIEW, DISTRICT_REPORT = "plan_review", "district_report"
DRILL, REVIEW = "drill", "review"
DUTY_PREFIX = "duty_"
"""What the kind of a requirement begins with that is one of the district's yearly duties."""
_RECORD_BY_REQUIREMENT = {
    PLAN_REVIEW: REVIEW,
    DISTRICT_REPORT: DISTRICT_REPORT,
    **dict.fromkeys(("after_action", "corrective_action", "concern", "training", "partner"), ""),
    **dict.fromkeys(("monthly_return", "legal_notice", "reunification_site", "outside_event"), ""),
    "campus_page": "",
}
"""The kind of record that fulfils a requirement; others are drills, "" follows from a record."""
_MOST_NAMED = 3
DISTRICT_WIDE = ""
"""The site of a requirement that is the district's and no single site's."""


class RequirementStatus(StrEnum):
    """Where a requirement stands on a day.

    What is missing on days that are not on record, or where no record of its kind was ever made, is
    shown as such; see ``mark_requirements_without_record``.
    """

    OVERDUE = "overdue"
    DUE = "due"
    NOT_RECORDED = "no record on file"
    DONE = "done"
    NOT_REQUIRED = "not required"

    @classmethod
    def judge(cls, done: object, due: date, on: date) -> "RequirementStatus":
        """Return where what is due by a day stands on another one."""
        return cls.DONE if done else cls.DUE if on <= due else cls.OVERDUE


WORST_FIRST = (
    RequirementStatus.OVERDUE,
    RequirementStatus.NOT_RECORDED,
    RequirementStatus.DUE,
    RequirementStatus.DONE,
    RequirementStatus.NOT_REQUIRED,
)
"""What one status stands for many: what is past without a record hides behind nothing due later."""


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill as it stands after corrections. ``officer_present`` is None where it is not known."""

    uid: str
    site: str
    kind: str
    held_at: datetime
    minutes: float | None = None
    officer_present: bool | None = None
    checklist: tuple[str, ...] = ()
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class DistrictReport:
    """A yearly duty of the district was done for a school year on a day.

    ``duty`` is its key among the rules; without one it is the report to the state.
    """

    uid: str
    school_year: str
    on: date
    duty: str = ""
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on a day; ``site`` is ``DISTRICT_WIDE`` where it is the district's.

    ``kind`` is a kind of drill or names another requirement; ``required`` counts what was to be
    done up to now, the present period included, and ``ended`` those of periods that have ended and
    of whose days all are on record, of which ``missed`` were not done; those ``made_up`` for were
    done in a later period and are not among those ``done``; ``unrecorded`` counts those of periods
    that have ended and are not all on record; ``due_on`` is the day of the first that
    is missing, else of the next. ``lacking`` is what is still open of it, point by point,
    ``newer_rules`` those of what came into force since the plan was last adopted.
    ``uid`` names the record that it follows from, where there is one, ``owner`` the role of who
    has to see to it, ``school_year`` the year of a plan review or a yearly duty.
    """

    site: str
    kind: str
    status: RequirementStatus
    due_on: date | None
    done: int
    required: int
    rule: str
    detail: str
    uid: str = ""
    ended: int = 0
    missed: int = 0
    made_up: int = 0
    unrecorded: int = 0
    lacking: tuple[OpenPoint, ...] = ()
    newer_rules: tuple[str, ...] = ()
    owner: str = ""
    school_year: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be done."""
        return self.status not in (RequirementStatus.DONE, RequirementStatus.NOT_REQUIRED)

    @property
    def open_points(self) -> tuple[str, ...]:
        """The keys of what is still open of it."""
        return tuple(one.key for one in self.lacking)

    @property
    def record_kind(self) -> str:
        """The kind of record that fulfils it."""
        if self.kind.startswith(DUTY_PREFIX):
            return self.kind
        return _RECORD_BY_REQUIREMENT.get(self.kind, DRILL)


def is_due_soon(item: Requirement, on: date, horizon_days: int) -> bool:
    """Tell whether something is due within the days that the district looks ahead."""
    if item.status is not RequirementStatus.DUE or item.due_on is None:
        return False
    return (item.due_on - on).days <= horizon_days


def mark_requirements_without_record(
    items: Iterable[Requirement], recorded: Collection[tuple[str, str]]
) -> tuple[Requirement, ...]:
    """Say of what is overdue, or not all on record, that there is no record, where a site has none.

    Before a site's records are kept, nobody knows what was done there; ``recorded`` names the sites
    and the kinds of which there is at least one, or which were declared complete. What follows from
    a record, such as the review of an incident, is never marked.
    """
    return tuple(
        replace(item, status=RequirementStatus.NOT_RECORDED)
        if (item.status is RequirementStatus.OVERDUE or (item.is_open and item.unrecorded))
        and item.record_kind
        and (item.site, item.record_kind) not in recorded
        else item
        for item in items
    )


def format_drill_name(kind: str) -> str:
    """Return the name of a kind of drill; to sound the alarm is none of its own."""
    if kind == "alarm_signal":
        return "Alarm signal"
    return f"{kind.replace('_', '-').capitalize()} drill"


def find_worst_status(items: Iterable[Requirement]) -> RequirementStatus:
    """Return the status that needs attention most; without items nothing is required."""
    found = {item.status for item in items}
    return next(
        (status for status in WORST_FIRST if status in found), RequirementStatus.NOT_REQUIRED
    )


def _list_site_requirements(
    site: Site,
    rules: RulePack,
    year: SchoolYear,
    *,
    drills: Sequence[tuple[date, Drill]],
    reviews: Sequence[PlanReview],
    is_on_record: Callable[[DateRange], bool],
    on: date,
) -> Iterator[Requirement]:
    """Yield what a site is to do; ``drills`` are its own with their local days, in order.

    ``is_on_record`` tells whether all drills of a period are.
    """
    if not rules.levels.get(site.level):
        return
    if rules.review.is_in_force(on):
        yield from _list_review_requirements(site, rules, year, reviews, on)
    for kind in list_required_drill_kinds(rules):
        asked = find_drill_rule(rules, site, kind, on)
        if asked is not None:
            counted = (kind, *asked[0].met_by)
            days = [day for day, drill in drills if drill.kind in counted and day <= on]
            yield _make_drill_requirement(site, asked, year, days, is_on_record=is_on_record, on=on)


def list_requirements_by_site(
    project: Project,
    rules: RulePack,
    year: SchoolYear,
    *,
    drills: Iterable[Drill],
    reviews: Iterable[PlanReview],
    on: date,
) -> dict[str, tuple[Requirement, ...]]:
    """Return the requirements of every patrolled site on a day of a school year, by site."""
    zone = ZoneInfo(project.time_zone)
    held: dict[str, list[tuple[date, Drill]]] = defaultdict(list)
    for drill in sorted(drills, key=lambda one: (one.held_at, one.uid)):
        held[drill.site].append((drill.held_at.astimezone(zone).date(), drill))
    reviewed: dict[str, list[PlanReview]] = defaultdict(list)
    for review in reviews:
        reviewed[review.site].append(review)
    kept = project.records.kind(DRILL_RECORDS)
    spans = kept.list_days_on_record(day for own in held.values() for day, _ in own if day <= on)

    @cache
    def is_on_record(period: DateRange) -> bool:
        days = project.calendar.school_days(period.first, period.last)
        return all(any(span.contains(day) for span in spans) for day in days)

    return {
        site.id: tuple(
            _list_site_requirements(
                site,
                rules,
                year,
                drills=held[site.id],
                reviews=reviewed[site.id],
                is_on_record=is_on_record,
                on=on,
            )
        )
        for site in project.patrolled
    }


def list_yearly_requirements(
    make: Callable[[SchoolYear], Requirement],
    duty: str,
    year: SchoolYear,
    reports: Iterable[DistrictReport],
) -> Iterator[Requirement]:
    """Yield a requirement of the district for a school year, after one that was missed before.

    The year before was missed where a year before that is on record: until records of a duty
    begin, nobody knows what was done.
    """
    before = SchoolYear(
        year.name_before,
        year.first.replace(year=year.first.year - 1),
        year.last.replace(year=year.last.year - 1),
    )
    missed = make(before)
    kept = any(one.duty == duty and one.school_year < before.name for one in reports)
    if kept and missed.status is RequirementStatus.OVERDUE:
        yield missed
    yield make(year)


def make_report_requirement(
    rule: ReportRule,
    year: SchoolYear,
    *,
    reports: Iterable[DistrictReport],
    without: Sequence[Site],
    on: date,
) -> Requirement:
    """Return the district's requirement to report the sites ``without`` a plan adopted in time."""
    due = date(year.first.year, rule.month, rule.day)
    sent = _list_days_done(reports, "", year, on)
    facts = {"sites": len(without), "names": [one.name for one in without]}
    words = render_message("requirement.report_named" if without else "requirement.report", facts)
    return Requirement(
        DISTRICT_WIDE,
        DISTRICT_REPORT,
        RequirementStatus.judge(sent, due, on),
        due,
        int(bool(sent)),
        1,
        rule=f"{rule.citation}: {rule.text} by {due:%B} {due.day}",
        detail=f"{_describe_done('Reported', sent[0], due)} {words}" if sent else words,
        lacking=() if sent else tuple(OpenPoint(one.id, one.name, due) for one in without),
        school_year=year.name,
    )


def _describe_done(what: str, on: date, due: date) -> str:
    days = (on - due).days
    late = f", {format_count(days, 'day')} late" if days > 0 else ""
    return f"{what} on {on}{late}."


def make_duty_requirement(
    duty: DistrictDuty, year: SchoolYear, *, reports: Iterable[DistrictReport], on: date
) -> Requirement:
    """Return another yearly requirement of the district."""
    starts = (year.first.month, year.first.day)
    place = year.first.year if (duty.month, duty.day) >= starts else year.last.year
    due = date(place, duty.month, duty.day)
    done = _list_days_done(reports, duty.key, year, on)
    return Requirement(
        DISTRICT_WIDE,
        f"{DUTY_PREFIX}{duty.key}",
        RequirementStatus.judge(done, due, on),
        due,
        int(bool(done)),
        1,
        rule=f"{duty.citation}: {duty.text} by {due:%B} {due.day}",
        detail=_describe_done("Done", done[0], due) if done else "Nothing logged yet.",
        school_year=year.name,
    )


def _list_days_done(
    reports: Iterable[DistrictReport], duty: str, year: SchoolYear, on: date
) -> list[date]:
    return sorted(
        one.on
        for one in reports
        if one.school_year == year.name and one.duty == duty and one.on <= on
    )


def find_sites_with_adopted_plan(
    reviews: Iterable[PlanReview], rule: ReviewRule, year_name: str, by: date
) -> frozenset[str]:
    """Return the sites whose plan review of a school year reached its end by a day."""
    return frozenset(
        one.site
        for one in reviews
        if one.school_year == year_name and one.stage == rule.stage and one.on <= by
    )


def _list_review_requirements(
    site: Site, rules: RulePack, year: SchoolYear, reviews: Sequence[PlanReview], on: date
) -> Iterator[Requirement]:
    """Yield the review of the year, after what the one of the year before still lacks.

    That one is followed where it was kept element by element, by the rules of its last day; once
    the plan is adopted anew only its steps that have their day after the school year are.
    """
    before = year.name_before
    earlier = [one for one in reviews if one.school_year == before and one.on <= on]
    own = [one for one in reviews if one.school_year == year.name and one.on <= on]
    if any(one.elements for one in earlier):
        then = year.first - timedelta(days=1)
        left = list_open_points(site, rules, earlier, ends_in=year.first.year, on=then)
        if any(one.stage == rules.review.stage for one in own):
            left = tuple(one for one in left if one.due >= year.first)
        if left:
            yield _make_review_requirement(site.id, rules, (before, earlier), left, on)
    left = list_open_points(site, rules, own, ends_in=year.last.year, on=on)
    found = _make_review_requirement(site.id, rules, (year.name, own), left, on)
    since, newer = list_newer_rules(site, rules, reviews, on)
    if newer:
        facts = {
            "count": len(newer),
            "since": since,
            "rules": [one.change.rstrip(".") or one.citation for one in newer],
        }
        words = f"{found.detail} {render_message('requirement.newer_rules', facts)}"
        found = replace(found, detail=words, newer_rules=tuple(_name_point(one) for one in newer))
    yield found


def _name_point(one: PlanElement | ReviewStep) -> str:
    return f"{ELEMENT_PREFIX}{one.key}" if isinstance(one, PlanElement) else one.key


def _make_review_requirement(
    site: str,
    rules: RulePack,
    kept: tuple[str, Sequence[PlanReview]],
    left: Sequence[OpenPoint],
    on: date,
) -> Requirement:
    """Make the requirement of the review of a school year from its steps and what is left."""
    rule, (year_name, own) = rules.review, kept
    usual = date(int(year_name[:4]) + 1, rule.month, rule.day)
    due = min((one.due for one in left), default=usual)
    ends = [one.on for one in own if one.stage == rule.stage]
    adopted = max(ends, default=None)
    reached = max((REVIEW_STAGES.index(one.stage) for one in own), default=-1)
    words = "Nothing logged yet." if reached < 0 else f"{REVIEW_STAGES[reached].capitalize()}."
    if adopted is not None:
        late = (min(ends) - usual).days
        words = f"{rule.stage.capitalize()} on {adopted}"
        words += f", {late} days late." if late > 0 else "."
    if own and left:
        words += f" Open: {describe_open_points(left)}."
    return Requirement(
        site,
        PLAN_REVIEW,
        RequirementStatus.judge(not left, due, on),
        due,
        int(not left),
        1,
        rule=f"{rule.citation}: {rule.stage} by {usual:%B} {usual.day}",
        detail=words,
        lacking=tuple(left),
        school_year=year_name,
    )


def describe_open_points(left: Sequence[OpenPoint]) -> str:
    """Name the first open points, and how many steps and elements there are beside them."""
    counts = zip(("step", "element"), count_open_points(left[_MOST_NAMED:]), strict=True)
    more = " and ".join(format_count(n, f"more {one}") for one, n in counts if n)
    idle = sum(one.why is not None for one in left[_MOST_NAMED:])
    if idle:
        more += f", {idle} of which {'was' if idle == 1 else 'were'} done without counting"
    return "; ".join(filter(None, (*(one.words for one in left[:_MOST_NAMED]), more)))


def _make_drill_requirement(
    site: Site,
    asked: tuple[DrillRule, tuple[DrillRule, ...]],
    year: SchoolYear,
    days: Sequence[date],
    *,
    is_on_record: Callable[[DateRange], bool],
    on: date,
) -> Requirement:
    rule, others = asked
    spans = year.periods.get(rule.per, ())
    in_year = [day for day in days if year.first <= day <= year.last]
    if not spans:
        none = f"The calendar has no school days in {year.name}; import the school calendar."
        status = RequirementStatus.NOT_REQUIRED
        return Requirement(site.id, rule.kind, status, None, len(in_year), 0, rule.words, none)
    begun = [span for span in spans if span.first <= on] or [spans[0]]
    required = rule.times * len(begun)
    slots = [span for span in begun for _ in range(rule.times)]
    missing, made_up = _find_missing_periods(slots, in_year, is_on_record)
    ended = [span for span in spans if span.last < on]
    late = [span for span in missing if span in ended and is_on_record(span)]
    unknown = [span for span in missing if span in ended and span not in late]
    running = [span for span in missing if span not in ended]
    status = (
        RequirementStatus.OVERDUE
        if late
        else RequirementStatus.DUE
        if running
        else RequirementStatus.NOT_RECORDED
        if unknown
        else RequirementStatus.DONE
    )
    due = next(iter((*late, *running, *unknown, *spans[len(begun) :])), None)
    over = begun[-1].name if len(spans) > 1 else f"the end of {begun[-1].name}"
    done = required - len(missing) - len(made_up)
    words = [f"{done} of {required} held in time up to {over}."]
    if rule.met_by:
        words.append(f"{rule.other_drills.capitalize()} count, too.")
    if made_up:
        words.append(f"Held late for {_join_names(made_up)}.")
    beyond = len(in_year) - done - len(made_up)
    if beyond:
        words.append(f"{beyond} beside the ones that their periods ask for.")
    if late:
        words.append(f"Missing for {_join_names(late)}; an extra drill makes up for it.")
    if unknown:
        names = _join_names(unknown)
        words.append(f"None on record for {names}, of which our records do not cover every day.")
    if others:
        texts = ", ".join(one.words for one in others)
        lenient = any(one.strictness > rule.strictness for one in others)
        why = "the district chose this rule" if lenient else "this one is stricter and is followed"
        words.append(f"There are other rules ({texts}); {why}.")
    return Requirement(
        site.id,
        rule.kind,
        status,
        due.last if due else None,
        done,
        required,
        rule.words,
        " ".join(words),
        ended=rule.times * sum(map(is_on_record, ended)),
        missed=len(late),
        made_up=len(made_up),
        unrecorded=rule.times * sum(not is_on_record(span) for span in ended),
    )


def _join_names(spans: Iterable[DateRange]) -> str:
    return ", ".join(dict.fromkeys(span.name for span in spans))


def _find_missing_periods(
    slots: Sequence[DateRange], days: Sequence[date], is_on_record: Callable[[DateRange], bool]
) -> tuple[list[DateRange], list[DateRange]]:
    """Return the slots that no drill fills, and those that one of a later period made up for.

    Of the earlier ones those on record come first.
    """
    left, made_up = list(slots), list[DateRange]()
    extra = []
    for day in days:
        own = next((span for span in left if span.contains(day)), None)
        if own is None:
            extra.append(day)
        else:
            left.remove(own)
    for day in extra:
        earlier = [span for span in left if span.last < day]
        if earlier:
            made_up.append(max(earlier, key=is_on_record))
            left.remove(made_up[-1])
    return left, made_up
