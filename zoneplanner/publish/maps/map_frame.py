"""A map's frame on a page, from meters on the ground to points on paper, and its drawing."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import shapely
import shapely.affinity
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.publish.maps.backdrop import NamedLine
from zoneplanner.publish.maps.basemap import BoundingBox, find_label_point
from zoneplanner.publish.maps.site_marks import boxes_overlap, expand_box
from zoneplanner.publish.pdf.canvas import (
    INK,
    PAPER,
    QUIET,
    REGULAR_FONT,
    build_pdf_path,
    measure_text_width,
    truncate_text,
)
from zoneplanner.tokens import MAP_STYLE, PT_PER_PX, zone_color


@dataclass(frozen=True, slots=True)
class MapFrame:
    """A map on a page: its ``frame`` in points, and the conversion of meters to points."""

    frame: BoundingBox
    x_m: float
    y_m: float
    points_per_m: float

    def to_page(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return the point on the page for a position in meters."""
        left, bottom = self.frame[:2]
        return left + (x_m - self.x_m) * self.points_per_m, bottom + (
            y_m - self.y_m
        ) * self.points_per_m

    def to_page_shape(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry in points, cut to the frame."""
        on_page = shapely.transform(
            geometry,
            lambda xy: (xy - (self.x_m, self.y_m)) * self.points_per_m + self.frame[:2],
        )
        return shapely.intersection(on_page, box(*self.frame))

    def to_ground_box(self, page_box: BoundingBox) -> BoundingBox:
        """Return the box in meters for a box on the page."""
        left, bottom = self.frame[:2]
        x_min, y_min, x_max, y_max = page_box
        return (
            self.x_m + (x_min - left) / self.points_per_m,
            self.y_m + (y_min - bottom) / self.points_per_m,
            self.x_m + (x_max - left) / self.points_per_m,
            self.y_m + (y_max - bottom) / self.points_per_m,
        )

    def contains(self, page_box: BoundingBox) -> bool:
        """Return whether a box on the page is entirely within the frame."""
        left, bottom, right, top = self.frame
        x_min, y_min, x_max, y_max = page_box
        return left < x_min and bottom < y_min and x_max < right and y_max < top

    @property
    def window_m(self) -> BoundingBox:
        """The frame in meters."""
        return self.to_ground_box(self.frame)


def fit_map_frame(bounds: BoundingBox, frame: BoundingBox, *, margin_pt: float = 16.0) -> MapFrame:
    """Fit a box in meters into a frame in points, centered."""
    left, bottom, right, top = frame
    width, height = right - left, top - bottom
    across, up = max(bounds[2] - bounds[0], 1.0), max(bounds[3] - bounds[1], 1.0)
    scale = min((width - 2 * margin_pt) / across, (height - 2 * margin_pt) / up)
    x_m = (bounds[0] + bounds[2]) / 2 - width / 2 / scale
    y_m = (bounds[1] + bounds[3]) / 2 - height / 2 / scale
    return MapFrame(frame, x_m, y_m, scale)


_CREDIT_SIZE_PT, _MIN_LABEL_AREA_PT2 = 5.5, 20.0
_TRANSPARENT_ALPHA = 0.3
_LONGEST_BAR_PT = 110


@contextmanager
def clip_to_frame(canvas: Canvas, frame: BoundingBox, border: Color) -> Iterator[None]:
    """Clip what is drawn inside to a frame, then draw the frame's border."""
    left, bottom, right, top = frame
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(left, bottom, right - left, top - bottom)
    canvas.clipPath(clip, stroke=0, fill=0)
    yield
    canvas.restoreState()
    canvas.setStrokeColor(border)
    canvas.setLineWidth(0.6)
    canvas.rect(left, bottom, right - left, top - bottom)


def fill_shape(canvas: Canvas, shape: BaseGeometry, color: Color) -> None:
    """Fill an area."""
    canvas.setFillColor(color)
    canvas.drawPath(build_pdf_path(canvas, shape), stroke=0, fill=1, fillMode=0)


def stroke_shape(
    canvas: Canvas,
    shape: BaseGeometry,
    color: Color,
    width: float,
    *,
    dash: Sequence[float] = (),
) -> None:
    """Draw lines or the edge of an area."""
    canvas.setStrokeColor(color)
    canvas.setLineWidth(width)
    canvas.setLineJoin(1)
    canvas.setDash(list(dash))
    canvas.drawPath(build_pdf_path(canvas, shape), stroke=1, fill=0)
    canvas.setDash([])


def fill_zone(
    canvas: Canvas, shape: BaseGeometry, color: int, *, themed: bool = False, clear: bool = False
) -> None:
    """Fill a zone's area.

    The color is paler if sites are ``themed``, and transparent over pictures (``clear``).
    """
    if clear:
        full = HexColor(zone_color(color))
        canvas.saveState()
        fill_shape(canvas, shape, Color(full.red, full.green, full.blue, alpha=_TRANSPARENT_ALPHA))
        canvas.restoreState()
        return
    share = MAP_STYLE.themed_fill_share if themed else PAPER.zone_fill_share
    fill_shape(canvas, shape, _mix_with_paper(color, share))


def draw_zone_edge(
    canvas: Canvas, view: MapFrame, area: BaseGeometry, color: int, *, cased: bool = False
) -> None:
    """Draw a zone's edge, and a band along the inside of it.

    A ``cased`` band is white, for gray paper over pictures, where a dark band is hard to see.
    """
    edge = view.to_page_shape(shapely.boundary(area))
    canvas.saveState()
    canvas.clipPath(build_pdf_path(canvas, view.to_page_shape(area)), stroke=0, fill=0, fillMode=0)
    band_pt = MAP_STYLE.scales[-2].band_px * PT_PER_PX
    band = HexColor(PAPER.halo) if cased else _mix_with_paper(color, MAP_STYLE.band_share)
    stroke_shape(canvas, edge, band, 2 * band_pt)
    canvas.restoreState()
    stroke_shape(canvas, edge, HexColor(PAPER.zone_edge), PAPER.zone_edge_px * PT_PER_PX)


def draw_city_limits(canvas: Canvas, view: MapFrame, cities: Sequence[NamedLine]) -> None:
    """Draw city limits as dashes and dots on a thin white line."""
    dash = [px * PT_PER_PX for px in MAP_STYLE.city_dash]
    width = MAP_STYLE.scales[-2].city_px * PT_PER_PX
    for city in cities:
        line = view.to_page_shape(city.line)
        stroke_shape(canvas, line, HexColor(PAPER.halo), 2 * width)
        stroke_shape(canvas, line, HexColor(PAPER.city_line), width, dash=dash)


def _mix_with_paper(color: int, share: float) -> Color:
    tint, land = HexColor(zone_color(color)), HexColor(PAPER.land)
    pairs = zip(tint.rgb(), land.rgb(), strict=True)
    return Color(*(share * tinted + (1 - share) * blank for tinted, blank in pairs))


def list_reserved_boxes(
    view: MapFrame, credit: str, formats: LocaleFormats, land: Iterable[BaseGeometry] = ()
) -> list[BoundingBox]:
    """Return the boxes of the scale bar and the credit, where nothing else may be drawn.

    ``land`` is in meters; the boxes are in points on the page: left, bottom, right, top.
    """
    right, bottom = view.frame[2], view.frame[1]
    covered = [_find_bar_box(view, formats, land)]
    if credit:
        wide = min(
            measure_text_width(credit, REGULAR_FONT, _CREDIT_SIZE_PT) + 8, right - view.frame[0]
        )
        covered.append((right - wide, bottom, right, bottom + 11))
    return covered


def _find_bar_box(
    view: MapFrame, formats: LocaleFormats, land: Iterable[BaseGeometry]
) -> BoundingBox:
    """Return the corner for the scale bar: the first without land, starting at the lower left.

    In the lower right corner it is above the credit.
    """
    (length_m, _), _ = formats.scale_bars(_LONGEST_BAR_PT / view.points_per_m)
    width, height = length_m * view.points_per_m + 16, 24.0
    left, bottom, right, top = view.frame
    corners = [
        (left, bottom),
        (left, top - height),
        (right - width, top - height),
        (right - width, bottom + 12),
    ]
    boxes = [(x, y, x + width, y + height) for x, y in corners]
    areas = list(land)
    free = (
        corner
        for corner in boxes
        if not any(area.intersects(box(*view.to_ground_box(corner))) for area in areas)
    )
    return next(free, boxes[0])


def find_label_place(
    view: MapFrame, area: BaseGeometry, size: tuple[float, float], taken: Sequence[BoundingBox]
) -> tuple[float, float] | None:
    """Return a place for a label that covers nothing taken, within an area or else across its edge.

    None if there is no such place.
    """
    across, up = size[0] / 2, size[1] / 2
    visible = shapely.intersection(
        area, box(*view.to_ground_box(expand_box(view.frame, -across, -up)))
    )
    boxes = [view.to_ground_box(expand_box(each, across, up)) for each in taken]
    near = [box(*each) for each in boxes if visible and boxes_overlap(each, visible.bounds)]
    covered = shapely.union_all(near)
    squeezed = shapely.affinity.scale(visible, xfact=up / across, origin=(0, 0))
    shrunk = shapely.buffer(squeezed, -up / view.points_per_m, quad_segs=2)
    inside = shapely.affinity.scale(shrunk, xfact=across / up, origin=(0, 0))
    for room in (inside, visible):
        free = shapely.difference(room, covered)
        if free.area * view.points_per_m**2 > _MIN_LABEL_AREA_PT2:
            return view.to_page(*find_label_point(free))
    return None


def draw_scale_bar(
    canvas: Canvas, view: MapFrame, formats: LocaleFormats, land: Iterable[BaseGeometry] = ()
) -> None:
    """Draw the scale bar in the office's units into a corner of the map without land.

    ``land`` is in meters.
    """
    (length_m, words), _ = formats.scale_bars(_LONGEST_BAR_PT / view.points_per_m)
    length = length_m * view.points_per_m
    left, bottom, *_ = _find_bar_box(view, formats, land)
    left, bottom = left + 8, bottom + 8
    canvas.setFillColor(Color(1, 1, 1, alpha=0.85))
    canvas.rect(left - 4, bottom - 4, length + 8, 17, stroke=0, fill=1)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.0)
    canvas.lines(
        [
            (left, bottom, left + length, bottom),
            (left, bottom, left, bottom + 3),
            (left + length, bottom, left + length, bottom + 3),
        ]
    )
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR_FONT, 7)
    canvas.drawCentredString(left + length / 2, bottom + 4, words)


def draw_credit(canvas: Canvas, view: MapFrame, credit: str) -> None:
    """Write the publishers of the layers into the lower right corner."""
    if not credit:
        return
    credit = truncate_text(credit, REGULAR_FONT, _CREDIT_SIZE_PT, view.frame[2] - view.frame[0] - 6)
    width = measure_text_width(credit, REGULAR_FONT, _CREDIT_SIZE_PT) + 6
    right, bottom = view.frame[2], view.frame[1]
    canvas.setFillColor(Color(1, 1, 1, alpha=0.85))
    canvas.rect(right - width, bottom, width, 9, stroke=0, fill=1)
    canvas.setFillColor(QUIET)
    canvas.setFont(REGULAR_FONT, _CREDIT_SIZE_PT)
    canvas.drawRightString(right - 3, bottom + 2.6, credit)
