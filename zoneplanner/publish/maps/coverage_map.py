"""The schools of a district by how many of their required visits were made, on one printed map."""

from collections.abc import Mapping
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.publish.maps.district_map import draw_district_map
from zoneplanner.publish.maps.site_marks import draw_site_mark
from zoneplanner.publish.pdf.canvas import PAPER


@dataclass(frozen=True, slots=True)
class CoverageClass:
    """One class of schools, and the mark by which it is told from others in gray, too."""

    key: str
    title: str
    shape: str
    color: str
    radius_pt: float

    def draw_mark(self, canvas: Canvas, place: tuple[float, float]) -> None:
        """Draw the mark of a school of the class."""
        draw_site_mark(canvas, place, self.shape, self.color, radius=self.radius_pt)


COVERAGE_CLASSES = (
    CoverageClass("none", "no visit", "square", PAPER.lateness[4], 4.4),
    CoverageClass("few", "under half", "circle", PAPER.lateness[3], 4.0),
    CoverageClass("most", "half to 90%", "circle", PAPER.lateness[1], 3.2),
    CoverageClass("all", "90% or more", "circle", PAPER.lateness[0], 2.6),
    CoverageClass("unknown", "too few to tell", "triangle", PAPER.lateness[0], 2.6),
)
"""From the class that needs most to that which needs least: dark and large to light and small."""


def draw_coverage_map(
    canvas: Canvas, handout: Handout, frame: BoundingBox, classes: Mapping[str, str]
) -> None:
    """Draw the zones and each school of ``classes``, by the key of its class."""
    by_key = {one.key: one for one in COVERAGE_CLASSES}
    marks = {site: by_key[key].draw_mark for site, key in classes.items()}
    draw_district_map(canvas, handout, frame, marks=marks, number_pt=15)
