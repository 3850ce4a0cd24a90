"""The roster board above the map: a week by unit or officer, or a month, with its actions."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QStackedWidget, QToolButton, QWidget

from zoneplanner.app.roster.relief import ReliefCandidate, list_relief_candidates
from zoneplanner.app.roster.schedule import list_certificates
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.roster.checker import describe_shift, find_roster_violations
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import RosterPost
from zoneplanner.domain.roster.shift_edits import find_assignment_violations
from zoneplanner.messages import format_count
from zoneplanner.ui.shifts.month_view import MonthBoardView
from zoneplanner.ui.shifts.roster_actions import ROSTER_EXPORTS, RosterActions
from zoneplanner.ui.shifts.roster_forms import RosterRulesForm
from zoneplanner.ui.shifts.roster_selection import get_roster_selection
from zoneplanner.ui.shifts.shift_forms import (
    RosterPostForm,
    ShiftForm,
    SplitShiftForm,
    SwapRequestForm,
)
from zoneplanner.ui.shifts.week_board import (
    DAY_NAMES,
    FITS,
    NOT,
    OFFICER_MIME,
    WITH_REASON,
    WeekBoard,
    WeekBoardModel,
    build_people_board,
    build_week_board,
)
from zoneplanner.ui.shifts.week_view import WeekBoardView, measure_week_height
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    ElidedLabel,
    LazyPanel,
    WrappedLabel,
    compact_button,
    escape_tooltip,
    make_column_layout,
    make_flat_button,
    make_heading_label,
    make_menu_button,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.widgets.tables.table_panel import BAR_MARGINS_PX

_UNITS, _OFFICERS, _MONTH = "Units", "Officers", "Month"
_MOST_OFFERED = 8
_MIN_HEIGHT_PX, _BUTTON_PX, _WIDE_PX = 180, 28, 930


class RosterBoard(LazyPanel):
    """The board: dragging an officer onto a shift assigns it, a shift onto another trades them."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.selection = get_roster_selection(desk)
        self.roster_actions = RosterActions(desk, self.selection, self)
        self.setMinimumHeight(_MIN_HEIGHT_PX)
        self.model = WeekBoardModel(self._may_take, self)
        self.week = WeekBoardView(self.model, desk.icons)
        self.month = MonthBoardView(desk.icons)
        self.title = make_heading_label()
        self.title.setWordWrap(False)
        self.counted = ElidedLabel()
        self.empty = _EmptyPage(desk, self.roster_actions)
        self.pages = QStackedWidget()
        for page in (self.week, self.month, self.empty):
            self.pages.addWidget(page)
        self._view = _UNITS
        self._lay_out()
        self._connect()

    def refresh(self) -> None:
        """Show the roster as it is now."""
        session, monday = self._desk.session, self.selection.monday
        project, formats = session.project, session.formats
        sunday = monday + timedelta(days=6)
        violations = find_roster_violations(project, monday, sunday)
        if self._view == _OFFICERS:
            certificates = list_certificates(session)
            board = build_people_board(project, monday, violations, formats, certificates)
        else:
            board = build_week_board(project, monday, violations, formats)
        self.model.show(board, session.today, self.selection.day)
        if self._view == _MONTH:
            self.month.show_month(project, self.selection.day, session.today, formats)
            self.title.setText(formats.month(self.selection.day))
            filled, total = self.month.filled
        else:
            days = f"{formats.short_day(monday)} – {formats.short_day(board.days[-1])}"
            self.title.setText(days)
            filled, total = board.filled, board.filled + board.open
        parts = ["all filled" if filled == total else f"{filled} of {total} filled"]
        if self._view != _MONTH:
            parts += _describe_state(board)
        self.counted.set_full_text(" · ".join(parts) if total else "")
        if board.changes and self._view != _MONTH:
            tip = "\n".join([self.counted.text(), *board.changes])
            self.counted.setToolTip(escape_tooltip(tip))
        for action in (self.propose, self.copy_action):
            action.setEnabled(bool(project.officers))
        self.post_action.setEnabled(board.drafts > 0)
        self.post_button.setDefault(board.drafts > 0)
        self.post_action.setText("\u2713 Posted" if board.is_posted else "Post week")
        self._show_buttons()
        self._show_page(has_shifts=bool(board.cells))
        self._mark_eligible_shifts()
        if self.selection.shift is not None:
            self.week.select_shift(self.selection.shift)

    @property
    def day(self) -> date:
        """The day that the map shows too."""
        return self.selection.day

    def sizeHint(self) -> QSize:
        """Return a height that fits the bar and every row."""
        rows = max(len(self.model.board.rows), len(self._desk.session.project.units))
        return QSize(
            super().sizeHint().width(),
            self.by_week.height() + 3 * GRID_PX + measure_week_height(rows),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the buttons that do not fit; the menu has them too."""
        super().resizeEvent(event)
        self._show_buttons()

    def _show_buttons(self) -> None:
        """Show the buttons that fit; a posted week needs the width for its changes."""
        is_wide = self.width() >= _WIDE_PX
        for button in (self.post_button, self.map):
            button.setVisible(is_wide)
        self.copy_button.setVisible(is_wide and not self.model.board.is_posted)

    def menu_of(self, uid: str) -> QMenu:
        """Return the menu of a shift: officers to assign it to, and other actions."""
        project = self._desk.session.project
        shift, menu, formats = project.shifts[uid], QMenu(self), self._desk.session.formats
        candidates = list_relief_candidates(project, uid)
        free = [one for one in candidates if one.free and one.officer.id != shift.officer]
        with_reason = [candidate for candidate in candidates if candidate.needs_reason]
        menu.addAction("Assign to" if free else "Nobody is free").setEnabled(False)
        for candidate in free[:_MOST_OFFERED]:
            assign = partial(self.roster_actions.assign, uid, candidate.officer.id)
            menu.addAction(_describe_candidate(candidate, formats), assign)
        if with_reason:
            more = menu.addMenu("With a reason")
            for candidate in with_reason[:_MOST_OFFERED]:
                assign = partial(self.roster_actions.assign, uid, candidate.officer.id)
                breach = candidate.breaches[0]
                action = more.addAction(f"{candidate.officer.name}: {breach.rule}", assign)
                action.setToolTip(breach.message.say(formats))
            more.setToolTipsVisible(True)
        menu.addSeparator()
        if shift.officer is not None:
            menu.addAction("Call out…", partial(self._call_out, uid))
            menu.addAction(
                "Ask for a swap…", lambda: SwapRequestForm(self._desk, shift, self).ask()
            )
            menu.addAction("Remove the officer", partial(self.roster_actions.assign, uid, None))
        menu.addAction("Split…", lambda: SplitShiftForm(self._desk, shift, self).ask())
        menu.addAction(
            "Unlock" if shift.locked else "Lock", partial(self.roster_actions.toggle_lock, uid)
        )
        menu.addAction("Cancel the shift", partial(self.roster_actions.cancel, uid))
        return menu

    def _call_out(self, uid: str) -> None:
        self.selection.choose_shift(uid)
        self.roster_actions.call_out_officer(uid)

    def _open_menu(self, uid: str, at: QPoint) -> None:
        if self._desk.may_edit():
            self.menu_of(uid).popup(at)

    def _drop(self, kind: str, dropped_id: str, uid: str) -> None:
        if kind == OFFICER_MIME:
            self.roster_actions.assign(uid, dropped_id)
        else:
            self.roster_actions.trade(dropped_id, uid)

    def _may_take(self, officer: str, uid: str) -> bool:
        session = self._desk.session
        project = session.project
        if officer not in project.officers or uid not in project.shifts:
            return False
        if session.explain_denied_edit():
            return False
        violations = find_assignment_violations(project, uid, officer)
        return all(violation.level is not Enforcement.BLOCK for violation in violations)

    def _mark_eligible_shifts(self) -> None:
        """Mark which shifts of the week the selected officer could take."""
        project, officer = self._desk.session.project, self.selection.officer
        eligibility: dict[str, str] = {}
        if officer is not None and officer in project.officers:
            for cell in self.model.board.cells.values():
                uid = cell.shift.uid
                if cell.shift.officer == officer or cell.shift.locked:
                    continue
                violations = find_assignment_violations(project, uid, officer)
                levels = {one.level for one in violations if one.level.is_blocking}
                can_override = levels == {Enforcement.OVERRIDE}
                eligibility[uid] = FITS if not levels else WITH_REASON if can_override else NOT
        self.model.set_eligibility(eligibility)

    def _show_page(self, *, has_shifts: bool) -> None:
        project = self._desk.session.project
        if self._view == _MONTH and project.shifts:
            page: QWidget = self.month
        elif has_shifts or (self._view == _OFFICERS and project.officers):
            page = self.week
        else:
            self.empty.explain(has_officers=bool(project.officers))
            page = self.empty
        self.pages.setCurrentWidget(page)
        self.setFocusProxy(page)  # rather than a button, which Space would press

    def _connect(self) -> None:
        self.model.dropped.connect(self._drop)
        self.model.dropped_on_free_day.connect(self.roster_actions.assign)
        self.week.free_day_opened.connect(self._open_free_day)
        self.week.shift_selected.connect(self.selection.choose_shift)
        self.week.shift_opened.connect(self._open_menu)
        self.week.officer_removed.connect(lambda uid: self.roster_actions.assign(uid, None))
        self.week.day_chosen.connect(self.selection.show_day)
        self.month.day_chosen.connect(self.selection.show_day)
        self.month.day_opened.connect(lambda _day: self.by_week.setChecked(True))
        self.refresh_on(self.selection.week_changed, self._desk.bridge.changed)
        self._desk.bridge.logged.connect(self._follow_entries)
        self.selection.day_changed.connect(self._show_day)
        self.selection.officer_changed.connect(self._mark_eligible_shifts)
        self.selection.shift_changed.connect(lambda: self.week.select_shift(self.selection.shift))

    def _follow_entries(self, _entries: object) -> None:
        """Refresh the officers' certificates, since a training may have been logged."""
        if self._view == _OFFICERS:
            self.mark_stale()

    def _show_day(self) -> None:
        """Mark the day on both boards and, while the board is visible, on the map."""
        day = self.selection.day
        self.model.mark_day(day)
        if day in self.month.counts and day.month == self.month.month.month:
            self.month.select_day(day)
        elif self._view == _MONTH:
            self.mark_stale()
        if self.isVisible():
            self._desk.bridge.set_last_day(day)

    def _lay_out(self) -> None:
        icons = self._desk.icons
        self.earlier = make_flat_button("Earlier", "Earlier", partial(self._move_by, -1))
        self.later = make_flat_button("Later", "Later", partial(self._move_by, 1))
        today = _make_button("Today", lambda: self.selection.show_day(self._desk.session.today))
        self.propose = _make_button("Propose…", self.roster_actions.ask_propose)
        self.propose.setIcon(icons("propose"))
        self.copy_action, self.post_action = (
            QAction("Copy last week", self),
            QAction("Post week", self),
        )
        self.copy_action.triggered.connect(self.roster_actions.copy_week)
        self.post_action.triggered.connect(self.roster_actions.post_week)
        self.copy_button = ActionButton(self.copy_action)
        self.post_button = ActionButton(self.post_action)
        for action_button in (self.copy_button, self.post_button):
            _make_compact(action_button)
        self.more = make_menu_button("", "More", "More")
        self.more.setAutoRaise(True)
        self.more.setObjectName("dots")
        self.more.setMenu(self._make_more_menu())
        for arrow, icon in ((self.earlier, "previous"), (self.later, "next"), (self.more, "more")):
            arrow.setIcon(icons(icon))
        views = (_UNITS, _OFFICERS, _MONTH)
        self.by_week, self.by_officer, self.by_month = map(_make_button, views)
        for button in (self.by_week, self.by_officer, self.by_month):
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.toggled.connect(partial(self._set_view, button.text()))
        self.by_week.setChecked(True)
        self.map = QToolButton()
        self.map.setDefaultAction(self._desk.actions["board_map"])
        self.map.setAutoRaise(True)
        bar = make_row_layout(
            self.earlier,
            self.later,
            today,
            SPACING_PX,
            self.title,
            SPACING_PX,
            (self.counted, 1),
            self.propose,
            self.copy_button,
            self.post_button,
            self.more,
            self.by_week,
            self.by_officer,
            self.by_month,
            self.map,
            spacing_px=GRID_PX,
            margins_px=BAR_MARGINS_PX,
        )
        make_column_layout(self, bar, (self.pages, 1), margin_px=0, spacing_px=0)

    def _make_more_menu(self) -> QMenu:
        menu = QMenu(self.more)
        menu.addActions([self.copy_action, self.post_action, self._desk.actions["board_map"]])
        menu.addSeparator()
        new = menu.addAction("New shift or event…", self.ask_shift)
        self.posts = menu.addMenu("Assignments")
        self.posts.aboutToShow.connect(self.list_posts)
        self.editing = (new, menu.addAction("Roster rules…", self.ask_rules))  # need permission
        menu.addSeparator()
        for kind, (title, _) in ROSTER_EXPORTS.items():
            menu.addAction(f"{title}…", partial(self.roster_actions.export, kind))
        menu.addAction("Calendars by officer and unit…", self.roster_actions.export_each)
        return menu

    def _move_by(self, step: int) -> None:
        """Move by weeks or months to the same weekday or day of the month."""
        day = self.selection.day
        if self._view != _MONTH:
            self.selection.show_day(day + timedelta(days=7 * step))
            return
        year, month = divmod(day.year * 12 + day.month - 1 + step, 12)
        last = monthrange(year, month + 1)[1]
        self.selection.show_day(date(year, month + 1, min(day.day, last)))

    def _set_view(self, view: str, checked: bool) -> None:
        if checked and view != self._view:
            self._view = view
            self.refresh()

    def menu_of_free_day(self, officer: str, day: date) -> QMenu:
        """Return a menu of the open shifts on a day that an officer could take."""
        project, menu = self._desk.session.project, QMenu(self)
        shifts = [
            shift
            for shift in project.shifts_between(day, day)
            if shift.is_open and not shift.locked and self._may_take(officer, shift.uid)
        ]
        none = f"No open shift for {project.officers[officer].name} that day"
        menu.addAction("Assign" if shifts else none).setEnabled(False)
        for shift in sorted(shifts, key=lambda shift: (shift.starts_at, shift.unit)):
            assign = partial(self.roster_actions.assign, shift.uid, officer)
            formats = self._desk.session.formats
            menu.addAction(describe_shift(shift, project.time_zone).say(formats), assign)
        return menu

    def _open_free_day(self, officer: str, day: date, at: QPoint) -> None:
        if self._desk.may_edit():
            self.menu_of_free_day(officer, day).popup(at)

    def list_posts(self) -> None:
        """Fill the menu that changes, removes and adds assignments."""
        project = self._desk.session.project
        self.posts.clear()
        self.posts.addAction("New assignment…", partial(self._change_post, None))
        self.posts.addSeparator()
        for post in project.posts.values():
            menu = self.posts.addMenu(_describe_post(post, self._desk.session.formats))
            menu.addAction("Change…", partial(self._change_post, post))
            menu.addAction("Remove", partial(self.roster_actions.remove_post, post.uid))

    def _change_post(self, post: RosterPost | None) -> None:
        RosterPostForm(self._desk, post, self).ask()

    def ask_shift(self) -> None:
        """Open the form for a new shift or event."""
        form = ShiftForm(self._desk, self.selection.monday, self)
        form.added.connect(self._show_added)
        form.ask()

    def _show_added(self, uid: str) -> None:
        self.show_shift(uid)
        self.roster_actions.report_added(uid)

    def ask_rules(self) -> None:
        """Open the roster rules."""
        RosterRulesForm(self._desk, self).ask()

    def show_shift(self, uid: str) -> None:
        """Show the week of a shift and select it."""
        if uid in self._desk.session.project.shifts:
            if self._view == _MONTH:
                self.by_week.setChecked(True)
            self.selection.choose_shift(uid)
            self.week.setFocus()


_NO_SHIFTS = (
    "No shifts this week",
    "Propose creates a shift for each assignment and school day and fills it. Nothing is posted "
    "until you post it, and one Undo takes it all back.",
)
_NO_OFFICERS = (
    "Who is where, and when",
    "There are no officers yet. Add them under Officers on the left, import a list with the "
    "columns id, name, agency, kind, units, jurisdictions, or try the board with sample officers "
    "(Officer A to Officer Z).",
)


class _EmptyPage(QWidget):
    """Explains how to get officers or shifts if there are none."""

    def __init__(self, desk: UiContext, roster_actions: RosterActions) -> None:
        super().__init__()
        self.title = make_heading_label()
        self.text = WrappedLabel()
        self.sample = push_button("Try with sample officers", do=roster_actions.add_samples)
        self.import_button = ActionButton(desk.actions["import"], "Import officers…")
        self.propose = push_button("Propose…", do=roster_actions.ask_propose)
        buttons = make_row_layout(self.sample, self.import_button, self.propose, None)
        rows = make_column_layout(self, None, self.title, self.text, buttons, spacing_px=SPACING_PX)
        rows.setContentsMargins(24, 12, 24, 12)
        rows.addStretch(2)

    def explain(self, *, has_officers: bool) -> None:
        """Show what is missing and how to go on."""
        self.sample.setVisible(not has_officers)
        self.import_button.setVisible(not has_officers)
        self.propose.setVisible(has_officers)
        title, text = _NO_SHIFTS if has_officers else _NO_OFFICERS
        self.title.setText(title)
        self.text.setText(text)


def _describe_state(board: WeekBoard) -> list[str]:
    """Return whether a week is posted, and its numbers of changes, problems and drafts."""
    counts = (
        (len(board.changes), "change since", "changes since"),
        (board.problems, "problem", "problems"),
        (board.drafts, "draft", "drafts"),
    )
    posted = ["\u2713 posted"] if board.is_posted else []
    return [*posted, *(format_count(*count) for count in counts if count[0])]


def _describe_post(post: RosterPost, formats: LocaleFormats) -> str:
    """Name an assignment by unit, time and weekdays."""
    days = "".join(DAY_NAMES[day - 1][:2] for day in sorted(post.weekdays))
    title = f" {post.title}" if post.title else ""
    return f"{post.unit}{title}, {formats.span(post.starts, post.ends)}, {days}"


def _describe_candidate(candidate: ReliefCandidate, formats: LocaleFormats) -> str:
    count = candidate.shifts_at_unit
    experience = f", {format_count(count, 'shift')} there" if count else ""
    return f"{candidate.officer.name}   {candidate.place.why.say(formats)}{experience}"


def _make_button(text: str, do: Callable[[], object] | None = None) -> QPushButton:
    button = compact_button(text, do=do)
    _make_compact(button)
    return button


def _make_compact(button: QPushButton) -> None:
    button.setProperty("compact", True)
    button.setMinimumHeight(_BUTTON_PX)
