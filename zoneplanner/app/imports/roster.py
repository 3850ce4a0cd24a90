"""Import agencies, units, contacts, officers and shifts from the rows of a table."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from zoneplanner.app.data.agency_rows import (
    AGENCY_TABLE,
    UNIT_TABLE,
    find_id_by_name,
    remove_placeholder_units,
)
from zoneplanner.app.data.site_rows import CONTACT_TABLE, make_contact_key
from zoneplanner.app.imports.results import ImportedRows
from zoneplanner.domain.calendar.local_time import TimeInterval, format_utc_iso, parse_moment
from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.domain.log.record_schema import parse_choice, parse_list
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.officer_edits import put_availability, put_officer
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    RosterDecision,
    Shift,
    ShiftStatus,
    revise_shift,
)
from zoneplanner.domain.roster.shift_edits import MAX_SHIFT_H, add_posted_change, put_shift
from zoneplanner.domain.units import PRINCIPAL, UNNAMED_AGENCY, Agency, is_placeholder
from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import RowOutcome, RowResult, refuse_row
from zoneplanner.exchange.tables.text_table import (
    TextRow,
    parse_clock_cell,
    parse_day_cell,
)

_ROSTER_FIELDS = ("officers", "shifts", "agencies", "units", "directory")


_RowImporter = Callable[[Project, Mapping[str, str], RosterDecision], Project]


@dataclass(frozen=True, slots=True)
class _RosterTable:
    """A table of a roster: its columns, the needed ones, and a function that imports a row.

    ``name`` is the column with a row's name; ``details`` are columns that describe it. Two rows are
    about the same record if they agree in ``keys`` (the first column by default), or, if they lack
    these, in ``alternative_keys``. ``finish`` completes the project after all rows, by the names of
    the imported ones.
    """

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    import_row: _RowImporter
    name: str
    details: tuple[str, ...]
    keys: tuple[str, ...] = ()
    alternative_keys: tuple[str, ...] = ()
    finish: Callable[[Project, Collection[str]], Project] = lambda project, _names: project

    @property
    def identifying(self) -> tuple[str, ...]:
        """The columns by which a table with our headings is recognized."""
        return (*self.needed, *(self.columns[:1] if self.alternative_keys else ()))

    def identify(self, cells: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the values that distinguish a row from others, or None if it has none."""
        keys = self.keys or self.columns[:1]
        if cells.keys() >= set(keys):
            return tuple(cells[key] for key in keys)
        values = tuple(cells.get(key, "").casefold() for key in self.alternative_keys)
        return values if any(values) else None

    def describe(self, cells: Mapping[str, str]) -> tuple[str, str]:
        """Return a row's name and its details in words."""
        details = (cells[column] for column in self.details if column in cells)
        return cells.get(self.name, cells.get("id", "")), ", ".join(details)


def import_roster_rows(
    project: Project, rows: Iterable[TextRow], layout: _RosterTable, decision: RosterDecision
) -> ImportedRows:
    """Return the project with the rows of a roster's table; nothing is saved yet."""
    results: list[RowResult] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.left_out:
            continue
        try:
            cells = _require_cells(row, layout)
            key = layout.identify(cells)
            if key is not None:
                if key in seen:
                    raise UserError("row_repeated", other_row=seen[key])
                seen[key] = row.row
            after = layout.import_row(project, cells, decision)
        except UserError as error:
            results.append(refuse_row(row.row, error.to_message()))
            continue
        is_known = all(getattr(after, name) == getattr(project, name) for name in _ROSTER_FIELDS)
        outcome = RowOutcome.KNOWN if is_known else RowOutcome.NEW
        results.append(RowResult(row.row, outcome, *layout.describe(cells)))
        project = after
    if any(result.outcome is RowOutcome.NEW for result in results):
        accepted = [each.name for each in results if each.outcome is not RowOutcome.REFUSED]
        project = layout.finish(project, accepted)
    return ImportedRows(project, tuple(results))


