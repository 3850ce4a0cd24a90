"""Log an incident with its times, or correct one."""

from collections.abc import Mapping

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from zoneplanner.app.log.corrections import StampKey, correct_incident, read_record_without_stamps
from zoneplanner.app.log.dispatch import INCIDENT_TYPES
from zoneplanner.app.log.logbook import find_usual_unit
from zoneplanner.domain.log.journal import DISPOSITIONS, INCIDENT_STAMPS, Incident
from zoneplanner.ui.widgets.inputs.forms import (
    PrivacyCheckedField,
    make_editable_box,
    make_site_box,
    make_unit_box,
    read_chosen_site,
)
from zoneplanner.ui.widgets.inputs.record_form import (
    OptionalTimeField,
    RecordForm,
    UnitsField,
    UnitStampsField,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import NumberBox
from zoneplanner.ui.widgets.layout.basic_widgets import (
    add_spin_arrows,
    make_section_label,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX

_LABELS = ("&Received", "&Dispatched", "&En route", "&On scene", "&Cleared")
_LEAST_UNITS_PX, _MOST_UNITS_PX = 150, 240
_NO_TYPE = "An incident needs a type in plain words, such as trespass; fill in What."


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
        title = "Correct an Incident" if corrects else "Log an Incident"
        super().__init__(desk, "incident", title, corrects=corrects, parent=parent)
        own = (
            read_record_without_stamps(desk.session, "incident", corrects.uid) if corrects else None
        )
        live = corrects.by_unit if corrects else ()
        project = desk.session.project
        if corrects is None:
            self.set_about("Planning log only; call 9-1-1 or dispatch first.")
        self.type = make_editable_box(INCIDENT_TYPES, corrects.type if corrects else "")
        self.disposition = make_editable_box(DISPOSITIONS, corrects.disposition if corrects else "")
        for box, example in (
            (self.type, "In plain words, such as trespass"),
            (self.disposition, "Not said; choose, or type other words"),
        ):
            words = box.lineEdit()
            assert words is not None
            words.setPlaceholderText(example)
        self.site = make_site_box(project, corrects.site if corrects else site_id)
        self.unit = make_unit_box(
            project, find_usual_unit(project, site_id or "", desk.session.today)
        )
        self.units = UnitsField(project.units, corrects.units if corrects else ())
        self.priority = NumberBox()
        add_spin_arrows(self.priority)
        self.priority.setRange(0, 9)
        self.priority.setValue(corrects.priority if corrects else 3)
        self.stamps = {
            name: OptionalTimeField(
                desk, getattr(own, name, None), needed=name == INCIDENT_STAMPS[0]
            )
            for name in INCIDENT_STAMPS
        }
        self.note = QLineEdit(corrects.note if corrects else "")
        self.note.setPlaceholderText("No names of students")
        self._units_shown = self.units.text()
        self._own_units = ";".join(own.units) if own else ""
        self.form.addRow("&What", self.type)
        self.form.addRow("&Site", self.site)
        self.form.addRow("&Units" if corrects else "&Unit", self.units if corrects else self.unit)
        (self.unit if corrects else self.units).hide()
        self.form.addRow("&Priority", self.priority)
        for (name, field), label in zip(self.stamps.items(), _LABELS, strict=True):
            self.form.addRow(label, field)
            shown = name == INCIDENT_STAMPS[0] or not live or getattr(own, name) is not None
            self.form.setRowVisible(field, shown)
        self.by_unit: dict[StampKey, OptionalTimeField] = {}
        if corrects is not None and live:
            self.form.addRow(self._lay_units(corrects))
        self.form.addRow("&How it ended", self.disposition)
        self.form.addRow("&Note", PrivacyCheckedField(self.note, project))
        self._stamps_shown = self._stamps()
        self.watch_fields()
        self.units.toggled.connect(self._follow_unit)
        self.type.setFocus()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns; stamps of single units are no columns."""
        units = self.units.text() if self._record else self.unit.currentData() or ""
        if self._record and units == self._units_shown:
            units = self._own_units
        return {
            "type": self.type.currentText().strip(),
            "site": read_chosen_site(self.site, ""),
            "units": units,
            "priority": str(self.priority.value()),
            "disposition": self.disposition.currentText().strip(),
            "note": self.note.text(),
            **{name: field.text() for name, field in self.stamps.items()},
        }

    def missing(self) -> str:
        """An incident needs to say what it is."""
        return "" if self.type.currentText().strip() else _NO_TYPE

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
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, SPACING_PX, 0)
        rows.setSpacing(SPACING_PX)
        for stamps in call.by_unit:
            rows.addWidget(make_section_label(stamps.unit))
            one = UnitStampsField(self._desk, stamps)
            self.by_unit |= {(stamps.unit, name): field for name, field in one.fields.items()}
            rows.addWidget(one)
        area = wrap_in_scroll_area(inside, "Stamps by unit")
        area.setFixedHeight(min(_MOST_UNITS_PX, _LEAST_UNITS_PX * len(call.by_unit)))
        return area

    def _stamps(self) -> dict[StampKey, str]:
        return {key: field.text() for key, field in self.by_unit.items()}

    def _touched(self) -> dict[StampKey, str]:
        shown = self._stamps_shown
        return {key: text for key, text in self._stamps().items() if text != shown[key]}

    def _follow_unit(self, unit: str, on: bool) -> None:
        """A unit that was not there has no stamps."""
        for (one, _), field in self.by_unit.items():
            if one == unit and not on:
                field.taken.setChecked(False)
        self.update_required()
