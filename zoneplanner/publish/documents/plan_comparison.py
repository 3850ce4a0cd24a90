"""The printed comparison of two plans, one page for a board."""

from dataclasses import dataclass, replace
from functools import partial

import shapely

from zoneplanner.analysis.measures.comparison import MeasureChange, PlanComparison, SiteZoneChange
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.messages import format_count, join_names
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
    """A line of the score card as it is printed."""

    name: str
    before: str
    after: str
    change: str
    verdict: str


def build_score_rows(found: PlanComparison) -> tuple[_ScoreLine, ...]:
    """Return the score card in plain words."""
    figures = {figure.measure.key: figure for figure in found.figures}
    return tuple(_score(figures[key], name) for key, name in _SCORES.items() if key in figures)


def describe_changes(formats: LocaleFormats, found: PlanComparison) -> tuple[str, ...]:
    """Say what changes, for whom, and what is gained or lost by it."""
    renamed = (*_describe_turned_sites(formats, found), *_describe_renumbered(found))
    if not found.moved and (found.closed or found.opened):
        gain = (_gain(found),) if found.figures else ()
        return (*renamed, "All other schools stay in their zone.", *gain)
    if not found.moved:
        same = f"“{found.after}” puts every school in the same zone as “{found.before}” does."
        return (same, *renamed)
    zones = {zone for move in found.moved for zone in (move.before, move.after) if zone}
    count, concerned = (
        len(found.moved),
        f"{format_count(len(zones), 'zone is', 'zones are')} affected.",
    )
    if not found.figures:
        verb = "changes its" if count == 1 else "change their"
        return (f"{_schools(count)} {verb} zone; {concerned} All others stay in theirs.", *renamed)
    verb = "changes its" if count == 1 else "change their"
    said = [f"{_schools(count)} with {found.students_moved:,} students {verb} zone; {concerned}"]
    nearer = [move for move in found.moved if (move.shown_change_min or 0) < 0]
    farther = [move for move in found.moved if (move.shown_change_min or 0) > 0]
    if nearer or farther:
        ways = ((nearer, "nearer"), (farther, "farther"))
        told = " and ".join(_way(moves, way) for moves, way in ways if moves)
        said.append(f"By driving time, the officer is {told}.")
    else:
        said.append("The officer’s driving time is the same as before.")
    said.append(_gain(found))
    return (*said, *renamed)


def _describe_turned_sites(formats: LocaleFormats, found: PlanComparison) -> tuple[str, ...]:
    """Say which schools close or open, from when, and where the students go."""
    said = []
    for sites, verb in ((found.closed, "closes"), (found.opened, "opens")):
        for site in sites:
            of = f" ({site.students:,} students)" if found.figures else ""
            when = f" on {formats.long_date(site.on)}" if site.on else ""
            said.append(f"{site.name}{of} {verb}{when}.")
    if found.receiving:
        to = join_names([f"{one.name} (+{one.students:,})" for one in found.receiving])
        said.append(f"More students at {to}.")
    return tuple(said)


def _describe_renumbered(found: PlanComparison) -> tuple[str, ...]:
    if not found.renumbered:
        return ()
    pairs = [f"zone {old} becomes {new}" for old, new in found.renumbered]
    words = " and ".join(filter(None, [", ".join(pairs[:-1]), pairs[-1]]))
    return (f"{words[0].upper()}{words[1:]}: a different number for mostly the same schools.",)


def _format_drive_change(move: SiteZoneChange) -> str:
    """Write a site's minutes gained or lost in words and figures."""
    change = move.shown_change_min
    if change is None:
        return "–"
    if change == 0:
        return "as before"
    return f"{'farther' if change > 0 else 'nearer'} {abs(change):.1f}"


def _score(figure: MeasureChange, name: str) -> _ScoreLine:
    percent, digits = figure.measure.unit == "%", figure.measure.digits
    factor, suffix = (100, "%") if percent else (1, "")
    before, after = (
        figure.measure.weigh(value) * factor for value in (figure.before, figure.after)
    )
    change = figure.shown_change
    first, second = (f"{value:,.{digits}f}{suffix}".replace("-", "−") for value in (before, after))
    even = change == 0
    unit = " points" if percent else ""
    moved = "0" if even else f"{change:+,.{digits}f}{unit}".replace("-", "−")
    return _ScoreLine(name, first, second, moved, figure.verdict or "same")


