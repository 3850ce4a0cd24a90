"""The evaluate command: keys, table and refusals."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from sentences import says

from zoneplanner import cli

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
FIGURES = ("mean_response_min", "share_within_target", "cross_zone_share", "all_busy_probability")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed project with two county zones and one city zone with many calls."""
    file = tmp_path / "p.gpkg"
    project = project_from("AABB / AABc")
    busy = replace(project.assumptions, calls_per_1000=10.0)
    create_store(file, replace(project, assumptions=busy), actor="test", at=AT).close()
    return file


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    """Run the command with --json and return its one object."""
    assert cli.main(["evaluate", *args, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def test_the_keys_are_those_of_the_contract(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, str(path))
    assert set(found) == {"units", "zones", "sites", "travel", "demand", "lost_share", *FIGURES}
    assert [unit["unit"] for unit in found["units"]] == ["A", "B", "c"]
    assert all(0 < unit["utilization"] < 1 for unit in found["units"])
    assert all(found[figure] > 0 for figure in FIGURES)
    assert len(found["sites"]) == 8
    assert set(found["sites"][0]) == {"site", "mean_response_min", "share_within_target"}


def test_the_model_is_within_the_intervals_of_the_simulation(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, str(path), "--simulate", "60")
    measured = found.pop("simulated")
    assert set(measured) == set(found) - {"travel", "demand", "zones", "lost_share"}
    for figure in FIGURES:
        assert measured[figure]["low"] <= found[figure] <= measured[figure]["high"]
        assert measured[figure]["low"] <= measured[figure]["value"] <= measured[figure]["high"]
    for model, run in zip(found["units"], measured["units"], strict=True):
        assert model["unit"] == run["unit"]
        low, high = run["utilization"]["low"], run["utilization"]["high"]
        assert low <= model["utilization"] <= high
    for model, run in zip(found["sites"], measured["sites"], strict=True):
        for key in ("mean_response_min", "share_within_target"):
            assert run[key]["low"] <= model[key] <= run[key]["high"]


def test_the_simulation_is_the_same_each_time(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = answer(capsys, str(path), "--simulate", "5")
    assert answer(capsys, str(path), "--simulate", "5") == first


def test_a_unit_off_duty_is_left_out_and_fewer_calls_are_answered_in_time(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    all_on, one_off = answer(capsys, str(path)), answer(capsys, str(path), "--without", "B")
    assert [unit["unit"] for unit in one_off["units"]] == ["A", "c"]
    assert one_off["units"][0]["utilization"] > all_on["units"][0]["utilization"]
    assert one_off["share_within_target"] < all_on["share_within_target"]
    two_off = answer(capsys, str(path), "--without", "A", "--without", "B")
    county = two_off["sites"][0]
    assert county["mean_response_min"] is None
    assert county["share_within_target"] == 0


def test_a_shorter_target_is_met_less_often(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far, near = (answer(capsys, str(path), "--target-min", text) for text in ("8", "2"))
    assert near["share_within_target"] < far["share_within_target"]
    assert near["mean_response_min"] == far["mean_response_min"]


def test_the_text_output_has_figures_with_definitions(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", str(path), "--simulate", "5"]) == 0
    text = capsys.readouterr().out
    for words in (
        "Mean response",
        "counts as outside the target",
        "Simulated",
        "School r1c1",
        "Assumed: 3.05 calls per hour (any school day, all day, 10.5 hours)",
        "32.0 calls per school day by level",
        "a call takes a unit 35 minutes plus the drive",
    ):
        assert words in text


def test_a_low_call_rate_is_not_shown_as_zero(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rare = ("--set", "rare", "--calls-per-day", "0.03", "--low", "0.02", "--high", "0.05")
    assert cli.main(["demand", str(path), *rare, "--use", "rare"]) == 0
    capsys.readouterr()
    assert cli.main(["evaluate", str(path)]) == 0
    found = re.findall(r"(?m)^ *School r\dc\d +\S+ +([\d.]+) ", capsys.readouterr().out)
    assert len(found) == 8 and all(float(rate) > 0 for rate in found)


def test_a_unit_without_sites_is_reported(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for site in ("r1c3", "r1c4", "r2c3"):
        cli.main(["assign", str(path), "--site", site, "--zone", "A"])
    capsys.readouterr()
    assert cli.main(["evaluate", str(path)]) == 0
    assert says(capsys.readouterr().out, "evaluate.no_sites", unit="B")


REFUSED = {
    "a unit that is not there": (["--without", "Z9"], "Z9"),
    "nobody on duty": (["--without", "A", "B", "c"], "No unit is on duty"),
    "a target of nothing": (["--target-min", "0"], "target"),
    "a target that is no number": (["--target-min", "nan"], "target"),
    "a target in words": (["--target-min", "soon"], "soon"),
    "no day": (["--simulate", "0"], "days"),
    "half a day": (["--simulate", "0.5"], "whole number"),
    "more days than a run can hold": (["--simulate", "1000000000"], "days"),
    "a plan that is not there": (["--plan", "Nope"], "Nope"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_invalid_options_are_refused_in_one_line(
    case: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args, word = REFUSED[case]
    assert cli.main(["evaluate", str(path), *args, "--json"]) == 2
    out, err = capsys.readouterr()
    assert word in json.loads(out)["error"]
    assert len(err.splitlines()) == 1


def test_a_project_without_a_plan_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bare.gpkg"
    bare = replace(project_from("A"), plans={})
    create_store(file, bare, actor="test", at=AT).close()
    assert cli.main(["evaluate", str(file)]) == 2
    assert says(capsys.readouterr().err, "no_plan")


def test_the_time_of_week_and_mutual_aid_change_the_response(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = answer(capsys, str(path))
    lunch = answer(capsys, str(path), "--weekday", "thu", "--window", "lunch")
    assert (lunch["demand"]["weekday"], lunch["demand"]["window"]) == ("thu", "lunch")
    assert lunch["all_busy_probability"] > usual["all_busy_probability"]
    helped = answer(capsys, str(path), "--aid", "City=all")
    assert helped["cross_zone_share"] > usual["cross_zone_share"]
    posts = answer(capsys, str(path), "--waits", "posts")
    assert posts["mean_response_min"] != usual["mean_response_min"]


def test_the_wait_of_queued_calls_is_shown(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(path), "--queue", "infinite", "--window", "dismissal"]) == 2
    assert says(capsys.readouterr().err.replace("\n", " "), "too_many_calls")
    quiet = path.with_name("quiet.gpkg")
    create_store(quiet, project_from("AABB"), actor="test", at=AT).close()
    found = answer(capsys, str(quiet), "--queue", "infinite")
    assert 0 < found["mean_wait_min"] < 1
    assert cli.main(["evaluate", str(quiet), "--queue", "infinite"]) == 0
    assert says(capsys.readouterr().out, "evaluate.wait", minutes=f"{found['mean_wait_min']:.2f}")


def test_site_calls_known_only_by_district_have_no_interval(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The district's range times a share by enrollment would overstate the certainty by school."""
    sites = answer(capsys, str(path))["demand"]["sites"]
    assert len(sites) == 8 and all(site["calls_per_day"] > 0 for site in sites)
    assert {(site["low"], site["high"]) for site in sites} == {(None, None)}
    assert {site["n"] for site in sites} == {0}
    assert cli.main(["evaluate", str(path)]) == 0
    assert "[95%]" not in capsys.readouterr().out


def test_school_days_can_be_simulated_beside_the_model(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = answer(capsys, str(path), "--school-days", "20")["school_days"]
    assert days["days"] == 20
    assert set(FIGURES) <= set(days)
    assert days["units"][0]["utilization"]["low"] < days["units"][0]["utilization"]["value"]
    assert cli.main(["evaluate", str(path), "--school-days", "5"]) == 0
    told = capsys.readouterr().out.replace("\n", " ")
    assert "Visits made" in told
    assert says(told, "evaluate.days_differ")
    assert cli.main(["evaluate", str(path), "--school-days", "1"]) == 2
    assert "2 to 50,000 days" in capsys.readouterr().err


def test_figures_of_zones_and_units_add_up_to_the_total(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, str(path))
    zones = {row["zone"]: row for row in found["zones"]}
    assert set(zones) == {"A", "B", "c"}
    sizes = {"A": 4, "B": 3, "c": 1}
    within = sum(sizes[zone] * zones[zone]["share_within_target"] for zone in sizes) / 8
    assert within == pytest.approx(found["share_within_target"])
    assert zones["c"]["mean_response_min"] == pytest.approx(0.5)
    units = {row["unit"]: row["mean_response_min"] for row in found["units"]}
    assert units["c"] == pytest.approx(0.5)
    assert found["lost_share"] == found["all_busy_probability"]
