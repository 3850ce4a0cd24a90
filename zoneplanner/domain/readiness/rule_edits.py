"""A district's choices among the readiness rules, and the comparison of two rule packs."""

from collections.abc import Iterable, Iterator, Mapping
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
    ReviewStep,
    RulePack,
    add_district_rules,
    make_rule_key,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


def choose_law_text(
    project: Project, rules: RulePack, kind: str, level: str, citation: str | None
) -> Project:
    """Follow one of the legal texts on a drill at a level; None goes back to the strictest.

    Raises
    ------
    UserError
        There is no choice for this drill and level, or no text with this citation.
    """
    key, differing = make_rule_choice_key(kind, level), find_differing_texts(rules)
    if not differing:
        raise UserError("unknown_rule.no_differences", key=key)
    if key not in differing:
        raise UserError("unknown_rule.no_difference", key=key, known=list(differing))
    followed = {name: text for name, text in project.rules.followed.items() if name != key}
    if citation is not None:
        known = [text.citation for text in differing[key]]
        if citation not in known:
            raise UserError("unknown_rule.text", key=key, text=citation, known=known)
        followed[key] = citation
    return replace(project, rules=replace(project.rules, followed=followed))


def set_district_drills(project: Project, kind: str, level: str, times: int, per: str) -> Project:
    """Require drills of a kind at a level by a district rule; 0 times removes the rule.

    Raises
    ------
    UserError
        The kind, level or period is unknown, or the number is out of range.
    """
    for code, text, known in (
        ("unknown_rule.drill_kind", kind, DRILL_KINDS),
        ("unknown_rule.level", level, LAW_LEVELS),
        ("unknown_rule.period", per, PERIODS_PER_YEAR),
    ):
        if text not in known:
            raise UserError(code, text=text, known=list(known))
    if not 0 <= times <= MAX_DRILLS_PER_PERIOD:
        raise UserError("out_of_range.drills", per=per, times=times, most=MAX_DRILLS_PER_PERIOD)
    others = tuple(rule for rule in project.rules.own if (rule.kind, rule.level) != (kind, level))
    new = (DistrictRule(kind, level, times, per),) if times else ()
    return replace(project, rules=replace(project.rules, own=others + new))


def replace_follow_up_days(project: Project, rules: RulePack, days: Mapping[str, int]) -> Project:
    """Replace follow-up figures by the district's; figures equal to the rules' are not stored.

    Raises
    ------
    UserError
        A figure's name is unknown, or its value is out of range.
    """
    default = rules.follow_up
    merged = {**project.rules.days, **days}
    for name, value in days.items():
        if name not in FOLLOW_UP_RANGES:
            raise UserError("unknown_rule.figure", text=name, known=list(FOLLOW_UP_RANGES))
        low, high = FOLLOW_UP_RANGES[name]
        if not low <= value <= high:
            raise UserError("out_of_range.follow_up", name=name, low=low, high=high, value=value)
    changed = {name: value for name, value in merged.items() if value != getattr(default, name)}
    return replace(project, rules=replace(project.rules, days=changed))


def replace_retention_years(project: Project, rules: RulePack, years: Mapping[str, int]) -> Project:
    """Replace retention periods by the district's; ``rules`` are without its choices.

    Raises
    ------
    UserError
        A class of records is unknown, or its years are fewer than the law's or too many.
    """
    defaults = {rule.name: rule for rule in rules.retention}
    for name, value in years.items():
        rule = defaults.get(name)
        if rule is None:
            raise UserError("unknown_rule.record_class", text=name, known=list(defaults))
        if not rule.least_years <= value <= MAX_RETENTION_YEARS:
            raise UserError(
                "out_of_range.retention",
                name=name,
                low=rule.least_years,
                high=MAX_RETENTION_YEARS,
                value=value,
                citation=rule.citation,
            )
    merged = {**project.rules.years, **years}
    changed = {
        name: value
        for name, value in merged.items()
        if name not in defaults or value != defaults[name].years
    }
    return replace(project, rules=replace(project.rules, years=changed))


_NOT_COMPARED = {"checked_on", "source", "change"}
"""Fields about a rule's verification and history, which are not part of the rule."""


@dataclass(frozen=True, slots=True)
class RuleFieldChange:
    """The values of one field of a rule in both packs."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that only one of two packs has, or that differs in ``fields``."""

    key: str
    message: Message
    citation: str
    fields: tuple[RuleFieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class PackDifference:
    """The rules that a pack adds, changes and removes compared with another one.

    ``kept`` are the district's rules, which no pack removes.
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
    """Return what ``after`` adds, changes and removes, regardless of a district's choices.

    ``own`` are the district's rules, which stay with either pack.
    """
    own = own or DistrictRules()
    old, new = dict(list_rules(before)), dict(list_rules(after))
    own_keys = {make_rule_key(rule) for rule in own.rules}
    with_own = dict(list_rules(add_district_rules(before, own)))

    def describe(
        rules: Mapping[str, tuple[Message, CitedRule]], keys: Iterable[str]
    ) -> tuple[RuleChange, ...]:
        chosen = set(keys)
        return tuple(
            RuleChange(key, text, rule.citation)
            for key, (text, rule) in rules.items()
            if key in chosen
        )

    changed = (
        RuleChange(key, text, rule.citation, differing)
        for key, (text, rule) in new.items()
        if key in old and (differing := tuple(_compare_fields(old[key][1], rule)))
    )
    return PackDifference(
        added=describe(new, new.keys() - old.keys()),
        changed=tuple(changed),
        removed=describe(old, old.keys() - new.keys() - own_keys),
        kept=describe(with_own, own_keys - new.keys()),
    )


def list_rules(pack: RulePack) -> Iterator[tuple[str, tuple[Message, CitedRule]]]:
    """Yield the key, the text and the rule for each rule of a pack."""
    review, report = pack.review, pack.report
    due = date(2000, review.month, review.day)
    yield "review", (Message("rule_text.review", stage=review.stage, due=due), review)
    due = date(2000, report.month, report.day)
    yield "report", (Message("rule_text.report", text=report.text, due=due), report)
    for drill in pack.drills:
        message = Message(
            "rule_text.drill",
            kind=drill.kind.replace("_", " "),
            levels=sorted(drill.levels),
            times=drill.times,
            per=drill.per,
        )
        yield make_rule_key(drill), (message, drill)
    kinds = [kind.replace("_", " ") for kind in pack.checklist.kinds]
    yield "checklist", (Message("rule_text.checklist", kinds=kinds), pack.checklist)
    yield "follow_up", (Message("rule_text.follow_up"), pack.follow_up)
    plan_rules: tuple[PlanElement | ReviewStep | DistrictDuty, ...]
    plan_rules = (*pack.elements, *pack.steps, *pack.duties)
    for rule in plan_rules:
        yield make_rule_key(rule), (Message("rule_text", text=rule.text), rule)
    for period in pack.retention:
        message = Message("rule_text.retention", name=period.name, years=period.years)
        yield f"retention.{period.name}", (message, period)
    for fact in pack.facts:
        yield make_rule_key(fact), (Message("rule_text", text=fact.text), fact)


def _compare_fields(before: CitedRule, after: CitedRule) -> Iterator[RuleFieldChange]:
    for field in fields(after):
        if field.name in _NOT_COMPARED:
            continue
        old, new = (getattr(rule, field.name) for rule in (before, after))
        if old != new:
            yield RuleFieldChange(field.name, old, new)
