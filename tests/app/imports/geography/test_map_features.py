"""Sites, jurisdictions and blocks from other programs' files: every row has a result."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from, refused
from shapely.geometry import Polygon, box, mapping
from shapely.geometry.base import BaseGeometry
from vector_files import write_workbook

from zoneplanner import storage
from zoneplanner.analysis.geometry.crs import geometries_to_lonlat, to_lonlat
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult, format_import_report
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.map_edits import find_district_boundary, set_district_boundary
from zoneplanner.domain.plans.plan import PlanStatus
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UnitAccess
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
CRS = "EPSG:26910"
HEAD = "Code,School,Grades,Lat,Lon,Students"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    yield from opened(tmp_path, project_from("AAB / aab"))


def opened(tmp_path: Path, project: Project) -> Iterator[Session]:
    home = tmp_path / "project"
    home.mkdir()
    store = create_store(home / "p.gpkg", project, actor="p", at=NOW)
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    yield session
    session.close()


def at(x_m: float, y_m: float) -> str:
    lon, lat = to_lonlat(CRS, x_m, y_m)
    return f"{float(lat):.8f},{float(lon):.8f}"


def bring(
    session: Session, text: str | Path, kind: str = "sites", **options: object
) -> ImportResult:
    path = text if isinstance(text, Path) else session.store.path.parent.parent / "f.csv"
    if isinstance(text, str):
        path.write_text(text, encoding="utf-8")
    dry_run = bool(options.pop("dry_run", False))
    asked = ImportOptions(path, kind, **options)  # type: ignore[arg-type]
    return import_file(session, path, kind, options=asked, dry_run=dry_run)


def outcomes(done: ImportResult) -> list[tuple[int, str]]:
    return [(row.row, row.outcome.value) for row in done.rows]


def areas(path: Path, *rows: tuple[BaseGeometry, dict[str, object]]) -> Path:
    shapes = geometries_to_lonlat(CRS, [shape for shape, _ in rows])
    features = [
        {"type": "Feature", "properties": own, "geometry": mapping(shape)}
        for shape, (_, own) in zip(shapes, rows, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_imported_sites_are_new_changed_or_known_in_one_step(session: Session) -> None:
    text = (
        f"{HEAD}\n"
        f"s1,Hill Elementary,K-6,{at(1200, -300)},412\n"
        f"r1c1,School r1c1,K-8,{at(500, -500)},\n"
        f"r1c2,School r1c2,K-5,{at(1500, -500)},400\n"
    )
    before = session.project
    done = bring(session, text)
    assert outcomes(done) == [(2, "new"), (3, "changed"), (4, "known")]
    assert (done.read, done.taken, done.already, done.refused) == (3, 2, 1, ())
    hill = session.project.sites["s1"]
    assert (hill.name, hill.level, hill.enrollment, hill.patrolled) == (
        "Hill Elementary",
        "elementary",
        412,
        True,
    )
    assert hill.position == pytest.approx((1200, -300), abs=0.01)
    assert session.project.sites["r1c1"].grades == "K-8"
    assert session.project.sites["r1c1"].enrollment == 400
    assert session.undo_label == "Import 2 sites from “f.csv”"
    session.undo()
    assert session.project.sites == before.sites
    session.redo()
    assert [own.value for own in {row.outcome for row in bring(session, text).rows}] == ["known"]


def test_a_dry_run_reports_the_same_and_changes_nothing(session: Session) -> None:
    text = f"{HEAD}\ns1,Hill,K-6,{at(1200, -300)},412\n"
    tried = bring(session, text, dry_run=True)
    assert "s1" not in session.project.sites
    assert bring(session, text).to_json() == tried.to_json()


def test_a_site_with_another_code_is_matched_by_name_and_place(session: Session) -> None:
    text = (
        f"{HEAD}\n"
        f"123,SCHOOL R1C1,,{at(700, -500)},90\n"
        f"124,School r1c2,,{at(1500, -3500)},90\n"
        f"r1c1,School r1c1,,{at(500, -500)},\n"
    )
    done = bring(session, text)
    assert outcomes(done) == [(2, "changed"), (3, "new"), (4, "refused")]
    assert done.rows[0].repaired == (Message("site_matched", site="School r1c1", id="r1c1"),)
    assert str(done.rows[0].remark).endswith("place, by 200 m.")
    assert done.rows[2].remark == Message("row_repeats_site", other_row=2)
    assert session.project.sites["r1c1"].enrollment == 90
    assert session.project.sites["r1c1"].position == pytest.approx((700, -500), abs=0.01)


def test_a_site_moved_across_a_jurisdiction_line_joins_an_allowed_zone(session: Session) -> None:
    done = bring(session, f"{HEAD}\nr1c1,School r1c1,,{at(500, -1400)},\n")
    assert outcomes(done) == [(2, "changed")]
    assert session.plan is not None
    assert session.plan.assignment["r1c1"] == "a"


def test_a_new_site_at_the_place_of_another_joins_its_zone_in_drafts(session: Session) -> None:
    bring(session, f"{HEAD}\ns1,Annex,,{at(2500, -500)},\ns2,Field,,{at(900, -500)},\n")
    assert session.plan is not None
    assert session.plan.assignment.get("s1") is None  # a millimeter apart is another place
    site = session.project.sites["r1c3"]
    store = replace(site, id="s3", name="Twin")
    from zoneplanner.domain.geography.site_finder import add_sites

    after = add_sites(session.project, {"s3": store})
    assert after.plans["plan"].assignment["s3"] == "B"


def test_a_new_site_in_no_jurisdiction_is_not_patrolled(session: Session) -> None:
    done = bring(session, f"{HEAD}\ns1,Far Hill,,{at(9000, -300)},\n")
    assert not session.project.sites["s1"].patrolled
    assert done.rows[0].repaired[-1] == Message("not_patrolled.outside")
    assert done.repaired[0].row == 2


BAD = {
    "no name": ("s1,,K-6,{here},1", "row_lacks_name"),
    "a rounded code": ("3.46745E+13,Hill,K-6,{here},1", "rounded_code"),
    "no place": ("s1,Hill,K-6,,,1", "row_lacks_place"),
    "null island": ("s1,Hill,K-6,0,0,1", "far_from_project"),
    "no number": ("s1,Hill,K-6,north,west,1", "row_lacks_place"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_row_is_rejected_and_the_others_are_imported(
    case: str, session: Session
) -> None:
    row, code = BAD[case]
    text = f"{HEAD}\n{row.format(here=at(1200, -300))}\ns2,Dale,K-6,{at(1300, -300)},1\n"
    done = bring(session, text)
    assert outcomes(done) == [(2, "refused"), (3, "new")]
    assert done.rows[0].remark.template == code


def test_rows_have_the_numbers_of_a_spreadsheet(session: Session) -> None:
    rows = f"s1,Hill,K-6,{at(1200, -300)},1", "", f"s2,Dale,K-6,{at(1300, -300)},1"
    done = bring(session, "\n".join(("Schools of Elm,,,,,", HEAD, *rows, "")))
    assert outcomes(done) == [(3, "new"), (5, "new")]


def test_odd_values_of_a_row_are_repaired_and_reported(session: Session) -> None:
    text = f"{HEAD}\ns1,Hill\x07 School,,{at(1200, -300)},many\n"
    done = bring(session, text)
    assert session.project.sites["s1"].name == "Hill School"
    assert done.rows[0].repaired == (
        Message("level_unknown"),
        Message("enrollment_left_out", text="many"),
    )
    assert done.rows[0].explain() == (
        "Its level is unknown; it was imported as another kind of site. "
        "Its enrollment “many” is not a number and was left out."
    )


def test_a_file_without_an_importable_row_is_refused(session: Session) -> None:
    before = session.project
    for text, code, facts in (
        (f"{HEAD}\n", "no_rows", {}),
        (f"{HEAD}\ns1,Hill,,0,0,\n", "no_row_imported.of_map", {"first_row": 2}),
        ("Lat,Lon\n1,2\n", "no_column_matches", {"missing": "name"}),
        ("\n  \n,,,\n", "file_without_headings", {"missing": "name"}),
    ):
        with refused(code, **facts):
            bring(session, text)
    with refused("unknown_profile", profile="nces"):
        bring(session, f"{HEAD}\n", profile="nces")
    with refused("profile_of_other_kind", kind="jurisdictions", wanted="sites"):
        bring(session, f"{HEAD}\n", profile="census-places")
    assert session.project is before


def test_columns_that_nothing_was_read_from_are_listed(session: Session) -> None:
    text = f"School,Straße,Mascot,Lat,Lon\nHill,Elm St 1,,{at(1200, -300)}\n"
    assert bring(session, text).ignored == ("Straße",)


def test_a_column_without_any_value_is_not_matched(session: Session) -> None:
    text = f"id,CDSCode,School,Lat,Lon\n,34001,Hill,{at(1200, -300)}\n"
    done = bring(session, text)
    assert [row.id for row in done.rows] == ["34001"]


def test_columns_and_rows_can_be_chosen_by_hand(session: Session) -> None:
    text = f"Nr,Was,Wo N,Wo E,Amt\n1,Hill,{at(1200, -300)},Nord\n2,Dale,{at(1300, -300)},Süd\n"
    done = bring(
        session,
        text,
        columns={"id": "Nr", "name": "Was", "latitude": "Wo N", "longitude": "Wo E"},
        only={"amt": ["nord"]},
    )
    assert outcomes(done) == [(2, "new"), (3, "elsewhere")]
    assert done.rows[1].remark == Message("row_not_wanted", column="Amt", value="Süd")
    assert done.to_json()["left_out"] == 1


def test_a_read_only_project_imports_nothing(session: Session) -> None:
    path = session.store.path
    session.close()
    store = storage.open(path, read_only=True)
    reader = Session(store, actor="p", desk="d", clock=lambda: NOW)
    with refused("read_only"):
        bring(reader, f"{HEAD}\ns1,Hill,,{at(1200, -300)},\n")
    reader.close()


CDE = (
    "CDSCode\tStatusType\tCounty\tDistrict\tSchool\tStreet\tCity\tZip\tPhone\tCharter\tSOCType"
    "\tEILName\tGSserved\tLatitude\tLongitude\tAdmFName1\n"
)


def cde_rows() -> str:
    rows = [
        ("1611190130229", "Active", "Hill Middle", "Intermediate/Middle Schools (Public)", "6-8"),
        ("01611190130230", "Pending", "New High", "High Schools (Public)", "9-12"),
        ("01611190130231", "Closed", "Old School", "Elementary Schools (Public)", "No Data"),
        ("01611190130232", "Merged", "Older School", "Elementary Schools (Public)", ""),
        ("r1c1", "Closed", "School r1c1", "Elementary Schools (Public)", "K-5"),
        ("01611190130233", "Active", "Valley", "Elementary Schools (Public)", "K-8"),
    ]
    return CDE + "".join(
        f"{code}\t{state}\tAlameda\tHill Unified\t{name}\t1 Main\tHill\t94501\tNo Data\tN\t{soc}"
        f"\t\t{grades}\t{at(1200 + 50 * n, -300).replace(',', chr(9))}\tOfficer\n"
        for n, (code, state, name, soc, grades) in enumerate(rows)
    )


def check_directory(session: Session, done: ImportResult) -> None:
    assert done.read_details["mapping"] == "cde-school-directory"
    assert outcomes(done) == [
        (2, "new"),
        (3, "new"),
        (4, "left out"),
        (5, "left out"),
        (6, "changed"),
        (7, "new"),
    ]
    sites = session.project.sites
    assert sites["01611190130229"].level == "middle"
    assert sites["01611190130229"].phone == ""
    assert not sites["01611190130230"].patrolled
    assert not sites["r1c1"].patrolled
    assert sites["01611190130233"].level == "k8"
    assert "r1c1" not in session.project.plans["plan"].assignment


def test_the_state_directory_is_imported_with_every_status(session: Session) -> None:
    path = session.store.path.parent.parent / "pubschls.txt"
    path.write_text(cde_rows(), encoding="cp1252")
    check_directory(session, bring(session, path))


def test_the_state_directory_can_be_a_workbook(session: Session) -> None:
    rows = list(csv.reader(io.StringIO(cde_rows()), delimiter="\t"))
    path = write_workbook(session.store.path.parent.parent / "pubschls.xlsx", rows)
    check_directory(session, bring(session, path))


def test_nces_school_locations_are_imported(session: Session) -> None:
    text = "NCESSCH,LEAID,NAME,OPSTFIPS,STREET,CITY,STATE,ZIP,LAT,LON\n"
    done = bring(session, text + f"60000101,600001,Hill High,06,1 Main,Hill,CA,945,{at(900, -300)}")
    assert done.read_details["mapping"] == "nces-edge-schools"
    assert session.project.sites["000060000101"].city == "Hill"


def test_census_counties_and_places_become_jurisdictions(session: Session) -> None:
    base = session.store.path.parent.parent
    common = {"STATEFP": "06", "GEOID": "1"}
    counties = areas(
        base / "tl_county.geojson",
        (box(-3000, -9000, 9000, 2000), {**common, "COUNTYFP": "067", "COUNTYNS": "1",
         "NAME": "Hill", "NAMELSAD": "Hill County"}),
        (box(90000, 0, 91000, 1000), {**common, "COUNTYFP": "061", "COUNTYNS": "2",
         "NAME": "Dale", "NAMELSAD": "Dale County"}),
    )  # fmt: skip
    done = bring(session, counties, "jurisdictions")
    assert outcomes(done) == [(1, "new"), (2, "left out")]
    assert done.rows[0].repaired == (Message("cities_removed"),)
    places = areas(
        base / "tl_place.geojson",
        (box(0, -2500, 4000, -1000), {**common, "PLACEFP": "1", "PLACENS": "1", "NAME": "Lake",
         "NAMELSAD": "Lake city", "CLASSFP": "C1"}),
        (box(0, -500, 4000, 0), {**common, "PLACEFP": "2", "PLACENS": "2", "NAME": "Moor",
         "NAMELSAD": "Moor CDP", "CLASSFP": "U1"}),
    )  # fmt: skip
    done = bring(session, places, "jurisdictions")
    assert outcomes(done) == [(1, "new"), (2, "left out")]
    assert done.rows[1].remark == Message("row_left_out.no_city", name="Moor CDP")
    lake = session.project.jurisdictions["City of Lake"]
    county = session.project.jurisdictions["Unincorporated Hill County"]
    assert (lake.kind, county.kind) == ("city", "county")
    assert county.area.intersection(lake.area).area < 1
    assert session.project.units["A"].access_in("Unincorporated Hill County") is UnitAccess.PRIMARY
    assert session.project.units["A"].access_in("City of Lake") is UnitAccess.NO
    assert outcomes(bring(session, places, "jurisdictions")) == [(1, "known"), (2, "left out")]
    session.undo()
    assert "City of Lake" not in session.project.jurisdictions


def test_a_census_district_becomes_the_boundary(session: Session) -> None:
    path = areas(
        session.store.path.parent.parent / "unsd.geojson",
        (box(0, -2000, 3000, 0), {"STATEFP": "06", "UNSDLEA": "1", "NAME": "Hill Unified"}),
        (box(0, -2000, 3000, 0), {"STATEFP": "06", "UNSDLEA": "2", "NAME": "Dale Unified"}),
    )
    done = bring(session, path, "jurisdictions", only={"NAME": ["Hill Unified"]})
    assert outcomes(done) == [(1, "known"), (2, "elsewhere")]
    twice = bring(session, path, "jurisdictions").refused[0]
    assert twice.remark == Message("row_is_another_district")


def test_blocks_are_split_by_jurisdiction_and_must_not_overlap(session: Session) -> None:
    path = areas(
        session.store.path.parent.parent / "blocks.geojson",
        (box(0, -1000, 3000, 0), {"GEOID20": "b1", "BLOCKCE20": "1"}),
        (box(0, -2000, 1500, -500), {"GEOID20": "b2", "BLOCKCE20": "2"}),
        (box(1500, -2000, 3000, -1000), {"GEOID20": "b3", "BLOCKCE20": "3"}),
        (box(1500, -1600, 1600, -1500), {"GEOID20": "b4", "BLOCKCE20": "4"}),
        (box(8000, -1000, 9000, 0), {"GEOID20": "b5", "BLOCKCE20": "5"}),
        (Polygon([(0, 0), (10, 0), (0, 10)]), {"GEOID20": "b1", "BLOCKCE20": "6"}),
    )
    done = bring(session, path, "blocks", replace_blocks=True)
    assert outcomes(done) == [
        (1, "new"),
        (2, "refused"),
        (3, "new"),
        (4, "refused"),
        (5, "left out"),
        (6, "refused"),
    ]
    assert list(session.project.blocks) == ["b1", "b3", "rest 1"]
    assert session.project.blocks["b1"].jurisdiction == "county"
    assert done.rows[1].remark == Message("row_overlaps_block.of_file", block="b1")
    assert session.plan is not None and session.plan.status(session.today) is PlanStatus.DRAFT
    again = areas(path.with_name("more.geojson"), (box(0, -100, 50, 0), {"id": "x"}))
    with refused("no_row_imported.of_map", first_row=1):
        bring(session, again, "blocks")


def test_a_block_across_a_jurisdiction_line_is_split(session: Session) -> None:
    path = areas(
        session.store.path.parent.parent / "blocks.geojson",
        (box(0, -2000, 3000, 0), {"id": "b1"}),
    )
    done = bring(session, path, "blocks", replace_blocks=True)
    assert {key: own.jurisdiction for key, own in session.project.blocks.items()} == {
        "b1/1": "county",
        "b1/2": "city",
    }
    assert done.rows[0].repaired == (Message("block_split", n=2),)


def test_areas_drawn_in_google_earth_become_cities(session: Session) -> None:
    ring = " ".join(",".join(map(str, to_lonlat(CRS, x, y))) for x, y in
                    ((0, -1000), (3000, -1000), (3000, -2500), (0, -2500), (0, -1000)))  # fmt: skip
    kml = (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>Lake</name>'
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    path = session.store.path.parent.parent / "lake.kml"
    path.write_text(kml)
    done = bring(session, path, "jurisdictions")
    assert [own.id for own in done.rows] == ["City of Lake"]
    assert done.read_details["mapping"] == "google-earth"


def test_an_imported_district_replaces_the_previous_one() -> None:
    project = set_district_boundary(project_from("AB"), "Hill", box(0, 0, 1, 1))
    assert find_district_boundary(project) == box(0, 0, 1, 1)
    assert [item.name for item in project.features] == ["Hill"]


def test_the_report_is_a_table_without_formulas(session: Session) -> None:
    done = bring(session, f'{HEAD}\n=1+1,"=cmd()",,{at(1200, -300)},\n-5,,,1,1,\n')
    rows = list(csv.DictReader(io.StringIO(format_import_report(done))))
    assert [(row["row"], row["fate"]) for row in rows] == [("2", "new"), ("3", "refused")]
    assert (rows[0]["name"], rows[0]["id"]) == ("'=cmd()", "'=1+1")


def test_blocks_are_extended_to_a_school_they_miss_and_it_is_named(
    session: Session,
) -> None:
    path = areas(
        session.store.path.parent.parent / "blocks.geojson",
        (box(0, -2000, 2000, 0), {"GEOID20": "b1", "BLOCKCE20": "1"}),
    )
    done = bring(session, path, "blocks", replace_blocks=True)
    assert done.notes == (Message("blocks_completed", sites=["School r1c3", "School r2c3"]),)
    project, cells = session.project, session.state.basis.cells
    assert any(own.area.covers(project.sites["r1c3"].point) for own in project.blocks.values())
    assert all(cells.areas[at].area > 0 for at in cells.vertex_of.values())
    land = sum(area.area for area in cells.areas)
    assert land == pytest.approx(6_000_000, rel=0.01)
