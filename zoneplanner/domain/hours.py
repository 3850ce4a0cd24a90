"""The hours that officers serve in a period, and how even they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import Shift, ShiftKind


@dataclass(frozen=True, slots=True)
class OfficerHours:
    """What one officer serves in a period; shifts that are cancelled do not count."""

    officer: str
    name: str
    agency: str
    kind: str
    shifts: tuple[Shift, ...]
    undesirable: int

    def of(self, *kinds: ShiftKind) -> float:
        """Return the hours of some kinds of shift, or of all."""
        return sum(shift.hours for shift in self.shifts if not kinds or shift.kind in kinds)


def compute_officer_hours(project: Project, first: date, last: date) -> tuple[OfficerHours, ...]:
    """Return the hours of each officer from one local day to another, in the project's order."""
    mine: dict[str, list[Shift]] = {key: [] for key in project.officers}
    for shift in project.shifts.values():
        if shift.on and shift.officer in mine and first <= shift.day(project.time_zone) <= last:
            mine[shift.officer].append(shift)
    found = []
    for key, officer in project.officers.items():
        shifts = sorted(mine[key], key=lambda shift: (shift.starts_at, shift.uid))
        bad = sum(shift.undesirable(project.time_zone) for shift in shifts)
        found.append(
            OfficerHours(key, officer.name, officer.agency, officer.kind, tuple(shifts), bad)
        )
    return tuple(found)


def compute_hours_spread(hours: Sequence[OfficerHours]) -> dict[str, tuple[float, float, float]]:
    """Return by kind of officer the least, mean and most hours: how even they are."""
    found: dict[str, list[float]] = {}
    for one in hours:
        found.setdefault(one.kind, []).append(one.of())
    return {kind: (min(own), sum(own) / len(own), max(own)) for kind, own in found.items()}
