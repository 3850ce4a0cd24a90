"""School files in their publishers' layouts: enrollment, levels, rows of other districts."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from, refused
from openpyxl import Workbook

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult, NoRowImported
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.map_edits import WHOLE_DISTRICT
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.project import Project

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
CRS = "EPSG:26910"
CENSUS = (
    "AcademicYear,AggregateLevel,CountyCode,DistrictCode,SchoolCode,CountyName,DistrictName,"
    "SchoolName,Charter,ReportingCategory,TOTAL_ENR,GR_TK,GR_KN"
)
MEALS = ["Academic Year", "County Code", "District Code", "School Code", "County Name",
         "District Name", "School Name", "School Type", "Enrollment \n(K-12)"]  # fmt: skip
MEMBERS = (
    "SCHOOL_YEAR,FIPST,STATENAME,ST,SCH_NAME,STATE_AGENCY_NO,UNION,ST_LEAID,LEAID,ST_SCHID,"
    "NCESSCH,SCHID,GRADE,RACE_ETHNICITY,SEX,STUDENT_COUNT,TOTAL_INDICATOR,DMS_FLAG"
)
LEVELS = "SCHOOL_YEAR,ST,SCH_NAME,LEA_NAME,LEAID,ST_SCHID,NCESSCH,LEVEL,GSLO,GSHI"
EDGE = "NCESSCH,LEAID,NAME,OPSTFIPS,STREET,CITY,STATE,ZIP,NMCNTY,LAT,LON,SCHOOLYEAR"


def school(key: str, name: str, x_m: float = 500.0, **more: object) -> Site:
    return Site(key, name, "other", "", "", "", "", "", x_m, -500.0, None, patrolled=True, **more)  # type: ignore[arg-type]


def create_elm() -> Project:
    """Return four schools with state codes in Elm Unified, without areas."""
    names = ("Ash Elementary", "Birch Middle", "Cedar High", "Dogwood")
    sites = [school(f"3467314000000{n}", name, 900.0 * n) for n, name in enumerate(names, 1)]
    return Project("p", "Elm Unified", CRS, "America/Los_Angeles", sites={s.id: s for s in sites})


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    yield from opened(tmp_path, create_elm())


def opened(tmp_path: Path, project: Project) -> Iterator[Session]:
    home = tmp_path / "project"
    home.mkdir()
    store = create_store(home / "p.gpkg", project, actor="p", at=NOW)
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    yield session
    session.close()


def bring(session: Session, path: Path, kind: str, **options: object) -> ImportResult:
    asked = ImportOptions(path, kind, **options)  # type: ignore[arg-type]
    return import_file(session, path, kind, options=asked)


def table(path: Path, head: str, *rows: str) -> Path:
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def list_students(session: Session) -> list[int | None]:
    return [site.enrollment for site in session.project.sites.values()]


def test_the_row_of_all_students_counts_in_the_census_day_file(
    session: Session, tmp_path: Path
) -> None:
    def row(level: str, school: str, who: str, count: object, district: str = "67314") -> str:
        return f"2025-26,{level},34,{district},{school},Sacramento,Elm,x,N,{who},{count},1,2"

    path = table(
        tmp_path / "cdenroll2526.txt",
        CENSUS,
        row("D", "0000000", "TA", 2400),
        row("S", "0000001", "TA", 412),
        row("S", "0000001", "GN_F", 205),
        row("S", "0000002", "TA", "*"),
        row("S", "0000003", "TA", 1830),
        row("S", "0000003", "TA", 99, district="67439"),
    )
    done = bring(session, path, "enrollment")
    assert list_students(session) == [412, None, 1830, None]
    assert (done.read, done.taken, done.already, done.elsewhere) == (6, 2, 1, 3)
    assert done.refused == ()
    assert done.read_details["mapping"] == "cde-enrollment"
    assert [(row.row, row.outcome.value) for row in done.rows] == [
        (3, "changed"),
        (5, "known"),
        (6, "changed"),
        (7, "elsewhere"),
    ]
    assert bring(session, path, "enrollment").taken == 0


def test_the_school_sheet_of_the_meals_workbook_is_found_below_its_title(
    session: Session, tmp_path: Path
) -> None:
    book = Workbook()
    book.worksheets[0].title = "Title Page"
    book.worksheets[0].append(["Student Poverty: Free or Reduced-Price Meals"])
    sheet = book.create_sheet("FRPM School-Level Data")
    sheet.append(["Free or Reduced-Price Meal (K-12) and Enrollment Data 2025-26"])
    sheet.append(MEALS)
    sheet.append(["2025-26", 34, 67314, 1, "Sacramento", "Elm", "Ash", "Elementary Schools", 388])
    sheet.append(["2025-26", "34", "67314", "0000003", "Sacramento", "Elm", "C", "x", 1790.0])
    notes = book.create_sheet("Data Field Descriptions")
    notes.append(["Field", "Description"])
    notes.append(["County Code", "Two digits"])
    path = tmp_path / "frpm2526.xlsx"
    book.save(path)
    done = bring(session, path, "enrollment")
    assert (list_students(session), done.refused) == ([388, None, 1790, None], ())
    assert session.project.sites["34673140000001"].level == "elementary"
    assert done.read_details["mapping"] == "cde-frpm"


def test_groups_of_the_older_enrollment_file_are_summed(session: Session, tmp_path: Path) -> None:
    path = table(
        tmp_path / "enr21.txt",
        "CDS_CODE\tCOUNTY\tDISTRICT\tSCHOOL\tETHNIC\tGENDER\tKDGN\tENR_TOTAL",
        "34673140000001\tSacramento\tElm\tAsh\t5\tF\t1\t120",
        "34673140000001\tSacramento\tElm\tAsh\t5\tM\t1\t131",
        "34673140000004\tSacramento\tElm\tDog\t7\tM\t1\t80",
    )
    done = bring(session, path, "enrollment")
    assert (list_students(session), done.taken) == ([251, None, None, 80], 2)


def test_nces_membership_and_levels_match_schools_by_either_code(
    session: Session, tmp_path: Path
) -> None:
    def row(nces: str, state: str, count: int, total: str) -> str:
        return f"2024-25,06,CA,CA,x,1,,CA-3467314,0612345,{state},{nces},1,a,b,c,{count},{total},R"

    path = table(
        tmp_path / "ccd_sch_052.csv",
        MEMBERS,
        row("061234500001", "CA-3467314-0000001", 30, "Category Set A"),
        row("061234500001", "CA-3467314-0000001", 402, "Education Unit Total"),
        row("019999900001", "AL-001-0010", 555, "Education Unit Total"),
    )
    done = bring(session, path, "enrollment")
    assert (list_students(session)[0], done.taken, done.elsewhere) == (402, 1, 2)
    path = table(
        tmp_path / "ccd_sch_029.csv",
        LEVELS,
        "2024-25,CA,Ash,Elm Unified,0612345,CA-3467314-0000001,061234500001,Elementary,KG,08",
        "2024-25,CA,Dogwood,Elm Unified,0612345,,061234500004,Other,09,12",
        "2024-25,CA,Dogwood,Oak Unified,0699999,,069999900004,High,09,12",
    )
    done = bring(session, path, "enrollment")
    ash, dogwood = (session.project.sites[f"3467314000000{n}"] for n in (1, 4))
    assert (ash.grades, ash.level, ash.enrollment) == ("KG-08", "k8", 402)
    assert (dogwood.grades, dogwood.level) == ("09-12", "high")
    assert (done.taken, done.elsewhere, done.refused) == (2, 1, ())


def at(x_m: float, y_m: float) -> str:
    lon, lat = to_lonlat(CRS, x_m, y_m)
    return f"{float(lat):.8f},{float(lon):.8f}"


def test_missing_levels_are_taken_from_names_and_marked(session: Session, tmp_path: Path) -> None:
    path = table(
        tmp_path / "EDGE_GEOCODE_PUBLICSCH.csv",
        EDGE,
        *(f"06123450000{n},0612345,{name},06,1 Elm St,Elm,CA,95600,S,{at(900 * n, -2500)},2024-25"
          for n, name in enumerate(("Fir High", "Gum Elementary", "Holly"), 5)),
    )  # fmt: skip
    done = bring(session, path, "sites")
    levels = [session.project.sites[f"06123450000{n}"].level for n in (5, 6, 7)]
    assert levels == ["high", "elementary", "other"]
    assert [bool(row.repaired) for row in done.rows] == [True, True, True]


def test_distant_rows_of_a_state_file_count_as_elsewhere(session: Session, tmp_path: Path) -> None:
    path = table(
        tmp_path / "state.csv",
        "Code,School,Grades,Lat,Lon",
        f"new1,Fir Elementary,K-6,{at(1200, -2500)}",
        "far1,Oak Elementary,K-6,34.05,-118.25",
        "far2,Maui High,9-12,20.88,-156.47",
    )
    done = bring(session, path, "sites")
    assert (done.taken, done.elsewhere, done.refused) == (1, 2, ())
    assert done.to_json()["elsewhere"] == 2


def test_the_refusal_names_the_actual_cause(session: Session, tmp_path: Path) -> None:
    head = "CDSCode,StatusType,District,School,GSserved,Latitude,Longitude"
    path = table(
        tmp_path / "pubschls.csv",
        head,
        "19000000000001,Active,Oak Unified,Oak,K-6,No Data,No Data",
        "34673140000009,Active,Elm Unified,New Elm,K-6,No Data,No Data",
    )
    with refused("no_row_imported.filtered", only="District=elm unified", left=1, first_row=3):
        bring(session, path, "sites", only={"District": ["elm unified"]})
    with pytest.raises(NoRowImported) as caught:
        bring(session, path, "sites", only={"District": ["Elm County"]})
    assert caught.value.template == "no_row_imported.all_filtered"
    assert caught.value.details["elsewhere"] == 2
    assert len(caught.value.outcome.rows) == 2


def test_rows_are_filtered_before_distances_are_measured(tmp_path: Path) -> None:
    """An empty project has no position; the chosen rows define it."""
    sessions = opened(tmp_path, Project("p", "Elm", CRS, "America/Los_Angeles"))
    session = next(sessions)
    rows = [f"o{n},Oak {n},K-6,Oak,34.0{n},-118.2" for n in range(9)]
    rows += [f"e{n},Elm {n},K-6,Elm,38.4{n},-121.4" for n in range(4)]
    path = table(tmp_path / "s.csv", "Code,School,Grades,District,Lat,Lon", *rows)
    done = bring(session, path, "sites", only={"District": ["Elm"]})
    assert (done.taken, done.elsewhere, done.refused) == (4, 9, ())
    assert len(session.project.patrolled) == 4
    next(sessions, None)


def test_schools_alone_get_one_area_that_grows_with_them(tmp_path: Path) -> None:
    sessions = opened(tmp_path, Project("p", "Elm", CRS, "America/Los_Angeles"))
    session = next(sessions)
    path = table(
        tmp_path / "s.csv",
        "Code,School,Grades,Lat,Lon",
        *(f"s{n},School {n},K-6,{at(1000 * n, 0)}" for n in range(6)),
    )
    bring(session, path, "sites")
    whole = session.project.jurisdictions[WHOLE_DISTRICT].area
    assert all(whole.covers(site.point) for site in session.project.patrolled)
    more = table(path, "Code,School,Grades,Lat,Lon", f"i1,Island,K-6,{at(60_000, 0)}")
    bring(session, more, "sites")
    parts = session.project.jurisdictions[WHOLE_DISTRICT].area.geoms  # type: ignore[union-attr]
    assert len(parts) == 2
    next(sessions, None)


def test_imported_counties_replace_the_single_area(tmp_path: Path) -> None:
    project = project_from("AAB / AAB")
    bare = Project(
        "p", "Elm", CRS, "America/Los_Angeles", sites=project.sites, units=project.units,
        agencies=project.agencies,
    )  # fmt: skip
    sessions = opened(tmp_path, bare)
    session = next(sessions)
    path = table(tmp_path / "s.csv", "Code,School,Grades,Lat,Lon", f"n1,N,K-6,{at(900, -900)}")
    bring(session, path, "sites")
    assert list(session.project.jurisdictions) == [WHOLE_DISTRICT]
    shape = "POLYGON((-122.9 -1,-122.9 1,-122 1,-122 -1,-122.9 -1))"
    lon, lat = (float(v) for v in to_lonlat(CRS, 0.0, 0.0))
    shape = (
        f"POLYGON(({lon - 1} {lat - 1},{lon + 1} {lat - 1},{lon + 1} {lat + 1},"
        f"{lon - 1} {lat + 1},{lon - 1} {lat - 1}))"
    )
    with (tmp_path / "c.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("name", "kind", "wkt"), ("Elm", "county", shape)])
    bring(session, tmp_path / "c.csv", "jurisdictions", crs="EPSG:4326")
    assert [own.name for own in session.project.jurisdictions.values()] == ["Elm"]
    assert all(WHOLE_DISTRICT not in unit.access for unit in session.project.units.values())
    next(sessions, None)
