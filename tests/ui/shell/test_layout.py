"""The space that each part of the window gets, measured in the running window."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from string import ascii_uppercase

import pytest
from builders import project_from
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from rosters import officer, roster

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift_edits import make_open_shifts
from zoneplanner.ui.shell.frame.work_frame import TABS_PX
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import DRAWER_PX, WORKSPACES
from zoneplanner.ui.widgets.layout.basic_widgets import find_scroll_area

OpenWindow = Callable[..., MainWindow]


def resize_and_settle(window: MainWindow, wide: int, high: int) -> None:
    """Resize the window and wait for its layout."""
    window.resize(wide, high)
    for _ in range(3):
        QApplication.processEvents()


def measure_map_share(window: MainWindow) -> float:
    """Return the map's share of the window."""
    room = window.map.width() * window.map.height()
    return room / (window.width() * window.height())


def find_screen_rect(widget: QWidget) -> QRect:
    return QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())


def test_the_map_has_two_thirds_of_a_small_window_and_near_half_with_the_drawer_open(
    session: Session, open_window: OpenWindow
) -> None:
    window = open_window(session, tables=False)
    resize_and_settle(window, 1280, 720)
    assert window.tabs.height() == TABS_PX == 32
    assert measure_map_share(window) >= 0.66
    assert (window.bar.height(), window.status.height()) == (40, 24)
    window.desk.actions["bottom"].trigger()
    resize_and_settle(window, 1280, 720)
    assert window.tabs.opened and measure_map_share(window) >= 0.45


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000), (1920, 1080), (2560, 1440)])
def test_the_map_has_its_share_in_every_workspace_at_every_size(
    session: Session, open_window: OpenWindow, size: tuple[int, int]
) -> None:
    window = open_window(session, tables=False)
    least = {"plan": (0.66, 0.45), "coverage": (0.66, 0.45), "log": (0.52, 0.37)}
    with_map = [name for name, shown in WORKSPACES.items() if shown.map == "always"]
    assert set(with_map) == {*least, "readiness"}
    for name in with_map:
        window.show_workspace(name)
        shares = []
        for opened in (False, True):
            window.tabs.set_open(opened)
            resize_and_settle(window, *size)
            assert (window.width(), window.height()) == size
            shares.append(measure_map_share(window))
        closed, beside_table = least.get(name, (0.33, 0.23))
        assert shares[0] >= closed and shares[1] >= beside_table, (name, shares)


def test_the_map_gets_at_least_half_the_height_it_shares_with_units_and_drawer(
    session: Session, open_window: OpenWindow
) -> None:
    window = open_window(session, tables=False)
    for wide, high in ((1280, 720), (1600, 1000), (2560, 1440)):
        for name, shown in WORKSPACES.items():
            window.show_workspace(name)
            window.tabs.set_open(bool(shown.tables))
            resize_and_settle(window, wide, high)
            if shown.map == "always":
                assert window.area.height() >= window.frame.height() / 2 - 1, (name, wide)


@pytest.mark.parametrize("size", [(1280, 720), (2560, 1440)])
def test_a_board_that_replaces_the_map_gets_the_full_height_at_once(
    session: Session, open_window: OpenWindow, size: tuple[int, int]
) -> None:
    """After Log it could stay as low as the row of units."""
    window = open_window(session, tables=False)
    for name in ("publish", "data", "today", "shifts"):
        window.show_workspace("log")
        resize_and_settle(window, *size)
        window.show_workspace(name)
        assert window.stage.maximumHeight() > 10_000, name
        resize_and_settle(window, *size)
        assert window.stage.board.height() >= window.frame.height() - TABS_PX - 2, name


@pytest.mark.parametrize("units", ["ABCD", "ABCDEFG", "ABCDEFGHIJK", "ABCDEFGHIJKLMNOPQRST"])
def test_the_log_map_gets_half_the_height_below_a_banner_and_unit_rows(
    open_session: Callable[[Project], Session], open_window: OpenWindow, units: str
) -> None:
    session = open_session(project_from(f"{units} / {units.lower()}"))
    window = open_window(session, tables=False)
    window.show_workspace("log")
    window.tabs.set_open(True)
    resize_and_settle(window, 1280, 720)
    log_record(session, "action", {"site": "r1c1", "action": "lockdown", "began_at": "now"})
    for wide, high in ((1280, 720), (1366, 768), (1280, 640), (1600, 1000), (1280, 720)):
        resize_and_settle(window, wide, high)
        assert window.area.height() >= window.frame.height() / 2 - 1, (wide, high)
        assert window.tabs.height() >= 120, (wide, high)
    assert window.frame.state.drawer_px == DRAWER_PX, "no person made it lower"


