"""Rules of readiness as versioned data: who has to drill and review what, how often, and why."""

from pathlib import Path

from zoneplanner.bundled import gis_data_dir
from zoneplanner.domain.readiness.rule_pack import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    MAX_DRILLS_PER_PERIOD,
    MAX_RETENTION_YEARS,
    PERIODS_PER_YEAR,
    REVIEW_STAGES,
    REVIEWER_KINDS,
    CitedFact,
    DrillChecklist,
    DrillRule,
    FollowUpRule,
    ReportRule,
    RetentionRule,
    ReviewRule,
    RulePack,
)
from zoneplanner.exchange.presets.toml_table import TomlTable, read_toml

_FILE_KIND = "file of rules"


def find_bundled_rule_pack() -> Path:
    """Return the file of California's rules."""
    return gis_data_dir() / "rules" / "california.toml"


def read_rule_pack(path: Path) -> RulePack:
    """Read a file of rules.

    Raises
    ------
    UserError
        The file cannot be read, or a key is missing, unknown or makes no sense; it is named.
    """
    top = read_toml(path, _FILE_KIND).require_known_keys(
        *("version", "title", "levels", "review", "report", "drills", "checklist"),
        *("follow_up", "retention", "facts"),
    )
    levels = top.table("levels")
    return RulePack(
        version=top.text("version"),
        title=top.text("title"),
        levels={level: _read_known_texts(levels, level, LAW_LEVELS) for level in levels.values},
        review=_read_review(top.table("review")),
        report=_read_report(top.table("report")),
        drills=tuple(_read_drill(table) for table in top.tables("drills")),
        checklist=_read_checklist(top.table("checklist")),
        follow_up=_read_follow_up(top.table("follow_up")),
        retention=tuple(_read_retention(table) for table in top.tables("retention")),
        facts=tuple(_read_fact(table) for table in top.tables("facts")),
    )


def _read_review(table: TomlTable) -> ReviewRule:
    table.require_known_keys("month", "day", "stage", "with", "citation", "effective_from")
    return ReviewRule(
        month=table.whole("month", 1, 6),
        day=table.whole("day", 1, 28),
        stage=table.choice("stage", REVIEW_STAGES),
        with_=_read_known_texts(table, "with", REVIEWER_KINDS),
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _read_report(table: TomlTable) -> ReportRule:
    table.require_known_keys("month", "day", "text", "citation", "effective_from")
    return ReportRule(
        month=table.whole("month", 7, 12),
        day=table.whole("day", 1, 28),
        text=table.text("text"),
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _read_drill(table: TomlTable) -> DrillRule:
    table.require_known_keys("kind", "levels", "times", "per", "citation", "effective_from")
    return DrillRule(
        kind=table.choice("kind", DRILL_KINDS),
        levels=frozenset(_read_known_texts(table, "levels", LAW_LEVELS)),
        times=table.whole("times", 1, MAX_DRILLS_PER_PERIOD),
        per=table.choice("per", PERIODS_PER_YEAR),
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _read_checklist(table: TomlTable) -> DrillChecklist:
    table.require_known_keys("kinds", "items", "citation", "effective_from")
    items = table.table("items")
    return DrillChecklist(
        kinds=_read_known_texts(table, "kinds", DRILL_KINDS),
        items={key: items.text(key) for key in items.values},
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _read_follow_up(table: TomlTable) -> FollowUpRule:
    table.require_known_keys(*FOLLOW_UP_RANGES, "citation", "effective_from")
    return FollowUpRule(
        **{name: table.whole(name, *ends) for name, ends in FOLLOW_UP_RANGES.items()},
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _read_retention(table: TomlTable) -> RetentionRule:
    table.require_known_keys("name", "kinds", "years", "citation", "note", "effective_from")
    return RetentionRule(
        name=table.text("name"),
        kinds=table.texts("kinds"),
        years=table.whole("years", 1, MAX_RETENTION_YEARS),
        citation=table.text("citation"),
        note=table.text("note"),
        effective_from=table.day("effective_from"),
    )


def _read_fact(table: TomlTable) -> CitedFact:
    table.require_known_keys("text", "citation", "effective_from")
    return CitedFact(table.text("text"), table.text("citation"), table.day("effective_from"))


def _read_known_texts(table: TomlTable, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = table.texts(key)
    for name in found:
        if name not in known:
            table.refuse(key, f"names “{name}”, which is none of {', '.join(known)}")
    return found
