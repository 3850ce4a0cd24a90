"""The data folder: which unit serves which site, as tables and shapes with a README."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from zoneplanner.domain.locale_formats import CSV_ENCODING, escape_formula
from zoneplanner.messages import Message
from zoneplanner.publish.audience import (
    FIELD_RELEASES,
    LAYER_RELEASES,
    find_audience,
    list_releases,
    redact_for_audience,
)
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.basemap import encode_geojson
from zoneplanner.publish.summaries import summarize_sites, summarize_zones

_PLAN_COLUMNS = ("site", "zone")
_DIRECTORY_COLUMNS = (
    "id",
    "name",
    "level",
    "address",
    "phone",
    "jurisdiction",
    "zone",
    "unit",
    "agency",
)


def encode_assignments_csv(handout: Handout) -> bytes:
    """Return the columns site and zone for every assigned site, in the project's order."""
    zones = handout.plan.assignment
    rows = [(site, zones[site]) for site in handout.project.sites if site in zones]
    return _encode_csv(_PLAN_COLUMNS, rows)


def encode_directory_csv(handout: Handout) -> bytes:
    """Return name, address, phone, jurisdiction, zone, unit and agency of every site."""
    rows = [
        (
            card.site.id,
            card.site.name,
            card.level,
            card.site.address,
            card.site.phone,
            card.jurisdiction,
            card.zone.id if card.zone else "",
            card.unit,
            card.agency,
        )
        for card in summarize_sites(redact_for_audience(handout))
    ]
    return _encode_csv(_DIRECTORY_COLUMNS, rows)


def _encode_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue().encode(CSV_ENCODING)


_FOLDER = "data"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of the folder with a sentence that describes it."""

    name: str
    about: Message
    content: bytes


def build_data_files(handout: Handout, more: Iterable[DataFile] = ()) -> dict[str, bytes]:
    """Return the files of the data folder by name, for a redacted handout."""
    files = [
        DataFile(
            "assignments.csv",
            Message("data_file.assignments"),
            encode_assignments_csv(handout),
        ),
        DataFile(
            "directory.csv",
            Message("data_file.directory"),
            encode_directory_csv(handout),
        ),
        DataFile(
            "zones.geojson",
            Message("data_file.zones"),
            _encode_zones(handout),
        ),
        DataFile(
            "sites.geojson",
            Message("data_file.sites"),
            _encode_sites(handout),
        ),
        *more,
    ]
    contents = {f"{_FOLDER}/{file.name}": file.content for file in files}
    return {**contents, f"{_FOLDER}/README.txt": _write_readme(handout, files)}


def _encode_zones(handout: Handout) -> bytes:
    cards = [card for card in summarize_zones(handout) if card.zone.id in handout.outlines]
    shapes = encode_geojson(handout.project.crs, [handout.outlines[card.zone.id] for card in cards])
    return _encode_features(
        (
            {
                "zone": card.zone.id,
                "name": card.zone.name,
                "unit": card.unit,
                "agency": card.agency,
                "sites": len(card.sites),
            },
            shape,
        )
        for card, shape in zip(cards, shapes, strict=True)
    )


def _encode_sites(handout: Handout) -> bytes:
    cards = [card for card in summarize_sites(handout) if card.site.has_position]
    shapes = encode_geojson(handout.project.crs, [card.site.point for card in cards])
    return _encode_features(
        (
            {
                "site": card.site.id,
                "name": card.site.name,
                "level": card.site.level,
                "zone": card.zone.id if card.zone else None,
            },
            shape,
        )
        for card, shape in zip(cards, shapes, strict=True)
    )


def _encode_features(features: Any) -> bytes:
    rows = [
        {"type": "Feature", "properties": properties, "geometry": shape}
        for properties, shape in features
    ]
    text = json.dumps(
        {"type": "FeatureCollection", "features": rows}, ensure_ascii=False, separators=(",", ":")
    )
    return f"{text}\n".encode()


def _write_readme(handout: Handout, files: Sequence[DataFile]) -> bytes:
    """List the files and what is released to whom; the only time in it is the handout's own."""
    audience = find_audience(handout.audience)
    lines = [
        handout.title,
        handout.plan_text,
        *([handout.warning] if handout.warning else []),
        handout.as_of_text,
        f"For: {audience.title}. {audience.never}",
        *([handout.anchor_text] if handout.anchor_text else []),
        "",
        "Files",
        *(f"  {file.name}  ({len(file.content):,} bytes)\n      {file.about}" for file in files),
        "",
        str(Message("data_readme.released")),
        *(f"  - {rule.title}" for rule in list_releases(FIELD_RELEASES, handout.audience)),
        *(f"  - Map: {rule.title}" for rule in list_releases(LAYER_RELEASES, handout.audience)),
        "",
        str(Message("data_readme.tables")),
        str(Message("data_readme.planning_aid")),
        *([handout.credit] if handout.credit else []),
    ]
    return "\r\n".join("\n".join(lines).split("\n")).encode() + b"\r\n"
