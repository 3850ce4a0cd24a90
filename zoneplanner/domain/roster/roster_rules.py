"""The rules of a roster as data: how strict each is, and its figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from zoneplanner.bundled import read_resource_table
from zoneplanner.errors import UserError


class Enforcement(StrEnum):
    """How strict a rule is: not looked at, told, kept unless a reason is given, always kept."""

    OFF = "off"
    WARN = "warn"
    OVERRIDE = "override"
    BLOCK = "block"

    @property
    def is_blocking(self) -> bool:
        """Whether a shift is not given against the rule, at least not without a reason."""
        return self in (Enforcement.OVERRIDE, Enforcement.BLOCK)


class AssignmentOrder(StrEnum):
    """In which order officers are called for an open assignment, by the agreement."""

    WEEK_HOURS = "fewest hours this week"
    SENIORITY = "seniority"
    ROTATION = "rotation"
    EQUAL_HOURS = "equal hours"


class _RosterRule(NamedTuple):
    """A rule as people read it, how strict it is at first, its figures and their labels."""

    title: str
    level: Enforcement
    figures: Mapping[str, float]
    labels: Mapping[str, str]


ROSTER_RULES: Mapping[str, _RosterRule] = {
    name: _RosterRule(
        rule["title"], Enforcement(rule["level"]), rule.get("figures", {}), rule.get("labels", {})
    )
    for name, rule in read_resource_table("roster_rules.toml").items()
}
_FIGURES = {name: value for rule in ROSTER_RULES.values() for name, value in rule.figures.items()}
ROSTER_FIGURE_LABELS: Mapping[str, str] = {
    name: label for rule in ROSTER_RULES.values() for name, label in rule.labels.items()
}


@dataclass(frozen=True, slots=True)
class RosterRules:
    """Levels and figures unlike those of ``ROSTER_RULES``, and whom short details concern.

    ``order`` is that in which officers are called for an open assignment.
    """

    levels: Mapping[str, Enforcement] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    detail_kinds: tuple[str, ...] = ("deputy", "substitute")
    order: AssignmentOrder = AssignmentOrder.WEEK_HOURS

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
