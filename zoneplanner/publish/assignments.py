"""Who serves which site, as tables: the plan's own columns, and a directory for people."""

import csv
import io
from collections.abc import Iterable, Sequence

from zoneplanner.domain.cells import escape_formula
from zoneplanner.publish.audience import redact_for_audience
from zoneplanner.publish.cards import summarize_sites
from zoneplanner.publish.content import Handout

_PLAN_COLUMNS = ("site", "zone")
_DIRECTORY_COLUMNS = (
    *("id", "name", "level", "address", "phone", "jurisdiction", "zone", "unit", "agency"),
)


def encode_assignments_csv(handout: Handout) -> bytes:
    """Return ``site, zone`` of every assigned site, in the project's order."""
    zones = handout.plan.assignment
    rows = [(site, zones[site]) for site in handout.project.sites if site in zones]
    return _csv(_PLAN_COLUMNS, rows)


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
    return _csv(_DIRECTORY_COLUMNS, rows)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")
