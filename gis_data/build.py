"""Builds the bundled layers of San Juan Unified from the gathered data.

    python gis_data/build.py --facts FOLDER [--to gis_data]

The same data gives the same bytes. SOURCES.md describes the layers and their limits.
"""

import argparse
import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lines
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

COUNTY = "Sacramento County"
UNINCORPORATED = "Unincorporated Sacramento County"
DISTRICT = "San Juan Unified School District"
NORTH_BANK = ("Arden-Arcade", "Carmichael", "Fair Oaks", "Orangevale")
SOUTH_BANK = ("Gold River", "Rancho Cordova")
RIVER_WEST = Point(-121.417224, 38.560357)  # where the district's line meets the river, at Howe Ave
RIVER_EAST = Point(-121.188181, 38.676613)  # Lake Natoma, where Orangevale leaves the water
BRIDGES = ("Watt Ave", "Sunrise Blvd", "Hazel Ave")

ENROLLMENT_NOTES = {
    "34674470112169": "The figure covers several campuses; only this one is on the map.",
    "34674473430717": "Independent study and virtual; most of the students are not on this site.",
    "34674473430758": "Mostly virtual; most of the students are not on this site.",
    "34674473430691": "Virtual or spread over several campuses; not all of them are on this site.",
}

SHARED_CAMPUSES = {
    "34674470120469": "the other Aspire Alexander Twilight school",
    "34674470121467": "the other Aspire Alexander Twilight school",
    "34674470135772": "El Sereno",
    "34674473430386": "Meraki High",
    "34674476034920": "Ralph Richardson Center",
    "34674476034938": "Starr King K-8",
}
"""The notes in the data that an officer needs; the others are about the data, see SOURCES.md."""

Feature = tuple[dict[str, Any], BaseGeometry]


def main() -> None:
    """Read the folder of data and write the layers."""
    parser = argparse.ArgumentParser(description="Make the bundled layers.")
    parser.add_argument("--facts", type=Path, required=True, help="folder of gathered figures")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="folder of layers")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for name, features in build_layers(options.facts).items():
        path = options.to / f"{name}.geojson"
        path.write_text(format_geojson(features), encoding="utf-8", newline="\n")
        print(f"{path.name}: {len(features)} features, {path.stat().st_size:,} bytes")


def build_layers(facts: Path) -> dict[str, list[Feature]]:
    """Return every layer by name: its features with their properties."""
    bounds = dict(_read_by_name(facts / "boundaries.geojson"))
    kinds = {p["name"]: p["kind"] for p, _ in _read_features(facts / "boundaries.geojson")}
    streets = dict(_read_by_name(facts / "arterials.geojson"))
    raw_blocks = _read_features(facts / "blocks.geojson")
    blocks = list(
        zip(
            (properties for properties, _ in raw_blocks),
            lines.match_borders([area for _, area in raw_blocks]),
            strict=True,
        )
    )
    district = lines.join_areas(area for _, area in blocks)
    cities = _fit_cities(bounds, kinds, blocks, district)
    county = lines.fit_limit(
        lines.subtract_areas(bounds[COUNTY], cities.values()),
        lines.join_areas(area for props, area in blocks if props["jurisdiction"] == UNINCORPORATED),
        district,
    )
    names = (UNINCORPORATED, *(f"City of {name}" for name in cities))
    *limits, county = lines.match_borders([*cities.values(), county])
    river = _trace_river(bounds, district)
    return {
        "sites": _read_sites(facts / "schools.csv"),
        "jurisdictions": [
            (
                {"id": name, "name": name, "kind": "county" if name == UNINCORPORATED else "city"},
                area,
            )
            for name, area in zip(names, (county, *limits), strict=True)
        ],
        "boundaries": _make_boundaries(
            bounds, kinds, dict(zip(cities, limits, strict=True)), district
        ),
        "blocks": blocks,
        "arterials": [({"name": name}, streets[name]) for name in sorted(streets)],
        "river": _make_river(river, streets),
    }


def _fit_cities(
    bounds: Mapping[str, BaseGeometry],
    kinds: Mapping[str, str],
    blocks: Sequence[Feature],
    district: BaseGeometry,
) -> dict[str, BaseGeometry]:
    """Return the cities' areas, those with most blocks first, without overlaps."""
    names = [name for name, kind in kinds.items() if kind == "city"]
    held = {
        name: [area for props, area in blocks if props["jurisdiction"] == f"City of {name}"]
        for name in names
    }
    cities: dict[str, BaseGeometry] = {}
    for name in sorted(names, key=lambda name: (-len(held[name]), name)):
        limit = lines.subtract_areas(bounds[name], cities.values()) if cities else bounds[name]
        cities[name] = lines.fit_limit(limit, lines.join_areas(held[name]), district)
    return cities


