"""Check an agency's invoice against our hours: choose its columns, and show each line's result."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
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
from zoneplanner.messages import format_count, say_all
from zoneplanner.ui.shifts.hours_rows import INVOICE_COLUMNS, build_invoice_rows
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
    """Asks for the columns of an invoice whose headings do not identify them."""

    def __init__(
        self,
        columns: Sequence[str],
        check: Callable[[Mapping[str, str]], object],
        parent: QWidget | None,
    ) -> None:
        super().__init__("Invoice Columns", "Check invoice", self._check, parent)
        self.set_about("The headings do not show which column is which. Choose the columns here.")
        self._check_invoice = check
        likely = match_columns("invoices", columns)
        choices = {"": "Not in the file", **{column: column for column in columns}}
        self.fields: dict[str, ChoiceBox] = {}
        for target in TARGET_COLUMNS["invoices"]:
            box = make_choice_box(choices, likely.get(target.name, ""), target.title)
            self.fields[target.name] = self.add_field(target.title, box)

    def _check(self) -> None:
        columns = {name: box.currentData() for name, box in self.fields.items()}
        for target in TARGET_COLUMNS["invoices"]:
            if target.needed and not columns[target.name]:
                raise UserError("field_empty.invoice_column", column=target.title)
        self._check_invoice(columns)


class InvoiceDialog(TableDialog):
    """Shows the result of each line of an invoice and the totals, and saves them."""

    def __init__(
        self,
        desk: UiContext,
        invoice: InvoiceFile,
        review: InvoiceReview,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            desk,
            f"Invoice {invoice.name}",
            INVOICE_COLUMNS,
            lambda row: row.key,
            build_invoice_rows(desk.session, review),
            about=WrappedLabel(say_all(describe_review(review))),
            empty="The invoice has no lines.",
            size=_SIZE,
            parent=parent,
        )
        self._desk, self._invoice, self.review = desk, invoice, review
        self.below.setText(_describe_counts(review))
        self.only = QCheckBox("Only differences")
        self.only.toggled.connect(self._show_lines)
        self.buttons.addButton(self.only, QDialogButtonBox.ButtonRole.ResetRole)
        self.save = self.add_button("Save result…", self._save)

    def _show_lines(self, only_differences: bool) -> None:
        rows = build_invoice_rows(self._desk.session, self.review)
        if only_differences:
            rows = [row for row in rows if row.match.verdict is not InvoiceVerdict.MATCHES]
        self.table.show(rows)

    def _save(self) -> None:
        suggested = Path(f"{Path(self._invoice.name).stem}-checked.xlsx")
        filters = "Workbooks (*.xlsx);;CSV (*.csv)"
        file = ask_new_file(self, "Save the Result", filters, suggested)
        if file is not None and self._desk.attempt(
            lambda: write_invoice_review(self._desk.session, self.review, file)
        ):
            notify_file_written(self._desk, file)


def ask_invoice(desk: UiContext, agency: str, parent: QWidget) -> None:
    """Ask for the file of an invoice and check it; ``agency`` is "" if any may have sent it."""
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
    """Read an invoice in the background and show the result, asking for its columns if needed."""

    def show_review(invoice: InvoiceFile) -> None:
        review = reconcile_invoice(desk.session, invoice, agency=agency)
        InvoiceDialog(desk, invoice, review, parent).open()

    def finish(invoice: InvoiceFile) -> None:
        desk.attempt(partial(show_review, invoice))

    def handle_error(error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        if error.code == "no_column_matches" and columns is None:
            check = partial(check_invoice, desk, file, agency, parent)
            InvoiceColumnsForm(error.details["columns"], check, parent).ask()
        else:
            desk.show_problem(error)

    session = desk.session
    desk.jobs.run(
        f"Reading {file.name}",
        lambda report: read_invoice(session, file, columns=columns, report=report),
        on_done=finish,
        on_failed=handle_error,
    )


def _describe_counts(review: InvoiceReview) -> str:
    counts = ", ".join(f"{verdict}: {n:,}" for verdict, n in review.counts.items())
    text = f"{counts.capitalize()}."
    if unapproved := count_unapproved_lines(review):
        text += f" Not approved yet: {format_count(unapproved, 'line')} of our hours."
    return text
