"""The Today board, whose lines lead to their sources, and the list of who is on duty."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHideEvent,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.log.unit_board import is_roster_kept
from zoneplanner.app.roster.today import (
    NO_ROSTER,
    TODAY_GROUPS,
    Today,
    TodayLine,
    build_today,
    describe_today,
    print_today,
)
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.ui.shifts.roster_actions import notify_file_written
from zoneplanner.ui.shifts.roster_selection import get_roster_selection
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    PlainTextLabel,
    WrappedLabel,
    clear_layout,
    compact_button,
    make_column_layout,
    make_grid_layout,
    make_heading_label,
    make_link_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    Icons,
    make_strong_font,
    make_swatch_icon,
)

_MAX_ROW_PX, _MAX_TEXT_PX, _LIVE_BAR_PX = 400, 400, 4
_LINE_ROLE = Qt.ItemDataRole.UserRole
_PEOPLE = ("now", "open", "out", "events", "hours")
_DUE = ("bells", "due", "follow_ups", "visits")
_NOTHING_DUE = "Nobody is missing and nothing is due today."
_NO_SCHOOLS = "This project has no patrolled schools yet."
ShowSource = Callable[[str, str], object]
"""Shows the source of a line, given its kind and id."""


class TodayBoard(LazyPanel):
    """The page of today in two lists: people on the left, schools on the right."""

    def __init__(self, desk: UiContext, show_source: ShowSource) -> None:
        super().__init__()
        self._desk, self._followed = desk, desk.calls
        self.today: Today | None = None
        self.title = make_heading_label()
        self.empty_text = WrappedLabel(_NOTHING_DUE)
        self.empty_text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        importing = desk.actions["import"]
        self.import_button = push_button(importing.text(), do=importing.trigger)
        self.import_button.setDefault(True)
        self.people = _TodayList("People today", desk.icons, show_source)
        self.due = _TodayList("Schools today", desk.icons, show_source)
        self.relief = compact_button("Find relief", do=lambda: self._find_relief(show_source))
        self.print = compact_button("Print…", "Print the day on one page.", self.ask_print)
        head = make_row_layout((self.title, 1), self.relief, self.print, spacing_px=SPACING_PX)
        lists = make_row_layout((self.people, 1), (self.due, 1), spacing_px=SPACING_PX)
        buttons = make_row_layout(self.import_button, None)
        rows = make_column_layout(self, head, self.empty_text, buttons, (lists, 1))
        rows.addStretch()
        rows.setContentsMargins(*(PANEL_MARGIN_PX,) * 4)
        bridge = desk.bridge
        self.refresh_on(bridge.changed, bridge.logged, desk.readiness.was_read)
        self.refresh_on(desk.clock.minute_began)

    @property
    def day(self) -> object:
        """The day that the map shows too."""
        return self._desk.session.today

    def follow_theme(self) -> None:
        """Color the lines again."""
        self.mark_stale()

    def refresh(self) -> None:
        """Show the day; requirements follow once they are computed."""
        session, readiness = self._desk.session, self._desk.readiness.request()
        today = self.today = build_today(session, readiness, session.today, self._followed)
        self.title.setText(describe_today(session, today))
        self.relief.setVisible("open" in today.groups)
        has_schools = bool(session.project.patrolled)
        self.empty_text.setText(_NOTHING_DUE if has_schools else _NO_SCHOOLS)
        self.empty_text.setVisible(not today.groups)
        self.import_button.setVisible(not has_schools and not today.groups)
        self.print.setVisible(bool(today.groups))
        for part, groups in ((self.people, _PEOPLE), (self.due, _DUE)):
            part.show_groups(today, groups)
            part.setVisible(any(today.groups.get(name) for name in groups))

    def ask_print(self) -> None:
        """Ask for a file, and write the page."""
        file = ask_new_file(self, "Today", "PDF (*.pdf)", Path(f"today-{self.day}.pdf"))
        if file is not None:
            self._desk.attempt(lambda: self._write(file))

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the clock while visible, and focus the first list."""
        self._desk.clock.watch(self, seen=True)
        super().showEvent(event)
        first = self.due if self.people.isHidden() else self.people
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following the clock."""
        self._desk.clock.watch(self, seen=False)
        super().hideEvent(event)

    def _write(self, file: Path) -> None:
        session = self._desk.session
        readiness = self._desk.readiness.readiness
        session.store.check_target(file)
        page = print_today(session, readiness, session.today, self._followed)
        notify_file_written(self._desk, write_file_atomically(file, page))

    def _find_relief(self, show_source: ShowSource) -> None:
        if self.today is not None:
            show_source("relief", self.today.groups["open"][0].leads[1])


class _TodayList(QTreeWidget):
    """Groups with their lines; a click or Enter shows the source of a line."""

    def __init__(self, name: str, icons: Icons, show_source: ShowSource) -> None:
        super().__init__()
        self.icons, self._show_source = icons, show_source
        self.setAccessibleName(name)
        self.setAccessibleDescription("Press Enter to go to the source of a line.")
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(SPACING_PX * 2)
        self.setWordWrap(True)
        self.setObjectName("spaced")
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.header().setStretchLastSection(True)
        self.itemClicked.connect(lambda item, _column: self._open(item))
        self.itemActivated.connect(lambda item, _column: self._open(item))

    def show_groups(self, today: Today, names: tuple[str, ...]) -> None:
        """Show some groups of a day, and keep the selected line selected."""
        before = self.currentItem()
        selected = before.text(0) if before is not None else ""
        self.clear()
        for name in names:
            lines = today.groups.get(name, ())
            if lines:
                group = QTreeWidgetItem(self, [f"{TODAY_GROUPS[name]} ({today.count(name)})"])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFont(0, make_strong_font())
                group.setFirstColumnSpanned(True)
                group.setBackground(0, self.icons.theme.color("window"))
                for line in lines:
                    self._add(group, line)
        self.expandAll()
        self._fit_rows()
        items = self.findItems(selected, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
        if selected and items:
            self.setCurrentItem(items[0])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the first line if none is selected."""
        super().focusInEvent(event)
        group = self.topLevelItem(0)
        first = group.child(0) if group is not None else None
        if self.currentItem() is None and first is not None:
            self.setCurrentItem(first)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the width between text and detail."""
        super().resizeEvent(event)
        self.setColumnWidth(0, min(event.size().width() * 48 // 100, _MAX_TEXT_PX))
        self._fit_rows()

    def drawBranches(
        self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Mark a danger by a red bar; its text stays black, which is easier to read than red."""
        line = index.data(_LINE_ROLE)
        if line is not None and line.is_live:
            bar = QRect(
                rect.right() - _LIVE_BAR_PX - GRID_PX, rect.top(), _LIVE_BAR_PX, rect.height()
            )
            painter.fillRect(bar, self.icons.theme.color("live"))

    def _fit_rows(self) -> None:
        """Set row heights for wrapped texts, which QTreeWidget does not do."""
        for index in range(self.topLevelItemCount()):
            self._fit_row(self.topLevelItem(index), 0)

    def _fit_row(self, item: QTreeWidgetItem | None, indent_px: int) -> None:
        if item is None:
            return
        height, wrap = 0, Qt.TextFlag.TextWordWrap.value
        margin = QStyle.PixelMetric.PM_FocusFrameHMargin
        margins_px = 2 * (self.style().pixelMetric(margin, None, self) + 1)  # as Qt paints texts
        for column, left_px in ((0, indent_px), (1, 0)):
            width = max(1, self.columnWidth(column) - left_px - margins_px)
            metrics, box = QFontMetrics(item.font(column)), QRect(0, 0, width, _MAX_ROW_PX)
            height = max(height, metrics.boundingRect(box, wrap, item.text(column)).height())
        item.setSizeHint(0, QSize(0, height + SPACING_PX))
        for index in range(item.childCount()):
            self._fit_row(item.child(index), indent_px + self.indentation())

    def _add(self, parent: QTreeWidgetItem, line: TodayLine) -> None:
        item = QTreeWidgetItem(parent, [line.text, line.detail])
        item.setData(0, _LINE_ROLE, line)
        item.setToolTip(0, line.text)
        item.setToolTip(1, line.detail)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{line.text}, {line.detail}")
        item.setForeground(1, self.icons.theme.color("muted"))
        if line.is_urgent:
            item.setFont(0, make_strong_font())
        if line.is_urgent and not line.is_live:
            item.setForeground(0, self.icons.theme.color("late"))
        for below in line.more:
            self._add(item, below)

    def _open(self, item: QTreeWidgetItem) -> None:
        line = item.data(0, _LINE_ROLE)
        if line is not None:
            self._show_source(*line.leads)


