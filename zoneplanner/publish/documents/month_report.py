"""The monthly report of our office: what needs attention first, then the map, changes and hours."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from reportlab.lib.colors import Color, HexColor

from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import PLAN_REVIEW, Requirement, RequirementStatus
from zoneplanner.messages import join_names
from zoneplanner.publish.documents.after_action_report import describe_response_action, name_action
from zoneplanner.publish.documents.month_changes import (
    build_change_table,
    describe_month_changes,
    describe_school_days,
    list_marks,
    name_periods,
    say,
)
from zoneplanner.publish.handout import (
    Handout,
)
from zoneplanner.publish.maps.district_map import COVERAGE_CLASSES, draw_coverage_map
from zoneplanner.publish.month import MonthDetails, MonthTotals
from zoneplanner.publish.pdf.canvas import LATE, PAPER, QUIET
from zoneplanner.publish.pdf.charts import draw_hour_grid
from zoneplanner.publish.pdf.page import Booklet, PageWriter
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable
from zoneplanner.publish.pdf.text_flow import (
    FlowItem,
    make_gap,
    make_heading,
    make_table_items,
    make_text_lines,
    paginate_items,
)
from zoneplanner.publish.summaries import describe_plan_in_period

_MOST_LATE, _MOST_NAMES = 8, 40
_DOUBTFUL_MIN = 720
"""A response of more than half a day is rather a stamp that was entered later."""
_MOST_SHARE, _HALF = 0.9, 0.5
"""From so many of the planned visits on there is nothing to attend to; under half is little."""
_MAP_PT, _GRID_PT = 330.0, 118.0
_LATE = (
    PrintedColumn("Received", 0.26),
    PrintedColumn("School", 0.38, bold=True),
    PrintedColumn("Type", 0.22),
    PrintedColumn("Response", 0.14, "right"),
)
_BY_ZONE = (
    PrintedColumn("Zone", 0.28, bold=True),
    PrintedColumn("Visits", 0.12, "right"),
    PrintedColumn("Planned made", 0.18, "right"),
    PrintedColumn("Timed calls", 0.18, "right"),
    PrintedColumn("Median response", 0.24, "right"),
)
_DUE = (
    PrintedColumn("What", 0.29, bold=True),
    PrintedColumn("Open", 0.10, "right"),
    PrintedColumn("Overdue", 0.11, "right"),
    PrintedColumn("No record", 0.12, "right"),
    PrintedColumn("Due soon", 0.11, "right"),
    PrintedColumn("Due later", 0.11, "right"),
    PrintedColumn("Next due", 0.16, "right"),
)
_OVERDUE, _UNRECORDED, _SOON = 2, 3, 4


def build_month_report(handout: Handout) -> Booklet:
    """Return the report of a released handout."""
    month, details = handout.month, handout.month_details
    assert month is not None and details is not None
    name, *_ = name_periods(handout.formats, month)
    pages = paginate_items(
        handout,
        f"{handout.project.name}: {name}",
        say(handout.formats, "exempt"),
        list(_list_items(handout, month, details)),
        bookmark="Monthly report",
    )
    marked = replace(handout, sample=month.sample)
    return Booklet(marked, f"monthly report, {name}", pages)


def _list_items(handout: Handout, month: MonthTotals, details: MonthDetails) -> Iterator[FlowItem]:
    for mark in list_marks(handout.formats, month, sample=month.sample):
        yield from make_text_lines(handout, mark, bold=True)
    for note in (*details.notes, describe_school_days(handout)):
        yield from make_text_lines(handout, handout.formats.localize_sentence(note), color=QUIET)
    yield make_heading("What needs attention")
    yield from _list_exceptions(handout, details)
    yield make_heading("What changed")
    yield from make_table_items(
        handout, build_change_table(handout.formats, month, details.changes)
    )
    for line in describe_month_changes(handout.formats, month, details.changes):
        yield from make_text_lines(handout, line)
    yield make_gap(4)
    note = " ".join(filter(None, (details.uncounted_calls, say(handout.formats, "change_note"))))
    yield from make_text_lines(handout, note, size=8, color=QUIET)
    yield make_heading("Visits made out of those planned")
    period = month.periods[0]
    if told := describe_plan_in_period(handout, period.first, period.last):
        yield from make_text_lines(handout, told, keep=True)
    yield FlowItem(_MAP_PT, partial(_draw_map, details=details))
    yield from make_table_items(handout, _build_zone_table(details))
    yield make_heading("By weekday and hour")
    for title, counts, days, declared in (
        ("Calls", details.calls_by_hour, details.call_weekdays, details.calls_declared),
        ("Visits", details.visits_by_hour, details.visit_weekdays, details.visits_declared),
    ):
        if not (any(days) or counts.any()):
            yield from make_text_lines(
                handout, say(handout.formats, "grid_not_recorded", kind=title)
            )
            continue
        shown = days if declared else (0,) * len(days)
        draw = partial(_draw_grid, title=title, counts=counts.tolist(), days=shown)
        yield FlowItem(_GRID_PT, draw)
    yield make_heading("Lockdowns and drills")
    yield from _list_actions(handout, month)
    yield from _list_drills(handout)
    yield make_heading("What is due")
    yield from _list_due(handout)
    yield make_heading("What is counted")
    yield from make_text_lines(
        handout, say(handout.formats, "counted", target_min=details.target_min), size=8, color=QUIET
    )


def _list_exceptions(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    if not details.visits_declared:
        yield from _point(handout, say(handout.formats, "unvisited.not_declared"))
    else:
        yield from _list_unvisited(handout, details)
        yield from _list_planned_visits(handout, details)
    yield from _list_late_calls(handout, details)
    yield from _list_late_requirements(handout, details.reviewed)
    yield from _list_open_actions(handout)
    hours = details.whole.figures["open_zone_h"]
    if hours.value:
        yield from _point(
            handout, say(handout.formats, "open_hours", hours=hours.value, shifts=hours.n)
        )


def _point(handout: Handout, words: str, more: str = "") -> Iterator[FlowItem]:
    """Yield one exception in bold, and what belongs to it below."""
    yield from make_text_lines(handout, words, bold=True, keep=bool(more))
    if more:
        yield from make_text_lines(handout, more, size=8.5, indent=12)
    yield make_gap(4)


def _list_unvisited(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    if not details.visit_days:
        yield from _point(handout, say(handout.formats, "unvisited.unknown"))
        return
    sites = handout.project.patrolled
    missed = sorted(site.name for site in sites if not details.visits.get(site.id))
    facts = {"schools": len(missed), "all": len(sites), "days": details.visit_days}
    code = "unvisited" if missed else "unvisited.none"
    yield from _point(
        handout, say(handout.formats, code, **facts), join_names(missed, most=len(missed))
    )


def _list_planned_visits(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    """Say how many of the planned visits were made, and of how many schools under half."""
    planned = details.whole.figures["visit_coverage_share"]
    made = planned.value
    sites = [site.id for site in handout.project.patrolled]
    classes = Counter(_classify(details, site) for site in sites)
    few, unjudged = classes["few"] + classes["none"], classes["unknown"]
    if made is not None and made < _MOST_SHARE:
        facts = {"made": made, "planned": planned.n, "few": few, "all": len(sites) - unjudged}
        facts |= {"unjudged": unjudged, "least": LEAST_N}
        code = "planned.unjudged" if unjudged else "planned" if few else "planned.alone"
        yield from _point(handout, say(handout.formats, code, **facts))


def _list_late_calls(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    if not details.timed:
        yield from _point(handout, say(handout.formats, "late.unknown"))
        return
    facts = {
        "late": len(details.late),
        "timed": details.timed,
        "target_min": details.target_min,
    }
    others = {"untimed": details.untimed, "canceled": details.canceled}
    code = "late.untimed.canceled" if details.canceled else "late.untimed"
    more = say(handout.formats, code, **others) if details.untimed else ""
    if doubtful := sum(_measure_wait_min(one) > _DOUBTFUL_MIN for one in details.late):
        facts_of = {"n": doubtful, "hours": _DOUBTFUL_MIN // 60}
        more = " ".join(filter(None, (say(handout.formats, "late.doubtful", **facts_of), more)))
    if details.duplicates:
        more += f" {say(handout.formats, 'late.duplicates', n=details.duplicates)}"
    yield from _point(
        handout, say(handout.formats, "late" if details.late else "late.none", **facts), more
    )
    if details.late:
        rows = tuple(_write_call(handout, one) for one in details.late[:_MOST_LATE])
        yield from make_table_items(handout, PrintedTable(_LATE, rows, size=8))
        if rest := len(details.late) - len(rows):
            said = say(handout.formats, "late.more", rest=rest)
            yield from make_text_lines(handout, said, size=8.5, indent=12)
            yield make_gap(4)


def _list_open_actions(handout: Handout) -> Iterator[FlowItem]:
    """Name the lockdowns and other actions that have no end on record, of whatever month."""
    zone = ZoneInfo(handout.project.time_zone)
    open_ = [one for one in handout.response_actions if one.ended_at is None]
    if not open_:
        return
    names = []
    for one in open_[:_MOST_LATE]:
        site, began = handout.project.sites.get(one.site), one.began_at.astimezone(zone)
        when = f"{handout.formats.short_day(began.date())}, {handout.formats.clock(began)}"
        action = name_action(handout, one.action)
        names.append(f"{action} at {site.name if site else one.site}, since {when}")
    rest = [f"{len(open_) - len(names)} more"] if len(open_) > len(names) else []
    said = say(handout.formats, "actions_open", n=len(open_))
    yield from _point(handout, said, "; ".join((*names, *rest)))


def _write_call(handout: Handout, call: Incident) -> tuple[str, ...]:
    received = call.received_at.astimezone(ZoneInfo(handout.project.time_zone))
    site = handout.project.sites.get(call.site or "")
    when = f"{handout.formats.short_day(received.date())}, {handout.formats.clock(received)}"
    wait = f"{_measure_wait_min(call):,.0f} min"
    return when, site.name if site else "no school", call.type, wait


def _measure_wait_min(call: Incident) -> float:
    assert call.onscene_at is not None
    return (call.onscene_at - call.received_at).total_seconds() / 60


def _list_late_requirements(handout: Handout, reviewed: Collection[str]) -> Iterator[FlowItem]:
    items = [item for own in handout.readiness.values() for item in own]
    drills = [item for item in items if item.kind != PLAN_REVIEW]
    plans = [item for item in items if item.kind == PLAN_REVIEW]
    late, day = _select_overdue(drills), handout.today
    if drills:
        facts = {"late": len(late), "schools": len({item.site for item in late}), "day": day}
        said = say(handout.formats, "drills_late" if late else "drills_late.none", **facts)
        yield from _point(handout, said, _describe_late(handout, late, _count_unrecorded(drills)))
    if plans:
        waiting = [item for item in plans if item.is_open and item.site in reviewed]
        unseen = [item for item in plans if item.is_open and item.site not in reviewed]
        overdue = _select_overdue(plans)
        names = [handout.project.sites[item.site].name for item in overdue]
        due = min((item.due_on for item in waiting or unseen if item.due_on), default=day)
        still = len(waiting) + len(unseen)
        facts = {"late": len(overdue), "all": len(plans), "open": still, "due": due}
        code = "plans" if overdue else "plans.due" if waiting else "plans.none"
        if unseen and not waiting:
            code = "plans.not_recorded"
        said = say(handout.formats, code, day=day, **facts)
        few = bool(unseen and waiting)
        also = say(handout.formats, "plans.not_begun", n=len(unseen)) if few else ""
        more = join_names(sorted(names), most=_MOST_NAMES)
        yield from _point(handout, said, ". ".join(filter(None, (more, also))))
    others = handout.everything_due[len(items) :]
    late, unknown = _select_overdue(others), _count_unrecorded(others)
    if late or unknown:
        said = say(
            handout.formats, "follow_ups" if late else "follow_ups.none", late=len(late), day=day
        )
        yield from _point(handout, said, _describe_late(handout, late, unknown))


def _describe_late(handout: Handout, late: Sequence[Requirement], unknown: int) -> str:
    """Say what is overdue by kind, and of how much there is no record."""
    kinds = Counter(name_requirement(item.kind) for item in late)
    more = ", ".join(f"{name}: {n:,}" for name, n in sorted(kinds.items()))
    also = say(handout.formats, "not_recorded", n=unknown) if unknown else ""
    return "; ".join(filter(None, (more, also)))


def _count_unrecorded(items: Sequence[Requirement]) -> int:
    return sum(item.status is RequirementStatus.NOT_RECORDED for item in items)


def _select_overdue(items: Sequence[Requirement]) -> list[Requirement]:
    return [item for item in items if item.status is RequirementStatus.OVERDUE]


def _draw_map(sheet: PageWriter, top: float, *, details: MonthDetails) -> None:
    sites = [site.id for site in sheet.handout.project.patrolled]
    classes = Counter(_classify(details, site) for site in sites)
    legend = [one for one in COVERAGE_CLASSES if details.visits_declared or classes[one.key]]
    titles = {one.key: one.title for one in legend}
    if not details.visits_declared:
        titles["unknown"] = "not judged"
    told = ", ".join(f"{classes[key]} {title}" for key, title in titles.items())
    frame = (sheet.left, top - _MAP_PT + 24, sheet.right, top - 2)
    with sheet.figure(f"Map of the schools by visits made out of those planned: {told}") as canvas:
        draw_coverage_map(
            canvas, sheet.handout, frame, {site: _classify(details, site) for site in sites}
        )
    x = sheet.left
    for one in legend:
        said = f"{titles[one.key]}: {classes[one.key]}"
        with sheet.tags.ornament():
            one.draw_mark(sheet.canvas, (x + 5, top - _MAP_PT + 13))
        sheet.text(x + 13, top - _MAP_PT + 10, said, size=7.5, room=130)
        x += sheet.room / len(COVERAGE_CLASSES)


def _classify(details: MonthDetails, site: str) -> str:
    """Return the class of a school, by the share of its required visits where these are enough.

    None is judged by days that nobody declared.
    """
    if not details.visit_days or not details.visits_declared:
        return "unknown"
    if not details.visits.get(site):
        return "none"
    share = details.shares.get(site)
    return (
        "unknown"
        if share is None
        else "few"
        if share < _HALF
        else "most"
        if share < _MOST_SHARE
        else "all"
    )


def _build_zone_table(details: MonthDetails) -> PrintedTable:
    rows = []
    for row in details.zones:
        visits, share, median = (
            row.figures[name] for name in ("visits", "visit_coverage_share", "response_p50_min")
        )
        rows.append(
            (
                row.name,
                "–" if visits.value is None else f"{visits.value:,.0f}",
                "–" if share.value is None else f"{share.value:.0%} of {share.n:,}",
                f"{median.n:,}" if median.n or details.call_days else "–",
                f"{median.value:.1f} min"
                if median.value is not None
                else f"too few ({median.n})"
                if median.n or details.call_days
                else "–",
            )
        )
    return PrintedTable(_BY_ZONE, tuple(rows))


def _draw_grid(
    sheet: PageWriter,
    top: float,
    *,
    title: str,
    counts: Sequence[Sequence[int]],
    days: Sequence[int],
) -> None:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    rows = zip(names, counts, strict=True)
    told = ", ".join(f"{day} {sum(row)}" for day, row in rows if sum(row))
    title = f"{title}: {sum(map(sum, counts)):,}"
    title += "; the number of school days on record is next to each day" if any(days) else ""
    with sheet.figure(f"{title} by weekday: {told or 'none'}") as canvas:
        frame = (sheet.left, top - _GRID_PT + 8, sheet.right, top)
        draw_hour_grid(canvas, frame, counts, title=title, days=days)


def _list_actions(handout: Handout, month: MonthTotals) -> Iterator[FlowItem]:
    zone, (period, *_) = ZoneInfo(handout.project.time_zone), month.periods
    found = False
    for one in handout.response_actions:
        day = one.began_at.astimezone(zone).date()
        if period.first <= day <= period.last:
            found = True
            site = handout.project.sites.get(one.site)
            place = f"{handout.formats.day(day)}, {site.name if site else one.site}"
            yield from make_text_lines(
                handout, f"{place}: {describe_response_action(handout, one)}"
            )
    if not found:
        yield from make_text_lines(handout, say(handout.formats, "lockdowns.none"))


def _list_drills(handout: Handout) -> Iterator[FlowItem]:
    counts = Counter(name_requirement(one.kind) for one in handout.month_drills)
    schools = len({one.site for one in handout.month_drills})
    told = ", ".join(f"{name}: {n:,}" for name, n in sorted(counts.items()))
    said = (
        say(handout.formats, "drills", n=counts.total(), schools=schools, kinds=told)
        if counts
        else ""
    )
    yield from make_text_lines(handout, said or say(handout.formats, "drills.none"))


def _list_due(handout: Handout) -> Iterator[FlowItem]:
    """Yield what is open by kind, the nearest day first."""
    groups: dict[str, list[Requirement]] = defaultdict(list)
    items = handout.everything_due
    for item in sorted(items, key=lambda one: (one.due_on or handout.today, one.kind)):
        if item.is_open:
            groups[name_requirement(item.kind)].append(item)
    if not groups:
        yield from make_text_lines(handout, say(handout.formats, "due.none"))
        return
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    for what, own in groups.items():
        coming = [item.due_on for item in own if item.due_on and item.due_on >= handout.today]
        overdue = len(_select_overdue(own))
        unknown = sum(item.status is RequirementStatus.NOT_RECORDED for item in own)
        day = handout.formats.day(min(coming)) if coming else "–"
        soon = sum(map(handout.is_soon, own))
        for count, at, color in ((overdue, _OVERDUE, LATE), (soon, _SOON, HexColor(PAPER.warning))):
            colors += [(len(rows), at, color)] if count else []
        counts = (len(own), overdue, unknown, soon, len(own) - overdue - unknown - soon)
        rows.append((what, *(f"{count:,}" for count in counts), day))
    yield from make_table_items(handout, PrintedTable(_DUE, tuple(rows), tuple(colors)))
    yield from make_text_lines(handout, say(handout.formats, "due.soon", days=handout.horizon_days))
    if any(row[_UNRECORDED] != "0" for row in rows):
        yield from make_text_lines(handout, say(handout.formats, "due.no_record"))
