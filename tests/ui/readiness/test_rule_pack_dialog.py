"""The dialog of a rule pack shows what differs, and installs it as one step."""

from builders import EARLIER_RULES
from pytestqt.qtbot import QtBot

from zoneplanner.app.readiness.requirements import load_rule_pack
from zoneplanner.app.readiness.rules import read_offered_pack
from zoneplanner.ui.readiness.rule_pack_dialog import RulePackDialog
from zoneplanner.ui.widgets.services.ui_context import UiContext


def test_a_pack_is_shown_with_what_differs_installed_and_undone(
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
