"""The person and the computer of this desk, the time, and new identifiers."""

import getpass
import platform
import uuid
from datetime import UTC, datetime


def get_utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def get_actor_name() -> str:
    """Return the login name of the person at this computer."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def get_desk_name() -> str:
    """Return the name of this computer."""
    return platform.node() or "desk"


def new_uid() -> str:
    """Return an identifier that no other record has."""
    return uuid.uuid4().hex
