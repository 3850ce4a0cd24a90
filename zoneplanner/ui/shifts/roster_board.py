"""The board above the map: a week of shifts or a month, and what is done with them."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QAction, QIcon, QResizeEvent
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
from zoneplanner.ui.shifts.roster_actions import ROSTER_EXPORTS, RosterActions, get_roster_selection
from zoneplanner.ui.shifts.roster_forms import RosterRulesForm
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
    make_heading_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, Theme
from zoneplanner.ui.widgets.tables.table_panel import BAR_MARGINS_PX

_UNITS, _OFFICERS, _MONTH = "Units", "Officers", "Month"
_MOST_OFFERED = 8
_LEAST_PX, _BUTTON_PX, _ROOMY_PX = 180, 28, 930


class RosterBoard(LazyPanel):
    """Officers are dragged onto shifts, or given by a menu; a shift onto another trades places."""

    def __init__(self, desk: UiContext, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.selection = get_roster_selection(desk)
        self.roster_actions = RosterActions(desk, self.selection, self)
        self.setMinimumHeight(_LEAST_PX)
        self.model = WeekBoardModel(self._may_take, self)
        self.week = WeekBoardView(self.model, desk.icons, theme)
        self.month = MonthBoardView(theme)
        self.title = make_heading_label()
        self.title.setWordWrap(False)
        self.counted = ElidedLabel()
        self.empty = _Empty(desk, self.roster_actions)
        self.pages = QStackedWidget()
        for page in (self.week, self.month, self.empty):
            self.pages.addWidget(page)
        self._shown = _UNITS
        self._lay_out()
        self._connect()

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self.week.set_theme(theme)
        self.month.set_theme(theme)

    def refresh(self) -> None:
        """Show the week as it is now."""
        session, monday = self._desk.session, self.selection.monday
        project, formats = session.project, session.formats
        last = monday + timedelta(days=6)
        found = find_roster_violations(project, monday, last, formats)
        if self._shown == _OFFICERS:
            ends = list_certificates(session)
            board = build_people_board(project, monday, found, formats, ends)
        else:
            board = build_week_board(project, monday, found, formats)
        self.model.show(board, session.today, self.selection.day)
        if self._shown == _MONTH:
            self.month.show_month(project, self.selection.day, session.today, formats)
        week = f"{formats.short_day(monday)} – {formats.short_day(board.days[-1])}"
        monthly = self._shown == _MONTH
        self.title.setText(formats.month(self.selection.day) if monthly else week)
        filled, total = self.month.filled if monthly else board.of_all
        parts = ["all filled" if filled == total else f"{filled} of {total} filled"]
        if board.is_posted and not monthly:
            parts.append("\u2713 posted")
        for count, noun, many in (
            (len(board.changes), "change since", "changes since"),
            (board.problems, "problem", "problems"),
            (board.drafts, "draft", "drafts"),
        ):
            if count and not monthly:
                parts.append(format_count(count, noun, many))
        self.counted.set_full_text(" · ".join(parts) if total else "")
        if board.changes and not monthly:
            self.counted.setToolTip(
                escape_tooltip("\n".join([self.counted.text(), *board.changes]))
            )
        for starter in (self.propose, self.copying):
            starter.setEnabled(bool(project.officers))
        self.finishing.setEnabled(board.drafts > 0)
        self.final.setDefault(board.drafts > 0)  # what is left to do there
        self.finishing.setText("\u2713 Posted" if board.is_posted else "Post week")
        self._show_buttons()
        self._show_page(bool(board.cells))
        self._mark_fits()
        if self.selection.shift is not None:
            self.week.choose(self.selection.shift)

    @property
    def day(self) -> date:
        """The day that the map shows too."""
        return self.selection.day

    def sizeHint(self) -> QSize:
        """Ask for the room of the bar and of every row."""
        rows = max(len(self.model.board.rows), len(self._desk.session.project.units))
        return QSize(
            super().sizeHint().width(),
            self.by_week.height() + 3 * GRID_PX + measure_week_height(rows),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave to the menu what the bar has no room for."""
        super().resizeEvent(event)
        self._show_buttons()

    def _show_buttons(self) -> None:
        """Show the buttons that there is room for; a posted week needs it for its changes."""
        roomy = self.width() >= _ROOMY_PX
        for button in (self.final, self.map):
            button.setVisible(roomy)
        self.copy.setVisible(roomy and not self.model.board.is_posted)

    def menu_of(self, uid: str) -> QMenu:
        """Return what may be done with a shift: officers it may be given to, and more."""
        project = self._desk.session.project
        shift, menu = project.shifts[uid], QMenu(self)
        everyone = list_relief_candidates(project, uid, self._desk.session.formats)
        free = [one for one in everyone if one.free and one.officer.id != shift.officer]
        reasoned = [one for one in everyone if one.needs_reason]
        title = menu.addAction("Assign to" if free else "Nobody is free")
        title.setEnabled(False)
        for one in free[:_MOST_OFFERED]:
            give = partial(self.roster_actions.give, uid, one.officer.id)
            menu.addAction(_candidate_words(one), give)
        if reasoned:
            more = menu.addMenu("With a reason")
            for one in reasoned[:_MOST_OFFERED]:
                give = partial(self.roster_actions.give, uid, one.officer.id)
                action = more.addAction(f"{one.officer.name}: {one.breaches[0].rule}", give)
                action.setToolTip(one.breaches[0].text)
            more.setToolTipsVisible(True)
        menu.addSeparator()
        if shift.officer is not None:
            menu.addAction("Call out…", partial(self._sick, uid))
            menu.addAction(
                "Ask for a swap…", lambda: SwapRequestForm(self._desk, shift, self).ask()
            )
            menu.addAction("Remove the officer", partial(self.roster_actions.give, uid, None))
        menu.addAction("Split…", lambda: SplitShiftForm(self._desk, shift, self).ask())
        menu.addAction("Unlock" if shift.locked else "Lock", partial(self.roster_actions.lock, uid))
        menu.addAction("Cancel the shift", partial(self.roster_actions.cancel, uid))
        return menu

    def _sick(self, uid: str) -> None:
        self.selection.choose_shift(uid)
        self.roster_actions.call_out_officer(uid)

    def _open_menu(self, uid: str, at: QPoint) -> None:
        if self._desk.may_edit():
            self.menu_of(uid).popup(at)

    def _drop(self, kind: str, what: str, uid: str) -> None:
        if kind == OFFICER_MIME:
            self.roster_actions.give(uid, what)
        else:
            self.roster_actions.trade(what, uid)

    def _may_take(self, officer: str, uid: str) -> bool:
        session = self._desk.session
        project = session.project
        if officer not in project.officers or uid not in project.shifts:
            return False
        if session.explain_denied_edit():
            return False
        return all(
            one.level is not Enforcement.BLOCK
            for one in find_assignment_violations(project, uid, officer)
        )

    def _mark_fits(self) -> None:
        """Show which shifts of the week the chosen officer could take."""
        project, officer = self._desk.session.project, self.selection.officer
        fits: dict[str, str] = {}
        if officer is not None and officer in project.officers:
            for cell in self.model.board.cells.values():
                uid = cell.shift.uid
                if cell.shift.officer == officer or cell.shift.locked:
                    continue
                against = [
                    o
                    for o in find_assignment_violations(project, uid, officer)
                    if o.level.is_blocking
                ]
                soft = all(one.level is Enforcement.OVERRIDE for one in against)
                fits[uid] = FITS if not against else WITH_REASON if soft else NOT
        self.model.set_eligibility(fits)

    def _show_page(self, some: bool) -> None:
        project = self._desk.session.project
        if self._shown == _MONTH and project.shifts:
            page: QWidget = self.month
        elif some or (self._shown == _OFFICERS and project.officers):
            page = self.week
        else:
            self.empty.say(has_officers=bool(project.officers))
            page = self.empty
        self.pages.setCurrentWidget(page)
        self.setFocusProxy(page)  # rather than a button that would act

    def _connect(self) -> None:
        self.model.dropped.connect(self._drop)
        self.model.given.connect(self.roster_actions.give)
        self.week.free_opened.connect(self._open_free_day)
        self.week.chosen.connect(self.selection.choose_shift)
        self.week.opened.connect(self._open_menu)
        self.week.cleared.connect(lambda uid: self.roster_actions.give(uid, None))
        self.week.day_chosen.connect(self.selection.show_day)
        self.month.day_chosen.connect(self.selection.show_day)
        self.month.day_opened.connect(lambda _day: self.by_week.setChecked(True))
        self.refresh_on(self.selection.week_changed, self._desk.bridge.changed)
        self._desk.bridge.logged.connect(self._hear)
        self.selection.day_changed.connect(self._show_day)
        self.selection.officer_changed.connect(self._mark_fits)
        self.selection.shift_changed.connect(lambda: self.week.choose(self.selection.shift))

    def _hear(self, _entries: object) -> None:
        """A training that was logged is among what is said of an officer."""
        if self._shown == _OFFICERS:
            self.mark_stale()

    def _show_day(self) -> None:
        """Mark the day on both boards; the map follows while the board is shown."""
        day = self.selection.day
        self.model.mark_day(day)
        if day in self.month.counts and day.month == self.month.month.month:
            self.month.choose(day)
        elif self._shown == _MONTH:
            self.mark_stale()
        if self.isVisible():
            self._desk.bridge.set_last_day(day)

    def _lay_out(self) -> None:
        icons = self._desk.icons
        self.earlier, self.later = (
            _tool("Earlier", icons("previous")),
            _tool("Later", icons("next")),
        )
        for arrow, step in ((self.earlier, -1), (self.later, 1)):
            arrow.clicked.connect(partial(self._turn_by, step))
        today = _push("Today", lambda: self.selection.show_day(self._desk.session.today))
        self.propose = _push("Propose…", self.roster_actions.ask_propose)
        self.propose.setIcon(icons("propose"))
        self.copying, self.finishing = (
            QAction("Copy last week", self),
            QAction("Post week", self),
        )
        self.copying.triggered.connect(self.roster_actions.copy_week)
        self.finishing.triggered.connect(self.roster_actions.finalize)
        self.copy, self.final = ActionButton(self.copying), ActionButton(self.finishing)
        for action in (self.copy, self.final):
            _compact(action)
        self.more = _tool("More", icons("more"))
        self.more.setObjectName("dots")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._more_menu())
        self.by_week, self.by_officer, self.by_month = map(_push, (_UNITS, _OFFICERS, _MONTH))
        for button in (self.by_week, self.by_officer, self.by_month):
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.toggled.connect(partial(self._switch, button.text()))
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
            *(self.propose, self.copy, self.final, self.more),
            *(self.by_week, self.by_officer, self.by_month),
            self.map,
            spacing_px=GRID_PX,
            margins_px=BAR_MARGINS_PX,
        )
        make_column_layout(self, bar, (self.pages, 1), margin_px=0, spacing_px=0)

    def _more_menu(self) -> QMenu:
        menu = QMenu(self.more)
        menu.addActions([self.copying, self.finishing, self._desk.actions["board_map"]])
        menu.addSeparator()
        new = menu.addAction("New shift or event…", self.ask_shift)
        self.posts = menu.addMenu("Assignments")
        self.posts.aboutToShow.connect(self.list_posts)
        self.editing = (new, menu.addAction("Roster rules…", self.ask_rules))  # by permissions
        menu.addSeparator()
        for kind, (title, _) in ROSTER_EXPORTS.items():
            menu.addAction(f"{title}…", partial(self.roster_actions.export, kind))
        menu.addAction("Calendars by officer and unit…", self.roster_actions.export_each)
        return menu

    def _turn_by(self, step: int, _checked: bool = False) -> None:
        """Go a week or a month on or back, on the same weekday or day of the month."""
        day = self.selection.day
        if self._shown != _MONTH:
            self.selection.show_day(day + timedelta(days=7 * step))
            return
        year, month = divmod(day.year * 12 + day.month - 1 + step, 12)
        last = monthrange(year, month + 1)[1]
        self.selection.show_day(date(year, month + 1, min(day.day, last)))

    def _switch(self, shown: str, on: bool) -> None:
        if on and shown != self._shown:
            self._shown = shown
            self.refresh()

    def menu_of_free_day(self, officer: str, day: date) -> QMenu:
        """Return the open shifts of a day that an officer could take."""
        project, menu = self._desk.session.project, QMenu(self)
        free = [
            shift
            for shift in project.shifts_between(day, day)
            if shift.is_open and not shift.locked and self._may_take(officer, shift.uid)
        ]
        words = "Assign" if free else f"No open shift for {project.officers[officer].name} that day"
        menu.addAction(words).setEnabled(False)
        for shift in sorted(free, key=lambda one: (one.starts_at, one.unit)):
            give = partial(self.roster_actions.give, shift.uid, officer)
            menu.addAction(
                describe_shift(shift, project.time_zone, self._desk.session.formats), give
            )
        return menu

    def _open_free_day(self, officer: str, day: date, at: QPoint) -> None:
        if self._desk.may_edit():
            self.menu_of_free_day(officer, day).popup(at)

    def list_posts(self) -> None:
        """Offer each post to be changed or taken away, and a new one."""
        project = self._desk.session.project
        self.posts.clear()
        self.posts.addAction("New assignment…", partial(self._change_post, None))
        self.posts.addSeparator()
        for post in project.posts.values():
            one = self.posts.addMenu(_post_words(post, self._desk.session.formats))
            one.addAction("Change…", partial(self._change_post, post))
            one.addAction("Remove", partial(self.roster_actions.drop_post, post.uid))

    def _change_post(self, post: RosterPost | None) -> None:
        RosterPostForm(self._desk, post, self).ask()

    def ask_shift(self) -> None:
        """Open the form of a new shift or event."""
        form = ShiftForm(self._desk, self.selection.monday, self)
        form.added.connect(self._show_added)
        form.ask()

    def _show_added(self, uid: str) -> None:
        self.show_shift(uid)
        self.roster_actions.tell_added(uid)

    def ask_rules(self) -> None:
        """Open the rules of the roster."""
        RosterRulesForm(self._desk, self).ask()

    def show_shift(self, uid: str) -> None:
        """Turn to the week of a shift and choose it."""
        shift = self._desk.session.project.shifts.get(uid)
        if shift is not None:
            if self._shown == _MONTH:
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


