"""Log an incident with its times, or correct one."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QApplication, QWidget

from zoneplanner.app.log.call_words import (
    INCIDENT_TYPES,
    find_named_type,
    spell_incident_type,
    split_priority,
)
from zoneplanner.app.log.corrections import correct_incident, read_record_without_stamps
from zoneplanner.app.log.logbook import find_usual_unit
from zoneplanner.app.log.stamps import StampKey
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.journal import DISPOSITIONS, INCIDENT_STAMPS, Incident
from zoneplanner.ui.log.call_words_field import (
    PriorityOfWords,
    TypeHint,
    ask_about_ending,
    mark_new_ending,
    take_named_ending,
)
from zoneplanner.ui.widgets.inputs.forms import (
    make_editable_box,
    make_unit_box,
)
from zoneplanner.ui.widgets.inputs.record_form import (
    OptionalTimeField,
    RecordForm,
    UnitsField,
    UnitStampsField,
)
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_column_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX

_LABELS = ("&Received", "&Dispatched", "&En route", "&On scene", "&Cleared")
_TO_MINUTE = len("2026-11-27T17:47")
_NO_TYPE = "An incident needs a type in plain words, such as trespass; enter it under What."


class IncidentDialog(RecordForm):
    """One incident. Times that were not taken stay empty; nothing is made up.

    A correction shows every unit, and the stamps of each where they were made one by one.
    """

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        corrects: Incident | None = None,
        parent: QWidget | None = None,
    ) -> None:
        say = desk.session.project.terms.name_incidents
        title = say("Correct an Incident" if corrects else "Log an Incident")
        super().__init__(desk, "incident", title, corrects=corrects, parent=parent)
        own = (
            read_record_without_stamps(desk.session, "incident", corrects.uid) if corrects else None
        )
        live = corrects.by_unit if corrects else ()
        project = desk.session.project
        if corrects is None:
            self.set_about("Planning log only; call 9-1-1 or dispatch first.")
        site = make_site_combo_box(project, self.recorded("site", site_id))
        self.site = self.add("site", "&Site", site)
        types = (*INCIDENT_TYPES, *desk.calls.used_types)
        type_box = make_editable_box(types, self.recorded("type", ""), "Such as trespass")
        self.type = self.add("type", "&What", type_box, needed=say(_NO_TYPE))
        self.new_type = TypeHint(type_box, desk.calls.used_types, split=corrects is None)
        self.form.addRow(self.new_type)
        if corrects and own:
            self.units = self.add("units", "&Units", UnitsField(project.units, corrects.units))
            self._units_shown, self._own_units = self.units.text(), ";".join(own.units)
            self.units.toggled.connect(self._follow_unit)
        else:
            self.unit = self.add("units", "&Unit", make_unit_box(project, None))
        if corrects is None:
            self.unit.activated.connect(self._keep_unit)
            self.site.currentIndexChanged.connect(self._offer_unit)
        priority = make_number_box(0, 9, self.recorded("priority", 3))
        priority.setToolTip("0 and 1 mean danger now, 9 can wait; 3 is usual.")
        self.priority = self.add("priority", "&Priority", priority)
        if corrects is None:
            self.type.currentTextChanged.connect(PriorityOfWords(priority).follow)
        self._is_unit_chosen, self._asked_about = False, ""
        self.stamps: dict[str, OptionalTimeField] = {}
        for name, label in zip(INCIDENT_STAMPS, _LABELS, strict=True):
            received, at = name == INCIDENT_STAMPS[0], getattr(own, name, None)
            field = OptionalTimeField(desk, at, needed=received)
            self.stamps[name] = self.add(name, label, field)
            self.form.setRowVisible(field, received or not live or at is not None)
        self._set_by_hand = set[OptionalTimeField]()
        self.by_unit: dict[StampKey, OptionalTimeField] = {}
        if corrects is not None and live:
            self.form.addRow(self._lay_units(corrects))
        disposition = make_editable_box(
            DISPOSITIONS, self.recorded("disposition", ""), "Not set; choose, or type your own"
        )
        self.disposition = self.add("disposition", "&How it ended", disposition)
        self.new_ending = self._watch_ending()
        self.note = self.add("note", "&Note", self.make_text_field("note", "No names of students"))
        self._stamps_shown = self._stamps()
        if corrects is None:
            self._follow_times()
            for stamp in self.stamps.values():
                stamp.taken.toggled.connect(self._offer_unit)
        self.watch_fields(self.type)

    def missing(self) -> str:
        """A call with units that says how it ended has a time at which they cleared."""
        return super().missing() or self._find_missing_clear()

    def _find_missing_clear(self) -> str:
        cleared = self.stamps[INCIDENT_STAMPS[-1]]
        units = self.units.text() if self._record else self.unit.currentData()
        given = self.by_unit or cleared.taken.isChecked()
        if given or not units or not self._new_ending():
            return ""
        at = cleared.time.text()
        return (
            f"When was it cleared? Check Cleared (Alt+C, Space) for {at}, or type the time there."
        )

    def _watch_ending(self) -> WrappedLabel:
        """Return what says below how it ended that the words are new."""
        hint, shown = WrappedLabel(), self.recorded("disposition", "")

        def mark() -> None:
            hint.setText(mark_new_ending(self.disposition, (shown,)))
            hint.setVisible(bool(hint.text()))

        hint.setProperty("role", "problem")
        hint.hide()
        self.form.addRow(hint)
        self.disposition.currentTextChanged.connect(mark)
        return hint

    def _new_ending(self) -> str:
        """Return how it ended where that is new here."""
        text = self.disposition.currentText().strip()
        return text if text != self.recorded("disposition", "") else ""

    def accept(self) -> None:
        """Log it; words for how it ended that are not in the list are asked about once."""
        self.new_type.take_named()
        if self._new_ending():
            take_named_ending(self.disposition)
        text = self._new_ending()
        known = self.disposition.findText(text, Qt.MatchFlag.MatchFixedString) >= 0
        if text and not known and text != self._asked_about and not self.missing():
            self._asked_about = text
            asked = ask_about_ending(self.disposition, text)
            self.show_refusal(
                f"How it ended: {asked} Press {self.ok.text()} again to log it as typed."
            )
            return
        super().accept()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns; stamps of single units are no columns.

        A time of the same minute as the one before it is not earlier for its seconds, which no
        field shows.
        """
        columns = super().columns()
        for before, name in pairwise(name for name in INCIDENT_STAMPS if columns[name]):
            known: datetime | None = getattr(self._record, before, None)
            for earlier in (columns[before], format_utc_iso(known) if known else ""):
                if columns[name][:_TO_MINUTE] == earlier[:_TO_MINUTE]:
                    columns[name] = max(columns[name], earlier)
        if self._record and columns["units"] == self._units_shown:
            columns["units"] = self._own_units
        return columns

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log it, without the priority behind its type; a correction leaves what was written."""
        words, _ = split_priority(columns["type"])
        kind = find_named_type(words, self._desk.calls.used_types) or spell_incident_type(words)
        super().log_record({**columns, "type": kind})

    def collect_changes(self) -> dict[str, str]:
        """Return the touched columns, and the stamps of units by unit and name."""
        return {
            **super().collect_changes(),
            **{":".join(key): at for key, at in self._touched().items()},
        }

    def correct(self, touched: Mapping[str, str]) -> None:
        """Correct the incident and the stamps of its units, all of it or nothing."""
        assert self._record is not None
        correct_incident(
            self._desk.session, self._record.uid, super().collect_changes(), self._touched()
        )

    def _lay_units(self, call: Incident) -> QWidget:
        """Lay out the stamps of each unit below each other."""
        inside = QWidget()
        rows = make_column_layout(inside, spacing_px=SPACING_PX)
        rows.setContentsMargins(0, 0, 0, 0)
        for stamps in call.by_unit:
            rows.addWidget(make_section_label(stamps.unit))
            one = UnitStampsField(self._desk, stamps)
            self.by_unit |= {(stamps.unit, name): field for name, field in one.fields.items()}
            rows.addWidget(one)
        return inside

    def _stamps(self) -> dict[StampKey, str]:
        return {key: field.text() for key, field in self.by_unit.items()}

    def _touched(self) -> dict[StampKey, str]:
        shown = self._stamps_shown
        return {key: text for key, text in self._stamps().items() if text != shown[key]}

    def _keep_unit(self, _: int) -> None:
        """A unit that was chosen by hand stays."""
        self._is_unit_chosen = True

    def _offer_unit(self, _: object) -> None:
        """Offer the school's usual unit once a time says that one went; a clear alone does not."""
        if self._is_unit_chosen:
            return
        session = self._desk.session
        went = any(self.stamps[name].taken.isChecked() for name in INCIDENT_STAMPS[1:-1])
        site = self.site.currentData() or ""
        unit = find_usual_unit(session.project, site, session.today) if went else None
        self.unit.setCurrentIndex(max(0, self.unit.findData(unit)))

    def _follow_times(self) -> None:
        """Let each time that nobody set begin at the one before it, not at the present."""
        fields = list(self.stamps.values())
        for before, field in pairwise(fields):
            field.time.dateTimeChanged.connect(partial(self._note_time, field))
            before.time.dateTimeChanged.connect(partial(self._begin_time, before, field))

    def _note_time(self, field: OptionalTimeField, _: QDateTime) -> None:
        """A time that a person sets, with the keys in its field, follows no other from then on."""
        if field.isAncestorOf(QApplication.focusWidget() or self):
            self._set_by_hand.add(field)

    def _begin_time(
        self, before: OptionalTimeField, field: OptionalTimeField, _: QDateTime
    ) -> None:
        if field not in self._set_by_hand:
            field.time.setDateTime(before.time.dateTime())

    def _follow_unit(self, unit: str, on: bool) -> None:
        """A unit that was not there has no stamps."""
        for (one, _), field in self.by_unit.items():
            if one == unit and not on:
                field.taken.setChecked(False)
        self.update_required()
