"""Files open in the system's programs; if none does, the path is shown."""

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from zoneplanner.ui.publish.publish_panel import PublishPanel
from zoneplanner.ui.widgets.services.file_opener import clean_environment
from zoneplanner.ui.widgets.services.ui_context import UiContext

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="xdg-open is of Linux")


def put_opener(folder: Path, does: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a script the system's only program to open files."""
    opener = folder / "bin/xdg-open"
    opener.parent.mkdir()
    opener.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    opener.chmod(0o700)
    monkeypatch.setenv("PATH", str(opener.parent))


def check_path_notice(desk: UiContext, place: Path) -> None:
    assert place.name in desk.notices.text.text() and desk.notices.isVisible()
    desk.notices.offer.click()
    assert QGuiApplication.clipboard().text() == str(place)


def test_a_published_map_that_nothing_opens_is_reported_with_a_path_to_copy(
    desk: UiContext, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = PublishPanel(desk, {})
    qtbot.addWidget(panel)
    panel.resize(1280, 760)
    panel.show()
    panel.form.folder.setText(str(tmp_path / "out"))
    panel.form.audiences["public"].click()
    for name, box in panel.form.parts.items():
        box.setChecked(name == "map")
    panel.form.draft.click()
    panel.form.make.click()
    qtbot.waitUntil(lambda: desk.notices.offer.text() == "Open the map", timeout=30_000)
    (page,) = (tmp_path / "out").rglob("*.html")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER", raising=False)
    desk.notices.offer.click()
    check_path_notice(desk, page)


def test_an_opener_that_finds_no_program_is_reported(
    desk: UiContext, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_opener(tmp_path, "exit 3", monkeypatch)
    desk.notices.offer_page("Written.", tmp_path / "page.pdf")
    desk.notices.offer.click()
    qtbot.waitUntil(desk.notices.isVisible)
    check_path_notice(desk, tmp_path / "page.pdf")


def test_an_opener_gets_the_path_and_nothing_is_reported(
    desk: UiContext, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_opener(tmp_path, f'printf %s "$1" >{tmp_path}/opened', monkeypatch)
    desk.notices.offer_page("Written.", tmp_path / "a page.pdf")
    desk.notices.offer.click()
    opened = tmp_path / "opened"
    qtbot.waitUntil(lambda: opened.exists() and opened.read_text("utf-8") != "")
    assert opened.read_text("utf-8") == str(tmp_path / "a page.pdf")
    assert not desk.notices.isVisible()


def test_system_programs_do_not_inherit_the_packages_environment() -> None:
    packed = "/usr/lib/zoneplanner/_internal"
    had = {
        "HOME": "/home/user",
        "LD_LIBRARY_PATH": packed,
        "LD_LIBRARY_PATH_ORIG": "/opt/lib",
        "PROJ_DATA": f"{packed}/pyproj/proj_dir/share/proj",
    }
    assert clean_environment(had, packed) == {"HOME": "/home/user", "LD_LIBRARY_PATH": "/opt/lib"}
    del had["LD_LIBRARY_PATH_ORIG"]
    assert clean_environment(had, packed) == {"HOME": "/home/user"}
    assert clean_environment(dict(os.environ), None) == dict(os.environ)
