"""Set up a district from raw files, step by step; each step can be left and taken up again.

For each step it says what is there and what is missing. That follows from the project alone, so
nothing has to remember it. The first plan has so many zones, for the units that there are.
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
from zoneplanner.app.imports.results import ImportResult, PreparedImport
from zoneplanner.app.plans.zone_proposals import (
    FIRST_PLAN,
    build_empty_plan,
    make_unique_name,
    search_proposals,
)
from zoneplanner.app.projects.new_district import (
    ANY_DISTRICT_PRESET,
    check_zone_count,
    write_district,
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
from zoneplanner.messages import format_count, join_names

if TYPE_CHECKING:
    from zoneplanner.exchange.vector.layers import ForeignRows


_SQUARE_MILE_M2 = 1609.344**2
_MOST_NAMES = 4
_SLIVER_SHARE = 0.01
"""So little of a district may be in no area: lines of two publishers differ."""
_UNKNOWN_LEVELS = ("", "other")


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A part of a district: the kinds of files it comes in, who publishes them, what goes without.

    ``kinds`` are those of an import; ``file`` is what the publisher calls it.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    publisher: str
    file: str
    without: str


@dataclass(frozen=True, slots=True)
class StepState:
    """A step and how it stands: whether all is there, what was found, and what is missing."""

    step: SetupStep
    done: bool
    found: str
    missing: str = ""


@cache
def load_setup_steps() -> Mapping[str, SetupStep]:
    """Read the steps, in the order in which a district is set up."""
    return {
        key: SetupStep(key, **{**row, "kinds": tuple(row["kinds"])})
        for key, row in read_resource_table("district_steps.toml").items()
    }


def list_setup_steps(project: Project) -> tuple[StepState, ...]:
    """Say how each step of setting up a district stands; it follows from the project alone."""
    judged: Mapping[str, Callable[[Project], tuple[str, str]]] = {
        "boundary": _judge_boundary,
        "jurisdictions": _judge_jurisdictions,
        "schools": _judge_schools,
        "enrollment": _judge_enrollment,
        "blocks": lambda own: _judge_count(len(own.blocks), "block", "No blocks of land."),
        "units": _judge_units,
        "roads": _judge_roads,
        "basemap": _judge_basemap,
        "zones": _judge_zones,
    }
    states = []
    for key, step in load_setup_steps().items():
        found, missing = judged[key](project)
        states.append(StepState(step, not missing, found, missing))
    return tuple(states)


def _judge_boundary(project: Project) -> tuple[str, str]:
    area = find_district_boundary(project)
    if area is None:
        return "", "No boundary."
    return f"{project.name}: {area.area / _SQUARE_MILE_M2:,.0f} square miles.", ""


def _judge_jurisdictions(project: Project) -> tuple[str, str]:
    areas = [own for key, own in project.jurisdictions.items() if key != WHOLE_DISTRICT]
    if not areas:
        return "", "No city or county area."
    said = join_names((own.name for own in areas), most=_MOST_NAMES)
    found = f"{said}." if has_cities(project) else f"{said}, and no city."
    return found, "" if _reach_all(project, areas) else "No county area around the cities."


def _reach_all(project: Project, areas: Sequence[Jurisdiction]) -> bool:
    """True where areas cover the district: with a county they do, cities alone may not."""
    if any(own.kind == COUNTY_KIND for own in areas):
        return True
    together = shapely.union_all([own.area for own in areas])
    boundary = find_district_boundary(project)
    if boundary is not None:
        return bool(boundary.difference(together).area <= _SLIVER_SHARE * boundary.area)
    return all(together.covers(shapely.Point(site.x_m, site.y_m)) for site in project.patrolled)


def has_cities(project: Project) -> bool:
    """True where a city is among the areas; counties and cities come in files apart."""
    return any(own.kind != COUNTY_KIND for own in project.jurisdictions.values())


def _judge_schools(project: Project) -> tuple[str, str]:
    if not project.sites:
        return "", "No school."
    found = format_count(len(project.sites), "school")
    idle = len(project.sites) - len(project.patrolled)
    said = f"{found}, {idle:,} of them not patrolled." if idle else f"{found}."
    return said, "" if project.patrolled else "No site is patrolled."


def _judge_enrollment(project: Project) -> tuple[str, str]:
    sites = project.patrolled
    counts = {
        "students": sum(site.enrollment is None for site in sites),
        "a level": sum(site.level in _UNKNOWN_LEVELS for site in sites),
    }
    students = sum(site.enrollment or 0 for site in sites)
    lacking = [f"{format_count(n, 'school')} without {what}" for what, n in counts.items() if n]
    found = f"{students:,} students." if students else ""
    if not sites:
        return found, "No school yet."
    return found, f"{join_names(lacking)}." if lacking else ""


def _judge_count(n: int, one: str, none: str) -> tuple[str, str]:
    return (f"{format_count(n, one)}.", "") if n else ("", none)


def _judge_units(project: Project) -> tuple[str, str]:
    own = [unit for unit in project.units.values() if unit.holds_zone]
    agencies = [project.agencies[key].id for key in dict.fromkeys(unit.agency for unit in own)]
    found = f"{format_count(len(own), 'unit')} of {join_names(agencies, most=_MOST_NAMES)}."
    if UNNAMED_AGENCY in agencies:
        return f"{format_count(len(own), 'unit')}.", "The agency that patrols has no name yet."
    idle = [
        unit.id
        for unit in own
        if project.jurisdictions and not any(map(unit.may_be_primary, project.jurisdictions))
    ]
    if idle:
        return found, f"{join_names(idle, most=_MOST_NAMES)} may not be primary anywhere."
    phones = any(project.agencies[unit.agency].phone for unit in own)
    return found, "" if phones else "No phone number of an agency yet."


def _judge_roads(project: Project) -> tuple[str, str]:
    if project.travel is None:
        return "", "No roads and no driving minutes."
    return f"{project.travel.source}.", ""


def _judge_basemap(project: Project) -> tuple[str, str]:
    basemap: Any = getattr(project, "basemap", None)
    return ("Streets and places are on the map.", "") if basemap else ("", "No streets.")


def _judge_zones(project: Project) -> tuple[str, str]:
    plan = next(reversed(list(project.plans.values())), None)
    if plan is None:
        return "", "No plan."
    lacking = sum(site.id not in plan.assignment for site in project.patrolled)
    found = f"“{plan.name}” has {format_count(len(plan.zones), 'zone')}."
    return found, f"{format_count(lacking, 'school')} without a zone." if lacking else ""


_DEGREES = "EPSG:4326"
_DISTRICT_CODE = "GEOID"
_MOST_NEAR, _FIRST_ROWS = 6, 50
BOUNDARY_STEP = "boundary"
_CITIES_AND_COUNTIES = ("census-counties", "census-places")
"""Layouts of areas that are no school districts."""
_DISTRICT_LAYOUT = "census-unified-districts"
_KINDS_ELSEWHERE = {
    "schools": ("enrollment",),
    **dict.fromkeys((BOUNDARY_STEP, "jurisdictions", "blocks"), ("sites", "enrollment")),
}
"""Tables in a publisher's layout that are of no use in a step."""
_DISTRICT_HEADINGS = ("district", "districtname", "leaname", "name")
_KINDS_OF_TABLES = {"roads": "travel", "zones": "plan"}
_KINDS_OF_MAPS = {"roads": "roads", "zones": "zones"}
RowFilter = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ListedDistrict:
    """A district that a file of schools or of boundaries names, and how many rows it has."""

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
        """How it is read."""
        is_table = self.path.suffix.lower() in TABLE_ENDINGS
        own = (_KINDS_OF_TABLES if is_table else _KINDS_OF_MAPS).get(self.step)
        kind = self.kind or own or load_setup_steps()[self.step].kinds[0]
        return ImportOptions(self.path, kind, layer=self.layer, crs=self.crs)


