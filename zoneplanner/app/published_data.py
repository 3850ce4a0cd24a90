"""Data of a handout in the formats of `export`: what is released of it, for other programs."""

from collections.abc import Iterator

from zoneplanner.analysis.crs import geometries_to_lonlat, to_lonlat
from zoneplanner.domain.palette import zone_colour
from zoneplanner.exchange.kml_out import kml_text
from zoneplanner.exchange.outgoing import Kind, OutColumn, OutLayer
from zoneplanner.exchange.tables_out import csv_text
from zoneplanner.publish.cards import site_cards, zone_cards
from zoneplanner.publish.content import Handout
from zoneplanner.publish.data import DataFile

_SITE_COLUMNS = (
    *map(OutColumn, ("id", "name", "level", "grades", "street", "city", "zip", "phone")),
    OutColumn("enrollment", Kind.WHOLE),
    OutColumn("patrolled", Kind.FLAG),
    *map(OutColumn, ("zone", "unit")),
)
_ZONE_COLUMNS = (
    *map(OutColumn, ("zone", "name", "unit", "agency")),
    OutColumn("sites", Kind.WHOLE),
)


def for_other_programs(handout: Handout) -> Iterator[DataFile]:
    """Yield a table of sites as the planner imports it, and a map for Google Earth."""
    sites, zones = _sites(handout), _zones(handout)
    words = "Each school with its columns as the planner imports them (kind: sites)."
    yield DataFile("sites.csv", words, csv_text(sites).encode())
    crs = handout.project.crs
    layers = [(one, geometries_to_lonlat(crs, list(one.shapes or ()))) for one in (zones, sites)]
    words = "Zones in their colours and schools, for Google Earth and phones."
    yield DataFile("zones.kml", words, kml_text(handout.title, layers).encode())


def _sites(handout: Handout) -> OutLayer:
    cards = [card for card in site_cards(handout) if card.site.placed]
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
    return OutLayer(
        "sites",
        "Schools",
        _SITE_COLUMNS,
        rows,
        tuple(card.site.point for card in cards),
        tuple(zip(lons.tolist(), lats.tolist(), strict=True)),
    )


def _zones(handout: Handout) -> OutLayer:
    cards = [card for card in zone_cards(handout) if card.zone.id in handout.outlines]
    return OutLayer(
        "zones",
        "Zones",
        _ZONE_COLUMNS,
        tuple(
            (card.zone.id, card.zone.name, card.unit, card.agency, len(card.sites))
            for card in cards
        ),
        tuple(handout.outlines[card.zone.id] for card in cards),
        colours={n: zone_colour(card.zone.colour) for n, card in enumerate(cards)},
        about=f"{handout.plan_text}. {handout.as_of_text}.",
    )
