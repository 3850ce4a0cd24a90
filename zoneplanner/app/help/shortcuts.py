"""Every shortcut of the window by menu, and the page of the handbook that lists them."""

from collections.abc import Callable
from dataclasses import dataclass

from zoneplanner.app.help.action_specs import ACTION_SPECS, MENU_GROUPS, Action

_MAP_LINES = (
    ("Drag a school", "Assign it to the zone where you drop it"),
    ("Arrows", "Select the next site in that direction"),
    ("Shift+Arrows", "Move the map"),
    ("Enter", "Select the site in the middle"),
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
    """Return every shortcut of the table of actions by menu, and what hand and keys do on the map.

    The digits, one action each, are one line. ``write_keys`` writes keys as a desk calls them.
    """

    def keys_of(spec: Action) -> str:
        return " or ".join(map(write_keys, spec.shortcuts[:2]))

    found = []
    for group, title in MENU_GROUPS.items():
        specs = [spec for spec in ACTION_SPECS if spec.group == group and spec.shortcuts]
        if group == "give" and specs:
            keys = f"{keys_of(specs[0])} … {keys_of(specs[-1])}"
            found.append(ShortcutGroup(title, ((keys, specs[0].tip.rstrip(".")),)))
        elif specs:
            found.append(
                ShortcutGroup(
                    title, tuple((keys_of(spec), spec.text.rstrip("…")) for spec in specs)
                )
            )
    board = ShortcutGroup("On the open incidents", _BOARD_LINES)
    return [*found, ShortcutGroup("On the map", _MAP_LINES), board]


def render_keyboard_page(write_keys: Callable[[str], str] = str) -> str:
    """Write the keys as a page of the handbook."""
    pages = ["# Keyboard", "`?` shows these keys over the window at any time."]
    for part in list_shortcut_groups(write_keys):
        rows = [f"| {_escaped(keys)} | {_escaped(does)} |" for keys, does in part.lines]
        pages += [f"## {part.title}", "\n".join(("| Keys | Does |", "| --- | --- |", *rows))]
    return "\n\n".join(pages) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|" else mark for mark in text)
