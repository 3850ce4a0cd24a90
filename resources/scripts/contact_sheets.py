"""Draws every workspace and dialog in each state, theme and size on contact sheets.

`make screenshots` calls this; the sheets go to build/sheets and are not committed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from contact_states import (
    ACTED,
    FILLED,
    SETTLE_MS,
    Pictures,
    close_dialogs,
    list_dialogs,
    make_class_clock,
    open_in_class,
    settle,
)
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.app.projects import open_project
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.garbage_collection import GarbageCollector
from zoneplanner.ui.shell.workspaces import WORKSPACES

SHEETS = Path(__file__).resolve().parents[2] / "build" / "sheets"
THEMES = ("light", "dark", "high contrast")
SIZES = {"1280x720": 1.0, "1600x1000": 1.0, "2560x1440": 1.0, "1280x720 at 1.5": 1.5}
TILE_PX, GAP_PX, TITLE_PX = 1280, 16, 34
VISIONS = ("deuteranopia", "gray")
SKIPPED_ACTIONS = {"quit", "log_folder", "open", "handout", "about"}
"""Actions that leave the window or open another program."""

DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
"""Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB."""


def simulate_vision(picture: QImage, vision: str) -> QImage:
    """Return a picture as a person with deuteranopia sees it, or as a gray printer prints it."""
    rgba = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    raw = np.frombuffer(rgba.constBits(), np.uint8)
    rgb = raw.reshape(rgba.height(), rgba.bytesPerLine() // 4, 4)[:, : rgba.width(), :3] / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if vision == "gray":
        linear = (linear @ [0.2126, 0.7152, 0.0722])[..., None].repeat(3, axis=2)
    else:
        linear = np.clip(linear @ DEUTERANOPIA.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    whole = np.ascontiguousarray(np.dstack([srgb * 255, np.full(srgb.shape[:2], 255)]), np.uint8)
    high, wide = whole.shape[:2]
    return QImage(whole.data, wide, high, 4 * wide, QImage.Format.Format_RGBA8888).copy()


def show_window(
    app: QApplication, project: Path, theme: str, wide: int, high: int
) -> ApplicationWindow:
    """Open a project in a window; this computer's settings are not used."""
    planner = ApplicationWindow(app, Settings(appearance=theme), lambda _: None)
    planner.resize(wide, high)
    planner.show_session(open_in_class(project), project)
    planner.show()
    settle(planner)
    return planner


def draw_workspaces(planner: ApplicationWindow, only: list[str] | None) -> Pictures:
    """Draw each workspace as it opens and with a school selected."""
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


def draw_dialogs(planner: ApplicationWindow) -> Pictures:
    """Draw the dialogs that actions and buttons open."""
    main = planner.main
    assert main is not None
    drawn: list[QImage] = []

    def draw() -> None:
        if (dialogs := list_dialogs()) and not isinstance(dialogs[-1], QFileDialog):
            drawn.append(dialogs[-1].grab().toImage())
        close_dialogs()

    def press(press: Callable[[], object]) -> Iterator[QImage]:
        QTimer.singleShot(SETTLE_MS, draw)
        press()
        settle(planner)
        draw()
        while drawn:
            yield drawn.pop()

    seen = set()
    for spec in ACTION_SPECS:
        name, action = spec.name, main.desk.actions[spec.name]
        skipped = name in SKIPPED_ACTIONS or "…" not in spec.text
        if skipped or action is None or not action.isEnabled():
            continue
        seen |= {spec.text, spec.short, action.iconText()}
        main.show_workspace("plan")
        main.desk.bridge.select(site=next(iter(main.desk.session.project.patrolled)).id)
        yield from ((name, one) for one in press(action.trigger))
    for workspace in WORKSPACES:
        main.show_workspace(workspace)
        settle(planner)
        for button in main.findChildren(QAbstractButton):
            text = button.text()
            if "…" in text and text not in seen and button.isVisible() and button.isEnabled():
                seen.add(text)
                yield from ((f"{workspace}: {text}", one) for one in press(button.click))


