"""The district's choices among the rules: each a step that can be undone."""

from collections.abc import Mapping

from zoneplanner.app.readiness import project_rules
from zoneplanner.app.session import Session
from zoneplanner.domain.rule_edits import choose_rule, require_drills, set_days, set_years
from zoneplanner.exchange.rules import bundled_rules, read_rules


def follow(session: Session, kind: str, level: str, citation: str | None) -> None:
    """Follow one of the texts on a drill; None goes back to the strictest."""
    rules = project_rules(session.project)
    session.apply(
        f"Choose the {kind} drill rule",
        lambda project: choose_rule(project, rules, kind, level, citation),
    )


def require(session: Session, kind: str, level: str, times: int, per: str) -> None:
    """Ask for drills by the district's own rule; 0 times takes it back."""
    name = kind.replace("_", "-")
    label = f"Ask for {name} drills" if times else f"Ask for no {name} drills"
    session.apply(label, lambda project: require_drills(project, kind, level, times, per))


def follow_within(session: Session, days: Mapping[str, int]) -> None:
    """Look back within the district's own days; see ``FOLLOW_UP_RANGES`` for their names."""
    rules = read_rules(bundled_rules())
    session.apply("Set days of follow-up", lambda project: set_days(project, rules, days))


def keep_for(session: Session, years: Mapping[str, int]) -> None:
    """Keep classes of records for the district's own years, by the names of the classes."""
    rules = read_rules(bundled_rules())
    session.apply("Set years that records are kept", lambda one: set_years(one, rules, years))
