"""The rows of before, after and difference between two readings."""

from dataclasses import dataclass

from zoneplanner.analysis.declared import MEASURES
from zoneplanner.analysis.measures import PlanMeasures, ZoneMeasures
from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.plan import list_zone_reassignments
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import TableColumn

_PLAN_FIGURES = ("worst_deviation", "load_cv", "cost", "worst_drive_min", "mean_drive_min")
_NAMES = {"cost": "Drive"}
_DIGITS = {"worst_drive_min": 1, "mean_drive_min": 1}


@dataclass(frozen=True, slots=True)
class _FigureRow:
    """One figure; ``verdict`` is better or worse where one way is good."""

    name: str
    definition: str
    before: str
    after: str
    difference: str
    verdict: str

    @property
    def span(self) -> str:
        """The figure, or what it was and what it is."""
        if not self.before:
            return self.after
        return f"{self.before.removesuffix(' %')} → {self.after}"


def build_figure_rows(before: ProjectState | None, after: ProjectState) -> list[_FigureRow]:
    """Return the figures of the plan and of the zones that differ, with their differences."""
    if after.figures is None or after.plan is None:
        return []
    old = before.figures if before is not None else None
    rows: list[_FigureRow] = []
    for zone in _list_touched_zones(before, after):
        now = after.figures.zones[zone]
        was = old.zones.get(zone) if old is not None else None
        for key, name in (("load_min", "load"), ("deviation", "deviation")):
            rows.append(_row(key, f"{zone} {name}", _value(was, key), getattr(now, key)))
    for key in _PLAN_FIGURES:
        name = _NAMES.get(key, MEASURES[key].name)
        rows.append(_row(key, name, _value(old, key), getattr(after.figures, key)))
    missing = len(after.figures.unassigned)
    missed = len(old.unassigned) if old is not None else None
    if missing or missed:
        rows.append(_row("unassigned", MEASURES["unassigned"].name, missed, missing))
    return rows


def _value(figures: PlanMeasures | ZoneMeasures | None, key: str) -> float | None:
    return None if figures is None else float(getattr(figures, key))


def _list_touched_zones(before: ProjectState | None, after: ProjectState) -> list[str]:
    """Return the zones whose sites differ between two readings of plans, in order."""
    if before is None or before.plan is None or after.plan is None:
        return []
    ends = {
        end
        for move in list_zone_reassignments(before.plan, after.plan)
        for end in (move.before, move.after)
    }
    return [zone.id for zone in after.plan.zones if zone.id in ends]


def summarize_moves(before: ProjectState | None, after: ProjectState) -> str:
    """Say how many sites and students move between two readings."""
    if before is None or before.plan is None or after.plan is None:
        return ""
    moved = list_zone_reassignments(before.plan, after.plan)
    if not moved:
        return ""
    sites = after.project.sites
    students = sum(sites[move.site].enrollment or 0 for move in moved if move.site in sites)
    return f"{words.format_count(len(moved), 'site')} and {words.format_count(students, 'student')} moved."


def _row(key: str, name: str, before: float | None, after: float) -> _FigureRow:
    measure = MEASURES[key]
    percent = measure.unit == "%"
    signed = key in ("worst_deviation", "deviation")
    digits = 1 if percent else _DIGITS.get(key, 0)

    def shown(value: float | None) -> str:
        if percent:
            return words.format_share(value, digits, signed=signed)
        return words.format_number(value, digits)

    size = _size(key, before, after)
    return _FigureRow(
        name=name if percent or not measure.unit else f"{name}, {measure.unit}",
        definition=measure.definition,
        before=shown(before) if before is not None else "",
        after=shown(after),
        difference=""
        if before is None
        else words.format_difference(after - before, digits, percent=percent),
        verdict=_verdict(measure.better, size),
    )


def _size(key: str, before: float | None, after: float) -> float:
    """Return by how much a figure rose; of deviations, by how much their distance from zero did."""
    if before is None or key == "load_min":
        return 0.0
    if key in ("worst_deviation", "deviation"):
        return abs(after) - abs(before)
    return after - before


def _verdict(better: str | None, rise: float) -> str:
    if better is None or abs(rise) < 5e-4:
        return ""
    good = rise > 0 if better == "higher" else rise < 0
    return "better" if good else "worse"


def _change_tip(row: _FigureRow) -> str:
    """Say what the change means; shares change by percentage points."""
    points = " In percentage points." if row.after.endswith("%") else ""
    verdict = f" This is {row.verdict}." if row.verdict else ""
    return f"{row.definition}{points}{verdict}"


FIGURE_COLUMNS = (
    TableColumn("Figure", lambda row: row.name, cell_tip=lambda row: row.definition),
    TableColumn("Before → after", lambda row: row.span, cell_tip=lambda row: row.definition,
           figure=True),
    TableColumn("Change", lambda row: row.difference, figure=True,
           cell_tip=_change_tip),
)  # fmt: skip
