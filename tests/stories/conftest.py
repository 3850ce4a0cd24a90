"""The program's window for stories: without a project, or with the bundled district."""

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
def no_garbage_collection() -> Iterator[None]:
    """Garbage collected in a worker thread would delete Qt objects there."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def planner(qapp: QApplication) -> Iterator[ApplicationWindow]:
    """The window without a project."""
    made = ApplicationWindow(qapp, Settings(appearance="light"), lambda _: None)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(planner: ApplicationWindow, tmp_path: Path) -> MainWindow:
    """The window with the bundled district and its first plan, and no proof running."""
    path = tmp_path / "district.gpkg"
    session = projects.create_project(path)
    add_first_plan(session)
    planner.show_session(session, path)
    assert planner.main is not None
    return planner.main
