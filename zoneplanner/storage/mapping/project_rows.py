"""A whole project as rows by table, and back; what two projects share may be left out."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Feature, Project
from zoneplanner.domain.units import Unit
from zoneplanner.storage.mapping import geography_rows, plan_rows, roster_rows
from zoneplanner.storage.mapping.setting_rows import decode_settings, encode_settings
from zoneplanner.storage.records import StoredRow

_Item = TypeVar("_Item")
_RowsByTable = dict[str, list[StoredRow]]

_META_FIELDS = ("name", "preset", "time_zone")
"""Fields of the project that are text in ``app_meta`` and may be edited."""


@dataclass(frozen=True, slots=True)
class _ItemTable:
    """A table that holds a mapping of the project by id: its field, and an item's row."""

    field: str
    row: Callable[[Any], StoredRow]


ITEM_TABLES = {
    "jurisdiction": _ItemTable("jurisdictions", geography_rows.encode_jurisdiction),
    "site": _ItemTable("sites", geography_rows.encode_site),
    "block": _ItemTable("blocks", geography_rows.encode_block),
    "layer": _ItemTable("layers", geography_rows.encode_layer),
    "agency": _ItemTable("agencies", geography_rows.encode_agency),
    "unit": _ItemTable("units", geography_rows.encode_unit),
    "plan": _ItemTable("plans", plan_rows.encode_plan),
    "officer": _ItemTable("officers", roster_rows.encode_officer),
    "post": _ItemTable("posts", roster_rows.encode_post),
    "shift": _ItemTable("shifts", roster_rows.encode_shift),
    "swap": _ItemTable("swaps", roster_rows.encode_swap),
}


def encode_meta(project: Project) -> Iterator[StoredRow]:
    """Return a row of ``app_meta`` for each field of the project that is text."""
    for name in _META_FIELDS:
        yield {"key": f"project_{name}", "value": getattr(project, name)}


def encode_project(project: Project, known: Project | None = None) -> _RowsByTable:
    """Return a project's rows by table.

    Values that ``known`` holds too, the very same object at the same place, are left out.
    """
    found: _RowsByTable = defaultdict(list)
    found["app_meta"] = list(encode_meta(project))
    found["setting"] = list(encode_settings(project, known))
    for table, kind in ITEM_TABLES.items():
        old = getattr(known, kind.field) if known else None
        for position, item in _select_unshared(getattr(project, kind.field), old):
            found[table].append({**kind.row(item), "position": position})
            if isinstance(item, Unit):
                found["unit_access"] += geography_rows.encode_unit_access(item)
            if isinstance(item, Plan):
                for name, part in plan_rows.PLAN_PARTS.items():
                    found[name] += part.rows(item)
    for position, feature in _select_unshared_features(project, known):
        row = {**geography_rows.encode_feature(feature), "position": position}
        found[geography_rows.choose_feature_table(feature)].append(row)
    return dict(found)


def _select_unshared(
    items: Mapping[str, _Item], known: Mapping[str, _Item] | None
) -> Iterator[tuple[int, _Item]]:
    if items is known:
        return
    places = {key: position for position, key in enumerate(known)} if known else {}
    for position, (key, item) in enumerate(items.items()):
        if known is None or places.get(key) != position or known[key] is not item:
            yield position, item


def _select_unshared_features(
    project: Project, known: Project | None
) -> Iterator[tuple[int, Feature]]:
    old = known.features if known is not None else ()
    for position, feature in enumerate(project.features):
        if position >= len(old) or old[position] is not feature:
            yield position, feature


def decode_project(found: Mapping[str, list[StoredRow]], *, uid: str, crs: str) -> Project:
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
        **{name: meta[f"project_{name}"] for name in _META_FIELDS},
        sites={row["id"]: geography_rows.decode_site(row) for row in found["site"]},
        jurisdictions={
            row["id"]: geography_rows.decode_jurisdiction(row) for row in found["jurisdiction"]
        },
        blocks={row["id"]: geography_rows.decode_block(row) for row in found["block"]},
        features=tuple(geography_rows.decode_feature(row) for row in features),
        layers={row["id"]: geography_rows.decode_layer(row) for row in found["layer"]},
        agencies={row["id"]: geography_rows.decode_agency(row) for row in found["agency"]},
        units={
            row["id"]: geography_rows.decode_unit(row, access[row["id"]]) for row in found["unit"]
        },
        plans=_decode_plans(found),
        officers={row["id"]: roster_rows.decode_officer(row) for row in found["officer"]},
        posts={row["uid"]: roster_rows.decode_post(row) for row in found["post"]},
        shifts={row["uid"]: roster_rows.decode_shift(row) for row in found["shift"]},
        swaps={row["uid"]: roster_rows.decode_swap(row) for row in found["swap"]},
        **decode_settings(settings),
    )


def _decode_plans(found: Mapping[str, list[StoredRow]]) -> dict[str, Plan]:
    parts: dict[str, dict[str, list[StoredRow]]] = defaultdict(lambda: defaultdict(list))
    for table in plan_rows.PLAN_PARTS:
        for row in found[table]:
            parts[row["plan"]][table].append(row)
    return {row["uid"]: plan_rows.decode_plan(row, parts[row["uid"]]) for row in found["plan"]}
