"""Travel times of a project: imported, stored, computed again and removed."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import refused
from road_files import CROSSING, write_openstreetmap
from shapely.geometry import LineString

from zoneplanner.analysis.travel.grid import GridModel
from zoneplanner.analysis.travel.road_network import RoadNetwork
from zoneplanner.analysis.travel.travel_model import (
    describe_travel_source,
    list_sites_without_drives,
    name_travel_model,
)
from zoneplanner.app.geography.travel_times import (
    _ROAD_ARRAYS,
    build_travel_model,
    compare_kept_travel,
    measure_road_travel,
    remeasure_road_travel,
    set_project_travel,
)
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.projects.open_project import create_project, open_session
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans.edits import move_site
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled district with its sites moved to crossings of the test town."""
    path = tmp_path_factory.mktemp("town") / "district.gpkg"
    session = create_project(path)
    session.apply("Move the schools to town", move_to_town)
    session.close()
    return path


@pytest.fixture
def session(made: Path, tmp_path: Path) -> Iterator[Session]:
    """A copy of it, open."""
    found = open_session(Path(shutil.copy(made, tmp_path)))
    yield found
    found.close()


def move_to_town(project: Project) -> Project:
    """Move every site next to a crossing."""
    spots = CROSSING[np.arange(len(project.sites)) % 9] + 5.0
    sites = {
        site.id: replace(site, x_m=float(x), y_m=float(y))
        for site, (x, y) in zip(project.sites.values(), spots, strict=True)
    }
    return replace(project, sites=sites)


def import_path(session: Session, path: Path, kind: str, *, dry_run: bool = False) -> ImportResult:
    """Import a file."""
    return import_file(session, path, kind, dry_run=dry_run)


def test_roads_are_stored_with_their_source_and_undone_in_one_step(
    session: Session, tmp_path: Path
) -> None:
    path = write_openstreetmap(tmp_path / "town.osm.pbf")
    drives = measure_road_travel(session, path, folder=tmp_path / "cache")
    compared = drives.compared
    assert compared is not None and compared.message in drives.notes
    assert 0.5 < compared.median_ratio < 3.0 and compared.pairs > 1000
    assert abs(compared.road_min - compared.grid_min) > 0
    assert drives.message.template == "roads_measured"
    assert "23 ft (7 m)" in drives.message.say(US_FORMATS)
    grid = session.state.basis.travel_min
    set_project_travel(session, drives.travel)
    base = session.state.basis
    assert name_travel_model(session.project).template == "travel_by.roads"
    assert str(name_travel_model(session.project)) == "roads of town.osm.pbf, 2026-10-01"
    assert not np.allclose(base.travel_min, grid)
    about = describe_travel_source(session.project)
    assert about.template == "minutes_from.roads"
    assert about.facts["source"].facts == {"source": "town.osm.pbf", "vintage": "2026-10-01"}
    with_file = open_session(session.store.path, read_only=True)
    assert with_file.project.travel is not None
    assert with_file.project.travel.minutes == drives.travel.minutes
    assert with_file.state.basis.travel_min.tolist() == base.travel_min.tolist()
    with_file.close()
    session.undo()
    assert session.state.basis.travel_min.tolist() == grid.tolist()
    without = open_session(session.store.path, read_only=True)
    assert without.project.travel is None
    without.close()
    session.redo()
    assert session.state.basis.travel_min.tolist() == base.travel_min.tolist()


