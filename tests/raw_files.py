"""District files in the layouts of state and federal agencies."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from shapely.geometry import MultiPoint, Point, box, mapping
from shapely.geometry.base import BaseGeometry

STATE_LIST = Path(__file__).parents[2] / "shared" / "data" / "california_schools.csv"
"""The state's schools, for long tests only."""
_DIRECTORY = (
    *("CDSCode", "NCESDist", "NCESSchool", "StatusType", "County", "District", "School", "Street"),
    *("City", "Zip", "State", "Phone", "Charter", "SOCType", "GSoffered", "GSserved"),
    *("Latitude", "Longitude", "LastUpDate"),
)
_MEALS = (
    *("Academic Year", "County Code", "District Code", "School Code", "County Name"),
    *("District Name", "School Name", "School Type", "Enrollment \n(K-12)"),
)
_CENSUS = (
    *("AcademicYear", "AggregateLevel", "CountyCode", "DistrictCode", "SchoolCode", "CountyName"),
    *("DistrictName", "SchoolName", "Charter", "ReportingCategory", "TOTAL_ENR", "GR_TK", "GR_KN"),
)


@dataclass(frozen=True)
class RawSchool:
    """A school in the state's directory, its position in degrees."""

    code: str
    name: str
    district: str
    kind: str
    grades: str
    lon: float
    lat: float
    students: int | None = None
    county: str = "Elm"
    status: str = "Active"


