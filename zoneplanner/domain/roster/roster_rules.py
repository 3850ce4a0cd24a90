"""The roster rules as data: the enforcement and the figures of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from zoneplanner.bundled import read_resource_table
from zoneplanner.errors import UserError


class Enforcement(StrEnum):
    """How strictly a rule is enforced: not checked, flagged, needs a reason, or always."""

    OFF = "off"
    WARN = "warn"
    OVERRIDE = "override"
    BLOCK = "block"

    @property
    def is_blocking(self) -> bool:
        """Whether a shift that breaks the rule is refused, at least without a reason."""
        return self in (Enforcement.OVERRIDE, Enforcement.BLOCK)


class AssignmentOrder(StrEnum):
    """The order in which the agreement calls officers for an open assignment."""

    WEEK_HOURS = "fewest hours this week"
    SENIORITY = "seniority"
    ROTATION = "rotation"
    EQUAL_HOURS = "equal hours"


class _RosterRule(NamedTuple):
    """A rule's title, default enforcement, figures and the labels of the figures."""

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
    """A project's roster rules: levels and figures that differ from ``ROSTER_RULES``.

    The minimum detail applies to officers of ``detail_kinds``. ``order`` is the order in which
    officers are called for an open assignment.
    """

    levels: Mapping[str, Enforcement] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    detail_kinds: tuple[str, ...] = ("deputy", "substitute")
    order: AssignmentOrder = AssignmentOrder.WEEK_HOURS

    def level(self, rule: str) -> Enforcement:
        """Return a rule's enforcement."""
        return self.levels.get(rule, ROSTER_RULES[rule].level)

    def figure(self, name: str) -> float:
        """Return a rule's figure."""
        return self.figures.get(name, _FIGURES[name])

    def with_level(self, rule: str, level: Enforcement) -> "RosterRules":
        """Return these rules with another enforcement. Raises a UserError for an unknown rule."""
        if rule not in ROSTER_RULES:
            raise UserError("unknown_rule.roster", text=rule, known=list(ROSTER_RULES))
        return replace(self, levels={**self.levels, rule: level})

    def with_figure(self, name: str, value: float) -> "RosterRules":
        """Return these rules with another figure.

        Raises
        ------
        UserError
            The figure is unknown, or its value is out of range.
        """
        if name not in _FIGURES:
            raise UserError("unknown_rule.roster_figure", text=name, known=list(_FIGURES))
        if not 0 <= value <= 1000:
            raise UserError(
                "out_of_range.roster_figure", name=ROSTER_FIGURE_LABELS[name], value=value
            )
        return replace(self, figures={**self.figures, name: value})
