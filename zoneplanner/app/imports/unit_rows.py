"""Merge the rows of several units into one call, and collect the stamps of each unit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from zoneplanner.app.imports.code_meanings import OTHER_UNITS, UNITS, ForeignTally
from zoneplanner.domain.log.journal import INCIDENT_STAMPS
from zoneplanner.domain.log.record_schema import parse_list
from zoneplanner.exchange.tables.text_table import TextRow

_ROWS_PER_REPORT = 10_000
SAME_CALL_TIME = timedelta(hours=36)
"""Calls with the same number that were received further apart are different calls."""

_CallKey = tuple[str, ...]

_TO_THE_MINUTE = len("2026-11-16T08:00")


def merge_unit_rows(
    rows: Iterable[TextRow], tally: ForeignTally, report: Callable[[int], None]
) -> Iterator[TextRow]:
    """Yield one row per call, with all units, the earliest stamps and the last clear.

    The tally gets each unit's stamps. Rows with the same number belong to one call if they were
    received within a day and a half; a later call with that number gets its day added. Rows without
    a number belong to one call if place, type and minute of receipt are the same.
    """
    calls: dict[_CallKey, TextRow] = {}
    rows_by_call: defaultdict[_CallKey, list[TextRow]] = defaultdict(list)
    others: list[TextRow] = []
    for count, row in enumerate(rows):
        if count % _ROWS_PER_REPORT == 0:
            report(count)
        if row.fault or row.elsewhere or row.left_out:
            others.append(row)
            continue
        call = row
        if uid := row.cells.get("uid"):
            call = _name_call(row, calls.get((uid,)))
            key: _CallKey = (call.cells["uid"],)
        else:
            received = row.cells.get("received_at", "")[:_TO_THE_MINUTE]
            key = (row.cells.get("site", ""), row.cells.get("type", ""), received)
        merged, call_rows = calls.setdefault(key, call), rows_by_call[key]
        if any(earlier.cells == call.cells for earlier in call_rows):
            tally.repeated[row.row] = merged.row
            continue
        if call_rows:
            tally.joined[row.row] = merged.row
            tally.unnumbered += not uid
            calls[key] = _merge(merged, call)
        call_rows.append(call)
    for call_rows in rows_by_call.values():
        if len(call_rows) > 1:
            tally.stamps[call_rows[0].row] = _collect_unit_stamps(call_rows)
    yield from others
    yield from calls.values()


def _collect_unit_stamps(rows: Iterable[TextRow]) -> dict[str, dict[str, str]]:
    """Return the times by unit and name from the rows with exactly one unit."""
    stamps: dict[str, dict[str, str]] = {}
    for row in rows:
        units = parse_list(row.cells.get(UNITS, ""))
        if len(units) == 1:
            of_unit = stamps.setdefault(units[0], {})
            of_unit |= _merge_stamps(INCIDENT_STAMPS[1:], of_unit, row.cells)
    return stamps


def _merge_stamps(names: Iterable[str], *rows: Mapping[str, str]) -> dict[str, str]:
    """Return the last clear and the earliest of each other time."""
    stamps: dict[str, str] = {}
    for name in names:
        times = [cells[name] for cells in rows if name in cells]
        if times:
            stamps[name] = max(times) if name == INCIDENT_STAMPS[-1] else min(times)
    return stamps


def _name_call(row: TextRow, earlier: TextRow | None) -> TextRow:
    """Return a row; its number gets its day if an earlier call with the number was days away."""
    if earlier is None or _is_same_call(earlier, row):
        return row
    uid = f"{row.cells['uid']} {row.cells.get('received_at', '')[:10]}"
    return row._replace(cells={**row.cells, "uid": uid})


def _is_same_call(one: TextRow, other: TextRow) -> bool:
    texts = (one.cells.get("received_at"), other.cells.get("received_at"))
    if None in texts:
        return True
    first, second = (datetime.fromisoformat(str(text)) for text in texts)
    return abs(first - second) <= SAME_CALL_TIME


def _drop_later_steps(cells: dict[str, str]) -> None:
    """Remove times of other units after the first arrival, and a clear before it.

    If the first unit on scene has no en-route time, a later unit's must not come after its arrival.
    """
    received, *steps, cleared = INCIDENT_STAMPS
    first = ""
    for name in reversed(steps):
        if name in cells and (
            cells[name] < cells.get(received, "") or (first and cells[name] > first)
        ):
            del cells[name]
        first = cells.get(name, first)
    last = max(cells.get(name, "") for name in INCIDENT_STAMPS[:-1])
    if cells.get(cleared, last) < last:
        del cells[cleared]


def _merge(one: TextRow, other: TextRow) -> TextRow:
    cells = {**other.cells, **one.cells, **_merge_stamps(INCIDENT_STAMPS, one.cells, other.cells)}
    for name in (UNITS, OTHER_UNITS):
        units = (unit for row in (one, other) for unit in parse_list(row.cells.get(name, "")))
        if joined := ";".join(dict.fromkeys(units)):
            cells[name] = joined
    _drop_later_steps(cells)
    repaired = tuple(dict.fromkeys((*one.repaired, *other.repaired)))
    return one._replace(cells=cells, repaired=repaired)
