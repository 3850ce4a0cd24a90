"""What a gesture does to the zones that it touches: before, after, difference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zoneplanner.analysis.measures import ZoneMeasures
from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.checks import CheckFinding
from zoneplanner.ui.kit.words import format_difference, format_number, format_share

CHANGED_ZONES_SHOWN = 2
_CHANGE_FIGURES = (
    ("Load, min", "load_min"),
    ("Deviation, %", "deviation"),
    ("Drive, min", "drive_min_per_day"),
    ("Students", "students"),
    ("Pieces", "pieces"),
)
_NEW_PROBLEMS = {
    "over_tolerance": "Now outside ±{}",
    "in_pieces": "Now in pieces",
    "empty_zone": "Now without a site",
}
"""What befalls zones, by the code of the problem."""


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
    before: ZoneMeasures
    after: ZoneMeasures
    tolerance: float

    @property
    def text(self) -> str:
        """Say how the load changes in one line: before, after, difference."""
        old, new = self.before.load_min, self.after.load_min
        return f"{self.zone} {old:.0f} → {new:.0f} min ({format_difference(new - old, 0)})"

    def rows(self) -> tuple[ChangeRow, ...]:
        """Return every figure with its difference."""
        return tuple(self._row(name, key) for name, key in _CHANGE_FIGURES)

    def _row(self, name: str, key: str) -> ChangeRow:
        old, new = float(getattr(self.before, key)), float(getattr(self.after, key))
        if key == "deviation":
            return ChangeRow(
                name,
                format_share(old, signed=True).removesuffix(" %"),
                format_share(new, signed=True).removesuffix(" %"),
                format_difference(new - old, 1, percent=True),
                abs(new) > self.tolerance + 1e-9,
            )
        bad = key == "pieces" and new > 1
        return ChangeRow(
            name, format_number(old), format_number(new), format_difference(new - old, 0), bad
        )


def compute_zone_changes(
    before: ProjectState, after: ProjectState, zones: Sequence[str]
) -> tuple[ZoneChange, ...]:
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


def update_piece_counts(
    reading: ProjectState, changes: Sequence[ZoneChange]
) -> tuple[ZoneChange, ...]:
    """Return changes with the pieces that zones are in by another reading."""
    known = reading.figures.zones if reading.figures is not None else {}
    return tuple(
        replace(each, after=replace(each.after, pieces=known[each.zone].pieces))
        if each.zone in known
        else each
        for each in changes
    )


def list_zones_of_move(before: ProjectState, after: ProjectState, site: str) -> tuple[str, ...]:
    """Return the zone that a site has before and the one it has after, one where it is the same."""
    if before.plan is None or after.plan is None:
        return ()
    ends = [plan.assignment.get(site) for plan in (before.plan, after.plan)]
    return tuple(dict.fromkeys(zone for zone in ends if zone is not None))


def list_losing_zones(before: ProjectState, after: ProjectState, target: str) -> tuple[str, ...]:
    """Return the zones that differ but for the target, the one that gives most load first."""
    if before.figures is None or after.figures is None:
        return ()
    old, new = before.figures.zones, after.figures.zones
    changed = [z for z in old if z in new and z != target and old[z] != new[z]]
    return tuple(sorted(changed, key=lambda z: new[z].load_min - old[z].load_min))


def list_new_problems(before: ProjectState, after: ProjectState) -> tuple[str, ...]:
    """Return the problems that are new, the zones of one kind in one line."""
    known = {(problem.code, _place(problem)) for problem in before.problems}
    new = [each for each in after.problems if (each.code, _place(each)) not in known]
    tolerance = after.plan.tolerance if after.plan else 0.0
    lines = []
    for code, title in _NEW_PROBLEMS.items():
        zones = [problem.where["zone"] for problem in new if problem.code == code]
        if zones:
            lines.append(f"{title.format(format_share(tolerance, 0))}: {', '.join(zones)}.")
    return (*lines, *(problem.text for problem in new if problem.code not in _NEW_PROBLEMS))


def _place(problem: CheckFinding) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(problem.where.items()))
