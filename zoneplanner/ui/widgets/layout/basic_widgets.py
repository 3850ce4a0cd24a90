"""Basic widgets: labels, buttons, lazy panels and the order of Tab."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QSize, Qt, SignalInstance
from PySide6.QtGui import (
    QAction,
    QEnterEvent,
    QFocusEvent,
    QIcon,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QBoxLayout,
    QDateTimeEdit,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    ICON_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    make_heading_font,
    make_strong_font,
    set_style_state,
)


def set_tab_order(*parts: QWidget) -> None:
    """Let Tab go through these parts in their order, and through each one's own from its first."""
    stops = [stop for part in parts for stop in _stops(part)]
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def find_main_stop(part: QWidget) -> QWidget | None:
    """Return where Tab stops first in a part that is shown, but for a button that would act.

    A key that was meant for what is gone is to do nothing there. A part may name another stop, its
    focus proxy.
    """
    named = part.focusProxy()
    if named is not None and named.isVisible() and named.isEnabled():
        return named
    stops = [one for one in _stops(part) if one.isVisible() and one.isEnabled()]
    quiet = [one for one in stops if not isinstance(one, QPushButton)]
    return next(iter((*quiet, *stops)), None)


def _stops(part: QWidget) -> list[QWidget]:
    """Return what takes the focus by Tab: the part itself, else what is in it."""
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return [part]
    return [widget for widget in part.findChildren(QWidget) if _stops_in(part.window(), widget)]


def _stops_in(window: QWidget, widget: QWidget) -> bool:
    """Tell whether Tab stops at a widget of a window; lists that drop down are windows too."""
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.window() is window


LayoutPart = QWidget | QLayout | tuple[QWidget | QLayout, int] | int | None
"""What stands in a row or column: a widget or layout, one with its share of the room that is left,
a number of pixels to leave free, or None for the room that is left."""


class LazyPanel(QWidget):
    """Connect signals to ``renew``; ``refresh`` runs at once while shown, else when next shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stale = True

    def refresh_on(self, *signals: SignalInstance) -> None:
        """Read anew, while shown or when next shown, once one of these signals comes."""
        for signal in signals:
            signal.connect(self.mark_stale)

    def refresh(self) -> None:
        """Read anew what the panel shows."""
        raise NotImplementedError

    def mark_stale(self, *_: object) -> None:
        """Something changed that the panel shows."""
        self._stale = True
        if self.isVisible():
            self._read()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed meanwhile."""
        if self._stale:
            self._read()
        super().showEvent(event)

    def _read(self) -> None:
        self._stale = False
        self.refresh()


