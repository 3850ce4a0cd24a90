"""A picture placed on the map by three points: which spot of it is which spot on the ground."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sqrt
from typing import NamedTuple

from zoneplanner.errors import UserError

POINTS = 3
_LEAST_SHARE, _LEAST_M2 = 0.005, 25.0
"""Half a triangle's area: three points this near to one line place a picture by chance."""
_M_PER_DEGREE = 111_320.0


class ControlPoint(NamedTuple):
    """A spot of a picture, as shares of its width and height from the upper left, on the ground."""

    x: float
    y: float
    latitude: float
    longitude: float

    def __str__(self) -> str:
        return f"{self.x:.5f} {self.y:.5f} {self.latitude:.7f} {self.longitude:.7f}"


def parse_control_point(text: str) -> ControlPoint:
    """Read “x y latitude longitude”; commas count as spaces, and “=” may part the two places.

    Raises
    ------
    UserError
        It is no such text, or a place outside of the picture or of the Earth.
    """
    try:
        x, y, latitude, longitude = map(float, text.replace(",", " ").replace("=", " ").split())
    except ValueError:
        raise UserError("not_a_control_point", text=text) from None
    if not (0 <= x <= 1 and 0 <= y <= 1 and abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UserError("not_a_control_point", text=text)
    return ControlPoint(x, y, latitude, longitude)


def check_control_points(points: Sequence[ControlPoint]) -> None:
    """Refuse other than three points, and such as lie in one line or turn the picture over.

    Raises
    ------
    UserError
        ``control_points``, with how many there are.
    """
    if len(points) != POINTS:
        raise UserError("control_points.count", count=len(points), needed=POINTS)
    wide = _M_PER_DEGREE * cos(radians(points[0].latitude))
    shown = _cross([(one.x, -one.y) for one in points])
    there = _cross([(one.longitude * wide, one.latitude * _M_PER_DEGREE) for one in points])
    if abs(shown) < 2 * _LEAST_SHARE or abs(there) < 2 * _LEAST_M2:
        raise UserError("control_points.in_line", count=len(points))
    if (shown > 0) != (there > 0):
        raise UserError("control_points.mirrored", count=len(points))


def _cross(spots: Sequence[tuple[float, float]]) -> float:
    (ax, ay), (bx, by), (cx, cy) = spots
    return (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)


@dataclass(frozen=True, slots=True)
class PicturePlacement:
    """How a picture lies on the ground: meters of its upper left corner and along its two sides.

    ``along`` leads to its upper right corner, ``down`` to its lower left one.
    """

    corner: tuple[float, float]
    along: tuple[float, float]
    down: tuple[float, float]

    def to_ground(self, x: float, y: float) -> tuple[float, float]:
        """Return the meters of a spot of the picture, given as shares of its sides."""
        return (
            self.corner[0] + x * self.along[0] + y * self.down[0],
            self.corner[1] + x * self.along[1] + y * self.down[1],
        )

    def to_picture(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return the spot of the picture at a place on the ground; it may lie outside."""
        (ax, ay), (dx, dy) = self.along, self.down
        x_m, y_m, area = x_m - self.corner[0], y_m - self.corner[1], ax * dy - ay * dx
        return (x_m * dy - y_m * dx) / area, (ax * y_m - ay * x_m) / area

    @property
    def width_m(self) -> float:
        """Return how wide the picture is on the ground."""
        return hypot(*self.along)

    @property
    def height_m(self) -> float:
        """Return how high the picture is on the ground."""
        return hypot(*self.down)

    @property
    def north_deg(self) -> float:
        """Return how far north is turned from the picture's upright, clockwise."""
        return degrees(atan2(self.along[1], self.along[0]))

    def measure_stretch(self, aspect: float) -> float:
        """Return how much longer one way than another a foot is drawn; 1 on a true drawing.

        ``aspect`` is the picture's width by its height in dots. What is far from 1 is a drawing out
        of scale, or a point that was placed wrongly.
        """
        ax, ay = self.along[0] / aspect, self.along[1] / aspect
        dx, dy = self.down
        total, area = ax * ax + ay * ay + dx * dx + dy * dy, abs(ax * dy - ay * dx)
        apart = sqrt(max(total * total - 4 * area * area, 0.0))
        return sqrt((total + apart) / max(total - apart, 1e-9))


def solve_placement(
    points: Sequence[ControlPoint], ground: Sequence[tuple[float, float]]
) -> PicturePlacement:
    """Return the placement by three points, whose places on the ground are given in meters."""
    a, b, c = points
    (ax, ay), (bx, by), (cx, cy) = ground
    area = _cross([(one.x, one.y) for one in points])
    u1, v1, u2, v2 = b.x - a.x, b.y - a.y, c.x - a.x, c.y - a.y
    along = tuple(
        ((first * v2) - (second * v1)) / area
        for first, second in ((bx - ax, cx - ax), (by - ay, cy - ay))
    )
    down = tuple(
        ((second * u1) - (first * u2)) / area
        for first, second in ((bx - ax, cx - ax), (by - ay, cy - ay))
    )
    corner = (ax - a.x * along[0] - a.y * down[0], ay - a.x * along[1] - a.y * down[1])
    return PicturePlacement(corner, (along[0], along[1]), (down[0], down[1]))
