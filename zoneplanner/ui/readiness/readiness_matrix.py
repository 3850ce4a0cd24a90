"""Readiness school by school: what each requirement stands at, late apart from not recorded."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.ui.readiness.requirement_rows import (
    build_matrix_columns,
    build_site_standing_rows,
    rank_standing,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_READING = "Reading the log…"
_EMPTY = "This project has no patrolled schools yet."


class ReadinessMatrix(TablePanel):
    """A row a school, a column a requirement, the latest first; ``do`` opens a form."""

    def __init__(
        self, desk: UiContext, do: Callable[[Requirement], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            desk,
            (),
            lambda row: row.key,
            name="Readiness by school",
            empty=_READING,
            filter_name="Filter schools",
            filter_hint="Filter by school or zone…",
            noun="school",
            parent=parent,
        )
        self._do = do
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(240)
        self.lay_out((self.filter, 1), self.counted)
        self._titles: tuple[str, ...] = ()
        self.view.chosen.connect(lambda site: desk.bridge.select(site=site))
        self.view.opened.connect(self._open)
        self.refresh_on(desk.readiness.was_read, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the schools as they stand, read anew where they can differ."""
        found = self._desk.readiness.request()
        if found is None:
            return
        columns = build_matrix_columns(found, self._desk.session.formats)
        titles = tuple(column.title for column in columns)
        if titles != self._titles:
            old, self._titles = (self.sorted, self.table), titles
            self.show_columns(columns)
            self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
            for model in old:
                model.deleteLater()
        else:
            self.table.columns = columns  # days late are counted from the day it was read on
        rows = build_site_standing_rows(found, self._desk.session)
        offer = self._desk.actions["import"]
        self.view.set_empty_text(_EMPTY, offer.text(), offer.trigger)
        self.show_rows(sorted(rows, key=rank_standing))

    def _open(self, _key: object) -> None:
        """Open the form of what is most urgent at the chosen school."""
        row: Any = self.current_row()
        if row is not None and row.most_urgent is not None:
            self._do(row.most_urgent)
