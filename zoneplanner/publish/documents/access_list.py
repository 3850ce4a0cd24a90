"""A list for an auditor: who had which access to a shared project, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.page import Booklet
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, paginate_table

_COLUMNS = (
    PrintedColumn("Person (login)", 0.22, bold=True),
    PrintedColumn("Role", 0.12),
    PrintedColumn("Since", 0.17),
    PrintedColumn("Given by", 0.16),
    PrintedColumn("Until", 0.17),
    PrintedColumn("Removed by", 0.16),
)


@dataclass(frozen=True, slots=True)
class PrintedAccess:
    """A person's role; a time is None and a name empty if it was changed on the server itself."""

    person: str
    role: str
    since: datetime | None
    given_by: str
    ended: bool
    until: datetime | None
    taken_by: str


def build_access_list(handout: Handout, access: Sequence[PrintedAccess]) -> Booklet:
    """Return the current and past roles by person and time."""

    def write(moment: datetime | None) -> str:
        return handout.formats.moment(handout.to_local(moment)) if moment is not None else "–"

    def order(entry: PrintedAccess) -> tuple[str, bool, str]:
        return entry.person.casefold(), entry.ended, entry.since.isoformat() if entry.since else ""

    rows = tuple(
        (
            entry.person,
            entry.role,
            write(entry.since),
            entry.given_by or "–",
            write(entry.until) if entry.ended else "has it now",
            (entry.taken_by or "–") if entry.ended else "",
        )
        for entry in sorted(access, key=order)
    )
    shown = handout.without_plan.without_samples
    title = f"{handout.project.name}: who had what access"
    table = PrintedTable(_COLUMNS, rows, size=8.5)
    pages = paginate_table(shown, table, title, Message("access_list"), bookmark="Access")
    return Booklet(shown, "access", pages)
