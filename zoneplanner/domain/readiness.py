"""Drills and reviews of safety plans, the rules they fall under, and where each site stands.

A planning aid, not legal advice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar import Span
from zoneplanner.domain.project import Project
from zoneplanner.domain.school_year import SchoolYear
from zoneplanner.domain.site import Site

DRILL_KINDS = ("fire", "drop", "lockdown", "secure", "hold", "shelter", "evacuate")
STAGES = ("drafted", "consulted", "shared", "adopted")
WHO = ("staff", "parents", "law_enforcement", "safe_schools")
PLAN_REVIEW = "plan_review"
PER_YEAR = {"month": 10, "quarter": 4, "semester": 2, "year": 1}


class Status(StrEnum):
    """Where a duty stands on a day."""

    OVERDUE = "overdue"
    DUE = "due"
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
class DrillRule:
    """So many drills of a kind in each period at the named levels of the law."""

    kind: str
    levels: frozenset[str]
    times: int
    per: str
    citation: str
    effective_from: date

    @property
    def strictness(self) -> tuple[int, int]:
        """Drills a year, then how evenly they must be spread; the larger is the stricter."""
        return self.times * PER_YEAR[self.per], PER_YEAR[self.per]

    @property
    def words(self) -> str:
        """Say what is asked for and where it is written."""
        return f"{self.citation}: {self.times} a {self.per}"


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """A plan review reaches ``stage`` by a day of each school year, ``with_`` all these people."""

    month: int
    day: int
    stage: str
    with_: tuple[str, ...]
    citation: str
    effective_from: date


@dataclass(frozen=True, eq=False, slots=True)
class Rules:
    """One version of the rules. ``levels`` gives the levels of the law by the level of a site."""

    version: str
    levels: Mapping[str, tuple[str, ...]]
    review: ReviewRule
    drills: tuple[DrillRule, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One duty of one site in a school year, on a day.

    ``what`` is ``PLAN_REVIEW`` or a kind of drill; ``required`` counts what was to be done up to
    now, the present period included; ``due_on`` is the day of the first that is missing, else of
    the next.
    """

    site: str
    what: str
    status: Status
    due_on: date | None
    done: int
    required: int
    rule: str
    detail: str


def worst(items: Iterable[Item]) -> Status:
    """Return the status that needs attention most; without items nothing is required."""
    found = {item.status for item in items}
    return next((status for status in Status if status in found), Status.NOT_REQUIRED)


def site_items(
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
    for kind in dict.fromkeys(rule.kind for rule in rules.drills):
        own = [
            rule
            for rule in rules.drills
            if rule.kind == kind and rule.levels & levels and rule.effective_from <= on
        ]
        if own:
            days = [day for day, drill in drills if drill.kind == kind and day <= on]
            found.append(_drill_item(site, own, year, days, on))
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
        site.id: site_items(
            site,
            rules,
            year,
            drills=held.get(site.id, ()),
            reviews=reviewed.get(site.id, ()),
            on=on,
        )
        for site in project.patrolled
    }


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
    site: Site, rules: Sequence[DrillRule], year: SchoolYear, days: Sequence[date], on: date
) -> Item:
    rule = max(rules, key=lambda one: one.strictness)
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
    others = [one.words for one in rules if one.strictness < rule.strictness]
    if others:
        words.append(f"{', '.join(others)}; the stricter rule is followed.")
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
