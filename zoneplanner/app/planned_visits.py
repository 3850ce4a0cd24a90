"""The visits that were planned ahead and have not begun, kept up to date entry by entry."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from zoneplanner.domain.journal import Visit
from zoneplanner.domain.records import read_visits
from zoneplanner.domain.visit_rule import PLANNED_VISIT_STATUSES

if TYPE_CHECKING:
    from zoneplanner.domain.visit_plan import VisitRule
    from zoneplanner.storage import Store


class PlannedVisitIndex:
    """The journal is looked through once, from the first moment asked for; then what is new."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._since: datetime | None = None
        self._seq = 0
        self._uids: set[str] = set()

    def near(self, first: datetime, last: datetime, rule: "VisitRule") -> tuple[Visit, ...]:
        """Return those that a visit may take up which begins from ``first`` to ``last``."""
        since = first - timedelta(minutes=rule.late_min)
        until = last + timedelta(minutes=rule.early_min)
        return self.between(since, until + timedelta(seconds=1))

    def between(self, since: datetime, until: datetime) -> tuple[Visit, ...]:
        """Return those planned for a time from ``since`` to before ``until``, as they stand."""
        if self._since is None or since < self._since:
            self._since, self._seq, self._uids = since, 0, set()
        head = self._store.head().entries
        new = self._store.entries(
            kinds=("visit",), after_seq=self._seq, since=self._since, status=PLANNED_VISIT_STATUSES
        )
        self._uids |= {entry.uid for entry in new}
        self._seq = head
        stand = {one.uid: one for uid in self._uids for one in read_visits(self._store.record(uid))}
        return tuple(
            one
            for one in stand.values()
            if one.status in PLANNED_VISIT_STATUSES and since <= one.arrived_at < until
        )