@pytest.mark.parametrize(("wide", "beside"), [(1280, False), (1600, True)])
def test_the_card_is_shown_over_or_beside_the_map_while_something_is_selected(
    window: MainWindow, wide: int, beside: bool
) -> None:
    resize_and_settle(window, wide, 900)
    card, free = window.area.frame, window.map.width()
    assert not card.isVisible()
    window.desk.bridge.select(site="r1c1")
    resize_and_settle(window, wide, 900)
    assert card.isVisible() and card.width() == 320
    assert window.map.width() == (free - 320 if beside else free)
    assert find_screen_rect(window.map).intersects(find_screen_rect(card)) is not beside
    site = window.map.mapFromScene(window.map.map.sites["r1c1"].pos())
    assert not find_screen_rect(card).contains(window.map.viewport().mapToGlobal(site))
    assert not find_screen_rect(card).intersects(find_screen_rect(window.map.overlays.legend))
    card.close_button.click()
    assert not card.isVisible() and window.desk.bridge.selection.is_empty


def test_the_button_that_closes_the_card_covers_neither_its_title_nor_its_lock(
    window: MainWindow,
) -> None:
    resize_and_settle(window, 1600, 1000)
    card, cards = window.area.frame, window.area.frame.card
    for selected in ({"site": "r1c1"}, {"zone": "A"}):
        window.desk.bridge.select(**selected)
        resize_and_settle(window, 1600, 1000)
        shown = cards.site if "site" in selected else cards.zone
        assert shown.isVisible() and not card.scroll_area.verticalScrollBar().isVisible()
        for widget in (shown.name, shown.lock):
            assert not find_screen_rect(card.close_button).intersects(find_screen_rect(widget))


def test_on_a_narrow_map_the_card_covers_the_upper_half_and_the_school_is_below_it(
    window: MainWindow,
) -> None:
    resize_and_settle(window, 1280, 720)
    window.show_workspace("readiness")
    resize_and_settle(window, 1280, 720)
    card, view = window.area.frame, window.map
    for site in ("r1c1", "r1c4"):
        window.desk.bridge.select(site=site)
        resize_and_settle(window, 1280, 720)
        assert view.width() < 640 and card.height() <= view.height() / 2
        at = view.viewport().mapToGlobal(view.mapFromScene(view.map.sites[site].pos()))
        assert find_screen_rect(view).contains(at) and at.y() > find_screen_rect(card).bottom()
        for other in (view.overlays.legend, window.area.layers):
            assert not find_screen_rect(card).intersects(find_screen_rect(other))
    for high, measured in ((600, False), (1000, True)):  # a low map has no room for a scale bar
        resize_and_settle(window, 1280, high)
        assert view.overlays.scale_bar.isVisible() is measured


@pytest.mark.parametrize("workspace", ["plan", "readiness"])
def test_the_hover_card_is_not_under_the_selection_card(
    window: MainWindow, qtbot: QtBot, workspace: str
) -> None:
    window.show_workspace(workspace)
    window.desk.bridge.select(site="r1c1")
    resize_and_settle(window, 1280, 720)
    view, frame = window.map, find_screen_rect(window.area.frame)
    for site in view.map.sites.values():
        at = view.mapFromScene(site.pos())
        if frame.contains(view.viewport().mapToGlobal(at)):
            continue
        qtbot.mouseMove(view.viewport(), at)
        pointed = find_screen_rect(view.overlays.card)
        assert view.overlays.card.isVisible() and not pointed.intersects(frame), site
        assert find_screen_rect(view).contains(pointed)


def test_a_low_map_shows_the_whole_district_beside_card_and_layers(window: MainWindow) -> None:
    resize_and_settle(window, 1280, 720)
    window.show_workspace("log")
    window.desk.bridge.select(site="r1c1")
    window.tabs.set_open(True)
    view = window.map
    resize_and_settle(window, 1280, 580)
    assert window.tabs.opened and view.width() > 3.5 * view.height()
    district = view.mapFromScene(view.map.home).boundingRect()
    district.moveTopLeft(view.viewport().mapToGlobal(district.topLeft()))
    assert find_screen_rect(view).contains(district)
    for part in (window.area.frame, window.area.layers):
        assert not find_screen_rect(part).intersects(district), part.objectName()


