"""Who had which access to a shared project, and from when to when: a list for an auditor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

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
_ABOUT = (
    "An owner may do everything, a planner may change plans and the log, a "
    "dispatcher may log, and a viewer may only look. A dash means that a role was "
    "given or removed on the server itself."
)


@dataclass(frozen=True, slots=True)
class PrintedAccess:
    """A person's role; a time is None and a name empty where another program gave or took it."""

    person: str
    role: str
    since: datetime | None
    given_by: str
    ended: bool
    until: datetime | None
    taken_by: str


def build_access_list(handout: Handout, access: Sequence[PrintedAccess]) -> Booklet:
    """Return the roles that are and those that were, by person and time."""
    zone = ZoneInfo(handout.project.time_zone)

    def write(at: datetime | None) -> str:
        return handout.formats.moment(at.astimezone(zone)) if at is not None else "–"

    def order(one: PrintedAccess) -> tuple[str, bool, str]:
        return one.person.casefold(), one.ended, one.since.isoformat() if one.since else ""

    rows = tuple(
        (
            *(one.person, one.role, write(one.since), one.given_by or "–"),
            write(one.until) if one.ended else "has it now",
            (one.taken_by or "–") if one.ended else "",
        )
        for one in sorted(access, key=order)
    )
    shown = handout.without_plan.without_samples
    title = f"{handout.project.name}: who had what access"
    table = PrintedTable(_COLUMNS, rows, size=8.5)
    pages = paginate_table(shown, table, title, _ABOUT, bookmark="Access")
    return Booklet(shown, "access", pages)
