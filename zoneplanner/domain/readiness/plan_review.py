"""The yearly review of a site's safety plan: its elements, its steps, and what is still open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.calendar.school_calendar import place_month_day
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.readiness.rule_pack import (
    REVIEW_STAGES,
    PlanElement,
    ReviewStep,
    RulePack,
)
from zoneplanner.messages import render_message

ELEMENT_PREFIX = "element."
"""What the key of an open point begins with that is an element and no step."""
_PUBLIC_MEETING, _APPROVED = "public_meeting", "approved"


@dataclass(frozen=True, slots=True)
class PlanReview:
    """One step of a site's yearly plan review; ``who_kind`` is whom it was done with.

    Of the stage ``confirmed`` it is who confirmed that the plan has ``elements``, by their keys.
    """

    uid: str
    site: str
    school_year: str
    stage: str
    on: date
    who_kind: str = ""
    elements: tuple[str, ...] = ()
    sample: bool = False


@dataclass(frozen=True, slots=True)
class StepOutOfOrder:
    """Why a step that was done does not count: its day, and that of ``other`` in its way."""

    code: str
    on: date
    other: str = ""
    other_on: date | None = None


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """What a review still lacks: an element or a step by its key, what it is, and its day.

    ``why`` is there where the step was done and does not count.
    """

    key: str
    text: str
    due: date
    why: StepOutOfOrder | None = None

    @property
    def words(self) -> str:
        """Say what is open, and why where it was done."""
        if self.why is None:
            return self.text
        one = self.why
        facts = {"on": one.on, "other": one.other, "other_on": one.other_on}
        return f"{self.text} ({render_message(one.code, facts)})"


def count_open_points(points: Sequence[OpenPoint]) -> tuple[int, int]:
    """Return how many of some points are steps, and how many are elements."""
    elements = sum(one.key.startswith(ELEMENT_PREFIX) for one in points)
    return len(points) - elements, elements


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An element of a plan, and who confirmed it and when; nobody did where there is no day."""

    element: PlanElement
    who: str = ""
    on: date | None = None


def list_confirmations(
    site: Site, rules: RulePack, reviews: Iterable[PlanReview], on: date
) -> tuple[Confirmation, ...]:
    """Return the elements that a site's plan is to have on a day, with their last confirmation."""
    confirmed: dict[str, PlanReview] = {}
    for one in sorted(reviews, key=lambda one: one.on):
        confirmed |= dict.fromkeys(one.elements, one)
    levels = rules.levels.get(site.level, ())
    found = []
    for element in rules.elements:
        if element.is_in_force(on) and element.applies_to(site, levels):
            last = confirmed.get(element.key)
            said = (last.who_kind, last.on) if last else ()
            found.append(Confirmation(element, *said))
    return tuple(found)


def list_open_points(
    site: Site, rules: RulePack, reviews: Sequence[PlanReview], *, ends_in: int, on: date
) -> tuple[OpenPoint, ...]:
    """Return what the review of a school year lacks on a day.

    Steps come before elements: first the end itself, then what was done out of its order.
    ``reviews`` are the site's steps of that school year up to then; ``ends_in`` is the year in
    which it ends.
    """
    due = place_month_day(ends_in, rules.review.month, rules.review.day)
    steps = _list_open_steps(site, rules, reviews, ends_in, on)
    elements = _list_open_elements(site, rules, reviews, due, on)
    return (
        *sorted(steps, key=lambda one: (one.key != rules.review.stage, one.why is None)),
        *sorted(elements, key=lambda one: one.why is None),
    )


