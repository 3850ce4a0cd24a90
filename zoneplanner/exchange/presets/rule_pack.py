"""Readiness rules as versioned data: who has to drill and review what, how often, and why."""

import hashlib
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from zoneplanner.bundled import gis_data_dir
from zoneplanner.domain.readiness.rule_pack import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    MAX_DRILLS_PER_PERIOD,
    MAX_RETENTION_YEARS,
    PERIODS_PER_YEAR,
    RECORD_CLASSES,
    REVIEW_STAGES,
    REVIEWER_KINDS,
    CitedFact,
    DistrictDuty,
    DrillChecklist,
    DrillRule,
    FollowUpRule,
    PlanElement,
    ReportRule,
    RetentionRule,
    ReviewRule,
    ReviewStep,
    RulePack,
)
from zoneplanner.exchange.presets.toml_table import TomlTable, parse_toml, read_toml
from zoneplanner.messages import Message

_FILE_KIND = "file of rules"


def find_bundled_rule_pack() -> Path:
    """Return the file with California's rules."""
    return gis_data_dir() / "rules" / "california.toml"


def read_rule_pack(path: Path) -> RulePack:
    """Read a file with readiness rules.

    Raises
    ------
    UserError
        The file cannot be read, or a key is missing, unknown or invalid; the message names it.
    """
    top = read_toml(path, _FILE_KIND)
    return _read_pack(top, hashlib.sha256(path.read_bytes()).hexdigest())


@cache
def read_bundled_rule_pack() -> RulePack:
    """Return California's rules, read once."""
    return read_rule_pack(find_bundled_rule_pack())


@lru_cache(maxsize=4)
def parse_rule_pack(text: str) -> RulePack:
    """Read the text of installed rules; an error in it is a UserError."""
    top = TomlTable(Path("rules.toml"), "", parse_toml(text, "rules.toml"), _FILE_KIND)
    return _read_pack(top, hashlib.sha256(text.encode()).hexdigest())


def read_rule_pack_text(path: Path) -> str:
    """Return the text of a file with rules, after checking that they are valid."""
    read_rule_pack(path)
    return path.read_text(encoding="utf-8")


