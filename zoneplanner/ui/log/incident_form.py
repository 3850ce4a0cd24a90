"""The form that logs or corrects an incident with all its times."""

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
from zoneplanner.messages import Message
from zoneplanner.ui.log.call_words_field import (
    PriorityOfWords,
    TypeHint,
    ask_about_ending,
    complete_ending,
    mark_new_ending,
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
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    HidingLabel,
    make_column_layout,
    make_problem_label,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX

_LABELS = ("&Received", "&Dispatched", "&En route", "&On scene", "&Cleared")
_TO_MINUTE = len("2026-11-27T17:47")
_NO_TYPE = str(Message("field_empty.incident_type_words"))


class IncidentDialog(RecordForm):
    """Logs or corrects an incident; a correction also shows the stamps of each unit."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
        *,
        corrects: Incident | None = None,
        parent: QWidget | None = None,
    ) -> None:
        say = desk.session.project.terms.name_incidents
        title = say("Correct an Incident" if corrects else "Log an Incident")
        super().__init__(desk, "incident", title, corrects=corrects, parent=parent)
        recorded = (
            read_record_without_stamps(desk.session, "incident", corrects.uid) if corrects else None
        )
        unit_stamps = corrects.by_unit if corrects else ()
        project = desk.session.project
        if corrects is None:
            self.set_about("Planning log only; call 9-1-1 or dispatch first.")
        self.site = self.add_site(site_id)
        types = (*INCIDENT_TYPES, *desk.calls.used_types)
        type_box = make_editable_box(types, self.recorded("type", ""), "Such as trespass")
        self.type = self.add("type", "&What", type_box, needed=say(_NO_TYPE))
        self.new_type = TypeHint(type_box, desk.calls.used_types, has_priority=corrects is None)
        self.form.addRow(self.new_type)
        if corrects and recorded:
            self.units = self.add("units", "&Units", UnitsField(project.units, corrects.units))
            self._initial_units = self.units.text()
            self._units_without_stamps = ";".join(recorded.units)
            self.units.toggled.connect(self._clear_stamps_of_removed_unit)
        else:
            self.unit = self.add("units", "&Unit", make_unit_box(project, None))
            self.unit.activated.connect(self._set_unit_chosen)
            self.site.currentIndexChanged.connect(self._offer_unit)
        priority = make_number_box(0, 9, self.recorded("priority", 3))
        priority.setToolTip("0 and 1 mean danger now, 9 can wait; 3 is usual.")
        self.priority = self.add("priority", "&Priority", priority)
        if corrects is None:
            self.type.currentTextChanged.connect(PriorityOfWords(priority).follow)
        self._is_unit_chosen, self._questioned_ending = False, ""
        self.stamps: dict[str, OptionalTimeField] = {}
        for name, label in zip(INCIDENT_STAMPS, _LABELS, strict=True):
            is_receipt, at = name == INCIDENT_STAMPS[0], getattr(recorded, name, None)
            field = OptionalTimeField(desk, at, needed=is_receipt)
            self.stamps[name] = self.add(name, label, field)
            self.form.setRowVisible(field, is_receipt or not unit_stamps or at is not None)
        self._manual_times = set[OptionalTimeField]()
        self.by_unit: dict[StampKey, OptionalTimeField] = {}
        if corrects is not None and unit_stamps:
            self.form.addRow(self._lay_out_unit_stamps(corrects))
        disposition = make_editable_box(
            DISPOSITIONS, self.recorded("disposition", ""), "Not set; choose, or type your own"
        )
        self.disposition = self.add("disposition", "&How it ended", disposition)
        self.new_ending = self._add_ending_hint()
        self.note = self.add("note", "&Note", self.make_text_field("note", "No names of students"))
        self._initial_stamps = {key: field.text() for key, field in self.by_unit.items()}
        if corrects is None:
            self._connect_times()
            for stamp in self.stamps.values():
                stamp.taken.toggled.connect(self._offer_unit)
        self.watch_fields(self.type)

    def missing(self) -> str:
        """Require a cleared time if units were sent and the form says how the call ended."""
        return super().missing() or self._find_missing_clear()

    def _find_missing_clear(self) -> str:
        cleared = self.stamps[INCIDENT_STAMPS[-1]]
        units = self.units.text() if self._record else self.unit.currentData()
        has_time = self.by_unit or cleared.taken.isChecked()
        if has_time or not units or not self._read_new_ending():
            return ""
        at = cleared.time.text()
        return str(Message("cleared_time_missing", at=at))

    def _add_ending_hint(self) -> HidingLabel:
        """Add the hint that flags an ending that is not in the list."""
        hint, recorded = make_problem_label(), self.recorded("disposition", "")

        def update() -> None:
            hint.setText(str(mark_new_ending(self.disposition, (recorded,)) or ""))

        self.form.addRow(hint)
        self.disposition.currentTextChanged.connect(update)
        return hint

    def _read_new_ending(self) -> str:
        """Return how the call ended, or "" if that is what is recorded."""
        text = self.disposition.currentText().strip()
        return text if text != self.recorded("disposition", "") else ""

    def accept(self) -> None:
        """Log the incident; an ending that is not in the list needs a second confirmation."""
        self.new_type.complete()
        if self._read_new_ending():
            complete_ending(self.disposition)
        text = self._read_new_ending()
        known = self.disposition.findText(text, Qt.MatchFlag.MatchFixedString) >= 0
        if text and not known and text != self._questioned_ending and not self.missing():
            self._questioned_ending = text
            question = ask_about_ending(self.disposition, text)
            again = Message("ending.confirm_in_form", question=question, ok=self.ok.text())
            self.show_refusal(str(again))
            return
        super().accept()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns, without the stamps of single units.

        The fields show whole minutes. So if two times are in the same minute, the later one gets
        the seconds of the earlier one and does not appear to precede it.
        """
        columns = super().columns()
        for before, name in pairwise(name for name in INCIDENT_STAMPS if columns[name]):
            recorded: datetime | None = getattr(self._record, before, None)
            for earlier in (columns[before], format_utc_iso(recorded) if recorded else ""):
                if columns[name][:_TO_MINUTE] == earlier[:_TO_MINUTE]:
                    columns[name] = max(columns[name], earlier)
        if self._record and columns["units"] == self._initial_units:
            columns["units"] = self._units_without_stamps
        return columns

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log the incident without the priority after its type."""
        words, _ = split_priority(columns["type"])
        name = find_named_type(words, self._desk.calls.used_types) or spell_incident_type(words)
        super().log_record({**columns, "type": name})

    def collect_changes(self) -> dict[str, str]:
        """Return the changed columns, and the changed stamps of units as ``unit:name``."""
        return {
            **super().collect_changes(),
            **{":".join(key): at for key, at in self._collect_changed_stamps().items()},
        }

    def correct(self, touched: Mapping[str, str]) -> None:
        """Correct the incident and the stamps of its units, all or none."""
        assert self._record is not None
        changes, stamps = super().collect_changes(), self._collect_changed_stamps()
        correct_incident(self._desk.session, self._record.uid, changes, stamps)

    def _lay_out_unit_stamps(self, call: Incident) -> QWidget:
        inside = QWidget()
        rows = make_column_layout(inside, margin_px=0, spacing_px=SPACING_PX)
        for stamps in call.by_unit:
            rows.addWidget(make_section_label(stamps.unit))
            unit_field = UnitStampsField(self._desk, stamps)
            for name, field in unit_field.fields.items():
                self.by_unit[stamps.unit, name] = field
            rows.addWidget(unit_field)
        return inside

    def _collect_changed_stamps(self) -> dict[StampKey, str]:
        return {
            key: field.text()
            for key, field in self.by_unit.items()
            if field.text() != self._initial_stamps[key]
        }

    def _set_unit_chosen(self, _: int) -> None:
        self._is_unit_chosen = True

    def _offer_unit(self, _: object) -> None:
        """Offer the school's usual unit once a time other than cleared shows that one was sent."""
        if self._is_unit_chosen:
            return
        session = self._desk.session
        was_sent = any(self.stamps[name].taken.isChecked() for name in INCIDENT_STAMPS[1:-1])
        site = self.site.currentData() or ""
        unit = find_usual_unit(session.project, site, session.today) if was_sent else None
        self.unit.setCurrentIndex(max(0, self.unit.findData(unit)))

    def _connect_times(self) -> None:
        """Start each time at the previous one, rather than now, until a person sets it."""
        for before, field in pairwise(self.stamps.values()):
            field.time.dateTimeChanged.connect(partial(self._note_manual_time, field))
            before.time.dateTimeChanged.connect(partial(self._copy_time, before, field))

    def _note_manual_time(self, field: OptionalTimeField, _: QDateTime) -> None:
        """Stop following the previous time if the change came from a person in the field."""
        if field.isAncestorOf(QApplication.focusWidget() or self):
            self._manual_times.add(field)

    def _copy_time(self, before: OptionalTimeField, field: OptionalTimeField, _: QDateTime) -> None:
        if field not in self._manual_times:
            field.time.setDateTime(before.time.dateTime())

    def _clear_stamps_of_removed_unit(self, unit: str, checked: bool) -> None:
        for (stamped_unit, _), field in self.by_unit.items():
            if stamped_unit == unit and not checked:
                field.taken.setChecked(False)
        self.update_required()
