"""A new incident in a few keys: a part of the site's name, what it is, and Enter."""

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from zoneplanner.app.dispatch import TYPES, candidates
from zoneplanner.app.logbook import log_columns
from zoneplanner.app.reading import Reading
from zoneplanner.domain.journal import Incident
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.inputs import NumberBox
from zoneplanner.ui.kit.matching import PART_BEGINS, fit
from zoneplanner.ui.kit.privacy_hint import Watched
from zoneplanner.ui.kit.theme import GAP
from zoneplanner.ui.kit.widgets import column, muted, with_arrows
from zoneplanner.ui.models.open_incidents import proposal_words

ENDS_IN_DIGIT = re.compile(r"^(.*\S)\s+(\d)$")
STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
USUAL_PRIORITY = 3
PRIORITY_PX = 64


class MatchField(QLineEdit):
    """A text that stands for the name that fits it best; Down and Up turn to the next one."""

    turned = Signal()

    def __init__(self, names: Sequence[tuple[str, str]], *, least: float = 0.0) -> None:
        super().__init__()
        self._names = names
        self._least = least
        self._at = 0
        self.textChanged.connect(self._restart)

    @property
    def matches(self) -> list[tuple[str, str]]:
        """The names that fit the text and what they stand for, the best first."""
        scores = [(fit(self.words, name), name, key) for name, key in self._names]
        fitting = [one for one in scores if one[0] > self._least]
        return [(name, key) for _, name, key in sorted(fitting, key=lambda one: -one[0])]

    @property
    def match(self) -> tuple[str, str] | None:
        """The name that the text stands for and its key, or None."""
        found = self.matches
        return found[self._at % len(found)] if found else None

    @property
    def words(self) -> str:
        """The text without the digit at its end, which is a priority."""
        text = self.text().strip()
        ends = ENDS_IN_DIGIT.match(text)
        return ends[1] if ends else text

    @property
    def digit(self) -> int | None:
        """The digit after the words, or None."""
        ends = ENDS_IN_DIGIT.match(self.text().strip())
        return int(ends[2]) if ends else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn to the next name that fits."""
        step = STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self._at += step
        self.turned.emit()

    def _restart(self) -> None:
        self._at = 0


class NewIncident(QWidget):
    """Three fields and Enter; a line below says what would be logged and who would go."""

    logged = Signal(str)
    """The uid of the incident."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._duty: Reading = desk.session.reading
        self._incidents: tuple[Incident, ...] = ()
        sites = [(site.name, site.id) for site in desk.session.project.sites.values()]
        self.site = MatchField(sites)
        self.site.setPlaceholderText("Part of its name")
        self.what = MatchField([(name, name) for name in TYPES], least=PART_BEGINS)
        self.what.setPlaceholderText("In plain words, such as trespass")
        self.what.setToolTip("A digit at the end is the priority: “fight 1”.")
        self.priority = NumberBox()
        with_arrows(self.priority)
        self.priority.setRange(0, 9)
        self.priority.setFixedWidth(PRIORITY_PX)
        self.priority.setValue(USUAL_PRIORITY)
        self.button = QPushButton("Log it")
        self.told = muted()
        self._lay_out()
        for field in (self.site, self.what):
            field.textChanged.connect(self.tell)
            field.turned.connect(self.tell)
            field.returnPressed.connect(self.take)
        self.what.textChanged.connect(self._take_digit)
        self.priority.valueChanged.connect(self.tell)
        self.button.clicked.connect(self.log)
        self.tell()

    def know(self, duty: Reading, incidents: tuple[Incident, ...]) -> None:
        """Take the plan that units follow and the incidents that keep them."""
        self._duty, self._incidents = duty, incidents
        self.tell()

    def start(self) -> None:
        """Take the keys; the site that is selected is filled in."""
        chosen = self._desk.session.project.sites.get(self._desk.bridge.selection.site or "")
        if chosen is not None:
            self.site.setText(chosen.name)
        field = self.what if chosen is not None else self.site
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        field.selectAll()

    def take(self) -> None:
        """Log it, or go on to the field that is still empty."""
        if self.what.words:
            self.log()
        else:
            self.what.setFocus(Qt.FocusReason.TabFocusReason)

    def log(self) -> None:
        """Log the incident as received now."""
        self._desk.attempt(self._log)

    def tell(self) -> None:
        """Say what would be logged, and who would go."""
        if not self.site.words and not self.what.words:
            self.told.setText("Planning log only; call 9-1-1 or dispatch first.")
            return
        site, now = self.site.match, self._desk.session.clock()
        parts = [
            f"{self._type() or 'Something'} at {self._place()}, priority {self.priority.value()}."
        ]
        if any(field.hasFocus() and len(field.matches) > 1 for field in (self.site, self.what)):
            parts.append("Press Down for the next that fits.")
        if site is not None:
            found = candidates(self._duty, site[1], self._incidents, now)
            parts.append(proposal_words(found))
        self.told.setText(" ".join(parts))

    def _lay_out(self) -> None:
        rows = column(self, margin_px=0, spacing_px=GAP)
        form = QFormLayout()
        form.setHorizontalSpacing(GAP)
        form.setVerticalSpacing(GAP)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        last = QWidget()
        line = QHBoxLayout(last)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        line.addWidget(self.priority)
        line.addWidget(self.button)
        line.addStretch(1)
        last.setFocusProxy(self.priority)
        form.addRow("Site", self.site)
        form.addRow("What", Watched(self.what, self._desk.session.project))
        form.addRow("Priority", last)
        rows.addLayout(form)
        rows.addWidget(self.told)

    def _type(self) -> str:
        found = self.what.match
        return found[0] if found else self.what.words.capitalize()

    def _take_digit(self) -> None:
        digit = self.what.digit
        if digit is not None:
            self.priority.setValue(digit)

    def _place(self) -> str:
        found = self.site.match
        return found[0] if found else "no known site" if self.site.words else "no site"

    def _log(self) -> None:
        site = self.site.match
        if self.site.words and site is None:
            raise UserError(
                f"No site's name fits “{self.site.words}”; type another part of it, or leave "
                "the field empty."
            )
        columns = {
            "type": self._type(),
            "site": site[1] if site else "",
            "priority": str(self.priority.value()),
        }
        kept = log_columns(self._desk.session, "incident", columns)
        self.site.clear()
        self.what.clear()
        self.priority.setValue(USUAL_PRIORITY)
        self.logged.emit(kept.uid)
