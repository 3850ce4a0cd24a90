"""Officers and shifts from the rows of a table, as one step of the history."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from zoneplanner.app.data.agency_rows import (
    AGENCY_TABLE,
    UNIT_TABLE,
    find_id_by_name,
    remove_placeholder_units,
)
from zoneplanner.app.data.data_table import DataTable
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
    Shift,
    ShiftStatus,
    revise_shift,
)
from zoneplanner.domain.roster.shift_edits import MAX_SHIFT_H, add_posted_change, put_shift
from zoneplanner.domain.units import PRINCIPAL, UNNAMED_AGENCY, Agency, is_placeholder
from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import (
    TextRow,
    parse_clock_cell,
    parse_day_cell,
)

_HELD = ("officers", "shifts", "agencies", "units", "directory")


class ImportStamp(NamedTuple):
    """When a table comes in, and by whom."""

    at: datetime
    by: str


_RowImporter = Callable[[Project, Mapping[str, str], ImportStamp], Project]
_WHY = "imported"
"""Why a posted shift changes that a table has otherwise."""


@dataclass(frozen=True, slots=True)
class _RosterTable:
    """A table of officers or shifts: its columns, those needed, and how a row is taken.

    ``name`` is the column that names a row, ``more`` are those that tell more of it. Two rows are
    of one thing where they agree in ``keys``, which are the first column unless named, or where no
    row has these in ``others``. ``finish`` settles what follows from the rows that are there now,
    by their names.
    """

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    take: _RowImporter
    name: str
    more: tuple[str, ...]
    keys: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    finish: Callable[[Project, Collection[str]], Project] = lambda project, _taken: project

    @property
    def own(self) -> tuple[str, ...]:
        """The columns that a table of ours has beside those needed."""
        return self.columns[:1] if self.others else ()

    def identify(self, cells: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return what tells a row from others; None where it does not say."""
        keys = self.keys or self.columns[:1]
        if cells.keys() >= set(keys):
            return tuple(cells[key] for key in keys)
        found = tuple(cells.get(key, "").casefold() for key in self.others)
        return found if any(found) else None

    def words(self, cells: Mapping[str, str]) -> tuple[str, str]:
        """Return the name of a row and what more there is to say of it."""
        return cells.get(self.name, cells.get("id", "")), ", ".join(
            cells[one] for one in self.more if one in cells
        )


def import_roster_rows(
    project: Project, rows: Iterable[TextRow], layout: _RosterTable, stamp: ImportStamp
) -> ImportedRows:
    """Return the project with the officers or shifts of a table; nothing is kept yet."""
    results: list[RowResult] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.left_out:
            continue
        try:
            cells = _cells(row, layout)
            key = layout.identify(cells)
            if key is not None:
                if key in seen:
                    raise UserError("row_repeated", other_row=seen[key])
                seen[key] = row.row
            after = layout.take(project, cells, stamp)
        except UserError as error:
            results.append(RowResult(row.row, RowOutcome.REFUSED, "", error.message))
            continue
        same = all(getattr(after, held) == getattr(project, held) for held in _HELD)
        results.append(
            RowResult(row.row, RowOutcome.KNOWN if same else RowOutcome.NEW, *layout.words(cells))
        )
        project = after
    if any(own.outcome is RowOutcome.NEW for own in results):
        project = layout.finish(
            project, [own.name for own in results if own.outcome is not RowOutcome.REFUSED]
        )
    return ImportedRows(project, tuple(results))


def _cells(row: TextRow, layout: _RosterTable) -> dict[str, str]:
    if row.fault:
        raise UserError(row.fault)
    for name in layout.needed:
        if name not in row.cells:
            raise UserError("row_lacks_column.of_table", name=name)
    return dict(row.cells)


