"""A user's own table of driving minutes: from, to, minutes; missing pairs are an error."""

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
    """Minutes between the ``sites`` that a table names: shape (n, n), a row per origin.

    ``turned`` counts the pairs that are known only in the opposite direction.
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
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
) -> _TravelMinutes:
    """Read a table of minutes between the sites of a project.

    A pair that is only in the table in the opposite direction gets those minutes; a missing pair of
    a site with itself is 0.

    Raises
    ------
    UserError
        The file is not such a table, or lacks pairs of patrolled sites; the message names them.
    """
    table = read_text_table(
        path, known=_COLUMNS, needed=_COLUMNS, protected=protected, report=report
    )
    rejected: list[RowResult] = []
    minutes_by_pair: dict[tuple[str, str], float] = {}
    read = 0
    for row in table.rows():
        read += 1
        try:
            start, end, minutes = _parse_pair(row, project)
            if minutes_by_pair.setdefault((start, end), minutes) != minutes:
                raise UserError("pair_twice", given=minutes_by_pair[start, end])
        except UserError as error:
            rejected.append(refuse_row(row.row, error.to_message()))
    if not minutes_by_pair:
        raise UserError("unreadable_file.no_minutes", file=path.name)
    named = {site for pair in minutes_by_pair for site in pair}
    sites = tuple(site for site in project.sites.values() if site.id in named or site.patrolled)
    drive_min = np.full((len(sites), len(sites)), np.inf)
    indexes = {site.id: index for index, site in enumerate(sites)}
    for (start, end), minutes in minutes_by_pair.items():
        drive_min[indexes[start], indexes[end]] = minutes
    diagonal = drive_min.diagonal()
    np.fill_diagonal(drive_min, np.where(np.isinf(diagonal), 0.0, diagonal))
    turned = np.isinf(drive_min) & np.isfinite(drive_min.T)
    drive_min = np.where(turned, drive_min.T, drive_min)
    _require_all_pairs(path.name, sites, drive_min)
    complete = np.isfinite(drive_min).all(axis=1) | np.array([site.patrolled for site in sites])
    kept = np.flatnonzero(complete)
    return _TravelMinutes(
        tuple(sites[index] for index in kept.tolist()),
        drive_min[np.ix_(kept, kept)],
        read,
        len(minutes_by_pair),
        int(turned.sum()),
        tuple(rejected),
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
