"""Compare two plans: sites that change zones by group, rows of moves and of measures."""

from dataclasses import dataclass

from zoneplanner.analysis.measures.comparison import MeasureChange, PlanComparison, SiteZoneChange
from zoneplanner.app.plans.comparison import PlanPair, order_plans
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.style.value_text import (
    NO_VALUE,
    format_difference,
    format_number,
    format_share,
)
from zoneplanner.ui.widgets.tables.table_model import Column

_NO_ZONE = "no zone"


@dataclass(frozen=True, slots=True)
class _ZoneTransfer:
    """A change of zone: where from, where to, and the places of both in the palette."""

    before: str | None
    after: str | None
    before_color: int | None
    after_color: int | None

    @property
    def text(self) -> str:
        """The change as it is written on map and legend."""
        return f"{self.before or _NO_ZONE} → {self.after or _NO_ZONE}"


@dataclass(frozen=True, slots=True)
class TransferGroup:
    """All sites that change from one zone to the same other one."""

    ends: _ZoneTransfer
    sites: frozenset[str]
    students: int


@dataclass(frozen=True, slots=True)
class _MovedRow:
    """A site that is not in the same zone in both plans."""

    move: SiteZoneChange
    ends: _ZoneTransfer


@dataclass(frozen=True, slots=True)
class _MeasureRow:
    """One measure of both plans as it is written."""

    key: str
    name: str
    definition: str
    before: str
    after: str
    difference: str
    verdict: str


def choose_plans_to_compare(session: Session) -> tuple[str, str] | None:
    """Return the plans to compare first, by uid; None where there are not two.

    One is the plan on screen; the other is the plan in force, else the one that it was branched
    from, else the latest of the others. The one that comes before the other is first.
    """
    plans = session.project.plans
    if len(plans) < 2:
        return None
    shown = session.plan_uid or list(plans)[-1]
    others = [uid for uid in plans if uid != shown]
    in_force = session.project.plan_in_force(session.today)
    wanted = (in_force.uid if in_force else None, plans[shown].parent)
    other = next((uid for uid in wanted if uid in others), others[-1])
    before, after = order_plans(session.project, plans[other], plans[shown])
    return before.uid, after.uid


def summarize_comparison(found: PlanComparison, formats: LocaleFormats = ISO_FORMATS) -> str:
    """Say in one sentence how many sites and students change their zone."""
    sites, turned = len(found.moved), _describe_turned(found, formats)
    if not sites:
        return turned or "Every site is in the same zone in both plans."
    verb = "changes its zone" if sites == 1 else "change their zone"
    students = format_count(found.students_moved, "student")
    return f"{turned} {format_count(sites, 'site')} with {students} {verb}.".strip()


def _describe_turned(found: PlanComparison, formats: LocaleFormats) -> str:
    parts = []
    for sites, verb, word in ((found.closed, "closes", "closed"), (found.opened, "opens", "open")):
        for site in sites:
            turns = f"{verb} on {formats.day(site.on)}" if site.on else f"is {word}"
            parts.append(f"{site.name} {turns} ({format_count(site.students, 'student')}).")
    more = sum(site.students for site in found.receiving)
    if more and found.receiving:
        parts.append(
            f"{format_count(more, 'student')} go to {format_count(len(found.receiving), 'school')}."
        )
    return " ".join(parts)


def find_transfer(found: PlanPair, before: str | None, after: str | None) -> _ZoneTransfer:
    """Return a change of zone with the colors of both plans."""
    old, new = _colors(found.before), _colors(found.after)
    return _ZoneTransfer(before, after, old.get(before or ""), new.get(after or ""))


def group_transfers(found: PlanPair) -> list[TransferGroup]:
    """Return the changes of zone, that of most sites first."""
    moves: dict[tuple[str | None, str | None], list[SiteZoneChange]] = {}
    for move in found.comparison.moved:
        moves.setdefault((move.before, move.after), []).append(move)
    return [
        TransferGroup(
            ends=find_transfer(found, *ends),
            sites=frozenset(move.site for move in own),
            students=sum(move.students for move in own),
        )
        for ends, own in sorted(moves.items(), key=lambda each: -len(each[1]))
    ]


