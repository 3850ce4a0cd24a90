"""How long records are kept, and which have passed that time; it reports and deletes nothing."""

from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from zoneplanner.app.retention import NOTE, Kept, retention
from zoneplanner.domain.formats import Formats
from zoneplanner.ui.kit import words
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.table_view import TableView
from zoneplanner.ui.kit.theme import GAP, WIDE
from zoneplanner.ui.kit.widgets import heading, wrapped
from zoneplanner.ui.models.table import Column, Sorted, Table

_SIZE = (1040, 380)


class RetentionDialog(QDialog):
    """The report of what is due to go, by class of records."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Records to Keep")
        self.resize(*_SIZE)
        found = retention(desk.session)
        passed = sum(kept.passed for kept in found)
        self.told = wrapped(
            f"{words.count(passed, 'entry has', 'entries have')} passed the time that they are "
            "kept."
            if passed
            else "No entry has passed the time that it is kept."
        )
        self.table = Table(_columns(desk.session.formats), lambda kept: kept.rule.name, self)
        self.view = TableView("Records to keep", desk.icons, empty="There are no rules.")
        self.view.setModel(Sorted(self.table, self))
        self.table.show(found)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.fit_columns()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        rows.setSpacing(GAP)
        rows.addWidget(heading("Records to Keep"))
        rows.addWidget(self.told)
        rows.addWidget(self.view, 1)
        rows.addWidget(wrapped(f"{NOTE} The years are set under Rules of Readiness."))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        rows.addWidget(buttons)


def _columns(formats: Formats) -> tuple[Column, ...]:
    def first(kept: Kept) -> str:
        return formats.day(kept.first) if kept.first else words.NONE

    return (
        Column("Records", lambda kept: kept.rule.name, cell_tip=lambda kept: kept.rule.note),
        Column("Kept\nyears", lambda kept: kept.rule.years, figure=True),
        Column("Entries", lambda kept: kept.entries, lambda kept: words.number(kept.entries),
               figure=True),
        Column("The first", lambda kept: kept.first or date.max, first),
        Column("Passed\ntheir time", lambda kept: kept.passed,
               lambda kept: words.number(kept.passed),
               "Entries from before the day from which they are kept.", figure=True),
        Column("Kept from", lambda kept: kept.kept_from, lambda kept: formats.day(kept.kept_from)),
        Column("Written in", lambda kept: kept.rule.citation, cell_tip=lambda kept: kept.rule.note),
    )  # fmt: skip
