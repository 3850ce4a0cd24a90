"""Today: who is missing and whom to call, and what is due; each line leads to its place.

Who is where on the day of the board, unit by unit; a click shows the zone on the map.
"""

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
    QGridLayout,
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
from zoneplanner.ui.shifts.roster_actions import get_roster_selection, notify_file_written
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    PlainTextLabel,
    WrappedLabel,
    clear_layout,
    compact_button,
    make_column_layout,
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
    Theme,
    make_strong_font,
    make_swatch_icon,
)

_HIGHEST_PX, _WIDEST_TEXT_PX, _LIVE_BAR_PX = 400, 400, 4
_LINE_ROLE = Qt.ItemDataRole.UserRole
_PEOPLE = ("now", "open", "out", "events", "hours")
_DUE = ("bells", "due", "follow_ups", "visits")
_QUIET = "Nobody is missing and nothing is due today."
_NO_SCHOOLS = "This project has no patrolled schools yet."
Lead = Callable[[str, str], object]


class TodayBoard(LazyPanel):
    """The page of today in two lists: people at the left, schools at the right.

    ``lead`` turns to the place of a kind of thing with an id.
    """

    def __init__(
        self, desk: UiContext, theme: Theme, lead: Lead, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._followed = desk, desk.calls
        self.found: Today | None = None
        self.title = make_heading_label()
        self.quiet = WrappedLabel(_QUIET)
        self.quiet.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        bring = desk.actions["import"]
        self.bring = push_button(bring.text(), do=bring.trigger)
        self.bring.setDefault(True)
        self.people = _TodayList("People today", theme, lead)
        self.due = _TodayList("Schools today", theme, lead)
        self.relief = compact_button("Find relief", do=lambda: self._find_relief(lead))
        self.print = compact_button("Print…", "Print the day on one page.", self.ask_print)
        head = make_row_layout((self.title, 1), self.relief, self.print, spacing_px=SPACING_PX)
        lists = make_row_layout((self.people, 1), (self.due, 1), spacing_px=SPACING_PX)
        first = make_row_layout(self.bring, None)
        rows = make_column_layout(self, head, self.quiet, first, (lists, 1))
        rows.addStretch()
        rows.setContentsMargins(*(PANEL_MARGIN_PX,) * 4)
        bridge = desk.bridge
        self.refresh_on(bridge.changed, bridge.logged, desk.readiness.was_read)
        self.refresh_on(desk.clock.minute_began)

    @property
    def day(self) -> object:
        """The day that the map shows too."""
        return self._desk.session.today

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        for part in (self.people, self.due):
            part.theme = theme
        self.mark_stale()

    def refresh(self) -> None:
        """Read the day anew; what readiness says follows once it is read."""
        session, readiness = self._desk.session, self._desk.readiness.request()
        found = self.found = build_today(session, readiness, session.today, self._followed)
        self.title.setText(describe_today(session, found))
        self.relief.setVisible("open" in found.groups)
        bare = not session.project.patrolled
        self.quiet.setText(_NO_SCHOOLS if bare else _QUIET)
        self.quiet.setVisible(not found.groups)
        self.bring.setVisible(bare and not found.groups)
        self.print.setVisible(bool(found.groups))
        for part, groups in ((self.people, _PEOPLE), (self.due, _DUE)):
            part.show_groups(found, groups)
            part.setVisible(any(found.groups.get(name) for name in groups))

    def ask_print(self) -> None:
        """Ask where, and write the page."""
        file = ask_new_file(self, "Today", "PDF (*.pdf)", Path(f"today-{self.day}.pdf"))
        if file is not None:
            self._desk.attempt(lambda: self._write(file))

    def showEvent(self, event: QShowEvent) -> None:
        """Keep up with the clock while it is seen; the keys begin at the first line."""
        self._desk.clock.watch(self, seen=True)
        super().showEvent(event)
        first = self.due if self.people.isHidden() else self.people
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Let the clock go where nobody looks."""
        self._desk.clock.watch(self, seen=False)
        super().hideEvent(event)

    def _write(self, file: Path) -> None:

        session = self._desk.session
        readiness = self._desk.readiness.readiness
        session.store.check_target(file)
        page = print_today(session, readiness, session.today, self._followed)
        notify_file_written(self._desk, write_file_atomically(file, page))

    def _find_relief(self, lead: Lead) -> None:
        line = self.found.groups["open"][0] if self.found else None
        if line is not None:
            lead("relief", line.leads[1])


class _TodayList(QTreeWidget):
    """Groups with their lines. A click on a line, or Enter, leads to its place."""

    def __init__(self, name: str, theme: Theme, lead: Lead) -> None:
        super().__init__()
        self.theme, self._lead = theme, lead
        self.setAccessibleName(name)
        self.setAccessibleDescription("Press Enter to go to the source of a line.")
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(SPACING_PX * 2)
        self.setWordWrap(True)  # a line that has no room beside the other list takes two
        self.setObjectName("spaced")
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.header().setStretchLastSection(True)
        self.itemClicked.connect(lambda item, _column: self._follow(item))
        self.itemActivated.connect(lambda item, _column: self._follow(item))

    def show_groups(self, found: Today, names: tuple[str, ...]) -> None:
        """Show some groups of a day; the line that was chosen stays chosen."""
        before = self.currentItem()
        chosen = before.text(0) if before is not None else ""
        self.clear()
        for name in names:
            lines = found.groups.get(name, ())
            if lines:
                group = QTreeWidgetItem(self, [f"{TODAY_GROUPS[name]} ({found.count(name)})"])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFont(0, make_strong_font())
                group.setFirstColumnSpanned(True)
                group.setBackground(0, self.theme.color("window"))
                for line in lines:
                    self._add(group, line)
        self.expandAll()
        self._fit_rows()
        items = self.findItems(chosen, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
        if chosen and items:
            self.setCurrentItem(items[0])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the first line."""
        super().focusInEvent(event)
        group = self.topLevelItem(0)
        first = group.child(0) if group is not None else None
        if self.currentItem() is None and first is not None:
            self.setCurrentItem(first)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width between what it is and what is to be known of it."""
        super().resizeEvent(event)
        self.setColumnWidth(0, min(event.size().width() * 48 // 100, _WIDEST_TEXT_PX))
        self._fit_rows()

    def drawBranches(
        self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Mark danger now by a red bar: its words keep the ink, which stands out more than red."""
        line = index.data(_LINE_ROLE)
        if line is not None and line.is_live:
            bar = QRect(
                rect.right() - _LIVE_BAR_PX - GRID_PX, rect.top(), _LIVE_BAR_PX, rect.height()
            )
            painter.fillRect(bar, self.theme.color("live"))

    def _fit_rows(self) -> None:
        """Make each row as high as its texts need; a tree does not ask how wide its columns are."""
        for at in range(self.topLevelItemCount()):
            self._fit_row(self.topLevelItem(at), 0)

    def _fit_row(self, item: QTreeWidgetItem | None, indented_px: int) -> None:
        if item is None:
            return
        height, wrap = 0, Qt.TextFlag.TextWordWrap.value
        margin = QStyle.PixelMetric.PM_FocusFrameHMargin
        around_px = 2 * (self.style().pixelMetric(margin, None, self) + 1)  # as Qt draws a text
        for column, left_px in ((0, indented_px), (1, 0)):
            wide = max(1, self.columnWidth(column) - left_px - around_px)
            metrics, room = QFontMetrics(item.font(column)), QRect(0, 0, wide, _HIGHEST_PX)
            height = max(height, metrics.boundingRect(room, wrap, item.text(column)).height())
        item.setSizeHint(0, QSize(0, height + SPACING_PX))
        for at in range(item.childCount()):
            self._fit_row(item.child(at), indented_px + self.indentation())

    def _add(self, parent: QTreeWidgetItem, line: TodayLine) -> None:
        item = QTreeWidgetItem(parent, [line.text, line.detail])
        item.setData(0, _LINE_ROLE, line)
        item.setToolTip(0, line.text)
        item.setToolTip(1, line.detail)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{line.text}, {line.detail}")
        item.setForeground(1, self.theme.color("muted"))
        if line.is_urgent:
            item.setFont(0, make_strong_font())
        if line.is_urgent and not line.is_live:
            item.setForeground(0, self.theme.color("late"))
        for below in line.more:
            self._add(item, below)

    def _follow(self, item: QTreeWidgetItem) -> None:
        line = item.data(0, _LINE_ROLE)
        if line is not None:
            self._lead(*line.leads)


_SOON = timedelta(hours=2)


class OnDutyTodayPanel(LazyPanel):
    """The day that is shown is that of the board."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self.selection = desk, get_roster_selection(desk)
        self.title = make_section_label("")
        self.lines = QWidget()
        self.grid = QGridLayout(self.lines)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(SPACING_PX)
        self.grid.setVerticalSpacing(GRID_PX)
        self.grid.setColumnStretch(2, 1)
        make_column_layout(self, self.title, self.lines, spacing_px=GRID_PX)
        self.refresh_on(desk.bridge.changed, self.selection.day_changed, desk.clock.minute_began)

    def refresh(self) -> None:
        """Show the day anew."""
        clear_layout(self.grid)
        session = self._desk.session
        project, day = session.project, self.selection.day
        on = [shift for shift in project.shifts_between(day, day) if shift.is_active]
        name = "Today" if day == session.today else session.formats.long_day(day)
        if not on:
            self.title.setText(f"{name}: no shift is planned")
            if not is_roster_kept(project, session.clock()):
                self.grid.addWidget(WrappedLabel(NO_ROSTER), 0, 0, 1, -1)
            return
        open_ones = sum(shift.is_open for shift in on)
        left = f"{open_ones} open" if open_ones else "all filled"
        now = session.clock()
        next_ones = [s.starts_at - now for s in on if timedelta() < s.starts_at - now < _SOON]
        soon = f", next in {min(next_ones).seconds // 60} min" if next_ones else ""
        self.title.setText(f"{name}: {left}{soon}")
        order = {unit: at for at, unit in enumerate(project.units)}
        for row, shift in enumerate(sorted(on, key=lambda s: (order.get(s.unit, 99), s.starts_at))):
            self._line(row, shift)

    def showEvent(self, event: QShowEvent) -> None:
        """Keep up with the clock while it is seen."""
        self._desk.clock.watch(self, seen=True)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Let the clock go where nobody looks."""
        self._desk.clock.watch(self, seen=False)
        super().hideEvent(event)

    def _line(self, row: int, shift: Shift) -> None:
        session = self._desk.session
        project, zone = session.project, ZoneInfo(session.project.time_zone)
        start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        officer = project.officers.get(shift.officer or "")
        zones = session.plan.zones if session.plan else ()
        own = next((one for one in zones if one.unit == shift.unit), None)
        mark = PlainTextLabel()
        if own is not None:
            mark.setPixmap(make_swatch_icon(own.color).pixmap(12, 12))
        name = officer.name if officer else shift.officer or "Open"
        who = PlainTextLabel(name)
        who.setWordWrap(True)
        who.setProperty("role", "problem" if shift.is_open else None)
        now = session.clock()
        doing = "now" if shift.starts_at <= now < shift.ends_at else ""
        when = make_muted_label(f"{session.formats.span(start, end)} {doing}".strip())
        when.setWordWrap(False)
        go = make_link_button(shift.unit, lambda: self._go(shift, own.id if own else None))
        for column_at, part in enumerate((mark, go, who, when)):
            self.grid.addWidget(part, row, column_at)

    def _go(self, shift: Shift, zone: str | None) -> None:
        self.selection.choose_shift(shift.uid)
        if zone is not None:
            self._desk.bridge.select(zone=zone)
