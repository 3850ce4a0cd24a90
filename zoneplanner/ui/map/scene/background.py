"""What lies under the zones: land, and what is outside the district under a veil."""

from collections.abc import Mapping, Sequence

import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Project
from zoneplanner.tokens import MAP_STYLE
from zoneplanner.ui.map.scene.drawing import (
    SceneLayer,
    SceneTransform,
    build_painter_path,
    make_segment_batch,
)
from zoneplanner.ui.widgets.style.data_colors import blend_over
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import Theme

_WIDE_PX = 6.0
_VEIL_OVER_TILES = 0.45


class BackgroundLayer(SceneLayer):
    """The ground of the map; it changes with the project's areas only.

    Where it is ``tiled`` there are web tiles below it, and it lets them show.
    """

    def __init__(
        self,
        rect: QRectF,
        project: Project,
        slivers: BaseGeometry | None,
        frame: SceneTransform,
        theme: Theme,
    ) -> None:
        super().__init__(rect, 0)
        self.theme = theme
        self.shown = {"roads": True, "city": True, "district": True}
        self.tiled = False
        self._outside: QPainterPath | None = None
        district = merge_district_areas(project)
        self._district = build_painter_path(district, frame)
        self._cities = make_segment_batch([], frame)
        if district is not None:
            cities = [j.area.boundary for j in project.jurisdictions.values() if j.kind == "city"]
            self._cities = make_segment_batch(
                list(shapely.difference(cities, district.buffer(1))), frame, coarser_from=0
            )
        self._slivers = build_painter_path(slivers, frame)
        roads = list_layer_geometries(project, "arterial")
        beyond = [] if district is None else list(shapely.difference(roads, district))
        self._roads = make_segment_batch(beyond, frame, coarser_from=0)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Paint lines outside the district, as under a veil, then the district's land."""
        if self.tiled:
            self._draw_veil(painter, world)
            return
        land, veil = self.theme.color("land"), self.theme.color("veil")
        if self.shown["roads"]:
            color = blend_over(veil, self.theme.color("road_case"))
            self._roads.draw(painter, world, exposed, make_line_pen(color, 1.8))
        if self.shown["city"]:
            color = blend_over(veil, self.theme.color("city_line"))
            self._cities.draw(painter, world, exposed, make_line_pen(color, 1.5))
        # soft edges cost much, and the lines of the district and of cities cover this one
        covered = self.shown["city"] and self.shown["district"]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=not covered)
        painter.fillPath(world.map(self._district), land)
        painter.fillPath(world.map(self._slivers), blend_over(veil, land))

    def _draw_veil(self, painter: QPainter, world: QTransform) -> None:
        """Let web tiles below show, those outside the district through a thin veil."""
        if self._district.isEmpty():
            return
        veil = fade_color(self.theme.land, _VEIL_OVER_TILES)
        if self._outside is None:
            whole = QPainterPath()
            whole.addRect(self._rect)
            self._outside = whole.subtracted(self._district)
        # the district's own line covers this edge, and soft edges cost much
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillPath(world.map(self._outside), veil)


def get_background_color(project: Project, theme: Theme) -> QColor:
    """Return the color of what is outside the district, or of a map that has none."""
    land = theme.color("land")
    return land if merge_district_areas(project) is None else blend_over(theme.color("veil"), land)


def merge_district_areas(project: Project) -> BaseGeometry | None:
    """Return the district's area, None where the project has none."""
    found = [f.geometry for f in project.features if f.layer == "district"]
    return shapely.union_all(found) if len(found) > 1 else next(iter(found), None)


def make_line_pen(color: str | QColor, width: float) -> QPen:
    """Return a pen whose segments join without gaps.

    Qt draws square ends some ten times faster than round ones; only wide lines show the
    difference.
    """
    wide = width > _WIDE_PX
    cap = Qt.PenCapStyle.RoundCap if wide else Qt.PenCapStyle.SquareCap
    return QPen(QColor(color), width, c=cap)


_DASHES_PX: Mapping[str, Sequence[float]] = {
    "city": MAP_STYLE.city_dash,
    "county": MAP_STYLE.county_dash,
}
_OUTLINE_PX = 1.5


def make_outline_pen(layer: str, theme: Theme) -> QPen:
    """Return the pen of the line of a city, a county or the district, for small maps and legends.

    The map itself cuts dashes so that they go on from segment to segment.
    """
    pen = QPen(theme.color(f"{layer}_line"), _OUTLINE_PX)
    if layer in _DASHES_PX:
        pen.setDashPattern([px / _OUTLINE_PX for px in _DASHES_PX[layer]])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def list_layer_geometries(project: Project, layer: str) -> Sequence[BaseGeometry]:
    """Return the geometries of one layer of features."""
    return [feature.geometry for feature in project.features if feature.layer == layer]


def get_pattern_origin(world: QTransform) -> QPointF:
    """Return where the scene's origin lies on the device, for patterns that move with the map."""
    return QPointF(round(world.dx()), round(world.dy()))
