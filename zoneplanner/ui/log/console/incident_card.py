"""Ask when a unit's stamp on an old call was made; the present is not taken for it."""

from collections.abc import Callable
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
    QVBoxLayout,
    QWidget,
)

from zoneplanner.app.log.dispatch import find_next_stamp
from zoneplanner.domain.log.journal import DISPOSITIONS, LAST_URGENT_PRIORITY
from zoneplanner.ui.log.console.incident_rows import (
    UNIT_STAMP_NAMES,
    IncidentHead,
    IncidentRow,
    format_elapsed_time,
    may_stamp,
)
from zoneplanner.ui.widgets.inputs.forms import (
    FormDialog,
    RequiredTimeField,
    TimeField,
    make_editable_box,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    compact_button,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
    make_wrapped_label,
    push_button,
)
from zoneplanner.ui.widgets.records.record_actions import RecordActions
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    SPACING_PX,
    make_large_font,
)
from zoneplanner.ui.widgets.style.value_text import STAMP_NAMES
from zoneplanner.ui.widgets.tables.item_roles import escape_tooltip

_STAMP_QUESTIONS = {
    "dispatched_at": "When Was It Dispatched?",
    "enroute_at": "When Was It En Route?",
    "onscene_at": "When Was It on Scene?",
    "cleared_at": "When Was It Cleared?",
}
_NO_TIME = "Say when: set the day and hour. Press Now only if it happens at this moment."


