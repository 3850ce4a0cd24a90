"""What a rule pack changes of another one, rule by rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from zoneplanner.domain.readiness.district_rules import (
    DistrictRules,
    add_district_rules,
    make_rule_key,
)
from zoneplanner.domain.readiness.rule_pack import (
    LAW_LEVELS,
    CitedRule,
    DistrictDuty,
    PlanElement,
    ReportRule,
    ReviewRule,
    ReviewStep,
    RulePack,
)

_NOT_COMPARED = {"checked_on", "source", "change"}
"""That a rule was looked up again, or what is said of its last change, does not change it."""


@dataclass(frozen=True, slots=True)
class RuleFieldChange:
    """What one field of a rule says in both packs, as text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that one of two packs has, or that differs; ``fields`` of one that differs."""

    key: str
    text: str
    citation: str
    fields: tuple[RuleFieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class PackDifference:
    """What a pack adds to, changes of and removes from another one.

    ``kept`` is what the district itself added, which no pack takes away.
    """

    added: tuple[RuleChange, ...]
    changed: tuple[RuleChange, ...]
    removed: tuple[RuleChange, ...]
    kept: tuple[RuleChange, ...] = ()

    def __len__(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)


def compare_rule_packs(
    before: RulePack, after: RulePack, own: DistrictRules | None = None
) -> PackDifference:
    """Return what ``after`` adds, changes and removes, whatever a district chose.

    ``own`` are the rules that the district keeps beside either.
    """
    own = own or DistrictRules()
    old, new = dict(list_rules(before)), dict(list_rules(after))
    mine = {make_rule_key(one) for one in own.rules}
    kept = {key: rule for key, rule in list_rules(add_district_rules(before, own)) if key in mine}
    changed = (
        RuleChange(key, text, rule.citation, found)
        for key, (text, rule) in new.items()
        if key in old and (found := tuple(_compare_fields(old[key][1], rule)))
    )
    return PackDifference(
        tuple(RuleChange(key, *_name(new[key])) for key in new if key not in old),
        tuple(changed),
        tuple(RuleChange(key, *_name(old[key])) for key in old if key not in {*new, *mine}),
        tuple(RuleChange(key, *_name(rule)) for key, rule in kept.items() if key not in new),
    )


def _name(rule: tuple[str, CitedRule]) -> tuple[str, str]:
    return rule[0], rule[1].citation


def list_rules(pack: RulePack) -> Iterator[tuple[str, tuple[str, CitedRule]]]:
    """Yield each rule of a pack with a key that stays the same from pack to pack, and its text."""
    review, report = pack.review, pack.report
    yield "review", (f"safety plan {review.stage} by {_name_day(review)}", review)
    yield "report", (f"{report.text} by {_name_day(report)}", report)
    for one in pack.drills:
        levels = ", ".join(sorted(one.levels))
        said = f"{one.kind.replace('_', ' ')} drills, {levels}: {one.times} a {one.per}"
        yield make_rule_key(one), (said, one)
    kinds = ", ".join(pack.checklist.kinds).replace("_", " ")
    yield "checklist", (f"checklist of {kinds} drills", pack.checklist)
    yield "follow_up", ("days of follow-up", pack.follow_up)
    plan: tuple[PlanElement | ReviewStep | DistrictDuty, ...]
    plan = (*pack.elements, *pack.steps, *pack.duties)
    for stated in plan:
        yield make_rule_key(stated), (stated.text, stated)
    for kept in pack.retention:
        yield f"retention.{kept.name}", (f"{kept.name}, {kept.years} years", kept)
    for fact in pack.facts:
        yield make_rule_key(fact), (fact.text, fact)


def _name_day(rule: ReviewRule | ReportRule) -> str:
    return f"{date(2000, rule.month, rule.day):%B} {rule.day}"


def _compare_fields(before: CitedRule, after: CitedRule) -> Iterator[RuleFieldChange]:
    for one in fields(after):
        if one.name in _NOT_COMPARED:
            continue
        old, new = (_write(getattr(rule, one.name)) for rule in (before, after))
        if old != new:
            yield RuleFieldChange(one.name, old, new)


def _write(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(map(str, value.values()))
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "all"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if value == date.max:
        return "no end"
    return "yes" if value is True else "no" if value is False else str(value)


def describe_rule_fields(change: RuleChange) -> str:
    """Say what of a rule differs."""
    return "; ".join(
        f"{one.field.replace('_', ' ')}: {one.before or 'nothing'} → {one.after or 'nothing'}"
        for one in change.fields
    )


def describe_rule_change(change: RuleChange) -> str:
    """Say in a line what a rule is, and what of it differs."""
    said = describe_rule_fields(change)
    text = change.text[:1].upper() + change.text[1:]
    return f"{text} ({change.citation})" + (f": {said}" if said else "")


def describe_scope(rule: CitedRule) -> str:
    """Say to which levels of the law, and from which size on, a rule applies."""
    levels = ", ".join(one for one in LAW_LEVELS if one in getattr(rule, "levels", ()))
    least = getattr(rule, "least_students", 0)
    return f"{levels or 'all'}{f', {least} students and more' if least else ''}"


def describe_force(rule: CitedRule) -> str:
    """Say from when a rule is known to have been in force, and until when where it ends."""
    until = "" if rule.effective_until == date.max else f" until {rule.effective_until}"
    return f"from {rule.effective_from}{until}"