def test_new_speeds_and_moved_sites_are_routed_again_from_the_cache(
    session: Session, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    drives = measure_road_travel(
        session, write_openstreetmap(tmp_path / "town.osm.pbf"), folder=cache
    )
    set_project_travel(session, drives.travel)
    site = session.project.patrolled[0]
    session.apply("Move", lambda p: move_site(p, site.id, site.x_m + 40.0, site.y_m))
    assert list_sites_without_drives(session.project) == (site.id,)
    before = session.state.basis.travel_min
    anew = remeasure_road_travel(session, {"residential": 42.0}, folder=cache)
    set_project_travel(session, anew.travel)
    assert list_sites_without_drives(session.project) == ()
    assert session.state.basis.travel_min.sum() < before.sum()
    about = describe_travel_source(session.project)
    assert about.template == "minutes_from.roads_own_speeds"
    assert about.facts["own"] == ["residential 42"]
    with refused("roads_missing", source="town.osm.pbf"):
        remeasure_road_travel(session, {}, folder=tmp_path / "elsewhere")
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    np.savez(other := tmp_path / "other.npz", allow_pickle=False, **dict.fromkeys(_ROAD_ARRAYS, 5))
    torn = whole[:400], whole[: len(whole) // 2], b"", b"PK\3\4" * 90, other.read_bytes()
    for damaged in (*torn, whole[:200] + bytes(200) + whole[400:]):
        kept.write_bytes(damaged)
        with refused("roads_missing", source="town.osm.pbf"):
            remeasure_road_travel(session, {}, folder=cache)


def test_drives_to_any_place_use_roads_or_else_the_grid(session: Session, tmp_path: Path) -> None:
    assert isinstance(build_travel_model(session.project), GridModel)
    cache = tmp_path / "cache"
    drives = measure_road_travel(
        session, write_openstreetmap(tmp_path / "town.osm.pbf"), folder=cache
    )
    set_project_travel(session, drives.travel)
    assert isinstance(build_travel_model(session.project, cache), RoadNetwork)
    assert isinstance(build_travel_model(session.project, tmp_path / "elsewhere"), GridModel)


def test_drives_cannot_be_computed_again_without_roads(session: Session) -> None:
    with refused("no_road_network"):
        remeasure_road_travel(session, {})


def test_a_table_of_minutes_is_imported_and_its_bad_rows_are_reported(
    session: Session, tmp_path: Path
) -> None:
    ids = [site.id for site in session.project.patrolled]
    pairs = [(a, b) for a in ids for b in ids if a < b]
    lines = ["from,to,minutes", *(f"{a},{b},{5 + at % 7}" for at, (a, b) in enumerate(pairs))]
    path = tmp_path / "travel.csv"
    path.write_text("\n".join([*lines, f"{ids[0]},{ids[1]},-3", f"{ids[0]},Nowhere,4"]))
    tried = import_path(session, path, "travel", dry_run=True)
    assert session.project.travel is None
    assert (tried.read, tried.taken) == (len(pairs) + 2, len(pairs))
    assert [row.row for row in tried.refused] == [len(pairs) + 2, len(pairs) + 3]
    assert tried.refused[0].remark == Message("not_minutes.range", text="-3", most=24 * 60)
    assert tried.notes == (Message("drives_turned", pairs=len(pairs)),)
    import_path(session, path, "travel")
    assert str(name_travel_model(session.project)) == "minutes of travel.csv"
    assert session.state.basis.travel_min[0, 1] == 5.5


def test_a_table_with_missing_pairs_is_refused_and_names_them(
    session: Session, tmp_path: Path
) -> None:
    first, second = session.project.patrolled[:2]
    path = tmp_path / "travel.csv"
    path.write_text(f"from,to,minutes\n{first.id},{second.id},4\n")
    with pytest.raises(UserError) as e:
        import_path(session, path, "travel")
    assert e.value.template == "unreadable_file.missing_pairs"
    assert e.value.details["count"] == len(e.value.details["missing"]) == 4420
    assert session.project.travel is None


def test_a_table_without_minutes_is_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "travel.csv"
    path.write_text("from,to,hours\n1,2,3\n")
    with refused("unreadable_file.no_column", missing=["minutes"]):
        import_path(session, path, "travel")
    path.write_text("from,to,minutes\n1,2,3\n")
    with refused("unreadable_file.no_minutes"):
        import_path(session, path, "travel")


def test_roads_that_do_not_reach_a_site_name_it(session: Session, tmp_path: Path) -> None:
    site = session.project.patrolled[3]
    session.apply("Move", lambda p: move_site(p, site.id, site.x_m - 5000.0, site.y_m))
    with refused("road_too_far", place=site.name):
        import_path(session, write_openstreetmap(tmp_path / "town.osm.pbf"), "roads")
    assert session.project.travel is None


def test_drives_go_around_barriers_and_are_compared_with_the_grid(
    session: Session, tmp_path: Path
) -> None:
    path = write_openstreetmap(tmp_path / "town.osm.pbf")
    free = measure_road_travel(session, path, folder=tmp_path / "cache")
    set_project_travel(session, free.travel)
    compared = compare_kept_travel(session.saved_project)
    assert compared is not None and free.compared is not None
    assert (str(compared.message), compared.pairs) == (
        str(free.compared.message),
        free.compared.pairs,
    )
    middle = (CROSSING[0] + CROSSING[1]) / 2
    along = CROSSING[1] - CROSSING[0]
    across = np.array([-along[1], along[0]]) / np.hypot(*along) * 30.0
    line = LineString([middle - across, middle + across])

    def close(project: Project) -> Project:
        layer = Layer("own-1", "Barriers: closed bridge", own=True)
        feature = Feature("own-1", "Bridge", line)
        return replace(
            project,
            layers={**project.layers, "own-1": layer},
            features=(*project.features, feature),
        )

    session.apply("Add barriers", close)
    around = remeasure_road_travel(session, {}, folder=tmp_path / "cache")
    before, after = (np.frombuffer(own.travel.minutes, dtype="<f4") for own in (free, around))
    assert (after > before + 0.1).any()
    assert (after >= before - 1e-3).all()
