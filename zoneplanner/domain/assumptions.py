"""Editable figures that stand in for what a district has not measured yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from zoneplanner.domain.calendar.bells import BellWindow

OTHER_LEVEL = "other"
RESPONSE_TARGET_MIN = 8.0
"""Minutes from a call to the first unit at the school, until a person sets another target."""


@dataclass(frozen=True, eq=False, slots=True)
class Assumptions:
    """The figures that load and travel are computed from.

    Tables are by level, with an entry ``other`` for the remaining levels. Visits and calls are per
    day; calls are per 1,000 students, before the level's factor. ``drive_factor`` is by bell
    window; a window without an entry has factor 1.
    """

    visits_per_day: Mapping[str, float] = field(
        default_factory=lambda: {"middle": 2.0, "high": 2.0, OTHER_LEVEL: 1.0}
    )
    dwell_min: Mapping[str, float] = field(default_factory=lambda: {OTHER_LEVEL: 15.0})
    calls_per_1000: float = 0.5
    call_factor: Mapping[str, float] = field(
        default_factory=lambda: {
            "elementary": 1.0,
            "k8": 1.3,
            "middle": 2.2,
            "high": 3.0,
            "alternative": 2.0,
            "special_education": 1.0,
            "preschool": 0.6,
            "secondary_6_12": 3.0,
            "k12": 3.0,
            OTHER_LEVEL: 1.0,
        }
    )
    service_min: float = 35.0
    missing_enrollment: int = 150
    axis_factor: float = 1.1
    speed_mph: float = 28.0
    turnout_min: float = 0.5
    drive_factor: Mapping[str, float] = field(default_factory=dict)

    def find_drive_factor(self, window: BellWindow | None) -> float:
        """Return the factor by which drives take longer in a part of the school day."""
        return 1.0 if window is None else self.drive_factor.get(window, 1.0)

    def figures(self) -> Iterator[tuple[str, float]]:
        """Yield every figure with its displayed name."""
        for title, table in (
            ("Visits a day", self.visits_per_day),
            ("Dwell, minutes", self.dwell_min),
            ("Call factor", self.call_factor),
        ):
            for level, value in table.items():
                yield f"{title}, {level}", value
        yield "Calls per day per 1,000 students", self.calls_per_1000
        yield "Service, minutes", self.service_min
        yield "Students if enrollment is not known", self.missing_enrollment
        yield "Street factor", self.axis_factor
        yield "Speed", self.speed_mph
        yield "Turnout, minutes", self.turnout_min
        for window, factor in self.drive_factor.items():
            yield f"Drives, {window}", factor


def look_up_by_level(table: Mapping[str, float], level: str) -> float:
    """Return a level's figure, or the table's ``other``."""
    return table.get(level, table[OTHER_LEVEL])
