"""A map of letters in its own window, and a hand that uses it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from map_driver import Hand, Open
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.services.ui_context import SessionBridge
from zoneplanner.ui.widgets.style.theme import THEMES

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def open_map(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> Iterator[Open]:
    """Show the map of any project at 900 x 700 pixels."""
    sessions: list[Session] = []
    bridges: list[SessionBridge] = []

    def opened(project: Project) -> Hand:
        path = tmp_path / f"{len(sessions)}.gpkg"
        store = create_store(path, project, actor="planner", at=NOW)
        session = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
        sessions.append(session)
        bridges.append(SessionBridge(session))
        view = MapView(session, bridges[-1], THEMES["light"])
        qtbot.addWidget(view)
        view.resize(900, 700)
        view.show()
        return Hand(view, qtbot)

    yield opened
    for bridge in bridges:
        bridge.close()
    for session in sessions:
        session.close()


@pytest.fixture
def hand(open_map: Open) -> Hand:
    """Two county zones over one city zone."""
    return open_map(project_from("AABB / AABB / aaaa"))
