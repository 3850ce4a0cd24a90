"""Rows of several units as one call: what each unit stamped, and the times of the call."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from zoneplanner.app.imports.code_meanings import OTHER_UNITS, UNITS, ForeignTally
from zoneplanner.domain.log.journal import INCIDENT_STAMPS
from zoneplanner.domain.log.record_schema import parse_list
from zoneplanner.exchange.tables.text_table import TextRow

_ROWS_PER_REPORT = 10_000
SAME_CALL_TIME = timedelta(hours=36)
"""Calls of one number that were received farther apart are different calls."""

_CallKey = tuple[str, ...]

_TO_THE_MINUTE = len("2026-11-16T08:00")


def merge_unit_rows(
    rows: Iterable[TextRow], tally: ForeignTally, report: Callable[[int], None]
) -> Iterator[TextRow]:
    """Yield one row for each call: of several units the earliest stamps, the last clear, all units.

    What each unit stamped stays in the tally. Rows of one number belong together where they were
    received within a day and a half; the same number later is another call, named with its day.
    Rows without a number are of one call where place, kind and the minute of receipt are the same.
    """
    calls: dict[_CallKey, TextRow] = {}
    rows_of: defaultdict[_CallKey, list[TextRow]] = defaultdict(list)
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
        first, own = calls.setdefault(key, call), rows_of[key]
        if any(one.cells == call.cells for one in own):
            tally.doubles[row.row] = first.row
            continue
        if own:
            tally.joined[row.row] = first.row
            tally.unnumbered += not uid
            calls[key] = _merge(first, call)
        own.append(call)
    for own in rows_of.values():
        if len(own) > 1:
            tally.stamps[own[0].row] = _collect_unit_stamps(own)
    yield from others
    yield from calls.values()


def _collect_unit_stamps(rows: Iterable[TextRow]) -> dict[str, dict[str, str]]:
    """Return the times of each unit by name, of rows that are of one unit each."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        units = parse_list(row.cells.get(UNITS, ""))
        if len(units) != 1:
            continue
        own = found.setdefault(units[0], {})
        for name in INCIDENT_STAMPS[1:]:
            said = [cells[name] for cells in (own, row.cells) if name in cells]
            if said:
                own[name] = max(said) if name == INCIDENT_STAMPS[-1] else min(said)
    return found


def _name_call(row: TextRow, earlier: TextRow | None) -> TextRow:
    """Return a row, with its day in its number where an earlier call of that was days away."""
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
    """Take out what another unit did after the first arrival, and a clear before it.

    That the first unit there lacks its en route is no reason to doubt its arrival.
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
    cells = {**other.cells, **one.cells}
    for name in INCIDENT_STAMPS:
        said = [row.cells[name] for row in (one, other) if name in row.cells]
        if said:
            cells[name] = max(said) if name == INCIDENT_STAMPS[-1] else min(said)
    for name in (UNITS, OTHER_UNITS):
        units = (unit for row in (one, other) for unit in parse_list(row.cells.get(name, "")))
        if joined := ";".join(dict.fromkeys(units)):
            cells[name] = joined
    _drop_later_steps(cells)
    repaired = tuple(dict.fromkeys((*one.repaired, *other.repaired)))
    return one._replace(cells=cells, repaired=repaired)
