"""Every comparison of plans has the expected response of `evaluate`."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from

from zoneplanner import storage
from zoneplanner.analysis.measures.comparison import MeasureChange, PlanComparison
from zoneplanner.app.coverage.expected_response import RESPONSE_MEASURES
from zoneplanner.app.plans.comparison import collect_comparison_page, compare_project_plans
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.plans.edits import assign_sites, branch_plan
from zoneplanner.publish.documents.plan_comparison import build_score_rows

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
FIGURES = ("mean_response_min", "share_within_target", "cross_zone_share", "all_busy_probability")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Two plans; the second assigns a school to the farther unit."""
    project = project_from("AAB / ABB")
    other = branch_plan(project.plans["plan"], "other", "Other", at=NOW)
    project = project.with_plan(other)
    project = assign_sites(project, "other", {"r1c1": "B"})
    file = tmp_path / "letters.gpkg"
    create_store(file, project, actor="planner", at=NOW).close()
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, object]:
    main([*args, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_a_comparison_has_the_response_of_evaluate(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, "compare", path, "Plan", "Other")
    assert found["demand"] == answer(capsys, "check", path)["demand"]
    compared = found["figures"]
    assert isinstance(compared, dict)
    for side, plan in (("before", "Plan"), ("after", "Other")):
        expected = answer(capsys, "evaluate", path, "--plan", plan)
        for name in FIGURES:
            assert compared[name][side] == expected[name], (plan, name)
    assert compared["mean_response_min"]["better"] is False


def test_a_public_comparison_has_no_students_minutes_or_measures(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", path, "Plan", "Other", "--audience", "public"]
    assert answer(capsys, *command)["error"], "drafts are no plans of the public"
    command += ["--allow-draft"]
    own = answer(capsys, *command[:4])
    assert own["moved_sites"] and own["figures"] and own["demand"]
    assert answer(capsys, *command) == {
        "plans": ["Plan", "Other"],
        "moved_sites": [
            {name: move[name] for name in ("site", "name", "from", "to")}
            for move in own["moved_sites"]
        ],
        "closed": [],
        "opened": [],
        "renumbered": [],
    }
    main(command)
    said = capsys.readouterr().out
    assert re.search(r"(?m)^1 site ", said)
    assert not re.search(r"students|Drive|Calls|Measure|\d\.\d", said), said


def test_a_difference_of_shares_is_in_points_and_matches_the_shown_figures(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", path, "Plan", "Other"]) == 0
    table = capsys.readouterr().out
    shares = re.findall(r"([\d.]+)% +([\d.]+)% +([+-][\d.]+) points", table)
    assert shares and "%" not in "".join(change for *_, change in shares)
    assert not re.search(r"[+-][\d.]+%", table)
    for before, after, change in shares:
        assert float(change) == pytest.approx(float(after) - float(before), abs=1e-9)


def test_a_change_is_the_difference_of_the_rounded_figures() -> None:
    """69.04 and 70.16 are 1.12 apart and printed as 69.0 and 70.2."""
    (measure,) = (one for one in RESPONSE_MEASURES if one.key == "share_within_target")
    change = MeasureChange(measure, 0.6904, 0.7016)
    found = replace(PlanComparison("Plan", "Other"), figures=(change,))
    (row,) = build_score_rows(found)
    assert (row.before, row.after, row.change) == ("69.0%", "70.2%", "+1.2 points")


def test_the_printed_comparison_has_the_response(path: str) -> None:
    store = storage.open(Path(path), read_only=True)
    session = Session(store, actor="test", desk="desk", clock=lambda: NOW)
    found = compare_project_plans(session, "Plan", "Other").comparison
    rows = build_score_rows(found)
    assert rows[0].name == "Expected minutes until help arrives"
    assert rows[0].verdict == "worse"
    assert collect_comparison_page(session, "Plan", "Other", audience="staff") is not None
    session.close()
