"""Two plans compared in the window: maps, tables, printed page, and failures."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from builders import project_from
from pypdf import PdfReader
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import adopt_plan, assign_sites, delete_plan, rename_plan
from zoneplanner.domain.project import Project
from zoneplanner.ui.map import viewport
from zoneplanner.ui.map.compare.compared_maps import ReadOnlyMap
from zoneplanner.ui.plan.comparison.comparison_panel import ComparisonPanel
from zoneplanner.ui.plan.plans.plans_panel import ONLY_ONE_PLAN
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.file_dialogs import FileDialog
from zoneplanner.ui.widgets.services.ui_context import Selection
from zoneplanner.ui.widgets.style.theme import THEMES
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE
from zoneplanner.ui.widgets.tables.table_view import TableView

OpenWindow = Callable[[Session], MainWindow]
OpenSession = Callable[[Project], Session]
NO_BUTTON, NO_KEYS = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


def create_two_plans(**changed: object) -> Project:
    """Create a plan, and a draft of it that moves one site from A to B."""
    project = project_from("AABB / AABB / aaaa")
    plan = project.plans["plan"]
    moved = {**plan.assignment, "r1c2": "B"}
    draft = replace(plan, uid="draft", name="Draft B", parent="plan", assignment=moved)
    return project.with_plan(replace(draft, **changed))  # type: ignore[arg-type]


@pytest.fixture
def window(open_session: OpenSession, open_window: OpenWindow) -> MainWindow:
    """The window with the draft on screen."""
    session = open_session(create_two_plans())
    session.show_plan("draft")
    return open_window(session)


def compare(window: MainWindow) -> ComparisonPanel:
    """Compare the plan on screen."""
    window.desk.actions["compare"].trigger()
    QApplication.processEvents()
    panel = window.comparison.shown
    assert panel is not None
    return panel


def read_names(panel: ComparisonPanel) -> tuple[str, str]:
    """Return the names in the fields of plan A and plan B."""
    return panel.bar.before.currentText(), panel.bar.after.currentText()


def read_numbers(text: str) -> list[int]:
    """Return the whole numbers in a text."""
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", text)]


def choose(panel: ComparisonPanel, field: str, name: str) -> None:
    """Select a plan as in a list."""
    box = getattr(panel.bar, field)
    box.setCurrentIndex(box.findText(name))
    box.activated.emit(box.currentIndex())


def read_view(view: ReadOnlyMap) -> tuple[int, int, float]:
    """Return the center of a map, to the meter, and its scale."""
    x_m, y_m = view.map.frame.to_project_m(viewport.get_visible_rect(view).center())
    return round(x_m), round(y_m), viewport.get_m_px(view)


def hover(view: ReadOnlyMap, at: QPoint) -> None:
    """Move the pointer on a map."""
    port = view.viewport()
    there = port.mapToGlobal(QPointF(at))
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), there, NO_BUTTON, NO_BUTTON, NO_KEYS)
    QApplication.sendEvent(port, event)


def locate_site(view: ReadOnlyMap, site_id: str) -> QPoint:
    """Return where a site is drawn."""
    item = view.map.sites[site_id]
    return view.mapFromScene(item.pos()) + item.shift.toPoint()


def drag(qtbot: QtBot, part: QWidget, start: QPoint, by: QPoint) -> None:
    """Drag with the left button."""
    left, origin = Qt.MouseButton.LeftButton, part.mapToGlobal(QPointF(start))
    qtbot.mousePress(part, left, pos=start)
    for share in (0.5, 1.0):
        there = origin + QPointF(by) * share
        at = part.mapFromGlobal(there)
        event = QMouseEvent(QEvent.Type.MouseMove, at, there, NO_BUTTON, left, NO_KEYS)
        QApplication.sendEvent(part, event)
    qtbot.mouseRelease(part, left, pos=part.mapFromGlobal(origin.toPoint() + by))


def read_row(view: TableView, row: int) -> list[str]:
    """Return the texts of a row."""
    model = view.model()
    return [model.index(row, column).data() for column in range(model.columnCount())]


def test_the_plan_on_screen_is_compared_with_its_parent(window: MainWindow) -> None:
    panel = compare(window)
    assert read_names(panel) == ("Plan", "Draft B")
    assert read_numbers(panel.bar.headline.text()) == [1, 400]
    assert panel.stage.isVisible() and not window.map.isVisible()
    assert not window.tool_row.isVisible()


def test_a_draft_is_compared_with_the_plan_in_force(
    open_session: OpenSession, open_window: OpenWindow
) -> None:
    project = create_two_plans()
    other = replace(project.plans["plan"], uid="other", name="Other")
    session = open_session(adopt_plan(project.with_plan(other), "other", date(2026, 8, 1)))
    session.show_plan("draft")
    assert read_names(compare(open_window(session))) == ("Other", "Draft B")


@pytest.mark.parametrize("shown", ["plan", "draft"])
@pytest.mark.parametrize("in_force", [True, False])
def test_the_plan_in_force_or_the_parent_is_plan_a_whichever_is_on_screen(
    shown: str, in_force: bool, open_session: OpenSession, open_window: OpenWindow
) -> None:
    project = create_two_plans()
    session = open_session(adopt_plan(project, "plan", date(2026, 8, 1)) if in_force else project)
    session.show_plan(shown)
    assert read_names(compare(open_window(session))) == ("Plan", "Draft B")


def test_the_map_view_carries_over_to_the_comparison_and_back(window: MainWindow) -> None:
    window.map.zoom_to_site("r2c3")
    x_m, y_m = window.map.map.frame.to_project_m(viewport.get_visible_rect(window.map).center())
    scale = viewport.get_m_px(window.map)
    panel = compare(window)
    place = panel.stage.get_viewpoint()
    assert place.m_px == pytest.approx(scale)
    assert (place.x_m, place.y_m) == pytest.approx((x_m, y_m), abs=2 * scale)
    panel.stage.zoom_by(0.5)
    panel.stage.lead.pan_by(QPoint(60, 30))
    left = panel.stage.get_viewpoint()
    panel.bar.close_button.click()
    assert window.map.isVisible() and window.tool_row.isVisible()
    x_m, y_m = window.map.map.frame.to_project_m(viewport.get_visible_rect(window.map).center())
    assert viewport.get_m_px(window.map) == pytest.approx(left.m_px)
    assert (x_m, y_m) == pytest.approx((left.x_m, left.y_m), abs=2 * left.m_px)


def test_closing_selects_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window.desk.bridge.select()
    window.desk.actions["compare"].trigger()
    window.comparison.close()
    qtbot.waitUntil(window.map.hasFocus)
    assert window.desk.bridge.selection == Selection()


def test_the_divider_follows_mouse_and_arrow_keys(window: MainWindow, qtbot: QtBot) -> None:
    stage = compare(window).stage
    divider = stage.divider
    assert divider.hasFocus() and divider.share == 0.5
    qtbot.keyClick(divider, Qt.Key.Key_Left)
    assert divider.share == pytest.approx(0.48)
    qtbot.keyClick(divider, Qt.Key.Key_End)
    assert divider.share == 1.0 and stage.before.map_geometry_to(stage).width() == stage.width()
    qtbot.keyClick(divider, Qt.Key.Key_Home)
    assert divider.share == 0.0 and stage.before.map_geometry_to(stage).width() == 0
    qtbot.keyClick(divider, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert divider.share == pytest.approx(0.1)
    grip = QPoint(divider.width() // 2, divider.height() // 2)
    drag(qtbot, divider, grip, QPoint(stage.width() // 2, 0))
    assert divider.share == pytest.approx(0.6, abs=0.01)


def test_a_swipe_shows_each_plan_on_its_side_at_the_same_place(window: MainWindow) -> None:
    stage = compare(window).stage
    x = stage.before.mapFromScene(stage.before.map.find_number_position("A")).x()
    stage.divider.move_to(x / stage.width())
    QTest.qWait(200)
    for part in (stage.before, stage.after):
        for key, box in part.map.label_boxes.items():
            left = part.mapFromScene(box.topLeft() * part.map.m_px).x() + 6
            assert not left < x < left + box.width() - 12, key
    stage.divider.move_to(0.3)
    at = QPoint(stage.width() // 2, stage.height() // 2)
    here, there = (part.mapFrom(stage, at) for part in (stage.before, stage.after))
    assert stage.before.mapToScene(here) == stage.after.mapToScene(there)
    assert (
        stage.before.map_geometry_to(stage).right() + 1 == stage.after.map_geometry_to(stage).left()
    )
    assert stage.before.map.state.plan.name == "Plan"
    assert stage.after.map.state.plan.name == "Draft B"


def test_two_maps_pan_and_zoom_together_and_show_where_the_pointer_is(
    window: MainWindow, qtbot: QtBot
) -> None:
    panel = compare(window)
    panel.bar.modes["side"].click()
    stage = panel.stage
    drag(qtbot, stage.before.viewport(), QPoint(120, 100), QPoint(40, 25))
    assert read_view(stage.before) == read_view(stage.after)
    stage.after.zoom_at(QPointF(10, 10), 2.0)
    assert read_view(stage.before) == read_view(stage.after)
    stage.fit()
    assert read_view(stage.before) == read_view(stage.after)
    hover(stage.before, QPoint(100, 90))
    assert stage.pointer_marker.isVisible()
    there = stage.pointer_marker.geometry().center() - stage.after.map_geometry_to(stage).topLeft()
    assert (there - QPoint(100, 90)).manhattanLength() <= 2


def test_changed_sites_stand_out_and_show_their_zone(window: MainWindow) -> None:
    panel = compare(window)
    panel.bar.modes["difference"].click()
    changed = panel.stage.difference_map
    assert changed is not None
    assert [(area.zone, area.style.highlight) for area in changed.areas] == [("B", "target")]
    assert changed.map.sites["r1c2"].symbol.text == "B"
    same = changed.map.sites["r1c1"].symbol
    assert same.text == "" and same.fill == changed.map.theme.site_pale
    assert panel.stage.legend.rows()[0][0] == "A → B"
    assert all(zone.style.muted for zone in changed.map.zones.values())


def test_hovering_a_moved_site_shows_both_of_its_zones(window: MainWindow) -> None:
    panel = compare(window)
    for mode in ("swipe", "side", "difference"):
        panel.bar.modes[mode].click()
        lead = panel.stage.lead
        hover(lead, locate_site(lead, "r1c2"))
        said = panel.stage.overlays.card.text()
        assert "School r1c2" in said and "A → B" in said and "400 students" in said
        hover(lead, locate_site(lead, "r1c1"))
        said = panel.stage.overlays.card.text()
        assert "School r1c1" in said and "Zone A" in said and "→" not in said


def test_the_table_lists_each_moved_site_with_its_zones_and_minutes(window: MainWindow) -> None:
    panel = compare(window)
    assert window.tabs.tabText(window.tabs.indexOf(panel.moved)) == "Moved sites (1)"
    *moved, _, after, change = read_row(panel.moved.view, 0)
    assert moved == ["School r1c2", "A", "B", "400"]
    # two posts of A tie, and rounding decides which is used
    assert after == "2.0" and change in ("as before", "▲ −1.4")
    window.desk.session.apply("Move", lambda project: assign_sites(project, "draft", {"r1c1": "B"}))
    panel.moved.view.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    name, *_, before, after, change = read_row(panel.moved.view, 0)
    assert name == "School r1c1" and float(after) > float(before)
    assert change == f"▼ +{float(after) - float(before):.1f}"  # farther is worse


def test_a_row_selects_its_site_and_centers_both_maps_on_it(window: MainWindow) -> None:
    panel = compare(window)
    panel.bar.modes["side"].click()
    panel.moved.view.setCurrentIndex(panel.moved.view.model().index(0, 0))
    assert window.desk.bridge.selection.site == "r1c2"
    for part in (panel.stage.before, panel.stage.after):
        assert part.map.selected_site == "r1c2"
        off = locate_site(part, "r1c2") - part.viewport().rect().center()
        assert off.manhattanLength() <= 4


def test_pointing_at_a_row_highlights_its_site_and_vice_versa(window: MainWindow) -> None:
    panel = compare(window)
    panel.moved.view.pointed.emit("r1c2")
    assert panel.stage.before.map.hovered == panel.stage.after.map.hovered == "r1c2"
    hover(panel.stage.after, locate_site(panel.stage.after, "r1c2"))
    assert panel.moved.view.lit_row == 0


def test_the_legend_folds_by_click_and_by_key(window: MainWindow, qtbot: QtBot) -> None:
    panel = compare(window)
    panel.bar.modes["difference"].click()
    legend = panel.stage.legend
    assert legend.is_open
    open_px = legend.height()
    qtbot.mouseClick(legend, Qt.MouseButton.LeftButton)
    assert not legend.is_open and legend.height() < open_px
    qtbot.keyClick(legend, Qt.Key.Key_Space)
    assert legend.is_open and legend.height() == open_px


def test_the_score_card_says_in_words_what_is_better(window: MainWindow) -> None:
    panel = compare(window)
    window.tabs.show_table(panel.scores)
    model = panel.scores.view.model()
    rows = {model.index(at, 0).data(KEY_ROLE): read_row(panel.scores.view, at)
            for at in range(model.rowCount())}  # fmt: skip
    name, before, after, difference, verdict = rows["worst_deviation"]
    assert name == "Largest deviation"
    assert before.endswith("%") and after.endswith("%")
    assert difference == "▼ +25.0 pts" and verdict == "worse"
    assert rows["mean_response_min"][0] == "Mean response, min"
    assert rows["sites"][3:] == ["–", ""]


def test_a_click_on_one_map_selects_on_both(window: MainWindow, qtbot: QtBot) -> None:
    panel = compare(window)
    at = locate_site(panel.stage.after, "r2c4")
    qtbot.mouseClick(panel.stage.after.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.desk.bridge.selection.site == "r2c4"
    assert panel.stage.before.map.selected_site == "r2c4"


def test_the_comparison_follows_edits_of_plan_b_and_their_undo(window: MainWindow) -> None:
    panel, session = compare(window), window.desk.session
    panel.bar.modes["difference"].click()
    session.apply("Move", lambda project: assign_sites(project, "draft", {"r2c2": "B"}))
    assert read_numbers(panel.bar.headline.text()) == [2, 800]
    assert panel.stage.difference_map is not None
    assert panel.stage.difference_map.map.sites["r2c2"].symbol.text == "B"
    session.undo()
    assert panel.moved.view.model().rowCount() == 1
    session.apply("Move back", lambda project: assign_sites(project, "draft", {"r1c2": "A"}))
    assert panel.bar.headline.text() == "Every site is in the same zone in both plans."
    assert panel.moved.view.model().rowCount() == 0
    assert panel.stage.legend.rows() == [] and panel.stage.difference_map.areas == []


def test_a_renamed_plan_shows_its_new_name(window: MainWindow) -> None:
    panel, session = compare(window), window.desk.session
    session.apply("Rename", lambda project: rename_plan(project, "draft", "North first"))
    assert read_names(panel) == ("Plan", "North first")
    assert "North first" in panel.stage.overlays.tags[1].text()


def test_plans_can_be_swapped_and_chosen(
    open_session: OpenSession, open_window: OpenWindow
) -> None:
    project = create_two_plans()
    same = replace(project.plans["plan"], uid="same", name="Same")
    session = open_session(project.with_plan(same))
    session.show_plan("draft")
    panel = compare(open_window(session))
    panel.bar.swap.click()
    assert read_names(panel) == ("Draft B", "Plan")
    assert read_row(panel.moved.view, 0)[1:3] == ["B", "A"]
    choose(panel, "before", "Same")
    assert read_names(panel) == ("Same", "Plan")
    assert panel.moved.view.model().rowCount() == 0


def test_a_plan_deleted_during_the_comparison_is_named_and_restored_by_undo(
    open_session: OpenSession, open_window: OpenWindow
) -> None:
    project = create_two_plans()
    third = replace(project.plans["plan"], uid="third", name="Third")
    session = open_session(project.with_plan(third))
    session.show_plan("draft")
    panel = compare(open_window(session))
    session.apply("Delete", lambda project: delete_plan(project, "draft"))
    assert panel.message.isVisible() and not panel.stage.isVisible()
    assert "“Draft B”" in panel.message.text() and "“Plan”" not in panel.message.text()
    assert not panel.bar.print.isEnabled() and panel.moved.view.model().rowCount() == 0
    choose(panel, "after", "Third")
    assert panel.stage.isVisible() and read_names(panel) == ("Plan", "Third")
    panel.show_pair("plan", "draft")
    session.undo()
    assert panel.stage.isVisible() and read_names(panel) == ("Plan", "Draft B")


def test_the_only_plan_left_says_what_to_do(window: MainWindow) -> None:
    panel, session = compare(window), window.desk.session
    session.apply("Delete", lambda project: delete_plan(project, "draft"))
    assert panel.message.text() == ONLY_ONE_PLAN.format("Plan")


def test_a_plan_cannot_be_compared_with_itself(window: MainWindow) -> None:
    panel = compare(window)
    choose(panel, "before", "Draft B")
    assert says(panel.message.text(), "same_plan", plan="Draft B")
    choose(panel, "before", "Plan")
    assert panel.stage.isVisible()


def test_one_plan_or_none_opens_nothing_and_says_what_to_do(
    session: Session, open_window: OpenWindow, open_session: OpenSession
) -> None:
    window = open_window(session)
    window.desk.actions["compare"].trigger()
    assert window.comparison.shown is None and window.map.isVisible()
    assert window.desk.notices.text.text() == ONLY_ONE_PLAN.format("Plan")
    window.desk.notices.offer.click()
    assert len(session.project.plans) == 2
    none = open_window(open_session(replace(project_from("AB"), plans={})))
    none.desk.actions["compare"].trigger()
    assert none.desk.notices.isVisible() and none.comparison.shown is None


def test_an_empty_plan_is_compared_like_any_other(
    open_session: OpenSession, open_window: OpenWindow
) -> None:
    session = open_session(create_two_plans(assignment={}))
    session.show_plan("draft")
    panel = compare(open_window(session))
    for mode in ("side", "difference", "swipe"):
        panel.bar.modes[mode].click()
        QApplication.processEvents()
    assert read_numbers(panel.bar.headline.text()) == [12, 4800]
    assert read_row(panel.moved.view, 0)[2] == "no zone"
    assert {name for name, _ in panel.stage.legend.rows()} == {
        "A → no zone", "B → no zone", "a → no zone"
    }  # fmt: skip


def test_escape_closes_the_comparison_and_its_tables(window: MainWindow, qtbot: QtBot) -> None:
    panel = compare(window)
    qtbot.keyClick(panel.stage.divider, Qt.Key.Key_Escape)
    assert window.map.isVisible()
    assert "Moved sites" not in " ".join(map(window.tabs.tabText, range(window.tabs.count())))
    assert compare(window) is panel


def test_another_workspace_restores_the_map(window: MainWindow) -> None:
    compare(window)
    window.show_workspace("log")
    assert window.map.isVisible() and not window.tool_row.isVisible()


def test_the_actions_of_the_view_menu_work_on_the_comparison(window: MainWindow) -> None:
    stage = compare(window).stage
    scale = stage.get_viewpoint().m_px
    window.desk.actions["zoom_in"].trigger()
    assert stage.get_viewpoint().m_px < scale
    window.desk.bridge.select(zone="B")
    window.desk.actions["zoom_zone"].trigger()
    window.desk.actions["fit"].trigger()
    assert stage.get_viewpoint().shows_all


def test_hidden_layers_are_hidden_in_the_comparison(window: MainWindow) -> None:
    panel = compare(window)
    panel.bar.modes["difference"].click()
    window.layers.arranged.emit(window.layers.arrangement.with_visibility("roads", False))
    for part in (panel.stage.before, panel.stage.after, panel.stage.difference_map):
        assert part is not None and not part.map.shown["roads"]


def test_a_change_of_theme_reaches_all_maps(window: MainWindow) -> None:
    panel = compare(window)
    panel.bar.modes["difference"].click()
    window.set_theme(THEMES["dark"])
    changed = panel.stage.difference_map
    assert (
        changed is not None and changed.map.theme == panel.stage.before.map.theme == THEMES["dark"]
    )
    assert [area.zone for area in changed.areas] == ["B"]
    assert changed.areas[0].scene() is changed.map
    assert not window.grab().isNull()


def test_the_page_is_printed_in_the_background_and_can_be_opened(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    bar = compare(window).bar
    page = tmp_path / "board.pdf"
    bar.print.menu().aboutToShow.emit()
    public, *others = bar.print.menu().actions()
    assert "public" in public.text() and "draft" in public.text(), "the most careful comes first"
    assert [one.text().split()[-1] for one in others] == ["staff…", "enforcement…", "office…"]
    public.trigger()
    (dialog,) = window.findChildren(FileDialog)
    assert "public" in dialog.windowTitle()
    dialog.selectFile(str(page))
    dialog.accept()
    qtbot.waitUntil(lambda: not window.desk.jobs.running, timeout=20_000)
    (printed,) = PdfReader(page).pages
    said = " ".join(printed.extract_text().split())
    assert "For: the public" in said and "DRAFT" in said and "students" not in said
    assert all(word in window.desk.notices.text.text() for word in ("public", "board.pdf"))
    assert window.desk.notices.offer.isVisible()


def test_a_page_that_cannot_be_written_is_reported(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    compare(window)
    (tmp_path / "board.pdf").mkdir()
    window.comparison.print_page(tmp_path / "board.pdf", "public")
    qtbot.waitUntil(lambda: not window.desk.jobs.running, timeout=20_000)
    assert window.desk.notices.isVisible() and "board.pdf" in window.desk.notices.text.text()


@pytest.mark.parametrize(("wide", "beside"), [(1280, False), (1600, True)])
def test_the_card_of_a_school_does_not_cover_the_comparison_bar(
    window: MainWindow, qtbot: QtBot, wide: int, beside: bool
) -> None:
    window.resize(wide, 720)
    window.desk.bridge.select(site="r1c1")
    panel, card = compare(window), window.area.frame

    def is_free() -> bool:
        bar = QRect(panel.bar.mapToGlobal(QPoint(0, 0)), panel.bar.size())
        return not bar.intersects(QRect(card.mapToGlobal(QPoint(0, 0)), card.size()))

    qtbot.waitUntil(lambda: card.isVisible() and panel.bar.isVisible() and is_free())
    window.resize(wide, 800)
    qtbot.waitUntil(is_free)
    assert (card.property("beside") is True) is beside
