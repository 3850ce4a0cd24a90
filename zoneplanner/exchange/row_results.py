"""What became of one row of a foreign file: the one type for all kinds of files.

What a reader cannot decide: the caller asks a person and reads the file again.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from zoneplanner.errors import UserError


class RowOutcome(StrEnum):
    """What became of a row."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    JOINED = "joined"
    ASKED = "asked"
    ELSEWHERE = "elsewhere"
    LEFT_OUT = "left out"
    REFUSED = "refused"


class RowResult(NamedTuple):
    """One row of a file, counted as its reader does: its name, its outcome, and why or how.

    ``repaired`` says what was taken otherwise than it stands there; ``id`` is ours where it has
    one, ``sheet`` where it stands if several sheets were read.
    """

    row: int
    outcome: RowOutcome
    name: str = ""
    reason: str = ""
    repaired: tuple[str, ...] = ()
    id: str = ""
    sheet: str = ""

    @property
    def place(self) -> str:
        """Where it stands: its number, below the sheet of a workbook that is read whole.

        A row 0 is the file itself.
        """
        return f"{self.sheet} {self.row:,}".strip() if self.row else self.sheet

    @property
    def explanation(self) -> str:
        """Why it was left out, and how it was repaired."""
        return " ".join((self.reason, *self.repaired)).strip()


def refuse_row(row: int, reason: str) -> RowResult:
    """Return the result of a row that was left out, and why."""
    return RowResult(row, RowOutcome.REFUSED, reason=reason)


class SeveralLayers(UserError):
    """The file has several layers, sheets or members; ``names`` lists them."""

    code = "several_layers"

    @classmethod
    def of(cls, file: str, names: Collection[str]) -> "SeveralLayers":
        """Ask which of some layers is meant."""
        return cls("several_layers", file=file, layers=", ".join(names), names=list(names))

    @property
    def names(self) -> tuple[str, ...]:
        """The layers to choose from."""
        return tuple(self.details["names"])


class UnknownCrs(UserError):
    """The file does not say in which coordinate system it is."""

    code = "unknown_crs"
