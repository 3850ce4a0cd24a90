"""An agency's invoice beside our hours: which column is which, and what each line comes to."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QWidget

from zoneplanner.app.roster.invoices import (
    InvoiceFile,
    count_unapproved_lines,
    describe_review,
    read_invoice,
    reconcile_invoice,
    write_invoice_review,
)
from zoneplanner.domain.roster.invoices import InvoiceReview, InvoiceVerdict
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_matching import TARGET_COLUMNS, match_columns
from zoneplanner.messages import format_count
from zoneplanner.ui.shifts.hours_rows import INVOICE_COLUMNS, InvoiceRow, build_invoice_rows
from zoneplanner.ui.shifts.roster_actions import notify_file_written
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file, ask_new_file
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_INVOICES = "Tables (*.csv *.tsv *.txt *.xlsx)"
_SIZE = (TABLE_PX, 560)


class InvoiceColumnsForm(FormDialog):
    """Asks which column of an invoice is which, where its headings do not say so."""

    def __init__(
        self,
        columns: Sequence[str],
        then: Callable[[Mapping[str, str]], object],
        parent: QWidget | None,
    ) -> None:
        super().__init__("Invoice Columns", "Check invoice", self._go, parent)
        self.set_about("The headings do not show which column is which. Choose the columns here.")
        self._then = then
        likely = match_columns("invoices", columns)
        choices = {"": "Not in the file", **{column: column for column in columns}}
        self.fields: dict[str, ChoiceBox] = {}
        for target in TARGET_COLUMNS["invoices"]:
            box = make_choice_box(choices, likely.get(target.name, ""), target.words)
            self.fields[target.name] = self.add_field(target.words, box)

    def _go(self) -> None:
        chosen = {name: box.currentData() for name, box in self.fields.items()}
        for target in TARGET_COLUMNS["invoices"]:
            if target.needed and not chosen[target.name]:
                raise UserError("field_empty.invoice_column", column=target.words)
        self._then(chosen)


class InvoiceDialog(TableDialog):
    """What each line of an invoice comes to, the totals, and the file for the agency."""

    def __init__(
        self,
        desk: UiContext,
        invoice: InvoiceFile,
        review: InvoiceReview,
        parent: QWidget | None = None,
    ) -> None:
        def key(row: InvoiceRow) -> int:
            return row.key

        super().__init__(
            desk,
            f"Invoice {invoice.name}",
            INVOICE_COLUMNS,
            key,
            build_invoice_rows(desk.session, review),
            about=WrappedLabel(describe_review(review)),
            empty="The invoice has no lines.",
            size=_SIZE,
            parent=parent,
        )
        self._desk, self._invoice, self.review = desk, invoice, review
        self.below.setText(_describe_counts(review))
        self.only = QCheckBox("Only differences")
        self.only.toggled.connect(self._show_lines)
        self.buttons.addButton(self.only, QDialogButtonBox.ButtonRole.ResetRole)
        self.save = self.buttons.addButton("Save result…", QDialogButtonBox.ButtonRole.ActionRole)
        self.save.clicked.connect(lambda _=False: self._save())

    def _show_lines(self, only: bool) -> None:
        rows = build_invoice_rows(self._desk.session, self.review)
        shown = [row for row in rows if row.match.verdict is not InvoiceVerdict.MATCHES]
        self.table.show(shown if only else rows)

    def _save(self) -> None:
        place = Path(f"{Path(self._invoice.name).stem}-checked.xlsx")
        filters = "Workbooks (*.xlsx);;CSV (*.csv)"
        file = ask_new_file(self, "Save the Result", filters, place)
        if file is not None and self._desk.attempt(
            lambda: write_invoice_review(self._desk.session, self.review, file)
        ):
            notify_file_written(self._desk, file)


def ask_invoice(desk: UiContext, agency: str, parent: QWidget) -> None:
    """Ask for an invoice and show what it comes to; ``agency`` is whose it is, "" for any."""
    file = ask_file(parent, "Check an Invoice", _INVOICES)
    if file is not None:
        check_invoice(desk, file, agency, parent)


def check_invoice(
    desk: UiContext,
    file: Path,
    agency: str,
    parent: QWidget,
    columns: Mapping[str, str] | None = None,
) -> None:
    """Read an invoice beside the window and show what it comes to.

    Where its headings do not say which column is which, that is asked.
    """

    def done(invoice: InvoiceFile) -> None:
        def show() -> None:
            review = reconcile_invoice(desk.session, invoice, agency=agency)
            InvoiceDialog(desk, invoice, review, parent).open()

        desk.attempt(show)

    def failed(error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        if error.code == "no_column_matches" and columns is None:
            InvoiceColumnsForm(
                error.details["columns"],
                lambda chosen: check_invoice(desk, file, agency, parent, chosen),
                parent,
            ).ask()
        else:
            desk.show_problem(error)

    session = desk.session
    desk.jobs.run(
        f"Reading {file.name}",
        lambda report: read_invoice(session, file, columns=columns, report=report),
        on_done=done,
        on_failed=failed,
    )


def _describe_counts(review: InvoiceReview) -> str:
    counted = ", ".join(f"{verdict}: {n:,}" for verdict, n in review.counts.items())
    unapproved = count_unapproved_lines(review)
    more = (
        f" Not approved yet: {format_count(unapproved, 'line')} of our hours." if unapproved else ""
    )
    return f"{counted.capitalize()}.{more}"