def write_directory(path: Path, schools: Sequence[RawSchool]) -> Path:
    """Write the state department of education's directory (pubschls.txt)."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter="\t")
        rows.writerow(_DIRECTORY)
        for one in schools:
            place = ("No Data", "No Data") if one.lon == 0 else (f"{one.lat:.6f}", f"{one.lon:.6f}")
            rows.writerow([
                one.code, "0612345", one.code[-5:], one.status, one.county, one.district, one.name,
                "1 Main St", "Elm", "95600", "CA", "(916) 555-0100", "N", one.kind, one.grades,
                one.grades, *place, "11/01/2026",
            ])  # fmt: skip
    return path


def write_meals(path: Path, schools: Sequence[RawSchool]) -> Path:
    """Write the school meals workbook: a title page, and a sheet by school below a title line."""
    book = Workbook()
    book.worksheets[0].title = "Title Page"
    book.worksheets[0].append(["Student Poverty: Free or Reduced-Price Meals"])
    sheet = book.create_sheet("FRPM School-Level Data")
    sheet.append(["Unduplicated Student Poverty, 2025-26"])
    sheet.append(_MEALS)
    for own in schools:
        codes = (int(own.code[:2]), int(own.code[2:7]), int(own.code[7:]))
        sheet.append(
            ["2025-26", *codes, own.county, own.district, own.name, own.kind, own.students]
        )
    book.save(path)
    return path


def write_census_day(path: Path, schools: Sequence[RawSchool]) -> Path:
    """Write the Census Day enrollment, with district totals and student groups among the rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter="\t")
        rows.writerow(_CENSUS)
        for own in schools:
            codes = (own.code[:2], own.code[2:7], own.code[7:])
            about = (*codes, own.county, own.district, own.name, "N")
            for group, count in (("TA", own.students), ("GN_F", (own.students or 0) // 2)):
                rows.writerow(["2025-26", "S", *about, group, count or "*", "*", "*"])
            rows.writerow(["2025-26", "D", *about, "TA", 99_999, "*", "*"])
    return path


def write_areas(path: Path, *rows: tuple[BaseGeometry, Mapping[str, Any]]) -> Path:
    """Write areas with their fields as GeoJSON."""
    features = [
        {"type": "Feature", "properties": dict(own), "geometry": mapping(shape)}
        for shape, own in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def write_shapefile(path: Path, *rows: tuple[BaseGeometry, Mapping[str, Any]]) -> Path:
    """Write areas like the Census Bureau: a shapefile in NAD83."""
    import geopandas

    frame = geopandas.GeoDataFrame(
        [dict(own) for _, own in rows], geometry=[shape for shape, _ in rows], crs="EPSG:4269"
    )
    frame.to_file(path)
    return path


def district_row(name: str, code: str = "0612345") -> dict[str, str]:
    """Return the fields of a unified district (tl_*_unsd)."""
    return {"STATEFP": code[:2], "UNSDLEA": code[2:], "GEOID": code, "NAME": name, "LSAD": "00"}


def county_row(name: str, code: str = "06067") -> dict[str, str]:
    """Return the fields of a county (tl_*_county)."""
    return {"STATEFP": code[:2], "COUNTYFP": code[2:], "COUNTYNS": code, "GEOID": code,
            "NAME": name, "NAMELSAD": f"{name} County"}  # fmt: skip


def place_row(name: str, kind: str = "city", code: str = "C1") -> dict[str, str]:
    """Return the fields of a place (tl_*_place)."""
    return {"STATEFP": "06", "PLACEFP": name, "PLACENS": name, "GEOID": f"06{name}", "NAME": name,
            "NAMELSAD": f"{name} {kind}", "CLASSFP": code}  # fmt: skip


KINDS = (("Elementary Schools (Public)", "K-6"), ("High Schools (Public)", "9-12"))


def create_schools(
    count: int = 18, *, west: float = -121.40, south: float = 38.42, wide: int = 4
) -> list[RawSchool]:
    """Create the schools of Elm Unified in a grid, a closed one, and one of a distant district."""
    found = [
        RawSchool(
            f"3467314{at:07}", f"Elm {at}", "Elm Unified", *KINDS[at % 5 == 0],
            west + 0.013 + 0.038 * (at % wide), south + 0.01 + 0.02 * (at // wide), 300 + 10 * at,
        )
        for at in range(1, count + 1)
    ]  # fmt: skip
    closed = RawSchool("34673140000999", "Old Elm", "Elm Unified", *KINDS[0], 0, 0, None,
                       status="Closed")  # fmt: skip
    oak = RawSchool("19647330000001", "Oak 1", "Oak Unified", *KINDS[0], -118.25, 34.05, 500)
    return [*found, closed, oak]


def write_made_up_district(folder: Path, count: int = 18) -> dict[str, Path]:
    """Write the six raw files of Elm Unified to a folder."""
    schools = create_schools(count)
    spots = MultiPoint([Point(own.lon, own.lat) for own in schools[:count]])
    outline = box(*spots.bounds).buffer(0.012, join_style="mitre")
    west, south, east, north = outline.bounds
    middle = (west + east) / 2
    step = 0.02
    blocks = [
        (
            box(west + step * i, south + step * j, west + step * (i + 1), south + step * (j + 1)),
            {"GEOID20": f"06067{i:02}{j:02}", "BLOCKCE20": f"{i}{j}", "POP20": 100 + i},
        )
        for i in range(int((east - west) / step) + 1)
        for j in range(int((north - south) / step) + 1)
    ]
    return {
        "boundary": write_areas(
            folder / "tl_2025_06_unsd.geojson",
            (outline, district_row("Elm Unified School District")),
            (box(west - 1, south, west, south + 1), district_row("Oak Unified School District",
                                                                "0699999")),
        ),
        "county": write_areas(
            folder / "tl_2025_us_county.geojson",
            (box(west - 1, south - 1, east + 1, north + 1), county_row("Elm")),
            (box(-90, 30, -89, 31), county_row("Far", "01001")),
        ),
        "places": write_areas(
            folder / "tl_2025_06_place.geojson",
            (box(middle, south - 0.02, east + 0.1, north + 0.02), place_row("Ash")),
            (box(west, south, west + 0.05, south + 0.05), place_row("Fir", "CDP", "U1")),
        ),
        "blocks": write_areas(folder / "tl_2020_06_tabblock20.geojson", *blocks),
        "schools": write_directory(folder / "pubschls.txt", schools),
        "enrollment": write_meals(folder / "frpm2526.xlsx", [
            own for own in schools if own.status == "Active"
        ]),
    }  # fmt: skip
