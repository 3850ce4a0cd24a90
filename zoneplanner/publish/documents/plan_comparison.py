"""The printed comparison of two plans: one page for a board."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import shapely

from zoneplanner.analysis.measures.comparison import (
    MeasureChange,
    MeasureVerdict,
    PlanComparison,
    SiteZoneChange,
)
from zoneplanner.messages import Message
from zoneplanner.publish.audience import redact_for_audience
from zoneplanner.publish.documents.atlas import write_map_key
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.district_map import draw_district_map
from zoneplanner.publish.pdf.canvas import GOOD, LATE, QUIET
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, draw_table
from zoneplanner.publish.summaries import describe_plan_problems

_SCORES = {
    "mean_response_min": "Expected minutes until help arrives",
    "share_within_target": "Expected calls reached within 8 minutes",
    "cost": "Patrol driving minutes per school day",
    "mean_drive_min": "Minutes to a school, on average",
    "worst_drive_min": "Minutes to the farthest school",
    "load_cv": "Spread of the workload (0% is perfectly balanced)",
    "worst_deviation": "Zone farthest from its fair share",
    "pieces": "Parts of zones cut off from the rest",
    "unassigned": "Schools without a zone",
}


@dataclass(frozen=True, slots=True)
class _ScoreLine:
    """A line of the scorecard as it is printed."""

    name: str
    before: str
    after: str
    change: str
    verdict: MeasureVerdict


def build_score_rows(comparison: PlanComparison) -> tuple[_ScoreLine, ...]:
    """Return the scorecard in plain words."""
    figures = {figure.measure.key: figure for figure in comparison.figures}
    return tuple(_make_line(figures[key], name) for key, name in _SCORES.items() if key in figures)


def describe_changes(comparison: PlanComparison) -> tuple[Message, ...]:
    """Describe what changes, for whom, and what is gained or lost by it."""
    site_changes = (*_describe_openings(comparison), *_describe_renumbered(comparison))
    if not comparison.moved and (comparison.closed or comparison.opened):
        gain = (_describe_gain(comparison),) if comparison.figures else ()
        return (*site_changes, Message("comparison.others_stay"), *gain)
    if not comparison.moved:
        same = Message("comparison.same", before=comparison.before, after=comparison.after)
        return (same, *site_changes)
    zones = {zone for move in comparison.moved for zone in (move.before, move.after) if zone}
    facts = {"schools": len(comparison.moved), "zones": len(zones)}
    if not comparison.figures:
        return (Message("comparison.moves", **facts), *site_changes)
    is_one = len(comparison.moved) == 1
    code = "comparison.moves_students.one" if is_one else "comparison.moves_students"
    sentences = [Message(code, students=comparison.students_moved, **facts)]
    nearer = [move for move in comparison.moved if (move.shown_change_min or 0) < 0]
    farther = [move for move in comparison.moved if (move.shown_change_min or 0) > 0]
    if nearer or farther:
        directions = ((nearer, "comparison.nearer"), (farther, "comparison.farther"))
        drives = [_describe_moves(moves, code) for moves, code in directions if moves]
        sentences.append(Message("comparison.drive", drives=drives))
    elif any(move.shown_change_min is not None for move in comparison.moved):
        sentences.append(Message("comparison.drive.same"))
    sentences.append(_describe_gain(comparison))
    return (*sentences, *site_changes)


def _describe_openings(comparison: PlanComparison) -> Iterator[Message]:
    """Describe which schools close or open, when, and where the students go."""
    for sites, verb in ((comparison.closed, "closes"), (comparison.opened, "opens")):
        for site in sites:
            name, students = site.name, site.students
            school = Message("students_of", school=name, n=students) if comparison.figures else name
            code = f"comparison.{verb}_on" if site.on else f"comparison.{verb}"
            yield Message(code, school=school, on=site.on)
    if comparison.receiving:
        schools = [f"{each.name} (+{each.students:,})" for each in comparison.receiving]
        yield Message("comparison.receiving", schools=schools)


def _describe_renumbered(comparison: PlanComparison) -> Iterator[Message]:
    pairs = [
        Message("comparison.other_number" if n else "comparison.first_number", old=old, new=new)
        for n, (old, new) in enumerate(comparison.renumbered)
    ]
    if pairs:
        yield Message("comparison.renumbered", pairs=pairs)


def _format_drive_change(move: SiteZoneChange) -> str:
    """Write a site's change in driving minutes in words and figures."""
    change = move.shown_change_min
    if change is None:
        return "–"
    if change == 0:
        return "as before"
    return f"{'farther' if change > 0 else 'nearer'} {abs(change):.1f}"