class _Empty(QWidget):
    """What to do where there is nothing to show yet."""

    def __init__(self, desk: UiContext, roster_actions: RosterActions) -> None:
        super().__init__()
        self.title = make_heading_label()
        self.text = WrappedLabel()
        self.sample = push_button("Try with sample officers", do=roster_actions.sample)
        self.bring = ActionButton(desk.actions["import"], "Import officers…")
        self.propose = push_button("Propose…", do=roster_actions.ask_propose)
        line = make_row_layout(self.sample, self.bring, self.propose, None)
        rows = make_column_layout(self, None, self.title, self.text, line, spacing_px=SPACING_PX)
        rows.setContentsMargins(24, 12, 24, 12)
        rows.addStretch(2)

    def say(self, *, has_officers: bool) -> None:
        """Say what is missing and how to go on."""
        self.sample.setVisible(not has_officers)
        self.bring.setVisible(not has_officers)
        self.propose.setVisible(has_officers)
        title, text = _NO_SHIFTS if has_officers else _NO_OFFICERS
        self.title.setText(title)
        self.text.setText(text)


def _post_words(post: RosterPost, formats: LocaleFormats) -> str:
    """Name a post by unit, time and weekdays."""
    days = "".join(DAY_NAMES[at - 1][:2] for at in sorted(post.weekdays))
    title = f" {post.title}" if post.title else ""
    return f"{post.unit}{title}, {formats.span(post.starts, post.ends)}, {days}"


def _candidate_words(one: ReliefCandidate) -> str:
    knows = f", {format_count(one.served, 'shift')} there" if one.served else ""
    return f"{one.officer.name}   {one.place.reason}{knows}"


def _push(text: str, do: Callable[[], object] | None = None) -> QPushButton:
    button = compact_button(text, do=do)
    _compact(button)
    return button


def _compact(button: QPushButton) -> None:
    button.setProperty("compact", True)
    button.setMinimumHeight(_BUTTON_PX)


def _tool(name: str, icon: QIcon) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon)
    button.setAutoRaise(True)
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button
