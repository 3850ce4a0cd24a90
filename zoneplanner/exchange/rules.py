"""Rules of readiness as versioned data: who has to drill and review what, how often, and why."""

from pathlib import Path

from zoneplanner.bundled import gis_data
from zoneplanner.domain.readiness import (
    DRILL_KINDS,
    PER_YEAR,
    STAGES,
    WHO,
    DrillRule,
    ReviewRule,
    Rules,
)
from zoneplanner.exchange.toml_table import TomlTable, read_toml

WHAT = "file of rules"
LAW_LEVELS = ("elementary", "intermediate", "secondary")


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
    top = read_toml(path, WHAT).only("version", "title", "levels", "review", "drills")
    levels = top.table("levels")
    return Rules(
        version=top.text("version"),
        levels={level: _of(levels, level, LAW_LEVELS) for level in levels.values},
        review=_review(top.table("review")),
        drills=tuple(_drill(table) for table in top.tables("drills")),
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


def _drill(table: TomlTable) -> DrillRule:
    table.only("kind", "levels", "times", "per", "citation", "effective_from")
    return DrillRule(
        kind=table.choice("kind", DRILL_KINDS),
        levels=frozenset(_of(table, "levels", LAW_LEVELS)),
        times=table.whole("times", 1, 50),
        per=table.choice("per", PER_YEAR),
        citation=table.text("citation"),
        effective_from=table.day("effective_from"),
    )


def _of(table: TomlTable, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = table.texts(key)
    for name in found:
        if name not in known:
            table.refuse(key, f"names “{name}”, which is none of {', '.join(known)}")
    return found
