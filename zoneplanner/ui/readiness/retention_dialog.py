"""The dialog on record retention: how long records are kept, and which are past that time."""

from datetime import date
from functools import partial

from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.retention import RETENTION_NOTE, RetentionStatus, compute_retention
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.public_records import REMOVAL_SHAPE
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog


class RetentionDialog(TableDialog):
    """One row per class of records, with buttons for disposal, holds and requests."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        retention = compute_retention(desk.session)
        expired = sum(row.expired for row in retention)
        entries = format_count(expired, "entry is", "entries are")
        super().__init__(
            desk,
            "Record Retention",
            _build_columns(desk.session.formats),
            lambda row: row.rule.name,
            retention,
            about=WrappedLabel(
                f"{entries} past their retention period."
                if expired
                else "No entry is past its retention period."
            ),
            empty="There are no rules.",
            size=(TABLE_PX, 460),
            parent=parent,
        )
        self.below.setText(f"{RETENTION_NOTE} The years are set under Readiness Rules.")
        may_dispose = desk.session.store.role.covers(REMOVAL_SHAPE.least_role)
        self.dispose_button, self.holds_button, _ = (
            self.add_button(text, partial(desk.ask, dialog, parent=self))
            for text, dialog in (
                ("&Dispose…", "log.record_history:DisposalDialog"),
                ("&Litigation holds…", "log.public_records_dialogs:HoldsDialog"),
                ("&Records requests…", "log.public_records_dialogs:RequestsDialog"),
            )
        )
        self.dispose_button.setEnabled(bool(expired) and may_dispose)


def _build_columns(formats: LocaleFormats) -> tuple[Column, ...]:
    def write_first(row: RetentionStatus) -> str:
        return formats.day(row.first) if row.first else value_text.NO_VALUE

    return (
        Column("Records", lambda row: row.rule.name, cell_tip=lambda row: row.rule.note),
        Column("Class", lambda row: row.rule.record_class,
               lambda row: row.rule.record_class.capitalize() or value_text.NO_VALUE,
               "From 5 CCR 16022 to 16025, as this program reads it; your records officer "
               "decides."),
        Column("Kept\nyears", lambda row: row.rule.years, figure=True),
        Column("Entries", lambda row: row.entries,
               lambda row: value_text.format_number(row.entries), figure=True),
        Column("First entry", lambda row: row.first or date.max, write_first),
        Column("Past\nretention", lambda row: row.expired,
               lambda row: value_text.format_number(row.expired),
               "Entries older than the retention period.", figure=True),
        Column("Kept from", lambda row: row.kept_from, lambda row: formats.day(row.kept_from)),
        Column("Source", lambda row: row.rule.citation, cell_tip=lambda row: row.rule.note),
    )  # fmt: skip
