"""The table of zones."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from zoneplanner.ui.kit.bridge import Selection
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.lively import LazyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.models.table import SortFilterModel, TableModel
from zoneplanner.ui.models.zones import ZONE_TABLE_COLUMNS, build_zone_rows

_ABOUT = "A row is a zone of the plan on screen, also on the map. Enter shows it there."
_MENU = ("zoom_zone", "lock", "lock_agency")


class ZonesPanel(LazyPanel):
    """A row a zone; choosing one selects it on the map."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.table = TableModel(ZONE_TABLE_COLUMNS, lambda row: row.id, self)
        self.view = TableView(
            "Zones", desk.icons, empty="No plan yet. Propose zones to begin.", about=_ABOUT
        )
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda zone: desk.bridge.select(zone=zone))
        self.view.pointed.connect(lambda zone: desk.bridge.point(zone=zone))
        self.view.opened.connect(lambda _: desk.actions["zoom_zone"].trigger())
        self.view.asked.connect(self._ask)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view)
        for signal in (desk.bridge.changed, desk.bridge.logged):
            signal.connect(self.renew)
        desk.bridge.previewed.connect(self._preview)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.pointed.connect(self._light)

    def refresh(self) -> None:
        """Read the zones anew."""
        empty = not self.table.rowCount()
        self.table.show(build_zone_rows(self._desk.session))
        self.view.fit_columns(only_wider=not empty)
        self._follow(self._desk.bridge.selection)

    def _preview(self) -> None:
        """Show what a gesture would change; the selection follows when it ends."""
        if self.isVisible():
            self.table.show(build_zone_rows(self._desk.session))
        else:
            self.renew()

    def _ask(self, zone: str, at: QPoint) -> None:
        """Offer what can be done with a zone, at a place on the screen."""
        self._desk.bridge.select(zone=zone)
        menu = QMenu(self)
        menu.addActions([self._desk.actions[name] for name in _MENU])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _follow(self, selection: Selection) -> None:
        self.view.follow(self._zone_of(selection))

    def _light(self, pointed: Selection) -> None:
        self.view.light(self._zone_of(pointed))

    def _zone_of(self, selection: Selection) -> str | None:
        """Return the zone, or that of the site."""
        plan = self._desk.session.plan
        if selection.site is not None and plan is not None:
            return plan.assignment.get(selection.site)
        return selection.zone
