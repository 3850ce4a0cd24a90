"""Basic widgets: labels, buttons, lazy panels, tab order, and constants for keys and focus."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from types import MappingProxyType
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
    QApplication,
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QMenu,
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
    Icons,
    make_heading_font,
    make_strong_font,
    set_style_state,
)

ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
OTHER_WINDOW_REASONS = (
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.PopupFocusReason,
)
"""The focus reasons if the focus moves between a field and another window or its own popup."""


def find_application() -> QApplication:
    """Return the running application."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application


def set_tab_order(*parts: QWidget) -> None:
    """Make Tab go through these parts in order, and through each part's own fields in between."""
    stops = [stop for part in parts for stop in _list_tab_stops(part)]
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def find_main_stop(part: QWidget) -> QWidget | None:
    """Return where Tab first stops in a visible part, preferably not at a button.

    A key that was meant for a widget that is gone must not press a button there. A part can name
    another stop as its focus proxy.
    """
    proxy = part.focusProxy()
    if proxy is not None and proxy.isVisible() and proxy.isEnabled():
        return proxy
    stops = [stop for stop in _list_tab_stops(part) if stop.isVisible() and stop.isEnabled()]
    return min(stops, key=lambda stop: isinstance(stop, QPushButton), default=None)


def _list_tab_stops(part: QWidget) -> list[QWidget]:
    """Return the part itself if Tab stops at it, otherwise the widgets in it where Tab stops."""
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return [part]
    return [
        widget
        for widget in part.findChildren(QWidget)
        # popup lists are children too, but windows of their own
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.window() is part.window()
    ]


LayoutPart = QWidget | QLayout | tuple[QWidget | QLayout, int] | int | None
"""An item of a row or column: a widget or layout, one of them with its stretch factor, a spacing in
pixels, or None for a stretch."""


class LazyPanel(QWidget):
    """A panel that calls ``refresh`` at once while it is visible, otherwise when it is next shown.

    Pass the signals that outdate it to ``refresh_on``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stale = True

    def refresh_on(self, *signals: SignalInstance) -> None:
        """Refresh the panel after any of these signals."""
        for signal in signals:
            signal.connect(self.mark_stale)

    def refresh(self) -> None:
        """Read the panel's data again and show it."""
        raise NotImplementedError

    def mark_stale(self, *_: object) -> None:
        """Refresh the panel now if it is visible, otherwise when it is next shown."""
        self._stale = True
        if self.isVisible():
            self._refresh_now()

    def showEvent(self, event: QShowEvent) -> None:
        """Refresh the panel if it is stale."""
        if self._stale:
            self._refresh_now()
        super().showEvent(event)

    def _refresh_now(self) -> None:
        self._stale = False
        self.refresh()


class LazyBodyPanel(QWidget):
    """A panel whose content is built when it is first shown or accessed."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        self._rows = make_column_layout(self)
        self._body: QWidget | None = None

    @property
    def body(self) -> Any:
        """The panel's content."""
        if self._body is None:
            self._body = self._make()
            self._rows.addWidget(self._body)
        return self._body

    def showEvent(self, event: QShowEvent) -> None:
        """Build the content when the panel is first shown."""
        self.body.show()
        super().showEvent(event)


TEXT_INSET_PX = 5
_LONG_WORD = re.compile(r"\w{24}(?=\w)")
_ZERO_WIDTH_SPACE = "\u200b"


