"""Removing actions and widgets for which a person lacks the right."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.app.session.session import Session
from zoneplanner.messages import Message
from zoneplanner.ui.shell.workspaces import PanelSpec, find_in_panel
from zoneplanner.ui.widgets.services.ui_context import Actions

_EDIT, _LOG = "edit", "log"

_EDIT_GROUPS = ("plan", "give")
"""Groups whose actions change the project, except for ``_VIEW_ACTIONS``."""
_VIEW_ACTIONS = ("why_here", "compare", "unit_off", "other_count", "assumptions")
_EDIT_ACTIONS = (
    "import",
    "redo",
    "lock",
    "lock_agency",
    "unlock_all",
    "decide",
    "add_layer",
    "visit_rule",
    "rule_choices",
    "own_rule",
    "install_rules",
    "larger",
    "smaller",
)
_VIEW_TOOLS = ("tool_select", "tool_measure")
_LOG_ACTIONS = ("new_incident", "put_back", "visit_now")
_LOG_PREFIXES = ("begin_", "end_", "log_")
_OTHER_PREFIXED_ACTIONS = ("log_folder",)


def bar_forbidden_actions(actions: Actions, session: Session) -> Message | None:
    """Disable the actions that would be refused, and return why plans cannot be changed.

    The result is None if they can be changed, or if nothing at all can be written, which the banner
    above the map always shows.
    """
    may_not_edit, may_not_log = session.explain_denied_edit(), session.explain_denied_log()
    for name in actions.specs:
        right = find_required_right(actions, name)
        denial = {_EDIT: may_not_edit, _LOG: may_not_log}.get(right)
        if denial is not None:
            actions.disable_for_good(name, str(denial))
    if may_not_edit and may_not_log:
        actions.disable_for_good("undo", str(may_not_log))
    return None if may_not_log else may_not_edit


def find_required_right(actions: Actions, name: str) -> str:
    """Return the right that an action needs, or "" if it changes nothing."""
    spec = actions.specs[name]
    if name in _LOG_ACTIONS or (
        name.startswith(_LOG_PREFIXES) and name not in _OTHER_PREFIXED_ACTIONS
    ):
        return _LOG
    edits = (
        name in _EDIT_ACTIONS
        or (spec.group in _EDIT_GROUPS and name not in _VIEW_ACTIONS)
        or (spec.group == "tools" and name not in _VIEW_TOOLS)
    )
    return _EDIT if edits else ""


def bar_forbidden_parts(spec: PanelSpec, part: QWidget, session: Session) -> None:
    """Disable and hide what a person may not use in a part."""
    for paths, why in (
        (spec.edit, session.explain_denied_edit()),
        (spec.log, session.explain_denied_log()),
    ):
        for path in paths if why else ():
            _bar(find_in_panel(part, path), part)


def _bar(target: object, part: QWidget) -> None:
    if target is part:
        part.setEnabled(False)
    elif isinstance(target, QMenu):
        _bar(target.menuAction(), part)
    elif isinstance(target, QAction):
        target.setVisible(False)
        target.setEnabled(False)
    elif isinstance(target, QWidget):
        _HidingFilter(target)
    elif isinstance(target, Iterable):
        for item in target:
            _bar(item, part)


class _HidingFilter(QObject):
    """Keeps a widget hidden even if other code shows it."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.setEnabled(False)
        widget.hide()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hide the widget again."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.ShowToParent):
            assert isinstance(watched, QWidget)
            watched.hide()
            return True
        return False
