"""Agencies, their units, and the areas in which each may serve, as rows of text."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from zoneplanner.app.data.data_table import (
    CellKind,
    DataColumn,
    DataTable,
    RowCells,
    format_yes,
    list_site_names,
    list_words,
    parse_yes,
)
from zoneplanner.domain.geography.map_edits import CITY_KIND, COUNTY_KIND
from zoneplanner.domain.log.record_schema import parse_choice, parse_list
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Officer
from zoneplanner.domain.units import Agency, Unit, UnitAccess, is_placeholder
from zoneplanner.errors import UserError

_ACCESS = (("primary", UnitAccess.PRIMARY), ("assist", UnitAccess.ASSIST))


def _list_areas(project: Project) -> Mapping[str, str]:
    return {key: area.name for key, area in project.jurisdictions.items()}


def _list_agencies(project: Project) -> Mapping[str, str]:
    return {key: agency.short or key for key, agency in project.agencies.items()}


def find_id_by_name(known: Mapping[str, str], text: str) -> str | None:
    """Return the id that equals a string, or the id with that name."""
    if text in known:
        return text
    return next((key for key, name in known.items() if name.casefold() == text.casefold()), None)


def _read_agencies(project: Project) -> Mapping[str, RowCells]:
    return {
        key: {
            "name": key,
            "short": agency.short,
            "phone": agency.phone,
            "domain": project.directory.domains.get(key, ""),
        }
        for key, agency in project.agencies.items()
    }


def _put_agency(project: Project, key: str, cells: RowCells) -> Project:
    name = cells["name"]
    if name != key and key not in project.agencies:
        raise UserError("agency_code_is_name", name=key, wanted=name)
    if name != key:
        short = "" if cells["short"] == key else cells["short"]
        project, key, cells = rename_agency(project, key, name), name, {**cells, "short": short}
    agency = Agency(key, cells["short"] or key, cells["phone"])
    directory = project.directory.with_domain(key, cells["domain"])
    return replace(project, agencies={**project.agencies, key: agency}, directory=directory)


def rename_agency(project: Project, old: str, new: str) -> Project:
    """Return a project in which an agency and everything that refers to it have a new name.

    That is units, officers, its domain, rates and fund, and locks of plans. Logged and approved
    records keep the earlier name.

    Raises
    ------
    UserError
        Another agency has that name.
    """
    existing = find_id_by_name({key: key for key in project.agencies}, new)
    if existing not in (None, old):
        raise UserError("name_in_use.data_row", kind="agency", row=new)
    rules, domains = project.hours_rules, project.directory.domains
    return replace(
        project,
        agencies={
            new if key == old else key: replace(agency, id=new) if key == old else agency
            for key, agency in project.agencies.items()
        },
        units=_rename_in_items(project.units, old, new),
        officers=_rename_in_items(project.officers, old, new),
        directory=replace(project.directory, domains=_rename_key(domains, old, new)),
        hours_rules=replace(
            rules,
            funds=_rename_key(rules.funds, old, new),
            rates=tuple(
                replace(rate, agency=new) if rate.agency == old else rate for rate in rules.rates
            ),
        ),
        plans={uid: _rename_in_locks(plan, old, new) for uid, plan in project.plans.items()},
    )


_Item = TypeVar("_Item", Unit, Officer)


def _rename_in_items(items: Mapping[str, _Item], old: str, new: str) -> dict[str, _Item]:
    return {
        key: replace(item, agency=new) if item.agency == old else item
        for key, item in items.items()
    }


def _rename_key(known: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    return {new if key == old else key: value for key, value in known.items()}


def _rename_in_locks(plan: Plan, old: str, new: str) -> Plan:
    def is_of_agency(lock: PlanLock) -> bool:
        return lock.kind is LockScope.AGENCY and lock.target == old

    if not any(map(is_of_agency, plan.locks.values())):
        return plan
    locks = (
        replace(lock, target=new) if is_of_agency(lock) else lock for lock in plan.locks.values()
    )
    return replace(plan, locks={lock.key: lock for lock in locks})


def _remove_agency(project: Project, key: str) -> Project:
    users = [unit.id for unit in project.units.values() if unit.agency == key]
    users += [officer.name for officer in project.officers.values() if officer.agency == key]
    if users:
        raise UserError("data_row_in_use", kind="agency", row=key, by=users[:5])
    others = {other: agency for other, agency in project.agencies.items() if other != key}
    return replace(project, agencies=others)


def _read_units(project: Project) -> Mapping[str, RowCells]:
    return {key: _unit_cells(project, unit) for key, unit in project.units.items()}


def _unit_cells(project: Project, unit: Unit) -> RowCells:
    return {
        "name": unit.name,
        "agency": unit.agency,
        "kind": unit.kind,
        "sworn": format_yes(unit.sworn),
        "holds_zone": format_yes(unit.holds_zone),
        **{
            name: "; ".join(key for key in project.jurisdictions if unit.access.get(key) is access)
            for name, access in _ACCESS
        },
        "posts": "; ".join(unit.posts),
    }


def _put_unit(project: Project, key: str, cells: RowCells) -> Project:
    agencies = {**_list_agencies(project)}
    agency = find_id_by_name(agencies, cells["agency"])
    if agency is None:
        raise UserError("unknown_agency", agency=cells["agency"], known=list(agencies))
    known = project.units.get(key)
    unit = known or Unit(key, cells["name"], agency, "deputy", sworn=True)
    elsewhere = {
        area: access for area, access in unit.access.items() if area not in project.jurisdictions
    }
    after = replace(
        unit,
        name=cells["name"],
        agency=agency,
        kind=cells["kind"] or unit.kind,
        sworn=parse_yes(cells["sworn"], "sworn"),
        holds_zone=parse_yes(cells["holds_zone"], "holds_zone"),
        access={**elsewhere, **_parse_access(project, cells)},
        posts=tuple(project.site(text).id for text in parse_list(cells["posts"])),
    )
    return replace(project, units={**project.units, key: after})


def _parse_access(project: Project, cells: RowCells) -> dict[str, UnitAccess]:
    areas = _list_areas(project)
    by_area: dict[str, UnitAccess] = {}
    for name, access in reversed(_ACCESS):  # a unit that is primary in an area also assists there
        for text in parse_list(cells[name]):
            area = find_id_by_name(areas, text)
            if area is None:
                raise UserError("unknown_jurisdiction", name=text, known=list(areas.values()))
            by_area[area] = access
    return by_area


def _remove_unit(project: Project, key: str) -> Project:
    users = [plan.name for plan in project.plans.values() if key in {z.unit for z in plan.zones}]
    users += ["shifts"] if any(shift.unit == key for shift in project.shifts.values()) else []
    users += ["posts"] if any(post.unit == key for post in project.posts.values()) else []
    if users:
        raise UserError("data_row_in_use", kind="unit", row=key, by=users[:5])
    others = {other: unit for other, unit in project.units.items() if other != key}
    return replace(project, units=others)


def remove_placeholder_units(
    project: Project, *, kept: Collection[str] = (), most: int | None = None
) -> Project:
    """Return a project without its unused placeholder units; the last ones go first.

    Units in ``kept`` stay in any case; at most ``most`` units go.
    """
    idle = [key for key, unit in project.units.items() if is_placeholder(unit) and key not in kept]
    for key in idle[::-1][:most]:
        with suppress(UserError):  # the unit is used by a plan or a shift
            project = _remove_unit(project, key)
    return project


def _read_areas(project: Project) -> Mapping[str, RowCells]:
    return {
        key: {"name": area.name, "kind": area.kind} for key, area in project.jurisdictions.items()
    }


def _put_area(project: Project, key: str, cells: RowCells) -> Project:
    kind = parse_choice(cells["kind"], (COUNTY_KIND, CITY_KIND), "kind of area")
    area = replace(project.jurisdictions[key], name=cells["name"], kind=kind)
    return replace(project, jurisdictions={**project.jurisdictions, key: area})


AGENCY_TABLE = DataTable(
    "agency",
    "agency",
    "Agencies",
    "name",
    (
        DataColumn(
            "name", "Name", required=True, about="If you rename it, its units and officers follow."
        ),
        DataColumn("short", "Short name"),
        DataColumn("phone", "Phone", about="The dispatch number, as printed on the day cards."),
        DataColumn("domain", "Domain", about="Its internet domain, for the NENA export."),
    ),
    ("short", "phone"),
    _read_agencies,
    _put_agency,
    _remove_agency,
)
UNIT_TABLE = DataTable(
    "unit",
    "unit",
    "Units",
    "name",
    (
        DataColumn("name", "Name", required=True),
        DataColumn("agency", "Agency", CellKind.CHOICE, required=True, list_choices=_list_agencies),
        DataColumn("kind", "Kind", about="deputy, sro, specialist, liaison or another word."),
        DataColumn("sworn", "Sworn", CellKind.YES_NO),
        DataColumn("holds_zone", "Has a zone", CellKind.YES_NO),
        DataColumn("primary", "Primary in", CellKind.LIST, list_choices=_list_areas),
        DataColumn("assist", "Backup in", CellKind.LIST, list_choices=_list_areas),
        DataColumn(
            "posts",
            "Stands at",
            CellKind.LIST,
            about="The schools from which it starts.",
            list_choices=lambda project: list_site_names(project.sites.values()),
        ),
    ),
    ("agency", "kind", "sworn", "primary", "assist"),
    _read_units,
    _put_unit,
    _remove_unit,
    begin=lambda _project, _row: {"sworn": "yes", "holds_zone": "yes", "kind": "deputy"},
    key=DataColumn("id", "Number", required=True, about="Such as S6."),
)
AREA_TABLE = DataTable(
    "area",
    "area",
    "Areas",
    "name",
    (
        DataColumn("name", "Name", required=True),
        DataColumn(
            "kind",
            "Kind",
            CellKind.CHOICE,
            required=True,
            list_choices=lambda _: list_words((COUNTY_KIND, CITY_KIND)),
        ),
    ),
    ("kind",),
    _read_areas,
    _put_area,
    grows=False,
)
