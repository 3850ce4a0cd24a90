"""Search items for places in panels, officers, shifts, calls and the handbook, and the result list.

Imported when the search field is first used.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPainterStateGuard, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from zoneplanner.app.geography.map_themes import MAP_THEMES
from zoneplanner.app.help.handbook import HandbookPage
from zoneplanner.app.log.dispatch import list_open_incidents
from zoneplanner.app.session.session import Session
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.journal import Incident
from zoneplanner.publish.audience import AUDIENCES
from zoneplanner.ui.log.console.incident_rows import format_elapsed_time
from zoneplanner.ui.shell.workspaces import find_in_panel
from zoneplanner.ui.widgets.layout.basic_widgets import show_in_scroll_area
from zoneplanner.ui.widgets.services.search_items import (
    ACTIONS,
    COLORS,
    HANDBOOK,
    INCIDENTS,
    OFFICERS,
    SETTINGS,
    SHIFTS,
    SearchItem,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    CORNER_RADIUS_PX,
    GRID_PX,
    ICON_PX,
    SPACING_PX,
    Icons,
    make_strong_font,
)
from zoneplanner.ui.widgets.style.value_text import format_kind

_DATES = "date format time 12-hour 24-hour clock miles kilometers metric units locale settings"
_SHIFTS_AHEAD = timedelta(days=14)
_Go = Callable[[str], object]


def list_officer_items(session: Session, go: _Go) -> Iterator[SearchItem]:
    """Yield all officers with their contacts."""
    for officer in session.project.officers.values():
        kind, do = format_kind(officer.kind), partial(go, officer.id)
        words = " ".join((officer.id, *officer.units, "phone contact"))
        if officer.contact:
            kind = f"{kind} · {officer.contact}"
        yield SearchItem(f"officer {officer.id}", OFFICERS, officer.name, kind, "unit", do, words)


def list_shift_items(session: Session, go: _Go) -> Iterator[SearchItem]:
    """Yield the shifts of the next two weeks."""
    project, now = session.project, session.clock()
    for shift in sorted(project.shifts.values(), key=lambda shift: (shift.starts_at, shift.unit)):
        if not shift.is_active or not now < shift.ends_at < now + _SHIFTS_AHEAD:
            continue
        officer = project.officers.get(shift.officer or "")
        who = officer.name if officer else "open"
        zone, formats = ZoneInfo(project.time_zone), session.formats
        start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        title = f" ({shift.title})" if shift.title else ""
        text = f"{shift.unit}{title} on {formats.weekday(start)}"
        beside = f"{formats.span(start, end)}, {who}"  # not searched: “7” means a day, not 7:30
        do = partial(go, shift.uid)
        yield SearchItem(f"shift {shift.uid}", SHIFTS, text, beside, "shifts", do, "shift")


def _list_incident_items(
    session: Session, incidents: Iterable[Incident], go: _Go
) -> Iterator[SearchItem]:
    """Yield the open incidents."""
    sites, now = session.project.sites, session.clock()
    for call in list_open_incidents(incidents):
        site = sites.get(call.site or "")
        text = f"{call.type.capitalize()} at {site.name if site else 'no site'}"
        beside = f"open for {format_elapsed_time(call.received_at, now)}"
        do = partial(go, call.uid)
        words = f"incident call {' '.join(call.units)}"
        yield SearchItem(f"incident {call.uid}", INCIDENTS, text, beside, "incident", do, words)


def list_handbook_items(pages: Mapping[str, HandbookPage], go: _Go) -> Iterator[SearchItem]:
    """Yield the pages of the handbook."""
    for page in pages.values():
        do, words = partial(go, page.key), f"handbook {page.key} {page.group}"
        key, also = f"page {page.key}", page.also
        yield SearchItem(key, HANDBOOK, page.title, "Handbook", "handbook", do, words, also=also)


def list_appearance_items(menu: QMenu) -> Iterator[SearchItem]:
    """Yield the choices of the appearance menu: themes, then formats for dates and units."""
    title, words = "Appearance", "theme color"
    for action in menu.actions():
        name = action.text()
        if action.isSeparator():
            title, words = name, _DATES
            continue
        also = (name, *_TABLES["appearances"].get(name, ()))
        key, text, on = f"{title.lower()} {name}", f"{title}: {name}", action.isChecked() or None
        do = action.trigger
        yield SearchItem(key, SETTINGS, text, "", "appearance", do, words, on=on, also=also)


def list_coloring_items(go: _Go) -> Iterator[SearchItem]:
    """Yield the ways to color the map's sites."""
    for key, subject in MAP_THEMES.items():
        text = f"Color Sites By: {subject.name}"
        do = partial(go, key)
        yield SearchItem(f"color {key}", COLORS, text, "", "palette", do, "theme map color")


