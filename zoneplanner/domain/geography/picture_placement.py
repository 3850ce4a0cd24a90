"""A picture placed on the map by three control points."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sqrt
from typing import NamedTuple

from zoneplanner.errors import UserError

POINTS = 3
_MIN_TRIANGLE_SHARE, _MIN_TRIANGLE_M2 = 0.005, 25.0
"""The smallest triangle of control points; points closer to one line place a picture at random."""
_M_PER_DEGREE = 111_320.0


class ControlPoint(NamedTuple):
    """A point of a picture and its place on the ground.

    ``x`` and ``y`` are shares of the picture's width and height from the upper left corner.
    """

    x: float
    y: float
    latitude: float
    longitude: float

    def __str__(self) -> str:
        return f"{self.x:.5f} {self.y:.5f} {self.latitude:.7f} {self.longitude:.7f}"


def parse_control_point(text: str) -> ControlPoint:
    """Read “x y latitude longitude”; commas count as spaces, as does “=” between the two pairs.

    Raises
    ------
    UserError
        The text has another form, or a point is outside the picture or not on the Earth.
    """
    try:
        x, y, latitude, longitude = map(float, text.replace(",", " ").replace("=", " ").split())
    except ValueError:
        raise UserError("not_a_control_point", text=text) from None
    if not (0 <= x <= 1 and 0 <= y <= 1 and abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UserError("not_a_control_point", text=text)
    return ControlPoint(x, y, latitude, longitude)


def check_control_points(points: Sequence[ControlPoint]) -> None:
    """Refuse points other than three, on one line, or that mirror the picture.

    Raises
    ------
    UserError
        ``control_points``, with the number of points.
    """
    if len(points) != POINTS:
        raise UserError("control_points.count", count=len(points), needed=POINTS)
    wide = _M_PER_DEGREE * cos(radians(points[0].latitude))
    shown = _cross([(point.x, -point.y) for point in points])
    there = _cross([(point.longitude * wide, point.latitude * _M_PER_DEGREE) for point in points])
    if abs(shown) < 2 * _MIN_TRIANGLE_SHARE or abs(there) < 2 * _MIN_TRIANGLE_M2:
        raise UserError("control_points.in_line", count=len(points))
    if (shown > 0) != (there > 0):
        raise UserError("control_points.mirrored", count=len(points))


def _cross(spots: Sequence[tuple[float, float]]) -> float:
    (ax, ay), (bx, by), (cx, cy) = spots
    return (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)


@dataclass(frozen=True, slots=True)
class PicturePlacement:
    """Where a picture is on the ground: its upper left corner and the vectors of two sides, meters.

    ``along`` leads to the upper right corner, ``down`` to the lower left one.
    """

    corner: tuple[float, float]
    along: tuple[float, float]
    down: tuple[float, float]

    def to_ground(self, x: float, y: float) -> tuple[float, float]:
        """Return the ground position of a point of the picture, given as shares of its sides."""
        return (
            self.corner[0] + x * self.along[0] + y * self.down[0],
            self.corner[1] + x * self.along[1] + y * self.down[1],
        )

    def to_picture(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return the point of the picture at a ground position; it may be outside the picture."""
        (ax, ay), (dx, dy) = self.along, self.down
        x_m, y_m, area = x_m - self.corner[0], y_m - self.corner[1], ax * dy - ay * dx
        return (x_m * dy - y_m * dx) / area, (ax * y_m - ay * x_m) / area

    @property
    def width_m(self) -> float:
        """The picture's width on the ground."""
        return hypot(*self.along)

    @property
    def height_m(self) -> float:
        """The picture's height on the ground."""
        return hypot(*self.down)

    @property
    def north_deg(self) -> float:
        """The angle of north from the picture's vertical, clockwise."""
        return degrees(atan2(self.along[1], self.along[0]))

    def measure_stretch(self, aspect: float) -> float:
        """Return the ratio of the largest to the smallest scale over all directions.

        ``aspect`` is the picture's width divided by its height in pixels. The ratio is 1 for a
        drawing to scale; a much larger one means a distorted drawing or a misplaced point.
        """
        ax, ay = self.along[0] / aspect, self.along[1] / aspect
        dx, dy = self.down
        total, area = ax * ax + ay * ay + dx * dx + dy * dy, abs(ax * dy - ay * dx)
        root = sqrt(max(total * total - 4 * area * area, 0.0))
        return sqrt((total + root) / max(total - root, 1e-9))


def solve_placement(
    points: Sequence[ControlPoint], ground: Sequence[tuple[float, float]]
) -> PicturePlacement:
    """Return the placement by three points, whose ground positions are given in meters."""
    a, b, c = points
    (ax, ay), (bx, by), (cx, cy) = ground
    area = _cross([(point.x, point.y) for point in points])
    u1, v1, u2, v2 = b.x - a.x, b.y - a.y, c.x - a.x, c.y - a.y
    sides = ((bx - ax, cx - ax), (by - ay, cy - ay))
    along_x, along_y = ((first * v2 - second * v1) / area for first, second in sides)
    down_x, down_y = ((second * u1 - first * u2) / area for first, second in sides)
    corner = (ax - a.x * along_x - a.y * down_x, ay - a.x * along_y - a.y * down_y)
    return PicturePlacement(corner, (along_x, along_y), (down_x, down_y))
