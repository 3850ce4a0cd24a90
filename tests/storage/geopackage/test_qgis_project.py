"""The QGIS project embedded in a file: schools by zone with the current plans' zone names."""

import io
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from storage_samples import AT, EDIT, move_site, project

from zoneplanner import storage
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.bundled import resources_dir
from zoneplanner.storage.geopackage.qgis_project import PROJECT_NAME, read_qgis_style


def run(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as base:
        found = base.execute(statement, values).fetchall()
        base.commit()
        return found


def read_project(path: Path) -> Xml.Element:
    """Unpack the embedded project, a zip file in hexadecimal."""
    ((content,),) = run(path, "SELECT content FROM qgis_projects WHERE name = ?", PROJECT_NAME)
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(str(content)))) as archive:
        (name,) = archive.namelist()
        return Xml.fromstring(archive.read(name))


def read_legend(path: Path) -> dict[str, list[str]]:
    """Return the zone names in each plan's legend."""
    root = read_project(path)
    found = {}
    for group in root.findall("layer-tree-group/layer-tree-group"):
        (key,) = (one.get("id") for one in group if one.get("name") == "Schools by zone")
        (layer,) = (one for one in root.iter("maplayer") if one.findtext("id") == key)
        found[str(group.get("name"))] = [str(one.get("label")) for one in layer.iter("category")]
    return found


def test_a_new_file_colors_schools_by_zone(store: storage.Store) -> None:
    assert store.path is not None
    names = [zone.name for zone in project().plans["plan-1"].zones]
    assert read_legend(store.path) == {project().plans["plan-1"].name: [*names, "No zone"]}


def test_the_project_is_rewritten_for_zones_and_plans_but_not_for_moves(
    store: storage.Store,
) -> None:
    assert store.path is not None
    before = store.project()
    was = run(store.path, "SELECT content FROM qgis_projects")
    after = move_site(before, "a", "S2")
    store.save(before, after, label="Move", **EDIT)
    assert run(store.path, "SELECT content FROM qgis_projects") == was
    plan = after.plans["plan-1"]
    named = replace(plan, zones=(replace(plan.zones[0], name="North & <East>"), *plan.zones[1:]))
    other = replace(named, uid="plan-2", name="Draft B")
    store.save(after, replace(after, plans={"plan-1": named, "plan-2": other}), label="N", **EDIT)
    assert {plan: names[0] for plan, names in read_legend(store.path).items()} == {
        plan.name: "North & <East>",
        "Draft B": "North & <East>",
    }
    assert store.verify().ok


def read_sources(path: Path) -> set[str]:
    root = read_project(path)
    return {str(one.text).partition("|")[0] for one in root.iter("datasource")}


def test_a_renamed_files_project_refers_to_the_new_name(
    store: storage.Store, tmp_path: Path
) -> None:
    assert store.path is not None
    store.close()
    renamed = tmp_path / "North & South.gpkg"
    shutil.move(store.path, renamed)
    open_session(renamed, stays=True).close()
    assert read_sources(renamed) == {"./North & South.gpkg"}


def test_a_copys_project_refers_to_the_copy(store: storage.Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gpkg"
    store.backup(copy)
    assert read_sources(copy) == {"./copy.gpkg"}
    with storage.open(copy) as opened:
        assert opened.verify().ok


def test_a_project_saved_in_qgis_is_not_overwritten(store: storage.Store) -> None:
    assert store.path is not None
    said = json.dumps({"last_modified_user": "officer", "last_modified_time": "2026-11-27"})
    statement = "UPDATE qgis_projects SET metadata = ?, content = '00' WHERE name = ?"
    run(store.path, statement, said, PROJECT_NAME)
    store.close()
    open_session(store.path, stays=True).close()
    assert run(store.path, "SELECT metadata, content FROM qgis_projects") == [(said, "00")]


def test_an_earlier_file_gets_a_project_when_opened(store: storage.Store) -> None:
    assert store.path is not None
    run(store.path, "DROP TABLE qgis_projects")
    store.close()
    open_session(store.path, read_only=True).close()
    assert not run(store.path, "SELECT 1 FROM sqlite_schema WHERE name = 'qgis_projects'")
    open_session(store.path, stays=True).close()
    assert read_legend(store.path)


HOSTILE = [
    "CREATE TABLE qgis_projects (name TEXT)",
    "CREATE TABLE qgis_projects (name TEXT, metadata BLOB, content BLOB CHECK (content = 'x'))",
    "CREATE TABLE qgis_projects (name TEXT, metadata BLOB, content BLOB, more TEXT NOT NULL)",
]


@pytest.mark.parametrize("statement", HOSTILE)
def test_an_unexpected_qgis_table_does_not_block_the_planner(
    store: storage.Store, statement: str
) -> None:
    assert store.path is not None
    run(store.path, "DROP TABLE qgis_projects")
    run(store.path, statement)
    store.close()
    session = open_session(store.path, stays=True)
    session.apply("Rename", lambda one: replace(one, name="Vale"))
    session.close()
    with storage.open(store.path) as again:
        assert again.project().name == "Vale"
        assert again.verify().ok
        again.backup(store.path.with_name("copy.gpkg"))


def test_the_qgis_project_is_not_part_of_the_chain(store: storage.Store) -> None:
    assert store.path is not None
    heads = store.heads()
    store.refresh_for_other_programs(project(), AT)
    assert store.heads() == heads
    run(store.path, "UPDATE qgis_projects SET content = 'forged'")
    assert store.verify().ok


def test_faulty_styles_are_fixed_and_a_persons_styles_stay(
    store: storage.Store,
) -> None:
    """QGIS ignores a single symbol not named 0 and drew solid areas instead."""
    assert store.path is not None
    look = "SELECT styleQML FROM layer_styles WHERE f_table_name = ?"
    ((style,),) = run(store.path, look, "jurisdiction")
    broken = str(style).replace('symbol name="0"', 'symbol name="jurisdiction"')
    assert broken != style
    person = broken.replace("3.28.0", "3.40.6-Bratislava")
    change = "UPDATE layer_styles SET styleQML = ? WHERE f_table_name = ?"
    run(store.path, change, broken, "jurisdiction")
    run(store.path, change, person, "block")
    store.close()
    open_session(store.path, stays=True).close()
    assert run(store.path, look, "jurisdiction") == [(style,)]
    assert run(store.path, look, "block") == [(person,)]
    for path in (resources_dir() / "qgis").glob("*.qml"):
        renderer = Xml.fromstring(read_qgis_style(path.stem)).find("renderer-v2")
        assert renderer is not None
        names = [one.get("name") for one in renderer.iterfind("symbols/symbol")]
        assert renderer.get("type") != "singleSymbol" or names == ["0"], path.name


def test_a_plan_is_not_shown_before_its_first_day(store: storage.Store) -> None:
    assert store.path is not None
    held = []
    for hours in (-12, 2, 19):  # noon the day before, that evening, noon of the day
        at = datetime(2026, 8, 17, tzinfo=UTC) + timedelta(hours=hours)
        store.refresh_for_other_programs(project(), at)
        held += run(store.path, "SELECT content FROM qgis_projects")
    assert held[0] == held[1] != held[2]
