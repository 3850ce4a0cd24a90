"""No parser of foreign bytes runs in the planner's own process."""

import ast
import csv
import ctypes
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import icalendar
import openpyxl
import osmium
import pyogrio
import pyogrio.raw
import pytest
import shapely
from builders import OpenSession, project_from
from reader_tasks import look_up_missing_key, parse_word_as_number, tell_of_process
from road_files import graphml
from source_trees import source_nodes
from vector_files import NEAR, geojson, spot, workbook

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.errors import UserError
from zoneplanner.exchange.roads.reader import read_roads
from zoneplanner.exchange.sandbox.process import (
    GuardedTask,
    ProcessLimits,
    ReaderBug,
    run_guarded,
)
from zoneplanner.exchange.sandbox.process_limits import JobLimits, build_job_limits
from zoneplanner.exchange.vector.layers import read_foreign_layer

PARSERS = {
    *("csv.reader", "DictReader", "load_workbook", "from_ical", "iterparse", "FileProcessor"),
    *("PdfDocument", "Image.open"),
    *("from_geojson", "read_dataframe", "read_arrow", "fromstring", "read_csv", "read_excel"),
}
GUARDED = {
    *("exchange/sandbox/table_reader.py", "exchange/sandbox/layer_reader.py"),
    *("exchange/roads/openstreetmap.py", "exchange/roads/census_tiger.py"),
    *("exchange/roads/osmnx_graph.py", "exchange/formats/school_calendar.py"),
    *("exchange/basemap/map_files.py", "exchange/basemap/geotiff.py"),
    "exchange/sandbox/picture_reader.py",
    "exchange/basemap/geotiff.py",
}
OURS = {
    *("exchange/presets/bundled_district.py", "storage/geopackage/qgis_project.py"),
    "ui/publish/page_preview.py",
}
"""They read what ships with the program, or what it printed."""


def test_parsers_are_called_by_the_tasks_of_the_guarded_process_alone() -> None:
    calling = {
        path
        for path, nodes in source_nodes().items()
        for node in nodes
        if isinstance(node, ast.Call)
        and not PARSERS.isdisjoint({ast.unparse(node.func), getattr(node.func, "attr", "")})
    }
    assert calling <= GUARDED | OURS


FILES: dict[str, tuple[str, str, str]] = {
    "sites": ("sites", "a.csv", "id,name,latitude,longitude\n1,Hill,{lat},{lon}\n"),
    "plan": ("plan", "a.csv", "site,zone\nr1c1,A\n"),
    "travel": ("travel", "a.csv", "from,to,minutes\nr1c1,r1c2,3\nr1c1,r1c3,3\nr1c2,r1c3,3\n"),
    "officers": ("officers", "a.csv", "id,name,agency\no1,Ann,Sheriff\n"),
    "visits": ("visits", "a.csv", "site,arrived_at\nr1c1,2026-11-13T08:00\n"),
    "calendar table": ("calendar", "a.csv", "kind,name,first\nholiday,Day,2026-11-27\n"),
    "calendar": (
        "calendar",
        "a.ics",
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nSUMMARY:No school\n"
        "DTSTART;VALUE=DATE:20261127\nEND:VEVENT\nEND:VCALENDAR\n",
    ),
}


