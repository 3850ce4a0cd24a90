"""Keep the clock of a concern report: its reference elsewhere, and when what was done."""

from PySide6.QtWidgets import QWidget

from zoneplanner.domain.readiness.follow_up import ConcernReport
from zoneplanner.ui.widgets.inputs.record_form import OptionalTimeField, RecordForm
from zoneplanner.ui.widgets.inputs.site_box import make_site_box
from zoneplanner.ui.widgets.services.ui_context import UiContext

_TIMES = {
    "received_at": "&Received",
    "acknowledged_at": "&Acknowledged",
    "closed_at": "&Closed",
}
_NO_REFERENCE = "Enter the reference number of the report."


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
        self.set_about(
            f"{self.about.text()} Enter only the reference and the times. The report, its text "
            "and the names in it stay where it was made.".strip()
        )
        site = make_site_box(desk.session.project, self.recorded("site", site_id))
        self.site = self.add("site", "&Site", site)
        self.reference = self.add(
            "reference",
            "Re&ference",
            self.make_text_field("reference", "Such as C-2026-014"),
            needed=_NO_REFERENCE,
        )
        self.received, self.acknowledged, self.closed = (
            self.add(
                column,
                label,
                OptionalTimeField(desk, self.recorded(column), needed=column == "received_at"),
            )
            for column, label in _TIMES.items()
        )
        self.watch_fields(self.reference)
