"""Every call of the Python API, on the bundled district."""

import doctest
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders import refused
from sentences import says

import zoneplanner as zp
from zoneplanner import api
from zoneplanner.api import points, project, project_frames, results
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.messages import Message


def test_sites_have_zone_load_and_last_visit(reader: zp.ZoneProject) -> None:
    sites = reader.sites()
    assert isinstance(sites, gpd.GeoDataFrame) and sites.crs == reader.crs
    assert sites.columns.tolist() == [
        *("id", "name", "level", "grades", "enrollment", "patrolled", "jurisdiction", "zone"),
        *("unit", "load_min_per_day", "last_visit", "geometry"),
    ]
    assert sites["id"].is_unique and len(sites) == 79
    patrolled = sites[sites["patrolled"]]
    assert len(patrolled) == 67
    assert patrolled["zone"].notna().all() and (patrolled["load_min_per_day"] > 0).all()
    assert sites.loc[~sites["patrolled"], "load_min_per_day"].isna().all()
    assert sites["last_visit"].notna().sum() == 6
    by_zone = patrolled.groupby("zone")["load_min_per_day"].sum()
    zones = reader.zones().set_index("zone")
    pd.testing.assert_series_equal(
        by_zone, zones["load_min_per_day"].reindex(by_zone.index), check_index_type=False
    )


def test_zones_of_a_plan_are_found_by_name(reader: zp.ZoneProject) -> None:
    zones = reader.zones("Proposed")
    assert {"zone", "unit", "sites", "load_min_per_day", "deviation", "geometry"} <= {*zones}
    assert zones.geometry.is_valid.all() and zones.crs.to_epsg() == 26910
    assert zones["sites"].sum() == 67
    with refused("unknown_plan", plan="Nowhere"):
        reader.zones("Nowhere")


def test_jurisdictions_have_areas(reader: zp.ZoneProject) -> None:
    areas = reader.jurisdictions()
    assert areas.columns.tolist() == ["id", "name", "kind", "geometry"]
    assert (areas.area > 0).all()


def test_log_frames_have_times_in_the_project_time_zone(
    reader: zp.ZoneProject,
) -> None:
    visits = reader.visits()
    contract = ("uid", "site", "unit", "officer", "arrived_at", "departed_at", "purpose", "status")
    assert {*contract, "note"} <= {*visits}
    assert len(visits) == 6 and str(visits["arrived_at"].dt.tz) == "America/Los_Angeles"
    assert visits["arrived_at"].dt.hour.unique().tolist() == [10]
    minutes = (visits["departed_at"] - visits["arrived_at"]).dt.total_seconds() / 60
    assert minutes.tolist() == [25] * 6
    (incident,) = reader.incidents().to_dict("records")
    assert incident["type"] == "fight" and incident["cleared_at"].minute == 30
    assert pd.isna(incident["enroute_at"])
    assert reader.drills()["kind"].tolist() == ["fire"]
    assert reader.reviews().empty and "stage" in reader.reviews()
    shifts = reader.shifts()
    assert shifts.columns.tolist() == [
        *("uid", "unit", "officer", "starts_at", "ends_at", "status"),
    ]


def test_private_columns_are_left_out_for_an_audience(reader: zp.ZoneProject) -> None:
    assert "note" in reader.table("sites")
    assert {"note", "enrollment"}.isdisjoint(reader.table("sites", audience="public"))
    with refused("not_for_audience.layer", layer="visits", audience="staff"):
        reader.table("visits", audience="staff")
    with refused("unknown_choice", text="secrets"):
        reader.table("secrets")
    with pytest.raises(zp.UserError) as told:
        reader.table("sites", audience="anybody")
    assert told.value.code == "unknown_audience"


@pytest.mark.parametrize("by", ["site", "zone", "unit", "week", "all"])
def test_coverage_has_a_column_for_each_figure(reader: zp.ZoneProject, by: str) -> None:
    found = reader.coverage(by, first="2026-11-09", last="2026-11-20")
    assert found.index.name == by and found["visits"].sum() == 6
    counted = reader.coverage(by, first="2026-11-09", last="2026-11-20", part="n")
    assert counted.shape == found.shape
    assert reader.coverage("all", part="definition")["visits"].str.len().min() > 10
    assert reader.notice == str(Message("period.days_assumed"))
    assert any(says(note, "record_basis.not_declared") for note in found.attrs["notes"])


def test_school_days_are_those_figures_count(reader: zp.ZoneProject) -> None:
    days = reader.school_days("2026-11-09", "2026-11-16")
    assert days.strftime("%m-%d").tolist() == ["11-09", "11-10", "11-12", "11-13", "11-16"]
    uid = reader.visits()["site"].iloc[0]
    seen = reader.visits()["arrived_at"].iloc[0].date()
    since = reader.coverage(last="2026-11-15").loc[uid, "days_since_last_visit"]
    assert since == (reader.school_days(seen, "2026-11-15") > pd.Timestamp(seen)).sum()
    with refused("days_out_of_order.period", first=date(2026, 11, 16), last=date(2026, 11, 9)):
        reader.school_days("2026-11-16", "2026-11-09")


