"""The office's monthly report: urgent items first, then the map, changes and times of day."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from reportlab.lib.colors import Color, HexColor

from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import PLAN_REVIEW, Requirement, RequirementStatus
from zoneplanner.messages import Message, join_names
from zoneplanner.publish.documents.after_action_report import describe_response_action, name_action
from zoneplanner.publish.documents.month_changes import (
    build_change_table,
    describe_month_changes,
    describe_school_days,
    list_marks,
    name_periods,
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

_MAX_LATE_CALLS, _MAX_NAMES = 8, 40
_DOUBTFUL_MIN = 720
"""A longer response is probably a stamp that was entered later."""
_ENOUGH_SHARE, _FEW_SHARE = 0.9, 0.5
"""The shares of planned visits that are enough, and below which few were made."""
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
    """Return the monthly report of a redacted handout."""
    month, details = handout.month, handout.month_details
    assert month is not None and details is not None
    name, *_ = name_periods(handout.formats, month)
    pages = paginate_items(
        handout,
        f"{handout.project.name}: {name}",
        Message("month.exempt"),
        list(_list_items(handout, month, details)),
        bookmark="Monthly report",
    )
    return Booklet(replace(handout, sample=month.sample), f"monthly report, {name}", pages)


def _list_items(handout: Handout, month: MonthTotals, details: MonthDetails) -> Iterator[FlowItem]:
    for mark in list_marks(month, sample=month.sample):
        yield from make_text_lines(handout, mark, bold=True)
    for note in (*details.notes, describe_school_days(handout)):
        yield from make_text_lines(handout, note, color=QUIET)
    yield make_heading("What needs attention")
    yield from _list_exceptions(handout, details)
    yield make_heading("What changed")
    yield from make_table_items(
        handout, build_change_table(handout.formats, month, details.changes)
    )
    for line in describe_month_changes(handout.formats, month, details.changes):
        yield from make_text_lines(handout, line)
    yield make_gap(4)
    about = handout.say(*details.uncounted_calls, Message("month.change_note"))
    yield from make_text_lines(handout, about, size=8, color=QUIET)
    yield make_heading("Visits made out of those planned")
    period = month.periods[0]
    if in_force := describe_plan_in_period(handout, period.first, period.last):
        yield from make_text_lines(handout, in_force, keep=True)
    yield FlowItem(_MAP_PT, partial(_draw_map, details=details))
    yield from make_table_items(handout, _build_zone_table(details))
    yield make_heading("By weekday and hour")
    for title, counts, days, are_declared in (
        ("Calls", details.calls_by_hour, details.call_weekdays, details.calls_declared),
        ("Visits", details.visits_by_hour, details.visit_weekdays, details.visits_declared),
    ):
        if not (any(days) or counts.any()):
            yield from make_text_lines(handout, Message("month.grid_not_recorded", kind=title))
            continue
        day_counts = days if are_declared else (0,) * len(days)
        draw = partial(_draw_grid, title=title, counts=counts.tolist(), days=day_counts)
        yield FlowItem(_GRID_PT, draw)
    yield make_heading("Lockdowns and drills")
    yield from _list_actions(handout, month)
    yield from _list_drills(handout)
    yield make_heading("What is due")
    yield from _list_due(handout)
    yield make_heading("What is counted")
    yield from make_text_lines(
        handout, Message("month.counted", target_min=details.target_min), size=8, color=QUIET
    )


def _list_exceptions(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    if not details.visits_declared:
        yield from _make_exception(handout, Message("month.unvisited.not_declared"))
    else:
        yield from _list_unvisited(handout, details)
        yield from _list_planned_visits(handout, details)
    yield from _list_late_calls(handout, details)
    yield from _list_late_requirements(handout, details.reviewed)
    yield from _list_open_actions(handout)
    hours = details.whole.figures["open_zone_h"]
    if hours.value:
        yield from _make_exception(
            handout, Message("month.open_hours", hours=hours.value, shifts=hours.n)
        )


def _make_exception(
    handout: Handout, headline: Message, details: Message | str = ""
) -> Iterator[FlowItem]:
    """Yield an exception in bold, with its details below."""
    yield from make_text_lines(handout, headline, bold=True, keep=bool(details))
    if details:
        yield from make_text_lines(handout, details, size=8.5, indent=12)
    yield make_gap(4)


def _list_unvisited(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    if not details.visit_days:
        yield from _make_exception(handout, Message("month.unvisited.unknown"))
        return
    sites = handout.project.patrolled
    unvisited = sorted(site.name for site in sites if not details.visits.get(site.id))
    facts = {"schools": len(unvisited), "all": len(sites), "days": details.visit_days}
    code = "month.unvisited" if unvisited else "month.unvisited.none"
    yield from _make_exception(handout, Message(code, **facts), join_names(unvisited))


def _list_planned_visits(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    """Yield how many planned visits were made, and at how many schools under half."""
    planned = details.whole.figures["visit_coverage_share"]
    made_share = planned.value
    sites = [site.id for site in handout.project.patrolled]
    classes = Counter(_classify(details, site) for site in sites)
    few, unjudged = classes["few"] + classes["none"], classes["unknown"]
    if made_share is not None and made_share < _ENOUGH_SHARE:
        facts = {"made": made_share, "planned": planned.n, "few": few, "all": len(sites) - unjudged}
        facts |= {"unjudged": unjudged, "least": LEAST_N}
        variant = ".unjudged" if unjudged else "" if few else ".alone"
        yield from _make_exception(handout, Message(f"month.planned{variant}", **facts))


def _list_late_calls(handout: Handout, details: MonthDetails) -> Iterator[FlowItem]:
    if not details.timed:
        yield from _make_exception(handout, Message("month.late.unknown"))
        return
    facts = {
        "late": len(details.late),
        "timed": details.timed,
        "target_min": details.target_min,
    }
    notes = []
    if doubtful := sum(_measure_wait_min(call) > _DOUBTFUL_MIN for call in details.late):
        notes.append(Message("month.late.doubtful", n=doubtful, hours=_DOUBTFUL_MIN // 60))
    if details.untimed:
        code = "month.late.untimed.canceled" if details.canceled else "month.late.untimed"
        notes.append(Message(code, untimed=details.untimed, canceled=details.canceled))
    if details.duplicates:
        notes.append(Message("month.late.duplicates", n=details.duplicates))
    headline = Message("month.late" if details.late else "month.late.none", **facts)
    yield from _make_exception(handout, headline, handout.say(*notes))
    if details.late:
        rows = tuple(_write_call(handout, call) for call in details.late[:_MAX_LATE_CALLS])
        yield from make_table_items(handout, PrintedTable(_LATE, rows, size=8))
        if rest := len(details.late) - len(rows):
            more = Message("month.late.more", rest=rest)
            yield from make_text_lines(handout, more, size=8.5, indent=12)
            yield make_gap(4)


def _list_open_actions(handout: Handout) -> Iterator[FlowItem]:
    """Name the lockdowns and other actions without an end on record, of any month."""
    actions = [action for action in handout.response_actions if action.ended_at is None]
    if not actions:
        return
    shown = [
        Message(
            "month.action_open",
            action=name_action(handout, action.action),
            site=handout.name_site(action.site),
            began=_write_time(handout, action.began_at),
        )
        for action in actions[:_MAX_LATE_CALLS]
    ]
    if more := len(actions) - len(shown):
        shown.append(Message("month.actions_open.more", n=more))
    headline = Message("month.actions_open", n=len(actions))
    yield from _make_exception(handout, headline, "; ".join(map(handout.say, shown)))


def _write_time(handout: Handout, moment: datetime) -> str:
    local = handout.to_local(moment)
    return f"{handout.formats.short_day(local.date())}, {handout.formats.clock(local)}"


def _write_call(handout: Handout, call: Incident) -> tuple[str, ...]:
    received = _write_time(handout, call.received_at)
    wait = f"{_measure_wait_min(call):,.0f} min"
    return received, handout.name_site(call.site, "no school"), call.type, wait


def _measure_wait_min(call: Incident) -> float:
    assert call.onscene_at is not None
    return (call.onscene_at - call.received_at).total_seconds() / 60


def _list_late_requirements(handout: Handout, reviewed: Collection[str]) -> Iterator[FlowItem]:
    items = [item for requirements in handout.readiness.values() for item in requirements]
    drills = [item for item in items if item.kind != PLAN_REVIEW]
    plans = [item for item in items if item.kind == PLAN_REVIEW]
    late, day = _select_overdue(drills), handout.today
    if drills:
        facts = {"late": len(late), "schools": len({item.site for item in late}), "day": day}
        headline = Message("month.drills_late" if late else "month.drills_late.none", **facts)
        yield from _make_exception(
            handout, headline, _describe_late(handout, late, _count_unrecorded(drills))
        )
    if plans:
        begun = [item for item in plans if item.is_open and item.site in reviewed]
        not_begun = [item for item in plans if item.is_open and item.site not in reviewed]
        overdue = _select_overdue(plans)
        schools = sorted(handout.project.sites[item.site].name for item in overdue)
        due = min((item.due_on for item in begun or not_begun if item.due_on), default=day)
        open_count = len(begun) + len(not_begun)
        facts = {"late": len(overdue), "all": len(plans), "open": open_count, "due": due}
        variant = "" if overdue else ".due" if begun else ".none"
        if not_begun and not begun:
            variant = ".not_recorded"
        headline = Message(f"month.plans{variant}", day=day, **facts)
        parts = [join_names(schools, most=_MAX_NAMES)]
        if not_begun and begun:
            parts.append(str(Message("month.plans.not_begun", n=len(not_begun))))
        yield from _make_exception(handout, headline, ". ".join(filter(None, parts)))
    others = handout.everything_due[len(items) :]
    late, unrecorded = _select_overdue(others), _count_unrecorded(others)
    if late or unrecorded:
        code = "month.follow_ups" if late else "month.follow_ups.none"
        headline = Message(code, late=len(late), day=day)
        yield from _make_exception(handout, headline, _describe_late(handout, late, unrecorded))


def _describe_late(handout: Handout, late: Sequence[Requirement], unrecorded: int) -> str:
    """Name the overdue items by kind, and say how many have no record."""
    kinds = Counter(name_requirement(item.kind) for item in late)
    by_kind = ", ".join(f"{name}: {n:,}" for name, n in sorted(kinds.items()))
    not_recorded = str(Message("month.not_recorded", n=unrecorded)) if unrecorded else ""
    return "; ".join(filter(None, (by_kind, not_recorded)))


def _count_unrecorded(items: Sequence[Requirement]) -> int:
    return sum(item.status is RequirementStatus.NOT_RECORDED for item in items)


def _select_overdue(items: Sequence[Requirement]) -> list[Requirement]:
    return [item for item in items if item.status is RequirementStatus.OVERDUE]


def _draw_map(sheet: PageWriter, top: float, *, details: MonthDetails) -> None:
    sites = [site.id for site in sheet.handout.project.patrolled]
    classes = Counter(_classify(details, site) for site in sites)
    legend = [each for each in COVERAGE_CLASSES if details.visits_declared or classes[each.key]]
    titles = {each.key: each.title for each in legend}
    if not details.visits_declared:
        titles["unknown"] = "not judged"
    totals = ", ".join(f"{classes[key]} {title}" for key, title in titles.items())
    frame = (sheet.left, top - _MAP_PT + 24, sheet.right, top - 2)
    with sheet.figure(Message("month.map", totals=totals)) as canvas:
        draw_coverage_map(
            canvas, sheet.handout, frame, {site: _classify(details, site) for site in sites}
        )
    x = sheet.left
    for each in legend:
        label = f"{titles[each.key]}: {classes[each.key]}"
        with sheet.tags.ornament():
            each.draw_mark(sheet.canvas, (x + 5, top - _MAP_PT + 13))
        sheet.text(x + 13, top - _MAP_PT + 10, label, size=7.5, room=130)
        x += sheet.room / len(COVERAGE_CLASSES)


def _classify(details: MonthDetails, site: str) -> str:
    """Return a school's class by the share of its required visits, if they are enough to tell.

    No school is judged if nobody declared which days are complete.
    """
    if not details.visit_days or not details.visits_declared:
        return "unknown"
    if not details.visits.get(site):
        return "none"
    share = details.shares.get(site)
    if share is None:
        return "unknown"
    return "few" if share < _FEW_SHARE else "most" if share < _ENOUGH_SHARE else "all"


def _build_zone_table(details: MonthDetails) -> PrintedTable:
    rows = []
    for row in details.zones:
        visits, share, median = (
            row.figures[name] for name in ("visits", "visit_coverage_share", "response_p50_min")
        )
        rows.append(
            (
                str(row.name),
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
    rows = zip(WEEKDAY_NAMES, counts, strict=True)
    by_day = ", ".join(f"{day} {sum(row)}" for day, row in rows if sum(row))
    code = "month.grid.with_days" if any(days) else "month.grid"
    title = str(Message(code, kind=title, n=sum(map(sum, counts))))
    with sheet.figure(Message("month.grid.values", title=title, days=by_day or "none")) as canvas:
        frame = (sheet.left, top - _GRID_PT + 8, sheet.right, top)
        draw_hour_grid(canvas, frame, counts, title=title, days=days)


def _list_actions(handout: Handout, month: MonthTotals) -> Iterator[FlowItem]:
    period, has_action = month.periods[0], False
    for action in handout.response_actions:
        day = handout.to_local(action.began_at).date()
        if period.first <= day <= period.last:
            has_action = True
            place = f"{handout.formats.day(day)}, {handout.name_site(action.site)}"
            line = f"{place}: {describe_response_action(handout, action)}"
            yield from make_text_lines(handout, line)
    if not has_action:
        yield from make_text_lines(handout, Message("month.lockdowns.none"))


def _list_drills(handout: Handout) -> Iterator[FlowItem]:
    counts = Counter(name_requirement(drill.kind) for drill in handout.month_drills)
    schools = len({drill.site for drill in handout.month_drills})
    kinds = ", ".join(f"{name}: {n:,}" for name, n in sorted(counts.items()))
    facts = {"n": counts.total(), "schools": schools, "kinds": kinds}
    code = "month.drills" if counts else "month.drills.none"
    yield from make_text_lines(handout, Message(code, **facts))


def _list_due(handout: Handout) -> Iterator[FlowItem]:
    """Yield the open items by kind, the next due day first."""
    groups: dict[str, list[Requirement]] = defaultdict(list)
    items = handout.everything_due
    for item in sorted(items, key=lambda each: (each.due_on or handout.today, each.kind)):
        if item.is_open:
            groups[name_requirement(item.kind)].append(item)
    if not groups:
        yield from make_text_lines(handout, Message("month.due.none"))
        return
    rows: list[tuple[str, ...]] = []
    colors: list[tuple[int, int, Color]] = []
    for kind, kind_items in groups.items():
        due_days = [
            item.due_on for item in kind_items if item.due_on and item.due_on >= handout.today
        ]
        overdue = len(_select_overdue(kind_items))
        unrecorded = _count_unrecorded(kind_items)
        day = handout.formats.day(min(due_days)) if due_days else "–"
        soon = sum(map(handout.is_soon, kind_items))
        for count, column, color in (
            (overdue, _OVERDUE, LATE),
            (soon, _SOON, HexColor(PAPER.warning)),
        ):
            colors += [(len(rows), column, color)] if count else []
        counts = (
            len(kind_items),
            overdue,
            unrecorded,
            soon,
            len(kind_items) - overdue - unrecorded - soon,
        )
        rows.append((kind, *(f"{count:,}" for count in counts), day))
    yield from make_table_items(handout, PrintedTable(_DUE, tuple(rows), tuple(colors)))
    yield from make_text_lines(handout, Message("month.due.soon", days=handout.horizon_days))
    if any(row[_UNRECORDED] != "0" for row in rows):
        yield from make_text_lines(handout, Message("month.due.no_record"))
