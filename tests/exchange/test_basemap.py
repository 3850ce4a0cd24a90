"""Basemaps from each kind of map file: the same county gives the same streets and names."""

from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from builders import refused
from county import CENTER, CountyFeature, build_county, write_osm, write_tiger
from pyproj import Transformer

from zoneplanner.analysis.geometry.basemap import BasemapByKind, pack_basemap, unpack_basemap
from zoneplanner.errors import Cancelled
from zoneplanner.exchange.basemap.reader import ForeignBasemap, MapFile, read_foreign_basemap

CRS = "EPSG:26910"
_X, _Y = Transformer.from_crs(4326, CRS, always_xy=True).transform(*CENTER)
NEAR = shapely.box(_X - 2500, _Y - 2500, _X + 2500, _Y + 2500)


def read(path: Path, **asked: object) -> ForeignBasemap:
    """Read a file for a window in the middle of the county."""
    file = MapFile(path, **asked)  # type: ignore[arg-type]
    return read_foreign_basemap(file, crs=CRS, window=NEAR, inside=NEAR)


@pytest.fixture(scope="module")
def county() -> list[CountyFeature]:
    """Four square miles."""
    return build_county(2_600)


@pytest.fixture(scope="module")
def osm(county: list[CountyFeature], tmp_path_factory: pytest.TempPathFactory) -> ForeignBasemap:
    """The middle of the county read from an OpenStreetMap extract."""
    return read(write_osm(county, tmp_path_factory.mktemp("osm") / "county.osm.pbf"))


def sum_length_m(found: BasemapByKind, kind: str) -> float:
    return float(shapely.length(found[kind].shapes).sum())


def test_an_extract_has_every_kind_clipped_to_the_window(osm: ForeignBasemap) -> None:
    found = unpack_basemap(osm.data)
    needed = {"freeway", "ramp", "arterial", "collector", "local", "service", "rail", "stream"}
    assert needed | {"water", "park", "building"} <= set(found)
    assert osm.counts == {kind: len(own.shapes) for kind, own in found.items()}
    assert osm.credit == "© OpenStreetMap contributors"
    every = np.concatenate([own.shapes for own in found.values()])
    assert shapely.covers(NEAR.buffer(1), every).all()
    assert {"I 80", "US 50"} >= set(found["freeway"].refs) - {""} != set()
    assert any(name.endswith(" Court") for name in found["local"].names)
    (river,) = (
        shape
        for shape, name in zip(found["water"].shapes, found["water"].names, strict=True)
        if name == "Almanor River"
    )
    assert len(river.interiors) == 1
    assert pack_basemap(found) == osm.data


def test_census_files_give_the_same_streets(
    county: list[CountyFeature], osm: ForeignBasemap, tmp_path: Path
) -> None:
    files = write_tiger(county, tmp_path)
    roads, water = read(files["roads"]), read(files["areawater"])
    ours, theirs = unpack_basemap(osm.data), unpack_basemap(roads.data)
    for kind in ("freeway", "ramp", "arterial", "local"):
        assert sum_length_m(theirs, kind) == pytest.approx(sum_length_m(ours, kind), rel=0.05)
    assert set(theirs["freeway"].refs) == set(ours["freeway"].refs)
    assert set(theirs["local"].names) == set(ours["local"].names)
    assert (roads.vintage, roads.credit) == ("2025", "US Census Bureau, TIGER/Line")
    assert "Almanor River" in unpack_basemap(water.data)["water"].names


@pytest.mark.parametrize("ending", [".pmtiles", ".mbtiles"])
def test_vector_tiles_give_streets_water_and_names(
    county: list[CountyFeature], osm: ForeignBasemap, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"county{ending}"
    write_tiles(county, path)
    found = unpack_basemap(read(path).data)
    ours = unpack_basemap(osm.data)
    for kind in ("freeway", "arterial", "local"):
        assert sum_length_m(found, kind) == pytest.approx(sum_length_m(ours, kind), rel=0.1)
    assert "Almanor River" in found["water"].names


def write_tiles(county: list[CountyFeature], path: Path) -> None:
    """Write the county's roads and water as vector tiles in the Protomaps schema."""
    own = Transformer.from_crs(CRS, 3857, always_xy=True)
    items = [one for one in county if "highway" in one.tags or "water" in one.tags]
    shapes = shapely.transform(
        np.array([one.shape for one in items]),
        lambda xy: np.column_stack(own.transform(xy[:, 0] + _X, xy[:, 1] + _Y)),
    )
    kinds = [one.tags.get("highway", "water") for one in items]
    names = [one.tags.get("name", "") for one in items]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        [np.array(kinds, dtype=object), np.array(names, dtype=object)],
        ["kind_detail", "name"],
        layer="county",
        geometry_type="Unknown",
        crs="EPSG:3857",
        driver={".pmtiles": "PMTiles", ".mbtiles": "MBTiles"}[path.suffix],
        dataset_options={"MINZOOM": 14, "MAXZOOM": 14},
    )


def test_other_line_layers_are_read_by_chosen_columns(tmp_path: Path) -> None:
    path = tmp_path / "streets.geojson"
    line = shapely.LineString([(_X - 500, _Y), (_X + 500, _Y)])
    words = [np.array([text], dtype=object) for text in ("CITY ST", "Mapped Street")]
    pyogrio.raw.write(
        path,
        shapely.to_wkb([line]),
        words,
        ["RoadClass", "Street"],
        geometry_type="LineString",
        crs=CRS,
        driver="GeoJSON",
    )
    with refused("unreadable_file.no_basemap", columns=["RoadClass", "Street"]):
        read(path)
    found = read(
        path, columns={"kind": "RoadClass", "name": "Street"}, meanings={"CITY ST": "local"}
    )
    assert unpack_basemap(found.data)["local"].names == ("Mapped Street",)


def test_reading_a_basemap_can_be_canceled(county: list[CountyFeature], tmp_path: Path) -> None:
    def stop(_fraction: float, _text: str) -> None:
        raise Cancelled

    path = write_osm(county, tmp_path / "county.osm.pbf")
    with pytest.raises(Cancelled):
        read_foreign_basemap(MapFile(path), crs=CRS, window=NEAR, inside=NEAR, report=stop)


def test_invalid_map_files_and_truncated_basemaps_are_refused(
    osm: ForeignBasemap, tmp_path: Path
) -> None:
    path = tmp_path / "county.pmtiles"
    path.write_bytes(b"no tiles at all")
    with refused("unreadable_file.not_as_named", file="county.pmtiles"):
        read(path)
    for data in (b"", osm.data[: len(osm.data) // 2]):
        with pytest.raises(ValueError):
            unpack_basemap(data)


def test_a_table_is_refused_as_no_map(tmp_path: Path) -> None:
    table = tmp_path / "schools.csv"
    table.write_text("name\nElm\n", encoding="utf-8")
    with refused("unreadable_file.basemap"):
        read(table)