@dataclass(frozen=True, slots=True)
class _Destination:
    """A place in a panel, defined in ``resources/search_destinations.toml``.

    ``part`` is the name of a section, table, board or map panel in ``workspaces``. ``field`` are
    paths to the field to focus, ``do`` a path to a method to call with arguments, and ``needs``
    the notice if the field is not available.
    """

    key: str
    text: str
    workspace: str
    part: str
    field: Sequence[str] = ()
    do: Sequence[str] = ()
    needs: str = ""
    also: Sequence[str] = ()
    icon: str = ""
    group: str = ACTIONS
    edits: bool = False

    def find_field(self, panel: QWidget) -> QWidget:
        """Return the first field that is shown, or the last one if none is."""
        fields: list[QWidget] = [find_in_panel(panel, path) for path in self.field] or [panel]
        return next((field for field in fields if not field.isHidden()), fields[-1])


_TABLES: Mapping[str, Any] = tomllib.loads(
    (resources_dir() / "search_destinations.toml").read_text(encoding="utf-8")
)
SEARCH_DESTINATIONS = tuple(_Destination(key, **row) for key, row in _TABLES["places"].items())
"""Places without an action: forms are opened, but buttons that write are only focused."""
PUBLISHED_PARTS: Mapping[str, Mapping[str, Any]] = _TABLES["published"]
"""The parts of a published set, with the names that people search for."""


