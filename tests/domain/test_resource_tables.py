"""Resource tables and templates match the code that reads them."""

from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, derive_school_level
from zoneplanner.domain.geography.travel_times import DEFAULT_ROAD_SPEEDS_MPH, complete_road_speeds
from zoneplanner.domain.log.entries import DECLARED_RECORDS, RECORD_KINDS
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.domain.roster.roster_rules import ROSTER_FIGURE_LABELS, ROSTER_RULES, RosterRules
from zoneplanner.messages import load_templates


def test_roster_rule_figures_have_labels_and_bell_windows_have_figures() -> None:
    figures = {name for rule in ROSTER_RULES.values() for name in rule.figures}
    assert figures == set(ROSTER_FIGURE_LABELS)
    for window in BellWindow:
        assert RosterRules().figure(f"staff_{window.name.lower()}") in (0.0, 1.0)


def test_default_road_speeds_and_level_words_are_known() -> None:
    assert complete_road_speeds(DEFAULT_ROAD_SPEEDS_MPH) == DEFAULT_ROAD_SPEEDS_MPH
    assert derive_school_level(["Continuation high"], "") == "alternative"
    assert derive_school_level(["Elementary-High"], "K-12") == "k12"
    assert "k12" in SCHOOL_LEVELS


def test_every_rule_and_required_column_has_a_sentence() -> None:
    templates = load_templates()
    for kind in RECORD_KINDS.values():
        for name in kind.required:
            own = f"column_missing.{kind.name}_{name}" in templates
            assert own or kind in DECLARED_RECORDS  # whose sentence is built from their words
    rules = {name.removeprefix("roster.") for name in templates if name.startswith("roster.")}
    remedies = {name.removeprefix("remedy.") for name in templates if name.startswith("remedy.")}
    assert rules == remedies
    assert {name.partition(".")[0] for name in rules} == ROSTER_RULES.keys()


def test_every_record_kind_has_words_and_releases_only_its_own_columns() -> None:
    words = read_record_words()
    assert words.keys() == RECORD_KINDS.keys()
    assert {name for name, own in words.items() if own.about} == {
        one.name for one in DECLARED_RECORDS
    }
    for name, own in words.items():
        shown = {own.what, own.status, own.role, *own.staff, *own.duty} - {""}
        beside = {"site_name"} if "site" in shown else set()  # names the school in a table
        assert shown - beside <= set(RECORD_KINDS[name].columns)
