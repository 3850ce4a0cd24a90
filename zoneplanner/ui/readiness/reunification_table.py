"""The table of reunification sites: the best assignment to schools, and what is missing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from shapely import LineString, Point, unary_union

from zoneplanner.app.readiness.reunification import (
    ReunificationPlan,
    SchoolReunification,
    describe_gap,
    plan_reunification,
)
from zoneplanner.domain.log.office_entries import read_reunification_sites
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.layout.basic_widgets import ActionButton
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_LINE_RADIUS_M, _SITE_RADIUS_M = 25.0, 160.0
_NO_SITES = "No reunification site has an agreement yet."


@dataclass(frozen=True, slots=True)
class _Row:
    school: SchoolReunification
    missing: str
    format_length: Callable[[float], str]

    def name_sites(self, mode: str) -> str:
        """Return the sites reached by a mode of travel, with their distances."""
        names = (
            f"{each.place.name} ({self.format_length(each.street_m)})"
            for each in self.school.reached_by(mode)
        )
        return "; ".join(names) or value_text.NO_VALUE


_COLUMNS = (
    Column("School", lambda row: f"{int(not row.missing)} {row.school.site.name}",
           lambda row: f"! {row.school.site.name}" if row.missing else row.school.site.name,
           "Schools that lack a site are listed first.", cell_tip=lambda row: row.missing),
    Column("Walk to", lambda row: row.name_sites("walking"),
           cell_tip=lambda row: row.name_sites("walking")),
    Column("Ride to", lambda row: row.name_sites("bus"),
           cell_tip=lambda row: row.name_sites("bus")),
    Column("Students", lambda row: row.school.students,
           lambda row: value_text.format_number(row.school.students, 0), figure=True),
    Column("Why a site is missing", lambda row: row.missing, cell_tip=lambda row: row.missing),
)  # fmt: skip


class ReunificationTable(TablePanel):
    """One row per school; the map shows the sites of the selected school, or of all schools."""

    def __init__(self, desk: UiContext, view: MapView) -> None:
        super().__init__(
            desk,
            _COLUMNS,
            lambda row: row.school.site.id,
            name="Reunification",
            empty=_NO_SITES,
            filter_name="Filter schools",
            filter_hint="Filter by school or place…",
        )
        self._map = view
        self.plan: ReunificationPlan | None = None
        self.log_site = ActionButton(desk.actions["log_reunification_site"])
        self.counted.setToolTip(
            "Schools with two sites within walking distance and two reached by bus. "
            "“Proven” means that no other assignment of the agreed sites has fewer gaps, "
            "or as few gaps and shorter trips."
        )
        self.lay_out((self.filter, 2), self.log_site, self.counted)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(self._select)
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Assign the sites to schools in a background job."""
        session = self._desk.session
        project, today = session.saved_project, session.today
        entries = session.store.entries(kinds=("reunification_site", "void"))
        records = read_reunification_sites(entries)
        if not records:
            self._show(None)
            return
        self.view.set_empty_text("Assigning reunification sites…")
        self._desk.jobs.run(
            "Assigning reunification sites",
            lambda report: plan_reunification(project, records, today),
            on_done=self._show,
        )

    def _show(self, plan: ReunificationPlan | None) -> None:
        self.plan = plan
        if plan is None:
            offer = self._desk.actions["log_reunification_site"]
            self.view.set_empty_text(_NO_SITES, offer.text(), offer.trigger)
            self.table.show([])
            self.counted.setText("")
            self._draw_sites(())
            return
        missing: dict[str, list[str]] = {}
        for site, mode, gap in plan.gaps:
            missing.setdefault(site.id, []).append(describe_gap(site, mode, gap, plan.rule))
        format_length = self._desk.session.formats.length
        self.show_rows(
            _Row(school, " ".join(missing.get(school.site.id, ())), format_length)
            for school in plan.schools
        )
        proof = "proven" if plan.proven else "not proven"
        complete = len(plan.schools) - len(missing)
        self.counted.setText(f"{complete} of {len(plan.schools)} schools, {proof}")
        self._draw_sites(plan.schools)

    def _select(self, site: str) -> None:
        self._desk.bridge.select(site=site)
        if self.plan is not None:
            self._draw_sites([each for each in self.plan.schools if each.site.id == site])

    def _draw_sites(self, schools: Iterable[SchoolReunification]) -> None:
        """Draw a line from each school to each of its sites on the map."""
        shapes = [
            shape
            for school in schools
            for site in school.places
            for shape in (
                LineString([school.site.position, (site.x_m, site.y_m)]).buffer(_LINE_RADIUS_M),
                Point(site.x_m, site.y_m).buffer(_SITE_RADIUS_M),
            )
        ]
        is_shown = bool(shapes) and self.isVisible()
        self._map.map.show_reach_area(unary_union(shapes) if is_shown else None)

    def hideEvent(self, event: QHideEvent) -> None:
        """Remove the lines from the map."""
        self._map.map.show_reach_area(None)
        super().hideEvent(event)
