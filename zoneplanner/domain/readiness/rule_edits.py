"""How a district chooses among the rules of readiness: pure edits of a project."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_rules import find_differing_texts, make_rule_choice_key
from zoneplanner.domain.readiness.rule_pack import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    MAX_DRILLS_PER_PERIOD,
    MAX_RETENTION_YEARS,
    PERIODS_PER_YEAR,
    DistrictRule,
    RuleChoices,
    RulePack,
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
