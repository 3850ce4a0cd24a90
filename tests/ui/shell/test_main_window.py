"""The whole window: workspaces, actions, notices, remembered state, unexpected errors."""

import locale
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import project_from
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.help.action_specs import SELECT_SITE_TO_GIVE
from zoneplanner.app.log.logbook import log_record, log_visit
from zoneplanner.app.projects import open_project
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import assign_sites
from zoneplanner.ui import application
from zoneplanner.ui.coverage.observed_board import ObservedBoard
from zoneplanner.ui.coverage.observed_table import ObservedCoverageTable
from zoneplanner.ui.data.projects.new_project import NewProjectDialog
from zoneplanner.ui.publish.page_preview import PagePreview
from zoneplanner.ui.readiness.readiness_panel import ReadinessMatrix
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shifts.roster_board import RosterBoard
from zoneplanner.ui.shifts.today_board import TodayBoard

OpenWindow = Callable[..., MainWindow]
OpenSession = Callable[..., Session]


def on_screen(widget: QWidget) -> QRect:
    return QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())


def tabs(window: MainWindow) -> list[str]:
    """Return the titles of the visible tables."""
    shown = range(window.tabs.count())
    return [window.tabs.tabText(at) for at in shown if window.tabs.isTabVisible(at)]


def test_map_and_work_panel_are_open_at_first(session: Session, open_window: OpenWindow) -> None:
    window = open_window(session, tables=False)
    assert window.map.isVisible() and window.plans.isVisible() and window.figures.isVisible()
    assert not window.card.isVisible() and not window.tabs.opened
    assert tabs(window) == ["Zones", "Sites", "Checks", "History"]


def test_a_workspace_changes_tables_and_colors_but_not_the_map_view(window: MainWindow) -> None:
    window.map.zoom_to_site("r1c1")
    place = window.map.transform()
    window.bar.workspaces["log"].trigger()
    assert tabs(window) == ["Entries", "Visits due", "Sites"]
    assert window.map.map.coloring.subject == "visit" and not window.plans.isVisible()
    assert window.map.transform() == place
    window.bar.workspaces["plan"].trigger()
    assert window.map.map.coloring.subject == "zone" and window.plans.isVisible()


def test_each_workspace_remembers_what_is_open_and_how_large(window: MainWindow) -> None:
    window.frame.beside.moveSplitter(300, 1)
    high = window.tabs.height()
    window.show_workspace("log")
    assert not window.tabs.opened
    window.desk.actions["left"].trigger()
    window.show_workspace("plan")
    assert window.tabs.opened and window.tabs.height() == high and window.sections.isVisible()
    window.show_workspace("log")
    assert not window.sections.isVisible() and not window.tabs.opened
    for name in ("data", "publish", "today"):  # they have neither panel nor tables
        window.show_workspace(name)
        for action in ("left", "bottom"):
            window.desk.actions[action].trigger()
        assert not window.sections.isVisible() and not window.tabs.isVisible(), name


def test_keys_step_through_zones_and_sites(window: MainWindow, qtbot: QtBot) -> None:
    window.map.setFocus()
    for key in ("e", "e", "e", "e", "d"):
        qtbot.keyClicks(window.map, key)
    assert window.desk.bridge.selection.zone == "a"
    window.desk.actions["next_site"].trigger()
    window.desk.actions["next_site"].trigger()
    assert window.desk.bridge.selection.site == "r3c2"


def test_a_key_that_cannot_act_now_says_what_it_needs(window: MainWindow, qtbot: QtBot) -> None:
    window.desk.bridge.select()
    for key, told in (
        ("q", window.desk.actions.specs["lock"].needs),
        ("1", SELECT_SITE_TO_GIVE),
    ):
        window.desk.notices.hide()
        qtbot.keyClicks(window.map, key)
        assert window.desk.notices.isVisible() and window.desk.notices.text.text() == told


