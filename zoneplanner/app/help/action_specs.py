"""Every action of the window as it is declared: its words, menu and shortcuts, without Qt."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.messages import render_message


@dataclass(frozen=True, slots=True)
class Action:
    """One action. ``text`` is what menus and the palette say; ``tip`` what it does, in a sentence.

    A ``group`` is a menu of ``MENU_GROUPS``; a line is drawn above an action that ``starts`` a
    section. ``needs`` says in a sentence why the action may be shut, as the palette tells it;
    ``also`` lists what else people call it when they look for it. One that ``interrupts`` may be
    asked for by its letter while an entry waits to be logged.
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
    "give": "Assign Site to Zone",
    "help": "Help",
}
_BEFORE_RECORDS = "log_concern"
MAX_DIGIT_ZONES = 9
"""So many zones of a group are given to by the digits."""


def _read_actions() -> tuple[tuple[Action, ...], Mapping[str, str]]:
    """Read the table ``resources/actions.toml``, and why actions may be disabled, by key."""
    text = (resources_dir() / "actions.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = tomllib.loads(text)
    needs = {
        "": "",
        "nothing_to_undo": render_message("nothing_to_undo", {}),
        "nothing_to_redo": render_message("nothing_to_redo", {}),
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
    """Yield the actions in order, among them those that log records of declared fields."""
    for name, row in table.items():
        yield name, row
        if name == _BEFORE_RECORDS:
            for kind, words in read_record_words().items():
                if words.about:
                    said = {"tip": words.tip, "icon": words.icon, "also": words.also}
                    own = {"group": "log", "text": f"{words.menu_text}…", "short": words.title}
                    yield f"log_{kind}", {**own, **said}


def _build_action(name: str, row: Mapping[str, Any], needs: Mapping[str, str]) -> Action:
    lists = {key: tuple(row.get(key, ())) for key in ("shortcuts", "also")}
    return Action(name, **{**row, **lists, "needs": needs[row.get("needs", "")]})


ACTION_SPECS, _NEEDS = _read_actions()
NO_SITES, NO_PLAN = _NEEDS["no_sites"], _NEEDS["no_plan"]
SELECT_SITE, SELECT_SITE_TO_GIVE = _NEEDS["select_site"], _NEEDS["select_site_to_give"]
