"""Incidents one by one, for those who may see them."""

from zoneinfo import ZoneInfo

from zoneplanner.domain.journal import Incident
from zoneplanner.publish.content import Handout
from zoneplanner.publish.paper import Page
from zoneplanner.publish.paper_table import Column, Table, table_pages

_COLUMNS = (
    Column("Received", 0.125),
    Column("School", 0.255, bold=True, folded=True),
    Column("Type", 0.13),
    Column("Units", 0.07),
    Column("Response", 0.085, "right"),
    Column("Disposition", 0.115, folded=True),
    Column("Note", 0.22, folded=True),
)


def incident_pages(handout: Handout, period: str) -> list[Page]:
    """Return a table of the incidents that the audience may see; no page without any."""
    if not handout.incidents:
        return []
    rows = tuple(_row(handout, one) for one in handout.incidents)
    return table_pages(
        handout,
        Table(_COLUMNS, rows, size=7),
        "Incidents of the period",
        f"{period} · law enforcement only",
        bookmark="Incidents",
    )


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
