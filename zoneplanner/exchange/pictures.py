"""Drawings of a campus from outside: a page of a PDF, or a picture, read in the guarded process."""

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.sandbox.picture_reader import read_picture
from zoneplanner.exchange.sandbox.private_copy import copy_plain_file
from zoneplanner.exchange.sandbox.process import GuardedTask, ProcessLimits, run_guarded
from zoneplanner.messages import Message
from zoneplanner.staging import make_work_folder

PICTURE_SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp")
_MOST_BYTES = 200_000_000
_LIMITS = ProcessLimits(seconds=60.0, memory_bytes=2_000_000_000)


@dataclass(frozen=True, eq=False, slots=True)
class DrawnPicture:
    """A picture as it is stored, its size in pixels, and how many pages its file has."""

    media_type: str
    data: bytes
    width: int
    height: int
    pages: int


def read_drawing_file(
    path: Path,
    *,
    page: int = 1,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda _fraction, _text: None,
) -> DrawnPicture:
    """Read one page of a foreign file in a separate process.

    Raises
    ------
    UserError
        The file is missing, too large, neither a PDF nor a picture, or has no such page.
    """
    with make_work_folder() as folder:
        copy = copy_plain_file(
            path,
            Path(folder) / "picture",
            most_bytes=_MOST_BYTES,
            protected=protected,
            wanted=Message("wanted_file.drawing"),
        )
        task = GuardedTask(read_picture, {"page": page}, _LIMITS, file_kind="picture")
        (answer,) = map(json.loads, run_guarded(task, copy, path.name, report))
    return DrawnPicture(**{**answer, "data": base64.b64decode(answer["data"])})
