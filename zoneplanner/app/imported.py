"""What became of a file that was brought in, row by row, and what keeps it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from zoneplanner.app.import_entries import RepairedRow
from zoneplanner.app.starting import RefusedRow
from zoneplanner.app.taking import Fate, RowFate, Taken
from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.mapped import Mapped
from zoneplanner.exchange.vector import ForeignRows

LIKENESS = "likeness"


@dataclass(frozen=True, eq=False, slots=True)
class Imported:
    """What became of a file: each row that was read was taken, known already, or refused.

    Of a file of polygons, ``refused`` also names the sites that their zone may not hold.
    ``ignored`` are the columns that are not known; ``how`` says how a table was read. Of a part
    of the map or a roster ``rows`` holds the fate of every row; of a table of the log, which may be
    long, ``first`` holds that of the first rows that are taken or known. ``told`` says how columns
    and coordinates were read.
    """

    text: str
    read: int
    taken: int
    already: int = 0
    refused: tuple[RefusedRow, ...] = ()
    repaired: tuple[RepairedRow, ...] = ()
    ignored: tuple[str, ...] = ()
    how: str = ""
    plan: str | None = None
    notes: tuple[str, ...] = ()
    rows: tuple[RowFate, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    first: tuple[RowFate, ...] = ()

    @property
    def fates(self) -> tuple[RowFate, ...]:
        """The fates that are known row by row: all of ``rows``, or those of the log in order."""
        if self.rows:
            return self.rows
        found = {own.row: own for own in self.first}
        for mended in self.repaired:
            own = found.get(mended.row, RowFate(mended.row, Fate.NEW))
            found[mended.row] = replace(own, repaired=(mended.how,))
        for refused in self.refused:
            found[refused.row] = RowFate(refused.row, Fate.REFUSED, "", refused.reason)
        return tuple(found[row] for row in sorted(found))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows met each fate; more than ``fates`` tells one by one where many did."""
        if self.rows:
            return Counter(own.fate.value for own in self.rows)
        return {
            Fate.NEW.value: self.taken,
            Fate.KNOWN.value: self.already,
            Fate.REFUSED.value: len(self.refused),
        }

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the figures and rows as JSON values."""
        return {
            "read": self.read,
            "taken": self.taken,
            "already": self.already,
            "refused": [{"row": own.row, "reason": own.reason} for own in self.refused],
            "repaired": [{"row": own.row, "how": own.how} for own in self.repaired],
            "ignored_columns": list(self.ignored),
            "file": self.how,
            **({"plan": self.plan} if self.plan is not None else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
            **self.told,
        }


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A file that was read and looked at: what would become of it, and what keeps it as one step.

    ``keep`` raises what the store refuses; nothing is kept where the report that it is given
    raises.
    """

    outcome: Imported
    keep: Callable[[ProgressReport], object]


def imported_map(
    found: ForeignRows, how: Mapped, done: Taken, *, dry_run: bool = False
) -> Imported:
    """Return what became of a file of sites, jurisdictions or blocks."""
    columns = {name: list(own) for name, own in how.columns.items()}
    told = {
        "left_out": done.count(Fate.LEFT_OUT),
        "changed": done.count(Fate.CHANGED),
        "crs": found.crs,
        "mapping": how.profile.id or LIKENESS,
        "columns": columns,
    }
    taken = done.count(Fate.NEW, Fate.CHANGED)
    return Imported(
        text=f"{taken:,} of {len(done.rows):,} rows of “{found.source}” "
        f"{are_taken(dry_run, taken)}.",
        read=len(done.rows),
        taken=taken,
        already=done.count(Fate.KNOWN),
        refused=refused_of(done),
        repaired=tuple(RepairedRow(r.row, " ".join(r.repaired)) for r in done.rows if r.repaired),
        how=found.how,
        rows=done.rows,
        told=told,
        notes=done.warnings,
    )


def refused_of(done: Taken) -> tuple[RefusedRow, ...]:
    """Return the rows that were refused."""
    return tuple(RefusedRow(one.row, one.why) for one in done.rows if one.fate is Fate.REFUSED)


def are_taken(dry_run: bool, taken: int) -> str:
    """Say that rows are taken, or would be."""
    if dry_run:
        return "would be taken"
    return "is taken" if taken == 1 else "are taken"
