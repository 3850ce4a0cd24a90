"""No parser of foreign bytes runs in the planner's own process."""

import ast
import csv
import ctypes
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import icalendar
import numpy as np
import openpyxl
import osmium
import pyogrio
import pyogrio.raw
import pytest
import shapely
from builders import OpenSession, project_from, refused
from reader_tasks import look_up_missing_key, parse_word_as_number, report_process
from road_files import write_graphml
from source_trees import parse_sources
from vector_files import NEAR, point_geometry, write_geojson, write_workbook

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.errors import UserError
from zoneplanner.exchange.roads.reader import read_roads
from zoneplanner.exchange.sandbox.process import (
    GuardedTask,
    ProcessLimits,
    ReaderBug,
    decode_message,
    encode_answer,
    run_guarded,
)
from zoneplanner.exchange.sandbox.process_limits import JobLimits, build_job_limits
from zoneplanner.exchange.vector.layers import read_foreign_layer
from zoneplanner.messages import Message

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
"""They read files of the program itself: bundled ones, or pages it printed."""


def test_only_tasks_of_the_guarded_process_call_parsers() -> None:
    calling = {
        path
        for path, nodes in parse_sources().items()
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
def forbidden_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every parser fail in this process; the guarded process is not affected."""

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

    def load_own_json(text: str | bytes, *args: Any, **options: Any) -> Any:
        start = text[:200] if isinstance(text, str) else text[:200].decode(errors="replace")
        assert "FeatureCollection" not in start
        return loads(text, *args, **options)

    monkeypatch.setattr(json, "loads", load_own_json)


@pytest.mark.usefixtures("forbidden_parsers")
@pytest.mark.parametrize("case", FILES)
def test_an_import_runs_no_parser_in_this_process(
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
    "GeoJSON": lambda folder: write_geojson(
        folder / "a.geojson", (point_geometry(), {"name": "A"})
    ),
    "a workbook": lambda folder: write_workbook(
        folder / "a.xlsx", [["lat", "lon"], [38.6, -121.3]]
    ),
}


@pytest.mark.parametrize("case", LAYERS)
def test_reading_a_layer_runs_no_parser_in_this_process(
    case: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = LAYERS[case](tmp_path)
    request.getfixturevalue("forbidden_parsers")
    assert len(read_foreign_layer(path, crs="EPSG:26910", near=NEAR).features) == 1


def test_reading_zones_and_roads_runs_no_parser_in_this_process(
    open_session: OpenSession, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    area = {"type": "Polygon", "coordinates": [SQUARE]}
    zones = write_geojson(tmp_path / "zones.geojson", (area, {"zone": "A"}))
    roads = write_graphml(tmp_path / "town.graphml")
    request.getfixturevalue("forbidden_parsers")
    with refused("no_row_imported.plan"):
        import_file(open_session(project_from("AAB")), zones, "zones")
    assert len(read_roads(roads).start)


@pytest.mark.usefixtures("forbidden_parsers")
def test_reading_a_table_can_be_stopped(open_session: OpenSession, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("site,arrived_at\n" + "r1c1,2026-11-13T08:00\n" * 200_000)

    def report(_fraction: float, _text: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        import_file(open_session(project_from("AAB")), file, "visits", report=report)
    assert not multiprocessing.active_children()


@pytest.mark.skipif(sys.platform != "linux", reason="readers are forked only on Linux")
def test_readers_are_forked_from_one_process_with_the_libraries_loaded(
    tmp_path: Path,
) -> None:
    task = GuardedTask(report_process, {}, ProcessLimits())
    told = [
        json.loads(answer)
        for _ in range(2)
        for answer in run_guarded(task, tmp_path, "a", lambda fraction, text: None)
    ]
    assert told == [[told[0][0], True]] * 2
    assert told[0][0] != os.getpid()


def test_a_reader_starts_even_if_the_socket_of_the_waiting_process_is_gone(
    tmp_path: Path,
) -> None:
    task = GuardedTask(report_process, {}, ProcessLimits())

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


def test_windows_job_limits_have_the_layout_windows_expects() -> None:
    limits = build_job_limits(3_000_000_000, 60)
    if ctypes.sizeof(ctypes.c_void_p) == 8:
        assert ctypes.sizeof(JobLimits) == 144
    assert limits.ProcessMemoryLimit == 3_000_000_000
    assert limits.Basic.PerProcessUserTimeLimit == 610_000_000
    assert limits.Basic.LimitFlags == 0x2102


def test_a_message_of_the_guarded_process_keeps_its_facts() -> None:
    """A day stays a day, so that the window writes it in the desk's format."""
    too_long = Message("longer_than_a_school_year", start=date(2026, 1, 1), last=date(2027, 3, 1))
    message = Message(
        "nothing_to_show",
        source="a.csv",
        rows=[too_long, "b"],
        n=np.int64(3),
        at=datetime(2026, 11, 16, 8, tzinfo=UTC),
        is_new=True,
        columns={"day": "Date"},
    )
    (answer,) = json.loads(encode_answer([message]))
    assert decode_message(answer) == message
    assert decode_message(answer).facts["rows"][0].say(US_FORMATS) == too_long.say(US_FORMATS)