@pytest.fixture
def no_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every parser fail in this process; the guarded one has its own."""

    def fail(*_args: Any, **_options: Any) -> NoReturn:
        raise AssertionError("a parser of foreign bytes runs in the planner's own process")

    owners: list[tuple[object, str]] = [
        *((csv, "reader"), (openpyxl, "load_workbook"), (icalendar.Calendar, "from_ical")),
        *((osmium, "FileProcessor"), (ElementTree, "iterparse"), (pyogrio, "list_layers")),
        *((pyogrio.raw, "read"), (shapely, "from_geojson"), (shapely, "make_valid")),
    ]
    for owner, name in owners:
        monkeypatch.setattr(owner, name, fail)
    loads = json.loads

    def loads_ours(text: str | bytes, *args: Any, **options: Any) -> Any:
        start = text[:200] if isinstance(text, str) else text[:200].decode(errors="replace")
        assert "FeatureCollection" not in start
        return loads(text, *args, **options)

    monkeypatch.setattr(json, "loads", loads_ours)


@pytest.mark.usefixtures("no_parsers")
@pytest.mark.parametrize("case", FILES)
def test_a_file_is_imported_without_a_parser_here(
    case: str, open_session: OpenSession, tmp_path: Path
) -> None:
    kind, name, text = FILES[case]
    file = tmp_path / name
    session = open_session(project_from("AAB"))
    project = session.project
    lon, lat = to_lonlat(project.crs, *project.site("r1c1").point.coords[0])
    file.write_text(text.format(lat=lat + 0.001, lon=lon))
    assert import_file(session, file, kind).taken == (3 if kind == "travel" else 1)
    assert not multiprocessing.active_children()


SQUARE = [[-121.4, 38.6], [-121.3, 38.6], [-121.3, 38.7], [-121.4, 38.6]]
LAYERS: dict[str, Callable[[Path], Path]] = {
    "GeoJSON": lambda folder: geojson(folder / "a.geojson", (spot(), {"name": "A"})),
    "a workbook": lambda folder: workbook(folder / "a.xlsx", [["lat", "lon"], [38.6, -121.3]]),
}


@pytest.mark.parametrize("case", LAYERS)
def test_a_layer_is_read_without_a_parser_here(
    case: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = LAYERS[case](tmp_path)
    request.getfixturevalue("no_parsers")
    assert len(read_foreign_layer(path, crs="EPSG:26910", near=NEAR).features) == 1


def test_zones_and_roads_are_read_without_a_parser_here(
    open_session: OpenSession, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    area = {"type": "Polygon", "coordinates": [SQUARE]}
    zones = geojson(tmp_path / "zones.geojson", (area, {"zone": "A"}))
    roads = graphml(tmp_path / "town.graphml")
    request.getfixturevalue("no_parsers")
    with pytest.raises(UserError, match="a site of this project"):
        import_file(open_session(project_from("AAB")), zones, "zones")
    assert len(read_roads(roads).start)


@pytest.mark.usefixtures("no_parsers")
def test_stop_ends_the_reading_of_a_table(open_session: OpenSession, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("site,arrived_at\n" + "r1c1,2026-11-13T08:00\n" * 200_000)

    def report(_fraction: float, _text: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        import_file(open_session(project_from("AAB")), file, "visits", report=report)
    assert not multiprocessing.active_children()


@pytest.mark.skipif(sys.platform != "linux", reason="readers are forked on Linux alone")
def test_readers_of_a_window_are_forked_by_one_process_that_has_their_libraries(
    tmp_path: Path,
) -> None:
    task = GuardedTask(tell_of_process, {}, ProcessLimits())
    told = [
        json.loads(answer)
        for _ in range(2)
        for answer in run_guarded(task, tmp_path, "a", lambda fraction, text: None)
    ]
    assert told == [[told[0][0], True]] * 2
    assert told[0][0] != os.getpid()


def test_a_reader_starts_anew_where_the_socket_of_the_one_that_waits_is_gone(
    tmp_path: Path,
) -> None:
    task = GuardedTask(tell_of_process, {}, ProcessLimits())

    def ask() -> int:
        return len(list(run_guarded(task, tmp_path, "a", lambda fraction, text: None)))

    assert ask() == 1
    folder = Path(get_temp_dir())
    away = folder.rename(folder.with_name(f"{folder.name}-away"))
    try:
        assert ask() == 1
    finally:
        away.rename(folder)
    assert ask() == 1


def test_a_bug_in_a_reader_is_not_reported_as_a_damaged_file(tmp_path: Path) -> None:
    task = GuardedTask(look_up_missing_key, {}, ProcessLimits())
    with pytest.raises(ReaderBug, match="look_up_missing_key") as caught:
        list(run_guarded(task, tmp_path, "a.csv", lambda fraction, text: None))
    assert "KeyError: 'missing'" in str(caught.value)
    assert not isinstance(caught.value, UserError)


def test_a_damaged_file_is_refused_with_its_name_and_the_reason(tmp_path: Path) -> None:
    task = GuardedTask(parse_word_as_number, {}, ProcessLimits())
    with pytest.raises(UserError) as caught:
        list(run_guarded(task, tmp_path / "copy", "a.csv", lambda fraction, text: None))
    assert caught.value.template == "unreadable_file.layer"
    assert "damaged a.csv" in caught.value.details["reason"]


def test_the_limits_of_a_windows_job_are_laid_out_as_windows_wants_them() -> None:
    limits = build_job_limits(3_000_000_000, 60)
    if ctypes.sizeof(ctypes.c_void_p) == 8:
        assert ctypes.sizeof(JobLimits) == 144
    assert limits.ProcessMemoryLimit == 3_000_000_000
    assert limits.Basic.PerProcessUserTimeLimit == 610_000_000
    assert limits.Basic.LimitFlags == 0x2102
