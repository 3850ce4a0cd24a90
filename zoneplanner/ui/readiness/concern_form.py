"""Keep the clock of a concern report: its reference elsewhere, and when what was done."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.readiness.follow_up import ConcernReport
from zoneplanner.ui.widgets.inputs.forms import PrivacyCheckedField, make_site_box, read_chosen_site
from zoneplanner.ui.widgets.inputs.record_form import OptionalTimeField, RecordForm
from zoneplanner.ui.widgets.services.ui_context import UiContext

_NO_REFERENCE = "Fill in the reference number that the report has where it is kept."


class ConcernDialog(RecordForm):
    """A reference and a clock; there is no field for a text or a name."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        corrects: ConcernReport | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Concern Report" if corrects else "Concern Report"
        super().__init__(desk, "concern", title, corrects=corrects, parent=parent)
        project = desk.session.project
        self.set_about(
            f"{self.about.text()} Only the reference and the times. The report, its text and the "
            f"names in it stay where it was made.".strip()
        )
        self.reference = PrivacyCheckedField(
            QLineEdit(corrects.reference if corrects else ""), project
        )
        self.reference.field.setPlaceholderText("Such as C-2026-014")
        self.site = make_site_box(project, corrects.site if corrects else site_id)
        self.received = OptionalTimeField(
            desk, corrects.received_at if corrects else None, needed=True
        )
        self.acknowledged = OptionalTimeField(
            desk, corrects.acknowledged_at if corrects else None, needed=False
        )
        self.closed = OptionalTimeField(
            desk, corrects.closed_at if corrects else None, needed=False
        )
        for label, field in (
            ("Re&ference", self.reference),
            ("&Site", self.site),
            ("&Received", self.received),
            ("&Acknowledged", self.acknowledged),
            ("&Closed", self.closed),
        ):
            self.form.addRow(label, field)
        self.watch_fields()
        self.reference.setFocus()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        return {
            "reference": self.reference.text(),
            "site": read_chosen_site(self.site, ""),
            "received_at": self.received.text(),
            "acknowledged_at": self.acknowledged.text(),
            "closed_at": self.closed.text(),
        }

    def missing(self) -> str:
        """A concern needs its reference."""
        return "" if self.reference.text().strip() else _NO_REFERENCE