def _import_officer(project: Project, cells: Mapping[str, str], _stamp: ImportStamp) -> Project:
    key = cells.get("id") or _find_officer_by_name(project, cells)
    before = project.officers.get(key)
    said = cells.get("agency") or (before.agency if before else "")
    if not said and len(project.agencies) == 1:
        said = next(iter(project.agencies))
    if not said:
        raise UserError("row_lacks_column.of_table", name="agency")
    shorts = {key: one.short for key, one in project.agencies.items()}
    agency = find_id_by_name(shorts, said) or said
    if agency not in project.agencies:
        known = ", ".join(project.agencies)
        raise UserError("unknown_agency.in_row", agency=agency, known=known)
    if not key:  # the same row again is the same officer, also under another name since
        words = f"{project.uid} {agency} {cells['name'].casefold()}"
        key = uuid5(NAMESPACE_OID, words).hex[:12]
        before = project.officers.get(key)
    places = parse_list(cells.get("jurisdictions", ""))
    for place in places:
        if place not in project.jurisdictions:
            known = ", ".join(project.jurisdictions)
            raise UserError("unknown_jurisdiction.in_row", jurisdiction=place, known=known)
    base = before or Officer(key, cells["name"], agency, "")
    more = {
        name: parse_list(cells[name]) for name in ("qualifications", "prefers") if name in cells
    }
    officer = replace(
        base,
        **more,  # type: ignore[arg-type]
        contact=cells.get("contact", base.contact),
        name=cells["name"],
        agency=agency,
        kind=cells.get("kind", base.kind),
        units=parse_list(cells["units"]) if "units" in cells else base.units,
        jurisdictions=places or base.jurisdictions,
    )
    return project if officer == before else put_officer(project, officer)


def _find_officer_by_name(project: Project, cells: Mapping[str, str]) -> str:
    """Return the id of the officer that a row without one names; empty where nobody is called so.

    Raises
    ------
    UserError
        Several are called so, and the row's agency does not tell which it is.
    """
    name, said = cells["name"].casefold(), cells.get("agency", "").casefold()
    found = [
        one
        for one in project.officers.values()
        if one.name.casefold() == name
        and said in ("", one.agency.casefold(), project.agencies[one.agency].short.casefold())
    ]
    if len(found) > 1:
        raise UserError("row_names_several", name=cells["name"])
    return found[0].id if found else ""


def _import_unit(project: Project, cells: Mapping[str, str], stamp: ImportStamp) -> Project:
    """Keep a unit; what a row calls it is its number, too, unless a unit has that name already.

    One that is new may go where its agency's others go, those of its kind first, if the row does
    not say where.
    """
    names = {key: one.name for key, one in project.units.items()}
    key = cells.get("id") or find_id_by_name(names, cells.get("name", "")) or cells.get("name")
    if not key:
        raise UserError("row_lacks_column.of_table", name="id")
    known = project.units.get(key)
    name = cells.get("name") or (known.name if known else key)
    project = _add_agency_of_units(project, cells["agency"])
    others = list(project.units.values())
    after = _import_data_row(UNIT_TABLE)(project, {**cells, "id": key, "name": name}, stamp)
    unit = after.units[key]
    if known is not None or unit.access:
        return after
    same = sorted(
        (one for one in others if one.agency == unit.agency and one.access),
        key=lambda one: one.kind != unit.kind,
    )
    if not same:
        return after
    return replace(after, units={**after.units, key: replace(unit, access=same[0].access)})


def _add_agency_of_units(project: Project, name: str) -> Project:
    """Return a project with the agency that a unit names, while its units are placeholders still.

    The one that has no name yet takes the first; later a name that is not known is a mistake.
    """
    shorts = {key: one.short for key, one in project.agencies.items()}
    if find_id_by_name(shorts, name) or find_id_by_name({key: key for key in shorts}, name):
        return project
    if UNNAMED_AGENCY in project.agencies:
        return AGENCY_TABLE.change_row(project, UNNAMED_AGENCY, {"name": name, "short": ""})
    if any(map(is_placeholder, project.units.values())):
        return replace(project, agencies={**project.agencies, name: Agency(name, name)})
    return project


def _give_way_to_units(project: Project, taken: Collection[str]) -> Project:
    """Return a project without placeholders where units came in that somebody named."""
    kept = [key for key, unit in project.units.items() if unit.name in taken or key in taken]
    if not any(project.units[key].holds_zone for key in kept):
        return project
    return remove_placeholder_units(project, kept=kept)


