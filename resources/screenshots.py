"""Make the pictures of the README from the real data; `make screenshots` calls this."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from zoneplanner.app.project import open_session
from zoneplanner.app.settings import Settings
from zoneplanner.ui.application import Planner
from zoneplanner.ui.main_window import MainWindow

PICTURES = Path(__file__).resolve().parent / "pictures"
SIZE = (1280, 800)
SETTLE_MS = 400


def as_opened(_window: MainWindow) -> None:
    """Show what a person sees first."""


def designing(window: MainWindow) -> None:
    """Open the left dock on a school's figures, coloured by the response to expect."""
    window.docks["left"].show()
    for name, fold in window.left.folds.items():
        fold.open(name in ("plans", "themes", "layers"))
    choose = window.themes.subject
    choose.setCurrentIndex(choose.findData("response"))
    choose.activated.emit(choose.currentIndex())
    window.desk.bridge.select(site=window.desk.session.project.site("Del Campo High").id)


def comparing(window: MainWindow) -> None:
    """Compare the even split with the short one under a swipe."""
    window.desk.actions["compare"].trigger()


STATES: Mapping[str, tuple[str, Callable[[MainWindow], None]]] = {
    "window.png": ("light", as_opened),
    "window-dark.png": ("dark", as_opened),
    "workspace-compare.png": ("light", comparing),
    "workspace-themes.png": ("dark", designing),
}


def main() -> None:
    """Run the demo in a folder of its own and draw its window in each state."""
    PICTURES.mkdir(exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        planner = [sys.executable, "-m", "zoneplanner"]
        subprocess.run([*planner, "demo", "--to", folder, "--time-limit", "60"], check=True)
        (project,) = Path(folder).glob("*.gpkg")
        for name, (theme, prepare) in STATES.items():
            if prepare is comparing:
                even = ["plan", str(project), "--name", "Even load", "--tolerance", "0.03"]
                subprocess.run([*planner, *even, "--time-limit", "5"], check=True)
            draw(app, project, PICTURES / name, theme, prepare)
            print(PICTURES / name)


def draw(
    app: QApplication,
    project: Path,
    picture: Path,
    theme: str,
    prepare: Callable[[MainWindow], None],
) -> None:
    """Draw the window in a state; settings of this desk are neither read nor kept."""
    planner = Planner(app, Settings(appearance=theme), lambda _: None)
    planner.resize(*SIZE)
    planner.show_session(open_session(project), project)
    planner.show()
    assert planner.main is not None
    app.processEvents()
    prepare(planner.main)
    QTest.qWait(SETTLE_MS)
    planner.grab().toImage().save(str(picture))
    planner.close()
    planner.deleteLater()


if __name__ == "__main__":
    main()
