"""The dialogs on readiness rules: the district's choices, its own rules, and a new rule pack."""

import re
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from zoneplanner.app.readiness.requirements import load_project_rules, load_rule_pack
from zoneplanner.app.readiness.rules import (
    OfferedPack,
    change_follow_up_days,
    change_retention_years,
    choose_drill_rule,
    describe_rule_fields,
    format_rule_text,
    install_rule_pack,
    set_district_rule,
    set_own_drill_rule,
)
from zoneplanner.domain.calendar.school_calendar import find_last_day
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.drill_rules import find_rule_conflicts
from zoneplanner.domain.readiness.rule_edits import RuleChange
from zoneplanner.domain.readiness.rule_pack import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    MAX_DRILLS_PER_PERIOD,
    MAX_RETENTION_YEARS,
    OWN_KINDS,
    PERIODS_PER_YEAR,
    DistrictDuty,
    DistrictRule,
    FollowUpRule,
    PlanElement,
    RetentionRule,
    RulePack,
    is_district_rule,
)
from zoneplanner.messages import format_count, say_all
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, FormDialog
from zoneplanner.ui.widgets.inputs.forms import (
    FormRows,
    join_fields,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    NumberBox,
    make_choice_box,
    make_number_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_muted_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_FOLLOW_UP_LABELS = {
    "review_priority": "Review incidents up to priority",
    "review_days": "Review them within (days)",
    "acknowledge_school_days": "Acknowledge concerns (school days)",
    "close_days": "Close concerns within (days)",
    "horizon_days": "Due soon (days before)",
}


class ReadinessRulesDialog(FormDialog):
    """Asks which legal texts to follow, for the district's own drills, and for time limits."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("Readiness Rules", "Apply", self._apply, parent)
        self._desk = desk
        session = desk.session
        rules = load_project_rules(session.project)
        self.set_about(
            f"Version {rules.version}. If two legal texts differ, the district chooses; Help "
            "lists every rule with its citation. This is a planning aid, not legal advice."
        )
        self.left, self.right = FormRows(), FormRows()
        columns = make_row_layout((self.left, 8), (self.right, 9), spacing_px=WIDE_MARGIN_PX)
        self.form.addRow(columns)
        self._add_drills(rules)
        self.days = self._make_day_fields(rules.follow_up)
        self.years = {
            rule.name: self._make_years_field(rule)
            for rule in load_rule_pack(session.project).retention
        }
        follow_up = FormRows()  # separate, because its labels are longer
        self.left.addRow(make_section_label("Follow-up"))
        self.left.addRow(follow_up)
        for name, field in self.days.items():
            follow_up.addRow(_FOLLOW_UP_LABELS[name], field)
        self.right.addRow(make_section_label("Record retention in years"))
        for name, field in self.years.items():
            least = f" (at least {field.minimum()})" if field.minimum() > 1 else ""
            self.right.addRow(f"{name}{least}", field)
        self.kind.currentIndexChanged.connect(self._show_own_rule)
        self.level.currentIndexChanged.connect(self._show_own_rule)
        self._show_own_rule()
        next(iter(self.followed.values()), self.kind).setFocus()

    def _add_drills(self, rules: RulePack) -> None:
        """Add the choices between legal texts, and the fields of the district's own drills."""
        self.conflicts = find_rule_conflicts(rules, self._desk.session.today)
        if self.conflicts:
            self.left.addRow(make_section_label("Where legal texts differ"))
        self.followed: dict[str, ChoiceBox] = {}
        for conflict in self.conflicts:
            texts = {"": f"The strictest ({conflict.rules[0].message})"}
            texts |= {rule.citation: str(rule.message) for rule in conflict.rules}
            chosen = conflict.followed.citation if conflict.chosen else ""
            box = self.followed[conflict.key] = make_choice_box(texts, chosen)
            label = QLabel(f"{format_drill_name(conflict.kind)}s, {conflict.level}")
            label.setBuddy(box)
            self.left.addRow(label)
            self.left.addRow(box)
        self.left.addRow(make_section_label("The district’s own drills"))
        self.left.addRow(
            make_muted_label(
                "We found no minimum for lockdown drills in state law. Enter 0 to require none."
            )
        )
        kinds = {kind: f"{format_drill_name(kind)}s" for kind in DRILL_KINDS}
        self.kind = make_choice_box(kinds, "lockdown")
        levels = {level: level.capitalize() for level in LAW_LEVELS}
        self.level = make_choice_box(levels, "elementary")
        self.times = make_number_box(0, MAX_DRILLS_PER_PERIOD)
        self.per = make_choice_box({per: f"a {per}" for per in PERIODS_PER_YEAR}, "semester")
        self.left.addRow("&Drills", self.kind)
        self.left.addRow("&Level", self.level)
        self.left.addRow("&How often", join_fields(self.times, (self.per, 1)))
        self.own = make_muted_label()
        self.left.addRow("So far", self.own)

    def _make_day_fields(self, rule: FollowUpRule) -> dict[str, NumberBox]:
        fields = {}
        for name, limits in FOLLOW_UP_RANGES.items():
            field = fields[name] = make_number_box(*limits, getattr(rule, name))
            field.setToolTip(
                "We found no law on this; the program’s default applies until you change it."
            )
        return fields

    def _make_years_field(self, rule: RetentionRule) -> NumberBox:
        years = self._desk.session.project.rules.years.get(rule.name, rule.years)
        field = make_number_box(rule.least_years, MAX_RETENTION_YEARS, years)
        field.valueChanged.connect(partial(_write_unit, field))
        _write_unit(field, years)
        field.setAccessibleName(f"Years to keep: {rule.name}")
        field.setToolTip(f"{rule.years} years: {rule.citation}. {rule.note}")
        return field

    def _find_own_rule(self) -> DistrictRule | None:
        """Return the district's rule on the chosen drills and level, if it has one."""
        key = (self.kind.currentData(), self.level.currentData())
        own = self._desk.session.project.rules.own
        return next((rule for rule in own if (rule.kind, rule.level) == key), None)

    def _show_own_rule(self) -> None:
        rule = self._find_own_rule()
        self.times.setValue(rule.times if rule else 0)
        if rule is not None:
            self.per.setCurrentIndex(self.per.findData(rule.per))
        texts = [
            f"{format_drill_name(each.kind)}s, {each.level}: {each.times} a {each.per}"
            for each in self._desk.session.project.rules.own
        ]
        self.own.setText(f"{'; '.join(texts)}." if texts else "The district requires none.")

    def _apply(self) -> None:
        session = self._desk.session
        for conflict in self.conflicts:
            chosen = self.followed[conflict.key].currentData() or None
            if chosen != session.project.rules.followed.get(conflict.key):
                choose_drill_rule(session, conflict.kind, conflict.level, chosen)
        rule, times, per = self._find_own_rule(), self.times.value(), self.per.currentData()
        if (times, per) != (rule and (rule.times, rule.per)) and (times or rule):
            kind, level = self.kind.currentData(), self.level.currentData()
            set_own_drill_rule(session, kind, level, times, per)
        rules = load_project_rules(session.project)
        days = {name: field.value() for name, field in self.days.items()}
        if any(getattr(rules.follow_up, name) != value for name, value in days.items()):
            change_follow_up_days(session, days)
        years = {name: field.value() for name, field in self.years.items()}
        if years != {each.name: each.years for each in rules.retention}:
            change_retention_years(session, years)


def _write_unit(field: NumberBox, years: int) -> None:
    field.setSuffix(" year" if years == 1 else " years")


_ELEMENT, _DUTY = OWN_KINDS
_ABOUT = (
    "A district rule applies in addition to the state’s rules and stays when those are replaced. "
    "Clear the text to remove a rule."
)
_MAX_KEY_LETTERS = 40
_DEFAULT_DUE = (9, 1)


class OwnRuleDialog(FormDialog):
    """Adds a rule of the district, or changes or removes one."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("The District’s Own Rules", "Save", self._save, parent)
        self._session = desk.session
        self.set_about(_ABOUT)
        rules = load_project_rules(desk.session.project)
        self._rules: dict[tuple[str, str], PlanElement | DistrictDuty] = {}
        for kind, own in ((_ELEMENT, rules.elements), (_DUTY, rules.duties)):
            self._rules |= {(kind, rule.key): rule for rule in own if is_district_rule(rule)}
        names = {
            (_ELEMENT, ""): "A new safety-plan element",
            (_DUTY, ""): "A new yearly requirement of the district",
        }
        names |= {key: rule.text for key, rule in self._rules.items()}
        rule = make_choice_box(names, (_ELEMENT, ""), least_letters=40)
        self.rule = self.add_field("&Rule", rule)
        self.text = self.add_field("&Text", QLineEdit())
        self.citation = self.add_field("&Source", QLineEdit())
        self.month, self.day = make_number_box(1, 12), make_number_box(1, 31)
        self.month.setAccessibleName("Month")
        self.day.setAccessibleName("Day of the month")
        self.month.valueChanged.connect(lambda month: self.day.setMaximum(find_last_day(month)))
        self.add_field("&Due by month, day", join_fields(self.month, self.day, None))
        self.rule.currentIndexChanged.connect(self._show_rule)
        self.text.textChanged.connect(self._update_required)
        self._show_rule()
        self.rule.setFocus()

    def _show_rule(self) -> None:
        """Fill the fields with the chosen rule, or with defaults for a new one."""
        key = self.rule.currentData()
        rule = self._rules.get(key)
        self.text.setText(rule.text if rule else "")
        self.citation.setText(rule.citation if rule else "District rule")
        month, day = (rule.month, rule.day) if isinstance(rule, DistrictDuty) else _DEFAULT_DUE
        self.month.setValue(month)
        self.day.setValue(day)
        for field in (self.month, self.day):
            field.setEnabled(key[0] == _DUTY)
        self._update_required()

    def _update_required(self) -> None:
        is_new = self.rule.currentData() not in self._rules
        lacks_text = is_new and not self.text.text().strip()
        self.require("Enter what is required." if lacks_text else "")

    def _save(self) -> None:
        kind, key = self.rule.currentData()
        text = self.text.text().strip()
        set_district_rule(
            self._session,
            kind,
            key or self._make_key(kind, text),
            text,
            due=(self.month.value(), self.day.value()),
            citation=self.citation.text().strip() or "District rule",
        )

    def _make_key(self, kind: str, text: str) -> str:
        """Return a new key, made of the words of a rule's text."""
        rules = load_project_rules(self._session.project)
        keys = {rule.key for rule in (rules.elements if kind == _ELEMENT else rules.duties)}
        words = (
            re.sub("[^a-z0-9]+", "_", text.casefold()).strip("_")[: _MAX_KEY_LETTERS - 4].strip("_")
        )
        base = words if re.match("[a-z][a-z0-9_]", words) else f"own_{words}".rstrip("_")
        key, number = base, 1
        while key in keys:
            number += 1
            key = f"{base}_{number}"
        return key


_NOTE = (
    "This is a planning aid, not legal advice; ask counsel to confirm. Installing is one step "
    "that you can undo; the district’s choices and its own rules stay."
)


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    rank: int
    outcome: str
    change: RuleChange


_COLUMNS = (
    Column("Change", lambda row: row.rank, lambda row: row.outcome),
    Column("Rule", lambda row: format_rule_text(row.change.message),
           cell_tip=lambda row: str(row.change.message)),
    Column("Source", lambda row: row.change.citation,
           cell_tip=lambda row: row.change.citation),
    Column("What differs", lambda row: describe_rule_fields(row.change),
           cell_tip=lambda row: describe_rule_fields(row.change)),
)  # fmt: skip


class RulePackDialog(TableDialog):
    """Lists what a rule pack would change, rule by rule, and installs it."""

    def __init__(
        self, desk: UiContext, *, offered: OfferedPack, parent: QWidget | None = None
    ) -> None:
        difference, pack = offered.difference, offered.pack
        rows = [
            _ChangeRow(rank, outcome, change)
            for rank, (outcome, changes) in enumerate(
                (
                    ("Changed", difference.changed),
                    ("Added", difference.added),
                    ("Removed", difference.removed),
                    ("Kept", difference.kept),
                )
            )
            for change in changes
        ]
        day = pack.checked_on
        checked = f", checked on {desk.session.formats.day(day)}" if day else ""
        super().__init__(
            desk,
            "Install Rules",
            _COLUMNS,
            lambda row: f"{row.outcome} {row.change.key}",
            rows,
            about=WrappedLabel(
                f"{pack.title}, version {pack.version}{checked}: "
                f"{format_count(len(difference), 'rule')} would change. "
                f"SHA-256 {pack.digest[:12]}. "
                f"{say_all(offered.explanation, desk.session.formats)}".strip()
            ),
            empty="No rule changes.",
            size=(TABLE_PX, 460),
            parent=parent,
        )
        self.below.setText(_NOTE)
        self.install = self.add_button("&Install", lambda: self._install(desk, offered))
        self.install.setEnabled(offered.is_other)

    def _install(self, desk: UiContext, offered: OfferedPack) -> None:
        install_rule_pack(desk.session, offered)
        self.accept()
