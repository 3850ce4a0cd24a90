"""The readiness report: drills and plan reviews of every school, urgent ones first, and the
rules.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from reportlab.lib.colors import Color, HexColor

from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    PlanStanding,
    Requirement,
    RequirementStatus,
    list_plan_standings,
)
from zoneplanner.domain.readiness.site_requirements import describe_open_points
from zoneplanner.messages import Message, format_count, join_names, say_all
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
_MAX_NAMES_IN_CELL = 4
"""If a row has more schools, they are named below the table."""


def build_readiness_report(handout: Handout) -> Booklet:
    """Return the report of a redacted handout."""
    kinds = tuple(dict.fromkeys(item.kind for item in _list_school_items(handout)))
    pages = [
        BookletPage(partial(_draw_first_page, kinds=kinds), "Status of the schools"),
        *_build_list_pages(handout, kinds),
    ]
    return Booklet(handout, "readiness report", pages)


def _list_school_items(handout: Handout) -> list[Requirement]:
    return [item for items in handout.readiness.values() for item in items]


def _describe_school_year(handout: Handout) -> Message:
    return Message("readiness.school_year", year=handout.school_year, day=handout.today)


def _draw_first_page(sheet: PageWriter, *, kinds: tuple[str, ...]) -> None:
    handout = sheet.handout
    top = sheet.heading(f"{handout.project.name}: readiness", _describe_school_year(handout))
    items = _list_school_items(handout)
    if not items:
        sheet.text(sheet.left, top - 14, Message("readiness.nothing_required"))
        return
    top = _draw_bars(sheet, kinds, items, top)
    top = _draw_key(sheet, top - 4, {item.status for item in items})
    if other_items := _describe_other_items(handout, items):
        top = sheet.paragraph(sheet.left, top - 6, other_items, size=8)
    school_kinds = frozenset(kinds)
    sheet.text(sheet.left, top - 16, "What to do first", size=11, bold=True, role="H2")
    urgent = sorted(
        _list_open_items(handout, items),
        key=lambda item: (
            OPEN_STATUSES.index(item.status),
            item.kind in school_kinds,  # these may be so many that they fill the page
            item.due_on or handout.today,
            item.kind,
            _name_place(handout, item).casefold(),
        ),
    )
    if not urgent:
        sheet.text(sheet.left, top - 32, Message("readiness.nothing_to_do"))
        return
    room = top - 22 - sheet.bottom - 24
    table = wrap_cells(_build_urgent_table(handout, urgent), sheet.room).split(room, room)[0]
    end = draw_table(sheet, table, top - 22)
    if len(table.rows) < len(urgent):
        more = Message("readiness.more", n=len(urgent) - len(table.rows))
        sheet.text(sheet.left, end - 12, more, size=8, color=QUIET)


def _list_open_items(handout: Handout, items: Iterable[Requirement]) -> Iterator[Requirement]:
    """Yield the schools' open items, and follow-ups that are overdue or due soon."""
    yield from (item for item in items if item.status in OPEN_STATUSES)
    for item in handout.all_follow_ups:
        if item.status is RequirementStatus.OVERDUE or handout.is_soon(item):
            yield item


def _name_place(handout: Handout, item: Requirement) -> str:
    return handout.name_site(item.site, "The district")


def _draw_bars(
    sheet: PageWriter, kinds: tuple[str, ...], items: list[Requirement], top: float
) -> float:
    for kind in kinds:
        counts = Counter(item.status for item in items if item.kind == kind)
        total = sum(counts.values())
        top -= _BAR_PT
        sheet.text(sheet.left, top + 5, name_requirement(kind), bold=True, room=110)
        parts = [(_name_status(status), counts[status], _COLORS[status]) for status in _COLORS]
        counts_text = ", ".join(f"{count} {word}" for word, count, _ in parts if count)
        with sheet.figure(f"{name_requirement(kind)}: {counts_text}") as canvas:
            draw_stacked_bar(canvas, (sheet.left + 116, top, sheet.right - 110, top + 14), parts)
        done, late = counts[RequirementStatus.DONE], counts[RequirementStatus.OVERDUE]
        code = "readiness.done.late" if late else "readiness.done"
        summary = Message(code, late=late, done=done, all=total)
        sheet.text(sheet.right, top + 4, summary, align="right", room=106)
    return top


def _draw_key(sheet: PageWriter, top: float, statuses: Collection[RequirementStatus]) -> float:
    """Draw the key to the colors; that nothing was recorded is explained only if it occurs."""
    x = sheet.left + 116
    for status, color in _COLORS.items():
        if status is RequirementStatus.NOT_RECORDED and status not in statuses:
            continue
        sheet.box((x, top - 11, x + 9, top - 2), color)
        name = _name_status(status)
        sheet.text(x + 13, top - 10, name, size=7.5, color=QUIET)
        x += 13 + measure_text_width(name, REGULAR_FONT, 7.5) + 16
    return top - 14


