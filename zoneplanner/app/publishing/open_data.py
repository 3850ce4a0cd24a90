"""Data of a handout in the formats of `export`: what is released of it, for other programs."""

from collections.abc import Iterator

from zoneplanner.analysis.geometry.crs import geometries_to_lonlat, to_lonlat
from zoneplanner.domain.locale_formats import CSV_ENCODING
from zoneplanner.domain.plans.zone_colors import zone_color
from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportColumn, ExportLayer
from zoneplanner.exchange.formats.kml import build_zone_kml
from zoneplanner.exchange.formats.spreadsheets import build_csv
from zoneplanner.publish.data.data_folder import DataFile
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.summaries import summarize_sites, summarize_zones

_SITE_COLUMNS = (
    *map(ExportColumn, ("id", "name", "level", "grades", "street", "city", "zip", "phone")),
    ExportColumn("enrollment", ColumnKind.WHOLE),
    ExportColumn("patrolled", ColumnKind.FLAG),
    *map(ExportColumn, ("zone", "unit")),
)
_ZONE_COLUMNS = (
    *map(ExportColumn, ("zone", "name", "unit", "agency")),
    ExportColumn("sites", ColumnKind.WHOLE),
)


def build_open_data_files(handout: Handout) -> Iterator[DataFile]:
    """Yield a table of sites as the planner imports it, and a map for Google Earth."""
    sites, zones = _build_site_layer(handout), _build_zone_layer(handout)
    words = "Each school with its columns as the planner imports them (kind: sites)."
    yield DataFile("sites.csv", words, build_csv(sites).encode(CSV_ENCODING))
    crs = handout.project.crs
    areas, places = (
        (one, geometries_to_lonlat(crs, list(one.shapes or ()))) for one in (zones, sites)
    )
    words = "A folder for each zone, with its schools in its color, for Google Earth and phones."
    yield DataFile("zones.kml", words, build_zone_kml(handout.title, areas, places).encode())


def _build_site_layer(handout: Handout) -> ExportLayer:
    cards = [card for card in summarize_sites(handout) if card.site.has_position]
    project = handout.project
    rows = tuple(
        (
            *(site.id, site.name, site.level, site.grades, site.street, site.city, site.zip),
            *(site.phone, site.enrollment, site.patrolled),
            *(card.zone.id if card.zone else "", card.unit),
        )
        for card in cards
        for site in (card.site,)
    )
    x_m, y_m = ([card.site.position[axis] for card in cards] for axis in (0, 1))
    lons, lats = to_lonlat(project.crs, x_m, y_m)
    return ExportLayer(
        "sites",
        "Schools",
        _SITE_COLUMNS,
        rows,
        tuple(card.site.point for card in cards),
        tuple(zip(lons.tolist(), lats.tolist(), strict=True)),
    )


def _build_zone_layer(handout: Handout) -> ExportLayer:
    cards = [card for card in summarize_zones(handout) if card.zone.id in handout.outlines]
    return ExportLayer(
        "zones",
        "Zones",
        _ZONE_COLUMNS,
        tuple(
            (card.zone.id, card.zone.name, card.unit, card.agency, len(card.sites))
            for card in cards
        ),
        tuple(handout.outlines[card.zone.id] for card in cards),
        colors={n: zone_color(card.zone.color) for n, card in enumerate(cards)},
        about=f"{handout.plan_text}. {handout.as_of_text}.",
    )
