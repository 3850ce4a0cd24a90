"""Readiness school by school: what each requirement stands at, late apart from not recorded."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from zoneplanner.app.readiness.requirements import format_requirement_name
from zoneplanner.domain.readiness.requirements import Requirement
from zoneplanner.ui.readiness.requirement_rows import (
    build_matrix_columns,
    build_site_standing_rows,
    list_matrix_kinds,
    rank_standing,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_READING = "Reading the log…"
_EMPTY = "This project has no patrolled schools yet."
_LEAST_PX = 20


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
        self._kinds: tuple[str, ...] = ()
        self.record = QToolButton(self.view.viewport())
        self.record.setText("Done…")
        self.record.setIcon(desk.icons("check"))
        self.record.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Enter does the same
        self.record.hide()
        self.record.clicked.connect(self._record_beside)
        self._beside: QPersistentModelIndex | None = None
        self.view.setMouseTracking(True)
        self.view.entered.connect(self._stand_beside)
        self.view.verticalScrollBar().valueChanged.connect(self.record.hide)
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
        self._kinds = list_matrix_kinds(found)
        self.record.hide()
        rows = build_site_standing_rows(found, self._desk.session)
        self.view.set_empty_text(_EMPTY)  # the map beside it offers to import them
        for part in (self.filter, self.counted):
            part.setVisible(bool(rows))
        self.show_rows(sorted(rows, key=rank_standing))

    def item_at(self, index: QModelIndex) -> Requirement | None:
        """Return the requirement of a cell that is still to be done, None where there is none."""
        if not index.isValid() or index.column() >= len(self._kinds):
            return None
        kind, row = self._kinds[index.column()], self.sorted.row_of(index)
        item: Requirement | None = row.worst_of(kind) if kind else None
        return item if item is not None and item.is_open else None

    def _stand_beside(self, index: QModelIndex) -> None:
        """Put the button at the right of the cell under the pointer that is still to be done."""
        item = self.item_at(index)
        self.record.setVisible(item is not None)
        if item is None:
            return
        self._beside = QPersistentModelIndex(index)
        words = (
            f"Done, record it: {format_requirement_name(item)}, {self.sorted.row_of(index).name}"
        )
        self.record.setToolTip(words)
        self.record.setAccessibleName(words)
        cell = self.view.visualRect(index)
        self.record.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        wide_px, room_px = self.record.sizeHint().width(), self.view.measure_free_px(index)
        if wide_px > room_px:  # a narrow cell has room for a check beside its day
            self.record.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            wide_px = min(self.record.sizeHint().width(), max(room_px, _LEAST_PX))
        self.record.setGeometry(cell.right() - wide_px + 1, cell.top(), wide_px, cell.height())
        self.record.raise_()

    def _record_beside(self) -> None:
        if self._beside is not None and self._beside.isValid():
            item = self.item_at(self.sorted.index(self._beside.row(), self._beside.column()))
            if item is not None:
                self._do(item)

    def _open(self, _key: object) -> None:
        """Open the form of the chosen cell, else of what is most urgent at the school."""
        row: Any = self.current_row()
        item = self.item_at(self.view.currentIndex()) or (row.most_urgent if row else None)
        if item is not None:
            self._do(item)
