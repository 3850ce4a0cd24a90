"""The yearly review of a site's safety plan: its elements, its steps, and its open points."""

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
from zoneplanner.messages import Message

ELEMENT_PREFIX = "element."
"""The prefix of the key of an open element; keys of steps have none."""
_PUBLIC_MEETING, _APPROVED = "public_meeting", "approved"


@dataclass(frozen=True, slots=True)
class PlanReview:
    """One step of a site's yearly plan review, done with people of ``who_kind``.

    For the stage ``confirmed``, ``who_kind`` confirmed that the plan has ``elements``, by key.
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
class OpenPoint:
    """An element or step that a review still lacks, with its due day.

    ``why`` explains a step that was done but does not count, with its day ``on`` and maybe the
    day ``other_on`` of the step that it should precede or follow.
    """

    key: str
    text: str
    due: date
    why: Message | None = None

    @property
    def message(self) -> Message:
        """What is open, and why it does not count if it was done."""
        if self.why is None:
            return Message("open_point", text=self.text)
        return Message("open_point.not_counted", text=self.text, why=self.why)


def count_open_points(points: Sequence[OpenPoint]) -> tuple[int, int]:
    """Return the number of open steps, and the number of open elements."""
    elements = sum(point.key.startswith(ELEMENT_PREFIX) for point in points)
    return len(points) - elements, elements


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An element of a plan, and who confirmed it when; ``on`` is None if nobody did."""

    element: PlanElement
    who: str = ""
    on: date | None = None


def list_confirmations(
    site: Site, rules: RulePack, reviews: Iterable[PlanReview], on: date
) -> tuple[Confirmation, ...]:
    """Return the elements that a site's plan must have on a day, with their last confirmation."""
    confirmed: dict[str, tuple[str, date]] = {}
    for review in sorted(reviews, key=lambda review: review.on):
        confirmed |= dict.fromkeys(review.elements, (review.who_kind, review.on))
    levels = rules.levels.get(site.level, ())
    return tuple(
        Confirmation(element, *confirmed.get(element.key, ()))
        for element in rules.elements
        if element.is_in_force(on) and element.applies_to(site, levels)
    )


def list_open_points(
    site: Site, rules: RulePack, reviews: Sequence[PlanReview], *, ends_in: int, on: date
) -> tuple[OpenPoint, ...]:
    """Return what the review of a school year lacks on a day.

    Steps come before elements. The final step comes first, then steps that were done out of order.
    ``reviews`` are the site's steps of that school year until then. ``ends_in`` is the calendar
    year in which the school year ends.
    """
    due = place_month_day(ends_in, rules.review.month, rules.review.day)
    steps = _list_open_steps(site, rules, reviews, ends_in, on)
    elements = _list_open_elements(site, rules, reviews, due, on)
    return (
        *sorted(steps, key=lambda point: (point.key != rules.review.stage, point.why is None)),
        *sorted(elements, key=lambda point: point.why is None),
    )


def _list_open_elements(
    site: Site, rules: RulePack, reviews: Sequence[PlanReview], due: date, on: date
) -> Iterator[OpenPoint]:
    """Yield the elements that nobody confirmed until the latest adoption."""
    adopted = max(_list_days(reviews, rules.review.stage), default=None)
    in_time = [review for review in reviews if adopted is None or review.on <= adopted]
    before = list_confirmations(site, rules, in_time, on)
    ever = list_confirmations(site, rules, reviews, on)
    for early, late in zip(before, ever, strict=True):
        if early.on is None:
            why = _explain_step_after_end(rules, late.on, adopted) if late.on is not None else None
            yield OpenPoint(f"{ELEMENT_PREFIX}{late.element.key}", late.element.text, due, why)


def list_newer_rules(
    site: Site, rules: RulePack, reviews: Iterable[PlanReview], on: date
) -> tuple[date | None, tuple[PlanElement | ReviewStep, ...]]:
    """Return when a site's plan was last adopted (None if never), and the rules newer than that."""
    adoptions = _list_days(reviews, rules.review.stage)
    since = max((day for day in adoptions if day <= on), default=None)
    if since is None:
        return None, ()
    levels = rules.levels.get(site.level, ())
    all_rules: tuple[PlanElement | ReviewStep, ...] = (*rules.elements, *rules.steps)
    newer = (rule for rule in all_rules if since < rule.effective_from <= on)
    return since, tuple(
        rule for rule in newer if rule.is_in_force(on) and rule.applies_to(site, levels)
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
    return [
        review.on for review in reviews if review.stage == stage and who in ("", review.who_kind)
    ]


def _explain_disorder(
    step: ReviewStep, days: Sequence[date], rules: RulePack, reviews: Sequence[PlanReview]
) -> Message | None:
    """Return why a step that was done on some days does not count, or None if it does.

    The latest adoption supersedes the earlier ones. Notices count for a meeting that is not before
    them. A district may approve a plan before or after its adoption; if it approves before, each
    adoption of the year needs a separate approval.
    """
    end, first, last = rules.review.stage, min(days), max(days)
    ended = max(_list_days(reviews, end), default=None)
    if step.stage != end and step.before_end and ended is not None and first > ended:
        return _explain_step_after_end(rules, first, ended)
    if step.stage == "notified":
        held = _list_days(reviews, "consulted", _PUBLIC_MEETING)
        met = max((day for day in held if ended is None or day <= ended), default=None)
        if met is not None and first > met:
            return Message("review_step.after_meeting", on=first, other_on=met)
    if step.stage == _APPROVED:
        adoptions = set(_list_days(reviews, end))
        if ended is None or len({day for day in days if day <= ended}) >= len(adoptions):
            return None
    if not step.before_end and REVIEW_STAGES.index(step.stage) > REVIEW_STAGES.index(end):
        if ended is None:
            return Message("review_step.without_end", on=last)
        if last < ended:
            other = _name_end(rules)
            return Message("review_step.before_end", on=last, other=other, other_on=ended)
    return None


def _explain_step_after_end(rules: RulePack, on: date, ended: date | None) -> Message:
    return Message("review_step.after_end", on=on, other=_name_end(rules), other_on=ended)


def _name_end(rules: RulePack) -> str:
    end = rules.review.stage
    return next((step.text for step in _list_steps(rules) if step.key == end), end)


def _list_steps(rules: RulePack) -> Sequence[ReviewStep]:
    """Return the steps; a pack without steps requires only the end of the review."""
    if rules.steps:
        return rules.steps
    rule = rules.review
    end = ReviewStep(
        rule.stage, "", rule.stage, citation=rule.citation, effective_from=rule.effective_from
    )
    return (end,)
