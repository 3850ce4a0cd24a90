"""The planner's source as syntax trees, for tests of its structure."""

import ast
import gc
from functools import cache
from pathlib import Path

import zoneplanner

PACKAGE = Path(zoneplanner.__file__).parent


@cache
def parse_sources() -> dict[str, tuple[ast.AST, ...]]:
    """Return all nodes of each module by its path in the package, the module node first.

    They are cached, so that each process parses once, and frozen: scanning a million objects for
    garbage takes longer than parsing them.
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
