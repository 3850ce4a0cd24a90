"""The table of campus response pages: which are missing, and when each is due for verification."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QGraphicsPixmapItem
from shiboken6 import isValid

from zoneplanner.app.readiness.campus_pages import list_campus_pages, read_placed_picture
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.office_entries import CampusPage
from zoneplanner.domain.readiness.campus_pages import PlacedPicture
from zoneplanner.errors import UserError
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.readiness.campus_picture import lay_picture
from zoneplanner.ui.widgets.layout.basic_widgets import ActionButton
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel


@dataclass(frozen=True, slots=True)
class _Row:
    site: Site
    page: CampusPage | None
    format_day: Callable[[date], str]
    today: date

    @property
    def is_overdue(self) -> bool:
        """Whether the page should have been verified again by now."""
        due = self.page.review_on if self.page else None
        return due is not None and due < self.today

    def write_day(self, day: date | None) -> str:
        """Format a day, or a dash if there is none."""
        return self.format_day(day) if day else value_text.NO_VALUE


_COLUMNS = (
    Column("School", lambda row: row.site.name),
    Column("Verified on", lambda row: (row.page is not None, str(row.page and row.page.on)),
           lambda row: row.write_day(row.page.on) if row.page else "no page",
           "Schools without a response page are listed first."),
    Column("Due again", lambda row: str((row.page and row.page.review_on) or ""),
           lambda row: ("! " if row.is_overdue else "")
           + row.write_day(row.page and row.page.review_on)),
    Column("Placed on the map", lambda row: bool(row.page and row.page.points),
           lambda row: "yes" if row.page and row.page.points else "no"),
    Column("Drawn by", lambda row: row.page.source if row.page else ""),
)  # fmt: skip


class CampusPagesTable(TablePanel):
    """One row per school; Enter opens its page, and the button attaches or verifies one."""

    def __init__(self, desk: UiContext, view: MapView) -> None:
        super().__init__(
            desk,
            _COLUMNS,
            lambda row: row.site.id,
            name="Campus pages",
            filter_name="Filter schools",
            filter_hint="Filter by school…",
        )
        self._map = view
        self._drawing: QGraphicsPixmapItem | None = None
        self.log_page = ActionButton(desk.actions["log_campus_page"])
        self.show_page = ActionButton(desk.actions["show_campus_page"])
        self.lay_out((self.filter, 2), self.log_page, self.show_page, self.counted)
        self.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(self._select)
        self.view.opened.connect(lambda _: desk.actions["show_campus_page"].trigger())
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the current pages."""
        session = self._desk.session
        pages, schools = list_campus_pages(session), session.saved_project.patrolled
        self.show_rows(
            _Row(site, pages.get(site.id), session.formats.day, session.today) for site in schools
        )
        count = sum(site.id in pages for site in schools)
        self.counted.setText(f"{count} of {len(schools)} have a page")

    def _select(self, site: str) -> None:
        """Select a school, and lay its drawing on the map if it is placed there."""
        self._desk.bridge.select(site=site)
        page = self.table.find_row(site).page
        self._show_drawing(None)
        if page is not None and page.points:
            with suppress(UserError):  # the page's window shows that the picture is missing
                self._show_drawing(read_placed_picture(self._desk.session, page))

    def _show_drawing(self, picture: PlacedPicture | None) -> None:
        if (
            self._drawing is not None
            and isValid(self._drawing)
            and self._drawing.scene() is not None
        ):
            self._map.map.removeItem(self._drawing)
        self._drawing = None
        if picture is not None and picture.placement is not None:
            image = QImage.fromData(picture.data)
            self._drawing = lay_picture(self._map.map, image, picture.placement)

    def hideEvent(self, event: QHideEvent) -> None:
        """Remove the drawing from the map."""
        self._show_drawing(None)
        super().hideEvent(event)