_SOON = timedelta(hours=2)


class OnDutyTodayPanel(LazyPanel):
    """The shifts of the day on the board; a click shows the zone on the map."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk, self.selection = desk, get_roster_selection(desk)
        self.title = make_section_label("")
        self.lines = QWidget()
        self.grid = make_grid_layout(self.lines, stretches={2: 1})
        make_column_layout(self, self.title, self.lines, spacing_px=GRID_PX)
        self.refresh_on(desk.bridge.changed, self.selection.day_changed, desk.clock.minute_began)

    def refresh(self) -> None:
        """Show the shifts of the day."""
        clear_layout(self.grid)
        session = self._desk.session
        project, day, now = session.project, self.selection.day, session.clock()
        shifts = [shift for shift in project.shifts_between(day, day) if shift.is_active]
        name = "Today" if day == session.today else session.formats.long_day(day)
        if not shifts:
            self.title.setText(f"{name}: no shift is planned")
            if not is_roster_kept(project, now):
                self.grid.addWidget(WrappedLabel(str(NO_ROSTER)), 0, 0, 1, -1)
            return
        open_count = sum(shift.is_open for shift in shifts)
        state = f"{open_count} open" if open_count else "all filled"
        waits = [shift.starts_at - now for shift in shifts]
        soon = [wait for wait in waits if timedelta() < wait < _SOON]
        next_text = f", next in {min(soon).seconds // 60} min" if soon else ""
        self.title.setText(f"{name}: {state}{next_text}")
        order = {unit: index for index, unit in enumerate(project.units)}
        shifts.sort(key=lambda shift: (order.get(shift.unit, 99), shift.starts_at))
        for row, shift in enumerate(shifts):
            self._add_line(row, shift)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the clock while visible."""
        self._desk.clock.watch(self, seen=True)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following the clock."""
        self._desk.clock.watch(self, seen=False)
        super().hideEvent(event)

    def _add_line(self, row: int, shift: Shift) -> None:
        session = self._desk.session
        project, zone = session.project, ZoneInfo(session.project.time_zone)
        start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        officer = project.officers.get(shift.officer or "")
        zones = session.plan.zones if session.plan else ()
        zone_of_unit = next((own for own in zones if own.unit == shift.unit), None)
        color = PlainTextLabel()
        if zone_of_unit is not None:
            color.setPixmap(make_swatch_icon(zone_of_unit.color).pixmap(12, 12))
        name = PlainTextLabel(officer.name if officer else shift.officer or "Open")
        name.setWordWrap(True)
        name.setProperty("role", "problem" if shift.is_open else None)
        is_now = shift.starts_at <= session.clock() < shift.ends_at
        span = session.formats.span(start, end)
        times = make_muted_label(f"{span} now" if is_now else span)
        times.setWordWrap(False)
        zone_id = zone_of_unit.id if zone_of_unit else None
        unit = make_link_button(shift.unit, lambda: self._select(shift, zone_id))
        for column, part in enumerate((color, unit, name, times)):
            self.grid.addWidget(part, row, column)

    def _select(self, shift: Shift, zone: str | None) -> None:
        self.selection.choose_shift(shift.uid)
        if zone is not None:
            self._desk.bridge.select(zone=zone)
