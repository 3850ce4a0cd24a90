"""Set up a district from raw files, step by step, in one or several sessions.

What is done and missing in each step follows from the project, so nothing has to be remembered.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import shapely

from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.data.agency_rows import AGENCY_TABLE, remove_placeholder_units
from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.desk.settings import find_profile_folder
from zoneplanner.app.imports.file_import import prepare_import, prepare_map_import
from zoneplanner.app.imports.file_kinds import TABLE_ENDINGS
from zoneplanner.app.imports.geography.map_features import (
    MAP_KINDS,
    ImportOptions,
    build_map_reader,
    choose_column_mapping,
    choose_row_mapping,
    read_published_rows,
    refuse_empty_import,
)
from zoneplanner.app.imports.mapped_tables import read_mapped_table
from zoneplanner.app.imports.results import ImportResult, PreparedImport, mark_saved
from zoneplanner.app.plans.zone_proposals import (
    FIRST_PLAN,
    SearchRequest,
    build_empty_plan,
    make_unique_name,
    search_proposals,
)
from zoneplanner.app.projects.new_district import (
    ANY_DISTRICT_PRESET,
    check_zone_count,
    create_district_from_rows,
)
from zoneplanner.app.projects.open_project import check_new_project_path
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.bundled import read_resource_table
from zoneplanner.domain.geography.map_edits import (
    COUNTY_KIND,
    DISTRICT_LAYER,
    WHOLE_DISTRICT,
    find_district_boundary,
    set_district_boundary,
)
from zoneplanner.domain.geography.site import AreaGeometry, Jurisdiction
from zoneplanner.domain.plans.edits import add_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UNNAMED_AGENCY, Agency, list_like_units, number_units
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping, match_profile, read_profiles
from zoneplanner.exchange.mapping.column_matching import is_same_district
from zoneplanner.exchange.tables.text_table import normalize_heading
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.exchange.vector.layers import ForeignRows


_SQUARE_MILE_M2 = 1609.344**2
_SLIVER_SHARE = 0.01
"""This share of a district may be in no area, because the lines of publishers differ."""
_UNKNOWN_LEVELS = ("", "other")


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A part of a district: its kinds of files, their publisher, and what is possible without it.

    ``kinds`` are kinds of imports; ``file`` is the publisher's name for the file.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    publisher: str
    file: str
    without: str


@dataclass(frozen=True, slots=True)
class StepState:
    """A step and its state: whether it is done, what the project has, and what is missing."""

    step: SetupStep
    done: bool
    found: Message | None
    missing: Message | None = None


_Judgment = tuple[Message | None, Message | None]
"""What a project has for a step, and what is missing."""


@cache
def load_setup_steps() -> Mapping[str, SetupStep]:
    """Return the steps in the order of the setup."""
    return {
        key: SetupStep(key, **{**row, "kinds": tuple(row["kinds"])})
        for key, row in read_resource_table("district_steps.toml").items()
    }


def list_setup_steps(project: Project) -> tuple[StepState, ...]:
    """Return the state of each step of the setup, from the project alone."""
    judges: Mapping[str, Callable[[Project], _Judgment]] = {
        "boundary": _judge_boundary,
        "jurisdictions": _judge_jurisdictions,
        "schools": _judge_schools,
        "enrollment": _judge_enrollment,
        "blocks": _judge_blocks,
        "units": _judge_units,
        "roads": _judge_roads,
        "basemap": _judge_basemap,
        "zones": _judge_zones,
    }
    states = []
    for key, step in load_setup_steps().items():
        found, missing = judges[key](project)
        states.append(StepState(step, missing is None, found, missing))
    return tuple(states)


def _judge_boundary(project: Project) -> _Judgment:
    area = find_district_boundary(project)
    if area is None:
        return None, Message("setup_missing.boundary")
    square_miles = area.area / _SQUARE_MILE_M2
    return Message("setup_found.boundary", name=project.name, square_miles=square_miles), None


def _judge_jurisdictions(project: Project) -> _Judgment:
    areas = [area for key, area in project.jurisdictions.items() if key != WHOLE_DISTRICT]
    if not areas:
        return None, Message("setup_missing.jurisdictions")
    code = "setup_found.jurisdictions" if has_cities(project) else "setup_found.no_city"
    found = Message(code, names=[area.name for area in areas])
    return found, None if _cover_district(project, areas) else Message("setup_missing.county")


def _cover_district(project: Project, areas: Sequence[Jurisdiction]) -> bool:
    """Whether areas cover the district; a county does, cities may not."""
    if any(area.kind == COUNTY_KIND for area in areas):
        return True
    union = shapely.union_all([area.area for area in areas])
    boundary = find_district_boundary(project)
    if boundary is not None:
        return bool(boundary.difference(union).area <= _SLIVER_SHARE * boundary.area)
    return all(union.covers(site.point) for site in project.patrolled)


def has_cities(project: Project) -> bool:
    """Whether an area is a city; files have either counties or cities."""
    return any(area.kind != COUNTY_KIND for area in project.jurisdictions.values())


def _judge_schools(project: Project) -> _Judgment:
    if not project.sites:
        return None, Message("setup_missing.schools")
    unpatrolled = len(project.sites) - len(project.patrolled)
    code = "setup_found.schools_in_part" if unpatrolled else "setup_found.schools"
    found = Message(code, n=len(project.sites), unpatrolled=unpatrolled)
    return found, None if project.patrolled else Message("setup_missing.patrolled")


def _judge_enrollment(project: Project) -> _Judgment:
    sites = project.patrolled
    counts = {
        "schools_without.students": sum(site.enrollment is None for site in sites),
        "schools_without.level": sum(site.level in _UNKNOWN_LEVELS for site in sites),
    }
    students = sum(site.enrollment or 0 for site in sites)
    lacking = [Message(code, n=n) for code, n in counts.items() if n]
    found = Message("setup_found.students", students=students) if students else None
    if not sites:
        return found, Message("setup_missing.schools_yet")
    return found, Message("setup_missing.enrollment", lacking=lacking) if lacking else None


def _judge_blocks(project: Project) -> _Judgment:
    if not project.blocks:
        return None, Message("setup_missing.blocks")
    return Message("setup_found.blocks", n=len(project.blocks)), None


def _judge_units(project: Project) -> _Judgment:
    units = [unit for unit in project.units.values() if unit.holds_zone]
    agencies = [project.agencies[key].id for key in dict.fromkeys(unit.agency for unit in units)]
    if UNNAMED_AGENCY in agencies:
        found = Message("setup_found.units_of_unnamed_agency", n=len(units))
        return found, Message("setup_missing.agency_name")
    found = Message("setup_found.units", n=len(units), agencies=agencies)
    idle = [
        unit.id
        for unit in units
        if project.jurisdictions and not any(map(unit.may_be_primary, project.jurisdictions))
    ]
    if idle:
        return found, Message("setup_missing.place_of_units", units=idle)
    has_phone = any(project.agencies[unit.agency].phone for unit in units)
    return found, None if has_phone else Message("setup_missing.phone")


def _judge_roads(project: Project) -> _Judgment:
    if project.travel is None:
        return None, Message("setup_missing.roads")
    return Message("setup_found.roads", source=project.travel.source), None


def _judge_basemap(project: Project) -> _Judgment:
    basemap: Any = getattr(project, "basemap", None)
    if not basemap:
        return None, Message("setup_missing.basemap")
    return Message("setup_found.basemap"), None


def _judge_zones(project: Project) -> _Judgment:
    plan = next(reversed(list(project.plans.values())), None)
    if plan is None:
        return None, Message("setup_missing.plan")
    lacking = sum(site.id not in plan.assignment for site in project.patrolled)
    found = Message("setup_found.zones", plan=plan.name, n=len(plan.zones))
    return found, Message("setup_missing.zones", n=lacking) if lacking else None


_DEGREES = "EPSG:4326"
_DISTRICT_CODE = "GEOID"
_MOST_NEAR, _FIRST_ROWS = 6, 50
BOUNDARY_STEP = "boundary"
_CITIES_AND_COUNTIES = ("census-counties", "census-places")
"""Profiles of areas that are no school districts."""
_DISTRICT_LAYOUT = "census-unified-districts"
_KINDS_ELSEWHERE = {
    "schools": ("enrollment",),
    **dict.fromkeys((BOUNDARY_STEP, "jurisdictions", "blocks"), ("sites", "enrollment")),
}
"""Kinds of published tables that are useless in a step."""
_DISTRICT_HEADINGS = ("district", "districtname", "leaname", "name")
_KINDS_OF_TABLES = {"roads": "travel", "zones": "plan"}
_KINDS_OF_MAPS = {"roads": "roads", "zones": "zones"}
RowFilter = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ListedDistrict:
    """A district in a file of schools or boundaries, and its number of rows."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class DistrictFile:
    """A raw file for one step of the setup; ``kind`` is "" if the file itself shows its kind."""

    step: str
    path: Path
    kind: str = ""
    layer: str | None = None
    crs: str | None = None

    @property
    def options(self) -> ImportOptions:
        """How to read the file."""
        is_table = self.path.suffix.lower() in TABLE_ENDINGS
        kind_by_format = (_KINDS_OF_TABLES if is_table else _KINDS_OF_MAPS).get(self.step)
        kind = self.kind or kind_by_format or load_setup_steps()[self.step].kinds[0]
        return ImportOptions(self.path, kind, layer=self.layer, crs=self.crs)


