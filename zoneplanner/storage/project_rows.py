"""A whole project as rows by table, and back; what two projects share may be left out."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Feature, Project
from zoneplanner.domain.unit import Unit
from zoneplanner.storage import plan_rows, roster_rows, rows
from zoneplanner.storage.setting_rows import setting_rows, settings_from
from zoneplanner.storage.values import Row

_Item = TypeVar("_Item")
_Tables = dict[str, list[Row]]

_PLAIN = ("name", "preset", "time_zone")
"""Fields of the project that are text in ``app_meta`` and may be edited."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table that holds a mapping of the project by id: its field, and an item's row."""

    field: str
    row: Callable[[Any], Row]


KINDS = {
    "jurisdiction": _Kind("jurisdictions", rows.jurisdiction_row),
    "site": _Kind("sites", rows.site_row),
    "block": _Kind("blocks", rows.block_row),
    "layer": _Kind("layers", rows.layer_row),
    "agency": _Kind("agencies", rows.agency_row),
    "unit": _Kind("units", rows.unit_row),
    "plan": _Kind("plans", plan_rows.plan_row),
    "officer": _Kind("officers", roster_rows.officer_row),
    "post": _Kind("posts", roster_rows.post_row),
    "shift": _Kind("shifts", roster_rows.shift_row),
    "swap": _Kind("swaps", roster_rows.swap_row),
}


def plain_rows(project: Project) -> Iterator[Row]:
    """Return a row of ``app_meta`` for each field of the project that is text."""
    for name in _PLAIN:
        yield {"key": f"project_{name}", "value": getattr(project, name)}


def rows_of(project: Project, known: Project | None = None) -> _Tables:
    """Return a project's rows by table.

    Values that ``known`` holds too, the very same object at the same place, are left out.
    """
    found: _Tables = defaultdict(list)
    found["app_meta"] = list(plain_rows(project))
    found["setting"] = list(setting_rows(project, known))
    for table, kind in KINDS.items():
        old = getattr(known, kind.field) if known else None
        for position, item in _unshared(getattr(project, kind.field), old):
            found[table].append({**kind.row(item), "position": position})
            if isinstance(item, Unit):
                found["unit_access"] += rows.access_rows(item)
            if isinstance(item, Plan):
                for name, part in plan_rows.PARTS.items():
                    found[name] += part.rows(item)
    for position, feature in _features(project, known):
        row = {**rows.feature_row(feature), "position": position}
        found[rows.feature_table(feature)].append(row)
    return dict(found)


def _unshared(
    items: Mapping[str, _Item], known: Mapping[str, _Item] | None
) -> Iterator[tuple[int, _Item]]:
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


def project_from(found: Mapping[str, list[Row]], *, uid: str, crs: str) -> Project:
    """Return the project of rows by table, each table's rows in reading order."""
    settings = {row["name"]: row["value"] for row in found["setting"]}
    meta = {row["key"]: row["value"] for row in found["app_meta"]}
    features = [*found["feature_area"], *found["feature_line"], *found["feature_point"]]
    features.sort(key=lambda row: row["position"])
    access: dict[str, dict[str, str]] = defaultdict(dict)
    for row in found["unit_access"]:
        access[row["unit"]][row["jurisdiction"]] = row["access"]
    return Project(
        uid=uid,
        crs=crs,
        **{name: meta[f"project_{name}"] for name in _PLAIN},
        sites={row["id"]: rows.site_from(row) for row in found["site"]},
        jurisdictions={row["id"]: rows.jurisdiction_from(row) for row in found["jurisdiction"]},
        blocks={row["id"]: rows.block_from(row) for row in found["block"]},
        features=tuple(rows.feature_from(row) for row in features),
        layers={row["id"]: rows.layer_from(row) for row in found["layer"]},
        agencies={row["id"]: rows.agency_from(row) for row in found["agency"]},
        units={row["id"]: rows.unit_from(row, access[row["id"]]) for row in found["unit"]},
        plans=_plans(found),
        officers={row["id"]: roster_rows.officer_from(row) for row in found["officer"]},
        posts={row["uid"]: roster_rows.post_from(row) for row in found["post"]},
        shifts={row["uid"]: roster_rows.shift_from(row) for row in found["shift"]},
        swaps={row["uid"]: roster_rows.swap_from(row) for row in found["swap"]},
        **settings_from(settings),
    )


def _plans(found: Mapping[str, list[Row]]) -> dict[str, Plan]:
    parts: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in plan_rows.PARTS:
        for row in found[table]:
            parts[row["plan"]][table].append(row)
    return {row["uid"]: plan_rows.plan_from(row, parts[row["uid"]]) for row in found["plan"]}
