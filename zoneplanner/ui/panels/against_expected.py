"""What was observed against what the plan expects, in sentences with their intervals."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from zoneplanner.app.observed import board, verdicts
from zoneplanner.app.reading import read_plan_in_force
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.lively import LivelyPanel
from zoneplanner.ui.kit.theme import GAP
from zoneplanner.ui.kit.widgets import column, empty_layout, muted, section, wrapped
from zoneplanner.ui.models.period import Period

NOTHING = "No call has been logged yet, so there is nothing to compare."
_HOW = (
    "The interval holds the true value in 95 of 100 cases. Expected is what the response model "
    "makes of the plan in force and its assumptions; it leaves out the wait for a dispatcher."
)


class AgainstExpected(LivelyPanel):
    """One sentence a figure; where too little is logged it says so instead of judging."""

    def __init__(self, desk: Desk, period: Period, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._period = desk, period
        self._labels: list[QLabel] = []
        rows = column(self)
        rows.addWidget(section("Observed against expected"))
        self.lines = QVBoxLayout()
        self.lines.setSpacing(GAP)
        rows.addLayout(self.lines)
        rows.addWidget(muted(_HOW))
        rows.addStretch(1)
        period.changed.connect(self.renew)
        desk.bridge.logged.connect(self.renew)
        desk.bridge.changed.connect(self.renew)

    @property
    def told(self) -> list[str]:
        """The sentences that are shown."""
        return [label.text() for label in self._labels]

    def refresh(self) -> None:
        """Judge the period anew."""
        session, choice = self._desk.session, self._period.choice
        first, last = choice.days(session.today)
        empty_layout(self.lines)
        if not session.store.head().entries:
            self._show([NOTHING])
            return
        try:
            found = board(session, first=first, last=last, target_min=choice.target_min)
            said = verdicts(
                session,
                read_plan_in_force(session.reading, session.today),
                found,
                target_min=choice.target_min,
            )
        except UserError as error:
            said = [error.message]
        self._show(said)

    def _show(self, said: Sequence[str]) -> None:
        self._labels = [wrapped(sentence) for sentence in said]
        for label in self._labels:
            self.lines.addWidget(label)
            label.show()
