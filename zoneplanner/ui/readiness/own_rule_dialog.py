"""An element of safety plans or a yearly duty of the district's own, beside any pack of rules."""

import re

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.readiness.rules import set_district_rule
from zoneplanner.domain.readiness.district_rules import OWN_KINDS, is_district_rule
from zoneplanner.domain.readiness.rule_pack import DistrictDuty, PlanElement
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_row_layout, pass_focus
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ELEMENT, _DUTY = OWN_KINDS
_ABOUT = (
    "It applies in addition to the state's rules and stays when these are replaced. Clear the "
    "text to remove a rule."
)
_TEXT_MISSING = "Enter what is required."
_MOST_KEY = 40
_FIRST_DUE = (9, 1)


class OwnRuleDialog(FormDialog):
    """One rule of the district: a new one, or one that is there to be changed or taken away."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("The District’s Own Rules", "Save", self._save, parent)
        self._session = desk.session
        self.set_about(_ABOUT)
        rules = load_project_rules(desk.session.project)
        self._rules: dict[tuple[str, str], PlanElement | DistrictDuty] = {}
        for kind, own in ((_ELEMENT, rules.elements), (_DUTY, rules.duties)):
            self._rules |= {(kind, one.key): one for one in own if is_district_rule(one)}
        names = {
            (_ELEMENT, ""): "A new element of safety plans",
            (_DUTY, ""): "A new yearly requirement of the district",
        }
        names |= {key: rule.text for key, rule in self._rules.items()}
        self.rule = make_choice_box(names, (_ELEMENT, ""), least_letters=40)
        self.text, self.citation = QLineEdit(), QLineEdit()
        self.month, self.day = make_number_box(1, 12), make_number_box(1, 28)
        self.month.setAccessibleName("Month")
        self.day.setAccessibleName("Day of the month")
        due = QWidget()
        make_row_layout(self.month, self.day, None, parent=due)
        pass_focus(due, self.month)
        self.form.addRow("&Rule", self.rule)
        self.form.addRow("&Text", self.text)
        self.form.addRow("&Written in", self.citation)
        self.form.addRow("&Due by month, day", due)
        self.rule.currentIndexChanged.connect(self._show)
        self.text.textChanged.connect(self._check)
        self._show()
        self.rule.setFocus()

    def _show(self) -> None:
        """Show the chosen rule; a new one is empty."""
        key = self.rule.currentData()
        rule = self._rules.get(key)
        self.text.setText(rule.text if rule else "")
        self.citation.setText(rule.citation if rule else "District rule")
        month, day = (rule.month, rule.day) if isinstance(rule, DistrictDuty) else _FIRST_DUE
        self.month.setValue(month)
        self.day.setValue(day)
        for field in (self.month, self.day):
            field.setEnabled(key[0] == _DUTY)
        self._check()

    def _check(self) -> None:
        is_new = self.rule.currentData() not in self._rules
        self.require(_TEXT_MISSING if is_new and not self.text.text().strip() else "")

    def _save(self) -> None:
        kind, key = self.rule.currentData()
        text = self.text.text().strip()
        set_district_rule(
            *(self._session, kind, key or self._make_key(kind, text), text),
            due=(self.month.value(), self.day.value()),
            citation=self.citation.text().strip() or "District rule",
        )

    def _make_key(self, kind: str, text: str) -> str:
        """Return a key of the words of a text that no rule of the kind has."""
        rules = load_project_rules(self._session.project)
        known = {one.key for one in (rules.elements if kind == _ELEMENT else rules.duties)}
        words = re.sub("[^a-z0-9]+", "_", text.casefold()).strip("_")[: _MOST_KEY - 4].strip("_")
        base = words if re.match("[a-z][a-z0-9_]", words) else f"own_{words}".rstrip("_")
        key, number = base, 1
        while key in known:
            number += 1
            key = f"{base}_{number}"
        return key
