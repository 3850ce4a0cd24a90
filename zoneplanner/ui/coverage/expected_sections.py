"""Units as bars of how busy they are; a click takes one off duty, another brings it back.

The single moves that reduce response time most, and the search that goes on from there.

Under what a response is expected: when, within which target, where units are, who helps.
"""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from zoneplanner.analysis.demand.call_demand import SCHOOL_WEEKDAYS, CallDemand, WeekTime
from zoneplanner.analysis.response_times.conditions import MutualAid, ResponseConditions
from zoneplanner.app.coverage.expected_response import NextMove, ResponseOutlook
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.tokens import zone_color
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    make_choice_box,
    make_decimal_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    OfferCard,
    WrappedLabel,
    clear_layout,
    compact_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.layout.layouts import FlowLayout
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, paint_swatch
from zoneplanner.ui.widgets.style.value_text import MINUS_SIGN, format_share

_HIGH_PX, _SWATCH_PX, _RADIUS_PX = 21, 12, 3
_NAME_PX, _FIGURE_PX = 44, 60
_GROUND_SHARE = 0.14
_ABOUT = "Click a unit to take it off duty"
_TIP = (
    "The share of each unit’s time spent on calls: the drive and the time on scene. Click a unit "
    "to take it off duty, and click again to bring it back. Point to it to see what it reaches."
)


