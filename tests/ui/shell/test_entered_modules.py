"""One action enters few modules: parts that do not show a school's move are not called."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from map_driver import Hand
from pytestqt.qtbot import QtBot
from source_trees import PACKAGE

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell.main_window import MainWindow

DRAG, VISIT = 60, 39
"""So many modules at most, the window's tables open; a smaller count is the new limit."""


def list_entered(act: Callable[[], object]) -> set[str]:
    """Return the package's modules whose functions an action calls on this thread."""
    entered: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if event == "call" and path.startswith(str(PACKAGE)) and name != "<module>":
            entered.add(path.removeprefix(str(PACKAGE)))

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return entered


def test_dragging_a_school_to_another_zone_enters_few_modules(
    window: MainWindow, qtbot: QtBot
) -> None:
    hand = Hand(window.map, qtbot)

    def drag(site: str, x_m: float, wait_ms: int = 300) -> None:
        hand.drag(hand.site(site), hand.place(x_m, -900))
        qtbot.wait(wait_ms)

    drag("r1c2", 3000, 1500)  # so that nothing of it is still to be drawn
    entered = list_entered(lambda: drag("r1c1", 3000))
    assert hand.session.plan is not None
    assert hand.session.plan.assignment["r1c1"] == "B"
    assert len(entered) <= DRAG, "\n".join(sorted(entered))


def test_importing_a_visit_from_csv_enters_few_modules(session: Session, tmp_path: Path) -> None:
    files = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for day, file in enumerate(files, 12):
        file.write_text(f"site,officer,arrived_at\nSchool r1c1,SRO 1,2026-11-{day} 09:00\n")
    import_file(session, files[0], "visits")
    entered = list_entered(lambda: import_file(session, files[1], "visits"))
    assert len(entered) <= VISIT, "\n".join(sorted(entered))
