"""What installed packages add: travel sources, reports, layers and rules, by entry points.

A package names a function in the group of its kind, such as ``zoneplanner.layers``. It is given an
open project of the Python API; ``docs/examples`` has one of each kind.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoneplanner.errors import Cancelled, UserError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

TRAVEL_KIND, REPORTS_KIND, LAYERS_KIND, RULES_KIND = EXTENSION_KINDS = (
    "travel",
    "reports",
    "layers",
    "rules",
)
_GROUP = "zoneplanner."


@dataclass(frozen=True, slots=True)
class Extension:
    """A function that an installed package adds, and what the package is called."""

    kind: str
    name: str
    package: str
    version: str
    entry: "EntryPoint"

    def run(self, *args: Any) -> Any:
        """Call it; what goes wrong in it is a UserError that names it.

        Raises
        ------
        UserError
            It cannot be loaded, it raised something, or it refused.
        """
        try:
            function: Callable[..., Any] = self.entry.load()
            return function(*args)
        except (UserError, Cancelled):
            raise
        except Exception as error:  # somebody else's code may raise anything
            problem = f"{type(error).__name__}: {error}"
            facts = {"name": self.name, "package": self.package, "problem": problem}
            raise UserError("extension_failed", facts) from error


def list_extensions(kind: str | None = None) -> tuple[Extension, ...]:
    """Return what installed packages add, of one kind or of all, by name."""
    if not _has_extensions():
        return ()

    kinds = EXTENSION_KINDS if kind is None else (kind,)
    found = [
        Extension(
            one,
            entry.name,
            entry.dist.name if entry.dist else "",
            entry.dist.version if entry.dist else "",
            entry,
        )
        for one in kinds
        for entry in entry_points(group=f"{_GROUP}{one}")
    ]
    return tuple(sorted(found, key=lambda one: (kinds.index(one.kind), one.name, one.package)))


def find_extension(kind: str, name: str) -> Extension:
    """Return an extension by its name; an unknown one is a UserError that names those there are."""
    own = list_extensions(kind)
    for one in own:
        if one.name == name:
            return one
    if not own:
        raise UserError("unknown_choice.no_extensions", kind=kind, text=name)
    raise UserError(
        "unknown_choice", what=f"{kind} extension", text=name, known=[e.name for e in own]
    )


def _has_extensions() -> bool:
    """Look for our groups in plain text: the library that reads them takes 35 ms to load."""
    mark = f"[{_GROUP}".encode()
    return any(
        mark in file.read_bytes()
        for folder in dict.fromkeys(sys.path)
        for file in Path(folder).glob("*-info/entry_points.txt")
    )
