"""GDAL with only the drivers that a file needs; only for the guarded process."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from zoneplanner.messages import Message

_SAFE_OPTIONS = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "OGR_SQLITE_LIST_VIRTUAL_OGR": "NO",
    "OGR_GPKG_FOREIGN_KEY_CHECK": "NO",
}
_USUAL_TRIGGERS = ("rtree_", "gpkg_", "trigger_insert_feature_count_", "trigger_delete_feature_")


def restrict_drivers(wanted: Sequence[str]) -> None:
    """Remove all other drivers; GDAL skips them when it registers its drivers again."""
    import pyogrio
    from pyogrio._ogr import _register_drivers  # no public call makes GDAL read the list again

    others = sorted(set(pyogrio.list_drivers()) - set(wanted))
    pyogrio.set_gdal_config_options({**_SAFE_OPTIONS, "GDAL_SKIP": ",".join(others)})
    _register_drivers()
    left = set(pyogrio.list_drivers()) - set(wanted)
    if left:
        raise RuntimeError(f"drivers that cannot be removed: {', '.join(sorted(left))}")


def remove_triggers(file: Path, name: str) -> list[Message]:
    """Remove triggers from the copy and have GDAL count the rows; return notes on unusual triggers.

    A wrong count in the file hides rows, and a trigger may do anything when somebody writes.
    """
    notes: list[Message] = []
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(file)) as base,
        base,
    ):
        base.execute("PRAGMA trusted_schema = OFF")
        triggers = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (trigger,) in triggers:
            quoted = str(trigger).replace('"', '""')
            base.execute(f'DROP TRIGGER "{quoted}"')
            if not str(trigger).startswith(_USUAL_TRIGGERS):
                notes.append(Message("trigger_not_run", trigger=trigger, file=name))
        base.execute("UPDATE gpkg_ogr_contents SET feature_count = NULL")
    return notes