def _list_open_elements(
    site: Site, rules: RulePack, reviews: Sequence[PlanReview], due: date, on: date
) -> Iterator[OpenPoint]:
    """Yield the elements that nobody confirmed up to the latest adoption."""
    end = rules.review.stage
    ended = max(_list_days(reviews, end), default=None)
    in_time = [one for one in reviews if ended is None or one.on <= ended]
    before = list_confirmations(site, rules, in_time, on)
    known = before if in_time == list(reviews) else list_confirmations(site, rules, reviews, on)
    for early, late in zip(before, known, strict=True):
        if early.on is None:
            key = f"{ELEMENT_PREFIX}{late.element.key}"
            why = (
                StepOutOfOrder("review_step.after_end", late.on, _name_end(rules), ended)
                if late.on
                else None
            )
            yield OpenPoint(key, late.element.text, due, why)


def list_newer_rules(
    site: Site, rules: RulePack, reviews: Iterable[PlanReview], on: date
) -> tuple[date | None, tuple[PlanElement | ReviewStep, ...]]:
    """Return when a site's plan was last adopted, None for never, and the rules in force since."""
    end = rules.review.stage
    since = max((one.on for one in reviews if one.stage == end and one.on <= on), default=None)
    if since is None:
        return None, ()
    levels = rules.levels.get(site.level, ())
    asked: tuple[PlanElement | ReviewStep, ...] = (*rules.elements, *rules.steps)
    return since, tuple(
        one
        for one in asked
        if since < one.effective_from <= on and one.is_in_force(on) and one.applies_to(site, levels)
    )


def _list_open_steps(
    site: Site, rules: RulePack, reviews: Sequence[PlanReview], ends_in: int, on: date
) -> Iterator[OpenPoint]:
    rule, levels = rules.review, rules.levels.get(site.level, ())
    for step in _list_steps(rules):
        if not step.is_in_force(on) or not step.applies_to(site, levels):
            continue
        days = _list_days(reviews, step.stage, step.who)
        why = _explain_disorder(step, days, rules, reviews) if days else None
        if not days or why is not None:
            month, day = (step.month, step.day) if step.month else (rule.month, rule.day)
            yield OpenPoint(step.key, step.text, place_month_day(ends_in, month, day), why)


def _list_days(reviews: Iterable[PlanReview], stage: str, who: str = "") -> list[date]:
    return [one.on for one in reviews if one.stage == stage and who in ("", one.who_kind)]


def _explain_disorder(
    step: ReviewStep, days: Sequence[date], rules: RulePack, reviews: Sequence[PlanReview]
) -> StepOutOfOrder | None:
    """Say why a step done on some days does not count; None where it does.

    The latest adoption takes the place of those before it. Notices count for a meeting that is
    not after it. A district may approve before the adoption or after it; each adoption of the
    year has an approval of its own then.
    """
    end, first, last = rules.review.stage, min(days), max(days)
    ended = max(_list_days(reviews, end), default=None)
    if step.stage != end and step.before_end and ended is not None and first > ended:
        return StepOutOfOrder("review_step.after_end", first, _name_end(rules), ended)
    if step.stage == "notified":
        held = _list_days(reviews, "consulted", _PUBLIC_MEETING)
        met = max((day for day in held if ended is None or day <= ended), default=None)
        if met is not None and first > met:
            return StepOutOfOrder("review_step.after_meeting", first, other_on=met)
    if step.stage == _APPROVED:
        adoptions = set(_list_days(reviews, end))
        if ended is None or len({day for day in days if day <= ended}) >= len(adoptions):
            return None
    if not step.before_end and REVIEW_STAGES.index(step.stage) > REVIEW_STAGES.index(end):
        if ended is None:
            return StepOutOfOrder("review_step.without_end", last)
        if last < ended:
            return StepOutOfOrder("review_step.before_end", last, _name_end(rules), ended)
    return None


def _name_end(rules: RulePack) -> str:
    end = rules.review.stage
    return next((one.text for one in _list_steps(rules) if one.key == end), end)


def _list_steps(rules: RulePack) -> Sequence[ReviewStep]:
    """Return the steps; a pack without any asks for the end of the review alone."""
    if rules.steps:
        return rules.steps
    rule = rules.review
    end = ReviewStep(
        *(rule.stage, "", rule.stage), citation=rule.citation, effective_from=rule.effective_from
    )
    return (end,)
