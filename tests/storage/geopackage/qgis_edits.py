"""Edit a project file in QGIS as a person does; run by the system's Python, which has PyQGIS.

qgis_edits.py ACT FILE [PICTURE]
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsGeometry,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

BOW = "MULTIPOLYGON(((0 0, 1000 -1000, 1000 0, 0 -1000, 0 0)))"


def change(path, layer_name, where, **to):
    """Change features as the attribute table and the vertex tool do; report what failed."""
    layer = QgsVectorLayer(f"{path}|layername={layer_name}", layer_name, "ogr")
    assert layer.isValid() and layer.startEditing(), layer_name
    assert layer.setSubsetString(where) or layer.featureCount()
    for feature in list(layer.getFeatures(where)):
        for name, value in to.items():
            if name == "geometry":
                layer.changeGeometry(feature.id(), value)
            else:
                layer.changeAttributeValue(feature.id(), layer.fields().indexOf(name), value)
    done = layer.commitChanges()
    return {"done": done, "errors": layer.commitErrors()}


def add_school(path, **values):
    """Add a school with typed values; QGIS fills in the rest."""
    layer = QgsVectorLayer(f"{path}|layername=site", "site", "ogr")
    assert layer.startEditing()
    fields = {layer.fields().indexOf(name): value for name, value in values.items()}
    place = QgsGeometry.fromPointXY(QgsPointXY(640_600, 4_269_400))
    layer.addFeature(QgsVectorLayerUtils.createFeature(layer, place, fields))
    return {"done": layer.commitChanges(), "errors": layer.commitErrors()}


def draw(path, picture):
    """Open the embedded project, report its layers and draw the visible ones."""
    project = QgsProject.instance()
    read = project.read(f"geopackage:{path}?projectName=Patrol zones")
    root = project.layerTreeRoot()
    settings = QgsMapSettings()
    settings.setLayers(root.checkedLayers())
    settings.setOutputSize(QSize(600, 450))
    settings.setBackgroundColor(QColor("white"))
    settings.setDestinationCrs(project.crs())
    schools = {
        one.parent().name(): one.layer()
        for one in root.findLayers()
        if one.name() == "Schools by zone"
    }
    shown = next(one for one in root.children() if one.itemVisibilityChecked()).name()
    extent = schools[shown].extent()
    extent.grow(500)
    settings.setExtent(extent)
    settings.setFlag(QgsMapSettings.DrawLabeling, False)  # a label may cover a school
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(picture)
    to_pixel = settings.mapToPixel()
    colors = {}
    for feature in schools[shown].getFeatures():
        at = to_pixel.transform(feature.geometry().asPoint())
        colors[feature["id"]] = image.pixelColor(round(at.x()), round(at.y())).name()
    return {
        "read": read,
        "crs": project.crs().authid(),
        "layers": {one.name(): one.isValid() for one in project.mapLayers().values()},
        "groups": [
            one.name() for one in root.children() if hasattr(one, "children") and one.children()
        ],
        "legends": {
            group: [item.label() for item in layer.renderer().legendSymbolItems()]
            for group, layer in schools.items()
        },
        "zones": {feature["id"]: feature["plan_zone"] for feature in schools[shown].getFeatures()},
        "colors": colors,
    }


def look_at_views(path):
    """Open the views as layers with their default styles."""
    names = ("site_by_zone", "zones_by_plan", "visits")
    schools, zones, visits = (
        QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in names
    )
    schools.loadDefaultStyle()
    return {
        "valid": [layer.isValid() for layer in (schools, zones, visits)],
        "zones": {one["id"]: one["zone"] for one in schools.getFeatures()},
        "renderer": schools.renderer().type(),
        "symbols": len(schools.renderer().legendSymbolItems()),
        "visits": sorted(one["uid"] for one in visits.getFeatures()),
        "joins": len(schools.vectorJoins()),
    }


def main():
    """Run the named action and print its result."""
    act, path, *rest = sys.argv[1:]
    app = QgsApplication([], True)
    app.initQgis()
    zero = (
        QgsGeometry.fromPointXY(QgsPointXY(-9e6, 0))
        if "--far" in rest
        else QgsGeometry.fromPointXY(QgsPointXY(0, 0))
    )
    acts = {
        "move": lambda: change(path, "site", "id = 'r1c1'", geometry=zero),
        "blank": lambda: change(path, "site", "id = 'r1c1'", name=""),
        "cross": lambda: change(
            path, "jurisdiction", "id = 'county'", geometry=QgsGeometry.fromWkt(BOW)
        ),
        "assign": lambda: change(path, "assignment", "site = 'r1c2'", zone="B"),
        "note": lambda: change(path, "site", "id = 'r1c2'", note="north gate"),
        "add": lambda: add_school(path, id="new", name="New", level="high"),
        "draw": lambda: draw(path, rest[0]),
        "views": lambda: look_at_views(path),
    }
    print("said " + json.dumps(acts[act]()))
    app.exitQgis()


main()
