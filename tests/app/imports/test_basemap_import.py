"""A basemap is one step of the history; it lies at this desk, or in the project where asked."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import refused
from county import build_county, write_osm, write_tiger

from zoneplanner.app.geography import basemap
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.map_features import BasemapOptions, ImportOptions
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small county in the middle of the bundled district, in both layouts."""
    folder = tmp_path_factory.mktemp("county")
    county = build_county(2_600)
    write_osm(county, folder / "county.osm.pbf")
    write_tiger(county, folder)
    return folder


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The bundled district at a desk with an empty cache."""
    monkeypatch.setattr(basemap.platformdirs, "user_cache_dir", lambda *_, **__: tmp_path / "desk")
    found = create_project(tmp_path / "district.gpkg")
    yield found
    found.close()


def take(session: Session, path: Path, **asked: bool) -> None:
    """Import a basemap."""
    how = ImportOptions(path, "basemap", basemap=BasemapOptions(**asked))
    import_file(session, path, "basemap", asked=how)


def test_a_basemap_is_one_step_and_another_desk_lacks_it_unless_the_project_has_it(
    session: Session, files: Path, tmp_path: Path
) -> None:
    take(session, files / "county.osm.pbf")
    kept = session.project.basemap
    assert kept is not None and kept.data == b""
    assert kept.counts["local"] > 20 and kept.credit == "© OpenStreetMap contributors"
    assert list(basemap.load_basemap(session.project)) == list(kept.counts)
    assert [file.stem for file in (tmp_path / "desk").rglob("*.map")] == [kept.content]
    session.undo()
    assert session.project.basemap is None
    session.redo()
    assert session.project.basemap == kept
    folder = basemap._find_basemap_folder()
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:50])
    with refused("basemap_missing", source="county.osm.pbf"):
        basemap.load_basemap(session.project)
    assert basemap.find_basemap(session.project) == {}
    take(session, files / "county.osm.pbf", in_project=True)
    for file in folder.iterdir():
        file.unlink()
    assert "local" in basemap.load_basemap(session.project)


def test_layers_of_the_census_are_added_one_by_one(session: Session, files: Path) -> None:
    take(session, files / "roads")
    take(session, files / "areawater", add=True)
    found = session.project.basemap
    assert found is not None
    assert {"local", "freeway", "water"} <= set(found.counts)
    assert found.source == "roads, areawater"
    with refused("option_not_for_kind.basemap", kind="roads"):
        asked = ImportOptions(files / "roads", "roads", basemap=BasemapOptions(in_project=True))
        import_file(session, files / "roads", "roads", asked=asked)
    take(session, files / "areawater")
    found = session.project.basemap
    assert found is not None and set(found.counts) == {"water"}


def test_the_command_line_says_what_came(
    session: Session, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(session.store.path)
    session.close()
    file = str(files / "county.osm.pbf")
    assert main(["import", path, file, "--as", "basemap", "--in-project", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["taken"] == sum(found["basemap"]["kinds"].values()) > 40
    assert len(found["basemap"]["content"]) == 64