def test_the_scale_bar_moves_off_schools_when_the_card_takes_its_corner(
    open_session: Callable[[Project], Session], open_window: OpenWindow
) -> None:
    upright = project_from(" / ".join(["AAABBB"] * 9 + ["aaabbb"]))
    window = open_window(open_session(upright))
    view, bar = window.map, window.map.overlays.scale_bar
    window.show_workspace("coverage")
    resize_and_settle(window, 1280, 720)
    before = view.viewpoint()
    window.desk.bridge.select(site="r5c2")
    resize_and_settle(window, 1280, 720)
    assert view.viewpoint() == before and bar.isVisible(), "a click moves no map"
    places = {one: view.mapFromScene(item.pos()) for one, item in view.map.sites.items()}
    assert [one for one, at in places.items() if bar.geometry().contains(at)] == []
    corner = bar.pos()
    view.pan_by(QPoint(40, 30))
    assert bar.pos() == corner, "it would jump while the map is moved"


def test_no_map_button_covers_the_pin_of_a_call(window: MainWindow) -> None:
    session, view = window.desk.session, window.map
    near, far = (session.project.sites[one] for one in ("r1c3", "r1c4"))
    step_m = 0.45 * (far.x_m - near.x_m)
    moved = replace(far, x_m=far.x_m + step_m, y_m=far.y_m + step_m)  # into the corner
    session.apply("Move", lambda one: one.with_site(moved))
    for at in range(1, 5):
        log_record(session, "incident", {"site": f"r1c{at}", "type": "fight"})
    window.show_workspace("log")
    for wide, high in ((900, 700), (980, 720), (1060, 640), (1280, 560), (1280, 720)):
        resize_and_settle(window, wide, high)
        for at in range(1, 5):
            foot = view.mapFromScene(view.map.sites[f"r1c{at}"].pos())
            head = QRect(view.viewport().mapToGlobal(foot) - QPoint(8, 31), QSize(16, 16))
            assert find_screen_rect(view).contains(head), (wide, high)
            assert not find_screen_rect(window.area.layers).intersects(head), (wide, high, at)


def test_a_map_moved_beside_the_card_is_fitted_again_after_a_resize(window: MainWindow) -> None:
    resize_and_settle(window, 960, 600)
    fitted = window.map.viewpoint().m_px
    moved = False
    for site in window.desk.session.project.sites:
        before = window.map.viewpoint()
        window.desk.bridge.select(site=site)
        resize_and_settle(window, 960, 600)
        moved = moved or window.map.viewpoint() != before
    assert moved
    window.desk.bridge.select(site=None)
    resize_and_settle(window, 1590, 990)
    assert window.map.viewpoint().shows_all and window.map.viewpoint().m_px < fitted


def test_a_map_widened_by_a_workspace_is_fitted_beside_the_cards_new_place(
    tmp_path: Path, open_window: OpenWindow
) -> None:
    session = create_project(tmp_path / "district.gpkg")
    add_first_plan(session)
    window = open_window(session, tables=False)
    resize_and_settle(window, 1280, 720)
    window.show_workspace("readiness")
    schools = session.project.sites.values()
    window.desk.bridge.select(site=next(s.id for s in schools if s.name == "Bella Vista High"))
    resize_and_settle(window, 1280, 720)
    window.show_workspace("plan")
    resize_and_settle(window, 1280, 720)
    view, card = window.map, find_screen_rect(window.area.frame)
    places = [view.mapFromScene(site.pos()) for site in view.map.sites.values()]
    assert window.area.frame.isVisible()
    assert not [at for at in places if card.contains(view.viewport().mapToGlobal(at))]
    session.close()


def test_a_drawer_never_resized_is_taller_in_a_tall_window(
    session: Session, open_window: OpenWindow
) -> None:
    window = open_window(session, tables=False)
    for high, least in ((720, 200), (1000, 220), (1440, 320)):
        resize_and_settle(window, 1600, high)
        window.tabs.set_open(True)
        resize_and_settle(window, 1600, high)
        assert least <= window.tabs.height() <= least + 20, high
        window.tabs.set_open(False)
    window.tabs.set_open(True)
    resize_and_settle(window, 1600, 1440)
    handle = window.frame.beside.handle(1)
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(50, 0))
    QTest.mouseMove(handle, QPoint(50, window.tabs.height() - 160))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=QPoint(50, 0))
    dragged = window.tabs.height()
    assert 150 < dragged < 170
    window.tabs.set_open(False)
    window.tabs.set_open(True)
    resize_and_settle(window, 1600, 1440)
    assert window.tabs.height() == dragged