def _name_status(status: RequirementStatus) -> str:
    return "not required yet" if status is RequirementStatus.NOT_REQUIRED else status.value


def _describe_other_items(handout: Handout, items: list[Requirement]) -> str:
    """Describe how many items are due soon or unrecorded, and how many follow-ups are open."""
    follow_ups = [item for item in handout.all_follow_ups if item.is_open]
    facts: dict[str, object] = {"days": handout.horizon_days, "title": _name_follow_ups(handout)}
    counts = (
        ("overdue", _count_status(follow_ups, RequirementStatus.OVERDUE)),
        ("soon", sum(map(handout.is_soon, follow_ups))),
        ("to_verify", sum(item.to_verify for item in follow_ups)),
        ("unrecorded", _count_status(follow_ups, RequirementStatus.NOT_RECORDED)),
    )
    parts = [Message(f"readiness.follow_ups.{key}", n=n, **facts) for key, n in counts if n]
    sentences = (
        ("readiness.soon", sum(map(handout.is_soon, items))),
        ("readiness.not_recorded", _count_status(items, RequirementStatus.NOT_RECORDED)),
        ("readiness.follow_ups.parts" if parts else "readiness.follow_ups", len(follow_ups)),
    )
    facts["parts"] = parts
    return say_all(Message(code, n=n, **facts) for code, n in sentences if n)


def _count_status(items: Iterable[Requirement], status: RequirementStatus) -> int:
    return sum(item.status is status for item in items)


def _build_urgent_table(handout: Handout, items: list[Requirement]) -> PrintedTable:
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
        cells = (name_requirement(item.kind), name_status(handout, item), due)
        rows.append((_name_place(handout, item), zone, *cells, _shorten_detail(handout, item)))
        colors += _color_status(handout, item, number, 3)
    return PrintedTable(columns, tuple(rows), tuple(colors), size=7.5)


def _color_status(
    handout: Handout, item: Requirement, row: int, column: int
) -> list[tuple[int, int, Color]]:
    """Return the color of a cell that is overdue or due soon; none for others."""
    if item.status is RequirementStatus.OVERDUE:
        return [(row, column, _COLORS[RequirementStatus.OVERDUE])]
    return [(row, column, _SOON)] if handout.is_soon(item) else []


def _shorten_detail(handout: Handout, item: Requirement) -> str:
    """Return the first sentence of an item's detail and how many points of it are open."""
    points = f"; {format_count(len(item.lacking), 'point')} open" if item.lacking else ""
    return item.messages[0].say(handout.formats).rstrip(".") + points


def _list_schools(handout: Handout, kinds: tuple[str, ...]) -> Iterator[FlowItem]:
    """Yield the status of each school by kind of requirement."""
    sites = [site for site in handout.project.sites.values() if handout.readiness.get(site.id)]
    sites.sort(key=lambda site: (site.name.casefold(), site.id))
    share = 0.54 / max(len(kinds), 1)
    columns = (
        PrintedColumn("School", 0.38, bold=True),
        PrintedColumn("Zone", 0.08),
        *(PrintedColumn(name_requirement(kind), share) for kind in kinds),
    )
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    for number, site in enumerate(sites):
        by_kind = {item.kind: item for item in handout.readiness[site.id]}
        cells = []
        for column, kind in enumerate(kinds, start=2):
            item = by_kind.get(kind)
            if item is None or item.status is RequirementStatus.NOT_REQUIRED:
                cells.append("–")
                continue
            is_known = item.done or item.status is not RequirementStatus.NOT_RECORDED
            has_count = is_known and item.kind != PLAN_REVIEW
            count = f" {item.done}/{item.required}" if has_count else ""
            cells.append(f"{name_status(handout, item)}{count}")
            colors += _color_status(handout, item, number, column) or [(number, column, INK)]
        rows.append((site.name, handout.plan.assignment.get(site.id, "–"), *cells))
    table = PrintedTable(columns, tuple(rows), tuple(colors), row_pt=12.4)
    yield from make_section_items(handout, "Every school", Message("readiness.table"), table)