def draw_sheet(pictures: list[tuple[str, QImage]], sheet: Path, columns: int = 2) -> None:
    """Draw pictures with their titles on a sheet."""
    tiles = []
    for title, picture in pictures:
        picture.setDevicePixelRatio(1)
        smooth = Qt.TransformationMode.SmoothTransformation
        wide = picture.width() > TILE_PX
        tiles.append((title, picture.scaledToWidth(TILE_PX, smooth) if wide else picture))
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
        for name, fill in FILLED.items():
            file = folder / f"{name}.gpkg"
            file.write_bytes(project.read_bytes())
            session = open_in_class(file)
            fill(session)
            session.close()
    empty = [*planner, "new", str(folder / "empty.gpkg"), "--empty"]
    subprocess.run(empty, check=True, stdout=subprocess.DEVNULL)


def draw_acts(state: str, project: Path, show: Callable[[Path], ApplicationWindow]) -> Pictures:
    """Draw errors or running work, each on a copy of the project in a window of its own."""
    for act in ACTED[state]:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / project.name
            copy.write_bytes(project.read_bytes())
            in_class = partial(open_session, clock=make_class_clock(copy))
            with patch.object(open_project, "open_session", in_class):  # for what an act opens
                planner = show(copy)
                yield from act(planner, copy)
                planner.close()
                planner.deleteLater()


def draw_sheets(args: argparse.Namespace, projects: Mapping[str, Path], size: str) -> None:
    """Draw the chosen sheets at one size, because Qt reads screen and scale only at its start."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    GarbageCollector(app)  # as in the program: no job's thread frees a Qt object
    wide, high = map(int, size.split(maxsplit=1)[0].split("x"))
    for state in args.state or (*projects, *ACTED):
        for theme in args.theme or THEMES:
            name = f"{state} {theme} {size}".replace(" ", "-")
            if state in ACTED:
                show = partial(show_window, app, theme=theme, wide=wide, high=high)
                pictures = list(draw_acts(state, projects["ordinary"], show))
                draw_sheet(pictures, args.to / f"{name}.png")
                continue
            planner = show_window(app, projects[state], theme, wide, high)
            if args.dialogs:
                draw_sheet(list(draw_dialogs(planner)), args.to / f"dialogs-{name}.png", 3)
            else:
                pictures = list(draw_workspaces(planner, args.workspace))
                draw_sheet(pictures, args.to / f"{name}.png")
                for vision in VISIONS if theme == "light" and size == "1280x720" else ():
                    simulated = [(title, simulate_vision(one, vision)) for title, one in pictures]
                    draw_sheet(simulated, args.to / f"{name}-{vision}.png")
            planner.close()
            planner.deleteLater()


def main() -> None:
    """Make the chosen sheets, by default all, in a process for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--state", "--theme", "--size", "--workspace"):
        parser.add_argument(option, action="append")
    parser.add_argument("--dialogs", action="store_true")
    parser.add_argument("--to", type=Path, default=SHEETS)
    parser.add_argument("--projects", type=Path, help="folder of the projects; else they are made")
    args = parser.parse_args()
    if args.projects:
        draw_sheets(args, {file.stem: file for file in args.projects.glob("*.gpkg")}, *args.size)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_projects(folder)
        asked = [word for word in sys.argv[1:] if word not in {"--size", *SIZES}]
        for size in args.size or SIZES:
            run = [sys.executable, __file__, *asked, "--size", size, "--projects", name]
            own = {"XDG_DATA_HOME": str(folder / "desk"), **describe_screen(folder, size)}
            subprocess.run(run, check=True, env={**os.environ, **own})


def describe_screen(folder: Path, size: str) -> dict[str, str]:
    """Return the settings of a screen of the window's size, so that no dialog is larger."""
    scale, file = SIZES[size], folder / "screen.json"
    wide, high = (round(scale * int(one)) for one in size.split(maxsplit=1)[0].split("x"))
    file.write_text(json.dumps({"screens": [{"x": 0, "y": 0, "width": wide, "height": high}]}))
    return {"QT_QPA_PLATFORM": f"offscreen:configfile={file}", "QT_SCALE_FACTOR": str(scale)}


if __name__ == "__main__":
    main()
