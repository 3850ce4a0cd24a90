"""The canvas beside Leaflet in Chromium and QGIS: a frame of 10,000 points and 100,000 segments.

Leaflet draws on its canvas, its quickest way, and each frame is a pan whose pixels are read back,
so that the browser cannot put the work off. QGIS draws the same layers into a picture by its
renderer. Ours is the row of bench_canvas.py of the same size. Medians in milliseconds.
"""

import json
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

WIDTH, HEIGHT = 1200, 800
POINTS, ROADS, PER_ROAD, FRAMES = 10_000, 5_000, 20, 20
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGE = """<!DOCTYPE html><html><head><style>%(css)s #map {width:%(w)dpx;height:%(h)dpx}</style>
</head><body style="margin:0"><div id="map"></div><pre id="told"></pre><script>%(js)s</script>
<script>
const canvas = L.canvas({padding: 0});
const map = L.map("map", {renderer: canvas, zoomControl: false, fadeAnimation: false,
  zoomAnimation: false, attributionControl: false, crs: L.CRS.Simple}).setView([500, 500], 0);
const roads = %(roads)s, points = %(points)s;
for (const road of roads) L.polyline(road, {renderer: canvas, weight: 1, color: "#888"}).addTo(map);
for (const spot of points)
  L.circleMarker(spot, {renderer: canvas, radius: 4, weight: 1}).addTo(map);
const spent = [];
for (let frame = 0; frame < %(frames)d; frame++) {
  const begun = performance.now();
  map.panBy([frame %% 2 ? 7 : -7, 5], {animate: false});
  canvas._update(); canvas._redraw();
  canvas._ctx.getImageData(0, 0, 1, 1);
  spent.push(performance.now() - begun);
}
document.getElementById("told").textContent = "TOLD" + JSON.stringify(spent) + "END";
</script></body></html>"""


def draw_shapes() -> tuple[np.ndarray, np.ndarray]:
    """Draw points, shape (points, 2), and roads, shape (roads, corners, 2), on the screen."""
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 1000, (POINTS, 2))
    steps = rng.normal(0, 6, (ROADS, PER_ROAD + 1, 2))
    steps[:, 0] = rng.uniform(0, 1000, (ROADS, 2))
    return points, steps.cumsum(axis=1)


def measure_leaflet(folder: Path) -> None:
    """Print the median of Leaflet's frames."""
    if CHROMIUM is None:
        print("  Leaflet in Chromium: chromium not installed")
        return
    from xstatic.pkg import measure_leaflet as package

    files = Path(package.BASE_DIR)
    points, roads = draw_shapes()
    page = folder / "page.html"
    page.write_text(
        PAGE
        % {
            "css": next(files.rglob("leaflet.css")).read_text(encoding="utf-8"),
            "js": next(files.rglob("leaflet.js")).read_text(encoding="utf-8"),
            "w": WIDTH,
            "h": HEIGHT,
            "roads": json.dumps(roads.round(2).tolist()),
            "points": json.dumps(points.round(2).tolist()),
            "frames": FRAMES,
        },
        encoding="utf-8",
    )
    run = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(f"--user-data-dir={folder / 'profile'}", f"--window-size={WIDTH},{HEIGHT}"),
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    told = re.search(r"TOLD(\[.*?\])END", run.stdout)
    spent = json.loads(told[1]) if told else []
    words = f"{median(spent):.1f}" if spent else "no answer"
    print(f"  Leaflet in Chromium, canvas: {words}")


def measure_qgis() -> None:
    """Print the median of QGIS's frames."""
    if find_spec("qgis") is None:
        print("  PyQGIS: not installed")
        return
    from qgis.core import (
        QgsApplication,
        QgsFeature,
        QgsGeometry,
        QgsMapRendererSequentialJob,
        QgsMapSettings,
        QgsPointXY,
        QgsRectangle,
        QgsVectorLayer,
    )
    from qgis.PyQt.QtCore import QSize

    app = QgsApplication([], False)
    app.initQgis()
    points, roads = draw_shapes()
    layers = []
    for kind, geometries in (
        ("Point", [QgsGeometry.fromPointXY(QgsPointXY(*spot)) for spot in points]),
        (
            "LineString",
            [QgsGeometry.fromPolylineXY([QgsPointXY(*at) for at in road]) for road in roads],
        ),
    ):
        layer = QgsVectorLayer(f"{kind}?crs=EPSG:26910", kind, "memory")
        rows = []
        for geometry in geometries:
            row = QgsFeature()
            row.setGeometry(geometry)
            rows.append(row)
        layer.dataProvider().addFeatures(rows)
        layers.append(layer)
    spent = []
    for frame in range(FRAMES):
        settings = QgsMapSettings()
        settings.setLayers(layers)
        settings.setOutputSize(QSize(WIDTH, HEIGHT))
        settings.setExtent(QgsRectangle(frame, frame, 1000 + frame, 1000 + frame))
        begun = perf_counter()
        job = QgsMapRendererSequentialJob(settings)
        job.start()
        job.waitForFinished()
        spent.append(1000 * (perf_counter() - begun))
    print(f"  PyQGIS, one frame: {median(spent):.1f}")
    app.exitQgis()


def main() -> None:
    """Print a row for each program."""
    print(f"{POINTS:,} points, {ROADS * PER_ROAD:,} segments at {WIDTH} x {HEIGHT}; ms a frame")
    print("  this package: see bench_canvas.py, the large map")
    with tempfile.TemporaryDirectory() as folder:
        measure_leaflet(Path(folder))
    measure_qgis()


if __name__ == "__main__":
    main()