def test_a_proposal_is_saved_compared_evaluated_and_adopted(
    writer: zp.ZoneProject, proposal: zp.ProposedZones, tmp_path: Path
) -> None:
    assert proposal.bound <= proposal.cost and 0 <= proposal.gap < 1
    assert proposal.assignment.index.isin(writer.sites()["id"]).all()
    name = writer.keep(proposal, "Second")
    site = proposal.assignment.index[proposal.assignment == "S1"][0]
    moved = writer.assign(site, "S2", plan=name)
    assert site in moved
    sites = writer.sites(name).set_index("id")
    assert sites.loc[site, "zone"] == "S2"
    difference = writer.compare("Proposed", name)
    assert site in difference.moved["site"].tolist() or difference.students_moved >= 0
    assert {"before", "after", "change", "unit"} <= {*difference.figures}
    expected = writer.evaluate(name)
    assert all(repr(one).count("\n") == 0 for one in (proposal, difference, expected))
    assert 0 < expected.share_within_target < 1
    assert expected.units["utilization"].between(0, 1).all() and len(expected.sites) == 67
    assert "Second" in writer.undo() or writer.sites(name).set_index("id").loc[site, "zone"] == "S1"
    writer.adopt(name, "2027-01-04")
    assert writer.plans().set_index("name").loc[name, "effective_on"] == pd.Timestamp(2027, 1, 4)
    uid = writer.log("visit", site=site, arrived_at="2026-11-20 09:00", purpose="teaching")
    assert uid in writer.visits()["uid"].tolist()
    writer.close()
    session = open_session(tmp_path / "copy.gpkg", read_only=True)
    labels = [step.label for step in session.history]
    session.close()
    assert labels[-1] == "Adopt “Second” from 2027-01-04"
    assert "Propose “Second”" in labels


def test_a_read_only_project_accepts_no_edit(
    district_file: Path, proposal: zp.ProposedZones
) -> None:
    before = district_file.read_bytes()
    with zp.open(district_file) as district:
        site = district.sites()["id"][0]
        for edit in (
            lambda: district.log("visit", site=site, arrived_at="2026-11-20 09:00"),
            lambda: district.keep(proposal),
            lambda: district.adopt("Proposed", "2027-01-04"),
        ):
            with refused("read_only"):
                edit()
    assert district_file.read_bytes() == before


def test_a_map_shows_zones_and_schools_without_network_tiles(reader: zp.ZoneProject) -> None:
    page = reader.explore().get_root().render()
    assert "Rio Americano" in page and "L.tileLayer(" not in page
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=", page) == []
    labels = re.findall(r"zone-label[^\n]*solid #(\w{6})[^\n]*?003e(\w+)\\u003c/b", page)
    assert [name for _, name in labels] == reader.zones()["zone"].tolist()
    assert len({color for color, _ in labels}) == 7
    with refused("unknown_background", tiles="Nope"):
        reader.explore(tiles="Nope")


def test_map_layers_are_readable_as_frames(reader: zp.ZoneProject) -> None:
    layers = reader.layers().set_index("id")
    shapes = reader.layer("city")
    assert isinstance(shapes, gpd.GeoDataFrame) and shapes.crs == reader.crs
    assert len(shapes) == layers.loc["city", "features"] and (shapes.area > 0).all()
    with refused("unknown_choice", what="layer", text="Nowhere"):
        reader.layer("Nowhere")


def test_students_are_known_plus_assumed(reader: zp.ZoneProject) -> None:
    zones, sites = reader.zones().set_index("zone"), reader.sites()
    patrolled = sites[sites["patrolled"]]
    known = patrolled.groupby("zone")["enrollment"].sum()
    assert zones["students_known"].to_dict() == known.to_dict()
    missing = patrolled["enrollment"].isna().groupby(patrolled["zone"]).sum()
    assert missing.sum() == 2
    assert (zones["students"] - zones["students_known"] == 150 * missing).all()


@pytest.mark.parametrize("part", ["value", "n", "low", "high"])
def test_figures_are_numeric_even_if_all_are_withheld(reader: zp.ZoneProject, part: str) -> None:
    found = reader.coverage("zone", part=part).drop(columns="name")  # type: ignore[arg-type]
    assert {str(kind) for kind in found.dtypes} == {"float64"}
    assert found["response_p90_min"].isna().all() or part != "value"


def test_an_unknown_part_of_figures_is_refused(reader: zp.ZoneProject) -> None:
    with refused("unknown_choice", text="p50"):
        reader.coverage(part="p50")  # type: ignore[arg-type]


def test_errors_have_the_usual_codes_and_messages(tmp_path: Path) -> None:
    with refused("no_file.project"):
        zp.open(tmp_path / "nowhere.gpkg")
    with pytest.raises(zp.UserError) as told:
        zp.open("postgresql://")
    assert told.value.code and told.value.message


