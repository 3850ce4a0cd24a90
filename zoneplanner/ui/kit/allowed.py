"""Hide what somebody may not do in a project, and say why."""

from typing import TYPE_CHECKING

from zoneplanner.ui.kit.actions import Actions

if TYPE_CHECKING:
    from zoneplanner.storage import Store

EDITING = ("plan", "give")
"""Groups whose actions change the project, but for those that only look."""
LOOKING = ("why_here", "compare", "unit_off", "other_count", "assumptions")
EDITS = ("import", "undo", "redo", "lock", "lock_agency", "unlock_all", "decide", "add_layer")
TOOLS_TO_LOOK = ("tool_select", "tool_measure")
LOGGING = ("new_incident", "log_visit", "log_incident", "log_drill", "log_review")


def fit(actions: Actions, store: "Store") -> str:
    """Hide the actions that are refused anyway; return the sentence that says why, or nothing."""
    may_edit = store.role.may_edit and not store.read_only
    may_log = store.role.may_log and not store.read_only
    hidden: list[str] = []
    if not may_edit:
        hidden += [
            spec.name
            for spec in actions.specs.values()
            if (spec.group in EDITING and spec.name not in LOOKING)
            or spec.name in EDITS
            or (spec.group == "tools" and spec.name not in TOOLS_TO_LOOK)
        ]
    if not may_log:
        hidden += [
            spec.name
            for spec in actions.specs.values()
            if spec.name in LOGGING or spec.name.startswith(("begin_", "log_", "end_"))
        ]
    for name in set(hidden) - {"log_folder"}:
        actions[name].setVisible(False)
        actions[name].setEnabled(False)
    if may_edit:
        return ""
    if store.read_only:
        return "This project is open for reading only: it can be looked at, not changed."
    can = "log" if may_log else "look at everything"
    return (
        f"You are here as a {store.role}: you can {can}, but not change plans; "
        f"ask its owner for another role."
    )
