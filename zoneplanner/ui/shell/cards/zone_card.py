"""The card of a zone: its unit, what it carries, how far it reaches, and its sites."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QWidget

from zoneplanner.analysis.measures.plan_measures import MEASURES, ZoneMeasures
from zoneplanner.app.coverage.visit_days import find_sites_visited_this_week
from zoneplanner.domain.plans.locks import find_zone_lock
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    FactRows,
    make_action_tool_button,
    make_column_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.icons import make_swatch_icon
from zoneplanner.ui.widgets.style.value_text import format_number

_ROWS = {
    "load": "Load",
    "deviation": "Deviation",
    "drive": "Drive",
    "farthest": "Farthest",
    "post": "Post",
    "students": "Students",
    "visits": "This week",
    "pieces": "Outline",
}
_TIPS = {
    "load": MEASURES["load_min"].definition,
    "deviation": MEASURES["deviation"].definition,
    "drive": MEASURES["drive_min_per_day"].definition,
    "farthest": MEASURES["worst_drive_min"].definition,
    "post": "The site from which the zone is served with the least driving.",
    "students": MEASURES["students"].definition,
    "visits": "Sites with a visit this week (from Monday).",
    "pieces": MEASURES["pieces"].definition,
}
_SITE = Qt.ItemDataRole.UserRole


class SelectedZoneCard(QWidget):
    """Shows one zone of the plan on screen."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.sign, self.name = QLabel(), make_heading_label()
        self.lock = make_action_tool_button(desk.actions["lock"])
        self.unit, self.lock_note = make_muted_label(), make_muted_label()
        self.facts, self.sites_title = FactRows(_ROWS, _TIPS), make_section_label("")
        self.sites = QListWidget()
        self.sites.setAccessibleName("Sites of this zone")
        self.sites.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sites.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.sites.itemClicked.connect(self._go)
        self.sites.itemActivated.connect(self._go)
        make_column_layout(
            self,
            make_row_layout(self.sign, (self.name, 1), self.lock),
            self.unit,
            self.lock_note,
            self.facts,
            self.sites_title,
            (self.sites, 1),
        )

    def show_zone(self, zone_id: str) -> None:
        """Fill the card with a zone's data as they are now."""
        session = self._desk.session
        plan, figures = session.plan, session.state.figures
        if plan is None or figures is None or zone_id not in figures.zones:
            return
        zone, own = plan.zone(zone_id), figures.zones[zone_id]
        self.sign.setPixmap(make_swatch_icon(zone.color).pixmap(16, 16))
        self.name.setText(f"Zone {zone.id}")
        self.unit.setText(value_text.describe_unit(session.project, zone.unit))
        kept = find_zone_lock(session.project, plan, zone_id)
        why = f": {kept.reason}" if kept and kept.reason else "."
        whose = f"with all zones of the {kept.target}" if kept and kept.target != zone_id else ""
        self.lock_note.setText(f"Locked {whose}".rstrip() + why if kept else "")
        self.lock_note.setVisible(kept is not None)
        self._fill(plan, own)
        self._list(plan, zone_id)

    def _fill(self, plan: Plan, own: ZoneMeasures) -> None:
        session = self._desk.session
        over = abs(own.deviation) > plan.tolerance + 1e-9
        allowed = f"±{plan.tolerance * 100:g}%"
        outside = f", outside {allowed}" if over else f" ({allowed} allowed)"
        post = session.project.sites.get(own.post or "")
        sites = plan.sites_of(own.zone)
        seen = find_sites_visited_this_week(session)
        counted = f"{len(seen.intersection(sites))} of " if seen is not None else ""
        one = "One piece" if own.pieces == 1 else format_count(own.pieces, "piece")
        self.facts.set_values(
            load=f"{format_number(own.load_min)} of {format_number(own.target_min)} min/day",
            deviation=value_text.format_share(own.deviation, signed=True) + outside,
            drive=f"{format_number(own.drive_min_per_day)} min/day",
            farthest=f"{format_number(own.worst_drive_min, 1)} min from the post",
            post=post.name if post else value_text.NO_VALUE,
            students=format_number(own.students),
            visits=f"{counted}{format_count(len(sites), 'site')} visited"
            if counted
            else "No day of this week is on record",
            pieces=f"{one}, compactness {own.polsby_popper:.2f}",
        )

    def _list(self, plan: Plan, zone_id: str) -> None:
        project = self._desk.session.project
        members = plan.sites_of(zone_id)
        self.sites_title.setText(format_count(len(members), "site"))
        self.sites.clear()
        for site_id in sorted(members, key=lambda site: project.sites[site].name):
            item = QListWidgetItem(project.sites[site_id].name)
            item.setData(_SITE, site_id)
            self.sites.addItem(item)

    def _go(self, item: QListWidgetItem) -> None:
        self._desk.bridge.select(site=item.data(_SITE))
