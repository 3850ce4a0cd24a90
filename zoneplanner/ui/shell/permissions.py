"""Take away what somebody may not do in a project, in actions and in parts."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.app.session.session import Session
from zoneplanner.ui.shell.workspaces import PanelSpec, find_in_panel
from zoneplanner.ui.widgets.services.ui_context import Actions

_EDIT, _LOG = "edit", "log"

_EDITING = ("plan", "give")
"""Groups whose actions change the project, but for those that only look."""
_LOOKING = ("why_here", "compare", "unit_off", "other_count", "assumptions")
_EDITS = (
    *("import", "redo", "lock", "lock_agency", "unlock_all", "decide", "add_layer"),
    *("visit_rule", "rule_choices", "own_rule", "install_rules", "larger", "smaller"),
)
_TOOLS_TO_LOOK = ("tool_select", "tool_measure")
_LOGGING = ("new_incident", "put_back", "visit_now")
_LOGGING_STARTS = ("begin_", "end_", "log_")
_NO_LOGGING = ("log_folder",)


def bar_forbidden_actions(actions: Actions, session: Session) -> str:
    """Take away the actions that are refused anyway; return why plans are not changed, or nothing.

    Where nothing at all may be written, the band above the map says so all the while.
    """
    may_not_edit, may_not_log = session.explain_denied_edit(), session.explain_denied_log()
    for name in actions.specs:
        right = find_required_right(actions, name)
        if (right == _EDIT and may_not_edit) or (right == _LOG and may_not_log):
            actions.disable_for_good(name, may_not_edit if right == _EDIT else may_not_log)
    if may_not_edit and may_not_log:
        actions.disable_for_good("undo", may_not_log)
    return "" if may_not_log else may_not_edit


def find_required_right(actions: Actions, name: str) -> str:
    """Return what right an action needs, or nothing where it only looks."""
    spec = actions.specs[name]
    if name in _LOGGING or (name.startswith(_LOGGING_STARTS) and name not in _NO_LOGGING):
        return _LOG
    edits = (
        name in _EDITS
        or (spec.group in _EDITING and name not in _LOOKING)
        or (spec.group == "tools" and name not in _TOOLS_TO_LOOK)
    )
    return _EDIT if edits else ""


def bar_forbidden_parts(spec: PanelSpec, part: QWidget, session: Session) -> None:
    """Take away what of a part writes where there is no right to."""
    for paths, why in (
        (spec.edit, session.explain_denied_edit()),
        (spec.log, session.explain_denied_log()),
    ):
        for path in paths if why else ():
            _shut(find_in_panel(part, path), part)


def _shut(what: object, part: QWidget) -> None:
    if what is part:
        part.setEnabled(False)
    elif isinstance(what, QMenu):
        _shut(what.menuAction(), part)
    elif isinstance(what, QAction):
        what.setVisible(False)
        what.setEnabled(False)
    elif isinstance(what, QWidget):
        _Hidden(what)
    elif isinstance(what, Iterable):
        for one in what:
            _shut(one, part)


class _Hidden(QObject):
    """Keeps a widget hidden, whoever shows it; it goes with the widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.setEnabled(False)
        widget.hide()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hide what is shown again."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.ShowToParent):
            assert isinstance(watched, QWidget)
            watched.hide()
            return True
        return False
