"""What a basemap of a county costs: read, stored, drawn, printed, and in the web map.

The county is made up (``tests/county.py``): 110,000 segments of roads around the bundled district.
Frames show the whole map at 1200 x 800 pixels with zones, sites and labels.
"""

import os
import sys
import tempfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_canvas import zone_project
from county import build_county, count_road_segments, write_osm

from zoneplanner import storage
from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.geography.basemap_files import load_basemap
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import BasemapOptions, ImportOptions
from zoneplanner.app.publishing.handout import collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import draw_edges
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.publish.documents.zone_sheets import build_zone_sheets
from zoneplanner.publish.pdf.page import render_pdf
from zoneplanner.publish.web.web_map import render_web_map
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import SessionBridge
from zoneplanner.ui.widgets.style.theme import THEMES, apply_theme

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
SIZE = (1200, 800)
FRAMES = 60
REST_S = 2.0


def main() -> None:
    """Print each figure; frames in milliseconds of processor time, the median and the 95th."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    apply_theme(app, THEMES["light"])
    with tempfile.TemporaryDirectory() as folder:
        county = build_county(100_000)
        path = write_osm(county, Path(folder) / "county.osm.pbf")
        project = zone_project(build_bundled_project(uid="bench"))
        store = storage.create(Path(folder) / "bench.gpkg", project, actor="bench", at=NOW)
        session = Session(store, actor="bench", desk="bench", clock=lambda: NOW)
        begun = perf_counter()
        asked = ImportOptions(path, "basemap", basemap=BasemapOptions(in_project=True))
        import_file(session, path, "basemap", options=asked)
        print(
            f"{count_road_segments(county):,} segments, {path.stat().st_size / 1e6:.1f} MB of "
            f"extract: imported in {perf_counter() - begun:.1f} s"
        )
        _measure_stored(session)
        _measure_frames(app, session)
        _measure_published(session)
        _measure_edges(session)
        session.close()


def _measure_stored(session: Session) -> None:
    basemap = session.project.basemap
    assert basemap is not None
    begun = process_time()
    load_basemap(session.project)
    spent = 1000 * (process_time() - begun)
    packed = len(zlib.compress(basemap.data)) / 1e6
    print(f"  kept: {packed:.2f} MB packed, unpacked in {spent:.0f} ms")


def _measure_frames(app: QApplication, session: Session) -> None:
    bridge = SessionBridge(session)
    begun = process_time()
    view = MapView(session, bridge, THEMES["light"])
    view.resize(*SIZE)
    view.show()
    app.processEvents()
    print(f"  first picture {1000 * (process_time() - begun):.0f} ms")
    for name, factor in (("whole", 1.0), ("middle", 2.2), ("near", 4.0)):
        view.zoom_by(factor)
        _settle(app)
        spans = {"pan by 30 px": [], "zoom by 3 %": []}
        for turn in range(FRAMES):
            view.pan_by(QPoint(30, 11) if turn % 20 < 10 else QPoint(-30, -11))
            spans["pan by 30 px"].append(_frame(app, view))
        _settle(app)
        for turn in range(FRAMES):
            view.zoom_by(1.03 if turn % 2 else 1 / 1.03)
            spans["zoom by 3 %"].append(_frame(app, view))
        told = ", ".join(
            f"{what} {median(times):.1f} ms ({sorted(times)[int(0.95 * FRAMES)]:.1f})"
            for what, times in spans.items()
        )
        print(f"  {name}, {view.map.m_px:.1f} m/px: {told}")
    bridge.close()


def _measure_edges(session: Session) -> None:
    """Zone edges along streets: the first time, and after an edit."""
    begun = process_time()
    set_data_row(session, "preference", "office", {"edges": "streets"})
    first = process_time() - begun
    faces = session.state.street_faces
    assert faces is not None and session.plan is not None
    site, zone = next(iter(session.plan.assignment.items()))
    begun = process_time()
    session.apply("Move", lambda project: set_zone_name(project, zone, site))
    print(
        f"  edges: {len(faces.polygons):,} faces, {first:.2f} s the first time, "
        f"{process_time() - begun:.2f} s with an edit that moves none"
    )
    before = session.state
    begun = process_time()
    draw_edges(replace(before, outlines=before.block_outlines), None)
    print(f"  edges anew: {process_time() - begun:.2f} s")


def set_zone_name(project: Project, zone: str, name: str) -> Project:
    """Rename a zone, an edit that moves no edge."""
    plan = next(iter(project.plans.values()))
    zones = (replace(one, name=name) if one.id == zone else one for one in plan.zones)
    return project.with_plan(replace(plan, zones=tuple(zones)))


def _frame(app: QApplication, view: MapView) -> float:
    begun = process_time()
    view.viewport().repaint()
    spent = 1000 * (process_time() - begun)
    app.processEvents()
    return spent


def _settle(app: QApplication) -> None:
    end = perf_counter() + REST_S
    while perf_counter() < end:
        app.processEvents()


def _measure_published(session: Session) -> None:
    handout = collect_handout(session, "public")
    begun = process_time()
    pdf = render_pdf(build_zone_sheets(handout))
    spent = process_time() - begun
    page = render_web_map(handout)
    print(
        f"  zone sheets: {spent:.1f} s, {len(pdf) / 1e6:.2f} MB; web map {len(page) / 1e6:.2f} MB"
    )


if __name__ == "__main__":
    main()
