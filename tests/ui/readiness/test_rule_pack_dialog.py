"""The dialog of a rule pack shows its changes and installs it as one step."""

from datetime import date
from pathlib import Path

import pytest
from builders import EARLIER_RULES
from file_dialogs import answered, choose
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.app.readiness.requirements import (
    compute_readiness,
    load_project_rules,
    load_rule_pack,
)
from zoneplanner.app.readiness.rules import read_offered_pack
from zoneplanner.ui.readiness.retention_dialog import RetentionDialog
from zoneplanner.ui.readiness.rules_dialog import OwnRuleDialog, RulePackDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext


def test_a_rule_pack_shows_its_changes_and_is_installed_and_undone(
    desk: UiContext, qtbot: QtBot
) -> None:
    session = desk.session
    offered = read_offered_pack(session, EARLIER_RULES)
    dialog = RulePackDialog(desk, offered=offered)
    qtbot.addWidget(dialog)
    dialog.open()
    assert dialog.table.rowCount() == len(offered.difference)
    assert offered.pack.version in dialog.about.text()
    before, steps = load_rule_pack(session.project).version, len(session.history)
    dialog.install.click()
    assert load_rule_pack(session.project).version == offered.pack.version != before
    assert len(session.history) == steps + 1
    session.undo()
    assert load_rule_pack(session.project).version == before
    same = RulePackDialog(desk, offered=read_offered_pack(session))
    qtbot.addWidget(same)
    assert same.table.rowCount() == 0
    assert not same.install.isEnabled()


def test_rules_are_installed_saved_and_extended_from_the_window(
    window: MainWindow, tmp_path: Path
) -> None:
    actions = window.desk.actions
    with answered(choose(EARLIER_RULES)):
        actions["install_rules"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, RulePackDialog) and dialog.install.isEnabled()
    dialog.install.click()
    assert not dialog.isVisible() and "rules" in window.desk.session.history[-1].label
    copy = tmp_path / "copy.toml"
    with answered(choose(copy)):
        actions["save_rules"].trigger()
    assert copy.read_bytes() == EARLIER_RULES.read_bytes()
    later = 'version = "2027-01-04"'
    copy.write_text(copy.read_text("utf-8").replace('version = "2026-11-24"', later), "utf-8")
    with answered(choose(copy)):
        actions["install_rules"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, RulePackDialog) and dialog.table.rowCount() == 0
    assert says(dialog.about.text(), "rules_same", version="2027-01-04"), (
        "a new version without rule changes can be installed"
    )
    dialog.install.click()
    assert load_rule_pack(window.desk.session.project).version == "2027-01-04"
    for index, text in ((0, "Which radio channel"), (1, "Radios are tested")):
        actions["own_rule"].trigger()
        (form,) = (one for one in window.findChildren(OwnRuleDialog) if one.isVisible())
        assert not form.ok.isEnabled()
        form.rule.setCurrentIndex(index)
        form.text.setText(text)
        form.ok.click()
        assert not form.isVisible(), form.refused.text()
    with answered(choose(EARLIER_RULES)):
        actions["install_rules"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, RulePackDialog)
    shown = [dialog.table.row(at) for at in range(dialog.table.rowCount())]
    assert [row.change.key for row in shown if row.outcome == "Kept"] == [
        *("element.which_radio_channel", "duty.radios_are_tested")
    ]
    dialog.install.click()
    followed = load_project_rules(window.desk.session.project)
    assert followed.duties[-1].key == "radios_are_tested"
    actions["own_rule"].trigger()
    (form,) = (one for one in window.findChildren(OwnRuleDialog) if one.isVisible())
    form.rule.setCurrentIndex(2)
    assert form.text.text() == "Which radio channel"
    form.text.clear()
    form.ok.click()
    assert not load_project_rules(window.desk.session.project).elements
    actions["retention"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, RetentionDialog)
    dialog.close()


@pytest.mark.parametrize(
    ("month", "day", "due"),
    [(2, 29, date(2027, 2, 28)), (9, 30, date(2026, 9, 30)), (10, 31, date(2026, 10, 31))],
)
def test_a_requirement_can_be_due_at_the_end_of_a_month(
    desk: UiContext, qtbot: QtBot, month: int, day: int, due: date
) -> None:
    """The field ended at 28."""
    form = OwnRuleDialog(desk)
    qtbot.addWidget(form)
    form.show()
    form.rule.setCurrentIndex(1)
    form.text.setText("Radios are tested")
    form.month.setValue(month)
    form.day.setValue(31)
    assert form.day.value() == day
    form.ok.click()
    items = compute_readiness(desk.session).items
    assert [one.due_on for one in items if one.kind == "duty_radios_are_tested"] == [due]
