"""The window of a map on a page: from metres on the ground to points on paper."""

from dataclasses import dataclass

import shapely
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from zoneplanner.publish.geometry import BoundingBox


@dataclass(frozen=True, slots=True)
class MapFrame:
    """The window of a map on a page: ``frame`` in points, and metres to points."""

    frame: BoundingBox
    x_m: float
    y_m: float
    points_per_m: float

    def place(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return the point on the page of a position."""
        left, bottom = self.frame[:2]
        return left + (x_m - self.x_m) * self.points_per_m, bottom + (
            y_m - self.y_m
        ) * self.points_per_m

    def shape(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry in points, cut to the window."""
        placed = shapely.transform(
            geometry, lambda at: (at - (self.x_m, self.y_m)) * self.points_per_m + self.frame[:2]
        )
        return shapely.intersection(placed, box(*self.frame))

    def ground(self, covered: BoundingBox) -> BoundingBox:
        """Return the box in metres that a box of the page shows."""
        left, bottom = self.frame[:2]
        x_min, y_min, x_max, y_max = covered
        return (
            self.x_m + (x_min - left) / self.points_per_m,
            self.y_m + (y_min - bottom) / self.points_per_m,
            self.x_m + (x_max - left) / self.points_per_m,
            self.y_m + (y_max - bottom) / self.points_per_m,
        )

    @property
    def window_m(self) -> BoundingBox:
        """The window in metres."""
        return self.ground(self.frame)


def fit_map_frame(bounds: BoundingBox, frame: BoundingBox, *, margin_pt: float = 16.0) -> MapFrame:
    """Fit a box of metres into a frame of points, centred."""
    left, bottom, right, top = frame
    width, height = right - left, top - bottom
    across, up = max(bounds[2] - bounds[0], 1.0), max(bounds[3] - bounds[1], 1.0)
    scale = min((width - 2 * margin_pt) / across, (height - 2 * margin_pt) / up)
    x_m = (bounds[0] + bounds[2]) / 2 - width / 2 / scale
    y_m = (bounds[1] + bounds[3]) / 2 - height / 2 / scale
    return MapFrame(frame, x_m, y_m, scale)
