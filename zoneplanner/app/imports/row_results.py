"""What became of each row of a file of sites, jurisdictions or blocks, and the project after it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.project import Project
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.vector.layers import ForeignRow

_FARTHEST_M = 100_000.0
_ANOTHER_LAND_M = 8_000_000.0


@dataclass(frozen=True, eq=False, slots=True)
class ImportedRows:
    """The project as it is with what was taken, and the result of every row."""

    project: Project
    rows: tuple[RowResult, ...]
    warnings: tuple[str, ...] = ()
    elsewhere: int = 0
    """Rows of other places that were passed over without a result."""
    only: str = ""
    """Which rows were wanted, as a person asks for them."""

    def count(self, *outcomes: RowOutcome) -> int:
        """Return how many rows had one of some outcomes."""
        tally = Counter(row.outcome for row in self.rows)
        return sum(tally[outcome] for outcome in outcomes)


def find_far_rows(rows: Sequence[ForeignRow], near: BaseGeometry | None) -> dict[int, str]:
    """Say of rows that lie far from the project, or from all others, how far; by row."""
    placed = [row for row in rows if row.shape is not None]
    if not placed:
        return {}
    shapes = np.array([row.shape for row in placed], dtype=object)
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    if near is None:
        if len(placed) < 3:
            return {}
        near = shapely.Point(np.median(middles, axis=0))
    away_m = shapely.distance(shapes, near)
    return {
        row.row: f"It is {meters / 1000:,.0f} km from the project."
        for row, meters in zip(placed, away_m.tolist(), strict=True)
        if not meters <= _FARTHEST_M
    }


def is_elsewhere(row: ForeignRow, near: BaseGeometry | None, far: Mapping[int, str]) -> bool:
    """True for a far row that another district has; one at the ends of the earth is a mistake."""
    return (
        near is not None
        and row.row in far
        and row.shape is not None
        and near.distance(row.shape) < _ANOTHER_LAND_M
    )


def sort_row_results(rows: Iterable[RowResult]) -> tuple[RowResult, ...]:
    """Return rows in the order of the file."""
    return tuple(sorted(rows, key=lambda own: own.row))
