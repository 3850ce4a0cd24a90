"""The dialogs for the assumptions behind load and travel, and for a site's jurisdiction."""

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QDoubleSpinBox, QLabel, QLineEdit, QWidget

from zoneplanner.domain.assumptions import OTHER_LEVEL, Assumptions, look_up_by_level
from zoneplanner.domain.geography.site import Site, find_jurisdiction, format_level
from zoneplanner.domain.plans.edits import decide_jurisdiction, set_assumptions
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    DecimalBox,
    make_choice_box,
    make_decimal_box,
)
from zoneplanner.ui.widgets.layout.layouts import make_level_grid
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ABOUT = (
    "These assumptions are used until figures are measured. The load of a site is visits × minutes "
    "on site + calls × time on a call, in minutes per school day."
)
_TABLES = {
    "visits_per_day": ("Visits\na day", "Planned visits to a site at this level on a school day."),
    "dwell_min": ("Dwell\nmin", "Minutes per visit."),
    "call_factor": ("Calls\nfactor", "Calls compared with an elementary school."),
}
_SINGLES = {
    "calls_per_1000": (
        "Calls per day per 1,000 students",
        "",
        2,
        "Before the factor for the level is applied.",
    ),
    "service_min": ("Time on a call", " min", 1, "Minutes that a unit spends on one call."),
    "missing_enrollment": (
        "If enrollment is missing",
        " students",
        0,
        "The number that is used instead.",
    ),
    "speed_mph": ("Driving speed", " mph", 1, "The driving speed on the streets between sites."),
    "axis_factor": (
        "Streets driven",
        " ×",
        2,
        "Relative to the distance along the street grid.",
    ),
    "turnout_min": ("Turnout", " min", 1, "From the call to the start of the drive."),
}
_MAX_VALUE = 9999.0


class AssumptionsDialog(FormDialog):
    """Edits the project's assumptions; loads, travel and checks follow at once."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Assumptions", "Apply", self._apply, parent)
        self._desk = desk
        self.set_about(_ABOUT)
        current = desk.session.project.assumptions
        present = {site.level for site in desk.session.project.patrolled} - {OTHER_LEVEL}
        self._levels = [level for level in current.call_factor if level in present] + [OTHER_LEVEL]
        self.tables: dict[tuple[str, str], QDoubleSpinBox] = {}
        self.singles: dict[str, DecimalBox] = {}
        self.form.addRow(self._make_table(current))
        for name, (title, suffix, digits, tip) in _SINGLES.items():
            field = _make_field(getattr(current, name), digits, suffix)
            field.setToolTip(tip)
            self.singles[name] = field
            self.form.addRow(title, field)
        why_not = desk.session.explain_denied_edit()
        if why_not:
            self._make_read_only(str(why_not))
            return
        restore = self.buttons.addButton("Defaults", QDialogButtonBox.ButtonRole.ResetRole)
        restore.setToolTip("Fill the fields with the program’s own assumptions.")
        restore.clicked.connect(lambda _=False: self.put(Assumptions()))

    def _make_read_only(self, why: str) -> None:
        """Show the figures to a person who may not change them, with the reason."""
        self.set_about(f"{_ABOUT} {why}")
        self.ok.setEnabled(False)
        self.ok.hide()
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText("Close")
        for field in (*self.tables.values(), *self.singles.values()):
            field.setReadOnly(True)

    def put(self, assumptions: Assumptions) -> None:
        """Fill the fields with some assumptions."""
        for (name, level), field in self.tables.items():
            field.setValue(look_up_by_level(getattr(assumptions, name), level))
        for name, field in self.singles.items():
            field.setValue(getattr(assumptions, name))

    def assumptions(self) -> Assumptions:
        """Return the assumptions in the fields; levels without a row keep their figures."""
        current = self._desk.session.project.assumptions
        tables: dict[str, Any] = {name: dict(getattr(current, name)) for name in _TABLES}
        for (name, level), field in self.tables.items():
            other = self.tables[name, OTHER_LEVEL].value()
            if level in tables[name] or field.value() != other:
                tables[name][level] = field.value()
        singles: dict[str, Any] = {name: field.value() for name, field in self.singles.items()}
        singles["missing_enrollment"] = round(singles["missing_enrollment"])
        return Assumptions(**tables, **singles)

    def _apply(self) -> None:
        self._desk.session.apply(
            "Change assumptions", partial(set_assumptions, assumptions=self.assumptions())
        )

    def _make_table(self, current: Assumptions) -> QWidget:
        frame, grid = make_level_grid(dict(_TABLES.values()))
        for row, level in enumerate(self._levels, start=1):
            level_name = "Other levels" if level == OTHER_LEVEL else format_level(level)
            grid.addWidget(QLabel(level_name), row, 0)
            for column, (name, (title, _)) in enumerate(_TABLES.items(), start=1):
                field = _make_field(look_up_by_level(getattr(current, name), level), 1, "")
                field.setAccessibleName(f"{title.replace(chr(10), ' ')}, {level_name}")
                self.tables[name, level] = field
                grid.addWidget(field, row, column)
        grid.setColumnStretch(0, 1)
        return frame


def _make_field(value: float, digits: int, suffix: str) -> DecimalBox:
    field = make_decimal_box(0.0, _MAX_VALUE, value, digits=digits, suffix=suffix)
    field.setSingleStep(1.0 if digits == 0 else 0.1)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    return field


class JurisdictionDecisionDialog(FormDialog):
    """Asks for a site's jurisdiction; the first choice follows from its position."""

    def __init__(self, desk: UiContext, site: Site, parent: QWidget | None = None) -> None:
        super().__init__("Decide the Jurisdiction", "Decide", self._decide, parent)
        self._desk = desk
        self._site = site
        project = desk.session.project
        placement = find_jurisdiction(site.with_decision(None), project.jurisdictions.values())
        by_position = "no known jurisdiction"
        if placement.jurisdiction:
            by_position = project.jurisdictions[placement.jurisdiction].name
        self.set_about(
            f"{site.name}: its position is in {by_position}, "
            f"{desk.session.formats.length(placement.line_m)} from the nearest boundary."
        )
        decision = site.decision
        names = {None: f"By its position: {by_position}"} | {
            each.id: each.name for each in project.jurisdictions.values()
        }
        choice = make_choice_box(names, decision.jurisdiction if decision else None)
        self.choice = self.add_field("&Jurisdiction", choice)
        self.why = self.add_field("&Why", QLineEdit(decision.why if decision else ""))
        self.why.setPlaceholderText("For example: the gate is on the city’s side")

    def _decide(self) -> None:
        chosen, why = self.choice.currentData(), self.why.text().strip()
        if chosen is not None and not why:
            raise UserError("field_empty.decision_reason")
        session, site = self._desk.session, self._site
        session.apply(
            f"Decide the jurisdiction of {site.name}",
            lambda project: decide_jurisdiction(
                project, site.id, chosen, by=session.actor, at=session.clock(), why=why
            ),
        )
