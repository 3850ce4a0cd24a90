"""Take away what somebody may not do in a project, in actions and in parts."""

from collections.abc import Iterable, Mapping
from operator import attrgetter

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from zoneplanner.app.rights import why_not_edit, why_not_log
from zoneplanner.storage import Store
from zoneplanner.ui.kit.actions import Actions

EDIT, LOG = "edit", "log"

EDITING = ("plan", "give")
"""Groups whose actions change the project, but for those that only look."""
LOOKING = ("why_here", "compare", "unit_off", "other_count", "assumptions")
EDITS = (
    *("import", "redo", "lock", "lock_agency", "unlock_all", "decide", "add_layer"),
    *("visit_rule", "rule_choices", "larger", "smaller"),
)
TOOLS_TO_LOOK = ("tool_select", "tool_measure")
LOGGING = ("new_incident", "visit_now")
LOGGING_STARTS = ("begin_", "end_", "log_")
NO_LOGGING = ("log_folder",)

PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "console": {LOG: ("",)},
    "optimiser": {EDIT: ("",)},
    "locks": {EDIT: ("bar",)},
    "layers": {EDIT: ("add", "remove")},
    "officers": {EDIT: ("add", "change", "time")},
    "shift": {EDIT: tuple(f"buttons.{name}" for name in ("sick", "cover", "swap", "change",
                                                         "split", "lock"))},
    "roster": {EDIT: ("propose", "copy", "final", "copying", "finishing", "editing", "posts",
                      "empty.sample", "empty.bring", "empty.propose")},
    "roster_problems": {EDIT: ("view.offer",)},
    "hours": {EDIT: ("view.offer",)},
    "observed": {LOG: ("view.offer",)},
    "checks": {EDIT: ("mend_button", "all_button")},
    "swaps": {EDIT: ("approve", "refuse")},
    "duties": {LOG: ("open_button", "view.offer")},
    "entries": {LOG: ("buttons.correct", "buttons.void")},
}  # fmt: skip
"""What of each part writes, by the right that it needs: attributes, or "" for the whole part."""


def fit(actions: Actions, store: Store) -> str:
    """Take away the actions that are refused anyway; return why plans are not changed, or nothing.

    Where nothing at all may be written, the band above the map says so all the while.
    """
    may_not_edit, may_not_log = why_not_edit(store), why_not_log(store)
    for name in actions.specs:
        right = right_of(actions, name)
        if (right == EDIT and may_not_edit) or (right == LOG and may_not_log):
            actions.bar(name, may_not_edit if right == EDIT else may_not_log)
    if may_not_edit and may_not_log:
        actions.bar("undo", may_not_log)
    return "" if may_not_log else may_not_edit


def right_of(actions: Actions, name: str) -> str:
    """Return what right an action needs, or nothing where it only looks."""
    spec = actions.specs[name]
    if name in LOGGING or (name.startswith(LOGGING_STARTS) and name not in NO_LOGGING):
        return LOG
    edits = (
        name in EDITS
        or (spec.group in EDITING and name not in LOOKING)
        or (spec.group == "tools" and name not in TOOLS_TO_LOOK)
    )
    return EDIT if edits else ""


def fit_part(name: str, part: QWidget, store: Store) -> None:
    """Take away what of a part writes where there is no right to."""
    whys = {EDIT: why_not_edit(store), LOG: why_not_log(store)}
    for right, paths in PARTS.get(name, {}).items():
        if not whys[right]:
            continue
        for path in paths:
            _shut(_found(part, path), part)


def _found(part: QWidget, path: str) -> object:
    if not path:
        return part
    if path.startswith("buttons.") and isinstance(part.buttons, dict):  # type: ignore[attr-defined]
        return part.buttons[path.removeprefix("buttons.")]  # type: ignore[attr-defined]
    return attrgetter(path)(part)


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
