"""The table of candidates: one row for each plan that a search found."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from zoneplanner.analysis.districting.problem import PROVEN_GAP
from zoneplanner.analysis.measures.definitions import MEASURES
from zoneplanner.app.plans.candidates import (
    ScoredPlan,
    add_found_candidate,
    preview_candidate,
    replace_draft_zones,
    save_candidate_as_draft,
)
from zoneplanner.app.plans.optimization import make_unique_name
from zoneplanner.app.session.session import ProjectEdit
from zoneplanner.ui.plan.optimizer.search_progress import describe_candidate_figures
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_link_button,
    make_section_label,
)
from zoneplanner.ui.widgets.services.map_preview import MapPreview
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView


@dataclass(frozen=True, slots=True)
class _CandidateRow:
    """What the table shows of a candidate; ``place`` is where it is among all, from 0."""

    place: int
    run: int
    drive_min: float
    gap: float
    weighed: bool
    worst_deviation: float
    sites_moved: int
    students_moved: int
    like: str
    seconds: float
    tolerance: float


def _build_candidate_rows(found: Sequence[ScoredPlan]) -> list[_CandidateRow]:
    """Return a row for each candidate, in their order."""
    return [
        _CandidateRow(
            place=place,
            run=each.run,
            drive_min=each.drive_min,
            gap=each.proposal.gap,
            weighed=each.plan.proof is None,
            worst_deviation=each.worst_deviation,
            sites_moved=each.sites_moved,
            students_moved=each.students_moved,
            like=each.like,
            seconds=each.proposal.seconds,
            tolerance=each.plan.tolerance,
        )
        for place, each in enumerate(found)
    ]


def _format_gap(row: _CandidateRow) -> str:
    """Write a gap short: nothing where it is proven, a dash where it is not known yet."""
    if row.gap >= value_text.TOLD_GAP:
        return value_text.NO_VALUE
    return "0 %" if row.gap <= PROVEN_GAP else value_text.format_share(max(row.gap, 0.0005))


def _tip(row: _CandidateRow) -> str:
    counted = " Moves count in the gap." if row.weighed else ""
    like = f" Moves are counted from “{row.like}”." if row.like else ""
    return (
        f"Search {row.run}, tolerance ±{100 * row.tolerance:g} %, found after "
        f"{row.seconds:.1f} s. {value_text.summarize_proof(row.gap)}{counted}{like}"
    )


_CANDIDATE_COLUMNS = (
    Column("Drive", lambda row: row.drive_min, lambda row: value_text.format_number(row.drive_min),
           MEASURES["cost"].definition, figure=True, cell_tip=_tip),
    Column("Gap", lambda row: row.gap, _format_gap,
           "By how much a plan that keeps all rules could be better at most.", figure=True,
           cell_tip=_tip),
    Column("Worst", lambda row: abs(row.worst_deviation),
           lambda row: value_text.format_share(row.worst_deviation, signed=True),
           MEASURES["worst_deviation"].definition, figure=True, cell_tip=_tip),
    Column("Sites", lambda row: row.sites_moved,
           lambda row: value_text.format_number(row.sites_moved),
           "Sites that change their zone.", figure=True, cell_tip=_tip),
    Column("Students", lambda row: row.students_moved,
           lambda row: value_text.format_number(row.students_moved),
           "Students of the sites that change their zone.", figure=True, cell_tip=_tip),
)  # fmt: skip

_MOST_ROWS = 6
_CELL_PX = 18


class CandidateList(QWidget):
    """A row a plan that was found; a double click tries it on. ``kept`` tells that one was kept."""

    kept = Signal()

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._found: tuple[ScoredPlan, ...] = ()
        self.trial: MapPreview[ScoredPlan] = MapPreview(desk, self)
        self.table = TableModel(_CANDIDATE_COLUMNS, lambda row: row.place, self)
        self.sorted = SortFilterModel(self.table, self)
        self.view = _Short("Candidates", desk.icons)
        self.view.setModel(self.sorted)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.doubleClicked.connect(lambda _: self.try_on())
        self.view.opened.connect(lambda _: self.try_on())
        self.view.chosen.connect(lambda _: self._chosen())
        self.try_button = QPushButton("Try on")
        self.try_button.setCheckable(True)
        self.try_button.clicked.connect(self._toggle)
        self.new_button = QPushButton("Keep as new plan")
        self.new_button.clicked.connect(self.keep_as_new)
        self.replace_button = QPushButton("Replace this draft")
        self.replace_button.clicked.connect(self.replace)
        rows = make_column_layout(self, margin_px=0, spacing_px=SPACING_PX)
        head = QHBoxLayout()
        head.addWidget(make_section_label("Candidates"), 1)
        head.addWidget(make_link_button("Clear", self.clear))
        rows.addLayout(head)
        rows.addWidget(self.view)
        for buttons in ((self.try_button, self.new_button), (self.replace_button,)):
            line = QHBoxLayout()
            line.setSpacing(SPACING_PX)
            for button in buttons:
                button.setAutoDefault(False)
                line.addWidget(button)
            line.addStretch(1)
            rows.addLayout(line)
        self.trial.changed.connect(self._turned)
        desk.bridge.changed.connect(self._able)
        self._told = ""
        self._show()

    @property
    def found(self) -> tuple[ScoredPlan, ...]:
        """All candidates, the latest last."""
        return self._found

    @property
    def chosen(self) -> ScoredPlan | None:
        """The candidate of the row that is selected."""
        index = self.view.currentIndex()
        return self._found[self.sorted.row_of(index).place] if index.isValid() else None

    def add(self, candidate: ScoredPlan) -> None:
        """Take a candidate in; the latest one is selected until a person selects another."""
        latest = self.chosen is None or self.chosen is self._found[-1]
        self._found = add_found_candidate(self._found, candidate)
        self._show()
        if latest and self.trial.shown is None:
            self.view.select_key(len(self._found) - 1)
        self._able()

    def clear(self) -> None:
        """Throw all candidates away."""
        self.trial.clear()
        self._found = ()
        self._show()

    def try_on(self) -> None:
        """Show the selected candidate on the map."""
        chosen = self.chosen
        if chosen is not None:
            uid = self._desk.session.plan_uid
            self.trial.show(chosen, lambda project: preview_candidate(project, uid, chosen))

    def keep_as_new(self) -> None:
        """Keep the selected candidate as a draft of its own, as one step."""
        from zoneplanner.app.plans.optimization import FIRST_PLAN
        from zoneplanner.app.session.identity import new_uid

        candidate, session = self.trial.shown or self.chosen, self._desk.session
        if candidate is None:
            return
        self.trial.clear()
        name = make_unique_name(FIRST_PLAN, {plan.name for plan in session.project.plans.values()})
        uid, at = new_uid(), session.clock()
        label = f"Keep a candidate as “{name}”"
        self._keep(
            label, lambda project: save_candidate_as_draft(project, candidate, name, uid, at=at),
            f"The candidate is kept as “{name}”.",
        )  # fmt: skip

    def replace(self) -> None:
        """Give the draft on screen the zones of the selected candidate, as one step."""
        candidate, plan = self.trial.shown or self.chosen, self._desk.session.plan
        if candidate is None or plan is None:
            return
        self.trial.clear()
        self._keep(
            f"Replace “{plan.name}” by a candidate",
            lambda project: replace_draft_zones(project, plan.uid, candidate),
            f"“{plan.name}” has the candidate’s zones now.",
        )

    def _keep(self, label: str, edit: ProjectEdit, told: str) -> None:
        session = self._desk.session
        if self._desk.attempt(lambda: session.apply(label, edit)):
            self._desk.notices.show_notice(
                told, sign="done", offer="Undo", on_offer=self._desk.make_undo_of_latest()
            )
            self.kept.emit()

    def _show(self) -> None:
        rows = self.table.rowCount()
        self.table.show(_build_candidate_rows(self._found))
        self.view.make_room()
        if rows != self.table.rowCount():
            self.view.updateGeometry()
        self.setVisible(bool(self._found))
        self._able()

    def _chosen(self) -> None:
        """A trial follows the selection."""
        if self.trial.shown is not None and self.chosen is not self.trial.shown:
            self.try_on()
        self._able()

    def _toggle(self, on: bool) -> None:
        if on:
            self.try_on()
        else:
            self.trial.clear()
        self._able()

    def _turned(self, candidate: ScoredPlan | None) -> None:
        notices = self._desk.notices
        if candidate is not None:
            self._told = (
                f"On trial: {describe_candidate_figures(candidate)} Nothing is kept; Esc "
                "takes it off."
            )
            notices.show_notice(
                self._told, offer="Keep as new plan", on_offer=self.keep_as_new, stays=True
            )
        elif notices.text.text() == self._told:
            notices.hide()
        self._able()

    def _able(self, _event: object = None) -> None:
        some, plan = self.chosen is not None, self._desk.session.plan
        on = self.trial.shown is not None
        self.try_button.setChecked(on)
        self.try_button.setText("Take off" if on else "Try on")
        for button in (self.try_button, self.new_button):
            button.setEnabled(some)
        self.replace_button.setEnabled(some and plan is not None and plan.is_draft)
        self.replace_button.setToolTip(
            ""
            if plan is None or plan.is_draft
            else f"“{plan.name}” is not a draft; keep a new plan."
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """What cannot be taken off is not left on."""
        if not event.spontaneous():
            self.trial.clear()
        super().hideEvent(event)


class _Short(TableView):
    """A table as high as its rows, up to some."""

    def __init__(self, name: str, icons: object) -> None:
        super().__init__(name, icons)  # type: ignore[arg-type]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.horizontalHeader().setMinimumSectionSize(16)
        self.horizontalHeader().setSortIndicatorShown(False)
        self._needed_px = 0
        self.setStyleSheet(
            "QTableView::item { padding: 0 4px; } QHeaderView::section { padding: 4px 4px; }"
        )

    def make_room(self) -> None:
        """Widen the columns where they need it."""
        model, metrics = self.model(), self.fontMetrics()
        self._needed_px = 0
        for at in range(model.columnCount()):
            title = str(model.headerData(at, Qt.Orientation.Horizontal))
            cells = (model.index(row, at).data() for row in range(model.rowCount()))
            widest = max(metrics.horizontalAdvance(text) for text in (title, *cells))
            self.setColumnWidth(at, widest + _CELL_PX)
            self._needed_px += widest + _CELL_PX

    def sizeHint(self) -> QSize:
        """Ask for room for the rows, and for the scroll bar where the columns need one."""
        rows = min(self.model().rowCount(), _MOST_ROWS) if self.model() else 0
        head, bar = self.horizontalHeader(), self.horizontalScrollBar()
        height = head.sizeHint().height() + rows * self.verticalHeader().defaultSectionSize() + 4
        if self._needed_px > self.viewport().width():
            height += bar.sizeHint().height()
        return QSize(240, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need a scroll bar, or need it no longer."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Never shrink below the rows."""
        return QSize(0, self.sizeHint().height())