def find_district_step(
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    keep_off: Collection[Path] = (),
) -> DistrictFile:
    """Say which step a first file is of: boundaries are areas, schools are not."""
    asked = ImportOptions(path, "sites", layer=layer, crs=crs)
    found = read_published_rows(asked, crs=_DEGREES, keep_off=keep_off, first=_FIRST_ROWS)
    areas = any(row.shape is not None and row.shape.area > 0 for row in found.rows)
    return DistrictFile(BOUNDARY_STEP if areas else "schools", path, layer=layer, crs=crs)


def list_districts(
    file: DistrictFile,
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> tuple[ListedDistrict, ...]:
    """Return the districts that a file names, by name; none where it names no districts."""
    asked = file.options
    found = read_published_rows(asked, crs=_DEGREES, keep_off=keep_off, report=report)
    columns = list(dict.fromkeys([*found.columns, *found.places]))
    how = choose_column_mapping(asked, columns)
    target = "name" if file.step == BOUNDARY_STEP else "district"
    counts: Counter[str] = Counter()
    for row in found.rows:
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
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> Session:
    """Create the project of a district where a first file of it shows that it lies.

    ``name`` is one of those that the file names, where it holds several. The file itself is not
    taken yet: see ``add_district_file``.

    Raises
    ------
    UserError
        The path exists, the file cannot be read, does not have the district or shows no one place.
    """
    check_new_project_path(path)
    if zones is not None:
        check_zone_count(zones)
    asked = first.options
    found = read_published_rows(asked, crs=_DEGREES, keep_off=keep_off, report=report)
    columns = list(dict.fromkeys([*found.columns, *found.places]))
    how = choose_column_mapping(asked, columns)
    name = name or _find_told_name(only or {})
    chosen = _choose_rows(found, how, first.step, name=name, only=only or {})
    how = replace(how, only=chosen)
    rows = [row for row in found.rows if not how.why_left_out(row.fields)]
    if first.step == BOUNDARY_STEP and rows:
        _refuse_city_or_county(found, how.name(rows[0].fields), name)
    return write_district(path, rows, first.path, name=name, preset=preset, zones=zones)


def add_district_file(
    session: Session,
    file: DistrictFile,
    *,
    only: RowFilter | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> ImportResult:
    """Bring in a file of a step as one step of the history; see ``prepare_district_file``."""
    prepared = prepare_district_file(session, file, only=only, report=report)
    prepared.save(report)
    return prepared.outcome


def prepare_district_file(
    session: Session,
    file: DistrictFile,
    *,
    only: RowFilter | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> PreparedImport:
    """Read a file of a step, of it the rows of the project's district, in any thread.

    A filter of ``only`` counts where the file has its column.

    Raises
    ------
    UserError
        It cannot be read, or has nothing of the district.
    """
    asked = file.options
    if file.step == "units" and not file.kind:
        asked = _choose_agencies_or_units(session, asked)
    if asked.kind not in MAP_KINDS:
        return prepare_import(session, file.path, asked.kind, asked=asked, report=report)
    found = build_map_reader(session, asked)(report)
    _refuse_file_of_another_step(asked, found, file.step)
    how = _map_columns(asked, found, file.step)
    project = session.saved_project
    if file.step in (BOUNDARY_STEP, "schools"):
        chosen = _choose_rows(
            found, how, file.step, name=project.name, only=only or {}, project=project
        )
    else:
        chosen = {**how.only, **_find_filter_columns(found, only or {})}
    how = replace(how, only=chosen)
    if file.step == BOUNDARY_STEP:
        return _prepare_boundary(session, found, how)
    prepared = prepare_map_import(session, asked, found, how)
    refuse_empty_import(prepared.outcome, found.source)
    return prepared


def _choose_agencies_or_units(session: Session, asked: ImportOptions) -> ImportOptions:
    """Take a table for units where it has the agency of each, else for agencies."""
    units = replace(asked, kind="units")
    read = read_mapped_table(units, keep_off=session.store.files)
    return units if "agency" in (*read.mapping, *read.table.columns) else asked


def _refuse_file_of_another_step(asked: ImportOptions, found: "ForeignRows", step: str) -> None:
    """Refuse a file in a publisher's layout that is known to be of another step.

    Such are cities as schools, or enrollment, which has no places, as schools. Areas of one's own,
    such as the grounds of schools, have no such layout.
    """
    steps, columns = load_setup_steps(), [*found.columns, *found.places]
    areas = bool(found.rows) and all(row.shape is not None and row.shape.area for row in found.rows)
    known = match_profile(read_profiles(find_profile_folder(), asked.kind), columns)
    other = known or match_profile(read_profiles(find_profile_folder()), columns)
    if other is None or (areas and step == BOUNDARY_STEP):
        return
    if other.id == _DISTRICT_LAYOUT:
        fits = steps[BOUNDARY_STEP]
    elif known is None and (areas or other.kind in _KINDS_ELSEWHERE.get(step, ())):
        own = (one for one in steps.values() if one.key != BOUNDARY_STEP)
        fits = next((one for one in own if other.kind in one.kinds), steps[step])
    else:
        return
    if fits.key != step:
        after = step == "schools" and other.kind == "enrollment"
        code = "file_of_another_step.later" if after else "file_of_another_step"
        facts = {"source": found.source, "layout": other.title, "step": fits.title}
        raise UserError(code, facts)


def _refuse_city_or_county(found: "ForeignRows", area: str, district: str) -> None:
    """Refuse a city or county of a census file as the boundary of a district of another name."""
    columns = [*found.columns, *found.places]
    known = read_profiles(find_profile_folder(), "jurisdictions")
    layout = match_profile(known, columns)
    if layout is None or is_same_district(area, district):
        return
    if layout in [known.get(key) for key in _CITIES_AND_COUNTIES]:
        step = load_setup_steps()["jurisdictions"].title
        facts = {"source": found.source, "layout": layout.title, "step": step}
        raise UserError("file_of_another_step", facts)


def _map_columns(asked: ImportOptions, found: "ForeignRows", step: str) -> ColumnMapping:
    """Return which columns are ours; the one area of a boundary needs no name."""
    areas = sum(row.shape is not None and row.shape.area > 0 for row in found.rows)
    if step == BOUNDARY_STEP and not areas:
        raise UserError("no_area_of_district", source=found.source)
    return choose_row_mapping(asked, found, unnamed=step == BOUNDARY_STEP and areas == 1)


def find_own_agency(project: Project) -> Agency | None:
    """Return the agency that the units of zones are of; None where they are of several."""
    own = {unit.agency for unit in project.units.values() if unit.holds_zone}
    return project.agencies[own.pop()] if len(own) == 1 else None


def name_own_agency(session: Session, name: str) -> None:
    """Give the agency that a new district's units are of its name, as one step.

    Raises
    ------
    UserError
        It has one already, or the name is empty or another agency's.
    """
    if UNNAMED_AGENCY not in session.saved_project.agencies:
        raise UserError("agency_has_a_name", agencies=list(session.saved_project.agencies))
    set_data_row(session, AGENCY_TABLE.kind, UNNAMED_AGENCY, {"name": name, "short": ""})


def correct_own_agency(session: Session, name: str, phone: str) -> None:
    """Set name and phone of the agency that the units of zones are of, as one step.

    Raises
    ------
    UserError
        The units are of several agencies, or the name is empty or another agency's.
    """
    own = find_own_agency(session.saved_project)
    if own is None:
        raise UserError("agency_has_a_name", agencies=list(session.saved_project.agencies))
    cells = {"name": name, "phone": phone}
    if own.id == UNNAMED_AGENCY:
        cells["short"] = ""
    set_data_row(session, AGENCY_TABLE.kind, own.id, cells)


def _choose_rows(
    found: "ForeignRows",
    how: ColumnMapping,
    step: str,
    *,
    name: str,
    only: RowFilter,
    project: Project | None = None,
) -> dict[str, tuple[str, ...]]:
    """Return which rows of a file are those of a district, as values by column.

    Where ``only`` names the column of districts that decides; else the district's name or code,
    where the file has one. A file of one district is taken whole.
    """
    target = "name" if step == BOUNDARY_STEP else "district"
    asked = {**how.only, **_find_filter_columns(found, only)}
    if set(how.columns.get(target, ())) & set(asked):
        return asked
    said = Counter(text for row in found.rows for text in how.cells(row.fields, target)[:1])
    if len(said) < 2 or (not name and only):
        return asked
    if not name:
        names = [text for text, _ in said.most_common(_MOST_NEAR)]
        raise UserError("several_districts.named", source=found.source, names=names)
    code = _find_district_code(project)
    own = tuple(text for text in said if is_same_district(text, name) or text == code)
    if own:
        return {**asked, how.columns[target][0]: own}
    words = name.casefold().split()
    near = sorted(
        (text for text in said if any(word in text.casefold() for word in words[:1])),
        key=lambda text: -said[text],
    )
    if all(text.isdigit() for text in list(said)[:20]):
        return {**asked, **_choose_rows_inside(found, how, target, project)}
    facts: dict[str, Any] = {"district": name, "source": found.source, "near": near[:_MOST_NEAR]}
    raise UserError("unknown_district.near" if near else "unknown_district", **facts)


def _choose_rows_inside(
    found: "ForeignRows", how: ColumnMapping, target: str, project: Project | None
) -> dict[str, tuple[str, ...]]:
    """Of a file that tells districts by codes alone choose the one with most rows inside."""
    boundary = None if project is None else find_district_boundary(project)
    if boundary is None:
        raise UserError("district_by_code", source=found.source, column=how.columns[target][0])
    shapely.prepare(boundary)
    inside = Counter(
        how.cells(row.fields, target)[0]
        for row in found.rows
        if row.shape is not None and boundary.covers(row.shape) and how.cells(row.fields, target)
    )
    if not inside:
        raise UserError("no_place", source=found.source)
    return {how.columns[target][0]: (inside.most_common(1)[0][0],)}


def _find_filter_columns(found: "ForeignRows", only: RowFilter) -> dict[str, tuple[str, ...]]:
    there = {column.casefold(): column for column in (*found.columns, *found.places)}
    return {
        there[column.casefold()]: tuple(values)
        for column, values in only.items()
        if column.casefold() in there
    }


def _find_told_name(only: RowFilter) -> str:
    """Return the district's name where a filter says it."""
    said = (
        values[0]
        for column, values in only.items()
        if normalize_heading(column) in _DISTRICT_HEADINGS
    )
    return next(said, "")


def _find_district_code(project: Project | None) -> str:
    if project is None:
        return ""
    own = (item.fields.get(_DISTRICT_CODE, "") for item in project.features
           if item.layer == DISTRICT_LAYER)  # fmt: skip
    return next(own, "")


def _prepare_boundary(session: Session, found: "ForeignRows", how: ColumnMapping) -> PreparedImport:
    """Take the areas of the wanted rows together as the district's boundary."""
    rows = [row for row in found.rows if not how.why_left_out(row.fields)]
    areas = [row.shape for row in rows if row.shape is not None and row.shape.area > 0]
    if not areas:
        raise UserError("no_area_of_district", source=found.source)
    if len(areas) > 1 and len({how.name(row.fields) for row in rows}) > 1:
        names = sorted({how.name(row.fields) for row in rows})
        raise UserError("several_boundaries", source=found.source, names=names[:_MOST_NEAR])
    area = cast(AreaGeometry, shapely.union_all(areas))
    fields = {_DISTRICT_CODE: code} if (code := rows[0].fields.get(_DISTRICT_CODE, "")) else {}
    name = how.name(rows[0].fields) or session.saved_project.name
    _refuse_city_or_county(found, name, session.saved_project.name)
    text = f"“{name}” is the district’s boundary."
    outcome = ImportResult(text, len(found.rows), 1, elsewhere=len(found.rows) - len(rows))

    def save(_report: ProgressReport) -> None:
        session.apply(
            f"The boundary from “{found.source}”",
            lambda project: set_district_boundary(project, project.name, area, fields),
        )

    return PreparedImport(outcome, save)


SCHOOLS_A_ZONE = 12


def suggest_zone_count(schools: int) -> int:
    """Return how many zones a district of so many schools may begin with."""
    return max(1, round(schools / SCHOOLS_A_ZONE))


def count_zone_units(project: Project) -> int:
    """Return how many units hold a zone."""
    return sum(unit.holds_zone for unit in project.units.values())


def _set_zone_units(project: Project, zones: int) -> Project:
    """Return a project with units for so many zones; a unit that somebody named stays."""
    more = zones - count_zone_units(project)
    like = list_like_units(project.units)
    if more < 0:  # those that serve sites apart stay
        apart = [key for key, unit in project.units.items() if unit not in like]
        return remove_placeholder_units(project, kept=apart, most=-more)
    if not more or not like:
        return project
    return replace(project, units=number_units(project.units, len(like) + more))


def plan_district(
    session: Session,
    *,
    zones: int | None = None,
    time_limit_s: float = 20.0,
    report: ProgressReport = lambda fraction, text: None,
) -> Plan:
    """Propose zones for a district and keep them as its plan, as one step with its units.

    ``zones`` are the units where no plan holds any yet: None leaves those that there are. Of more
    units placeholders go, the last first, and others stay without a zone. A name in use gets a
    number.

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
    for best in search_proposals(project, draft, basis, time_limit_s=time_limit_s):
        report(min(0.99, best.seconds / time_limit_s), f"{best.gap:.1%} from the best possible")
    assert best is not None
    plan = best.plan
    session.apply(f"Propose “{name}”", lambda own: add_plan(replace(own, units=units), plan))
    session.show_plan(plan.uid)
    return plan


def list_units_without_zone(project: Project, plan: Plan) -> list[str]:
    """Return the names of the units that hold zones and have none in a plan."""
    planned = {zone.unit for zone in plan.zones}
    return [
        unit.name for unit in project.units.values() if unit.holds_zone and unit.id not in planned
    ]
