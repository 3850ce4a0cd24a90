"""The table of sites with zone, load and last visit, and the table of zones with unit and load."""

from dataclasses import dataclass
from datetime import date, datetime
from math import inf

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu

from zoneplanner.analysis.coverage.log_period import count_days_since_visit, is_undeclared
from zoneplanner.analysis.measures.plan_measures import MEASURES, ZoneMeasures
from zoneplanner.analysis.site_loads import compute_site_load
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
from zoneplanner.domain.project import Project
from zoneplanner.ui.widgets.layout.basic_widgets import make_action_tool_button, make_muted_label
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel


@dataclass(frozen=True, slots=True)
class _SiteRow:
    """What the table shows of a site."""

    site: Site
    zone: str | None
    color: int | None
    jurisdiction: str
    load_min: float
    actual_enrollment: int | None
    last_visit: datetime | None
    last_visit_text: str
    days_since: float | None
    days_unknown_why: str
    visited_this_week: bool | None
    flags: str


def build_site_rows(session: Session) -> list[_SiteRow]:
    """Return a row for each site."""
    project, plan = session.project, session.plan
    colors = {zone.id: zone.color for zone in plan.zones} if plan else {}
    stacked = {site for group in session.state.basis.cells.stacked_sites for site in group}
    log = session.store.log()
    days_since = count_days_since_visit(log, project=project, now=session.clock())
    is_declared = not is_undeclared(session.saved_project, VISIT_RECORDS, log.visits)
    # without any visit on record, nobody knows how long ago the last one was
    never = inf if days_since and is_declared else None
    why = value_text.NO_VISIT_ON_RECORD if is_declared else value_text.VISITS_UNDECLARED
    visited = find_sites_visited_this_week(session)
    rows = []
    for site in project.sites.values():
        zone = plan.assignment.get(site.id) if plan else None
        placement = session.state.basis.placements[site.id]
        jurisdiction = project.jurisdictions.get(placement.jurisdiction or "")
        last = session.last_visits.get(site.id)
        days = days_since.get(site.id, never)
        row = _SiteRow(
            site=site,
            zone=zone,
            color=colors.get(zone) if zone else None,
            jurisdiction=jurisdiction.name if jurisdiction else value_text.NO_VALUE,
            load_min=_compute_load_min(project, site),
            actual_enrollment=find_actual_enrollment(session.saved_project, site),
            last_visit=last,
            last_visit_text=value_text.format_moment(last, session)
            if last
            else value_text.NO_VALUE,
            days_since=days,
            days_unknown_why=why if days is None else "",
            visited_this_week=None if visited is None else site.id in visited,
            flags=", ".join(_list_flags(session, site, is_stacked=site.id in stacked)),
        )
        rows.append(row)
    return rows


def _list_flags(session: Session, site: Site, *, is_stacked: bool) -> list[str]:
    plan, saved = session.plan, session.saved_project
    placement = session.state.basis.placements[site.id]
    is_locked = plan is not None and find_site_lock(session.project, plan, site.id) is not None
    opening = describe_opening(session.state, site.id)
    opens = opening.say(session.formats) if opening else ""
    is_closed = not site.patrolled and site.id in saved.sites and saved.sites[site.id].patrolled
    flags = {
        "locked": is_locked,
        "near a boundary": placement.near_line and not placement.decided,
        "decided by hand": placement.decided,
        "shares its position": is_stacked,
        "enrollment missing": site.enrollment is None and site.patrolled,
        "enrollment misleading": site.enrollment_note,
        "planned": site.kind == PLANNED_KIND,
        opens: opens,
        "enrollment changed in this what-if": find_actual_enrollment(saved, site) is not None,
        "closed in this what-if": is_closed,
        "not patrolled": not site.patrolled and not is_closed,
    }
    return [flag for flag, applies in flags.items() if applies]


def _format_students(row: _SiteRow) -> str:
    actual = row.actual_enrollment
    on_file = "" if actual is None else f" ({value_text.format_number(actual)} on file)"
    return value_text.format_number(row.site.enrollment) + on_file


