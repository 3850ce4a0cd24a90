"""The Publish page: audience, what is included, previews, progress and Cancel."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QApplication, QScrollArea, QToolButton
from pytestqt.qtbot import QtBot
from sentences import says
from shapely.geometry import Point

from zoneplanner.app.publishing.month import choose_report_period
from zoneplanner.domain.calendar.school_calendar import find_last_month
from zoneplanner.domain.geography.map_edits import add_layer
from zoneplanner.domain.project import Feature, Layer
from zoneplanner.messages import find_template
from zoneplanner.publish.audience import FIELD_RELEASES, name_audience
from zoneplanner.publish.publications import PUBLICATIONS, explain_no_comparison
from zoneplanner.ui.coverage.observed_board import ObservedBoard
from zoneplanner.ui.publish.publish_panel import PublishPanel
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def page(desk: UiContext, qtbot: QtBot) -> PublishPanel:
    panel = PublishPanel(desk, {})
    qtbot.addWidget(panel)
    panel.resize(1280, 760)
    panel.show()
    qtbot.waitUntil(lambda: panel.preview.files.count() > 0, timeout=20_000)
    return panel


def test_a_page_outline_is_shown_until_the_first_preview_is_ready(
    desk: UiContext, qtbot: QtBot
) -> None:
    panel = PublishPanel(desk, {})
    qtbot.addWidget(panel)
    panel.resize(1280, 760)
    panel.show()
    preview, before_page = panel.preview, []
    paper = preview.view.widget()
    preview.page_requested.connect(lambda *_: before_page.append(paper.accessibleName()))
    waiting = paper.accessibleName()
    assert waiting == find_template("preview.in_progress")
    assert paper.height() > paper.width() > 300, "a page in portrait format"
    assert not preview.files.isEnabled() and not preview.buttons["map"].isEnabled()
    qtbot.waitUntil(lambda: preview.view.showing, timeout=20_000)
    assert before_page[0] == waiting, "the files are listed before the page is drawn"
    assert "page 1 of" in paper.accessibleName()
    assert preview.files.isEnabled() and preview.buttons["map"].isEnabled()


def find_title(key: str) -> str:
    """Return the title of the rule that releases a field."""
    return next(rule.title for rule in FIELD_RELEASES if key in rule.keys)


def test_included_data_and_parts_follow_the_audience(page: PublishPanel) -> None:
    page.form.audiences["public"].click()
    leaves, stays = page.release_list.rows
    assert find_title("site.phone") in leaves and find_title("site.enrollment") in stays
    assert not page.form.parts["cards"].isEnabled()
    assert not page.form.parts["cards"].isChecked(), "an unavailable part is unchecked"
    reader = name_audience("public")
    assert page.form.parts["cards"].text() == f"{PUBLICATIONS['cards'].title} (not for {reader})"
    page.form.audiences["law-enforcement"].click()
    assert find_title("site.note") in page.release_list.rows[0]
    assert page.form.parts["cards"].isEnabled() and page.form.parts["cards"].isChecked()
    assert page.form.parts["cards"].text() == PUBLICATIONS["cards"].title
    page.form.audiences["own"].click()
    assert find_title("handout.weeks") in page.release_list.rows[0]


def test_the_form_fits_its_area_for_every_audience(page: PublishPanel) -> None:
    (area,) = page.form.findChildren(QScrollArea)
    for button in page.form.audiences.values():
        button.click()
        room = area.viewport().width()
        assert area.widget().width() <= room
        for box in page.form.parts.values():
            assert box.mapTo(area.widget(), box.rect().topRight()).x() <= room
            assert box.width() >= box.sizeHint().width()


def test_the_preview_pages_through_each_file(page: PublishPanel, qtbot: QtBot) -> None:
    page.form.audiences["staff"].click()
    preview = page.preview
    qtbot.waitUntil(lambda: preview.files.findText("readiness.pdf") >= 0, timeout=20_000)
    qtbot.waitUntil(lambda: "page 1 of" in preview.view.widget().accessibleName(), timeout=20_000)
    preview.buttons["on"].click()
    qtbot.waitUntil(lambda: "page 2 of" in preview.view.widget().accessibleName(), timeout=20_000)
    before = preview.view.widget().size()
    preview.buttons["larger"].click()
    assert preview.view.widget().width() > before.width()
    preview.files.setCurrentText("readiness.pdf")
    assert preview.number == 1
    qtbot.waitUntil(
        lambda: preview.view.widget().accessibleName().startswith("readiness.pdf"), timeout=20_000
    )


def test_a_page_is_drawn_with_all_four_edges_at_any_scale(page: PublishPanel, qtbot: QtBot) -> None:
    """At 1.5 the upper edge, which separates white paper from a white ground, could vanish."""
    paper = page.preview.view.widget()
    qtbot.waitUntil(lambda: "page 1 of" in paper.accessibleName(), timeout=20_000)
    color = paper.palette().color(QPalette.ColorRole.Mid)
    for scale in (1.0, 1.25, 1.5, 2.0):
        for left, top in ((16, 16), (17, 17)):
            picture = QImage(paper.size() * scale * 1.1, QImage.Format.Format_RGB32)
            picture.setDevicePixelRatio(scale)
            picture.fill(Qt.GlobalColor.white)
            paper.render(picture, QPoint(left, top))
            wide, high = picture.width(), picture.height()
            across = [picture.pixelColor(wide // 3, y).lightness() for y in range(high)]
            along = [picture.pixelColor(x, high // 3).lightness() for x in range(wide)]
            for line, start, size in ((across, top, paper.height()), (along, left, paper.width())):
                for at in (start, start + size - 1):
                    near = line[round(at * scale) - 1 : round(at * scale) + 3]
                    assert min(near) <= color.lightness() + 25, (scale, at)


def test_a_wide_window_shows_two_pages_of_a_file(page: PublishPanel, qtbot: QtBot) -> None:
    preview = page.preview
    page.resize(2400, 1000)
    preview.files.setCurrentText("cards.pdf")
    other = preview.second.widget()
    qtbot.waitUntil(lambda: "page 2 of" in other.accessibleName(), timeout=20_000)
    assert preview.place.text().startswith("Pages 1 and 2 of")
    page.resize(1100, 900)
    qtbot.waitUntil(lambda: not preview.second.isVisible())
    assert preview.place.text().startswith("Page 1 of")


def test_a_part_with_nothing_to_show_says_why_and_is_left_out(page: PublishPanel) -> None:
    box = page.form.parts["comparison"]
    assert box.text() == f"{PUBLICATIONS['comparison'].title} (nothing to publish)"
    assert says(box.toolTip(), "nothing_published.no_released_plan")
    assert not box.isChecked() and not box.isEnabled(), "an unavailable part is unchecked"
    page.form.parts["atlas"].click()  # the choice is remembered meanwhile
    page.form.audiences["staff"].click()
    page.form.show_missing({})
    assert box.isChecked() and box.isEnabled() and box.text() == PUBLICATIONS["comparison"].title


def test_a_comparison_is_never_offered_when_there_is_only_one_plan(
    desk: UiContext, qtbot: QtBot
) -> None:
    """It was checked until the first preview, and again after each change of audience."""
    panel = PublishPanel(desk, {})
    qtbot.addWidget(panel)
    box = panel.form.parts["comparison"]
    for audience in ("public", "staff", "own"):
        panel.form.audiences[audience].click()
        assert not box.isChecked() and not box.isEnabled(), audience
        assert says(box.toolTip(), explain_no_comparison(audience).template)


def test_parts_that_need_no_plan_can_be_made_without_one(desk: UiContext, qtbot: QtBot) -> None:
    desk.session.show_plan(None)
    panel = PublishPanel(desk, {})
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: not panel.form.make.isEnabled(), timeout=10_000)
    for part in ("atlas", "comparison"):
        box = panel.form.parts[part]
        assert not box.isEnabled() and not box.isChecked(), "an unavailable part is unchecked"
    panel.form.choose("public", ["families"])
    qtbot.waitUntil(panel.form.make.isEnabled, timeout=10_000)
    qtbot.waitUntil(lambda: "Spanish" in panel.form.warnings.text(), timeout=10_000)
    panel.form.choose("own", ["readiness"])
    qtbot.waitUntil(lambda: panel.preview.number >= 1, timeout=20_000)
    assert panel.form.make.isEnabled()
    assert not panel.form.parts["cards"].isEnabled()
    desk.session.show_plan(next(iter(desk.session.project.plans)))
    qtbot.waitUntil(panel.form.parts["cards"].isEnabled, timeout=10_000)


def test_making_the_files_shows_progress_and_the_result(
    page: PublishPanel, desk: UiContext, qtbot: QtBot, tmp_path: Path
) -> None:
    for key, box in page.form.parts.items():
        box.setChecked(key in ("data", "comparison"))
    page.form.folder.setText(str(tmp_path / "out"))
    page.form.make.click()
    assert says(desk.notices.text.text(), "unreleased_plan")
    assert not (tmp_path / "out").exists()
    page.form.draft.click()
    page.form.make.click()
    assert page.form.progress.isVisible()
    qtbot.waitUntil(lambda: says(desk.notices.text.text(), "edition_made"), timeout=20_000)
    (edition,) = (tmp_path / "out").iterdir()
    assert edition.name.startswith("public-"), "the public is the default audience"
    assert sorted(path.name for path in edition.iterdir()) == ["data", "edition.json"]
    assert not page.form.progress.isVisible()
    assert page.form.make.isVisible()
    assert not says(desk.notices.text.text(), "edition_made.warnings"), "no warning is open"
    form = page.form
    page.resize(1280, 600)
    form.parts["families"].setChecked(True)
    qtbot.waitUntil(form.warnings.isVisible, timeout=10_000)
    assert form.warnings.visibleRegion().isEmpty(), "the warnings are scrolled out of view"
    form.make.click()
    points = len(form.warnings.text().splitlines())
    qtbot.waitUntil(
        lambda: says(desk.notices.text.text(), "edition_made.warnings", warnings=points),
        timeout=20_000,
    )
    qtbot.waitUntil(lambda: not form.warnings.visibleRegion().isEmpty())
    assert not form.warnings_title.visibleRegion().isEmpty()


def test_a_refusal_scrolls_to_the_box_it_names(
    page: PublishPanel, desk: UiContext, qtbot: QtBot
) -> None:
    """It was out of view at 1280x720, and the notice used other words for it."""
    page.resize(1280, 600)
    qtbot.waitUntil(page.form.make.isEnabled)
    assert page.form.draft.visibleRegion().isEmpty(), "the box is scrolled out of view"
    page.form.make.click()
    assert page.form.draft.text().casefold() in desk.notices.text.text()
    qtbot.waitUntil(lambda: not page.form.draft.visibleRegion().isEmpty())
    assert page.form.draft.hasFocus()


def test_cancel_writes_no_file(
    page: PublishPanel, desk: UiContext, qtbot: QtBot, tmp_path: Path
) -> None:
    page.form.folder.setText(str(tmp_path / "out"))
    page.form.draft.click()
    page.form.make.click()
    page.form.stop.click()
    assert says(desk.notices.text.text(), "edition_stopped")
    for thread in threading.enumerate():
        if thread.name == "Making the files":
            thread.join(20)
    assert not (tmp_path / "out").exists()


def test_a_request_without_a_folder_or_parts_is_refused(
    page: PublishPanel, desk: UiContext, qtbot: QtBot, tmp_path: Path
) -> None:
    page.form.folder.setText("")
    page.form.make.click()
    assert says(desk.notices.text.text(), "edition_folder_needed")
    for box in page.form.parts.values():
        box.setChecked(False)
    page.form.folder.setText(str(tmp_path / "out"))
    page.form.make.click()
    assert says(desk.notices.text.text(), "edition_part_needed")
    assert not (tmp_path / "out").exists()


def test_choices_are_remembered(desk: UiContext, qtbot: QtBot) -> None:
    kept: dict[str, str] = {}
    first = PublishPanel(desk, kept)
    qtbot.addWidget(first)
    first.form.audiences["public"].click()
    first.form.parts["atlas"].setChecked(False)
    again = PublishPanel(desk, kept)
    qtbot.addWidget(again)
    assert again.form.audience == "public"
    assert not again.form.parts["atlas"].isChecked()


def test_the_button_in_coverage_selects_last_months_report(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.show_workspace("coverage")
    board = next(iter(window.findChildren(ObservedBoard)))
    qtbot.mouseClick(
        next(
            button
            for button in board.findChildren(QToolButton)
            if button.defaultAction() is window.desk.actions["month_report"]
        ),
        Qt.MouseButton.LeftButton,
    )
    assert window.workspace == "publish"
    (panel,) = window.findChildren(PublishPanel)
    wanted = panel.form.build_request()
    assert (wanted.audience, panel.form.only) == ("own", ("month",))
    today = window.desk.session.today
    month = choose_report_period(wanted.first, wanted.last, today)
    assert month == find_last_month(today)
    panel.form.choose("public", ("month",))
    panel.form.first.put(today - timedelta(days=25))
    panel.form.last.put(today)
    days = panel.form.build_request()
    assert choose_report_period(days.first, days.last, today) == find_last_month(today), (
        "for a board"
    )
    earlier = find_last_month(month.first - timedelta(days=1))
    panel.form.first.put(earlier.first)
    panel.form.last.put(earlier.last)
    days = panel.form.build_request()
    assert (days.first, days.last) == (earlier.first, earlier.last)


def test_the_layer_of_the_board_paper_is_offered_and_remembered(
    desk: UiContext, qtbot: QtBot
) -> None:
    area = Feature("t", "Area 1", Point(0, 0).buffer(1))
    desk.session.apply("Add", lambda project: add_layer(project, Layer("t", "Trustees"), [area]))
    kept: dict[str, str] = {}
    for _ in range(2):
        panel = PublishPanel(desk, kept)
        qtbot.addWidget(panel)
        if not panel.form.build_request().areas:
            panel.form.areas.setCurrentIndex(panel.form.areas.findText("Trustees"))
    assert panel.form.build_request().areas == "t" == kept["publish.areas"]


def test_the_handout_action_opens_the_publish_page(window: MainWindow) -> None:
    window.desk.actions["handout"].trigger()
    assert window.workspace == "publish"
    assert window.stage.board.isVisible()
    assert not window.stage.center.isVisible()
    window.show_workspace("plan")
    assert window.stage.center.isVisible()


def test_the_release_list_is_folded_in_a_narrow_window_and_open_in_a_wide_one(
    window: MainWindow,
) -> None:
    window.resize(1280, 720)
    window.show_workspace("publish")
    panel = window.stage.boards["publish"]
    leaves, stays = panel.release_list.rows
    assert (
        panel.form.included.header.text() == f"Included {len(leaves)}   Not included {len(stays)}"
    )
    assert not panel.release_list.isVisible()
    panel.form.included.open()
    assert panel.release_list.isVisible()
    window.resize(1920, 1000)
    QApplication.processEvents()
    assert panel.release_list.isVisible() and not panel.form.included.isVisible()


def test_each_warning_links_to_its_place_in_the_window(window: MainWindow, qtbot: QtBot) -> None:
    """They were plain text, and one named a command."""
    window.show()
    panel: Any = window.show_part("publish", "publish")
    panel.form.choose("public", ["sheets", "families"])
    warnings = panel.form.warnings
    qtbot.waitUntil(lambda: len(warnings.links) >= 3, timeout=20_000)
    assert len(warnings.links) == len(warnings.text().splitlines())
    assert "`" not in warnings.text() and "Ctrl+K" not in warnings.text()

    def follow(text: str) -> None:
        link = next(one for one in warnings.links if one.text() == text)
        qtbot.waitUntil(lambda: link.height() > 0)  # links are laid out after they are listed
        qtbot.mouseClick(link, Qt.MouseButton.LeftButton)

    follow("Open Agencies")
    data: Any = window.stage.boards["data"]
    assert window.workspace == "data"
    assert (data.table.kind, data.row) == ("agency", "Sheriff")
    window.show_workspace("publish")
    follow("Open District’s terms")
    assert (data.table.kind, data.row) == ("term", "tip_line")
