"""The import dialog, and temporary folders for profiles and reports."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from zoneplanner.app.desk import settings
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Store profiles and reports in the temporary folder."""
    monkeypatch.setattr(settings.platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path))
    monkeypatch.setattr(settings.platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path))


@pytest.fixture
def dialog(window: MainWindow) -> Iterator[Callable[[], ImportDialog]]:
    """Find the import dialog over the window."""

    def find_dialog() -> ImportDialog:
        (own,) = [one for one in window.findChildren(ImportDialog) if one.isVisible()]
        return own

    yield find_dialog
    for own in window.findChildren(ImportDialog):
        own.reject()


@pytest.fixture
def read_file(
    window: MainWindow, dialog: Callable[[], ImportDialog], qtbot: QtBot
) -> Callable[[Path], ImportDialog]:
    """Open a file in the import dialog and wait until it is read."""

    def open_file(file: Path) -> ImportDialog:
        window.files.open(file)
        own = dialog()
        qtbot.waitUntil(lambda: own.prepared is not None, timeout=20_000)
        return own

    return open_file