def test_a_table_that_replaced_the_map_does_not_count_as_resizing_the_drawer(
    session: Session, open_window: OpenWindow
) -> None:
    window = open_window(session, tables=False)
    window.show_workspace("shifts")
    resize_and_settle(window, 1600, 1000)
    window.tabs.show_table(window.tabs.panels["hours"])
    resize_and_settle(window, 1600, 1000)
    assert window.tabs.height() > 400
    window.tabs.show_table(window.tabs.panels["balance"])
    resize_and_settle(window, 1600, 1000)
    assert window.frame.state.drawer_px == DRAWER_PX


def test_the_panel_is_narrower_only_while_the_window_is_narrow(
    window: MainWindow,
) -> None:
    resize_and_settle(window, 1280, 720)
    usual = window.frame.panel.width()
    resize_and_settle(window, 600, 720)
    assert window.frame.panel.width() < usual
    window.show_workspace("today")
    resize_and_settle(window, 1280, 720)
    for name in ("plan", "log", "plan"):
        window.show_workspace(name)
        resize_and_settle(window, 1280, 720)
        assert window.frame.panel.width() == usual, name


def test_a_click_on_a_tab_opens_the_drawer_and_one_on_the_current_tab_closes_it(
    session: Session, open_window: OpenWindow
) -> None:
    window = open_window(session, tables=False)
    click = window.tabs.tabBar().tabBarClicked.emit
    at = window.tabs.indexOf(window.sites)
    assert not window.zones.isVisible()
    click(at)
    window.tabs.setCurrentIndex(at)
    assert window.tabs.opened and window.sites.isVisible()
    click(at)
    assert not window.tabs.opened and not window.sites.isVisible()


def test_a_wide_window_shows_open_log_tables_as_a_third_column(
    session: Session, open_window: OpenWindow
) -> None:
    site = replace(
        session.project.patrolled[0], name="Marvin Marshall Preschool and Children's Center"
    )
    session.apply("Rename", lambda one: one.with_site(site))
    before = (session.clock() - timedelta(days=7)).isoformat()
    log_record(session, "incident", {"site": site.id, "type": "fight", "received_at": before})
    log_record(session, "action", {"site": site.id, "action": "lockdown", "began_at": "now"})
    window = open_window(session, tables=False)
    resize_and_settle(window, 1920, 1080)
    assert not window.tabs.opened, "the tables of Plan stay below"
    window.show_workspace("log")
    resize_and_settle(window, 1920, 1080)
    tables, shown = find_screen_rect(window.tabs), find_screen_rect(window.map)
    assert tables.left() > shown.right() and tables.height() > 900
    assert 420 <= tables.width() < 600 < shown.width()
    view = window.tabs.panels["entries"].view
    titles = [view.model().headerData(at, Qt.Orientation.Horizontal) for at in range(3)]
    assert titles == ["When", "Kind", "Site"] and not view.isColumnHidden(2)
    assert find_screen_rect(window.sections).width() >= 390
    column_px = window.tabs.width()
    for before in ("shifts", "readiness", "today"):
        window.show_workspace(before)
        resize_and_settle(window, 1920, 1080)
        window.show_workspace("log")
        resize_and_settle(window, 1920, 1080)
        assert window.tabs.width() == column_px, before
    window.desk.actions["bottom"].trigger()
    resize_and_settle(window, 1920, 1080)
    assert window.tabs.height() == TABS_PX and window.tabs.width() > 1400
    window.desk.actions["bottom"].trigger()
    resize_and_settle(window, 2560, 1440)
    assert window.tabs.width() > 640 and measure_map_share(window) > 0.45
    shown = sum(not view.isColumnHidden(at) for at in range(view.model().columnCount()))
    assert shown > 3 and view.columnWidth(2) > 240
    resize_and_settle(window, 1280, 800)
    assert find_screen_rect(window.tabs).top() > find_screen_rect(window.map).bottom(), (
        "no room for a column"
    )


