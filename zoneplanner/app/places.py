"""Where a project is: a file, or the address of a shared one; cheap to load."""

from pathlib import Path
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from zoneplanner.storage import Address

Place = Union[Path, "Address"]

STARTS = ("postgresql://", "postgres://")


def is_shared(text: str) -> bool:
    """True where a text is the address of a shared project and not the path of a file."""
    return text.startswith(STARTS)


def place_of(text: str) -> Place:
    """Return the file or the shared project that a text names; a wrong address is a UserError."""
    if not is_shared(text):
        return Path(text)
    from zoneplanner.storage.address import parsed

    return parsed(text)
