"""Changes between two plans: transfers of sites between zones, and rows of the tables."""

from dataclasses import dataclass

from zoneplanner.analysis.measures.comparison import MeasureChange, PlanComparison, SiteZoneChange
from zoneplanner.app.plans.comparison import PlanPair, order_plans
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.grouping import group_pairs
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
    """A change from a zone to another, with the zones' colors."""

    before: str | None
    after: str | None
    before_color: int | None
    after_color: int | None

    @property
    def text(self) -> str:
        """The change as text for map and legend."""
        return f"{self.before or _NO_ZONE} → {self.after or _NO_ZONE}"


@dataclass(frozen=True, slots=True)
class TransferGroup:
    """All sites that change from one zone to another one."""

    transfer: _ZoneTransfer
    sites: frozenset[str]
    students: int


@dataclass(frozen=True, slots=True)
class _MovedRow:
    """A site with different zones in both plans."""

    move: SiteZoneChange
    transfer: _ZoneTransfer


@dataclass(frozen=True, slots=True)
class _MeasureRow:
    """A measure of both plans as strings."""

    key: str
    name: str
    definition: str
    before: str
    after: str
    difference: str
    verdict: str


def choose_plans_to_compare(session: Session) -> tuple[str, str] | None:
    """Return the uids of the plans to compare by default, in order, or None if there are not two.

    One is the plan on screen. The other is the plan in force, else the one from which it was
    branched, else the latest.
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


def summarize_comparison(comparison: PlanComparison, formats: LocaleFormats = ISO_FORMATS) -> str:
    """Return how many sites and students change zones, and which sites open or close."""
    count, openings = len(comparison.moved), _describe_openings(comparison, formats)
    if not count:
        return openings or "Every site is in the same zone in both plans."
    verb = "changes zones" if count == 1 else "change zones"
    students = format_count(comparison.students_moved, "student")
    return f"{openings} {format_count(count, 'site')} with {students} {verb}.".strip()


def _describe_openings(comparison: PlanComparison, formats: LocaleFormats) -> str:
    sentences = []
    closings = (comparison.closed, "closes", "closed")
    for sites, verb, status in (closings, (comparison.opened, "opens", "open")):
        for site in sites:
            change = f"{verb} on {formats.day(site.on)}" if site.on else f"is {status}"
            sentences.append(f"{site.name} {change} ({format_count(site.students, 'student')}).")
    if students := sum(site.students for site in comparison.receiving):
        schools = format_count(len(comparison.receiving), "school")
        sentences.append(f"{format_count(students, 'student')} go to {schools}.")
    return " ".join(sentences)


def find_transfer(pair: PlanPair, before: str | None, after: str | None) -> _ZoneTransfer:
    """Return a change of zone, with the colors of the zones in their plans."""
    old, new = _get_zone_colors(pair.before), _get_zone_colors(pair.after)
    return _ZoneTransfer(before, after, old.get(before or ""), new.get(after or ""))


def group_transfers(pair: PlanPair) -> list[TransferGroup]:
    """Return the transfers between zones, those of most sites first."""
    moves = group_pairs(((move.before, move.after), move) for move in pair.comparison.moved)
    return [
        TransferGroup(
            transfer=find_transfer(pair, *zones),
            sites=frozenset(move.site for move in group),
            students=sum(move.students for move in group),
        )
        for zones, group in sorted(moves.items(), key=lambda item: -len(item[1]))
    ]


def describe_site_change(pair: PlanPair, site_id: str) -> list[str]:
    """Return what changes for a site, in short lines."""
    comparison = pair.comparison
    for sites, status in ((comparison.closed, "Closed"), (comparison.opened, "Opened")):
        for site in sites:
            if site.site == site_id:
                return [status, format_count(site.students, "student")]
    move = next((move for move in comparison.moved if move.site == site_id), None)
    if move is None:
        plan = pair.after.plan
        zone = plan.assignment.get(site_id) if plan else None
        old = next((old for old, new in comparison.renumbered if new == zone), None)
        if old is not None:
            return [f"Stays in its zone: {old} is now numbered {zone}"]
        return [f"Zone {zone} in both plans" if zone else "No zone in either plan"]
    transfer = _ZoneTransfer(move.before, move.after, None, None)
    lines = [transfer.text, format_count(move.students, "student")]
    if move.before_min is not None and move.after_min is not None:
        before, after = format_number(move.before_min, 1), format_number(move.after_min, 1)
        lines.append(f"{before} → {after} min from the post ({_describe_minutes_change(move)})")
    return lines


def build_moved_rows(pair: PlanPair) -> list[_MovedRow]:
    """Return a row for each site that changes its zone."""
    return [_MovedRow(m, find_transfer(pair, m.before, m.after)) for m in pair.comparison.moved]


def build_measure_rows(comparison: PlanComparison) -> list[_MeasureRow]:
    """Return a row for each measure."""
    return [_build_measure_row(figure) for figure in comparison.figures]


def describe_plan(plan: Plan, session: Session) -> str:
    """Return a plan's name with its status, for a tag on the map."""
    return f"{plan.name} ({plan.status(session.today)})"


def _get_zone_colors(state: ProjectState) -> dict[str, int]:
    return {zone.id: zone.color for zone in state.plan.zones} if state.plan else {}


def _build_measure_row(figure: MeasureChange) -> _MeasureRow:
    measure = figure.measure
    percent = measure.unit == "%"
    write, digits = format_share if percent else format_number, measure.digits
    before, after = (write(measure.weigh(value), digits) for value in (figure.before, figure.after))
    difference = format_difference(figure.shown_change, digits, good=figure.good)
    if percent and difference != NO_VALUE:
        difference = f"{difference} pts"
    name = f"{measure.name}, {measure.unit}" if measure.unit and not percent else measure.name
    return _MeasureRow(
        measure.key, name, measure.definition, before, after, difference, figure.verdict
    )


def _describe_minutes_change(move: SiteZoneChange) -> str:
    shown = move.shown_change_min
    if shown is None:
        return NO_VALUE
    change = format_difference(shown, good=shown < 0)
    return "as before" if change == NO_VALUE else change


MOVED_COLUMNS = (
    Column("Site", lambda row: row.move.name),
    Column("From", lambda row: row.move.before, lambda row: row.transfer.before or _NO_ZONE,
           "The zone in plan A.", zone=lambda row: row.transfer.before_color),
    Column("To", lambda row: row.move.after, lambda row: row.transfer.after or _NO_ZONE,
           "The zone in plan B.", zone=lambda row: row.transfer.after_color),
    Column("Students", lambda row: row.move.students,
           lambda row: format_number(row.move.students),
           "Enrollment of the site; the assumed figure if none is on file.", figure=True),
    Column("Before\nmin", lambda row: row.move.before_min,
           lambda row: format_number(row.move.before_min, 1),
           "Minutes of turnout and drive from the zone’s post to the site in plan A.",
           figure=True),
    Column("After\nmin", lambda row: row.move.after_min,
           lambda row: format_number(row.move.after_min, 1),
           "Minutes of turnout and drive from the zone’s post to the site in plan B.",
           figure=True),
    Column("Change\nmin", lambda row: row.move.change_min,
           lambda row: _describe_minutes_change(row.move),
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
