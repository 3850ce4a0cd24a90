"""Schools and other sites as rows of text, and their contacts: one row per school and role."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from functools import lru_cache
from math import isfinite
from typing import Any

from zoneplanner.analysis.geometry.crs import from_lonlat, to_lonlat
from zoneplanner.app.data.data_table import (
    CellKind,
    DataColumn,
    DataTable,
    RowCells,
    format_yes,
    list_site_names,
    list_words,
    parse_figure,
    parse_yes,
)
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, Site, SiteNotes, format_level
from zoneplanner.domain.geography.site_finder import add_site_alias, add_sites, remove_site_alias
from zoneplanner.domain.log.record_schema import parse_choice, parse_list
from zoneplanner.domain.plans.edits import move_site
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import CONTACT_ROLES, PRINCIPAL, SiteContact
from zoneplanner.errors import UserError

_LEVELS = (*SCHOOL_LEVELS, "other")
_TEXTS = ("name", "grades", "street", "city", "zip", "phone", "enrollment_note", "note")
_NO_NOTES = SiteNotes()
_MOST_STUDENTS = 100_000
_FAR_M = 100_000.0

_COLUMNS = (
    DataColumn("name", "Name", required=True),
    DataColumn(
        "level",
        "Level",
        CellKind.CHOICE,
        required=True,
        list_choices=lambda _: {level: format_level(level) for level in _LEVELS},
    ),
    DataColumn("grades", "Grades", about="Such as K-5."),
    DataColumn("street", "Street"),
    DataColumn("city", "City"),
    DataColumn("zip", "ZIP"),
    DataColumn("phone", "Phone"),
    DataColumn("latitude", "Latitude", CellKind.NUMBER, required=True, about="Degrees north."),
    DataColumn("longitude", "Longitude", CellKind.NUMBER, required=True, about="Degrees east."),
    DataColumn(
        "enrollment", "Students", CellKind.NUMBER, about="Leave it empty if it is not known."
    ),
    DataColumn("enrollment_note", "About students", about="Why the number may be misleading."),
    DataColumn(
        "patrolled", "Patrolled", CellKind.YES_NO, about="Whether the site is part of the zones."
    ),
    DataColumn("charter", "Charter", CellKind.YES_NO),
    DataColumn(
        "aliases",
        "Also called",
        CellKind.LIST,
        about="As dispatch writes it. Separate several names with a semicolon (;).",
    ),
    DataColumn("note", "Note", CellKind.NOTE, about="For the office and law enforcement."),
    DataColumn(
        "staff_note",
        "Note for staff",
        CellKind.NOTE,
        about=("Released to staff and law enforcement."),
    ),
    DataColumn("public_note", "Note for all", CellKind.NOTE, about="Released to everyone."),
)


def _read(project: Project) -> Mapping[str, RowCells]:
    sites = project.sites.values()
    places = _write_places(project.crs, tuple(site.position for site in sites))
    return {
        site.id: {**_cells(site, place), **asdict(project.site_notes.get(site.id, _NO_NOTES))}
        for site, place in zip(sites, places, strict=True)
    }


@lru_cache(maxsize=4)
def _write_places(
    crs: str, positions: tuple[tuple[float, float], ...]
) -> tuple[tuple[str, str], ...]:
    """Write positions as latitude and longitude, to about a tenth of a meter."""
    lons, lats = to_lonlat(crs, [x for x, _ in positions], [y for _, y in positions])
    return tuple(
        (f"{lat:.6f}", f"{lon:.6f}") if isfinite(lat) and isfinite(lon) else ("", "")
        for lat, lon in zip(lats.tolist(), lons.tolist(), strict=True)
    )


def _cells(site: Site, place: tuple[str, str]) -> RowCells:
    return {
        **{name: getattr(site, name) for name in _TEXTS},
        "level": site.level or "other",
        "latitude": place[0],
        "longitude": place[1],
        "enrollment": "" if site.enrollment is None else str(site.enrollment),
        "patrolled": format_yes(site.patrolled),
        "charter": format_yes(site.charter),
        "aliases": "; ".join(site.aliases),
    }


def _put(project: Project, key: str, cells: RowCells) -> Project:
    known = project.sites.get(key)
    before = _read(project).get(key, {})
    site = known or Site(key, "", "", "", "", "", "", "", 0.0, 0.0, None, patrolled=True)
    texts: dict[str, Any] = {name: cells[name] for name in _TEXTS}
    after = replace(
        site,
        **texts,
        level=parse_choice(cells["level"], _LEVELS, "level"),
        enrollment=_parse_enrollment(cells["enrollment"]),
        patrolled=parse_yes(cells["patrolled"], "patrolled"),
        charter=parse_yes(cells["charter"], "charter"),
    )
    same_place = all(before.get(part) == cells[part] for part in ("latitude", "longitude"))
    if not same_place:
        x_m, y_m = _parse_place(project, cells)
        if known is None:
            after = replace(after, x_m=x_m, y_m=y_m)
        else:
            project = move_site(project, key, x_m, y_m)
            after = replace(after, x_m=x_m, y_m=y_m, decision=None)
    project = _with_notes(add_sites(project, {key: after}), key, cells)
    return _with_aliases(project, key, parse_list(cells["aliases"]))


def _with_notes(project: Project, key: str, cells: RowCells) -> Project:
    notes = SiteNotes(**{field.name: cells[field.name] for field in fields(SiteNotes)})
    if notes == project.site_notes.get(key, _NO_NOTES):
        return project
    site_notes = {site: each for site, each in project.site_notes.items() if site != key}
    if notes != _NO_NOTES:
        site_notes[key] = notes
    return replace(project, site_notes=site_notes)


def _with_aliases(project: Project, key: str, wanted: tuple[str, ...]) -> Project:
    for alias in project.sites[key].aliases:
        if alias not in wanted:
            project = remove_site_alias(project, alias)
    for alias in wanted:
        project = add_site_alias(project, key, alias)
    return project


def _parse_enrollment(text: str) -> int | None:
    digits = text.replace(",", "")
    if not digits:
        return None
    if not digits.isdecimal():
        raise UserError("not_a_number.enrollment", given=text)
    if int(digits) > _MOST_STUDENTS:
        raise UserError("out_of_range.enrollment_of_school", most=_MOST_STUDENTS)
    return int(digits)


def _parse_place(project: Project, cells: RowCells) -> tuple[float, float]:
    """Read a position; a position far from the project is a UserError."""
    lat, lon = (parse_figure(cells[part], part) for part in ("latitude", "longitude"))
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise UserError("data_place_far", latitude=lat, longitude=lon)
    xs, ys = from_lonlat(project.crs, [lon], [lat])
    x_m, y_m = float(xs[0]), float(ys[0])
    extent = compute_project_extent(project)
    if extent is not None:
        west, south, east, north = extent.bounds
        is_near = west - _FAR_M <= x_m <= east + _FAR_M and south - _FAR_M <= y_m <= north + _FAR_M
        if not is_near:
            raise UserError("data_place_far", latitude=lat, longitude=lon)
    return x_m, y_m


SITE_TABLE = DataTable(
    "site",
    "site",
    "Schools",
    "name",
    _COLUMNS,
    ("level", "city", "phone", "enrollment", "patrolled"),
    _read,
    _put,
    begin=lambda _project, _row: {"patrolled": "yes", "charter": "no"},
    key=DataColumn("id", "CDS code", about="If you leave this empty, an ID is created."),
)


def make_contact_key(site: str, role: str) -> str:
    """Return the id of the row for a school and a role."""
    return f"{site} {role}"


def _read_contacts(project: Project) -> Mapping[str, RowCells]:
    """Return the contacts, and a row without a name for each unknown principal."""
    rows: dict[str, RowCells] = {}
    for site, contacts in project.directory.contacts.items():
        name = project.sites[site].name if site in project.sites else site
        for contact in contacts:
            rows[make_contact_key(site, contact.role)] = {
                "name": contact.name,
                "site": site,
                "school": name,
                "role": contact.role,
                "phone": contact.phone,
            }
    for school in project.patrolled:
        key = make_contact_key(school.id, PRINCIPAL)
        empty = {"name": "", "site": school.id, "school": school.name, "phone": ""}
        rows.setdefault(key, {**empty, "role": PRINCIPAL})
    return rows


def _is_known(project: Project, key: str) -> bool:
    site, _, role = key.rpartition(" ")
    return project.directory.find(site, role) is not None


def _put_contact(project: Project, key: str, cells: RowCells) -> Project:
    role = parse_choice(cells["role"], CONTACT_ROLES, "role")
    site = project.site(cells["site"]).id
    directory = project.directory
    if not cells["name"]:
        return project
    if _is_known(project, key):
        directory = directory.without_contact(*key.rsplit(" ", 1))
    if directory.find(site, role) is not None:
        raise UserError("name_in_use.contact", site=project.sites[site].name, role=role)
    contact = SiteContact(role, cells["name"], cells["phone"])
    return replace(project, directory=directory.with_contact(site, contact))


def _remove(project: Project, key: str) -> Project:
    if not _is_known(project, key):
        raise UserError("unknown_data_row", kind="contact", row=key, near=[])
    return replace(project, directory=project.directory.without_contact(*key.rsplit(" ", 1)))


CONTACT_TABLE = DataTable(
    "contact",
    "contact",
    "Contacts",
    "name",
    (
        DataColumn("name", "Name", required=True, about="For the office and law enforcement."),
        DataColumn("school", "School", shown=False),
        DataColumn(
            "site",
            "Site",
            CellKind.CHOICE,
            required=True,
            list_choices=lambda project: list_site_names(project.sites.values()),
        ),
        DataColumn(
            "role",
            "Role",
            CellKind.CHOICE,
            required=True,
            list_choices=lambda _: list_words(CONTACT_ROLES),
        ),
        DataColumn("phone", "Phone"),
    ),
    ("school", "role", "phone"),
    _read_contacts,
    _put_contact,
    _remove,
    begin=lambda _project, _row: {"role": CONTACT_ROLES[0]},
)
