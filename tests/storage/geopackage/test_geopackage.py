"""The project file is a valid GeoPackage that other programs open without warnings."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pyogrio
import pytest
from shapely.geometry import box
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from storage_samples import AT, EDIT, LOG, move_site, project, site, visit

from zoneplanner import storage
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.connection import is_remote_mount
from zoneplanner.storage.schema import ddl, tables
from zoneplanner.storage.schema.views import HELPER_VIEWS
from zoneplanner.tokens import ZONE_PALETTE

OGRINFO = shutil.which("ogrinfo")
SYSTEM_PYTHON = "/usr/bin/python3"
VALIDATOR = "osgeo_utils.samples.validate_gpkg"


def has_validator() -> bool:
    if not Path(SYSTEM_PYTHON).exists():
        return False
    look = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{VALIDATOR}') is None)"
    done = subprocess.run([SYSTEM_PYTHON, "-c", look], capture_output=True, check=False)
    return done.returncode == 0


needs_ogrinfo = pytest.mark.skipif(OGRINFO is None, reason="gdal-bin is not installed")
needs_validator = pytest.mark.skipif(not has_validator(), reason="python3-gdal is not installed")


@pytest.fixture
def used_store(store: storage.Store) -> storage.Store:
    """An open project with edits and entries."""
    before = store.project()
    areas = {("plan-1", "S1"): box(640_000, 4_270_000, 640_500, 4_271_000)}
    areas |= {("plan-1", "S2"): box(640_500, 4_270_000, 641_000, 4_271_000)}
    figures = {key: {"load_min": 90.0, "deviation": 0.05, "pieces": 1} for key in areas}
    after = move_site(before, "a", "S2")
    store.save(before, after, label="Move", **EDIT, outlines=areas, figures=figures)
    store.append(visit("v1"), **LOG)
    return store


def run_ogrinfo(*args: str) -> str:
    assert OGRINFO is not None
    done = subprocess.run([OGRINFO, *args], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert "Warning" not in done.stdout
    return done.stdout


@needs_ogrinfo
@pytest.mark.parametrize("state", ["open", "closed", "new"])
def test_ogrinfo_opens_a_project_without_warnings(
    used_store: storage.Store, tmp_path: Path, state: str
) -> None:
    path = used_store.path
    if state == "closed":
        used_store.close()
    if state == "new":
        path = tmp_path / "new.gpkg"
        storage.create(path, project(), actor="Officer A", at=AT).close()
    listed = run_ogrinfo("-ro", str(path))
    for layer in ("zone_area (Multi Polygon)", "site (Point)", "feature_line (Multi Line String)"):
        assert layer in listed
    everything = run_ogrinfo("-ro", "-al", str(path))
    assert "Layer name: journal_entry" in everything
    for view in ("site_by_zone (Point)", "zones_by_plan (Multi Polygon)", "visits", "incidents"):
        assert view in listed
    assert 'ID["EPSG",26910]' in everything


@needs_validator
def test_gdals_validator_passes(used_store: storage.Store) -> None:
    used_store.close()
    done = subprocess.run(
        [SYSTEM_PYTHON, "-m", VALIDATOR, "--extra", "--warning-as-error", str(used_store.path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (0, "", "")


@needs_ogrinfo
def test_a_layer_edited_by_gdal_can_still_be_read(used_store: storage.Store) -> None:
    command = ["-sql", "UPDATE site SET note = 'by GDAL' WHERE id = 'a'", str(used_store.path)]
    run_ogrinfo(*command)
    assert (
        used_store.project().sites["a"].note == ""
    )  # external changes wait until they are accepted
    (change,) = used_store.external
    assert (change.key, change.marked, change.after and change.after["note"]) == (
        *(("a",), True),
        "by GDAL",
    )


def test_pyogrio_reads_a_backup(used_store: storage.Store, tmp_path: Path) -> None:
    used_store.backup(tmp_path / "copy.gpkg")
    frame = pyogrio.read_dataframe(tmp_path / "copy.gpkg", layer="zone_area")
    assert list(frame["zone"]) == ["S1", "S2"]
    assert list(frame["load_min"]) == [90.0, 90.0]
    assert frame.crs.to_epsg() == 26910
    assert frame.geometry[0].equals(box(640_000, 4_270_000, 640_500, 4_271_000))
    sites = pyogrio.read_dataframe(tmp_path / "copy.gpkg", layer="site")
    assert list(sites["enrollment"].fillna(-1)) == [1200, -1, 1200]


def read_pragma(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def test_the_header_is_geopackage_1_4(store: storage.Store) -> None:
    store.close()
    assert read_pragma(store.path, "application_id") == int.from_bytes(b"GPKG", "big")
    assert read_pragma(store.path, "user_version") == 10400


def test_every_table_is_registered_without_cached_counts(store: storage.Store) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        made = {
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
            )
        }
        registered = {
            name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents")
        }
    own = {name for name in made if not name.startswith("gpkg_")}
    own.remove("qgis_projects")  # QGIS does not register it either
    assert registered == own - set(HELPER_VIEWS)
    assert "gpkg_ogr_contents" not in made


def test_zones_open_in_qgis_in_their_colors(store: storage.Store) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        styles = dict(
            connection.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault")
        )
    assert set(styles) == set(tables.GEOMETRY_TYPES) | set(layer_registry.VIEW_GEOMETRY_TYPES)
    channels = [[str(int(color[at : at + 2], 16)) for at in (1, 3, 5)] for color in ZONE_PALETTE]
    for layer, opacity in (("zone_area", "56"), ("zones_by_plan", "56"), ("site_by_zone", "255")):
        renderer = ElementTree.fromstring(styles[layer]).find("renderer-v2")
        assert renderer is not None
        colors = [
            option.attrib["value"]
            for option in renderer.findall("symbols/symbol/layer/Option/Option[@name='color']")
        ]
        assert colors[:12] == [",".join([*color, opacity]) for color in channels]
        values = [category.attrib["value"] for category in renderer.findall("categories/category")]
        names = [symbol.attrib["name"] for symbol in renderer.findall("symbols/symbol")]
        assert values[:12] == names[:12] == [str(place) for place in range(12)]
    for text in styles.values():
        assert ElementTree.fromstring(text).tag == "qgis"


def test_the_stored_schema_text_matches_the_tables() -> None:
    meta, dialect = tables.build_tables(26910), sqlite.dialect()
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in meta.tables.values()]
    made += [
        str(CreateIndex(index).compile(dialect=dialect))
        for table in meta.tables.values()
        for index in table.indexes
    ]
    written = {" ".join(statement.split()) for statement in ddl.index_statements().values()}
    missing = [statement for statement in made if " ".join(statement.split()) not in written]
    assert not missing, "the schema lacks:" + "\n".join(missing)


def test_every_editable_table_notices_edits_by_other_programs() -> None:
    triggers = {name for kind, name in ddl.index_statements() if kind == "trigger"}
    for doing in ("changed", "added", "removed"):
        assert {f"{name}_{doing}" for name in tables.KEY_COLUMNS} <= triggers


def test_a_layers_extent_follows_a_moved_site(store: storage.Store) -> None:
    before = store.project()
    store.save(before, before.with_site(site("a", x_m=700_000.0)), label="Move", **EDIT)
    query = "SELECT max_x, last_change FROM gpkg_contents WHERE table_name = 'site'"
    with closing(sqlite3.connect(f"file:{store.path}?mode=ro", uri=True)) as connection:
        assert connection.execute(query).fetchall() == [(700_000.0, "2026-11-16T16:35:00.000Z")]


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/export /mnt/team\\040files nfs4 rw 0 0
//nas/share /mnt/nas cifs rw 0 0
tmpfs /mnt/nas/local tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "remote"),
    [
        ("/home/planner", False),
        ("/mnt/team files/2026", True),
        ("/mnt/nas", True),
        ("/mnt/nas/local/x", False),
        ("/mnt/nascent", False),
    ],
)
def test_a_network_share_is_recognized_by_its_mount(folder: str, remote: bool) -> None:
    assert is_remote_mount(folder, MOUNTS) is remote


def test_the_store_is_loaded_only_when_a_project_is_opened() -> None:
    code = "import sys, zoneplanner.storage; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
