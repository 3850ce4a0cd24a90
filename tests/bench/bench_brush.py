"""What a brush step costs on 5,000 blocks: edited, derived, shown and painted.

Half of the blocks have no site. A step is one move of the pointer with the button down, by which
the stroke grows; the map is 1200 x 800 pixels and shows the whole district.
"""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from shapely.geometry import Polygon, box

from zoneplanner import storage
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Block, Jurisdiction, Site
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Feature, Project
from zoneplanner.domain.units import Agency, Unit, UnitAccess
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import SessionBridge
from zoneplanner.ui.widgets.style.theme import THEMES, apply_theme

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
SIZE = (1200, 800)
ACROSS, DOWN, SIDE_M = 100, 50, 200.0
SITE_EVERY = 2
ZONES = 8
STEPS = 60


def main() -> None:
    """Print the median and the slowest step for three sizes of brush, in milliseconds."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    apply_theme(app, THEMES["light"])
    with tempfile.TemporaryDirectory() as folder:
        project = district()
        store = storage.create(Path(folder) / "b.gpkg", project, actor="bench", at=NOW)
        begun = perf_counter()
        session = Session(store, actor="bench", desk="bench", clock=lambda: NOW)
        opened_s = perf_counter() - begun
        print(
            f"{len(project.blocks):,} blocks, {len(project.sites):,} sites, {ZONES} zones; "
            f"opened in {opened_s:.1f} s"
        )
        bridge = SessionBridge(session)
        view = MapView(session, bridge, THEMES["light"])
        view.resize(*SIZE)
        view.show()
        app.processEvents()
        view.toolbox.choose("brush")
        view.toolbox.set_target("Z1")
        begun = perf_counter()
        view.land_index()
        print(f"  ground laid once      {1000 * (perf_counter() - begun):7.1f} ms")
        for size in (1, 2, 3, 4):
            stroke(app, view, size)
        bridge.close()
        session.close()


def stroke(app: QApplication, view: MapView, size: int) -> None:
    """Brush from the first zone through two others and print the cost of each step."""
    view.toolbox.resize(size)
    start = view.mapFromScene(view.map.frame.to_scene_point(SIDE_M * 5, -SIDE_M * 25))
    end = view.mapFromScene(view.map.frame.to_scene_point(SIDE_M * 35, -SIDE_M * 12))
    send(view, QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton)
    app.processEvents()
    worked, whole = [], []
    for step in range(1, STEPS + 1):
        before = view.session.state
        begun = perf_counter()
        send(view, QEvent.Type.MouseMove, start + (end - start) * (step / STEPS))
        done = perf_counter()
        app.processEvents()
        if view.session.state is not before:
            worked.append(done - begun)
            whole.append(perf_counter() - begun)
    view.tool.cancel()
    app.processEvents()
    print(
        f"  brush of size {size}: {len(whole)} steps that took; "
        f"without painting {1000 * median(worked):6.1f} ms, slowest {1000 * max(worked):6.1f}; "
        f"with painting {1000 * median(whole):6.1f} ms, slowest {1000 * max(whole):6.1f}"
    )


def send(
    view: MapView,
    kind: QEvent.Type,
    at: QPoint,
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
) -> None:
    """Send the map a mouse event with the left button down."""
    port = view.viewport()
    here, there = QPointF(at), port.mapToGlobal(QPointF(at))
    held, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(port, QMouseEvent(kind, here, there, button, held, keys))


def district() -> Project:
    """Return a grid of blocks with zones in columns."""
    area = box(0, -DOWN * SIDE_M, ACROSS * SIDE_M, 0)
    names = [f"Z{n}" for n in range(1, ZONES + 1)]
    cells = [(row, column) for row in range(DOWN) for column in range(ACROSS)]
    with_site = [at for n, at in enumerate(cells) if n % SITE_EVERY == at[0] % SITE_EVERY]
    sites = {site.id: site for site in (_site(*at) for at in with_site)}
    zone_of = {f"r{r}c{c}": names[c * ZONES // ACROSS] for r, c in with_site}
    zones = tuple(Zone(name, name, name, n) for n, name in enumerate(names))
    blocks = {f"B{r}-{c}": Block(f"B{r}-{c}", "county", _square(r, c)) for r, c in cells}
    access = {"county": UnitAccess.PRIMARY}
    return Project(
        uid="bench",
        name="Bench",
        crs="EPSG:26910",
        time_zone="America/Los_Angeles",
        sites=sites,
        jurisdictions={"county": Jurisdiction("county", "County", "county", area)},
        blocks=blocks,
        features=(Feature("district", "District", area),),
        agencies={"Sheriff": Agency("Sheriff", "SO")},
        units={name: Unit(name, name, "Sheriff", "deputy", True, access) for name in names},
        plans={"plan": Plan("plan", "Plan", zones, zone_of)},
    )


def _square(row: int, column: int) -> Polygon:
    left, top = column * SIDE_M, -row * SIDE_M
    return box(left, top - SIDE_M, left + SIDE_M, top)


def _site(row: int, column: int) -> Site:
    x_m, y_m = (column + 0.5) * SIDE_M, -(row + 0.5) * SIDE_M
    key = f"r{row}c{column}"
    text = {"street": "1 Main Street", "city": "Fair Oaks", "zip": "95628", "phone": ""}
    return Site(key, f"School {key}", "elementary", "K-5", **text, x_m=x_m, y_m=y_m,
                enrollment=400, patrolled=True)  # fmt: skip


if __name__ == "__main__":
    main()
