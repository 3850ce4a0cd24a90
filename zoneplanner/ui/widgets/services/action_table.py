"""Every action of the window in one table: menus, bars, shortcuts and palette are made from it."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QIcon, QKeySequence

from zoneplanner.app.session.undo_stack import NOTHING_TO_REDO, NOTHING_TO_UNDO
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.response_actions import RESPONSE_ACTION_MEANINGS
from zoneplanner.ui.widgets.tables.item_roles import escape_tooltip


@dataclass(frozen=True, slots=True)
class Action:
    """One action. ``text`` is what menus and the palette say; ``tip`` what it does, in a sentence.

    A ``group`` is a menu of ``GROUPS``; a line is drawn above an action that ``starts`` a section.
    ``needs`` says in a sentence why the action may be shut, as the palette tells it; ``also`` lists
    what else people call it when they look for it. One that ``interrupts`` may be asked for by its
    letter while an entry waits to be logged.
    """

    name: str
    group: str
    text: str
    tip: str
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    short: str = ""
    checkable: bool = False
    starts: bool = False
    palette: bool = True
    needs: str = ""
    also: tuple[str, ...] = ()
    interrupts: bool = False


MENU_GROUPS = {
    "project": "Project",
    "edit": "Edit",
    "plan": "Plan",
    "tools": "Tools",
    "log": "Log",
    "view": "View",
    "workspace": "Workspaces",
    "give": "Give Site to Zone",
    "help": "Help",
}
MAX_DIGIT_ZONES = 9
"""So many zones of a group are given to by the digits."""


def _read_actions() -> tuple[tuple[Action, ...], Mapping[str, str]]:
    """Read the table ``resources/actions.toml``, and why actions may be disabled, by key."""
    text = (resources_dir() / "actions.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = tomllib.loads(text)
    needs = {
        "": "",
        "nothing_to_undo": NOTHING_TO_UNDO,
        "nothing_to_redo": NOTHING_TO_REDO,
        **table.pop("needs"),
    }
    for name, meaning in RESPONSE_ACTION_MEANINGS.items():
        table[f"begin_{name}"]["tip"] += f" {meaning}"
    for number in range(1, MAX_DIGIT_ZONES + 1):
        table[f"give_{number}"] = {
            "group": "give",
            "text": f"Give to Zone {number}",
            "tip": "Give the selected site to this one of its zones.",
            "shortcuts": [str(number)],
            "needs": "select_site_to_give",
        }
    return tuple(_build_action(name, row, needs) for name, row in table.items()), needs


def _build_action(name: str, row: Mapping[str, Any], needs: Mapping[str, str]) -> Action:
    lists = {key: tuple(row.get(key, ())) for key in ("shortcuts", "also")}
    return Action(name, **{**row, **lists, "needs": needs[row.get("needs", "")]})


ACTION_SPECS, _NEEDS = _read_actions()
NO_SITES, NO_PLAN = _NEEDS["no_sites"], _NEEDS["no_plan"]
SELECT_SITE, SELECT_SITE_TO_GIVE = _NEEDS["select_site"], _NEEDS["select_site_to_give"]


class _SpecAction(QAction):
    """An action that can be barred for good: then nothing shows or enables it again."""

    barred = ""
    """Why, in a sentence."""

    def setVisible(self, visible: bool) -> None:
        """Show or hide it; one that is barred stays hidden."""
        super().setVisible(visible and not self.barred)

    def setEnabled(self, enabled: bool) -> None:
        """Open or shut it; one that is barred stays shut."""
        super().setEnabled(enabled and not self.barred)

    def setDisabled(self, disabled: bool) -> None:
        """Shut or open it; one that is barred stays shut."""
        self.setEnabled(not disabled)


class Actions(QObject):
    """The QAction of each spec, by name."""

    def __init__(self, icon: Callable[[str], QIcon], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.specs = {spec.name: spec for spec in ACTION_SPECS}
        self._actions = {spec.name: self._made(spec, icon) for spec in ACTION_SPECS}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def set_handler(self, name: str, do: Callable[[], object]) -> None:
        """Say what an action does."""
        self._actions[name].triggered.connect(lambda _=False: do())

    def disable_for_good(self, name: str, why: str) -> None:
        """Take an action away for good, since it would be refused."""
        action = self._actions[name]
        action.barred = why
        action.setVisible(False)
        action.setEnabled(False)

    def explain_disabled(self, keys: QKeySequence) -> str:
        """Say why a shortcut does nothing now, "" where it does something or is none."""
        for name, spec in self.specs.items():
            action = self._actions[name]
            if action.barred and keys in action.shortcuts():
                return action.barred
            if spec.needs and not action.isEnabled() and keys in action.shortcuts():
                return spec.needs
        return ""

    def interrupts(self, keys: QKeySequence) -> bool:
        """Tell whether a shortcut asks for something while an entry waits to be logged."""
        named = (name for name, spec in self.specs.items() if spec.interrupts)
        return any(keys in self._actions[name].shortcuts() for name in named)

    def group(self, group: str) -> list[QAction]:
        """Return a menu's actions in order, with separators where sections start."""
        found: list[QAction] = []
        for spec in ACTION_SPECS:
            if spec.group != group:
                continue
            if spec.starts and found:
                found.append(self.line())
            found.append(self._actions[spec.name])
        return found

    def line(self) -> QAction:
        """Return a line between the sections of a menu."""
        line = QAction(self)
        line.setSeparator(True)
        return line

    def all(self) -> list[QAction]:
        """Return every action."""
        return list(self._actions.values())

    def set_tip(self, name: str, tip: str) -> None:
        """Say what an action would do now."""
        self._actions[name].setToolTip(escape_tooltip(_tip(replace(self.specs[name], tip=tip))))

    def _made(self, spec: Action, icon: Callable[[str], QIcon]) -> _SpecAction:
        action = _SpecAction(spec.text, self)
        action.setObjectName(spec.name)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setCheckable(spec.checkable)
        action.setIconText(spec.short or spec.text.rstrip("…"))
        action.setStatusTip(spec.tip)
        action.setToolTip(_tip(spec))
        return action


def _tip(spec: Action) -> str:
    if not spec.shortcuts:
        return spec.tip
    keys = QKeySequence(spec.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{spec.tip} ({keys})"
