"""The district's choices among the rules: each a step that can be undone."""

from collections.abc import Mapping

from zoneplanner.app.readiness import load_project_rules
from zoneplanner.app.session import Session
from zoneplanner.domain.rule_edits import (
    choose_law_text,
    replace_follow_up_days,
    replace_retention_years,
    set_district_drills,
)
from zoneplanner.exchange.rules import find_bundled_rule_pack, read_rule_pack


def choose_drill_rule(session: Session, kind: str, level: str, citation: str | None) -> None:
    """Follow one of the texts on a drill; None goes back to the strictest."""
    rules = load_project_rules(session.project)
    session.apply(
        f"Choose the {kind} drill rule",
        lambda project: choose_law_text(project, rules, kind, level, citation),
    )


def set_own_drill_rule(session: Session, kind: str, level: str, times: int, per: str) -> None:
    """Ask for drills by the district's own rule; 0 times takes it back."""
    name = kind.replace("_", "-")
    label = f"Ask for {name} drills" if times else f"Ask for no {name} drills"
    session.apply(label, lambda project: set_district_drills(project, kind, level, times, per))


def change_follow_up_days(session: Session, days: Mapping[str, int]) -> None:
    """Look back within the district's own days; see ``FOLLOW_UP_RANGES`` for their names."""
    rules = read_rule_pack(find_bundled_rule_pack())
    session.apply(
        "Set days of follow-up", lambda project: replace_follow_up_days(project, rules, days)
    )


def change_retention_years(session: Session, years: Mapping[str, int]) -> None:
    """Keep classes of records for the district's own years, by the names of the classes."""
    rules = read_rule_pack(find_bundled_rule_pack())
    session.apply(
        "Set years that records are kept", lambda one: replace_retention_years(one, rules, years)
    )
