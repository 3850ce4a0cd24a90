"""The location of a project: a file, or the address of a shared one. Fast to import."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Union

from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.storage.postgres.address import ServerAddress

ProjectLocation = Union[Path, "ServerAddress"]

_OTHER_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:.*@")
"""A text that may contain a password is not taken for a file's name, which messages show."""

_ADDRESS_PREFIXES = ("postgresql://", "postgres://")


def is_shared_address(text: str) -> bool:
    """Whether a string is the address of a shared project and not the path of a file."""
    return text.startswith(_ADDRESS_PREFIXES)


def parse_location(text: str) -> ProjectLocation:
    """Return the path or address in a string; a wrong address is a UserError."""
    if not is_shared_address(text):
        if _OTHER_ADDRESS.match(text):
            raise UserError("bad_address.other_scheme")
        return Path(text)
    from zoneplanner.storage.postgres.address import parse_server_address

    return parse_server_address(text)
