"""What a frame of the map costs: whole, panned, zoomed, while a site is dragged; and a large one.

The large one is 10,000 points and 100,000 road segments at 1200 x 800 pixels, drawn as the map
draws its lines and, in the same run, with one graphics item a feature.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import shapely
import shiboken6
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView

from zoneplanner import storage
from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.measures.plan_measures import find_primary_jurisdictions
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.ui.map.scene.drawing import SceneLayer, SceneTransform, make_segment_batch
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import SessionBridge
from zoneplanner.ui.widgets.style.theme import THEMES, apply_theme

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
SIZE = (1200, 800)
FRAMES = 40
POINTS, ROADS, PER_ROAD = 10_000, 5_000, 20
SIDE_M = 30_000.0


def main() -> None:
    """Print the median of each kind of frame, in milliseconds."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    apply_theme(app, THEMES["light"])
    with tempfile.TemporaryDirectory() as folder:
        _real(app, Path(folder))
    _large(app)


def _real(app: QApplication, folder: Path) -> None:
    project = zone_project(build_bundled_project(uid="bench"))
    store = storage.create(folder / "bench.gpkg", project, actor="bench", at=NOW)
    session = Session(store, actor="bench", desk="bench", clock=lambda: NOW)
    bridge = SessionBridge(session)
    begun = perf_counter()
    view = MapView(session, bridge, THEMES["light"])
    view.resize(*SIZE)
    view.show()
    app.processEvents()
    print(f"bundled district, {SIZE[0]} x {SIZE[1]}: first picture {_ms(begun):.0f} ms")
    anew = _frames(app, view, lambda _: view.viewport().update())
    view.zoom_by(1.6)
    panned = _frames(app, view, lambda n: view.pan_by(_to_and_fro(n)))
    zoomed = _frames(app, view, lambda n: view.zoom_by(_in_and_out(n)))
    _tell({"whole map anew": anew, "pan by 7 px": panned, "zoom by 3 %": zoomed})
    view.fit()
    app.processEvents()
    _tell(_drag(app, view))
    bridge.close()
    session.close()


def _tell(figures: dict[str, float]) -> None:
    for name, ms in figures.items():
        print(f"  {name:20} {ms:6.1f} ms")


def _drag(app: QApplication, view: MapView) -> dict[str, float]:
    """Drag a school over two zones and back, many times."""
    plan = view.session.plan
    site = next(s for s in view.session.project.patrolled if plan and plan.assignment[s.id] == "S3")
    if not view.tools["select"].site_drag.lift(site.id):
        raise SystemExit("the site may not be dragged")
    within, across = [], []
    home = view.map.find_number_position("S3") or QPointF()
    away = view.map.find_number_position("S4") or QPointF()
    for turn in range(FRAMES):
        for spot in (home, away):
            at = view.mapFromScene(spot)
            across.append(_frame(app, lambda at=at: view.tools["select"].site_drag.carry(at)))
            for step in range(1, 4):
                near = at + QPoint(3 * step, turn % 5)
                within.append(_frame(app, lambda at=near: view.tools["select"].site_drag.carry(at)))
    view.tools["select"].site_drag.put_back()
    return {"drag in a zone": median(within), "drag into a zone": median(across)}


def _large(app: QApplication) -> None:
    rng = np.random.default_rng(0)
    roads = [shapely.linestrings(line) for line in _roads(rng)]
    points = rng.uniform(0, SIDE_M, (POINTS, 2)) * (1, -1)
    view = QGraphicsView()
    view.resize(*SIZE)
    view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
    rect = QRectF(0, -SIDE_M, SIDE_M, SIDE_M)
    ours = QGraphicsScene(rect)
    layer = Many(rect, roads, points)
    ours.addItem(layer)
    items = QGraphicsScene(rect)
    _fill(items, roads, points)
    view.show()
    scales = {"whole": SIZE[1] / SIDE_M, "middle": 4 * SIZE[1] / SIDE_M, "near": 0.5}
    print(f"{POINTS:,} points and {ROADS * PER_ROAD:,} segments, whole / middle / near")
    for name, scene in (("as the map draws", ours), ("one item a feature", items)):
        view.setScene(scene)
        found = []
        for scale in scales.values():
            view.setTransform(QTransform.fromScale(scale, scale))
            view.centerOn(rect.center())
            app.processEvents()
            frames = FRAMES if scene is ours else 5
            found.append(_frames(app, view, lambda _: view.viewport().update(), frames))
        print(f"  {name:20} " + " / ".join(f"{ms:.1f}" for ms in found) + " ms")