def test_undo_names_the_step_it_reverses(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    undo, redo = window.desk.actions["undo"], window.desk.actions["redo"]
    assert not undo.isEnabled()
    session.apply(
        "Move School r1c2 to B", lambda project: assign_sites(project, "plan", {"r1c2": "B"})
    )
    assert undo.text() == f"Undo: {session.undo_label}"
    facts = {"sites": "School r1c2", "zone": "B"}
    assert says(window.desk.notices.text.text(), "sites_moved", **facts)
    window.desk.notices.offer.click()
    assert not undo.isEnabled() and redo.isEnabled()
    window.map.setFocus()
    qtbot.keyClick(window.map, Qt.Key.Key_Z, Qt.KeyboardModifier.ShiftModifier)
    assert undo.isEnabled()


def test_the_checks_tab_counts_the_problems(window: MainWindow, session: Session) -> None:
    session.apply("Move", lambda project: assign_sites(project, "plan", {"r1c2": "B"}))
    assert "Checks (2)" in tabs(window)


def test_a_plan_is_copied_renamed_deleted_and_restored(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.desk.actions["copy_plan"].trigger()
    assert session.plan is not None and session.plan.name == "Plan, copy"
    window.desk.actions["rename_plan"].trigger()
    editor = window.plans.tree.findChild(QLineEdit)
    assert editor.isVisible()
    editor.setText("Winter")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.undo_label == "Rename “Plan, copy” to “Winter”")
    assert [plan.name for plan in session.project.plans.values()] == ["Plan", "Winter"]
    window.desk.actions["delete_plan"].trigger()
    assert [plan.name for plan in session.project.plans.values()] == ["Plan"]
    window.desk.notices.offer.click()
    assert [plan.name for plan in session.project.plans.values()] == ["Plan", "Winter"]


def test_choosing_a_plan_shows_it(window: MainWindow, session: Session) -> None:
    window.desk.actions["copy_plan"].trigger()
    window.plans.tree.setCurrentItem(window.plans.tree.topLevelItem(0))
    assert session.plan is not None and session.plan.name == "Plan"


def test_hiding_a_layer_hides_it_on_the_map(window: MainWindow) -> None:
    window.area.layers.click()
    window.layers.rows.row_of("zones").setCheckState(Qt.CheckState.Unchecked)
    assert not window.map.map.shown["zones"]


def test_a_notice_floats_over_the_map_without_shrinking_it(window: MainWindow) -> None:
    place = on_screen(window.map)
    window.desk.notices.show_notice(
        "A long sentence that needs more than one line. " * 6, stays=True
    )
    bar = window.desk.notices
    assert on_screen(window.map) == place
    assert place.contains(on_screen(bar)) and bar.y() > place.height() // 2
    assert bar.text.height() >= bar.text.heightForWidth(bar.text.width())
    window.resize(1000, 700)
    assert on_screen(window.map).contains(on_screen(bar))


@pytest.mark.parametrize("wide", [960, 1280, 2000])
def test_search_and_workspaces_stay_visible_in_a_narrow_window(
    looks: QApplication, window: MainWindow, qtbot: QtBot, wide: int
) -> None:
    window.resize(wide, 640)
    qtbot.wait(1)
    bar = window.bar
    for part in (window.search, *map(bar.place_of, ("undo", "go_plan", "go_publish"))):
        assert part is not None and part.isVisible()
        assert bar.rect().contains(part.rect().translated(part.mapTo(bar, part.rect().topLeft())))


def test_a_theme_change_applies_at_once(window: MainWindow, qapp: QApplication) -> None:
    from zoneplanner.ui.widgets.style import theme

    window.set_theme(theme.THEMES["dark"])
    assert window.map.theme.dark


def test_everything_that_takes_the_focus_has_a_name(window: MainWindow) -> None:
    window.frame.show_panel()
    window.desk.bridge.select(site="r1c1")
    nameless = [
        type(widget).__name__
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisibleTo(window)
        and not (widget.accessibleName() or _read_text(widget) or widget.toolTip())
        and isinstance(widget, QToolButton | QPushButton | QComboBox | QLineEdit)
        and not isinstance(widget.parentWidget(), QComboBox | QAbstractSpinBox)
    ]
    assert nameless == []


def test_an_empty_project_says_what_to_do(
    open_window: OpenWindow, open_session: OpenSession, qtbot: QtBot
) -> None:
    project = replace(project_from("A / a"), sites={}, plans={})
    window = open_window(open_session(project))
    for name in ("propose", "log_visit", "log_incident"):
        assert not window.desk.actions[name].isEnabled()
    empty = window.area.empty
    assert empty.isVisible() and empty.button.isEnabled() and empty.text.text()
    assert empty.button.icon().isNull(), "black on dark blue"
    window.show_workspace("today")
    (today,) = window.findChildren(TodayBoard)
    assert today.import_button.isVisible() and today.empty_text.isVisible()
    assert today.import_button.y() - today.empty_text.geometry().bottom() < 20
    window.show_workspace("shifts")
    (board,) = window.findChildren(RosterBoard)
    assert board.empty.sample.height() == board.empty.import_button.height()
    assert not isinstance(window.focusWidget(), QAbstractButton), "a button has the keys"
    window.desk.actions["import"].setToolTip("Another")
    assert (
        board.empty.import_button.text() == "Import officers…" and empty.button.text() == "Import…"
    )
    window.show_workspace("publish")
    (preview,) = window.findChildren(PagePreview)
    preview.show_booklets({})
    assert not preview.files.isVisible() and not preview.buttons["whole"].isVisible()
    qtbot.waitUntil(
        lambda: abs(preview.message.geometry().center().y() - preview.height() // 2) < 20
    )
    window.show_workspace("coverage")
    (observed,) = window.findChildren(ObservedBoard)
    (table,) = window.findChildren(ObservedCoverageTable)
    qtbot.waitUntil(lambda: table.view.model() is not None)
    assert not table.view.offer.isVisible() and not observed.note.isVisible()
    window.show_workspace("readiness")
    (matrix,) = window.findChildren(ReadinessMatrix)
    qtbot.waitUntil(lambda: not matrix.filter.isVisible())
    assert empty.isVisible() and not matrix.view.offer.isVisible()  # the map offers it already


@pytest.fixture
def planner(looks: QApplication, qapp: QApplication) -> Iterator[application.ApplicationWindow]:
    kept: list[Settings] = []
    made = application.ApplicationWindow(qapp, Settings(appearance="light"), kept.append)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_model_page_releases_the_map_when_the_window_closes(
    planner: application.ApplicationWindow, session: Session, tmp_path: Path
) -> None:
    """It restored colors from a project that was already closed."""
    log_record(session, "visit", {"site": "r1c1"})
    planner.show_session(session, tmp_path / "district.gpkg")
    main = planner.main
    assert main is not None
    main.show_workspace("coverage")
    main.left.sections["coverage"].question.setCurrentIndex(2)
    QApplication.processEvents()
    assert main.tabs.panels["expected"].isVisible()
    assert planner.close() and planner.main is None


def test_the_first_start_also_offers_another_district(
    planner: application.ApplicationWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    """It offered only the bundled district; others were in the menu."""
    planner.create_project(tmp_path / "San Juan Unified.gpkg")
    assert planner.main is not None
    notices, actions = planner.main.desk.notices, planner.main.desk.actions
    qtbot.waitUntil(notices.others.isVisible)
    planner.main.desk.jobs.cancel_all()
    lines = notices.text.heightForWidth(notices.text.width()) / notices.text.fontMetrics().height()
    assert round(lines) <= 3, "the second button takes no width from the sentence"
    assert notices.offer.isVisible() and notices.others.menu().actions() == [
        actions[name] for name in ("new", "open", "open_shared")
    ]

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Return)

    QTimer.singleShot(200, choose)
    qtbot.mouseClick(notices.others, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(planner.findChildren(NewProjectDialog)))
    for dialog in planner.findChildren(NewProjectDialog):
        dialog.reject()
    notices.show_notice("Done.")
    assert not notices.others.isVisible()


def test_map_and_panel_open_where_the_loading_page_drew_them(
    planner: application.ApplicationWindow, session: Session, tmp_path: Path
) -> None:
    """The loading page drew an outdated layout: map at the left, tables below."""
    planner.resize(1280, 720)
    planner.skeleton.show_message("")
    drawn = planner.skeleton.grab().toImage()
    land = planner.theme.color("land").rgb()
    found = [
        QPoint(x, y)
        for x in range(0, drawn.width())
        for y in (60, 300, 662, 663, 664, 690)
        if drawn.pixel(x, y) == land
    ]
    planner.show_session(session, tmp_path / "district.gpkg")
    assert planner.main is not None
    planner.main.show_workspace("plan")
    QApplication.processEvents()
    view = planner.main.map
    at = QRect(view.mapTo(planner.main, QPoint(0, 0)), view.size())
    assert (min(p.x() for p in found), max(p.x() for p in found)) == (at.left(), at.right())
    assert max(p.y() for p in found) == at.bottom()


def test_the_menu_opens_below_its_button_in_a_720_pixel_window(window: MainWindow) -> None:
    menu, button = window.bar.project.menu(), window.bar.project
    below = 720 - 24 - button.mapTo(window, button.rect().bottomLeft()).y()  # 24 of a frame
    assert menu.sizeHint().height() <= below


def test_a_file_that_is_not_a_project_is_reported_on_the_empty_window(
    planner: application.ApplicationWindow, tmp_path: Path
) -> None:
    file = tmp_path / "letter.gpkg"
    file.write_text("Dear planner")
    planner.open_project(file)
    assert planner.main is None
    assert "letter.gpkg" in planner.skeleton.text.text()


def test_a_refused_project_leaves_the_open_one_open(
    planner: application.ApplicationWindow, session: Session, tmp_path: Path
) -> None:
    planner.show_session(session, Path(session.store.path))
    main = planner.main
    planner.open_project(tmp_path / "nowhere.gpkg")
    assert planner.main is main and main is not None
    assert main.desk.notices.isVisible()


def test_an_unexpected_error_is_logged_and_shown(
    planner: application.ApplicationWindow,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "zoneplanner.app.desk.error_log.find_error_log", lambda: tmp_path / "planner.log"
    )
    planner.show_session(session, Path(session.store.path))
    error = ZeroDivisionError("a bug")
    planner.handle_unexpected_error(type(error), error, None)
    assert planner.main is not None
    assert says(planner.main.desk.notices.text.text(), "unexpected_error")
    assert "a bug" in (tmp_path / "planner.log").read_text()


def test_recent_project_and_workspace_are_remembered(
    planner: application.ApplicationWindow, session: Session
) -> None:
    planner.show_session(session, Path(session.store.path))
    assert planner.main is not None
    planner.main.show_workspace("coverage")
    planner.close()
    assert planner.settings.recent == (str(session.store.path),)
    assert planner.settings.window["workspace"] == "coverage"


def test_the_window_is_drawn_to_a_file(session: Session, tmp_path: Path) -> None:
    path = Path(session.store.path)
    session.close()
    size = ("--size", "1000x700", "--theme", "dark")
    assert (
        application.run_window_command(
            [str(path), "--picture", str(tmp_path / "window.png"), *size]
        )
        == 0
    )
    assert application.run_window_command([str(path), "--picture", str(path)]) == 2
    assert not QApplication.windowIcon().isNull()
    drawn = QImage(str(tmp_path / "window.png"))
    assert (drawn.width(), drawn.height()) == (1000, 700)


@pytest.mark.skipif(sys.platform == "win32", reason="Qt sets the locale on Unix only")
def test_months_in_sentences_are_english_on_every_desktop(session: Session, tmp_path: Path) -> None:
    """A rule was “adopted by März 1” on a German desktop."""
    path = Path(session.store.path)
    session.close()
    before = locale.setlocale(locale.LC_TIME)
    locale.setlocale(locale.LC_TIME, "C.UTF-8")  # as Qt does with the desktop's locale
    try:
        application.run_window_command([str(path), "--picture", str(tmp_path / "window.png")])
        assert locale.setlocale(locale.LC_TIME) == "C"
    finally:
        locale.setlocale(locale.LC_TIME, before)


def test_without_a_screen_the_window_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert application.run_window_command([]) == 2
    assert says(capsys.readouterr().err, "no_display")


def test_a_picture_shows_the_zones_even_if_the_project_opens_on_today(
    session: Session, tmp_path: Path
) -> None:
    path, file = Path(session.store.path), tmp_path / "window.png"
    log_visit(session, next(iter(session.saved_project.sites)))
    session.close()
    command = [str(path), "--picture", str(file), "--size", "1000x700", "--theme", "light"]

    def share_of_zones(*more: str) -> float:
        assert application.run_window_command([*command, *more]) == 0
        drawn = QImage(str(file))
        assert (drawn.width(), drawn.height()) == (1000, 700)
        seen = [drawn.pixelColor(x, y) for x in range(0, 1000, 10) for y in range(0, 700, 10)]
        return sum(color.hsvSaturation() > 25 for color in seen) / len(seen)

    window = share_of_zones()
    assert 0.15 < window < share_of_zones("--map-only") - 0.03


def test_a_picture_of_no_project_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = application.run_window_command(
        [str(tmp_path / "none.gpkg"), "--picture", str(tmp_path / "window.png")]
    )
    assert status == 2 and capsys.readouterr().err
    assert not (tmp_path / "window.png").exists()


def _read_text(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return str(text()) if callable(text) else ""


def test_a_layer_is_turned_off_from_the_palette(window: MainWindow, qtbot: QtBot) -> None:
    window.search.start()
    qtbot.keyClicks(window.search, "county line")
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    assert not window.map.map.shown["county"]
    assert not window.layers.arrangement.shows("county")


def test_today_opens_first_once_there_are_records_and_the_map_before(
    planner: application.ApplicationWindow, session: Session
) -> None:
    planner.show_session(session, Path(session.store.path))
    assert planner.main is not None and planner.main.workspace == "plan"
    log_record(
        session,
        "incident",
        {"site": "r1c1", "type": "fight", "priority": "2", "received_at": "2026-11-16T07:40"},
    )
    again = open_project.open_session(Path(session.store.path))
    planner.show_session(again, Path(again.store.path))
    assert planner.main is not None and planner.main.workspace == "today"
