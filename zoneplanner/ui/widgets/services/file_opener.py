"""Opening files and folders with the system's programs."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from zoneplanner.errors import UserError

_FAILS_WITHIN_S = 20
"""If ``xdg-open`` ends with an error later, it ran a browser that the person closed."""


class FileOpener(QObject):
    """Opens files and folders; ``refused`` carries a UserError if no program could.

    On Linux it runs ``xdg-open`` itself, since Qt does not wait for its exit code.
    """

    refused = Signal(object)

    def open(self, path: Path) -> None:
        """Have the system open a file or folder."""
        program = shutil.which("xdg-open") if sys.platform == "linux" else None
        if program is not None:
            Thread(target=self._run_opener, args=(program, path), daemon=True).start()
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._report_failure(path)

    def _run_opener(self, program: str, path: Path) -> None:
        environment = clean_environment(os.environ, getattr(sys, "_MEIPASS", None))
        started = time.monotonic()
        # in a new session, so that the file stays open when the planner closes
        result = subprocess.run(
            [program, str(path)], env=environment, start_new_session=True, check=False
        )
        if result.returncode and time.monotonic() - started < _FAILS_WITHIN_S:
            self._report_failure(path)

    def _report_failure(self, path: Path) -> None:
        with suppress(RuntimeError):  # the window was closed in the meantime
            self.refused.emit(UserError("not_opened", file=path.name, path=str(path)))


def clean_environment(variables: Mapping[str, str], bundle_dir: str | None) -> dict[str, str]:
    """Return the environment variables for other programs.

    The packaged program sets variables that make libraries load from its own folder
    (``bundle_dir``). A browser or viewer would not start with them.
    """
    if bundle_dir is None:
        return dict(variables)
    cleaned = {name: value for name, value in variables.items() if bundle_dir not in value}
    original_path = cleaned.pop("LD_LIBRARY_PATH_ORIG", None)
    return cleaned if original_path is None else {**cleaned, "LD_LIBRARY_PATH": original_path}