def describe_site_change(found: PlanPair, site_id: str) -> list[str]:
    """Say of a site what becomes of it, in short lines."""
    move = next((move for move in found.comparison.moved if move.site == site_id), None)
    turned = (*found.comparison.closed, *found.comparison.opened)
    closed = {site.site for site in found.comparison.closed}
    here = next((site for site in turned if site.site == site_id), None)
    if here is not None:
        return ["Closed" if site_id in closed else "Opened", format_count(here.students, "student")]
    if move is None:
        plan = found.after.plan
        zone = plan.assignment.get(site_id) if plan else None
        old = next((old for old, new in found.comparison.renumbered if new == zone), None)
        if old is not None:
            return [f"Stays in its zone: {old} becomes {zone}"]
        return [f"Zone {zone} in both plans" if zone else "No zone in either plan"]
    ends = _ZoneTransfer(move.before, move.after, None, None)
    lines = [ends.text, format_count(move.students, "student")]
    if move.before_min is not None and move.after_min is not None:
        before, after = format_number(move.before_min, 1), format_number(move.after_min, 1)
        lines.append(f"{before} → {after} min from the post ({_change(move)})")
    return lines


def build_moved_rows(found: PlanPair) -> list[_MovedRow]:
    """Return a row for each site that changes its zone."""
    return [_MovedRow(m, find_transfer(found, m.before, m.after)) for m in found.comparison.moved]


def build_measure_rows(found: PlanComparison) -> list[_MeasureRow]:
    """Return a row for each measure."""
    return [_score(figure) for figure in found.figures]


def describe_plan(plan: Plan, session: Session) -> str:
    """Name a plan with its status, as a tag on the map."""
    return f"{plan.name} ({plan.status(session.today)})"


def _colors(state: ProjectState) -> dict[str, int]:
    return {zone.id: zone.color for zone in state.plan.zones} if state.plan else {}


def _score(figure: MeasureChange) -> _MeasureRow:
    measure = figure.measure
    percent = measure.unit == "%"
    digits = measure.digits

    def shown(value: float) -> str:
        if percent:
            return format_share(value, digits)
        return format_number(value, digits)

    before, after = (shown(measure.weigh(value)) for value in (figure.before, figure.after))
    even = figure.good is None and measure.better is not None
    difference = format_difference(figure.shown_change, digits, good=figure.good, plain=even)
    if percent and difference != NO_VALUE:
        difference = f"{difference} pts"
    name = f"{measure.name}, {measure.unit}" if measure.unit and not percent else measure.name
    return _MeasureRow(
        measure.key, name, measure.definition, before, after, difference, figure.verdict
    )


def _change(move: SiteZoneChange) -> str:
    shown = move.shown_change_min
    if shown is None:
        return NO_VALUE
    change = format_difference(shown, good=shown < 0)
    return "as before" if change == NO_VALUE else change


MOVED_COLUMNS = (
    Column("Site", lambda row: row.move.name),
    Column("From", lambda row: row.move.before, lambda row: row.ends.before or _NO_ZONE,
           "The zone in plan A.", zone=lambda row: row.ends.before_color),
    Column("To", lambda row: row.move.after, lambda row: row.ends.after or _NO_ZONE,
           "The zone in plan B.", zone=lambda row: row.ends.after_color),
    Column("Students", lambda row: row.move.students,
           lambda row: format_number(row.move.students),
           "Enrollment of the site; the assumed figure if none is on file.", figure=True),
    Column("Before\nmin", lambda row: row.move.before_min,
           lambda row: format_number(row.move.before_min, 1),
           "Minutes of turnout and drive from the zone's post to the site in plan A.",
           figure=True),
    Column("After\nmin", lambda row: row.move.after_min,
           lambda row: format_number(row.move.after_min, 1),
           "Minutes of turnout and drive from the zone's post to the site in plan B.",
           figure=True),
    Column("Change\nmin", lambda row: row.move.change_min, lambda row: _change(row.move),
           "Minutes that plan B gains (▲, nearer) or loses (▼, farther).", figure=True),
)  # fmt: skip

MEASURE_COLUMNS = (
    Column("Measure", lambda row: row.name, cell_tip=lambda row: row.definition),
    Column("Before (A)", lambda row: row.before, figure=True,
           cell_tip=lambda row: row.definition),
    Column("After (B)", lambda row: row.after, figure=True, cell_tip=lambda row: row.definition),
    Column("Difference", lambda row: row.difference, figure=True,
           cell_tip=lambda row: row.definition),
    Column("B is", lambda row: row.verdict, 
        tip="Whether plan B is better, worse or the same by this measure; a difference too small "
        "to tell is about the same. Empty where neither direction is better."),
)  # fmt: skip
