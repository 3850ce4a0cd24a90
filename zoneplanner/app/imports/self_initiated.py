"""Rows of a dispatch export that nobody called for, such as patrol checks: visits, or calls.

A unit that reports its own round has one stamp for all until it clears. Taken as calls for service,
such rows make the demand too high and the response times too short; so each kind of them is asked.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from zoneplanner.app.log.patrol_checks import CALL_MEANING, TYPE, VISIT_MEANING
from zoneplanner.domain.log.record_schema import parse_list
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import TextRow

TYPE_MEANINGS = {VISIT_MEANING: "Visits, nobody called", CALL_MEANING: "Calls for service"}
_SAME_STAMPS = ("received_at", "dispatched_at", "onscene_at")
_PLACES = "patrol|ptl|area|school|campus|premises?|property|building|bldg|business|site|security"
_NAMES = re.compile(
    rf"\b((({_PLACES}) ?(checks?|chk|ck))|(extra|xtra|foot|directed|bike|school) ?(patrol|ptrl|ptl)"
    r"|community (contact|policing|engagement|relations)|self[ -]?init\w*|officer[ -]?init\w*"
    r"|walk ?-?(thru|through))\b",
    re.IGNORECASE,
)


def is_self_initiated(cells: Mapping[str, str]) -> bool:
    """Tell whether a row looks like one that nobody called for: by its type, or its stamps."""
    stamps = {cells.get(name) for name in _SAME_STAMPS}
    return bool(_NAMES.search(cells.get(TYPE, ""))) or (len(stamps) == 1 and None not in stamps)


@dataclass(slots=True)
class SelfInitiatedRows:
    """The rows of a table of calls that nobody called for, by what a person said of their type.

    ``asked`` are left out until somebody says; ``words`` counts their types. Visits ``of_others``
    are left out too: none of their units is ours.
    """

    meanings: Mapping[str, str]
    visits: list[TextRow] = field(default_factory=list)
    asked: list[RowResult] = field(default_factory=list)
    of_others: list[RowResult] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    def pass_calls(self, rows: Iterable[TextRow]) -> Iterator[TextRow]:
        """Yield the rows that are calls; the others are kept here."""
        for row in rows:
            if row.fault or row.elsewhere or row.left_out or not is_self_initiated(row.cells):
                yield row
                continue
            what = row.cells.get(TYPE, "")
            said = self.meanings.get(what.casefold(), "")
            others = row.cells.get("other_units", "")
            if said == VISIT_MEANING and others and "units" not in row.cells:
                why = f"A visit by {others}, not one of your units."
                self.of_others.append(RowResult(row.row, RowOutcome.LEFT_OUT, row.place, why))
            elif said == VISIT_MEANING:
                self.visits.append(_make_visit(row))
            elif said == CALL_MEANING or not what:
                self.calls += 1
                yield row
            else:
                self.words[what] += 1
                why = f"Is “{what}” a visit or a call?"
                self.asked.append(RowResult(row.row, RowOutcome.ASKED, row.place, why))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows are asked about, were taken as visits and as calls, or are of others."""
        return {
            "asked": len(self.asked),
            "visits": len(self.visits),
            "calls": self.calls,
            "of_others": len(self.of_others),
        }


def _make_visit(row: TextRow) -> TextRow:
    """Return a row of a call as one of a visit: from the arrival until it was cleared."""
    cells = row.cells
    said = {
        "uid": cells.get("uid"),
        "site": cells.get("site"),
        "unit": next(iter(parse_list(cells.get("units", ""))), None),
        "arrived_at": cells.get("onscene_at") or cells.get("received_at"),
        "departed_at": cells.get("cleared_at"),
    }
    return row._replace(cells={name: text for name, text in said.items() if text})
