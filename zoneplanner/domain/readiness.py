"""Drills and reviews of safety plans, and where each site stands with them under the rules.

A planning aid, not legal advice.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar import Span
from zoneplanner.domain.project import Project
from zoneplanner.domain.rules import (
    STAGES,
    DrillRule,
    ReportRule,
    ReviewRule,
    Rules,
    drill_kinds,
    drill_rule,
)
from zoneplanner.domain.school_year import SchoolYear
from zoneplanner.domain.site import Site

PLAN_REVIEW, DISTRICT_REPORT = "plan_review", "district_report"
DRILL, REVIEW = "drill", "review"
_RECORD_OF = {
    PLAN_REVIEW: REVIEW,
    DISTRICT_REPORT: DISTRICT_REPORT,
    **dict.fromkeys(("after_action", "corrective_action", "concern"), ""),
}
"""The kind of record that fulfils a duty; every other duty is a drill, "" follows from a record."""
DISTRICT = ""
"""The site of a duty that is the district's and no single site's."""


class Status(StrEnum):
    """Where a duty stands on a day.

    What is overdue while no record of its kind was ever made is shown as not recorded yet; see
    ``mark_unrecorded``.
    """

    OVERDUE = "overdue"
    DUE = "due"
    NOT_RECORDED = "not recorded yet"
    DONE = "done"
    NOT_REQUIRED = "not required"


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill as it stands after corrections. ``officer_present`` is None where it is not known."""

    uid: str
    site: str
    kind: str
    held_at: datetime
    minutes: float | None = None
    officer_present: bool | None = None
    note: str = ""
    checklist: tuple[str, ...] = ()
    sample: bool = False


@dataclass(frozen=True, slots=True)
class PlanReview:
    """One step of a site's yearly plan review; ``who_kind`` is whom it was done with."""

    uid: str
    site: str
    school_year: str
    stage: str
    on: date
    who_kind: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class DistrictReport:
    """The district's report to the state, for a school year, was sent on a day."""

    uid: str
    school_year: str
    on: date
    note: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One duty on a day; ``site`` is ``DISTRICT`` where it is the district's.

    ``what`` is a kind of drill or names another duty; ``required`` counts what was to be done up
    to now, the present period included; ``due_on`` is the day of the first that is missing, else
    of the next. ``uid`` names the record that the duty follows from, where it follows from one.
    """

    site: str
    what: str
    status: Status
    due_on: date | None
    done: int
    required: int
    rule: str
    detail: str
    uid: str = ""

    @property
    def open(self) -> bool:
        """Tell whether it is still to be done."""
        return self.status in (Status.OVERDUE, Status.DUE, Status.NOT_RECORDED)

    @property
    def record(self) -> str:
        """The kind of record that fulfils it."""
        return _RECORD_OF.get(self.what, DRILL)


def mark_unrecorded(items: Iterable[Item], recorded: Collection[str]) -> tuple[Item, ...]:
    """Say of what is overdue that nothing was recorded yet, where no record of its kind exists.

    Before an office keeps a kind of record, nobody knows what was done; ``recorded`` names the
    kinds of which there is at least one. What follows from a record, such as the review of an
    incident, is never marked.
    """
    return tuple(
        replace(item, status=Status.NOT_RECORDED)
        if item.status is Status.OVERDUE and item.record and item.record not in recorded
        else item
        for item in items
    )


def worst(items: Iterable[Item]) -> Status:
    """Return the status that needs attention most; without items nothing is required."""
    found = {item.status for item in items}
    return next((status for status in Status if status in found), Status.NOT_REQUIRED)


def _site_items(
    site: Site,
    rules: Rules,
    year: SchoolYear,
    *,
    drills: Sequence[tuple[date, Drill]],
    reviews: Iterable[PlanReview],
    on: date,
) -> tuple[Item, ...]:
    """Return a site's duties on a day; ``drills`` are its own with their local days, in order."""
    levels = set(rules.levels.get(site.level, ()))
    if not levels:
        return ()
    found = []
    if rules.review.effective_from <= on:
        found.append(_review_item(site, rules.review, year, reviews, on))
    for kind in drill_kinds(rules):
        asked = drill_rule(rules, site, kind, on)
        if asked is not None:
            days = [day for day, drill in drills if drill.kind == kind and day <= on]
            found.append(_drill_item(site, asked, year, days, on))
    return tuple(found)


def project_items(
    project: Project,
    rules: Rules,
    year: SchoolYear,
    *,
    drills: Iterable[Drill],
    reviews: Iterable[PlanReview],
    on: date,
) -> dict[str, tuple[Item, ...]]:
    """Return the duties of every patrolled site on a day of a school year, by site."""
    zone = ZoneInfo(project.time_zone)
    held: dict[str, list[tuple[date, Drill]]] = {}
    for drill in sorted(drills, key=lambda one: (one.held_at, one.uid)):
        held.setdefault(drill.site, []).append((drill.held_at.astimezone(zone).date(), drill))
    reviewed: dict[str, list[PlanReview]] = {}
    for review in reviews:
        reviewed.setdefault(review.site, []).append(review)
    return {
        site.id: _site_items(
            site,
            rules,
            year,
            drills=held.get(site.id, ()),
            reviews=reviewed.get(site.id, ()),
            on=on,
        )
        for site in project.patrolled
    }


