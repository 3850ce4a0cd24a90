"""Files of readiness rules: every fault is named."""

from pathlib import Path

import pytest

from zoneplanner.errors import UserError
from zoneplanner.exchange.presets.rule_pack import find_bundled_rule_pack, read_rule_pack


def changed(folder: Path, old: str, new: str) -> Path:
    text = find_bundled_rule_pack().read_text(encoding="utf-8")
    assert old in text
    file = folder / "rules.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_every_bundled_rule_says_where_it_is_written() -> None:
    rules = read_rule_pack(find_bundled_rule_pack())
    assert rules.version
    assert {rule.citation for rule in rules.drills} == {
        "Ed. Code 32001",
        "5 CCR 550",
        "Ed. Code 32282",
    }
    assert rules.review.citation == "Ed. Code 32286"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('per = "month"', 'per = "moon"', "per must be one of month"),
        ('kind = "fire"', 'kind = "flood"', "kind must be one of"),
        ("times = 1", "times = 0", "times must be a whole number"),
        ('citation = "Ed. Code 32286"', "", "citation is missing"),
        ('middle = ["intermediate"]', 'middle = ["college"]', "college"),
        ("month = 3", "month = 13", "review.month"),
    ],
)
def test_a_fault_in_a_file_of_rules_names_its_key(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(UserError, match=words) as refusal:
        read_rule_pack(changed(tmp_path, old, new))
    assert "file of rules" in refusal.value.message
