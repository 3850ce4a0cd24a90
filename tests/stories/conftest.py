"""The program's window for stories: empty, or on the bundled district with its first plan."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects import open_project as projects
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture(autouse=True)
def garbage() -> Iterator[None]:
    """Look for garbage between tests, so that no thread of theirs lets go of a Qt object."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def planner(qapp: QApplication) -> Iterator[ApplicationWindow]:
    """The window before any project is open."""
    made = ApplicationWindow(qapp, Settings(appearance="light"), lambda _: None)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(planner: ApplicationWindow, tmp_path: Path) -> MainWindow:
    """The bundled district with its first plan on screen, and no proof running."""
    path = tmp_path / "district.gpkg"
    session = projects.create_project(path)
    add_first_plan(session)
    planner.show_session(session, path)
    assert planner.main is not None
    return planner.main