def _schools(n: int) -> str:
    return "1 school" if n == 1 else f"{n} schools"


def _way(moves: list[SiteZoneChange], way: str) -> str:
    most = max(moves, key=lambda move: abs(move.shown_change_min or 0.0))
    return (
        f"{way} for {_schools(len(moves))} "
        f"({most.name} most, by {abs(most.shown_change_min or 0.0):.1f} min)"
    )


def _gain(found: PlanComparison) -> str:
    by_key = {score.name: score for score in build_score_rows(found)}
    better = sum(score.verdict == "better" for score in by_key.values())
    worse = sum(score.verdict == "worse" for score in by_key.values())
    drive = by_key[_SCORES["cost"]]
    if drive.verdict == "same":
        words = "Patrols drive as long as before"
    else:
        minutes, less = drive.change.lstrip("+−"), "less" if drive.verdict == "better" else "more"
        unit = "minute" if minutes == "1" else "minutes"
        words = f"Patrols drive {minutes} {unit} {less} per school day"
    verb = "is" if better == 1 else "are"
    counted = f"of the {len(by_key)} measures below"
    return f"{words}; {counted}, {better} {verb} better and {worse} worse."


_GAP, _MAP_PT, _KEY_PT, _ROW_PT, _ROW_LEAST = 12.0, 236.0, 13.0, 13.0, 9.5
_DEFINITIONS_PT = 22.0
_NEAR_LEAST, _NEAR_MOST, _NEAR_M = 96.0, 400.0, 2500.0
"""Height of the map of what changes, in points, and what it shows around the schools, in meters."""
_DEFINITIONS = (
    "Minutes to a school are turnout and drive from the zone's post, the school from which the "
    "zone's other schools are reached soonest. Workload is planned visits and expected calls, in "
    "minutes per school day. Minutes until help arrives are turnout and drive, estimated by the "
    "response model. Both assume {calls:,.1f} calls per school day.{alike} This is a planning "
    "aid, not a promise of response times."
)
_ALIKE = " “About the same” means a change too small to mean anything."


def build_plan_comparison(handout: Handout) -> Booklet:
    """Return the plan of a handout beside the one that it is compared with, as one page.

    It shows no visit, call or shift, so none that could be made up, and says of each plan when it
    is in effect, whatever day the other papers are for.
    """
    shown = redact_for_audience(handout)
    beside = shown.compared
    assert beside is not None
    if beside.comparison.before == shown.plan.name:  # the other one comes after this
        shown, beside = beside.other, replace(beside, other=replace(shown, compared=None))
    title = f"“{beside.comparison.before}” and “{beside.comparison.after}” compared"
    sides = (beside.other, shown)
    broken = tuple(dict.fromkeys(rule for side in sides for rule in side.broken_rules))
    marked = replace(shown.without_samples, broken_rules=broken, day=None)
    page = partial(_page, sides=sides, found=beside.comparison)
    return Booklet(marked, title, [BookletPage(page, "Compared")])


def _page(sheet: PageWriter, *, sides: tuple[Handout, Handout], found: PlanComparison) -> None:
    top = sheet.top - 15
    name = f"{sheet.handout.project.name}: patrol zones compared"
    sheet.text(sheet.left, top, name, size=17, least=11, bold=True, role="H1")
    said = " ".join(describe_changes(sheet.handout.formats, found))
    top = sheet.paragraph(sheet.left, top - 7, said, size=9.5)
    for side in sides:
        if told := describe_plan_problems(side):
            top = sheet.paragraph(sheet.left, top - 4, told, size=8.5, color=LATE)
    top -= 8
    top = _maps(sheet, sides, found, top)
    if found.figures:
        top = _score_card(sheet, found, top)
    top = _moves(sheet, found, top)
    _map_changes(sheet, found, top - 14)
    if found.figures:
        foot = sheet.bottom + _DEFINITIONS_PT - 2
        alike = any(one.verdict == "about the same" for one in build_score_rows(found))
        facts = {"calls": found.calls_per_day, "alike": _ALIKE if alike else ""}
        said = _DEFINITIONS.format(**facts)
        sheet.paragraph(sheet.left, foot, said, size=6.3, color=QUIET)


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
        sheet.text(left, top - 21, status, size=8, least=6.5, color=QUIET, room=wide)
        marked = f" Marked large: {', '.join(move.name for move in found.moved)}." if moved else ""
        zones = ", ".join(zone.id for zone in side.plan.zones)
        with sheet.figure(f"{title}, map of its zones {zones}.{marked}") as canvas:
            frame = (left, top - 27 - _MAP_PT, left + wide, top - 27)
            draw_district_map(canvas, side, frame, large=moved)
    write_map_key(sheet, top - 27 - _MAP_PT - 12)
    return top - 27 - _MAP_PT - 14 - _KEY_PT


