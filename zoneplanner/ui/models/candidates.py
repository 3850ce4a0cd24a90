"""The table of candidates: one row for each plan that a search found."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoneplanner.analysis.declared import MEASURES
from zoneplanner.app.candidates import ScoredPlan
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import TableColumn


@dataclass(frozen=True, slots=True)
class _CandidateRow:
    """What the table shows of a candidate; ``place`` is where it is among all, from 0."""

    place: int
    run: int
    drive_min: float
    gap: float
    weighed: bool
    worst_deviation: float
    sites_moved: int
    students_moved: int
    like: str
    seconds: float
    tolerance: float


def build_candidate_rows(found: Sequence[ScoredPlan]) -> list[_CandidateRow]:
    """Return a row for each candidate, in their order."""
    return [
        _CandidateRow(
            place=place,
            run=each.run,
            drive_min=each.drive_min,
            gap=each.proposal.gap,
            weighed=each.plan.proof is None,
            worst_deviation=each.worst_deviation,
            sites_moved=each.sites_moved,
            students_moved=each.students_moved,
            like=each.like,
            seconds=each.proposal.seconds,
            tolerance=each.plan.tolerance,
        )
        for place, each in enumerate(found)
    ]


def _format_gap(row: _CandidateRow) -> str:
    """Write a gap short: nothing where it is proven, a dash where it is not known yet."""
    if row.gap >= words.TOLD_GAP:
        return words.NO_VALUE
    return "0 %" if row.gap <= words.PROVEN_GAP else words.format_share(max(row.gap, 0.0005))


def _tip(row: _CandidateRow) -> str:
    counted = " Moves count in the gap." if row.weighed else ""
    like = f" Moves are counted from “{row.like}”." if row.like else ""
    return (
        f"Search {row.run}, tolerance ±{100 * row.tolerance:g} %, found after "
        f"{row.seconds:.1f} s. {words.summarize_proof(row.gap)}{counted}{like}"
    )


CANDIDATE_COLUMNS = (
    TableColumn("Drive", lambda row: row.drive_min, lambda row: words.format_number(row.drive_min),
           MEASURES["cost"].definition, figure=True, cell_tip=_tip),
    TableColumn("Gap", lambda row: row.gap, _format_gap,
           "By how much a plan that keeps all rules could be better at most.", figure=True,
           cell_tip=_tip),
    TableColumn("Worst", lambda row: abs(row.worst_deviation),
           lambda row: words.format_share(row.worst_deviation, signed=True),
           MEASURES["worst_deviation"].definition, figure=True, cell_tip=_tip),
    TableColumn("Sites", lambda row: row.sites_moved, lambda row: words.format_number(row.sites_moved),
           "Sites that change their zone.", figure=True, cell_tip=_tip),
    TableColumn("Students", lambda row: row.students_moved,
           lambda row: words.format_number(row.students_moved),
           "Students of the sites that change their zone.", figure=True, cell_tip=_tip),
)  # fmt: skip
