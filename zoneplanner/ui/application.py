"""The start of the program: the window until it is closed, or drawn once to a file."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from zoneplanner.app.desk import settings as desk_settings
from zoneplanner.app.desk.error_log import sweep_leftovers
from zoneplanner.app.desk.project_location import ProjectLocation, parse_location
from zoneplanner.app.desk.settings import Settings, load_machine_settings
from zoneplanner.app.desk.terminal import print_error_line
from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.process import fork_later_readers
from zoneplanner.ui.shell.application_window import PROGRAM_TITLE, ApplicationWindow
from zoneplanner.ui.shell.garbage_collection import GarbageCollector
from zoneplanner.ui.widgets.inputs.file_dialogs import SYSTEM_DIALOGS_ARE_SAFE
from zoneplanner.ui.widgets.style import theme as themes
from zoneplanner.ui.widgets.style.theme import load_program_icon


def run_window_command(args: Sequence[str]) -> int:
    """Open the window, or draw it to a file, as the arguments say."""
    parser = argparse.ArgumentParser(prog="zoneplanner", description="Open the planner's window.")
    told = "a project file (.gpkg), or the postgresql:// address of a shared project"
    parser.add_argument("project", nargs="?", type=_place, help=told)
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="save a picture of the window as a PNG file"
    )
    parser.add_argument(
        "--map-only", action="store_true", help="leave the rest of the window out of the picture"
    )
    parser.add_argument("--size", default="1280x800", help="size of the picture, such as 1280x800")
    parser.add_argument("--theme", default="light", choices=[*themes.THEMES])
    given = parser.parse_args(args)
    if given.picture is None:
        return _run(sys.argv[:1], given.project)
    if given.project is None:
        parser.error("--picture needs a project, such as: --picture window.png district.gpkg")
    try:
        width, height = (int(part) for part in given.size.split("x"))
    except ValueError:
        parser.error(f"enter --size in the form 1280x800, not {given.size}")
    try:
        size = (width, height)
        _draw_picture(given.project, given.picture, size, given.theme, map_only=given.map_only)
    except UserError as error:
        print_error_line(error.message)
        return 2
    return 0


def _place(text: str) -> ProjectLocation:
    try:
        return parse_location(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(error.message) from None


def _run(argv: Sequence[str], project_path: ProjectLocation | None) -> int:
    """Open the window and stay until it is closed."""
    gc.disable()  # what a start makes lives on; looking for garbage in it costs a tenth of a second
    fork_later_readers()
    app = _application(argv)
    try:
        load_machine_settings()
    except UserError as error:
        print_error_line(error.message)
        QMessageBox.critical(None, PROGRAM_TITLE, error.message)
        return 2
    file = desk_settings.find_settings_file()
    planner = ApplicationWindow(
        app,
        desk_settings.load_settings(file),
        lambda settings: desk_settings.save_settings(file, settings),
    )
    sys.excepthook = planner.handle_unexpected_error
    planner.started.connect(lambda: _settle(planner))
    planner.start(project_path)
    planner.show()
    return int(app.exec())


def _settle(planner: ApplicationWindow) -> None:
    """Begin what a start need not wait for: the search for garbage, and that for leftovers."""
    sweep_leftovers(planner.settings.recent)
    gc.freeze()
    GarbageCollector(planner)


def _draw_picture(
    project_path: ProjectLocation, file: Path, size: tuple[int, int], theme: str, *, map_only: bool
) -> None:
    """Draw the window with a project open, or its map alone, to a PNG file; needs no display.

    Raises
    ------
    UserError
        The project cannot be opened or the picture cannot be written.
    """
    from zoneplanner.app.projects.open_project import open_session

    if isinstance(project_path, Path) and file.exists() and file.samefile(project_path):
        raise UserError("target_is_project", file=file.name)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = _application(sys.argv[:1])
    planner = ApplicationWindow(app, Settings(appearance=theme), lambda _: None)
    planner.resize(*size)
    planner.show_session(open_session(project_path), project_path)
    assert planner.main is not None
    planner.main.show_workspace("plan")  # it is of the zones, whatever the day begins with
    planner.show()
    app.processEvents()
    drawn = planner.main.map.render_image(*size) if map_only else planner.grab().toImage()
    planner.close()
    planner.deleteLater()
    if not drawn.save(str(file)):
        raise UserError("not_written.picture", file=str(file))


def _application(argv: Sequence[str]) -> QApplication:
    app = QApplication.instance() or QApplication(list(argv))
    assert isinstance(app, QApplication)
    # not even made: the desktop's dialogs look into files, see kit.file_dialogs
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, not SYSTEM_DIALOGS_ARE_SAFE)
    app.setApplicationName("zoneplanner")
    app.setApplicationDisplayName(PROGRAM_TITLE)
    app.setWindowIcon(load_program_icon())
    return app
