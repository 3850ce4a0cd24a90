"""The list of officers, which can be dragged onto shifts, with their hours of the week."""

from collections import defaultdict
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
    QSignalBlocker,
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
)

from zoneplanner.domain.clean_text import fold_for_search
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.officer_edits import remove_availability
from zoneplanner.domain.roster.shift import ABSENCE_KINDS, Officer
from zoneplanner.ui.shifts.officer_forms import OffboardForm, OfficerForm, OfficerTimeForm
from zoneplanner.ui.shifts.roster_selection import get_roster_selection
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
_MIN_LIST_PX, _ROW_PADDING_PX = 190, 8
_LOW_WINDOW_PX, _SPARE_SHARE = 720, 0.65
"""The list gets this share of the height of a taller window; the rest is for the parts below."""
_Index = QModelIndex | QPersistentModelIndex
_HINT = "Drag an officer onto a shift. Green outlines show where the selected officer fits."
_NO_OFFICERS = "No officers yet: add one, import a list, or try samples on the board."


@dataclass(frozen=True, slots=True)
class _OfficerRow:
    """An officer with their hours of the week on the board."""

    officer: Officer
    week_h: float
    shifts: int
    note: str

    @property
    def about(self) -> str:
        """The kind of officer, and absences of the week."""
        kind = format_kind(self.officer.kind)
        return f"{kind} · {self.note}" if self.note else kind

    @property
    def hours(self) -> str:
        """The hours of the week, or "free"."""
        return f"{self.week_h:.1f} h" if self.shifts else "free"

    @property
    def text(self) -> str:
        """The row as a line of text, for the filter and screen readers."""
        return f"{self.officer.name}, {self.about}, {self.hours}"


def _build_officer_rows(project: Project, monday: date) -> list[_OfficerRow]:
    """Return the officers by name, with their hours and absences of a week."""
    sunday = monday + timedelta(days=6)
    hours: dict[str, list[float]] = defaultdict(list)
    for shift in project.shifts.values():
        if shift.is_active and shift.officer and monday <= shift.day(project.time_zone) <= sunday:
            hours[shift.officer].append(shift.hours)
    rows = []
    for officer in sorted(project.officers.values(), key=lambda officer: officer.name):
        own = hours[officer.id]
        absences = {
            times.kind.noun
            for times in officer.times
            if times.kind in ABSENCE_KINDS and next(times.days(monday, sunday), None) is not None
        }
        rows.append(_OfficerRow(officer, sum(own), len(own), ", ".join(sorted(absences))))
    return rows


