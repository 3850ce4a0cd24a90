"""The table of zones: one row a zone, with its unit, load and travel."""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.analysis.measures.plan_measures import MEASURES, ZoneMeasures
from zoneplanner.app.coverage.visit_days import find_sites_visited_this_week
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.plan import Zone
from zoneplanner.ui.widgets.services.session_bridge import Selection
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel


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


def build_zone_rows(session: Session) -> list[_ZoneRow]:
    """Return a row for each zone of the plan on screen."""
    plan, figures = session.plan, session.state.figures
    if plan is None or figures is None:
        return []
    seen = find_sites_visited_this_week(session)
    return [_row(session, zone, seen) for zone in plan.zones if zone.id in figures.zones]


def _row(session: Session, zone: Zone, seen: frozenset[str] | None) -> _ZoneRow:
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


def _figure(key: str, digits: int = 0) -> Column:
    """A column of a declared measure, with its name, unit and definition."""
    measure = MEASURES[key]
    return Column(
        f"{measure.name}\n{measure.unit}".strip(),
        lambda row: getattr(row.measures, key),
        lambda row: value_text.format_number(getattr(row.measures, key), digits),
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
    _figure("worst_drive_min", 1),
    Column("Not visited", lambda row: row.not_visited,
           _format_missed,
           "Sites without a visit this week (from Monday), of all sites of the zone; a dash if "
           "no day of the week is on record.",
           figure=True),
    _figure("polsby_popper", 2),
    _figure("pieces"),
    Column("Post", lambda row: row.post, tip="The site from which the zone is served with the "
                                             "least driving."),
)  # fmt: skip

_ABOUT = "Each row is a zone of the plan on screen, also on the map. Enter shows it there."
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
            about=_ABOUT,
            parent=parent,
        )
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda zone: desk.bridge.select(zone=zone))
        self.view.pointed.connect(lambda zone: desk.bridge.point(zone=zone))
        self.view.opened.connect(lambda _: desk.actions["zoom_zone"].trigger())
        self.view.menu_requested.connect(self._ask)
        self.lay_out()
        self.refresh_on(desk.bridge.changed, desk.bridge.logged)
        desk.bridge.preview_followed.connect(self._preview)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.pointed.connect(self._light)

    def refresh(self) -> None:
        """Read the zones anew."""
        self.show_rows(build_zone_rows(self._desk.session))
        self._follow(self._desk.bridge.selection)

    def _preview(self) -> None:
        """Show what a gesture would change; the selection follows when it ends."""
        if self.isVisible():
            self.table.show(build_zone_rows(self._desk.session))
        else:
            self.mark_stale()

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