def _make_boundaries(
    bounds: Mapping[str, BaseGeometry],
    kinds: Mapping[str, str],
    cities: Mapping[str, BaseGeometry],
    district: BaseGeometry,
) -> list[Feature]:
    layer = {
        "county": "county",
        "school_district": "district",
        "city": "city",
        "census_designated_place": "place",
    }
    fitted = {**bounds, **cities, DISTRICT: district}
    return [({"layer": layer[kinds[name]], "name": name}, fitted[name]) for name in bounds]


def _trace_river(bounds: Mapping[str, BaseGeometry], district: BaseGeometry) -> LineString:
    """Return the river: the district's line west of the census places, then the places' edge."""
    south = lines.join_areas(bounds[name] for name in SOUTH_BANK)
    north = lines.join_areas(
        [lines.subtract_areas(district, [south]), *(bounds[name] for name in NORTH_BANK)]
    )
    return lines.trace_river(north, RIVER_WEST, RIVER_EAST)


def _make_river(river: LineString, streets: Mapping[str, BaseGeometry]) -> list[Feature]:
    crossings = lines.find_bridges({name: streets[name] for name in BRIDGES}, river)
    return [
        ({"layer": "river", "name": "American River"}, river),
        *(
            ({"layer": "bridge", "name": _name_bridge(name)}, position)
            for name, position in crossings.items()
        ),
    ]


def _name_bridge(street: str) -> str:
    """Return a bridge's name: its street, not abbreviated."""
    stem, kind = street.rsplit(" ", 1)
    return f"{stem} {({'Ave': 'Avenue', 'Blvd': 'Boulevard'})[kind]} bridge"


def _read_sites(path: Path) -> list[Feature]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if unknown := ENROLLMENT_NOTES.keys() - {row["cds_code"] for row in rows}:
        raise SystemExit(f"No school has the code {min(unknown)}; correct ENROLLMENT_NOTES.")
    return [_make_site(row) for row in sorted(rows, key=lambda row: row["cds_code"])]


def _make_site(row: Mapping[str, str]) -> Feature:
    code = row["cds_code"]
    low, high = row["grade_low"], row["grade_high"]
    shared = SHARED_CAMPUSES.get(code)
    properties = {
        "id": code,
        "nces_id": row["nces_id"],
        "name": row["name"],
        "kind": row["kind"],
        "level": row["level"],
        "grades": low if low == high else f"{low}-{high}",
        "charter": row["charter"] == "Y",
        "street": row["street"],
        "city": row["city"],
        "zip": row["zip"],
        "phone": row["phone"],
        "census_place": row["census_place"],
        "enrollment": int(row["enrollment"]) if row["enrollment"] else None,
        "enrollment_year": row["enrollment_year"],
        "enrollment_note": ENROLLMENT_NOTES.get(code, ""),
        "patrolled": row["patrolled"] == "Y",
        "note": f"Shares its campus with {shared}" if shared else "",
    }
    return properties, Point(float(row["longitude"]), float(row["latitude"]))


def _read_features(path: Path) -> list[Feature]:
    collection = json.loads(path.read_text(encoding="utf-8"))
    return [(item["properties"], shape(item["geometry"])) for item in collection["features"]]


def _read_by_name(path: Path) -> Iterable[tuple[str, BaseGeometry]]:
    return ((properties["name"], geometry) for properties, geometry in _read_features(path))


def format_geojson(features: Iterable[Feature]) -> str:
    """Return GeoJSON: a feature a line, keys sorted, six decimals, outer rings counterclockwise."""
    rows = ",\n".join(
        json.dumps(
            {"type": "Feature", "properties": properties, "geometry": _format_geometry(geometry)},
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, geometry in features
    )
    return f'{{"type":"FeatureCollection","features":[\n{rows}\n]}}\n'


def _format_geometry(geometry: BaseGeometry) -> dict[str, Any]:
    """Return a geometry's GeoJSON with parts, rings and vertices in canonical order."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        parts = [orient(part) for part in shapely.get_parts(shapely.normalize(geometry))]
        geometry = parts[0] if len(parts) == 1 else MultiPolygon(parts)
    mapped = mapping(geometry)
    return {"type": mapped["type"], "coordinates": _round_all(mapped["coordinates"])}


def _round_all(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else [_round_all(item) for item in value]


if __name__ == "__main__":
    main()
