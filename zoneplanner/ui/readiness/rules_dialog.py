"""What the district chose among the rules of readiness, in one dialog."""

from functools import partial

from PySide6.QtWidgets import QLabel, QWidget

from zoneplanner.app.readiness.requirements import load_project_rules, load_rule_pack
from zoneplanner.app.readiness.rules import (
    change_follow_up_days,
    change_retention_years,
    choose_drill_rule,
    set_own_drill_rule,
)
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.drill_rules import find_rule_conflicts
from zoneplanner.domain.readiness.rule_pack import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    MAX_DRILLS_PER_PERIOD,
    MAX_RETENTION_YEARS,
    PERIODS_PER_YEAR,
    FollowUpRule,
    RetentionRule,
    RulePack,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import make_form_layout
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    NumberBox,
    make_choice_box,
    make_number_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_muted_label,
    make_row_layout,
    make_section_label,
    pass_focus,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX

_STRICTEST = "The strictest"
_DAYS = {
    "review_priority": "Review incidents up to priority",
    "review_days": "Review them within, days",
    "acknowledge_school_days": "Acknowledge concerns, school days",
    "close_days": "Close concerns within, days",
    "horizon_days": "Due soon from, days before",
}


class ReadinessRulesDialog(FormDialog):
    """Which of differing texts is followed, and how many drills the district itself asks for."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("Readiness Rules", "Follow these", self._choose, parent)
        self._desk = desk
        session = desk.session
        rules = load_project_rules(session.project)
        self.set_about(
            f"Version {rules.version}. If two legal texts differ, the district chooses; Help lists "
            "every rule with its citation. A planning aid, not legal advice."
        )
        self.left, self.right = make_form_layout(), make_form_layout()
        both = make_row_layout((self.left, 8), (self.right, 9), spacing_px=WIDE_MARGIN_PX)
        self.form.addRow(both)
        self._ask_drills(rules)
        self.days = self._days(rules.follow_up)
        self.years = {
            one.name: self._years(one) for one in load_rule_pack(session.project).retention
        }
        back = make_form_layout()  # its labels are longer than those of the drills
        self.left.addRow(make_section_label("Looking back"))
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
