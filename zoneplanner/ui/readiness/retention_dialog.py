"""How long records are kept, and which have passed that time; it reports and deletes nothing."""

from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from zoneplanner.app.readiness.rules import RETENTION_NOTE, RetentionStatus, compute_retention
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.ui.widgets.layout.basic_widgets import make_heading_label, make_wrapped_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView

_SIZE = (1040, 380)


class RetentionDialog(QDialog):
    """The report of what is due to go, by class of records."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Records to Keep")
        self.resize(*_SIZE)
        found = compute_retention(desk.session)
        passed = sum(kept.expired for kept in found)
        self.told = make_wrapped_label(
            f"{value_text.format_count(passed, 'entry has', 'entries have')} passed the time that "
            "they are "
            "kept."
            if passed
            else "No entry has passed the time that it is kept."
        )
        self.table = TableModel(_columns(desk.session.formats), lambda kept: kept.rule.name, self)
        self.view = TableView("Records to keep", desk.icons, empty="There are no rules.")
        self.view.setModel(SortFilterModel(self.table, self))
        self.table.show(found)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.fit_columns()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX)
        rows.setSpacing(SPACING_PX)
        rows.addWidget(make_heading_label("Records to Keep"))
        rows.addWidget(self.told)
        rows.addWidget(self.view, 1)
        rows.addWidget(
            make_wrapped_label(f"{RETENTION_NOTE} The years are set under Rules of Readiness.")
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        rows.addWidget(buttons)


def _columns(formats: LocaleFormats) -> tuple[Column, ...]:
    def first(kept: RetentionStatus) -> str:
        return formats.day(kept.first) if kept.first else value_text.NO_VALUE

    return (
        Column("Records", lambda kept: kept.rule.name, cell_tip=lambda kept: kept.rule.note),
        Column("Kept\nyears", lambda kept: kept.rule.years, figure=True),
        Column("Entries", lambda kept: kept.entries,
               lambda kept: value_text.format_number(kept.entries),
               figure=True),
        Column("The first", lambda kept: kept.first or date.max, first),
        Column("Passed\ntheir time", lambda kept: kept.expired,
               lambda kept: value_text.format_number(kept.expired),
               "Entries from before the day from which they are kept.", figure=True),
        Column("Kept from", lambda kept: kept.kept_from, lambda kept: formats.day(kept.kept_from)),
        Column("Written in", lambda kept: kept.rule.citation, cell_tip=lambda kept: kept.rule.note),
    )  # fmt: skip
