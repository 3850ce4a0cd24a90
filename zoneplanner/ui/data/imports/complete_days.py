"""Asking whether a file holds every record of some days: only such days count."""

from collections.abc import Iterable

from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.messages import render_message
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX

_TIP = "Check this if the file has every record for these days."
_UNDECLARED = (
    "Not checked: the records are counted, but not used for figures by day, changes or verdicts."
)


class CompleteDaysForm(QWidget):
    """One row: the days of which a file holds every record, where a person says so.

    Rows that are read anew are asked about anew.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.declared = QCheckBox("This file is complete from")
        self.first, self.last = (DayField(session.formats, session.today) for _ in range(2))
        names = ("This file is complete", "Complete from", "Complete to")
        parts = (self.declared, self.first, self.last)
        for part, name in zip(parts, names, strict=True):
            part.setAccessibleName(name)
        self.setToolTip(_TIP)
        self.declared.toggled.connect(self.first.setEnabled)
        self.declared.toggled.connect(self.last.setEnabled)
        self.declared.toggled.connect(lambda _: self._say_what_follows())
        self.follows, self._silent, self._kind = make_muted_label(), "", ""
        row = make_row_layout(self.declared, self.first, QLabel("to"), self.last, None)
        make_column_layout(self, row, self.follows, margin_px=0, spacing_px=GRID_PX)
        self.show_days(None)

    def show_days(self, days: DaySpan | None, kind: str = "", silent: Iterable[str] = ()) -> None:
        """Ask about the days from the first to the last row; without any, ask nothing.

        Only the ``kind`` of record is declared; ``silent`` says which days may be missing.
        """
        self._kind = kind
        self.setVisible(days is not None)
        self._silent = " ".join(silent)
        self.declared.setChecked(False)
        self._say_what_follows()
        for field in (self.first, self.last):
            field.setEnabled(False)
        if days is not None:
            self.first.put(days.first)
            self.last.put(days.last or days.first)

    def _say_what_follows(self) -> None:
        own = render_message("file_declares", {"kind": self._kind})
        follows = own if self.declared.isChecked() else _UNDECLARED
        self.follows.setText(" ".join(filter(None, (self._silent, follows))))

    def read_days(self) -> DaySpan | None:
        """Return the days that are declared complete, if any are."""
        if self.isHidden() or not self.declared.isChecked():
            return None
        return DaySpan(self.first.day(), self.last.day())
