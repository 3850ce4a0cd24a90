"""Where the families of each school are reunited with students: a list for responders."""

from collections.abc import Sequence

from zoneplanner.messages import format_count, join_names
from zoneplanner.publish.handout import Handout, PublishedReunification, ReunificationShortage
from zoneplanner.publish.pdf.canvas import LATE
from zoneplanner.publish.pdf.page import Booklet
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, paginate_table

_M_PER_MILE = 1609.344
_MOST_OTHERS = 3
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
    rows: list[tuple[str, ...]] = []
    colors = []
    sites = handout.project.sites
    lacking = {one.site for one in handout.reunification_lacks}
    every = _find_common_shortages(handout)
    for number, (lack, others) in enumerate(every.items()):
        colors.append((number, 2, LATE))
        rows.append((_name_all_but(handout, others), *lack, "", "", "", ""))
    both: tuple[PublishedReunification | ReunificationShortage, ...] = (
        *(one for one in handout.reunification_lacks if _describe_shortage(one) not in every),
        *handout.reunification,
    )
    listed = sorted(
        both,
        key=lambda own: (
            *(own.site not in lacking, sites[own.site].name.casefold(), own.how == "bus"),
            isinstance(own, ReunificationShortage),
        ),
    )
    for number, one in enumerate(listed, start=len(rows)):
        name = sites[one.site].name  # on every row: the next page may begin with any of them
        if isinstance(one, ReunificationShortage):
            rows.append((name, *_describe_shortage(one), "", "", "", ""))
            colors.append((number, 2, LATE))
            continue
        if one.review_on is not None and one.review_on < handout.today:
            colors.append((number, 6, LATE))
        rows.append((name, *_list_cells(handout, one)))
    table = PrintedTable(_COLUMNS, tuple(rows), tuple(colors), size=8)
    said = "For responders only. Distances are along streets, with the nearest site first."
    if lacking:
        said = f"{said} {_count_lacking(handout, len(lacking))}"
    title = f"{handout.project.name}: reunification sites"
    pages = paginate_table(handout, table, title, said, bookmark="Reunification sites")
    return Booklet(handout.without_samples, "reunification sites", pages)


def _count_lacking(handout: Handout, count: int) -> str:
    """Say how many schools lack a place; where all do, none can be listed before the others."""
    if count == len(handout.project.patrolled):
        return "No school has all of its places yet."
    whole = format_count(count, "school lacks a place and is", "schools lack a place and are")
    return f"{whole} listed first."


def _find_common_shortages(handout: Handout) -> dict[tuple[str, str], list[str]]:
    """Return what all schools lack, but for a few of them that are named."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in handout.reunification_lacks:
        found.setdefault(_describe_shortage(one), set()).add(one.site)
    sites = [site.id for site in handout.project.patrolled]
    others = {lack: [site for site in sites if site not in own] for lack, own in found.items()}
    return {
        lack: left
        for lack, left in others.items()
        if len(left) <= min(_MOST_OTHERS, len(sites) // 10)
    }


def _name_all_but(handout: Handout, others: Sequence[str]) -> str:
    names = join_names([handout.project.sites[site].name for site in others])
    return f"Every school except {names}" if names else "Every school"


def _describe_shortage(one: ReunificationShortage) -> tuple[str, str]:
    """Say how the places that a school lacks are reached, how many, and why."""
    return _WAYS[one.how], f"{one.needed - one.found} of {one.needed} missing; {one.why}"


def _list_cells(handout: Handout, one: PublishedReunification) -> tuple[str, ...]:
    return (
        _WAYS[one.how],
        " · ".join(filter(None, (one.name, one.where, one.agency and f"lent by {one.agency}"))),
        f"{one.street_m / _M_PER_MILE:.1f}",
        f"{one.capacity:,.0f}" if one.capacity else "–",
        handout.formats.day(one.agreed_on),
        handout.formats.day(one.review_on) if one.review_on else "–",
    )
