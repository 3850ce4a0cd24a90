"""GDAL with all but a few of its drivers put away; only for the guarded process."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

_QUIET = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "OGR_SQLITE_LIST_VIRTUAL_OGR": "NO",
    "OGR_GPKG_FOREIGN_KEY_CHECK": "NO",
}
_USUAL_TRIGGERS = ("rtree_", "gpkg_", "trigger_insert_feature_count_", "trigger_delete_feature_")


def restrict_drivers(wanted: Sequence[str]) -> None:
    """Put all other drivers away; GDAL skips them when it registers its drivers once more."""
    import pyogrio
    from pyogrio._ogr import _register_drivers  # GDAL reads the list again at no public call

    others = sorted(set(pyogrio.list_drivers()) - set(wanted))
    pyogrio.set_gdal_config_options({**_QUIET, "GDAL_SKIP": ",".join(others)})
    _register_drivers()
    left = set(pyogrio.list_drivers()) - set(wanted)
    if left:
        raise RuntimeError(f"drivers that cannot be removed: {', '.join(sorted(left))}")


def remove_triggers(file: Path, name: str) -> list[str]:
    """Take triggers out of the copy and let GDAL count the rows itself; say what was foreign.

    A stale count in the file hides rows, and a trigger may do anything to who writes.
    """
    notes: list[str] = []
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(file)) as base,
        base,
    ):
        base.execute("PRAGMA trusted_schema = OFF")
        found = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (trigger,) in found:
            quoted = str(trigger).replace('"', '""')
            base.execute(f'DROP TRIGGER "{quoted}"')
            if not str(trigger).startswith(_USUAL_TRIGGERS):
                notes.append(f"The trigger {trigger} of “{name}” was not run.")
        base.execute("UPDATE gpkg_ogr_contents SET feature_count = NULL")
    return notes
