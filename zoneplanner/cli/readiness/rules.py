"""Show the readiness rules with their citations, and choose between texts that differ."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.readiness.rules import (
    OfferedPack,
    change_follow_up_days,
    change_retention_years,
    choose_drill_rule,
    describe_force,
    describe_rule_fields,
    describe_scope,
    format_rule_text,
    format_rule_value,
    install_rule_pack,
    list_own_rules,
    read_offered_pack,
    save_rule_pack,
    set_district_rule,
    set_own_drill_rule,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.drill_rules import RuleConflict, find_rule_conflicts
from zoneplanner.domain.readiness.rule_edits import (
    RuleChange,
    list_rules,
)
from zoneplanner.domain.readiness.rule_pack import (
    FOLLOW_UP_RANGES,
    CitedRule,
    RulePack,
    make_rule_key,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, join_names, say_all

OPTION_VALUES = {"figures": FOLLOW_UP_RANGES}
_HEADERS = ("What", "Rule", "Applies to", "Written in", "In force", "Checked on", "Source")
_KINDS = {
    "review": "Plan review",
    "drill": "Drill",
    "checklist": "Drill",
    "element": "Element of a plan",
    "step": "Step of its review",
    "retention": "Kept",
    "fact": "Shown",
}
_OWN_EXAMPLE = 'element.radio="Which channel", duty.radio_test.09-01="Radios are tested"'
_PARTS = ("added", "changed", "removed", "kept")
STRICTEST, BUNDLED = "strictest", "bundled"
LEGAL_NOTE = "This is a planning aid, not legal advice; ask counsel to confirm."


def run(args: argparse.Namespace) -> CommandResult:
    """Make the given choices, then show every rule."""
    edits = args.follow or args.require or args.within or args.keep or args.own
    edits = edits or (args.pack and not args.difference)
    if args.difference and not args.pack:
        raise UserError("no_pack")
    lines: list[str] = []
    with open_session_for_command(args.project, read_only=not edits) as session:
        if args.pack:
            offered = read_offered_pack(session, None if args.pack == BUNDLED else Path(args.pack))
            if args.difference:
                return _answer_difference(offered)
            install_rule_pack(session, offered)
            lines += filter(None, [say_all(offered.explanation)])
        if args.follow:
            (kind, level), text = _parse_choice_key(
                args.follow, 'fire.intermediate="Ed. Code 32001"'
            )
            choose_drill_rule(session, kind, level, None if text == STRICTEST else text)
        if args.require:
            (kind, level), text = _parse_choice_key(args.require, "lockdown.secondary=1/semester")
            set_own_drill_rule(session, kind, level, *_parse_times_per_period(text))
        for rule_text in args.own:
            kind, key, due, text = _parse_own_rule(rule_text)
            set_district_rule(session, kind, key, text, due=due)
        if args.within:
            change_follow_up_days(
                session, dict(_parse_figure(text, "review_days=14") for text in args.within)
            )
        if args.keep:
            change_retention_years(
                session, dict(_parse_figure(text, "Visits=6") for text in args.keep)
            )
        files = [save_rule_pack(session, args.save)] if args.save else []
        lines += (f"Wrote {path}." for path in files)
        return _answer(session, lines, files)


def _answer_difference(offered: OfferedPack) -> CommandResult:
    """Show what a pack would change without installing it."""
    difference, pack = offered.difference, offered.pack
    parts = {name: getattr(difference, name) for name in _PARTS}
    data = {
        name: [_change_to_json(change) for change in changes] for name, changes in parts.items()
    }
    lines = [f"{format_count(len(difference), 'rule')} would change with {pack.version}."]
    lines += filter(None, [say_all(offered.explanation)])
    for name, changes in parts.items():
        lines += [f"{name.capitalize()}: {_describe_change(change)}" for change in changes]
    return CommandResult(
        {
            **to_json(pack, "version digest checked_on"),
            "before": to_json(offered.present, "version digest checked_on"),
            "altered": offered.is_altered,
            "own_rules_lost": [str(text) for text in offered.own_rules_lost],
            "own_rules_kept": [str(text) for text in offered.own_rules_kept],
            **data,
        },
        [*lines, f"{LEGAL_NOTE} To install it, run the same command without --difference."],
    )


def _describe_change(change: RuleChange) -> str:
    differences = describe_rule_fields(change)
    text = f"{format_rule_text(change.message)} ({change.citation})"
    return f"{text}: {differences}" if differences else text


def _change_to_json(change: RuleChange) -> dict[str, object]:
    return {
        **to_json(change, "key citation"),
        "text": str(change.message),
        "fields": [
            {
                "field": field.field,
                "before": format_rule_value(field.before),
                "after": format_rule_value(field.after),
            }
            for field in change.fields
        ],
    }


def _answer(session: Session, lines: Sequence[str], files: Sequence[Path]) -> CommandResult:
    rules = load_project_rules(session.project)
    conflicts = find_rule_conflicts(rules, session.today)
    return CommandResult(
        _rules_to_json(session.project, rules, conflicts)
        | {"files": [str(path) for path in files]},
        [*lines, *_describe_rules(rules, conflicts)],
        formats=session.project.formats,
    )


def _cite(rule: CitedRule, text: object) -> dict[str, object]:
    return {
        "text": str(text),
        **to_json(rule, "citation effective_from"),
        "effective_until": None if rule.effective_until == date.max else str(rule.effective_until),
        **to_json(rule, "checked_on source unverified"),
        "applies_to": describe_scope(rule),
        "change": rule.change,
    }


def _rules_to_json(
    project: Project, rules: RulePack, conflicts: Sequence[RuleConflict]
) -> dict[str, object]:
    own = {make_rule_key(each) for each in list_own_rules(project).rules}
    return {
        **to_json(rules, "version digest"),
        "installed": bool(project.rule_pack.text),
        **to_json(rules, "checked_on"),
        "rules": [
            {"key": key, **_cite(rule, text), "own": key in own}
            for key, (text, rule) in list_rules(rules)
        ],
        "elements": [{"key": each.key, **_cite(each, each.text)} for each in rules.elements],
        "steps": [{"key": each.key, **_cite(each, each.text)} for each in rules.steps],
        "duties": [{"key": each.key, **_cite(each, each.text)} for each in rules.duties],
        "drills": [
            {
                "kind": rule.kind,
                "levels": sorted(rule.levels),
                "times": rule.times,
                "per": rule.per,
                **_cite(rule, rule.message),
            }
            for rule in rules.drills
        ],
        "own": [to_json(each, "kind level times per") for each in rules.choices.own],
        "follow_up": {name: getattr(rules.follow_up, name) for name in FOLLOW_UP_RANGES},
        "retention": {each.name: each.years for each in rules.retention},
        "choices": [_conflict_to_json(each) for each in conflicts],
        "facts": [_cite(fact, fact.text) for fact in rules.facts],
        "checklist": {
            **_cite(rules.checklist, "; ".join(rules.checklist.kinds)),
            "items": dict(rules.checklist.items),
        },
    }


def _describe_rules(rules: RulePack, conflicts: Sequence[RuleConflict]) -> list[OutputLine]:
    checks, follow_up = rules.checklist, rules.follow_up
    own_rules = [
        f"District rule: {format_drill_name(each.kind)}s, {each.level}: {each.times} a {each.per}."
        for each in rules.choices.own
    ]
    return [
        f"Rules of {rules.version}: {rules.title}. SHA-256 {rules.digest[:12]}.",
        _tabulate_rules(rules),
        *own_rules,
        f"What must be true before {join_names(map(_name_kind, checks.kinds))} drills count: "
        + " ".join(checks.items.values()),
        *(_describe_conflict(each) for each in conflicts),
        "The after-action review of an incident of priority 0 to "
        f"{follow_up.review_priority} is due within "
        f"{format_count(follow_up.review_days, 'day')}. Each concern is acknowledged within "
        f"{format_count(follow_up.acknowledge_school_days, 'school day')} and closed within "
        f"{format_count(follow_up.close_days, 'day')} ({follow_up.citation}).",
        "Kept: "
        + "; ".join(
            f"{each.name} {format_count(each.years, 'year')} ({each.citation})"
            for each in rules.retention
        )
        + ".",
        LEGAL_NOTE,
    ]


def _name_kind(kind: str) -> str:
    return kind.replace("_", "-")


def _tabulate_rules(rules: RulePack) -> OutputLine:
    """Return a table of every rule: who is bound, where it is written, since when, when checked."""
    rows = []
    for key, (text, rule) in list_rules(rules):
        checked = f"{rule.checked_on or '–'}{' unverified' if rule.unverified else ''}"
        sentence = format_rule_text(text)
        rows.append(
            (
                _KINDS.get(key.partition(".")[0], "The district"),
                f"{sentence} Changed: {rule.change}" if rule.change else sentence,
                describe_scope(rule),
                rule.citation,
                f"from {describe_force(rule)}",
                checked,
                rule.source or "–",
            )
        )
    return make_table(_HEADERS, rows)


def _conflict_to_json(question: RuleConflict) -> dict[str, object]:
    return {
        "key": question.key,
        "texts": [rule.citation for rule in question.rules],
        "followed": question.followed.citation,
        "chosen": question.chosen,
    }


def _describe_conflict(question: RuleConflict) -> str:
    texts = "; ".join(str(rule.message) for rule in question.rules)
    why = "chosen by the district" if question.chosen else "the strictest, until one is chosen"
    return f"{question.key}: {texts}. Followed: {question.followed.citation} ({why})."


def _parse_choice_key(text: str, example: str) -> tuple[tuple[str, str], str]:
    key, sign, value = text.partition("=")
    kind, dot, level = key.strip().partition(".")
    if not (sign and dot and value.strip()):
        raise UserError("unknown_rule.unreadable", text=text, example=example)
    return (kind.strip(), level.strip()), value.strip()


def _parse_figure(text: str, example: str) -> tuple[str, int]:
    name, sign, value = text.partition("=")
    if not (sign and value.isascii() and value.isdigit()):
        raise UserError("unknown_rule.unreadable", text=text, example=example)
    return name.strip(), int(value)


def _parse_times_per_period(text: str) -> tuple[int, str]:
    number, _, per = text.partition("/")
    if not (number.isascii() and number.isdigit()):
        raise UserError("not_a_number.drills", text=text)
    return int(number), per.strip() or "year"


def _parse_own_rule(rule_text: str) -> tuple[str, str, tuple[int, int], str]:
    """Parse a district's rule: its kind, key, month and day, and text."""
    name, sign, text = rule_text.partition("=")
    kind, dot, rest = name.strip().partition(".")
    key, _, due = rest.partition(".")
    month, _, day = due.partition("-")
    if not (sign and dot and key) or (due and not (month.isdecimal() and day.isdecimal())):
        raise UserError("unknown_rule.unreadable", text=rule_text, example=_OWN_EXAMPLE)
    return kind, key, (int(month), int(day)) if due else (0, 0), text.strip()
