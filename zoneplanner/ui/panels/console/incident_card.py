"""The card of one open incident: its clock, its units and their stamps, a key for each."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.app.dispatch import next_stamp
from zoneplanner.domain.journal import DISPOSITIONS, STAMPS
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import words_box
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.records import RecordActions
from zoneplanner.ui.kit.theme import GAP, GRID, figures_font
from zoneplanner.ui.kit.widgets import column, link, muted, section, wrapped
from zoneplanner.ui.models.open_incidents import STAMP_WORDS, BoardRow, clock_words, may_stamp

NAMES = STAMPS[1:]
DIGITS = {Qt.Key(Qt.Key.Key_1 + at): at for at in range(len(NAMES))}
NARROWEST_PX = 40
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class IncidentCard(QFrame):
    """Keys 1 to 4 stamp the chosen unit while the card or something on it has the focus."""

    stamped = Signal(str, str, str)
    """An incident's uid, a unit and the name of a stamp."""
    chosen = Signal(str, str)
    """An incident's uid and the unit that is chosen for it."""
    taken_back = Signal(str, str)
    """An incident's uid and the unit whose last stamp was a mistake."""
    ended = Signal(str, str)
    """An incident's uid and how it ended."""

    def __init__(
        self, desk: Desk, row: BoardRow, chosen: str | None, records: RecordActions
    ) -> None:
        super().__init__()
        self.row, self._records = row, records
        self.setObjectName("incident")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{row.title}, {row.place}")
        self.clock = QLabel()
        self.clock.setFont(figures_font())
        self.clock.setToolTip("Time since the call was received.")
        self.unit = ChoiceBox()
        self.ending = words_box(DISPOSITIONS, DISPOSITIONS[0])
        self.buttons = QButtonGroup(self)
        self.back = QPushButton("Take back")
        self.back.clicked.connect(self._take_back)
        lines = column(self, margin_px=GAP, spacing_px=GRID)
        lines.addLayout(self._title())
        lines.addWidget(self._place(desk))
        lines.addWidget(muted(f"Priority {row.incident.priority} · received {row.received}"))
        if row.closing:
            self._lay_out_ending(lines)
        else:
            self._lay_out_stamps(lines, chosen)
        lines.addLayout(self._changes())

    def tick(self, now: datetime) -> None:
        """Let the clock go on; that of a cleared incident stands."""
        self.clock.setText(clock_words(self.row.incident, self.row.incident.cleared_at or now))

    def take_focus(self) -> None:
        """Take the keys: 1 to 4, or the choice of how it ended."""
        (self.ending if self.row.closing else self).setFocus(Qt.FocusReason.OtherFocusReason)

    def come_into_view(self) -> None:
        """Scroll so that the whole card is seen."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(self, 0, GAP)

    def event(self, event: QEvent) -> bool:
        """Claim the keys 1 to 4 before they give a site to a zone."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._number(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys from the fields: digits, which are no unit, and Enter, which is no text."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            number = self._number(event)
            if self.row.closing and Qt.Key(event.key()) in ENTER:
                self._end()
                return True
            if number is not None:
                self._stamp(number)
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Stamp by 1 to 4; Enter closes an incident that was cleared."""
        number = self._number(event)
        if number is not None:
            self._stamp(number)
        elif event.key() == Qt.Key.Key_Backspace:
            self.back.click()
        elif self.row.closing and Qt.Key(event.key()) in ENTER:
            self._end()
        else:
            super().keyPressEvent(event)

    def _number(self, event: QKeyEvent) -> int | None:
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        return DIGITS.get(Qt.Key(event.key())) if plain and not self.row.closing else None

    def _title(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(GAP)
        title = section(self.row.title)
        title.setToolTip(self.row.incident.note)
        line.addWidget(title, 1)
        line.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignTop)
        return line

    def _changes(self) -> QHBoxLayout:
        """Return the ways back from a wrong entry."""
        uid, records = self.row.incident.uid, self._records
        line = QHBoxLayout()
        line.setSpacing(GRID)
        for word, tip, do in (
            (
                "Correct…",
                "Open its form: what, where, units, and every time",
                partial(records.correct, "incident", uid),
            ),
            ("Void…", "It was a mistake: take it out, with a reason", partial(records.void, uid)),
            ("History…", "Who logged and corrected it, old and new", partial(records.history, uid)),
        ):
            button = link(word, do)
            button.setToolTip(tip)
            line.addWidget(button)
        line.addStretch(1)
        return line

    def _place(self, desk: Desk) -> QWidget:
        """Return the link to the site, no wider than its name and no wider than the card."""
        if self.row.incident.site is None:
            return muted(self.row.place)
        place = link(self.row.place, partial(desk.bridge.select, site=self.row.incident.site))
        place.setMinimumWidth(NARROWEST_PX)
        place.setMaximumWidth(place.fontMetrics().horizontalAdvance(self.row.place) + GRID)
        place.setToolTip(self.row.place)
        return place

    def _lay_out_stamps(self, lines: QVBoxLayout, chosen: str | None) -> None:
        if self.row.there:
            lines.addWidget(wrapped(self.row.there))
        lines.addWidget(muted(self.row.proposal))
        self._fill_units(chosen)
        lines.addWidget(self.unit)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        self.buttons.idClicked.connect(self._stamp)
        for at, name in enumerate(NAMES):
            button = QPushButton(f"{at + 1}  {STAMP_WORDS[name]}")
            button.setProperty("compact", "true")
            button.setToolTip(f"Stamp the chosen unit {STAMP_WORDS[name].lower()} now ({at + 1})")
            self.buttons.addButton(button, at)
            grid.addWidget(button, at // 2, at % 2)
        self.back.setProperty("compact", "true")
        self.back.setToolTip("Void the last stamp of the chosen unit (Backspace)")
        grid.addWidget(self.back, 2, 0)
        lines.addLayout(grid)
        self._show_stamps()

    def _lay_out_ending(self, lines: QVBoxLayout) -> None:
        units = ", ".join(stamps.unit for stamps in self.row.incident.by_unit)
        lines.addWidget(muted(f"Cleared by {units}. How did it end?"))
        self.ending.setAccessibleName("How it ended")
        self.ending.setToolTip("Choose one, or type other words such as your dispatch’s own code.")
        self.ending.installEventFilter(self)
        lines.addWidget(self.ending)
        button = QPushButton("Close it")
        button.setDefault(True)
        button.setToolTip("Keep with the incident how it ended (Enter)")
        self.buttons.addButton(button)
        self.buttons.idClicked.connect(self._end)
        self.back.setText("Not cleared")
        self.back.setToolTip("Void the last clearing; the incident is open again")
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(button)
        line.addWidget(self.back)
        line.addStretch(1)
        lines.addLayout(line)

    def _fill_units(self, chosen: str | None) -> None:
        self.unit.setAccessibleName("Unit to stamp")
        adjust = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.unit.setSizeAdjustPolicy(adjust)
        self.unit.setMinimumContentsLength(12)
        model = self.unit.model()
        for at, row in enumerate(self.row.units):
            self.unit.addItem(row.text, row.unit)
            if row.shut and isinstance(model, QStandardItemModel):
                model.item(at).setEnabled(False)
                model.item(at).setToolTip(row.shut)
        known = self.row.unit(chosen)
        self.unit.setCurrentIndex(self.unit.findData(known.unit if known else self.row.chosen))
        self.unit.setPlaceholderText("Choose a unit")
        self.unit.installEventFilter(self)
        self.unit.currentIndexChanged.connect(self._choose)

    def _choose(self) -> None:
        self._show_stamps()
        self.chosen.emit(self.row.incident.uid, self.unit.currentData() or "")

    def _show_stamps(self) -> None:
        """Open the stamps that the chosen unit has yet to make; the next one stands out."""
        row = self.row.unit(self.unit.currentData())
        then = next_stamp(row.stamps) if row else None
        for at, name in enumerate(NAMES):
            button = self.buttons.button(at)
            assert isinstance(button, QPushButton)
            button.setEnabled(may_stamp(row, name))
            button.setDefault(name == then)
        self.back.setVisible(row is not None and row.live)

    def _stamp(self, number: int) -> None:
        button: QWidget = self.buttons.button(number)
        if button.isEnabled():
            self.stamped.emit(self.row.incident.uid, self.unit.currentData(), NAMES[number])

    def _take_back(self) -> None:
        unit = self.row.last_cleared if self.row.closing else self.unit.currentData()
        self.taken_back.emit(self.row.incident.uid, unit)

    def _end(self) -> None:
        text = self.ending.currentText().strip()
        known = self.ending.findText(text, Qt.MatchFlag.MatchFixedString)
        self.ended.emit(self.row.incident.uid, self.ending.itemText(known) if known >= 0 else text)