def report_item(
    rule: ReportRule,
    year: SchoolYear,
    *,
    reports: Iterable[DistrictReport],
    late: int,
    on: date,
) -> Item:
    """Return the district's duty to report; ``late`` sites had no plan adopted last year."""
    due = date(year.first.year, rule.month, rule.day)
    sent = sorted(one.on for one in reports if one.school_year == year.name and one.on <= on)
    status = Status.DONE if sent else Status.DUE if on <= due else Status.OVERDUE
    sites = "1 site has" if late == 1 else f"{late} sites have"
    words = f"{sites} no adoption logged by the day it was due in the school year before."
    if sent:
        words = f"Reported on {sent[0]}. {words}"
    rule_words = f"{rule.citation}: {rule.text} by {due:%B} {due.day}"
    return Item(DISTRICT, DISTRICT_REPORT, status, due, len(sent[:1]), 1, rule_words, words)


def adopted_by(
    reviews: Iterable[PlanReview], rule: ReviewRule, year_name: str, by: date
) -> frozenset[str]:
    """Return the sites whose plan review of a school year reached its end by a day."""
    return frozenset(
        one.site
        for one in reviews
        if one.school_year == year_name and one.stage == rule.stage and one.on <= by
    )


def _review_item(
    site: Site, rule: ReviewRule, year: SchoolYear, reviews: Iterable[PlanReview], on: date
) -> Item:
    due = date(year.last.year, rule.month, rule.day)
    own = [one for one in reviews if one.school_year == year.name and one.on <= on]
    ends = [one.on for one in own if one.stage == rule.stage]
    asked = {one.who_kind for one in own if one.who_kind}
    missing = [who.replace("_", " ") for who in rule.with_ if who not in asked]
    reached = max((STAGES.index(one.stage) for one in own), default=-1)
    words = "Nothing logged yet." if reached < 0 else f"{STAGES[reached].capitalize()}."
    if ends:
        late = (min(ends) - due).days
        words = f"{rule.stage.capitalize()} on {min(ends)}"
        words += f", {late} days late." if late > 0 else "."
    if missing and reached >= 0:
        words += f" No consultation logged with {', '.join(missing)}."
    status = Status.DONE if ends else Status.DUE if on <= due else Status.OVERDUE
    rule_words = f"{rule.citation}: {rule.stage} by {due:%B} {due.day}"
    return Item(site.id, PLAN_REVIEW, status, due, int(bool(ends)), 1, rule_words, words)


def _drill_item(
    site: Site,
    asked: tuple[DrillRule, tuple[DrillRule, ...]],
    year: SchoolYear,
    days: Sequence[date],
    on: date,
) -> Item:
    rule, others = asked
    spans = year.periods.get(rule.per, ())
    in_year = [day for day in days if year.first <= day <= year.last]
    if not spans:
        none = f"The calendar has no school days in {year.name}; import the school calendar."
        return Item(
            site.id, rule.kind, Status.NOT_REQUIRED, None, len(in_year), 0, rule.words, none
        )
    begun = [span for span in spans if span.first <= on] or [spans[0]]
    required = rule.times * len(begun)
    missing = _missing([span for span in begun for _ in range(rule.times)], in_year)
    late = list(dict.fromkeys(span.name for span in missing if span.last < on))
    status = Status.OVERDUE if late else Status.DUE if missing else Status.DONE
    due = missing[0] if missing else next(iter(spans[len(begun) :]), None)
    over = begun[-1].name if len(spans) > 1 else f"the end of {begun[-1].name}"
    words = [f"{len(in_year)} held, {required} required up to {over}."]
    if late:
        words.append(f"Missing for {', '.join(late)}; an extra drill makes up for it.")
    if others:
        texts = ", ".join(one.words for one in others)
        lenient = any(one.strictness > rule.strictness for one in others)
        why = "the district chose this rule" if lenient else "the stricter rule is followed"
        words.append(f"Other texts: {texts}; {why}.")
    return Item(
        site=site.id,
        what=rule.kind,
        status=status,
        due_on=due.last if due else None,
        done=len(in_year),
        required=required,
        rule=rule.words,
        detail=" ".join(words),
    )


def _missing(slots: Sequence[Span], days: Sequence[date]) -> list[Span]:
    """Return the slots that no drill fills: its own period's first, then earlier ones, late."""
    open_ = list(slots)
    extra = []
    for day in days:
        own = next((span for span in open_ if span.holds(day)), None)
        if own is not None:
            open_.remove(own)
        else:
            extra.append(day)
    for day in extra:
        earlier = next((span for span in open_ if span.last < day), None)
        if earlier is not None:
            open_.remove(earlier)
    return open_
