"""The readiness report: drills and plan reviews of every school, what is due first, the rules."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from reportlab.lib.colors import Color, HexColor

from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    PlanStanding,
    Requirement,
    RequirementStatus,
    list_plan_standings,
)
from zoneplanner.domain.readiness.site_requirements import describe_open_points
from zoneplanner.messages import format_count, join_names, render_message
from zoneplanner.publish.audience import OWN
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.canvas import INK, PAPER, QUIET, REGULAR_FONT, measure_text_width
from zoneplanner.publish.pdf.charts import draw_stacked_bar
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, draw_table, wrap_cells
from zoneplanner.publish.pdf.text_flow import (
    FlowItem,
    make_gap,
    make_section_items,
    make_text_lines,
    paginate_items,
)
from zoneplanner.publish.summaries import OPEN_STATUSES, name_status

_COLORS: dict[RequirementStatus, Color] = {
    status: HexColor(color) for status, color in zip(RequirementStatus, PAPER.status, strict=True)
}
_SOON = HexColor(PAPER.warning)
_BAR_PT = 20.0
_MOST_IN_CELL = 4
"""More schools of a row are named below the table."""


def build_readiness_report(handout: Handout) -> Booklet:
    """Return the report of a released handout."""
    duties = _duties(handout)
    pages = [
        BookletPage(partial(_first, duties=duties), "Status of the schools"),
        *_closing_pages(handout, duties),
    ]
    return Booklet(handout, "readiness report", pages)


def _duties(handout: Handout) -> tuple[str, ...]:
    found = dict.fromkeys(item.kind for own in handout.readiness.values() for item in own)
    return tuple(found)


def _all(handout: Handout) -> list[Requirement]:
    return [item for own in handout.readiness.values() for item in own]


def _describe_day(handout: Handout) -> str:
    return f"School year {handout.school_year}, as of {handout.formats.long_date(handout.today)}"


def _first(sheet: PageWriter, *, duties: tuple[str, ...]) -> None:
    handout = sheet.handout
    top = sheet.heading(f"{handout.project.name}: readiness", _describe_day(handout))
    items = _all(handout)
    if not items:
        sheet.text(sheet.left, top - 14, "No rule requires anything of these schools on this day.")
        return
    top = _bars(sheet, duties, items, top)
    top = _key(sheet, top - 4, {item.status for item in items})
    if beside := _describe_beside(handout, items):
        top = sheet.paragraph(sheet.left, top - 6, beside, size=8)
    schools = frozenset(duties)
    sheet.text(sheet.left, top - 16, "What to do first", size=11, bold=True, role="H2")
    first = sorted(
        _list_open_items(handout, items),
        key=lambda item: (
            OPEN_STATUSES.index(item.status),
            item.kind in schools,  # of which there may be as many as fill the page
            item.due_on or handout.today,
            item.kind,
            _name_place(handout, item).casefold(),
        ),
    )
    if not first:
        sheet.text(sheet.left, top - 32, "Nothing: everything required so far is done.")
        return
    room = top - 22 - sheet.bottom - 24
    table = wrap_cells(_first_table(handout, first), sheet.room).split(room, room)[0]
    end = draw_table(sheet, table, top - 22)
    if len(table.rows) < len(first):
        rest = f"and {len(first) - len(table.rows):,} more; every school is on the next pages."
        sheet.text(sheet.left, end - 12, rest, size=8, color=QUIET)


def _list_open_items(handout: Handout, items: Iterable[Requirement]) -> Iterator[Requirement]:
    """Yield what schools have to do, and of what follows from incidents what is overdue or soon."""
    yield from (item for item in items if item.status in OPEN_STATUSES)
    for item in handout.all_follow_ups:
        if item.status is RequirementStatus.OVERDUE or handout.is_soon(item):
            yield item


def _name_place(handout: Handout, item: Requirement) -> str:
    site = handout.project.sites.get(item.site)
    return site.name if site else "The district"


def _bars(
    sheet: PageWriter, duties: tuple[str, ...], items: list[Requirement], top: float
) -> float:
    for duty in duties:
        counts = Counter(item.status for item in items if item.kind == duty)
        whole = sum(counts.values())
        top -= _BAR_PT
        sheet.text(sheet.left, top + 5, name_requirement(duty), bold=True, room=110)
        parts = [(_name_status(one), counts[one], _COLORS[one]) for one in _COLORS]
        told = ", ".join(f"{count} {word}" for word, count, _ in parts if count)
        with sheet.figure(f"{name_requirement(duty)}: {told}") as canvas:
            draw_stacked_bar(canvas, (sheet.left + 116, top, sheet.right - 110, top + 14), parts)
        done, late = counts[RequirementStatus.DONE], counts[RequirementStatus.OVERDUE]
        said = f"{late} overdue, {done} of {whole} done" if late else f"{done} of {whole} done"
        sheet.text(sheet.right, top + 4, said, align="right", room=106)
    return top


def _key(sheet: PageWriter, top: float, found: Collection[RequirementStatus]) -> float:
    """Name the colors; that nothing was recorded is named only where it is so."""
    x = sheet.left + 116
    for status, color in _COLORS.items():
        if status is RequirementStatus.NOT_RECORDED and status not in found:
            continue
        sheet.box((x, top - 11, x + 9, top - 2), color)
        said = _name_status(status)
        sheet.text(x + 13, top - 10, said, size=7.5, color=QUIET)
        x += 13 + measure_text_width(said, REGULAR_FONT, 7.5) + 16
    return top - 14


def _name_status(status: RequirementStatus) -> str:
    return "not required yet" if status is RequirementStatus.NOT_REQUIRED else status.value


def _describe_beside(handout: Handout, items: list[Requirement]) -> str:
    """Say what is due soon and what has no record, and how many follow-ups are open, and how."""
    after = [item for item in handout.all_follow_ups if item.is_open]
    unknown = sum(item.status is RequirementStatus.NOT_RECORDED for item in items)
    facts: dict[str, object] = {"days": handout.horizon_days, "title": _name_follow_ups(handout)}
    of = (
        ("overdue", sum(item.status is RequirementStatus.OVERDUE for item in after)),
        ("soon", sum(map(handout.is_soon, after))),
        ("to_verify", sum(item.to_verify for item in after)),
        ("unrecorded", sum(item.status is RequirementStatus.NOT_RECORDED for item in after)),
    )
    parts = [render_message(f"readiness.follow_ups.{how}", {"n": n, **facts}) for how, n in of if n]
    said = (
        ("readiness.soon", sum(map(handout.is_soon, items))),
        ("readiness.not_recorded", unknown),
        ("readiness.follow_ups.parts" if parts else "readiness.follow_ups", len(after)),
    )
    facts["parts"] = parts
    return " ".join(render_message(code, {"n": n, **facts}) for code, n in said if n)


def _first_table(handout: Handout, items: list[Requirement]) -> PrintedTable:
    columns = (
        PrintedColumn("School", 0.28, bold=True),
        PrintedColumn("Zone", 0.06),
        PrintedColumn("What", 0.14),
        PrintedColumn("Status", 0.08),
        PrintedColumn("Due on", 0.11),
        PrintedColumn("Progress", 0.33),
    )
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    for number, item in enumerate(items):
        due = handout.formats.day(item.due_on) if item.due_on else "–"
        zone = handout.plan.assignment.get(item.site, "–")
        said = (name_requirement(item.kind), name_status(handout, item), due)
        rows.append((_name_place(handout, item), zone, *said, _short(handout, item)))
        colors += _color_status(handout, item, number, 3)
    return PrintedTable(columns, tuple(rows), tuple(colors), size=7.5)


def _color_status(
    handout: Handout, item: Requirement, row: int, column: int
) -> list[tuple[int, int, Color]]:
    """Return the color of a cell that is overdue or due soon; none for others."""
    if item.status is RequirementStatus.OVERDUE:
        return [(row, column, _COLORS[RequirementStatus.OVERDUE])]
    return [(row, column, _SOON)] if handout.is_soon(item) else []


def _short(handout: Handout, item: Requirement) -> str:
    """Return the first sentence of where a duty stands, and how much is open of it."""
    left = f"; {format_count(len(item.lacking), 'point')} open" if item.lacking else ""
    return handout.formats.localize_sentence(item.detail.split(". ", 1)[0].rstrip(".") + left)


def _list_schools(handout: Handout, duties: tuple[str, ...]) -> Iterator[FlowItem]:
    """Yield the status of each school by what is asked of it."""
    sites = [site for site in handout.project.sites.values() if handout.readiness.get(site.id)]
    sites.sort(key=lambda site: (site.name.casefold(), site.id))
    share = 0.54 / max(len(duties), 1)
    columns = (
        PrintedColumn("School", 0.38, bold=True),
        PrintedColumn("Zone", 0.08),
        *(PrintedColumn(name_requirement(duty), share) for duty in duties),
    )
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    for number, site in enumerate(sites):
        own = {item.kind: item for item in handout.readiness[site.id]}
        cells = []
        for at, duty in enumerate(duties, start=2):
            item = own.get(duty)
            if item is None or item.status is RequirementStatus.NOT_REQUIRED:
                cells.append("–")
                continue
            known = item.done or item.status is not RequirementStatus.NOT_RECORDED
            counted = known and item.kind != PLAN_REVIEW
            count = f" {item.done}/{item.required}" if counted else ""
            cells.append(f"{name_status(handout, item)}{count}")
            colors += _color_status(handout, item, number, at) or [(number, at, INK)]
        rows.append((site.name, handout.plan.assignment.get(site.id, "–"), *cells))
    table = PrintedTable(columns, tuple(rows), tuple(colors), row_pt=12.4)
    said = (
        "The table shows each status, and the drills held out of those required by the "
        "end of the current month, semester or year. Due does not mean late: there is "
        "still time."
    )
    yield from make_section_items(handout, "Every school", said, table)


def _list_plan_reviews(handout: Handout) -> Iterator[FlowItem]:
    """Yield for the office how many points each plan review has open, and which come first."""
    found = [one for one in list_plan_standings(_all(handout)) if one.points]
    if handout.audience != OWN or not found:
        return
    columns = (
        PrintedColumn("School", 0.24, wraps=True),
        PrintedColumn("Open", 0.06, "right"),
        PrintedColumn("Steps", 0.06, "right"),
        PrintedColumn("Elements", 0.08, "right"),
        PrintedColumn("Due on", 0.11),
        PrintedColumn("Open items", 0.45, wraps=True),
    )
    reviews = {item.site: item for item in _all(handout) if item.kind == PLAN_REVIEW}
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    named: list[str] = []
    for some in _group_alike(found):
        one, names = some[0], [handout.project.sites[each.site].name for each in some]
        who = join_names(names)
        if len(names) > _MOST_IN_CELL:
            named.append(who)
            who = f"{len(names)} schools, group {len(named)}"
        due = handout.formats.day(one.due_on) if one.due_on else "–"
        said = handout.formats.localize_sentence(describe_open_points(one.points))
        counts = map(str, (len(one.points), one.steps, one.elements))
        colors += _color_status(handout, reviews[one.site], len(rows), 4)
        rows.append((who, *counts, due, said))
    yield from make_section_items(
        handout,
        "Plan reviews by open items",
        "Open steps and unconfirmed elements; schools with the most come first.",
        PrintedTable(columns, tuple(rows), tuple(colors), size=7.5),
    )
    for number, who in enumerate(named, start=1):
        yield from make_text_lines(handout, f"Group {number}: {who}.", size=7.5)
        yield make_gap(3)


def _group_alike(found: Sequence[PlanStanding]) -> Iterable[Sequence[PlanStanding]]:
    """Return the reviews that lack the same points until the same day, group by group."""
    groups: dict[tuple[object, ...], list[PlanStanding]] = {}
    for one in found:
        groups.setdefault((one.points, one.status, one.due_on), []).append(one)
    return groups.values()


def _closing_pages(handout: Handout, duties: tuple[str, ...]) -> list[BookletPage]:
    """List every school, what else is on record and the rules, on as few pages as they take."""
    items = [
        *_list_schools(handout, duties),
        *_list_plan_reviews(handout),
        *_list_other_drills(handout),
        *_list_follow_ups(handout),
        *_list_rules(handout),
    ]
    return paginate_items(
        handout, f"{handout.project.name}: readiness", _describe_day(handout), items
    )


def _list_other_drills(handout: Handout) -> Iterator[FlowItem]:
    """Yield the drills that were held though no rule here asks for them, the latest first."""
    drills = sorted(handout.other_drills, key=lambda one: one.held_at, reverse=True)
    if not drills:
        return
    zone = ZoneInfo(handout.project.time_zone)
    columns = (
        PrintedColumn("Drill", 0.2, bold=True),
        PrintedColumn("School", 0.4),
        PrintedColumn("Held on", 0.2),
        PrintedColumn("Minutes", 0.2, "right"),
    )
    rows = tuple(
        (
            name_requirement(one.kind),
            handout.project.sites[one.site].name if one.site in handout.project.sites else one.site,
            handout.formats.day(one.held_at.astimezone(zone).date()),
            f"{one.minutes:g}" if one.minutes is not None else "–",
        )
        for one in drills
    )
    counts = Counter(one.kind for one in drills)
    told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(counts.items()))
    yield from make_section_items(
        handout,
        "Drills beyond those the rules require",
        f"School year {handout.school_year}: {told}.",
        PrintedTable(columns, rows, size=7.5),
    )


def _name_kinds(items: Iterable[Requirement]) -> str:
    """Name the kinds of what is listed, as in: concern report and duty to notify."""
    names = dict.fromkeys(name_requirement(item.kind) for item in items)
    return join_names([name[:1].lower() + name[1:] for name in names])


def _name_follow_ups(handout: Handout) -> str:
    return handout.project.terms.name_incidents("Follow-up on incidents")


def _list_follow_ups(handout: Handout) -> Iterator[FlowItem]:
    """Yield what follows from incidents and concerns, for those who may see it; open ones first."""
    items = sorted(
        handout.all_follow_ups, key=lambda one: (not one.is_open, one.due_on or handout.today)
    )
    if not items:
        return
    columns = (
        PrintedColumn("What", 0.14, bold=True),
        PrintedColumn("Place", 0.22),
        PrintedColumn("Status", 0.12),
        PrintedColumn("Due on", 0.10),
        PrintedColumn("Progress", 0.42, wraps=True),
    )
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    for number, item in enumerate(items):
        place = _name_place(handout, item)
        due = handout.formats.day(item.due_on) if item.due_on else "–"
        stands = handout.formats.localize_sentence(item.detail)
        rows.append((name_requirement(item.kind), place, name_status(handout, item), due, stands))
        colors += _color_status(handout, item, number, 2)
    yield from make_section_items(
        handout,
        _name_follow_ups(handout),
        f"Open items come first. Kinds listed: {_name_kinds(items)}.",
        PrintedTable(columns, tuple(rows), tuple(colors), size=7.5),
    )


def _list_rules(handout: Handout) -> Iterator[FlowItem]:
    """Yield the rules that the statuses follow, with their citations."""
    named = (*_all(handout), *handout.all_follow_ups)
    counts = Counter((item.kind, item.rule) for item in named if item.rule)
    columns = (
        PrintedColumn("What", 0.22, bold=True),
        PrintedColumn("Count", 0.10, "right"),
        PrintedColumn("Rule", 0.68, wraps=True),
    )
    rows = tuple(
        (name_requirement(what), f"{count:,}", rule)
        for (what, rule), count in sorted(counts.items())
    )
    yield from make_section_items(
        handout,
        "The rules applied",
        "This is a planning aid, not legal advice.",
        PrintedTable(columns, rows),
    )
    said = render_message("readiness.rules", {})
    yield from make_text_lines(handout, said, size=8, color=QUIET)
