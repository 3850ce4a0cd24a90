"""Results by row of a foreign file, of any kind, and questions that only a person can answer.

A reader raises a question as an error; the caller asks a person and reads the file again.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from zoneplanner.errors import UserError
from zoneplanner.messages import Message, MessageFormats, say_all


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
    """One row of a file by its number: its name, its outcome and a remark for a person.

    The ``remark`` says why the row was left out, or has facts from it, such as a time and a unit.
    ``repaired`` lists what was read differently from the file's text; ``id`` is our id, if any;
    ``sheet`` is the row's sheet if several were read.
    """

    row: int
    outcome: RowOutcome
    name: str = ""
    remark: Message | str = ""
    repaired: tuple[Message, ...] = ()
    id: str = ""
    sheet: str = ""

    @property
    def place(self) -> str:
        """The row's number, after its sheet if several were read; row 0 is the file itself."""
        return f"{self.sheet} {self.row:,}".strip() if self.row else self.sheet

    def explain(self, formats: MessageFormats | None = None) -> str:
        """Say what is remarked, and how the row was repaired."""
        remark = self.remark if isinstance(self.remark, str) else self.remark.say(formats)
        return " ".join((remark, say_all(self.repaired, formats))).strip()


def refuse_row(row: int, why: Message, name: str = "") -> RowResult:
    """Return the result of a rejected row."""
    return RowResult(row, RowOutcome.REFUSED, name, why)


class SeveralLayers(UserError):
    """The file has several layers, sheets or members; ``names`` lists them."""

    @classmethod
    def of(cls, file: str, names: Collection[str]) -> "SeveralLayers":
        """Return the question which of several layers to read."""
        return cls("several_layers", file=file, layers=", ".join(names), names=list(names))

    @property
    def names(self) -> tuple[str, ...]:
        """The layers to choose from."""
        return tuple(self.details["names"])


class UnknownCrs(UserError):
    """The file does not name its coordinate system."""
