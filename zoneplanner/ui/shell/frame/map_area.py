"""The map with what lies over it: tools, layers, the card of what is selected, the first step."""

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
    make_row_layout,
    make_section_label,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style.theme import (
    ICON_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    Theme,
    draw_focus_rim,
    has_keyboard_focus,
    set_style_state,
)

CARD_PX, LAYERS_PX, _EMPTY_PX = 320, 304, 360
CARD_BESIDE_FROM_PX = 1600
"""From this width of the window on the card stands beside the map, below it over the map."""
_NARROW_MAP_PX = 2 * CARD_PX
"""A narrower map has the card over its upper half: at its side too little would be left."""
_ABOVE_NOTICES_PX = 64


class CardFrame(QFrame):
    """The card of what is selected, with a button that lets go of it."""

    def __init__(self, desk: UiContext, card: CardStack, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.card = card
        self.close_button = QToolButton(self)
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName("Close card")
        self.close_button.setToolTip("Clear the selection (Ctrl+3)")
        self.close_button.clicked.connect(lambda _=False: desk.bridge.select())
        self._icons = desk.icons
        self.above = wrap_in_scroll_area(card, "Selection card", self)
        make_column_layout(self, self.above, margin_px=1, spacing_px=0)
        self.refresh()

    def refresh(self) -> None:
        """Take the icon of the present theme."""
        self.close_button.setIcon(self._icons("close"))

    def sizeHint(self) -> QSize:
        """Return the height that the card asks for at its width."""
        high = self.card.heightForWidth(CARD_PX - 2)
        return QSize(CARD_PX, (high if high > 0 else self.card.sizeHint().height()) + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in its corner."""
        super().resizeEvent(event)
        button = self.close_button
        button.adjustSize()
        button.move(self.width() - button.width() - SPACING_PX, SPACING_PX)
        button.raise_()


class LayersPopup(QFrame):
    """What the sites are colored by and which layers are drawn; a button of the map opens it."""

    def __init__(self, given: PanelContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("layersPopup")
        self.setAccessibleName("Map layers")
        content = QWidget()
        self._rows = make_column_layout(content, None, margin_px=0, spacing_px=0)
        self.panels = LazyPanels(MAP_PANELS, given, self._put)
        self._content, self._view = content, given.view
        self.key = SymbolKey(given.theme, content)
        self._rows.insertWidget(0, self.key)
        given.view.overlays_updated.connect(self._explain)
        self._explain()
        area = wrap_in_scroll_area(content, "Layers", self)
        make_column_layout(self, area, margin_px=1, spacing_px=0)
        self.hide()

    def sizeHint(self) -> QSize:
        """Return the room for all of it."""
        return QSize(LAYERS_PX, self._content.sizeHint().height() + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close it with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self.key.set_theme(theme)
        self.panels.set_theme(theme)

    def _explain(self) -> None:
        self.key.show_state(self._view.session.state, self._view.map.drawn)

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        title = make_section_label(MAP_PANELS[name].title)
        title.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, 0)
        self._rows.insertWidget(2 * at, title)
        self._rows.insertWidget(2 * at + 1, panel)


class _LayersButton(QToolButton):
    """Opens what the map shows; it has a rim while keys led to it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button and its rim."""
        super().paintEvent(event)
        if has_keyboard_focus(self):
            draw_focus_rim(self, self.rect())


class EmptyProjectCard(QFrame):
    """Says which file to drop first while a project has no sites; one button finds it instead."""

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
        """Name the file that is missing; with sites the card is gone."""
        project = self._desk.session.project
        what = (
            "Drop the list of schools here: the state’s directory, NCES locations or a spreadsheet."
            if project.jurisdictions
            else "Drop the boundaries of the county and its cities here, then the list of schools."
        )
        self.text.setText(what)
        self.setVisible(not project.sites)


class MapArea(QWidget):
    """The map, or the comparison in its place, and what lies over it.

    The card is over the map in a narrow window and beside it in a wide one.
    """

    def __init__(
        self,
        given: PanelContext,
        center: QStackedWidget,
        tools: QWidget,
        card: CardStack,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        desk = given.desk
        self._desk, self._view, self._center, self._tools = desk, given.view, center, tools
        for part in (center, tools):
            part.setParent(self)
        self.layers = _LayersButton(self)
        self.popup = LayersPopup(given, self)
        self._card, self.frame = card, CardFrame(desk, card, self)
        self.empty = EmptyProjectCard(desk, self)
        self.layers.setObjectName("layersButton")
        self.layers.setText("Layers")
        self.layers.setToolTip("Site colors and what the map shows")
        self.layers.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.layers.setIconSize(QSize(ICON_PX, ICON_PX))
        self.layers.clicked.connect(lambda _=False: self.show_layers(self.popup.isHidden()))
        self.setMinimumSize(240, 120)
        self._shown: tuple[str | None, str | None] = (None, None)
        self._card_action = desk.actions["right"]
        self._card_action.toggled.connect(self.show_card)
        desk.bridge.selection_changed.connect(self._follow)
        desk.bridge.changed.connect(self._follow_change)
        center.currentChanged.connect(lambda _: self.arrange())
        self._view.set_covering_widgets(desk.notices, self.frame, tools, self.layers)
        self.refresh()
        self.show_card(not desk.bridge.selection.is_empty)

    def refresh(self) -> None:
        """Take the colors of the present theme."""
        self.layers.setIcon(self._desk.icons("layers"))
        self.frame.refresh()

    def show_layers(self, shown: bool = True) -> None:
        """Open or close what the map draws."""
        self.popup.setVisible(shown)
        if shown:
            self.arrange()
            self.popup.raise_()

    def show_card(self, shown: bool = True) -> None:
        """Show the card of what is selected, or put it away until something else is."""
        shown = shown and not self._desk.bridge.selection.is_empty
        self.frame.setVisible(shown)
        self._card_action.setChecked(shown)
        self.arrange()

    def _follow_change(self, change: SessionChange) -> None:
        """Fill the card anew, if a site or zone is selected; its height decides where it stands."""
        if not self._desk.bridge.selection.is_empty:
            self._card.follow(change)
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put everything in its place."""
        super().resizeEvent(event)
        self.arrange()
        self._uncover(self._desk.bridge.selection)

    def arrange(self) -> None:
        """Put the map in its room and the rest over it."""
        room, margin = self.rect(), PANEL_MARGIN_PX
        beside = self.window().width() >= CARD_BESIDE_FROM_PX
        carded = not self.frame.isHidden()
        above = carded and not beside and room.width() < _NARROW_MAP_PX
        free = room.adjusted(0, 0, -CARD_PX if carded and not above else 0, 0)
        shown = free if beside else room
        set_style_state(self.frame, "beside", beside)
        if carded and beside:
            self.frame.setGeometry(QRect(free.right() + 1, 0, CARD_PX, room.height()))
        elif above:
            high = min(self.frame.sizeHint().height(), room.height() // 2 - margin)
            self.frame.setGeometry(margin, margin, room.width() - 2 * margin, high)
        elif carded:
            top = self._measure_bar() + margin
            most = room.height() - top - _ABOVE_NOTICES_PX
            high = max(0, min(self.frame.sizeHint().height(), most))
            self.frame.setGeometry(room.right() - margin - CARD_PX, top, CARD_PX, high)
            free.translate(-margin, 0)
        self._center.setGeometry(shown)  # last, since a map that is fitted leaves the card free
        mapped = self._center.currentWidget() is self._view
        clear_px = self.frame.geometry().bottom() + 1 if above else 0
        self._view.reserve_margins(
            room.right() - free.right() if carded and not beside else 0, clear_px
        )
        for part in (self._tools, self.layers):
            part.adjustSize()
        self._tools.move(margin, margin)
        self.layers.setVisible(mapped)
        self.layers.move(free.right() - margin - self.layers.width() + 1, clear_px + margin)
        top = self.layers.geometry().bottom() + SPACING_PX
        high = max(0, min(self.popup.sizeHint().height(), room.height() - top - margin))
        self.popup.setGeometry(free.right() - margin - LAYERS_PX + 1, top, LAYERS_PX, high)
        high = self.empty.rows.totalHeightForWidth(_EMPTY_PX)
        self.empty.setGeometry(QRect(QPoint(0, 0), QSize(_EMPTY_PX, high)))
        self.empty.move(room.center() - self.empty.rect().center())
        self._view.update_label_obstacles()

    def _measure_bar(self) -> int:
        """Return the height of the bar above what is shown: a comparison has one, the map none."""
        shown = self._center.currentWidget()
        bar = shown.findChild(QFrame, "compareBar") if shown is not None else None
        if shown is None or bar is None:
            return 0
        self._center.setGeometry(self.rect())
        for part in (self._center, shown):
            if (layout := part.layout()) is not None:
                layout.activate()
        return int(bar.height())

    def _follow(self, selection: Selection) -> None:
        """Show the card of what was selected, another one from its top."""
        self.show_card(not selection.is_empty)
        if (shown := (selection.site, selection.zone)) != self._shown:
            self._shown = shown
            self.frame.above.verticalScrollBar().setValue(0)
        self._uncover(selection)

    def _uncover(self, selection: Selection) -> None:
        """Move a selected school out from under the card."""
        site = self._view.map.sites.get(selection.site or "")
        if site is None or self.frame.isHidden():
            return
        at = self._view.mapFromScene(site.pos())
        covered = self.frame.geometry().translated(-self._center.pos())
        if not covered.adjusted(-2 * SPACING_PX, 0, 0, 2 * SPACING_PX).contains(at):
            return
        aside = QPoint(at.x() - covered.left() + 4 * SPACING_PX, 0)
        below = QPoint(0, at.y() - covered.bottom() - 4 * SPACING_PX)
        above = self.width() < _NARROW_MAP_PX
        self._view.pan_by(below if above else aside, for_selection=True)
