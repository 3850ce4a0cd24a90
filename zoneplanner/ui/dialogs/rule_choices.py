"""What the district chose among the rules of readiness, in one dialog."""

from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QWidget,
)

from zoneplanner.app.readiness import drill_name, project_rules
from zoneplanner.app.rules import follow, follow_within, keep_for, require
from zoneplanner.domain.rules import (
    DRILL_KINDS,
    FOLLOW_UP_RANGES,
    LAW_LEVELS,
    LONGEST_YEARS,
    MOST_TIMES,
    PER_YEAR,
    FollowUp,
    Retention,
    Rules,
    questions,
)
from zoneplanner.exchange.rules import bundled_rules, read_rules
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form, rows_of_form
from zoneplanner.ui.kit.inputs import ChoiceBox, NumberBox
from zoneplanner.ui.kit.theme import GAP, WIDE
from zoneplanner.ui.kit.widgets import muted, pass_focus, section, with_arrows

_STRICTEST = "The strictest"
_DAYS = {
    "review_priority": "Review incidents up to priority",
    "review_days": "Review them within, days",
    "acknowledge_school_days": "Acknowledge concerns, school days",
    "close_days": "Close concerns within, days",
}


class RuleChoicesDialog(Form):
    """Which of differing texts is followed, and how many drills the district itself asks for."""

    def __init__(self, desk: Desk, *, parent: QWidget | None = None) -> None:
        super().__init__("Rules of Readiness", "Follow these", self._choose, parent)
        self._desk = desk
        session = desk.session
        rules = project_rules(session.project)
        self.say(
            f"Version {rules.version}. Where two texts differ, the district chooses; Help lists "
            "every rule with its citation. A planning aid, not legal advice."
        )
        self.left, self.right = rows_of_form(), rows_of_form()
        self.form.addRow(_beside(self.left, self.right))
        self._ask_drills(rules)
        self.days = self._days(rules.follow_up)
        self.years = {one.name: self._years(one) for one in read_rules(bundled_rules()).retention}
        self.right.addRow(section("Looking back"))
        for name, field in self.days.items():
            self.right.addRow(_DAYS[name], field)
        self.right.addRow(section("Years that records are kept"))
        for name, field in self.years.items():
            least = f" (at least {field.minimum()})" if field.minimum() > 1 else ""
            self.right.addRow(f"{name}{least}", field)
        self.kind.currentIndexChanged.connect(self._show_own)
        self.level.currentIndexChanged.connect(self._show_own)
        self._show_own()
        next(iter(self.followed.values()), self.kind).setFocus()

    def _ask_drills(self, rules: Rules) -> None:
        """Ask which text is followed, and what the district itself asks for."""
        self.left.addRow(section("Where texts differ"))
        self.questions = questions(rules, self._desk.session.today)
        self.followed: dict[str, ChoiceBox] = {}
        for question in self.questions:
            box = self.followed[question.key] = ChoiceBox()
            box.addItem(f"{_STRICTEST} ({question.rules[0].words})", "")
            for rule in question.rules:
                box.addItem(rule.words, rule.citation)
            box.setCurrentIndex(box.findData(question.followed.citation if question.chosen else ""))
            label = QLabel(f"{drill_name(question.kind)}s, {question.level}")
            label.setBuddy(box)
            self.left.addRow(label)
            self.left.addRow(box)
        self.left.addRow(section("The district’s own drills"))
        self.left.addRow(
            muted("No minimum of lockdown drills was found in state law. 0 asks for none.")
        )
        self.kind = self._box({kind: f"{drill_name(kind)}s" for kind in DRILL_KINDS}, "lockdown")
        self.level = self._box({level: level.capitalize() for level in LAW_LEVELS}, "elementary")
        self.times = NumberBox()
        with_arrows(self.times)
        self.times.setRange(0, MOST_TIMES)
        self.per = self._box({per: f"a {per}" for per in PER_YEAR}, "semester")
        self.left.addRow("&Drills", self.kind)
        self.left.addRow("&Level", self.level)
        self.left.addRow("&How often", self._often())
        self.own = muted()
        self.left.addRow("So far", self.own)

    def _often(self) -> QWidget:
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        line.addWidget(self.times)
        line.addWidget(self.per, 1)
        pass_focus(whole, self.times)
        return whole

    def _days(self, rule: FollowUp) -> dict[str, NumberBox]:
        fields = {}
        for name, ends in FOLLOW_UP_RANGES.items():
            field = fields[name] = NumberBox()
            with_arrows(field)
            field.setRange(*ends)
            field.setValue(getattr(rule, name))
            field.setToolTip("No law was found; the program’s default holds until you change it.")
        return fields

    def _years(self, usual: Retention) -> NumberBox:
        field = NumberBox()
        with_arrows(field)
        field.setRange(usual.least_years, LONGEST_YEARS)
        field.setSuffix(" years")
        field.setAccessibleName(f"Years that are kept: {usual.name}")
        field.setValue(self._desk.session.project.rules.years.get(usual.name, usual.years))
        field.setToolTip(f"{usual.years} years: {usual.citation}. {usual.note}")
        return field

    def _box(self, words: dict[str, str], first: str) -> ChoiceBox:
        box = ChoiceBox()
        for key, text in words.items():
            box.addItem(text, key)
        box.setCurrentIndex(box.findData(first))
        return box

    def _show_own(self) -> None:
        """Show the district's rule on the drills and level that are chosen."""
        own = self._desk.session.project.rules.own
        key = (self.kind.currentData(), self.level.currentData())
        now = next((one for one in own if (one.kind, one.level) == key), None)
        self.times.setValue(now.times if now else 0)
        if now is not None:
            self.per.setCurrentIndex(self.per.findData(now.per))
        said = [f"{drill_name(one.kind)}s, {one.level}: {one.times} a {one.per}" for one in own]
        self.own.setText(f"{'; '.join(said)}." if said else "The district asks for none.")

    def _choose(self) -> None:
        session = self._desk.session
        for question in self.questions:
            wanted = self.followed[question.key].currentData() or None
            if wanted != session.project.rules.followed.get(question.key):
                follow(session, question.kind, question.level, wanted)
        key = (self.kind.currentData(), self.level.currentData())
        asked = (self.times.value(), self.per.currentData())
        own = session.project.rules.own
        now = next(((one.times, one.per) for one in own if (one.kind, one.level) == key), None)
        if asked != now and (asked[0] or now):
            require(session, *key, *asked)
        rule = project_rules(session.project).follow_up
        days = {name: field.value() for name, field in self.days.items()}
        if any(getattr(rule, name) != value for name, value in days.items()):
            follow_within(session, days)
        kept = {one.name: one.years for one in project_rules(session.project).retention}
        years = {name: field.value() for name, field in self.years.items()}
        if years != kept:
            keep_for(session, years)


def _beside(left: QFormLayout, right: QFormLayout) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(2 * WIDE)
    line.addLayout(left, 3)
    line.addLayout(right, 2)
    return line
