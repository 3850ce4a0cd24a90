"""The monthly page for each principal: who serves the school, its drills, plan and due items."""

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.plan import PlanStatus
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message, format_count
from zoneplanner.publish.documents.month_changes import list_marks, name_periods
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import QUIET
from zoneplanner.publish.pdf.page import Booklet
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable
from zoneplanner.publish.pdf.text_flow import (
    FlowItem,
    make_gap,
    make_heading,
    make_table_items,
    make_text_lines,
    paginate_items,
)
from zoneplanner.publish.summaries import (
    SiteSummary,
    describe_coming_zone,
    describe_office_numbers,
    name_due_day,
    summarize_sites,
    summarize_zones,
)

_REQUIREMENTS = (
    PrintedColumn("What", 0.18, bold=True),
    PrintedColumn("Status", 0.17),
    PrintedColumn("Done", 0.11, "right"),
    PrintedColumn("Due on", 0.14),
    PrintedColumn("Progress", 0.4, wraps=True),
)
_SERVICE = (
    PrintedColumn("What", 0.4, bold=True),
    PrintedColumn("Who or when", 0.6, wraps=True),
)
_DRILLS = (
    PrintedColumn("Drill", 0.4, bold=True),
    PrintedColumn("Held on", 0.3),
    PrintedColumn("Minutes", 0.3, "right"),
)


def build_principal_pages(handout: Handout) -> dict[str, Booklet]:
    """Return a booklet for each patrolled school, by file name."""
    phones = {card.zone.id: card.agency_phone for card in summarize_zones(handout)}
    cards = {card.site.id: card for card in summarize_sites(handout)}
    return {
        name: _build_page(handout, cards[site.id], phones)
        for name, site in name_principal_files(handout).items()
    }


def name_principal_files(handout: Handout) -> dict[str, Site]:
    """Return the patrolled schools by the name of the file for each, in order."""
    sites = [site for site in handout.project.sites.values() if site.patrolled]
    sites.sort(key=lambda site: (site.name.casefold(), site.id))
    return {
        f"{number:03d}-{_make_file_name(site.name)}": site
        for number, site in enumerate(sites, start=1)
    }


def _make_file_name(name: str) -> str:
    plain = "".join(char if char.isascii() and char.isalnum() else " " for char in name.casefold())
    return "-".join(plain.split()) or "school"


def _build_page(handout: Handout, card: SiteSummary, phones: dict[str, str]) -> Booklet:
    month = handout.month
    assert month is not None
    period, *_ = name_periods(handout.formats, month)
    items: list[FlowItem] = []
    returned = handout.month_returns.get(card.site.id)
    is_sample = card.site.id in handout.sample_sites or (returned is not None and returned.sample)
    for mark in list_marks(month, sample="page" if is_sample else ""):
        items += make_text_lines(handout, mark, bold=True)
    items += [make_heading(_title_service(handout))]
    items += make_table_items(
        handout, PrintedTable(_SERVICE, _list_service(handout, card, phones), size=9, row_pt=17)
    )
    items += [make_heading(str(Message("month.principal_year", year=handout.school_year)))]
    items += _list_requirements(handout, handout.readiness.get(card.site.id, ()))
    items += [make_heading(str(Message("month.principal_drills", period=period)))]
    drills = [drill for drill in handout.month_drills if drill.site == card.site.id]
    if not drills and returned is not None and returned.drills:
        items += make_text_lines(handout, Message("month.principal_drills_returned"))
    else:
        items += _list_drills(handout, drills)
    if handout.month_returns:
        items += [make_heading(str(Message("month.principal_return", period=period)))]
        items += make_text_lines(handout, _describe_return(handout, card.site.id))
    items += [
        make_gap(8),
        *make_text_lines(handout, _describe_page(handout), size=8.5, color=QUIET),
    ]
    pages = paginate_items(
        handout, card.site.name, f"{period} · for the principal", items, bookmark=card.site.name
    )
    return Booklet(handout, f"{card.site.name}, {period}", pages)


def _describe_page(handout: Handout) -> Message:
    """Describe what the page shows, and whom to contact if something is missing."""
    numbers = describe_office_numbers(handout)
    return Message("month.principal_note", numbers=f": {numbers}" if numbers else "")


def _describe_return(handout: Handout, site: str) -> Message:
    """Describe what the school returned for the month, if any school returned something."""
    school_return = handout.month_returns.get(site)
    if school_return is None:
        return Message("month.principal_return_missing")
    fields = (
        (school_return.drills, "drill", "drills"),
        (school_return.plan_steps, "plan step", "plan steps"),
        (school_return.trained, "trained", "trained"),
        (school_return.monitors, "campus monitor", "campus monitors"),
    )
    counts = [format_count(round(n), *words) for n, *words in fields if n is not None]
    code = "month.principal_return_given" if counts else "month.principal_return_given.nothing"
    return Message(code, on=school_return.on, counts=counts)


def _title_service(handout: Handout) -> str:
    """Return the heading of the units: since or from when they serve, or would in a draft."""
    begins = handout.plan.effective_on
    match handout.plan.status(handout.today):
        case PlanStatus.IN_FORCE:
            return "Who serves you"
        case PlanStatus.RETIRED:
            return "Who served you"
        case PlanStatus.PROPOSED if begins is not None:
            return handout.say(Message("month.principal_service", day=begins))
        case _:
            return "Who would serve you"


def _list_service(
    handout: Handout, card: SiteSummary, phones: dict[str, str]
) -> tuple[tuple[str, ...], ...]:
    zone = card.zone
    backup = handout.project.units.get(handout.backups.get(zone.id, "")) if zone else None
    rows = (
        ("Zone", zone.id if zone else "None yet"),
        ("Unit", f"{zone.unit}, {card.unit_beside}, {card.agency}" if zone else ""),
        ("Backup", f"{backup.id}, {name_unit_beside(backup.name, backup.id)}" if backup else ""),
        ("Phone, not for emergencies", phones.get(zone.id, "") if zone else ""),
        *describe_coming_zone(handout, card.site),
        ("Bell times on record", card.bells),
    )
    return tuple(row for row in rows if row[1])


def _list_requirements(handout: Handout, items: tuple[Requirement, ...]) -> list[FlowItem]:
    if not items:
        return list(make_text_lines(handout, Message("month.principal_none")))
    rows = tuple(
        (
            name_requirement(item.kind),
            name_due_day(handout, item),
            f"{item.done} of {item.required}" if item.required else "–",
            handout.formats.day(item.due_on) if item.due_on and item.is_open else "–",
            handout.say(*item.messages),
        )
        for item in items
    )
    return list(make_table_items(handout, PrintedTable(_REQUIREMENTS, rows, size=8.5)))


def _list_drills(handout: Handout, drills: list[Drill]) -> list[FlowItem]:
    if not drills:
        return list(make_text_lines(handout, Message("month.drills.none")))
    rows = tuple(
        (
            name_requirement(drill.kind),
            handout.formats.day(handout.to_local(drill.held_at).date()),
            f"{drill.minutes:g}" if drill.minutes is not None else "–",
        )
        for drill in sorted(drills, key=lambda drill: (drill.held_at, drill.uid))
    )
    return list(make_table_items(handout, PrintedTable(_DRILLS, rows, size=8.5)))
