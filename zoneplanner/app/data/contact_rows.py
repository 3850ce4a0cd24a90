"""Whom to reach at each school, as rows of text: one row a school and role."""

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
from zoneplanner.domain.log.record_schema import parse_choice
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import CONTACT_ROLES, PRINCIPAL, SiteContact
from zoneplanner.errors import UserError


def make_contact_key(site: str, role: str) -> str:
    """Return the id of the row of a school's contact of a role."""
    return f"{site} {role}"


def _read(project: Project) -> Mapping[str, RowCells]:
    """Return the contacts, and a row without a name for each principal that is not known."""
    rows: dict[str, RowCells] = {}
    for site, contacts in project.directory.contacts.items():
        name = project.sites[site].name if site in project.sites else site
        for own in contacts:
            rows[make_contact_key(site, own.role)] = {
                "name": own.name,
                "site": site,
                "school": name,
                "role": own.role,
                "phone": own.phone,
            }
    for own_site in project.patrolled:
        key = make_contact_key(own_site.id, PRINCIPAL)
        if key not in rows:
            place = {"site": own_site.id, "school": own_site.name}
            rows[key] = {"name": "", **place, "role": PRINCIPAL, "phone": ""}
    return rows


def _is_known(project: Project, key: str) -> bool:
    site, _, role = key.rpartition(" ")
    return project.directory.find(site, role) is not None


def _put(project: Project, key: str, cells: RowCells) -> Project:
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
    _read,
    _put,
    _remove,
    begin=lambda _project, _row: {"role": CONTACT_ROLES[0]},
)