def _score_card(sheet: PageWriter, found: PlanComparison, top: float) -> float:
    sheet.text(sheet.left, top - 9, "What changes", size=10.5, bold=True, role="H2")
    columns = (
        PrintedColumn("", 0.5),
        PrintedColumn("Before", 0.14, "right"),
        PrintedColumn("After", 0.14, "right"),
        PrintedColumn("Change", 0.12, "right"),
        PrintedColumn("", 0.10, "right", bold=True),
    )
    lines = build_score_rows(found)
    rows = tuple((s.name, s.before, s.after, s.change, s.verdict) for s in lines)
    colors = tuple(
        (n, 4, {"better": GOOD, "worse": LATE}.get(score.verdict, QUIET))
        for n, score in enumerate(lines)
    )
    table = PrintedTable(columns, rows, colors, size=8.5, row_pt=_ROW_PT)
    return draw_table(sheet, table, top - 6) - 12


def _map_changes(sheet: PageWriter, found: PlanComparison, top: float) -> None:
    """Show the zones that change near, with the names of the schools, where the page has room."""
    height = min(top - 16 - sheet.bottom - (_DEFINITIONS_PT if found.figures else 6), _NEAR_MOST)
    sites = sheet.handout.project.sites
    places = [one.position for m in found.moved if (one := sites[m.site]).has_position]
    if height < _NEAR_LEAST or not places:
        return
    x_min, y_min, x_max, y_max = shapely.MultiPoint(places).bounds
    around = (x_min - _NEAR_M, y_min - _NEAR_M, x_max + _NEAR_M, y_max + _NEAR_M)
    title = "Where schools change zones, after the change"
    sheet.text(sheet.left, top - 9, title, size=10.5, bold=True, role="H2", room=sheet.room)
    names = join_names([move.name for move in found.moved])
    with sheet.figure(f"Map of the zones after the change, around {names}.") as canvas:
        frame = (sheet.left, top - 16 - height, sheet.right, top - 16)
        moved = {move.site for move in found.moved}
        draw_district_map(canvas, sheet.handout, frame, large=moved, streets=True, around=around)


def _moves(sheet: PageWriter, found: PlanComparison, top: float) -> float:
    """List the sites that change their zone, in two columns, as many as the page holds.

    Returns where the list ends.
    """
    moved = sorted(found.moved, key=lambda move: move.name.casefold())
    if not moved:
        return top
    room = top - 16 - sheet.bottom - _DEFINITIONS_PT
    row_pt = min(max(room / (-(-len(moved) // 2) + 1), _ROW_LEAST), _ROW_PT)
    rows = max(1, int(room // row_pt))
    places = 2 * rows
    shown = moved if len(moved) <= places else moved[: places - 1]
    more = ", and minutes nearer or farther" if found.figures else ""
    title = f"Schools that change zones{more}"
    sheet.text(sheet.left, top - 9, title, size=10.5, bold=True, role="H2")
    wide = (sheet.room - _GAP) / 2
    rows = min(rows, -(-len(shown) // 2))
    for number, move in enumerate(shown):
        at, row = divmod(number, rows)
        left = sheet.left + at * (wide + _GAP)
        base = top - 16 - row * row_pt - 9
        sheet.text(left, base, move.name, size=7.5, least=6, room=wide - 126)
        zones = f"{move.before or 'none'} to {move.after or 'none'}"
        sheet.text(left + wide - 122, base, zones, size=8, bold=True, room=66)
        if found.figures:
            said = _format_drive_change(move)
            sheet.text(left + wide, base, said, size=8, align="right", room=60)
    if len(shown) < len(moved):
        left, base = sheet.left + wide + _GAP, top - 16 - (rows - 1) * row_pt - 9
        rest = f"and {len(moved) - len(shown)} more schools"
        sheet.text(left, base, rest, size=8, color=QUIET, room=wide)
    return top - 16 - rows * row_pt
