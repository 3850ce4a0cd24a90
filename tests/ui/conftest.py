"""The window on a project of letters, and its parts."""

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from builders import project_from
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.ui.shell.actions.log_actions import LogActions
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.jobs import Jobs
from zoneplanner.ui.widgets.services.notices import NoticeBar, PendingEntryBar
from zoneplanner.ui.widgets.services.ui_context import (
    Actions,
    ReadinessReader,
    SessionBridge,
    UiContext,
)
from zoneplanner.ui.widgets.style import theme
from zoneplanner.ui.widgets.style.theme import Icons
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
"""A Monday, eight in the morning in California."""

OpenSession = Callable[[Project], Session]


@pytest.fixture(autouse=True)
def garbage() -> Iterator[None]:
    """Collect garbage only between tests, so that no thread frees a Qt object."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """Two county zones over one city zone."""
    return open_session(project_from("AABB / AABB / aaaa"))


@pytest.fixture(scope="session")
def looks(qapp: QApplication) -> QApplication:
    """The program in its light theme; style sheets are slow to apply, so only once."""
    theme.apply_theme(qapp, theme.THEMES["light"])
    return qapp


@pytest.fixture
def desk(session: Session, looks: QApplication) -> Iterator[UiContext]:
    """The context that a panel gets."""
    icons = Icons(theme.THEMES["light"])
    over = QWidget()
    over.resize(600, 400)
    over.show()
    bridge, jobs = SessionBridge(session, over), Jobs(over)
    made = UiContext(
        session=session,
        bridge=bridge,
        jobs=jobs,
        readiness=ReadinessReader(bridge, jobs, over),
        actions=Actions(icons, over),
        icons=icons,
        notices=NoticeBar(over, icons),
        pending=PendingEntryBar(over, icons),
    )
    yield made
    made.jobs.close()
    made.bridge.close()
    destroy(over)


@pytest.fixture
def records(desk: UiContext) -> RecordActions:
    """The forms' own actions on a log record."""
    over = desk.notices.parentWidget()
    assert over is not None
    return LogActions(desk, over).records


@pytest.fixture
def open_window(looks: QApplication) -> Iterator[Callable[[Session], MainWindow]]:
    """Show the whole window of any session with its tables open."""
    windows: list[QWidget] = []

    def opened(session: Session, *, tables: bool = True) -> MainWindow:
        recent, appearance = QMenu(), QMenu()
        window = MainWindow(
            session, theme.THEMES["light"], recent=recent, appearance=appearance, saved_state={}
        )
        window.resize(1280, 800)
        window.show()
        window.show_workspace("plan")
        window.tabs.set_open(tables)
        windows.extend((window, recent, appearance))
        return window

    yield opened
    for window in windows:
        if isinstance(window, MainWindow):
            window.desk.jobs.close()
            window.desk.bridge.close()
        destroy(window)


@pytest.fixture
def window(session: Session, open_window: Callable[[Session], MainWindow]) -> MainWindow:
    """The window on two county zones over one city zone."""
    return open_window(session)


def destroy(widget: QWidget) -> None:
    """Delete a widget now, so that no later test pays for it."""
    widget.close()
    widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