_JURISDICTION_TIP = (
    "Set by the site’s position within the official boundary, or by a person’s decision; never by "
    "its postal city."
)
SITE_TABLE_COLUMNS = (
    Column("Site", lambda row: row.site.name),
    Column("Zone", lambda row: row.zone, lambda row: row.zone or value_text.NO_VALUE,
           "The zone in the plan on screen.", zone=lambda row: row.color),
    Column("School days\nsince visit",
           lambda row: row.days_since,
           lambda row: value_text.format_days_since_visit(row.days_since),
           "School days on record after the last visit, by the school calendar.", figure=True,
           cell_tip=lambda row: row.days_unknown_why),
    Column("Last visit", lambda row: row.last_visit, lambda row: row.last_visit_text,
           "Arrival time of the last visit that took place, including corrections."),
    Column("Level", lambda row: format_level(row.site.level)),
    Column("Students", lambda row: row.site.enrollment, _format_students,
           "Enrollment in 2023-24, or a dash if it is not known. If a what-if assumes another "
           "number, the number on file is next to it.", figure=True,
           cell_tip=lambda row: row.site.enrollment_note),
    Column("Load\nmin/day", lambda row: row.load_min,
           lambda row: value_text.format_number(row.load_min, 1),
           "Planned visits × minutes on site + expected calls × time on a call, in minutes per "
           "school day.", figure=True),
    Column("Jurisdiction", lambda row: row.jurisdiction, tip=_JURISDICTION_TIP),
    Column("Phone", lambda row: row.site.phone),
    Column("Address", lambda row: row.site.address),
    Column("Flags", lambda row: row.flags),
)  # fmt: skip

_DAYS_SINCE_COLUMN = 2


class SitesPanel(TablePanel):
    """One row per site; selecting a row selects the site on the map.

    ``menu_requested`` carries the site whose menu to open, and where on the screen.
    """

    menu_requested = Signal(object, QPoint)

    def __init__(self, desk: UiContext) -> None:
        super().__init__(
            desk,
            SITE_TABLE_COLUMNS,
            lambda row: row.site.id,
            name="Sites",
            empty=NO_SITES,
            filter_name="Filter the sites",
            filter_hint="Filter by name, zone, level, street…",
            noun="site",
            about="Each row is a site on the map. Press Enter to log a visit to it, or a digit to "
            "assign it to the zone with that number.",
        )
        self._shown_sites: frozenset[str] | None = None
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda site: desk.bridge.select(site=site))
        self.view.pointed.connect(lambda site: desk.bridge.point(site=site))
        self.view.menu_requested.connect(self.menu_requested)
        self.view.opened.connect(lambda _: desk.actions["log_visit"].trigger())
        self.missed = make_action_tool_button(desk.actions["not_visited"])
        self.on_record = make_muted_label()
        self.lay_out((self.filter, 2), self.missed, (self.on_record, 1), self.counted)
        desk.actions["not_visited"].toggled.connect(self._sort_by_missed)
        self.refresh_on(desk.bridge.changed)
        desk.bridge.preview_followed.connect(self.mark_stale)
        desk.bridge.logged.connect(self._follow_log)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.pointed.connect(self._highlight)

    def refresh(self) -> None:
        """Show the current sites."""
        is_first = not self.table.rowCount()
        self.table.show(build_site_rows(self._desk.session))
        self.on_record.setText(describe_visit_days(self._desk.session))
        no_match = "No site matches. Clear the filter above."
        self.view.set_empty_text(no_match if self.table.rowCount() else NO_SITES)
        if is_first:
            self.view.fit_columns()
        self._follow(self._desk.bridge.selection)

    def show_only(self, sites: frozenset[str] | None) -> None:
        """Show only these sites; None shows all."""
        self._shown_sites = sites
        self._filter_rows()

    def _follow_log(self, entries: tuple[JournalEntry, ...]) -> None:
        if any(entry.kind in ("visit", "void") for entry in entries):  # all that the rows show
            self.mark_stale()
            self.view.fit_columns(only_wider=True)

    def _sort_by_missed(self, only_missed: bool) -> None:
        self._filter_rows()
        order = Qt.SortOrder.DescendingOrder if only_missed else Qt.SortOrder.AscendingOrder
        self.view.sortByColumn(_DAYS_SINCE_COLUMN if only_missed else 0, order)
        self.view.scrollToTop()

    def _filter_rows(self) -> None:
        sites, only_missed = self._shown_sites, self.missed.isChecked()
        self.sorted.filter_rows(
            lambda row: (
                (sites is None or row.site.id in sites)
                and (not only_missed or (row.site.patrolled and row.visited_this_week is False))
            )
        )

    def _follow(self, selection: Selection) -> None:
        self.view.select_key(selection.site)

    def _highlight(self, pointed: Selection) -> None:
        self.view.highlight_key(pointed.site)


def _compute_load_min(project: Project, site: Site) -> float:
    if not site.patrolled:
        return 0.0
    return compute_site_load(site, project.assumptions, project.demand.in_use).minutes


@dataclass(frozen=True, slots=True)
class _ZoneRow:
    """What the table shows of a zone."""

    id: str
    color: int
    unit: str
    post: str
    missed: int | None
    is_over_tolerance: bool
    measures: ZoneMeasures


