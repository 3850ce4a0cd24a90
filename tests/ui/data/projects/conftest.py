"""Application windows that open projects as the program does."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from zoneplanner.app.desk.settings import Settings
from zoneplanner.ui.shell.application_window import ApplicationWindow


@pytest.fixture
def open_planner(looks: QApplication) -> Iterator[Callable[..., ApplicationWindow]]:
    """Open application windows without a project; they are deleted after the test."""
    planners: list[ApplicationWindow] = []

    def open_window(
        settings: Settings | None = None,
        *,
        save: Callable[[Settings], None] = lambda _: None,
        show: bool = True,
    ) -> ApplicationWindow:
        planner = ApplicationWindow(looks, settings or Settings(appearance="light"), save)
        planners.append(planner)
        planner.setVisible(show)
        return planner

    yield open_window
    for planner in planners:
        planner.close()
        planner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
