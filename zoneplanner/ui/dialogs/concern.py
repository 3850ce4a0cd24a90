"""Keep the clock of a concern report: its reference elsewhere, and when what was done."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.logbook import log_columns
from zoneplanner.domain.clock import utc_text
from zoneplanner.domain.follow_up import Concern
from zoneplanner.ui.dialogs.incident import StampField
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form, chosen_site, site_box
from zoneplanner.ui.kit.privacy_hint import Watched


class ConcernDialog(Form):
    """A reference and a clock; there is no field for a text or a name."""

    def __init__(
        self,
        desk: Desk,
        site_id: str | None,
        *,
        corrects: Concern | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Concern Report", "Log it", self._log, parent)
        self._desk, self._corrects = desk, corrects
        project = desk.session.project
        self.say(
            "Only the reference and the times. The report, its text and the names in it stay "
            "where it was made."
        )
        self.reference = Watched(QLineEdit(corrects.reference if corrects else ""), project)
        self.reference.field.setPlaceholderText("Such as C-2026-014")
        self.site = site_box(project, corrects.site if corrects else site_id)
        self.received = StampField(desk, corrects.received_at if corrects else None, needed=True)
        self.acknowledged = StampField(
            desk, corrects.acknowledged_at if corrects else None, needed=False
        )
        self.closed = StampField(desk, corrects.closed_at if corrects else None, needed=False)
        for label, field in (
            ("Re&ference", self.reference),
            ("&Site", self.site),
            ("&Received", self.received),
            ("&Acknowledged", self.acknowledged),
            ("&Closed", self.closed),
        ):
            self.form.addRow(label, field)
        self.reference.setFocus()

    def _log(self) -> None:
        columns = {
            "reference": self.reference.text(),
            "site": chosen_site(self.site, "") or "",
            "received_at": self.received.text(),
            "acknowledged_at": self.acknowledged.text(),
            "closed_at": self.closed.text(),
        }
        if self._corrects is not None:
            columns["supersedes"] = self._corrects.uid
        elif not columns["received_at"]:
            columns["received_at"] = utc_text(self.received.time.moment())
        log_columns(self._desk.session, "concern", columns)
