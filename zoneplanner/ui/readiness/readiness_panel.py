"""Readiness at a glance: the year's figures, and the ways to log what was done.

Readiness school by school: what each requirement stands at, late apart from not recorded.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.analysis.coverage.readiness_figures import name_readiness_figure
from zoneplanner.app.readiness.requirements import format_requirement_name
from zoneplanner.domain.log.record_schema import list_record_groups
from zoneplanner.domain.readiness.requirements import DRILL, REVIEW, Requirement
from zoneplanner.ui.readiness.requirement_rows import (
    build_matrix_columns,
    build_site_standing_rows,
    group_open_requirements,
    list_matrix_kinds,
    rank_standing,
    summarize_requirements,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    FactRows,
    LazyPanel,
    WrappedLabel,
    make_column_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_LOGGED = ("log_review", "log_after_action", "log_concern")
_KEPT = ("due_calendar", "rule_choices", "own_rule", "install_rules", "save_rules")
_REVIEWED_SHARE, _DRILLS = "plans_reviewed_share", "drills_"
_READING = "Reading the log…"
_MOST_GROUPS = 6


class ReadinessPanel(LazyPanel):
    """What is open, and the figures of the year so far, each with its n and definition on hover.

    A figure of which nothing can be said yet is left out.
    """

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.title = make_heading_label("Readiness")
        self.summary, self.groups = WrappedLabel(_READING), WrappedLabel()
        self.groups.setAccessibleName("What is open")
        self.figures: FactRows | None = None
        self.groups.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._beside = make_row_layout((self.groups, 1))
        drill = ActionButton(desk.actions["log_drill"])
        more = QToolButton()
        more.setText("More")
        more.setAccessibleName("More to log, and the rules")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        menu.addActions([desk.actions[name] for name in _LOGGED])
        for group, kinds in list_record_groups().items():
            own = menu.addMenu(group)
            own.addActions([desk.actions[f"log_{kind}"] for kind in kinds])
        menu.addSeparator()
        menu.addActions([desk.actions[name] for name in _KEPT])
        more.setMenu(menu)
        acts = make_row_layout(drill, more, None, make_muted_label("Not legal advice."))
        make_column_layout(self, self.title, self.summary, self._beside, acts)
        self.refresh_on(desk.readiness.was_read, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the figures as they are known, and have them read anew where they can differ."""
        found = self._desk.readiness.request()
        if found is None:
            return

        self.title.setText(f"Readiness, school year {found.year.name}")
        self.summary.setText(summarize_requirements(found))
        groups = group_open_requirements(found)
        more = [f"and {len(groups) - _MOST_GROUPS} more"] if len(groups) > _MOST_GROUPS else []
        self.groups.setText("\n".join([*groups[:_MOST_GROUPS], *more]))
        names = {name: name_readiness_figure(name) for name in found.figures}
        tips = {name: _tip(one) for name, one in found.figures.items()}
        if self.figures is not None:
            self._beside.removeWidget(self.figures)
            self.figures.deleteLater()
        self.figures = FactRows(names, tips)
        self.figures.hold_lines()
        for name, one in found.figures.items():
            kind = REVIEW if name == _REVIEWED_SHARE else DRILL
            counted = name == _REVIEWED_SHARE or name.startswith(_DRILLS)
            if counted and kind not in found.recorded_kinds:
                text = ""  # what is open says it, beside this
            elif one.value is None:
                text = (one.n and one.why) or ""
            elif name.endswith("_share"):
                text = f"{value_text.format_share(one.value, 0)} of {one.n:,}"
            else:
                text = f"{value_text.format_number(one.value, 0)} days (from {one.n:,})"
            self.figures.set_value(name, text)
        self._beside.addWidget(self.figures, 1, Qt.AlignmentFlag.AlignTop)
        self.figures.setVisible(any(self.figures.value(name) for name in names))


def _tip(figure: Figure) -> str:
    why = f" Not shown: {figure.why}." if figure.value is None else ""
    return f"{figure.definition} n = {figure.n}.{why}"


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
        words = f"Record as done: {format_requirement_name(item)}, {self.sorted.row_of(index).name}"
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
