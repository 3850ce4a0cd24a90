"""Where the families of each school are reunited with students: a list for responders."""

from zoneplanner.publish.handout import Handout, PublishedReunification
from zoneplanner.publish.pdf.canvas import LATE
from zoneplanner.publish.pdf.page import Booklet
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, paginate_table

_M_PER_MILE = 1609.344
_WAYS = {"walking": "on foot", "bus": "by bus"}
_COLUMNS = (
    PrintedColumn("School", 0.26, bold=True),
    PrintedColumn("Reached", 0.08),
    PrintedColumn("Place", 0.30, wraps=True),
    PrintedColumn("Miles", 0.06, "right"),
    PrintedColumn("Holds", 0.07, "right"),
    PrintedColumn("Agreed on", 0.115),
    PrintedColumn("Review due", 0.115),
)


def build_reunification_list(handout: Handout) -> Booklet:
    """Return the list of a released handout, school by school."""
    rows, colors, last = [], [], ""
    sites = handout.project.sites
    for number, one in enumerate(
        sorted(handout.reunification, key=lambda own: (sites[own.site].name, own.how == "bus"))
    ):
        late = one.review_on is not None and one.review_on < handout.today
        if late:
            colors.append((number, 6, LATE))
        name = sites[one.site].name
        rows.append(("" if name == last else name, *_list_cells(handout, one)))
        last = name
    table = PrintedTable(_COLUMNS, tuple(rows), tuple(colors), size=8)
    said = "For responders only. Distances along streets; the nearest first."
    title = f"{handout.project.name}: reunification sites"
    pages = paginate_table(handout, table, title, said, bookmark="Reunification sites")
    return Booklet(handout, "reunification sites", pages)


def _list_cells(handout: Handout, one: PublishedReunification) -> tuple[str, ...]:
    return (
        _WAYS[one.how],
        one.name,
        f"{one.street_m / _M_PER_MILE:.1f}",
        f"{one.capacity:,.0f}" if one.capacity else "–",
        handout.formats.day(one.agreed_on),
        handout.formats.day(one.review_on) if one.review_on else "–",
    )
