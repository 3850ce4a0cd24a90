"""The response page of a campus: the page in effect on a day, its picture, and the grid over it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from string import ascii_uppercase

from zoneplanner.domain.geography.picture_placement import PicturePlacement
from zoneplanner.domain.log.office_entries import CampusPage
from zoneplanner.messages import Message

MAX_STRETCH = 1.15
STRETCHED = Message("picture_stretched")
_M_PER_FT = 0.3048
_STEPS_FT = (25, 50, 100, 200, 500, 1000)
_MAX_SQUARES = 12
"""The most squares along the longer side."""


def find_standing_pages(pages: Iterable[CampusPage], on: date) -> dict[str, CampusPage]:
    """Return the page of each campus that was last verified by a day, by site."""
    verified = (page for page in pages if page.on <= on)
    return {page.site: page for page in sorted(verified, key=lambda page: page.on)}


@dataclass(frozen=True, slots=True)
class PictureGrid:
    """Squares over a picture, with letters across and numbers down, in shares of its sides.

    ``step_ft`` is the side of a square on the ground, or None if the picture is not placed.
    """

    step_x: float
    step_y: float
    step_ft: int | None = None

    @property
    def columns(self) -> tuple[tuple[str, float], ...]:
        """The letter of each column, and where it begins."""
        count = _count_squares(self.step_x)
        return tuple((ascii_uppercase[index], index * self.step_x) for index in range(count))

    @property
    def rows(self) -> tuple[tuple[str, float], ...]:
        """The number of each row, and where it begins."""
        count = _count_squares(self.step_y)
        return tuple((str(index + 1), index * self.step_y) for index in range(count))

    def name_square(self, x: float, y: float) -> str:
        """Return the name of the square at a point of the picture, such as C4."""
        column = min(int(x / self.step_x), len(self.columns) - 1)
        row = min(int(y / self.step_y), len(self.rows) - 1)
        return f"{self.columns[column][0]}{self.rows[row][0]}"


def _count_squares(step: float) -> int:
    return max(1, -int(-(1 - 1e-9) // step))


@dataclass(frozen=True, eq=False, slots=True)
class PlacedPicture:
    """A campus page with its picture; ``placement`` is None until the picture is placed."""

    page: CampusPage
    data: bytes
    size_px: tuple[int, int]
    placement: PicturePlacement | None = None

    @property
    def stretch(self) -> float:
        """The distortion of the picture, see ``measure_stretch``; 1 if it is not placed."""
        width, height = self.size_px
        return self.placement.measure_stretch(width / height) if self.placement else 1.0

    @property
    def is_stretched(self) -> bool:
        """Whether one of the control points seems to be wrong."""
        return self.stretch > MAX_STRETCH

    @property
    def grid(self) -> PictureGrid:
        """The squares over the picture, of a round length on the ground if it is placed."""
        width, height = self.size_px
        if self.placement is None:
            side = max(width, height) / 10
            return PictureGrid(side / width, side / height)
        width_m, height_m = self.placement.width_m, self.placement.height_m
        longer_m = max(width_m, height_m)
        fitting = (step for step in _STEPS_FT if longer_m <= _MAX_SQUARES * step * _M_PER_FT)
        step_ft = next(fitting, int(longer_m / _M_PER_FT / 10))
        return PictureGrid(step_ft * _M_PER_FT / width_m, step_ft * _M_PER_FT / height_m, step_ft)