def build_zone_rows(session: Session, visited: frozenset[str] | None) -> list[_ZoneRow]:
    """Return a row for each zone of the plan on screen.

    ``visited`` are the sites visited this week, or None if no day of the week is on record.
    """
    plan, figures = session.plan, session.state.figures
    if plan is None or figures is None:
        return []
    rows = []
    for zone in plan.zones:
        measures = figures.zones.get(zone.id)
        if measures is None:
            continue
        post = session.project.sites.get(measures.post or "")
        row = _ZoneRow(
            id=zone.id,
            color=zone.color,
            unit=value_text.describe_unit(session.project, zone.unit),
            post=post.name if post else value_text.NO_VALUE,
            missed=None if visited is None else len(set(plan.sites_of(zone.id)) - visited),
            is_over_tolerance=abs(measures.deviation) > plan.tolerance + 1e-9,
            measures=measures,
        )
        rows.append(row)
    return rows


def _format_missed(row: _ZoneRow) -> str:
    if row.missed is None:
        return value_text.NO_VALUE
    return f"{row.missed} of {row.measures.sites}"


def _measure_column(key: str) -> Column:
    """Return the column of a measure, with its name, unit and definition."""
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
    return f"⚠ {share}" if row.is_over_tolerance else share


_ZONE_TABLE_COLUMNS = (
    Column("Zone", lambda row: row.id, zone=lambda row: row.color),
    Column("Unit", lambda row: row.unit),
    _measure_column("sites"),
    _measure_column("students"),
    _measure_column("load_min"),
    _measure_column("target_min"),
    Column("Deviation", lambda row: row.measures.deviation, _format_deviation,
           MEASURES["deviation"].definition + " ⚠ marks values outside the tolerance.",
           figure=True),
    _measure_column("drive_min_per_day"),
    _measure_column("worst_drive_min"),
    Column("Not visited", lambda row: row.missed,
           _format_missed,
           "Sites without a visit this week (from Monday), out of all sites in the zone; a dash "
           "if no day this week is on record.",
           figure=True),
    _measure_column("polsby_popper"),
    _measure_column("pieces"),
    Column("Post", lambda row: row.post, tip="The site from which the zone is served with the "
                                             "least driving."),
)  # fmt: skip

_MENU = ("zoom_zone", "lock", "lock_agency")


class ZonesPanel(TablePanel):
    """One row per zone; selecting a row selects the zone on the map."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__(
            desk,
            _ZONE_TABLE_COLUMNS,
            lambda row: row.id,
            name="Zones",
            empty="No plan yet. Propose zones to start.",
            about="Each row is a zone of the plan on screen. Press Enter to show it on the map.",
        )
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda zone: desk.bridge.select(zone=zone))
        self.view.pointed.connect(lambda zone: desk.bridge.point(zone=zone))
        self.view.opened.connect(lambda _: desk.actions["zoom_zone"].trigger())
        self.view.menu_requested.connect(self._open_menu)
        self.lay_out()
        self._visited: tuple[date, frozenset[str] | None] | None = None
        desk.bridge.changed.connect(self._forget_visits)
        desk.bridge.logged.connect(self._forget_visits)
        self.refresh_on(desk.bridge.changed, desk.bridge.logged)
        desk.bridge.preview_followed.connect(self._preview)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.pointed.connect(self._highlight)

    def refresh(self) -> None:
        """Show the zones of the plan on screen."""
        self.show_rows(self._read_rows())
        self._follow(self._desk.bridge.selection)

    def _preview(self) -> None:
        """Show what a gesture would change; the selection is updated when it ends."""
        if self.isVisible():
            self.table.show(self._read_rows())
        else:
            self.mark_stale()

    def _forget_visits(self, change: object) -> None:
        """Have the week's visits read again, unless sites only moved: the log did not change."""
        if not isinstance(change, SessionChange) or change.others or not change.changes.only_moves:
            self._visited = None

    def _read_rows(self) -> list[_ZoneRow]:
        session = self._desk.session
        if self._visited is None or self._visited[0] != session.today:
            self._visited = session.today, find_sites_visited_this_week(session)
        return build_zone_rows(session, self._visited[1])

    def _open_menu(self, zone: str, position: QPoint) -> None:
        """Open a zone's menu at a position on the screen."""
        self._desk.bridge.select(zone=zone)
        menu = QMenu(self)
        menu.addActions([self._desk.actions[name] for name in _MENU])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)

    def _follow(self, selection: Selection) -> None:
        self.view.select_key(selection.find_zone(self._desk.session.plan))

    def _highlight(self, pointed: Selection) -> None:
        self.view.highlight_key(pointed.find_zone(self._desk.session.plan))
