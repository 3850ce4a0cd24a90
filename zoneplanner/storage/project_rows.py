"""A whole project as rows by table, and back; what two projects share may be left out."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Feature, Project
from zoneplanner.domain.unit import Unit
from zoneplanner.storage import rows
from zoneplanner.storage.rows import Row

Item = TypeVar("Item")
Tables = dict[str, list[Row]]

PLAIN = ("name", "preset", "time_zone")
"""Fields of the project that are text in ``app_meta`` and may be edited."""


def rows_of(project: Project, known: Project | None = None) -> Tables:
    """Return a project's rows by table.

    Values that ``known`` holds too, the very same object at the same place, are left out.
    """
    found: Tables = defaultdict(list)
    found["app_meta"] = [
        {"key": f"project_{name}", "value": getattr(project, name)} for name in PLAIN
    ]
    if known is None or project.assumptions is not known.assumptions:
        text = rows.assumptions_text(project.assumptions)
        found["setting"].append({"name": "assumptions", "value": text})
    if known is None or project.calendar is not known.calendar:
        text = rows.calendar_text(project.calendar)
        found["setting"].append({"name": "calendar", "value": text})
    for table, to_row in _MAPPINGS.items():
        old = getattr(known, _FIELDS[table]) if known else None
        for position, item in _unshared(getattr(project, _FIELDS[table]), old):
            found[table].append({**to_row(item), "position": position})
            if isinstance(item, Unit):
                found["unit_access"] += rows.access_rows(item)
            if isinstance(item, Plan):
                _add_plan_rows(found, item)
    for position, feature in _features(project, known):
        row = {**rows.feature_row(feature), "position": position}
        found[rows.feature_table(feature)].append(row)
    return dict(found)


_MAPPINGS: dict[str, Callable[[Any], Row]] = {
    "jurisdiction": rows.jurisdiction_row,
    "site": rows.site_row,
    "block": rows.block_row,
    "agency": rows.agency_row,
    "unit": rows.unit_row,
    "plan": rows.plan_row,
}
_FIELDS = {
    "jurisdiction": "jurisdictions",
    "site": "sites",
    "block": "blocks",
    "agency": "agencies",
    "unit": "units",
    "plan": "plans",
}


def _unshared(
    items: Mapping[str, Item], known: Mapping[str, Item] | None
) -> Iterator[tuple[int, Item]]:
    if items is known:
        return
    places = {key: position for position, key in enumerate(known)} if known else {}
    for position, (key, item) in enumerate(items.items()):
        if known is None or places.get(key) != position or known[key] is not item:
            yield position, item


def _features(project: Project, known: Project | None) -> Iterator[tuple[int, Feature]]:
    old = known.features if known is not None else ()
    for position, feature in enumerate(project.features):
        if position >= len(old) or old[position] is not feature:
            yield position, feature


def _add_plan_rows(found: Tables, plan: Plan) -> None:
    found["zone"] += rows.zone_rows(plan)
    found["assignment"] += rows.pair_rows(plan, plan.assignment, "site", "zone")
    reasons = {lock.target: lock.reason for lock in plan.locks.values() if lock.kind == "site"}
    found["site_lock"] += rows.pair_rows(plan, reasons, "site", "reason")
    found["block_override"] += rows.pair_rows(plan, plan.block_overrides, "block", "zone")


def project_from(found: Mapping[str, list[Row]], *, uid: str, crs: str) -> Project:
    """Return the project of rows by table, each table's rows in reading order."""
    settings = {row["name"]: row["value"] for row in found["setting"]}
    meta = {row["key"]: row["value"] for row in found["app_meta"]}
    features = [*found["feature_area"], *found["feature_line"], *found["feature_point"]]
    features.sort(key=lambda row: row["position"])
    access = _pairs(found["unit_access"], "unit", "jurisdiction", "access")
    return Project(
        uid=uid,
        crs=crs,
        **{name: meta[f"project_{name}"] for name in PLAIN},
        sites={row["id"]: rows.site_from(row) for row in found["site"]},
        jurisdictions={row["id"]: rows.jurisdiction_from(row) for row in found["jurisdiction"]},
        blocks={row["id"]: rows.block_from(row) for row in found["block"]},
        features=tuple(rows.feature_from(row) for row in features),
        agencies={row["id"]: rows.agency_from(row) for row in found["agency"]},
        units={row["id"]: rows.unit_from(row, access[row["id"]]) for row in found["unit"]},
        plans=_plans(found),
        assumptions=rows.assumptions_from(settings["assumptions"]),
        calendar=rows.calendar_from(settings["calendar"]),
    )


def _plans(found: Mapping[str, list[Row]]) -> dict[str, Plan]:
    zones: dict[str, list[Row]] = defaultdict(list)
    for row in found["zone"]:
        zones[row["plan"]].append(row)
    assignment = _pairs(found["assignment"], "plan", "site", "zone")
    locks = _pairs(found["site_lock"], "plan", "site", "reason")
    overrides = _pairs(found["block_override"], "plan", "block", "zone")
    return {
        row["uid"]: rows.plan_from(
            row,
            zones=zones[row["uid"]],
            assignment=assignment[row["uid"]],
            locks=locks[row["uid"]],
            block_overrides=overrides[row["uid"]],
        )
        for row in found["plan"]
    }


def _pairs(found: list[Row], owner: str, key: str, value: str) -> dict[str, dict[str, str]]:
    pairs: dict[str, dict[str, str]] = defaultdict(dict)
    for row in found:
        pairs[row[owner]][row[key]] = row[value]
    return pairs
