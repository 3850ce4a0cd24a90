"""The yearly review of a site's safety plan: its elements, its steps, and what is still open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.readiness.rule_pack import PlanElement, ReviewStep, RulePack


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
class OpenPoint:
    """What a review still lacks: an element or a step by its key, what it is, and its day."""

    key: str
    text: str
    due: date


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
    """Return what the review of a school year lacks on a day, in the order of the rules.

    ``reviews`` are the site's steps of that school year up to then; ``ends_in`` is the year in
    which it ends.
    """
    due = date(ends_in, rules.review.month, rules.review.day)
    return (
        *(
            OpenPoint(f"element.{one.element.key}", one.element.text, due)
            for one in list_confirmations(site, rules, reviews, on)
            if one.on is None
        ),
        *_list_open_steps(site, rules, reviews, ends_in, on),
    )


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
    ended = min((one.on for one in reviews if one.stage == rule.stage), default=date.max)
    for step in _list_steps(rules):
        if not step.is_in_force(on) or not step.applies_to(site, levels):
            continue
        last = ended if step.before_end else date.max
        done = any(
            one.stage == step.stage and step.who in ("", one.who_kind) and one.on <= last
            for one in reviews
        )
        if not done:
            month, day = (step.month, step.day) if step.month else (rule.month, rule.day)
            yield OpenPoint(step.key, step.text, date(ends_in, month, day))


def _list_steps(rules: RulePack) -> Sequence[ReviewStep]:
    """Return the steps; a pack without any asks for the end of the review alone."""
    if rules.steps:
        return rules.steps
    rule = rules.review
    end = ReviewStep(
        *(rule.stage, "", rule.stage), citation=rule.citation, effective_from=rule.effective_from
    )
    return (end,)
