"""The response pages of all schools: which are missing, when each was verified and is due again."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QGraphicsPixmapItem, QWidget
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
    def late(self) -> bool:
        """True where the page is to be verified again."""
        due = self.page.review_on if self.page else None
        return due is not None and due < self.today

    def describe(self, day: date | None) -> str:
        """Write a day; none is a dash."""
        return self.format_day(day) if day else value_text.NO_VALUE


_COLUMNS = (
    Column("School", lambda row: row.site.name),
    Column("Verified on", lambda row: (row.page is not None, str(row.page and row.page.on)),
           lambda row: row.describe(row.page.on) if row.page else "no page",
           "Schools without a response page are listed first."),
    Column("Due again", lambda row: str((row.page and row.page.review_on) or ""),
           lambda row: ("! " if row.late else "") + row.describe(row.page and row.page.review_on)),
    Column("Placed on the map", lambda row: bool(row.page and row.page.points),
           lambda row: "yes" if row.page and row.page.points else "no"),
    Column("Drawn by", lambda row: row.page.source if row.page else ""),
)  # fmt: skip


class CampusPagesTable(TablePanel):
    """A row a school; Enter opens its page, the button attaches or verifies one."""

    def __init__(self, desk: UiContext, view: MapView, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            _COLUMNS,
            lambda row: row.site.id,
            name="Campus pages",
            filter_name="Filter schools",
            filter_hint="Filter by school…",
            parent=parent,
        )
        self._map = view
        self._laid: QGraphicsPixmapItem | None = None
        self.log_page = ActionButton(desk.actions["log_campus_page"])
        self.show_page = ActionButton(desk.actions["show_campus_page"])
        self.lay_out((self.filter, 2), self.log_page, self.show_page, self.counted)
        self.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        self.view.chosen.connect(self._choose)
        self.view.opened.connect(lambda _: desk.actions["show_campus_page"].trigger())
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Read the pages anew."""
        session = self._desk.session
        pages, schools = list_campus_pages(session), session.saved_project.patrolled
        self.show_rows(
            _Row(site, pages.get(site.id), session.formats.day, session.today) for site in schools
        )
        count = sum(site.id in pages for site in schools)
        self.counted.setText(f"{count} of {len(schools)} have one")

    def _choose(self, site: str) -> None:
        """Select a school, and lay its drawing on the map where it has its place."""
        self._desk.bridge.select(site=site)
        page = self.row_of(site).page
        self._lay(None)
        if page is not None and page.points:
            with suppress(UserError):  # the window of the page says that the picture is gone
                self._lay(read_placed_picture(self._desk.session, page))

    def _lay(self, one: PlacedPicture | None) -> None:
        if self._laid is not None and isValid(self._laid) and self._laid.scene() is not None:
            self._map.map.removeItem(self._laid)
        self._laid = None
        if one is not None and one.placement is not None:
            image = QImage.fromData(one.data)
            self._laid = lay_picture(self._map.map, image, one.placement)

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the drawing off the map."""
        self._lay(None)
        super().hideEvent(event)