def find_district_step(
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    protected: Collection[Path] = (),
) -> DistrictFile:
    """Return the step of a first file: boundaries are areas, schools are not."""
    options = ImportOptions(path, "sites", layer=layer, crs=crs)
    foreign = read_published_rows(options, crs=_DEGREES, protected=protected, max_rows=_FIRST_ROWS)
    has_areas = any(row.shape is not None and row.shape.area > 0 for row in foreign.rows)
    return DistrictFile(BOUNDARY_STEP if has_areas else "schools", path, layer=layer, crs=crs)


def list_districts(
    file: DistrictFile,
    *,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> tuple[ListedDistrict, ...]:
    """Return the districts that a file names, ordered by name."""
    foreign = read_published_rows(file.options, crs=_DEGREES, protected=protected, report=report)
    columns = list(dict.fromkeys([*foreign.columns, *foreign.places]))
    how = choose_column_mapping(file.options, columns)
    target = "name" if file.step == BOUNDARY_STEP else "district"
    counts: Counter[str] = Counter()
    for row in foreign.rows:
        state, _ = how.state(row.fields)
        name = next(iter(how.cells(row.fields, target)), "")
        if name and state not in ("closed", "left out"):
            counts[name] += 1
    return tuple(ListedDistrict(name, counts[name]) for name in sorted(counts, key=str.casefold))


def begin_district(
    path: Path,
    first: DistrictFile,
    *,
    name: str = "",
    only: RowFilter | None = None,
    zones: int | None = None,
    preset: str = ANY_DISTRICT_PRESET,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> Session:
    """Create a district's project at the location that its first file shows.

    ``name`` is one of the file's districts, if it has several. The file itself is not imported yet:
    see ``add_district_file``.

    Raises
    ------
    UserError
        The path exists, or the file cannot be read, lacks the district or shows no single location.
    """
    check_new_project_path(path)
    if zones is not None:
        check_zone_count(zones)
    foreign = read_published_rows(first.options, crs=_DEGREES, protected=protected, report=report)
    columns = list(dict.fromkeys([*foreign.columns, *foreign.places]))
    how = choose_column_mapping(first.options, columns)
    name = name or _find_name_in_filter(only or {})
    wanted = _choose_rows(foreign, how, first.step, name=name, only=only or {})
    how = replace(how, only=wanted)
    rows = [row for row in foreign.rows if not how.why_left_out(row.fields)]
    if first.step == BOUNDARY_STEP and rows:
        _refuse_city_or_county(foreign, how.name(rows[0].fields), name)
    return create_district_from_rows(path, rows, first.path, name=name, preset=preset, zones=zones)


def add_district_file(
    session: Session,
    file: DistrictFile,
    *,
    only: RowFilter | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> ImportResult:
    """Import a file as one step of the history; see ``prepare_district_file``."""
    prepared = prepare_district_file(session, file, only=only, report=report)
    prepared.save(report)
    return mark_saved(prepared.outcome)


def prepare_district_file(
    session: Session,
    file: DistrictFile,
    *,
    only: RowFilter | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> PreparedImport:
    """Read the rows of the project's district from a file, in any thread.

    A filter in ``only`` is used if the file has its column.

    Raises
    ------
    UserError
        The file cannot be read, or has nothing of the district.
    """
    options = file.options
    if file.step == "units" and not file.kind:
        options = _choose_agencies_or_units(session, options)
    if options.kind not in MAP_KINDS:
        return prepare_import(session, file.path, options.kind, options=options, report=report)
    foreign = build_map_reader(session, options)(report)
    _refuse_file_of_another_step(options, foreign, file.step)
    how = _map_columns(options, foreign, file.step)
    project = session.saved_project
    if file.step in (BOUNDARY_STEP, "schools"):
        wanted = _choose_rows(
            foreign, how, file.step, name=project.name, only=only or {}, project=project
        )
    else:
        wanted = {**how.only, **_find_filter_columns(foreign, only or {})}
    how = replace(how, only=wanted)
    if file.step == BOUNDARY_STEP:
        return _prepare_boundary(session, foreign, how)
    prepared = prepare_map_import(session, options, foreign, how)
    refuse_empty_import(prepared.outcome, foreign.source, how.only)
    return prepared


def _choose_agencies_or_units(session: Session, options: ImportOptions) -> ImportOptions:
    """Read a table as units if it has their agencies, or else as agencies."""
    units = replace(options, kind="units")
    read = read_mapped_table(units, protected=session.store.files)
    return units if "agency" in (*read.mapping, *read.table.columns) else options


def _refuse_file_of_another_step(options: ImportOptions, foreign: "ForeignRows", step: str) -> None:
    """Refuse a file with a known profile of another step.

    For example cities, or enrollment without locations, in the step of schools. A person's own
    areas, such as the grounds of schools, match no profile.
    """
    steps, columns = load_setup_steps(), [*foreign.columns, *foreign.places]
    are_areas = bool(foreign.rows) and all(
        row.shape is not None and row.shape.area for row in foreign.rows
    )
    of_kind = match_profile(read_profiles(find_profile_folder(), options.kind), columns)
    profile = of_kind or match_profile(read_profiles(find_profile_folder()), columns)
    if profile is None or (are_areas and step == BOUNDARY_STEP):
        return
    if profile.id == _DISTRICT_LAYOUT:
        right_step = steps[BOUNDARY_STEP]
    elif of_kind is None and (are_areas or profile.kind in _KINDS_ELSEWHERE.get(step, ())):
        others = (each for each in steps.values() if each.key != BOUNDARY_STEP)
        right_step = next((each for each in others if profile.kind in each.kinds), steps[step])
    else:
        return
    if right_step.key != step:
        is_later = step == "schools" and profile.kind == "enrollment"
        code = "file_of_another_step.later" if is_later else "file_of_another_step"
        facts = {"source": foreign.source, "layout": profile.title, "step": right_step.title}
        raise UserError(code, facts)


def _refuse_city_or_county(foreign: "ForeignRows", area: str, district: str) -> None:
    """Refuse a city or county from a census file as the boundary of a district of another name."""
    columns = [*foreign.columns, *foreign.places]
    profiles = read_profiles(find_profile_folder(), "jurisdictions")
    profile = match_profile(profiles, columns)
    if profile is None or is_same_district(area, district):
        return
    if profile in [profiles.get(key) for key in _CITIES_AND_COUNTIES]:
        step = load_setup_steps()["jurisdictions"].title
        facts = {"source": foreign.source, "layout": profile.title, "step": step}
        raise UserError("file_of_another_step", facts)


def _map_columns(options: ImportOptions, foreign: "ForeignRows", step: str) -> ColumnMapping:
    """Return the column mapping; the only area of a boundary needs no name."""
    areas = sum(row.shape is not None and row.shape.area > 0 for row in foreign.rows)
    if step == BOUNDARY_STEP and not areas:
        raise UserError("no_area_of_district", source=foreign.source)
    return choose_row_mapping(options, foreign, unnamed=step == BOUNDARY_STEP and areas == 1)


def find_own_agency(project: Project) -> Agency | None:
    """Return the agency of the units with zones, or None if there are several."""
    agencies = {unit.agency for unit in project.units.values() if unit.holds_zone}
    return project.agencies[agencies.pop()] if len(agencies) == 1 else None


def name_own_agency(session: Session, name: str) -> None:
    """Name the agency of a new district's units, as one step.

    Raises
    ------
    UserError
        The agency has a name already, or the name is empty or belongs to another agency.
    """
    if UNNAMED_AGENCY not in session.saved_project.agencies:
        raise UserError("agency_has_a_name", agencies=list(session.saved_project.agencies))
    set_data_row(session, AGENCY_TABLE.kind, UNNAMED_AGENCY, {"name": name, "short": ""})


def correct_own_agency(session: Session, name: str, phone: str) -> None:
    """Set name and phone of the agency of the units with zones, as one step.

    Raises
    ------
    UserError
        The units are of several agencies, or the name is empty or belongs to another agency.
    """
    agency = find_own_agency(session.saved_project)
    if agency is None:
        raise UserError("agency_has_a_name", agencies=list(session.saved_project.agencies))
    cells = {"name": name, "phone": phone}
    if agency.id == UNNAMED_AGENCY:
        cells["short"] = ""
    set_data_row(session, AGENCY_TABLE.kind, agency.id, cells)


def _choose_rows(
    foreign: "ForeignRows",
    how: ColumnMapping,
    step: str,
    *,
    name: str,
    only: RowFilter,
    project: Project | None = None,
) -> dict[str, tuple[str, ...]]:
    """Return the wanted rows of a file for a district, as values by column.

    If ``only`` has the column of districts, that decides; or else the district's name or code, if
    the file has them. All rows of a file with one district are wanted.
    """
    target = "name" if step == BOUNDARY_STEP else "district"
    wanted = {**how.only, **_find_filter_columns(foreign, only)}
    if set(how.columns.get(target, ())) & set(wanted):
        return wanted
    districts = Counter(text for row in foreign.rows for text in how.cells(row.fields, target)[:1])
    if len(districts) < 2 or (not name and only):
        return wanted
    if not name:
        names = [text for text, _ in districts.most_common(_MOST_NEAR)]
        raise UserError("several_districts.named", source=foreign.source, names=names)
    code = _find_district_code(project)
    same = tuple(text for text in districts if is_same_district(text, name) or text == code)
    if same:
        return {**wanted, how.columns[target][0]: same}
    if all(text.isdigit() for text in list(districts)[:20]):
        return {**wanted, **_choose_rows_inside(foreign, how, target, project)}
    words = name.casefold().split()
    near = [text for text, _ in districts.most_common() if words and words[0] in text.casefold()]
    raise UserError(
        "unknown_district.near" if near else "unknown_district",
        district=name,
        source=foreign.source,
        near=near[:_MOST_NEAR],
    )


def _choose_rows_inside(
    foreign: "ForeignRows", how: ColumnMapping, target: str, project: Project | None
) -> dict[str, tuple[str, ...]]:
    """Return the code of the district with most rows inside the boundary, as a filter."""
    column = how.columns[target][0]
    boundary = None if project is None else find_district_boundary(project)
    if boundary is None:
        raise UserError("district_by_code", source=foreign.source, column=column)
    shapely.prepare(boundary)
    inside = Counter(
        how.cells(row.fields, target)[0]
        for row in foreign.rows
        if row.shape is not None and boundary.covers(row.shape) and how.cells(row.fields, target)
    )
    if not inside:
        raise UserError("no_place", source=foreign.source)
    return {column: (inside.most_common(1)[0][0],)}


def _find_filter_columns(foreign: "ForeignRows", only: RowFilter) -> dict[str, tuple[str, ...]]:
    by_name = {column.casefold(): column for column in (*foreign.columns, *foreign.places)}
    return {
        by_name[column.casefold()]: tuple(values)
        for column, values in only.items()
        if column.casefold() in by_name
    }


def _find_name_in_filter(only: RowFilter) -> str:
    """Return the district's name from a filter, or an empty string."""
    names = (
        values[0]
        for column, values in only.items()
        if normalize_heading(column) in _DISTRICT_HEADINGS
    )
    return next(names, "")


def _find_district_code(project: Project | None) -> str:
    features = project.features if project is not None else ()
    codes = (item.fields.get(_DISTRICT_CODE, "") for item in features
             if item.layer == DISTRICT_LAYER)  # fmt: skip
    return next(codes, "")


def _prepare_boundary(
    session: Session, foreign: "ForeignRows", how: ColumnMapping
) -> PreparedImport:
    """Prepare the union of the wanted rows' areas as the district's boundary."""
    rows = [row for row in foreign.rows if not how.why_left_out(row.fields)]
    areas = [row.shape for row in rows if row.shape is not None and row.shape.area > 0]
    if not areas:
        raise UserError("no_area_of_district", source=foreign.source)
    names = sorted({how.name(row.fields) for row in rows})
    if len(areas) > 1 and len(names) > 1:
        raise UserError("several_boundaries", source=foreign.source, names=names[:_MOST_NEAR])
    area = cast(AreaGeometry, shapely.union_all(areas))
    fields = {_DISTRICT_CODE: code} if (code := rows[0].fields.get(_DISTRICT_CODE, "")) else {}
    name = how.name(rows[0].fields) or session.saved_project.name
    _refuse_city_or_county(foreign, name, session.saved_project.name)
    message = Message("boundary_from_file", name=name)
    outcome = ImportResult(message, len(foreign.rows), 1, elsewhere=len(foreign.rows) - len(rows))

    def save(_report: ProgressReport) -> None:
        session.apply(
            f"The boundary from “{foreign.source}”",
            lambda project: set_district_boundary(project, project.name, area, fields),
        )

    return PreparedImport(outcome, save)


SCHOOLS_A_ZONE = 12


def suggest_zone_count(schools: int) -> int:
    """Return a number of zones to start with, for a number of schools."""
    return max(1, round(schools / SCHOOLS_A_ZONE))


def count_zone_units(project: Project) -> int:
    """Return the number of units that have a zone."""
    return sum(unit.holds_zone for unit in project.units.values())


def _set_zone_units(project: Project, zones: int) -> Project:
    """Return a project with units for a number of zones; units with a name from a person stay."""
    more = zones - count_zone_units(project)
    alike = list_like_units(project.units)
    if more < 0:  # units that serve sites separately stay
        separate = [key for key, unit in project.units.items() if unit not in alike]
        return remove_placeholder_units(project, kept=separate, most=-more)
    if not more or not alike:
        return project
    return replace(project, units=number_units(project.units, len(alike) + more))


def plan_district(
    session: Session,
    *,
    zones: int | None = None,
    time_limit_s: float = 20.0,
    report: ProgressReport = lambda fraction, text: None,
) -> Plan:
    """Propose zones for a district and save them as its plan, as one step together with its units.

    ``zones`` sets the number of units if there is no plan yet; None keeps the units. If there are
    too many units, placeholders are removed, the last ones first, and others get no zone. If the
    plan's name is in use, it gets a number.

    Raises
    ------
    UserError
        There is no school, or no plan was found; nothing was changed.
    """
    project = session.saved_project
    if not project.patrolled:
        raise UserError("district_without_schools")
    if zones is not None and zones != count_zone_units(project):
        if project.plans:
            raise UserError("units_in_plans")
        project = _set_zone_units(project, zones)
    units = project.units
    name = make_unique_name(FIRST_PLAN, {plan.name for plan in project.plans.values()})
    draft = build_empty_plan(project, name, new_uid(), session.clock())
    draft = replace(draft, zones=draft.zones[:zones])
    basis = compute_planning_basis(project, session.present_state.basis)
    best = None
    wish = SearchRequest(time_limit_s=time_limit_s)
    for best in search_proposals(project, draft, basis, wish):
        report(min(0.99, best.seconds / time_limit_s), Message("gap_left", gap=best.gap))
    assert best is not None
    plan = best.plan
    session.apply(f"Propose “{name}”", lambda each: add_plan(replace(each, units=units), plan))
    session.show_plan(plan.uid)
    return plan


def list_units_without_zone(project: Project, plan: Plan) -> list[str]:
    """Return the names of the units that should have a zone but have none in a plan."""
    planned = {zone.unit for zone in plan.zones}
    return [
        unit.name for unit in project.units.values() if unit.holds_zone and unit.id not in planned
    ]