class LazyBodyPanel(QWidget):
    """A panel whose content is made when it is first seen or asked for."""

    def __init__(self, make: Callable[[], QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._rows = make_column_layout(self)
        self._body: QWidget | None = None

    @property
    def body(self) -> Any:
        """All that is in the panel."""
        if self._body is None:
            self._body = self._make()
            self._rows.addWidget(self._body)
        return self._body

    def showEvent(self, event: QShowEvent) -> None:
        """Make what is in the panel when it is first seen."""
        self.body.show()
        super().showEvent(event)


TEXT_INSET_PX = 5


_LONG_WORD = re.compile(r"\w{24}(?=\w)")
_MAY_BREAK = "\u200b"
_AROUND_TEXT_PX, _AROUND_LEAST_PX, _SHORT_HINT = 16, 24, "Filter…"


class PlainTextLabel(QLabel):
    """A label of plain text: what people write in names and notes is no markup.

    A word that is longer than a card is wide may break anywhere, or it would push the card apart.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text."""
        self._told = text
        super().setText(_LONG_WORD.sub(rf"\g<0>{_MAY_BREAK}", text))

    def text(self) -> str:
        """Return the text as it was given."""
        return self._told


class WrappedLabel(PlainTextLabel):
    """A label whose text breaks into lines and can be selected while the pointer is on it.

    Qt lays out a selectable text as a document of its own, three times as slow; cards that each
    key fills anew hold dozens of them. Where a click is meant for what is below, it is not
    ``selectable``. A selectable one always takes the focus of a click, since Qt orders the keys of
    a form by it.
    """

    def __init__(self, text: str = "", *, selectable: bool = True) -> None:
        super().__init__(text)
        self._selectable = selectable
        self._rest()
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Let the text be selected and copied."""
        if self._selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Be plain again, unless something is selected."""
        if not self.hasSelectedText():
            self._rest()
        super().leaveEvent(event)

    def _rest(self) -> None:
        policy = Qt.FocusPolicy.ClickFocus if self._selectable else Qt.FocusPolicy.NoFocus
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setFocusPolicy(policy)


def make_heading_label(text: str = "") -> QLabel:
    """A label in the heading size."""
    label = WrappedLabel(text)
    label.setFont(make_heading_font())
    return label


def make_dialog_title(text: str) -> QLabel:
    """The title in a dialog on macOS, whose sheets have none; elsewhere the frame has it."""
    label = make_heading_label(text)
    label.setVisible(sys.platform == "darwin")
    return label


def make_section_label(text: str, *, selectable: bool = True) -> QLabel:
    """A label above a group of rows."""
    label = WrappedLabel(text, selectable=selectable)
    label.setFont(make_strong_font())
    return label


def make_muted_label(text: str = "", *, selectable: bool = True) -> QLabel:
    """A label that stands back; its color follows the theme."""
    label = WrappedLabel(text, selectable=selectable)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


class Banner(QFrame):
    """A band above the map, as high as its text needs at the width that it has.

    Qt asks for the height of the text at its narrowest, which would push the tables together and
    leave them so.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Return the height that is needed now."""
        least = super().minimumSizeHint()
        return QSize(least.width(), max(0, self.heightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class MessageBanner(Banner):
    """A band with a sign, a sentence and buttons at its right."""

    def __init__(
        self,
        icons: Callable[..., QIcon],
        *buttons: QPushButton,
        icon: str,
        role: str = "accent",
        name: str,
    ) -> None:
        super().__init__()
        self._icons, self._icon, self._role = icons, icon, role
        self.setObjectName("band")
        self.setAccessibleName(name)
        self._sign, self.text = QLabel(), WrappedLabel()
        margins_px = (PANEL_MARGIN_PX, GRID_PX, SPACING_PX, GRID_PX)
        make_row_layout(self._sign, (self.text, 1), *buttons, parent=self, margins_px=margins_px)
        self.paint_sign()

    def paint_sign(self) -> None:
        """Take the sign in the colors of the present theme."""
        self._sign.setPixmap(self._icons(self._icon, self._role).pixmap(ICON_PX, ICON_PX))

    def show_text(self, text: str) -> None:
        """Say a sentence, to a screen reader too."""
        self.text.setText(text)
        self.setAccessibleDescription(text)
        self.paint_sign()


class OfferCard(QFrame):
    """A framed card: what is offered, and the buttons that take it."""

    def __init__(self, *parts: LayoutPart) -> None:
        super().__init__()
        self.setObjectName("offer")
        make_column_layout(self, *parts, margin_px=SPACING_PX, spacing_px=GRID_PX)


def pass_focus(whole: QWidget, field: QWidget) -> None:
    """Let a field have the focus of what it is a part of, by the letter of its label too."""
    whole.setFocusPolicy(field.focusPolicy())
    whole.setFocusProxy(field)


@contextmanager
def hold_layout(widget: QWidget) -> Iterator[None]:
    """Let parts of a long column come, go and change without laying it out for each of them.

    Qt lays out all that is around a part at once where it is shown.
    """
    layout = widget.layout()
    if layout is None or not layout.isEnabled():
        yield
        return
    layout.setEnabled(False)
    try:
        yield
    finally:
        layout.setEnabled(True)


def settle_scroll_area(widget: QWidget) -> None:
    """Lay out at once what scrolls a widget, from within: each part learns what that in it needs.

    What was unfolded a moment ago has no room yet; Qt would give it some with its next events.
    """
    area = find_scroll_area(widget)
    held = widget.parentWidget()
    while area is not None and held is not None and held is not area.widget():
        if (layout := held.layout()) is not None:
            layout.activate()
        held = held.parentWidget()
    if isinstance(area, _ScrolledColumn):
        area.fit_height()


def show_in_scroll_area(*widgets: QWidget) -> None:
    """Scroll what holds the widgets so that each is seen, the last one where not all have room.

    Of one that is higher than the room its beginning is seen; Qt would show its middle.
    """
    area = find_scroll_area(widgets[-1])
    content = area.widget() if area is not None else None
    if area is not None and content is not None:
        settle_scroll_area(widgets[-1])
        for widget in widgets:
            if widget.height() <= area.viewport().height():
                area.ensureWidgetVisible(widget, 0, SPACING_PX)
            else:
                top = widget.mapTo(content, QPoint(0, 0)).y()
                area.verticalScrollBar().setValue(top - SPACING_PX)


def find_scroll_area(widget: QWidget) -> QScrollArea | None:
    """Return the area that scrolls a widget, if any."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    return area


def make_link_button(text: str, on_click: Callable[[], object]) -> QToolButton:
    """A flat button that reads as a link and is reached by Tab."""
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setObjectName("link")
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.clicked.connect(lambda _=False: on_click())
    return button


def push_button(text: str, tip: str = "", do: Callable[[], object] | None = None) -> QPushButton:
    """A framed button that Enter in a dialog does not press."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setToolTip(tip)
    if do is not None:
        button.clicked.connect(lambda _=False: do())
    return button


def compact_button(text: str, tip: str = "", do: Callable[[], object] | None = None) -> QPushButton:
    """A low button of a bar or card; Enter in a dialog does not press it."""
    button = push_button(text, tip, do)
    button.setProperty("compact", True)
    return button


def make_action_tool_button(
    action: QAction,
    style: Qt.ToolButtonStyle = Qt.ToolButtonStyle.ToolButtonTextBesideIcon,
) -> QToolButton:
    """A tool button that does an action and looks as it does; without one that may not be done."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(style)

    def follow() -> None:
        if not action.isVisible():
            button.hide()

    action.changed.connect(follow)
    follow()  # shown without a parent it would be a window of its own
    return button


class _FilterField(QLineEdit):
    """A field whose hint is one word where it would be cut."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self.setPlaceholderText(hint)
        least_px = self.fontMetrics().horizontalAdvance(_SHORT_HINT) + _AROUND_LEAST_PX
        self.setMinimumWidth(least_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        fits = self.fontMetrics().horizontalAdvance(self._hint) <= self.width() - _AROUND_TEXT_PX
        self.setPlaceholderText(self._hint if fits else _SHORT_HINT)


def make_filter_field(name: str, hint: str, on_text: Callable[[str], object]) -> QLineEdit:
    """A line of words that a list is narrowed by; a screen reader says its name."""
    field = _FilterField(hint)
    field.setAccessibleName(name)
    field.setClearButtonEnabled(True)
    field.textChanged.connect(on_text)
    return field


class ActionButton(QPushButton):
    """A framed button that does an action and follows its icon, tip, state and text.

    With a ``text`` of its own it keeps that. A filled one has no icon, which would be dark on dark.
    """

    def __init__(self, action: QAction, text: str = "") -> None:
        super().__init__()
        self._action, self._own_text = action, text
        self.setIconSize(QSize(ICON_PX + GRID_PX, ICON_PX))  # free room beside the widest icons
        self.setAutoDefault(False)
        self.clicked.connect(self._do)
        action.changed.connect(self._follow)
        self._follow()

    def setDefault(self, default: bool) -> None:
        """Fill it, or leave it framed."""
        super().setDefault(default)
        self._follow()

    def _do(self) -> None:
        self._action.trigger()
        self._follow()

    def _follow(self) -> None:
        action = self._action
        self.setText(self._own_text or action.iconText())
        self.setIcon(QIcon() if self.isDefault() else action.icon())
        self.setToolTip(action.toolTip())
        self.setEnabled(action.isEnabled())
        self.setCheckable(action.isCheckable())
        self.setChecked(action.isChecked())
        if not action.isVisible():
            self.hide()


def add_spin_arrows(field: QAbstractSpinBox) -> QAbstractSpinBox:
    """Give a field the program's own arrows, which read on light and dark ground."""
    if not isinstance(field, QDateTimeEdit):  # a style sheet leaves its text no margin
        field.lineEdit().setTextMargins(TEXT_INSET_PX, 0, 0, 0)
    return field


_SURELY_SCROLLED = 4
"""So many times its room, and no column has it without the bar either, however its texts wrap."""


class _ScrolledColumn(QScrollArea):
    """Scrolls up and down only, so it is never narrower than its content and the scroll bar.

    Texts that wrap ask for the height that they have at their narrowest, and a bar stood beside a
    column that all fits: where the layout knows its height at a width, that counts alone.
    """

    def __init__(self, content: QWidget, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._content = content
        self.setWidget(content)
        self._stop_at(0, 0)
        self.verticalScrollBar().rangeChanged.connect(self._stop_at)

    def _stop_at(self, first: int, last: int) -> None:
        """Let Tab stop here where keys scroll something."""
        scrolls = last > first
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if scrolls else Qt.FocusPolicy.ClickFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show by the scroll bar that keys scroll this column."""
        super().focusInEvent(event)
        by_key = event.reason() != Qt.FocusReason.MouseFocusReason
        set_style_state(self.verticalScrollBar(), "keyed", value=by_key)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they no longer do."""
        super().focusOutEvent(event)
        set_style_state(self.verticalScrollBar(), "keyed", value=False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look anew how high the content is when something in it came, went or changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit_height()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look anew how high the content is at another width."""
        super().resizeEvent(event)
        self.fit_height()

    def fit_height(self) -> None:
        """Make the content as high as its layout needs at the width that it has."""
        layout, room, high = self._content.layout(), self.contentsRect(), 0
        if layout is not None and layout.hasHeightForWidth():
            bar_px = self.verticalScrollBar().sizeHint().width()
            high = layout.totalHeightForWidth(room.width() - bar_px)
            # a layout remembers one width: a hundred cards would be measured anew for each of two
            if high <= _SURELY_SCROLLED * room.height():
                unbarred = layout.totalHeightForWidth(room.width())
                high = unbarred if unbarred <= room.height() else high
        if self._content.minimumHeight() != high:
            self._content.setMinimumHeight(high)
            QCoreApplication.sendEvent(self, QEvent(QEvent.Type.LayoutRequest))
            if layout is not None:
                layout.activate()

    def minimumSizeHint(self) -> QSize:
        """Ask for the least width of the content."""
        bar = self.verticalScrollBar().sizeHint().width()
        wide = self._content.minimumSizeHint().width() + bar
        return QSize(wide, super().minimumSizeHint().height())


def wrap_in_scroll_area(
    content: QWidget, name: str = "", parent: QWidget | None = None
) -> QScrollArea:
    """Put a column into a frame that scrolls up and down only; a screen reader says its name."""
    area = _ScrolledColumn(content, parent)
    area.setAccessibleName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


class ElidedLabel(PlainTextLabel):
    """A line that gives way to its room; the whole of it is told on hovering."""

    def __init__(self) -> None:
        super().__init__()
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_full_text(self, text: str) -> None:
        """Show a text."""
        self.setText(text)
        self.setToolTip(escape_tooltip(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much of the text as there is room for."""
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            right = Qt.TextElideMode.ElideRight
            room = self.contentsRect()
            shown = self.fontMetrics().elidedText(self.text(), right, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)


def add_layout_parts(layout: QBoxLayout, parts: Iterable[LayoutPart]) -> None:
    """Add parts to a row or column in their order."""
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        else:
            item, share = part if isinstance(part, tuple) else (part, 0)
            if isinstance(item, QLayout):
                layout.addLayout(item, share)
            else:
                layout.addWidget(item, share)


def make_row_layout(
    *parts: LayoutPart,
    parent: QWidget | None = None,
    spacing_px: int = SPACING_PX,
    margins_px: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> QHBoxLayout:
    """Lay parts out beside each other, from the left."""
    layout = QHBoxLayout()
    if parent is not None:
        parent.setLayout(layout)
    layout.setContentsMargins(*margins_px)
    layout.setSpacing(spacing_px)
    add_layout_parts(layout, parts)
    return layout


def make_column_layout(
    parent: QWidget, *parts: LayoutPart, margin_px: int = 12, spacing_px: int = 8
) -> QVBoxLayout:
    """Give a widget a column with the house's margins."""
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(margin_px, margin_px, margin_px, margin_px)
    layout.setSpacing(spacing_px)
    add_layout_parts(layout, parts)
    return layout


def clear_layout(layout: QLayout) -> None:
    """Take all widgets out of a row, column or grid."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


class FactRows(QWidget):
    """Rows of a name and a value; a row without a value is hidden."""

    def __init__(self, names: dict[str, str], tips: dict[str, str] | None = None) -> None:
        super().__init__()
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._rows: dict[str, tuple[QLabel, QLabel]] = {}
        for row, (key, name) in enumerate(names.items()):
            title, value = make_muted_label(name), WrappedLabel()
            title.setWordWrap(False)
            title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Minimum)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(title, row, 0, top)
            grid.addWidget(value, row, 1, top)
            for label in (title, value):
                label.setToolTip((tips or {}).get(key, ""))
            value.setAccessibleName(name)
            self._rows[key] = (title, value)

    def align_with(self, label: QWidget, gap_px: int) -> None:
        """Let the values begin where the field of a label in a form above them does."""
        names = [title for title, _ in self._rows.values()]
        wide = max(one.sizeHint().width() for one in (label, *names))
        for one in (label, *names):
            one.setMinimumWidth(wide)
        self._grid.setHorizontalSpacing(gap_px)

    def hold_lines(self) -> None:
        """Keep each value in one line."""
        for _, value in self._rows.values():
            value.setWordWrap(False)

    def set_value(self, key: str, text: str) -> None:
        """Show a row's value, or hide the row where the text is empty."""
        title, value = self._rows[key]
        value.setText(text)
        title.setVisible(bool(text))
        value.setVisible(bool(text))

    def set_values(self, **texts: str) -> None:
        """Show the values of several rows."""
        for key, text in texts.items():
            self.set_value(key, text)

    def value(self, key: str) -> str:
        """Return the text shown in a row."""
        return self._rows[key][1].text()


def escape_tooltip(text: str) -> str:
    """Return a tip that is read as it is written, also where Qt would take it for markup."""
    return GuiQt.convertFromPlainText(text) if GuiQt.mightBeRichText(text) else text
