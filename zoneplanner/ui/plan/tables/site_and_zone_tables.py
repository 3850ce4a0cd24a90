"""The table of sites: one row a site, with its zone, load and last visit.

The table of zones: one row a zone, with its unit, load and travel.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from math import inf

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.analysis.coverage.log_period import count_days_since_visit, is_undeclared
from zoneplanner.analysis.measures.plan_measures import MEASURES, ZoneMeasures
from zoneplanner.analysis.planning_basis import compute_site_load
from zoneplanner.app.help.action_specs import NO_SITES
from zoneplanner.app.log.due_visits import (
    describe_visit_days,
    find_sites_visited_this_week,
)
from zoneplanner.app.plans.what_if import PLANNED_KIND, describe_opening, find_actual_enrollment
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import SessionChange
from zoneplanner.domain.geography.site import Site, format_level
from zoneplanner.domain.log.days_on_record import VISIT_RECORDS
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.plans.edits import find_site_lock
from zoneplanner.domain.plans.plan import Zone
from zoneplanner.domain.project import Project
from zoneplanner.ui.widgets.layout.basic_widgets import make_action_tool_button, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel


@dataclass(frozen=True, slots=True)
class _SiteRow:
    """What the table shows of a site."""

    id: str
    name: str
    level: str
    zone: str | None
    color: int | None
    place: str
    load_min: float
    enrollment: int | None
    enrollment_note: str
    fact: int | None
    last_visit: datetime | None
    last_visit_text: str
    days_since: float | None
    days_unknown_why: str
    visited_this_week: bool | None
    patrolled: bool
    locked: bool
    marks: str
    address: str
    phone: str


def build_site_rows(session: Session) -> list[_SiteRow]:
    """Return a row for each site."""
    plan = session.plan
    colors = {zone.id: zone.color for zone in plan.zones} if plan else {}
    stacked = {site for group in session.state.basis.cells.stacked_sites for site in group}
    since = count_days_since_visit(
        session.store.log(), project=session.project, now=session.clock()
    )
    visits = session.store.log().visits
    declared = not is_undeclared(session.saved_project, VISIT_RECORDS, visits)
    never = inf if since and declared else None  # before the first visit on record nobody knows
    why = value_text.NO_VISIT_ON_RECORD if declared else value_text.VISITS_UNDECLARED
    seen = find_sites_visited_this_week(session)
    return [
        replace(
            _row(session, site, colors, site.id in stacked, since.get(site.id, never)),
            visited_this_week=None if seen is None else site.id in seen,
            days_unknown_why=why if since.get(site.id, never) is None else "",
        )
        for site in session.project.sites.values()
    ]


def _row(
    session: Session, site: Site, colors: dict[str, int], stacked: bool, days_since: float | None
) -> _SiteRow:
    project, plan = session.project, session.plan
    zone = plan.assignment.get(site.id) if plan else None
    placement = session.state.basis.placements[site.id]
    last = session.last_visits.get(site.id)
    lies_in = project.jurisdictions.get(placement.jurisdiction or "")
    locked = plan is not None and find_site_lock(session.project, plan, site.id) is not None
    kept = session.state.saved_project
    fact = find_actual_enrollment(kept, site)
    opens = describe_opening(session.state, site.id, session.formats)
    closed = not site.patrolled and site.id in kept.sites and kept.sites[site.id].patrolled
    marks = [
        text
        for text, true in (
            ("locked", locked),
            ("near a line", placement.near_line and not placement.decided),
            ("decided by hand", placement.decided),
            ("shares its position", stacked),
            ("enrollment missing", site.enrollment is None and site.patrolled),
            ("enrollment misleading", bool(site.enrollment_note)),
            ("planned", site.kind == PLANNED_KIND),
            (opens, bool(opens)),
            ("enrollment changed in this what-if", fact is not None),
            ("closed in this what-if", closed),
            ("not patrolled", not site.patrolled and not closed),
        )
        if true
    ]
    return _SiteRow(
        id=site.id,
        name=site.name,
        level=format_level(site.level),
        zone=zone,
        color=colors.get(zone) if zone else None,
        place=lies_in.name if lies_in else value_text.NO_VALUE,
        load_min=_load_min(project, site),
        enrollment=site.enrollment,
        enrollment_note=site.enrollment_note,
        fact=fact,
        last_visit=last,
        last_visit_text=value_text.format_moment(last, session) if last else value_text.NO_VALUE,
        days_since=days_since,
        days_unknown_why="",
        visited_this_week=None,
        patrolled=site.patrolled,
        locked=locked,
        marks=", ".join(marks),
        address=site.address,
        phone=site.phone,
    )


def _students(row: _SiteRow) -> str:
    fact = "" if row.fact is None else f" ({value_text.format_number(row.fact)} on file)"
    return value_text.format_number(row.enrollment) + fact


_JURISDICTION_TIP = (
    "Set by the site’s position within the official boundary, or by a person’s decision; never by "
    "its postal city."
)
SITE_TABLE_COLUMNS = (
    Column("Site", lambda row: row.name),
    Column("Zone", lambda row: row.zone, lambda row: row.zone or value_text.NO_VALUE,
           "The zone in the plan on screen.", zone=lambda row: row.color),
    Column("School days\nsince visit",
           lambda row: row.days_since,
           lambda row: value_text.format_days_since_visit(row.days_since),
           "School days on record after the last visit, by the school calendar.", figure=True,
           cell_tip=lambda row: row.days_unknown_why),
    Column("Last visit", lambda row: row.last_visit, lambda row: row.last_visit_text,
           "Arrival time of the last visit that took place, including corrections."),
    Column("Level", lambda row: row.level),
    Column("Students", lambda row: row.enrollment, _students,
           "Enrollment in 2023-24, or a dash if it is not known. If a what-if assumes another "
           "number, the number on file is next to it.", figure=True,
           cell_tip=lambda row: row.enrollment_note),
    Column("Load\nmin/day", lambda row: row.load_min,
           lambda row: value_text.format_number(row.load_min, 1),
           (
               "Planned visits × minutes on site + expected calls × time on a call, in minutes "
               "per school day."
           ),
           figure=True),
    Column("Jurisdiction", lambda row: row.place, tip=_JURISDICTION_TIP),
    Column("Phone", lambda row: row.phone),
    Column("Address", lambda row: row.address),
    Column("Flags", lambda row: row.marks),
)  # fmt: skip

_SINCE = next(at for at, column in enumerate(SITE_TABLE_COLUMNS) if "since" in column.title)

_NONE_FITS = "No site matches. Clear the filter above."
_ABOUT = (
    "Each row is a site on the map. Press Enter to log a visit to it, or a digit to assign it to "
    "the zone with that number."
)


class SitesPanel(TablePanel):
    """A row a site; choosing one selects it on the map.

    ``asked`` names the site whose menu is wanted, and where on the screen.
    """

    asked = Signal(object, QPoint)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            SITE_TABLE_COLUMNS,
            lambda row: row.id,
            name="Sites",
            empty=NO_SITES,
            filter_name="Filter the sites",
            filter_hint="Filter by name, zone, level, street…",
            noun="site",
            about=_ABOUT,
            parent=parent,
        )
        self._only: frozenset[str] | None = None
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda site: desk.bridge.select(site=site))
        self.view.pointed.connect(lambda site: desk.bridge.point(site=site))
        self.view.menu_requested.connect(self.asked)
        self.view.opened.connect(lambda _: desk.actions["log_visit"].trigger())
        self.missed = make_action_tool_button(desk.actions["not_visited"])
        self.on_record = make_muted_label()
        self.lay_out((self.filter, 2), self.missed, (self.on_record, 1), self.counted)
        desk.actions["not_visited"].toggled.connect(self._only_missed)
        self.refresh_on(desk.bridge.changed)
        desk.bridge.preview_followed.connect(self.mark_stale)
        desk.bridge.logged.connect(self._logged)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.pointed.connect(self._light)

    def refresh(self) -> None:
        """Read the sites anew."""
        first = not self.table.rowCount()
        self.table.show(build_site_rows(self._desk.session))
        self.on_record.setText(describe_visit_days(self._desk.session))
        self.view.set_empty_text(_NONE_FITS if self.table.rowCount() else NO_SITES)
        if first:
            self.view.fit_columns()
        self._follow(self._desk.bridge.selection)

    def show_only(self, sites: frozenset[str] | None) -> None:
        """Show these sites alone, or all of them with None."""
        self._only = sites
        self._filter_rows()

    def _logged(self, entries: tuple[JournalEntry, ...]) -> None:
        if any(one.kind in ("visit", "void") for one in entries):  # of a site the log says no more
            self.mark_stale()
            self.view.fit_columns(only_wider=True)

    def _only_missed(self, only: bool) -> None:
        self._filter_rows()
        order = Qt.SortOrder.DescendingOrder if only else Qt.SortOrder.AscendingOrder
        self.view.sortByColumn(_SINCE if only else 0, order)
        self.view.scrollToTop()

    def _filter_rows(self) -> None:
        only, missed = self._only, self.missed.isChecked()
        if only is None:
            self.sorted.filter_rows(_missed if missed else None)
        else:
            self.sorted.filter_rows(lambda row: row.id in only and (not missed or _missed(row)))

    def _follow(self, selection: Selection) -> None:
        self.view.select_key(selection.site)

    def _light(self, pointed: Selection) -> None:
        self.view.highlight_key(pointed.site)


def _load_min(project: Project, site: Site) -> float:
    if not site.patrolled:
        return 0.0
    return compute_site_load(site, project.assumptions, project.demand.in_use).minutes


def _missed(row: _SiteRow) -> bool:
    return row.patrolled and row.visited_this_week is False


@dataclass(frozen=True, slots=True)
class _ZoneRow:
    """What the table shows of a zone."""

    id: str
    color: int
    unit: str
    post: str
    not_visited: int | None
    over: bool
    measures: ZoneMeasures


def build_zone_rows(session: Session, visited: frozenset[str] | None) -> list[_ZoneRow]:
    """Return a row for each zone of the plan on screen; ``visited`` are this week's sites, if any
    day of the week is on record."""
    plan, figures = session.plan, session.state.figures
    if plan is None or figures is None:
        return []
    return [_zone_row(session, zone, visited) for zone in plan.zones if zone.id in figures.zones]


def _zone_row(session: Session, zone: Zone, seen: frozenset[str] | None) -> _ZoneRow:
    project, plan, figures = session.project, session.plan, session.state.figures
    assert plan is not None and figures is not None
    own = figures.zones[zone.id]
    post = project.sites.get(own.post or "")
    missed = None if seen is None else len(set(plan.sites_of(zone.id)) - seen)
    return _ZoneRow(
        id=zone.id,
        color=zone.color,
        unit=value_text.describe_unit(project, zone.unit),
        post=post.name if post else value_text.NO_VALUE,
        not_visited=missed,
        over=abs(own.deviation) > plan.tolerance + 1e-9,
        measures=own,
    )


def _format_missed(row: _ZoneRow) -> str:
    if row.not_visited is None:
        return value_text.NO_VALUE
    return f"{row.not_visited} of {row.measures.sites}"


def _figure(key: str) -> Column:
    """A column of a declared measure, with its name, unit and definition."""
    measure = MEASURES[key]
    return Column(
        f"{measure.name}\n{measure.unit}".strip(),
        lambda row: getattr(row.measures, key),
        lambda row: value_text.format_number(getattr(row.measures, key), measure.digits),
        measure.definition,
        figure=True,
    )


def _format_deviation(row: _ZoneRow) -> str:
    share = value_text.format_share(row.measures.deviation, signed=True)
    return f"⚠ {share}" if row.over else share


_ZONE_TABLE_COLUMNS = (
    Column("Zone", lambda row: row.id, zone=lambda row: row.color),
    Column("Unit", lambda row: row.unit),
    _figure("sites"),
    _figure("students"),
    _figure("load_min"),
    _figure("target_min"),
    Column("Deviation", lambda row: row.measures.deviation, _format_deviation,
           MEASURES["deviation"].definition + " ⚠ marks values outside the tolerance.",
           figure=True),
    _figure("drive_min_per_day"),
    _figure("worst_drive_min"),
    Column("Not visited", lambda row: row.not_visited,
           _format_missed,
           "Sites without a visit this week (from Monday), out of all sites in the zone; a dash "
           "if no day this week is on record.",
           figure=True),
    _figure("polsby_popper"),
    _figure("pieces"),
    Column("Post", lambda row: row.post, tip="The site from which the zone is served with the "
                                             "least driving."),
)  # fmt: skip

_ZONE_ABOUT = "Each row is a zone of the plan on screen. Press Enter to show it on the map."
_MENU = ("zoom_zone", "lock", "lock_agency")


class ZonesPanel(TablePanel):
    """A row a zone; choosing one selects it on the map."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        empty = "No plan yet. Propose zones to start."
        super().__init__(
            desk,
            _ZONE_TABLE_COLUMNS,
            lambda row: row.id,
            name="Zones",
            empty=empty,
            about=_ZONE_ABOUT,
            parent=parent,
        )
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda zone: desk.bridge.select(zone=zone))
        self.view.pointed.connect(lambda zone: desk.bridge.point(zone=zone))
        self.view.opened.connect(lambda _: desk.actions["zoom_zone"].trigger())
        self.view.menu_requested.connect(self._ask)
        self.lay_out()
        self._visited: tuple[date, frozenset[str] | None] | None = None
        desk.bridge.changed.connect(self._follow_visits)
        desk.bridge.logged.connect(self._follow_visits)
        self.refresh_on(desk.bridge.changed, desk.bridge.logged)
        desk.bridge.preview_followed.connect(self._preview)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.pointed.connect(self._light)

    def refresh(self) -> None:
        """Read the zones anew."""
        self.show_rows(self._read_rows())
        self._follow(self._desk.bridge.selection)

    def _preview(self) -> None:
        """Show what a gesture would change; the selection follows when it ends."""
        if self.isVisible():
            self.table.show(self._read_rows())
        else:
            self.mark_stale()

    def _follow_visits(self, change: object) -> None:
        """Read the week's visits anew, but where sites only moved: the log is as it was."""
        if not isinstance(change, SessionChange) or change.others or not change.changes.only_moves:
            self._visited = None

    def _read_rows(self) -> list[_ZoneRow]:
        session = self._desk.session
        if self._visited is None or self._visited[0] != session.today:
            self._visited = session.today, find_sites_visited_this_week(session)
        return build_zone_rows(session, self._visited[1])

    def _ask(self, zone: str, at: QPoint) -> None:
        """Offer what can be done with a zone, at a place on the screen."""
        self._desk.bridge.select(zone=zone)
        menu = QMenu(self)
        menu.addActions([self._desk.actions[name] for name in _MENU])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _follow(self, selection: Selection) -> None:
        self.view.select_key(self._zone_of(selection))

    def _light(self, pointed: Selection) -> None:
        self.view.highlight_key(self._zone_of(pointed))

    def _zone_of(self, selection: Selection) -> str | None:
        """Return the zone, or that of the site."""
        plan = self._desk.session.plan
        if selection.site is not None and plan is not None:
            return plan.assignment.get(selection.site)
        return selection.zone
