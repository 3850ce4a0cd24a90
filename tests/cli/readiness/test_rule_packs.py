"""A newer rule pack is compared first, and installed as one step that can be undone."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import EARLIER_RULES, create_store, project_from
from papers import page_texts
from sentences import says

from zoneplanner import storage
from zoneplanner.cli.run import main
from zoneplanner.domain.readiness.requirements import RequirementStatus

ON = ("--on", "2026-02-10")
THEN = datetime(2025, 8, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "letters.gpkg"
    create_store(file, project_from("AAB / aab"), actor="planner", at=THEN).close()
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    assert main([*args, "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def list_open_points(capsys: pytest.CaptureFixture[str], path: str, *on: str) -> list[str]:
    """Return the open points of a school's plan review, today or on a day."""
    rows = answer(capsys, "readiness", path, *on)["rows"]
    (row,) = (one for one in rows if (one["site"], one["item"]) == ("r1c1", "plan_review"))
    return list(row["open_points"])


def test_a_rule_pack_is_compared_installed_in_one_step_and_undone(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = answer(capsys, "rules", path)
    assert before["installed"] is False
    earlier = ("rules", path, "--pack", str(EARLIER_RULES))
    found = answer(capsys, *earlier, "--difference")
    assert {one["key"] for one in found["removed"]} >= {"element.cardiac", "step.approved"}
    (drill,) = (one for one in found["changed"] if one["key"].startswith("drill."))
    assert drill["fields"] == [{"field": "binds", "before": "yes", "after": "no"}]
    assert not found["added"]
    assert answer(capsys, "rules", path) == before, "a comparison changes nothing"
    steps = answer(capsys, "info", path)["edits"]
    installed = answer(capsys, *earlier)
    assert (installed["version"], installed["installed"]) == ("2026-11-24", True)
    assert installed["digest"] == found["digest"] != before["digest"]
    assert answer(capsys, "info", path)["edits"] == steps + 1
    assert answer(capsys, "rules", path) == installed, "it is kept in the file"
    again = answer(capsys, *earlier, "--difference")
    assert not [*again["added"], *again["changed"], *again["removed"]]
    answer(capsys, *earlier)
    assert answer(capsys, "info", path)["edits"] == steps + 1, "the same rules are no step"
    back = answer(capsys, "rules", path, "--pack", "bundled", "--difference")
    assert {one["key"] for one in back["added"]} == {one["key"] for one in found["removed"]}
    with storage.open(Path(path)) as store:
        assert store.verify().ok


def test_a_pack_with_a_known_version_but_other_content_is_called_altered(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    altered = tmp_path / "altered.toml"
    text = EARLIER_RULES.read_text("utf-8")
    answer(capsys, "rules", path, "--pack", str(EARLIER_RULES))
    altered.write_text(text + "# another\n", "utf-8")
    asked = ("rules", path, "--pack", str(altered))
    found = answer(capsys, *asked, "--difference")
    assert found["altered"] and found["before"]["version"] == found["version"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert found["digest"][:12] in said and found["before"]["digest"][:12] in said
    assert not answer(capsys, *asked, "--difference")["altered"]


def test_rules_can_be_saved_as_a_pack_and_installed_under_a_new_version(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.toml"
    kept = answer(capsys, "rules", path, "--save", str(copy))
    assert kept["files"] == [str(copy)]
    same = answer(capsys, "rules", path, "--pack", str(copy), "--difference")
    assert same["digest"] == same["before"]["digest"] == kept["digest"]
    later = 'version = "2027-01-04"\nchecked_on = 2027-01-04\n'
    lines = copy.read_text("utf-8").splitlines(keepends=True)
    rest = [one for one in lines if not one.startswith(("version = ", "checked_on = "))]
    copy.write_text(later + "".join(rest), "utf-8")
    found = answer(capsys, "rules", path, "--pack", str(copy), "--difference")
    assert not [*found["added"], *found["changed"], *found["removed"]] and not found["altered"]
    assert (found["version"], found["checked_on"]) == ("2027-01-04", "2027-01-04")
    assert answer(capsys, "rules", path, "--pack", str(copy))["version"] == "2027-01-04"
    own = '[[elements]]\nkey = "radio"\ntext = "Which channel"\ncitation = "District policy 3516"\n'
    own += "effective_from = 2025-08-01\n"
    copy.write_text(copy.read_text("utf-8") + own, "utf-8")
    found = answer(capsys, "rules", path, "--pack", str(copy), "--difference")
    assert [one["key"] for one in found["added"]] == ["element.radio"]
    answer(capsys, "rules", path, "--pack", str(copy))
    assert "element.radio" in list_open_points(capsys, path, *ON), "an own element is asked for"
    newer = ("rules", path, "--pack", "bundled", "--difference")
    found = answer(capsys, *newer)
    assert (found["own_rules_lost"], found["own_rules_kept"]) == ([], ["Which channel"])
    assert [one["key"] for one in found["kept"]] == ["element.radio"] and not found["removed"]
    assert main(newer) == 0
    assert "Kept: Which channel (District policy 3516)" in capsys.readouterr().out
    answer(capsys, *newer[:-1])
    assert "element.radio" in list_open_points(capsys, path, *ON), (
        "the next pack takes nothing of it"
    )
    refused = answer(capsys, "rules", path, "--save", path, status=2)
    assert refused["code"] == "project_itself"


def test_a_district_rule_stays_when_the_next_pack_is_installed(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    element, duty = "element.radio=Which channel", "duty.radio_test.09-15=Radios are tested"
    told = answer(capsys, "rules", path, "--own", element, "--own", duty)
    mine = {one["key"]: one["text"] for one in told["rules"] if one["own"]}
    assert mine == {"element.radio": "Which channel", "duty.radio_test": "Radios are tested"}
    found = answer(capsys, "rules", path, "--pack", str(EARLIER_RULES), "--difference")
    assert {one["key"] for one in found["kept"]} == mine.keys()
    answer(capsys, "rules", path, "--pack", str(EARLIER_RULES))
    then = answer(capsys, "rules", path, "--pack", "bundled")
    assert {one["key"] for one in then["rules"] if one["own"]} == mine.keys()
    assert "element.radio" in list_open_points(capsys, path)
    review = ("log", path, "review", "site=r1c1", "stage=confirmed", "on=today")
    answer(capsys, *review, "elements=radio", "who_kind=staff")
    assert "element.radio" not in list_open_points(capsys, path)
    answer(capsys, "log", path, "district_report", "on=today", "duty=radio_test")
    rows = answer(capsys, "readiness", path)["rows"]
    assert ("duty_radio_test", "done") in {(one["item"], one["status"]) for one in rows}
    for said, code in (
        ("element.cardiac=ours", "unknown_rule"),
        ("moon.radio=x", "unknown_rule"),
        ("element.R=x", "unknown_rule"),
        ("element.none=", "unknown_rule"),
        ("element.radio", "unknown_rule"),
        ("duty.walk.02-30=x", "out_of_range"),
        ("element.long=" + "x" * 501, "text_too_long"),
    ):
        assert answer(capsys, "rules", path, "--own", said, status=2)["code"] == code, said
    left = answer(capsys, "rules", path, "--own", "element.radio=")
    assert [one["key"] for one in left["rules"] if one["own"]] == ["duty.radio_test"]
    copy = tmp_path / "own.toml"
    answer(capsys, "rules", path, "--save", str(copy))
    own = '[[elements]]\nkey = "gate"\ntext = "Who locks the gate"\ncitation = "District rule"\n'
    copy.write_text(copy.read_text("utf-8") + own + "effective_from = 2025-08-01\n", "utf-8")
    answer(capsys, "rules", path, "--pack", str(copy))
    left = answer(capsys, "rules", path, "--own", "element.gate=")
    assert "element.gate" not in {one["key"] for one in left["rules"]}, "though its file has it"
    back = answer(capsys, "rules", path, "--pack", "bundled")
    assert "element.gate" not in {one["key"] for one in back["rules"]}


def test_an_invalid_rule_pack_is_refused(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(EARLIER_RULES.read_text(encoding="utf-8").replace('"fire"', '"flood"', 1))
    refused = answer(capsys, "rules", path, "--pack", str(bad), status=2)
    assert refused["code"] == "unreadable_file"
    refused = answer(capsys, "rules", path, "--pack", str(tmp_path / "none.toml"), status=2)
    assert refused["code"] == "unreadable_file"
    assert answer(capsys, "rules", path, "--difference", status=2)["code"] == "no_pack"
    assert answer(capsys, "rules", path)["installed"] is False


def test_a_whole_plan_can_be_confirmed_and_open_points_have_keys(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    review = ("log", path, "review", "site=r1c1", "on=2025-11-12")
    answer(capsys, *review, "stage=confirmed", "who_kind=safe_schools", "elements=all")
    answer(capsys, *review, "stage=consulted", "who_kind=fire_department")
    answer(capsys, *review, "stage=drafted")
    rows = answer(capsys, "readiness", path, "--on", "2025-11-13")["rows"]
    (row,) = (one for one in rows if (one["site"], one["item"]) == ("r1c1", "plan_review"))
    assert row["status"] == "due"
    points = row["open_points"]
    assert {"consulted.first_responders", "adopted", "published"} <= set(points)
    assert not [one for one in points if one.startswith("element.")]
    assert not {"consulted.fire_department", "drafted"} & set(points)
    elements = answer(capsys, "readiness", path, "--site", "r1c1", "--on", "2025-11-13")["elements"]
    assert {(one["confirmed_by"], one["on"]) for one in elements} == {
        ("safe_schools", "2025-11-12")
    }
    before = answer(capsys, "readiness", path, "--site", "r1c1", "--on", "2025-11-11")["elements"]
    assert len(before) == len(elements) and not any(one["on"] for one in before)
    odd = answer(capsys, *review, "stage=confirmed", "elements=moon", status=2)
    assert odd["code"] == "unknown_choice"
    assert answer(capsys, *review, "stage=confirmed", status=2)["code"] == "column_missing"


def test_the_districts_look_ahead_decides_what_is_due_soon(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def soon() -> bool:
        rows = answer(capsys, "readiness", path, "--on", "2026-02-10")["rows"]
        found = (one for one in rows if (one["site"], one["item"]) == ("r1c1", "plan_review"))
        return bool(next(found)["soon"])

    assert not soon()
    answer(capsys, "rules", path, "--within", "horizon_days=19")
    assert soon()
    found = answer(capsys, "readiness", path, "--by", "owner", *ON)
    assert (found["soon"], found["horizon_days"]) == (6, 19)
    assert {one["key"]: one["soon"] for one in found["groups"]}["School site council"] == 6
    assert main(["readiness", path, *ON]) == 0
    said = capsys.readouterr().out
    soon = {"n": "6 requirements are", "days": "19 days"}
    assert says(said, "readiness.soon", **soon) and f"{RequirementStatus.DUE} soon" in said
    out = Path(path).parent / "out"
    asked = ("publish", path, "--to", str(out), "--audience", "own", "--allow-draft")
    main([*asked, "--only", "readiness", "--as-of", "2026-02-10T18:00", "--json"])
    (pdf,) = json.loads(capsys.readouterr().out)["files"]
    pages = " ".join(" ".join(page_texts(Path(pdf).read_bytes())).split())
    assert says(pages, "readiness.soon", **soon) and f"{RequirementStatus.DUE} soon" in pages
