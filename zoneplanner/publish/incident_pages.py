"""Incidents one by one, for those who may see them."""

from functools import partial
from zoneinfo import ZoneInfo

from zoneplanner.domain.journal import Incident
from zoneplanner.publish.content import Handout
from zoneplanner.publish.paper import FOOT_PT, MARGIN, SIZES, Page, Sheet
from zoneplanner.publish.paper_table import Column, Table, draw_table

COLUMNS = (
    Column("Received", 0.16),
    Column("School", 0.25, bold=True),
    Column("Type", 0.17),
    Column("Units", 0.09),
    Column("Response", 0.09, "right"),
    Column("Disposition", 0.09),
    Column("Note", 0.15),
)


def incident_pages(handout: Handout, period: str) -> list[Page]:
    """Return a table of the incidents that the audience may see; no page without any."""
    if not handout.incidents:
        return []
    rows = tuple(_row(handout, one) for one in handout.incidents)
    room = SIZES[handout.paper][1] - 2 * MARGIN - FOOT_PT - 64
    parts = Table(COLUMNS, rows, size=7).split(room, room)
    return [
        Page(partial(_page, table=part, period=period), "Incidents" if n == 0 else "")
        for n, part in enumerate(parts)
    ]


def _row(handout: Handout, one: Incident) -> tuple[str, ...]:
    received = one.received_at.astimezone(ZoneInfo(handout.project.time_zone))
    site = handout.project.sites.get(one.site or "")
    wait = (one.onscene_at - one.received_at).total_seconds() / 60 if one.onscene_at else None
    return (
        f"{received:%Y-%m-%d %H:%M}",
        site.name if site else "no school",
        one.type,
        ", ".join(one.units),
        f"{wait:.1f} min" if wait is not None else "–",
        one.disposition or "–",
        one.note,
    )


def _page(sheet: Sheet, *, table: Table, period: str) -> None:
    top = sheet.heading("Incidents of the period", f"{period} · law enforcement only")
    draw_table(sheet, table, top)
