"""Steps of a plan review count in order; a step out of order is open with a reason."""

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from sentences import says

from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.exchange.presets.rule_pack import read_bundled_rule_pack

TERMS = (DateRange("Year", date(2025, 8, 14), date(2026, 6, 3)),)
CONSULTED = (
    *("committee", "classified_employee", "staff", "parents", "law_enforcement"),
    *("fire_department", "first_responders", "safe_schools"),
)
ADOPTED = "2025-11-20"


ORDER = {
    "drafted": "2025-10-01",
    **{f"consulted.{who}": "2025-10-20" for who in CONSULTED},
    "notified": "2025-10-22",
    "consulted.public_meeting": "2025-11-10",
    "adopted": ADOPTED,
    "approved": "2025-11-24",
    "shared": "2025-11-25",
    "published": "2025-11-26",
}
OUT_OF_ORDER = {
    "r1c1": ("drafted", "2025-11-27", "review_step.after_end", ADOPTED),
    "r1c2": ("consulted.law_enforcement", "2025-11-25", "review_step.after_end", ADOPTED),
    "r1c3": ("consulted.public_meeting", "2025-11-25", "review_step.after_end", ADOPTED),
    "r1c4": ("notified", "2025-11-12", "review_step.after_meeting", "2025-11-10"),
    "r2c2": ("shared", "2025-08-01", "review_step.before_end", ADOPTED),
    "r2c3": ("published", "2025-10-01", "review_step.before_end", ADOPTED),
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A project with a school year."""
    project = replace(project_from("AAAA / aaaa / AAAA"), calendar=SchoolCalendar(TERMS, ()))
    file = tmp_path / "p.gpkg"
    create_store(file, project, actor="planner", at=datetime(2025, 8, 1, tzinfo=UTC)).close()
    return str(file)


def log(path: str, capsys: pytest.CaptureFixture[str], sites: dict[str, dict[str, str]]) -> None:
    """Log steps of some sites on their days."""
    table = Path(path).with_suffix(".csv")
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("site", "stage", "who_kind", "on"))
        for site, days in sites.items():
            for step, on in days.items():
                stage, _, who = step.partition(".")
                rows.writerow((site, stage, who, on))
    assert main(["import", path, str(table), "--as", "reviews"]) == 0
    capsys.readouterr()


def read_reviews(path: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """Return the row of each school's plan review."""
    assert main(["readiness", path, "--on", "2025-12-20", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    return {row["site"]: row for row in rows if row["item"] == "plan_review"}


def list_open_steps(row: dict[str, Any]) -> list[str]:
    return [key for key in row["open_points"] if not key.startswith("element.")]


def test_a_step_out_of_order_is_open_with_a_reason(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = {site: {**ORDER, step: on} for site, (step, on, *_) in OUT_OF_ORDER.items()}
    first = {**ORDER, "approved": "2025-11-19"}
    log(path, capsys, {**steps, "r2c1": first, "r2c4": ORDER})
    confirmed = ("stage=confirmed", "elements=all", "who_kind=safe_schools")
    assert main(["log", path, "review", "site=r2c4", *confirmed, "--json"]) == 2, "without its day"
    assert json.loads(capsys.readouterr().out)["code"] == "column_missing"
    assert main(["log", path, "review", "site=r2c4", *confirmed, "on=2025-11-21"]) == 0
    assert capsys.readouterr().out.startswith("Logged review")
    told = read_reviews(path, capsys)
    assert {one["why"] for one in told["r2c4"]["open"]} == {"review_step.after_end"}
    left = len(told["r2c4"]["open"]) - 3
    facts = {"more": f"{left} more elements", "n": f"{left} of which do"}
    assert says(told["r2c4"]["detail"], "more_open_points.uncounted", **facts)
    assert list_open_steps(told["r2c4"]) == []
    assert list_open_steps(told["r2c1"]) == [], "a district may approve before the adoption, too"
    for site, (step, on, code, other) in OUT_OF_ORDER.items():
        assert list_open_steps(told[site]) == [step]
        point = told[site]["open"][0]
        assert (point["key"], point["why"]) == (step, code)
        assert (point["on"], point["other_on"]) == (on, other)
        assert on in told[site]["detail"] and other in told[site]["detail"]
    for site in ("r2c4", "r1c4"):
        assert main(["log", path, "review", f"site={site}", *confirmed, "on=2025-11-19"]) == 0
    capsys.readouterr()
    assert main(["readiness", path, "--on", "2026-03-02", "--json"]) == 0
    figure = json.loads(capsys.readouterr().out)["figures"]["plans_reviewed_share"]
    assert (figure["value"], figure["n"]) == (1 / 12, 12), "an adoption alone is no review on time"


def test_a_later_adoption_replaces_an_earlier_one(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    late = {**ORDER, "drafted": "2025-11-25", "consulted.public_meeting": "2025-11-25"}
    sites = ("r1c1", "r1c2", "r1c3")
    log(path, capsys, dict.fromkeys(sites, late))
    log(path, capsys, {"r1c3": {"approved": "2025-11-25"}})
    log(path, capsys, {site: {"adopted": "2025-11-26"} for site in sites})
    log(path, capsys, {"r1c1": dict.fromkeys(("approved", "shared", "published"), "2025-11-28")})
    told = read_reviews(path, capsys)
    assert list_open_steps(told["r1c1"]) == [] and "2025-11-26" in told["r1c1"]["detail"]
    assert list_open_steps(told["r1c2"]) == ["approved", "shared"], "both were before 2025-11-26"
    assert list_open_steps(told["r1c3"]) == ["shared"], "each adoption has its own approval"
    asked = ("readiness", path, "--on", "2025-12-20", "--by", "plan")
    assert main([*asked, "--json"]) == 0
    plans = json.loads(capsys.readouterr().out)["plans"]
    assert [one["site"] for one in plans[-3:]] == ["r1c2", "r1c3", "r1c1"] and len(plans) == 12
    assert (plans[-3]["steps"], plans[-3]["out_of_order"], plans[-1]["steps"]) == (2, 2, 0)
    assert all(one["open"] == one["steps"] + one["elements"] for one in plans)
    assert main(asked) == 0
    (approval,) = (one.text for one in read_bundled_rule_pack().steps if one.key == "approved")
    assert approval in capsys.readouterr().out


def test_a_plan_published_in_july_counts_for_the_finished_school_year(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    until = {step: on for step, on in ORDER.items() if step not in ("published", "shared")}
    log(path, capsys, {"r1c1": {**until, "published": "2026-07-10"}})
    said = ("elements=all", "who_kind=safe_schools", "on=2025-11-19")
    assert main(["log", path, "review", "site=r1c1", "stage=confirmed", *said]) == 0
    on = ("--on", "2026-07-12", "--site", "r1c1")
    asked = ("readiness", path, *on)
    capsys.readouterr()
    assert main([*asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    left = [one["open_points"] for one in rows if one["item"] == "plan_review"]
    assert left[0] == ["shared"], "what was open before July stays open"
    assert main(["log", path, "review", "site=r1c1", "stage=shared", "on=2026-06-20"]) == 0
    capsys.readouterr()
    assert main([*asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    left = [one["open_points"] for one in rows if one["item"] == "plan_review"]
    assert len(left) == 1 and "drafted" in left[0], "only the review of the new year is open"


def test_before_any_adoption_nothing_is_shared_or_published(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    after = ("shared", "published")
    log(path, capsys, {"r1c1": dict.fromkeys(("approved", *after), "2025-11-24")})
    why = {one["key"]: one["why"] for one in read_reviews(path, capsys)["r1c1"]["open"]}
    assert {why[key] for key in after} == {"review_step.without_end"}
    assert why["adopted"] is None and why["drafted"] is None and "approved" not in why


def test_skipped_steps_are_listed_before_elements_and_all_of_them_by_site(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    late = {"drafted": "2025-10-01", "adopted": ADOPTED, "consulted.public_meeting": "2025-11-25"}
    log(path, capsys, {"r1c1": late})
    row = read_reviews(path, capsys)["r1c1"]
    keys = [one["key"] for one in row["open"]]
    assert keys == row["open_points"]
    assert keys[0] == "consulted.public_meeting", "what stands out of order comes first"
    elements = [key.startswith("element.") for key in keys]
    assert elements == sorted(elements) and any(elements)
    assert main(["readiness", path, "--on", "2025-12-20", "--site", "r1c1"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Its requirements:") and "12" not in told.partition("\n")[0]
    for one in row["open"]:
        assert one["text"] in told, one["key"]


def test_the_report_to_the_state_shows_its_delay_and_schools_without_a_plan(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["log", path, "district_report", "--json"]) == 2, "its day is asked for"
    assert json.loads(capsys.readouterr().out)["code"] == "column_missing"
    assert main(["log", path, "district_report", "on=2025-11-14"]) == 0
    told = capsys.readouterr().out
    assert says(told, "requirement.reported_late", on="2025-11-14", days="30 days")
    assert "School r1c1" in told