def _require_cells(row: TextRow, layout: _RosterTable) -> dict[str, str]:
    if row.fault:
        raise UserError(row.fault)
    for name in layout.needed:
        if name not in row.cells:
            raise UserError("row_lacks_column.of_table", name=name)
    return dict(row.cells)


def _import_officer(project: Project, cells: Mapping[str, str], _by: RosterDecision) -> Project:
    key = cells.get("id") or _find_officer_by_name(project, cells)
    before = project.officers.get(key)
    agency = cells.get("agency") or (before.agency if before else "")
    if not agency and len(project.agencies) == 1:
        agency = next(iter(project.agencies))
    if not agency:
        raise UserError("row_lacks_column.of_table", name="agency")
    shorts = {key: each.short for key, each in project.agencies.items()}
    agency = find_id_by_name(shorts, agency) or agency
    if agency not in project.agencies:
        known = ", ".join(project.agencies)
        raise UserError("unknown_agency.in_row", agency=agency, known=known)
    if not key:  # the id follows from the row, so that a second import finds a renamed officer
        content = f"{project.uid} {agency} {cells['name'].casefold()}"
        key = uuid5(NAMESPACE_OID, content).hex[:12]
        before = project.officers.get(key)
    places = parse_list(cells.get("jurisdictions", ""))
    for place in places:
        if place not in project.jurisdictions:
            known = ", ".join(project.jurisdictions)
            raise UserError("unknown_jurisdiction.in_row", jurisdiction=place, known=known)
    base = before or Officer(key, cells["name"], agency, "")
    lists: dict[str, Any] = {
        name: parse_list(cells[name])
        for name in ("qualifications", "prefers", "units")
        if name in cells
    }
    officer = replace(
        base,
        **lists,
        contact=cells.get("contact", base.contact),
        name=cells["name"],
        agency=agency,
        kind=cells.get("kind", base.kind),
        jurisdictions=places or base.jurisdictions,
    )
    return project if officer == before else put_officer(project, officer)


def _find_officer_by_name(project: Project, cells: Mapping[str, str]) -> str:
    """Return the id of the officer with a row's name, or an empty string.

    Raises
    ------
    UserError
        Several officers have the name, and the row's agency does not distinguish them.
    """
    name, agency = cells["name"].casefold(), cells.get("agency", "").casefold()
    matches = [
        officer.id
        for officer in project.officers.values()
        if officer.name.casefold() == name
        and agency
        in ("", officer.agency.casefold(), project.agencies[officer.agency].short.casefold())
    ]
    if len(matches) > 1:
        raise UserError("row_names_several", name=cells["name"])
    return next(iter(matches), "")


def _import_unit(project: Project, cells: Mapping[str, str], _by: RosterDecision) -> Project:
    """Import a unit; its name is also its number unless an existing unit has that name.

    A new unit for which the row has no jurisdictions may go where other units of its agency go,
    preferably units of its kind.
    """
    names = {key: unit.name for key, unit in project.units.items()}
    key = cells.get("id") or find_id_by_name(names, cells.get("name", "")) or cells.get("name")
    if not key:
        raise UserError("row_lacks_column.of_table", name="id")
    known = project.units.get(key)
    name = cells.get("name") or (known.name if known else key)
    project = _add_agency_of_units(project, cells["agency"])
    others = list(project.units.values())
    values = {column: text for column, text in cells.items() if column != "id"}
    after = UNIT_TABLE.change_row(project, key, {**values, "name": name})
    unit = after.units[key]
    if known is not None or unit.access:
        return after
    model = min(
        (other for other in others if other.agency == unit.agency and other.access),
        key=lambda other: other.kind != unit.kind,
        default=unit,
    )
    return replace(after, units={**after.units, key: replace(unit, access=model.access)})


