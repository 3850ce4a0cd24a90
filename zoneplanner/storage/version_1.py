"""What schema version 1 had otherwise: columns and tables it lacked, and its locks on sites."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from zoneplanner.storage.tables import KEYS
from zoneplanner.storage.values import Row, compact

DEFAULTS: dict[str, Row] = {
    "plan": {"note": "", "parent": None, "proposed_on": None},
    "feature_area": {"fields": "{}"},
    "feature_line": {"fields": "{}"},
    "feature_point": {"fields": "{}"},
    "plan_lock": {"held": "{}"},
}
"""Columns that version 2 added, and what they hold for what was made before."""

NEW_TABLES = ("layer", "plan_lock", "plan_pin", "plan_site")


def rows(connection: sa.Connection, meta: sa.MetaData) -> dict[str, list[Row]]:
    """Read the editable tables of a file of version 1 as rows of the present version."""
    found: dict[str, list[Row]] = {name: [] for name in KEYS}
    for name in KEYS:
        if name in NEW_TABLES:
            continue
        table, added = meta.tables[name], DEFAULTS.get(name, {})
        order = table.c.position if "position" in table.c else table.c.fid
        columns = [column for column in table.c if column.name not in added]
        read = connection.execute(sa.select(*columns).order_by(order)).mappings()
        found[name] = [{**row, **added} for row in read]
    zones = {(row["plan"], row["site"]): row["zone"] for row in found["assignment"]}
    locks = connection.exec_driver_sql("SELECT plan, site, reason FROM site_lock ORDER BY fid")
    for plan, site, reason in locks:
        held = {site: zones[plan, site]} if (plan, site) in zones else {}
        values = {"plan": plan, "site": site, "reason": reason}
        found["plan_lock"].append({**_lock(values), "held": compact(held)})
    return found


def present(table: str, row: Mapping[str, Any]) -> tuple[str, Row]:
    """Return the present table and columns of a row that an edit of version 1 may hold."""
    return ("plan_lock", _lock(row)) if table == "site_lock" else (table, dict(row))


def _lock(row: Mapping[str, Any]) -> Row:
    rest = {name: value for name, value in row.items() if name != "site"}
    return {**rest, "kind": "site", "target": row["site"]}
