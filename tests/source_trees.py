"""The planner's own source as syntax trees, for the tests of how it is built."""

import ast
import gc
from functools import cache
from pathlib import Path

import zoneplanner

PACKAGE = Path(zoneplanner.__file__).parent


@cache
def source_nodes() -> dict[str, tuple[ast.AST, ...]]:
    """All nodes of each module by its path in the package, the module's own node first.

    They stay, so that four files of tests parse once a process: a million objects, in which the
    search for garbage would take longer each time than it takes to parse them.
    """
    enabled = gc.isenabled()
    gc.disable()
    found = {
        path.relative_to(PACKAGE).as_posix(): tuple(
            ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    gc.freeze()
    if enabled:
        gc.enable()
    return found
