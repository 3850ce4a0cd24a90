"""The start of the program: it opens the window, or draws the window to a file."""

import argparse
import gc
import locale
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
from zoneplanner.messages import Message
from zoneplanner.ui.shell.application_window import PROGRAM_TITLE, ApplicationWindow
from zoneplanner.ui.shell.garbage_collection import GarbageCollector
from zoneplanner.ui.widgets.inputs.file_dialogs import SYSTEM_DIALOGS_ARE_SAFE
from zoneplanner.ui.widgets.style import theme as themes
from zoneplanner.ui.widgets.style.theme import load_program_icon


def run_window_command(args: Sequence[str]) -> int:
    """Open the window, or draw it to a file, and return the exit code."""
    parser = argparse.ArgumentParser(prog="zoneplanner", description="Open the planner's window.")
    about = "a project file (.gpkg), or the postgresql:// address of a shared project"
    parser.add_argument("project", nargs="?", type=_parse_project, help=about)
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="save a picture of the window as a PNG file"
    )
    parser.add_argument(
        "--map-only", action="store_true", help="leave the rest of the window out of the picture"
    )
    parser.add_argument("--size", default="1280x800", help="size of the picture, such as 1280x800")
    parser.add_argument("--theme", default="light", choices=[*themes.THEMES])
    options = parser.parse_args(args)
    if options.picture is None:
        return _run(sys.argv[:1], options.project)
    if options.project is None:
        parser.error("--picture needs a project, such as: --picture window.png district.gpkg")
    try:
        width, height = (int(part) for part in options.size.split("x"))
    except ValueError:
        parser.error(f"enter --size in the form 1280x800, not {options.size}")
    size = (width, height)
    try:
        _draw_picture(
            options.project, options.picture, size, options.theme, map_only=options.map_only
        )
    except UserError as error:
        print_error_line(error.message)
        return 2
    return 0


def _parse_project(text: str) -> ProjectLocation:
    try:
        return parse_location(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(error.message) from None


def _run(argv: Sequence[str], project_path: ProjectLocation | None) -> int:
    """Open the window, and return when it is closed."""
    if not _has_display():
        print_error_line(str(Message("no_display")))
        return 2
    gc.disable()  # there is no garbage at the start; searching for it takes a tenth of a second
    fork_later_readers()
    app = _make_application(argv)
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
    planner.started.connect(lambda: _start_housekeeping(planner))
    planner.start(project_path)
    planner.show()
    return int(app.exec())


def _has_display() -> bool:
    """Return whether there is a screen for the window; without one, Qt would abort the program."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform != "linux" or any(os.environ.get(name) for name in names)


def _start_housekeeping(planner: ApplicationWindow) -> None:
    """Delete leftover files, and start collecting garbage, once the window is open."""
    sweep_leftovers(planner.settings.recent)
    gc.freeze()
    GarbageCollector(planner)


def _draw_picture(
    project_path: ProjectLocation, file: Path, size: tuple[int, int], theme: str, *, map_only: bool
) -> None:
    """Draw the window with a project, or only its map, to a PNG file; needs no display.

    Raises
    ------
    UserError
        The project cannot be opened or the picture cannot be written.
    """
    from zoneplanner.app.projects.open_project import open_session

    if isinstance(project_path, Path) and file.exists() and file.samefile(project_path):
        raise UserError("target_is_project", file=file.name)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = _make_application(sys.argv[:1])
    planner = ApplicationWindow(app, Settings(appearance=theme), lambda _: None)
    planner.resize(*size)
    planner.show_session(open_session(project_path), project_path)
    assert planner.main is not None
    # the picture shows zones, even if the window would start in Today
    planner.main.show_workspace("plan")
    planner.show()
    app.processEvents()
    picture = planner.main.map.render_image(*size) if map_only else planner.grab().toImage()
    planner.close()
    planner.deleteLater()
    if not picture.save(str(file)):
        raise UserError("not_written.picture", file=str(file))


def _make_application(argv: Sequence[str]) -> QApplication:
    app = QApplication.instance() or QApplication(list(argv))
    assert isinstance(app, QApplication)
    # Qt takes over the desktop's locale, but sentences and dates in files have English months
    locale.setlocale(locale.LC_TIME, "C")
    # native dialogs may read files, see ``file_dialogs``
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, not SYSTEM_DIALOGS_ARE_SAFE)
    app.setApplicationName("zoneplanner")
    app.setApplicationDisplayName(PROGRAM_TITLE)
    app.setWindowIcon(load_program_icon())
    return app
