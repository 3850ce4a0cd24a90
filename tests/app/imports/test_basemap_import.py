"""Importing a basemap is one history step, stored on this desk or, on request, in the project."""

import json
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused
from county import write_census_layer
from shapely.geometry import LineString, box

from zoneplanner.app.geography import basemap_files
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import BasemapOptions, ImportOptions
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main


@pytest.fixture
def session(open_session: OpenSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Two zones at a desk with an empty cache."""
    dirs = basemap_files.platformdirs
    monkeypatch.setattr(dirs, "user_cache_dir", lambda *_, **__: tmp_path / "desk")
    return open_session(project_from("AABB / AABB"))


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    """Two roads over the squares."""
    ways = (("Elm Street", "S1400", -300), ("I- 80", "S1100", -1500))
    rows = [(name, kind, LineString([(0, y), (4000, y)])) for name, kind, y in ways]
    return write_census_layer(tmp_path / "roads.geojson", rows)


def import_roads(session: Session, path: Path, **asked: bool) -> None:
    """Import a basemap."""
    how = ImportOptions(path, "basemap", basemap=BasemapOptions(**asked))
    import_file(session, path, "basemap", options=how)


def test_a_basemap_is_one_step_and_shared_only_if_stored_in_the_project(
    session: Session, roads: Path, tmp_path: Path
) -> None:
    import_roads(session, roads)
    kept = session.project.basemap
    assert kept is not None and kept.data == b""
    assert kept.counts == {"local": 1, "freeway": 1}
    assert list(basemap_files.load_basemap(session.project)) == list(kept.counts)
    (file,) = (tmp_path / "desk").rglob("*.map")
    assert file.stem == kept.content
    session.undo()
    assert session.project.basemap is None
    session.redo()
    assert session.project.basemap == kept
    file.write_bytes(file.read_bytes()[:50])
    with refused("basemap_missing", source="roads.geojson"):
        basemap_files.load_basemap(session.project)
    assert basemap_files.find_basemap(session.project) == {}
    import_roads(session, roads, in_project=True)
    file.unlink()
    assert basemap_files.load_basemap(session.project)["freeway"].refs == ("I 80",)


def test_census_layers_are_added_one_by_one(session: Session, roads: Path, tmp_path: Path) -> None:
    lake = [("Lake Corvallen", "H2030", box(1000, -900, 1400, -600))]
    water = write_census_layer(tmp_path / "water.geojson", lake)
    import_roads(session, roads)
    import_roads(session, water, add=True)
    found = session.project.basemap
    assert found is not None and set(found.counts) == {"local", "freeway", "water"}
    assert found.source == "roads.geojson, water.geojson"
    with refused("option_not_for_kind.basemap", kind="roads"):
        asked = ImportOptions(roads, "roads", basemap=BasemapOptions(in_project=True))
        import_file(session, roads, "roads", options=asked)
    import_roads(session, water)
    found = session.project.basemap
    assert found is not None and set(found.counts) == {"water"}


def test_the_command_lists_what_was_imported(
    session: Session, roads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(session.store.path)
    session.close()
    assert main(["import", path, str(roads), "--as", "basemap", "--in-project", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["taken"] == 2 and found["basemap"]["kinds"] == {"local": 1, "freeway": 1}
    assert len(found["basemap"]["content"]) == 64
