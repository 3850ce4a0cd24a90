"""The response page of a campus: which one stands on a day, its picture, and the grid over it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from string import ascii_uppercase

from zoneplanner.domain.geography.picture_placement import PicturePlacement
from zoneplanner.domain.log.office_entries import CampusPage

MOST_STRETCH = 1.15
STRETCHED = "The drawing is out of scale, or one of its three points is in the wrong place."
_M_PER_FT = 0.3048
_STEPS_FT = (25, 50, 100, 200, 500, 1000)
_MOST_SQUARES = 12
"""So many squares has the longer side at most."""


def find_standing_pages(pages: Iterable[CampusPage], on: date) -> dict[str, CampusPage]:
    """Return of each campus the page that was verified last up to a day, by site."""
    return {one.site: one for one in sorted(pages, key=lambda one: one.on) if one.on <= on}


@dataclass(frozen=True, slots=True)
class PictureGrid:
    """Squares over a picture, letters across and numbers down, as shares of its two sides.

    ``step_ft`` is how long a side is on the ground, None where the picture is not placed.
    """

    step_x: float
    step_y: float
    step_ft: int | None = None

    @property
    def columns(self) -> tuple[tuple[str, float], ...]:
        """Return the letter of each column, and where it begins."""
        count = _count_squares(self.step_x)
        return tuple((ascii_uppercase[at], at * self.step_x) for at in range(count))

    @property
    def rows(self) -> tuple[tuple[str, float], ...]:
        """Return the number of each row, and where it begins."""
        return tuple((str(at + 1), at * self.step_y) for at in range(_count_squares(self.step_y)))

    def name_square(self, x: float, y: float) -> str:
        """Return the square of a spot of the picture, such as C4."""
        column = min(int(x / self.step_x), len(self.columns) - 1)
        row = min(int(y / self.step_y), len(self.rows) - 1)
        return f"{self.columns[column][0]}{self.rows[row][0]}"


def _count_squares(step: float) -> int:
    return max(1, -int(-(1 - 1e-9) // step))


@dataclass(frozen=True, eq=False, slots=True)
class PlacedPicture:
    """A campus page with its picture; ``placement`` is in meters, None while it is not placed."""

    page: CampusPage
    data: bytes
    size_px: tuple[int, int]
    placement: PicturePlacement | None = None

    @property
    def stretch(self) -> float:
        """Return how much longer one way than another it is drawn; 1 where it is not placed."""
        width, height = self.size_px
        return self.placement.measure_stretch(width / height) if self.placement else 1.0

    @property
    def is_stretched(self) -> bool:
        """Whether one of its points seems to be wrong."""
        return self.stretch > MOST_STRETCH

    @property
    def grid(self) -> PictureGrid:
        """Return the squares over it: of a round length on the ground, where that is known."""
        width, height = self.size_px
        if self.placement is None:
            side = max(width, height) / 10
            return PictureGrid(side / width, side / height)
        wide, high = self.placement.width_m, self.placement.height_m
        fits = (ft for ft in _STEPS_FT if max(wide, high) <= _MOST_SQUARES * ft * _M_PER_FT)
        step_ft = next(fits, int(max(wide, high) / _M_PER_FT / 10))
        return PictureGrid(step_ft * _M_PER_FT / wide, step_ft * _M_PER_FT / high, step_ft)
