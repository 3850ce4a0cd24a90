"""How long records are kept, which have passed that time, and what is done about it."""

from datetime import date

from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from zoneplanner.app.log.retention import RETENTION_NOTE, RetentionStatus, compute_retention
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.public_records import REMOVAL_SHAPE
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext, load_class
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_SIZE = (TABLE_PX, 460)
_NONE_EXPIRED = "No entry is past its retention period."


class RetentionDialog(TableDialog):
    """The report of what is due to go, by class of records."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        retention = compute_retention(desk.session)
        expired = format_count(sum(one.expired for one in retention), "entry is", "entries are")
        some = any(one.expired for one in retention)
        super().__init__(
            desk,
            "Record Retention",
            _columns(desk.session.formats),
            lambda one: one.rule.name,
            retention,
            about=WrappedLabel(
                f"{expired} past their retention period." if some else _NONE_EXPIRED
            ),
            empty="There are no rules.",
            size=_SIZE,
            parent=parent,
        )
        self.below.setText(f"{RETENTION_NOTE} The years are set under Readiness Rules.")
        may_dispose = desk.session.store.role.covers(REMOVAL_SHAPE.least_role)
        self.dispose_button = self._add_button("&Dispose…", desk, "record_history:Disposal")
        self.dispose_button.setEnabled(some and may_dispose)
        self.holds_button = self._add_button(
            "&Litigation holds…", desk, "public_records_dialogs:Holds"
        )
        self.requests_button = self._add_button(
            "&Records requests…", desk, "public_records_dialogs:Requests"
        )

    def _add_button(self, text: str, desk: UiContext, dialog: str) -> QPushButton:
        """Add a button that opens a dialog of the log beside this one."""

        def open_dialog() -> None:
            load_class(f"log.{dialog}Dialog")(desk, parent=self).ask()

        button = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
        button.clicked.connect(open_dialog)
        return button


def _columns(formats: LocaleFormats) -> tuple[Column, ...]:
    def first(kept: RetentionStatus) -> str:
        return formats.day(kept.first) if kept.first else value_text.NO_VALUE

    return (
        Column("Records", lambda kept: kept.rule.name, cell_tip=lambda kept: kept.rule.note),
        Column("Class", lambda kept: kept.rule.record_class,
               lambda kept: kept.rule.record_class.capitalize() or value_text.NO_VALUE,
               (
                   "From 5 CCR 16022 to 16025, as this program reads it; your records officer "
                   "decides."
               )),
        Column("Kept\nyears", lambda kept: kept.rule.years, figure=True),
        Column("Entries", lambda kept: kept.entries,
               lambda kept: value_text.format_number(kept.entries),
               figure=True),
        Column("First entry", lambda kept: kept.first or date.max, first),
        Column("Past\nretention", lambda kept: kept.expired,
               lambda kept: value_text.format_number(kept.expired),
               "Entries older than the retention period.", figure=True),
        Column("Kept from", lambda kept: kept.kept_from, lambda kept: formats.day(kept.kept_from)),
        Column("Source", lambda kept: kept.rule.citation, cell_tip=lambda kept: kept.rule.note),
    )  # fmt: skip