def _list_plan_reviews(handout: Handout) -> Iterator[FlowItem]:
    """Yield for the office how many points of each plan review are open, most first."""
    school_items = _list_school_items(handout)
    standings = [each for each in list_plan_standings(school_items) if each.points]
    if handout.audience != OWN or not standings:
        return
    columns = (
        PrintedColumn("School", 0.24, wraps=True),
        PrintedColumn("Open", 0.06, "right"),
        PrintedColumn("Steps", 0.06, "right"),
        PrintedColumn("Elements", 0.08, "right"),
        PrintedColumn("Due on", 0.11),
        PrintedColumn("Open items", 0.45, wraps=True),
    )
    reviews = {item.site: item for item in _list_school_items(handout) if item.kind == PLAN_REVIEW}
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    groups: list[str] = []
    for group in _group_by_open_points(standings):
        standing, names = group[0], [handout.project.sites[member.site].name for member in group]
        schools = join_names(names)
        if len(names) > _MAX_NAMES_IN_CELL:
            groups.append(schools)
            schools = f"{len(names)} schools, group {len(groups)}"
        due = handout.formats.day(standing.due_on) if standing.due_on else "–"
        points = describe_open_points(standing.points).say(handout.formats)
        counts = map(str, (len(standing.points), standing.steps, standing.elements))
        colors += _color_status(handout, reviews[standing.site], len(rows), 4)
        rows.append((schools, *counts, due, points))
    yield from make_section_items(
        handout,
        "Plan reviews by open items",
        Message("readiness.plan_reviews"),
        PrintedTable(columns, tuple(rows), tuple(colors), size=7.5),
    )
    for number, schools in enumerate(groups, start=1):
        yield from make_text_lines(handout, f"Group {number}: {schools}.", size=7.5)
        yield make_gap(3)


def _group_by_open_points(standings: Sequence[PlanStanding]) -> Iterable[Sequence[PlanStanding]]:
    """Group plan reviews that lack the same points and have the same status and due date."""
    return group_pairs(
        ((standing.points, standing.status, standing.due_on), standing) for standing in standings
    ).values()


def _build_list_pages(handout: Handout, kinds: tuple[str, ...]) -> list[BookletPage]:
    """List every school, other records and the rules on as few pages as possible."""
    items = [
        *_list_schools(handout, kinds),
        *_list_plan_reviews(handout),
        *_list_other_drills(handout),
        *_list_follow_ups(handout),
        *_list_rules(handout),
    ]
    return paginate_items(
        handout, f"{handout.project.name}: readiness", _describe_school_year(handout), items
    )


def _list_other_drills(handout: Handout) -> Iterator[FlowItem]:
    """Yield the drills that no rule requires, the latest first."""
    drills = sorted(handout.other_drills, key=lambda drill: drill.held_at, reverse=True)
    if not drills:
        return
    columns = (
        PrintedColumn("Drill", 0.2, bold=True),
        PrintedColumn("School", 0.4),
        PrintedColumn("Held on", 0.2),
        PrintedColumn("Minutes", 0.2, "right"),
    )
    rows = tuple(
        (
            name_requirement(drill.kind),
            handout.name_site(drill.site),
            handout.formats.day(handout.to_local(drill.held_at).date()),
            f"{drill.minutes:g}" if drill.minutes is not None else "–",
        )
        for drill in drills
    )
    counts = Counter(drill.kind for drill in drills)
    totals = ", ".join(
        f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(counts.items())
    )
    yield from make_section_items(
        handout,
        "Drills beyond those the rules require",
        Message("readiness.other_drills", year=handout.school_year, totals=totals),
        PrintedTable(columns, rows, size=7.5),
    )


def _list_kinds(items: Iterable[Requirement]) -> list[str]:
    """Return the names of the kinds of items that are listed, such as “concern report”."""
    names = dict.fromkeys(name_requirement(item.kind) for item in items)
    return [name[:1].lower() + name[1:] for name in names]


def _name_follow_ups(handout: Handout) -> str:
    return handout.project.terms.name_incidents("Follow-up on incidents")


def _list_follow_ups(handout: Handout) -> Iterator[FlowItem]:
    """Yield follow-ups of incidents and concerns that the audience may see, open ones first."""
    items = sorted(
        handout.all_follow_ups, key=lambda item: (not item.is_open, item.due_on or handout.today)
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
        progress = handout.say(*item.messages)
        rows.append((name_requirement(item.kind), place, name_status(handout, item), due, progress))
        colors += _color_status(handout, item, number, 2)
    yield from make_section_items(
        handout,
        _name_follow_ups(handout),
        Message("readiness.kinds_listed", kinds=_list_kinds(items)),
        PrintedTable(columns, tuple(rows), tuple(colors), size=7.5),
    )


def _list_rules(handout: Handout) -> Iterator[FlowItem]:
    """Yield the rules that determine the statuses, with their citations."""
    items = (*_list_school_items(handout), *handout.all_follow_ups)
    counts = Counter((item.kind, item.rule.say(handout.formats)) for item in items)
    columns = (
        PrintedColumn("What", 0.22, bold=True),
        PrintedColumn("Count", 0.10, "right"),
        PrintedColumn("Rule", 0.68, wraps=True),
    )
    rows = tuple(
        (name_requirement(kind), f"{count:,}", rule)
        for (kind, rule), count in sorted(counts.items())
    )
    yield from make_section_items(
        handout,
        "The rules applied",
        Message("readiness.no_legal_advice"),
        PrintedTable(columns, rows),
    )
    yield from make_text_lines(handout, Message("readiness.rules"), size=8, color=QUIET)
