"""Where each school's families are reunited: the assignment proven best, and what is missing."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget
from shapely import LineString, Point, unary_union

from zoneplanner.app.readiness.reunification import (
    ReunificationPlan,
    SchoolPlace,
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

_LINE_M, _PLACE_M = 25.0, 160.0
_NONE = "No reunification site has an agreement yet."
_READING = "Assigning reunification sites…"


@dataclass(frozen=True, slots=True)
class _Row:
    school: SchoolReunification
    missing: str
    format_length: Callable[[float], str]

    def name_places(self, how: str) -> str:
        """Return the places of a way with how far they are."""
        return "; ".join(map(self._name, self.school.reached_by(how))) or value_text.NO_VALUE

    def _name(self, one: SchoolPlace) -> str:
        return f"{one.place.name} ({self.format_length(one.street_m)})"


_COLUMNS = (
    Column("School", lambda row: f"{int(not row.missing)} {row.school.site.name}",
           lambda row: f"! {row.school.site.name}" if row.missing else row.school.site.name,
           "Schools that lack a site are listed first.", cell_tip=lambda row: row.missing),
    Column("Walk to", lambda row: row.name_places("walking"),
           cell_tip=lambda row: row.name_places("walking")),
    Column("Ride to", lambda row: row.name_places("bus"),
           cell_tip=lambda row: row.name_places("bus")),
    Column("Students", lambda row: row.school.students,
           lambda row: value_text.format_number(row.school.students, 0), figure=True),
    Column("Why one is missing", lambda row: row.missing, cell_tip=lambda row: row.missing),
)  # fmt: skip


class ReunificationTable(TablePanel):
    """A row a school; the chosen one's places are shown on the map, of none those of all."""

    def __init__(self, desk: UiContext, view: MapView, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            _COLUMNS,
            lambda row: row.school.site.id,
            name="Reunification",
            empty=_NONE,
            filter_name="Filter schools",
            filter_hint="Filter by school or place…",
            parent=parent,
        )
        self._map = view
        self.found: ReunificationPlan | None = None
        self.log_site = ActionButton(desk.actions["log_reunification_site"])
        self.counted.setToolTip(
            "Schools with two sites within walking distance and two reached by bus. "
            "“Proven” means that no other assignment of the agreed sites has fewer gaps, "
            "or as few gaps and shorter trips."
        )
        self.lay_out((self.filter, 2), self.log_site, self.counted)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(self._choose)
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Assign the places anew, beside the window."""
        session = self._desk.session
        entries = session.store.entries(kinds=("reunification_site", "void"))
        records, project, today = (
            read_reunification_sites(entries),
            session.saved_project,
            session.today,
        )
        if not records:
            self._show(None)
            return
        self.view.set_empty_text(_READING)
        self._desk.jobs.run(
            "Assigning reunification sites",
            lambda report: plan_reunification(project, records, today),
            on_done=self._show,
        )

    def _show(self, found: ReunificationPlan | None) -> None:
        self.found = found
        if found is None:
            offer = self._desk.actions["log_reunification_site"]
            self.view.set_empty_text(_NONE, offer.text(), offer.trigger)
            self.table.show([])
            self.counted.setText("")
            self._lay(())
            return
        missing: dict[str, list[str]] = {}
        for site, how, gap in found.gaps:
            missing.setdefault(site.id, []).append(describe_gap(site, how, gap, found.rule))
        length = self._desk.session.formats.length
        self.show_rows(
            _Row(one, " ".join(missing.get(one.site.id, ())), length) for one in found.schools
        )
        proof = "proven" if found.proven else "not proven"
        whole = len(found.schools) - len(missing)
        self.counted.setText(f"{whole} of {len(found.schools)} schools, {proof}")
        self._lay(found.schools)

    def _choose(self, site: str) -> None:
        self._desk.bridge.select(site=site)
        if self.found is not None:
            self._lay([one for one in self.found.schools if one.site.id == site])

    def _lay(self, schools: "tuple[SchoolReunification, ...] | list[SchoolReunification]") -> None:
        """Draw a line to each place of these schools."""
        shapes = [
            shape
            for one in schools
            for own in one.places
            for shape in (
                LineString([one.site.position, (own.x_m, own.y_m)]).buffer(_LINE_M),
                Point(own.x_m, own.y_m).buffer(_PLACE_M),
            )
        ]
        shown = bool(shapes) and self.isVisible()
        self._map.map.show_reach_area(unary_union(shapes) if shown else None)

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the lines off the map."""
        self._map.map.show_reach_area(None)
        super().hideEvent(event)
