"""A drawing of a campus that others made: a page of a PDF, or a picture, read in the guard."""

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.sandbox.picture_reader import read_picture
from zoneplanner.exchange.sandbox.private_copy import copy_plain_file
from zoneplanner.exchange.sandbox.process import GuardedTask, ProcessLimits, run_guarded
from zoneplanner.staging import make_work_folder

PICTURE_SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp")
_MOST_BYTES = 200_000_000
_LIMITS = ProcessLimits(seconds=60.0, memory_bytes=2_000_000_000)


@dataclass(frozen=True, eq=False, slots=True)
class DrawnPicture:
    """A picture as it is kept, its size in dots, and how many pages its file has."""

    media_type: str
    data: bytes
    width: int
    height: int
    pages: int


def read_drawing_file(
    path: Path,
    *,
    page: int = 1,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda _fraction, _text: None,
) -> DrawnPicture:
    """Read one page of a foreign file in a process of its own.

    Raises
    ------
    UserError
        The file is missing, too large, no PDF and no picture, or has no such page.
    """
    with make_work_folder() as folder:
        copy = copy_plain_file(
            path,
            Path(folder) / "picture",
            most_bytes=_MOST_BYTES,
            keep_off=keep_off,
            wanted="a PDF or a picture",
        )
        task = GuardedTask(read_picture, {"page": page}, _LIMITS, what="picture")
        (answer,) = run_guarded(task, copy, path.name, report)
    said = json.loads(answer)
    return DrawnPicture(
        said["media_type"],
        base64.b64decode(said["data"]),
        *(said[name] for name in ("width", "height", "pages")),
    )