def square(n: int, crs: str = "EPSG:26910") -> gpd.GeoDataFrame:
    """Points on a square grid, 1 km apart."""
    x, y = np.meshgrid(np.arange(n) * 1000.0, np.arange(n) * 1000.0)
    points = gpd.points_from_xy(x.ravel() + 640_000, y.ravel() + 4_270_000)
    names = [f"p{at}" for at in range(n * n)]
    return gpd.GeoDataFrame(
        {"rides": np.arange(n * n) % 3 + 1.0}, index=names, geometry=points, crs=crs
    )


def test_zones_of_any_points_are_balanced_and_connected() -> None:
    parks = square(6)
    found = zp.propose_zones(parks, ["North", "South", "East"], load="rides", time_limit_s=0.3)
    loads = parks["rides"].groupby(found.assignment).sum()
    assert loads.between(0.9 * 24, 1.1 * 24).all()
    assert sorted(loads.index) == ["East", "North", "South"]
    in_degrees = zp.propose_zones(parks.to_crs(4326), 3, load="rides", time_limit_s=0.3)
    assert in_degrees.cost == pytest.approx(found.cost, rel=0.02)
    alone = zp.propose_zones(parks.iloc[:2], 1, time_limit_s=0.3)
    assert alone.cost == pytest.approx(1000 / (25 * 1609.344 / 60))
    again = zp.propose_zones(parks, 3, load="rides", time_limit_s=0.3, seed=1)
    assert again.bound <= found.cost * (1 + 1e-9)


def test_given_neighbors_and_drives_are_used() -> None:
    line = square(3).iloc[[0, 1, 2, 3]]
    far = np.array([[0, 9, 1, 9], [9, 0, 9, 1], [1, 9, 0, 9], [9, 1, 9, 0]], dtype=float)
    touch = [("p0", "p2"), ("p2", "p1"), ("p1", "p3")]
    found = zp.propose_zones(line, 2, neighbours=touch, minutes=far, time_limit_s=5)
    together = found.assignment["p0"] == found.assignment["p2"]
    assert together and found.assignment["p1"] == found.assignment["p3"] and found.proven
    assert found.cost == pytest.approx(2)


def test_coinciding_and_collinear_points_get_zones() -> None:
    line = square(4).iloc[[0, 0, 1, 2, 3]].reset_index(drop=True)
    found = zp.propose_zones(line, 2, tolerance=0.5, time_limit_s=0.3)
    assert found.assignment[0] == found.assignment[1]
    assert found.assignment.nunique() == 2


def test_unreadable_points_are_refused() -> None:
    parks = square(3)
    with refused("no_frame_crs"):
        zp.propose_zones(parks.set_crs(None, allow_override=True), 2)
    with refused("index_repeats"):
        zp.propose_zones(parks.iloc[[0, 0, 1]], 2)
    with refused("unknown_neighbor", point="x"):
        zp.propose_zones(parks, 2, neighbours=[("p0", "x")])
    with refused("other_length", what="load", rows=2, points=9):
        zp.propose_zones(parks, 2, load=[1.0, 2.0])
    with refused("missing_values", what="load", count=1):
        zp.propose_zones(parks.assign(rides=[np.nan, *[1.0] * 8]), 2, load="rides")


def test_the_examples_in_the_docs_run(
    reader: zp.ZoneProject, district_file: Path, tmp_path: Path
) -> None:
    finder = doctest.DocTestFinder()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    copy = shutil.copy(district_file, tmp_path / "copy.gpkg")
    names = {"zp": zp, "path": district_file, "district": reader, "copy": copy}
    for module in (api, project_frames, project, points, results):
        for test in finder.find(module, module.__name__, globs={}):
            test.globs |= names
            runner.run(test)
    assert runner.tries > 25 and runner.failures == 0


def test_importing_the_package_loads_no_heavy_module() -> None:
    code = "import sys, zoneplanner; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] == "zoneplanner"}
    assert loaded == {"zoneplanner"}
    heavy = {"numpy", "pandas", "geopandas", "shapely", "sqlalchemy", "folium"}
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("by", ["site", "zone", "unit", "week", "all"])
def test_a_project_without_schools_has_empty_frames(
    empty_district: zp.ZoneProject, by: str
) -> None:
    assert (
        empty_district.sites().empty
        and empty_district.visits().empty
        and empty_district.plans().empty
    )
    found = empty_district.coverage(by)
    assert (found["visits"].fillna(0) == 0).all() if len(found) else found.index.name == by


def test_campus_pages_are_for_responders_only(reader: zp.ZoneProject) -> None:
    school = reader.sites().query("patrolled")["id"].iloc[0]
    assert reader.campus_page(school) is None
    with refused("unknown_site"):
        reader.campus_page("nowhere")
    pages = reader.table("campus_pages")
    assert pages.empty and {"site", "on", "review_on", "picture"} <= set(pages.columns)
    for audience in ("public", "staff"):
        with refused("not_for_audience.layer", layer="campus_pages"):
            reader.table("campus_pages", audience=audience)