class DestinationFinder:
    """Shows places in panels; ``show_part`` shows a part by workspace and name."""

    def __init__(self, desk: UiContext, show_part: Callable[[str, str], QWidget]) -> None:
        self._desk, self._show_part = desk, show_part

    def list_items(self) -> Iterator[SearchItem]:
        """Yield the search items of all places."""
        session = self._desk.session
        denial = str(session.explain_denied_edit() or "")
        for place in SEARCH_DESTINATIONS:
            yield SearchItem(
                place.key,
                place.group,
                place.text,
                f"in {self._desk.actions[f'go_{place.workspace}'].text()}",
                place.icon,
                partial(self.go, place),
                also=tuple(place.also),
                unavailable_reason=denial if place.edits else "",
            )
        yield from self._list_published_items()
        yield from list_officer_items(session, self._show_officer)
        yield from list_shift_items(session, self._show_shift)
        yield from _list_incident_items(session, self._desk.calls.incidents(), self._show_incident)

    def go(self, place: _Destination) -> None:
        """Show a place, and call its method or focus its field; explain a missing field."""
        panel = self._show_part(place.workspace, place.part)
        if place.do:
            find_in_panel(panel, place.do[0])(*place.do[1:])
            return
        field = place.find_field(panel)
        if not field.isEnabled() or field.isHidden():
            self._desk.notices.show_notice(place.needs)
        _focus_and_reveal(panel if field.isHidden() else field)

    def open_item(self, kind: str, key: str) -> None:
        """Show an item by its kind and id, as the lines of Today name them."""
        openers: dict[str, Callable[[str], object]] = {
            "incident": self._show_incident,
            "shift": self._show_shift,
            "relief": self._find_relief,
            "officer": self._show_officer,
            "requirement": self._show_requirement,
            "hours": self._show_waiting_hours,
            "visits": partial(self._show_rows, "due"),
            "entries": partial(self._show_rows, "entries"),
            "bells": lambda _: self._show_data("bells"),
            "place": self._show_place,
            "data": self._show_data,
        }
        openers[kind](key)

    def _list_published_items(self) -> Iterator[SearchItem]:
        """Yield the audiences and parts of published sets."""
        for key, reader in AUDIENCES.items():
            text, also = f"Publish for {reader.title}", _TABLES["audiences"].get(key, ())
            yield _make_publish_item(
                f"audience {key}", text, partial(self._choose_audience, key), also
            )
        for key, row in PUBLISHED_PARTS.items():
            text = f"Publish: {row['text']}"
            yield _make_publish_item(
                f"part {key}", text, partial(self._choose_part, key), row["also"]
            )

    def _choose_audience(self, key: str) -> None:
        panel: Any = self._show_part("publish", "publish")
        panel.form.audiences[key].setChecked(True)
        _focus_and_reveal(panel.form.audiences[key])

    def _choose_part(self, key: str) -> None:
        panel: Any = self._show_part("publish", "publish")
        panel.form.choose_audience_for(key)
        _focus_and_reveal(panel.form.parts[key])

    def _show_officer(self, officer: str) -> None:
        panel: Any = self._show_part("shifts", "officers")
        panel.show_officer(officer)
        _focus_and_reveal(panel.list)

    def _show_shift(self, uid: str) -> None:
        self._show_part("shifts", "shift")
        board: Any = self._show_part("shifts", "roster")
        board.show_shift(uid)

    def _find_relief(self, uid: str) -> None:
        self._show_shift(uid)
        card: Any = self._show_part("shifts", "shift")
        card.find_cover()
        _focus_and_reveal(card.buttons["cover"])

    def _show_waiting_hours(self, _status: str) -> None:
        panel: Any = self._show_part("shifts", "hours")
        panel.show_waiting()
        _focus_and_reveal(panel)

    def _show_requirement(self, name: str) -> None:
        panel: Any = self._show_part("readiness", "duties")
        panel.shown.setCurrentIndex(panel.shown.findData("open"))
        panel.filter.setText(name)
        _focus_and_reveal(panel.view)

    def _show_rows(self, table: str, words: str) -> None:
        panel: Any = self._show_part("log", table)
        panel.filter.setText(words)
        _focus_and_reveal(panel.view)

    def _show_data(self, key: str) -> None:
        """Show a table of Data by its kind, and select the row named after a space."""
        kind, _, row = key.partition(" ")
        panel: Any = self._show_part("data", "data")
        panel.show_kind(kind)
        if row:
            panel.show_row(row)

    def _show_place(self, key: str) -> None:
        self.go(next(place for place in SEARCH_DESTINATIONS if place.key == key))

    def _show_incident(self, uid: str) -> None:
        panel: Any = self._show_part("log", "console")
        panel.show_incident(uid)


def _make_publish_item(
    key: str, text: str, do: Callable[[], object], also: Iterable[str]
) -> SearchItem:
    return SearchItem(key, ACTIONS, text, "in Publish", "publish", do, also=tuple(also))


def _focus_and_reveal(field: QWidget) -> None:
    """Focus a field, or the first button or list in it, and scroll to it after the layout."""
    for stop in (field, *field.findChildren(QWidget)):
        can_focus = stop.focusPolicy() & Qt.FocusPolicy.TabFocus
        is_useful = isinstance(stop, QAbstractButton | QAbstractScrollArea) or stop is field
        if can_focus and is_useful and stop.isEnabled() and stop.isVisibleTo(field):
            stop.setFocus(Qt.FocusReason.ShortcutFocusReason)
            break
    QTimer.singleShot(0, field, partial(show_in_scroll_area, field))


_ROW_ROLE = Qt.ItemDataRole.UserRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ROW_PX, _TITLE_PX, _KEYS_PADDING_PX = 30, 26, 6
_MIN_BESIDE_PX = 40
_Index = QModelIndex | QPersistentModelIndex


