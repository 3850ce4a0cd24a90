"""What a frame of the window costs: panning, zooming and dragging on the map, scrolling a board.

Each is an event of mouse or wheel as a hand gives it, and all that is painted after it, in
milliseconds of processor time: the machine that this runs on is never idle. The district is the
bundled one with officers, a posted fortnight, three weeks of log and a dozen open calls.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[2] / "resources" / "scripts"))

from contact_sheets import make_projects, settle, show_window
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QGraphicsView, QWidget

from zoneplanner.ui.shell.main_window import MainWindow

SIZES = ((1280, 800), (2560, 1440))
FRAMES, TARGET_MS = 60, 16.0
_NOTCH = 120


def mouse(on: QWidget, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton) -> None:
    """Send a mouse event."""
    none = Qt.MouseButton.NoButton
    moves = kind is QEvent.Type.MouseMove
    held = none if kind is QEvent.Type.MouseButtonRelease else button
    here, there = QPointF(at), on.mapToGlobal(QPointF(at))
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        on, QMouseEvent(kind, here, there, none if moves else button, held, keys)
    )


def wheel(on: QWidget, step: int) -> None:
    """Turn the wheel over the middle of a widget."""
    at = QPointF(on.rect().center())
    event = QWheelEvent(
        *(at, on.mapToGlobal(at), QPoint(), QPoint(0, step)),
        *(Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier),
        *(Qt.ScrollPhase.NoScrollPhase, False),
    )
    QApplication.sendEvent(on, event)


def pan(main: MainWindow) -> Iterator[Callable[[], object]]:
    """Move the map by its middle button, to and fro."""
    port, middle = main.map.viewport(), main.map.viewport().rect().center()
    button = Qt.MouseButton.MiddleButton
    mouse(port, QEvent.Type.MouseButtonPress, middle, button)
    for at in range(FRAMES):
        off = QPoint(8 * abs(at % 20 - 10), 5 * abs(at % 12 - 6))
        yield partial(mouse, port, QEvent.Type.MouseMove, middle + off, button)
    mouse(port, QEvent.Type.MouseButtonRelease, middle, button)


def zoom(main: MainWindow) -> Iterator[Callable[[], object]]:
    """Turn the wheel over the map by an eighth of a notch, in and out."""
    for at in range(FRAMES):
        step = _NOTCH // 8 if at % 30 < 15 else -_NOTCH // 8
        yield partial(wheel, main.map.viewport(), step)


def drag(main: MainWindow) -> Iterator[Callable[[], object]]:
    """Drag a school over the zones around it."""
    view, plan = main.map, main.desk.session.plan
    assert plan is not None
    site = next(s for s in main.desk.session.project.patrolled if plan.assignment[s.id] == "S3")
    main.desk.bridge.select(site=site.id)
    QApplication.processEvents()
    carrying = view.tools["select"].site_drag  # type: ignore[attr-defined]
    assert carrying.lift(site.id)
    spots = [spot for zone in ("S3", "S4", "S2") if (spot := view.map.find_number_position(zone))]
    for at in range(FRAMES):
        to = view.mapFromScene(spots[at // 4 % len(spots)]) + QPoint(3 * (at % 4), at % 5)
        yield partial(carrying.carry, to)
    carrying.put_back()
    main.desk.bridge.select(site=None)


def scroll(main: MainWindow) -> Iterator[Callable[[], object]]:
    """Turn the wheel over what scrolls most: a board or a table."""
    areas = [one for one in main.findChildren(QAbstractScrollArea) if one.isVisible()]
    area = max(
        (one for one in areas if not isinstance(one, QGraphicsView)),
        key=lambda one: one.verticalScrollBar().maximum(),
    )
    if area.verticalScrollBar().maximum() == 0:
        return  # a large window shows all rows
    for at in range(FRAMES):
        step = -_NOTCH // 3 if at % 40 < 20 else _NOTCH // 3
        yield partial(wheel, area.viewport(), step)


ACTS: tuple[tuple[str, str, str, Callable[[MainWindow], Iterator[Callable[[], object]]]], ...] = (
    ("Plan, map moved", "ordinary", "plan", pan),
    ("Plan, map zoomed", "ordinary", "plan", zoom),
    ("Plan, a school carried", "ordinary", "plan", drag),
    ("Log with twelve calls, map moved", "full", "log", pan),
    ("Log, entries scrolled", "full", "log", scroll),
    ("Readiness, matrix scrolled", "ordinary", "readiness", scroll),
    ("Shifts, board scrolled", "ordinary", "shifts", scroll),
)


def main() -> None:
    """Print the median, the 95th of a hundred and the slowest frame of each act at each size."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    print(f"frames of the whole window, ms of the processor (at most {TARGET_MS:.0f}):")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_projects(folder)
        for size in SIZES:
            for what, state, workspace, act in ACTS:
                planner = show_window(app, folder / f"{state}.gpkg", "light", *size)
                assert planner.main is not None
                planner.main.show_workspace(workspace)
                planner.main.tabs.set_open(workspace == "log" and act is scroll)
                settle(planner)
                gc.collect()
                gc.freeze()  # as the program does once it has started
                used = []
                for do in act(planner.main):
                    begun = process_time()
                    do()
                    app.processEvents()
                    used.append(1000 * (process_time() - begun))
                took = "nothing to scroll"
                if used:
                    parts = (median(used), quantiles(used, n=20)[-1], max(used))
                    took = " ".join(f"{one:6.1f}" for one in parts)
                print(f"  {size[0]} x {size[1]}  {what:34} {took}")
                planner.close()
                planner.deleteLater()
                settle(planner)


if __name__ == "__main__":
    main()
