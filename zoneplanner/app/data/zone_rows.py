"""Names of zones, names of plans, and manual connections of sites, as rows of text."""

from collections.abc import Mapping
from dataclasses import replace

from zoneplanner.app.data.data_table import (
    CellKind,
    DataColumn,
    DataTable,
    RowCells,
    list_site_names,
    list_words,
)
from zoneplanner.domain.geography.map_edits import cut_sites, join_sites, make_site_pair
from zoneplanner.domain.geography.site import SitePair
from zoneplanner.domain.log.record_schema import parse_choice
from zoneplanner.domain.plans.edits import rename_plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


def _read(project: Project) -> Mapping[str, RowCells]:
    """Return the zones; the zones of the newest plan are first."""
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
    plan = project.draft(uid)
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
        DataColumn(
            "name", "Name", required=True, about="Shown on pages, in files and on the web map."
        ),
        DataColumn("zone", "Zone", shown=False),
        DataColumn("plan", "Plan", shown=False),
        DataColumn("unit", "Unit", shown=False),
    ),
    ("zone", "plan", "unit"),
    _read,
    _put,
    grows=False,
)


def _read_plans(project: Project) -> Mapping[str, RowCells]:
    """Return the plans, the newest one first."""
    return {plan.uid: {"name": plan.name} for plan in reversed(list(project.plans.values()))}


def _put_plan(project: Project, key: str, cells: RowCells) -> Project:
    return rename_plan(project, key, cells["name"])


PLAN_TABLE = DataTable(
    "plan",
    "plan",
    "Plan names",
    "name",
    (
        DataColumn(
            "name", "Name", required=True, about="Shown on pages, in files and on the web map."
        ),
    ),
    (),
    _read_plans,
    _put_plan,
    grows=False,
)


_JOINED, _CUT = "joined", "cut"


def _list_pairs(project: Project) -> dict[str, tuple[str, SitePair]]:
    connections = project.connections
    pairs = ((_JOINED, connections.joined), (_CUT, connections.cut))
    return {" ".join(pair): (kind, pair) for kind, of_kind in pairs for pair in of_kind}


def _read_pairs(project: Project) -> Mapping[str, RowCells]:
    rows: dict[str, RowCells] = {}
    for key, (kind, pair) in _list_pairs(project).items():
        one, other = (project.sites[site].name if site in project.sites else site for site in pair)
        rows[key] = {"name": f"{one} – {other}", "kind": kind, "site": pair[0], "other": pair[1]}
    return rows


def _put_pair(project: Project, key: str, cells: RowCells) -> Project:
    kind = parse_choice(cells["kind"], (_JOINED, _CUT), "kind of connection")
    pair = make_site_pair(project, cells["site"], cells["other"])
    if key in _list_pairs(project):
        project = _remove(project, key)
    return (join_sites if kind == _JOINED else cut_sites)(project, *pair)


def _remove(project: Project, key: str) -> Project:
    pairs = _list_pairs(project)
    if key not in pairs:
        raise UserError("unknown_data_row", kind="connection", row=key, near=[])
    return replace(project, connections=project.connections.without(pairs[key][1]))


def _list_sites(project: Project) -> Mapping[str, str]:
    return list_site_names(project.patrolled)


def _name_step(project: Project, cells: RowCells) -> str:
    """Return the label of a step, the same as on the map and on the command line."""
    pair = make_site_pair(project, cells["site"], cells["other"])
    action = "Connect" if cells["kind"] == _JOINED else "Cut"
    return f"{action} {' and '.join(project.sites[site].name for site in pair)}"


CONNECTION_TABLE = DataTable(
    "connection",
    "connection",
    "Connections",
    "name",
    (
        DataColumn("name", "Pair", shown=False),
        DataColumn(
            "kind",
            "Kind",
            CellKind.CHOICE,
            required=True,
            about="Joined by a bridge or ferry, or cut even though the land touches.",
            list_choices=lambda _: list_words((_JOINED, _CUT)),
        ),
        DataColumn("site", "Site", CellKind.CHOICE, required=True, list_choices=_list_sites),
        DataColumn("other", "Other site", CellKind.CHOICE, required=True, list_choices=_list_sites),
    ),
    ("kind",),
    _read_pairs,
    _put_pair,
    _remove,
    begin=lambda _project, _row: {"kind": _JOINED},
    name_step=_name_step,
)
