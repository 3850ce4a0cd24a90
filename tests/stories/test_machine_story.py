"""The window follows what an IT department sets on the computer."""

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QStyleHints
from pytestqt.qtbot import QtBot

from zoneplanner.app.projects.open_project import create_project
from zoneplanner.bundled import program_version
from zoneplanner.ui.help.handbook_window import HandbookWindow
from zoneplanner.ui.help.tour import Tour
from zoneplanner.ui.shell.application_window import ApplicationWindow


@pytest.mark.parametrize("newest", ["99.0.0", "0.0.1"])
def test_a_newer_version_in_the_news_file_is_announced_at_the_start(
    planner: ApplicationWindow,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    newest: str,
) -> None:
    news, folder = tmp_path / "newest.txt", tmp_path / "zoneplanner"
    folder.mkdir()
    news.write_text(f"{newest}\nOn the share.", encoding="utf-8")
    (folder / "machine.toml").write_text(f'news_file = "{news}"\n', encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    project = tmp_path / "district.gpkg"
    create_project(project, empty=True).close()
    with qtbot.waitSignal(planner.started, timeout=20_000):
        planner.hide()
        planner.start(project)
        planner.show()
    assert planner.main is not None
    told = f"{newest}. On the share." in planner.main.desk.notices.text.text()
    assert told is (newest == "99.0.0")


def test_what_is_new_is_shown_once_after_an_update_but_not_on_a_new_desk(
    planner: ApplicationWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    planner.create_project(tmp_path / "district.gpkg")
    window, now = planner.main, program_version()
    assert window is not None
    books = partial(window.findChildren, HandbookWindow)
    window.help_actions.welcome()
    (tour,) = window.findChildren(Tour)
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert not books() and window.collect_window_state()["version"] == now

    for before, shown in (("", True), ("0.3.6", True), (f"{now.rpartition('.')[0]}.99", False)):
        window.help_actions.settings["version"] = before
        window.help_actions.welcome()
        seen = [book for book in books() if book.isVisible()]
        assert bool(seen) is shown
        assert window.collect_window_state()["version"] == now
        for book in seen:
            assert book.key == "whats-new"
            assert book.view.toPlainText().startswith("What is new")
            assert book.view.toHtml().count("<img") >= 2
            qtbot.waitUntil(book.isActiveWindow)
            qtbot.keyClick(book, Qt.Key.Key_Escape)
            assert not book.isVisible()
        window.help_actions.welcome()
        assert not [book for book in books() if book.isVisible()]

    (book,) = books()
    book.show_page("start")
    window.desk.actions["whats_new"].trigger()
    assert (book.key, book.isVisible()) == ("whats-new", True)


def test_the_window_follows_the_systems_color_scheme(
    planner: ApplicationWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Test platforms have no color scheme, so Qt's value is patched."""

    def turn(scheme: Qt.ColorScheme) -> str:
        monkeypatch.setattr(QStyleHints, "colorScheme", lambda _: scheme)
        QGuiApplication.styleHints().colorSchemeChanged.emit(scheme)
        return planner.theme.name

    planner.set_appearance("system")
    assert turn(Qt.ColorScheme.Dark) == "dark"
    assert turn(Qt.ColorScheme.Light) == "light"
    planner.set_appearance("light")
    assert turn(Qt.ColorScheme.Dark) == "light", "this desk has chosen a scheme"
