"""A user's own table of driving minutes: from, to, minutes; a hole is told and not filled in."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import RowResult, refuse_row
from zoneplanner.exchange.tables.text_table import (
    TextRow,
    TextTable,
    normalize_decimal,
    read_text_table,
)

_COLUMNS = ("from", "to", "minutes")
_MOST_MIN = 24 * 60.0


@dataclass(frozen=True, eq=False, slots=True)
class _TravelMinutes:
    """Minutes between the ``sites`` that a table names, origin row, shape (n, n).

    ``turned`` counts the pairs that were taken from the other direction.
    """

    sites: tuple[Site, ...]
    drive_min: FloatArray
    read: int
    taken: int
    turned: int
    refused: tuple[RowResult, ...]
    table: TextTable


def read_travel_minutes(
    path: Path,
    project: Project,
    *,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> _TravelMinutes:
    """Read a table of minutes between the sites of a project.

    A pair that only stands in the other direction is taken from there; a site to itself is 0 where
    the table leaves it out.

    Raises
    ------
    UserError
        The file is no such table, or lacks a pair of patrolled sites; the pairs are named.
    """
    table = read_text_table(path, known=_COLUMNS, needed=_COLUMNS, keep_off=keep_off, report=report)
    refused: list[RowResult] = []
    given: dict[tuple[str, str], float] = {}
    read = 0
    for row in table.rows():
        read += 1
        try:
            start, end, minutes = _parse_pair(row, project)
            if given.setdefault((start, end), minutes) != minutes:
                raise UserError("pair_twice", given=given[start, end])
        except UserError as error:
            refused.append(refuse_row(row.row, error.message))
    if not given:
        raise UserError("unreadable_file.no_minutes", file=path.name)
    named = {site for pair in given for site in pair} | {site.id for site in project.patrolled}
    sites = tuple(site for site in project.sites.values() if site.id in named)
    drive_min = np.full((len(sites), len(sites)), np.inf)
    index = {site.id: at for at, site in enumerate(sites)}
    for (start, end), minutes in given.items():
        drive_min[index[start], index[end]] = minutes
    diagonal = drive_min.diagonal()
    np.fill_diagonal(drive_min, np.where(np.isinf(diagonal), 0.0, diagonal))
    turned = np.isinf(drive_min) & np.isfinite(drive_min.T)
    drive_min = np.where(turned, drive_min.T, drive_min)
    _require_all_pairs(path.name, sites, drive_min)
    whole = np.isfinite(drive_min).all(axis=1) | np.array([site.patrolled for site in sites])
    kept = np.flatnonzero(whole)
    return _TravelMinutes(
        tuple(sites[at] for at in kept.tolist()),
        drive_min[np.ix_(kept, kept)],
        read,
        len(given),
        int(turned.sum()),
        tuple(refused),
        table,
    )


def _parse_pair(row: TextRow, project: Project) -> tuple[str, str, float]:
    if row.fault:
        raise UserError(row.fault)
    for name in _COLUMNS:
        if name not in row.cells:
            raise UserError("row_lacks_column", name=name)
    start, end = (project.site(row.cells[name]).id for name in ("from", "to"))
    text = row.cells["minutes"]
    try:
        minutes = float(normalize_decimal(text))
    except ValueError:
        raise UserError("not_minutes", text=text) from None
    if not 0 <= minutes <= _MOST_MIN:
        raise UserError("not_minutes.range", text=text, most=_MOST_MIN)
    return start, end, minutes


def _require_all_pairs(name: str, sites: tuple[Site, ...], drive_min: FloatArray) -> None:
    patrolled = np.array([site.patrolled for site in sites])
    missing = np.argwhere(np.isinf(drive_min) & patrolled[:, None] & patrolled).tolist()
    if not missing:
        return
    raise UserError(
        "unreadable_file.missing_pairs",
        file=name,
        missing=[[sites[a].id, sites[b].id] for a, b in missing],
        count=len(missing),
        pairs=[f"{sites[a].name} to {sites[b].name}" for a, b in missing],
    )
