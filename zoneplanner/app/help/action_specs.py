"""Every action of the window as declared: its words, menu and shortcuts, without Qt.

The shortcuts by menu are also a page of the handbook.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class Action:
    """One action: ``text`` is its name in menus and the palette, ``tip`` says what it does.

    A ``group`` is a menu of ``MENU_GROUPS``; a line is drawn above an action that ``starts`` a
    section. ``needs`` is a sentence that the palette shows if the action is disabled. ``also``
    lists other words by which people search for it. An action that ``interrupts`` can be started by
    its letter while an entry waits to be logged. ``dialog`` names the class of the dialog that it
    only opens, if any, and with ``at_site``, the dialog starts with the selected site.
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
    dialog: str = ""
    at_site: bool = False


MENU_GROUPS = {
    "project": "Project",
    "edit": "Edit",
    "plan": "Plan",
    "tools": "Tools",
    "log": "Log",
    "view": "View",
    "workspace": "Workspaces",
    "give": "Assign Site to Zone",
    "help": "Help",
}
_BEFORE_RECORDS = "log_concern"
MAX_DIGIT_ZONES = 9
"""The number of zones that have a number key."""


def _read_actions() -> tuple[tuple[Action, ...], Mapping[str, str]]:
    """Return the actions of ``resources/actions.toml``, and why actions may be disabled, by key."""
    text = (resources_dir() / "actions.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = tomllib.loads(text)
    needs = {
        "": "",
        "nothing_to_undo": str(Message("nothing_to_undo")),
        "nothing_to_redo": str(Message("nothing_to_redo")),
        **table.pop("needs"),
    }
    for number in range(1, MAX_DIGIT_ZONES + 1):
        table[f"give_{number}"] = {
            "group": "give",
            "text": f"Assign to Zone {number}",
            "tip": "Assign the selected site to the zone with this number.",
            "shortcuts": [str(number)],
            "needs": "select_site_to_give",
        }
    return tuple(_build_action(name, row, needs) for name, row in _list_rows(table)), needs


def _list_rows(table: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the actions in order, including one for each kind of record with declared fields."""
    for name, row in table.items():
        yield name, row
        if name == _BEFORE_RECORDS:
            for kind, words in read_record_words().items():
                if words.about:
                    yield (
                        f"log_{kind}",
                        {
                            "group": "log",
                            "text": f"{words.menu_text}…",
                            "short": words.title,
                            "tip": words.tip,
                            "icon": words.icon,
                            "also": words.also,
                        },
                    )


def _build_action(name: str, row: Mapping[str, Any], needs: Mapping[str, str]) -> Action:
    lists = {key: tuple(row.get(key, ())) for key in ("shortcuts", "also")}
    return Action(name, **{**row, **lists, "needs": needs[row.get("needs", "")]})


ACTION_SPECS, _NEEDS = _read_actions()
NO_SITES, NO_PLAN = _NEEDS["no_sites"], _NEEDS["no_plan"]
SELECT_SITE, SELECT_SITE_TO_GIVE = _NEEDS["select_site"], _NEEDS["select_site_to_give"]


_MAP_LINES = (
    ("Drag a school", "Assign it to the zone where you drop it"),
    ("Arrows", "Select the next site in that direction"),
    ("Shift+Arrows", "Move the map"),
    ("Enter", "Select the site at the center of the map"),
    ("Space", "While held, the pointer moves the map"),
    ("Wheel", "Zoom"),
    ("Esc", "Cancel the gesture, then the tool"),
)
_BOARD_LINES = (
    ("1 … 4", "Stamp the highlighted incident: dispatched, en route, on scene, cleared"),
    ("Up, Down", "Highlight another incident"),
    ("Left, Right", "Choose the unit"),
    ("Backspace", "Take back the last stamp"),
    ("Enter", "Log how a cleared incident ended"),
)


@dataclass(frozen=True, slots=True)
class ShortcutGroup:
    """A group of shortcuts: its title, and for each the keys and what they do."""

    title: str
    lines: tuple[tuple[str, str], ...]


def list_shortcut_groups(write_keys: Callable[[str], str] = str) -> list[ShortcutGroup]:
    """Return every action's shortcuts by menu, and the gestures and keys on the map.

    The number keys share one line. ``write_keys`` formats keys for the operating system.
    """

    def format_keys(spec: Action) -> str:
        return " or ".join(map(write_keys, spec.shortcuts[:2]))

    groups = []
    for group, title in MENU_GROUPS.items():
        specs = [spec for spec in ACTION_SPECS if spec.group == group and spec.shortcuts]
        if group == "give" and specs:
            keys = f"{format_keys(specs[0])} … {format_keys(specs[-1])}"
            groups.append(ShortcutGroup(title, ((keys, specs[0].tip.rstrip(".")),)))
        elif specs:
            lines = tuple((format_keys(spec), spec.text.rstrip("…")) for spec in specs)
            groups.append(ShortcutGroup(title, lines))
    board = ShortcutGroup("On the open incidents", _BOARD_LINES)
    return [*groups, ShortcutGroup("On the map", _MAP_LINES), board]


def render_keyboard_page(write_keys: Callable[[str], str] = str) -> str:
    """Return the handbook's page of keys."""
    pages = ["# Keyboard", "Press `?` at any time to show these keys over the window."]
    for part in list_shortcut_groups(write_keys):
        rows = [f"| {_escape(keys)} | {_escape(effect)} |" for keys, effect in part.lines]
        pages += [f"## {part.title}", "\n".join(("| Keys | Does |", "| --- | --- |", *rows))]
    return "\n\n".join(pages) + "\n"


def _escape(text: str) -> str:
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|" else mark for mark in text)
