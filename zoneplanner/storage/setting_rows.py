"""What a project decided, as rows of the table ``setting``: one value each, as JSON.

A project always has its assumptions and its calendar; other settings have a row only where they
are not as the program has them by itself, so that files from before them need none.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.calendar import Calendar, Span
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster_rules import RosterRules
from zoneplanner.domain.rule_choices import DistrictRule, RuleChoices
from zoneplanner.domain.visit_plan import VisitRule
from zoneplanner.storage.bell_rows import bells_from, bells_values
from zoneplanner.storage.roster_rows import rules_from, rules_text
from zoneplanner.storage.travel_rows import travel_from, travel_text
from zoneplanner.storage.values import Row, compact

_SPANS = ("terms", "holidays", "minimum_days")


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a field of the project is written and read; ``usual`` makes its value without a row."""

    text: Callable[[Any], str]
    read: Callable[[str], Any]
    usual: Callable[[], Any] | None = None


def setting_rows(project: Project, known: Project | None = None) -> Iterator[Row]:
    """Return the rows of a project's settings; those that ``known`` shares are left out."""
    for name, setting in SETTINGS.items():
        value = getattr(project, name)
        if known is not None and value is getattr(known, name):
            continue
        if setting.usual is None or value != setting.usual():
            yield {"name": name, "value": setting.text(value)}


def setting_from(name: str, text: str | None) -> Any:
    """Return the value of a setting from the text of its row, None where it has no row."""
    setting = SETTINGS[name]
    if text is None:
        return setting.usual() if setting.usual is not None else None
    return setting.read(text)


def settings_from(rows: Mapping[str, str]) -> dict[str, Any]:
    """Return the project's settings by field, from the texts of the rows that there are."""
    return {
        name: setting_from(name, rows[name] if setting.usual is None else rows.get(name))
        for name, setting in SETTINGS.items()
    }


def _assumptions_text(assumptions: Assumptions) -> str:
    """Write the assumptions as JSON."""
    values = {field.name: getattr(assumptions, field.name) for field in fields(Assumptions)}
    plain = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()
    }
    return compact(plain)


def _assumptions_from(text: str) -> Assumptions:
    """Read the assumptions; figures that the text leaves out have their defaults."""
    return Assumptions(**json.loads(text))


def _calendar_text(calendar: Calendar) -> str:
    """Write the school calendar as JSON."""
    values = {field.name: getattr(calendar, field.name) for field in fields(Calendar)}
    for name in _SPANS:
        values[name] = [[span.name, str(span.first), str(span.last)] for span in values[name]]
    values["bells"] = bells_values(calendar.bells)
    return compact(values)


def _calendar_from(text: str) -> Calendar:
    """Read the school calendar; a file from before there were bells has those that are assumed."""
    values = json.loads(text)
    for name in _SPANS:
        values[name] = tuple(
            Span(label, date.fromisoformat(first), date.fromisoformat(last))
            for label, first, last in values.get(name, ())
        )
    if "bells" in values:
        values["bells"] = bells_from(values["bells"])
    return Calendar(**values)


def _choices_text(choices: RuleChoices) -> str:
    """Write a district's choices among the rules as JSON."""
    own = [asdict(rule) for rule in choices.own]
    maps = {name: dict(getattr(choices, name)) for name in ("followed", "days", "years")}
    return compact({**maps, "own": own})


def _choices_from(text: str) -> RuleChoices:
    """Read a district's choices among the rules."""
    values = json.loads(text)
    own = tuple(DistrictRule(**rule) for rule in values["own"])
    days, years = (dict(values.get(name, {})) for name in ("days", "years"))
    return RuleChoices(dict(values["followed"]), own, days, years)


def _visit_rule_text(rule: VisitRule) -> str:
    """Write the rule of visits as JSON."""
    levels = {level: dict(asked) for level, asked in rule.by_level.items()}
    return compact({"by_level": levels, "early_min": rule.early_min, "late_min": rule.late_min})


def _visit_rule_from(text: str) -> VisitRule:
    """Read the rule of visits."""
    return VisitRule(**json.loads(text))


SETTINGS: dict[str, _Setting] = {
    "assumptions": _Setting(_assumptions_text, _assumptions_from),
    "calendar": _Setting(_calendar_text, _calendar_from),
    "travel": _Setting(travel_text, travel_from, lambda: None),
    "rules": _Setting(_choices_text, _choices_from, RuleChoices),
    "visit_rule": _Setting(_visit_rule_text, _visit_rule_from, VisitRule),
    "roster_rules": _Setting(rules_text, rules_from, RosterRules),
}