class _UnitBar(QAbstractButton):
    """One unit: checked while it is on duty. ``pointed`` carries whether the pointer is on it."""

    pointed = Signal(bool)

    def __init__(self, unit: str, words: str, color: int | None) -> None:
        super().__init__()
        self.unit, self._words, self._color = unit, words, color
        self._busy: float | None = None
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.put(None, on_duty=True)

    def put(self, busy: float | None, *, on_duty: bool) -> None:
        """Show how busy the unit is, or that it is off duty."""
        self._busy = busy
        self.setChecked(on_duty)
        told = f"busy with calls {format_share(busy, 0)} of its time" if on_duty else "off duty"
        turn = "take it off duty" if on_duty else "bring it back"
        self.setAccessibleName(f"{self._words}: {told}")
        self.setToolTip(f"{self._words}: {told}. Click to {turn}.")
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        return QSize(_NAME_PX + _FIGURE_PX + 80, _HIGH_PX)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the pointer is here."""
        self.pointed.emit(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer has gone."""
        self.pointed.emit(False)
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw swatch, name, bar and figure."""
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        palette, on = self.palette(), self.isChecked()
        rect = QRectF(self.rect())
        muted_text = palette.color(QPalette.ColorRole.PlaceholderText)
        text = palette.color(QPalette.ColorRole.Text) if on else muted_text
        if self.underMouse() or self.hasFocus():
            ground = QColor(palette.color(QPalette.ColorRole.Accent))
            ground.setAlphaF(0.1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(rect, _RADIUS_PX, _RADIUS_PX)
        color = QColor(muted_text if self._color is None else zone_color(self._color))
        box = QRectF(GRID_PX, (rect.height() - _SWATCH_PX) / 2, _SWATCH_PX, _SWATCH_PX)
        if on and self._color is not None:
            paint_swatch(painter, box, self._color, palette)
        else:
            painter.setPen(color if not on else Qt.PenStyle.NoPen)
            painter.setBrush(color if on else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, _RADIUS_PX, _RADIUS_PX)
        painter.setPen(text)
        name = rect.adjusted(box.right() + SPACING_PX, 0, 0, 0)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, self.unit)
        metrics = QFontMetricsF(painter.font())
        right = rect.adjusted(0, 0, -GRID_PX, 0)
        told = format_share(self._busy, 0) if on else "off duty"
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, told)
        name_px = max(_NAME_PX, metrics.horizontalAdvance(self.unit) + SPACING_PX)
        start = box.right() + SPACING_PX + name_px
        track = QRectF(start, rect.height() / 2 - 4, rect.width() - start - _FIGURE_PX, 8)
        ground = QColor(palette.color(QPalette.ColorRole.Text))
        ground.setAlphaF(_GROUND_SHARE if on else _GROUND_SHARE / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(track, 4, 4)
        if on and self._busy is not None:
            painter.setBrush(color)
            track.setWidth(max(2.0, track.width() * min(1.0, self._busy)))
            painter.drawRoundedRect(track, 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(palette.color(QPalette.ColorRole.Accent))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)


class UnitUtilizationBars(QWidget):
    """A bar a unit. ``turned`` carries the units off; ``pointed`` a unit, or an empty text."""

    turned = Signal(object)
    pointed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.bars: dict[str, _UnitBar] = {}
        self._body = QWidget()
        self._lines = make_column_layout(self._body, margin_px=0, spacing_px=0)
        about = make_muted_label(_ABOUT)
        about.setToolTip(_TIP)
        make_column_layout(self, about, self._body, None, margin_px=0, spacing_px=GRID_PX)

    @property
    def off(self) -> tuple[str, ...]:
        """The units that are off duty."""
        return tuple(unit for unit, bar in self.bars.items() if not bar.isChecked())

    def show_units(
        self, units: Mapping[str, tuple[str, int | None]], busy: Mapping[str, float]
    ) -> None:
        """Show units, each with its words and color, and how busy those on duty are."""
        if tuple(units) != tuple(self.bars):
            clear_layout(self._lines)
            self.bars = {unit: _UnitBar(unit, *about) for unit, about in units.items()}
            for unit, bar in self.bars.items():
                self._lines.addWidget(bar)
                bar.clicked.connect(lambda _=False: self.turned.emit(self.off))
                bar.pointed.connect(lambda on, u=unit: self.pointed.emit(u if on else ""))
        for unit, bar in self.bars.items():
            bar.put(busy.get(unit), on_duty=unit in busy)


_SEARCH_TIP = (
    "Search for zones with a shorter expected response, starting from this plan and within its "
    "rules. The best result becomes one step that you can undo."
)


class NextMoveList(QWidget):
    """Up to three moves. ``chosen`` carries a move to make, ``pointed`` a site or None."""

    chosen = Signal(object)
    pointed = Signal(object)

    def __init__(self, search: Callable[[], object]) -> None:
        super().__init__()
        self.head, self.found = make_muted_label(), make_muted_label()
        self.found.hide()
        self.cards: list[_MoveCard] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID_PX)
        self.search = push_button("Reduce response time…", _SEARCH_TIP, search)
        title, line = make_section_label("Best next moves"), make_row_layout(self.search, None)
        parts = (title, self.head, self._rows, line, self.found, None)
        make_column_layout(self, *parts, margin_px=0, spacing_px=GRID_PX)

    def show_moves(self, outlook: ResponseOutlook | None, *, editable: bool) -> None:
        """Show the moves of an outlook; None while they are scored."""
        clear_layout(self._rows)
        self.cards = []
        self.head.setText("Scoring every move…" if outlook is None else _head_words(outlook))
        self.search.setEnabled(editable)
        if outlook is None:
            return
        for move in outlook.moves:
            card = _MoveCard(outlook.state.project, move, editable=editable)
            card.button.clicked.connect(lambda _=False, one=move: self.chosen.emit(one))
            card.pointed.connect(self.pointed)
            self.cards.append(card)
            self._rows.addWidget(card)

    def say(self, text: str) -> None:
        """Say what the search found."""
        self.found.setText(text)
        self.found.setVisible(bool(text))


class _MoveCard(OfferCard):
    """One move: what it gains, and the rule that it would break. ``pointed`` carries its site."""

    pointed = Signal(object)

    def __init__(self, project: Project, move: NextMove, *, editable: bool) -> None:
        self._site = move.site
        title = f"{project.sites[move.site].name} to {move.zone}"
        self.button = compact_button("Move", move.breaks)
        self.button.setAccessibleName(f"Move {title}")
        self.button.setEnabled(editable and not move.breaks)
        self.words = WrappedLabel(f"{title}: {_gain_words(move)}")
        breaks = [make_muted_label(f"Breaks a rule: {move.breaks}")] if move.breaks else []
        super().__init__(make_row_layout((self.words, 1), self.button), *breaks)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Point at the site on the map."""
        self.pointed.emit(self._site)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        self.pointed.emit(None)
        super().leaveEvent(event)


def _gain_words(move: NextMove) -> str:
    """Say what a move gains."""
    points = 100 * move.share_gained
    sign = MINUS_SIGN if points < 0 else "+"
    return f"{move.gain_min:.1f} min faster, {sign}{abs(points):.1f} points within the target"


