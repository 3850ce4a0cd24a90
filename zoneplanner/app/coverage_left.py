"""What coverage is left while some units are away, by the response model of the plan."""

from collections.abc import Collection
from dataclasses import dataclass

from zoneplanner.analysis.expected import RESPONSE_TARGET_MIN, ExpectedResponse
from zoneplanner.app.evaluate import evaluate_response
from zoneplanner.app.reading import ProjectState


@dataclass(frozen=True, eq=False, slots=True)
class _RemainingCoverage:
    """What coverage is left while some units are away, by the response model.

    ``after`` is None where no unit is left. ``open_zones`` are those whose unit is away, ``late``
    the sites where less than half of the calls would be met within the target, and were before.
    """

    away: tuple[str, ...]
    before: ExpectedResponse
    after: ExpectedResponse | None
    open_zones: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say in a sentence or two what is left."""
        target = f"{self.before.target_min:g} min"
        if self.after is None:
            return "No unit is left; other calls fall to the agencies' ordinary patrol."
        was, now = (_percent(one.share_within_target) for one in (self.before, self.after))
        said = f"Left with them away: {now} of calls met within {target} (was {was})."
        if self.open_zones:
            zones = ", ".join(self.open_zones)
            said += f" Without their unit: {zones}."
        if self.late:
            count = len(self.late)
            sites = "1 site" if count == 1 else f"{count} sites"
            said += f" {sites} mostly beyond the target."
        return said


def compute_remaining_coverage(
    reading: ProjectState, away: Collection[str], *, target_min: float = RESPONSE_TARGET_MIN
) -> _RemainingCoverage | None:
    """Return what is left with some units away; None without a plan or with nobody away.

    Units that the model does not know, because the plan gives them no zone or post, take nothing
    away from it.
    """
    if reading.plan is None:
        return None
    before = evaluate_response(reading, target_min=target_min)
    gone = tuple(unit for unit in before.units if unit in set(away))
    if not gone:
        return None
    after = None
    if len(gone) < len(before.units):
        after = evaluate_response(reading, without=gone, target_min=target_min)
    late = () if after is None else _find_late_sites(before, after)
    zones = tuple(zone.id for zone in reading.plan.zones if zone.unit in gone)
    return _RemainingCoverage(gone, before, after, zones, late)


def _find_late_sites(before: ExpectedResponse, after: ExpectedResponse) -> tuple[str, ...]:
    return tuple(
        site
        for site, met in after.sites.items()
        if met.share_within_target < 0.5 <= before.sites[site].share_within_target
    )


def _percent(share: float | None) -> str:
    return "no share" if share is None else f"{share:.0%}".replace("%", " %")
