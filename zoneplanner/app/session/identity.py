"""Who sits at which desk, the time, and identifiers that no other record has."""

import getpass
import platform
import uuid
from datetime import UTC, datetime


def get_utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def get_actor_name() -> str:
    """Return the name of the person logged in on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def get_desk_name() -> str:
    """Return the name of this machine."""
    return platform.node() or "desk"


def new_uid() -> str:
    """Return an identifier that no other record has."""
    return uuid.uuid4().hex
