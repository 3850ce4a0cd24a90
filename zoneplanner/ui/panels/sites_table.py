"""The table of sites, with a filter and those not visited this week in one click."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from zoneplanner.app.listeners import SessionChange
from zoneplanner.ui.kit.actions import NO_SITES
from zoneplanner.ui.kit.bridge import Selection
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.lively import LazyPanel
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.kit.theme import GRID_PX, PANEL_MARGIN_PX, SPACING_PX
from zoneplanner.ui.kit.widgets import make_muted_label
from zoneplanner.ui.kit.words import format_count
from zoneplanner.ui.models.sites import SITE_TABLE_COLUMNS, SiteRow, build_site_rows
from zoneplanner.ui.models.table import SortFilterModel, TableModel

_SINCE = next(at for at, column in enumerate(SITE_TABLE_COLUMNS) if "since" in column.title)

_NONE_FITS = "No site fits. Clear the filter above."
_ABOUT = (
    "A row is a site, also on the map. Enter logs a visit to it; a digit gives it to that one of "
    "its zones."
)


class SitesPanel(LazyPanel):
    """A row a site; choosing one selects it on the map.

    ``asked`` names the site whose menu is wanted, and where on the screen.
    """

    asked = Signal(object, QPoint)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._only: frozenset[str] | None = None
        self.table = TableModel(SITE_TABLE_COLUMNS, lambda row: row.id, self)
        self.view = TableView("Sites", desk.icons, empty=NO_SITES, about=_ABOUT)
        self.sorted = SortFilterModel(self.table, self)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(lambda site: desk.bridge.select(site=site))
        self.view.pointed.connect(lambda site: desk.bridge.point(site=site))
        self.view.asked.connect(self.asked)
        self.view.opened.connect(lambda _: desk.actions["log_visit"].trigger())
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by name, zone, level, street…")
        self.filter.setAccessibleName("Filter the sites")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.missed = QToolButton()
        self.missed.setDefaultAction(desk.actions["not_visited"])
        self.missed.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.shown = make_muted_label()
        self.shown.setWordWrap(False)
        self._lay_out()
        desk.actions["not_visited"].toggled.connect(self._only_missed)
        desk.bridge.changed.connect(self.renew)
        desk.bridge.previewed.connect(self._moved)
        desk.bridge.logged.connect(self._logged)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.pointed.connect(self._light)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
        bar.setSpacing(SPACING_PX)
        bar.addWidget(self.filter, 2)
        bar.addWidget(self.missed)
        bar.addStretch(1)
        bar.addWidget(self.shown)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(bar)
        rows.addWidget(self.view, 1)

    def refresh(self) -> None:
        """Read the sites anew."""
        first = not self.table.rowCount()
        self.table.show(build_site_rows(self._desk.session))
        self.view.say_when_empty(_NONE_FITS if self.table.rowCount() else NO_SITES)
        if first:
            self.view.fit_columns()
        self._count()
        self._follow(self._desk.bridge.selection)

    def show_only(self, sites: frozenset[str] | None) -> None:
        """Show these sites alone, or all of them with None."""
        self._only = sites
        self._filter_rows()
        self._count()

    def _moved(self, event: SessionChange) -> None:
        if event.changes.moves:
            self.renew()

    def _logged(self) -> None:
        self.renew()
        self.view.fit_columns(only_wider=True)

    def _filter(self, text: str) -> None:
        self.sorted.filter_words(text)
        self._count()

    def _only_missed(self, only: bool) -> None:
        self._filter_rows()
        if only:
            self.view.sortByColumn(_SINCE, Qt.SortOrder.DescendingOrder)
        else:
            self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.scrollToTop()
        self._count()

    def _filter_rows(self) -> None:
        only, missed = self._only, self.missed.isChecked()
        if only is None:
            self.sorted.filter_rows(_missed if missed else None)
        else:
            self.sorted.filter_rows(lambda row: row.id in only and (not missed or _missed(row)))

    def _count(self) -> None:
        shown, every = self.sorted.rowCount(), self.table.rowCount()
        self.shown.setText(
            format_count(every, "site") if shown == every else f"{shown} of {every} sites"
        )

    def _follow(self, selection: Selection) -> None:
        self.view.follow(selection.site)

    def _light(self, pointed: Selection) -> None:
        self.view.light(pointed.site)


def _missed(row: SiteRow) -> bool:
    return row.patrolled and not row.visited_this_week
