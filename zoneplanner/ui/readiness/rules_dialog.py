"""What the district chose among the rules of readiness, in one dialog.

An element of safety plans or a yearly duty of the district's own, beside any pack of rules.

What a file of rules would change, and its installation as one step.
"""

import re
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QLineEdit, QWidget

from zoneplanner.app.readiness.requirements import load_project_rules, load_rule_pack
from zoneplanner.app.readiness.rules import (
    OfferedPack,
    change_follow_up_days,
    change_retention_years,
    choose_drill_rule,
    install_rule_pack,
    set_district_rule,
    set_own_drill_rule,
)
from zoneplanner.domain.calendar.school_calendar import find_last_day
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.drill_rules import find_rule_conflicts
from zoneplanner.domain.readiness.rule_edits import RuleChange, describe_rule_fields
from zoneplanner.domain.readiness.rule_pack import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    MAX_DRILLS_PER_PERIOD,
    MAX_RETENTION_YEARS,
    OWN_KINDS,
    PERIODS_PER_YEAR,
    DistrictDuty,
    FollowUpRule,
    PlanElement,
    RetentionRule,
    RulePack,
    is_district_rule,
)
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, FormDialog
from zoneplanner.ui.widgets.inputs.forms import FormRows
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
    pass_focus,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_STRICTEST = "The strictest"
_DAYS = {
    "review_priority": "Review incidents up to priority",
    "review_days": "Review them within (days)",
    "acknowledge_school_days": "Acknowledge concerns (school days)",
    "close_days": "Close concerns within (days)",
    "horizon_days": "Due soon (days before)",
}


class ReadinessRulesDialog(FormDialog):
    """Which of differing texts is followed, and how many drills the district itself asks for."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("Readiness Rules", "Apply", self._choose, parent)
        self._desk = desk
        session = desk.session
        rules = load_project_rules(session.project)
        self.set_about(
            f"Version {rules.version}. If two legal texts differ, the district chooses; Help "
            "lists every rule with its citation. This is a planning aid, not legal advice."
        )
        self.left, self.right = FormRows(), FormRows()
        both = make_row_layout((self.left, 8), (self.right, 9), spacing_px=WIDE_MARGIN_PX)
        self.form.addRow(both)
        self._ask_drills(rules)
        self.days = self._days(rules.follow_up)
        self.years = {
            one.name: self._years(one) for one in load_rule_pack(session.project).retention
        }
        back = FormRows()  # its labels are longer than those of the drills
        self.left.addRow(make_section_label("Follow-up"))
        self.left.addRow(back)
        for name, field in self.days.items():
            back.addRow(_DAYS[name], field)
        self.right.addRow(make_section_label("Record retention in years"))
        for name, field in self.years.items():
            least = f" (at least {field.minimum()})" if field.minimum() > 1 else ""
            self.right.addRow(f"{name}{least}", field)
        self.kind.currentIndexChanged.connect(self._show_own)
        self.level.currentIndexChanged.connect(self._show_own)
        self._show_own()
        next(iter(self.followed.values()), self.kind).setFocus()

    def _ask_drills(self, rules: RulePack) -> None:
        """Ask which text is followed, and what the district itself asks for."""
        self.questions = find_rule_conflicts(rules, self._desk.session.today)
        if self.questions:
            self.left.addRow(make_section_label("Where legal texts differ"))
        self.followed: dict[str, ChoiceBox] = {}
        for question in self.questions:
            texts = {"": f"{_STRICTEST} ({question.rules[0].words})"}
            texts |= {rule.citation: rule.words for rule in question.rules}
            chosen = question.followed.citation if question.chosen else ""
            box = self.followed[question.key] = make_choice_box(texts, chosen)
            label = QLabel(f"{format_drill_name(question.kind)}s, {question.level}")
            label.setBuddy(box)
            self.left.addRow(label)
            self.left.addRow(box)
        self.left.addRow(make_section_label("The district’s own drills"))
        self.left.addRow(
            make_muted_label(
                "We found no minimum for lockdown drills in state law. 0 requires none."
            )
        )
        kinds = {kind: f"{format_drill_name(kind)}s" for kind in DRILL_KINDS}
        self.kind = make_choice_box(kinds, "lockdown")
        levels = {level: level.capitalize() for level in LAW_LEVELS}
        self.level = make_choice_box(levels, "elementary")
        self.times = make_number_box(0, MAX_DRILLS_PER_PERIOD)
        self.per = make_choice_box({per: f"a {per}" for per in PERIODS_PER_YEAR}, "semester")
        often = QWidget()
        make_row_layout(self.times, (self.per, 1), parent=often)
        pass_focus(often, self.times)
        self.left.addRow("&Drills", self.kind)
        self.left.addRow("&Level", self.level)
        self.left.addRow("&How often", often)
        self.own = make_muted_label()
        self.left.addRow("So far", self.own)

    def _days(self, rule: FollowUpRule) -> dict[str, NumberBox]:
        fields = {}
        for name, ends in FOLLOW_UP_RANGES.items():
            field = fields[name] = make_number_box(*ends, getattr(rule, name))
            field.setToolTip(
                "We found no law on this; the program’s default applies until you change it."
            )
        return fields

    def _years(self, usual: RetentionRule) -> NumberBox:
        years = self._desk.session.project.rules.years.get(usual.name, usual.years)
        field = make_number_box(usual.least_years, MAX_RETENTION_YEARS, years)
        field.valueChanged.connect(partial(_write_unit, field))
        _write_unit(field, years)
        field.setAccessibleName(f"Years to keep: {usual.name}")
        field.setToolTip(f"{usual.years} years: {usual.citation}. {usual.note}")
        return field

    def _show_own(self) -> None:
        """Show the district's rule on the drills and level that are chosen."""
        own = self._desk.session.project.rules.own
        key = (self.kind.currentData(), self.level.currentData())
        now = next((one for one in own if (one.kind, one.level) == key), None)
        self.times.setValue(now.times if now else 0)
        if now is not None:
            self.per.setCurrentIndex(self.per.findData(now.per))
        said = [
            f"{format_drill_name(one.kind)}s, {one.level}: {one.times} a {one.per}" for one in own
        ]
        self.own.setText(f"{'; '.join(said)}." if said else "The district requires none.")

    def _choose(self) -> None:
        session = self._desk.session
        for question in self.questions:
            wanted = self.followed[question.key].currentData() or None
            if wanted != session.project.rules.followed.get(question.key):
                choose_drill_rule(session, question.kind, question.level, wanted)
        key = (self.kind.currentData(), self.level.currentData())
        asked = (self.times.value(), self.per.currentData())
        own = session.project.rules.own
        now = next(((one.times, one.per) for one in own if (one.kind, one.level) == key), None)
        if asked != now and (asked[0] or now):
            set_own_drill_rule(session, *key, *asked)
        rule = load_project_rules(session.project).follow_up
        days = {name: field.value() for name, field in self.days.items()}
        if any(getattr(rule, name) != value for name, value in days.items()):
            change_follow_up_days(session, days)
        kept = {one.name: one.years for one in load_project_rules(session.project).retention}
        years = {name: field.value() for name, field in self.years.items()}
        if years != kept:
            change_retention_years(session, years)