def _import_agency(project: Project, cells: Mapping[str, str], stamp: ImportStamp) -> Project:
    """Keep an agency by its name; an id beside a name is its short form.

    The first one gives its name to the agency that has none yet.
    """
    if name := cells.get("name", ""):
        cells = {"short": cells["id"], **cells, "id": name}
    own = {key: text for key, text in cells.items() if key not in ("id", "name")}
    if UNNAMED_AGENCY in project.agencies and cells["id"] not in project.agencies:
        own = {"short": "", **own, "name": cells["id"]}
        return AGENCY_TABLE.change_row(project, UNNAMED_AGENCY, own)
    return AGENCY_TABLE.change_row(project, cells["id"], own)


def _import_data_row(table: DataTable) -> _RowImporter:
    """Return what keeps a row of an office's data: cells that are not there stay as they are."""

    def take(project: Project, cells: Mapping[str, str], _stamp: ImportStamp) -> Project:
        own = {name: text for name, text in cells.items() if name != "id"}
        return table.change_row(project, cells["id"], own)

    return take


def _import_contact(project: Project, cells: Mapping[str, str], _stamp: ImportStamp) -> Project:
    """Keep whom to reach at a school; a row without a role is of the principal."""
    site = project.site(cells["site"]).id
    own = {"role": PRINCIPAL, **cells, "site": site}
    return CONTACT_TABLE.change_row(project, make_contact_key(site, own["role"]), own)


def _import_shift(project: Project, cells: Mapping[str, str], stamp: ImportStamp) -> Project:
    now = stamp.at
    starts_at, ends_at = (
        parse_moment(cells[name], time_zone=project.time_zone, now=now)
        for name in ("starts_at", "ends_at")
    )
    officer = cells.get("officer")
    if officer is not None:
        names = {key: one.name for key, one in project.officers.items()}
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
    if status not in [own.value for own in ShiftStatus]:
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
    if before is not None and all(getattr(before, key) == own for key, own in values.items()):
        return project
    base = before or Shift(uid, cells["unit"], None, starts_at, ends_at)
    if replace(base, officer=officer) != replace(base, **values) or base.officer is not None:
        values["overrides"] = add_posted_change(
            project, base, officer, reason=_WHY, by=stamp.by, now=now
        )
    shift = revise_shift(base, now, **values)
    return put_shift(project, shift if before else replace(shift, former=(), sequence=0))


def _import_main_job(
    project: Project, uid: str | None, officer: str | None, when: TimeInterval
) -> Project:
    """Keep a shift of the main job, which is one of the officer's times."""
    if officer is None:
        raise UserError("row_lacks_officer")
    if not 0 < when.hours <= MAX_SHIFT_H:
        raise UserError("row_too_long", hours=when.hours, most_h=MAX_SHIFT_H)
    zone = ZoneInfo(project.time_zone)
    start, end = when.starts_at.astimezone(zone), when.ends_at.astimezone(zone)
    own = AvailabilityPeriod(
        uid=uid or f"main job {format_utc_iso(when.starts_at)}",
        kind=AvailabilityKind.MAIN_JOB,
        first=start.date(),
        last=start.date(),
        starts=start.time(),
        ends=end.time(),
    )
    if own in project.officers[officer].times:
        return project
    return put_availability(project, officer, own)


def _import_availability(
    project: Project, cells: Mapping[str, str], _stamp: ImportStamp
) -> Project:
    """Keep leave, a main job or another time of an officer; weekdays are such as Mon;Wed."""
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
    own = AvailabilityPeriod(
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
    if own in project.officers[officer].times:
        return project
    return put_availability(project, officer, own)


ROSTER_TABLES: Mapping[str, _RosterTable] = {
    "agencies": _RosterTable(
        ("id", "name", "short", "phone"), ("id",), _import_agency, "id", ("name", "short", "phone")
    ),
    "units": _RosterTable(
        (
            *("id", "name", "agency", "kind", "sworn", "holds_zone"),
            *("primary", "assist", "posts"),
        ),
        ("agency",),
        _import_unit,
        "name",
        ("agency", "kind"),
        others=("name",),
        finish=_give_way_to_units,
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
            *("id", "name", "agency", "kind", "units", "jurisdictions"),
            *("qualifications", "prefers", "contact"),
        ),
        ("name",),
        _import_officer,
        "name",
        ("agency", "units"),
        others=("name", "agency"),
    ),
    "availability": _RosterTable(
        (
            *("uid", "officer", "kind", "first", "last", "starts", "ends"),
            *("weekdays", "every_weeks", "note"),
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
