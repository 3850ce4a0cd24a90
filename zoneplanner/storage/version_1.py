"""What schema version 1 had otherwise: columns and tables it lacked, and its locks on sites."""

from collections.abc import Mapping
from typing import Any

from zoneplanner.storage.values import StoredRow, VersionUpgrade


def _upgrade_site_lock(table: str, row: Mapping[str, Any]) -> tuple[str, StoredRow]:
    if table != "site_lock":
        return table, dict(row)
    rest = {name: value for name, value in row.items() if name != "site"}
    return "plan_lock", {**rest, "kind": "site", "target": row["site"]}


UPGRADE_FROM_1 = VersionUpgrade(
    added={
        "plan": {"note": "", "parent": None, "proposed_on": None},
        "feature_area": {"fields": "{}"},
        "feature_line": {"fields": "{}"},
        "feature_point": {"fields": "{}"},
        "plan_lock": {"held": "{}"},
    },
    shown={
        "edit": "SELECT *, seq - 1 AS step, 0 AS jump, NULL AS plan FROM main.edit",
        "plan_lock": "SELECT old.fid, old.plan, 'site' AS kind, old.site AS target, old.reason,"
        " CASE WHEN zone IS NULL THEN '{}' ELSE json_object(old.site, zone) END AS held,"
        " old.row_version, old.changed_by, old.changed_at FROM main.site_lock AS old"
        " LEFT JOIN main.assignment AS now ON now.plan = old.plan AND now.site = old.site",
    },
    present=_upgrade_site_lock,
)
