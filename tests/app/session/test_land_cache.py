"""The land of a project is cached on the desk and used for no other project."""

from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest
from builders import OpenSession, moved, project_from

from zoneplanner.analysis.travel.grid import build_grid_model
from zoneplanner.app.session import land_cache
from zoneplanner.app.session.land_cache import cache_land, read_cached_land
from zoneplanner.domain.project import Project


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache" / "cells"


def large() -> Project:
    return project_from(" / ".join(["A" * 15] * 15))


def test_the_second_opening_reuses_the_cells_of_the_first(
    open_session: OpenSession, folder: Path
) -> None:
    project = large()
    assert read_cached_land(project) is None
    first = open_session(project).state
    assert len(list(folder.iterdir())) == 1
    kept = read_cached_land(project)
    assert kept is not None
    for name in ("vertices", "jurisdiction", "bordering", "vertex_of", "neighbors"):
        assert getattr(kept.cells, name) == getattr(first.basis.cells, name)
    assert kept.north_rad == build_grid_model(project).axis_angle_rad
    again = open_session(project).state
    assert again.figures is not None and first.figures is not None
    assert again.figures.zones == first.figures.zones
    assert [own.text for own in again.notes] == [own.text for own in first.notes]


def test_other_land_and_damaged_files_get_no_cached_cells(
    open_session: OpenSession, folder: Path
) -> None:
    project = large()
    open_session(project)
    assert read_cached_land(moved(project, "r1c1", 600.0, -500.0)) is None
    fewer = replace(project, blocks=dict(list(project.blocks.items())[1:]))
    assert read_cached_land(fewer) is None
    assert read_cached_land(replace(project, crs="EPSG:26911")) is None
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    for damaged in (whole[:500], b"", b"PK\3\4" * 90, whole[:-40] + bytes(40)):
        file.write_bytes(damaged)
        assert read_cached_land(project) is None


def test_a_bug_in_reading_the_cache_is_not_reported_as_damage(
    open_session: OpenSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(*_: object) -> None:
        raise TypeError("planted")

    project = large()
    open_session(project)
    monkeypatch.setattr(land_cache, "CellPart", planted)
    with pytest.raises(TypeError, match="planted"):
        read_cached_land(project)


def test_a_small_project_is_not_cached(open_session: OpenSession, folder: Path) -> None:
    session = open_session(project_from("AABB"))
    cache_land(session.project, session.state.basis.cells)
    assert not folder.exists()
