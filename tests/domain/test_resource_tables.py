"""Tables and templates that the domain reads from resources fit what it does with them."""

from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, derive_school_level
from zoneplanner.domain.geography.travel_times import DEFAULT_ROAD_SPEEDS_MPH, complete_road_speeds
from zoneplanner.domain.log.entries import DECLARED_RECORDS, RECORD_KINDS
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.domain.roster.roster_rules import ROSTER_FIGURE_LABELS, ROSTER_RULES, RosterRules
from zoneplanner.messages import load_templates


def test_every_figure_of_a_roster_rule_has_a_label_and_each_bell_window_a_figure() -> None:
    figures = {name for rule in ROSTER_RULES.values() for name in rule.figures}
    assert figures == set(ROSTER_FIGURE_LABELS)
    for window in BellWindow:
        assert RosterRules().figure(f"staff_{window.name.lower()}") in (0.0, 1.0)


def test_road_speeds_and_words_of_levels_are_known_ones() -> None:
    assert complete_road_speeds(DEFAULT_ROAD_SPEEDS_MPH) == DEFAULT_ROAD_SPEEDS_MPH
    assert derive_school_level(["Continuation high"], "") == "alternative"
    assert derive_school_level(["Elementary-High"], "K-12") == "k12"
    assert "k12" in SCHOOL_LEVELS


def test_every_refusal_and_finding_that_is_named_by_its_rule_has_a_sentence() -> None:
    templates = load_templates()
    for kind in RECORD_KINDS.values():
        for name in kind.required:
            own = f"column_missing.{kind.name}_{name}" in templates
            assert own or kind in DECLARED_RECORDS  # whose sentence is made of their words
    rules = {name.removeprefix("roster.") for name in templates if name.startswith("roster.")}
    remedies = {name.removeprefix("remedy.") for name in templates if name.startswith("remedy.")}
    assert rules == remedies
    assert {name.partition(".")[0] for name in rules} == ROSTER_RULES.keys()


def test_every_kind_of_record_has_its_words_and_the_columns_that_leave_are_its_own() -> None:
    words = read_record_words()
    assert words.keys() == RECORD_KINDS.keys()
    assert {name for name, own in words.items() if own.about} == {
        one.name for one in DECLARED_RECORDS
    }
    for name, own in words.items():
        shown = {own.what, own.status, own.role, *own.staff, *own.duty} - {""}
        beside = {"site_name"} if "site" in shown else set()  # a table names the school by it
        assert shown - beside <= set(RECORD_KINDS[name].columns)