class PlainTextLabel(QLabel):
    """A label of plain text: names and notes that people write are never parsed as markup.

    A very long word can break anywhere, so that it does not stretch a card.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text."""
        self._original_text = text
        super().setText(_LONG_WORD.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", text))

    def text(self) -> str:
        """Return the text without the added break points."""
        return self._original_text


class WrappedLabel(PlainTextLabel):
    """A label that wraps its text and makes it selectable while the pointer is on it.

    Qt lays out a selectable text as a separate document, which takes three times as long; cards
    that change with each key contain dozens of labels. Pass ``selectable=False`` if a click must
    reach the widget below. A selectable label always accepts the focus of a click, since Qt derives
    the tab order of a form from it.
    """

    def __init__(self, text: str = "", *, selectable: bool = True) -> None:
        super().__init__(text)
        self._selectable = selectable
        self._end_selecting()
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Make the text selectable."""
        if self._selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Make the text plain again unless some of it is selected."""
        if not self.hasSelectedText():
            self._end_selecting()
        super().leaveEvent(event)

    def _end_selecting(self) -> None:
        policy = Qt.FocusPolicy.ClickFocus if self._selectable else Qt.FocusPolicy.NoFocus
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setFocusPolicy(policy)


class HidingLabel(WrappedLabel):
    """A label that is hidden while it is empty; it gets its text once it is in a layout."""

    def setText(self, text: str) -> None:
        """Show a text, or hide the label."""
        super().setText(text)
        self.setVisible(bool(text))


def make_hiding_note() -> HidingLabel:
    """Return a label in the theme's muted color that is hidden while it is empty."""
    label = HidingLabel()
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


def make_problem_label() -> HidingLabel:
    """Return a label for what is wrong; it is hidden while it is empty."""
    label = HidingLabel()
    label.setProperty("role", "problem")
    return label


def make_heading_label(text: str = "") -> QLabel:
    """Return a label in the heading size."""
    label = WrappedLabel(text)
    label.setFont(make_heading_font())
    return label


def make_dialog_title(text: str) -> QLabel:
    """Return a dialog's title for macOS, whose sheets have no title bar; hidden elsewhere."""
    label = make_heading_label(text)
    label.setVisible(sys.platform == "darwin")
    return label


def make_section_label(text: str, *, selectable: bool = True) -> QLabel:
    """Return a label for the heading of a group of rows."""
    label = WrappedLabel(text, selectable=selectable)
    label.setFont(make_strong_font())
    return label


def make_muted_label(text: str = "", *, selectable: bool = True) -> QLabel:
    """Return a label in the theme's muted color."""
    label = WrappedLabel(text, selectable=selectable)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


class Banner(QFrame):
    """A band above the map that is as high as its text needs at its current width.

    Qt would ask for the height of the text at its narrowest, which would squeeze the tables.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Return the height for the current width."""
        hint = super().minimumSizeHint()
        return QSize(hint.width(), max(0, self.heightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height if the width changed."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class MessageBanner(Banner):
    """A band with an icon, a sentence, and buttons at the right."""

    def __init__(
        self,
        icons: Icons,
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
        """Draw the icon in the current theme's colors."""
        self._sign.setPixmap(self._icons(self._icon, self._role).pixmap(ICON_PX, ICON_PX))

    def show_text(self, text: str) -> None:
        """Show a sentence, also to screen readers."""
        self.text.setText(text)
        self.setAccessibleDescription(text)
        self.paint_sign()


class OfferCard(QFrame):
    """A framed card with an offer and the buttons that accept it."""

    def __init__(self, *parts: LayoutPart) -> None:
        super().__init__()
        self.setObjectName("offer")
        make_column_layout(self, *parts, margin_px=SPACING_PX, spacing_px=GRID_PX)


def pass_focus(whole: QWidget, field: QWidget) -> None:
    """Pass a compound widget's focus on to its field, also for the label's underlined letter."""
    whole.setFocusPolicy(field.focusPolicy())
    whole.setFocusProxy(field)


@contextmanager
def hold_layout(widget: QWidget) -> Iterator[None]:
    """Lay a long column out once after several of its parts change, not once for each part.

    Qt would lay out the surroundings of each part as soon as it is shown.
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
    """Lay out the scroll area around a widget at once, from the inside out.

    A section that was just expanded has no room yet; Qt would lay it out with its next events.
    """
    area = find_scroll_area(widget)
    parent = widget.parentWidget()
    while area is not None and parent is not None and parent is not area.widget():
        if (layout := parent.layout()) is not None:
            layout.activate()
        parent = parent.parentWidget()
    if isinstance(area, _ScrolledColumn):
        area.fit_height()


def show_in_scroll_area(*widgets: QWidget) -> None:
    """Scroll the area around the widgets to make them visible, the last one if not all fit.

    If a widget is taller than the area, its top is shown; Qt would show its middle.
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
    """Return the scroll area around a widget, or None."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    return area


def make_link_button(text: str, on_click: Callable[[], object]) -> QToolButton:
    """Return a flat button that looks like a link."""
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setObjectName("link")
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.clicked.connect(lambda _=False: on_click())
    return button


def make_tool_button(tip: str, on_click: Callable[[], object], text: str = "") -> QToolButton:
    """Return a button for a short text or an icon; screen readers read its tooltip."""
    button = QToolButton()
    button.setText(text)
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    button.clicked.connect(lambda _=False: on_click())
    return button


def make_flat_button(name: str, tip: str, on_click: Callable[[], object]) -> QToolButton:
    """Return a button without a frame for an icon."""
    button = make_tool_button(tip, on_click)
    button.setAutoRaise(True)
    button.setAccessibleName(name)
    return button


def make_option_button(text: str, tip: str = "") -> QToolButton:
    """Return a flat button that unchecks the other option buttons beside it when it is checked."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRaise(True)
    button.setCheckable(True)
    button.setAutoExclusive(True)
    return button


def make_menu_button(text: str, name: str, tip: str = "") -> QToolButton:
    """Return a button that opens its menu, which is still empty."""
    button = QToolButton()
    button.setText(text)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))
    return button


def push_button(text: str, tip: str = "", do: Callable[[], object] | None = None) -> QPushButton:
    """Return a framed button that Enter in a dialog does not press."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setToolTip(tip)
    if do is not None:
        button.clicked.connect(lambda _=False: do())
    return button


def compact_button(text: str, tip: str = "", do: Callable[[], object] | None = None) -> QPushButton:
    """Return a low button for a bar or card, which Enter in a dialog does not press."""
    button = push_button(text, tip, do)
    button.setProperty("compact", True)
    return button


def make_action_tool_button(
    action: QAction,
    style: Qt.ToolButtonStyle = Qt.ToolButtonStyle.ToolButtonTextBesideIcon,
) -> QToolButton:
    """Return a tool button for an action; it is hidden while the action is."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(style)

    def hide_with_action() -> None:
        if not action.isVisible():
            button.hide()

    action.changed.connect(hide_with_action)
    hide_with_action()  # never shows it: a button without a parent would become a window
    return button


_SHORT_HINT = "Filter…"
_HINT_MARGINS_PX, _FIELD_MARGINS_PX = 16, 24


class _FilterField(QLineEdit):
    """A field with a placeholder that is shortened to one word if it does not fit."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self.setPlaceholderText(hint)
        hint_px = self.fontMetrics().horizontalAdvance(_SHORT_HINT)
        self.setMinimumWidth(hint_px + _FIELD_MARGINS_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the whole placeholder if it fits."""
        super().resizeEvent(event)
        fits = self.fontMetrics().horizontalAdvance(self._hint) <= self.width() - _HINT_MARGINS_PX
        self.setPlaceholderText(self._hint if fits else _SHORT_HINT)


def make_filter_field(name: str, hint: str, on_text: Callable[[str], object]) -> QLineEdit:
    """Return a field for words that filter a list; screen readers read its name."""
    field = _FilterField(hint)
    field.setAccessibleName(name)
    field.setClearButtonEnabled(True)
    field.textChanged.connect(on_text)
    return field


class ActionButton(QPushButton):
    """A framed button that triggers an action and shows its icon, tip, state and text.

    ``text`` replaces the action's text. A filled button has no icon, which would be dark on dark.
    """

    def __init__(self, action: QAction, text: str = "") -> None:
        super().__init__()
        self._action, self._text = action, text
        self.setIconSize(QSize(ICON_PX + GRID_PX, ICON_PX))  # leaves a gap next to the widest icons
        self.setAutoDefault(False)
        self.clicked.connect(self._trigger)
        action.changed.connect(self._copy_action)
        self._copy_action()

    def setDefault(self, default: bool) -> None:
        """Fill the button if it is the default one."""
        super().setDefault(default)
        self._copy_action()

    def _trigger(self) -> None:
        self._action.trigger()
        self._copy_action()

    def _copy_action(self) -> None:
        action = self._action
        self.setText(self._text or action.iconText())
        self.setIcon(QIcon() if self.isDefault() else action.icon())
        self.setToolTip(action.toolTip())
        self.setEnabled(action.isEnabled())
        self.setCheckable(action.isCheckable())
        self.setChecked(action.isChecked())
        if not action.isVisible():
            self.hide()


_ALWAYS_SCROLLS = 4
"""A column higher than this many times its area needs the scroll bar, however its texts wrap."""


class _ScrolledColumn(QScrollArea):
    """A vertical scroll area that is never narrower than its content and the scroll bar.

    Wrapped texts ask for their height at their narrowest, which would show a scroll bar next to a
    column that fits. If the layout knows its height for a width, only that height counts.
    """

    def __init__(self, content: QWidget, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._content = content
        self.setWidget(content)
        self._set_tab_stop(0, 0)
        self.verticalScrollBar().rangeChanged.connect(self._set_tab_stop)

    def _set_tab_stop(self, first: int, last: int) -> None:
        """Make Tab stop here if there is something to scroll."""
        scrolls = last > first
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if scrolls else Qt.FocusPolicy.ClickFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Mark the scroll bar while keys scroll this column."""
        super().focusInEvent(event)
        by_key = event.reason() != Qt.FocusReason.MouseFocusReason
        set_style_state(self.verticalScrollBar(), "keyed", value=by_key)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Remove the mark from the scroll bar."""
        super().focusOutEvent(event)
        set_style_state(self.verticalScrollBar(), "keyed", value=False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Measure the content again after its layout changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit_height()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Measure the content again at the new width."""
        super().resizeEvent(event)
        self.fit_height()

    def fit_height(self) -> None:
        """Make the content as high as its layout needs at the current width."""
        layout, area, height = self._content.layout(), self.contentsRect(), 0
        if layout is not None and layout.hasHeightForWidth():
            bar_px = self.verticalScrollBar().sizeHint().width()
            height = layout.totalHeightForWidth(area.width() - bar_px)
            # a layout caches only one width, so measuring two widths lays a hundred cards out twice
            if height <= _ALWAYS_SCROLLS * area.height():
                height_without_bar = layout.totalHeightForWidth(area.width())
                height = height_without_bar if height_without_bar <= area.height() else height
        if self._content.minimumHeight() != height:
            self._content.setMinimumHeight(height)
            QCoreApplication.sendEvent(self, QEvent(QEvent.Type.LayoutRequest))
            if layout is not None:
                layout.activate()

    def minimumSizeHint(self) -> QSize:
        """Ask for the content's minimum width and the scroll bar."""
        bar_px = self.verticalScrollBar().sizeHint().width()
        width = self._content.minimumSizeHint().width() + bar_px
        return QSize(width, super().minimumSizeHint().height())


def wrap_in_scroll_area(
    content: QWidget, name: str = "", parent: QWidget | None = None
) -> QScrollArea:
    """Wrap a column in a vertical scroll area; screen readers read its name."""
    area = _ScrolledColumn(content, parent)
    area.setAccessibleName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


class ElidedLabel(PlainTextLabel):
    """A single line that is elided if it does not fit; the tooltip shows all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_full_text(self, text: str) -> None:
        """Show a text, and all of it in the tooltip."""
        self.setText(text)
        self.setToolTip(escape_tooltip(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much of the text as fits."""
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            area = self.contentsRect()
            elided = self.fontMetrics().elidedText(
                self.text(), Qt.TextElideMode.ElideRight, area.width()
            )
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided)


def add_layout_parts(layout: QBoxLayout, parts: Iterable[LayoutPart]) -> None:
    """Add parts to a row or column in order."""
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        else:
            item, stretch = part if isinstance(part, tuple) else (part, 0)
            if isinstance(item, QLayout):
                layout.addLayout(item, stretch)
            else:
                layout.addWidget(item, stretch)


def make_row_layout(
    *parts: LayoutPart,
    parent: QWidget | None = None,
    spacing_px: int = SPACING_PX,
    margins_px: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> QHBoxLayout:
    """Lay parts out in a row, and make it the layout of ``parent`` if there is one."""
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
    """Lay parts out in a column, and make it the parent's layout."""
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(margin_px, margin_px, margin_px, margin_px)
    layout.setSpacing(spacing_px)
    add_layout_parts(layout, parts)
    return layout


def make_grid_layout(
    parent: QWidget | None = None,
    *,
    spacings_px: tuple[int, int] = (SPACING_PX, GRID_PX),
    margins_px: tuple[int, int, int, int] = (0, 0, 0, 0),
    stretches: Mapping[int, int] = MappingProxyType({}),
) -> QGridLayout:
    """Make an empty grid, as the layout of ``parent`` if there is one.

    ``spacings_px`` are the distances between columns and between rows, and ``stretches`` the
    stretch factors by column.
    """
    grid = QGridLayout()
    if parent is not None:
        parent.setLayout(grid)
    grid.setContentsMargins(*margins_px)
    columns_px, rows_px = spacings_px
    grid.setHorizontalSpacing(columns_px)
    grid.setVerticalSpacing(rows_px)
    for column, stretch in stretches.items():
        grid.setColumnStretch(column, stretch)
    return grid


def clear_layout(layout: QLayout) -> None:
    """Delete all widgets of a row, column or grid."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


class FactRows(QWidget):
    """Rows of a name and a value; rows without a value are hidden."""

    def __init__(self, names: dict[str, str], tips: dict[str, str] | None = None) -> None:
        super().__init__()
        grid = self._grid = make_grid_layout(self, spacings_px=(12, 4), stretches={1: 1})
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
        """Align the values with the field of ``label``, which is in a form above them."""
        labels = [label, *(title for title, _ in self._rows.values())]
        width_px = max(one.sizeHint().width() for one in labels)
        for one in labels:
            one.setMinimumWidth(width_px)
        self._grid.setHorizontalSpacing(gap_px)

    def hold_lines(self) -> None:
        """Keep each value on one line."""
        for _, value in self._rows.values():
            value.setWordWrap(False)

    def set_value(self, key: str, text: str) -> None:
        """Show a row's value, or hide the row if the text is empty."""
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
    """Return a tooltip that is displayed literally, even if Qt would parse it as markup."""
    return GuiQt.convertFromPlainText(text) if GuiQt.mightBeRichText(text) else text
