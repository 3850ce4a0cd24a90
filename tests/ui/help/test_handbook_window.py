"""The handbook in its window: contents, search, links, back, and the page of the workspace."""

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.app.readiness.rules import change_retention_years
from zoneplanner.ui.help.handbook_window import HandbookWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import write_native_keys
from zoneplanner.ui.widgets.style import theme
from zoneplanner.ui.widgets.style.theme import Icons


@pytest.fixture
def book(looks: QApplication, qtbot: QtBot) -> Iterator[HandbookWindow]:
    """The handbook on its first page."""
    made = HandbookWindow(Icons(theme.THEMES["light"]))
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def test_every_page_of_the_contents_can_be_shown(book: HandbookWindow) -> None:
    for key, item in book.items.items():
        book.contents.setCurrentItem(item)
        assert book.key == key
        assert book.view.toPlainText().startswith(book.pages[key].title)
        assert "picture:" not in book.view.toPlainText()


def test_pictures_of_the_first_page_use_the_available_width(
    looks: QApplication, qtbot: QtBot
) -> None:
    made = HandbookWindow(Icons(theme.THEMES["light"]))
    qtbot.addWidget(made)
    made.show_page("whats-new")
    made.show()
    QApplication.processEvents()
    widths = re.findall(r'<img [^>]*width="(\d+)"', made.view.toHtml())
    assert widths and all(int(width) > 600 for width in widths)


def test_the_keyboard_page_lists_every_shortcut(book: HandbookWindow) -> None:
    book.show_page("keyboard")
    told = book.view.toPlainText()
    for spec in ACTION_SPECS:
        if spec.group != "give":
            assert all(write_native_keys(keys) in told for keys in spec.shortcuts[:2])


def test_a_search_highlights_beginnings_of_words_but_no_words_of_a_question(
    book: HandbookWindow, qtbot: QtBot
) -> None:
    qtbot.keyClicks(book.search, "how do I undo a port")
    marked = {one.cursor.selectedText().casefold() for one in book.view.extraSelections()}
    assert marked <= {"undo", "port"}
    for one in book.view.extraSelections():
        start = one.cursor.selectionStart()
        before = one.cursor.document().characterAt(start - 1)
        assert not before.isalnum()


def test_a_typed_apostrophe_is_found_and_highlighted_as_the_pages_have_it(
    book: HandbookWindow, qtbot: QtBot
) -> None:
    qtbot.keyClicks(book.search, "can't")
    qtbot.keyClick(book.search, Qt.Key.Key_Return)
    marked = {one.cursor.selectedText().casefold() for one in book.view.extraSelections()}
    assert marked == {"can’t"}


def test_an_option_of_a_command_is_highlighted(book: HandbookWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(book.search, "--json")
    qtbot.keyClick(book.search, Qt.Key.Key_Return)
    marked = {one.cursor.selectedText() for one in book.view.extraSelections()}
    assert marked == {"--json"}


def test_a_search_highlights_its_words_on_the_page(book: HandbookWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(book.search, "armed checklist")
    assert book.lists.currentWidget() is book.results
    assert book.result_count.text() == "3 pages"
    qtbot.keyClick(book.search, Qt.Key.Key_Return)
    assert book.key == "drill"
    marked = {one.cursor.selectedText().casefold() for one in book.view.extraSelections()}
    assert marked == {"armed", "checklist"}
    book.search.clear()
    assert book.lists.currentWidget() is book.contents
    assert not book.view.extraSelections()


def test_a_search_without_results_says_so(book: HandbookWindow) -> None:
    book.search.setText("zebra")
    assert "Nothing found" in book.result_count.text()


def test_links_back_and_forward_lead_to_their_pages(book: HandbookWindow) -> None:
    book.view.anchorClicked.emit(QUrl("propose.md"))
    assert book.key == "propose"
    book.view.anchorClicked.emit(QUrl("nowhere.md"))
    assert book.key == "propose"
    book.back.click()
    assert book.key == "start"
    assert not book.back.isEnabled()
    book.forward.click()
    assert book.key == "propose"


def test_pictures_follow_the_theme(book: HandbookWindow, looks: QApplication) -> None:
    book.show_page("readiness")
    assert "handbook-readiness.png" in book.view.toHtml()
    book.setPalette(theme.build_palette(theme.THEMES["dark"]))
    assert "handbook-readiness-dark.png" in book.view.toHtml()


def test_the_rules_page_shows_the_choices_of_the_project(window: MainWindow) -> None:
    book = window.help_actions.show_handbook("rules")
    assert "6 years" not in book.view.toPlainText()
    change_retention_years(window.desk.session, {"Visits": 6})
    window.help_actions.show_handbook("rules")
    assert "6 years: this project’s own choice; otherwise 4 years" in book.view.toPlainText()
    book.close()


def test_f1_opens_the_page_of_the_workspace(window: MainWindow) -> None:
    assert window.desk.actions["handbook"].shortcut() == QKeySequence("F1")
    window.show_workspace("readiness")
    window.desk.actions["handbook"].trigger()
    first = window.findChild(HandbookWindow)
    assert first is not None and first.isVisible()
    assert first.key == "readiness"
    first.close()
    window.show_workspace("log")
    window.desk.actions["handbook"].trigger()
    assert window.findChildren(HandbookWindow) == [first]
    assert first.key == "call"


def test_the_window_fits_a_small_screen(looks: QApplication, qtbot: QtBot) -> None:
    """Its right and bottom edges were off screen."""
    small = next(one for one in looks.screens() if one.size().toTuple() == (1024, 700))
    over = QWidget()
    qtbot.addWidget(over)
    over.move(small.geometry().topLeft())
    over.show()
    made = HandbookWindow(Icons(theme.THEMES["light"]), over)
    made.show()
    assert made.width() <= 1024 and made.height() <= 700
