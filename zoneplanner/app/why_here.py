"""Why a site is in its zone: what each other zone that may hold it would cost instead."""

from collections.abc import Iterable
from dataclasses import dataclass

from zoneplanner.app.reading import Reading, read
from zoneplanner.domain.checks import Finding
from zoneplanner.domain.locks import why_locked


@dataclass(frozen=True, slots=True)
class Choice:
    """A zone that may hold a site, and what would be if the site went there.

    ``drive_change_min`` is in trip-minutes a day; ``home_after`` is the deviation of the zone
    that it would leave, None where it has none; ``breaks`` are rules that would be broken then and
    are not now, a sentence each; ``locked`` says which lock forbids it, empty where none does.
    """

    zone: str
    drive_change_min: float
    zone_after: float
    home_after: float | None
    breaks: tuple[str, ...]
    locked: str = ""


def choices(reading: Reading, site_id: str) -> tuple[Choice, ...]:
    """Return the zones that a site could go to with all sites at its position, cheapest first."""
    plan, figures, project = reading.plan, reading.figures, reading.project
    if plan is None or figures is None or site_id not in reading.basis.index:
        return ()
    site, home = project.sites[site_id], plan.assignment.get(site_id)
    lies_in = reading.basis.placements[site_id].jurisdiction
    stack = reading.basis.stack_of(site_id)
    broken = {_key(problem) for problem in reading.problems}
    found = []
    for zone in plan.zones:
        if zone.id == home or not project.units[zone.unit].may_hold(lies_in):
            continue
        moved = plan.assigned(dict.fromkeys(stack, zone.id))
        after = read(reading.kept.with_plan(moved), moved, reading)
        assert after.figures is not None
        left = after.figures.zones.get(home or "")
        new = [problem for problem in after.problems if _key(problem) not in broken]
        found.append(
            Choice(
                zone=zone.id,
                drive_change_min=after.figures.cost - figures.cost,
                zone_after=after.figures.zones[zone.id].deviation,
                home_after=left.deviation if left is not None else None,
                breaks=_sentences(new, plan.tolerance),
                locked=why_locked(project, plan, site, zone.id) or "",
            )
        )
    return tuple(sorted(found, key=lambda choice: choice.drive_change_min))


def _key(problem: Finding) -> tuple[str, tuple[tuple[str, str], ...]]:
    return problem.code, tuple(sorted(problem.where.items()))


def _sentences(new: Iterable[Finding], tolerance: float) -> tuple[str, ...]:
    """Say each broken rule once for all zones that break it."""
    zones: dict[str, list[str]] = {}
    others = []
    for problem in new:
        if problem.code in _BROKEN and "zone" in problem.where:
            zones.setdefault(problem.code, []).append(problem.where["zone"])
        else:
            others.append(problem.text)
    told = [
        _BROKEN[code].format(zones=" and ".join(own), tolerance=f"±{100 * tolerance:g} %")
        for code, own in zones.items()
    ]
    return (*told, *others)


_BROKEN = {
    "over_tolerance": "Puts {zones} outside {tolerance}.",
    "in_pieces": "Puts {zones} in pieces.",
    "empty_zone": "Leaves {zones} without a site.",
}
