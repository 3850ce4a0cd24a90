"""The rule of visits in one dialog: how many a week by level and bell window, and grace."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSpinBox, QWidget

from zoneplanner.app.log.due_visits import change_visit_rule
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, format_level
from zoneplanner.domain.log.due_visits import get_required_visits
from zoneplanner.domain.log.visit_rule import (
    ANY_TIME,
    MAX_GRACE_MIN,
    MAX_VISITS_A_WEEK,
    VISIT_WINDOWS,
    VisitRule,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.layouts import make_level_grid
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ABOUT = (
    "Weekly visits to a school of each level: at any time, or on a number of days within a bell "
    "window. Until you change a level, the number from Assumptions applies."
)
_TITLES = {str(window): window.replace(" ", "\n").capitalize() for window in VISIT_WINDOWS}
_COLUMNS: dict[str, str] = {ANY_TIME: "Any\ntime", **_TITLES}


class VisitRuleDialog(FormDialog):
    """Edits the project's rule of visits; what is due follows at once, and Undo takes it back."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("Visit Rule", "Use it", self._keep, parent)
        self._desk = desk
        self.set_about(_ABOUT)
        project = desk.session.project
        there = {site.level for site in project.patrolled}
        levels = [level for level in SCHOOL_LEVELS if level in there]
        self.fields: dict[tuple[str, str], QSpinBox] = {}
        self._usual = {
            level: dict(get_required_visits(project.visit_rule, project.assumptions, level))
            for level in levels
        }
        self.form.addRow(self._table())
        rule = project.visit_rule
        self.early, self.late = (
            make_number_box(0, MAX_GRACE_MIN, minutes, suffix=suffix)
            for minutes, suffix in (
                (rule.early_min, " min before it opens"),
                (rule.late_min, " min after it closes"),
            )
        )
        self.add_rows(("Counts &from", self.early), ("Counts &to", self.late))
        next(iter(self.fields.values()), self.early).setFocus()

    def rule(self) -> VisitRule:
        """Return what the fields say; a level that is asked for the usual keeps no word of it."""
        known = self._desk.session.project.visit_rule.by_level
        by_level: dict[str, dict[str, int]] = {}
        for (level, window), field in self.fields.items():
            by_level.setdefault(level, {})[window] = field.value()
        said = {
            level: {window: times for window, times in asked.items() if times}
            for level, asked in by_level.items()
        }
        kept = {
            level: asked
            for level, asked in said.items()
            if level in known or asked != self._usual[level]
        }
        return VisitRule(kept, self.early.value(), self.late.value())

    def _keep(self) -> None:
        change_visit_rule(self._desk.session, self.rule())

    def _table(self) -> QWidget:
        frame, grid = make_level_grid(dict.fromkeys(_COLUMNS.values(), ""))
        names: list[QLabel] = []
        for row, (level, asked) in enumerate(self._usual.items(), start=1):
            name = QLabel(format_level(level))
            names.append(name)
            grid.addWidget(name, row, 0)
            for column, (window, title) in enumerate(_COLUMNS.items(), start=1):
                most = MAX_VISITS_A_WEEK if window == ANY_TIME else 5
                field = make_number_box(0, most, asked.get(window, 0), least_text="–")
                field.setAlignment(Qt.AlignmentFlag.AlignRight)
                field.setAccessibleName(f"{format_level(level)}, {title.replace(chr(10), ' ')}")
                self.fields[level, window] = field
                grid.addWidget(field, row, column)
        grid.setColumnMinimumWidth(0, max((name.sizeHint().width() for name in names), default=0))
        grid.setColumnStretch(0, 1)
        return frame
