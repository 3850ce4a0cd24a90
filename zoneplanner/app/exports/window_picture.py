"""A picture of the window, drawn in a separate process: no other use case needs Qt."""

import subprocess
import sys
from pathlib import Path

from zoneplanner.app.desk.project_location import ProjectLocation
from zoneplanner.errors import UserError


def draw_window(
    project: ProjectLocation,
    file: Path,
    *,
    size: tuple[int, int] | None = None,
    map_only: bool = False,
) -> Path:
    """Draw the window with a project, or only its map, into a PNG file; return the file.

    Raises
    ------
    UserError
        The window cannot be drawn, or the path cannot be written.
    """
    program = [] if getattr(sys, "frozen", False) else ["-m", "zoneplanner"]
    options = [] if size is None else ["--size", "x".join(map(str, size))]
    options += ["--map-only"] if map_only else []
    command = [sys.executable, *program, "--picture", str(file), *options, str(project)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise UserError("picture_failed", stderr=result.stderr.strip()[-300:])
    return file
