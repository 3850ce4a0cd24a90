"""Readiness rule packs: every fault in a file is reported."""

from pathlib import Path

import pytest
from builders import EARLIER_RULES

from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.readiness.rule_edits import (
    RuleFieldChange,
    compare_rule_packs,
    list_rules,
)
from zoneplanner.domain.readiness.rule_pack import RECORD_CLASSES
from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.rule_pack import find_bundled_rule_pack, read_rule_pack


def write_changed_rules(folder: Path, old: str, new: str) -> Path:
    text = find_bundled_rule_pack().read_text(encoding="utf-8")
    assert old in text
    file = folder / "rules.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_bundled_drill_rules_cite_their_laws() -> None:
    rules = read_rule_pack(find_bundled_rule_pack())
    assert rules.version
    assert {rule.citation for rule in rules.drills} == {
        "Ed. Code 32001",
        "5 CCR 550",
        "Ed. Code 32282",
    }
    assert rules.review.citation == "Ed. Code 32286"


@pytest.mark.parametrize(
    ("old", "new", "key", "fault"),
    [
        ('per = "month"', 'per = "moon"', "drills[1].per", "no_choice"),
        ('kind = "fire"', 'kind = "flood"', "drills[1].kind", "no_choice"),
        ("times = 1", "times = 0", "drills[1].times", "no_whole_number"),
        ('citation = "Ed. Code 32286"', "", "review.citation", "missing"),
        (
            'middle = ["intermediate"]',
            'middle = ["college"]',
            "levels.middle",
            "unknown_text",
        ),
        ("month = 3", "month = 13", "review.month", "no_whole_number"),
    ],
)
def test_a_fault_in_a_rule_pack_is_reported_with_its_key(
    tmp_path: Path, old: str, new: str, key: str, fault: str
) -> None:
    with pytest.raises(UserError) as refusal:
        read_rule_pack(write_changed_rules(tmp_path, old, new))
    details = refusal.value.details
    assert (details["file2"], details["what"]) == ("rules.toml", "file of rules")
    assert (details["key"], details["fault"].template) == (key, f"key_fault.{fault}")


def test_a_rule_pack_in_the_earlier_format_is_read_and_compared(tmp_path: Path) -> None:
    old, new = read_rule_pack(EARLIER_RULES), read_rule_pack(find_bundled_rule_pack())
    assert not old.elements
    assert old.follow_up.horizon_days == new.follow_up.horizon_days
    found = compare_rule_packs(old, new)
    added = {change.key for change in found.added}
    assert {"element.immigration_notice", "step.approved", "duty.violence_plan_review"} <= added
    (binding,) = (one for one in found.changed if one.key.startswith("drill."))
    assert binding.fields == (RuleFieldChange("binds", before=False, after=True),)
    assert len(compare_rule_packs(new, new)) == 0
    back = compare_rule_packs(new, old)
    assert {change.key for change in back.removed} == added
    sooner = write_changed_rules(tmp_path, "day = 15", "day = 10")
    (only,) = compare_rule_packs(new, read_rule_pack(sooner)).changed
    assert (only.key, only.fields) == ("report", (RuleFieldChange("day", 15, 10),))


def test_every_rule_names_its_source_and_when_it_was_checked() -> None:
    rules = read_rule_pack(find_bundled_rule_pack())
    for key, (text, one) in list_rules(rules):
        assert one.checked_on is not None, key
        assert one.source and text and one.citation, key
        default = one.citation.startswith("District policy")
        assert default == one.source.startswith("We found no law"), key
        unseen = "not seen" in one.source or "we saw only" in one.source
        assert one.unverified or not unseen, key
    classes = {one.name: one.record_class for one in rules.retention}
    assert set(classes.values()) <= set(RECORD_CLASSES)
    assert classes["After-action reviews and their actions"] == "optional"
    kept = {kind for one in rules.retention for kind in one.kinds}
    assert kept == {*RECORD_KINDS, "stamp"}, "each kind of record has a class"
    unverified = [one.citation for one in (*rules.facts, *rules.elements) if one.unverified]
    assert {"5 CCR 16024", "5 CCR 16026, 16027"} <= set(unverified)
    assert {"5 CCR 16022", "5 CCR 16023", "5 CCR 16025"} <= {
        one.citation for one in rules.facts if not one.unverified
    }
    for found in (rules.elements, rules.steps, rules.duties):
        assert len({one.key for one in found}) == len(found)
    assert len({one.citation for one in rules.facts}) == len(rules.facts)
