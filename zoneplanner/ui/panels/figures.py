"""Figures of the plan: before, after, difference, of the last step or of the gesture under way."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QWidget

from zoneplanner.app.listeners import SessionChange
from zoneplanner.app.reading import ProjectState, derive_state
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.kit.widgets import make_column_layout, make_muted_label, make_section_label
from zoneplanner.ui.kit.words import summarize_proof
from zoneplanner.ui.models.figures import FIGURE_COLUMNS, build_figure_rows, summarize_moves
from zoneplanner.ui.models.table import TableModel

_CHANGE = 2
_PADDING_PX = 18


class PlanFiguresPanel(QWidget):
    """A row a figure; the zones that the change touched come last."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._step_before: ProjectState | None = None
        self._start: ProjectState | None = None
        rows = make_column_layout(self)
        self.title = make_section_label("")
        self.title.setWordWrap(True)
        rows.addWidget(self.title)
        self.against = ChoiceBox()
        self.against.setAccessibleName("Compare with")
        self.against.addItem("Compared with the step before", "step")
        self.against.addItem("Compared with the plan in force", "force")
        self.against.currentIndexChanged.connect(lambda _: self._refresh())
        rows.addWidget(self.against)
        self.table = TableModel(FIGURE_COLUMNS, lambda row: row.name, self)
        self.view = _Short("Figures before and after", desk.icons)
        self.view.setModel(self.table)
        head = self.view.horizontalHeader()
        head.setStretchLastSection(False)
        head.setMinimumSectionSize(24)
        head.setDefaultSectionSize(24)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        rows.addWidget(self.view)
        self.moved = make_muted_label()
        self.proof = make_muted_label()
        self.proof.setToolTip(
            "A search found this plan and showed how much better any plan that keeps all rules "
            "could be. Load is planned visits and expected calls, in minutes a day."
        )
        rows.addWidget(self.moved)
        rows.addWidget(self.proof)
        rows.addStretch(1)
        desk.bridge.changed.connect(self._step)
        desk.bridge.previewed.connect(self._gesture)
        self._refresh()

    def _step(self, event: SessionChange) -> None:
        cancelled = self._start is event.after
        self._start = None
        if not cancelled and event.before is not event.after:
            self.view.least_rows = 0
            old, new = event.before.plan, event.after.plan
            follows = old is not None and new is not None and old.uid in (new.uid, new.parent)
            self._step_before = event.before if follows else None
        self._refresh()

    def _gesture(self, event: SessionChange) -> None:
        if self._start is None:
            self._start = event.before
        self._refresh()
        self.view.least_rows = max(self.view.least_rows, self.table.rowCount())

    def _refresh(self) -> None:
        after = self._desk.session.reading
        before = self._before()
        name = after.plan.name if after.plan else ""
        self.title.setText(f"Figures of “{name}”" if name else "Figures of the plan")
        self.table.show(build_figure_rows(before, after))
        if self.view.isColumnHidden(_CHANGE) is not (before is None):
            self.view.setColumnHidden(_CHANGE, before is None)
        self.view.make_room()
        self.view.setVisible(after.plan is not None)
        empty = "" if after.plan else "No plan yet. Propose zones to see its figures."
        moved = summarize_moves(before, after) or empty
        self.moved.setText(moved)
        self.moved.setVisible(bool(moved or self.view.least_rows))
        proof = after.proof
        text = summarize_proof(proof.gap) if proof else ""
        self.proof.setText(text)
        self.proof.setVisible(bool(text))

    def _before(self) -> ProjectState | None:
        if self.against.currentData() == "step":
            return self._start or self._step_before
        session = self._desk.session
        plan = session.project.plan_in_force(session.today)
        return derive_state(session.project, plan, session.reading) if plan else None


class _Short(TableView):
    """A table as high as its rows, and no less than ``least_rows``.

    A gesture may take rows away and bring them back at each frame: the room stays meanwhile, so
    that nothing below it moves.
    """

    def __init__(self, name: str, icons: object) -> None:
        super().__init__(name, icons)  # type: ignore[arg-type]
        self.least_rows = self._high = 0
        self.setSortingEnabled(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def make_room(self) -> None:
        """Widen the columns of figures where they need it; they never shrink under the hand."""
        model, metrics = self.model(), self.fontMetrics()
        for at in range(1, model.columnCount()):
            title = model.headerData(at, Qt.Orientation.Horizontal)
            cells = (model.index(row, at).data() for row in range(model.rowCount()))
            width = max(metrics.horizontalAdvance(text) for text in (title, *cells)) + _PADDING_PX
            if width > self.columnWidth(at):
                self.setColumnWidth(at, width)
        rows = max(model.rowCount(), self.least_rows)
        if rows != self._high:
            self._high = rows
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Ask for room for all rows."""
        height = self.horizontalHeader().sizeHint().height()
        return QSize(240, height + self._high * self.verticalHeader().defaultSectionSize() + 2)

    def minimumSizeHint(self) -> QSize:
        """Never shrink below the rows."""
        return QSize(0, self.sizeHint().height())
