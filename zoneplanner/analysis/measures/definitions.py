"""The declared measures of a plan: what each figure is called, its unit and what it means."""

from dataclasses import dataclass
from typing import Literal

_BetterDirection = Literal["lower", "higher", "target"] | None


@dataclass(frozen=True, slots=True)
class MeasureDefinition:
    """A figure that can be shown. ``better`` says which way is good, None where neither is."""

    key: str
    name: str
    unit: str
    definition: str
    better: _BetterDirection = None


_DECLARED = (
    MeasureDefinition("sites", "Sites", "", "Patrolled sites in the zone."),
    MeasureDefinition(
        "students",
        "Students",
        "",
        "Enrollment of the zone's sites; a missing figure counts as assumed.",
    ),
    MeasureDefinition(
        "load_min",
        "Load",
        "min/day",
        "Planned visits x minutes on site + expected calls x minutes each, a school day.",
        "target",
    ),
    MeasureDefinition(
        "target_min",
        "Fair share",
        "min/day",
        "The load of all sites that zones of this kind may hold / number of those zones.",
    ),
    MeasureDefinition("deviation", "Deviation", "%", "Load / fair share - 1.", "target"),
    MeasureDefinition(
        "drive_min_per_day",
        "Drive",
        "min/day",
        "Trips to the zone's sites a day x minutes from its post, turn-out and drive; the post "
        "is the site of the zone that makes this least. It measures reach, not a tour.",
        "lower",
    ),
    MeasureDefinition(
        "worst_drive_min",
        "Longest drive",
        "min",
        "Minutes of turn-out and drive from the post to the zone's farthest site.",
        "lower",
    ),
    MeasureDefinition(
        "mean_drive_min",
        "Mean drive",
        "min",
        "Minutes of turn-out and drive from the post to a site of the zone, weighted by trips.",
        "lower",
    ),
    MeasureDefinition(
        "pieces",
        "Pieces",
        "",
        "Separate parts of the zone's outline, without blocks that no zone can reach.",
        "lower",
    ),
    MeasureDefinition(
        "polsby_popper",
        "Polsby-Popper",
        "",
        "4 pi x area / perimeter squared of the outline: 1 is a circle.",
        "higher",
    ),
    MeasureDefinition(
        "reock",
        "Reock",
        "",
        "Area of the outline / area of the smallest circle around it: 1 is a circle.",
        "higher",
    ),
    MeasureDefinition(
        "cost",
        "Drive of the plan",
        "min/day",
        "Sum of the zones' drive; what the optimizer makes least.",
        "lower",
    ),
    MeasureDefinition(
        "load_cv",
        "Spread of load",
        "%",
        "Standard deviation of load / fair share over the zones, divided by its mean.",
        "lower",
    ),
    MeasureDefinition(
        "worst_deviation",
        "Largest deviation",
        "%",
        "The deviation from the fair share that is farthest from zero.",
        "target",
    ),
    MeasureDefinition(
        "unassigned", "Without a zone", "sites", "Patrolled sites without a zone.", "lower"
    ),
    MeasureDefinition(
        "jurisdiction_breaches",
        "Wrong jurisdiction",
        "sites",
        "Sites in a zone whose unit may not be primary there.",
        "lower",
    ),
)

MEASURES = {measure.key: measure for measure in _DECLARED}
