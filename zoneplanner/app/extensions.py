"""Extensions from installed packages: travel sources, reports, layers and rules.

A package names a function in the entry-point group of its kind, such as ``zoneplanner.layers``. The
function gets an open project of the Python API; ``docs/examples`` has one of each kind.
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
    """A function that an installed package adds, and the package's name."""

    kind: str
    name: str
    package: str
    version: str
    entry: "EntryPoint"

    def run(self, *args: Any) -> Any:
        """Call the function.

        Raises
        ------
        UserError
            It cannot be loaded or it raised an error; the message names the extension.
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
    """Return the installed extensions, of one kind or of all, by name."""
    if not _has_extensions():
        return ()

    kinds = EXTENSION_KINDS if kind is None else (kind,)
    extensions = [
        Extension(
            each,
            entry.name,
            entry.dist.name if entry.dist else "",
            entry.dist.version if entry.dist else "",
            entry,
        )
        for each in kinds
        for entry in entry_points(group=f"{_GROUP}{each}")
    ]
    return tuple(sorted(extensions, key=lambda e: (kinds.index(e.kind), e.name, e.package)))


def find_extension(kind: str, name: str) -> Extension:
    """Return an extension by its name; for an unknown one, the UserError lists the known names."""
    extensions = {extension.name: extension for extension in reversed(list_extensions(kind))}
    if not extensions:
        raise UserError("unknown_choice.no_extensions", kind=kind, text=name)
    if name not in extensions:
        known = sorted(extensions)
        raise UserError("unknown_choice", what=f"{kind} extension", text=name, known=known)
    return extensions[name]


def _has_extensions() -> bool:
    """Search for our groups in plain text: the library that parses them takes 35 ms to load."""
    mark = f"[{_GROUP}".encode()
    return any(
        mark in file.read_bytes()
        for folder in dict.fromkeys(sys.path)
        for file in Path(folder).glob("*-info/entry_points.txt")
    )
