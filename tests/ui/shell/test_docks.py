"""Parts of the window created when first shown, and boards above the map."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell import workspaces
from zoneplanner.ui.shell.frame.work_frame import LazyPanels
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import PanelContext, PanelSpec
from zoneplanner.ui.widgets.style import theme


class Sign(QLabel):
    """A part that counts the changes of the theme."""

    followed = 0

    def follow_theme(self) -> None:
        self.followed += 1


class _SignSpec(PanelSpec):
    """A part that only has a name."""

    def make(self, context: PanelContext) -> QWidget:
        """Make the part."""
        return Sign("week")


@pytest.fixture
def with_board(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    open_window: Callable[[Session], MainWindow],
) -> Iterator[MainWindow]:
    """A window with a board above the map in Log and one instead of it in Coverage."""
    monkeypatch.setitem(workspaces.CENTER_BOARDS, "week", _SignSpec("Week", ""))
    for name, with_map in (("log", "always"), ("coverage", "never")):
        shown = workspaces.WORKSPACES[name]
        changed = replace(shown, board="week", map=with_map)
        monkeypatch.setitem(workspaces.WORKSPACES, name, changed)
    yield open_window(session)


def test_parts_are_created_once_and_in_the_order_of_their_table(window: MainWindow) -> None:
    placed: list[tuple[str, int]] = []
    log = window.log_actions
    forms = (log.records, log.readiness.open_requirement_form, window.open_item)
    given = PanelContext(window.desk, window.map, {}, *forms)
    parts = {name: _SignSpec(name, "") for name in ("a", "b", "c")}
    shelf = LazyPanels(parts, given, lambda name, _, at: placed.append((name, at)))
    for name in ("c", "a", "b", "a"):
        assert isinstance(shelf[name], QWidget)
    assert placed == [("c", 0), ("a", 0), ("b", 1)]


def test_a_workspace_never_shown_creates_nothing(window: MainWindow) -> None:
    assert "console" not in dict(window.left.sections)
    window.show_workspace("log")
    assert "console" in dict(window.left.sections)


def test_a_board_appears_above_the_map_or_instead_of_it(with_board: MainWindow) -> None:
    window = with_board
    assert window.map.isVisible() and not window.stage.board.isVisible()
    window.show_workspace("log")
    assert window.map.isVisible() and window.stage.board.isVisible()
    window.show_workspace("coverage")
    assert not window.map.isVisible() and window.stage.board.isVisible()
    window.show_workspace("plan")
    assert window.map.isVisible() and not window.stage.board.isVisible()


def test_the_roster_fits_its_rows_until_the_handle_is_dragged(
    window: MainWindow,
) -> None:
    window.resize(1280, 1000)
    window.show_workspace("shifts")
    window.desk.actions["board_map"].trigger()
    stage, board = window.stage, window.stage.boards["roster"]
    assert board.height() == board.sizeHint().height()
    window.resize(1280, 900)
    assert board.height() == board.sizeHint().height()
    stage.moveSplitter(300, 1)
    window.resize(1280, 1000)
    assert board.height() != board.sizeHint().height()


def test_an_existing_board_follows_a_theme_change(with_board: MainWindow) -> None:
    with_board.show_workspace("log")
    dark = theme.THEMES["dark"]
    with_board.set_theme(dark)
    assert with_board.desk.icons.theme is dark
    assert with_board.stage.boards["week"].followed == 1


def test_the_size_of_a_board_is_restored(with_board: MainWindow) -> None:
    with_board.show_workspace("log")
    with_board.stage.moveSplitter(120, 1)
    share = measure_board_share(with_board)
    with_board.show_workspace("plan")
    with_board.show_workspace("log")
    assert measure_board_share(with_board) == pytest.approx(share, abs=0.02)


def measure_board_share(window: MainWindow) -> float:
    """Return the board's share of the stage."""
    board, below = window.stage.sizes()
    return board / (board + below)