class _OfficerDelegate(QStyledItemDelegate):
    """Paints name, kind and absences of an officer, with the hours on the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint the background in the style of the list, then the three texts."""
        row, background = index.data(_ROW_ROLE), QStyleOptionViewItem(option)
        self.initStyleOption(background, index)
        background.text = ""
        widget, palette = background.widget, background.palette
        control = QStyle.ControlElement.CE_ItemViewItem
        widget.style().drawControl(control, background, painter, widget)
        box, metrics = option.rect.adjusted(SPACING_PX, 0, -SPACING_PX, 0), option.fontMetrics
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(box, int(middle | right), row.hours)
        box.setRight(box.right() - metrics.horizontalAdvance(row.hours) - SPACING_PX)
        for text, role in (
            (row.officer.name, QPalette.ColorRole.Text),
            (row.about, QPalette.ColorRole.PlaceholderText),
        ):
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, box.width()))
            painter.setPen(palette.color(role))
            painter.drawText(box, int(middle), shown)
            box.setLeft(box.left() + metrics.horizontalAdvance(shown) + SPACING_PX)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return a height that is easy to drag."""
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
        self.setMinimumHeight(_MIN_LIST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def sizeHint(self) -> QSize:
        """Return the height of all rows, limited by the height of the window."""
        rows_px = sum(self.sizeHintForRow(row) for row in range(self.count()))
        spare_px = round(_SPARE_SHARE * max(0, self.window().height() - _LOW_WINDOW_PX))
        height = min(rows_px + 2 * self.frameWidth(), _MIN_LIST_PX + spare_px)
        return QSize(super().sizeHint().width(), height)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the height of the window."""
        super().showEvent(event)
        self.window().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Update the height when the window is resized."""
        if watched is self.window() and event.type() == QEvent.Type.Resize:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        """Start a drag with the officer's id."""
        item = self.currentItem()
        if item is None:
            return
        data = QMimeData()
        data.setData(OFFICER_MIME, str(item.data(_ID_ROLE)).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(supportedActions | Qt.DropAction.CopyAction, Qt.DropAction.CopyAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Deselect the officer on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.setCurrentRow(-1)
            self.clearSelection()
            return
        super().keyPressEvent(event)


class OfficersPanel(LazyPanel):
    """Manages officers; selecting one marks the shifts that they could take."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk, self.selection = desk, get_roster_selection(desk)
        self.filter = make_filter_field("Filter officers", "Filter officers…", self._filter)
        self.list = _OfficerList()
        self.list.setToolTip(_HINT)
        self.hint = make_muted_label(_NO_OFFICERS)
        self.add = compact_button("Add…", do=lambda: OfficerForm(desk, None, self).ask())
        self.import_button = ActionButton(desk.actions["import"], "Import…")
        self.import_button.setToolTip("Import officers, main-job shifts or the school calendar.")
        self.import_button.setProperty("compact", True)
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
            make_row_layout(self.add, self.import_button, self.change, None),
            make_row_layout(self.time, self.offboard, None),
            spacing_px=SPACING_PX,
        )
        self.list.itemSelectionChanged.connect(self._select_officer)
        self.list.itemDoubleClicked.connect(lambda _: self.ask_change())
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.refresh_on(desk.bridge.changed, self.selection.week_changed)

    def refresh(self) -> None:
        """Show the officers with the hours of the week on the board."""
        rows = _build_officer_rows(self._desk.session.project, self.selection.monday)
        with QSignalBlocker(self.list):
            self.list.clear()
            for row in rows:
                officer, item = row.officer, QListWidgetItem(row.text)
                item.setData(_ID_ROLE, officer.id)
                item.setData(_ROW_ROLE, row)
                units = ", ".join(officer.units) or "no unit yet"
                contact = f" Contact: {officer.contact}." if officer.contact else ""
                item.setToolTip(f"{officer.name}: may serve {units}.{contact}")
                self.list.addItem(item)
                if officer.id == self.selection.officer:
                    self.list.setCurrentItem(item)
        self.list.setVisible(bool(rows))
        self.list.updateGeometry()
        self.hint.setVisible(not rows)
        self._filter(self.filter.text())
        self._enable_buttons()

    def officer(self) -> Officer | None:
        """Return the selected officer."""
        item = next(iter(self.list.selectedItems()), None)  # the current item may be unselected
        known = self._desk.session.project.officers
        return known.get(str(item.data(_ID_ROLE))) if item is not None else None

    def show_officer(self, officer_id: str) -> None:
        """Clear the filter and select an officer."""
        self.filter.clear()
        for row in range(self.list.count()):
            if self.list.item(row).data(_ID_ROLE) == officer_id:
                self.list.setCurrentRow(row)

    def ask_change(self) -> None:
        """Open the form of the selected officer."""
        officer = self.officer()
        if officer is not None:
            OfficerForm(self._desk, officer, self).ask()

    def ask_time(self) -> None:
        """Open the form for leave and the main job."""
        officer = self._require_officer()
        if officer is not None:
            OfficerTimeForm(self._desk, officer, self._find_day(), self).ask()

    def ask_offboard(self) -> None:
        """Open the form that offboards the selected officer."""
        officer = self._require_officer()
        if officer is not None:
            OffboardForm(self._desk, officer, self).ask()

    def _require_officer(self) -> Officer | None:
        officer = self.officer()
        if officer is None:
            self._desk.notices.show_notice("Select the officer first.")
            self.list.setFocus()
        return officer

    def _find_day(self) -> date:
        """Return the day of the selected shift, else the later of today and the board's Monday."""
        session = self._desk.session
        shift = session.project.shifts.get(self.selection.shift or "")
        if shift is not None:
            return shift.day(session.project.time_zone)
        return max(self.selection.monday, session.today)

    def _select_officer(self) -> None:
        officer = self.officer()
        self.selection.choose_officer(officer.id if officer else None)
        self._enable_buttons()

    def _enable_buttons(self) -> None:
        for button in (self.change, self.time, self.offboard):
            button.setEnabled(self.officer() is not None)

    def _filter(self, text: str) -> None:
        words = fold_for_search(text).split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(not all(word in fold_for_search(item.text()) for word in words))

    def _open_menu(self, position: QPoint) -> None:
        officer = self.officer()
        if officer is None or not self._desk.may_edit():
            return
        menu, formats = QMenu(self), self._desk.session.formats
        menu.addAction("Change…", self.ask_change)
        menu.addAction("Leave, main job…", self.ask_time)
        for times in officer.times:
            menu.addAction(
                f"Delete {times.kind.noun} {formats.days(times.first, times.last)}",
                partial(self._delete_times, officer, times.uid),
            )
        menu.addSeparator()
        menu.addAction("Offboard…", self.ask_offboard)
        menu.popup(self.list.viewport().mapToGlobal(position))

    def _delete_times(self, officer: Officer, uid: str) -> None:
        session, label = self._desk.session, f"Delete time off for {officer.name}"
        edit = partial(remove_availability, officer_id=officer.id, uid=uid)
        self._desk.attempt(lambda: session.apply(label, edit))
