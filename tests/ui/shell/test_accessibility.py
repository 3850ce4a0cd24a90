"""Everything can be reached by keyboard and read by a screen reader."""

from collections.abc import Callable

from builders import project_from
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QWidget,
)

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import WORKSPACES

NAME, ABOUT = QAccessible.Text.Name, QAccessible.Text.Description
CELL, ROW = QAccessible.Role.Cell, QAccessible.Role.RowHeader


def read_accessible_parts(widget: QWidget) -> list[tuple[QAccessible.Role, str, str]]:
    """Return role, name and description of a widget's parts, as a screen reader gets them."""
    whole = QAccessible.queryAccessibleInterface(widget)
    parts = [whole.child(at) for at in range(whole.childCount())]
    return [(part.role(), part.text(NAME), part.text(ABOUT)) for part in parts]


def list_tab_stops(window: MainWindow) -> list[QWidget]:
    """Return the Tab stops, starting at the search field."""
    found: list[QWidget] = [window.search]
    while (then := found[-1].nextInFocusChain()) is not window.search:
        found.append(then)
    return [
        stop
        for stop in found
        if stop.isVisible() and stop.isEnabled() and stop.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def test_every_site_and_zone_is_a_named_row_with_named_values(
    window: MainWindow, session: Session
) -> None:
    window.tabs.show_table(window.sites)
    sites = read_accessible_parts(window.sites.view)
    names = {site.name for site in session.project.sites.values()}
    assert {name for role, name, _ in sites if role == ROW} == names
    assert (CELL, "A", "Zone") in sites
    assert (CELL, "Elementary", "Level") in sites
    window.tabs.show_table(window.zones)
    zones = read_accessible_parts(window.zones.view)
    assert {name for role, name, _ in zones if role == ROW} == {"A", "B", "a"}
    assert any(role == CELL and about == "Load, min/day" for role, _, about in zones)


def test_tables_and_map_have_accessible_names_and_the_map_refers_to_the_tables(
    window: MainWindow,
) -> None:
    for widget, name, about in (
        (window.map, "Map of zones and sites", "row in the Sites and Zones tables"),
        (window.sites.view, "Sites", "a digit to assign it"),
        (window.zones.view, "Zones", "Press Enter to show it"),
    ):
        whole = QAccessible.queryAccessibleInterface(widget)
        assert whole.text(NAME) == name and about in whole.text(ABOUT)


def test_tab_goes_from_search_to_tools_to_map_and_on_to_cards_and_tables(
    window: MainWindow,
) -> None:
    order = list_tab_stops(window)
    tools = next(at for at, stop in enumerate(order) if window.tool_row.isAncestorOf(stop))
    window.desk.bridge.select(site="r1c1")
    order = list_tab_stops(window)
    card = next(at for at, stop in enumerate(order) if window.card.isAncestorOf(stop))
    places = [order.index(window.search), tools, order.index(window.map), card]
    assert places == sorted(places)
    assert order.index(window.zones.view) > card


def test_tab_order_is_left_to_right_and_down_even_for_parts_created_later(
    window: MainWindow,
) -> None:
    window.frame.show_panel()
    window.left.folds["optimizer"].open()
    form = window.optimizer.body.form
    order = list_tab_stops(window)
    wanted = (window.plans.tree, form.balance, window.map, window.zones.view)
    places = [order.index(stop) for stop in wanted if stop in order]
    assert len(places) >= 3 and places == sorted(places)
    window.show_workspace("shifts")
    window.desk.actions["board_map"].trigger()
    window.tabs.set_open(True)
    order, shelf = list_tab_stops(window), window.left.sections
    board, problems = window.stage.boards["roster"], window.tabs.panels["roster_problems"]
    wanted = (shelf["officers"].filter, board.propose, window.map, problems.view)
    shown = [stop for stop in wanted if stop in order]
    assert len(shown) >= 3 and shown == sorted(shown, key=order.index)


def grab_surroundings(window: MainWindow, stop: QWidget) -> QImage:
    """Return the picture of a Tab stop and its surroundings."""
    inside = isinstance(stop.parentWidget(), QComboBox | QAbstractSpinBox)
    whole = stop.parentWidget() if inside else stop
    place = QRect(whole.mapTo(window, QPoint(0, 0)), whole.size()).adjusted(-2, -2, 2, 2)
    return window.grab(place.intersected(window.rect())).toImage()


def test_focus_is_visible_at_every_tab_stop(
    open_session: Callable[..., Session], open_window: Callable[[Session], MainWindow]
) -> None:
    session = open_session(project_from("AAB / aab"))
    log_record(session, "incident", {"site": "r1c1", "type": "fight", "received_at": "now"})
    window = open_window(session)
    unseen, looked = [], 0
    for name in WORKSPACES:
        window.show_workspace(name)
        window.search.setFocus()
        QApplication.processEvents()
        for stop in list_tab_stops(window):
            if stop.visibleRegion().isEmpty() or isinstance(stop, MapView) or stop.focusProxy():
                continue  # what is scrolled out of sight comes into sight with the focus
            stop.setFocus(Qt.FocusReason.TabFocusReason)
            if not stop.hasFocus():
                continue
            window.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)  # as by Tab
            with_focus = grab_surroundings(window, stop)
            stop.clearFocus()
            looked += 1
            if grab_surroundings(window, stop) == with_focus:
                unseen.append(f"{name}: {type(stop).__name__} {stop.accessibleName()}")
    assert unseen == []
    assert looked > 60


def test_switching_workspaces_moves_the_focus_there_and_not_to_the_banner(
    open_session: Callable[..., Session], open_window: Callable[[Session], MainWindow]
) -> None:
    session = open_session(project_from("AAB / aab"))
    log_record(session, "action", {"site": "r1c1", "action": "lockdown", "began_at": "now"})
    window = open_window(session)
    window.map.setFocus()
    boards = window.stage.boards
    for name, inside in (
        *(("publish", boards["publish"]), ("plan", window.map)),
        *(("data", boards["data"]), ("shifts", boards["roster"])),
    ):
        window.desk.actions[f"go_{name}"].trigger()
        keys = window.window().focusWidget()
        assert inside.isVisible() and keys is not None, name
        assert keys is inside or inside.isAncestorOf(keys), (name, keys.accessibleName())


def test_every_tab_stop_has_a_name(
    open_session: Callable[..., Session], open_window: Callable[[Session], MainWindow]
) -> None:
    window = open_window(open_session(project_from("AAB / aab")))
    window.desk.bridge.select(site="r1c1")
    nameless = [
        f"{type(stop).__name__} {stop.objectName()}"
        for stop in list_tab_stops(window)
        if not QAccessible.queryAccessibleInterface(stop).text(NAME)
        and not isinstance(stop.parentWidget(), QComboBox | QAbstractScrollArea)
    ]
    assert nameless == []
