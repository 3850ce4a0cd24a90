"""The rules of a roster as data: how strict each is, and its figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.errors import UserError


class Enforcement(StrEnum):
    """How strict a rule is: not looked at, told, kept unless a reason is given, always kept."""

    OFF = "off"
    WARN = "warn"
    OVERRIDE = "override"
    BLOCK = "block"

    @property
    def is_blocking(self) -> bool:
        """True where a shift is not given against the rule, at least not without a reason."""
        return self in (Enforcement.OVERRIDE, Enforcement.BLOCK)


class _RosterRule(NamedTuple):
    """A rule as people read it, how strict it is at first, and the figures it takes."""

    title: str
    level: Enforcement
    figures: Mapping[str, float]


_STAFFED = (BellWindow.ARRIVAL, BellWindow.LUNCH, BellWindow.DISMISSAL)

ROSTER_RULES: Mapping[str, _RosterRule] = {
    "unknown_officer": _RosterRule("The officer is known and still serves", Enforcement.BLOCK, {}),
    "double_booking": _RosterRule("One place at a time", Enforcement.BLOCK, {}),
    "leave": _RosterRule("Not while off", Enforcement.BLOCK, {}),
    "main_job": _RosterRule("Not during the main job", Enforcement.BLOCK, {}),
    "eligibility": _RosterRule("May serve the unit", Enforcement.BLOCK, {}),
    "rest": _RosterRule("Rest between duties", Enforcement.OVERRIDE, {"rest_h": 8}),
    "daily_hours": _RosterRule(
        "Hours a day, main job included", Enforcement.OVERRIDE, {"daily_h": 14}
    ),
    "weekly_hours": _RosterRule(
        "Hours a week, main job included", Enforcement.OVERRIDE, {"weekly_h": 60}
    ),
    "consecutive_days": _RosterRule("Days in a row", Enforcement.OVERRIDE, {"days_in_a_row": 12}),
    "detail_minimum": _RosterRule(
        "Shortest detail", Enforcement.OVERRIDE, {"detail_h_mon_thu": 3, "detail_h_fri_sun": 4}
    ),
    "cancellation": _RosterRule("Notice to cancel", Enforcement.WARN, {"notice_h": 48}),
    "minimum_staffing": _RosterRule(
        "Officers in each zone",
        Enforcement.WARN,
        {f"staff_{window.name.lower()}": float(window in _STAFFED) for window in BellWindow},
    ),
    "leave_overlap": _RosterRule("Leave entered once", Enforcement.WARN, {}),
}

_FIGURES = {name: value for rule in ROSTER_RULES.values() for name, value in rule.figures.items()}

ROSTER_FIGURE_LABELS: Mapping[str, str] = {
    "rest_h": "hours of rest",
    "daily_h": "hours a day",
    "weekly_h": "hours a week",
    "days_in_a_row": "days in a row",
    "detail_h_mon_thu": "hours, Monday to Thursday",
    "detail_h_fri_sun": "hours, Friday to Sunday",
    "notice_h": "hours of notice",
    **{f"staff_{window.name.lower()}": f"officers at {window}" for window in BellWindow},
}


@dataclass(frozen=True, slots=True)
class RosterRules:
    """Levels and figures that differ from those of ``RULES``, and whom short details concern."""

    levels: Mapping[str, Enforcement] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    detail_kinds: tuple[str, ...] = ("deputy", "substitute")

    def level(self, rule: str) -> Enforcement:
        """Return how strict a rule is."""
        return self.levels.get(rule, ROSTER_RULES[rule].level)

    def figure(self, name: str) -> float:
        """Return a rule's figure."""
        return self.figures.get(name, _FIGURES[name])

    def with_level(self, rule: str, level: Enforcement) -> "RosterRules":
        """Return these rules with one as strict as ``level``; an unknown rule is a UserError."""
        if rule not in ROSTER_RULES:
            raise UserError("unknown_rule.roster", text=rule, known=list(ROSTER_RULES))
        return replace(self, levels={**self.levels, rule: level})

    def with_figure(self, name: str, value: float) -> "RosterRules":
        """Return these rules with another figure; an unknown or impossible one is a UserError."""
        if name not in _FIGURES:
            raise UserError("unknown_rule.roster_figure", text=name, known=list(_FIGURES))
        if not 0 <= value <= 1000:
            raise UserError(
                "out_of_range.roster_figure", name=ROSTER_FIGURE_LABELS[name], value=value
            )
        return replace(self, figures={**self.figures, name: value})
