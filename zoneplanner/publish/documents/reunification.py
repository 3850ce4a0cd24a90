"""Where the families of each school are reunited with students: a list for responders."""

from collections.abc import Sequence

from zoneplanner.messages import Message
from zoneplanner.publish.handout import Handout, PublishedReunification, ReunificationShortage
from zoneplanner.publish.pdf.canvas import LATE
from zoneplanner.publish.pdf.page import Booklet
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, paginate_table

_M_PER_MILE = 1609.344
_MAX_EXCEPTIONS = 3
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
    """Return the list of a redacted handout, school by school."""
    rows: list[tuple[str, ...]] = []
    colors = []
    sites = handout.project.sites
    lacking = {one.site for one in handout.reunification_lacks}
    common = _find_common_shortages(handout)
    for number, (shortage, exceptions) in enumerate(common.items()):
        colors.append((number, 2, LATE))
        way, why = shortage
        rows.append((_name_all_but(handout, exceptions), way, str(why), "", "", "", ""))
    entries: tuple[PublishedReunification | ReunificationShortage, ...] = (
        *(one for one in handout.reunification_lacks if _describe_shortage(one) not in common),
        *handout.reunification,
    )
    ordered = sorted(
        entries,
        key=lambda one: (
            one.site not in lacking,
            sites[one.site].name.casefold(),
            one.how == "bus",
            isinstance(one, ReunificationShortage),
        ),
    )
    for number, one in enumerate(ordered, start=len(rows)):
        name = sites[one.site].name  # on every row: the next page may begin with any of them
        if isinstance(one, ReunificationShortage):
            way, why = _describe_shortage(one)
            rows.append((name, way, str(why), "", "", "", ""))
            colors.append((number, 2, LATE))
            continue
        if one.review_on is not None and one.review_on < handout.today:
            colors.append((number, 6, LATE))
        rows.append((name, *_list_cells(handout, one)))
    table = PrintedTable(_COLUMNS, tuple(rows), tuple(colors), size=8)
    shortages = _count_lacking(handout, len(lacking)) if lacking else ""
    subtitle = handout.say(Message("reunification.readers"), shortages)
    title = f"{handout.project.name}: reunification sites"
    pages = paginate_table(handout, table, title, subtitle, bookmark="Reunification sites")
    return Booklet(handout.without_samples, "reunification sites", pages)


def _count_lacking(handout: Handout, count: int) -> Message:
    """Describe how many schools lack a place; if all do, they are not said to be listed first."""
    has_all = count == len(handout.project.patrolled)
    return Message("reunification.all_lack" if has_all else "reunification.some_lack", n=count)


def _find_common_shortages(handout: Handout) -> dict[tuple[str, Message], list[str]]:
    """Return the shortages of all schools but a few, each with those few."""
    schools: dict[tuple[str, Message], set[str]] = {}
    for shortage in handout.reunification_lacks:
        schools.setdefault(_describe_shortage(shortage), set()).add(shortage.site)
    sites = [site.id for site in handout.project.patrolled]
    others = {
        shortage: [site for site in sites if site not in short]
        for shortage, short in schools.items()
    }
    return {
        shortage: exceptions
        for shortage, exceptions in others.items()
        if len(exceptions) <= min(_MAX_EXCEPTIONS, len(sites) // 10)
    }


def _name_all_but(handout: Handout, exceptions: Sequence[str]) -> str:
    names = [handout.project.sites[site].name for site in exceptions]
    return str(Message(f"reunification.schools{'.except' if names else ''}", names=names))


def _describe_shortage(shortage: ReunificationShortage) -> tuple[str, Message]:
    """Describe how families would get to the missing places, how many are missing, and why."""
    missing = shortage.needed - shortage.found
    facts = {"missing": missing, "needed": shortage.needed, "why": shortage.why}
    return _WAYS[shortage.how], Message("reunification.missing", **facts)


def _list_cells(handout: Handout, place: PublishedReunification) -> tuple[str, ...]:
    return (
        _WAYS[place.how],
        " · ".join(
            filter(None, (place.name, place.where, place.agency and f"lent by {place.agency}"))
        ),
        f"{place.street_m / _M_PER_MILE:.1f}",
        f"{place.capacity:,.0f}" if place.capacity else "–",
        handout.formats.day(place.agreed_on),
        handout.formats.day(place.review_on) if place.review_on else "–",
    )
