"""What a gesture does to the zones that it touches: before, after, difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoneplanner.analysis.measures import ZoneFigures
from zoneplanner.app.reading import Reading
from zoneplanner.ui.kit.words import difference, number, share

SHOWN = 2
ROWS = (
    ("Load, min/day", "load_min"),
    ("Deviation", "deviation"),
    ("Drive, min/day", "drive_min_per_day"),
    ("Students", "students"),
    ("Pieces", "pieces"),
)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One figure of a zone as it is written; ``bad`` where it breaks a rule afterwards."""

    name: str
    before: str
    after: str
    change: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """One zone before and after a gesture."""

    zone: str
    colour: int
    before: ZoneFigures
    after: ZoneFigures
    tolerance: float

    @property
    def text(self) -> str:
        """Say how the load changes in one line: before, after, difference."""
        old, new = self.before.load_min, self.after.load_min
        return f"{self.zone} {old:.0f} → {new:.0f} min ({difference(new - old, 0)})"

    def rows(self) -> tuple[ChangeRow, ...]:
        """Return every figure with its difference."""
        return tuple(self._row(name, key) for name, key in ROWS)

    def _row(self, name: str, key: str) -> ChangeRow:
        old, new = float(getattr(self.before, key)), float(getattr(self.after, key))
        if key == "deviation":
            return ChangeRow(
                name,
                share(old, signed=True).removesuffix(" %"),
                share(new, signed=True),
                difference(new - old, 1, percent=True),
                abs(new) > self.tolerance + 1e-9,
            )
        bad = key == "pieces" and new > 1
        return ChangeRow(name, number(old), number(new), difference(new - old, 0), bad)


def zone_changes(before: Reading, after: Reading, zones: Sequence[str]) -> tuple[ZoneChange, ...]:
    """Return the changes of some zones that both readings know, in this order."""
    if before.figures is None or after.figures is None or after.plan is None:
        return ()
    colours = {zone.id: zone.colour for zone in after.plan.zones}
    old, new = before.figures.zones, after.figures.zones
    return tuple(
        ZoneChange(zone, colours[zone], old[zone], new[zone], after.plan.tolerance)
        for zone in zones
        if zone in old and zone in new
    )


def givers(before: Reading, after: Reading, target: str) -> tuple[str, ...]:
    """Return the zones that differ but for the target, the one that gives most load first."""
    if before.figures is None or after.figures is None:
        return ()
    old, new = before.figures.zones, after.figures.zones
    changed = [z for z in old if z in new and z != target and old[z] != new[z]]
    return tuple(sorted(changed, key=lambda z: new[z].load_min - old[z].load_min))


def warnings(before: Reading, after: Reading) -> tuple[str, ...]:
    """Return the problems that are new, in one sentence each."""
    known = {(problem.code, tuple(sorted(problem.where.items()))) for problem in before.problems}
    return tuple(
        problem.text
        for problem in after.problems
        if (problem.code, tuple(sorted(problem.where.items()))) not in known
    )