def _make_line(figure: MeasureChange, name: str) -> _ScoreLine:
    percent, digits = figure.measure.unit == "%", figure.measure.digits
    factor, suffix = (100, "%") if percent else (1, "")
    before, after = (
        figure.measure.weigh(value) * factor for value in (figure.before, figure.after)
    )
    change = figure.shown_change
    first, second = (f"{value:,.{digits}f}{suffix}".replace("-", "−") for value in (before, after))
    is_same = change == 0
    unit = " points" if percent else ""
    change_text = "0" if is_same else f"{change:+,.{digits}f}{unit}".replace("-", "−")
    return _ScoreLine(name, first, second, change_text, figure.verdict or MeasureVerdict.SAME)


def _describe_moves(moves: list[SiteZoneChange], code: str) -> Message:
    most = max(moves, key=lambda move: abs(move.shown_change_min or 0.0))
    change_min = abs(most.shown_change_min or 0.0)
    return Message(code, schools=len(moves), most=most.name, change_min=change_min)


def _describe_gain(comparison: PlanComparison) -> Message:
    scores = build_score_rows(comparison)
    better, worse = (
        sum(score.verdict is verdict for score in scores)
        for verdict in (MeasureVerdict.BETTER, MeasureVerdict.WORSE)
    )
    drive = next(score for score in scores if score.name == _SCORES["cost"])
    minutes = drive.change.lstrip("+−")
    ways = {MeasureVerdict.SAME: "same", MeasureVerdict.BETTER: "less"}
    unit = "minute" if minutes == "1" else "minutes"
    return Message(
        "comparison.gain.one" if better == 1 else "comparison.gain",
        driving=Message(
            f"patrol_drive.{ways.get(drive.verdict, 'more')}", minutes=f"{minutes} {unit}"
        ),
        measures=len(scores),
        better=better,
        worse=worse,
    )


_GAP, _MAP_PT, _KEY_PT, _ROW_PT, _MIN_ROW_PT = 12.0, 236.0, 13.0, 13.0, 9.5
_DEFINITIONS_PT = 22.0
_MIN_DETAIL_MAP_PT, _MAX_DETAIL_MAP_PT, _DETAIL_MARGIN_M = 96.0, 400.0, 2500.0
"""The height of the detail map in points, and what it shows around the schools in meters."""


def build_plan_comparison(handout: Handout) -> Booklet:
    """Return a page that compares the handout's plan with the other one.

    It shows no visit, call or shift, so no sample data. It says when each plan is in effect,
    whatever day the other documents are for.
    """
    shown = redact_for_audience(handout)
    compared = shown.compared
    assert compared is not None
    if compared.comparison.before == shown.plan.name:  # the other one comes after this
        shown, compared = compared.other, replace(compared, other=replace(shown, compared=None))
    title = f"“{compared.comparison.before}” and “{compared.comparison.after}” compared"
    sides = (compared.other, shown)
    broken = tuple(dict.fromkeys(rule for side in sides for rule in side.broken_rules))
    booklet_handout = replace(shown.without_samples, broken_rules=broken, day=None)
    page = partial(_draw_page, sides=sides, comparison=compared.comparison)
    return Booklet(booklet_handout, title, [BookletPage(page, "Compared")])


def _draw_page(
    sheet: PageWriter, *, sides: tuple[Handout, Handout], comparison: PlanComparison
) -> None:
    top = sheet.top - 15
    name = f"{sheet.handout.project.name}: patrol zones compared"
    sheet.text(sheet.left, top, name, size=17, least=11, bold=True, role="H1")
    text = sheet.handout.say(*describe_changes(comparison))
    top = sheet.paragraph(sheet.left, top - 7, text, size=9.5)
    for side in sides:
        if problems := describe_plan_problems(side):
            top = sheet.paragraph(sheet.left, top - 4, problems, size=8.5, color=LATE)
    top -= 8
    top = _draw_maps(sheet, sides, comparison, top)
    if comparison.figures:
        top = _draw_scorecard(sheet, comparison, top)
    top = _list_moves(sheet, comparison, top)
    _draw_detail_map(sheet, comparison, top - 14)
    if comparison.figures:
        definitions_top = sheet.bottom + _DEFINITIONS_PT - 2
        has_small_changes = any(
            one.verdict is MeasureVerdict.ABOUT_THE_SAME for one in build_score_rows(comparison)
        )
        text = sheet.handout.say(
            Message("comparison.definitions", calls=comparison.calls_per_day),
            Message("comparison.alike") if has_small_changes else "",
            Message("comparison.planning_aid"),
        )
        sheet.paragraph(sheet.left, definitions_top, text, size=6.3, color=QUIET)


