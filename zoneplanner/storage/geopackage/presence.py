"""Who has a project file open: a small file beside it for each window, renewed while it is there.

It is gone when the window is closed. One that was killed is not counted: its name says which
process of which machine it is of; where that cannot be asked it is too old after half a minute. A
folder that takes no files has none, and nobody is hindered by them.
"""

import glob
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic

from zoneplanner.staging import HOST, is_process_gone
from zoneplanner.storage.records import PresentDesk

_OF_HERE = re.compile(rf"\.{HOST}-(\d+)-[0-9a-f]+\.desk$")
_RENEWED_S, _TOO_OLD_S = 10.0, 35.0


class PresenceFile:
    """This window beside a project file; time is that of the folder, which all desks share."""

    def __init__(self, path: Path, who: PresentDesk) -> None:
        self._folder = path.absolute().parent
        self._of_all = f".{glob.escape(path.name)}.*.desk"
        whose = f"{HOST}-{os.getpid()}-{secrets.token_hex(4)}"
        self._own = self._folder / f".{path.name}.{whose}.desk"
        self._text = json.dumps([who.actor, who.desk, who.since.isoformat()])
        self._renewed = float("-inf")

    def look(self) -> list[PresentDesk]:
        """Renew the own file if it is time, and return whose are there, the first comer first."""
        try:
            if monotonic() - self._renewed > _RENEWED_S:
                self._own.write_text(self._text, encoding="utf-8")
                self._renewed = monotonic()
            present = list(self._read(self._own.stat().st_mtime))
        except OSError:
            return []
        return sorted(present, key=lambda one: one.since)

    def _read(self, now: float) -> Iterator[PresentDesk]:
        for file in self._folder.glob(self._of_all):
            with suppress(OSError, ValueError):
                here = _OF_HERE.search(file.name)
                killed = here is not None and is_process_gone(int(here[1]))
                if killed or now - file.stat().st_mtime > _TOO_OLD_S:
                    file.unlink()
                    continue
                actor, desk, since = json.loads(file.read_text(encoding="utf-8"))
                yield PresentDesk(str(actor), str(desk), datetime.fromisoformat(since))

    def close(self) -> None:
        """Take the own file away."""
        with suppress(OSError):
            self._own.unlink(missing_ok=True)
