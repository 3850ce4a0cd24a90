"""The command ``plan --objective response``."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from

from zoneplanner import cli

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def test_response_is_reduced_from_the_proven_plan_and_its_bound_stays_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.gpkg"
    project = project_from("AABB / AAAB / ABBB")
    busy = replace(project.assumptions, calls_per_1000=6.0)
    project = replace(project, assumptions=busy, plans={})
    create_store(file, project, actor="test", at=AT).close()
    options = ["--objective", "response", "--time-limit", "1", "--tolerance", "0.35"]
    assert cli.main(["plan", str(file), *options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mean_response_min"] <= found["mean_response_min_before"]
    assert found["bound"] <= found["cost"] + 1e-9
    assert found["gap"] == pytest.approx((found["cost"] - found["bound"]) / found["cost"], abs=1e-9)
    assert cli.main(["evaluate", str(file), "--json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert after["mean_response_min"] == pytest.approx(found["mean_response_min"])
    assert cli.main(["plan", str(file), *options]) == 0
    told = capsys.readouterr().out.replace("\n", " ")
    assert "tried" in told
