"""Draw every workspace and dialog in each state, theme and size, on contact sheets to look at.

`make screenshots` calls this; the sheets lie in build/sheets and are not kept with the project.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox, QWidget

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.projects.sample_data import add_sample_officers, log_sample_week
from zoneplanner.app.roster import schedule
from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.workspaces import WORKSPACES

SHEETS = Path(__file__).resolve().parent.parent / "build" / "sheets"
THEMES = ("light", "dark", "high contrast")
SIZES = {"1280x720": 1.0, "1600x1000": 1.0, "2560x1440": 1.0, "1280x720 at 1.5": 1.5}
SETTLE_MS = 300
TILE_PX, GAP_PX, TITLE_PX = 1280, 16, 34
SEEN = ("deuteranopia", "gray")
LEAVES = {"quit", "log_folder", "open", "handout", "about"}
"""Actions that leave the window or open another program."""

DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
"""Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB."""


def simulate(picture: QImage, seen: str) -> QImage:
    """Return a picture as a deuteranope sees it, or as a gray printer prints it."""
    rgba = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    raw = np.frombuffer(rgba.constBits(), np.uint8)
    rgb = raw.reshape(rgba.height(), rgba.bytesPerLine() // 4, 4)[:, : rgba.width(), :3] / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if seen == "gray":
        linear = (linear @ [0.2126, 0.7152, 0.0722])[..., None].repeat(3, axis=2)
    else:
        linear = np.clip(linear @ DEUTERANOPIA.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    whole = np.ascontiguousarray(np.dstack([srgb * 255, np.full(srgb.shape[:2], 255)]), np.uint8)
    high, wide = whole.shape[:2]
    return QImage(whole.data, wide, high, 4 * wide, QImage.Format.Format_RGBA8888).copy()


def fill_ordinary(session: Session) -> None:
    """Two posted weeks of sample officers, and the log of the week before."""
    session.apply("Sample officers", lambda one: add_sample_officers(one, session.today))
    before, monday = session.project, session.today - timedelta(days=session.today.weekday())
    drafted = schedule.draft_roster(
        before, monday, monday + timedelta(days=13), now=session.clock()
    )
    schedule.save_roster(session, before, drafted)
    log_sample_week(session, days=21)


def fill_full(session: Session) -> None:
    """Long names, a dozen open calls, a lockdown."""
    fill_ordinary(session)
    sites = list(session.project.patrolled)
    for at, site in enumerate(sites[:12]):
        columns = {"site": site.id, "type": "trespass", "priority": str(at % 4), "note": "x" * 200}
        log_record(session, "incident", {**columns, "received_at": "now"})
    log_record(session, "action", {"site": sites[20].id, "action": "lockdown", "began_at": "now"})


STATES: Mapping[str, Callable[[Session], object]] = {
    "ordinary": fill_ordinary,
    "full": fill_full,
}


def show_window(
    app: QApplication, project: Path, theme: str, wide: int, high: int
) -> ApplicationWindow:
    """Open a project in a window of a size; settings of this desk are neither read nor kept."""
    planner = ApplicationWindow(app, Settings(appearance=theme), lambda _: None)
    planner.resize(wide, high)
    planner.show_session(open_session(project), project)
    planner.show()
    settle(planner)
    return planner


def settle(planner: ApplicationWindow) -> None:
    """Wait until nothing more is under way."""
    QTest.qWait(SETTLE_MS)
    while planner.main is not None and planner.main.desk.jobs.running:
        QTest.qWait(SETTLE_MS)


def draw_workspaces(
    planner: ApplicationWindow, only: list[str] | None
) -> Iterator[tuple[str, QImage]]:
    """Go through the workspaces, each as it opens and with a school selected."""
    main = planner.main
    assert main is not None
    patrolled = main.desk.session.project.patrolled
    for name in only or WORKSPACES:
        main.desk.bridge.select(site=None)
        main.show_workspace(name)
        main.desk.notices.hide()
        settle(planner)
        yield name, planner.grab().toImage()
        if not patrolled or not WORKSPACES[name].tables:
            continue
        main.desk.bridge.select(site=patrolled[3].id)
        main.tabs.show_table(main.tabs.panels[WORKSPACES[name].tables[0]])
        settle(planner)
        yield f"{name}, a school and the drawer", planner.grab().toImage()


def draw_dialogs(planner: ApplicationWindow) -> Iterator[tuple[str, QImage]]:
    """Trigger each action and draw the dialog that it opens."""
    main = planner.main
    assert main is not None
    found: list[QImage] = []

    def draw() -> None:
        open_ = [one for one in QApplication.topLevelWidgets() if is_dialog(one)]
        open_ += [one for one in planner.findChildren(QDialog) if is_dialog(one)]
        if open_:
            dialog = open_[-1]
            if not isinstance(dialog, QFileDialog):
                found.append(dialog.grab().toImage())
            for one in open_:
                one.reject()  # type: ignore[attr-defined]

    for spec in ACTION_SPECS:
        name, action = spec.name, main.desk.actions[spec.name]
        if action is None or not action.isEnabled() or name in LEAVES or "…" not in spec.text:
            continue
        main.show_workspace("plan")
        main.desk.bridge.select(site=next(iter(main.desk.session.project.patrolled)).id)
        QTimer.singleShot(SETTLE_MS, draw)
        action.trigger()
        settle(planner)
        draw()
        while found:
            yield name, found.pop()


def is_dialog(widget: QWidget) -> bool:
    """Tell whether a widget is a dialog in sight."""
    return isinstance(widget, QDialog | QMessageBox) and widget.isVisible()


def join(pictures: list[tuple[str, QImage]], sheet: Path, columns: int = 2) -> None:
    """Draw pictures with their titles on one sheet."""
    tiles = []
    for title, picture in pictures:
        small = picture
        small.setDevicePixelRatio(1)
        if small.width() > TILE_PX:
            small = small.scaledToWidth(TILE_PX, Qt.TransformationMode.SmoothTransformation)
        tiles.append((title, small))
    rows = [tiles[at : at + columns] for at in range(0, len(tiles), columns)]
    heights = [max(one.height() for _, one in row) + TITLE_PX + GAP_PX for row in rows]
    widest = max(sum(one.width() + GAP_PX for _, one in row) for row in rows)
    whole = QImage(widest + GAP_PX, sum(heights) + GAP_PX, QImage.Format.Format_RGB32)
    whole.fill(Qt.GlobalColor.gray)
    painter, y = QPainter(whole), GAP_PX
    font = painter.font()
    font.setPixelSize(18)
    painter.setFont(font)
    painter.setPen(Qt.GlobalColor.white)
    for row, height in zip(rows, heights, strict=True):
        x = GAP_PX
        for title, one in row:
            painter.drawText(QRect(x, y, one.width(), TITLE_PX), 0, title)
            painter.drawImage(x, y + TITLE_PX, one)
            x += one.width() + GAP_PX
        y += height
    painter.end()
    sheet.parent.mkdir(parents=True, exist_ok=True)
    whole.save(str(sheet))
    print(sheet)


def make_projects(folder: Path) -> None:
    """Make a project in each state."""
    planner = [sys.executable, "-m", "zoneplanner"]
    with tempfile.TemporaryDirectory() as made:
        demo = [*planner, "demo", "--to", made, "--time-limit", "10"]
        subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
        (project,) = Path(made).glob("*.gpkg")
        for name, fill in STATES.items():
            file = folder / f"{name}.gpkg"
            file.write_bytes(project.read_bytes())
            session = open_session(file)
            fill(session)
            session.close()
    empty = [*planner, "new", str(folder / "empty.gpkg"), "--empty"]
    subprocess.run(empty, check=True, stdout=subprocess.DEVNULL)


def draw_sheets(args: argparse.Namespace, projects: Mapping[str, Path], size: str) -> None:
    """Draw what was asked for at one size; Qt takes screen and scale once, at its start."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    wide, high = map(int, size.split(maxsplit=1)[0].split("x"))
    for state in args.state or projects:
        for theme in args.theme or THEMES:
            planner = show_window(app, projects[state], theme, wide, high)
            what = f"{state} {theme} {size}".replace(" ", "-")
            if args.dialogs:
                join(list(draw_dialogs(planner)), args.to / f"dialogs-{what}.png", 3)
            else:
                drawn = list(draw_workspaces(planner, args.workspace))
                join(drawn, args.to / f"{what}.png")
                for seen in SEEN if theme == "light" and size == "1280x720" else ():
                    other = [(name, simulate(one, seen)) for name, one in drawn]
                    join(other, args.to / f"{what}-{seen}.png")
            planner.close()
            planner.deleteLater()


def main() -> None:
    """Make the sheets that were asked for, all of them if none was; a process for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--state", "--theme", "--size", "--workspace"):
        parser.add_argument(option, action="append")
    parser.add_argument("--dialogs", action="store_true")
    parser.add_argument("--to", type=Path, default=SHEETS)
    parser.add_argument("--projects", type=Path, help="where the projects lie; else made anew")
    args = parser.parse_args()
    if args.projects:
        draw_sheets(args, {file.stem: file for file in args.projects.glob("*.gpkg")}, *args.size)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_projects(folder)
        screen = folder / "screen.json"
        screen.write_text(
            json.dumps({"screens": [{"x": 0, "y": 0, "width": 3840, "height": 2160}]})
        )
        asked = [word for word in sys.argv[1:] if word not in {"--size", *SIZES}]
        for size in args.size or SIZES:
            qt = {
                "QT_QPA_PLATFORM": f"offscreen:configfile={screen}",
                "QT_SCALE_FACTOR": str(SIZES[size]),
            }
            run = [sys.executable, __file__, *asked, "--size", size, "--projects", name]
            subprocess.run(run, check=True, env={**os.environ, **qt})


if __name__ == "__main__":
    main()
