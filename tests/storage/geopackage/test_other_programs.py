"""Datasette, geopandas and LibreOffice read the views of a project file as they are."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from storage_samples import EDIT, LOG, move_site, visit, void

from zoneplanner import storage

PYTHON = "/usr/bin/python3"
DRIVERS = ("/usr/lib/x86_64-linux-gnu/odbc", "/usr/lib/aarch64-linux-gnu/odbc")

pytestmark = pytest.mark.long


@pytest.fixture
def closed(store: storage.Store) -> Path:
    """A closed project with a moved school and a normal, a corrected and a voided visit."""
    before = store.project()
    store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
    entries = [visit("v1"), visit("v2", "b"), visit("v3", "b", supersedes="v2", unit="S2")]
    store.append_many([*entries, visit("v4"), void("v5", "v4")], **LOG)
    store.close()
    assert store.path is not None
    return store.path


def ask_datasette(path: Path, query: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "datasette", str(path), "--get", f"/{path.stem}/{query}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(find_spec("datasette") is None, reason="datasette is not installed")
def test_datasette_lists_and_filters_views(closed: Path) -> None:
    rows = ask_datasette(closed, "visits.json?_shape=array&unit=S2")
    assert [(row["uid"], row["site"]) for row in rows] == [("v2", "b")]
    schools = ask_datasette(closed, "site_by_zone.json?_shape=array&_sort=id")
    assert [(row["id"], row["zone"]) for row in schools] == [("a", "S2"), ("b", "S2"), ("c", "S2")]


def test_geopandas_reads_schools_by_zone_and_visits(closed: Path) -> None:
    schools = gpd.read_file(closed, layer="site_by_zone").set_index("id")
    assert schools["zone"].to_dict() == {"a": "S2", "b": "S2", "c": "S2"}
    assert schools.crs.to_epsg() == 26910 and schools.geometry.geom_type.unique() == ["Point"]
    assert schools.loc["a", "load_min_per_day"] > 0
    visits = gpd.read_file(closed, layer="visits")
    assert visits["uid"].tolist() == ["v1", "v2"]
    assert visits["unit"].tolist() == ["S1", "S2"]


def has_libreoffice() -> bool:
    """Return whether LibreOffice, its Python bridge and an SQLite driver are installed."""
    drivers = (driver for folder in DRIVERS for driver in Path(folder).glob("libsqlite3odbc.so"))
    if shutil.which("soffice") is None or not Path(PYTHON).exists() or not any(drivers):
        return False
    look = [PYTHON, "-c", "import uno"]
    return subprocess.run(look, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_libreoffice(), reason="LibreOffice with ODBC is not installed")
def test_libreoffice_lists_and_reads_views(closed: Path) -> None:
    query = 'SELECT "uid", "site", "unit" FROM "visits" ORDER BY "fid"'
    command = [PYTHON, str(Path(__file__).with_name("libreoffice_reader.py")), str(closed), query]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("said ")]
    found = json.loads(said.removeprefix("said "))
    assert {"visits", "incidents", "site_by_zone", "shifts"} <= set(found["views"])
    assert found["rows"] == [["v1", "a", "S1"], ["v2", "b", "S2"]]
