"""Which rule a site follows, what the district can choose, and the drill checklist."""

from dataclasses import replace
from datetime import date

import pytest
from builders import EARLIER_RULES, project_from, refused

from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_rules import find_drill_rule, find_rule_conflicts
from zoneplanner.domain.readiness.rule_edits import (
    choose_law_text,
    list_rules,
    replace_follow_up_days,
    set_district_drills,
)
from zoneplanner.domain.readiness.rule_pack import RulePack, list_unchecked_items
from zoneplanner.exchange.presets.rule_pack import find_bundled_rule_pack, read_rule_pack
from zoneplanner.messages import Message

ON = date(2026, 11, 16)


def rules() -> RulePack:
    return read_rule_pack(EARLIER_RULES)


def find_followed_rule(
    project: Project, level: str, kind: str = "fire"
) -> tuple[str, int, str] | None:
    site = replace(project.sites["r1c1"], level=level)
    asked = find_drill_rule(rules().with_choices(project.rules), site, kind, ON)
    return (asked[0].citation, asked[0].times, asked[0].per) if asked else None


def test_the_laws_differ_only_on_fire_drills_of_intermediate_schools() -> None:
    (only,) = find_rule_conflicts(rules(), ON)
    assert only.key == "fire.intermediate"
    assert [rule.citation for rule in only.rules] == ["5 CCR 550", "Ed. Code 32001"]
    assert (only.followed.citation, only.chosen) == ("5 CCR 550", False)


def test_a_binding_law_leaves_no_choice() -> None:
    now = read_rule_pack(find_bundled_rule_pack())
    assert find_rule_conflicts(now, ON) == ()
    project = project_from("A / a")
    with refused("unknown_rule.no_differences", key="fire.intermediate"):
        choose_law_text(project, now, "fire", "intermediate", "Ed. Code 32001")
    chosen = choose_law_text(project, rules(), "fire", "intermediate", "Ed. Code 32001")
    site = replace(project.sites["r1c1"], level="middle")
    asked = find_drill_rule(now.with_choices(chosen.rules), site, "fire", ON)
    assert asked is not None
    assert asked[0].citation == "5 CCR 550", "a choice of an earlier version no longer counts"


def test_the_district_can_choose_a_law_and_return_to_the_strictest() -> None:
    project = project_from("A / a")
    chosen = choose_law_text(project, rules(), "fire", "intermediate", "Ed. Code 32001")
    assert find_followed_rule(project, "middle") == ("5 CCR 550", 1, "month")
    assert find_followed_rule(chosen, "middle") == ("Ed. Code 32001", 4, "year")
    assert find_rule_conflicts(rules().with_choices(chosen.rules), ON)[0].chosen
    back = choose_law_text(chosen, rules(), "fire", "intermediate", None)
    assert back.rules == project.rules


def test_a_choice_for_intermediate_schools_does_not_change_a_k8_schools_elementary_rule() -> None:
    project = project_from("A / a")
    chosen = choose_law_text(project, rules(), "fire", "intermediate", "Ed. Code 32001")
    assert find_followed_rule(chosen, "k8") == ("Ed. Code 32001", 1, "month")
    assert find_followed_rule(chosen, "elementary") == ("Ed. Code 32001", 1, "month")


@pytest.mark.parametrize(
    ("kind", "level", "citation", "template", "known"),
    [
        ("fire", "intermediate", "Ed. Code 1", "text", ["5 CCR 550", "Ed. Code 32001"]),
        ("fire", "elementary", "5 CCR 550", "no_difference", ["fire.intermediate"]),
        ("flood", "moon", "5 CCR 550", "no_difference", ["fire.intermediate"]),
    ],
)
def test_an_impossible_choice_is_rejected(
    kind: str, level: str, citation: str, template: str, known: list[str]
) -> None:
    with refused(f"unknown_rule.{template}", key=f"{kind}.{level}", known=known):
        choose_law_text(project_from("A / a"), rules(), kind, level, citation)


def test_lockdown_drills_are_required_only_by_a_district_rule() -> None:
    project = project_from("A / a")
    assert find_followed_rule(project, "high", "lockdown") is None
    own = set_district_drills(project, "lockdown", "secondary", 1, "semester")
    assert find_followed_rule(own, "high", "lockdown") == ("District rule", 1, "semester")
    assert find_followed_rule(own, "elementary", "lockdown") is None
    more = set_district_drills(own, "lockdown", "secondary", 4, "year")
    assert find_followed_rule(more, "high", "lockdown") == ("District rule", 4, "year")
    assert set_district_drills(more, "lockdown", "secondary", 0, "year").rules == project.rules


def test_the_text_of_a_drill_rule_has_its_levels_and_its_frequency() -> None:
    texts = [text for key, (text, _) in list_rules(rules()) if key.startswith("drill.fire")]
    levels = ["elementary", "intermediate"]
    assert Message("rule_text.drill", kind="fire", levels=levels, times=1, per="month") in texts


def test_a_district_rule_can_only_be_stricter_than_the_law() -> None:
    project = project_from("A / a")
    more = set_district_drills(project, "drop", "secondary", 1, "month")
    less = set_district_drills(project, "drop", "secondary", 1, "year")
    assert find_followed_rule(more, "high", "drop") == ("District rule", 1, "month")
    assert find_followed_rule(less, "high", "drop") == ("Ed. Code 32282", 1, "semester")


@pytest.mark.parametrize(
    ("rule", "template", "facts"),
    [
        (("flood", "secondary", 1, "year"), "unknown_rule.drill_kind", {"text": "flood"}),
        (("lockdown", "college", 1, "year"), "unknown_rule.level", {"text": "college"}),
        (("lockdown", "secondary", 1, "moon"), "unknown_rule.period", {"text": "moon"}),
        (("lockdown", "secondary", 51, "year"), "out_of_range.drills", {"times": 51, "most": 50}),
        (("lockdown", "secondary", -1, "year"), "out_of_range.drills", {"times": -1}),
    ],
)
def test_an_invalid_district_rule_is_rejected(
    rule: tuple[str, str, int, str], template: str, facts: dict[str, object]
) -> None:
    with refused(template, **facts):
        set_district_drills(project_from("A / a"), *rule)


def test_the_checklist_applies_to_armed_assailant_drills_from_its_effective_date() -> None:
    checklist = rules().checklist
    assert "AB 1858" in checklist.citation
    assert len(list_unchecked_items(checklist, "armed_assailant", ON, ())) == len(checklist.items)
    assert list_unchecked_items(checklist, "armed_assailant", ON, checklist.items) == []
    assert list_unchecked_items(checklist, "armed_assailant", date(2024, 12, 31), ()) == []
    assert list_unchecked_items(checklist, "lockdown", ON, ()) == []


def test_a_district_can_set_its_own_review_deadline() -> None:
    project = project_from("A / a")
    own = replace_follow_up_days(project, rules(), {"review_days": 14})
    assert own.rules.days == {"review_days": 14}
    followed_by = rules().with_choices(own.rules).follow_up
    assert (followed_by.review_days, followed_by.close_days) == (14, 30)
    assert followed_by.citation == "District rule"
    assert replace_follow_up_days(own, rules(), {"review_days": 30}).rules == project.rules
    for name, value, template in (
        ("review_days", 0, "out_of_range.follow_up"),
        ("close_days", 366, "out_of_range.follow_up"),
        ("moons", 1, "unknown_rule.figure"),
    ):
        with refused(template):
            replace_follow_up_days(project, rules(), {name: value})
