"""Edits from Python: each is a step, leaves other plans alone, and has clear refusals."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import create_store, project_from, refused

import zoneplanner as zp
from zoneplanner import cli
from zoneplanner.api.project import PersonalDataWarning
from zoneplanner.domain.plans.edits import submit_plan
from zoneplanner.domain.roster.shift import Officer

AT = datetime(2026, 11, 16, 16, tzinfo=UTC)


@pytest.fixture
def project_file(tmp_path: Path) -> Path:
    """Six schools in two zones."""
    path = tmp_path / "small.gpkg"
    create_store(path, project_from("AAB / ABB"), actor="test", at=AT).close()
    return path


def find_zone(district: zp.ZoneProject, site: str, plan: str) -> str:
    zones: dict[str, str] = district.sites(plan).set_index("id")["zone"].to_dict()
    return zones[site]


def test_a_proposal_saved_twice_is_two_plans(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        found = district.propose(tolerance=0.3, time_limit_s=0.1)
        district.keep(found, "First")
        other = "B" if find_zone(district, "r1c2", "First") == "A" else "A"
        district.assign("r1c2", other, plan="First")
        assert district.keep(found, "Second") == "Second"
        plans = district.plans()
        assert plans["name"].tolist() == ["Plan", "First", "Second"] and plans["uid"].is_unique
        assert (
            find_zone(district, "r1c2", "First") == other != find_zone(district, "r1c2", "Second")
        )
        assert district.keep(found, "Second") == "Second 2"


def test_a_proposal_saved_again_leaves_the_plan_in_force(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        found = district.propose(tolerance=0.3, time_limit_s=0.1)
        district.adopt(district.keep(found, "First"), "2026-09-01")
        district.keep(found, "Second")
        assert district.plans().set_index("name")["status"].to_dict() == {
            "Plan": "draft",
            "First": "in force",
            "Second": "draft",
        }


def test_a_plan_needs_a_name(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        found = district.propose(tolerance=0.3, time_limit_s=0.1)
        with refused("name_missing.plan"):
            district.keep(found, "  ")
        assert len(district.plans()) == 1


def log_visit(district: zp.ZoneProject, **columns: object) -> str:
    return district.log("visit", site="r1c1", arrived_at="2026-11-16 09:00", **columns)


def test_undo_takes_back_the_latest_change(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        district.assign("r1c2", "B", plan="Plan")
        uid = log_visit(district)
        district.undo()
        assert uid not in district.visits()["uid"].tolist()
        assert find_zone(district, "r1c2", "Plan") == "B"
        district.undo()
        assert find_zone(district, "r1c2", "Plan") == "A"
        with pytest.raises(zp.UserError) as caught:
            district.undo()
        assert caught.value.code == "nothing_to_undo"
        kept = log_visit(district)
        district.assign("r1c2", "B", plan="Plan")
        assert "r1c2" in district.undo()
        assert find_zone(district, "r1c2", "Plan") == "A"
        assert kept in district.visits()["uid"].tolist()


def test_a_record_can_be_corrected_and_voided(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        uid = log_visit(district)
        district.log("visit", supersedes=uid, purpose="teaching")
        assert district.visits()["purpose"].tolist() == ["teaching"]
        district.log("visit", void=uid, reason="wrong school")
        assert district.visits().empty
        steps = district.record_history(uid)
        assert steps.columns.tolist() == ["seq", "uid", "at", "actor", "desk", "what", "changes"]
        assert steps["what"].tolist()[1:] == ["Correction", "Void"]
        assert steps["uid"].iloc[0] == uid and "wrong school" in steps["changes"].iloc[2]
        assert "teaching" in steps["changes"].iloc[1]
        assert str(steps["at"].dt.tz) == district.time_zone
        with refused("unknown_entry", uid="nothing"):
            district.record_history("nothing")


def test_every_export_puts_a_record_in_the_zone_of_its_day(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        district.adopt("Plan", "2026-09-01")
        district.branch(name="Later")
        district.assign("r1c1", "B", plan="Later")
        district.adopt("Later", "2026-11-01")
        for day in ("2026-08-20", "2026-10-05", "2026-10-05", "2026-11-10"):
            district.log("visit", site="r1c1", arrived_at=f"{day} 12:00", officer="Ada")
        call = {"site": "r1c1", "type": "fight", "units": ["A", "B"]}
        stamps = {"enroute_at": "2026-10-05 12:02", "cleared_at": "2026-10-05 12:40"}
        uid = district.log("incident", received_at="2026-10-05 12:00", **stamps, **call)
        visits, calls = district.visits(), district.incidents()
        units = district.incident_units()
        counted = district.coverage(by="zone")
    with closing(sqlite3.connect(project_file)) as connection:
        seen = {
            name: pd.read_sql(f"SELECT * FROM {name}", connection)
            for name in ("visits", "incidents", "incident_units")
        }
    assert visits["zone"].tolist() == seen["visits"]["zone"].tolist() == ["B", "A", "A", "B"]
    assert calls["zone"].tolist() == seen["incidents"]["zone"].tolist() == ["A"]
    assert counted["visits"].to_dict() == visits["zone"].value_counts().to_dict()
    assert counted["calls"].to_dict() == {"A": 1, "B": 0}
    assert units.columns.tolist() == [one for one in seen["incident_units"] if one != "fid"]
    assert units["unit"].tolist() == seen["incident_units"]["unit"].tolist() == ["A", "B"]
    assert units["incident"].tolist() == [uid, uid] and units["enroute_at"].notna().all()


def test_a_change_saved_by_another_desk_is_read(project_file: Path) -> None:
    with zp.open(project_file) as reader, zp.open(project_file, write=True) as writer:
        assert reader.plans()["name"].tolist() == ["Plan"]
        writer.keep(writer.propose(tolerance=0.3, time_limit_s=0.1), "Second")
        writer.assign("r1c2", "B", plan="Plan")
        log_visit(writer)
        assert reader.plans()["name"].tolist() == ["Plan", "Second"]
        assert find_zone(reader, "r1c2", "Plan") == "B" and len(reader.visits()) == 1
        assert reader.compare("Plan", "Second").figures.index.name == "measure"


def test_an_adopted_plan_can_be_copied_to_a_draft(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        district.adopt("Plan", "2026-09-01")
        with refused("plan_adopted", plan="Plan"):
            district.assign("r1c2", "B")
        assert district.branch() == "Plan, copy"
        assert district.branch("Plan", "Next year") == "Next year"
        district.assign("r1c2", "B", plan="Next year")
        assert find_zone(district, "r1c2", "Plan") == "A"
        steps = district.history()
        assert steps["label"].iloc[-2] == "Copy “Plan” to the draft “Next year”"
        assert steps["seq"].is_monotonic_increasing and str(steps["at"].dt.tz) == district.time_zone


def test_every_edit_of_a_read_only_project_is_refused(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        district.adopt("Plan", "2026-09-01")
        found = district.propose(tolerance=0.3, time_limit_s=0.1)
    with zp.open(project_file) as reader:
        for edit in (
            lambda: reader.assign("r1c2", "B"),
            lambda: reader.adopt("Plan", "2026-09-01"),
            lambda: reader.keep(found),
            reader.branch,
            lambda: log_visit(reader),
            reader.undo,
        ):
            with refused("read_only"):
                edit()


def test_every_call_on_a_closed_project_is_refused(project_file: Path) -> None:
    district = zp.open(project_file)
    district.close()
    district.close()
    assert "closed" in repr(district)
    for ask in (
        district.sites,
        district.zones,
        district.plans,
        district.visits,
        district.coverage,
        district.evaluate,
        district.propose,
        district.history,
        district.layers,
        district.undo,
        lambda: district.compare("Plan", "Plan"),
        lambda: log_visit(district),
    ):
        with refused("store_closed"):
            ask()


def test_an_id_may_be_a_number_and_a_missing_value_is_none(tmp_path: Path) -> None:
    project = project_from("AAB / ABB")
    numbered = replace(
        project,
        sites={"12" if key == "r1c2" else key: replace(site, id="12" if key == "r1c2" else key)
               for key, site in project.sites.items()},
        plans={"plan": replace(
            project.plans["plan"],
            assignment={"12" if key == "r1c2" else key: zone
                        for key, zone in project.plans["plan"].assignment.items()},
        )},
    )  # fmt: skip
    path = tmp_path / "numbered.gpkg"
    create_store(path, numbered, actor="test", at=AT).close()
    with zp.open(path, write=True) as district:
        assert district.assign(12, "B", plan="Plan") == ["12"]
        assert district.assign(np.float64(12.0), "A", plan="Plan") == ["12"]  # type: ignore[arg-type]
        district.log(
            "visit", site=np.int64(12), arrived_at=pd.Timestamp("2026-11-16 09:00"),
            officer=float("nan"), departed_at=pd.NaT,
        )  # fmt: skip
        (visit,) = district.visits().to_dict("records")
        assert visit["site"] == "12" and visit["arrived_at"].hour == 9


def test_an_officer_can_be_named_by_id_or_name_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Officer("A1", "Ada Hill", "Sheriff", "deputy", ("A",), ("county",))
    project = replace(project_from("AAB / ABB"), officers={"A1": own})
    path = tmp_path / "officers.gpkg"
    create_store(path, project, actor="test", at=AT).close()
    with zp.open(path, write=True) as district:
        log_visit(district, officer="Ada Hill")
        with refused("unknown_officer", officer="Nobody"):
            log_visit(district, officer="Nobody")
    columns = ["site=r1c2", "arrived_at=2026-11-16 10:00"]
    assert cli.main(["log", str(path), "visit", *columns, "officer=A1"]) == 0
    assert cli.main(["log", str(path), "visit", *columns, "officer=Nobody", "--json"]) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == "unknown_officer"
    table = tmp_path / "visits.csv"
    table.write_text('site,arrived_at,officer\nr1c3,2026-11-16 11:00,"Hill, Ada"\n')
    assert cli.main(["import", str(path), str(table), "--as", "visits"]) == 0
    with zp.open(path) as district:
        assert district.visits()["officer"].tolist() == ["A1"] * 3


def test_a_name_in_a_free_text_causes_a_warning(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        with pytest.warns(PersonalDataWarning):
            log_visit(district, note="met Jane Roe, born 2012-03-04, 916-555-0142")
        assert len(district.visits()) == 1


def test_a_misspelled_name_gets_a_suggestion(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district, refused("unknown_site.near", near="r1c2"):
        district.log("visit", site="Schol r1c2", arrived_at="2026-11-16 09:00")
    with refused("no_file.unnamed"):
        zp.open("")


def test_a_submitted_plan_cannot_be_replaced_by_a_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "submitted.gpkg"
    project = submit_plan(project_from("AAB / ABB"), "plan", AT.date())
    create_store(path, project, actor="test", at=AT).close()
    assert cli.main(["plan", str(path), "--name", "Plan", "--time-limit", "1", "--json"]) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == "plan_submitted"


@pytest.mark.parametrize("day", ["soon", 5, None])
def test_an_invalid_date_is_rejected(project_file: Path, day: Any) -> None:
    with zp.open(project_file, write=True) as district, refused("not_a_date", text=str(day)):
        district.adopt("Plan", day)


def test_plan_dates_are_datetimes(project_file: Path) -> None:
    with zp.open(project_file) as district:
        plans = district.plans()
    assert plans["effective_on"].isna().all() and plans["expires_on"].isna().all()
    assert {str(plans[name].dtype)[:10] for name in ("effective_on", "expires_on")} == {
        "datetime64"
    }


@pytest.mark.long
def test_the_map_can_be_saved_as_a_picture(project_file: Path, tmp_path: Path) -> None:
    with zp.open(project_file) as district:
        drawn = district.picture(tmp_path / "map.png", size=(900, 600))
        assert drawn.read_bytes().startswith(b"\x89PNG")
        with refused("picture_failed"):
            district.picture(tmp_path / "nowhere" / "map.png")


def test_figures_of_two_plans_add_up(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        district.branch(name="Other")
        district.assign("r1c2", "B", plan="Other")
        figures = district.compare("Plan", "Other").figures
    assert figures.loc["worst_deviation", "unit"] == "share"
    assert not figures["unit"].str.contains("%").any()
    shares = figures[figures["unit"] == "share"]
    assert shares["before"].between(0, 1).all() and shares["after"].between(0, 1).all()
    assert np.allclose(figures["after"] - figures["before"], figures["change"])


def test_zone_counts_are_compared_and_goals_accepted(project_file: Path) -> None:
    with zp.open(project_file) as district:
        table = district.compare_zone_counts("Sheriff", [1, 2, 9], tolerance=0.3, time_limit_s=0.1)
        assert list(table.index) == [1, 2, 9] and table["drive"].isna().tolist()[2]
        assert table["drive"][2] < table["drive"][1]
        usual = district.propose(tolerance=0.3, time_limit_s=0.1)
        wished = district.propose(
            tolerance=0.3, time_limit_s=0.1, robust=["low", "high"], border_weight=1.0
        )
        assert wished.cost > usual.cost


def test_a_planned_school_with_a_day_becomes_a_what_if(project_file: Path) -> None:
    with zp.open(project_file, write=True) as district:
        place = district.sites("Plan").geometry.to_crs("EPSG:4326").iloc[0]
        at = (place.y, place.x)
        name = district.add_planned_site("New", *at, students=300, opens_on="2027-08-12")
        assert name == "What if: New planned"
        assert "New" in district.sites(name)["name"].tolist()
        with refused("name_in_use.planned_site"):
            district.add_planned_site("new", *at)
    with zp.open(project_file) as again:
        assert again.plans()["name"].tolist() == ["Plan", name]
