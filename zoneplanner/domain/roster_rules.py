"""The rules of a roster as data: how strict each is, and its figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from zoneplanner.domain.bells import Window
from zoneplanner.errors import UserError


class Level(StrEnum):
    """How strict a rule is: not looked at, told, kept unless a reason is given, always kept."""

    OFF = "off"
    WARN = "warn"
    OVERRIDE = "override"
    BLOCK = "block"

    @property
    def stops(self) -> bool:
        """True where a shift is not given against the rule, at least not without a reason."""
        return self in (Level.OVERRIDE, Level.BLOCK)


class _Rule(NamedTuple):
    """A rule as people read it, how strict it is at first, and the figures it takes."""

    title: str
    level: Level
    figures: Mapping[str, float]


_STAFFED = (Window.ARRIVAL, Window.LUNCH, Window.DISMISSAL)

RULES: Mapping[str, _Rule] = {
    "unknown_officer": _Rule("The officer is known and still serves", Level.BLOCK, {}),
    "double_booking": _Rule("One place at a time", Level.BLOCK, {}),
    "leave": _Rule("Not while off", Level.BLOCK, {}),
    "main_job": _Rule("Not during the main job", Level.BLOCK, {}),
    "eligibility": _Rule("May serve the unit", Level.BLOCK, {}),
    "rest": _Rule("Rest between duties", Level.OVERRIDE, {"rest_h": 8}),
    "daily_hours": _Rule("Hours a day, main job included", Level.OVERRIDE, {"daily_h": 14}),
    "weekly_hours": _Rule("Hours a week, main job included", Level.OVERRIDE, {"weekly_h": 60}),
    "consecutive_days": _Rule("Days in a row", Level.OVERRIDE, {"days_in_a_row": 12}),
    "detail_minimum": _Rule(
        "Shortest detail", Level.OVERRIDE, {"detail_h_mon_thu": 3, "detail_h_fri_sun": 4}
    ),
    "cancellation": _Rule("Notice to cancel", Level.WARN, {"notice_h": 48}),
    "minimum_staffing": _Rule(
        "Officers in each zone",
        Level.WARN,
        {f"staff_{window.name.lower()}": float(window in _STAFFED) for window in Window},
    ),
    "leave_overlap": _Rule("Leave entered once", Level.WARN, {}),
}

_FIGURES = {name: value for rule in RULES.values() for name, value in rule.figures.items()}

FIGURE_WORDS: Mapping[str, str] = {
    "rest_h": "hours of rest",
    "daily_h": "hours a day",
    "weekly_h": "hours a week",
    "days_in_a_row": "days in a row",
    "detail_h_mon_thu": "hours, Monday to Thursday",
    "detail_h_fri_sun": "hours, Friday to Sunday",
    "notice_h": "hours of notice",
    **{f"staff_{window.name.lower()}": f"officers at {window}" for window in Window},
}


@dataclass(frozen=True, slots=True)
class RosterRules:
    """Levels and figures that differ from those of ``RULES``, and whom short details concern."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    detail_kinds: tuple[str, ...] = ("deputy", "substitute")

    def level(self, rule: str) -> Level:
        """Return how strict a rule is."""
        return self.levels.get(rule, RULES[rule].level)

    def figure(self, name: str) -> float:
        """Return a rule's figure."""
        return self.figures.get(name, _FIGURES[name])

    def with_level(self, rule: str, level: Level) -> "RosterRules":
        """Return these rules with one as strict as ``level``; an unknown rule is a UserError."""
        if rule not in RULES:
            raise UserError(f"There is no rule “{rule}”. Known are: {', '.join(RULES)}.")
        return replace(self, levels={**self.levels, rule: level})

    def with_figure(self, name: str, value: float) -> "RosterRules":
        """Return these rules with another figure; an unknown or impossible one is a UserError."""
        if name not in _FIGURES:
            raise UserError(f"There is no figure “{name}”. Known are: {', '.join(_FIGURES)}.")
        if not 0 <= value <= 1000:
            raise UserError(f"“{FIGURE_WORDS[name]}” is a number from 0 to 1000, not {value:g}.")
        return replace(self, figures={**self.figures, name: value})
