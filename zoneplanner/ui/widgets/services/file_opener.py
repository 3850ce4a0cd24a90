"""Files and folders opened by the system's own programs; a refusal says where they are."""

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

_REFUSES_WITHIN_S = 20
"""An opener that ends later was a browser that somebody closed."""


class FileOpener(QObject):
    """Opens what it is asked to; ``refused`` carries the UserError where no program did.

    Qt asks ``xdg-open`` and does not wait for its answer, so on Linux it is asked here.
    """

    refused = Signal(object)

    def open(self, place: Path) -> None:
        """Have the system open a file or folder."""
        program = shutil.which("xdg-open") if sys.platform == "linux" else None
        if program is not None:
            Thread(target=self._ask, args=(program, place), daemon=True).start()
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(place))):
            self._refuse(place)

    def _ask(self, program: str, place: Path) -> None:
        outside = clean_environment(os.environ, getattr(sys, "_MEIPASS", None))
        begun = time.monotonic()
        # a session of its own: what was opened stays when the planner is closed
        done = subprocess.run(
            [program, str(place)], env=outside, start_new_session=True, check=False
        )
        if done.returncode and time.monotonic() - begun < _REFUSES_WITHIN_S:
            self._refuse(place)

    def _refuse(self, place: Path) -> None:
        with suppress(RuntimeError):  # the window went while the system was asked
            self.refused.emit(UserError("not_opened", file=place.name, path=str(place)))


def clean_environment(own: Mapping[str, str], packed: str | None) -> dict[str, str]:
    """Return the environment for programs that are not ours.

    The packed program, in the folder ``packed``, points libraries and their data to itself; a
    browser or a viewer that took those would not start.
    """
    if packed is None:
        return dict(own)
    outside = {name: value for name, value in own.items() if packed not in value}
    before = outside.pop("LD_LIBRARY_PATH_ORIG", None)
    return outside if before is None else {**outside, "LD_LIBRARY_PATH": before}
