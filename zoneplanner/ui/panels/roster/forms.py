"""The forms of the roster: officers and their time, posts and events, reasons, splits, swaps."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTime
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QTimeEdit,
    QWidget,
)

from zoneplanner.domain import rostering, swaps
from zoneplanner.domain.bells import at
from zoneplanner.domain.duties import areas_of
from zoneplanner.domain.roster import (
    SUBSTITUTE,
    Busy,
    Officer,
    OwnTime,
    Shift,
    ShiftKind,
    Swap,
    between,
)
from zoneplanner.domain.roster_rules import FIGURE_WORDS, RULES, Level
from zoneplanner.domain.rule_check import shift_words
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import DayField, Form
from zoneplanner.ui.kit.theme import GAP
from zoneplanner.ui.kit.widgets import TEXT_INSET_PX, with_arrows

PREFIXES = {
    "detail_h_mon_thu": "Mon–Thu ",
    "detail_h_fri_sun": "Fri–Sun ",
    "staff_arrival": "arrival ",
    "staff_lunch": "lunch ",
    "staff_dismissal": "dismissal ",
    "staff_after_school": "after school ",
}
LEFT_OUT = ("staff_class",)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class ClockField(QTimeEdit):
    """A time of day."""

    def __init__(self, clock: time, name: str) -> None:
        super().__init__(QTime(clock.hour, clock.minute))
        self.setDisplayFormat("HH:mm")
        self.setAccessibleName(name)
        with_arrows(self)
        self.lineEdit().setTextMargins(TEXT_INSET_PX, 0, 0, 0)

    def clock(self) -> time:
        """Return the time."""
        shown = self.time()
        return time(shown.hour(), shown.minute())


class WeekdayField(QWidget):
    """Some weekdays, a box each."""

    def __init__(self, chosen: frozenset[int]) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        self.boxes = []
        for number, name in enumerate(WEEKDAYS, start=1):
            box = QCheckBox(name)
            box.setChecked(number in chosen)
            self.boxes.append(box)
            line.addWidget(box)

    def days(self) -> frozenset[int]:
        """Return the ISO weekdays that are ticked."""
        return frozenset(at for at, box in enumerate(self.boxes, start=1) if box.isChecked())


def choices(
    options: Sequence[tuple[str, object]], chosen: object = None, name: str = ""
) -> QComboBox:
    """Return a choice of some values by their words."""
    box = QComboBox()
    for text, value in options:
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.setAccessibleName(name)
    return box


class OfficerForm(Form):
    """Add an officer or change one."""

    def __init__(self, desk: Desk, officer: Officer | None, parent: QWidget) -> None:
        super().__init__(officer.name if officer else "New officer", "Keep", self._keep, parent)
        self._desk, self._officer = desk, officer
        project = desk.session.project
        self.say("Name and contact stay in this project; the contact is for the day card only.")
        self.name = QLineEdit(officer.name if officer else "")
        self.kind = QComboBox()
        kinds = dict.fromkeys([*(unit.kind for unit in project.units.values()), SUBSTITUTE])
        self.kind.addItems(list(kinds))
        self.kind.setCurrentText(officer.kind if officer else next(iter(kinds)))
        agencies = [(one.short or key, key) for key, one in project.agencies.items()]
        self.agency = choices(agencies, officer.agency if officer else None, "Agency")
        self.units = QLineEdit("; ".join(officer.units) if officer else "")
        self.units.setPlaceholderText(f"such as {'; '.join(list(project.units)[:2])}")
        self.prefers = QLineEdit("; ".join(officer.prefers) if officer else "")
        self.qualified = QLineEdit("; ".join(officer.qualifications) if officer else "")
        self.contact = QLineEdit(officer.contact if officer else "")
        for label, field in (
            ("&Name", self.name),
            ("&Kind", self.kind),
            ("&Agency", self.agency),
            ("May serve &units", self.units),
            ("&Prefers", self.prefers),
            ("&Qualifications", self.qualified),
            ("&Contact", self.contact),
        ):
            self.form.addRow(label, field)

    def _keep(self) -> None:
        project = self._desk.session.project
        units = _listed(self.units.text())
        areas = dict.fromkeys(
            area
            for unit in units
            if unit in project.units
            for area in areas_of(project.units[unit])
        )
        base = self._officer or Officer(uuid4().hex[:12], "", "", "")
        officer = replace(
            base,
            name=self.name.text().strip(),
            agency=str(self.agency.currentData() or ""),
            kind=self.kind.currentText(),
            units=units,
            jurisdictions=tuple(areas),
            prefers=_listed(self.prefers.text()),
            qualifications=_listed(self.qualified.text()),
            contact=self.contact.text().strip(),
        )
        if not units:
            raise UserError("Name at least one unit that the officer may serve.")
        self._desk.session.apply(
            f"Officer {officer.name}" if self._officer is None else f"Change {officer.name}",
            lambda one: rostering.put_officer(one, officer),
        )


class TimeForm(Form):
    """Leave, the main job, or other times of an officer."""

    def __init__(self, desk: Desk, officer: Officer, parent: QWidget) -> None:
        super().__init__(f"Time of {officer.name}", "Keep", self._keep, parent)
        self._desk, self._officer = desk, officer
        self.say(
            "Leave and absence keep the officer off; the main job comes first and its rest counts."
        )
        today = desk.session.today
        self.kind = choices([(str(kind).capitalize(), kind) for kind in Busy], Busy.LEAVE, "What")
        self.first, self.last = DayField(today), DayField(today)
        self.whole = QCheckBox("Whole days")
        self.whole.setChecked(True)
        self.starts = ClockField(time(7), "From")
        self.ends = ClockField(time(17), "To")
        self.weekdays = WeekdayField(frozenset(range(1, 8)))
        self.every = QSpinBox()
        self.every.setRange(1, 8)
        self.every.setPrefix("every ")
        self.every.setSuffix(" week(s)")
        with_arrows(self.every)
        self.note = QLineEdit()
        for label, field in (
            ("&What", self.kind),
            ("&First day", self.first),
            ("&Last day", self.last),
            ("", self.whole),
            ("From (clock)", self.starts),
            ("To (clock)", self.ends),
            ("On", self.weekdays),
            ("Repeats", self.every),
            ("&Note", self.note),
        ):
            self.form.addRow(label, field)
        self.whole.toggled.connect(self._able)
        self.kind.currentIndexChanged.connect(self._follow_kind)
        self._able()

    def _follow_kind(self, _at: int = 0) -> None:
        self.whole.setChecked(self.kind.currentData() not in (Busy.MAIN_JOB, Busy.AVAILABLE))

    def _able(self, _on: bool = False) -> None:
        for field in (self.starts, self.ends):
            field.setEnabled(not self.whole.isChecked())

    def _keep(self) -> None:
        whole, days = self.whole.isChecked(), self.weekdays.days()
        own = OwnTime(
            uid=uuid4().hex[:12],
            kind=self.kind.currentData(),
            first=self.first.day(),
            last=self.last.day(),
            starts=time(0) if whole else self.starts.clock(),
            ends=time(0) if whole else self.ends.clock(),
            weekdays=frozenset() if len(days) == 7 else days,
            every_weeks=self.every.value(),
            note=self.note.text().strip(),
        )
        if not days:
            raise UserError("Tick at least one weekday.")
        self._desk.session.apply(
            f"{str(own.kind).capitalize()} of {self._officer.name}",
            lambda one: rostering.add_time(one, self._officer.id, own),
        )


class ShiftForm(Form):
    """Add a shift for an event, an after-school programme or a further patrol."""

    def __init__(self, desk: Desk, monday: date, parent: QWidget) -> None:
        super().__init__("New shift", "Add", self._keep, parent)
        self._desk = desk
        project = desk.session.project
        self.unit = choices([(one, one) for one in project.units], None, "Unit")
        self.kind = choices(
            [(str(kind).capitalize(), kind) for kind in ShiftKind], ShiftKind.EVENT, "Kind"
        )
        self.title_field = QLineEdit()
        self.title_field.setPlaceholderText("such as Homecoming game")
        self.day = DayField(max(monday, desk.session.today))
        self.starts, self.ends = ClockField(time(16), "From"), ClockField(time(20), "To")
        self.needs = QLineEdit()
        for label, field in (
            ("&Unit", self.unit),
            ("&Kind", self.kind),
            ("&Title", self.title_field),
            ("&Day", self.day),
            ("&From", self.starts),
            ("T&o", self.ends),
            ("&Needs", self.needs),
        ):
            self.form.addRow(label, field)
        self.say("An end that is not after the start lies on the next day.")

    def _keep(self) -> None:
        project = self._desk.session.project
        when = between(self.day.day(), self.starts.clock(), self.ends.clock(), project.time_zone)
        shift = Shift(
            uid=uuid4().hex[:12],
            unit=str(self.unit.currentData()),
            officer=None,
            starts_at=when.starts_at,
            ends_at=when.ends_at,
            kind=self.kind.currentData(),
            title=self.title_field.text().strip(),
            needs=_listed(self.needs.text()),
        )
        words = shift_words(shift, project.time_zone)
        self._desk.session.apply(f"New shift {words}", lambda one: rostering.put_shift(one, shift))


class ReasonForm(Form):
    """Ask why something may stand against a rule; the reason is kept with the shift."""

    def __init__(
        self, title: str, about: str, do: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__(title, "Allow", self._go, parent)
        self._then = do
        self.say(about)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("such as agreed with the agency by phone")
        self.form.addRow("&Reason", self.reason)

    def _go(self) -> None:
        if not self.reason.text().strip():
            raise UserError("Write the reason; it is kept with the shift.")
        self._then(self.reason.text().strip())


class SplitForm(Form):
    """Cut a shift in two at a time."""

    def __init__(self, desk: Desk, shift: Shift, parent: QWidget) -> None:
        super().__init__("Split the shift", "Split", self._keep, parent)
        self._desk, self._shift = desk, shift
        zone = desk.session.project.time_zone
        self.say(f"{shift_words(shift, zone)}. The second part becomes open.")
        middle = shift.starts_at + (shift.ends_at - shift.starts_at) / 2
        local = middle.astimezone(ZoneInfo(zone))
        self.time = ClockField(time(local.hour, 0), "Split at")
        self.form.addRow("Split &at", self.time)

    def _keep(self) -> None:
        session, shift = self._desk.session, self._shift
        zone = session.project.time_zone
        moment = at(shift.day(zone), self.time.clock(), zone)
        if moment <= shift.starts_at:
            moment = at(shift.day(zone) + timedelta(days=1), self.time.clock(), zone)
        session.apply(
            f"Split {shift_words(shift, zone)}",
            lambda one: rostering.split(one, shift.uid, moment, now=session.clock()),
        )


class SwapForm(Form):
    """Ask another officer to take a shift, in return for one of theirs or for nothing."""

    def __init__(self, desk: Desk, shift: Shift, parent: QWidget) -> None:
        super().__init__("Ask for a swap", "Ask", self._keep, parent)
        self._desk, self._shift = desk, shift
        project = desk.session.project
        self.say(f"{shift_words(shift, project.time_zone)}, {_name(desk, shift.officer)}.")
        others = [(o.name, o.id) for o in project.officers.values() if o.id != shift.officer]
        self.taker = choices(others, None, "Who takes it")
        self.other = QComboBox()
        self.other.setAccessibleName("In return for")
        self.form.addRow("&Who takes it", self.taker)
        self.form.addRow("In &return for", self.other)
        self.taker.currentIndexChanged.connect(self._theirs)
        self._theirs()

    def _theirs(self, _at: int = 0) -> None:
        project, who = self._desk.session.project, self.taker.currentData()
        near = timedelta(days=14)
        self.other.clear()
        self.other.addItem("Nothing", None)
        theirs = [
            shift
            for shift in project.shifts.values()
            if shift.officer == who
            and shift.on
            and not shift.locked
            and abs(shift.starts_at - self._shift.starts_at) <= near
        ]
        for shift in sorted(theirs, key=lambda one: one.starts_at):
            self.other.addItem(shift_words(shift, project.time_zone), shift.uid)

    def _keep(self) -> None:
        session = self._desk.session
        swap = Swap(
            uid=uuid4().hex[:12],
            shift=self._shift.uid,
            officer=self._shift.officer or "",
            taker=str(self.taker.currentData() or ""),
            asked_at=session.clock(),
            other=self.other.currentData(),
        )
        session.apply("Ask for a swap", lambda one: swaps.ask(one, swap))


class ProposeForm(Form):
    """From when to when shifts are proposed, and whether drafts may change."""

    def __init__(self, first: date, last: date, do: Callable[..., object], parent: QWidget) -> None:
        super().__init__("Propose shifts", "Propose", self._go, parent)
        self._then = do
        self.say(
            "Makes a shift of each post and school day and fills them: no rule is broken, hours "
            "and undesirable shifts are even, officers keep zones they know. Locked and final "
            "shifts stay."
        )
        self.first, self.last = DayField(first), DayField(last)
        self.refill = QCheckBox("Also give &drafts anew")
        self.form.addRow("&First day", self.first)
        self.form.addRow("&Last day", self.last)
        self.form.addRow("", self.refill)

    def _go(self) -> None:
        first, last = self.first.day(), self.last.day()
        if last < first:
            raise UserError("The last day is before the first one; turn them round.")
        self._then(first, last, refill=self.refill.isChecked())


class RulesForm(Form):
    """How strict each rule is, and its figures."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__("Rules of the roster", "Keep", self._keep, parent)
        self._desk = desk
        self.say("Warn tells; override wants a reason, which is kept; block is never broken.")
        rules = desk.session.project.roster_rules
        self.levels: dict[str, QComboBox] = {}
        self.figures: dict[str, QSpinBox] = {}
        for key, rule in RULES.items():
            box = choices([(str(level), level) for level in Level], rules.level(key), rule.title)
            self.levels[key] = box
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.addWidget(box)
            for name in rule.figures:
                if name not in LEFT_OUT:
                    self.figures[name] = _figure(name, round(rules.figure(name)))
                    line.addWidget(self.figures[name])
            line.addStretch(1)
            self.form.addRow(rule.title, row)

    def _keep(self) -> None:
        session = self._desk.session
        rules = session.reading.kept.roster_rules
        for key, box in self.levels.items():
            if box.currentData() != rules.level(key):
                rules = rules.with_level(key, box.currentData())
        for name, field in self.figures.items():
            if field.value() != round(rules.figure(name)):
                rules = rules.with_figure(name, field.value())
        if rules is not session.reading.kept.roster_rules:
            session.apply("Rules of the roster", lambda one: replace(one, roster_rules=rules))


def _figure(name: str, value: int) -> QSpinBox:
    field = QSpinBox()
    field.setRange(0, 400)
    field.setValue(value)
    field.setPrefix(PREFIXES.get(name, ""))
    if not name.startswith("staff_"):
        field.setSuffix(" days" if name == "days_in_a_row" else " h")
    field.setToolTip(FIGURE_WORDS[name])
    field.setAccessibleName(FIGURE_WORDS[name])
    with_arrows(field)
    return field


def _listed(text: str) -> tuple[str, ...]:
    parts = text.replace(",", ";").split(";")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _name(desk: Desk, officer: str | None) -> str:
    known = desk.session.project.officers.get(officer or "")
    return known.name if known else officer or "open"