def _add_agency_of_units(project: Project, name: str) -> Project:
    """Return a project with the agency that a unit names, if units are still placeholders.

    The first name goes to the agency without a name. Later, an unknown name is a mistake.
    """
    shorts = {key: each.short for key, each in project.agencies.items()}
    if find_id_by_name(shorts, name) or find_id_by_name({key: key for key in shorts}, name):
        return project
    if UNNAMED_AGENCY in project.agencies:
        return AGENCY_TABLE.change_row(project, UNNAMED_AGENCY, {"name": name, "short": ""})
    if any(map(is_placeholder, project.units.values())):
        return replace(project, agencies={**project.agencies, name: Agency(name, name)})
    return project


def _replace_placeholders(project: Project, names: Collection[str]) -> Project:
    """Return a project without placeholder units if units with names were imported."""
    named = [key for key, unit in project.units.items() if unit.name in names or key in names]
    if not any(project.units[key].holds_zone for key in named):
        return project
    return remove_placeholder_units(project, kept=named)


def _import_agency(project: Project, cells: Mapping[str, str], _by: RosterDecision) -> Project:
    """Import an agency by its name; if it has both id and name, the id is its short name.

    The first one replaces the agency that has no name yet.
    """
    if name := cells.get("name", ""):
        cells = {"short": cells["id"], **cells, "id": name}
    values = {key: text for key, text in cells.items() if key not in ("id", "name")}
    if UNNAMED_AGENCY in project.agencies and cells["id"] not in project.agencies:
        values = {"short": "", **values, "name": cells["id"]}
        return AGENCY_TABLE.change_row(project, UNNAMED_AGENCY, values)
    return AGENCY_TABLE.change_row(project, cells["id"], values)


def _import_contact(project: Project, cells: Mapping[str, str], _by: RosterDecision) -> Project:
    """Import a contact of a school; a row without a role is the principal."""
    site = project.site(cells["site"]).id
    values = {"role": PRINCIPAL, **cells, "site": site}
    return CONTACT_TABLE.change_row(project, make_contact_key(site, values["role"]), values)


def _import_shift(project: Project, cells: Mapping[str, str], decision: RosterDecision) -> Project:
    now = decision.at
    starts_at, ends_at = (
        parse_moment(cells[name], time_zone=project.time_zone, now=now)
        for name in ("starts_at", "ends_at")
    )
    officer = cells.get("officer")
    if officer is not None:
        names = {key: each.name for key, each in project.officers.items()}
        officer = find_id_by_name(names, officer) or officer
    if officer is not None and officer not in project.officers:
        raise UserError("unknown_officer.in_row", officer=officer)
    if cells["unit"] not in project.units:
        cells = {**cells, "unit": project.find_unit_id(cells["unit"]) or cells["unit"]}
    if cells["unit"].casefold() == AvailabilityKind.MAIN_JOB:
        return _import_main_job(
            project, cells.get("uid"), officer, TimeInterval(starts_at, ends_at)
        )
    status = cells.get("status", ShiftStatus.DRAFT.value)
    if status not in [each.value for each in ShiftStatus]:
        raise UserError("unknown_status.of_shift", status=status)
    uid = (
        cells.get("uid") or f"{cells['unit']} {format_utc_iso(starts_at)} {format_utc_iso(ends_at)}"
    )
    before = project.shifts.get(uid)
    values: dict[str, Any] = {
        "unit": cells["unit"],
        "officer": officer,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "status": ShiftStatus(status),
    }
    if before is not None and all(getattr(before, name) == values[name] for name in values):
        return project
    base = before or Shift(uid, cells["unit"], None, starts_at, ends_at)
    if replace(base, officer=officer) != replace(base, **values) or base.officer is not None:
        values["overrides"] = add_posted_change(project, base, officer, decision)
    shift = revise_shift(base, now, **values)
    return put_shift(project, shift if before else replace(shift, former=(), sequence=0))