class StampTimeDialog(FormDialog):
    """A day and an hour, which begin at the call's receipt; ``write`` gets them."""

    def __init__(
        self,
        desk: UiContext,
        row: IncidentRow,
        unit: str,
        name: str,
        *,
        write: Callable[[datetime], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            _STAMP_QUESTIONS[name],
            f"Stamp {STAMP_NAMES[name].lower()}",
            lambda: write(self.at.moment()),
            parent,
        )
        session = desk.session
        self.set_about(f"{unit}, {row.title} at {row.place}, received {row.received}. {row.age}.")
        self.at = TimeField(session, row.incident.received_at)
        self.asked = RequiredTimeField(
            self.at, "Now", lambda: self.at.put(session.clock()), given=False
        )
        self.form.addRow("&When", self.asked)
        self.asked.changed.connect(lambda: self.require(""))
        self.require(_NO_TIME)
        self.asked.setFocus()


_DIGITS = frozenset(Qt.Key(Qt.Key.Key_1 + at) for at in range(len(UNIT_STAMP_NAMES)))
CARD_STEP_KEYS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_SIDEWAYS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
_NARROWEST_PX = 40
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Details(QWidget):
    """What the chosen call has to be acted on."""

    def __init__(self, row: IncidentRow) -> None:
        super().__init__()
        units = {one.unit: one.text for one in row.units}
        self.unit = make_choice_box(units, name="Unit to stamp", least_letters=12)
        self.ending = make_editable_box(DISPOSITIONS, DISPOSITIONS[0])
        self.cost = make_muted_label()
        self.buttons = QButtonGroup(self)
        self.back = QPushButton("Take back")
        self.age = make_section_label(
            f"{row.age}. A stamp asks when it was made." if row.age else ""
        )


class IncidentCard(QFrame):
    """Up and Down go to the next card, Left and Right to the next unit that could be stamped."""

    stamped = Signal(str, str, str)
    """An incident's uid, a unit and the name of a stamp."""
    chosen = Signal(str, str)
    """An incident's uid and the unit that is chosen for it."""
    taken_back = Signal(str, str)
    """An incident's uid and the unit whose last stamp was a mistake."""
    ended = Signal(str, str)
    """An incident's uid and how it ended."""
    stepped = Signal(int)
    """1 for the card below, -1 for the one above."""

    filled = Signal(object)
    """The card itself, once its buttons are made."""

    def __init__(
        self,
        desk: UiContext,
        head: IncidentHead,
        make_row: Callable[[], IncidentRow],
        chosen: str | None,
        records: RecordActions,
    ) -> None:
        super().__init__()
        self.head, self._make_row, self._records = head, make_row, records
        self._row: IncidentRow | None = None
        self._chosen, self._marked = chosen, False
        self.setObjectName("incident")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{head.title}, {head.place}")
        self.setProperty(
            "urgent", head.incident.priority <= LAST_URGENT_PRIORITY and not head.closing
        )
        self.clock = QLabel()
        self.clock.setFont(make_large_font())
        self.clock.setToolTip("Time since the call was received.")
        self.priority = QLabel(str(head.incident.priority))
        self.priority.setObjectName("priority")
        self.priority.setProperty("urgent", self.property("urgent"))
        self.priority.setFont(make_large_font())
        self.priority.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.priority.setAccessibleName(f"Priority {head.incident.priority}")
        self.summary = make_muted_label(head.summary)
        self._details: _Details | None = None
        self._lines = make_column_layout(
            self, self._make_head(desk), self.summary, margin_px=SPACING_PX, spacing_px=GRID_PX
        )

    @property
    def row(self) -> IncidentRow:
        """All that is known of the call, computed once it is asked for."""
        if self._row is None:
            self._row = self._make_row()
        return self._row

    @property
    def details(self) -> "_Details":
        """The part that only the chosen call shows, made once it is asked for."""
        if self._details is None:
            self._details = _Details(self.row)
            self._lay_out(self._details)
            self._lines.addWidget(self._details)
            self._details.setVisible(self._marked)
            self.filled.emit(self)
        return self._details

    @property
    def unit(self) -> QComboBox:
        """The choice of the unit to stamp."""
        return self.details.unit

    @property
    def ending(self) -> QComboBox:
        """The choice of how it ended."""
        return self.details.ending

    @property
    def cost(self) -> QLabel:
        """What the chosen unit costs beside the one that is proposed."""
        return self.details.cost

    @property
    def age(self) -> QLabel:
        """How long an old call is open."""
        return self.details.age

    @property
    def back(self) -> QPushButton:
        """Takes back the last stamp."""
        return self.details.back

    @property
    def buttons(self) -> QButtonGroup:
        """The stamps."""
        return self.details.buttons

    def renew(self, make_row: Callable[[], IncidentRow], chosen: str | None) -> None:
        """Take what may be new of others, such as who is free; details are made anew if so."""
        before, self._row = self._row, None
        self._make_row, self._chosen = make_row, chosen
        if self._details is not None and before != self.row:
            self._details.hide()
            self._lines.removeWidget(self._details)
            self._details.deleteLater()
            self._details = None
            if self._marked:
                self.details.show()

    def _lay_out(self, made: "_Details") -> None:
        lines = make_column_layout(
            made,
            make_muted_label(f"Received {self.row.received}"),
            made.age,
            margin_px=0,
            spacing_px=GRID_PX,
        )
        made.age.setVisible(bool(self.row.age))
        made.back.clicked.connect(self._take_back)
        if self.row.closing:
            self._lay_out_ending(lines, self._chosen)
        else:
            self._lay_out_stamps(lines, self._chosen)
        lines.addLayout(self._changes())

    def tick(self, now: datetime) -> None:
        """Let the clock go on; that of a cleared incident stands."""
        incident = self.head.incident
        self.clock.setText(format_elapsed_time(incident.received_at, incident.cleared_at or now))

    def take_focus(self) -> None:
        """Take the keys: 1 to 4, or the choice of how it ended."""
        (self.ending if self.row.closing else self).setFocus(Qt.FocusReason.OtherFocusReason)
        field = self.ending.lineEdit()
        if self.row.closing and field is not None:
            field.selectAll()  # other words take the place of those that are offered

    @property
    def target(self) -> str:
        """What the digits would do now: the unit, the incident and its school by name."""
        where = f"{self.row.title} at {self.row.place}"
        unit = self.unit.currentData()
        if self.row.closing:
            also = f" 1 sends {unit} there too." if unit else ""
            return f"How did {where} end?{also}"
        return f"1–4 stamp {unit}: {where}" if unit else f"Choose a unit for: {where}"

    def mark(self, *, marked: bool) -> None:
        """Show whether the digits act on this incident; only then its stamps are seen."""
        if marked == self._marked:
            return
        self._marked = marked
        if marked or self._details is not None:
            self.details.setVisible(marked)
            self._show_stamps()
        self.summary.setVisible(not marked)
        self.setProperty("marked", "true" if marked else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def may_stamp(self, number: int) -> bool:
        """True where a digit, counted from 0, would stamp the chosen unit."""
        button = self.buttons.button(number)
        return button is not None and button.isEnabled()

    def stamp(self, number: int) -> None:
        """Make one of the stamps for the chosen unit, counted from 0."""
        if self.may_stamp(number):
            self.stamped.emit(
                self.row.incident.uid, self.unit.currentData(), UNIT_STAMP_NAMES[number]
            )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Enter from the fields, and a digit that is still held from before."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if self.row.closing and key in _ENTER and watched is self.ending:
                if not event.isAutoRepeat():
                    self._end()
                return True
            if event.isAutoRepeat() and key in _DIGITS:
                return True
            if watched is self.unit and key in _SIDEWAYS:
                self._turn_unit(_SIDEWAYS[key])
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to another card or unit; Enter closes an incident that was cleared."""
        key = Qt.Key(event.key())
        if key in CARD_STEP_KEYS:
            self.stepped.emit(CARD_STEP_KEYS[key])
        elif key in _SIDEWAYS:
            self._turn_unit(_SIDEWAYS[key])
        elif key == Qt.Key.Key_Backspace and not event.isAutoRepeat():
            self.back.click()
        elif self.row.closing and key in _ENTER:
            if not event.isAutoRepeat():
                self._end()
        else:
            super().keyPressEvent(event)

    def _turn_unit(self, step: int) -> None:
        """Choose the next unit that may be stamped."""
        count = self.unit.count()
        open_at = [at for at in range(count) if not self.row.units[at].unavailable_reason]
        if not open_at:
            return
        now = self.unit.currentIndex()
        further = [at for at in open_at if (at > now if step > 0 else at < now)]
        at = (further or open_at)[0 if step > 0 else -1]
        self.unit.setCurrentIndex(at)

    def _make_head(self, desk: UiContext) -> QGridLayout:
        """Return the first lines: how urgent, what, how long, and where with room for its name."""
        title = make_section_label(self.head.title)
        title.setToolTip(escape_tooltip(self.head.incident.note))
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(0)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.priority, 0, 0, 2, 1, top)
        grid.addWidget(title, 0, 1, top)
        grid.addWidget(self.clock, 0, 2, top)
        grid.addWidget(self._place(desk), 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        return grid

    def _changes(self) -> QHBoxLayout:
        """Return the ways back from a wrong entry."""
        uid, records = self.row.incident.uid, self._records
        buttons = []
        for word, tip, do in (
            (
                "Correct…",
                "Open its form: what, where, units, and every time",
                partial(records.correct, "incident", uid),
            ),
            ("Void…", "It was a mistake: take it out, with a reason", partial(records.void, uid)),
            ("History…", "Who logged and corrected it, old and new", partial(records.history, uid)),
        ):
            buttons.append(make_link_button(word, do))
            buttons[-1].setToolTip(tip)
        return make_row_layout(*buttons, None, spacing_px=GRID_PX)

    def _place(self, desk: UiContext) -> QWidget:
        """Return the link to the site, no wider than its name and no wider than the card."""
        if self.head.incident.site is None:
            return make_muted_label(self.head.place)
        place = make_link_button(
            self.head.place, partial(desk.bridge.select, site=self.head.incident.site)
        )
        place.setMinimumWidth(_NARROWEST_PX)
        place.setMaximumWidth(place.fontMetrics().horizontalAdvance(self.head.place) + GRID_PX)
        place.setToolTip(escape_tooltip(self.head.place))
        return place

    def _lay_out_stamps(self, lines: QVBoxLayout, chosen: str | None) -> None:
        if self.row.there:
            lines.addWidget(make_wrapped_label(self.row.there))
        if not self.row.sent:
            lines.addWidget(make_muted_label(self.row.proposal))
        self._fill_units(chosen)
        lines.addWidget(self.unit)
        lines.addWidget(self.cost)
        grid = QGridLayout()
        grid.setSpacing(GRID_PX)
        self.buttons.idClicked.connect(self.stamp)
        for at, name in enumerate(UNIT_STAMP_NAMES):
            tip = f"Stamp the chosen unit {STAMP_NAMES[name].lower()} now ({at + 1})"
            button = push_button(f"{at + 1}  {STAMP_NAMES[name]}", tip)
            button.setProperty("stamp", "true")
            self.buttons.addButton(button, at)
            grid.addWidget(button, at // 2, at % 2)
        self.back.setProperty("compact", "true")
        self.back.setToolTip("Void the last stamp of the chosen unit (Backspace)")
        grid.addWidget(self.back, 2, 0)
        lines.addLayout(grid)
        self._show_stamps()

    def _lay_out_ending(self, lines: QVBoxLayout, chosen: str | None) -> None:
        units = ", ".join(stamps.unit for stamps in self.row.incident.by_unit)
        lines.addWidget(make_muted_label(f"Cleared by {units}. How did it end?"))
        self.ending.setAccessibleName("How it ended")
        self.ending.setToolTip("Choose one, or type other words such as your dispatch’s own code.")
        self.ending.installEventFilter(self)
        lines.addWidget(self.ending)
        button = QPushButton("Close it")
        button.setDefault(True)
        button.setToolTip("Keep with the incident how it ended (Enter)")
        button.clicked.connect(lambda _=False: self._end())
        self.back.setText("Not cleared")
        self.back.setToolTip("Void the last clearing; the incident is open again")
        self._fill_units(chosen)
        send = compact_button(
            "1  Send one more unit",
            "Stamp the chosen unit dispatched now; the incident is open again (1)",
        )
        self.buttons.addButton(send, 0)
        lines.addLayout(make_row_layout(button, self.back, None))
        self.buttons.idClicked.connect(self.stamp)
        lines.addWidget(self.unit)
        lines.addWidget(send)
        self._show_stamps()

    def _fill_units(self, chosen: str | None) -> None:
        model = self.unit.model()
        for at, row in enumerate(self.row.units):
            if row.unavailable_reason and isinstance(model, QStandardItemModel):
                model.item(at).setEnabled(False)
                model.item(at).setToolTip(row.unavailable_reason)
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
        self.cost.setText(row.cost if row else "")
        self.cost.setVisible(bool(self.cost.text()))
        then = find_next_stamp(row.stamps) if row else None
        for at, name in enumerate(UNIT_STAMP_NAMES):
            button = self.buttons.button(at)
            if not isinstance(button, QPushButton):
                continue
            button.setEnabled(may_stamp(row, name))
            button.setDefault(self._marked and name == then and not self.row.closing)
        self.back.setVisible(self.row.closing or (row is not None and row.voidable))

    def _take_back(self) -> None:
        unit = self.row.last_cleared if self.row.closing else self.unit.currentData()
        self.taken_back.emit(self.row.incident.uid, unit)

    def _end(self) -> None:
        text = self.ending.currentText().strip()
        known = self.ending.findText(text, Qt.MatchFlag.MatchFixedString)
        self.ended.emit(self.row.incident.uid, self.ending.itemText(known) if known >= 0 else text)
