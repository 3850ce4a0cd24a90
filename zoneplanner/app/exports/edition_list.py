"""The list by which the folder of an edition is known: nothing else is written into one."""

import json
from pathlib import Path

from zoneplanner.errors import UserError

EDITION_LIST = "edition.json"
"""Names the audience, the day and every file, so that a folder is known as one of ours."""


def read_edition_list(folder: Path) -> set[str]:
    """Return the files that a list of ours in a folder names; none where there is no such list."""
    try:
        listed = json.loads((folder / EDITION_LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    files = listed.get("files") if isinstance(listed, dict) else None
    return set(map(str, files)) if isinstance(files, list) else set()


def refuse_place_in_edition(path: Path) -> None:
    """Refuse a file or folder within an edition, with which it would be sent.

    Raises
    ------
    UserError
        A folder above it is an edition.
    """
    for outer in path.absolute().resolve().parents:
        if read_edition_list(outer):
            raise UserError("edition_folder_inside", folder=outer.name, path=str(outer))