def _draw_maps(
    sheet: PageWriter, sides: tuple[Handout, Handout], comparison: PlanComparison, top: float
) -> float:
    width = (sheet.room - _GAP) / 2
    moved = {move.site for move in comparison.moved}
    for index, (side, position) in enumerate(zip(sides, ("Before", "After"), strict=True)):
        left = sheet.left + index * (width + _GAP)
        title = f"{position}: {side.plan.name}"
        sheet.text(left, top - 10, title, size=10.5, least=7.5, bold=True, room=width, role="H2")
        sheet.text(left, top - 21, side.plan_status, size=8, least=6.5, color=QUIET, room=width)
        names = ", ".join(move.name for move in comparison.moved)
        zones = ", ".join(zone.id for zone in side.plan.zones)
        code = "comparison.map.marked" if moved else "comparison.map"
        with sheet.figure(Message(code, title=title, zones=zones, schools=names)) as canvas:
            frame = (left, top - 27 - _MAP_PT, left + width, top - 27)
            draw_district_map(canvas, side, frame, large=moved)
    write_map_key(sheet, top - 27 - _MAP_PT - 12)
    return top - 27 - _MAP_PT - 14 - _KEY_PT


def _draw_scorecard(sheet: PageWriter, comparison: PlanComparison, top: float) -> float:
    sheet.text(sheet.left, top - 9, "What changes", size=10.5, bold=True, role="H2")
    columns = (
        PrintedColumn("", 0.46),
        PrintedColumn("Before", 0.13, "right"),
        PrintedColumn("After", 0.13, "right"),
        PrintedColumn("Change", 0.12, "right"),
        PrintedColumn("", 0.16, "right", bold=True),
    )
    lines = build_score_rows(comparison)
    rows = tuple((s.name, s.before, s.after, s.change, s.verdict) for s in lines)
    colors = tuple(
        (n, 4, {MeasureVerdict.BETTER: GOOD, MeasureVerdict.WORSE: LATE}.get(score.verdict, QUIET))
        for n, score in enumerate(lines)
    )
    table = PrintedTable(columns, rows, colors, size=8.5, row_pt=_ROW_PT)
    return draw_table(sheet, table, top - 6) - 12


def _draw_detail_map(sheet: PageWriter, comparison: PlanComparison, top: float) -> None:
    """Draw the zones around the schools that change, with their names, if the page has room."""
    height = min(
        top - 16 - sheet.bottom - (_DEFINITIONS_PT if comparison.figures else 6), _MAX_DETAIL_MAP_PT
    )
    sites = sheet.handout.project.sites
    places = [site.position for m in comparison.moved if (site := sites[m.site]).has_position]
    if height < _MIN_DETAIL_MAP_PT or not places:
        return
    x_min, y_min, x_max, y_max = shapely.MultiPoint(places).bounds
    around = (
        x_min - _DETAIL_MARGIN_M,
        y_min - _DETAIL_MARGIN_M,
        x_max + _DETAIL_MARGIN_M,
        y_max + _DETAIL_MARGIN_M,
    )
    title = "Where schools change zones, after the change"
    sheet.text(sheet.left, top - 9, title, size=10.5, bold=True, role="H2", room=sheet.room)
    names = [move.name for move in comparison.moved]
    with sheet.figure(Message("comparison.detail_map", schools=names)) as canvas:
        frame = (sheet.left, top - 16 - height, sheet.right, top - 16)
        moved = {move.site for move in comparison.moved}
        draw_district_map(canvas, sheet.handout, frame, large=moved, streets=True, around=around)


def _list_moves(sheet: PageWriter, comparison: PlanComparison, top: float) -> float:
    """List as many of the sites that change zones as fit on the page, in two columns.

    Returns
    -------
    Where the list ends.
    """
    moved = sorted(comparison.moved, key=lambda move: move.name.casefold())
    if not moved:
        return top
    room = top - 16 - sheet.bottom - _DEFINITIONS_PT
    row_pt = min(max(room / (-(-len(moved) // 2) + 1), _MIN_ROW_PT), _ROW_PT)
    rows = max(1, int(room // row_pt))
    capacity = 2 * rows
    shown = moved if len(moved) <= capacity else moved[: capacity - 1]
    more = ", and minutes nearer or farther" if comparison.figures else ""
    title = f"Schools that change zones{more}"
    sheet.text(sheet.left, top - 9, title, size=10.5, bold=True, role="H2")
    width = (sheet.room - _GAP) / 2
    rows = min(rows, -(-len(shown) // 2))
    for number, move in enumerate(shown):
        column, row = divmod(number, rows)
        left = sheet.left + column * (width + _GAP)
        baseline = top - 16 - row * row_pt - 9
        sheet.text(left, baseline, move.name, size=7.5, least=6, room=width - 126)
        zones = f"{move.before or 'none'} to {move.after or 'none'}"
        sheet.text(left + width - 122, baseline, zones, size=8, bold=True, room=66)
        if comparison.figures:
            change = _format_drive_change(move)
            sheet.text(left + width, baseline, change, size=8, align="right", room=60)
    if len(shown) < len(moved):
        left, baseline = sheet.left + width + _GAP, top - 16 - (rows - 1) * row_pt - 9
        rest = Message("comparison.more", n=len(moved) - len(shown))
        sheet.text(left, baseline, rest, size=8, color=QUIET, room=width)
    return top - 16 - rows * row_pt
