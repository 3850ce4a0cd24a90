"""The officers at the left: dragged onto shifts, with their hours and how they stand today."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
)
from PySide6.QtGui import QDrag, QKeyEvent, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.officer_edits import remove_availability
from zoneplanner.domain.roster.shift import ABSENCE_KINDS, AvailabilityPeriod, Officer
from zoneplanner.ui.shifts.officer_forms import OffboardForm, OfficerForm, OfficerTimeForm
from zoneplanner.ui.shifts.roster_actions import get_roster_selection
from zoneplanner.ui.shifts.week_board import OFFICER_MIME
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    LazyPanel,
    compact_button,
    make_column_layout,
    make_filter_field,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_kind

_ID_ROLE, _ROW_ROLE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_LEAST_PX, _ROW_PADDING_PX = 190, 8
_LOW_WINDOW_PX, _SPARE_SHARE = 720, 0.65
"""Of what a window is higher, the list has this share, so that what is below stays in sight."""
_Index = QModelIndex | QPersistentModelIndex
_HINT = "Drag an officer onto a shift. Green outlines show where the selected officer fits."
_NOBODY = "No officers yet: add one, import a list, or try samples on the board."


@dataclass(frozen=True, slots=True)
class _OfficerRow:
    """An officer with their hours of the week on the board."""

    officer: Officer
    week_h: float
    shifts: int
    note: str

    @property
    def about(self) -> str:
        """Return the kind, and what keeps the officer off this week."""
        kind = format_kind(self.officer.kind)
        return f"{kind} · {self.note}" if self.note else kind

    @property
    def hours(self) -> str:
        """Return the hours of the week."""
        return f"{self.week_h:.1f} h" if self.shifts else "free"

    @property
    def text(self) -> str:
        """Return the row in a line, as it is filtered and read out."""
        return f"{self.officer.name}, {self.about}, {self.hours}"


def _officer_rows(project: Project, monday: date) -> list[_OfficerRow]:
    """Return the officers by name, with hours of a week and whether they are off in it."""
    sunday = monday + timedelta(days=6)
    hours: dict[str, list[float]] = {}
    for shift in project.shifts.values():
        if shift.is_active and shift.officer and monday <= shift.day(project.time_zone) <= sunday:
            hours.setdefault(shift.officer, []).append(shift.hours)
    rows = []
    for officer in project.officers.values():
        own = hours.get(officer.id, [])
        off = {t.kind.noun for t in officer.times if _off_in(t, monday, sunday)}
        rows.append(_OfficerRow(officer, sum(own), len(own), ", ".join(sorted(off))))
    return rows


def _off_in(own: AvailabilityPeriod, monday: date, sunday: date) -> bool:
    return own.kind in ABSENCE_KINDS and next(own.days(monday, sunday), None) is not None


class _OfficerDelegate(QStyledItemDelegate):
    """Draws a name, what is to be known about it, and the hours at the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw the row's ground as the style does, then its three parts."""
        row, shown = index.data(_ROW_ROLE), QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        shown.text = ""
        style = shown.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, shown.widget)
        room, metrics = option.rect.adjusted(SPACING_PX, 0, -SPACING_PX, 0), option.fontMetrics
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setPen(shown.palette.color(QPalette.ColorRole.Text))
        painter.drawText(room, int(middle | right), row.hours)
        painter.drawText(room, int(middle), row.officer.name)
        room.setLeft(room.left() + metrics.horizontalAdvance(row.officer.name) + SPACING_PX)
        room.setRight(room.right() - metrics.horizontalAdvance(row.hours) - SPACING_PX)
        about = metrics.elidedText(row.about, Qt.TextElideMode.ElideRight, room.width())
        painter.setPen(shown.palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(room, int(middle), about)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Leave room to grip a row."""
        return QSize(0, option.fontMetrics.height() + _ROW_PADDING_PX)


class _OfficerList(QListWidget):
    """The list that officers are dragged from."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Officers")
        self.setAccessibleDescription(
            "Drag an officer onto a shift, or choose one to see where they fit."
        )
        self.setDragEnabled(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setItemDelegate(_OfficerDelegate(self))
        self.setMinimumHeight(_LEAST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def sizeHint(self) -> QSize:
        """Ask for all rows, as far as the window has room for them; the others scroll."""
        rows_px = sum(self.sizeHintForRow(at) for at in range(self.count()))
        spare_px = round(_SPARE_SHARE * max(0, self.window().height() - _LOW_WINDOW_PX))
        high = min(rows_px + 2 * self.frameWidth(), _LEAST_PX + spare_px)
        return QSize(super().sizeHint().width(), high)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the height of the window."""
        super().showEvent(event)
        self.window().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask anew for rows when the window has another size."""
        if watched is self.window() and event.type() == QEvent.Type.Resize:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        """Carry the officer's id."""
        item = self.currentItem()
        if item is None:
            return
        data = QMimeData()
        data.setData(OFFICER_MIME, str(item.data(_ID_ROLE)).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(supportedActions | Qt.DropAction.CopyAction, Qt.DropAction.CopyAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape lets go of the officer."""
        if event.key() == Qt.Key.Key_Escape:
            self.setCurrentRow(-1)
            self.clearSelection()
            return
        super().keyPressEvent(event)


class OfficersPanel(LazyPanel):
    """Add, change, and let go of officers; who is chosen lights the shifts that they could take."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self.selection = desk, get_roster_selection(desk)
        self.filter = make_filter_field("Filter officers", "Filter officers…", self._filter)
        self.list = _OfficerList()
        self.list.setToolTip(_HINT)
        self.hint = make_muted_label(_NOBODY)
        self.add = compact_button("Add…", do=lambda: OfficerForm(desk, None, self).ask())
        self.bring = ActionButton(desk.actions["import"], "Import…")
        self.bring.setToolTip("Import officers, main-job shifts or the school calendar.")
        self.bring.setProperty("compact", True)
        self.change = compact_button("Change…", do=self.ask_change)
        self.time = compact_button("Leave, main job…", do=self.ask_time)
        self.offboard = compact_button(
            "Offboard…", "Set the last day, open later shifts, list equipment.", self.ask_offboard
        )
        make_column_layout(
            self,
            self.filter,
            self.list,
            self.hint,
            make_row_layout(self.add, self.bring, self.change, None),
            make_row_layout(self.time, self.offboard, None),
            spacing_px=SPACING_PX,
        )
        self.list.itemSelectionChanged.connect(self._choose)
        self.list.itemDoubleClicked.connect(lambda _: self.ask_change())
        self.list.customContextMenuRequested.connect(self._menu)
        self.refresh_on(desk.bridge.changed, self.selection.week_changed)

    def refresh(self) -> None:
        """Show the officers with the hours of the week on the board."""
        chosen = self.selection.officer
        self.list.blockSignals(True)
        self.list.clear()
        rows = _officer_rows(self._desk.session.project, self.selection.monday)
        for row in sorted(rows, key=lambda one: one.officer.name):
            item = QListWidgetItem(row.text)
            item.setData(_ID_ROLE, row.officer.id)
            item.setData(_ROW_ROLE, row)
            units = ", ".join(row.officer.units) or "no unit yet"
            contact = f" Contact: {row.officer.contact}." if row.officer.contact else ""
            item.setToolTip(f"{row.officer.name}: may serve {units}.{contact}")
            self.list.addItem(item)
            if row.officer.id == chosen:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self.list.setVisible(bool(rows))
        self.list.updateGeometry()
        self.hint.setVisible(not rows)
        self._filter(self.filter.text())
        self._able()

    def officer(self) -> Officer | None:
        """Return the officer who is chosen."""
        item = next(iter(self.list.selectedItems()), None)  # the keys alone choose nobody
        known = self._desk.session.project.officers
        return known.get(str(item.data(_ID_ROLE))) if item is not None else None

    def show_officer(self, officer_id: str) -> None:
        """Choose an officer, whatever the list was filtered by."""
        self.filter.clear()
        for at in range(self.list.count()):
            if self.list.item(at).data(_ID_ROLE) == officer_id:
                self.list.setCurrentRow(at)

    def ask_change(self) -> None:
        """Open the form of the officer who is chosen."""
        officer = self.officer()
        if officer is not None:
            OfficerForm(self._desk, officer, self).ask()

    def ask_time(self) -> None:
        """Open the form for leave and the main job."""
        officer = self.officer()
        if officer is None:
            self._ask_choice()
        else:
            OfficerTimeForm(self._desk, officer, self._day(), self).ask()

    def ask_offboard(self) -> None:
        """Open the form of the last day."""
        officer = self.officer()
        if officer is None:
            self._ask_choice()
        else:
            OffboardForm(self._desk, officer, self).ask()

    def _ask_choice(self) -> None:
        self._desk.notices.show_notice("Select the officer first.")
        self.list.setFocus()

    def _day(self) -> date:
        """Return the day of the chosen shift, else the first of the week on the board or today."""
        session = self._desk.session
        shift = session.project.shifts.get(self.selection.shift or "")
        if shift is not None:
            return shift.day(session.project.time_zone)
        return max(self.selection.monday, session.today)

    def _choose(self) -> None:
        officer = self.officer()
        self.selection.choose_officer(officer.id if officer else None)
        self._able()

    def _able(self) -> None:
        for button in (self.change, self.time, self.offboard):
            button.setEnabled(self.officer() is not None)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for at in range(self.list.count()):
            item = self.list.item(at)
            item.setHidden(not all(word in item.text().casefold() for word in words))

    def _menu(self, at: QPoint) -> None:
        officer = self.officer()
        if officer is None or not self._desk.may_edit():
            return
        menu, formats = QMenu(self), self._desk.session.formats
        menu.addAction("Change…", self.ask_change)
        menu.addAction("Leave, main job…", self.ask_time)
        for own in officer.times:
            menu.addAction(
                f"Delete {own.kind.noun} {formats.days(own.first, own.last)}",
                partial(self._drop, officer, own.uid),
            )
        menu.addSeparator()
        menu.addAction("Offboard…", self.ask_offboard)
        menu.popup(self.list.viewport().mapToGlobal(at))

    def _drop(self, officer: Officer, uid: str) -> None:
        session, label = self._desk.session, f"Delete time off of {officer.name}"
        edit = partial(remove_availability, officer_id=officer.id, uid=uid)
        self._desk.attempt(lambda: session.apply(label, edit))
