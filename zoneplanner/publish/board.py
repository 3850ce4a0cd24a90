"""Two plans compared on one printed page, for a board that reads no GIS."""

from collections.abc import Sequence
from functools import partial

from reportlab.lib.colors import HexColor

from zoneplanner.analysis.compare import PlanComparison, SiteZoneChange
from zoneplanner.publish.audience import redact_for_audience
from zoneplanner.publish.board_words import _format_drive_change, build_score_rows, describe_changes
from zoneplanner.publish.content import Handout
from zoneplanner.publish.district_map import draw_district_map
from zoneplanner.publish.paper import Booklet, BookletPage, PageWriter
from zoneplanner.publish.paper_table import PrintedColumn, PrintedTable, draw_table
from zoneplanner.publish.pdf import QUIET

_GAP, _MAP_PT, _ROW_PT, _ROW_LEAST = 12.0, 236.0, 13.0, 9.5
_DEFINITIONS_PT = 22.0
_GOOD, _BAD = HexColor("#00695C"), HexColor("#A33B00")
_DEFINITIONS = (
    "Minutes to a school: turn-out and drive from the zone's post, the school that all others of "
    "the zone are reached from soonest. Work: planned visits and expected calls, in minutes a "
    "school day. Planning aid, not a promise of response time."
)


def build_plan_comparison(before: Handout, after: Handout, found: PlanComparison) -> Booklet:
    """Return the comparison as one page."""
    sides = (redact_for_audience(before), redact_for_audience(after))
    title = f"“{found.before}” and “{found.after}” compared"
    return Booklet(
        sides[1], title, [BookletPage(partial(_page, sides=sides, found=found), "Compared")]
    )


def _page(sheet: PageWriter, *, sides: tuple[Handout, Handout], found: PlanComparison) -> None:
    top = sheet.top - 15
    name = f"{sheet.handout.project.name}: patrol zones compared"
    sheet.text(sheet.left, top, name, size=17, least=11, bold=True, role="H1")
    top = sheet.paragraph(sheet.left, top - 7, " ".join(describe_changes(found)), size=9.5) - 8
    top = _maps(sheet, sides, found, top)
    top = _score_card(sheet, found, top)
    _moves(sheet, found.moved, top)
    sheet.paragraph(
        sheet.left, sheet.bottom + _DEFINITIONS_PT - 2, _DEFINITIONS, size=6.3, colour=QUIET
    )


def _maps(
    sheet: PageWriter, sides: tuple[Handout, Handout], found: PlanComparison, top: float
) -> float:
    wide = (sheet.room - _GAP) / 2
    moved = {move.site for move in found.moved}
    for at, (side, word) in enumerate(zip(sides, ("Before", "After"), strict=True)):
        left = sheet.left + at * (wide + _GAP)
        status = side.plan_text.removeprefix(f"{side.plan.name} · ")
        title = f"{word}: {side.plan.name}"
        sheet.text(left, top - 10, title, size=10.5, least=7.5, bold=True, room=wide, role="H2")
        sheet.text(left, top - 21, status, size=8, least=6.5, colour=QUIET, room=wide)
        with sheet.figure(f"{title}, map of its zones") as canvas:
            frame = (left, top - 27 - _MAP_PT, left + wide, top - 27)
            draw_district_map(canvas, side, frame, large=moved)
    return top - 27 - _MAP_PT - 14


def _score_card(sheet: PageWriter, found: PlanComparison, top: float) -> float:
    sheet.text(sheet.left, top - 9, "What changes", size=10.5, bold=True, role="H2")
    columns = (
        PrintedColumn("", 0.5),
        PrintedColumn(found.before, 0.14, "right"),
        PrintedColumn(found.after, 0.14, "right"),
        PrintedColumn("Change", 0.12, "right"),
        PrintedColumn("", 0.10, "right", bold=True),
    )
    lines = build_score_rows(found)
    rows = tuple((s.name, s.before, s.after, s.change, s.verdict) for s in lines)
    colours = tuple(
        (n, 4, {"better": _GOOD, "worse": _BAD}.get(score.verdict, QUIET))
        for n, score in enumerate(lines)
    )
    table = PrintedTable(columns, rows, colours, size=8.5, row_pt=_ROW_PT)
    return draw_table(sheet, table, top - 6) - 12


def _moves(sheet: PageWriter, moved: Sequence[SiteZoneChange], top: float) -> None:
    """List the sites that change their zone, in two columns, as many as the page holds."""
    if not moved:
        return
    room = top - 16 - sheet.bottom - _DEFINITIONS_PT
    row_pt = min(max(room / (-(-len(moved) // 2) + 1), _ROW_LEAST), _ROW_PT)
    rows = max(1, int(room // row_pt))
    places = 2 * rows
    shown = moved if len(moved) <= places else moved[: places - 1]
    title = "Schools that change their zone, and minutes nearer or farther"
    sheet.text(sheet.left, top - 9, title, size=10.5, bold=True, role="H2")
    wide = (sheet.room - _GAP) / 2
    rows = min(rows, (len(shown) + 2) // 2)
    for number, move in enumerate(shown):
        at, row = divmod(number, rows)
        left = sheet.left + at * (wide + _GAP)
        base = top - 16 - row * row_pt - 9
        sheet.text(left, base, move.name, size=7.5, least=6, room=wide - 126)
        zones = f"{move.before or 'none'} to {move.after or 'none'}"
        sheet.text(left + wide - 122, base, zones, size=8, bold=True, room=66)
        sheet.text(left + wide, base, _format_drive_change(move), size=8, align="right", room=60)
    if len(shown) < len(moved):
        left, base = sheet.left + wide + _GAP, top - 16 - (rows - 1) * row_pt - 9
        rest = f"and {len(moved) - len(shown)} more schools"
        sheet.text(left, base, rest, size=8, colour=QUIET, room=wide)
