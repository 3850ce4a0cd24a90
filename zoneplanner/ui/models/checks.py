"""The table of checks: rules broken first, then what should be known."""

from dataclasses import dataclass

from zoneplanner.app.reading import Reading
from zoneplanner.ui.models.table import Column


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One finding, with the site or zone to go to."""

    number: int
    problem: bool
    text: str
    site: str | None
    zone: str | None


def check_rows(reading: Reading) -> list[CheckRow]:
    """Return the problems and then the notes of a reading."""
    found = [(True, finding) for finding in reading.problems]
    found += [(False, finding) for finding in reading.notes]
    return [
        CheckRow(
            number,
            problem,
            finding.text,
            finding.where.get("site") or finding.where.get("sites", "").split(";")[0] or None,
            finding.where.get("zone"),
        )
        for number, (problem, finding) in enumerate(found)
    ]


CHECK_COLUMNS = (
    Column("Kind", lambda row: not row.problem, lambda row: "Problem" if row.problem else "Note",
           mark=lambda row: "error" if row.problem else "info"),
    Column("What", lambda row: row.text, cell_tip=lambda row: row.text),
)  # fmt: skip
