"""Edits from Python: each is a step, none loses another plan, all are refused in plain words."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from, refused

import zoneplanner as zp
from zoneplanner import cli

AT = datetime(2026, 11, 16, 16, tzinfo=UTC)
Opener = Callable[..., zp.ZoneProject]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Six schools in two zones."""
    path = tmp_path / "small.gpkg"
    create_store(path, project_from("AAB / ABB"), actor="test", at=AT).close()
    return path


def zone_of(district: zp.ZoneProject, site: str, plan: str) -> str:
    zones: dict[str, str] = district.sites(plan).set_index("id")["zone"].to_dict()
    return zones[site]


def test_a_proposal_kept_again_is_another_plan(file: Path) -> None:
    with zp.open(file, write=True) as district:
        found = district.propose(tolerance=0.3, time_limit_s=0.5)
        district.keep(found, "First")
        other = "B" if zone_of(district, "r1c2", "First") == "A" else "A"
        district.assign("r1c2", other, plan="First")
        assert district.keep(found, "Second") == "Second"
        plans = district.plans()
        assert plans["name"].tolist() == ["Plan", "First", "Second"] and plans["uid"].is_unique
        assert zone_of(district, "r1c2", "First") == other != zone_of(district, "r1c2", "Second")
        assert district.keep(found, "Second") == "Second 2"


def test_a_proposal_kept_again_leaves_the_one_in_force(file: Path) -> None:
    with zp.open(file, write=True) as district:
        found = district.propose(tolerance=0.3, time_limit_s=0.5)
        district.adopt(district.keep(found, "First"), "2026-09-01")
        district.keep(found, "Second")
        assert district.plans().set_index("name")["status"].to_dict() == {
            "Plan": "draft",
            "First": "in force",
            "Second": "draft",
        }


def test_a_plan_needs_a_name(file: Path) -> None:
    with zp.open(file, write=True) as district:
        found = district.propose(tolerance=0.3, time_limit_s=0.5)
        with refused("name_missing.plan"):
            district.keep(found, "  ")
        assert len(district.plans()) == 1
