"""Show the rules of readiness with their citations, and choose where the texts leave a choice."""

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
    install_rule_pack,
    list_own_rules,
    read_offered_pack,
    save_rule_pack,
    set_district_rule,
    set_own_drill_rule,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.drill_rules import RuleConflict, find_rule_conflicts
from zoneplanner.domain.readiness.rule_edits import (
    RuleChange,
    describe_force,
    describe_rule_change,
    describe_scope,
    list_rules,
)
from zoneplanner.domain.readiness.rule_pack import (
    FOLLOW_UP_RANGES,
    CitedRule,
    RulePack,
    make_rule_key,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, join_names

OPTION_VALUES = {"figures": FOLLOW_UP_RANGES}
_HEADS = ("What", "Rule", "Applies to", "Written in", "In force", "Checked on", "Source")
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
    """Make the choices that are given, then show every rule."""
    edits = args.follow or args.require or args.within or args.keep or args.own
    edits = edits or (args.pack and not args.difference)
    if args.difference and not args.pack:
        raise UserError("no_pack")
    told: list[str] = []
    with open_session_for_command(args.project, read_only=not edits) as session:
        if args.pack:
            offered = read_offered_pack(session, None if args.pack == BUNDLED else Path(args.pack))
            if args.difference:
                return _answer_difference(offered)
            install_rule_pack(session, offered)
            told += filter(None, [offered.explanation])
        if args.follow:
            (kind, level), text = _parse_choice_key(
                args.follow, 'fire.intermediate="Ed. Code 32001"'
            )
            choose_drill_rule(session, kind, level, None if text == STRICTEST else text)
        if args.require:
            (kind, level), text = _parse_choice_key(args.require, "lockdown.secondary=1/semester")
            set_own_drill_rule(session, kind, level, *_parse_times_per_period(text))
        for said in args.own:
            kind, key, due, text = _parse_own_rule(said)
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
        told += (f"Wrote {path}." for path in files)
        return _answer(session, told, files)


def _answer_difference(offered: OfferedPack) -> CommandResult:
    """Show what a pack changes, which is not installed."""
    difference, pack = offered.difference, offered.pack
    parts = {name: getattr(difference, name) for name in _PARTS}
    data = {name: [_change(one) for one in found] for name, found in parts.items()}
    lines = [f"{format_count(len(difference), 'rule')} would change with {pack.version}."]
    lines += filter(None, [offered.explanation])
    for name, found in parts.items():
        lines += [f"{name.capitalize()}: {describe_rule_change(one)}" for one in found]
    return CommandResult(
        {
            "version": pack.version,
            "digest": pack.digest,
            "checked_on": _write_day(pack.checked_on),
            "before": {
                "version": offered.present.version,
                "digest": offered.present.digest,
                "checked_on": _write_day(offered.present.checked_on),
            },
            "altered": offered.is_altered,
            "own_rules_lost": list(offered.own_rules_lost),
            "own_rules_kept": list(offered.own_rules_kept),
            **data,
        },
        [*lines, f"{LEGAL_NOTE} To install it, run the same command without --difference."],
    )


def _change(change: RuleChange) -> dict[str, object]:
    return {
        "key": change.key,
        "text": change.text,
        "citation": change.citation,
        "fields": [
            {"field": one.field, "before": one.before, "after": one.after} for one in change.fields
        ],
    }


def _write_day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _answer(session: Session, told: Sequence[str], files: Sequence[Path]) -> CommandResult:
    rules = load_project_rules(session.project)
    asked = find_rule_conflicts(rules, session.today)
    return CommandResult(
        _data(session.project, rules, asked) | {"files": [str(path) for path in files]},
        [*told, *_lines(rules, asked)],
        formats=session.project.formats,
    )


def _cite(rule: CitedRule, text: str) -> dict[str, object]:
    return {
        "text": text,
        "citation": rule.citation,
        "effective_from": rule.effective_from.isoformat(),
        "effective_until": None if rule.effective_until == date.max else str(rule.effective_until),
        "checked_on": _write_day(rule.checked_on),
        "source": rule.source,
        "unverified": rule.unverified,
        "applies_to": describe_scope(rule),
        "change": rule.change,
    }


def _data(project: Project, rules: RulePack, asked: Sequence[RuleConflict]) -> dict[str, object]:
    own = {make_rule_key(one) for one in list_own_rules(project).rules}
    return {
        "version": rules.version,
        "digest": rules.digest,
        "installed": bool(project.rule_pack.text),
        "checked_on": _write_day(rules.checked_on),
        "rules": [
            {"key": key, **_cite(rule, text), "own": key in own}
            for key, (text, rule) in list_rules(rules)
        ],
        "elements": [{"key": one.key, **_cite(one, one.text)} for one in rules.elements],
        "steps": [{"key": one.key, **_cite(one, one.text)} for one in rules.steps],
        "duties": [{"key": one.key, **_cite(one, one.text)} for one in rules.duties],
        "drills": [
            {
                "kind": rule.kind,
                "levels": sorted(rule.levels),
                "times": rule.times,
                "per": rule.per,
                **_cite(rule, rule.words),
            }
            for rule in rules.drills
        ],
        "own": [
            {"kind": one.kind, "level": one.level, "times": one.times, "per": one.per}
            for one in rules.choices.own
        ],
        "follow_up": {name: getattr(rules.follow_up, name) for name in FOLLOW_UP_RANGES},
        "retention": {one.name: one.years for one in rules.retention},
        "choices": [_choice(one) for one in asked],
        "facts": [_cite(fact, fact.text) for fact in rules.facts],
        "checklist": {
            **_cite(rules.checklist, "; ".join(rules.checklist.kinds)),
            "items": dict(rules.checklist.items),
        },
    }


def _lines(rules: RulePack, asked: Sequence[RuleConflict]) -> list[OutputLine]:
    checks, follow_up = rules.checklist, rules.follow_up
    own = [
        f"District rule: {format_drill_name(one.kind)}s, {one.level}: {one.times} a {one.per}."
        for one in rules.choices.own
    ]
    return [
        f"Rules of {rules.version}: {rules.title}. SHA-256 {rules.digest[:12]}.",
        _tabulate_rules(rules),
        *own,
        f"What must be true before {join_names(map(_name_kind, checks.kinds))} drills count: "
        + " ".join(checks.items.values()),
        *(_describe_conflict(one) for one in asked),
        f"An after-action review of priority 0 to {follow_up.review_priority} is due within "
        f"{format_count(follow_up.review_days, 'day')}. Each concern is acknowledged within "
        f"{format_count(follow_up.acknowledge_school_days, 'school day')} and closed within "
        f"{format_count(follow_up.close_days, 'day')} ({follow_up.citation}).",
        "Kept: "
        + "; ".join(
            f"{one.name} {format_count(one.years, 'year')} ({one.citation})"
            for one in rules.retention
        )
        + ".",
        LEGAL_NOTE,
    ]


def _name_kind(kind: str) -> str:
    return kind.replace("_", "-")


def _tabulate_rules(rules: RulePack) -> OutputLine:
    """Tabulate every rule: whom it binds, where it is written, since when, and when checked."""
    rows = []
    for key, (text, rule) in list_rules(rules):
        checked = f"{rule.checked_on or '–'}{' unverified' if rule.unverified else ''}"
        said = f"{text[:1].upper()}{text[1:]}"
        rows.append(
            (
                _KINDS.get(key.partition(".")[0], "The district"),
                f"{said} Changed: {rule.change}" if rule.change else said,
                describe_scope(rule),
                rule.citation,
                describe_force(rule),
                checked,
                rule.source or "–",
            )
        )
    return make_table(_HEADS, rows)


def _choice(question: RuleConflict) -> dict[str, object]:
    return {
        "key": question.key,
        "texts": [rule.citation for rule in question.rules],
        "followed": question.followed.citation,
        "chosen": question.chosen,
    }


def _describe_conflict(question: RuleConflict) -> str:
    texts = "; ".join(rule.words for rule in question.rules)
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


def _parse_own_rule(said: str) -> tuple[str, str, tuple[int, int], str]:
    """Read a rule of the district's own: its kind, key, month and day, and text."""
    name, sign, text = said.partition("=")
    kind, dot, rest = name.strip().partition(".")
    key, _, due = rest.partition(".")
    month, _, day = due.partition("-")
    if not (sign and dot and key) or (due and not (month.isdecimal() and day.isdecimal())):
        raise UserError("unknown_rule.unreadable", text=said, example=_OWN_EXAMPLE)
    return kind, key, (int(month), int(day)) if due else (0, 0), text.strip()