class Many(SceneLayer):
    """Segments by the map's own strokes, points as one sprite many times."""

    def __init__(self, rect: QRectF, roads: list[shapely.Geometry], points: FloatArray) -> None:
        super().__init__(rect, 0)
        self._strokes = make_segment_batch(roads, SceneTransform(0.0, 0.0))
        self._points = points
        self._pen = QPen(QColor("#888888"), 2, c=Qt.PenCapStyle.FlatCap)
        self._sprite = QPixmap(8, 8)
        self._sprite.fill(QColor("#0072B2"))

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw all that is exposed."""
        painter.fillRect(world.mapRect(exposed), QColor("#FFFFFF"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._strokes.draw(painter, world, exposed, self._pen)
        seen = self._points[
            (self._points[:, 0] >= exposed.left())
            & (self._points[:, 0] <= exposed.right())
            & (self._points[:, 1] >= exposed.top())
            & (self._points[:, 1] <= exposed.bottom())
        ]
        made = np.zeros((len(seen), 10))
        made[:, :2] = np.rint(seen * world.m11() + (world.dx(), world.dy()))
        made[:, 4:6] = 8
        made[:, 6:8] = 1
        made[:, 9] = 1
        first = shiboken6.wrapInstance(made.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(first, len(made), self._sprite)


def _fill(scene: QGraphicsScene, roads: list[shapely.Geometry], points: FloatArray) -> None:
    pen = QPen(QColor("#888888"), 2)
    pen.setCosmetic(True)
    for road in roads:
        ends = shapely.get_coordinates(road) * (1, -1)
        for (x, y), (to_x, to_y) in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            scene.addLine(x, y, to_x, to_y, pen)
    for x, y in points.tolist():
        scene.addEllipse(x - 50, y - 50, 100, 100, pen)


def _roads(rng: np.random.Generator) -> Iterator[FloatArray]:
    for _ in range(ROADS):
        turns = np.cumsum(rng.normal(0, 0.3, PER_ROAD)) + rng.uniform(0, 2 * np.pi)
        steps = np.column_stack([np.cos(turns), np.sin(turns)]) * rng.uniform(20, 80)
        start = rng.uniform(0, SIDE_M, 2)
        yield np.vstack([start, start + np.cumsum(steps, axis=0)])


def zone_project(project: Project) -> Project:
    """Zone the bundled district from west to east without the optimizer."""
    base = compute_planning_basis(project)
    units = [unit for unit in project.units.values() if unit.holds_zone]
    zones = tuple(Zone(unit.id, unit.name, unit.id, n) for n, unit in enumerate(units))
    assignment: dict[str, str] = {}
    for kind in {find_primary_jurisdictions(project, zone.unit) for zone in zones}:
        own = [zone.id for zone in zones if find_primary_jurisdictions(project, zone.unit) == kind]
        sites = [site for site in base.sites if base.placements[site.id].jurisdiction in kind]
        sites.sort(key=lambda site: site.x_m)
        assignment |= {site.id: own[n * len(own) // len(sites)] for n, site in enumerate(sites)}
    return project.with_plan(Plan("bench", "Bench", zones, assignment))


def _frames(
    app: QApplication, view: QGraphicsView, act: Callable[[int], object], count: int = FRAMES
) -> float:
    return median(_frame(app, lambda n=n: act(n)) for n in range(count))


def _frame(app: QApplication, act: Callable[[], object]) -> float:
    begun = perf_counter()
    act()
    app.processEvents()
    return _ms(begun)


def _ms(begun: float) -> float:
    return (perf_counter() - begun) * 1000


def _to_and_fro(n: int) -> QPoint:
    return QPoint(7, 0) if n % 20 < 10 else QPoint(-7, 0)


def _in_and_out(n: int) -> float:
    return 1.03 if n % 20 < 10 else 1 / 1.03


if __name__ == "__main__":
    main()
