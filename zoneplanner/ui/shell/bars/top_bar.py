"""The header: the project's menu, undo, workspaces and search."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from zoneplanner.app.help.action_specs import MENU_GROUPS
from zoneplanner.ui.widgets.layout.basic_widgets import make_menu_button, make_row_layout
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, ICON_PX, SPACING_PX, make_strong_font

_SUBMENUS = ("edit", "plan", "tools", "log", "view", "help")
_SEARCH_PX, _NARROW_SEARCH_PX = (200, 420), 96
_NAME_PX, _SHORT_NAME_PX, _HEADER_PX, _NO_LIMIT_PX = 150, 80, 40, 16777215


class TopBar(QToolBar):
    """The header's buttons and menus, which come from the table of actions."""

    workspace_chosen = Signal(str)

    def __init__(self, desk: UiContext, search: QWidget, recent: QMenu, appearance: QMenu) -> None:
        super().__init__("Top bar")
        self._desk = desk
        self.setObjectName("top_bar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setFixedHeight(_HEADER_PX)
        self.project = self._make_project_button(recent, appearance)
        self.refresh()
        self.addWidget(self.project)
        self._separators = [self.addSeparator()]
        for name in ("undo", "redo"):
            self.addAction(desk.actions[name])
            desk.actions[name].visibleChanged.connect(lambda: self._fit(self.width()))
        self._separators.append(self.addSeparator())
        self.workspaces = self._add_workspaces()
        self._search = search
        self.addWidget(_align_right(search))

    def refresh(self) -> None:
        """Draw the icon in the current theme's colors."""
        self.project.setIcon(self._desk.icons("menu"))

    def show_workspace(self, name: str) -> None:
        """Mark the current workspace."""
        self.workspaces[name].setChecked(True)

    def place_of(self, name: str) -> QWidget:
        """Return an action's button, or the button of all menus if it is not visible."""
        button = self.widgetForAction(self._desk.actions[name])
        return button if button is not None and button.isVisible() else self.project

    def _make_project_button(self, recent: QMenu, appearance: QMenu) -> QToolButton:
        project = self._desk.session.project.name
        name, tip = f"{project}: project and all menus", "Project and all menus (Alt+M)"
        button = make_menu_button(project, name, tip)
        button.setObjectName("project")
        button.setFont(make_strong_font())
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._desk.actions.set_handler("menus", button.showMenu)
        self._fill_menu(button.menu(), recent, appearance)
        return button

    def _fill_menu(self, menu: QMenu, recent: QMenu, appearance: QMenu) -> None:
        actions = self._desk.actions
        project = actions.group("project")
        menu.addActions(project[:2])
        menu.addMenu(recent)
        menu.addActions(project[2:-2])
        menu.addSeparator()
        for group in _SUBMENUS:
            submenu = menu.addMenu(MENU_GROUPS[group])
            submenu.addActions(actions.group(group))
            if group == "edit":
                submenu.addMenu(MENU_GROUPS["give"]).addActions(actions.group("give"))
            if group == "view":
                submenu.addSeparator()
                submenu.addMenu(MENU_GROUPS["workspace"]).addActions(actions.group("workspace"))
                submenu.addMenu(appearance)
        menu.addActions(project[-2:])

    def _add_workspaces(self) -> dict[str, QAction]:
        group = QActionGroup(self)
        workspaces = {}
        for action in self._desk.actions.group("workspace"):
            name = action.objectName().removeprefix("go_")
            action.triggered.connect(lambda _=False, name=name: self.workspace_chosen.emit(name))
            group.addAction(action)
            self.addAction(action)
            button = self.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setFont(make_strong_font())
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            workspaces[name] = action
        return workspaces

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the bar to the new width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit(event.size().width())

    def _fit(self, width_px: int) -> None:
        """Shorten the search field and the project's name as needed, and at last remove gaps."""
        for search_px, name_px, lines in (
            (_SEARCH_PX[0], _NO_LIMIT_PX, True),
            (_NARROW_SEARCH_PX, _NAME_PX, True),
            (_NARROW_SEARCH_PX, _SHORT_NAME_PX, False),
        ):
            self._search.setMinimumWidth(search_px)
            name, metrics = self._desk.session.project.name, self.project.fontMetrics()
            self.project.setText(metrics.elidedText(name, Qt.TextElideMode.ElideRight, name_px))
            has_undo = any(self._desk.actions[name].isVisible() for name in ("undo", "redo"))
            for line, is_shown in zip(self._separators, (lines and has_undo, lines), strict=True):
                line.setVisible(is_shown)
            layout = self.layout()
            assert layout is not None
            layout.setSpacing(GRID_PX if lines else 0)
            if self.sizeHint().width() <= width_px:
                return


def _align_right(search: QWidget) -> QWidget:
    """Return a widget that fills the remaining width, with the search field at its right."""
    filler = QWidget()
    filler.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    min_px, max_px = _SEARCH_PX
    search.setMinimumWidth(min_px)
    search.setMaximumWidth(max_px)
    margins_px = (SPACING_PX, 0, SPACING_PX, 0)
    make_row_layout(None, (search, 100), parent=filler, margins_px=margins_px)
    return filler