def _read_pack(top: TomlTable, digest: str) -> RulePack:
    top.require_known_keys(
        "version",
        "title",
        "checked_on",
        "levels",
        "review",
        "report",
        "drills",
        "checklist",
        "follow_up",
        "retention",
        "facts",
        "elements",
        "steps",
        "duties",
    )
    checked = top.day("checked_on") if "checked_on" in top.values else None
    cite = partial(_read_citation, checked_on=checked)
    levels, review, report = top.table("levels"), top.table("review"), top.table("report")
    checklist, follow_up = top.table("checklist"), top.table("follow_up")
    items = checklist.table("items")
    follow_up_days: dict[str, Any] = {
        name: follow_up.whole(name, *ends)
        for name, ends in FOLLOW_UP_RANGES.items()
        if name in follow_up.values or name != "horizon_days"  # earlier rule packs have none
    }
    return RulePack(
        version=top.text("version"),
        title=top.text("title"),
        levels={level: _read_known_texts(levels, level, LAW_LEVELS) for level in levels.values},
        review=ReviewRule(
            month=review.whole("month", 1, 6),
            day=review.whole("day", 1, 31),
            stage=review.choice("stage", REVIEW_STAGES),
            with_=_read_known_texts(review, "with", REVIEWER_KINDS),
            **cite(review, "month", "day", "stage", "with"),
        ),
        report=ReportRule(
            month=report.whole("month", 7, 12),
            day=report.whole("day", 1, 31),
            text=report.text("text"),
            **cite(report, "month", "day", "text"),
        ),
        drills=tuple(
            DrillRule(
                kind=drill.choice("kind", DRILL_KINDS),
                levels=frozenset(_read_known_texts(drill, "levels", LAW_LEVELS)),
                times=drill.whole("times", 1, MAX_DRILLS_PER_PERIOD),
                per=drill.choice("per", PERIODS_PER_YEAR),
                binds=drill.flag("binds", default=False),
                met_by=_read_known_texts(drill, "met_by", DRILL_KINDS),
                **cite(drill, "kind", "levels", "times", "per", "binds", "met_by"),
            )
            for drill in top.tables("drills")
        ),
        checklist=DrillChecklist(
            kinds=_read_known_texts(checklist, "kinds", DRILL_KINDS),
            items={key: items.text(key) for key in items.values},
            **cite(checklist, "kinds", "items"),
        ),
        follow_up=FollowUpRule(**follow_up_days, **cite(follow_up, *FOLLOW_UP_RANGES)),
        retention=tuple(
            RetentionRule(
                name=rule.text("name"),
                kinds=rule.texts("kinds"),
                years=rule.whole("years", 1, MAX_RETENTION_YEARS),
                note=rule.text("note"),
                record_class=rule.choice("record_class", RECORD_CLASSES, default=""),
                **cite(rule, "name", "kinds", "years", "note", "record_class"),
            )
            for rule in top.tables("retention")
        ),
        facts=tuple(
            CitedFact(text=fact.text("text"), **_read_scope(fact), **cite(fact, "text", *_SCOPE))
            for fact in top.tables("facts")
        ),
        elements=tuple(
            PlanElement(
                key=element.text("key"),
                text=element.text("text"),
                **_read_scope(element),
                **cite(element, "key", "text", *_SCOPE),
            )
            for element in top.tables("elements")
        ),
        steps=tuple(_read_step(step, cite) for step in top.tables("steps")),
        duties=tuple(
            DistrictDuty(
                key=duty.text("key"),
                title=duty.text("title"),
                month=duty.whole("month", 1, 12),
                day=duty.whole("day", 1, 31),
                text=duty.text("text"),
                **cite(duty, "key", "title", "month", "day", "text"),
            )
            for duty in top.tables("duties")
        ),
        checked_on=checked,
        digest=digest,
    )


_SCOPE = ("levels", "least_students")


def _read_scope(table: TomlTable) -> dict[str, Any]:
    return {
        "levels": frozenset(_read_known_texts(table, "levels", LAW_LEVELS)),
        "least_students": table.whole("least_students", 0, 100_000, default=0),
    }


def _read_step(table: TomlTable, cite: Callable[..., dict[str, Any]]) -> ReviewStep:
    has_date = "month" in table.values
    return ReviewStep(
        stage=table.choice("stage", REVIEW_STAGES),
        who=table.choice("who", REVIEWER_KINDS, default=""),
        text=table.text("text"),
        before_end=table.flag("before_end", default=False),
        month=table.whole("month", 1, 12) if has_date else 0,
        day=table.whole("day", 1, 31) if has_date else 0,
        **_read_scope(table),
        **cite(table, "stage", "who", "text", "before_end", "month", "day", *_SCOPE),
    )


def _read_citation(table: TomlTable, *known: str, checked_on: date | None = None) -> dict[str, Any]:
    """Read a rule's legal source and its dates; ``known`` are the other keys of its table."""
    table.require_known_keys(
        *known,
        "citation",
        "effective_from",
        "effective_until",
        "checked_on",
        "source",
        "unverified",
        "change",
    )
    until = "effective_until"
    return {
        "citation": table.text("citation"),
        "effective_from": table.day("effective_from"),
        until: table.day(until) if until in table.values else date.max,
        "checked_on": table.day("checked_on") if "checked_on" in table.values else checked_on,
        "source": table.text("source", ""),
        "unverified": table.flag("unverified", default=False),
        "change": table.text("change", ""),
    }


def _read_known_texts(table: TomlTable, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    texts = table.texts(key)
    for text in texts:
        if text not in known:
            table.refuse(key, Message("key_fault.unknown_text", text=text, known=", ".join(known)))
    return texts
