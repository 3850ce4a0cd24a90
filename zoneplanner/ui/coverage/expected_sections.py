"""The sections of the expected-response panel: conditions, units on duty, and best moves."""

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
from zoneplanner.messages import Message, MessageFormats
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
    make_hiding_note,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.layout.layouts import FlowLayout
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, paint_swatch
from zoneplanner.ui.widgets.style.value_text import MINUS_SIGN, format_share

_BAR_HEIGHT_PX, _SWATCH_PX, _RADIUS_PX = 21, 12, 3
_NAME_WIDTH_PX, _FIGURE_WIDTH_PX = 44, 60
_TRACK_ALPHA = 0.14
_HINT = "Click a unit to take it off duty"
_TIP = (
    "The share of each unit’s time spent on calls: the drive and the time on scene. Click a unit "
    "to take it off duty, and click again to bring it back. Point to a unit to see what it reaches."
)


class _UnitBar(QAbstractButton):
    """A unit, checked while on duty; ``pointed`` carries whether the pointer is on it."""

    pointed = Signal(bool)

    def __init__(self, unit: str, description: str, color: int | None) -> None:
        super().__init__()
        self.unit, self._description, self._color = unit, description, color
        self._utilization: float | None = None
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_state(None, on_duty=True)

    def show_state(self, utilization: float | None, *, on_duty: bool) -> None:
        """Show the unit's utilization, or that it is off duty."""
        self._utilization = utilization
        self.setChecked(on_duty)
        busy = f"busy with calls {format_share(utilization, 0)} of its time"
        state = f"{self._description}: {busy if on_duty else 'off duty'}"
        self.setAccessibleName(state)
        self.setToolTip(f"{state}. Click to {'take it off duty' if on_duty else 'bring it back'}.")
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of one line."""
        return QSize(_NAME_WIDTH_PX + _FIGURE_WIDTH_PX + 80, _BAR_HEIGHT_PX)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Report that the pointer entered."""
        self.pointed.emit(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Report that the pointer left."""
        self.pointed.emit(False)
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw swatch, name, bar and figure."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        palette, on_duty = self.palette(), self.isChecked()
        rect = QRectF(self.rect())
        muted_text = palette.color(QPalette.ColorRole.PlaceholderText)
        text_color = palette.color(QPalette.ColorRole.Text) if on_duty else muted_text
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse() or self.hasFocus():
            hover_color = QColor(palette.color(QPalette.ColorRole.Accent))
            hover_color.setAlphaF(0.1)
            painter.setBrush(hover_color)
            painter.drawRoundedRect(rect, _RADIUS_PX, _RADIUS_PX)
        color = QColor(muted_text if self._color is None else zone_color(self._color))
        swatch = QRectF(GRID_PX, (rect.height() - _SWATCH_PX) / 2, _SWATCH_PX, _SWATCH_PX)
        if on_duty and self._color is not None:
            paint_swatch(painter, swatch, self._color, palette)
        else:
            painter.setPen(Qt.PenStyle.NoPen if on_duty else color)
            painter.setBrush(color if on_duty else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(swatch, _RADIUS_PX, _RADIUS_PX)
        painter.setPen(text_color)
        left = swatch.right() + SPACING_PX
        painter.drawText(rect.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.unit)
        figure = format_share(self._utilization, 0) if on_duty else "off duty"
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(rect.adjusted(0, 0, -GRID_PX, 0), flags, figure)
        name_px = QFontMetricsF(painter.font()).horizontalAdvance(self.unit) + SPACING_PX
        left += max(_NAME_WIDTH_PX, name_px)
        track = QRectF(left, rect.height() / 2 - 4, rect.width() - left - _FIGURE_WIDTH_PX, 8)
        track_color = QColor(palette.color(QPalette.ColorRole.Text))
        track_color.setAlphaF(_TRACK_ALPHA if on_duty else _TRACK_ALPHA / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(track_color)
        painter.drawRoundedRect(track, 4, 4)
        if on_duty and self._utilization is not None:
            painter.setBrush(color)
            track.setWidth(max(2.0, track.width() * min(1.0, self._utilization)))
            painter.drawRoundedRect(track, 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(palette.color(QPalette.ColorRole.Accent))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)


class UnitUtilizationBars(QWidget):
    """A bar for each unit; a click on it takes the unit off duty or brings it back.

    ``units_off_changed`` carries the units off duty; ``pointed`` carries a unit, or "".
    """

    units_off_changed = Signal(object)
    pointed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.bars: dict[str, _UnitBar] = {}
        self._body = QWidget()
        self._lines = make_column_layout(self._body, margin_px=0, spacing_px=0)
        hint = make_muted_label(_HINT)
        hint.setToolTip(_TIP)
        make_column_layout(self, hint, self._body, None, margin_px=0, spacing_px=GRID_PX)

    @property
    def units_off(self) -> tuple[str, ...]:
        """The units that are off duty."""
        return tuple(unit for unit, bar in self.bars.items() if not bar.isChecked())

    def show_units(
        self, units: Mapping[str, tuple[str, int | None]], utilization: Mapping[str, float]
    ) -> None:
        """Show units, each with a description and color, and the utilization of those on duty."""
        if tuple(units) != tuple(self.bars):
            clear_layout(self._lines)
            self.bars = {unit: _UnitBar(unit, *details) for unit, details in units.items()}
            for unit, bar in self.bars.items():
                self._lines.addWidget(bar)
                bar.clicked.connect(lambda _=False: self.units_off_changed.emit(self.units_off))
                bar.pointed.connect(lambda on, u=unit: self.pointed.emit(u if on else ""))
        for unit, bar in self.bars.items():
            bar.show_state(utilization.get(unit), on_duty=unit in utilization)


_SEARCH_TIP = (
    "Search for zones with a shorter expected response, starting from this plan and within its "
    "rules. The best result becomes one step that you can undo."
)


class NextMoveList(QWidget):
    """Up to three moves; ``chosen`` carries one to make, ``pointed`` a site or None."""

    chosen = Signal(object)
    pointed = Signal(object)

    def __init__(self, search: Callable[[], object]) -> None:
        super().__init__()
        self.status, self.search_result = make_muted_label(), make_hiding_note()
        self.cards: list[_MoveCard] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID_PX)
        self.search = push_button("Reduce response time…", _SEARCH_TIP, search)
        title, button_row = (
            make_section_label("Best next moves"),
            make_row_layout(self.search, None),
        )
        parts = (title, self.status, self._rows, button_row, self.search_result, None)
        make_column_layout(self, *parts, margin_px=0, spacing_px=GRID_PX)

    def show_moves(
        self,
        outlook: ResponseOutlook | None,
        *,
        editable: bool,
        formats: MessageFormats | None = None,
    ) -> None:
        """Show the moves of an outlook, or with None that they are being scored."""
        clear_layout(self._rows)
        self.cards = []
        text = "Scoring every move…" if outlook is None else _describe_scoring(outlook)
        self.status.setText(str(text))
        self.search.setEnabled(editable)
        if outlook is None:
            return
        for move in outlook.moves:
            card = _MoveCard(outlook.state.project, move, editable=editable, formats=formats)
            card.button.clicked.connect(lambda _=False, move=move: self.chosen.emit(move))
            card.pointed.connect(self.pointed)
            self.cards.append(card)
            self._rows.addWidget(card)

    def show_search_result(self, text: str) -> None:
        """Show the result of the search."""
        self.search_result.setText(text)


class _MoveCard(OfferCard):
    """A move with its gain and the rule it would break; ``pointed`` carries its site or None."""

    pointed = Signal(object)

    def __init__(
        self, project: Project, move: NextMove, *, editable: bool, formats: MessageFormats | None
    ) -> None:
        self._site = move.site
        title = f"{project.sites[move.site].name} to {move.zone}"
        broken = move.breaks.say(formats) if move.breaks else ""
        self.button = compact_button("Move", broken)
        self.button.setAccessibleName(f"Move {title}")
        self.button.setEnabled(editable and not broken)
        self.words = WrappedLabel(f"{title}: {_describe_gain(move)}")
        breaks = [make_muted_label(f"Breaks a rule: {broken}")] if broken else []
        super().__init__(make_row_layout((self.words, 1), self.button), *breaks)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Highlight the site on the map."""
        self.pointed.emit(self._site)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Remove the highlight."""
        self.pointed.emit(None)
        super().leaveEvent(event)


def _describe_gain(move: NextMove) -> Message:
    """Return a move's gain in words."""
    points = 100 * move.share_gained
    shown = f"{MINUS_SIGN if points < 0 else '+'}{abs(points):.1f}"
    return Message("move_gain", gain_min=move.gain_min, points=shown)


def _describe_scoring(outlook: ResponseOutlook) -> Message:
    """Return how many moves were scored and how many reduce response time."""
    if outlook.unscored:
        return Message("moves_scored.too_many", n=outlook.unscored)
    if not outlook.gaining:
        return Message("moves_scored.none", n=outlook.tried)
    breaking = ".breaking" if all(move.breaks for move in outlook.moves) else ""
    return Message(f"moves_scored{breaking}", n=outlook.tried, gaining=outlook.gaining)


_IDLE_PLACES = {"visits": "At their visits", "posts": "At their posts"}
_QUEUE_MODELS = {"loss": "Patrol answers", "infinite": "Calls wait"}
_AID_TEXTS = {
    None: "As allowed for each unit",
    MutualAid.NEVER: "Nobody helps",
    MutualAid.URGENT: "Others help on urgent calls",
    MutualAid.ALWAYS: "Others help on all calls",
}


class ExpectedConditionsBar(QWidget):
    """The fields for the conditions; ``changed`` is emitted for each change."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        weekdays = dict(enumerate(SCHOOL_WEEKDAYS, 1))
        self.weekday = _make_box("Weekday", {None: "Any day", **weekdays})
        self.weekday.setToolTip("Calls on this weekday; an early release shortens the day.")
        windows = {window: str(window) for window in BellWindow}
        self.bell_window = _make_box("Bell window", {None: "All day", **windows})
        self.bell_window.setToolTip("Calls in this part of the school day, from the log.")
        self.target = make_decimal_box(1.0, 60.0, RESPONSE_TARGET_MIN, digits=1, suffix=" min")
        self.target.setAccessibleName("Target")
        self.target.setToolTip("The target for turnout and travel in minutes.")
        self.idle_place = _make_box("Where units are between calls", _IDLE_PLACES)
        self.queue = _make_box("When no unit is free", _QUEUE_MODELS)
        self.queue.setToolTip("What happens to a call when no unit is free.")
        self.aid = QToolButton()
        self.aid.setText("Mutual aid")
        self.aid.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.aid.setToolTip("When units that may not be primary in a jurisdiction help there.")
        self._menu = QMenu(self.aid)
        self.aid.setMenu(self._menu)
        self._mutual_aid: dict[str, MutualAid | None] = {}
        self._listed_jurisdictions: tuple[str, ...] = ()
        layout = FlowLayout(self)
        layout.add_named("&When", self.weekday)
        layout.addWidget(self.bell_window)
        layout.add_named("&Within", self.target)
        for field in (self.idle_place, self.queue, self.aid):
            layout.addWidget(field)
        for box in (self.weekday, self.bell_window, self.idle_place, self.queue):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.target.valueChanged.connect(lambda _: self.changed.emit())

    def conditions(self, calls: CallDemand) -> ResponseConditions:
        """Return the conditions that the fields contain, with all units on duty."""
        window = self.bell_window.currentData()
        when = WeekTime(self.weekday.currentData(), None if window is None else BellWindow(window))
        return ResponseConditions(
            idle_place=self.idle_place.currentData(),
            mutual_aid={key: aid for key, aid in self._mutual_aid.items() if aid is not None},
            urgent_share=calls.urgent_share,
            queue=self.queue.currentData(),
            calls_per_h=calls.by_site(when),
            window=when.window,
        )

    def show_jurisdictions(self, project: Project, present: set[str | None]) -> None:
        """Offer mutual aid for the jurisdictions that contain sites."""
        keys = tuple(key for key in project.jurisdictions if key in present)
        if keys == self._listed_jurisdictions:
            return
        self._listed_jurisdictions = keys
        self._menu.clear()
        for key in keys:
            submenu = self._menu.addMenu(project.jurisdictions[key].name)
            group = QActionGroup(submenu)
            for aid, text in _AID_TEXTS.items():
                action = QAction(text, group)
                action.setCheckable(True)
                action.setChecked(self._mutual_aid.get(key) is aid)
                action.triggered.connect(lambda _=False, k=key, a=aid: self.set_mutual_aid(k, a))
                submenu.addAction(action)

    def set_mutual_aid(self, jurisdiction: str, aid: MutualAid | None) -> None:
        """Set when other units help in a jurisdiction; None means as units are allowed to."""
        self._mutual_aid[jurisdiction] = aid
        count = sum(each is not None for each in self._mutual_aid.values())
        self.aid.setText(f"Mutual aid ({count})" if count else "Mutual aid")
        self.changed.emit()


def _make_box(name: str, texts: Mapping[Any, str]) -> ChoiceBox:
    capitalized = {key: text[:1].upper() + text[1:] for key, text in texts.items()}
    box = make_choice_box(capitalized, name=name)
    box.setToolTip(f"{name}.")
    return box