def _write_unit(field: NumberBox, years: int) -> None:
    field.setSuffix(" year" if years == 1 else " years")


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
            (_ELEMENT, ""): "A new safety-plan element",
            (_DUTY, ""): "A new yearly requirement of the district",
        }
        names |= {key: rule.text for key, rule in self._rules.items()}
        self.rule = make_choice_box(names, (_ELEMENT, ""), least_letters=40)
        self.text, self.citation = QLineEdit(), QLineEdit()
        self.month, self.day = make_number_box(1, 12), make_number_box(1, 31)
        self.month.setAccessibleName("Month")
        self.day.setAccessibleName("Day of the month")
        self.month.valueChanged.connect(lambda one: self.day.setMaximum(find_last_day(one)))
        due = QWidget()
        make_row_layout(self.month, self.day, None, parent=due)
        pass_focus(due, self.month)
        self.form.addRow("&Rule", self.rule)
        self.form.addRow("&Text", self.text)
        self.form.addRow("&Source", self.citation)
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


_SIZE = (TABLE_PX, 460)
_NOTE = (
    "This is a planning aid, not legal advice; ask counsel to confirm. Installing is one step "
    "that you can "
    "undo; the district's choices and its own rules stay."
)


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    place: int
    how: str
    change: RuleChange


_COLUMNS = (
    Column("Change", lambda row: row.place, lambda row: row.how),
    Column("Rule", lambda row: row.change.text[:1].upper() + row.change.text[1:],
           cell_tip=lambda row: row.change.text),
    Column("Source", lambda row: row.change.citation,
           cell_tip=lambda row: row.change.citation),
    Column("What differs", lambda row: describe_rule_fields(row.change),
           cell_tip=lambda row: describe_rule_fields(row.change)),
)  # fmt: skip


class RulePackDialog(TableDialog):
    """The difference of a rule pack, rule by rule, before it is installed."""

    def __init__(
        self, desk: UiContext, *, offered: OfferedPack, parent: QWidget | None = None
    ) -> None:
        difference, pack = offered.difference, offered.pack
        rows = [
            _ChangeRow(place, how, change)
            for place, (how, found) in enumerate(
                (
                    ("Changed", difference.changed),
                    ("Added", difference.added),
                    ("Removed", difference.removed),
                    ("Kept", difference.kept),
                )
            )
            for change in found
        ]
        day = pack.checked_on
        checked = f", checked on {desk.session.formats.day(day)}" if day else ""
        super().__init__(
            desk,
            "Install Rules",
            _COLUMNS,
            lambda row: f"{row.how} {row.change.key}",
            rows,
            about=WrappedLabel(
                f"{pack.title}, version {pack.version}{checked}: "
                f"{format_count(len(difference), 'rule')} would change. "
                f"SHA-256 {pack.digest[:12]}. "
                f"{offered.explanation}".strip()
            ),
            empty="No rule changes.",
            size=_SIZE,
            parent=parent,
        )
        self.below.setText(_NOTE)
        self.install = self.buttons.addButton("&Install", QDialogButtonBox.ButtonRole.ActionRole)
        self.install.setEnabled(offered.is_other)
        self.install.clicked.connect(lambda: self._install(desk, offered))

    def _install(self, desk: UiContext, offered: OfferedPack) -> None:
        install_rule_pack(desk.session, offered)
        self.accept()
