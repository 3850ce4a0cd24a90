"""Tables of the roster: what is broken and what would fix it, hours, and swaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import RosterViolation, describe_shift
from zoneplanner.domain.roster.roster_rules import ROSTER_RULES
from zoneplanner.domain.roster.shift import ShiftKind, ShiftSwap
from zoneplanner.domain.roster.staffing import OfficerHours
from zoneplanner.ui.widgets.style.value_text import format_kind
from zoneplanner.ui.widgets.tables.table_model import Column

_MARKS = {"block": "error", "override": "warning", "warn": "info", "open": "not_visited"}


@dataclass(frozen=True, slots=True)
class _RosterProblemRow:
    """A broken rule, or a shift that is open; ``shift`` is where to go."""

    key: str
    rule: str
    level: str
    where: str
    what: str
    remedy: str
    shift: str
    day: date | None


ROSTER_PROBLEM_COLUMNS = (
    Column(
        "Rule",
        lambda row: row.rule,
        tip="Which rule is broken; rules and their figures are under … > Roster rules.",
        mark=lambda row: _MARKS.get(row.level, "info"),
    ),
    Column("Where", lambda row: row.where, cell_tip=lambda row: row.where),
    Column("Problem", lambda row: row.what, cell_tip=lambda row: row.what),
    Column("Remedy", lambda row: row.remedy, cell_tip=lambda row: row.remedy),
)


def build_roster_problem_rows(
    project: Project,
    found: Sequence[RosterViolation],
    why: Sequence[tuple[str, str]],
    formats: LocaleFormats,
) -> list[_RosterProblemRow]:
    """Return what stands of some breaches, and the open shifts with the reason of each."""
    rows = [
        _RosterProblemRow(
            key=f"{one.rule} {one.officer} {' '.join(one.shifts)} {one.unit} {one.text}",
            rule=ROSTER_RULES[one.rule].title,
            level=str(one.level),
            where=one.where,
            what=_sentence(one.what),
            remedy=one.remedy,
            shift=one.shifts[-1] if one.shifts else "",
            day=one.day,
        )
        for one in found
        if one.is_unexcused
    ]
    for uid, text in why:
        day = project.shifts[uid].day(project.time_zone)
        where = describe_shift(project.shifts[uid], project.time_zone, formats)
        what = _sentence(text.removeprefix(f"{where} "))
        remedy = "Enter opens its choices; “Who could cover?” ranks them."
        rows.append(
            _RosterProblemRow(f"open {uid}", "Open shift", "open", where, what, remedy, uid, day)
        )
    return rows


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, eq=False, slots=True)
class _HoursRow:
    """An officer's hours, beside the mean of their kind."""

    hours: OfficerHours
    off_mean: float
    short_details: int = 0


def _sum_extra_hours(row: _HoursRow) -> float:
    return row.hours.sum_hours(ShiftKind.AFTER_SCHOOL, ShiftKind.EVENT)


HOURS_COLUMNS = (
    Column("Officer", lambda row: row.hours.name),
    Column("Kind", lambda row: format_kind(row.hours.kind)),
    Column("Shifts", lambda row: len(row.hours.shifts), figure=True),
    Column(
        "Hours",
        lambda row: row.hours.sum_hours(),
        lambda row: f"{row.hours.sum_hours():.1f}",
        tip="Hours of shifts from the first day of the school year to the last one planned.",
        figure=True,
    ),
    Column(
        "From mean\nh",
        lambda row: row.off_mean,
        lambda row: f"{row.off_mean:+.1f}".replace("-", "\u2212"),
        tip="Hours above or below the mean of officers of the same kind.",
        figure=True,
    ),
    Column(
        "After school and\nevents, h",
        _sum_extra_hours,
        lambda row: f"{_sum_extra_hours(row):.1f}",
        figure=True,
    ),
    Column(
        "Overtime\nh",
        lambda row: row.hours.overtime_h,
        lambda row: f"{row.hours.overtime_h:.1f}",
        tip="Weekly hours above the regular limit, including the main job; the limit is in the "
        "roster rules.",
        figure=True,
    ),
    Column(
        "Short\ndetails",
        lambda row: row.short_details,
        tip="Details shorter than the paid minimum, with or without a reason.",
        figure=True,
    ),
    Column(
        "Undesirable\nshifts",
        lambda row: row.hours.undesirable,
        tip="Shifts in the evening or on the weekend, and shifts other than patrol.",
        figure=True,
    ),
)


def build_hours_rows(
    found: Sequence[OfficerHours], short_details: Mapping[str, int]
) -> list[_HoursRow]:
    """Return hours beside the mean of their kind, with how many details were too short."""
    by_kind: dict[str, list[float]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one.sum_hours())
    means = {kind: sum(own) / len(own) for kind, own in by_kind.items()}
    return [
        _HoursRow(one, one.sum_hours() - means[one.kind], short_details.get(one.officer, 0))
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class _SwapRow:
    """A swap in words."""

    swap: ShiftSwap
    who: str
    gives: str
    gets: str
    state: str


SWAP_COLUMNS = (
    Column("Officers", lambda row: row.who),
    Column("Gives", lambda row: row.gives, cell_tip=lambda row: row.gives),
    Column("In return for", lambda row: row.gets, cell_tip=lambda row: row.gets),
    Column("State", lambda row: row.state),
)


def build_swap_rows(project: Project, formats: LocaleFormats) -> list[_SwapRow]:
    """Return the swaps, those that wait for an answer first."""
    rows = []
    for swap in project.swaps.values():
        names = [
            project.officers[one].name if one in project.officers else one
            for one in (swap.officer, swap.taker)
        ]
        words = [
            describe_shift(project.shifts[uid], project.time_zone, formats)
            if uid in project.shifts
            else "nothing"
            for uid in (swap.shift, swap.other or "")
        ]
        state = str(swap.status).capitalize()
        if swap.answered_by:
            state += f" by {swap.answered_by}"
        if swap.reason:
            state += f": {swap.reason}"
        rows.append(_SwapRow(swap, f"{names[0]} to {names[1]}", words[0], words[1], state))
    return sorted(rows, key=lambda row: (row.swap.status != "asked", row.swap.asked_at))
