"""The map and what is over it: tools, the layers popup, the selection card and the empty card."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QToolButton, QWidget

from zoneplanner.app.session.state import SessionChange
from zoneplanner.ui.map.overlays.legend import SymbolKey
from zoneplanner.ui.shell.frame.work_frame import LazyPanels
from zoneplanner.ui.shell.selection_card import CardStack
from zoneplanner.ui.shell.workspaces import MAP_PANELS, PanelContext
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    WrappedLabel,
    make_column_layout,
    make_flat_button,
    make_row_layout,
    make_section_label,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style.theme import (
    ICON_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    draw_focus_rim,
    has_keyboard_focus,
    set_style_state,
)

CARD_PX, LAYERS_PX, _EMPTY_PX = 320, 304, 360
CARD_BESIDE_FROM_PX = 1600
"""In windows at least this wide, the card is next to the map; in narrower ones, over it."""
_NARROW_MAP_PX = 2 * CARD_PX
"""A narrower map has the card over its upper half, since too little would be left at its side."""
_NOTICES_PX = 64
"""The height below the card for notices."""


class CardFrame(QFrame):
    """The card of the selection, with a button that clears the selection."""

    def __init__(self, desk: UiContext, card: CardStack, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.card = card
        tip = "Clear the selection (Ctrl+3)"
        self.close_button = make_flat_button("Close card", tip, desk.bridge.select)
        self.close_button.setParent(self)
        self._icons = desk.icons
        self.scroll_area = wrap_in_scroll_area(card, "Selection card", self)
        make_column_layout(self, self.scroll_area, margin_px=1, spacing_px=0)
        self.refresh()

    def refresh(self) -> None:
        """Draw the icon in the current theme's colors."""
        self.close_button.setIcon(self._icons("close"))

    def sizeHint(self) -> QSize:
        """Return the card's height at its width."""
        height = self.card.heightForWidth(CARD_PX - 2)
        return QSize(CARD_PX, (height if height > 0 else self.card.sizeHint().height()) + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in its corner."""
        super().resizeEvent(event)
        button = self.close_button
        button.adjustSize()
        button.move(self.width() - button.width() - SPACING_PX, SPACING_PX)
        button.raise_()


class LayersPopup(QFrame):
    """The map's coloring, layers and symbols; the map's Layers button opens it."""

    def __init__(self, context: PanelContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("layersPopup")
        self.setAccessibleName("Map layers")
        content = QWidget()
        self._rows = make_column_layout(content, None, margin_px=0, spacing_px=0)
        self.panels = LazyPanels(MAP_PANELS, context, self._insert_panel)
        self._content, self._view = content, context.view
        self.key = SymbolKey(context.view.theme, content)
        self._rows.insertWidget(0, self.key)
        context.view.overlays_updated.connect(self._update_key)
        self._update_key()
        area = wrap_in_scroll_area(content, "Layers", self)
        make_column_layout(self, area, margin_px=1, spacing_px=0)
        self.hide()

    def sizeHint(self) -> QSize:
        """Return the size of all of its content."""
        return QSize(LAYERS_PX, self._content.sizeHint().height() + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _update_key(self) -> None:
        self.key.show_state(self._view.session.state, self._view.map.drawn)

    def _insert_panel(self, name: str, panel: QWidget, index: int) -> None:
        title = make_section_label(MAP_PANELS[name].title)
        title.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, 0)
        self._rows.insertWidget(2 * index, title)
        self._rows.insertWidget(2 * index + 1, panel)


class _LayersButton(QToolButton):
    """The Layers button, which has a rim while it has the keyboard focus."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button, and its focus rim."""
        super().paintEvent(event)
        if has_keyboard_focus(self):
            draw_focus_rim(self, self.rect())


class EmptyProjectCard(QFrame):
    """Explains which file to drop first while a project has no sites; a button imports it."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("emptyProject")
        self.text = WrappedLabel()
        self.button = ActionButton(desk.actions["import"], desk.actions["import"].text())
        self.button.setDefault(True)
        self.rows = make_column_layout(self, self.text, make_row_layout(None, self.button, None))
        desk.bridge.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Name the missing file, or hide the card if there are sites."""
        project = self._desk.session.project
        text = (
            "Drop the list of schools here: the state’s directory, NCES locations or a spreadsheet."
            if project.jurisdictions
            else "Drop the boundaries of the county and its cities here, then the list of schools."
        )
        self.text.setText(text)
        self.setVisible(not project.sites)


class MapArea(QWidget):
    """The map or the comparison, and what is over it.

    The card is over the map in a narrow window, and next to it in a wide one.
    """

    def __init__(
        self,
        context: PanelContext,
        center: QStackedWidget,
        tools: QWidget,
        card: CardStack,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        desk = context.desk
        self._desk, self._view, self._center, self._tools = desk, context.view, center, tools
        for part in (center, tools):
            part.setParent(self)
        self.layers = _LayersButton(self)
        self.popup = LayersPopup(context, self)
        self._card, self.frame = card, CardFrame(desk, card, self)
        self.empty = EmptyProjectCard(desk, self)
        self.layers.setObjectName("layersButton")
        self.layers.setText("Layers")
        self.layers.setToolTip("Site colors and what the map shows")
        self.layers.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.layers.setIconSize(QSize(ICON_PX, ICON_PX))
        self.layers.clicked.connect(lambda _=False: self.show_layers(self.popup.isHidden()))
        self.setMinimumSize(240, 120)
        self._shown_selection = Selection()
        self._card_action = desk.actions["right"]
        self._card_action.toggled.connect(self.show_card)
        desk.bridge.selection_changed.connect(self._show_selection)
        desk.bridge.changed.connect(self._on_change)
        center.currentChanged.connect(lambda _: self.arrange())
        self._view.set_covering_widgets(desk.notices, self.frame, tools, self.layers)
        self.refresh()
        self.show_card(not desk.bridge.selection.is_empty)

    def refresh(self) -> None:
        """Draw the icons in the current theme's colors."""
        self.layers.setIcon(self._desk.icons("layers"))
        self.frame.refresh()

    def show_layers(self, shown: bool = True) -> None:
        """Open or close the layers popup."""
        self.popup.setVisible(shown)
        if shown:
            self.arrange()
            self.popup.raise_()

    def show_card(self, shown: bool = True) -> None:
        """Show the card of the selection, or hide it until something else is selected."""
        shown = shown and not self._desk.bridge.selection.is_empty
        self.frame.setVisible(shown)
        self._card_action.setChecked(shown)
        self.arrange()

    def _on_change(self, change: SessionChange) -> None:
        """Update the card, and place everything again, since the card's height may have changed."""
        if not self._desk.bridge.selection.is_empty:
            self._card.follow(change)
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything again."""
        super().resizeEvent(event)
        self.arrange()
        self._uncover(self._desk.bridge.selection)

    def arrange(self) -> None:
        """Place the map, and the other widgets over it."""
        area, margin = self.rect(), PANEL_MARGIN_PX
        beside = self.window().width() >= CARD_BESIDE_FROM_PX
        has_card = not self.frame.isHidden()
        above = has_card and not beside and area.width() < _NARROW_MAP_PX
        free = area.adjusted(0, 0, -CARD_PX if has_card and not above else 0, 0)
        set_style_state(self.frame, "beside", beside)
        if has_card and beside:
            self.frame.setGeometry(QRect(free.right() + 1, 0, CARD_PX, area.height()))
        elif above:
            height = min(self.frame.sizeHint().height(), area.height() // 2 - margin)
            self.frame.setGeometry(margin, margin, area.width() - 2 * margin, height)
        elif has_card:
            top = self._measure_bar() + margin
            max_px = area.height() - top - _NOTICES_PX
            height = max(0, min(self.frame.sizeHint().height(), max_px))
            self.frame.setGeometry(area.right() - margin - CARD_PX, top, CARD_PX, height)
            free.translate(-margin, 0)
        # after the card, since fitting the map avoids the card
        self._center.setGeometry(free if beside else area)
        covered_px = area.right() - free.right() if has_card and not beside else 0
        clear_px = self.frame.geometry().bottom() + 1 if above else 0
        self._view.reserve_margins(covered_px, clear_px)
        for part in (self._tools, self.layers):
            part.adjustSize()
        self._tools.move(margin, margin)
        self.layers.setVisible(self._center.currentWidget() is self._view)
        self.layers.move(free.right() - margin - self.layers.width() + 1, clear_px + margin)
        top = self.layers.geometry().bottom() + SPACING_PX
        height = max(0, min(self.popup.sizeHint().height(), area.height() - top - margin))
        self.popup.setGeometry(free.right() - margin - LAYERS_PX + 1, top, LAYERS_PX, height)
        self.empty.resize(_EMPTY_PX, self.empty.rows.totalHeightForWidth(_EMPTY_PX))
        self.empty.move(area.center() - self.empty.rect().center())
        self._view.update_label_obstacles()

    def _measure_bar(self) -> int:
        """Return the height of the comparison's bar, or 0 if the map is shown."""
        shown = self._center.currentWidget()
        bar = shown.findChild(QFrame, "compareBar") if shown is not None else None
        if shown is None or bar is None:
            return 0
        self._center.setGeometry(self.rect())
        for part in (self._center, shown):
            if (layout := part.layout()) is not None:
                layout.activate()
        return int(bar.height())

    def _show_selection(self, selection: Selection) -> None:
        """Show the card of the selection, a new one from its top."""
        self.show_card(not selection.is_empty)
        if selection != self._shown_selection:
            self._shown_selection = selection
            self.frame.scroll_area.verticalScrollBar().setValue(0)
        self._uncover(selection)

    def _uncover(self, selection: Selection) -> None:
        """Pan the map if the card covers the selected school."""
        site = self._view.map.sites.get(selection.site or "")
        if site is None or self.frame.isHidden():
            return
        point = self._view.mapFromScene(site.pos())
        covered = self.frame.geometry().translated(-self._center.pos())
        if not covered.adjusted(-2 * SPACING_PX, 0, 0, 2 * SPACING_PX).contains(point):
            return
        aside = QPoint(point.x() - covered.left() + 4 * SPACING_PX, 0)
        below = QPoint(0, point.y() - covered.bottom() - 4 * SPACING_PX)
        above = self.width() < _NARROW_MAP_PX
        self._view.pan_by(below if above else aside, for_selection=True)