class SearchResultList(QListWidget):
    """The results, shown over everything else without taking the focus from the search field."""

    def __init__(self, icon: Icons) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setObjectName("found")
        self.setAccessibleName("Results")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setItemDelegate(_SearchResultDelegate(icon, self))

    def show_rows(self, rows: Iterable[SearchItem | str]) -> None:
        """Show items and the titles above them, and select the first item."""
        self.clear()
        for row in rows:
            is_title = isinstance(row, str)
            item = QListWidgetItem(row if isinstance(row, str) else row.spoken)
            item.setData(_ROW_ROLE, row)
            item.setSizeHint(QSize(0, _TITLE_PX if is_title else _ROW_PX))
            if is_title:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(item)
        self.step(0)

    @property
    def selected(self) -> SearchItem | None:
        """The selected item, or None."""
        return self._item_at(self.currentRow())

    def _item_at(self, row: int) -> SearchItem | None:
        """Return the item in a row, or None for a title."""
        item = self.item(row).data(_ROW_ROLE) if row >= 0 else None
        return item if isinstance(item, SearchItem) else None

    def step(self, by: int) -> None:
        """Select the next or previous row that is not a title; 0 selects the first."""
        rows = [row for row in range(self.count()) if self._item_at(row) is not None]
        if not rows:
            self.setCurrentRow(-1)
            return
        current = self.currentRow()
        index = rows.index(current) + by if by and current in rows else 0
        self.setCurrentRow(rows[index % len(rows)])
        if self.currentRow() == rows[0]:
            self.scrollToTop()

    @property
    def wanted_px(self) -> int:
        """The height that shows all rows."""
        rows_px = sum(self.item(row).sizeHint().height() for row in range(self.count()))
        return rows_px + 2 * GRID_PX + 2


class _SearchResultDelegate(QStyledItemDelegate):
    """Draws a row: icon, name, details, and its state and keys at the right."""

    def __init__(self, icon: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = icon

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a title or a row."""
        row: SearchItem | str = index.data(_ROW_ROLE)
        area, palette = option.rect, option.palette
        if isinstance(row, str):
            painter.setFont(make_strong_font())
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            area = area.adjusted(SPACING_PX, GRID_PX, -SPACING_PX, 0)
            painter.drawText(area, _LEFT, row)
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.highlight())
            accent = palette.color(QPalette.ColorRole.Accent)
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), accent)
        self._draw_row(painter, area.adjusted(SPACING_PX + GRID_PX, 0, -SPACING_PX, 0), option, row)

    def _draw_row(
        self, painter: QPainter, area: QRect, option: QStyleOptionViewItem, row: SearchItem
    ) -> None:
        palette, metrics = option.palette, option.fontMetrics
        painter.setFont(option.font)
        text = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        box = QRect(area.left(), 0, ICON_PX, ICON_PX)
        box.moveTop(area.center().y() - ICON_PX // 2)
        if row.icon:
            self._icon(row.icon, "muted").paint(painter, box)
        area.setLeft(box.right() + 1 + SPACING_PX)
        for part in (row.keys, row.state):
            if part:
                self._draw_framed(painter, area, option, part, quiet)
        elide = Qt.TextElideMode.ElideRight
        painter.setPen(quiet if row.unavailable_reason else text)
        name = metrics.elidedText(row.text, elide, area.width())
        painter.drawText(area, _LEFT, name)
        area.setLeft(area.left() + metrics.horizontalAdvance(name) + SPACING_PX + GRID_PX)
        beside = row.unavailable_reason or row.beside
        if beside and area.width() > _MIN_BESIDE_PX:
            painter.setPen(quiet)
            painter.drawText(area, _LEFT, metrics.elidedText(beside, elide, area.width()))

    def _draw_framed(
        self, painter: QPainter, area: QRect, option: QStyleOptionViewItem, text: str, ink: QColor
    ) -> None:
        """Draw keys or a state in a frame at the right, and remove the frame from the area."""
        width = option.fontMetrics.horizontalAdvance(text) + 2 * _KEYS_PADDING_PX
        frame = QRect(
            area.right() - width, area.top() + GRID_PX, width, area.height() - 2 * GRID_PX
        )
        with QPainterStateGuard(painter):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(option.palette.color(QPalette.ColorRole.Mid))
            painter.drawRoundedRect(frame, CORNER_RADIUS_PX / 2, CORNER_RADIUS_PX / 2)
            painter.setPen(ink)
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
        area.setRight(frame.left() - SPACING_PX)
