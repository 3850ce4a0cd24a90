"""How a district chooses among the rules of readiness: pure edits of a project."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.domain.project import Project
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
    find_differing_texts,
    make_rule_choice_key,
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
        raise UserError(
            f"No two texts differ on “{key}”, so there is nothing to choose. "
            f"They differ on: {', '.join(differing) or 'nothing'}.",
            code="unknown_rule",
        )
    followed = {name: text for name, text in project.rules.followed.items() if name != key}
    if citation is not None:
        known = [text.citation for text in differing[key]]
        if citation not in known:
            named = ", ".join(f"“{one}”" for one in known)
            raise UserError(
                f"No text on “{key}” is called “{citation}”. Choose one of: {named}.",
                code="unknown_rule",
            )
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
            raise UserError(
                f"There is no {what} “{text}”. Choose one of: {', '.join(known)}.",
                code="unknown_rule",
            )
    if not 0 <= times <= MAX_DRILLS_PER_PERIOD:
        raise UserError(
            f"A rule asks for 1 to {MAX_DRILLS_PER_PERIOD} drills a {per}, not {times}."
        )
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
            known = ", ".join(FOLLOW_UP_RANGES)
            raise UserError(
                f"There is no figure “{name}”. Choose one of: {known}.", code="unknown_rule"
            )
        low, high = FOLLOW_UP_RANGES[name]
        if not low <= value <= high:
            raise UserError(f"“{name}” is a number from {low} to {high}, not {value}.")
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
            known = "; ".join(usual)
            raise UserError(
                f"There is no class of records “{name}”. Choose one of: {known}.",
                code="unknown_rule",
            )
        least = usual[name].least_years
        if not least <= value <= MAX_RETENTION_YEARS:
            raise UserError(
                f"“{name}” are kept for {least} to {MAX_RETENTION_YEARS} years, not {value} "
                f"({usual[name].citation})."
            )
    wanted = {**project.rules.years, **years}
    kept = {
        name: value
        for name, value in wanted.items()
        if name not in usual or value != usual[name].years
    }
    return replace(project, rules=replace(project.rules, years=kept))