def _import_main_job(
    project: Project, uid: str | None, officer: str | None, when: TimeInterval
) -> Project:
    """Import a shift of the main job, which is stored with the officer's times."""
    if officer is None:
        raise UserError("row_lacks_officer")
    if not 0 < when.hours <= MAX_SHIFT_H:
        raise UserError("row_too_long", hours=when.hours, most_h=MAX_SHIFT_H)
    zone = ZoneInfo(project.time_zone)
    start, end = when.starts_at.astimezone(zone), when.ends_at.astimezone(zone)
    period = AvailabilityPeriod(
        uid=uid or f"main job {format_utc_iso(when.starts_at)}",
        kind=AvailabilityKind.MAIN_JOB,
        first=start.date(),
        last=start.date(),
        starts=start.time(),
        ends=end.time(),
    )
    if period in project.officers[officer].times:
        return project
    return put_availability(project, officer, period)


def _import_availability(
    project: Project, cells: Mapping[str, str], _by: RosterDecision
) -> Project:
    """Import leave, a main job or another time of an officer; weekdays are written Mon;Wed."""
    officer = cells["officer"]
    if officer not in project.officers:
        raise UserError("unknown_officer.in_row", officer=officer)
    kinds = {kind.value.replace(" ", "_"): kind for kind in AvailabilityKind}
    first = parse_day_cell(cells["first"])
    days = [name[:3].casefold() for name in WEEKDAY_NAMES]
    weekdays = (
        days.index(parse_choice(text[:3], days, "weekday")) + 1
        for text in parse_list(cells.get("weekdays", ""))
    )
    every = cells.get("every_weeks", "1")
    if not every.isdecimal():
        raise UserError("not_a_number.of_weeks", text=every)
    period = AvailabilityPeriod(
        uid=cells.get("uid") or f"{officer} {cells['kind']} {first}",
        kind=kinds[parse_choice(cells["kind"], tuple(kinds), "kind of time")],
        first=first,
        last=parse_day_cell(cells.get("last", cells["first"])),
        starts=parse_clock_cell(cells.get("starts", "00:00")),
        ends=parse_clock_cell(cells.get("ends", "00:00")),
        weekdays=frozenset(weekdays),
        every_weeks=int(every),
        note=cells.get("note", ""),
    )
    if period in project.officers[officer].times:
        return project
    return put_availability(project, officer, period)


ROSTER_TABLES: Mapping[str, _RosterTable] = {
    "agencies": _RosterTable(
        ("id", "name", "short", "phone"), ("id",), _import_agency, "id", ("name", "short", "phone")
    ),
    "units": _RosterTable(
        (
            "id",
            "name",
            "agency",
            "kind",
            "sworn",
            "holds_zone",
            "primary",
            "assist",
            "posts",
        ),
        ("agency",),
        _import_unit,
        "name",
        ("agency", "kind"),
        alternative_keys=("name",),
        finish=_replace_placeholders,
    ),
    "contacts": _RosterTable(
        ("site", "role", "name", "phone"),
        ("site", "name"),
        _import_contact,
        "name",
        ("site", "role", "phone"),
        ("site", "role"),
    ),
    "officers": _RosterTable(
        (
            "id",
            "name",
            "agency",
            "kind",
            "units",
            "jurisdictions",
            "qualifications",
            "prefers",
            "contact",
        ),
        ("name",),
        _import_officer,
        "name",
        ("agency", "units"),
        alternative_keys=("name", "agency"),
    ),
    "availability": _RosterTable(
        (
            "uid",
            "officer",
            "kind",
            "first",
            "last",
            "starts",
            "ends",
            "weekdays",
            "every_weeks",
            "note",
        ),
        ("officer", "kind", "first"),
        _import_availability,
        "officer",
        ("kind", "first", "last"),
        ("officer", "uid"),
    ),
    "shifts": _RosterTable(
        ("uid", "unit", "officer", "starts_at", "ends_at", "status"),
        ("unit", "starts_at", "ends_at"),
        _import_shift,
        "unit",
        ("officer", "starts_at", "ends_at"),
    ),
}
