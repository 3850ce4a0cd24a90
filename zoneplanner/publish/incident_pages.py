"""Incidents one by one, for those who may see them."""

from zoneinfo import ZoneInfo

from zoneplanner.domain.journal import Incident
from zoneplanner.publish.content import Handout
from zoneplanner.publish.paper import BookletPage
from zoneplanner.publish.paper_table import PrintedColumn, PrintedTable, paginate_table

_COLUMNS = (
    PrintedColumn("Received", 0.125),
    PrintedColumn("School", 0.255, bold=True, folded=True),
    PrintedColumn("Type", 0.13),
    PrintedColumn("Units", 0.07),
    PrintedColumn("Response", 0.085, "right"),
    PrintedColumn("Disposition", 0.115, folded=True),
    PrintedColumn("Note", 0.22, folded=True),
)


def _build_incident_pages(handout: Handout, period: str) -> list[BookletPage]:
    """Return a table of the incidents that the audience may see; no page without any."""
    if not handout.incidents:
        return []
    rows = tuple(_row(handout, one) for one in handout.incidents)
    return paginate_table(
        handout,
        PrintedTable(_COLUMNS, rows, size=7),
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
