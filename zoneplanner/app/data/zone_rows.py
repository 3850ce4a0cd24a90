"""What zones are called, as rows of text: one row a zone of each plan."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.app.data.data_table import DataColumn, DataTable, RowCells
from zoneplanner.domain.plans.lifecycle import require_draft
from zoneplanner.domain.project import Project


def _read(project: Project) -> Mapping[str, RowCells]:
    """Return the zones, those of the plan that was added last first."""
    return {
        f"{plan.uid} {zone.id}": {
            "name": zone.name,
            "zone": zone.id,
            "plan": plan.name,
            "unit": project.units[zone.unit].name if zone.unit in project.units else zone.unit,
        }
        for plan in reversed(list(project.plans.values()))
        for zone in plan.zones
    }


def _put(project: Project, key: str, cells: RowCells) -> Project:
    uid, _, zone_id = key.rpartition(" ")
    plan = require_draft(project, uid)
    zones = (
        replace(zone, name=cells["name"]) if zone.id == zone_id else zone for zone in plan.zones
    )
    return project.with_plan(replace(plan, zones=tuple(zones)))


ZONE_TABLE = DataTable(
    "zone",
    "zone",
    "Zone names",
    "name",
    (
        DataColumn("name", "Name", required=True, about="On pages, in files and on the web map."),
        DataColumn("zone", "Zone", shown=False),
        DataColumn("plan", "Plan", shown=False),
        DataColumn("unit", "Unit", shown=False),
    ),
    ("zone", "plan", "unit"),
    _read,
    _put,
    grows=False,
)
