"""Other programs read the views of a project file as they are: Datasette and geopandas."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from storage_samples import EDIT, LOG, moved, visit, void

from zoneplanner import storage

pytestmark = pytest.mark.long


@pytest.fixture
def closed(store: storage.Store) -> Path:
    """A project with a school that moved, a visit, one that was corrected and one that is void."""
    before = store.project()
    store.save(before, moved(before, "a", "S2"), label="Move", **EDIT)
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
def test_datasette_lists_and_filters_the_views(closed: Path) -> None:
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