def test_a_tall_window_has_taller_week_rows_and_lists_all_officers(
    open_session: Callable[[Project], Session], open_window: OpenWindow
) -> None:
    week = replace(roster(*map(officer, ascii_uppercase), layout="ABCDEFG / abc...."), shifts={})
    monday = date(2026, 11, 16)
    session = open_session(make_open_shifts(week, monday, monday + timedelta(days=4)))
    window = open_window(session, tables=False)
    window.show_workspace("shifts")
    board, officers = window.stage.boards["roster"].week, window.left.sections["officers"].list
    for wide, high, share in ((1280, 720, 0.9), (1600, 1000, 0.7), (2560, 1440, 0.5)):
        resize_and_settle(window, wide, high)
        rows = [board.rowHeight(at) for at in range(board.model().rowCount())]
        assert share <= sum(rows) / board.viewport().height() <= 1, (wide, high)
        assert board.verticalScrollBar().maximum() == 0
    assert officers.count() == 26 and officers.verticalScrollBar().maximum() == 0
    assert find_scroll_area(officers).verticalScrollBar().maximum() == 0
    resize_and_settle(window, 1280, 720)
    assert officers.height() == 190, "what is below is in sight"


def test_layers_and_colors_open_from_the_map_in_every_workspace(
    window: MainWindow,
) -> None:
    for name, shown in WORKSPACES.items():
        window.show_workspace(name)
        with_map = shown.map == "always"
        assert window.area.layers.isVisible() is with_map
        if with_map:
            window.area.layers.click()
            assert window.layers.isVisible() and window.themes.isVisible()
            window.area.layers.click()
            assert not window.layers.isVisible()


def test_a_table_filled_while_hidden_counts_the_columns_that_do_not_fit(
    window: MainWindow, qtbot: QtBot
) -> None:
    """At 1280 pixels Readiness showed only day, status and site, without a hint of more."""
    resize_and_settle(window, 1280, 720)
    window.show_workspace("readiness")
    duties = window.tabs.panels["duties"]
    with qtbot.waitSignal(window.desk.readiness.was_read):
        window.tabs.show_table(duties)
    window.show_workspace("plan")
    log_record(window.desk.session, "drill", {"site": "r1c1", "kind": "fire"})
    window.show_workspace("readiness")
    qtbot.waitUntil(lambda: duties.view.isVisible() and duties.view.model().rowCount() > 0)
    resize_and_settle(window, 1280, 720)
    view = duties.view
    titles = [view.model().headerData(at, Qt.Orientation.Horizontal) for at in range(3)]
    assert titles == ["Status", "Site", "What"]
    for at in (1, 2):
        assert not view.isColumnHidden(at)
        assert view.columnWidth(at) >= min(160, view.sizeHintForColumn(at)), titles[at]
    hidden = sum(view.isColumnHidden(at) for at in range(view.model().columnCount()))
    assert hidden and view.more.isVisible() and view.more.text() == f"+{hidden} ▾"


def test_no_table_scrolls_sideways_and_the_first_column_is_always_visible(
    window: MainWindow,
) -> None:
    for wide in (1280, 1600):
        window.tabs.show_table(window.sites)
        resize_and_settle(window, wide, 720)
        view = window.sites.view
        shown = [at for at in range(view.model().columnCount()) if not view.isColumnHidden(at)]
        assert shown[0] == 0 and view.columnWidth(0) >= view.sizeHintForColumn(0)
        assert sum(map(view.columnWidth, shown)) <= view.viewport().width()
        hidden = view.model().columnCount() - len(shown)
        assert view.more.isVisible() is bool(hidden)
        if hidden:
            last = view.model().columnCount() - 1
            title = str(view.model().headerData(last, Qt.Orientation.Horizontal))
            view.ask_column(title, shown=True)
            assert not view.isColumnHidden(last) and not view.isColumnHidden(0)


def test_selecting_another_school_scrolls_the_card_to_the_top(window: MainWindow) -> None:
    """It kept the previous card's scroll position and hid the school's name."""
    window.resize(1280, 720)
    window.desk.bridge.select(site="r1c1")
    QApplication.processEvents()
    above = window.area.frame.scroll_area
    bar = above.verticalScrollBar()
    assert bar.maximum() > 0
    wheel = QWheelEvent(
        QPointF(9, 9),
        QPointF(above.viewport().mapToGlobal(QPoint(9, 9))),
        QPoint(),
        QPoint(0, -9600),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(above.viewport(), wheel)
    QApplication.processEvents()
    assert bar.value() > 0
    window.desk.bridge.select(site="r1c2")
    QApplication.processEvents()
    assert bar.value() == 0
