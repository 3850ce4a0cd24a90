"""How a district chooses among the rules of readiness: pure edits of a project.

What a rule pack changes of another one, rule by rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_rules import find_differing_texts, make_rule_choice_key
from zoneplanner.domain.readiness.rule_pack import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    MAX_DRILLS_PER_PERIOD,
    MAX_RETENTION_YEARS,
    PERIODS_PER_YEAR,
    CitedRule,
    DistrictDuty,
    DistrictRule,
    DistrictRules,
    PlanElement,
    ReportRule,
    ReviewRule,
    ReviewStep,
    RuleChoices,
    RulePack,
    add_district_rules,
    make_rule_key,
)
from zoneplanner.errors import UserError


def choose_law_text(
    project: Project, rules: RulePack, kind: str, level: str, citation: str | None
) -> Project:
    """Follow one of the texts on a drill at a level of the law; None goes back to the strictest.

    Raises
    ------
    UserError
        There is nothing to choose between there, or no text with this citation.
    """
    key, differing = make_rule_choice_key(kind, level), find_differing_texts(rules)
    if key not in differing:
        raise UserError("unknown_rule.no_difference", key=key, known=list(differing) or ["nothing"])
    followed = {name: text for name, text in project.rules.followed.items() if name != key}
    if citation is not None:
        known = [text.citation for text in differing[key]]
        if citation not in known:
            raise UserError("unknown_rule.text", key=key, text=citation, known=known)
        followed[key] = citation
    return replace(project, rules=replace(project.rules, followed=followed))


def set_district_drills(project: Project, kind: str, level: str, times: int, per: str) -> Project:
    """Ask for drills of a kind at a level by the district's own rule; 0 times takes it back.

    Raises
    ------
    UserError
        The kind, the level or the period is not a known one, or the number makes no sense.
    """
    for text, known, what in (
        (kind, DRILL_KINDS, "kind of drill"),
        (level, LAW_LEVELS, "level of the law"),
        (per, tuple(PERIODS_PER_YEAR), "period"),
    ):
        if text not in known:
            raise UserError("unknown_rule", what=what, text=text, known=list(known))
    if not 0 <= times <= MAX_DRILLS_PER_PERIOD:
        raise UserError("out_of_range.drills", per=per, times=times, most=MAX_DRILLS_PER_PERIOD)
    kept = tuple(own for own in project.rules.own if (own.kind, own.level) != (kind, level))
    new = (DistrictRule(kind, level, times, per),) if times else ()
    return replace(project, rules=replace(project.rules, own=kept + new))


def replace_follow_up_days(project: Project, rules: RulePack, days: Mapping[str, int]) -> Project:
    """Replace figures of the follow-up by the district's own; those of the rules are not kept.

    Raises
    ------
    UserError
        A figure has no such name, or lies outside what makes sense.
    """
    usual = replace(rules, choices=RuleChoices()).follow_up
    wanted = {**project.rules.days, **days}
    for name, value in days.items():
        if name not in FOLLOW_UP_RANGES:
            raise UserError("unknown_rule", what="figure", text=name, known=list(FOLLOW_UP_RANGES))
        low, high = FOLLOW_UP_RANGES[name]
        if not low <= value <= high:
            raise UserError("out_of_range.follow_up", name=name, low=low, high=high, value=value)
    kept = {name: value for name, value in wanted.items() if value != getattr(usual, name)}
    return replace(project, rules=replace(project.rules, days=kept))


def replace_retention_years(project: Project, rules: RulePack, years: Mapping[str, int]) -> Project:
    """Keep classes of records for the district's own years; ``rules`` are those as they ship.

    Raises
    ------
    UserError
        There is no such class, or the years are fewer than the law's or too many.
    """
    usual = {one.name: one for one in rules.retention}
    for name, value in years.items():
        if name not in usual:
            raise UserError("unknown_rule", what="class of records", text=name, known=list(usual))
        least = usual[name].least_years
        if not least <= value <= MAX_RETENTION_YEARS:
            raise UserError(
                "out_of_range.retention",
                name=name,
                low=least,
                high=MAX_RETENTION_YEARS,
                value=value,
                citation=usual[name].citation,
            )
    wanted = {**project.rules.years, **years}
    kept = {
        name: value
        for name, value in wanted.items()
        if name not in usual or value != usual[name].years
    }
    return replace(project, rules=replace(project.rules, years=kept))


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
    return f"{date(2000, rule.month, 1):%B} {rule.day}"


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
    return f"{levels or 'all'}{f', {least} or more students' if least else ''}"


def describe_force(rule: CitedRule) -> str:
    """Say from when a rule is known to have been in force, and until when where it ends."""
    until = "" if rule.effective_until == date.max else f" until {rule.effective_until}"
    return f"from {rule.effective_from}{until}"
