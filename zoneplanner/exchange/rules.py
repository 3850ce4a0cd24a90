"""Rules of readiness as versioned data: who has to drill and review what, how often, and why."""

from pathlib import Path

from zoneplanner.bundled import gis_data
from zoneplanner.domain.rules import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    LONGEST_YEARS,
    MOST_TIMES,
    PER_YEAR,
    STAGES,
    WHO,
    Checklist,
    DrillRule,
    Fact,
    FollowUp,
    ReportRule,
    Retention,
    ReviewRule,
    Rules,
)
from zoneplanner.exchange.toml_table import TomlTable, read_toml

_WHAT = "file of rules"


def bundled_rules() -> Path:
    """Return the file of California's rules."""
    return gis_data() / "rules" / "california.toml"


def read_rules(path: Path) -> Rules:
    """Read a file of rules.

    Raises
    ------
    UserError
        The file cannot be read, or a key is missing, unknown or makes no sense; it is named.
    """
    top = read_toml(path, _WHAT).only(
        *("version", "title", "levels", "review", "report", "drills", "checklist"),
        *("follow_up", "retention", "facts"),
    )
    levels = top.table("levels")
    return Rules(
        version=top.text("version"),
        title=top.text("title"),
        levels={level: _of(levels, level, LAW_LEVELS) for level in levels.values},
        review=_review(top.table("review")),
        report=_report(top.table("report")),
        drills=tuple(_drill(table) for table in top.tables("drills")),
        checklist=_checklist(top.table("checklist")),
        follow_up=_follow_up(top.table("follow_up")),
        retention=tuple(_retention(table) for table in top.tables("retention")),
        facts=tuple(_fact(table) for table in top.tables("facts")),
    )


def _review(table: TomlTable) -> ReviewRule:
    table.only("month", "day", "stage", "with", "citation", "effective_from")
    return ReviewRule(
        month=table.whole("month", 1, 6),
        day=table.whole("day", 1, 28),
        stage=table.choice("stage", STAGES),
        with_=_of(table, "with", WHO),
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _report(table: TomlTable) -> ReportRule:
    table.only("month", "day", "text", "citation", "effective_from")
    return ReportRule(
        month=table.whole("month", 7, 12),
        day=table.whole("day", 1, 28),
        text=table.text("text"),
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _drill(table: TomlTable) -> DrillRule:
    table.only("kind", "levels", "times", "per", "citation", "effective_from")
    return DrillRule(
        kind=table.choice("kind", DRILL_KINDS),
        levels=frozenset(_of(table, "levels", LAW_LEVELS)),
        times=table.whole("times", 1, MOST_TIMES),
        per=table.choice("per", PER_YEAR),
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _checklist(table: TomlTable) -> Checklist:
    table.only("kinds", "items", "citation", "effective_from")
    items = table.table("items")
    return Checklist(
        kinds=_of(table, "kinds", DRILL_KINDS),
        items={key: items.text(key) for key in items.values},
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _follow_up(table: TomlTable) -> FollowUp:
    table.only(*FOLLOW_UP_RANGES, "citation", "effective_from")
    return FollowUp(
        **{name: table.whole(name, *ends) for name, ends in FOLLOW_UP_RANGES.items()},
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _retention(table: TomlTable) -> Retention:
    table.only("name", "kinds", "years", "citation", "note", "effective_from")
    return Retention(
        name=table.text("name"),
        kinds=table.texts("kinds"),
        years=table.whole("years", 1, LONGEST_YEARS),
        citation=table.text("citation"),
        note=table.text("note"),
        effective_from=table.day("effective_from"),
    )


def _fact(table: TomlTable) -> Fact:
    table.only("text", "citation", "effective_from")
    return Fact(table.text("text"), table.text("citation"), table.day("effective_from"))


def _of(table: TomlTable, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = table.texts(key)
    for name in found:
        if name not in known:
            table.refuse(key, f"names “{name}”, which is none of {', '.join(known)}")
    return found
