"""The history of a record: who logged, corrected and voided it, and when."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from zoneplanner.app.record_history import RecordRevision, list_record_revisions
from zoneplanner.ui.kit import words
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.roles import KEY_ROLE
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.kit.theme import SPACING_PX, WIDE_MARGIN_PX
from zoneplanner.ui.kit.widgets import make_heading_label, make_muted_label, make_wrapped_label
from zoneplanner.ui.models.table import SortFilterModel, TableColumn, TableModel

_SIZE = (820, 360)


class RecordHistoryDialog(QDialog):
    """A row an entry; nothing in the log is ever overwritten.

    ``correct`` opens the form of the record by kind and uid, ``void`` asks why it is voided.
    """

    def __init__(
        self,
        desk: UiContext,
        uid: str,
        correct: Callable[[str, str], object],
        void: Callable[[str], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("History of a Record")
        self.resize(*_SIZE)
        session = desk.session
        steps = list_record_revisions(session, uid)
        columns = (
            TableColumn(
                "Number", lambda step: step.seq, tip="The entry’s number in the log.", figure=True
            ),
            TableColumn("What", lambda step: step.what),
            TableColumn(
                "Recorded",
                lambda step: step.recorded_at,
                lambda step: words.format_moment(step.recorded_at, session),
            ),
            TableColumn("By", lambda step: f"{step.actor}, {step.desk}"),
            TableColumn("Changes", _describe_changes, cell_tip=_describe_changes),
        )
        self.table = TableModel(columns, lambda step: step.seq, self)
        self.view = TableView("History of a record", desk.icons, empty="No entry is known.")
        self.view.setModel(SortFilterModel(self.table, self))
        self.table.show(steps)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.fit_columns()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX)
        rows.setSpacing(SPACING_PX)
        rows.addWidget(make_heading_label("History of a Record"))
        rows.addWidget(
            make_muted_label("Entries are never changed: a correction or a voiding is a new one.")
        )
        rows.addWidget(self.view, 1)
        self.whole = make_wrapped_label()
        rows.addWidget(self.whole)
        selected = self.view.selectionModel()
        selected.currentRowChanged.connect(lambda index, _: self._show(index.data(KEY_ROLE)))
        self.view.selectRow(0)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        record = session.store.record(uid)
        stands = bool(record) and record[-1].kind != "void"
        change = QDialogButtonBox.ButtonRole.ActionRole
        self.correct_button = buttons.addButton("Correct…", change)
        self.void_button = buttons.addButton("Void…", change)
        if stands:
            self.correct_button.clicked.connect(
                lambda: self._leave_for(lambda: correct(record[0].kind, record[0].uid))
            )
            self.void_button.clicked.connect(lambda: self._leave_for(lambda: void(record[0].uid)))
        for button in (self.correct_button, self.void_button):
            button.setEnabled(stands)
            button.setAutoDefault(False)
        rows.addWidget(buttons)

    def _leave_for(self, form: Callable[[], object]) -> None:
        """Close, and open a form in its place."""
        self.accept()
        form()

    def _show(self, seq: int) -> None:
        """Show the whole of an entry below the table, where a long one is not cut off."""
        step: RecordRevision = self.table.row(self.table.place(seq) or 0)
        self.whole.setText(f"Entry {seq:,}. {_describe_changes(step)}")


def _describe_changes(step: RecordRevision) -> str:
    return "; ".join(step.changes)