def _head_words(outlook: ResponseOutlook) -> str:
    """Say how many moves were scored and how many gain."""
    if outlook.unscored:
        many = format_count(outlook.unscored, "move")
        return f"{many} are too many to score. Drag a school to try one."
    scored = f"All {format_count(outlook.tried, 'move')} scored"
    if not outlook.gaining:
        return f"{scored}: none reduces response time by even a tenth of a minute."
    free = sum(not move.breaks for move in outlook.moves)
    broken = "" if free else ", each breaking a rule"
    reduce = "reduces" if outlook.gaining == 1 else "reduce"
    return f"{scored}: {outlook.gaining} {reduce} response time{broken}."


_EVENLY = "All day"
_WAITS = {"visits": "At their visits", "posts": "At their posts"}
_QUEUES = {"loss": "Patrol answers", "infinite": "Calls wait"}
_AIDS = {
    None: "As units are allowed to assist",
    MutualAid.NEVER: "Nobody helps",
    MutualAid.URGENT: "Others help on urgent calls",
    MutualAid.ALWAYS: "Others help on all calls",
}
_LONGEST_MIN = 60.0


class ExpectedConditionsBar(QWidget):
    """Fields in a row; ``changed`` tells that one of them was."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.weekday = _box("Weekday", {None: "Any day", **dict(enumerate(SCHOOL_WEEKDAYS, 1))})
        self.weekday.setToolTip("Calls on this weekday; an early release shortens the day.")
        self.window_box = _box("Bell window", {None: _EVENLY, **{w: str(w) for w in BellWindow}})
        self.window_box.setToolTip("Calls in this part of the school day, from the log.")
        self.target = make_decimal_box(
            1.0, _LONGEST_MIN, RESPONSE_TARGET_MIN, digits=1, suffix=" min"
        )
        self.target.setAccessibleName("Target")
        self.target.setToolTip("The target for turnout and travel in minutes.")
        self.waits = _box("Where units are between calls", _WAITS)
        self.queue = _box("When no unit is free", _QUEUES)
        self.queue.setToolTip("What happens to a call when no unit is free.")
        self.aid = QToolButton()
        self.aid.setText("Mutual aid")
        self.aid.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.aid.setToolTip("When units that may not be primary in a jurisdiction help there.")
        self._menu = QMenu(self.aid)
        self.aid.setMenu(self._menu)
        self._aids: dict[str, MutualAid | None] = {}
        self._listed: tuple[str, ...] = ()
        line = FlowLayout(self)
        line.add_named("&When", self.weekday)
        line.addWidget(self.window_box)
        line.add_named("&Within", self.target)
        for field in (self.waits, self.queue, self.aid):
            line.addWidget(field)
        for box in (self.weekday, self.window_box, self.waits, self.queue):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.target.valueChanged.connect(lambda _: self.changed.emit())

    def conditions(self, calls: CallDemand) -> ResponseConditions:
        """Return what the fields say; nobody is off."""
        window = self.window_box.currentData()
        when = WeekTime(self.weekday.currentData(), None if window is None else BellWindow(window))
        return ResponseConditions(
            idle_place=self.waits.currentData(),
            mutual_aid={key: aid for key, aid in self._aids.items() if aid is not None},
            urgent_share=calls.urgent_share,
            queue=self.queue.currentData(),
            calls_per_h=calls.by_site(when),
            window=when.window,
        )

    def show_jurisdictions(self, project: Project, present: set[str | None]) -> None:
        """Offer mutual aid for the jurisdictions that hold sites."""
        listed = tuple(key for key in project.jurisdictions if key in present)
        if listed == self._listed:
            return
        self._listed = listed
        self._menu.clear()
        for key in listed:
            part = self._menu.addMenu(project.jurisdictions[key].name)
            group = QActionGroup(part)
            for aid, text in _AIDS.items():
                action = QAction(text, group)
                action.setCheckable(True)
                action.setChecked(self._aids.get(key) is aid)
                action.triggered.connect(lambda _=False, k=key, a=aid: self.help_in(k, a))
                part.addAction(action)

    def help_in(self, jurisdiction: str, aid: MutualAid | None) -> None:
        """Say when others help in a jurisdiction."""
        self._aids = {**self._aids, jurisdiction: aid}
        helped = sum(own is not None for own in self._aids.values())
        self.aid.setText(f"Mutual aid ({helped})" if helped else "Mutual aid")
        self.changed.emit()


def _box(name: str, texts: Mapping[Any, str]) -> ChoiceBox:
    capitalized = {key: text[:1].upper() + text[1:] for key, text in texts.items()}
    box = make_choice_box(capitalized, name=name)
    box.setToolTip(f"{name}.")
    return box
